// SPDX-License-Identifier: Apache-2.0
#include "apdu/trace/tracing.h"

#include "base/program.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/// A link with the one inside that does the work.
struct traced {
    struct link link;
    struct link *inside;
    struct tracing *tracing;
    size_t card;
};

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// ---- the link ----------------------------------------------------------------------------------

/// What the inner link says of its last failure is said by this one.
static enum link_status pass_error(struct traced *traced, enum link_status status) {
    if (status != LINK_OK)
        memcpy(traced->link.error, traced->inside->error, sizeof traced->link.error);
    return status;
}

static void tell_event(struct traced *traced, const char *what, struct bytes atr) {
    struct tracing *tracing = traced->tracing;
    pthread_mutex_lock(&tracing->lock);
    for (size_t i = 0; i < tracing->sink_count; i++)
        trace_event(&tracing->sinks[i], traced->card, traced->link.name, what, atr);
    pthread_mutex_unlock(&tracing->lock);
}

static enum link_status traced_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                        size_t capacity, size_t *answer_size) {
    struct traced *traced = (struct traced *)link;
    struct tracing *tracing = traced->tracing;
    struct dissect_exchange exchange = {
        .card = traced->card, .card_name = link->name, .command = command, .begin = now_ns()};
    enum link_status status = link_transmit(traced->inside, command, answer, capacity, answer_size);
    exchange.end = now_ns();
    exchange.answer = bytes_of(answer, status == LINK_OK ? *answer_size : 0);
    pthread_mutex_lock(&tracing->lock);
    for (size_t i = 0; i < tracing->sink_count; i++)
        trace_exchange(&tracing->sinks[i], exchange);
    pthread_mutex_unlock(&tracing->lock);
    return pass_error(traced, status);
}

static enum link_status traced_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                     size_t capacity, size_t *atr_size) {
    struct traced *traced = (struct traced *)link;
    enum link_status status = link_reset(traced->inside, kind, atr, capacity, atr_size);
    bool known = status == LINK_OK && atr != NULL && atr_size != NULL;
    tell_event(traced, kind == LINK_RESET_WARM ? "reset" : "power off and on",
               known ? bytes_of(atr, *atr_size) : bytes_of(NULL, 0));
    return pass_error(traced, status);
}

static void traced_close(struct link *link) {
    struct traced *traced = (struct traced *)link;
    pthread_mutex_lock(&traced->tracing->lock);
    traced->tracing->cards &= ~(UINT32_C(1) << traced->card);
    pthread_mutex_unlock(&traced->tracing->lock);
    link_close(traced->inside);
    free(traced);
}

/// The first place that is free in the dissectors, which then name their cards if it is a second.
static size_t take_place(struct tracing *tracing) {
    size_t card = 0;
    pthread_mutex_lock(&tracing->lock);
    while (card < DISSECT_CARDS_MAX - 1 && (tracing->cards & UINT32_C(1) << card) != 0)
        card++;
    tracing->cards |= UINT32_C(1) << card;
    pthread_mutex_unlock(&tracing->lock);
    return card;
}

struct link *tracing_link(struct tracing *tracing, struct link *link) {
    static const struct link_ops ops = {traced_transmit, traced_reset, traced_close};
    struct traced *traced = link != NULL && tracing != NULL && tracing->sink_count > 0
                                ? calloc(1, sizeof *traced)
                                : NULL;
    if (traced == NULL)
        return link;
    *traced = (struct traced){
        .link = *link, .inside = link, .tracing = tracing, .card = take_place(tracing)};
    traced->link.ops = &ops;
    tell_event(traced, "link opened", bytes_of(NULL, 0));
    return &traced->link;
}

// ---- where it goes -----------------------------------------------------------------------------

bool tracing_open(struct tracing *tracing, struct failure *failure) {
    tracing->path = getenv("TESSERA_TRACE");
    if (tracing->path != NULL && tracing->path[0] == '\0')
        tracing->path = NULL;
    if (!tracing->wanted && tracing->path == NULL)
        return true;
    pthread_mutex_init(&tracing->lock, NULL);
    tracing->crypto = crypto_openssl_new();
    if (tracing->wanted)
        trace_open(&tracing->sinks[tracing->sink_count++], stderr, program_colour(stderr), true,
                   tracing->crypto);
    if (tracing->path == NULL)
        return true;
    if (!trace_open_file(&tracing->sinks[tracing->sink_count], tracing->path, true,
                         tracing->crypto))
        return fail_errno(failure, "cannot write %s (TESSERA_TRACE)", tracing->path);
    tracing->sink_count++;
    return true;
}

int tracing_end(struct tracing *tracing, const char *name, int code) {
    struct failure failure;
    bool whole = true;
    for (size_t i = 0; i < tracing->sink_count; i++)
        whole = trace_close(&tracing->sinks[i]) && whole;
    if (tracing->crypto != NULL)
        pthread_mutex_destroy(&tracing->lock);
    crypto_openssl_free(tracing->crypto);
    if (whole)
        return code;
    fail(&failure, EXIT_REFUSED, "not all of the trace could be written");
    int lost = program_fail(name, &failure);
    return code != EXIT_DONE ? code : lost;
}
