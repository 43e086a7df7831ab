// SPDX-License-Identifier: Apache-2.0
// tessera serve move: databases of services from SQLite to PostgreSQL.
// docs/man/tessera-serve-move.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/calendar.h"
#include "base/files.h"
#include "base/options/options.h"
#include "services/bank/bank.h"
#include "services/charge/charge.h"
#include "services/clearing/clearing.h"
#include "services/content/content.h"
#include "services/core/run/move.h"
#include "services/licence/licence.h"
#include "services/registry/registry.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const struct service *const services[] = {
    &licence_service, &registry_service, &bank_service,
    &content_service, &charge_service,   &clearing_service,
};
enum { SERVICE_COUNT = sizeof services / sizeof services[0] };
static const char *const service_names[] = {"licence", "registry", "bank", "content",
                                            "charge",  "clearing", "all",  NULL};

struct arguments {
    struct option_words names;
    const char *state, *db;
    struct program_run run;
};

static void tell_table(const char *table, uint64_t rows) {
    fprintf(stderr, "tessera serve move: %s: %" PRIu64 "\n", table, rows);
}

static bool move_one(const struct arguments *arguments, const struct service *service,
                     const char *state, const struct crypto *crypto, struct failure *failure) {
    struct service_move move = {.service = service,
                                .state = state,
                                .db = arguments->db,
                                .crypto = crypto,
                                .now_ms = (uint64_t)time_of_date(arguments->run.today) * 1000,
                                .tell = tell_table};
    if (!service_move_run(&move, failure))
        return false;
    printf("%s: %" PRIu64 " tables, %" PRIu64 " rows, %" PRIu64 " entries of its journal: moved\n",
           service->name, move.tables, move.rows, move.seals);
    fflush(stdout);
    return true;
}

static bool move_named(const struct arguments *arguments, const char *name,
                       const struct crypto *crypto, struct failure *failure) {
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (strcmp(services[i]->name, name) == 0)
            return move_one(arguments, services[i], arguments->state, crypto, failure);
    return fail(failure, EXIT_USAGE, "there is no service '%s'", name);
}

/// Of a house, each has its state below it.
static bool move_house(const struct arguments *arguments, const struct crypto *crypto,
                       struct failure *failure) {
    char state[PATH_MAX];
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        if (!files_path(state, sizeof state, arguments->state, services[i]->name))
            return fail_errno(failure, "%s", arguments->state);
        if (!move_one(arguments, services[i], state, crypto, failure))
            return false;
    }
    return true;
}

static bool move_all(const struct arguments *arguments, const struct crypto *crypto,
                     struct failure *failure) {
    const struct option_words *names = &arguments->names;
    if (names->count == 1 && strcmp(names->items[0], "all") == 0)
        return move_house(arguments, crypto, failure);
    for (size_t i = 0; i < names->count; i++)
        if (!move_named(arguments, names->items[i], crypto, failure))
            return false;
    return true;
}

static int run_move(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    struct crypto *crypto = crypto_for_run(&arguments->run, failure);
    bool done = crypto != NULL && move_all(arguments, crypto, failure);
    crypto_openssl_free(crypto);
    return exit_of(done, failure);
}

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "NAME", OPTION_TEXT, "services that do not run, with blanks between, or all",
     .at = AT(names), .many = true, .needed = OPTION_EVERY, .words = service_names},
    {"state", "DIR", OPTION_DIRECTORY,
     "where their databases are, as for tessera serve: DIR/db/NAME.sqlite, with all "
     "DIR/NAME/db/NAME.sqlite",
     .at = AT(state), .needed = OPTION_EVERY},
    {"db", "URL", OPTION_TEXT,
     "postgresql://...; each service gets a schema of its name, which has to be empty",
     .at = AT(db), .needed = OPTION_EVERY},
    OPTION_CLOCK_ROW(AT(run)),
};

static const struct action actions[] = {
    {1, NULL, "databases of services from SQLite to PostgreSQL", run_move, NULL}};

static const struct command serve_move = {
    .name = "serve move",
    .purpose = "databases of services from SQLite to PostgreSQL",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.run = program_run_now()};
    return command_main(&serve_move, &arguments, argc, argv);
}
