// SPDX-License-Identifier: Apache-2.0
// What a service writes about itself: one JSON object a line, of a fixed set of fields. Octets,
// bodies and secret fields have no way in; what comes from outside is cut and cleaned.
#ifndef SERVICES_WIRE_WATCH_LOG_H
#define SERVICES_WIRE_WATCH_LOG_H

#include "base/clock.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum log_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_INFO, LEVEL_DEBUG };

enum {
    LOG_TEXT_MAX = 120,  // characters of one value; more are cut
    LOG_EVENTS_MAX = 64, // kinds of events that are counted apart
    LOG_A_SECOND = 20,   // lines of one kind of event; the rest is counted
};

/// Texts may be NULL: the field is left out, as are numbers below 0.
struct log_entry {
    enum log_level level;
    const char *event;    // constant word: "access", "store-lost", "started"
    const char *endpoint; // name of a row
    const char *sender;   // id of a certificate
    const char *request;  // id of the exchange
    const char *word;     // of a problem
    const char *detail;   // a constant sentence or a failure's text
    int status;           // of the answer
    int64_t us, count;
};

struct log {
    int file; // the caller's: 2
    enum log_level least;
    const char *service;
    const struct clock *clock;
    pthread_mutex_t lock; // of what follows
    struct log_kind {
        const char *event;
        uint64_t second;
        unsigned lines, left_out;
    } kinds[LOG_EVENTS_MAX];
};

/// Entries above least are not written. What log points to lives as long as it.
void log_open(struct log *log, int file, enum log_level least, const char *service,
              const struct clock *clock);
void log_close(struct log *log);

/// Writes the line in one piece, from any thread. Of one kind of event no more than LOG_A_SECOND
/// lines a second, but for "access"; the next line of that kind says in "left_out" how many were
/// not written. NULL for log is nobody's.
void log_write(struct log *log, const struct log_entry *entry);

/// "error", "warning", "info", "debug". False: another word.
bool log_level_of(const char *word, enum log_level *level);

#endif
