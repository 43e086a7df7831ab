// SPDX-License-Identifier: Apache-2.0
// tessera serve: services in one process. docs/man/tessera-serve.1 describes it.
#include "base/calendar.h"
#include "base/files.h"
#include "base/heap.h"
#include "base/options/options.h"
#include "personalization/keys/keyfile.h"
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

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { STOP_MS = 10000, DAY_MS = 24 * 3600 * 1000 };

static const struct service *const services[] = {
    &content_service,  &licence_service, &bank_service,
    &registry_service, &charge_service,  &clearing_service,
};
static const char *const service_names[] = {"content", "licence",  "bank", "registry",
                                            "charge",  "clearing", "all",  NULL};
static const struct command serve; // at the end of this file
enum { SERVICE_COUNT = sizeof services / sizeof services[0] };
_Static_assert(sizeof service_names / sizeof service_names[0] == SERVICE_COUNT + 2,
               "a name for each service");

/// What command line and configuration say; each service has its own.
struct arguments {
    struct option_words names;
    const char *config, *state, *db, *listen, *host, *tls, *sign, *metrics;
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
    char tls[PATH_MAX], peers[INSTANCE_PEERS_MAX][32];
    char said[INSTANCE_PEERS_MAX][INSTANCE_URL_MAX]; // peers of the configuration
    uint8_t octets[3][CERTIFICATE_MAX];
    struct bytes certificates[3];
    struct signer signer;
    struct signer_scalar scalar;
    struct crypto *crypto; // the signer's
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
    struct clock clock;
    uint64_t ahead_ms; // of a laboratory's clock before the system's
};

// ---- time --------------------------------------------------------------------------------------

static uint64_t laboratory_now(const struct clock *clock) {
    return clock_now_ms(&clock_system) + *(const uint64_t *)clock->context;
}

/// The system's time of day on the day of --clock.
static void set_clock(struct serving *serving) {
    uint64_t now = clock_now_ms(&clock_system);
    uint64_t midnight = (uint64_t)time_of_date(serving->arguments.run.today) * 1000;
    serving->ahead_ms = midnight + now % DAY_MS - now; // may wrap, as the sum does back
    serving->clock = (struct clock){laboratory_now, &serving->ahead_ms};
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

/// Root, authority and own certificate; a role without card-verifiable ones signs nothing.
static bool read_certificates(struct running *running, const char *directory,
                              struct failure *failure) {
    static const char *const names[] = {"root.cvc", "issuer.cvc", "certificate.cvc"};
    struct service_keys *keys = &running->options.keys;
    for (size_t i = 0; i < 3; i++) {
        char path[PATH_MAX];
        size_t size = 0;
        if (!files_path(path, sizeof path, directory, names[i]))
            return fail_errno(failure, "%s", directory);
        if (!files_read(path, running->octets[i], CERTIFICATE_MAX, &size))
            return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
        running->certificates[i] = bytes_of(running->octets[i], size);
    }
    keys->certificates = running->certificates;
    keys->certificate_count = 3;
    return true;
}

static bool read_keys(struct running *running, struct failure *failure) {
    const struct arguments *arguments = &running->arguments;
    const char *directory = arguments->sign != NULL ? arguments->sign : running->options.tls;
    char path[PATH_MAX];
    uint8_t point[P256_COMPRESSED_SIZE];
    if (!read_certificates(running, directory, failure))
        return false;
    running->options.keys.directory = directory;
    if (running->options.keys.certificate_count == 0)
        return true;
    running->crypto = crypto_openssl_new();
    if (running->crypto == NULL)
        return fail(failure, EXIT_REFUSED, "OpenSSL cannot start");
    running->scalar.crypto = running->crypto;
    if (!files_path(path, sizeof path, directory, "key.pem"))
        return fail_errno(failure, "%s", directory);
    if (!keyfile_read(path, running->scalar.scalar, point, failure))
        return false;
    signer_from_scalar(&running->signer, &running->scalar, point);
    running->options.keys.signer = &running->signer;
    running->options.keys.scalar = running->scalar.scalar;
    return true;
}

// ---- options of an instance --------------------------------------------------------------------

static bool take_peers(struct running *running, struct failure *failure) {
    struct instance_options *options = &running->options;
    const struct option_list *list = &running->arguments.peers;
    for (size_t i = 0; i < list->count && i < INSTANCE_PEERS_MAX; i++) {
        const char *equals = strchr(list->items[i], '=');
        size_t size = equals != NULL ? (size_t)(equals - list->items[i]) : 0;
        if (size == 0 || size >= sizeof running->peers[i])
            return fail(failure, EXIT_USAGE, "--peer '%s' is not NAME=https://HOST:PORT",
                        list->items[i]);
        memcpy(running->peers[i], list->items[i], size);
        if (service_named(running->peers[i]) == NULL)
            return fail_name("--peer: ", running->peers[i], failure);
        options->peers[options->peer_count++] =
            (struct instance_peer){running->peers[i], equals + 1};
    }
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
        .clock = &serving->clock,
        .state = arguments->state,
        .db = arguments->db,
        .listen = arguments->listen != NULL ? arguments->listen : "127.0.0.1:0",
        .host = arguments->host,
        .tls = arguments->tls != NULL ? arguments->tls : running->tls,
        .metrics = arguments->metrics,
        .workers = (unsigned)arguments->workers,
        .keep_requests_ms = arguments->keep_days * DAY_MS,
        .log = (enum log_level)arguments->log,
        .seed = arguments->run.seeded ? &running->seed : NULL};
    return places_check(options, arguments->tls == NULL ? role_name(service->party.role) : NULL,
                        failure) &&
           take_peers(running, failure) && read_keys(running, failure);
}

// ---- begin and end -----------------------------------------------------------------------------

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
    running->arguments = (struct arguments){.run = program_run_now(), .log = LEVEL_INFO};
    return settle(serving, running, name, failure) &&
           fill_options(serving, running, service, failure);
}

static bool add_named(struct serving *serving, struct failure *failure) {
    const struct option_words *names = &serving->arguments.names;
    if (serving->arguments.config != NULL &&
        (!config_read(&serving->config, serving->arguments.config, failure) ||
         !check_sections(serving, failure)))
        return false;
    if (names->count == 1 && strcmp(names->items[0], "all") == 0) {
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
    return places_differ(all, serving->count, failure);
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
        bytes_erase(&running->scalar, sizeof running->scalar);
        crypto_openssl_free(running->crypto);
        free(running);
    }
    return left == 0 || fail(failure, EXIT_REFUSED, "%zu requests were not answered in time", left);
}

static int tell_openapi(const struct serving *serving, struct failure *failure) {
    const struct api *apis[SERVICE_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        apis[count++] = services[i]->api;
    (void)serving;
    json_t *json = document_openapi(apis, count, TESSERA_VERSION);
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    if (text != NULL)
        printf("%s\n", text);
    json_decref(json);
    free(text);
    return exit_of(text != NULL || fail(failure, EXIT_REFUSED, "out of memory"), failure);
}

static int serve_all(void *context, struct failure *failure) {
    struct serving *serving = context;
    sigset_t signals;
    struct failure end;
    if (serving->arguments.openapi)
        return tell_openapi(serving, failure);
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);
    instances_block_signals(&signals);
    set_clock(serving);
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
    {"state", "DIR", OPTION_DIRECTORY, "databases, objects and, in tls/, certificates",
     .at = AT(state)},
    {"db", "URL", OPTION_TEXT, "postgresql://...; without it SQLite in the state", .at = AT(db)},
    {"listen", "ADDR:PORT", OPTION_TEXT, "where to listen (127.0.0.1:0, any free port)",
     .at = AT(listen)},
    {"host", "NAME", OPTION_TEXT, "how clients call this host; else the address", .at = AT(host)},
    {"tls", "DIR", OPTION_DIRECTORY, "root.pem, certificate.pem, key.pem, crl.pem (STATE/tls)",
     .at = AT(tls)},
    {"sign", "DIR", OPTION_DIRECTORY,
     "root.cvc, issuer.cvc, certificate.cvc, key.pem of who signs (as --tls)", .at = AT(sign)},
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
    struct serving serving = {.arguments = {.run = program_run_now(), .log = LEVEL_INFO},
                              .argc = argc};
    serving.argv = calloc((size_t)argc + 1, sizeof *argv);
    if (serving.argv == NULL)
        return EXIT_REFUSED;
    memcpy(serving.argv, argv, (size_t)argc * sizeof *argv);
    int code = command_main(&serve, &serving, argc, argv);
    free(serving.argv);
    return code;
}
