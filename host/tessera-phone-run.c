// SPDX-License-Identifier: Apache-2.0
// tessera phone run: a phone that lies in somebody's hand, with a page and a chip on the air.
// docs/man/tessera-phone-run.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/options/options.h"
#include "host/household/handset.h"
#include "host/phone/profile.h"
#include "readers/link/link_open.h"
#include "readers/link/nfc/nfc_target.h"
#include "services/wire/notify.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    const char *state, *trm, *nfc, *http, *licence, *telco, *till, *tls, *home, *mail, *card,
        *player;
    uint64_t limit;
    int profile; // index of phone_profiles
    bool headless;
    struct program_run run;
    char air[PATH_MAX + 32]; // the card's link as a reader across the air reaches it
};

// ---- the card on the air -----------------------------------------------------------------------

static struct link *open_air(void *context) {
    const struct arguments *arguments = context;
    struct link_failure failure;
    return link_open(arguments->air, NULL, &failure);
}

static void name_air(struct arguments *arguments) {
    const char *image = link_image(arguments->trm);
    if (image != NULL)
        snprintf(arguments->air, sizeof arguments->air, "emu:%.*s,contactless",
                 (int)strcspn(image, ","), image);
    else
        snprintf(arguments->air, sizeof arguments->air, "%s", arguments->trm);
}

static bool on_power(void *context, bool on) {
    return handset_air_power(context, on);
}

static size_t on_transmit(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    return handset_air_transmit(context, command, answer, capacity);
}

// ---- run ---------------------------------------------------------------------------------------

static void tell_ready(const struct handset *handset) {
    if (handset_url(handset) != NULL)
        printf("screen %s\n", handset_url(handset));
    printf("ready\n");
    fflush(stdout);
    notify_send(getenv("NOTIFY_SOCKET"), "READY=1");
}

static bool serve(struct handset *handset, const char *nfc, const struct interrupt *interrupt,
                  struct failure *failure) {
    struct nfc_air air = {.inserted = false};
    const struct nfc_target_card card = {on_power, on_transmit, handset};
    if (nfc == NULL) {
        tell_ready(handset);
        return handset_run(handset, interrupt, failure);
    }
    if (!nfc_air_open(&air, nfc, &card, failure))
        return false;
    bool done = nfc_air_start(&air, failure);
    if (done) {
        tell_ready(handset);
        done = handset_run(handset, interrupt, failure);
        done = nfc_air_stop(&air, failure) && done;
    }
    nfc_air_close(&air);
    return done;
}

static int run_phone(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    signal(SIGPIPE, SIG_IGN);
    struct interrupt *interrupt = interrupt_watch();
    name_air(arguments);
    struct handset_options options = {.state = arguments->state,
                                      .trm = arguments->trm,
                                      .address = arguments->http,
                                      .profile = phone_profiles[arguments->profile],
                                      .licence = arguments->licence,
                                      .telco = arguments->telco,
                                      .till = arguments->till,
                                      .tls = arguments->tls,
                                      .home = arguments->home,
                                      .mail = arguments->mail,
                                      .card = arguments->card,
                                      .player = arguments->player,
                                      .headless = arguments->headless,
                                      .limit = arguments->limit,
                                      .clock = &clock_system,
                                      .open_air = open_air,
                                      .context = arguments};
    options.crypto = crypto_for_run(&arguments->run, failure);
    struct handset *handset = options.crypto != NULL ? handset_open(&options, failure) : NULL;
    bool done = handset != NULL && serve(handset, arguments->nfc, interrupt, failure);
    handset_close(handset);
    crypto_openssl_free(options.crypto);
    interrupt_end(interrupt);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {"trm", "LINK", OPTION_LINK, "the phone's card: purse and tickets", .at = AT(trm),
     .needed = OPTION_EVERY},
    {"state", "DIR", OPTION_DIRECTORY,
     "what the phone keeps; its owner's alone, made where it is missing", .at = AT(state),
     .needed = OPTION_EVERY},
    {"nfc", "CONNSTRING", OPTION_TEXT,
     "the libnfc device that presents the card to readers; without it the phone has no chip",
     .at = AT(nfc)},
    {"http", "ADDR:PORT", OPTION_TEXT, "where the page is, on this machine only (port 0: any)",
     .at = AT(http)},
    {"limit", "N", OPTION_NUMBER,
     "up to so many minor units a payment needs no PIN (3000); 0: each one does", .at = AT(limit),
     .most = INT64_MAX},
    {"profile", "KIND", OPTION_WORD, "what the machine is", .at = AT(profile),
     .words = phone_profiles},
    {"licence", "URL", OPTION_TEXT, "https://HOST:PORT of a licence service, to buy tickets",
     .at = AT(licence)},
    {"telco", "URL", OPTION_TEXT,
     "https://HOST:PORT of the telephone company, to pay machines by its bill", .at = AT(telco)},
    {"till", "LINK", OPTION_LINK, "the seller's till, to buy tickets", .at = AT(till)},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of the phone, from 'tessera ca issue --network' (STATE/tls)",
     .at = AT(tls)},
    {"mail", "ADDRESS", OPTION_TEXT,
     "the owner's mail address, to buy tickets; kept in STATE for the next time", .at = AT(mail)},
    {"home", "LINK", OPTION_LINK, "the home server's card, to hand tickets over", .at = AT(home)},
    {"card", "DIR", OPTION_DIRECTORY, "the slot of the memory card, to play contents",
     .at = AT(card)},
    {"player", "DIR", OPTION_DIRECTORY,
     "keys and certificate of a player, from 'tessera ca issue' (STATE/player)", .at = AT(player)},
    {"headless", NULL, OPTION_FLAG, "the player decodes everything, and shows nothing",
     .at = AT(headless)},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {{1, NULL, "", run_phone, NULL}};

static const struct command phone_run = {
    .name = "phone run",
    .purpose = "a phone with a page and a chip on the air",
    .notes = "It prints \"screen URL\" where there is one, then \"ready\", and ends upon SIGTERM.",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(), .limit = 3000};
    return command_main(&phone_run, &arguments, argc, argv);
}
