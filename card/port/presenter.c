// SPDX-License-Identifier: Apache-2.0
#include "card/port/presenter.h"
#include "base/must.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

// ---- orders ----------------------------------------------------------------------------------

void presenter_order_ping(void *context, size_t argc, char **argv, char *reply, size_t size) {
    (void)context, (void)argc, (void)argv;
    snprintf(reply, size, "ok");
}

void presenter_order_reset(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct presenter *presenter = context;
    (void)argc, (void)argv;
    pthread_mutex_lock(&presenter->lock);
    chip_reset(&presenter->chip);
    pthread_mutex_unlock(&presenter->lock);
    snprintf(reply, size, "ok");
}

void presenter_order_cold_reset(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct presenter *presenter = context;
    (void)argc, (void)argv;
    pthread_mutex_lock(&presenter->lock);
    bool on = chip_power_on(&presenter->chip);
    pthread_mutex_unlock(&presenter->lock);
    snprintf(reply, size, on ? "ok" : "error the card does not start");
}

static bool number(const char *text, uint64_t *value) {
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
}

void presenter_order_power_cut(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct presenter *presenter = context;
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
    pthread_mutex_lock(&presenter->lock);
    nvm_cut_arm(&presenter->chip.cut, writes, octets);
    pthread_mutex_unlock(&presenter->lock);
    snprintf(reply, size, "ok");
}

void presenter_status(const struct presenter *presenter, char *text, size_t size) {
    const struct nvm_cut *cut = &presenter->chip.cut;
    const char *state = cut->dark ? "done" : cut->armed ? "armed" : "none";
    snprintf(text, size, "inserted=%s powered=%s cut=%s writes=%llu",
             presenter->inserted ? "yes" : "no",
             presenter->chip.powered && !cut->dark ? "yes" : "no", state,
             (unsigned long long)cut->writes);
}

// ---- life ------------------------------------------------------------------------------------

const char *const presenter_ways[] = {[CARD_CONTACT] = "contact",
                                      [CARD_CONTACTLESS] = "contactless",
                                      [CARD_INTERNAL] = "internal",
                                      NULL};

must_cover(presenter_ways, CARD_INTERFACE_COUNT + 1);

bool presenter_open(struct presenter *presenter, const struct card_rom *rom,
                    struct failure *failure) {
    const struct presenter_arguments *arguments = &presenter->arguments;
    struct chip_options options = {.interface = (enum card_interface)arguments->interface,
                                   .mode = arguments->unsynced ? FILE_UNSYNCED : FILE_DURABLE,
                                   .seeded = arguments->run.seeded,
                                   .seed = arguments->run.seed};
    presenter->inserted = true;
    errno = 0;
    enum file_status status = chip_open(&presenter->chip, arguments->image, rom, &options);
    bool by_errno = status == FILE_FAILED && errno != 0;
    if (status != FILE_OK)
        return fail(failure, (enum exit_code)file_status_exit(status), "card image %s: %s%s%s",
                    arguments->image, file_status_text(status), by_errno ? ": " : "",
                    by_errno ? strerror(errno) : "");
    pthread_mutex_init(&presenter->lock, NULL);
    return true;
}

void presenter_close(struct presenter *presenter) {
    chip_close(&presenter->chip);
    pthread_mutex_destroy(&presenter->lock);
}

int presenter_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}
