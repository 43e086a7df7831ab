// SPDX-License-Identifier: Apache-2.0
// STATEMENT and BATCH: what the purse tells the center, signed. Neither changes anything.
// docs/purse.md, "Settlement".
#include "card/applets/purse/center.h"
#include "card/applets/purse/commands.h"
#include "card/applets/purse/identity.h"
#include "card/applets/purse/pocket.h"
#include "card/applets/purse/ring.h"
#include "card/applets/purse/window.h"

#include <string.h>

/// Counters of the unratified entries, ascending, 4 octets each. Returns their size.
static size_t unratified_counters(const struct card_call *call, uint8_t *out) {
    uint16_t slots = geometry(call).ring;
    size_t size = 0;
    for (uint16_t slot = 0; slot < slots; slot++) {
        struct ring_entry entry = ring_at(call, slot);
        if (entry.state != PURSE_ENTRY_UNRATIFIED)
            continue;
        size_t at = size;
        for (; at > 0 && bytes_get_be(out + at - 4, 4) > entry.counter; at -= 4)
            memcpy(out + at, out + at - 4, 4);
        bytes_put_be(out + at, 4, entry.counter);
        size += 4;
    }
    return size;
}

uint16_t purse_statement(struct card_call *call) {
    struct center_object center;
    struct object_writer writer;
    struct once once = window_at(call);
    uint8_t holder[HOLDER_MAX], counters[RING_LARGE * 4];
    uint8_t pockets[PERSO_UNITS_MAX * POCKET_STATEMENT_SIZE];
    struct tlv_writer list = tlv_writer_over(pockets, sizeof pockets);
    uint16_t sw =
        center_open(call, OBJECT_STATEMENT_CHALLENGE, TAKEN_COUNT, call->command.data, &center);
    if (sw != SW_OK)
        return sw;
    uint64_t serial = number_get(call, NUMBER_SERIAL);
    size_t counters_size = unratified_counters(call, counters);
    pockets_put(call, &list);
    object_begin(&writer, OBJECT_STATEMENT, call->answer.data, call->answer.capacity);
    object_put_uint(&writer, FIELD_N, once.next);
    object_put_uint(&writer, FIELD_COUNTER, number_get(call, NUMBER_COUNTER));
    object_copy(&writer, FIELD_CHALLENGE, &center.object);
    if (serial != 0) {
        object_put_uint(&writer, FIELD_SERIAL, serial);
        object_put_uint(&writer, FIELD_REVISION, number_get(call, NUMBER_REVISION));
    }
    object_put_uint(&writer, FIELD_STATE_NUMBER, number_get(call, NUMBER_STATE));
    object_put(&writer, FIELD_PURSE, text_get(call, TEXT_HOLDER, holder));
    object_put_uint(&writer, FIELD_BASE, once.base);
    object_put(&writer, FIELD_COUNTERS, bytes_of(counters, counters_size));
    object_put(&writer, FIELD_POCKETS, tlv_writer_bytes(&list));
    return identity_answer(call, &writer);
}

/// Sums of credited requests, one row a unit, in ascending order of units.
struct sums {
    size_t count;
    uint16_t units[PERSO_UNITS_MAX];
    uint64_t amounts[PERSO_UNITS_MAX];
};

static void sums_add(struct sums *sums, uint16_t unit, uint64_t amount) {
    size_t at = 0;
    while (at < sums->count && sums->units[at] < unit)
        at++;
    if (at == sums->count || sums->units[at] != unit) {
        for (size_t i = sums->count++; i > at; i--) {
            sums->units[i] = sums->units[i - 1];
            sums->amounts[i] = sums->amounts[i - 1];
        }
        sums->units[at] = unit;
        sums->amounts[at] = 0;
    }
    sums->amounts[at] += amount; // a pocket's total holds them all: no overflow
}

static struct bytes sums_encode(const struct sums *sums, uint8_t *out) {
    for (size_t i = 0; i < sums->count; i++) {
        bytes_put_be(out + i * 10, 2, sums->units[i]);
        bytes_put_be(out + i * 10 + 2, 8, sums->amounts[i]);
    }
    return bytes_of(out, sums->count * 10);
}

/// Outcome bits of first..last (first in the highest bit) and sums of what was credited.
static size_t gather(const struct card_call *call, const struct once *once, uint32_t first,
                     uint32_t last, uint8_t *outcomes, struct sums *sums) {
    struct window_record record;
    for (uint32_t n = first; n <= last; n++) {
        if (once_state(call, once, n) != ONCE_DONE)
            continue;
        uint32_t bit = n - first;
        outcomes[bit / 8] = (uint8_t)(outcomes[bit / 8] | 0x80 >> bit % 8);
        window_read(call, once, n, &record);
        sums_add(sums, record.unit, record.amount);
    }
    return (last - first) / 8 + 1;
}

static uint16_t check_range(const struct card_call *call, const struct once *once, uint32_t first,
                            uint32_t last) {
    uint32_t open;
    if (first > last)
        return SW_WRONG_DATA;
    if (first < once->base)
        return SW_ASK_CENTER;
    if (last >= once->next)
        return SW_NOT_OPEN;
    return once_next_open(call, once, first, last, &open) ? SW_STILL_OPEN : SW_OK;
}

uint16_t purse_batch(struct card_call *call) {
    static const struct schema_field RANGE[] = {{FIELD_FIRST_N, false}, {FIELD_LAST_N, false}};
    struct object range;
    struct object_writer writer;
    struct sums sums = {0};
    uint8_t buffer[512], holder[HOLDER_MAX], outcomes[WINDOW_LARGE / 8] = {0};
    uint8_t encoded[PERSO_UNITS_MAX * 10];
    struct once once = window_at(call);
    if (!fields_decode(call->command.data, RANGE, 2, range.fields))
        return SW_WRONG_DATA;
    uint32_t first = (uint32_t)object_uint(&range, FIELD_FIRST_N);
    uint32_t last = (uint32_t)object_uint(&range, FIELD_LAST_N);
    uint16_t sw = check_range(call, &once, first, last);
    if (sw != SW_OK)
        return sw;
    size_t outcomes_size = gather(call, &once, first, last, outcomes, &sums);
    object_begin(&writer, OBJECT_BATCH, buffer, sizeof buffer);
    object_put(&writer, FIELD_PAYEE, text_get(call, TEXT_HOLDER, holder));
    object_put_uint(&writer, FIELD_FIRST_N, first);
    object_put_uint(&writer, FIELD_LAST_N, last);
    object_put(&writer, FIELD_OUTCOMES, bytes_of(outcomes, outcomes_size));
    object_put(&writer, FIELD_SUMS, sums_encode(&sums, encoded));
    return identity_answer(call, &writer);
}
