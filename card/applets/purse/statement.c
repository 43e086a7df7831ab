// SPDX-License-Identifier: Apache-2.0
// STATEMENT: what the purse tells the center, signed. It changes nothing. docs/purse.md,
// "Settlement".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/state/batch.h"
#include "card/applets/purse/state/consent.h"
#include "card/applets/purse/state/ring.h"
#include "card/applets/purse/trust/center.h"
#include "card/identity/identity.h"

#include <string.h>

/// Counters of the unratified entries, ascending, 4 octets each. Returns their size.
static size_t unratified_counters(const struct purse *purse, uint8_t *out) {
    uint16_t slots = purse->tables.ring;
    size_t size = 0;
    for (uint16_t slot = 0; slot < slots; slot++) {
        struct ring_entry entry = ring_at(purse, slot);
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

uint16_t purse_statement(struct purse *purse) {
    struct order center;
    struct object_writer writer;
    struct once once = window_at(purse);
    bool till = (purse->roles & ROLE_TILL) != 0;
    uint8_t holder[HOLDER_MAX], digest[SHA256_SIZE];
    uint8_t rows[RING_LARGE * 4]; // counters, then pockets
    struct tlv_writer pockets = tlv_writer_over(rows, sizeof rows);
    uint16_t sw = center_open(purse, OBJECT_STATEMENT_CHALLENGE, TAKEN_COUNT,
                              purse->call->command.data, &center);
    if (sw != SW_OK)
        return sw;
    if (!session_tells_totals(purse)) // whoever recorded the challenge may show it again
        return SW_SECURITY_STATUS;
    uint64_t serial = number_get(purse, NUMBER_SERIAL);
    object_begin(&writer, OBJECT_STATEMENT, purse->call->answer.data, purse->call->answer.capacity);
    object_put_uint(&writer, FIELD_N, once.next);
    object_put_uint(&writer, FIELD_COUNTER, number_get(purse, NUMBER_COUNTER));
    object_copy(&writer, FIELD_CHALLENGE, &center.object);
    if (serial != 0) {
        object_put_uint(&writer, FIELD_SERIAL, serial);
        object_put_uint(&writer, FIELD_REVISION, number_get(purse, NUMBER_REVISION));
    }
    object_put_uint(&writer, FIELD_STATE_NUMBER, number_get(purse, NUMBER_STATE));
    object_put(&writer, FIELD_PURSE, identity_text(purse->call, IDENTITY_HOLDER, holder));
    if (till && batch_digest(purse, digest))
        object_put(&writer, FIELD_BATCH_HASH, BYTES_OF(digest));
    object_put_uint(&writer, FIELD_BASE, once.base);
    object_put(&writer, FIELD_COUNTERS, bytes_of(rows, unratified_counters(purse, rows)));
    pockets_put(purse, &pockets);
    object_put(&writer, FIELD_POCKETS, tlv_writer_bytes(&pockets));
    if (till)
        object_put_uint(&writer, FIELD_BATCH_NUMBER, number_get(purse, NUMBER_BATCH));
    return identity_answer(purse->call, &writer);
}
