// SPDX-License-Identifier: Apache-2.0
// tessera home run: a home server with a page. docs/man/tessera-home-run.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/options/options.h"
#include "host/household/homebox.h"
#include "services/wire/notify.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct arguments {
    const char *state, *store, *http, *content, *medium, *from, *card, *tls, *player;
    bool headless;
    struct program_run run;
};

static void tell_ready(const struct homebox *homebox) {
    if (homebox_url(homebox) != NULL)
        printf("screen %s\n", homebox_url(homebox));
    printf("ready\n");
    fflush(stdout);
    notify_send(getenv("NOTIFY_SOCKET"), "READY=1");
}

static int run_home(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    signal(SIGPIPE, SIG_IGN);
    struct interrupt *interrupt = interrupt_watch();
    struct homebox_options options = {.state = arguments->state,
                                      .store = arguments->store,
                                      .address = arguments->http,
                                      .content = arguments->content,
                                      .medium = arguments->medium,
                                      .from = arguments->from,
                                      .card = arguments->card,
                                      .tls = arguments->tls,
                                      .player = arguments->player,
                                      .headless = arguments->headless};
    options.crypto = crypto_for_run(&arguments->run, failure);
    struct homebox *homebox = options.crypto != NULL ? homebox_open(&options, failure) : NULL;
    if (homebox != NULL)
        tell_ready(homebox);
    bool done = homebox != NULL && homebox_run(homebox, interrupt, failure);
    homebox_close(homebox);
    crypto_openssl_free(options.crypto);
    interrupt_end(interrupt);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {"store", "LINK", OPTION_LINK, "the home server's own card: tickets, and who may bring them",
     .at = AT(store), .needed = OPTION_EVERY},
    {"state", "DIR", OPTION_DIRECTORY,
     "what the home server keeps; its owner's alone, made where it is missing", .at = AT(state),
     .needed = OPTION_EVERY},
    {"http", "ADDR:PORT", OPTION_TEXT, "where the page is, on this machine only (port 0: any)",
     .at = AT(http)},
    {"content", "URL", OPTION_TEXT, "https://HOST:PORT of a content service", .at = AT(content)},
    {"medium", "DIR", OPTION_DIRECTORY, "instead: a medium with containers on it, without network",
     .at = AT(medium)},
    {"from", "LINK", OPTION_LINK, "where phones are held that bring tickets", .at = AT(from)},
    {"card", "DIR", OPTION_DIRECTORY, "the slot of a memory card, to take contents along",
     .at = AT(card)},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of the home server, from 'tessera ca issue --network' (STATE/tls)",
     .at = AT(tls)},
    {"player", "DIR", OPTION_DIRECTORY,
     "keys and certificate of a player, from 'tessera ca issue' (STATE/player)", .at = AT(player)},
    {"headless", NULL, OPTION_FLAG, "the player decodes everything, and shows nothing",
     .at = AT(headless)},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {{1, NULL, "", run_home, NULL}};

static const struct command home_run = {
    .name = "home run",
    .purpose = "a home server with a page",
    .notes = "It prints \"screen URL\" where there is one, then \"ready\", and ends upon SIGTERM.",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now()};
    return command_main(&home_run, &arguments, argc, argv);
}
