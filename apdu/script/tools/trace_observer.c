// SPDX-License-Identifier: Apache-2.0
// tessera apdu run --trace: a trace as an observer.
#include <stdlib.h>

#include "apdu/script/tools/observers.h"
#include "apdu/trace/trace.h"
#include "base/must.h"

struct trace_observer {
    struct script_observer observer;
    struct trace trace;
};

static void tell_exchange(struct script_observer *observer, const struct script_exchange *what) {
    struct trace_observer *trace = (struct trace_observer *)observer;
    struct dissect_span spans[SECRET_SPANS_MAX];
    for (size_t i = 0; i < what->secret_count; i++)
        spans[i] = (struct dissect_span){what->secrets[i].offset, what->secrets[i].size};
    struct dissect_exchange exchange = {.card = what->card,
                                        .card_name = what->card_name,
                                        .command = what->command,
                                        .answer = what->answer,
                                        .clear_command = what->clear_command,
                                        .clear_answer = what->clear_answer,
                                        .begin = what->begin,
                                        .end = what->end,
                                        .secrets = spans,
                                        .secret_count = what->secret_count,
                                        .secret = what->secret};
    trace_exchange(&trace->trace, exchange);
}

static void tell_event(struct script_observer *observer, const struct script_event *what) {
    static const char *const words[] = {[EVENT_RESET] = "reset",
                                        [EVENT_COLD_RESET] = "power off and on",
                                        [EVENT_POWER_CUT] = "power cut is armed",
                                        [EVENT_INSERT] = "card inserted",
                                        [EVENT_REMOVE] = "card removed"};
    must_cover(words, EVENT_KIND_COUNT);
    struct trace_observer *trace = (struct trace_observer *)observer;
    trace_event(&trace->trace, what->card, what->card_name, words[what->kind], what->atr);
}

static bool end(struct script_observer *observer) {
    struct trace_observer *trace = (struct trace_observer *)observer;
    bool ok = trace_close(&trace->trace);
    free(trace);
    return ok;
}

static struct trace_observer *new_observer(void) {
    struct trace_observer *trace = calloc(1, sizeof *trace);
    if (trace != NULL)
        trace->observer = (struct script_observer){tell_exchange, tell_event, end, NULL};
    return trace;
}

struct script_observer *trace_observer_open(FILE *out, bool colour, bool several,
                                            const struct crypto *crypto) {
    struct trace_observer *trace = new_observer();
    if (trace == NULL)
        return NULL;
    trace_open(&trace->trace, out, colour, several, crypto);
    return &trace->observer;
}

void trace_observer_know(struct script_observer *observer, const struct catalogue_own *own) {
    dissector_know(&((struct trace_observer *)observer)->trace.dissector, own);
}

struct script_observer *trace_observer_open_file(const char *path, bool several,
                                                 const struct crypto *crypto) {
    struct trace_observer *trace = new_observer();
    if (trace != NULL && trace_open_file(&trace->trace, path, several, crypto))
        return &trace->observer;
    free(trace);
    return NULL;
}
