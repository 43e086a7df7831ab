// SPDX-License-Identifier: Apache-2.0
// tessera card pin: the owner changes or unblocks a PIN over any link. docs/man/tessera-card-pin.1.
#include "apdu/trace/tracing.h"
#include "base/options/options.h"
#include "personalization/cards/card_pin.h"
#include "readers/link/link_open.h"

#include <stdio.h>

enum { SECRET_MAX = 24 };

struct arguments {
    const char *link;
    char pin[SECRET_MAX], puk[SECRET_MAX], new_pin[SECRET_MAX];
    bool piv, tickets;
    struct tracing tracing;
};

static int act(struct arguments *arguments, enum card_pin_step step, struct failure *failure) {
    if (arguments->piv && arguments->tickets) {
        failure_set(failure, EXIT_USAGE, "say either --piv or --tickets");
        return EXIT_USAGE;
    }
    struct card_pin_order order = {.step = step,
                                   .owner = arguments->piv       ? CARD_PIN_PIV
                                            : arguments->tickets ? CARD_PIN_TICKETS
                                                                 : CARD_PIN_FOUND,
                                   .present =
                                       step == CARD_PIN_UNBLOCK ? arguments->puk : arguments->pin,
                                   .new = arguments->new_pin};
    struct link *link = link_of(arguments->link, &arguments->tracing, NULL, failure);
    bool done = link != NULL && card_pin_set(link, &order, failure);
    if (done)
        printf("the PIN of the %s of %s is changed\n", card_pin_owner_name(order.owner),
               arguments->link);
    link_close(link);
    return exit_of(done, failure);
}

static int run_change(void *context, struct failure *failure) {
    return act(context, CARD_PIN_CHANGE, failure);
}

static int run_unblock(void *context, struct failure *failure) {
    return act(context, CARD_PIN_UNBLOCK, failure);
}

#define AT(member) offsetof(struct arguments, member)

enum { CHANGE = 1, UNBLOCK = 2 };

static const struct option_row rows[] = {
    {NULL, "LINK", OPTION_LINK, OPTION_LINK_HELP, .at = AT(link), .needed = OPTION_EVERY},
    {"pin-fd", "N", OPTION_SECRET, "the present PIN, one line from descriptor N", .at = AT(pin),
     .most = SECRET_MAX, .only = CHANGE, .needed = CHANGE},
    {"puk-fd", "N", OPTION_SECRET, "the PUK, one line from descriptor N", .at = AT(puk),
     .most = SECRET_MAX, .only = UNBLOCK, .needed = UNBLOCK},
    {"new-fd", "N", OPTION_SECRET, "the new PIN, one line from descriptor N", .at = AT(new_pin),
     .most = SECRET_MAX, .needed = OPTION_EVERY},
    {"piv", NULL, OPTION_FLAG, "the PIN of the PIV application instead of the purse's",
     .at = AT(piv)},
    {"tickets", NULL, OPTION_FLAG,
     "the PIN of the ticket store, which is also meant where there is no purse", .at = AT(tickets)},
    OPTION_TRACE_ROW(AT(tracing.wanted)),
};

static const struct action actions[] = {
    {CHANGE, "change", "a new PIN for the old one", run_change, NULL},
    {UNBLOCK, "unblock", "a new PIN for the PUK, also where the old one is blocked", run_unblock,
     NULL},
};

static const struct command card_pin = {
    .name = "card pin",
    .purpose = "change or unblock a card's PIN",
    .notes =
        "What could be no PIN is refused before anything is sent and costs no try.\n\n"
        "exit: 0 done, 1 wrong, with the tries left, 2 usage, 3 no card, 4 the transport broke, "
        "5 blocked, or the card is locked",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.piv = false};
    int code = command_main(&card_pin, &arguments, argc, argv);
    code = tracing_end(&arguments.tracing, "card pin", code);
    bytes_erase(arguments.pin, sizeof arguments.pin);
    bytes_erase(arguments.puk, sizeof arguments.puk);
    bytes_erase(arguments.new_pin, sizeof arguments.new_pin);
    return code;
}
