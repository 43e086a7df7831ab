// SPDX-License-Identifier: Apache-2.0
#include "apdu/trace/trace.h"

#include "base/files.h"
#include "base/heap.h"

#include <fcntl.h>
#include <unistd.h>

void trace_open(struct trace *trace, FILE *out, bool colour, bool several,
                const struct crypto *crypto) {
    trace->out = out;
    trace->own = false;
    trace->start = 0;
    dissector_init(&trace->dissector, &host_memory, crypto, colour);
    trace->dissector.name_cards = several;
}

bool trace_open_file(struct trace *trace, const char *path, bool several,
                     const struct crypto *crypto) {
    int made =
        files_may_write(path) ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    FILE *file = made >= 0 ? fdopen(made, "a") : NULL;
    if (file == NULL)
        return false;
    trace_open(trace, file, false, several, crypto);
    trace->own = true;
    return true;
}

static void print(struct trace *trace) {
    struct buffer *text = &trace->dissector.out.text;
    fwrite(text->data, 1, text->size, trace->out);
    fflush(trace->out);
    buffer_clear(text);
}

void trace_exchange(struct trace *trace, struct dissect_exchange exchange) {
    if (trace->start == 0)
        trace->start = exchange.begin;
    exchange.begin = (exchange.begin - trace->start) / 1000;
    exchange.end = (exchange.end - trace->start) / 1000 + 1; // 0 is an end that nobody knows
    dissect_exchange(&trace->dissector, &exchange);
    print(trace);
}

void trace_event(struct trace *trace, size_t card, const char *card_name, const char *what,
                 struct bytes atr) {
    dissect_event(&trace->dissector, card, card_name, what, atr);
    print(trace);
}

bool trace_close(struct trace *trace) {
    bool ok = !ferror(trace->out);
    if (trace->own)
        ok = fclose(trace->out) == 0 && ok;
    dissector_free(&trace->dissector);
    return ok;
}
