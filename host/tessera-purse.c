// SPDX-License-Identifier: Apache-2.0
// tessera purse: money between two links on the command line. docs/man/tessera-purse.1 describes
// it.
#include "apdu/crypto/crypto_run.h"
#include "apdu/octets/unit.h"
#include "apdu/trace/tracing.h"
#include "base/options/options.h"
#include "host/clearing/clearing_client.h"
#include "host/content/policy_terms.h"
#include "host/flows/issue.h"
#include "host/flows/purse_report.h"
#include "host/flows/settlement.h"
#include "host/flows/transfer.h"
#include "host/purse/purse_failure.h"
#include "personalization/cards/center/local_center.h"
#include "personalization/cards/factory.h"
#include "readers/link/link_open.h"
#include "services/wire/object_json.h"
#include "services/wire/revocations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIN_TEXT_MAX = 13, TOKEN_PIN_MAX = 128, LINKS_MAX = 2 };
#define AMOUNT_NONE UINT64_MAX // no --amount: one is at most INT64_MAX

struct arguments {
    const char *ca, *clearing, *tls; // whose center
    const char *reference, *policy, *state, *hotlist, *root;
    const char *links[LINKS_MAX];
    bool json;
    uint64_t amount;
    uint64_t sale, turn; // of a refund; 0 and UINT64_MAX: as the till says
    uint16_t unit;
    int kind; // index of kinds; -1: as the roles say
    char pin[PIN_TEXT_MAX], token_pin[TOKEN_PIN_MAX];
    struct factory_limits limits;
    struct program_run run;
    struct crypto *crypto;
    struct policy_terms terms;  // of --policy
    struct revocations revoked; // of --hotlist
    struct tracing tracing;
};

static struct side *open_side(struct arguments *arguments, size_t index, struct failure *failure) {
    struct link_options how = {.seeded = arguments->run.seeded,
                               .seed = arguments->run.seed + index};
    return side_over(link_of(arguments->links[index], &arguments->tracing, &how, failure), failure);
}

static bool meet(struct meeting *meeting, struct arguments *arguments, struct failure *failure) {
    bool two = link_two_cards(arguments->links[0], arguments->links[1], failure);
    struct side *payer = two ? open_side(arguments, 0, failure) : NULL;
    struct side *payee = payer != NULL ? open_side(arguments, 1, failure) : NULL;
    bool met = meeting_of(meeting, payer, payee, failure);
    meeting->flow.revoked = arguments->hotlist != NULL ? &arguments->revoked : NULL;
    return met;
}

// ---- issue -------------------------------------------------------------------------------------

/// What is done before the local center of the authority in --ca.
typedef bool center_work(const struct center *center, const struct arguments *arguments,
                         struct side *side, struct failure *failure);

static bool issue_from(const struct center *center, const struct arguments *arguments,
                       struct side *side, struct failure *failure) {
    uint8_t buffer[CENTER_OBJECT_MAX];
    struct bytes whole;
    struct purse_object log;
    if (!issue_run(&side->client, center, arguments->pin[0] != '\0' ? arguments->pin : NULL, buffer,
                   sizeof buffer, &whole, failure))
        return false;
    if (!object_decode_as(OBJECT_ISSUE_LOG, whole, &log.object))
        return fail(failure, EXIT_REFUSED, "the issue log does not parse");
    report_issue(stdout, &log.object, arguments->json);
    return true;
}

static bool end_batch(const struct center *center, const struct arguments *arguments,
                      struct side *side, enum settlement_end end, struct failure *failure) {
    struct settlement settlement;
    bool done = settlement_run(&side->client, center, end, &settlement, failure);
    if (done)
        report_settlement(stdout, &settlement.batch, &settlement.end, arguments->json);
    return done;
}

static bool settle_at(const struct center *center, const struct arguments *arguments,
                      struct side *side, struct failure *failure) {
    return end_batch(center, arguments, side, SETTLEMENT_RECEIPT, failure);
}

static bool release_at(const struct center *center, const struct arguments *arguments,
                       struct side *side, struct failure *failure) {
    return end_batch(center, arguments, side, SETTLEMENT_RELEASE, failure);
}

static bool draw_from(struct arguments *arguments, struct failure *failure) {
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    return arguments->crypto != NULL;
}

/// The local center of --ca.
static bool work_locally(struct arguments *arguments, center_work *work, struct side *side,
                         struct failure *failure) {
    struct ca ca;
    struct token_pin pin = {arguments->token_pin[0] != '\0' ? arguments->token_pin : NULL, true};
    if (!ca_open(&ca, arguments->ca, &pin, arguments->crypto, arguments->run.today, failure))
        return false;
    struct local_center local = {.ca = &ca,
                                 .amount = arguments->amount,
                                 .unit = arguments->unit,
                                 .limits = &arguments->limits};
    struct center center = local_center_of(&local);
    bool done = work(&center, arguments, side, failure);
    ca_close(&ca);
    return done;
}

/// The clearing center of --clearing.
static bool work_remotely(struct arguments *arguments, center_work *work, struct side *side,
                          struct failure *failure) {
    struct clearing_client client = {.unit = arguments->unit};
    bool done = clearing_client_open(&client, arguments->clearing, arguments->tls,
                                     arguments->crypto, failure);
    if (done) {
        struct center center = clearing_center_of(&client);
        done = work(&center, arguments, side, failure);
    }
    clearing_client_close(&client);
    return done;
}

static bool check_center(const struct arguments *arguments, bool issues, struct failure *failure) {
    bool local = arguments->ca != NULL, said = arguments->amount != AMOUNT_NONE;
    if (local == (arguments->clearing != NULL) || local == (arguments->tls != NULL))
        return fail(failure, EXIT_USAGE, "give --ca, or --clearing with --tls");
    if (!issues || said == local)
        return true;
    return fail(failure, EXIT_USAGE,
                said ? "--amount is not asked of a clearing center: it issues what arrived"
                     : "--amount is missing");
}

static int run_at_center(struct arguments *arguments, center_work *work, struct failure *failure) {
    if (!check_center(arguments, work == issue_from, failure))
        return failure->code;
    struct side *side = draw_from(arguments, failure) ? open_side(arguments, 0, failure) : NULL;
    if (side == NULL)
        return failure->code;
    bool done = arguments->ca != NULL ? work_locally(arguments, work, side, failure)
                                      : work_remotely(arguments, work, side, failure);
    side_close(side);
    return exit_of(done, failure);
}

static int run_issue(void *context, struct failure *failure) {
    return run_at_center(context, issue_from, failure);
}

static int run_settle(void *context, struct failure *failure) {
    return run_at_center(context, settle_at, failure);
}

static int run_release(void *context, struct failure *failure) {
    return run_at_center(context, release_at, failure);
}

static int run_batch(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct settlement settlement;
    struct side *side = open_side(arguments, 0, failure);
    if (side == NULL)
        return failure->code;
    bool done = settlement_batch(&side->client, &settlement, failure);
    if (done)
        report_settlement(stdout, &settlement.batch, NULL, arguments->json);
    side_close(side);
    return exit_of(done, failure);
}

// ---- show --------------------------------------------------------------------------------------

static int run_show(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct purse_view view = {0};
    struct side *side = open_side(arguments, 0, failure);
    if (side == NULL)
        return failure->code;
    bool done = side_select(side, failure) &&
                purse_view_read(&side->client, arguments->pin[0] != '\0' ? arguments->pin : NULL,
                                &view, failure);
    if (done)
        report_view(stdout, &view, arguments->json);
    side_close(side);
    return exit_of(done, failure);
}

// ---- transfer, recover, void -------------------------------------------------------------------

/// What --kind may say; each stands one before its REFERENCE_.
static const char *const kinds[] = {"ticket", "goods", "content", NULL};

/// "limit", "wrong-role", ...; NULL when nothing refused.
static const char *reason_of(const struct flow *flow) {
    if (flow->status == FLOW_DONE || flow->sw == 0)
        return NULL;
    return status_reason(flow->sw);
}

static struct transfer_order order_of(const struct meeting *meeting,
                                      const struct arguments *arguments) {
    return (struct transfer_order){
        .amount = arguments->amount != AMOUNT_NONE ? arguments->amount : 0,
        .unit = arguments->unit,
        .kind = arguments->kind < 0 ? transfer_kind(meeting)
                                    : (uint8_t)(REFERENCE_TICKET + arguments->kind),
        .reference = arguments->reference,
        .sale = (uint32_t)arguments->sale,
        .turn = arguments->turn <= UINT8_MAX ? (int)arguments->turn : -1,
        .policy_hash = arguments->policy != NULL ? arguments->terms.hash : NULL,
        .pin = arguments->pin[0] != '\0' ? arguments->pin : NULL};
}

static bool transfer_between(struct meeting *meeting, struct arguments *arguments,
                             struct journal_file *journal, struct failure *failure) {
    struct flow *flow = &meeting->flow;
    struct transfer_order order = order_of(meeting, arguments);
    char reference[TRANSFER_REFERENCE_MAX];
    if (!transfer_run(meeting, &order, journal, arguments->crypto, reference, failure))
        return false;
    struct transfer_report report = {
        .flow = flow, .reference = reference, .reason = reason_of(flow)};
    report_look(&report, flow);
    report_transfer(stdout, &report, arguments->json);
    if (flow->status == FLOW_DONE && !flow->ratified)
        fprintf(stderr, "tessera purse: paid; the payer's card left before it was ratified, "
                        "which the next tap or 'tessera purse recover' does\n");
    return transfer_went(meeting, &order, journal != NULL ? &journal->failure : NULL, failure);
}

/// The journal of --state, where there is one.
static bool open_journal(const struct arguments *arguments, struct journal_file *journal,
                         struct failure *failure) {
    if (arguments->state == NULL)
        return true;
    if (arguments->reference == NULL)
        return fail(failure, EXIT_USAGE, "--state needs --ref, which names the sale");
    return journal_file_open(journal, arguments->state, failure);
}

/// The hotlist of --hotlist, where there is one.
static bool open_hotlist(struct arguments *arguments, struct failure *failure) {
    if (arguments->hotlist == NULL)
        return true;
    if (arguments->root == NULL)
        return fail(failure, EXIT_USAGE, "--hotlist needs --root, the certificate to trust");
    return revocations_open(&arguments->revoked, arguments->hotlist, arguments->root,
                            arguments->crypto, arguments->run.today, failure);
}

/// What a payment for a content costs is its policy's, not the caller's.
static bool open_policy(struct arguments *arguments, struct failure *failure) {
    bool asked = arguments->policy != NULL;
    if (asked == (arguments->amount != AMOUNT_NONE))
        return fail(failure, EXIT_USAGE,
                    asked ? "--amount is the policy's where --policy is given"
                          : "--amount is missing");
    if (!asked)
        return true;
    if (arguments->root == NULL)
        return fail(failure, EXIT_USAGE, "--policy needs --root, the certificate to trust");
    if (!policy_terms_read(&arguments->terms, arguments->policy, arguments->root, arguments->crypto,
                           failure))
        return false;
    arguments->amount = arguments->terms.amount;
    arguments->unit = arguments->terms.unit;
    arguments->kind = REFERENCE_CONTENT - REFERENCE_TICKET;
    return true;
}

static int run_transfer(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct meeting meeting = {0};
    struct journal_file journal;
    bool with_journal = arguments->state != NULL;
    bool done = open_journal(arguments, &journal, failure) && draw_from(arguments, failure) &&
                open_policy(arguments, failure) && open_hotlist(arguments, failure) &&
                meet(&meeting, arguments, failure) &&
                transfer_between(&meeting, arguments, with_journal ? &journal : NULL, failure);
    meeting_close(&meeting);
    return exit_of(done, failure);
}

static int run_refund(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct meeting meeting = {0};
    bool done = meet(&meeting, arguments, failure);
    if (done && transfer_kind(&meeting) != REFERENCE_REFUND)
        done = fail(failure, EXIT_REFUSED, "wrong-role: a refund goes from a till to a wallet");
    done = done && transfer_between(&meeting, arguments, NULL, failure);
    meeting_close(&meeting);
    return exit_of(done, failure);
}

static int run_recover(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct meeting meeting = {0};
    bool done = meet(&meeting, arguments, failure);
    if (done) {
        struct flow *flow = &meeting.flow;
        recovery_run(flow);
        report_recovery(stdout, flow, "recovered",
                        flow->status == FLOW_DONE && flow->finished + flow->voided > 0,
                        transfer_recovered(flow), arguments->json);
        done = fail_flow(flow, NULL, failure);
    }
    meeting_close(&meeting);
    return exit_of(done, failure);
}

/// Voiding is refused where the payee had credited, or where there is nothing to void.
static int run_void(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct meeting meeting = {0};
    bool done = meet(&meeting, arguments, failure);
    if (done) {
        cancel_run(&meeting.flow);
        done = transfer_voided(&meeting.flow, failure);
        report_recovery(stdout, &meeting.flow, "voided", done, transfer_recovered(&meeting.flow),
                        arguments->json);
    }
    meeting_close(&meeting);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

static bool take_unit(void *context, char *value, struct failure *failure) {
    struct arguments *arguments = context;
    arguments->unit = unit_from_name(value);
    return arguments->unit != 0 ||
           fail(failure, EXIT_USAGE,
                "--unit '%s' is no unit; write JPY, an ISO 4217 code or F000..FFFF", value);
}

enum {
    ISSUE = 1,
    SHOW = 2,
    TRANSFER = 4,
    REFUND = 8,
    RECOVER = 16,
    VOID = 32,
    BATCH = 64,
    SETTLE = 128,
    RELEASE = 256,
};
enum {
    TWO = TRANSFER | REFUND | RECOVER | VOID,
    MONEY = ISSUE | TRANSFER | REFUND,
    ENDS = SETTLE | RELEASE,
    ONE = ISSUE | SHOW | BATCH | ENDS,
};

#define AT(member) offsetof(struct arguments, member)
#define LIMIT(option, member, end, text)                                                           \
    { option, "N", OPTION_NUMBER, text, .at = AT(limits.member), .most = (end), .only = ISSUE }

static const struct option_row rows[] = {
    {NULL, "LINK", OPTION_LINK, OPTION_LINK_HELP, .at = AT(links[0]), .only = ONE,
     .needed = OPTION_EVERY},
    {NULL, "PAYER", OPTION_LINK, OPTION_LINK_HELP, .at = AT(links[0]), .only = TWO,
     .needed = OPTION_EVERY},
    {NULL, "PAYEE", OPTION_LINK, "the card that receives", .at = AT(links[1]), .only = TWO,
     .needed = OPTION_EVERY},
    {"ca", "DIR", OPTION_DIRECTORY, "the authority whose local center issues and settles",
     .at = AT(ca), .only = ISSUE | ENDS},
    {"clearing", "URL", OPTION_TEXT, "instead of --ca: https://HOST:PORT of a clearing center",
     .at = AT(clearing), .only = ISSUE | ENDS},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of who asks it, from 'tessera ca issue --network'", .at = AT(tls),
     .only = ISSUE | ENDS},
    {"amount", "N", OPTION_NUMBER,
     "in minor units; of a refund all that is left, where not given; not with --clearing or "
     "--policy",
     .at = AT(amount), .most = INT64_MAX, .only = MONEY},
    {"unit", "UNIT", OPTION_TAKEN,
     "JPY (default), another ISO 4217 code, POINT, VOUCHER, COUPON, F000..FFFF", .take = take_unit,
     .only = MONEY},
    {"ref", "R", OPTION_TEXT,
     "up to 16 characters that name the sale; the same sale is never paid twice while it "
     "is open, and never at all with --state",
     .at = AT(reference), .only = TRANSFER | REFUND},
    {"sale", "N", OPTION_NUMBER,
     "the till's number of the sale; else the newest of this wallet that has as much left",
     .at = AT(sale), .least = 1, .most = UINT32_MAX, .only = REFUND},
    {"turn", "K", OPTION_NUMBER,
     "which refund of this sale it is, 0 the first: asked for again, it is not paid twice",
     .at = AT(turn), .most = UINT8_MAX - 1, .only = REFUND},
    {"kind", "KIND", OPTION_WORD, "what a payment is for: goods (default), ticket or content",
     .at = AT(kind), .words = kinds, .only = TRANSFER},
    {"policy", "CONTAINER", OPTION_FILE,
     "a container: the payment is for its content, at its policy's first price; needs --root",
     .at = AT(policy), .only = TRANSFER},
    {"state", "DIR", OPTION_DIRECTORY, "the terminal's journal of sales; needs --ref",
     .at = AT(state), .only = TRANSFER},
    {"hotlist", "FILE", OPTION_FILE,
     "the whole hotlist (tessera ca hotlist): who is on it is not asked for money; needs --root",
     .at = AT(hotlist), .only = TRANSFER},
    {"root", "FILE", OPTION_FILE, "the root's certificate, root.cvc of the authority",
     .at = AT(root), .only = TRANSFER},
    {"pin-fd", "N", OPTION_SECRET,
     "PIN of the payer (transfer) or of the card (issue, show), one line from descriptor N",
     .at = AT(pin), .most = PIN_TEXT_MAX, .only = ISSUE | SHOW | TRANSFER},
    OPTION_JSON_ROW(AT(json)),
    OPTION_TRACE_ROW(AT(tracing.wanted)),
    LIMIT("limit-balance", balance, INT64_MAX, "most that the purse may hold"),
    LIMIT("limit-single", single, INT64_MAX, "most that one payment may be"),
    LIMIT("no-pin-single", no_pin_single, INT64_MAX, "most that one payment may be without PIN"),
    LIMIT("no-pin-sum", no_pin_sum, INT64_MAX, "most that payments without PIN may add up to"),
    LIMIT("no-pin-count", no_pin_count, UINT16_MAX, "how many payments may go without PIN"),
    LIMIT("offline-count", offline_count, UINT32_MAX, "how many payments between two issues"),
    LIMIT("offline-sum", offline_sum, INT64_MAX, "what payments between two issues may add up to"),
    {"token-pin-fd", "N", OPTION_SECRET,
     "user PIN of the token with the authority's keys, one line from descriptor N",
     .at = AT(token_pin), .most = TOKEN_PIN_MAX, .only = ISSUE},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {ISSUE, "issue", "bring value into a wallet or float by an issue log of the center", run_issue,
     NULL},
    {SHOW, "show", "id, role, balances, counters", run_show, NULL},
    {TRANSFER, "transfer", "deposit, payment or refund: the roles of the two cards decide",
     run_transfer, NULL},
    {REFUND, "refund", "pay back a sale of the till, or a part of it", run_refund, NULL},
    {RECOVER, "recover", "bring a broken transfer to its end: nothing is debited twice or lost",
     run_recover, NULL},
    {VOID, "void", "take back what the payee has not credited yet", run_void, NULL},
    {BATCH, "batch", "have a till sign what it sold since its last batch", run_batch, NULL},
    {SETTLE, "settle", "close a till's day: the center settles its open or next batch", run_settle,
     NULL},
    {RELEASE, "release", "give a till's open batch back instead: it was not settled", run_release,
     NULL},
};

static const struct command purse = {
    .name = "purse",
    .purpose = "money between two cards",
    .notes = "Float to wallet is a deposit, wallet to till a payment, till to wallet a refund.",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.amount = AMOUNT_NONE,
                                  .run = program_run_now(),
                                  .unit = UNIT_JPY,
                                  .turn = UINT64_MAX,
                                  .kind = -1,
                                  .limits = factory_order_for("", 0).limits};
    int code = command_main(&purse, &arguments, argc, argv);
    revocations_close(&arguments.revoked);
    crypto_openssl_free(arguments.crypto);
    bytes_erase(arguments.pin, sizeof arguments.pin);
    bytes_erase(arguments.token_pin, sizeof arguments.token_pin);
    return tracing_end(&arguments.tracing, "purse", code);
}
