// SPDX-License-Identifier: Apache-2.0
// tessera kiosk: sells to whoever holds a card to its reader. docs/man/tessera-kiosk.1 describes
// it.
#include "apdu/octets/unit.h"
#include "base/options/options.h"
#include "host/flows/report.h"
#include "host/kiosk/kiosk.h"
#include "host/kiosk/kiosk_centre_files.h"
#include "host/machine/machine_main.h"
#include "readers/reader_process.h"

#include <signal.h>
#include <stdio.h>

enum { PIN_TEXT_MAX = 13 };

struct arguments {
    struct machine_program program;
    const char *prices, *printer, *licence, *tls;
    const char *text, *unit, *item;
    uint64_t amount, sale;
    int language, kind; // indices of their words
    char pin[PIN_TEXT_MAX];
    struct kiosk_centre_files centre;
};

// ---- run ---------------------------------------------------------------------------------------

static bool open_centre(struct arguments *arguments, struct failure *failure) {
    return arguments->licence == NULL ||
           kiosk_centre_open(&arguments->centre, arguments->licence, arguments->tls,
                             machine_program_state(&arguments->program), arguments->program.crypto,
                             failure);
}

static bool serve(const struct kiosk_options *options, const struct interrupt *interrupt,
                  struct failure *failure) {
    struct kiosk *kiosk = kiosk_open(options, failure);
    if (kiosk == NULL)
        return false;
    machine_ready(kiosk_url(kiosk));
    bool done = kiosk_run(kiosk, interrupt, failure);
    kiosk_close(kiosk);
    return done;
}

static int run_kiosk(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct machine_program *program = &arguments->program;
    signal(SIGPIPE, SIG_IGN);
    struct interrupt *interrupt = interrupt_watch();
    struct kiosk_options options = {.state = machine_program_state(program),
                                    .prices = arguments->prices,
                                    .address = program->http,
                                    .printer = arguments->printer,
                                    .language = (enum language)arguments->language,
                                    .wait_ms = (unsigned)program->wait_s * 1000,
                                    .till = reader_process_new(program->own),
                                    .customer = reader_process_new(program->customer),
                                    .clock = &clock_system};
    bool done = options.till != NULL && options.customer != NULL &&
                machine_program_begin(program, failure) && open_centre(arguments, failure);
    options.crypto = program->crypto;
    options.revoked = program->hotlist != NULL ? &program->revoked : NULL;
    options.centre = arguments->licence != NULL ? &arguments->centre.centre : NULL;
    done = done && serve(&options, interrupt, failure);
    card_slot_close(options.till);
    card_slot_close(options.customer);
    kiosk_centre_close(&arguments->centre);
    interrupt_end(interrupt);
    return exit_of(done, failure);
}

// ---- commands to one that runs -----------------------------------------------------------------

static void print_sale(json_t *answer) {
    printf("%s -> %s  %lld %s  ", machine_field(answer, "payer"), machine_field(answer, "payee"),
           (long long)json_integer_value(json_object_get(answer, "amount")),
           machine_field(answer, "unit"));
    report_word(stdout, REPORT_GREEN, machine_field(answer, "state"));
    printf("  (reference %s)\n", machine_field(answer, "sale"));
}

static int run_pay(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    json_t *question = json_pack("{s:s, s:I, s:s, s:s, s:i, s:s}", "do", "pay", "amount",
                                 (json_int_t)arguments->amount, "unit", arguments->unit, "ref",
                                 arguments->program.reference, "kind",
                                 REFERENCE_TICKET + arguments->kind, "text", arguments->text);
    return machine_program_ask(&arguments->program, question, print_sale, failure);
}

static int run_order(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    json_t *question = json_pack("{s:s, s:s}", "do", "order", "item", arguments->item);
    return machine_program_ask(&arguments->program, question, print_sale, failure);
}

static int run_refund(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    if (arguments->program.reference == NULL && arguments->sale == 0)
        return exit_of(fail(failure, EXIT_USAGE, "a refund names a sale: --ref R or --sale N"),
                       failure);
    json_t *question = json_pack(
        "{s:s, s:s, s:I, s:I, s:s}", "do", "refund", "ref",
        arguments->program.reference != NULL ? arguments->program.reference : "", "amount",
        (json_int_t)arguments->amount, "n", (json_int_t)arguments->sale, "pin", arguments->pin);
    return machine_program_ask(&arguments->program, question, print_sale, failure);
}

static void print_pending(json_t *answer) {
    json_t *sale, *note;
    size_t i;
    json_array_foreach(json_object_get(answer, "sales"), i, sale) printf(
        "%-9s  %10lld %-5s  %s  %s\n", machine_field(sale, "state"),
        (long long)json_integer_value(json_object_get(sale, "amount")), machine_field(sale, "unit"),
        machine_field(sale, "payer"), machine_field(sale, "text"));
    json_array_foreach(json_object_get(answer, "notes"), i, note) fprintf(
        stderr, "note: %lld %s\n", (long long)json_integer_value(json_object_get(note, "number")),
        words_text(machine_field(note, "note"), LANGUAGE_ENGLISH));
}

static int run_pending(void *context, struct failure *failure) {
    return machine_program_ask(context, json_pack("{s:s}", "do", "pending"), print_pending,
                               failure);
}

static void print_close(json_t *answer) {
    json_t *sum;
    size_t i;
    printf("batch %lld  %lld sales, queued for upload\n",
           (long long)json_integer_value(json_object_get(answer, "number")),
           (long long)json_integer_value(json_object_get(answer, "sales")));
    json_array_foreach(json_object_get(answer, "sums"), i, sum)
        printf("  %10lld %s\n", (long long)json_integer_value(json_object_get(sum, "amount")),
               machine_field(sum, "unit"));
}

static int run_close(void *context, struct failure *failure) {
    return machine_program_ask(context, json_pack("{s:s}", "do", "close"), print_close, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

enum { RUN = 1, PAY = 2, REFUND = 4, PENDING = 8, CLOSE = 16, SETTLE = 32, ORDER = 64 };
enum { ASK = PAY | ORDER | REFUND | PENDING | CLOSE | SETTLE };

#define AT(member) offsetof(struct arguments, member)

static const char *const languages[] = {"en", "ja", NULL};
static const char *const kinds[] = {"ticket", "goods", "content", NULL}; // from REFERENCE_TICKET on

static const struct option_row rows[] = {
    {NULL, "ITEM", OPTION_TEXT, "an article of the price list, by its id", .at = AT(item),
     .only = ORDER, .needed = ORDER},
    {"state", "DIR", OPTION_DIRECTORY,
     "what the kiosk remembers; else tessera-kiosk in the account's place for state",
     .at = AT(program.state)},
    {"till", "LINK", OPTION_LINK, "the till in its slot", .at = AT(program.own), .only = RUN,
     .needed = RUN},
    {"customer", "LINK", OPTION_LINK, "where customers hold their cards",
     .at = AT(program.customer), .only = RUN, .needed = RUN},
    {"prices", "FILE", OPTION_FILE, "what is sold at the screen; read again when it changes",
     .at = AT(prices), .only = RUN},
    {"http", "ADDR:PORT", OPTION_TEXT, "where the screen is, on this machine only (port 0: any)",
     .at = AT(program.http), .only = RUN},
    {"printer", "FILE", OPTION_FILE, "a receipt printer's device, or a file", .at = AT(printer),
     .only = RUN},
    {"language", "WORD", OPTION_WORD, "of printed receipts: en (default) or ja", .at = AT(language),
     .words = languages, .only = RUN},
    {"wait", "SECONDS", OPTION_NUMBER, "how long an order waits for a card (60)",
     .at = AT(program.wait_s), .least = 1, .most = 3600, .only = RUN},
    {"hotlist", "FILE", OPTION_FILE,
     "the whole hotlist (tessera ca hotlist): who is on it is not asked for money; needs --root",
     .at = AT(program.hotlist), .only = RUN},
    {"root", "FILE", OPTION_FILE, "the root's certificate, root.cvc of the authority",
     .at = AT(program.root), .only = RUN},
    {"licence", "URL", OPTION_TEXT,
     "https://HOST:PORT of the licence service that sells the list's tickets; else they are goods",
     .at = AT(licence), .only = RUN},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of the till for it, from 'tessera ca issue --network' (STATE/tls)",
     .at = AT(tls), .only = RUN},
    {"amount", "N", OPTION_NUMBER, "in minor units; of a refund all that is left, where not given",
     .at = AT(amount), .least = 1, .most = INT64_MAX, .only = PAY | REFUND, .needed = PAY},
    {"unit", "UNIT", OPTION_TEXT, "JPY (default), another ISO 4217 code, POINT, F000..FFFF",
     .at = AT(unit), .only = PAY},
    {"ref", "R", OPTION_TEXT,
     "up to 16 characters that name the sale; the same sale is never paid twice",
     .at = AT(program.reference), .only = PAY | REFUND | SETTLE, .needed = PAY | SETTLE},
    {"text", "TEXT", OPTION_TEXT, "what is sold, for the screen and the receipt", .at = AT(text),
     .only = PAY},
    {"kind", "KIND", OPTION_WORD, "what a payment is for: goods (default), ticket or content",
     .at = AT(kind), .words = kinds, .only = PAY},
    {"sale", "N", OPTION_NUMBER, "the till's number of the sale that is paid back", .at = AT(sale),
     .least = 1, .most = UINT32_MAX, .only = REFUND},
    {"pin-fd", "N", OPTION_SECRET, "the till's PIN for a refund, one line from descriptor N",
     .at = AT(pin), .most = PIN_TEXT_MAX, .only = REFUND},
    {"end", "WORD", OPTION_TEXT, "how the sale ended: served or returned", .at = AT(program.end),
     .only = SETTLE, .needed = SETTLE},
    {"json", NULL, OPTION_FLAG, "one JSON object a line", .at = AT(program.json), .only = ASK},
    OPTION_CLOCK_ROW(AT(program.run)),
    OPTION_SEED_ROW(AT(program.run)),
};

static const struct action actions[] = {
    {RUN, "run", "sell, until it is told to end", run_kiosk, NULL},
    {PAY, "pay", "have the kiosk that runs take a payment", run_pay, NULL},
    {ORDER, "order", "order an article of its price list, as at the screen", run_order, NULL},
    {REFUND, "refund", "have it pay a sale back, or a part of it", run_refund, NULL},
    {PENDING, "pending", "its sales that are not over", run_pending, NULL},
    {CLOSE, "close", "end its day: the till's batch, a report, the upload queue", run_close, NULL},
    {SETTLE, "settle", "tell it how a sale ended that a person had to look at", machine_run_settle,
     NULL},
};

static const struct command kiosk = {
    .name = "kiosk",
    .purpose = "sell to whoever holds a card to its reader",
    .notes = "It prints \"screen URL\" where there is one, then \"ready\", and ends upon SIGTERM.",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.program = {.name = "kiosk", .run = program_run_now()},
                                  .unit = "JPY",
                                  .text = "",
                                  .kind = 1};
    int code = command_main(&kiosk, &arguments, argc, argv);
    machine_program_close(&arguments.program);
    bytes_erase(arguments.pin, sizeof arguments.pin);
    return code;
}
