// SPDX-License-Identifier: Apache-2.0
#include "readers/lab/options.h"

#include <stdlib.h>
#include <string.h>

/// Takes the value of one option. NULL, or what is wrong with the value.
typedef const char *flag_taker(struct lab_options *options, const char *value);

static const char *take_card(struct lab_options *options, const char *value) {
    if (options->card_count == LAB_CARDS_MAX)
        return "a lab has room for 16 cards";
    options->cards[options->card_count++] = value;
    return NULL;
}

static const char *take_nfc_reader(struct lab_options *options, const char *value) {
    if (options->nfc_count == LAB_NFC_MAX)
        return "a lab has room for 8 NFC readers";
    if (value[0] == '\0' || strlen(value) > 32 || strpbrk(value, "/@: \t\n") != NULL)
        return "a reader's name has 1 to 32 characters, none of them / @ : or a blank";
    options->nfc_readers[options->nfc_count++] = value;
    return NULL;
}

static const char *take_tap(struct lab_options *options, const char *value) {
    if (options->tap_count == LAB_TAPS_MAX)
        return "a lab has room for 16 taps";
    if (strchr(value, '@') == NULL)
        return "write IMAGE@NAME, the name of an NFC reader behind the @";
    options->taps[options->tap_count++] = value;
    return NULL;
}

static const char *take_nfc_trace(struct lab_options *options, const char *value) {
    options->nfc_trace = value;
    return NULL;
}

static const char *take_timeout(struct lab_options *options, const char *value) {
    char *end;
    unsigned long seconds = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || seconds == 0 || seconds > 86400)
        return "the timeout is a number of seconds from 1 to 86400";
    options->timeout_s = (unsigned)seconds;
    return NULL;
}

static const char *take_world(struct lab_options *options, const char *value) {
    return world_kind_parse(value, &options->world) ? NULL
                                                    : "the world is best, user, root or place";
}

static const char *take_verbose(struct lab_options *options, const char *value) {
    (void)value;
    options->verbose = true;
    return NULL;
}

static const struct {
    const char *name;
    bool has_value;
    flag_taker *take;
} flags[] = {
    {"--card", true, take_card},        {"--nfc-reader", true, take_nfc_reader},
    {"--tap", true, take_tap},          {"--nfc-trace", true, take_nfc_trace},
    {"--timeout", true, take_timeout},  {"--world", true, take_world},
    {"--verbose", false, take_verbose},
};

/// Takes one option at argv[0]; *used becomes how many arguments it was. NULL or what is wrong.
static const char *take_flag(struct lab_options *options, size_t argc, char **argv, size_t *used) {
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        size_t length = strlen(flags[i].name);
        if (strncmp(argv[0], flags[i].name, length) != 0)
            continue;
        if (argv[0][length] == '=' && flags[i].has_value) {
            *used = 1;
            return flags[i].take(options, argv[0] + length + 1);
        }
        if (argv[0][length] != '\0')
            continue;
        if (flags[i].has_value && argc < 2)
            return "its value is missing";
        *used = flags[i].has_value ? 2 : 1;
        return flags[i].take(options, flags[i].has_value ? argv[1] : NULL);
    }
    return "there is no such option; see tessera lab --help";
}

bool lab_options_parse(struct lab_options *options, size_t argc, char **argv, char *error,
                       size_t size) {
    *options = (struct lab_options){.world = WORLD_BEST};
    for (size_t at = 0, used = 0; at < argc; at += used) {
        if (strcmp(argv[at], "--") == 0) {
            options->command = argv + at + 1;
            return true;
        }
        const char *wrong = take_flag(options, argc - at, argv + at, &used);
        if (wrong != NULL) {
            snprintf(error, size, "%s: %s", argv[at], wrong);
            return false;
        }
    }
    return true;
}
