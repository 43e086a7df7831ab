// SPDX-License-Identifier: Apache-2.0
#include "card/applets/once.h"

static const uint32_t COUNTER_END = UINT32_MAX;

enum { STATES_A_READ = 128 };

static uint32_t state_offset(const struct once *once, uint32_t n) {
    return once->offset + ONCE_HEADER_SIZE + n % once->slots;
}

struct once once_at(const struct card_call *call, uint32_t offset, uint16_t slots,
                    uint16_t record_size) {
    return (struct once){.offset = offset,
                         .slots = slots,
                         .record_size = record_size,
                         .base = (uint32_t)card_read_uint(call, offset, 4),
                         .next = (uint32_t)card_read_uint(call, offset + 4, 4)};
}

uint32_t once_size(uint16_t slots, uint16_t record_size) {
    return ONCE_HEADER_SIZE + (uint32_t)slots * (1U + record_size);
}

void once_init(struct card_call *call, uint32_t offset, uint32_t first) {
    card_stage_uint(call, offset, 4, first);
    card_stage_uint(call, offset + 4, 4, first);
}

enum once_state once_state(const struct card_call *call, const struct once *once, uint32_t n) {
    if (n < once->base)
        return ONCE_FORGOTTEN;
    if (n >= once->next)
        return ONCE_NEVER;
    return (enum once_state)card_read_uint(call, state_offset(once, n), 1);
}

uint16_t once_room(const struct once *once) {
    if (once->next - once->base >= once->slots)
        return SW_WINDOW_FULL;
    if (once->next > COUNTER_END - once->slots)
        return SW_COUNTER_END;
    return SW_OK;
}

void once_open(struct card_call *call, struct once *once, const void *record) {
    card_stage_uint(call, state_offset(once, once->next), 1, ONCE_OPEN);
    card_stage(call, once_record(once, once->next), record, once->record_size);
    once->next++;
    card_stage_uint(call, once->offset + 4, 4, once->next);
}

void once_close(struct card_call *call, const struct once *once, uint32_t n, enum once_state end) {
    card_stage_uint(call, state_offset(once, n), 1, end);
}

uint32_t once_record(const struct once *once, uint32_t n) {
    return once->offset + ONCE_HEADER_SIZE + once->slots +
           (n % once->slots) * (uint32_t)once->record_size;
}

bool once_next_open(const struct card_call *call, const struct once *once, uint32_t first,
                    uint32_t last, uint32_t *n) {
    uint8_t states[STATES_A_READ];
    uint32_t end = last < once->next ? last + 1 : once->next;
    for (uint32_t at = first; at < end;) {
        uint32_t run = once->slots - at % once->slots; // up to where the table begins again
        run = run < end - at ? run : end - at;
        run = run < STATES_A_READ ? run : STATES_A_READ;
        card_read(call, state_offset(once, at), states, run);
        for (uint32_t i = 0; i < run; i++)
            if (states[i] == ONCE_OPEN) {
                *n = at + i;
                return true;
            }
        at += run;
    }
    return false;
}

void once_forget(struct card_call *call, struct once *once, uint32_t base) {
    once->base = base;
    card_stage_uint(call, once->offset, 4, base);
}
