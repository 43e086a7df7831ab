// SPDX-License-Identifier: Apache-2.0
#include "personalization/profile.h"

#include "apdu/unit.h"
#include "services/wire/files.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROFILE_FILE_MAX = 8192 };

/// One setting: its word, and what takes its value. False: the value is wrong.
struct setting {
    const char *word, *expected;
    bool (*take)(struct profile *profile, const char *value);
};

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
    return copy_word(profile->card, sizeof profile->card, value);
}

static bool take_role(struct profile *profile, const char *value) {
    profile->roles = role_from_name(value);
    if (profile->roles == ROLE_STORE)
        profile->roles |= ROLE_WALLET;
    return (profile->roles & ROLE_PURSES) != 0;
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

static bool take_pin(struct profile *profile, const char *value) {
    return take_flag(&profile->pin, value);
}

static bool take_identity(struct profile *profile, const char *value) {
    profile->rsa = strcmp(value, "rsa") == 0;
    profile->identity = profile->rsa || strcmp(value, "p256") == 0;
    return profile->identity || strcmp(value, "no") == 0;
}

static bool take_url(struct profile *profile, const char *value) {
    return copy_word(profile->url, sizeof profile->url, value);
}

static bool take_number(uint64_t *number, const char *value) {
    char *end = NULL;
    errno = 0;
    if (strcmp(value, "none") == 0) {
        *number = BENCH_NO_LIMIT;
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

static const struct setting settings[] = {
    {"name", "a word of up to 31 characters", take_name},
    {"card", "the name of a card type", take_card},
    {"role", "wallet, till, float or store", take_role},
    {"units", "up to 8 units such as JPY or F001", take_units},
    {"free-reading", "yes or no", take_reading},
    {"pin", "yes or no", take_pin},
    {"identity", "p256, rsa or no", take_identity},
    {"url", "an address of up to 199 characters", take_url},
    {"limit-balance", "an amount or none", take_balance},
    {"limit-single", "an amount or none", take_single},
    {"no-pin-single", "an amount or none", take_no_pin_single},
    {"no-pin-sum", "an amount or none", take_no_pin_sum},
    {"no-pin-count", "a number or none", take_no_pin_count},
    {"offline-count", "a number", take_offline_count},
    {"offline-sum", "an amount", take_offline_sum},
};

static bool take_line(struct profile *profile, const char *path, unsigned number, char *line,
                      struct failure *failure) {
    size_t size = strcspn(line, " \t");
    char *value = line + size + strspn(line + size, " \t");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (strlen(settings[i].word) != size || strncmp(settings[i].word, line, size) != 0)
            continue;
        return settings[i].take(profile, value) ||
               fail(failure, EXIT_USAGE, "%s:%u: %s '%s': expected %s", path, number,
                    settings[i].word, value, settings[i].expected);
    }
    return fail(failure, EXIT_USAGE, "%s:%u: unknown field '%.*s'; see docs/profiles.md", path,
                number, (int)size, line);
}

static bool is_whole(const struct profile *profile, const char *path, struct failure *failure) {
    if (profile->name[0] == '\0' || profile->card[0] == '\0')
        return fail(failure, EXIT_USAGE, "%s: 'name' and 'card' are needed", path);
    if (strcmp(profile->card, "tessera-os") == 0 && profile->roles == 0)
        return fail(failure, EXIT_USAGE, "%s: 'role' is needed", path);
    if (profile->identity && !profile->pin)
        return fail(failure, EXIT_USAGE, "%s: an identity needs 'pin yes'", path);
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
    struct bench_order defaults = bench_order_for(NULL, 0);
    *profile = (struct profile){.limits = defaults.limits, .options = defaults.options};
    for (size_t i = 0; i < defaults.unit_count; i++)
        profile->units[profile->unit_count++] = defaults.units[i];
    for (unsigned number = 1; (line = strsep(&rest, "\n")) != NULL; number++) {
        line += strspn(line, " \t");
        trim(line);
        if (line[0] != '\0' && !take_line(profile, path, number, line, failure))
            return false;
    }
    return is_whole(profile, path, failure);
}

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

bool profile_load(struct profile *profile, const char *name, struct failure *failure) {
    char path[PATH_MAX], text[PROFILE_FILE_MAX + 1];
    size_t size = 0;
    if (strchr(name, '/') != NULL || access(name, R_OK) == 0 || !find(name, path))
        snprintf(path, sizeof path, "%s", name);
    if (!files_read(path, (uint8_t *)text, PROFILE_FILE_MAX, &size))
        return fail_errno(failure, "cannot read the profile %s", path);
    text[size] = '\0';
    return profile_parse(profile, path, text, failure);
}

// ---- printing ----------------------------------------------------------------------------------

static void print_limit(FILE *out, const char *word, uint64_t value) {
    if (value == BENCH_NO_LIMIT)
        fprintf(out, "%s none\n", word);
    else
        fprintf(out, "%s %" PRIu64 "\n", word, value);
}

size_t profile_print(const struct profile *profile, char *out, size_t capacity) {
    char unit[UNIT_NAME_MAX];
    FILE *file = fmemopen(out, capacity, "w");
    if (file == NULL)
        return 0;
    fprintf(file, "name %s\ncard %s\n", profile->name, profile->card);
    if (profile->roles != 0)
        fprintf(file, "role %s\n",
                (profile->roles & ROLE_STORE) != 0 ? "store" : role_name(profile->roles));
    fprintf(file, "units");
    for (size_t i = 0; i < profile->unit_count; i++)
        fprintf(file, " %s", unit_name(profile->units[i], unit));
    fprintf(file, "\nfree-reading %s\npin %s\nidentity %s\n", profile->options != 0 ? "yes" : "no",
            profile->pin ? "yes" : "no",
            profile->rsa        ? "rsa"
            : profile->identity ? "p256"
                                : "no");
    if (profile->url[0] != '\0')
        fprintf(file, "url %s\n", profile->url);
    print_limit(file, "limit-balance", profile->limits.balance);
    print_limit(file, "limit-single", profile->limits.single);
    print_limit(file, "no-pin-single", profile->limits.no_pin_single);
    print_limit(file, "no-pin-sum", profile->limits.no_pin_sum);
    print_limit(file, "no-pin-count", profile->limits.no_pin_count);
    print_limit(file, "offline-count", profile->limits.offline_count);
    print_limit(file, "offline-sum", profile->limits.offline_sum);
    long size = ftell(file);
    return fclose(file) == 0 && size > 0 ? (size_t)size : 0;
}
