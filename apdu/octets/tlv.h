// SPDX-License-Identifier: Apache-2.0
// BER-TLV (ISO/IEC 7816-4 annex E, X.690) over caller-owned buffers: a reader that walks, a writer
// that appends. Tags up to three octets, lengths up to 65535 in definite form. Freestanding.
#ifndef APDU_OCTETS_TLV_H
#define APDU_OCTETS_TLV_H

#include "base/bytes.h"

/// Tag as the number its octets spell: 0x84, 0x5F37, 0x9F7F.
typedef uint32_t tlv_tag;

struct tlv {
    tlv_tag tag;
    struct bytes value;
    struct bytes whole; // header and value together
};

/// Reads the data object at the start of *rest and moves *rest after it.
/// False at the end, on a truncated object, an indefinite or over-long length; *rest stays then.
/// Tag padding (00, FF) is not skipped: deterministic objects have none.
bool tlv_next(struct bytes *rest, struct tlv *out);

/// As tlv_next, but refuses lengths that are not in their shortest form (deterministic encoding).
bool tlv_next_strict(struct bytes *rest, struct tlv *out);

/// First object with this tag among the direct children in data.
bool tlv_find(struct bytes data, tlv_tag tag, struct tlv *out);

/// Does the tag mark a constructed object?
bool tlv_is_constructed(tlv_tag tag);

/// Appends to a caller's buffer. After an overflow every further call does nothing and
/// tlv_writer_ok() is false: check once at the end.
struct tlv_writer {
    uint8_t *data;
    size_t capacity;
    size_t size;
    bool overflow;
};

static inline struct tlv_writer tlv_writer_over(uint8_t *data, size_t capacity) {
    struct tlv_writer writer = {data, capacity, 0, false};
    return writer;
}

/// Did everything have room so far?
bool tlv_writer_ok(const struct tlv_writer *writer);
/// What was written so far; it points into the writer's buffer.
struct bytes tlv_writer_bytes(const struct tlv_writer *writer);

/// Writes octets as they are.
void tlv_put_raw(struct tlv_writer *writer, struct bytes octets);
/// Writes tag, length and value; an empty value may have no data.
void tlv_put(struct tlv_writer *writer, tlv_tag tag, struct bytes value);
/// Unsigned integer in its shortest form (one octet for 0).
void tlv_put_uint(struct tlv_writer *writer, tlv_tag tag, uint64_t value);

/// Opens a constructed object and returns a mark for tlv_end, which closes it with the shortest
/// length field. Up to 65535 octets of content.
size_t tlv_begin(struct tlv_writer *writer, tlv_tag tag);
/// Closes what tlv_begin opened and writes its length.
void tlv_end(struct tlv_writer *writer, size_t mark);

#endif
