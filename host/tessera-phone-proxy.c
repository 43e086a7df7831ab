// SPDX-License-Identifier: Apache-2.0
// tessera phone proxy: a ticket by the number that was read on its seller's page.
// docs/man/tessera-phone-proxy.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/octets/unit.h"
#include "apdu/trace/tracing.h"
#include "base/files.h"
#include "base/options/options.h"
#include "host/flows/tickets/proxy_sale.h"
#include "host/licence/licence_session.h"
#include "host/service/refusals.h"
#include "readers/link/link_open.h"
#include "services/wire/api/bank_api.h"
#include "services/wire/api/charge_api.h"

#include <stdio.h>

struct arguments {
    const char *link, *number, *mail, *unit, *licence, *charge, *bank, *registry, *till, *tls,
        *state;
    uint64_t amount;
    bool json;
    struct program_run run;
    struct crypto *crypto;
    struct tracing tracing;
};

/// What is open; all of it is closed in any case.
struct phone {
    struct arguments *arguments;
    struct machine_state state;
    struct licence_session session;
    struct service_client settler, registry;
    struct ticket_side *side;
    struct meeting meeting;
    uint8_t root[CERTIFICATE_MAX], authority[CERTIFICATE_MAX];
    struct proxy_sale sale;
};

static bool read_certificate(const char *directory, const char *name, uint8_t *out,
                             struct bytes *certificate, struct failure *failure) {
    char path[PATH_MAX];
    size_t size = 0;
    if (!files_path(path, sizeof path, directory, name) ||
        !files_read(path, out, CERTIFICATE_MAX, &size))
        return fail_errno(failure, "cannot read %s/%s", directory, name);
    *certificate = bytes_of(out, size);
    return true;
}

static struct link *open_link(const struct phone *phone, const char *link, uint64_t turn,
                              struct failure *failure) {
    struct arguments *arguments = phone->arguments;
    struct link_options how = {.seeded = arguments->run.seeded, .seed = arguments->run.seed + turn};
    return link_of(link, &arguments->tracing, &how, failure);
}

/// The telephone company, or the bank of a card with a debit function.
static bool open_settler(struct phone *phone, struct failure *failure) {
    const struct arguments *arguments = phone->arguments;
    bool debit = arguments->bank != NULL;
    if (debit == (arguments->charge != NULL))
        return fail(failure, EXIT_USAGE,
                    "say either --charge URL, who bills it, or --bank URL, where the card's own "
                    "account is");
    phone->sale.proxy.settles = debit ? &bank_docket : &charge_docket;
    return service_client_open(&phone->settler, debit ? "bank" : "charge",
                               debit ? arguments->bank : arguments->charge, arguments->tls,
                               arguments->crypto, failure);
}

static bool open_phone(struct phone *phone, struct failure *failure) {
    struct arguments *arguments = phone->arguments;
    struct licence_purchase *order = &phone->sale.order;
    static const struct machine_kind kind = {"phone", NULL};
    *order = (struct licence_purchase){.number = arguments->number,
                                       .mail = arguments->mail,
                                       .amount = arguments->amount,
                                       .unit = unit_from_name(arguments->unit)};
    if (order->unit == 0)
        return fail(failure, EXIT_USAGE, "there is no unit '%s'", arguments->unit);
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    phone->sale.state = &phone->state;
    phone->sale.proxy.today = arguments->run.today;
    return arguments->crypto != NULL &&
           machine_state_open(&phone->state, arguments->state, &kind, true, failure) &&
           read_certificate(arguments->tls, "root.cvc", phone->root, &order->root, failure) &&
           read_certificate(arguments->tls, "issuer.cvc", phone->authority, &order->authority,
                            failure) &&
           licence_session_open(&phone->session, arguments->tls, arguments->licence, NULL,
                                arguments->crypto, failure) &&
           open_settler(phone, failure) &&
           service_client_open(&phone->registry, "registry", arguments->registry, arguments->tls,
                               arguments->crypto, failure);
}

static void close_phone(struct phone *phone) {
    ticket_side_close(phone->side);
    meeting_close(&phone->meeting);
    licence_seller_close(&phone->sale.seller);
    licence_session_close(&phone->session);
    service_client_close(&phone->settler);
    service_client_close(&phone->registry);
    machine_state_close(&phone->state);
}

static bool open_store(struct phone *phone, struct failure *failure) {
    ticket_side_close(phone->side);
    phone->side = ticket_side_over(open_link(phone, phone->arguments->link, 0, failure), failure);
    return phone->side != NULL && ticket_side_select(phone->side, failure);
}

/// By proxy, unless the registry's list says that it is of no use.
static bool settle_by_proxy(struct phone *phone, struct failure *failure) {
    struct proxy *proxy = &phone->sale.proxy;
    bool refused = false;
    if (phone->arguments->registry != NULL &&
        !refusals_ask(&phone->registry, phone->sale.order.root, phone->arguments->run.today,
                      phone->sale.seller.enterprise, &refused, failure))
        return false;
    snprintf(proxy->outcome, sizeof proxy->outcome, "listed");
    bool done = refused || proxy_run(proxy, &phone->settler, failure);
    phone->sale.by_bill = proxy->settled;
    return done;
}

/// The phone's purse pays at the till. One card has one link: that of its store is closed before.
static bool settle_by_purse(struct phone *phone, struct failure *failure) {
    const struct arguments *arguments = phone->arguments;
    if (arguments->till == NULL)
        return fail(failure, EXIT_REFUSED,
                    "%s: proxy settlement is not possible; pay with --till LINK",
                    phone->sale.proxy.outcome);
    ticket_side_close(phone->side);
    phone->side = NULL;
    struct side *payer = side_over(open_link(phone, arguments->link, 1, failure), failure);
    struct side *payee =
        payer != NULL ? side_over(open_link(phone, arguments->till, 2, failure), failure) : NULL;
    phone->sale.by_purse = meeting_of(&phone->meeting, payer, payee, failure) &&
                           proxy_pay(&phone->sale.proxy, &phone->meeting, failure);
    return phone->sale.by_purse;
}

static void tell(const struct phone *phone) {
    const struct proxy_sale *sale = &phone->sale;
    const char *by = sale->by_bill && phone->arguments->bank != NULL ? "account"
                     : sale->by_bill                                 ? "bill"
                     : sale->by_purse                                ? "purse"
                                                                     : "before";
    char name[TICKET_NAME_TEXT];
    ticket_name_text(sale->proxy.name, name);
    printf(phone->arguments->json
               ? "{\"number\":\"%s\",\"ticket\":\"%s\",\"paid\":\"%s\",\"answer\":\"%s\"}\n"
               : "%s %s\npaid by %s\nanswer %s\n",
           sale->order.number, name, by,
           sale->proxy.outcome[0] != '\0' ? sale->proxy.outcome : "none");
}

static bool buy(struct phone *phone, struct failure *failure) {
    struct proxy_sale *sale = &phone->sale;
    bool sealed = false;
    if (!proxy_sale_order(sale, phone->arguments->crypto, failure) ||
        !licence_seller_open(&sale->seller, &phone->session.client, &sale->order, failure) ||
        !open_store(phone, failure) || !proxy_sale_deliver(sale, phone->side, &sealed, failure))
        return false;
    if (sealed && !settle_by_proxy(phone, failure))
        return false;
    if (sealed && !sale->by_bill && !settle_by_purse(phone, failure))
        return false;
    tell(phone);
    return proxy_sale_end(sale, failure);
}

static int run_buy(void *context, struct failure *failure) {
    static struct phone phone;
    phone = (struct phone){.arguments = context, .state.lock = -1};
    bool done = open_phone(&phone, failure) && buy(&phone, failure);
    close_phone(&phone);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "LINK", OPTION_LINK, "the phone's card: " OPTION_LINK_HELP, .at = AT(link),
     .needed = OPTION_EVERY},
    {NULL, "NUMBER", OPTION_TEXT, "of the offer, as its page shows it", .at = AT(number),
     .needed = OPTION_EVERY},
    {"amount", "N", OPTION_NUMBER, "what it costs, in minor units", .at = AT(amount),
     .needed = OPTION_EVERY, .least = 1, .most = INT64_MAX},
    {"unit", "UNIT", OPTION_TEXT, "JPY where it is not said", .at = AT(unit)},
    {"mail", "ADDRESS", OPTION_TEXT, "the phone's mail address, as the telephone company knows it",
     .at = AT(mail), .needed = OPTION_EVERY},
    {"licence", "URL", OPTION_TEXT, "https://HOST:PORT of the seller", .at = AT(licence),
     .needed = OPTION_EVERY},
    {"charge", "URL", OPTION_TEXT, "https://HOST:PORT of the telephone company", .at = AT(charge)},
    {"bank", "URL", OPTION_TEXT,
     "https://HOST:PORT of the bank, for a card with a debit function: its account pays",
     .at = AT(bank)},
    {"registry", "URL", OPTION_TEXT,
     "whose list of refusals is looked at first; none where it is not said", .at = AT(registry)},
    {"till", "LINK", OPTION_LINK, "where the purse pays when proxy settlement is refused",
     .at = AT(till)},
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
    {1, NULL, "buy a ticket: by proxy settlement, or else by the purse", run_buy, NULL}};

static const struct command phone_proxy = {
    .name = "phone proxy",
    .purpose = "buy a ticket by proxy settlement",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(), .unit = "JPY"};
    int code = command_main(&phone_proxy, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    return tracing_end(&arguments.tracing, "phone proxy", code);
}
