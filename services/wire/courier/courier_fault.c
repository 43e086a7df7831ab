// SPDX-License-Identifier: Apache-2.0
#include "services/wire/courier/courier_fault.h"

#include <string.h>

struct courier_late {
    struct courier_late *next;
    struct arena arena; // this row and the parcel's octets lie here
    struct parcel parcel;
};

/// A good mixer of 64 bits (Steele, Lea, Flood 2014).
static uint64_t draw(uint64_t *seed) {
    uint64_t z = *seed += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static enum courier_fault_kind next_kind(struct courier_fault *fault) {
    fault->calls++;
    if (fault->at != 0)
        return fault->calls == fault->at ? fault->kind : COURIER_WELL;
    if (fault->rate == 0 || draw(&fault->seed) % fault->rate != 0)
        return COURIER_WELL;
    return COURIER_LOSE_REQUEST + draw(&fault->seed) % (COURIER_FAULTS - COURIER_LOSE_REQUEST);
}

static const char *keep_text(struct arena *arena, const char *text) {
    return text == NULL ? NULL
                        : (const char *)arena_copy(arena, bytes_of(text, strlen(text) + 1)).data;
}

/// Holds a copy of the parcel back. Without memory it is lost, which networks do as well.
static void hold(struct courier_fault *fault, const struct parcel *parcel) {
    struct arena arena;
    arena_init(&arena, fault->memory);
    struct courier_late *late = arena_take(&arena, sizeof *late);
    if (late == NULL)
        return;
    late->parcel = *parcel;
    late->parcel.target = keep_text(&arena, parcel->target);
    late->parcel.method = keep_text(&arena, parcel->method);
    late->parcel.path = keep_text(&arena, parcel->path);
    late->parcel.key = keep_text(&arena, parcel->key);
    late->parcel.accept = keep_text(&arena, parcel->accept);
    late->parcel.body = arena_copy(&arena, parcel->body);
    late->next = fault->late;
    late->arena = arena;
    fault->late = late;
}

static void drop_answer(struct courier_fault *fault, const struct parcel *parcel) {
    struct reply reply = {0};
    struct failure ignored;
    buffer_init(&reply.body, fault->memory);
    fault->inner->ops->send(fault->inner, parcel, &reply, &ignored);
    buffer_free(&reply.body);
}

void courier_fault_settle(struct courier_fault *fault) {
    while (fault->late != NULL) {
        struct courier_late *late = fault->late;
        struct arena arena = late->arena;
        fault->late = late->next;
        if (!arena.failed)
            drop_answer(fault, &late->parcel);
        arena_free(&arena);
    }
}

static enum delivery lost(const struct parcel *parcel, struct failure *failure) {
    fail(failure, EXIT_OPEN, "%s did not answer %s", parcel->target, parcel->path);
    return DELIVERY_OPEN;
}

static enum delivery fault_send(const struct courier *courier, const struct parcel *parcel,
                                struct reply *reply, struct failure *failure) {
    struct courier_fault *fault = courier->context;
    const struct courier *inner = fault->inner;
    enum delivery delivery = DELIVERY_OPEN;
    enum courier_fault_kind kind = next_kind(fault);
    if (kind == COURIER_LATE) {
        hold(fault, parcel);
        return lost(parcel, failure);
    }
    if (kind == COURIER_LOSE_REPLY || kind == COURIER_DOUBLE)
        drop_answer(fault, parcel);
    if (kind == COURIER_LOSE_REQUEST || kind == COURIER_LOSE_REPLY)
        delivery = lost(parcel, failure);
    else
        delivery = inner->ops->send(inner, parcel, reply, failure);
    courier_fault_settle(fault);
    return delivery;
}

static const struct courier_ops fault_ops = {fault_send};

void courier_fault_init(struct courier_fault *fault, const struct courier *inner,
                        const struct script_memory *memory) {
    *fault = (struct courier_fault){
        .courier = {&fault_ops, fault},
        .inner = inner,
        .memory = memory,
    };
}
