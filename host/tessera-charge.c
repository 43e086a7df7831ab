// SPDX-License-Identifier: Apache-2.0
// tessera charge: bills and settings of a telephone company's charge service.
// docs/man/tessera-charge.1 describes it.
#include "apdu/octets/unit.h"
#include "base/files.h"
#include "base/heap.h"
#include "base/options/options.h"
#include "host/phone/profile.h"
#include "host/service/bill_sheet.h"
#include "host/service/charge_setup.h"
#include "host/service/slip_order.h"
#include "services/wire/api/charge_api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct arguments {
    const char *what, *url, *tls, *month, *language, *state, *mail;
    int profile; // index of phone_profiles
    bool json, html, pdf;
    struct program_run run;
};

enum { BILL = 1, CLOSE = 2, SET = 4, SLIPS = 8 };

static bool show_page(struct service_client *client, const struct form *in,
                      struct failure *failure) {
    struct buffer body;
    buffer_init(&body, &host_memory);
    bool done = service_client_page(client, &charge_bill, in, "text/html", &body, failure);
    if (done)
        fwrite(body.data, 1, body.size, stdout);
    buffer_free(&body);
    return done;
}

static bool print_pdf(const struct form *out, const struct arguments *arguments,
                      struct failure *failure) {
    struct sheet_pdf pdf;
    const char *language = arguments->language;
    if (!bill_sheet_print(out, language != NULL && strcmp(language, "ja") == 0, &pdf, failure))
        return false;
    bool done = fwrite(pdf.data, 1, pdf.size, stdout) == pdf.size && fflush(stdout) == 0;
    sheet_free(&pdf);
    return done || fail_errno(failure, "standard output");
}

static bool bill(struct service_client *client, void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct form in, out;
    service_client_form(client, &charge_bill, &in);
    form_set_text(&in, NAME_PHONE, arguments->what);
    form_set_text(&in, NAME_MONTH, arguments->month);
    if (arguments->language != NULL)
        form_set_text(&in, NAME_LANGUAGE, arguments->language);
    if (arguments->html)
        return show_page(client, &in, failure);
    if (!service_client_ask(client, &charge_bill, &in, &out, failure))
        return false;
    if (arguments->pdf)
        return print_pdf(&out, arguments, failure);
    service_client_print(&out, arguments->json);
    return true;
}

static void tell_progress(const struct form *out) {
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "%llu bills\r", (unsigned long long)form_uint(out, NAME_BILLS));
}

static bool close_month(struct service_client *client, void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct form out;
    if (!charge_close_all(client, arguments->month, &out, tell_progress, failure))
        return false;
    service_client_print(&out, arguments->json);
    return true;
}

static bool set(struct service_client *client, void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    unsigned said;
    bool done = charge_setup(client, arguments->what, &said, failure);
    if (done)
        printf("%u said\n", said);
    return done;
}

static int run(struct arguments *arguments, service_action *action, struct failure *failure) {
    const struct service_visit visit = {"charge", arguments->url, arguments->tls, &arguments->run};
    return service_client_run(&visit, action, arguments, failure);
}

// ---- slips -------------------------------------------------------------------------------------

static void tell_text(const struct slip *slip, const char *outcome) {
    char unit[UNIT_NAME_MAX];
    printf("%s  %s  %" PRIu64 " %s  %s\n", slip->name, slip->text,
           object_uint(&slip->request, FIELD_AMOUNT), unit_name(object_unit(&slip->request), unit),
           outcome);
}

static void tell_json(const struct slip *slip, const char *outcome) {
    char unit[UNIT_NAME_MAX];
    json_t *line =
        json_pack("{s:s, s:s, s:I, s:s, s:s}", "slip", slip->name, "text", slip->text, "amount",
                  (json_int_t)object_uint(&slip->request, FIELD_AMOUNT), "unit",
                  unit_name(object_unit(&slip->request), unit), "outcome", outcome);
    json_dumpf(line, stdout, JSON_COMPACT);
    printf("\n");
    json_decref(line);
}

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

static bool bring_slips(struct service_client *client, void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    const struct machine_kind kind = {phone_profiles[arguments->profile], NULL};
    struct machine_state state = {.lock = -1};
    uint8_t root[CERTIFICATE_MAX], authority[CERTIFICATE_MAX];
    char mail[PHONE_MAIL_MAX];
    struct slip_order order = {.state = &state,
                               .charge = client,
                               .mail = mail,
                               .told = arguments->json ? tell_json : tell_text,
                               .failure = failure};
    bool done =
        machine_state_open(&state, arguments->state, &kind, true, failure) &&
        phone_mail(&state, arguments->mail, mail, failure) &&
        read_certificate(arguments->tls, "root.cvc", root, &order.root, failure) &&
        read_certificate(arguments->tls, "issuer.cvc", authority, &order.authority, failure) &&
        slip_order_run(&order);
    machine_state_close(&state);
    return done;
}

static int run_bill(void *context, struct failure *failure) {
    return run(context, bill, failure);
}

static int run_close(void *context, struct failure *failure) {
    return run(context, close_month, failure);
}

static int run_set(void *context, struct failure *failure) {
    return run(context, set, failure);
}

static int run_slips(void *context, struct failure *failure) {
    return run(context, bring_slips, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const char *const languages[] = {"en", "ja", NULL};

static const struct option_row rows[] = {
    {NULL, "WHAT", OPTION_TEXT,
     "of bill a phone number; of set a JSON file with settings, tariffs, payees, subscribers",
     .at = AT(what), .only = BILL | SET, .needed = BILL | SET},
    {"month", "MONTH", OPTION_TEXT, "as 2004-02", .at = AT(month), .only = BILL | CLOSE,
     .needed = BILL | CLOSE},
    {"charge", "URL", OPTION_TEXT, "https://HOST:PORT of the charge service", .at = AT(url),
     .needed = OPTION_EVERY},
    {"tls", "DIR", OPTION_DIRECTORY,
     "keys and certificates of who asks, from 'tessera ca issue': an operator of the company, for "
     "bill also the subscriber's card's, for slips the phone's",
     .at = AT(tls), .needed = OPTION_EVERY},
    {"html", NULL, OPTION_FLAG, "a page", .at = AT(html), .only = BILL},
    {"pdf", NULL, OPTION_FLAG, "a PDF on standard output", .at = AT(pdf), .only = BILL},
    {"state", "DIR", OPTION_DIRECTORY, "of the phone that slips were handed to", .at = AT(state),
     .only = SLIPS, .needed = SLIPS},
    {"mail", "ADDRESS", OPTION_TEXT, "of the phone's owner; kept in STATE for the next time",
     .at = AT(mail), .only = SLIPS},
    {"profile", "KIND", OPTION_WORD, "what the phone is", .at = AT(profile),
     .words = phone_profiles, .only = SLIPS},
    {"language", "WORD", OPTION_TEXT, "of page and PDF, en or ja", .at = AT(language), .only = BILL,
     .words = languages},
    {"json", NULL, OPTION_FLAG, "one JSON object a line", .at = AT(json),
     .only = BILL | CLOSE | SLIPS},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {
    {BILL, "bill", "show a month's bill", run_bill, NULL},
    {CLOSE, "close", "bill a month; said again it goes on, or says the same", run_close, NULL},
    {SET, "set", "say settings, tariffs, payees and subscribers of a file", run_set, NULL},
    {SLIPS, "slips", "settle what machines handed to a phone", run_slips, NULL},
};

static const struct command charge = {
    .name = "charge",
    .purpose = "bills and settings of a charge service",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now()};
    int code = command_main(&charge, &arguments, argc, argv);
    return code;
}
