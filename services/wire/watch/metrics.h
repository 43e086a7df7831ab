// SPDX-License-Identifier: Apache-2.0
// Counters, gauges and histograms of a service, in the text format of Prometheus (0.0.4). All that
// may be counted stands in one table; labels are names of the program's own, never what a client
// sent.
#ifndef SERVICES_WIRE_WATCH_METRICS_H
#define SERVICES_WIRE_WATCH_METRICS_H

#include "base/buffer.h"

#include <pthread.h>

/// X(identifier, name, kind, first label, second label, help).
#define METRICS(X)                                                                                 \
    X(METRIC_REQUESTS, "tessera_requests_total", COUNTER, "endpoint", "status",                    \
      "Requests answered, by endpoint and status.")                                                \
    X(METRIC_REQUEST_SECONDS, "tessera_request_seconds", HISTOGRAM, "endpoint", NULL,              \
      "From a request's first octet to its answer's last, by endpoint.")                           \
    X(METRIC_REFUSED, "tessera_refused_requests_total", COUNTER, "word", NULL,                     \
      "Requests refused before any endpoint, by the word of the problem.")                         \
    X(METRIC_CONNECTIONS, "tessera_connections", GAUGE, NULL, NULL, "Connections open now.")       \
    X(METRIC_QUEUE_LENGTH, "tessera_queue_length", GAUGE, NULL, NULL,                              \
      "Requests that wait for a worker.")                                                          \
    X(METRIC_COMMITS, "tessera_commits_total", COUNTER, NULL, NULL, "Durable commits.")            \
    X(METRIC_COMMIT_SECONDS, "tessera_commit_seconds", HISTOGRAM, NULL, NULL,                      \
      "Time of one commit.")                                                                       \
    X(METRIC_GROUP_SIZE, "tessera_group_size", HISTOGRAM, NULL, NULL,                              \
      "Requests that share a commit.")                                                             \
    X(METRIC_STORE_RETRIES, "tessera_store_retries_total", COUNTER, "reason", NULL,                \
      "Transactions run again, by reason.")                                                        \
    X(METRIC_OUTBOX_ROWS, "tessera_outbox_rows", GAUGE, "state", NULL,                             \
      "Calls to other services: due, done, or in need of a person.")                               \
    X(METRIC_UNSEALED_ROWS, "tessera_unsealed_rows", GAUGE, NULL, NULL,                            \
      "Journal rows that no seal covers yet.")                                                     \
    X(METRIC_CERTIFICATE_EXPIRY, "tessera_certificate_expiry_seconds", GAUGE, NULL, NULL,          \
      "When the service's certificate ends, in seconds since 1970.")

#define METRIC_ENUM(identifier, name, kind, first, second, help) identifier,
enum metric { METRICS(METRIC_ENUM) METRIC_COUNT };
#undef METRIC_ENUM

/// How many series one metric may have; what would be one more is counted under "other".
enum { METRIC_SERIES_MAX = 512, METRIC_LABEL_MAX = 48 };

struct metric_series;

struct metrics {
    const struct script_memory *memory;
    pthread_mutex_t lock; // of what follows
    struct metric_series *series[METRIC_COUNT];
    size_t counts[METRIC_COUNT];
};

/// All zero and without series, which grow by memory; it outlives the metrics.
void metrics_init(struct metrics *metrics, const struct script_memory *memory);
/// Frees every series; no other thread may count any more.
void metrics_free(struct metrics *metrics);

/// Labels as the row has them, NULL where it has none. From any thread; metrics NULL is nobody's.
/// When memory is out nothing is counted.
void metrics_add(struct metrics *metrics, enum metric metric, const char *first, const char *second,
                 uint64_t more);
void metrics_set(struct metrics *metrics, enum metric metric, const char *first, const char *second,
                 double value);
/// A histogram's: seconds, or a size.
void metrics_observe(struct metrics *metrics, enum metric metric, const char *first, double value);

/// Appends all that was counted. False: memory.
bool metrics_write(struct metrics *metrics, struct buffer *out);

#define METRICS_MEDIA "text/plain; version=0.0.4; charset=utf-8"

#endif
