// SPDX-License-Identifier: Apache-2.0
// tessera deposit: puts cash on cards. docs/man/tessera-deposit.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/options/options.h"
#include "host/deposit/deposit.h"
#include "host/flows/report.h"
#include "host/machine/machine_main.h"
#include "readers/reader_process.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>

struct arguments {
    const char *state, *floating, *customer, *contact, *http, *hotlist, *root;
    const char *reference, *unit, *end;
    uint64_t amount, cash, wait_s, show_s;
    bool json;
    char place[PATH_MAX];
    struct program_run run;
    struct crypto *crypto;
    struct revocations revoked;
};

static const char *state_of(struct arguments *arguments) {
    return machine_place(arguments->state, "deposit", arguments->place, sizeof arguments->place);
}

// ---- run ---------------------------------------------------------------------------------------

static bool serve(const struct machine_options *options, const struct interrupt *interrupt,
                  struct failure *failure) {
    struct deposit *deposit = deposit_open(options, failure);
    bool done = deposit != NULL && machine_serve(deposit_machine(deposit), interrupt, failure);
    deposit_close(deposit);
    return done;
}

static int run_machine(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    signal(SIGPIPE, SIG_IGN);
    struct interrupt *interrupt = interrupt_watch();
    const char *contact = arguments->contact;
    struct machine_options options = {
        .state = state_of(arguments),
        .address = arguments->http,
        .wait_ms = (unsigned)arguments->wait_s * 1000,
        .show_ms = (unsigned)arguments->show_s * 1000,
        .own = reader_process_new(arguments->floating),
        .customers = {reader_process_new(arguments->customer),
                      contact != NULL ? reader_process_new(contact) : NULL},
        .clock = &clock_system};
    arguments->crypto = crypto_for_run(&arguments->run, failure);
    options.crypto = arguments->crypto;
    options.revoked = arguments->hotlist != NULL ? &arguments->revoked : NULL;
    bool done = arguments->crypto != NULL && options.own != NULL && options.customers[0] != NULL &&
                machine_hotlist(&arguments->revoked, arguments->hotlist, arguments->root,
                                arguments->crypto, arguments->run.today, failure) &&
                serve(&options, interrupt, failure);
    card_slot_close(options.own);
    card_slot_close(options.customers[0]);
    card_slot_close(options.customers[1]);
    interrupt_end(interrupt);
    return exit_of(done, failure);
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
    return machine_ask(state_of(arguments), question, arguments->json, print_deposit, failure);
}

static void print_escrow(json_t *answer) {
    printf("%lld of %lld %s\n", (long long)json_integer_value(json_object_get(answer, "cash")),
           (long long)json_integer_value(json_object_get(answer, "amount")),
           machine_field(answer, "unit"));
}

static int run_put(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    json_t *question = json_pack("{s:s, s:I}", "do", "put", "cash", (json_int_t)arguments->cash);
    return machine_ask(state_of(arguments), question, arguments->json, print_escrow, failure);
}

static int run_pending(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    return machine_ask(state_of(arguments), json_pack("{s:s}", "do", "pending"), arguments->json,
                       machine_print_pending, failure);
}

static int run_settle(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    json_t *question = json_pack("{s:s, s:s, s:s}", "do", "settle", "ref", arguments->reference,
                                 "end", arguments->end);
    return machine_ask(state_of(arguments), question, arguments->json, machine_print_state,
                       failure);
}

// ---- arguments ---------------------------------------------------------------------------------

enum { RUN = 1, ONCE = 2, PUT = 4, PENDING = 8, SETTLE = 16 };
enum { ASK = ONCE | PUT | PENDING | SETTLE };

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {"state", "DIR", OPTION_DIRECTORY,
     "what the machine remembers; else tessera-deposit in the account's place for state",
     .at = AT(state)},
    {"float", "LINK", OPTION_LINK, "the float in its slot, which the cards are loaded from",
     .at = AT(floating), .only = RUN, .needed = RUN},
    {"customer", "LINK", OPTION_LINK, "where customers hold their cards and phones",
     .at = AT(customer), .only = RUN, .needed = RUN},
    {"contact", "LINK", OPTION_LINK, "a slot with contacts, for memory cards that are purses",
     .at = AT(contact), .only = RUN},
    {"http", "ADDR:PORT", OPTION_TEXT, "where the screen is, on this machine only (port 0: any)",
     .at = AT(http), .only = RUN},
    {"wait", "SECONDS", OPTION_NUMBER, "how long a card is waited for (60)", .at = AT(wait_s),
     .least = 1, .most = 3600, .only = RUN},
    {"show", "SECONDS", OPTION_NUMBER, "how long the end of one stays on the screen (6)",
     .at = AT(show_s), .least = 1, .most = 3600, .only = RUN},
    {"hotlist", "FILE", OPTION_FILE,
     "the whole hotlist (tessera ca hotlist): who is on it is not loaded; needs --root",
     .at = AT(hotlist), .only = RUN},
    {"root", "FILE", OPTION_FILE, "the root's certificate, root.cvc of the authority",
     .at = AT(root), .only = RUN},
    {"amount", "N", OPTION_NUMBER, "what is to be on the card in addition, in minor units",
     .at = AT(amount), .least = 1, .most = 1000000, .only = ONCE, .needed = ONCE},
    {"unit", "UNIT", OPTION_TEXT, "JPY, which is what the acceptor counts", .at = AT(unit),
     .only = ONCE},
    {"cash", "N", OPTION_NUMBER,
     "what is put in: all of it, as notes and coins; of put one note or coin", .at = AT(cash),
     .least = 0, .most = 1000000, .only = ONCE | PUT, .needed = ONCE | PUT},
    {"ref", "R", OPTION_TEXT, "the deposit, as pending names it", .at = AT(reference),
     .only = SETTLE, .needed = SETTLE},
    {"end", "WORD", OPTION_TEXT, "how it ended: served (the cash is stacked) or returned",
     .at = AT(end), .only = SETTLE, .needed = SETTLE},
    {"json", NULL, OPTION_FLAG, "one JSON object a line", .at = AT(json), .only = ASK},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {RUN, "run", "load cards for cash, until it is told to end", run_machine, NULL},
    {ONCE, "once", "have the machine that runs make one deposit", run_once, NULL},
    {PUT, "put", "put a note or coin into it, as somebody at its screen", run_put, NULL},
    {PENDING, "pending", "its deposits that are not over", run_pending, NULL},
    {SETTLE, "settle", "tell it how a deposit ended that a person had to look at", run_settle,
     NULL},
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
    struct arguments arguments = {.run = program_run_now(), .unit = "JPY"};
    int code = command_main(&deposit, &arguments, argc, argv);
    revocations_close(&arguments.revoked);
    crypto_openssl_free(arguments.crypto);
    return code;
}
