// SPDX-License-Identifier: Apache-2.0
// tessera vend: a vending machine. docs/man/tessera-vend.1 describes it.
#include "base/options/options.h"
#include "host/flows/report.h"
#include "host/machine/machine_main.h"
#include "host/vend/vend.h"
#include "readers/reader_process.h"

#include <stdio.h>

struct arguments {
    struct machine_program program;
    const char *goods, *enterprise, *item;
    int bill; // enum vend_bill
};

// ---- run ---------------------------------------------------------------------------------------

static bool serve(void *context, const struct machine_options *options,
                  const struct interrupt *interrupt, struct failure *failure) {
    const struct arguments *arguments = context;
    const struct vend_options own = {arguments->goods, arguments->enterprise,
                                     (enum vend_bill)arguments->bill, arguments->program.root};
    struct vend *vend = vend_open(options, &own, failure);
    bool done = vend != NULL && machine_serve(vend_machine(vend), interrupt, failure);
    vend_close(vend);
    return done;
}

static int run_machine(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct card_slot *const customers[MACHINE_READERS] = {
        reader_process_new(arguments->program.customer)};
    return machine_program_run(&arguments->program, reader_process_new(arguments->program.own),
                               customers, serve, arguments, failure);
}

// ---- commands to one that runs -----------------------------------------------------------------

static void print_sale(json_t *answer) {
    printf("%s -> %s  %s  %lld %s  ", machine_field(answer, "payer"),
           machine_field(answer, "payee"), machine_field(answer, "text"),
           (long long)json_integer_value(json_object_get(answer, "amount")),
           machine_field(answer, "unit"));
    report_word(stdout, REPORT_GREEN, machine_field(answer, "state"));
    printf("\n");
}

static int run_buy(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    json_t *question = json_pack("{s:s, s:s, s:s}", "do", "buy", "item", arguments->item, "ref",
                                 arguments->program.reference);
    return machine_program_ask(&arguments->program, question, print_sale, failure);
}

static int run_jam(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    return machine_program_ask(&arguments->program, json_pack("{s:s}", "do", "jam"),
                               machine_print_state, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

enum { RUN = 1, BUY = 2, JAM = 4, PENDING = 8, SETTLE = 16 };
enum { ASK = BUY | JAM | PENDING | SETTLE };

#define AT(member) offsetof(struct arguments, member)

/// In the order of enum vend_bill.
static const char *const bills[] = {"no", "answered", "goods-first", NULL};

static const struct option_row rows[] = {
    {"state", "DIR", OPTION_DIRECTORY,
     "what the machine remembers; else tessera-vend in the account's place for state",
     .at = AT(program.state)},
    {"till", "LINK", OPTION_LINK, "the till in its slot", .at = AT(program.own), .only = RUN,
     .needed = RUN},
    {"customer", "LINK", OPTION_LINK, "where customers hold their cards and phones",
     .at = AT(program.customer), .only = RUN, .needed = RUN},
    {"goods", "FILE", OPTION_FILE, "what is in the machine, in the form of a kiosk's price list",
     .at = AT(goods), .only = RUN, .needed = RUN},
    {"operator", "ID", OPTION_TEXT, "the enterprise that the till must be of", .at = AT(enterprise),
     .only = RUN},
    {"http", "ADDR:PORT", OPTION_TEXT, "where the screen is, on this machine only (port 0: any)",
     .at = AT(program.http), .only = RUN},
    {"wait", "SECONDS", OPTION_NUMBER, "how long a card is waited for (60)",
     .at = AT(program.wait_s), .least = 1, .most = 3600, .only = RUN},
    {"show", "SECONDS", OPTION_NUMBER, "how long the end of one stays on the screen (6)",
     .at = AT(program.show_s), .least = 1, .most = 3600, .only = RUN},
    {"hotlist", "FILE", OPTION_FILE,
     "the whole hotlist (tessera ca hotlist): who is on it is not asked for money; needs --root",
     .at = AT(program.hotlist), .only = RUN},
    {"bill", "WORD", OPTION_WORD,
     "whether phones pay by their telephone bill: no; answered, once the telephone company has "
     "accepted it; goods-first, before it is asked. Needs --root",
     .at = AT(bill), .words = bills, .only = RUN},
    {"root", "FILE", OPTION_FILE, "the root's certificate, root.cvc of the authority",
     .at = AT(program.root), .only = RUN},
    {"item", "ID", OPTION_TEXT, "the article, as the list names it", .at = AT(item), .only = BUY,
     .needed = BUY},
    {"ref", "R", OPTION_TEXT,
     "up to 16 characters that name the sale; the same sale is never paid twice",
     .at = AT(program.reference), .only = BUY | SETTLE, .needed = BUY | SETTLE},
    {"end", "WORD", OPTION_TEXT, "how it ended: served or returned", .at = AT(program.end),
     .only = SETTLE, .needed = SETTLE},
    {"json", NULL, OPTION_FLAG, "one JSON object a line", .at = AT(program.json), .only = ASK},
    OPTION_CLOCK_ROW(AT(program.run)),
    OPTION_SEED_ROW(AT(program.run)),
};

static const struct action actions[] = {
    {RUN, "run", "sell, until it is told to end", run_machine, NULL},
    {BUY, "buy", "have the machine that runs sell an article", run_buy, NULL},
    {JAM, "jam", "have what its simulated motor turns out next stick", run_jam, NULL},
    {PENDING, "pending", "its sales that are not over", machine_run_pending, NULL},
    {SETTLE, "settle", "tell it how a sale ended that a person had to look at", machine_run_settle,
     NULL},
};

static const struct command vend = {
    .name = "vend",
    .purpose = "a vending machine",
    .notes = "It prints \"screen URL\" where there is one, then \"ready\", and ends upon SIGTERM.",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.program = {.name = "vend", .run = program_run_now()}};
    int code = command_main(&vend, &arguments, argc, argv);
    machine_program_close(&arguments.program);
    return code;
}
