// SPDX-License-Identifier: Apache-2.0
// tessera phone deposit: value from the telephone bill into the phone's purse.
// docs/man/tessera-phone-deposit.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/octets/unit.h"
#include "apdu/trace/tracing.h"
#include "base/options/options.h"
#include "host/clearing/clearing_client.h"
#include "host/flows/issue.h"
#include "host/flows/meeting.h"
#include "host/purse/purse_failure.h"
#include "host/purse/purse_view.h"
#include "host/service/deposit_order.h"
#include "readers/link/link_open.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { PASSWORD_MAX = 65, PIN_TEXT_MAX = 13, COLLECT_TIMES = 120, COLLECT_PAUSE_MS = 500 };

struct arguments {
    const char *link, *charge, *clearing, *tls, *state;
    uint64_t amount;
    char password[PASSWORD_MAX], pin[PIN_TEXT_MAX];
    bool json;
    struct program_run run;
    struct crypto *crypto;
    struct tracing tracing;
};

struct phone {
    struct arguments *arguments;
    struct machine_state state;
    struct service_client charge;
    struct clearing_client center;
    struct side *side;
    struct deposit_order order;
};

static bool open_phone(struct phone *phone, struct failure *failure) {
    struct arguments *arguments = phone->arguments;
    static const struct machine_kind kind = {"phone", NULL};
    struct link_options how = {.seeded = arguments->run.seeded, .seed = arguments->run.seed};
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    if (arguments->crypto == NULL ||
        !machine_state_open(&phone->state, arguments->state, &kind, true, failure) ||
        !service_client_open(&phone->charge, "charge", arguments->charge, arguments->tls,
                             arguments->crypto, failure))
        return false;
    phone->center.unit = UNIT_JPY;
    phone->order = (struct deposit_order){.state = &phone->state,
                                          .charge = &phone->charge,
                                          .password = arguments->password,
                                          .amount = arguments->amount};
    phone->side = side_over(link_of(arguments->link, &arguments->tracing, &how, failure), failure);
    if (phone->side == NULL)
        return false;
    struct purse_client *client = &phone->side->client;
    if (!purse_went(client, client_select(client), failure))
        return false;
    const struct machine_kind own = {kind.kind, client->selection.id};
    return machine_state_bind(&phone->state, &own, failure);
}

static void close_phone(struct phone *phone) {
    side_close(phone->side);
    clearing_client_close(&phone->center);
    service_client_close(&phone->charge);
    machine_state_close(&phone->state);
    bytes_erase(phone->arguments->password, PASSWORD_MAX);
    bytes_erase(phone->arguments->pin, PIN_TEXT_MAX);
}

/// What the purse was issued in all.
static bool read_issued(struct phone *phone, uint64_t *issued, struct failure *failure) {
    struct purse_view view;
    const char *pin = phone->arguments->pin;
    struct purse_client *client = &phone->side->client;
    if (!purse_went(client, client_select(client), failure) ||
        !purse_view_read(client, pin[0] != '\0' ? pin : NULL, &view, failure))
        return false;
    *issued = 0;
    for (size_t i = 0; i < view.pocket_count; i++)
        if (view.pockets[i].unit == UNIT_JPY)
            *issued = view.pockets[i].issued;
    return true;
}

/// One issue log over what has arrived for this purse. True also where nothing has, yet.
static bool ask_center(struct phone *phone, struct failure *failure) {
    uint8_t buffer[CENTER_OBJECT_MAX];
    struct bytes log;
    const char *pin = phone->arguments->pin;
    const struct center center = clearing_center_of(&phone->center);
    return issue_run(&phone->side->client, &center, pin[0] != '\0' ? pin : NULL, buffer,
                     sizeof buffer, &log, failure) ||
           strstr(failure->text, "no-transfer") != NULL;
}

/// Until the purse has it; the money may be a while behind its notice. A run that died behind the
/// load finds it in the purse.
static bool load(struct phone *phone, bool *loaded, struct failure *failure) {
    struct arguments *arguments = phone->arguments;
    uint64_t issued = 0;
    *loaded = false;
    if (!clearing_client_open(&phone->center, arguments->clearing, arguments->tls,
                              arguments->crypto, failure))
        return false;
    for (unsigned i = 0; i < COLLECT_TIMES; i++) {
        if (!read_issued(phone, &issued, failure))
            return false;
        if (issued >= phone->order.goal)
            return deposit_order_end(&phone->order, failure);
        if (i > 0)
            poll(NULL, 0, COLLECT_PAUSE_MS);
        *loaded = true;
        if (!ask_center(phone, failure))
            return false;
    }
    return fail(failure, EXIT_OPEN, "the money is not at the center yet: run it again");
}

static int run_deposit(void *context, struct failure *failure) {
    struct phone phone = {.arguments = context, .state.lock = -1};
    bool loaded = false;
    bool done = open_phone(&phone, failure) && read_issued(&phone, &phone.order.issued, failure) &&
                deposit_order_run(&phone.order, failure) && load(&phone, &loaded, failure);
    if (done)
        printf(phone.arguments->json ? "{\"status\":\"done\",\"amount\":%llu,\"loaded\":\"%s\"}\n"
                                     : "%llu billed, loaded %s\n",
               (unsigned long long)phone.arguments->amount, loaded ? "now" : "before");
    close_phone(&phone);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "LINK", OPTION_LINK, "the phone's card: " OPTION_LINK_HELP, .at = AT(link),
     .needed = OPTION_EVERY},
    {"amount", "N", OPTION_NUMBER, "what to load, in minor units", .at = AT(amount),
     .needed = OPTION_EVERY, .least = 1, .most = 1000000000},
    {"password-fd", "N", OPTION_SECRET, "the subscriber's password, one line from descriptor N",
     .at = AT(password), .needed = OPTION_EVERY, .most = PASSWORD_MAX},
    {"pin-fd", "N", OPTION_SECRET, "PIN of a purse that tells no totals without, from descriptor N",
     .at = AT(pin), .most = PIN_TEXT_MAX},
    {"charge", "URL", OPTION_TEXT, "https://HOST:PORT of the telephone company", .at = AT(charge),
     .needed = OPTION_EVERY},
    {"clearing", "URL", OPTION_TEXT, "https://HOST:PORT of the clearing center", .at = AT(clearing),
     .needed = OPTION_EVERY},
    {"tls", "DIR", OPTION_DIRECTORY,
     "the phone's keys for the network, from 'tessera ca issue --network'", .at = AT(tls),
     .needed = OPTION_EVERY},
    {"state", "DIR", OPTION_DIRECTORY, "what the phone remembers; made where it is missing",
     .at = AT(state), .needed = OPTION_EVERY},
    OPTION_JSON_ROW(AT(json)),
    OPTION_TRACE_ROW(AT(tracing.wanted)),
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {1, NULL, "load the purse, billed with the telephone", run_deposit, NULL}};

static const struct command phone_deposit = {
    .name = "phone deposit",
    .purpose = "load a purse, billed with the telephone",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now()};
    int code = command_main(&phone_deposit, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    return tracing_end(&arguments.tracing, "phone deposit", code);
}
