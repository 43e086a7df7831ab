// SPDX-License-Identifier: Apache-2.0
// tessera apdu run --trace: the dissector as a tap.
#include <stdlib.h>

#include "apdu/dissect/dissect.h"
#include "apdu/script/host.h"
#include "apdu/script/taps.h"

struct trace_tap {
    struct script_tap tap;
    FILE *out;
    struct dissector dissector;
    uint64_t start;
};

static void print(struct trace_tap *trace) {
    struct buffer *text = &trace->dissector.out.text;
    fwrite(text->data, 1, text->size, trace->out);
    fflush(trace->out);
    buffer_clear(text);
}

static void trace_exchange(struct script_tap *tap, const struct script_exchange *what) {
    struct trace_tap *trace = (struct trace_tap *)tap;
    struct dissect_span spans[SECRET_SPANS_MAX];
    if (trace->start == 0)
        trace->start = what->begin;
    for (size_t i = 0; i < what->secret_count; i++)
        spans[i] = (struct dissect_span){what->secrets[i].offset, what->secrets[i].size};
    struct dissect_exchange exchange = {.card = what->card,
                                        .card_name = what->card_name,
                                        .command = what->command,
                                        .answer = what->answer,
                                        .clear_command = what->clear_command,
                                        .clear_answer = what->clear_answer,
                                        .begin = (what->begin - trace->start) / 1000,
                                        .end = (what->end - trace->start) / 1000 + 1,
                                        .secrets = spans,
                                        .secret_count = what->secret_count,
                                        .secret = what->secret};
    dissect_exchange(&trace->dissector, &exchange);
    print(trace);
}

static void trace_event(struct script_tap *tap, const struct script_event *what) {
    static const char *const words[] = {[EVENT_RESET] = "reset",
                                        [EVENT_COLD_RESET] = "power off and on",
                                        [EVENT_POWER_CUT] = "power cut is armed",
                                        [EVENT_INSERT] = "card inserted",
                                        [EVENT_REMOVE] = "card removed"};
    struct trace_tap *trace = (struct trace_tap *)tap;
    dissect_event(&trace->dissector, what->card, what->card_name, words[what->kind], what->atr);
    print(trace);
}

static bool trace_close(struct script_tap *tap) {
    struct trace_tap *trace = (struct trace_tap *)tap;
    bool ok = !ferror(trace->out);
    dissector_free(&trace->dissector);
    free(trace);
    return ok;
}

struct script_tap *trace_tap_open(FILE *out, bool colour, bool several,
                                  const struct crypto *crypto) {
    struct trace_tap *trace = calloc(1, sizeof *trace);
    if (trace == NULL)
        return NULL;
    trace->tap = (struct script_tap){trace_exchange, trace_event, trace_close, NULL};
    trace->out = out;
    dissector_init(&trace->dissector, &host_memory, crypto, colour);
    trace->dissector.name_cards = several;
    return &trace->tap;
}
