// SPDX-License-Identifier: Apache-2.0
// tessera deposit: puts cash on cards. docs/man/tessera-deposit.1 describes it.
#include "base/options/options.h"
#include "host/deposit/deposit.h"
#include "host/flows/report.h"
#include "host/machine/machine_main.h"
#include "readers/reader_process.h"

#include <stdio.h>

struct arguments {
    struct machine_program program;
    const char *contact, *unit;
    uint64_t amount, cash;
};

// ---- run ---------------------------------------------------------------------------------------

static bool serve(void *context, const struct machine_options *options,
                  const struct interrupt *interrupt, struct failure *failure) {
    struct deposit *deposit = deposit_open(options, failure);
    (void)context;
    bool done = deposit != NULL && machine_serve(deposit_machine(deposit), interrupt, failure);
    deposit_close(deposit);
    return done;
}

static int run_machine(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    const char *contact = arguments->contact;
    struct card_slot *const customers[MACHINE_READERS] = {
        reader_process_new(arguments->program.customer),
        contact != NULL ? reader_process_new(contact) : NULL};
    return machine_program_run(&arguments->program, reader_process_new(arguments->program.own),
                               customers, serve, NULL, failure);
}

// ---- commands to one that runs -----------------------------------------------------------------

static void print_amount(json_t *answer, const char *field) {
    json_t *amount = json_object_get(answer, field);
    if (json_is_integer(amount))
        printf("  %s %lld", field, (long long)json_integer_value(amount));
}

static void print_deposit(json_t *answer) {
    printf("%s  %lld %s  ", machine_field(answer, "payee"),
           (long long)json_integer_value(json_object_get(answer, "amount")),
           machine_field(answer, "unit"));
    report_word(stdout, REPORT_GREEN, machine_field(answer, "state"));
    print_amount(answer, "before");
    print_amount(answer, "after");
    printf("\n");
}

static int run_once(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    json_t *question =
        json_pack("{s:s, s:I, s:I, s:s}", "do", "once", "amount", (json_int_t)arguments->amount,
                  "cash", (json_int_t)arguments->cash, "unit", arguments->unit);
    return machine_program_ask(&arguments->program, question, print_deposit, failure);
}

static void print_escrow(json_t *answer) {
    printf("%lld of %lld %s\n", (long long)json_integer_value(json_object_get(answer, "cash")),
           (long long)json_integer_value(json_object_get(answer, "amount")),
           machine_field(answer, "unit"));
}

static int run_put(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    json_t *question = json_pack("{s:s, s:I}", "do", "put", "cash", (json_int_t)arguments->cash);
    return machine_program_ask(&arguments->program, question, print_escrow, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

enum { RUN = 1, ONCE = 2, PUT = 4, PENDING = 8, SETTLE = 16 };
enum { ASK = ONCE | PUT | PENDING | SETTLE };

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {"state", "DIR", OPTION_DIRECTORY,
     "what the machine remembers; else tessera-deposit in the account's place for state",
     .at = AT(program.state)},
    {"float", "LINK", OPTION_LINK, "the float in its slot, which the cards are loaded from",
     .at = AT(program.own), .only = RUN, .needed = RUN},
    {"customer", "LINK", OPTION_LINK, "where customers hold their cards and phones",
     .at = AT(program.customer), .only = RUN, .needed = RUN},
    {"contact", "LINK", OPTION_LINK, "a slot with contacts, for memory cards that are purses",
     .at = AT(contact), .only = RUN},
    {"http", "ADDR:PORT", OPTION_TEXT, "where the screen is, on this machine only (port 0: any)",
     .at = AT(program.http), .only = RUN},
    {"wait", "SECONDS", OPTION_NUMBER, "how long a card is waited for (60)",
     .at = AT(program.wait_s), .least = 1, .most = 3600, .only = RUN},
    {"show", "SECONDS", OPTION_NUMBER, "how long the end of one stays on the screen (6)",
     .at = AT(program.show_s), .least = 1, .most = 3600, .only = RUN},
    {"hotlist", "FILE", OPTION_FILE,
     "the whole hotlist (tessera ca hotlist): who is on it is not loaded; needs --root",
     .at = AT(program.hotlist), .only = RUN},
    {"root", "FILE", OPTION_FILE, "the root's certificate, root.cvc of the authority",
     .at = AT(program.root), .only = RUN},
    {"amount", "N", OPTION_NUMBER, "what is to be on the card in addition, in minor units",
     .at = AT(amount), .least = 1, .most = 1000000, .only = ONCE, .needed = ONCE},
    {"unit", "UNIT", OPTION_TEXT, "JPY, which is what the acceptor counts", .at = AT(unit),
     .only = ONCE},
    {"cash", "N", OPTION_NUMBER,
     "what is put in: all of it, as notes and coins; of put one note or coin", .at = AT(cash),
     .least = 0, .most = 1000000, .only = ONCE | PUT, .needed = ONCE | PUT},
    {"ref", "R", OPTION_TEXT, "the deposit, as pending names it", .at = AT(program.reference),
     .only = SETTLE, .needed = SETTLE},
    {"end", "WORD", OPTION_TEXT, "how it ended: served (the cash is stacked) or returned",
     .at = AT(program.end), .only = SETTLE, .needed = SETTLE},
    {"json", NULL, OPTION_FLAG, "one JSON object a line", .at = AT(program.json), .only = ASK},
    OPTION_CLOCK_ROW(AT(program.run)),
    OPTION_SEED_ROW(AT(program.run)),
};

static const struct action actions[] = {
    {RUN, "run", "load cards for cash, until it is told to end", run_machine, NULL},
    {ONCE, "once", "have the machine that runs make one deposit", run_once, NULL},
    {PUT, "put", "put a note or coin into it, as somebody at its screen", run_put, NULL},
    {PENDING, "pending", "its deposits that are not over", machine_run_pending, NULL},
    {SETTLE, "settle", "tell it how a deposit ended that a person had to look at",
     machine_run_settle, NULL},
};

static const struct command deposit = {
    .name = "deposit",
    .purpose = "put cash on cards",
    .notes = "It prints \"screen URL\" where there is one, then \"ready\", and ends upon SIGTERM.",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.program = {.name = "deposit", .run = program_run_now()},
                                  .unit = "JPY"};
    int code = command_main(&deposit, &arguments, argc, argv);
    machine_program_close(&arguments.program);
    return code;
}
