// SPDX-License-Identifier: Apache-2.0
// tessera serve: services in one process. docs/man/tessera-serve.1 describes it.
#include "apdu/crypto/crypto_run.h"
#include "base/files.h"
#include "base/options/options.h"
#include "personalization/authority/files/outfit.h"
#include "personalization/keys/keyfolder.h"
#include "services/bank/bank.h"
#include "services/charge/charge.h"
#include "services/clearing/clearing.h"
#include "services/content/content.h"
#include "services/core/document.h"
#include "services/core/run/config.h"
#include "services/core/run/instance.h"
#include "services/core/run/instances.h"
#include "services/core/run/places.h"
#include "services/licence/licence.h"
#include "services/registry/registry.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { STOP_MS = 10000, DAY_MS = 24 * 3600 * 1000 };

static const struct service *const services[] = {
    &licence_service, &registry_service, &bank_service, // each behind those that it calls
    &content_service, &charge_service,   &clearing_service,
};
static const char *const service_names[] = {"licence", "registry", "bank", "content",
                                            "charge",  "clearing", "all",  NULL};
static const struct command serve; // at the end of this file
enum { SERVICE_COUNT = sizeof services / sizeof services[0] };
_Static_assert(sizeof service_names / sizeof service_names[0] == SERVICE_COUNT + 2,
               "a name for each service");

/// What command line and configuration say; each service has its own.
struct arguments {
    struct option_words names;
    const char *config, *state, *db, *listen, *host, *tls, *tls_key, *sign, *sign_key, *metrics,
        *enterprise;
    struct option_list peers;
    uint64_t workers, keep_days;
    int log; // index of levels
    bool check, openapi;
    struct program_run run;
};

/// A service on its way, and what lives as long as it.
struct running {
    struct arguments arguments;
    struct instance_options options;
    char state[PATH_MAX], tls[PATH_MAX], sign[PATH_MAX]; // where no option says
    char said[INSTANCE_PEERS_MAX][INSTANCE_URL_MAX];     // peers of the configuration
    struct keyfolder folder;                             // who signs
    uint64_t seed;
};

struct serving {
    struct arguments arguments; // of the command line alone; first, since its rows count from here
    int argc;
    char **argv; // as it was
    struct config config;
    struct running *running[SERVICE_COUNT];
    struct served served[SERVICE_COUNT]; // the same, as the process has them
    size_t count;
    const char *house; // of "all": the directory with all of their states; NULL: they were named
    struct clock_of_day day;
};

static struct arguments defaults(void) {
    return (struct arguments){.run = program_run_now(), .log = LEVEL_INFO, .enterprise = "HOUSE"};
}

// ---- what is said of a service -----------------------------------------------------------------

static const struct service *service_named(const char *name) {
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (strcmp(services[i]->name, name) == 0)
            return services[i];
    return NULL;
}

static bool fail_name(const char *what, const char *name, struct failure *failure) {
    char known[160] = "";
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i > 0 ? ", " : "",
                 services[i]->name);
    return fail(failure, EXIT_USAGE,
                "%sthere is no service '%s'; say one of %s, or some with blanks between", what,
                name, known);
}

/// "peer.registry = URL" of a file is --peer registry=URL.
static bool apply_peer(struct running *running, const char *name, const char *url,
                       struct failure *failure) {
    struct option_list *list = &running->arguments.peers;
    if (list->count == INSTANCE_PEERS_MAX)
        return fail(failure, EXIT_USAGE, "peer.%s is one peer too many", name);
    char *text = running->said[list->count];
    int size = snprintf(text, INSTANCE_URL_MAX, "%s=%s", name, url);
    list->items[list->count++] = text;
    return size < INSTANCE_URL_MAX || fail(failure, EXIT_USAGE, "peer.%s is too long", name);
}

static bool apply_entry(const struct serving *serving, struct running *running,
                        const struct config_entry *entry, struct failure *failure) {
    struct failure why = {0};
    if (strncmp(entry->name, "peer.", 5) == 0
            ? apply_peer(running, entry->name + 5, entry->value, &why)
            : command_set(&serve, &running->arguments, entry->name, entry->value, &why))
        return true;
    return fail(failure, why.code, "%s:%u: %s", serving->config.path, entry->line, why.text);
}

static bool apply_section(const struct serving *serving, struct running *running,
                          const char *section, struct failure *failure) {
    for (size_t i = 0; i < serving->config.count; i++)
        if (strcmp(serving->config.entries[i].section, section) == 0 &&
            !apply_entry(serving, running, &serving->config.entries[i], failure))
            return false;
    return true;
}

/// The command line again, over what the file said. Parsing moves words, so it gets a copy.
static bool apply_line(const struct serving *serving, struct running *running,
                       struct failure *failure) {
    const struct action *action;
    size_t size = ((size_t)serving->argc + 1) * sizeof *serving->argv;
    char **words = malloc(size);
    if (words == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    memcpy(words, serving->argv, size);
    bool done = command_parse(&serve, &running->arguments, serving->argc, words, &action, failure);
    free(words);
    return done;
}

/// Whole file, its section, and over both the command line.
static bool settle(struct serving *serving, struct running *running, const char *name,
                   struct failure *failure) {
    return apply_section(serving, running, "", failure) &&
           apply_section(serving, running, name, failure) && apply_line(serving, running, failure);
}

static bool check_sections(const struct serving *serving, struct failure *failure) {
    for (size_t i = 0; i < serving->config.count; i++) {
        const struct config_entry *entry = &serving->config.entries[i];
        if (entry->section[0] != '\0' && service_named(entry->section) == NULL)
            return fail(failure, EXIT_USAGE, "%s:%u: there is no service [%s]",
                        serving->config.path, entry->line, entry->section);
    }
    return true;
}

// ---- keys --------------------------------------------------------------------------------------

static bool read_keys(struct running *running, struct failure *failure) {
    const struct arguments *arguments = &running->arguments;
    struct service_keys *keys = &running->options.keys;
    struct keyfolder *folder = &running->folder;
    keys->directory = arguments->sign != NULL ? arguments->sign : running->options.tls;
    bool done = keyfolder_open(folder, keys->directory, arguments->sign_key, failure);
    keys->certificates = folder->certificates;
    keys->certificate_count = folder->count;
    keys->signer = folder->count > 0 ? &folder->signer : NULL;
    keys->scalar = folder->count > 0 && folder->token == NULL ? folder->scalar.scalar : NULL;
    return done;
}

// ---- options of an instance --------------------------------------------------------------------

/// In a house all others are here, but for those that are said to be elsewhere.
static bool take_peers(const struct serving *serving, struct running *running,
                       struct failure *failure) {
    struct instance_options *options = &running->options;
    const struct option_list *list = &running->arguments.peers;
    for (size_t i = 0; i < list->count; i++) {
        const char *text = list->items[i], *equals = strchr(text, '=');
        if (equals == NULL ||
            !instance_add_peer(options, text, (size_t)(equals - text), equals + 1))
            return fail(failure, EXIT_USAGE, "--peer '%s' is not NAME=https://HOST:PORT", text);
        if (service_named(options->peers[i].name) == NULL)
            return fail_name("--peer: ", options->peers[i].name, failure);
    }
    for (size_t i = 0; serving->house != NULL && i < SERVICE_COUNT; i++)
        instance_add_peer(options, services[i]->name, strlen(services[i]->name), INSTANCE_HERE);
    return true;
}

static bool fill_options(struct serving *serving, struct running *running,
                         const struct service *service, struct failure *failure) {
    const struct arguments *arguments = &running->arguments;
    struct instance_options *options = &running->options;
    if (arguments->state == NULL)
        return fail(failure, EXIT_USAGE, "--state DIR is missing for %s", service->name);
    if (!files_path(running->tls, sizeof running->tls, arguments->state, "tls"))
        return fail_errno(failure, "%s", arguments->state);
    running->seed = arguments->run.seed;
    *options = (struct instance_options){
        .service = service,
        .clock = &serving->day.clock,
        .state = arguments->state,
        .db = arguments->db,
        .listen = arguments->listen != NULL ? arguments->listen : "127.0.0.1:0",
        .host = arguments->host,
        .tls = arguments->tls != NULL ? arguments->tls : running->tls,
        .tls_key = arguments->tls_key,
        .metrics = arguments->metrics,
        .workers = (unsigned)arguments->workers,
        .keep_requests_ms = arguments->keep_days * DAY_MS,
        .log = (enum log_level)arguments->log,
        .seed = arguments->run.seeded ? &running->seed : NULL};
    return take_peers(serving, running, failure);
}

/// The files that it needs to start are there and fit.
static bool find_files(struct running *running, struct failure *failure) {
    const struct instance_options *options = &running->options;
    bool own = running->arguments.tls == NULL;
    return places_keys(options->tls_key, running->arguments.sign_key, failure) &&
           places_check(options, own ? role_name(options->service->party.role) : NULL, failure) &&
           read_keys(running, failure);
}

// ---- a house of all ----------------------------------------------------------------------------

/// Each has its state below the house's; the center that cards obey signs with keys of its own.
static bool place_in_house(struct serving *serving, struct running *running,
                           const struct service *service, struct failure *failure) {
    struct arguments *arguments = &running->arguments;
    if (arguments->state == NULL)
        return true; // fill_options says so
    if (serving->house == NULL)
        serving->house = arguments->state;
    const char *own = config_find(&serving->config, service->name, "state");
    if (own == NULL && !files_path(running->state, PATH_MAX, serving->house, service->name))
        return fail_errno(failure, "%s", serving->house);
    arguments->state = own != NULL ? own : running->state;
    if (service != &clearing_service || arguments->sign != NULL || arguments->tls != NULL)
        return true;
    arguments->sign = running->sign;
    return files_path(running->sign, PATH_MAX, arguments->state, "sign") ||
           fail_errno(failure, "%s", arguments->state);
}

static void tell_made(const char *path, const char *what) {
    fprintf(stderr, "tessera serve: made %s: %s\n", path, what);
}

static struct outfit_server outfit_of(const struct running *running) {
    const struct service_party *party = &running->options.service->party;
    const struct arguments *arguments = &running->arguments;
    return (struct outfit_server){
        running->options.service->name,
        party->role,
        party->enterprise ? arguments->enterprise : "",
        arguments->state,
        arguments->tls == NULL ? running->options.tls : NULL,
        arguments->sign == running->sign ? running->sign : NULL,
        running->options.listen,
        arguments->host,
    };
}

/// Authority, certificates and keys that the house does not have yet.
static bool make_missing(struct serving *serving, struct failure *failure) {
    struct outfit_server servers[SERVICE_COUNT];
    struct crypto *crypto = crypto_for_run(&serving->arguments.run, failure);
    const struct outfit outfit = {
        serving->house, servers, serving->count, crypto, serving->arguments.run.today, tell_made};
    for (size_t i = 0; i < serving->count; i++)
        servers[i] = outfit_of(serving->running[i]);
    bool done = crypto != NULL && outfit_make(&outfit, failure);
    crypto_openssl_free(crypto);
    return done;
}

// ---- begin and end -----------------------------------------------------------------------------

static bool is_house(const struct serving *serving) {
    const struct option_words *names = &serving->arguments.names;
    return names->count == 1 && strcmp(names->items[0], "all") == 0;
}

static bool add(struct serving *serving, const char *name, struct failure *failure) {
    const struct service *service = service_named(name);
    if (service == NULL)
        return fail_name("", name, failure);
    for (size_t i = 0; i < serving->count; i++)
        if (serving->running[i]->options.service == service)
            return fail(failure, EXIT_USAGE, "%s is named twice", name);
    struct running *running = calloc(1, sizeof *running);
    if (running == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    serving->running[serving->count] = running;
    serving->served[serving->count++] = (struct served){&running->options, NULL};
    running->arguments = defaults();
    return settle(serving, running, name, failure) &&
           (!is_house(serving) || place_in_house(serving, running, service, failure)) &&
           fill_options(serving, running, service, failure);
}

static bool add_named(struct serving *serving, struct failure *failure) {
    const struct option_words *names = &serving->arguments.names;
    if (serving->arguments.config != NULL &&
        (!config_read(&serving->config, serving->arguments.config, failure) ||
         !check_sections(serving, failure)))
        return false;
    if (is_house(serving)) {
        for (size_t i = 0; i < SERVICE_COUNT; i++)
            if (!add(serving, services[i]->name, failure))
                return false;
        return true;
    }
    for (size_t i = 0; i < names->count; i++)
        if (!add(serving, names->items[i], failure))
            return false;
    return true;
}

static bool add_all(struct serving *serving, struct failure *failure) {
    const struct instance_options *all[SERVICE_COUNT];
    if (!add_named(serving, failure))
        return false;
    for (size_t i = 0; i < serving->count; i++)
        all[i] = &serving->running[i]->options;
    if (!places_differ(all, serving->count, failure))
        return false;
    if (serving->house != NULL && (serving->arguments.check || !make_missing(serving, failure)))
        return serving->arguments.check; // of what is missing a plan makes nothing
    for (size_t i = 0; i < serving->count; i++)
        if (!find_files(serving->running[i], failure))
            return false;
    return true;
}

/// Ends whatever was begun. False: requests were left.
static bool stop_all(struct serving *serving, struct failure *failure) {
    size_t left = 0;
    for (size_t i = serving->count; i-- > 0;) {
        struct running *running = serving->running[i];
        struct instance *instance = serving->served[i].instance;
        size_t own = instance != NULL ? instance_stop(instance, STOP_MS) : 0;
        left += own;
        if (own > 0)
            continue;
        keyfolder_close(&running->folder);
        free(running);
    }
    return left == 0 || fail(failure, EXIT_REFUSED, "%zu requests were not answered in time", left);
}

static int tell_openapi(struct failure *failure) {
    const struct api *apis[SERVICE_COUNT];
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        apis[i] = services[i]->api;
    return exit_of(document_print_openapi(apis, SERVICE_COUNT, TESSERA_VERSION) ||
                       fail(failure, EXIT_REFUSED, "out of memory"),
                   failure);
}

static int serve_all(void *context, struct failure *failure) {
    struct serving *serving = context;
    sigset_t signals;
    struct failure end;
    if (serving->arguments.openapi)
        return tell_openapi(failure);
    prctl(PR_SET_DUMPABLE, 0);
    instances_block_signals(&signals);
    clock_on_day(&serving->day, serving->arguments.run.today);
    bool done = add_all(serving, failure);
    if (done && serving->arguments.check)
        instances_print_plan(serving->served, serving->count);
    else if (done && (done = instances_start(serving->served, serving->count, failure)))
        instances_run(serving->served, serving->count, &signals);
    if (!stop_all(serving, &end) && done)
        done = fail(failure, end.code, "%s", end.text);
    config_free(&serving->config);
    return exit_of(done, failure);
}

// ---- arguments ---------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const char *const levels[] = {"error", "warning", "info", "debug", NULL};

static const struct option_row rows[] = {
    {NULL, "NAME", OPTION_TEXT, "services, with blanks between, or all", .at = AT(names),
     .many = true, .needed = OPTION_EVERY, .words = service_names},
    {"config", "FILE", OPTION_FILE,
     "INI: keys are the long options, for all services or below [NAME]; the command line wins",
     .at = AT(config)},
    {"state", "DIR", OPTION_DIRECTORY,
     "databases, objects and, in tls/, certificates; with all, one such directory for each",
     .at = AT(state)},
    {"db", "URL", OPTION_TEXT, "postgresql://...; without it SQLite in the state", .at = AT(db)},
    {"listen", "ADDR:PORT", OPTION_TEXT, "where to listen (127.0.0.1:0, any free port)",
     .at = AT(listen)},
    {"host", "NAME", OPTION_TEXT, "how clients call this host; else the address", .at = AT(host)},
    {"tls", "DIR", OPTION_DIRECTORY, "root.pem, certificate.pem, key.pem, crl.pem (STATE/tls)",
     .at = AT(tls)},
    {"sign", "DIR", OPTION_DIRECTORY,
     "root.cvc, issuer.cvc, certificate.cvc, key.pem of who signs (as --tls)", .at = AT(sign)},
    {"tls-key", "URI", OPTION_TEXT, "pkcs11: URI of what stands in for key.pem of --tls",
     .at = AT(tls_key)},
    {"sign-key", "URI", OPTION_TEXT, "the same for key.pem of --sign", .at = AT(sign_key)},
    {"enterprise", "ID", OPTION_TEXT,
     "whose enterprise a first start of all certifies where a service needs one (HOUSE)",
     .at = AT(enterprise)},
    {"metrics", "ADDR:PORT", OPTION_TEXT, "plain /metrics, /healthz and /readyz; keep it private",
     .at = AT(metrics)},
    {"peer", "NAME=URL", OPTION_TEXT, "where another service is: https://HOST:PORT, or here",
     .at = AT(peers), .many = true, .most = INSTANCE_PEERS_MAX},
    {"workers", "N", OPTION_NUMBER, "requests at a time (64)", .at = AT(workers), .least = 1,
     .most = 256},
    {"keep-requests", "DAYS", OPTION_NUMBER, "how long answers are kept under their keys (40)",
     .at = AT(keep_days), .least = 1, .most = 3650},
    {"log", "LEVEL", OPTION_WORD, "error, warning, info or debug, on standard error", .at = AT(log),
     .words = levels},
    {"check", NULL, OPTION_FLAG, "show what would run, and end", .at = AT(check)},
    {"openapi", NULL, OPTION_FLAG, "print the interface of every service as OpenAPI, and end",
     .at = AT(openapi)},
    OPTION_CLOCK_ROW(AT(run)),
    OPTION_SEED_ROW(AT(run)),
};

static const struct action actions[] = {{1, NULL, "run services", serve_all, NULL}};

static const struct command serve = {
    .name = "serve",
    .purpose = "run services",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct serving serving = {.arguments = defaults(), .argc = argc};
    serving.argv = calloc((size_t)argc + 1, sizeof *argv);
    if (serving.argv == NULL)
        return EXIT_REFUSED;
    memcpy(serving.argv, argv, (size_t)argc * sizeof *argv);
    int code = command_main(&serve, &serving, argc, argv);
    free(serving.argv);
    return code;
}
