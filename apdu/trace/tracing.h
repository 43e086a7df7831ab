// SPDX-License-Identifier: Apache-2.0
// What a program that talks to cards traces: --trace explains every exchange on standard error,
// TESSERA_TRACE=FILE at the end of that file (mode 0600). Every link that the program opens goes
// through tracing_link. Several threads may use their links at once.
#ifndef APDU_TRACE_TRACING_H
#define APDU_TRACE_TRACING_H

#include "apdu/command/link.h"
#include "apdu/trace/trace.h"
#include "base/failure.h"

#include <pthread.h>

/// Row of an option table; flag: offset of tracing.wanted.
#define OPTION_TRACE_HELP "explain every exchange with a card on standard error"
#define OPTION_TRACE_ROW(flag)                                                                     \
    { "trace", NULL, OPTION_FLAG, OPTION_TRACE_HELP, .at = (flag) }

enum { TRACING_SINKS = 2 };

struct tracing {
    bool wanted; // --trace
    struct trace sinks[TRACING_SINKS];
    size_t sink_count;
    struct crypto *crypto; // for signatures that go by
    pthread_mutex_t lock;
    uint32_t cards; // bits of the links that are open
    const char *path;
};

/// Zeroed but for wanted in. False: the file of TESSERA_TRACE cannot be written.
bool tracing_open(struct tracing *tracing, struct failure *failure);

/// A link that tells what passes; it owns the other one. Where nothing is traced, tracing is NULL
/// or link is NULL, link itself.
struct link *tracing_link(struct tracing *tracing, struct link *link);

/// For the end of a program that would end with this code; due also when tracing_open failed or was
/// never called. The code, or a message and EXIT_REFUSED when not all of the trace could be
/// written.
int tracing_end(struct tracing *tracing, const char *name, int code);

#endif
