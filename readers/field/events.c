// SPDX-License-Identifier: Apache-2.0
#include "readers/field/events.h"
#include "base/must.h"

// SplitMix64: small, and the same everywhere.
uint64_t field_random(struct rf_field *field) {
    uint64_t z = field->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void field_schedule(struct rf_field *field, uint64_t at,
                    void (*run)(struct rf_field *field, unsigned index, uint64_t number),
                    unsigned index, uint64_t number) {
    unsigned i = 0;
    while (i < field->event_count &&
           (field->events[i].run != run || field->events[i].index != index))
        i++;
    must(i < FIELD_EVENTS_MAX, "the queue has room for one event a kind and index");
    if (i == field->event_count)
        field->event_count++;
    field->events[i] = (struct field_event){at, field->order++, number, run, index};
}

static unsigned first_event(const struct rf_field *field) {
    unsigned first = 0;
    for (unsigned i = 1; i < field->event_count; i++) {
        const struct field_event *a = &field->events[i], *b = &field->events[first];
        if (a->at < b->at || (a->at == b->at && a->order < b->order))
            first = i;
    }
    return first;
}

bool field_next(const struct rf_field *field, uint64_t *at_ns) {
    if (field->event_count == 0)
        return false;
    *at_ns = field->events[first_event(field)].at;
    return true;
}

void field_advance(struct rf_field *field, uint64_t now_ns) {
    while (field->event_count > 0) {
        unsigned first = first_event(field);
        struct field_event event = field->events[first];
        if (event.at > now_ns)
            break;
        field->events[first] = field->events[--field->event_count];
        if (event.at > field->now)
            field->now = event.at;
        event.run(field, event.index, event.number);
    }
    if (now_ns > field->now)
        field->now = now_ns;
}
