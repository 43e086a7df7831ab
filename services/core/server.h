// SPDX-License-Identifier: Apache-2.0
// A service with threads: a queue and workers that answer exchanges, a courier that delivers its
// calls, a keeper. The network is another's (http_server), which is handed server_listener().
// Order of stopping: http_server_drain, server_drain, http_server_stop, server_stop, store_close.
#ifndef SERVICES_CORE_SERVER_H
#define SERVICES_CORE_SERVER_H

#include "services/core/service.h"

struct server;

struct server_options {
    const struct service_context *context;
    unsigned workers;          // 0: 64 (they mostly wait for a commit)
    unsigned queue_max;        // 0: 1024; beyond it answers are 503 with Retry-After
    uint64_t keep_requests_ms; // 0: see keeper.h
    const uint64_t *seed; // laboratories: every thread's random source from it; NULL: the system's
};

/// Starts the threads. Options' context lives as long as the server. NULL: no memory or thread.
struct server *server_start(const struct server_options *options, struct failure *failure);

/// Queues what comes. A decision that needs another service (202) is waited for up to 2 s.
const struct listener *server_listener(struct server *server);

/// Requests that wait or run.
size_t server_load(struct server *server);

/// Answers what is here, for at most wait_ms, and whatever still comes with 503. Returns how many
/// are left unanswered.
size_t server_drain(struct server *server, unsigned wait_ms);

/// Drains, ends the threads, seals the journal and signs its last checkpoint. Returns how many
/// requests were left after wait_ms: unless that is 0 the threads go on, and only the end of the
/// process ends them.
size_t server_stop(struct server *server, unsigned wait_ms);

#endif
