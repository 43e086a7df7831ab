// SPDX-License-Identifier: Apache-2.0
// tessera bank: accounts at a bank service. docs/man/tessera-bank.1 describes it.
#include "apdu/octets/unit.h"
#include "base/calendar.h"
#include "base/options/options.h"
#include "host/service/service_client.h"
#include "services/wire/api/bank_api.h"

struct arguments {
    const char *account, *to, *url, *tls, *id, *owner, *enterprise, *notify, *unit, *payer;
    const char *number, *mail, *date;
    uint64_t amount, after;
    bool covered, json, lines;
    struct program_run run;
};

enum { SHOW = 1, TRANSFER = 2, OPEN = 4, PAY = 8 };

static bool set_unit(struct form *in, const struct arguments *arguments, struct failure *failure) {
    uint16_t unit = unit_from_name(arguments->unit);
    form_set_uint(in, NAME_UNIT, unit);
    return unit != 0 || fail(failure, EXIT_USAGE, "there is no unit '%s'", arguments->unit);
}

static void set_text(struct form *in, enum name name, const char *text) {
    if (text != NULL)
        form_set_text(in, name, text);
}

static bool fill_sale(struct form *in, const struct arguments *arguments, struct failure *failure) {
    if (arguments->number == NULL && arguments->mail == NULL && arguments->date == NULL)
        return true;
    uint32_t day = arguments->date != NULL ? date_of_text(arguments->date) : 0;
    if (arguments->number == NULL || arguments->mail == NULL || day == 0)
        return fail(failure, EXIT_USAGE,
                    "a sale is named by --number, --mail and --date as 2026-12-31, all three");
    struct form *sale = form_add(in, NAME_SALE);
    form_set_uint(sale, NAME_DATE, day);
    form_set_text(sale, NAME_NUMBER, arguments->number);
    form_set_text(sale, NAME_MAIL, arguments->mail);
    return true;
}

static bool show(struct service_client *client, void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    const struct endpoint *row = arguments->lines ? &bank_statement : &bank_account_read;
    struct form in, out;
    service_client_form(client, row, &in);
    form_set_text(&in, NAME_ACCOUNT, arguments->account);
    if (arguments->lines)
        form_set_uint(&in, NAME_AFTER, arguments->after);
    if (!service_client_ask(client, row, &in, &out, failure))
        return false;
    service_client_print(&out, arguments->json);
    return true;
}

static bool transfer(struct service_client *client, void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct form in, out;
    service_client_form(client, &bank_transfer, &in);
    form_set_text(&in, NAME_ID, arguments->id);
    form_set_text(&in, NAME_FROM, arguments->account);
    form_set_text(&in, NAME_TO, arguments->to);
    form_set_uint(&in, NAME_AMOUNT, arguments->amount);
    if (!set_unit(&in, arguments, failure) || !fill_sale(&in, arguments, failure) ||
        !service_client_ask(client, &bank_transfer, &in, &out, failure))
        return false;
    service_client_print(&out, arguments->json);
    return true;
}

static bool pay(struct service_client *client, void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct form in, out;
    service_client_form(client, &bank_payment, &in);
    form_set_text(&in, NAME_ID, arguments->id);
    form_set_text(&in, NAME_TO, arguments->account);
    form_set_uint(&in, NAME_AMOUNT, arguments->amount);
    set_text(&in, NAME_PAYER, arguments->payer);
    if (!set_unit(&in, arguments, failure) ||
        !service_client_ask(client, &bank_payment, &in, &out, failure))
        return false;
    service_client_print(&out, arguments->json);
    return true;
}

static bool open_account(struct service_client *client, void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct form in;
    service_client_form(client, &bank_account, &in);
    form_set_text(&in, NAME_ACCOUNT, arguments->account);
    form_set_text(&in, NAME_OWNER, arguments->owner);
    set_text(&in, NAME_ENTERPRISE, arguments->enterprise);
    set_text(&in, NAME_NOTIFY, arguments->notify);
    if (arguments->covered)
        form_set_uint(&in, NAME_COVERED, 1);
    return set_unit(&in, arguments, failure) &&
           service_client_ask(client, &bank_account, &in, NULL, failure);
}

static int run(struct arguments *arguments, service_action *action, struct failure *failure) {
    const struct service_visit visit = {"bank", arguments->url, arguments->tls, &arguments->run};
    return service_client_run(&visit, action, arguments, failure);
}

static int run_show(void *context, struct failure *failure) {
    return run(context, show, failure);
}

static int run_transfer(void *context, struct failure *failure) {
    return run(context, transfer, failure);
}

static int run_open(void *context, struct failure *failure) {
    return run(context, open_account, failure);
}

static int run_pay(void *context, struct failure *failure) {
    return run(context, pay, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "ACCOUNT", OPTION_TEXT, "the account; of a transfer the one that it leaves",
     .at = AT(account), .needed = OPTION_EVERY},
    {NULL, "TO", OPTION_TEXT, "the account that it comes to", .at = AT(to), .only = TRANSFER,
     .needed = TRANSFER},
    {"bank", "URL", OPTION_TEXT, "https://HOST:PORT of the bank", .at = AT(url),
     .needed = OPTION_EVERY},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of who asks, from 'tessera ca issue': the account's owner, or an "
     "operator of the bank",
     .at = AT(tls), .needed = OPTION_EVERY},
    {"amount", "N", OPTION_NUMBER, "minor units", .at = AT(amount), .only = TRANSFER | PAY,
     .needed = TRANSFER | PAY, .least = 1, .most = INT64_MAX},
    {"unit", "UNIT", OPTION_TEXT, "JPY where it is not said", .at = AT(unit),
     .only = TRANSFER | PAY | OPEN},
    {"id", "ID", OPTION_TEXT, "your own for it: said again it is the same one", .at = AT(id),
     .only = TRANSFER | PAY, .needed = TRANSFER | PAY},
    {"number", "NUMBER", OPTION_TEXT, "of the ticket that it pays for", .at = AT(number),
     .only = TRANSFER},
    {"mail", "ADDRESS", OPTION_TEXT, "to which the ticket went", .at = AT(mail), .only = TRANSFER},
    {"date", "DATE", OPTION_TEXT, "when the ticket was sent", .at = AT(date), .only = TRANSFER},
    {"payer", "ID", OPTION_TEXT, "who paid it in", .at = AT(payer), .only = PAY},
    {"owner", "ID", OPTION_TEXT, "whose certificate may order", .at = AT(owner), .only = OPEN,
     .needed = OPEN},
    {"enterprise", "ID", OPTION_TEXT, "whose money it is", .at = AT(enterprise), .only = OPEN},
    {"notify", "SERVICE", OPTION_TEXT, "which service hears of sales that were paid: licence",
     .at = AT(notify), .only = OPEN},
    {"covered", NULL, OPTION_FLAG, "never below zero", .at = AT(covered), .only = OPEN},
    {"lines", NULL, OPTION_FLAG, "what was booked", .at = AT(lines), .only = SHOW},
    {"after", "N", OPTION_NUMBER, "lines behind this one", .at = AT(after), .only = SHOW,
     .most = INT64_MAX},
    {"json", NULL, OPTION_FLAG, "one JSON object a line", .at = AT(json),
     .only = SHOW | TRANSFER | PAY},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {SHOW, "show", "show what an account holds, or what was booked", run_show, NULL},
    {TRANSFER, "transfer", "move money from an account of one's own", run_transfer, NULL},
    {OPEN, "open", "open an account, as an operator", run_open, NULL},
    {PAY, "pay-in", "book money that came in, as an operator", run_pay, NULL},
};

static const struct command bank = {
    .name = "bank",
    .purpose = "accounts at a bank service",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now(), .unit = "JPY"};
    int code = command_main(&bank, &arguments, argc, argv);
    return code;
}
