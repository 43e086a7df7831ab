// SPDX-License-Identifier: Apache-2.0
// tessera audit: a second opinion on the services' books. docs/man/tessera-audit.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/calendar.h"
#include "base/options/options.h"
#include "host/audit/audit.h"

struct arguments {
    struct option_words urls;
    const char *trust, *objects, *cash, *since;
    bool json;
    struct program_run run;
};

/// A state is written only behind an audit that found nothing.
static bool audit_since(const struct arguments *arguments, struct audit *audit,
                        struct failure *failure) {
    struct state since = {.count = 0}, reached;
    const char *const *urls = (const char *const *)arguments->urls.items;
    if (arguments->since != NULL) {
        if (!state_read(&since, arguments->since, failure))
            return false;
        reached = since;
        audit->since = &since;
        audit->reached = &reached;
    }
    bool done = audit_run(audit, urls, arguments->urls.count, failure);
    if (done && arguments->since != NULL && audit->findings->told == 0)
        done = state_write(&reached, arguments->since, failure);
    return done;
}

static bool audit_books(const struct arguments *arguments, const struct crypto *crypto,
                        struct findings *findings, struct failure *failure) {
    struct trust trust = {0};
    struct audit audit = {.trust = &trust,
                          .crypto = crypto,
                          .findings = findings,
                          .objects = arguments->objects,
                          .cash = arguments->cash,
                          .now_ms = (uint64_t)time_of_date(arguments->run.today) * 1000};
    bool done = trust_open(&trust, arguments->trust, crypto, failure) &&
                audit_since(arguments, &audit, failure);
    trust_close(&trust);
    if (done)
        findings_end(findings);
    return done;
}

static int run_audit(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct findings findings = {.out = stdout, .json = arguments->json};
    struct crypto *crypto = crypto_for_run(&arguments->run, failure);
    bool done = crypto != NULL && audit_books(arguments, crypto, &findings, failure);
    crypto_openssl_free(crypto);
    if (!done)
        return failure->code;
    return findings.told > 0 ? EXIT_REFUSED : EXIT_DONE;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "URL", OPTION_FILE,
     "a copy of a service's database: a file of SQLite, or postgresql://HOST/DB#SERVICE",
     .at = AT(urls), .needed = OPTION_EVERY, .many = true},
    {"trust", "DIR", OPTION_DIRECTORY,
     "root.cvc of the root that is believed, beside it the certificates of services that sign "
     "checkpoints: an authority's own directory",
     .at = AT(trust), .needed = OPTION_EVERY},
    {"objects", "DIR", OPTION_DIRECTORY,
     "signed objects, one a file that has the digest of its body as its name: databases and files "
     "must have the same",
     .at = AT(objects)},
    {"cash", "DIR", OPTION_DIRECTORY,
     "the state of a deposit machine: what is stacked in its box must be what its float's logs at "
     "the clearing center, given too, have loaded",
     .at = AT(cash)},
    {"since", "STATE", OPTION_FILE,
     "a file that the last audit left: signatures that it verified are not verified again while "
     "they are the same. Written anew where nothing was found",
     .at = AT(since)},
    OPTION_JSON_ROW(AT(json)),
    OPTION_CLOCK_ROW(AT(run)),
};

static const struct action actions[] = {
    {1, NULL, "a second opinion on the services' books", run_audit, NULL}};

static const struct command audit = {
    .name = "audit",
    .purpose = "a second opinion on the services' books",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now()};
    return command_main(&audit, &arguments, argc, argv);
}
