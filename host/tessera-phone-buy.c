// SPDX-License-Identifier: Apache-2.0
// tessera phone buy: a ticket by the number that was read on its seller's page.
// docs/man/tessera-phone-buy.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/octets/unit.h"
#include "apdu/trace/tracing.h"
#include "base/files.h"
#include "base/options/options.h"
#include "host/flows/content/ticket_purchase.h"
#include "host/flows/meeting.h"
#include "host/flows/tickets/ticket_meeting.h"
#include "host/licence/licence_session.h"
#include "host/phone/profile.h"
#include "readers/link/link_open.h"
#include "services/wire/api/bank_api.h"
#include "services/wire/api/charge_api.h"

#include <stdlib.h>
#include <string.h>

enum { PIN_TEXT_MAX = 13 };

struct arguments {
    const char *number, *state, *trm, *till, *licence, *telco, *bank, *registry, *tls, *mail, *unit,
        *order;
    uint64_t charge;
    int profile; // index of phone_profiles
    bool ticket_first, json;
    char pin[PIN_TEXT_MAX];
    struct program_run run;
    struct crypto *crypto;
    struct tracing tracing;
};

/// Everything that is open; all of it is closed in any case.
struct buying {
    struct arguments *arguments;
    struct machine_state state;
    struct ticket_side *own;
    struct side *till;
    struct purse_client purse;
    char tls[PATH_MAX], mail[PHONE_MAIL_MAX];
    uint8_t root[CERTIFICATE_MAX], authority[CERTIFICATE_MAX];
    struct licence_session session;
    struct service_client settler, registry;
    struct purchase_docket docket;
    struct purchase_order order;
    struct ticket_purchase purchase;
};

// ---- what is opened ----------------------------------------------------------------------------

static struct link *open_link(struct arguments *arguments, const char *link, uint64_t turn,
                              struct failure *failure) {
    struct link_options how = {.seeded = arguments->run.seeded, .seed = arguments->run.seed + turn};
    return link_of(link, &arguments->tracing, &how, failure);
}

static bool open_phone(struct buying *buying, struct failure *failure) {
    struct arguments *arguments = buying->arguments;
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    if (arguments->crypto == NULL)
        return false;
    buying->own = ticket_side_over(open_link(arguments, arguments->trm, 0, failure), failure);
    if (buying->own == NULL || !ticket_side_select(buying->own, failure))
        return false;
    client_over(&buying->purse, buying->own->link);
    struct machine_kind kind = {phone_profiles[arguments->profile],
                                buying->own->client.selection.id};
    return machine_state_open(&buying->state, arguments->state, &kind, true, failure) &&
           machine_state_find(&buying->state, arguments->tls, "tls", buying->tls, failure);
}

static bool read_file(const char *directory, const char *name, uint8_t out[CERTIFICATE_MAX],
                      struct bytes *octets, struct failure *failure) {
    char path[PATH_MAX];
    size_t size = 0;
    if (!files_path(path, sizeof path, directory, name) ||
        !files_read(path, out, CERTIFICATE_MAX, &size))
        return fail_errno(failure, "cannot read %s/%s", directory, name);
    *octets = bytes_of(out, size);
    return true;
}

/// What a kiosk took the money for already, as its screen has it.
static bool check_order(const struct arguments *arguments, struct failure *failure) {
    const char *order = arguments->order;
    if (order == NULL)
        return true;
    if (strlen(order) != PURCHASE_TEXT - 1 || order[strspn(order, "0123456789abcdef")] != '\0')
        return fail(failure, EXIT_USAGE, "--order '%s' is not the 16 signs that a kiosk shows",
                    order);
    return (arguments->till == NULL && arguments->telco == NULL && arguments->bank == NULL) ||
           fail(failure, EXIT_USAGE,
                "what --order names is paid: no till, telco or bank goes with it");
}

static bool take_order(struct buying *buying, struct failure *failure) {
    const struct arguments *arguments = buying->arguments;
    struct ticket_wish wish;
    if (!ticket_wish_read(arguments->number, &wish, failure))
        return false;
    if (wish.by_name)
        return fail(failure, EXIT_USAGE, "'%s' is a ticket's name; buy by the number of an offer",
                    arguments->number);
    buying->order = (struct purchase_order){.number = arguments->number,
                                            .mail = buying->mail,
                                            .amount = arguments->charge,
                                            .unit = unit_from_name(arguments->unit),
                                            .ticket_first = arguments->ticket_first,
                                            .at_kiosk = arguments->order};
    return check_order(arguments, failure) &&
           (buying->order.unit != 0 ||
            fail(failure, EXIT_USAGE, "there is no unit '%s'", arguments->unit)) &&
           phone_mail(&buying->state, arguments->mail, buying->mail, failure);
}

static bool open_till(struct buying *buying, struct failure *failure) {
    struct arguments *arguments = buying->arguments;
    if (arguments->till == NULL)
        return true;
    if (!link_two_cards(arguments->trm, arguments->till, failure))
        return false;
    buying->till = side_over(open_link(arguments, arguments->till, 1, failure), failure);
    return buying->till != NULL;
}

/// The telephone company, or the bank of a card with a debit function; neither: the purse pays.
static bool open_settler(struct buying *buying, struct failure *failure) {
    const struct arguments *arguments = buying->arguments;
    bool debit = arguments->bank != NULL;
    if (debit && arguments->telco != NULL)
        return fail(failure, EXIT_USAGE,
                    "say either --telco URL, who bills it, or --bank URL, where the card's own "
                    "account is");
    if (!debit && arguments->telco == NULL)
        return arguments->registry == NULL ||
               fail(failure, EXIT_USAGE, "--registry goes with --telco or --bank");
    buying->docket = (struct purchase_docket){
        .settles = debit ? &bank_docket : &charge_docket,
        .by = debit ? "account" : "bill",
        .settler = &buying->settler,
        .registry = arguments->registry != NULL ? &buying->registry : NULL};
    buying->purchase.docket = &buying->docket;
    return service_client_open(&buying->settler, debit ? "bank" : "charge",
                               debit ? arguments->bank : arguments->telco, buying->tls,
                               arguments->crypto, failure) &&
           (arguments->registry == NULL ||
            service_client_open(&buying->registry, "registry", arguments->registry, buying->tls,
                                arguments->crypto, failure));
}

static bool prepare(struct buying *buying, struct failure *failure) {
    struct arguments *arguments = buying->arguments;
    struct ticket_purchase *purchase = &buying->purchase;
    bool done =
        open_phone(buying, failure) && take_order(buying, failure) &&
        read_file(buying->tls, "root.cvc", buying->root, &purchase->root, failure) &&
        read_file(buying->tls, "issuer.cvc", buying->authority, &purchase->authority, failure) &&
        licence_session_open(&buying->session, buying->tls, arguments->licence, NULL,
                             arguments->crypto, failure) &&
        open_settler(buying, failure) && open_till(buying, failure);
    purchase->order = &buying->order;
    purchase->state = &buying->state;
    purchase->client = &buying->session.client;
    purchase->purse = &buying->purse;
    purchase->store = done ? &buying->own->client : NULL;
    purchase->till = buying->till != NULL ? &buying->till->client : NULL;
    purchase->pin = arguments->pin[0] != '\0' ? arguments->pin : NULL;
    purchase->today = arguments->run.today;
    purchase->failure = failure;
    return done;
}

static void close_all(struct buying *buying) {
    licence_session_close(&buying->session);
    service_client_close(&buying->settler);
    service_client_close(&buying->registry);
    side_close(buying->till);
    ticket_side_close(buying->own);
    machine_state_close(&buying->state);
    bytes_erase(buying, sizeof *buying);
    free(buying);
}

// ---- the purchase ------------------------------------------------------------------------------

/// It is over when its owner can have read so: a run that dies before says it again.
static bool tell(struct buying *buying, bool json, struct failure *failure) {
    ticket_purchase_report(&buying->purchase, stdout, json);
    return (fflush(stdout) == 0 || fail_errno(failure, "standard output")) &&
           ticket_purchase_close(&buying->purchase);
}

static int run_buy(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct buying *buying = calloc(1, sizeof *buying);
    if (buying == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory") ? 0 : EXIT_REFUSED;
    buying->arguments = arguments;
    buying->state.lock = -1;
    bool done = prepare(buying, failure) && ticket_purchase_run(&buying->purchase) &&
                tell(buying, arguments->json, failure);
    close_all(buying);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "NUMBER", OPTION_TEXT, "the number of the offer, as the seller's page has it",
     .at = AT(number), .needed = OPTION_EVERY},
    {"state", "DIR", OPTION_DIRECTORY,
     "what the phone keeps; its owner's alone, made where it is missing", .at = AT(state),
     .needed = OPTION_EVERY},
    {"trm", "LINK", OPTION_LINK, "the phone's card: purse and tickets", .at = AT(trm),
     .needed = OPTION_EVERY},
    {"profile", "KIND", OPTION_WORD, "what the machine is", .at = AT(profile),
     .words = phone_profiles},
    {"charge", "N", OPTION_NUMBER, "what it costs, as the page has it, in minor units",
     .at = AT(charge), .needed = OPTION_EVERY, .least = 1, .most = INT64_MAX},
    {"unit", "UNIT", OPTION_TEXT, "JPY where it is not said", .at = AT(unit)},
    {"licence", "URL", OPTION_TEXT, "https://HOST:PORT of the seller's licence service",
     .at = AT(licence), .needed = OPTION_EVERY},
    {"till", "LINK", OPTION_LINK,
     "the seller's till, where the purse pays; not needed once it has been paid", .at = AT(till)},
    {"telco", "URL", OPTION_TEXT,
     "https://HOST:PORT of the telephone company, who bills it; the purse pays what it refuses",
     .at = AT(telco)},
    {"bank", "URL", OPTION_TEXT,
     "https://HOST:PORT of the bank, for a card with a debit function: its account pays",
     .at = AT(bank)},
    {"registry", "URL", OPTION_TEXT,
     "whose list of refusals is looked at first; none where it is not said", .at = AT(registry)},
    {"mail", "ADDRESS", OPTION_TEXT, "the owner's mail address; kept in STATE for the next time",
     .at = AT(mail)},
    {"order", "ID", OPTION_TEXT,
     "the order's number of a kiosk where it is paid already: only the ticket is fetched",
     .at = AT(order)},
    {"ticket-first", NULL, OPTION_FLAG, "take the ticket, then pay for it", .at = AT(ticket_first)},
    {"pin-fd", "N", OPTION_SECRET, "PIN of the purse, one line from descriptor N", .at = AT(pin),
     .most = PIN_TEXT_MAX},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of the phone, from 'tessera ca issue --network' (STATE/tls)",
     .at = AT(tls)},
    OPTION_JSON_ROW(AT(json)),
    OPTION_TRACE_ROW(AT(tracing.wanted)),
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {1, NULL, "buy a ticket: billed, or paid by the purse at the seller's till; once", run_buy,
     NULL}};

static const struct command phone_buy = {
    .name = "phone buy",
    .purpose = "buy a ticket by its number, by docket or purse",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(), .unit = "JPY"};
    int code = command_main(&phone_buy, &arguments, argc, argv);
    crypto_openssl_free(arguments.crypto);
    bytes_erase(arguments.pin, sizeof arguments.pin);
    return tracing_end(&arguments.tracing, "phone buy", code);
}
