// SPDX-License-Identifier: Apache-2.0
// tessera clearing: a clearing center's operator, and who hands in to it.
// docs/man/tessera-clearing.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/options/options.h"
#include "host/clearing/clearing_desk.h"
#include "host/clearing/clearing_upload.h"
#include "host/content/content_trust.h"
#include "services/wire/media/container_file.h"

#include <inttypes.h>

struct arguments {
    const char *first, *second; // operands
    const char *url, *tls, *purse, *unit, *batch, *as, *worth, *transfer;
    struct desk_purse known;
    bool json;
    struct program_run run;
    struct crypto *crypto;
    struct clearing_client client;
};

static bool begin(struct arguments *arguments, struct failure *failure) {
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    return arguments->crypto != NULL &&
           clearing_client_open(&arguments->client, arguments->url, arguments->tls,
                                arguments->crypto, failure);
}

/// One question whose answer is printed.
static int ask(struct arguments *arguments, const struct endpoint *row,
               const struct desk_field *fields, struct failure *failure) {
    return exit_of(begin(arguments, failure) &&
                       desk_ask(&arguments->client, row, fields, arguments->json, failure),
                   failure);
}

// ---- looking -----------------------------------------------------------------------------------

static int run_status(void *context, struct failure *failure) {
    return ask(context, &clearing_status, (const struct desk_field[]){{NAME_COUNT, NULL}}, failure);
}

static int run_trace(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    const struct desk_field fields[] = {
        {NAME_PAYER, arguments->first}, {NAME_COUNTER, arguments->second}, {NAME_COUNT, NULL}};
    return ask(arguments, &clearing_trace, fields, failure);
}

static int run_payouts(void *context, struct failure *failure) {
    return ask(context, &clearing_payouts, (const struct desk_field[]){{NAME_COUNT, NULL}},
               failure);
}

static int run_suspense(void *context, struct failure *failure) {
    return ask(context, &clearing_suspense, (const struct desk_field[]){{NAME_COUNT, NULL}},
               failure);
}

// ---- deciding ----------------------------------------------------------------------------------

static int run_refund(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    const struct desk_field fields[] = {
        {NAME_PURSE, arguments->first}, {NAME_UNIT, arguments->unit}, {NAME_COUNT, NULL}};
    return ask(arguments, &clearing_lost, fields, failure);
}

static int run_decide(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    const struct desk_field fields[] = {
        {NAME_PAYEE, arguments->first},        {NAME_N, arguments->second},
        {NAME_BATCH_NUMBER, arguments->batch}, {NAME_UNIT, arguments->unit},
        {NAME_OUTCOME, arguments->as},         {NAME_COUNT, NULL}};
    return ask(arguments, &clearing_decide, fields, failure);
}

// ---- who takes part ----------------------------------------------------------------------------

static int run_register(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    char id[HOLDER_MAX + 1];
    arguments->known.certificate = arguments->first;
    bool done = begin(arguments, failure) &&
                desk_register(&arguments->client, &arguments->known, id, failure);
    if (done)
        printf(arguments->json ? "{\"purse\":\"%s\"}\n" : "%s\n", id);
    return exit_of(done, failure);
}

static int run_party(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    const struct desk_field fields[] = {
        {NAME_PARTY, arguments->first}, {NAME_ACCOUNT, arguments->second}, {NAME_COUNT, NULL}};
    return ask(arguments, &clearing_party, fields, failure);
}

static int run_scheme(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    const struct desk_field fields[] = {{NAME_UNIT, arguments->first},
                                        {NAME_PARTY, arguments->second},
                                        {NAME_AMOUNT, arguments->worth},
                                        {NAME_MONEY, arguments->unit},
                                        {NAME_COUNT, NULL}};
    return ask(arguments, &clearing_scheme, fields, failure);
}

static int run_grant(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    const struct desk_field fields[] = {{NAME_PURSE, arguments->first},
                                        {NAME_AMOUNT, arguments->second},
                                        {NAME_UNIT, arguments->unit},
                                        {NAME_TRANSFER, arguments->transfer},
                                        {NAME_COUNT, NULL}};
    return ask(arguments, &clearing_grant, fields, failure);
}

/// Judged by the caller's own root before anything is sent.
static int run_policy(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct content_trust trust = {0};
    struct container_file *container = NULL;
    bool done = begin(arguments, failure) &&
                content_trust_open(&trust, arguments->tls, NULL, arguments->crypto, failure);
    if (done)
        container = container_open(arguments->first, &trust.front, CONTAINER_PART, failure);
    done = container != NULL && desk_policy(&arguments->client, &container->front, failure);
    container_close(container);
    content_trust_free(&trust);
    return exit_of(done, failure);
}

// ---- handing in --------------------------------------------------------------------------------

static int run_upload(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct upload_report report = {0};
    bool done = begin(arguments, failure) && clearing_upload(&arguments->client, arguments->purse,
                                                             arguments->first, &report, failure);
    printf(arguments->json ? "{\"accepted\":%" PRIu64 ",\"again\":%" PRIu64 ",\"suspense\":%" PRIu64
                             ",\"refused\":%" PRIu64 "}\n"
                           : "accepted %" PRIu64 "  again %" PRIu64 "  suspense %" PRIu64
                             "  refused %" PRIu64 "\n",
           report.accepted, report.again, report.suspense, report.refused);
    if (done && report.refused > 0)
        done = fail(failure, EXIT_REFUSED, "%s: %s", arguments->first, report.first);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

enum {
    STATUS = 1,
    TRACE = 2,
    PAYOUTS = 4,
    SUSPENSE = 8,
    REFUND = 16,
    DECIDE = 32,
    REGISTER = 64,
    PARTY = 128,
    POLICY = 256,
    UPLOAD = 512,
    SCHEME = 1024,
    GRANT = 2048,
};

static const char *const decisions[] = {"pay", "return", "write-off", NULL};

#define LIMIT(option, which, text)                                                                 \
    {                                                                                              \
        option, "N", OPTION_TEXT, text "; the center's own where not said",                        \
            .at = AT(known.limits[which]), .only = REGISTER                                        \
    }

static const struct option_row rows[] = {
    {NULL, "PAYER", OPTION_TEXT, "the purse that paid", .at = AT(first), .only = TRACE,
     .needed = TRACE},
    {NULL, "COUNTER", OPTION_TEXT, "its counter of the payment", .at = AT(second), .only = TRACE,
     .needed = TRACE},
    {NULL, "CARD", OPTION_TEXT, "the purse that is lost", .at = AT(first), .only = REFUND,
     .needed = REFUND},
    {NULL, "TILL", OPTION_TEXT, "whose money waits", .at = AT(first), .only = DECIDE,
     .needed = DECIDE},
    {NULL, "N", OPTION_TEXT, "the number that it waits for; 0: of the batch as a whole",
     .at = AT(second), .only = DECIDE, .needed = DECIDE},
    {NULL, "CERTIFICATE", OPTION_FILE, "the purse's card-verifiable certificate", .at = AT(first),
     .only = REGISTER, .needed = REGISTER},
    {NULL, "PARTY", OPTION_TEXT, "an enterprise, provider or user, or the center itself",
     .at = AT(first), .only = PARTY, .needed = PARTY},
    {NULL, "ACCOUNT", OPTION_TEXT, "its account at the bank", .at = AT(second), .only = PARTY,
     .needed = PARTY},
    {NULL, "POINTS", OPTION_TEXT,
     "the unit that is no money: POINT, VOUCHER, COUPON or hexadecimal", .at = AT(first),
     .only = SCHEME, .needed = SCHEME},
    {NULL, "REDEEMER", OPTION_TEXT, "the enterprise or provider that grants and redeems it",
     .at = AT(second), .only = SCHEME, .needed = SCHEME},
    {NULL, "WALLET", OPTION_TEXT, "the purse that gets it", .at = AT(first), .only = GRANT,
     .needed = GRANT},
    {NULL, "AMOUNT", OPTION_TEXT, "how much", .at = AT(second), .only = GRANT, .needed = GRANT},
    {NULL, "CONTAINER", OPTION_FILE, "a container with the policy", .at = AT(first), .only = POLICY,
     .needed = POLICY},
    {NULL, "FILE", OPTION_FILE, "lines of 'tessera purse transfer --json'", .at = AT(first),
     .only = UPLOAD, .needed = UPLOAD},
    {"clearing", "URL", OPTION_TEXT, "https://HOST:PORT of the clearing center", .at = AT(url),
     .needed = OPTION_EVERY},
    {"tls", "DIR", OPTION_DIRECTORY, "keys and certificates of who asks, from 'tessera ca issue'",
     .at = AT(tls), .needed = OPTION_EVERY},
    {"purse", "ID", OPTION_TEXT, "the till or float whose logs they are", .at = AT(purse),
     .only = UPLOAD, .needed = UPLOAD},
    {"unit", "UNIT", OPTION_TEXT, "JPY where it is not said", .at = AT(unit),
     .only = REFUND | DECIDE | SCHEME | GRANT},
    {"worth", "AMOUNT", OPTION_TEXT, "how much of the money one of it is redeemed for",
     .at = AT(worth), .only = SCHEME, .needed = SCHEME},
    {"transfer", "ID", OPTION_TEXT, "the grant's own id: the same again is granted once",
     .at = AT(transfer), .only = GRANT, .needed = GRANT},
    {"batch", "NUMBER", OPTION_TEXT, "the batch that it came with", .at = AT(batch), .only = DECIDE,
     .needed = DECIDE},
    {"as", "DECISION", OPTION_TEXT,
     "pay the till's enterprise, return it to who paid, or write-off: it was nobody's money",
     .at = AT(as), .words = decisions, .only = DECIDE, .needed = DECIDE},
    {"authority", "FILE", OPTION_FILE, "the certificate of the authority that certified it",
     .at = AT(known.authority), .only = REGISTER, .needed = REGISTER},
    {"user", "ID", OPTION_TEXT, "whose it is, as issue logs name it", .at = AT(known.user),
     .only = REGISTER},
    {"device", "ID", OPTION_TEXT, "the device, as issue logs name it", .at = AT(known.device),
     .only = REGISTER},
    {"host", "ID", OPTION_TEXT, "who speaks for it over the network; its own name where not said",
     .at = AT(known.host), .only = REGISTER},
    LIMIT("limit-balance", DESK_BALANCE, "most that it may hold"),
    LIMIT("limit-single", DESK_SINGLE, "most that one payment may be"),
    LIMIT("no-pin-single", DESK_NO_PIN_SINGLE, "most of one payment without PIN"),
    LIMIT("no-pin-sum", DESK_NO_PIN_SUM, "most of all payments without PIN in a row"),
    LIMIT("no-pin-count", DESK_NO_PIN_COUNT, "payments without PIN in a row"),
    LIMIT("offline-count", DESK_OFFLINE_COUNT, "transfers until the center is asked"),
    LIMIT("offline-sum", DESK_OFFLINE_SUM, "what transfers may add up to until then"),
    OPTION_JSON_ROW(AT(json)),
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {STATUS, "status", "how much there is of everything, and what the books hold", run_status,
     NULL},
    {TRACE, "trace", "one payment from its log to its settlement", run_trace, NULL},
    {PAYOUTS, "payouts", "what was ordered of the bank, and what waits", run_payouts, NULL},
    {SUSPENSE, "suspense", "what waits for a person", run_suspense, NULL},
    {DECIDE, "decide", "end what waits for a person", run_decide, NULL},
    {REFUND, "refund", "a card is lost: list it now, pay it when nobody can pay with it",
     run_refund, NULL},
    {REGISTER, "register", "make a purse known", run_register, NULL},
    {PARTY, "party", "say to which account a party is paid", run_party, NULL},
    {SCHEME, "scheme",
     "points, vouchers or coupons: whose they are, and for how much it redeems them", run_scheme,
     NULL},
    {GRANT, "grant", "a scheme grants a purse so many of its unit", run_grant, NULL},
    {POLICY, "policy", "make the policy of a content known", run_policy, NULL},
    {UPLOAD, "upload", "hand in what a till or float did", run_upload, NULL},
};

static const struct command clearing_command = {
    .name = "clearing",
    .purpose = "a clearing center's operator, and who hands in to it",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(), .unit = "JPY"};
    int code = command_main(&clearing_command, &arguments, argc, argv);
    clearing_client_close(&arguments.client);
    crypto_openssl_free(arguments.crypto);
    return code;
}
