// SPDX-License-Identifier: Apache-2.0
// What a running service tells about itself: access lines and failures on standard error, and a
// listener of its own for /metrics, /healthz and /readyz. Only instance.c includes it.
#ifndef SERVICES_CORE_RUN_INSTANCE_WATCH_H
#define SERVICES_CORE_RUN_INSTANCE_WATCH_H

#include "services/core/server.h"
#include "services/wire/http/http_server.h"
#include "services/wire/watch/log.h"
#include "services/wire/watch/status.h"

enum { WATCH_URL_MAX = 160 };

struct instance_watch {
    struct service_context context; // of the whole instance; first, so that its report finds us
    struct log log;
    struct metrics metrics;
    struct http_observer observer; // for the service's own network
    struct status status;
    struct http_server *http; // of the status pages; NULL: nowhere
    char url[WATCH_URL_MAX];
    struct server *server;        // what is measured
    struct http_server *measured; //
    struct tls_source *tls;       //
};

/// watch->context is filled in; its report becomes lines of the log.
void instance_watch_open(struct instance_watch *watch, enum log_level level);
/// address NULL: no pages.
bool instance_watch_start(struct instance_watch *watch, const char *address, struct server *server,
                          struct http_server *measured, struct tls_source *tls,
                          struct failure *failure);
/// The pages end; the log goes on.
void instance_watch_stop(struct instance_watch *watch);
void instance_watch_close(struct instance_watch *watch);

#endif
