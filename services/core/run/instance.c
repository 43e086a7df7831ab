// SPDX-License-Identifier: Apache-2.0
#include "services/core/run/instance.h"

#include "base/files.h"
#include "base/heap.h"
#include "services/core/books/journal.h"
#include "services/core/keeper/outbox.h"
#include "services/core/party.h"
#include "services/core/run/instance_watch.h"
#include "services/core/server.h"
#include "services/core/store/store_postgres.h"
#include "services/core/store/store_sqlite.h"
#include "services/wire/courier/courier_http.h"
#include "services/wire/http/http_listen.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOT_MAX = 8192 };

/// Files of TLS by their names in the directory.
struct tls_paths {
    char root[PATH_MAX], certificate[PATH_MAX], key[PATH_MAX], revoked[PATH_MAX];
};

struct instance {
    struct instance_options options;
    struct crypto *crypto; // of the time before the threads
    struct tls_paths paths;
    struct tls_source tls;
    bool has_tls;
    struct courier_http_target targets[INSTANCE_PEERS_MAX];
    struct courier_http_options courier_options;
    struct courier_http *courier;
    struct server *server;
    int socket; // bound; -1: none, or the server has it
    struct http_server *http;
    struct instance_watch watch; // and the context
    char url[INSTANCE_URL_MAX];
    const char *hosts[3];
    char bare[INSTANCE_URL_MAX]; // the host alone, as clients name the port that HTTPS has anyway
    char name[96];               // among several over one database
    uint64_t taken_up;           // calls, at the last begin or reload
};

bool instance_add_peer(struct instance_options *options, const char *name, size_t size,
                       const char *url) {
    struct instance_peer *peer = &options->peers[options->peer_count];
    if (options->peer_count == INSTANCE_PEERS_MAX || size == 0 || size >= sizeof peer->name)
        return false;
    memcpy(peer->name, name, size);
    peer->name[size] = '\0';
    peer->url = url;
    options->peer_count++;
    return true;
}

// ---- certificates ------------------------------------------------------------------------------

static bool open_tls(struct instance *instance, struct failure *failure) {
    struct tls_paths *paths = &instance->paths;
    const char *directory = instance->options.tls;
    const struct tls_files files = {paths->root, paths->certificate, paths->key, paths->revoked};
    if (!files_path(paths->root, PATH_MAX, directory, "root.pem") ||
        !files_path(paths->certificate, PATH_MAX, directory, "certificate.pem") ||
        !files_path(paths->key, PATH_MAX, directory, "key.pem") ||
        !files_path(paths->revoked, PATH_MAX, directory, "crl.pem"))
        return fail_errno(failure, "%s", directory);
    const char *key = instance->options.tls_key;
    if (key != NULL && snprintf(paths->key, PATH_MAX, "%s", key) >= PATH_MAX)
        return fail(failure, EXIT_USAGE, "--tls-key is too long");
    instance->has_tls = tls_source_open(&instance->tls, &files, failure);
    return instance->has_tls;
}

/// Which authority this is: SHA-256 of its root as it lies there.
static bool fingerprint(struct instance *instance, char text[2 * SHA256_SIZE + 1],
                        struct failure *failure) {
    uint8_t root[ROOT_MAX], digest[SHA256_SIZE];
    size_t size = 0;
    if (!files_read(instance->paths.root, root, sizeof root, &size))
        return fail_errno(failure, "cannot read %s", instance->paths.root);
    if (!instance->crypto->ops->sha256(instance->crypto, bytes_of(root, size), digest))
        return fail(failure, EXIT_REFUSED, "SHA-256 failed");
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return true;
}

// ---- the database ------------------------------------------------------------------------------

static bool make_directory(const char *path, struct failure *failure) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return true;
    return fail_errno(failure, "cannot make the directory %s", path);
}

static struct store *open_sqlite(const struct instance_options *options, struct failure *failure) {
    char directory[PATH_MAX], name[64], path[PATH_MAX];
    struct store_sqlite_options sqlite = {.path = path};
    snprintf(name, sizeof name, "%s.sqlite", options->service->name);
    if (!files_path(directory, sizeof directory, options->state, "db") ||
        !files_path(path, sizeof path, directory, name)) {
        fail_errno(failure, "%s", options->state);
        return NULL;
    }
    return make_directory(directory, failure) ? store_sqlite_open(&sqlite, failure) : NULL;
}

static bool read_last(struct session *session, void *context) {
    *(uint64_t *)context = journal_last_ms(session);
    return true;
}

/// What was signed under a later clock may be in force or may have run out: nobody could tell.
static bool is_clock_ahead(struct instance *instance, struct failure *failure) {
    uint64_t last = 0, now = clock_now_ms(instance->options.clock);
    struct arena arena;
    arena_init(&arena, &host_memory);
    bool read =
        store_read(instance->watch.context.store, &arena, read_last, &last, failure) == STORE_DONE;
    arena_free(&arena);
    return read &&
           (now >= last ||
            fail(failure, EXIT_REFUSED,
                 "the clock is %llu seconds behind the last entry of the %s service's journal; set "
                 "the clock, or put back the right database",
                 (unsigned long long)((last - now) / 1000 + 1), instance->options.service->name));
}

static bool open_store(struct instance *instance, struct failure *failure) {
    const struct instance_options *options = &instance->options;
    struct store_postgres_options postgres = {.uri = options->db, .schema = options->service->name};
    char root[2 * SHA256_SIZE + 1];
    struct store_owner owner = {.service = options->service->name,
                                .root = root,
                                .program = "tessera " TESSERA_VERSION,
                                .crypto = instance->crypto,
                                .now_ms = clock_now_ms(options->clock)};
    if (!fingerprint(instance, root, failure))
        return false;
    instance->watch.context.store = options->db != NULL ? store_postgres_open(&postgres, failure)
                                                        : open_sqlite(options, failure);
    return instance->watch.context.store != NULL &&
           service_migrate(&instance->watch.context, &owner, failure) &&
           is_clock_ahead(instance, failure) &&
           (options->service->claim == NULL ||
            options->service->claim(&instance->watch.context, instance->crypto, failure));
}

// ---- other services ----------------------------------------------------------------------------

static bool open_courier(struct instance *instance, struct failure *failure) {
    const struct instance_options *options = &instance->options;
    for (size_t i = 0; i < options->peer_count; i++) {
        const struct instance_peer *peer = &options->peers[i];
        if (strcmp(peer->url, INSTANCE_HERE) == 0)
            return fail(failure, EXIT_USAGE, "--peer %s=%s: %s does not run in this process",
                        peer->name, peer->url, peer->name);
        instance->targets[i] = (struct courier_http_target){peer->name, peer->url};
    }
    instance->courier_options =
        (struct courier_http_options){.targets = instance->targets,
                                      .target_count = options->peer_count,
                                      .root = instance->paths.root,
                                      .certificate = instance->paths.certificate,
                                      .key = instance->paths.key,
                                      .revoked = instance->paths.revoked};
    instance->courier = courier_http_open(&instance->courier_options, failure);
    if (instance->courier == NULL)
        return false;
    instance->watch.context.courier = courier_http_courier(instance->courier);
    return true;
}

// ---- the network -------------------------------------------------------------------------------

/// The address under which clients come: as the host is called, at the port that was got.
static bool name_url(struct instance *instance, struct failure *failure) {
    char address[INSTANCE_URL_MAX];
    static const char scheme[] = "https://";
    if (!http_listen_name(instance->socket, address, sizeof address))
        return fail(failure, EXIT_REFUSED, "%s is no internet address", instance->options.listen);
    const char *port = strrchr(address, ':'), *host = instance->options.host;
    int size = snprintf(instance->url, sizeof instance->url, "%s%.*s%s", scheme,
                        host != NULL ? (int)strlen(host) : (int)(port - address),
                        host != NULL ? host : address, port);
    instance->hosts[0] = instance->url + sizeof scheme - 1;
    if (strcmp(port, ":443") == 0 && size > 0 && (size_t)size < sizeof instance->url) {
        snprintf(instance->bare, sizeof instance->bare, "%.*s",
                 (int)(strlen(instance->hosts[0]) - strlen(port)), instance->hosts[0]);
        instance->hosts[1] = instance->bare;
    }
    return (size > 0 && (size_t)size < sizeof instance->url) ||
           fail(failure, EXIT_USAGE, "the host's name %.40s... is too long", host);
}

static bool start_network(struct instance *instance, struct failure *failure) {
    const struct instance_options *options = &instance->options;
    struct server_options server = {.context = &instance->watch.context,
                                    .workers = options->workers,
                                    .keep_requests_ms = options->keep_requests_ms,
                                    .seed = options->seed};
    struct http_server_options http = {.tls = &instance->tls,
                                       .clock = options->clock,
                                       .memory = &host_memory,
                                       .hosts = instance->hosts,
                                       .observer = &instance->watch.observer,
                                       .socket = instance->socket};
    instance->server = server_start(&server, failure);
    if (instance->server == NULL)
        return false;
    instance->socket = -1;
    instance->http = http_server_start(&http, server_listener(instance->server), failure);
    return instance->http != NULL;
}

// ---- begin and end -----------------------------------------------------------------------------

static bool start_service(struct instance *instance, struct failure *failure) {
    const struct instance_options *options = &instance->options;
    const struct service_place place = {.state = options->state,
                                        .keys = &options->keys,
                                        .crypto = instance->crypto,
                                        .memory = &host_memory};
    return party_start(options->service, &place, &instance->watch.context.state, failure);
}

/// No two of one database have the same: leases are held by name.
static void name_instance(struct instance *instance) {
    char host[48] = "";
    gethostname(host, sizeof host - 1);
    snprintf(instance->name, sizeof instance->name, "%s.%ld.%" PRIu64, host, (long)getpid(),
             clock_now_ms(&clock_system));
    if (instance->options.db != NULL)
        instance->watch.context.instance = instance->name;
}

static bool take_up(struct session *session, void *context) {
    struct instance *instance = context;
    instance->taken_up = outbox_take_up(session, clock_now_ms(instance->options.clock));
    return true;
}

/// Who begins a service or has it read its files again has mended what kept its calls from others.
static bool take_up_calls(struct instance *instance, struct failure *failure) {
    struct arena arena;
    arena_init(&arena, &host_memory);
    bool done = store_write(instance->watch.context.store, &arena, take_up, instance, failure) ==
                STORE_DONE;
    arena_free(&arena);
    return done;
}

bool instance_begin(struct instance *instance, struct failure *failure) {
    const struct instance_options *options = &instance->options;
    instance->crypto = crypto_openssl_new();
    if (instance->crypto == NULL)
        return fail(failure, EXIT_REFUSED, "OpenSSL cannot start");
    instance->watch.context =
        (struct service_context){.service = options->service,
                                 .clock = options->clock,
                                 .memory = &host_memory,
                                 .signer = options->keys.signer,
                                 .certificates = options->keys.certificates,
                                 .certificate_count = options->keys.certificate_count};
    name_instance(instance);
    instance_watch_open(&instance->watch, options->log);
    return open_tls(instance, failure) && make_directory(options->state, failure) &&
           start_service(instance, failure) && open_store(instance, failure) &&
           (options->peer_count == 0 || open_courier(instance, failure)) &&
           take_up_calls(instance, failure) && start_network(instance, failure) &&
           instance_watch_start(&instance->watch, options->metrics, instance->server,
                                instance->http, &instance->tls, failure);
}

struct instance *instance_bind(const struct instance_options *options, struct failure *failure) {
    struct instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL) {
        fail(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    instance->options = *options;
    instance->socket = http_listen(options->listen, failure);
    if (instance->socket >= 0 && name_url(instance, failure))
        return instance;
    instance_stop(instance, 0);
    return NULL;
}

void instance_meet(struct instance *instance, const struct instance *other) {
    for (size_t i = 0; i < instance->options.peer_count; i++) {
        struct instance_peer *peer = &instance->options.peers[i];
        if (strcmp(peer->url, INSTANCE_HERE) == 0 &&
            strcmp(peer->name, other->options.service->name) == 0)
            peer->url = other->url;
    }
}

const char *instance_url(const struct instance *instance) {
    return instance->url;
}

const char *instance_metrics_url(const struct instance *instance) {
    return instance->watch.url[0] != '\0' ? instance->watch.url : NULL;
}

bool instance_made_database(const struct instance *instance) {
    return instance->watch.context.store->is_new;
}

uint64_t instance_taken_up(const struct instance *instance) {
    return instance->taken_up;
}

bool instance_reload(struct instance *instance, struct failure *failure) {
    if (!tls_source_reload(&instance->tls, failure))
        return false;
    if (instance->courier != NULL)
        courier_http_reload(instance->courier);
    return take_up_calls(instance, failure);
}

/// Connections and threads; how many requests were left.
static size_t stop_network(struct instance *instance, unsigned wait_ms) {
    size_t left = 0;
    if (instance->http != NULL)
        http_server_drain(instance->http);
    if (instance->server != NULL)
        left = server_drain(instance->server, wait_ms);
    if (left == 0 && instance->http != NULL)
        left = http_server_stop(instance->http, wait_ms);
    if (left == 0 && instance->server != NULL)
        left = server_stop(instance->server, wait_ms);
    return left;
}

size_t instance_stop(struct instance *instance, unsigned wait_ms) {
    const struct service *service = instance->options.service;
    instance_watch_stop(&instance->watch);
    size_t left = stop_network(instance, wait_ms);
    if (left > 0)
        return left;
    if (instance->courier != NULL)
        courier_http_close(instance->courier);
    party_stop(service, instance->watch.context.state);
    if (instance->watch.context.store != NULL)
        store_close(instance->watch.context.store);
    if (instance->has_tls)
        tls_source_close(&instance->tls);
    if (instance->socket >= 0)
        close(instance->socket);
    if (instance->crypto != NULL)
        instance_watch_close(&instance->watch);
    crypto_openssl_free(instance->crypto);
    free(instance);
    return 0;
}
