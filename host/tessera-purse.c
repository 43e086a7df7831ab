// SPDX-License-Identifier: Apache-2.0
// tessera purse: money between two links on the command line. docs/man/tessera-purse.1 describes
// it.
#include "apdu/unit.h"
#include "host/flows/issue.h"
#include "host/journal_file.h"
#include "host/meeting.h"
#include "host/purse_failure.h"
#include "host/purse_report.h"
#include "personalization/bench.h"
#include "personalization/bench_center.h"
#include "readers/link_open.h"
#include "services/wire/object_json.h"
#include "services/wire/program.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: tessera purse issue LINK --ca DIR --amount N [--unit UNIT] [limits]\n"
    "       tessera purse show LINK [--pin-fd N] [--json]\n"
    "       tessera purse transfer PAYER PAYEE --amount N [--unit UNIT] [--ref R] [--kind KIND]\n"
    "                     [--pin-fd N] [--state DIR] [--json]\n"
    "       tessera purse recover PAYER PAYEE [--json]\n"
    "       tessera purse void PAYER PAYEE [--json]\n"
    "\n"
    "  issue     bring value into a wallet or float by an issue log of the bench center\n"
    "  show      id, role, balances, counters\n"
    "  transfer  the roles decide: float to wallet is a deposit, wallet to till a payment, till\n"
    "            to wallet a refund\n"
    "  recover   bring a broken transfer to its end: nothing is debited twice or lost\n"
    "  void      take back what the payee has not credited yet\n"
    "\n"
    "  LINK      emu:IMAGE | pcsc:NAME-OR-NUMBER | ...\n"
    "  --unit    JPY (default), another ISO 4217 code, POINT, VOUCHER, COUPON, F000..FFFF\n"
    "  --ref R   up to 16 characters that name the sale; the same sale is never paid twice\n"
    "            while it is open, and never at all with --state\n"
    "  --kind    goods (default), ticket or content: what a payment is for\n"
    "  --state   directory of the terminal's journal of sales\n"
    "  --pin-fd  PIN of the payer (transfer) or of the card (show), one line from descriptor N\n"
    "  limits    --limit-balance N, --limit-single N, --no-pin-single N, --no-pin-sum N,\n"
    "            --no-pin-count N, --offline-count N, --offline-sum N\n"
    "  --token-pin-fd N   user PIN of the token with the authority's keys (issue), one line from "
    "N\n"
    "  --clock ISO8601, --seed N   laboratories only (TESSERA_LAB=1)\n";

enum { PIN_TEXT_MAX = 13, TOKEN_PIN_MAX = 128, LINKS_MAX = 2 };

struct arguments {
    const char *ca, *reference, *kind, *state;
    const char *links[LINKS_MAX];
    size_t link_count;
    bool json, has_amount;
    uint64_t amount;
    uint16_t unit;
    char pin[PIN_TEXT_MAX], token_pin[TOKEN_PIN_MAX];
    struct bench_limits limits;
    struct program_world world;
    const struct crypto *crypto;
};

enum option_id {
    OPTION_CA = 256,
    OPTION_AMOUNT,
    OPTION_UNIT,
    OPTION_REF,
    OPTION_KIND,
    OPTION_STATE,
    OPTION_PIN,
    OPTION_JSON,
    OPTION_TOKEN_PIN,
    OPTION_CLOCK,
    OPTION_SEED,
    OPTION_LIMITS // and seven more
};

static const struct option options[] = {
    {"ca", required_argument, NULL, OPTION_CA},
    {"amount", required_argument, NULL, OPTION_AMOUNT},
    {"unit", required_argument, NULL, OPTION_UNIT},
    {"ref", required_argument, NULL, OPTION_REF},
    {"kind", required_argument, NULL, OPTION_KIND},
    {"state", required_argument, NULL, OPTION_STATE},
    {"pin-fd", required_argument, NULL, OPTION_PIN},
    {"json", no_argument, NULL, OPTION_JSON},
    {"token-pin-fd", required_argument, NULL, OPTION_TOKEN_PIN},
    {"clock", required_argument, NULL, OPTION_CLOCK},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"limit-balance", required_argument, NULL, OPTION_LIMITS},
    {"limit-single", required_argument, NULL, OPTION_LIMITS + 1},
    {"no-pin-single", required_argument, NULL, OPTION_LIMITS + 2},
    {"no-pin-sum", required_argument, NULL, OPTION_LIMITS + 3},
    {"no-pin-count", required_argument, NULL, OPTION_LIMITS + 4},
    {"offline-count", required_argument, NULL, OPTION_LIMITS + 5},
    {"offline-sum", required_argument, NULL, OPTION_LIMITS + 6},
    {NULL, 0, NULL, 0},
};

static bool take_limit(struct arguments *arguments, int option, struct failure *failure) {
    struct bench_limits *limits = &arguments->limits;
    const struct {
        const char *name;
        uint64_t *value, most;
    } rows[] = {
        {"--limit-balance", &limits->balance, INT64_MAX},
        {"--limit-single", &limits->single, INT64_MAX},
        {"--no-pin-single", &limits->no_pin_single, INT64_MAX},
        {"--no-pin-sum", &limits->no_pin_sum, INT64_MAX},
        {"--no-pin-count", &limits->no_pin_count, UINT16_MAX},
        {"--offline-count", &limits->offline_count, UINT32_MAX},
        {"--offline-sum", &limits->offline_sum, INT64_MAX},
    };
    size_t row = (size_t)(option - OPTION_LIMITS);
    return program_number(rows[row].name, optarg, rows[row].most, rows[row].value, failure);
}

static bool take_unit(struct arguments *arguments, struct failure *failure) {
    arguments->unit = unit_from_name(optarg);
    return arguments->unit != 0 ||
           fail(failure, EXIT_USAGE,
                "--unit '%s' is no unit; write JPY, an ISO 4217 code or F000..FFFF", optarg);
}

static bool take_option(struct arguments *arguments, int option, struct failure *failure) {
    switch (option) {
    case OPTION_CA:
        arguments->ca = optarg;
        return true;
    case OPTION_AMOUNT:
        arguments->has_amount = true;
        return program_number("--amount", optarg, UINT64_MAX, &arguments->amount, failure);
    case OPTION_UNIT:
        return take_unit(arguments, failure);
    case OPTION_REF:
        arguments->reference = optarg;
        return true;
    case OPTION_KIND:
        arguments->kind = optarg;
        return true;
    case OPTION_STATE:
        arguments->state = optarg;
        return true;
    case OPTION_PIN:
        return program_secret("--pin-fd", optarg, arguments->pin, PIN_TEXT_MAX, failure);
    case OPTION_TOKEN_PIN:
        return program_secret("--token-pin-fd", optarg, arguments->token_pin, TOKEN_PIN_MAX,
                              failure);
    case OPTION_JSON:
        arguments->json = true;
        return true;
    case OPTION_CLOCK:
        return program_set_clock(&arguments->world, optarg, failure);
    case OPTION_SEED:
        return program_set_seed(&arguments->world, optarg, failure);
    default:
        if (option < OPTION_LIMITS)
            return fail(failure, EXIT_USAGE, "see 'tessera purse --help'");
        return take_limit(arguments, option, failure);
    }
}

static struct side *open_side(const struct arguments *arguments, size_t index,
                              struct failure *failure) {
    struct link_failure why;
    struct link_options how = {.seeded = arguments->world.seeded,
                               .seed = arguments->world.seed + index};
    struct link *link = link_open(arguments->links[index], &how, &why);
    if (link == NULL)
        fail(failure, (enum exit_code)link_exit_code(why.status), "%s", why.text);
    return side_over(link, failure);
}

static bool meet(struct meeting *meeting, const struct arguments *arguments,
                 struct failure *failure) {
    struct side *payer = open_side(arguments, 0, failure);
    struct side *payee = payer != NULL ? open_side(arguments, 1, failure) : NULL;
    return meeting_of(meeting, payer, payee, failure);
}

// ---- issue -------------------------------------------------------------------------------------

static bool center_challenge(void *context, const char *purse, uint8_t *out, size_t capacity,
                             struct bytes *challenge, struct failure *failure) {
    return bench_center_challenge(context, purse, out, capacity, challenge, failure);
}

static bool center_decide(void *context, const struct issue_question *question, uint8_t *out,
                          size_t capacity, struct bytes *issue_log, struct failure *failure) {
    struct bench_question asked = {.purse = question->purse,
                                   .certificate = question->certificate,
                                   .statement = question->statement,
                                   .device = question->device,
                                   .user = question->user};
    return bench_center_decide(context, &asked, out, capacity, issue_log, failure);
}

static bool issue_from(struct ca *ca, const struct arguments *arguments, struct side *side,
                       struct failure *failure) {
    struct bench_center bench = {.ca = ca,
                                 .amount = arguments->amount,
                                 .unit = arguments->unit,
                                 .limits = &arguments->limits};
    struct issue_center center = {.context = &bench,
                                  .certificate = member_certificate(&ca->hierarchy, MEMBER_CENTER),
                                  .challenge = center_challenge,
                                  .decide = center_decide};
    uint8_t buffer[ISSUE_OBJECT_MAX];
    struct bytes whole;
    struct purse_object log;
    if (!issue_run(&side->client, &center, buffer, sizeof buffer, &whole, failure))
        return false;
    if (!object_decode_as(OBJECT_ISSUE_LOG, whole, &log.object))
        return fail(failure, EXIT_REFUSED, "the issue log does not parse");
    report_issue(stdout, &log.object, arguments->json);
    return true;
}

static bool run_issue(struct arguments *arguments, struct failure *failure) {
    struct ca ca;
    struct token_pin pin = {arguments->token_pin[0] != '\0' ? arguments->token_pin : NULL, true};
    if (arguments->ca == NULL || !arguments->has_amount)
        return fail(failure, EXIT_USAGE, "--ca DIR and --amount N are needed; see --help");
    struct side *side = open_side(arguments, 0, failure);
    if (side == NULL)
        return false;
    bool done =
        ca_open(&ca, arguments->ca, &pin, arguments->crypto, arguments->world.today, failure);
    if (done) {
        done = issue_from(&ca, arguments, side, failure);
        ca_close(&ca);
    }
    side_close(side);
    return done;
}

// ---- show --------------------------------------------------------------------------------------

static bool view_from(struct side *side, const struct arguments *arguments, struct purse_view *view,
                      struct failure *failure) {
    struct purse_client *client = &side->client;
    if (!side_identify(side, failure))
        return false;
    snprintf(view->id, sizeof view->id, "%s", client->selection.id);
    view->roles = side->identity.roles;
    view->unratified = client->selection.unratified;
    enum purse_outcome outcome = PURSE_OK;
    if (arguments->pin[0] != '\0')
        outcome = client_verify_pin(client, arguments->pin);
    if (outcome == PURSE_OK)
        outcome = client_read_pockets(client, view->pockets, &view->pocket_count);
    if (outcome == PURSE_REFUSED && client->sw == SW_SECURITY_STATUS)
        return fail(failure, EXIT_REFUSED,
                    "%s: security-status: %s keeps its balances private; give its PIN by --pin-fd",
                    client->link->name, view->id);
    if (outcome == PURSE_OK)
        outcome = client_read_counters(client, &view->counter, &view->serial);
    return purse_went(client, outcome, failure);
}

static bool run_show(struct arguments *arguments, struct failure *failure) {
    struct purse_view view = {0};
    struct side *side = open_side(arguments, 0, failure);
    if (side == NULL)
        return false;
    bool done = view_from(side, arguments, &view, failure);
    if (done)
        report_view(stdout, &view, arguments->json);
    side_close(side);
    return done;
}

// ---- transfer, recover, void -------------------------------------------------------------------

/// "limit", "wrong-role", ...; NULL when nothing refused.
static const char *reason_of(const struct flow *flow) {
    if (flow->status == FLOW_DONE || flow->sw == 0)
        return NULL;
    return status_reason(flow->sw);
}

static bool kind_of(const struct meeting *meeting, const struct arguments *arguments, uint8_t *kind,
                    struct failure *failure) {
    uint16_t payer = meeting->payer->identity.roles, payee = meeting->payee->identity.roles;
    *kind = REFERENCE_GOODS;
    if ((payer & ROLE_FLOAT) != 0)
        *kind = REFERENCE_DEPOSIT;
    else if ((payer & ROLE_TILL) != 0 && (payee & ROLE_WALLET) != 0)
        *kind = REFERENCE_REFUND;
    if (arguments->kind == NULL)
        return true;
    for (uint8_t i = REFERENCE_TICKET; i <= REFERENCE_CONTENT; i++)
        if (strcmp(reference_kind_word(i), arguments->kind) == 0) {
            *kind = i;
            return true;
        }
    return fail(failure, EXIT_USAGE, "--kind '%s' is none of goods, ticket, content",
                arguments->kind);
}

/// Terms with the reference given, or with a fresh random one.
static bool set_terms(struct meeting *meeting, const struct arguments *arguments, char *reference,
                      size_t capacity, struct failure *failure) {
    struct purse_terms *terms = &meeting->flow.terms;
    uint8_t random[8], kind;
    if (!kind_of(meeting, arguments, &kind, failure))
        return false;
    terms->amount = arguments->amount;
    terms->unit = arguments->unit;
    if (arguments->reference != NULL)
        snprintf(reference, capacity, "%.20s", arguments->reference);
    else if (arguments->crypto->ops->random(arguments->crypto, random, sizeof random))
        snprintf(reference, capacity, "%016" PRIX64, bytes_get_be(random, sizeof random));
    if (reference[0] != '\0' && purse_terms_refer(terms, kind, reference))
        return true;
    return fail(failure, EXIT_USAGE, "--ref '%s' is not 1 to %d characters long",
                arguments->reference, PURSE_REFERENCE_MAX - 1);
}

static struct known_amount selected_balance(const struct purse_client *client, uint16_t unit) {
    const struct purse_selection *selection = &client->selection;
    for (size_t i = 0; i < selection->balance_count; i++)
        if (selection->balances[i].unit == unit)
            return (struct known_amount){true, selection->balances[i].balance};
    return (struct known_amount){selection->has_balances, 0};
}

/// Balance after the flow: what the machine's own card says when asked again; for the customer what
/// the tap itself told.
static struct known_amount balance_after(struct flow *flow, struct purse_client *client) {
    bool moved = flow->status == FLOW_DONE && !flow->settled;
    if (client == flow->payer && flow->has_log && moved)
        return (struct known_amount){true, purse_log_balance(&flow->log.object)};
    if (client == flow->customer && flow->status != FLOW_OPEN && !flow->settled) {
        struct known_amount before = selected_balance(client, flow->terms.unit);
        before.amount += moved && client == flow->payee ? flow->terms.amount : 0;
        return before;
    }
    if (client_select(client) != PURSE_OK)
        return (struct known_amount){false, 0};
    return selected_balance(client, flow->terms.unit);
}

static void run_flow(struct flow *flow) {
    if (flow->terms.reference[0] == REFERENCE_DEPOSIT)
        deposit_run(flow);
    else
        payment_run(flow);
}

static bool transfer_between(struct meeting *meeting, struct arguments *arguments,
                             struct journal_file *journal, struct failure *failure) {
    struct flow *flow = &meeting->flow;
    char reference[24] = "";
    if (!set_terms(meeting, arguments, reference, sizeof reference, failure))
        return false;
    flow->journal = journal != NULL ? &journal->journal : NULL;
    if (arguments->pin[0] != '\0')
        flow->pin = arguments->pin;
    run_flow(flow);
    struct transfer_report report = {
        .flow = flow, .reference = reference, .reason = reason_of(flow)};
    report.payer_balance = balance_after(flow, flow->payer);
    report.payee_balance = balance_after(flow, flow->payee);
    report_transfer(stdout, &report, arguments->json);
    if (flow->status == FLOW_DONE && !flow->ratified)
        fprintf(stderr, "tessera purse: paid; the payer's card left before it was ratified, "
                        "which the next tap or 'tessera purse recover' does\n");
    return fail_flow(flow, journal != NULL ? &journal->failure : NULL, failure);
}

static bool run_transfer(struct arguments *arguments, struct failure *failure) {
    struct meeting meeting = {0};
    struct journal_file journal;
    bool with_journal = arguments->state != NULL;
    if (!arguments->has_amount)
        return fail(failure, EXIT_USAGE, "--amount N is missing; see 'tessera purse --help'");
    if (with_journal && arguments->reference == NULL)
        return fail(failure, EXIT_USAGE, "--state needs --ref, which names the sale");
    if (with_journal && !journal_file_open(&journal, arguments->state, failure))
        return false;
    bool done = meet(&meeting, arguments, failure) &&
                transfer_between(&meeting, arguments, with_journal ? &journal : NULL, failure);
    meeting_close(&meeting);
    return done;
}

static const char *recovery_word(const struct flow *flow) {
    if (flow->status != FLOW_DONE)
        return flow_status_word(flow->status);
    if (flow->has_receipt && flow->receipt.object.type == OBJECT_RECEIVE_LOG)
        return "done";
    return flow->finished + flow->voided > 0 ? "voided" : "nothing-open";
}

static bool run_recover(struct arguments *arguments, struct failure *failure) {
    struct meeting meeting = {0};
    bool done = meet(&meeting, arguments, failure);
    if (done) {
        struct flow *flow = &meeting.flow;
        recovery_run(flow);
        report_recovery(stdout, flow, "recovered",
                        flow->status == FLOW_DONE && flow->finished + flow->voided > 0,
                        recovery_word(flow), arguments->json);
        done = fail_flow(flow, NULL, failure);
    }
    meeting_close(&meeting);
    return done;
}

/// Voiding is refused where the payee had credited, or where there is nothing to void.
static bool run_void(struct arguments *arguments, struct failure *failure) {
    struct meeting meeting = {0};
    bool done = meet(&meeting, arguments, failure);
    if (done) {
        struct flow *flow = &meeting.flow;
        cancel_run(flow);
        const char *word = recovery_word(flow);
        bool voided = strcmp(word, "voided") == 0;
        report_recovery(stdout, flow, "voided", voided, word, arguments->json);
        done = fail_flow(flow, NULL, failure) &&
               (voided || fail(failure, EXIT_REFUSED, "%s",
                               strcmp(word, "done") == 0
                                   ? "not-open: the payee has credited it already; a refund is a "
                                     "transfer the other way"
                                   : "not-open: nothing is open between these two"));
    }
    meeting_close(&meeting);
    return done;
}

// ---- arguments ---------------------------------------------------------------------------------

static const struct action {
    const char *word;
    size_t links;
    bool (*run)(struct arguments *arguments, struct failure *failure);
} actions[] = {{"issue", 1, run_issue},
               {"show", 1, run_show},
               {"transfer", 2, run_transfer},
               {"recover", 2, run_recover},
               {"void", 2, run_void}};

static const struct action *find_action(const char *word) {
    for (size_t i = 0; word != NULL && i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(actions[i].word, word) == 0)
            return &actions[i];
    return NULL;
}

static bool parse(struct arguments *arguments, const struct action **action, int argc, char **argv,
                  struct failure *failure) {
    int option;
    arguments->world = program_world_now();
    arguments->unit = UNIT_JPY;
    arguments->limits = bench_order_for("", 0).limits;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_option(arguments, option, failure))
            return false;
    const char *word = optind < argc ? argv[optind++] : NULL;
    *action = find_action(word);
    if (*action == NULL)
        return fail(failure, EXIT_USAGE, "%s%s%s: say one of issue, show, transfer, recover, void",
                    word != NULL ? "'" : "", word != NULL ? word : "no action",
                    word != NULL ? "'" : "");
    while (optind < argc && arguments->link_count < (*action)->links)
        arguments->links[arguments->link_count++] = argv[optind++];
    if (arguments->link_count < (*action)->links)
        return fail(failure, EXIT_USAGE, "purse %s needs %zu link%s; see 'tessera purse --help'",
                    word, (*action)->links, (*action)->links == 1 ? "" : "s");
    if (optind < argc)
        return fail(failure, EXIT_USAGE, "unexpected argument '%s'", argv[optind]);
    return true;
}

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    const struct action *action = NULL;
    struct failure failure = {0};
    struct crypto *crypto = NULL;
    if (program_informs("purse", HELP, argc, argv))
        return EXIT_DONE;
    bool done = parse(&arguments, &action, argc, argv, &failure);
    if (done)
        crypto = program_crypto(&arguments.world, &failure);
    arguments.crypto = crypto;
    done = done && crypto != NULL && action->run(&arguments, &failure);
    crypto_openssl_free(crypto);
    bytes_erase(arguments.pin, sizeof arguments.pin);
    bytes_erase(arguments.token_pin, sizeof arguments.token_pin);
    return done ? program_end("purse") : program_fail("purse", &failure);
}
