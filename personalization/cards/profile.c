// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/profile.h"

#include "apdu/octets/unit.h"
#include "base/files.h"
#include "base/options/suggest.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROFILE_FILE_MAX = 8192, TRIPLE_DES = 0x03 };

/// One setting: its word, the card types (enum profile_card) that it means something for, and what
/// takes its value. False: the value is wrong.
struct setting {
    const char *word;
    unsigned cards;
    const char *expected;
    bool (*take)(struct profile *profile, const char *value);
};

static const struct {
    const char *name;
    enum profile_card type;
} cards[] = {{"tessera-os", PROFILE_TESSERA},
             {"piv", PROFILE_PIV},
             {"globalplatform", PROFILE_GP},
             {"type4", PROFILE_TAG}};

static const struct {
    const char *name;
    uint8_t number; // SP 800-78-4 table 6-2
} algorithms[] = {{"3des", TRIPLE_DES}, {"aes128", 0x08}, {"aes192", 0x0A}, {"aes256", 0x0C}};

/// What a card may be: one purse, a wallet that keeps tickets, or a store alone.
static const struct {
    const char *name;
    uint16_t roles;
} roles[] = {{"wallet", ROLE_WALLET},
             {"till", ROLE_TILL},
             {"float", ROLE_FLOAT},
             {"store", ROLE_WALLET | ROLE_STORE},
             {"home", ROLE_STORE}};

static const char *role_word(uint16_t wanted) {
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (roles[i].roles == wanted)
            return roles[i].name;
    return "none";
}

static bool copy_word(char *out, size_t capacity, const char *value) {
    if (value[0] == '\0' || strlen(value) >= capacity)
        return false;
    snprintf(out, capacity, "%s", value);
    return true;
}

static bool take_name(struct profile *profile, const char *value) {
    return copy_word(profile->name, sizeof profile->name, value);
}

static bool take_card(struct profile *profile, const char *value) {
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++)
        if (strcmp(cards[i].name, value) == 0) {
            profile->type = cards[i].type;
            return copy_word(profile->card, sizeof profile->card, value);
        }
    return false;
}

static bool take_role(struct profile *profile, const char *value) {
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].name, value) == 0)
            profile->roles = roles[i].roles;
    return profile->roles != 0;
}

static bool take_units(struct profile *profile, const char *value) {
    char words[128], *rest = NULL;
    snprintf(words, sizeof words, "%s", value);
    profile->unit_count = 0;
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        uint16_t unit = unit_from_name(word);
        if (unit == 0 || profile->unit_count == PERSO_UNITS_MAX)
            return false;
        profile->units[profile->unit_count++] = unit;
    }
    return profile->unit_count > 0;
}

static bool take_flag(bool *flag, const char *value) {
    *flag = strcmp(value, "yes") == 0;
    return *flag || strcmp(value, "no") == 0;
}

static bool take_reading(struct profile *profile, const char *value) {
    bool open = false;
    bool known = take_flag(&open, value);
    profile->options = open ? PURSE_FREE_READING : 0;
    return known;
}

static bool take_assurance(struct profile *profile, const char *value) {
    bool hardware = strcmp(value, "hardware") == 0;
    profile->assurance = hardware ? ASSURANCE_HARDWARE : ASSURANCE_EMULATED;
    return hardware || strcmp(value, "emulated") == 0;
}

static bool take_pin(struct profile *profile, const char *value) {
    return take_flag(&profile->pin, value);
}

static bool take_identity(struct profile *profile, const char *value) {
    profile->rsa = strcmp(value, "rsa") == 0;
    profile->identity = profile->rsa || strcmp(value, "p256") == 0;
    return profile->identity || strcmp(value, "no") == 0;
}

static bool take_person(struct profile *profile, const char *value) {
    return text_is_line(value) && copy_word(profile->person, sizeof profile->person, value);
}

/// {id} is the only word that stands for something, and stands once.
static bool take_url(struct profile *profile, const char *value) {
    const char *place = strchr(value, '{');
    if (place != NULL && (strncmp(place, "{id}", 4) != 0 || strchr(place + 1, '{') != NULL))
        return false;
    return copy_word(profile->url, sizeof profile->url, value);
}

static bool take_method(struct profile *profile, const char *value) {
    profile->has_method = derivation_from_name(value, &profile->method);
    return profile->has_method;
}

static bool take_management(struct profile *profile, const char *value) {
    profile->piv.published = strcmp(value, "published") == 0;
    return profile->piv.published || strcmp(value, "master") == 0;
}

static bool take_algorithm(struct profile *profile, const char *value) {
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (strcmp(algorithms[i].name, value) == 0)
            profile->piv.algorithm = algorithms[i].number;
    return profile->piv.algorithm != 0;
}

static bool take_digits(char out[PROFILE_PIN_MAX], size_t shortest, const char *value) {
    size_t size = strlen(value);
    return size >= shortest && strspn(value, "0123456789") == size &&
           copy_word(out, PROFILE_PIN_MAX, value);
}

static bool take_initial_pin(struct profile *profile, const char *value) {
    return take_digits(profile->piv.pin, 6, value);
}

static bool take_initial_puk(struct profile *profile, const char *value) {
    return take_digits(profile->piv.puk, 8, value);
}

static bool take_read_only(struct profile *profile, const char *value) {
    bool closed = false;
    bool known = take_flag(&closed, value);
    profile->writable = !closed;
    return known;
}

static bool take_number(uint64_t *number, const char *value) {
    char *end = NULL;
    errno = 0;
    if (strcmp(value, "none") == 0) {
        *number = FACTORY_NO_LIMIT;
        return true;
    }
    *number = strtoull(value, &end, 10);
    return value[0] >= '0' && value[0] <= '9' && *end == '\0' && errno == 0;
}

#define LIMIT(field)                                                                               \
    static bool take_##field(struct profile *profile, const char *value) {                         \
        return take_number(&profile->limits.field, value);                                         \
    }
LIMIT(balance)
LIMIT(single)
LIMIT(no_pin_single)
LIMIT(no_pin_sum)
LIMIT(no_pin_count)
LIMIT(offline_count)
LIMIT(offline_sum)
#undef LIMIT

enum { EVERY_CARD = PROFILE_TESSERA | PROFILE_PIV | PROFILE_GP | PROFILE_TAG };

static const struct setting settings[] = {
    {"name", EVERY_CARD, "a word of up to 31 characters", take_name},
    {"card", EVERY_CARD, "tessera-os, piv, globalplatform or type4", take_card},
    {"role", PROFILE_TESSERA, "wallet, till, float, store or home", take_role},
    {"units", PROFILE_TESSERA, "up to 8 units such as JPY or F001", take_units},
    {"free-reading", PROFILE_TESSERA, "yes or no", take_reading},
    {"assurance", PROFILE_TESSERA, "emulated or hardware", take_assurance},
    {"pin", PROFILE_TESSERA | PROFILE_PIV, "yes or no", take_pin},
    {"identity", PROFILE_TESSERA | PROFILE_PIV, "p256, rsa or no", take_identity},
    {"person", PROFILE_TESSERA | PROFILE_PIV, "the name of a column of up to 31 octets",
     take_person},
    {"url", PROFILE_TESSERA | PROFILE_TAG,
     "an address of up to 199 characters, in it {id} once at most", take_url},
    {"read-only", PROFILE_TAG, "yes or no", take_read_only},
    {"kdf", PROFILE_GP | PROFILE_PIV, "kdf3, visa2-aes, emv-aes, sp800-108 or none", take_method},
    {"management-key", PROFILE_PIV, "published or master", take_management},
    {"management-algorithm", PROFILE_TESSERA | PROFILE_PIV, "3des, aes128, aes192 or aes256",
     take_algorithm},
    {"initial-pin", PROFILE_PIV, "6 to 8 digits", take_initial_pin},
    {"initial-puk", PROFILE_PIV, "8 digits", take_initial_puk},
    {"limit-balance", PROFILE_TESSERA, "an amount or none", take_balance},
    {"limit-single", PROFILE_TESSERA, "an amount or none", take_single},
    {"no-pin-single", PROFILE_TESSERA, "an amount or none", take_no_pin_single},
    {"no-pin-sum", PROFILE_TESSERA, "an amount or none", take_no_pin_sum},
    {"no-pin-count", PROFILE_TESSERA, "a number or none", take_no_pin_count},
    {"offline-count", PROFILE_TESSERA, "a number", take_offline_count},
    {"offline-sum", PROFILE_TESSERA, "an amount", take_offline_sum},
};

enum { SETTINGS = sizeof settings / sizeof settings[0] };

/// given: line of each setting, 0 where it is not there.
static bool take_line(struct profile *profile, const char *path, unsigned number, char *line,
                      unsigned given[SETTINGS], struct failure *failure) {
    size_t size = strcspn(line, " \t");
    char *value = line + size + strspn(line + size, " \t");
    for (size_t i = 0; i < SETTINGS; i++) {
        if (strlen(settings[i].word) != size || strncmp(settings[i].word, line, size) != 0)
            continue;
        if (given[i] != 0)
            return fail(failure, EXIT_USAGE, "%s:%u: '%s' stands in line %u already", path, number,
                        settings[i].word, given[i]);
        given[i] = number;
        return settings[i].take(profile, value) ||
               fail(failure, EXIT_USAGE, "%s:%u: %s '%s': expected %s", path, number,
                    settings[i].word, value, settings[i].expected);
    }
    return fail(failure, EXIT_USAGE, "%s:%u: unknown field '%.*s'; see docs/profiles.md", path,
                number, (int)size, line);
}

static bool fits_card(const struct profile *profile, const char *path,
                      const unsigned given[SETTINGS], struct failure *failure) {
    for (size_t i = 0; i < SETTINGS; i++)
        if (given[i] != 0 && (settings[i].cards & profile->type) == 0)
            return fail(failure, EXIT_USAGE, "%s:%u: '%s' means nothing for cards of type %s", path,
                        given[i], settings[i].word, profile->card);
    return true;
}

static bool is_whole(const struct profile *profile, const char *path, struct failure *failure) {
    if (profile->name[0] == '\0' || profile->card[0] == '\0')
        return fail(failure, EXIT_USAGE, "%s: 'name' and 'card' are needed", path);
    if (profile->type == PROFILE_TESSERA && profile->roles == 0)
        return fail(failure, EXIT_USAGE, "%s: 'role' is needed", path);
    if (profile->type == PROFILE_TESSERA && profile->identity && !profile->pin)
        return fail(failure, EXIT_USAGE, "%s: an identity needs 'pin yes'", path);
    if (profile->type == PROFILE_TESSERA && profile->piv.algorithm != 0 && !profile->identity)
        return fail(failure, EXIT_USAGE, "%s: 'management-algorithm' needs an identity", path);
    if (profile->person[0] != '\0' && !profile->identity)
        return fail(failure, EXIT_USAGE, "%s: 'person' needs 'identity p256' or 'identity rsa'",
                    path);
    if (profile->type == PROFILE_PIV && !profile->identity)
        return fail(failure, EXIT_USAGE, "%s: 'identity p256' or 'identity rsa' is needed", path);
    if (profile->type == PROFILE_TAG && profile->url[0] == '\0')
        return fail(failure, EXIT_USAGE, "%s: 'url' is needed", path);
    if (profile->piv.published &&
        (profile->piv.algorithm == 0x08 || profile->piv.algorithm == 0x0C))
        return fail(failure, EXIT_USAGE,
                    "%s: the published management key has 24 octets: 3des or aes192", path);
    return true;
}

static void trim(char *line) {
    char *comment = strchr(line, '#');
    size_t size = comment != NULL ? (size_t)(comment - line) : strlen(line);
    while (size > 0 && strchr(" \t\r", line[size - 1]) != NULL)
        size--;
    line[size] = '\0';
}

bool profile_parse(struct profile *profile, const char *path, char *text, struct failure *failure) {
    char *rest = text, *line;
    unsigned given[SETTINGS] = {0};
    struct factory_order defaults = factory_order_for(NULL, 0);
    *profile = (struct profile){
        .limits = defaults.limits, .options = defaults.options, .assurance = defaults.assurance};
    profile->piv = (struct profile_piv){.pin = "123456", .puk = "12345678"};
    for (size_t i = 0; i < defaults.unit_count; i++)
        profile->units[profile->unit_count++] = defaults.units[i];
    for (unsigned number = 1; (line = strsep(&rest, "\n")) != NULL; number++) {
        line += strspn(line, " \t");
        trim(line);
        if (line[0] != '\0' && !take_line(profile, path, number, line, given, failure))
            return false;
    }
    if (profile->type == PROFILE_PIV && profile->piv.algorithm == 0)
        profile->piv.algorithm = TRIPLE_DES;
    return fits_card(profile, path, given, failure) && is_whole(profile, path, failure);
}

const char *const profile_names[] = {
    "tessera-wallet",      "tessera-till", "tessera-float", "tessera-store", "tessera-home",
    "tessera-wallet-3des", "piv",          "gp-keys",       "ndef",          NULL};

/// Beside the sources, beside the programs, or installed.
static bool find(const char *name, char path[PATH_MAX]) {
    char own[PATH_MAX - 64];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    own[size > 0 ? size : 0] = '\0';
    for (int up = 0; up < 4; up++) {
        static const char *const places[] = {"personalization/profiles", "share/tessera/profiles"};
        char *slash = strrchr(own, '/');
        if (slash == NULL)
            return false;
        *slash = '\0';
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            snprintf(path, PATH_MAX, "%s/%s/%s.profile", own, places[i], name);
            if (access(path, R_OK) == 0)
                return true;
        }
    }
    return false;
}

/// Offers the profiles beside path, which is where one of them is.
static void suggest_beside(const char *path, const char *wrong, char meant[NAME_MAX + 1]) {
    static const char ending[] = ".profile";
    char directory[PATH_MAX];
    struct suggestion near = suggestion_for(wrong);
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path), path);
    DIR *open = opendir(directory);
    for (struct dirent *entry = NULL; open != NULL && (entry = readdir(open)) != NULL;) {
        size_t size = strlen(entry->d_name);
        if (size <= sizeof ending - 1 ||
            strcmp(entry->d_name + size - sizeof ending + 1, ending) != 0)
            continue;
        entry->d_name[size - sizeof ending + 1] = '\0';
        size_t before = near.distance;
        suggest(&near, entry->d_name);
        if (near.distance < before)
            snprintf(meant, NAME_MAX + 1, "%s", entry->d_name);
    }
    if (open != NULL)
        closedir(open);
}

static bool fail_unknown(const char *name, struct failure *failure) {
    char path[PATH_MAX], meant[NAME_MAX + 1] = "";
    if (errno == ENOENT && strchr(name, '/') == NULL && find("tessera-wallet", path))
        suggest_beside(path, name, meant);
    else
        return fail_errno(failure, "cannot read the profile %s", name);
    return fail(failure, EXIT_USAGE,
                "cannot read the profile %s: no file and no shipped profile%s%s%s", name,
                meant[0] != '\0' ? "; did you mean " : "", meant, meant[0] != '\0' ? "?" : "");
}

bool profile_load(struct profile *profile, const char *name, struct failure *failure) {
    char path[PATH_MAX], text[PROFILE_FILE_MAX + 1];
    size_t size = 0;
    if (strchr(name, '/') != NULL || access(name, R_OK) == 0 || !find(name, path))
        snprintf(path, sizeof path, "%s", name);
    if (!files_read(path, (uint8_t *)text, PROFILE_FILE_MAX, &size))
        return fail_unknown(path, failure);
    text[size] = '\0';
    return profile_parse(profile, path, text, failure);
}

// ---- printing ----------------------------------------------------------------------------------

static void print_limit(FILE *out, const char *word, uint64_t value) {
    if (value == FACTORY_NO_LIMIT)
        fprintf(out, "%s none\n", word);
    else
        fprintf(out, "%s %" PRIu64 "\n", word, value);
}

static const char *yes_no(bool flag) {
    return flag ? "yes" : "no";
}

static void print_identity(FILE *out, const struct profile *profile) {
    fprintf(out, "pin %s\nidentity %s\n", yes_no(profile->pin),
            profile->rsa        ? "rsa"
            : profile->identity ? "p256"
                                : "no");
    if (profile->person[0] != '\0')
        fprintf(out, "person %s\n", profile->person);
    if (profile->piv.algorithm != 0)
        fprintf(out, "management-algorithm %s\n", profile_algorithm_name(profile));
}

static void print_purse(FILE *out, const struct profile *profile) {
    char unit[UNIT_NAME_MAX];
    fprintf(out, "role %s\nunits", role_word(profile->roles));
    for (size_t i = 0; i < profile->unit_count; i++)
        fprintf(out, " %s", unit_name(profile->units[i], unit));
    fprintf(out, "\nfree-reading %s\nassurance %s\n", yes_no(profile->options != 0),
            profile->assurance == ASSURANCE_HARDWARE ? "hardware" : "emulated");
    print_identity(out, profile);
    print_limit(out, "limit-balance", profile->limits.balance);
    print_limit(out, "limit-single", profile->limits.single);
    print_limit(out, "no-pin-single", profile->limits.no_pin_single);
    print_limit(out, "no-pin-sum", profile->limits.no_pin_sum);
    print_limit(out, "no-pin-count", profile->limits.no_pin_count);
    print_limit(out, "offline-count", profile->limits.offline_count);
    print_limit(out, "offline-sum", profile->limits.offline_sum);
}

const char *profile_algorithm_name(const struct profile *profile) {
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (algorithms[i].number == profile->piv.algorithm)
            return algorithms[i].name;
    return "?";
}

size_t profile_management_size(const struct profile *profile) {
    switch (profile->piv.algorithm) {
    case 0x08:
        return 16;
    case 0x0C:
        return 32;
    default:
        return 24;
    }
}

bool profile_fits_master(const struct profile *profile, size_t size, struct failure *failure) {
    if (!profile->identity || profile->piv.published || profile->piv.algorithm == 0 ||
        profile_management_size(profile) == size)
        return true;
    return fail(failure, EXIT_USAGE,
                "profile %s: the master key has %zu octets, a management key of %s has %zu; "
                "'tessera perso key --size %zu' makes one that long",
                profile->name, size, profile_algorithm_name(profile),
                profile_management_size(profile), profile_management_size(profile));
}

static void print_piv(FILE *out, const struct profile *profile) {
    print_identity(out, profile);
    fprintf(out, "management-key %s\n", profile->piv.published ? "published" : "master");
    fprintf(out, "initial-pin %s\ninitial-puk %s\n", profile->piv.pin, profile->piv.puk);
}

size_t profile_print(const struct profile *profile, char *out, size_t capacity) {
    FILE *file = fmemopen(out, capacity, "w");
    if (file == NULL)
        return 0;
    fprintf(file, "name %s\ncard %s\n", profile->name, profile->card);
    if (profile->type == PROFILE_TESSERA)
        print_purse(file, profile);
    if (profile->type == PROFILE_PIV)
        print_piv(file, profile);
    if (profile->type == PROFILE_TAG)
        fprintf(file, "read-only %s\n", yes_no(!profile->writable));
    if (profile->url[0] != '\0')
        fprintf(file, "url %s\n", profile->url);
    if (profile->has_method)
        fprintf(file, "kdf %s\n", derivation_name(profile->method));
    long size = ftell(file);
    return fclose(file) == 0 && size > 0 ? (size_t)size : 0;
}
