// SPDX-License-Identifier: Apache-2.0
// Exchanges explained while they happen: the dissector, on a stream. Secrets are masked as the
// dissector masks them.
#ifndef APDU_TRACE_TRACE_H
#define APDU_TRACE_TRACE_H

#include "apdu/dissect/dissect.h"

#include <stdio.h>

struct trace {
    FILE *out;
    bool own; // the stream is closed with the trace
    struct dissector dissector;
    uint64_t start; // of its clock, nanoseconds; 0: nothing happened yet
};

/// Explains on a stream that stays the caller's. several: lines name the card. Signatures are
/// checked when crypto is given, which must outlive the trace.
void trace_open(struct trace *trace, FILE *out, bool colour, bool several,
                const struct crypto *crypto);

/// Explains at the end of a file of mode 0600, made if need be. False: errno.
bool trace_open_file(struct trace *trace, const char *path, bool several,
                     const struct crypto *crypto);

/// One exchange; its begin and end are nanoseconds of a clock that goes on.
void trace_exchange(struct trace *trace, struct dissect_exchange exchange);

/// Reset, power cut, insertion, removal.
void trace_event(struct trace *trace, size_t card, const char *card_name, const char *what,
                 struct bytes atr);

/// False: not everything could be written.
bool trace_close(struct trace *trace);

#endif
