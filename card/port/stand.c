// SPDX-License-Identifier: Apache-2.0
#include "card/port/stand.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

// ---- orders ----------------------------------------------------------------------------------

void stand_order_ping(void *context, size_t argc, char **argv, char *reply, size_t size) {
    (void)context, (void)argc, (void)argv;
    snprintf(reply, size, "ok");
}

void stand_order_reset(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct stand *stand = context;
    (void)argc, (void)argv;
    pthread_mutex_lock(&stand->lock);
    chip_reset(&stand->chip);
    pthread_mutex_unlock(&stand->lock);
    snprintf(reply, size, "ok");
}

void stand_order_cold_reset(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct stand *stand = context;
    (void)argc, (void)argv;
    pthread_mutex_lock(&stand->lock);
    bool on = chip_power_on(&stand->chip);
    pthread_mutex_unlock(&stand->lock);
    snprintf(reply, size, on ? "ok" : "error the card does not start");
}

static bool number(const char *text, uint64_t *value) {
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
}

void stand_order_power_cut(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct stand *stand = context;
    uint64_t writes = 0, octets = 0;
    size_t at = 3;
    bool good = argc >= 3 && strcmp(argv[1], "after") == 0 && number(argv[2], &writes);
    if (good && at < argc && strcmp(argv[at], "writes") == 0)
        at++;
    if (good && at + 1 < argc && strcmp(argv[at], "octets") == 0) {
        good = number(argv[at + 1], &octets);
        at += 2;
    }
    if (!good || at != argc) {
        snprintf(reply, size, "error write: power-cut after N [writes] [octets K]");
        return;
    }
    pthread_mutex_lock(&stand->lock);
    nvm_cut_arm(&stand->chip.cut, writes, octets);
    pthread_mutex_unlock(&stand->lock);
    snprintf(reply, size, "ok");
}

void stand_status(const struct stand *stand, char *text, size_t size) {
    const struct nvm_cut *cut = &stand->chip.cut;
    const char *state = cut->dark ? "done" : cut->armed ? "armed" : "none";
    snprintf(text, size, "inserted=%s powered=%s cut=%s writes=%llu",
             stand->inserted ? "yes" : "no", stand->chip.powered && !cut->dark ? "yes" : "no",
             state, (unsigned long long)cut->writes);
}

// ---- arguments -------------------------------------------------------------------------------

int stand_usage_error(const struct stand *stand, const char *format, const char *value) {
    fprintf(stderr, "%s: ", stand->program->name);
    fprintf(stderr, format, value);
    fprintf(stderr, "; see tessera card run --help\n");
    return 2;
}

/// Where the value of an option goes; false for one that has none or does not exist.
static bool place_of(const struct stand *stand, struct stand_arguments *arguments,
                     const char *option, const char ***place) {
    const struct {
        const char *option;
        const char **place;
    } places[] = {
        {stand->program->place, &arguments->place},
        {"--interface", &arguments->interface},
        {"--control", &arguments->control},
        {"--seed", &arguments->seed},
        {"--clock", &arguments->clock},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strcmp(places[i].option, option) == 0) {
            *place = places[i].place;
            return true;
        }
    return false;
}

/// A word that is no option with a value. -1, or the exit code after a message.
static int take_word(const struct stand *stand, struct stand_arguments *arguments,
                     const char *word) {
    const struct stand_program *program = stand->program;
    if (strcmp(word, "--unsynced") == 0)
        arguments->unsynced = true;
    else if (strcmp(word, "--stay") == 0)
        arguments->stay = true;
    else if (strcmp(word, program->other) == 0)
        return stand_usage_error(stand, "--reader and --nfc %s: one card, one reader",
                                 "exclude each other");
    else if (word[0] == '-')
        return stand_usage_error(stand, "%s: there is no such option", word);
    else if (arguments->image != NULL)
        return stand_usage_error(stand, "%s: only one image can be run", word);
    else
        arguments->image = word;
    return -1;
}

static int parse(const struct stand *stand, struct stand_arguments *arguments, int argc,
                 char **argv) {
    int code = -1;
    for (int i = 1; i < argc && code < 0; i++) {
        const char **place;
        if (!place_of(stand, arguments, argv[i], &place))
            code = take_word(stand, arguments, argv[i]);
        else if (i + 1 >= argc)
            return stand_usage_error(stand, "%s: its value is missing", argv[i]);
        else
            *place = argv[++i];
    }
    if (code < 0 && arguments->image == NULL)
        return stand_usage_error(stand, "%s is missing", "IMAGE");
    if (code < 0 && arguments->place == NULL)
        return stand_usage_error(stand, "%s is missing", stand->program->place_form);
    return code;
}

/// Checks what the laboratory alone may have, and the words. -1 or the exit code after a message.
static int interpret(const struct stand *stand, const struct stand_arguments *arguments,
                     struct chip_options *options) {
    static const char *const ways[] = {[CARD_CONTACT] = "contact",
                                       [CARD_CONTACTLESS] = "contactless",
                                       [CARD_INTERNAL] = "internal"};
    const char *lab = getenv("TESSERA_LAB"), *way = arguments->interface;
    if ((arguments->seed != NULL || arguments->clock != NULL) &&
        (lab == NULL || strcmp(lab, "1") != 0))
        return stand_usage_error(stand, "%s is for laboratories: set TESSERA_LAB=1",
                                 arguments->seed != NULL ? "--seed" : "--clock");
    options->seeded = arguments->seed != NULL;
    if (options->seeded && !number(arguments->seed, &options->seed))
        return stand_usage_error(stand, "--seed %s is not a number", arguments->seed);
    options->mode = arguments->unsynced ? FILE_UNSYNCED : FILE_DURABLE;
    options->interface = stand->program->interface;
    if (way == NULL)
        return -1;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i], way) == 0) {
            options->interface = (enum card_interface)i;
            return -1;
        }
    return stand_usage_error(stand, "--interface %s is not contact, contactless or internal", way);
}

// ---- life ------------------------------------------------------------------------------------

static int open_card(struct stand *stand, const char *image, const struct chip_options *options) {
    errno = 0;
    enum file_status status = chip_open(&stand->chip, image, options);
    if (status == FILE_OK)
        return -1;
    fprintf(stderr, "%s: card image %s: %s%s%s\n", stand->program->name, image,
            file_status_text(status), status == FILE_FAILED && errno != 0 ? ": " : "",
            status == FILE_FAILED && errno != 0 ? strerror(errno) : "");
    return file_status_exit(status);
}

int stand_open(struct stand *stand, const struct stand_program *program,
               struct stand_arguments *arguments, int argc, char **argv) {
    struct chip_options options = {0};
    stand->program = program;
    stand->inserted = true;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return fputs(program->help, stdout) < 0;
        if (strcmp(argv[i], "--version") == 0)
            return printf("%s %s\n", program->name, TESSERA_VERSION) < 0;
    }
    int code = parse(stand, arguments, argc, argv);
    if (code < 0)
        code = interpret(stand, arguments, &options);
    if (code < 0)
        code = open_card(stand, arguments->image, &options);
    if (code < 0)
        pthread_mutex_init(&stand->lock, NULL);
    return code;
}

void stand_close(struct stand *stand) {
    chip_close(&stand->chip);
    pthread_mutex_destroy(&stand->lock);
}

int stand_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}
