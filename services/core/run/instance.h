// SPDX-License-Identifier: Apache-2.0
// One service at work in this process: its database, threads and network, what it tells about
// itself, and the order in which all of it ends.
#ifndef SERVICES_CORE_RUN_INSTANCE_H
#define SERVICES_CORE_RUN_INSTANCE_H

#include "services/core/service.h"
#include "services/wire/watch/log.h"

#define INSTANCE_HERE "here"

enum { INSTANCE_PEERS_MAX = 16, INSTANCE_URL_MAX = 160 };

/// Where another service is; url INSTANCE_HERE: in this process (instance_meet).
struct instance_peer {
    char name[32];
    const char *url;
};

/// Texts are the caller's and live as long as the instance.
struct instance_options {
    const struct service *service;
    const struct clock *clock;
    const char *state;   // directory; databases and objects lie below it
    const char *db;      // "postgresql://..."; NULL: SQLite in state
    const char *listen;  // "ADDRESS:PORT"
    const char *host;    // under which clients reach it; NULL: the address that it listens on
    const char *tls;     // directory of root.pem, certificate.pem, key.pem and, perhaps, crl.pem
    const char *tls_key; // pkcs11: URI of what stands in for key.pem; NULL: nothing does
    const char *metrics; // "ADDRESS:PORT" of /metrics, /healthz and /readyz; NULL: nowhere
    unsigned workers;    // 0: see server.h
    uint64_t keep_requests_ms; // 0: see keeper.h
    enum log_level log;
    const uint64_t *seed; // NULL: the system's randomness
    struct instance_peer peers[INSTANCE_PEERS_MAX];
    size_t peer_count;
    struct service_keys keys;
};

/// Where one more service is; size: octets of its name. False: there is no room, or no such name.
bool instance_add_peer(struct instance_options *options, const char *name, size_t size,
                       const char *url);

struct instance;

/// Takes the port that it will listen on, so that it has an address; nobody is served yet. NULL
/// with a sentence: a port in use (1), no such address (2).
struct instance *instance_bind(const struct instance_options *options, struct failure *failure);
/// If a peer of it is said to be here and is other's service, it is other, over the network as any.
void instance_meet(struct instance *instance, const struct instance *other);
/// Begins to serve; once. False with a sentence: a database that is newer or another authority's
/// (1), in use (5), a certificate of another authority (1), files that are missing (2), a peer that
/// is not here (2). The instance is to be stopped in every case.
bool instance_begin(struct instance *instance, struct failure *failure);

/// "https://HOST:PORT".
const char *instance_url(const struct instance *instance);
/// "http://ADDRESS:PORT" of its metrics; NULL: nowhere.
const char *instance_metrics_url(const struct instance *instance);

/// Did this start make its database's tables? Another one of several may have been faster.
bool instance_made_database(const struct instance *instance);

/// Reads certificates and the list of the revoked again, and takes up the calls that waited for a
/// person. False: what was in force stays.
bool instance_reload(struct instance *instance, struct failure *failure);
/// How many calls the last begin or reload took up.
uint64_t instance_taken_up(const struct instance *instance);

/// Answers what is here, for at most wait_ms, and ends. Returns how many requests were left: unless
/// that is 0 only the end of the process ends the rest.
size_t instance_stop(struct instance *instance, unsigned wait_ms);

#endif
