// SPDX-License-Identifier: Apache-2.0
#include "apdu/octets/tlv.h"

#include <string.h>

static size_t read_tag(struct bytes in, tlv_tag *tag) {
    if (in.size == 0)
        return 0;
    *tag = in.data[0];
    if ((in.data[0] & 0x1F) != 0x1F)
        return 1;
    for (size_t i = 1; i < in.size && i < 3; i++) {
        *tag = *tag << 8 | in.data[i];
        if ((in.data[i] & 0x80) == 0)
            return i + 1;
    }
    return 0;
}

static size_t read_length(struct bytes in, size_t *length, bool strict) {
    if (in.size == 0)
        return 0;
    if (in.data[0] < 0x80) {
        *length = in.data[0];
        return 1;
    }
    size_t octets = in.data[0] & 0x7F;
    if (octets == 0 || octets > 3 || in.size < 1 + octets)
        return 0;
    *length = (size_t)bytes_get_be(in.data + 1, octets);
    if (strict && (*length < 0x80 || bytes_be_size(*length) != octets))
        return 0;
    return 1 + octets;
}

static bool next(struct bytes *rest, struct tlv *out, bool strict) {
    tlv_tag tag = 0;
    size_t length = 0;
    size_t tag_size = read_tag(*rest, &tag);
    if (tag_size == 0)
        return false;
    struct bytes after = bytes_of(rest->data + tag_size, rest->size - tag_size);
    size_t length_size = read_length(after, &length, strict);
    if (length_size == 0 || length > after.size - length_size)
        return false;
    size_t whole = tag_size + length_size + length;
    out->tag = tag;
    out->value = bytes_of(after.data + length_size, length);
    out->whole = bytes_of(rest->data, whole);
    *rest = bytes_of(rest->data + whole, rest->size - whole);
    return true;
}

bool tlv_next(struct bytes *rest, struct tlv *out) {
    return next(rest, out, false);
}

bool tlv_next_strict(struct bytes *rest, struct tlv *out) {
    return next(rest, out, true);
}

bool tlv_find(struct bytes data, tlv_tag tag, struct tlv *out) {
    while (tlv_next(&data, out))
        if (out->tag == tag)
            return true;
    return false;
}

bool tlv_is_constructed(tlv_tag tag) {
    while (tag > 0xFF)
        tag >>= 8;
    return (tag & 0x20) != 0;
}

bool tlv_writer_ok(const struct tlv_writer *writer) {
    return !writer->overflow;
}

struct bytes tlv_writer_bytes(const struct tlv_writer *writer) {
    return bytes_of(writer->data, writer->size);
}

void tlv_put_raw(struct tlv_writer *writer, struct bytes octets) {
    if (writer->overflow || octets.size > writer->capacity - writer->size) {
        writer->overflow = true;
        return;
    }
    if (octets.size > 0)
        memcpy(writer->data + writer->size, octets.data, octets.size);
    writer->size += octets.size;
}

static void put_number(struct tlv_writer *writer, uint64_t value) {
    uint8_t octets[8];
    size_t size = bytes_be_size(value);
    bytes_put_be(octets, size, value);
    tlv_put_raw(writer, bytes_of(octets, size));
}

static void put_length(struct tlv_writer *writer, size_t length) {
    if (length >= 0x80) {
        uint8_t lead = (uint8_t)(0x80 | bytes_be_size(length));
        tlv_put_raw(writer, bytes_of(&lead, 1));
    }
    put_number(writer, length);
}

void tlv_put(struct tlv_writer *writer, tlv_tag tag, struct bytes value) {
    put_number(writer, tag);
    put_length(writer, value.size);
    tlv_put_raw(writer, value);
}

void tlv_put_uint(struct tlv_writer *writer, tlv_tag tag, uint64_t value) {
    uint8_t octets[8];
    size_t size = bytes_be_size(value);
    bytes_put_be(octets, size, value);
    tlv_put(writer, tag, bytes_of(octets, size));
}

size_t tlv_begin(struct tlv_writer *writer, tlv_tag tag) {
    put_number(writer, tag);
    return writer->size;
}

void tlv_end(struct tlv_writer *writer, size_t mark) {
    uint8_t header[4];
    struct tlv_writer length = tlv_writer_over(header, sizeof header);
    if (writer->overflow)
        return;
    size_t content = writer->size - mark;
    put_length(&length, content);
    if (length.size > writer->capacity - writer->size) {
        writer->overflow = true;
        return;
    }
    memmove(writer->data + mark + length.size, writer->data + mark, content);
    memcpy(writer->data + mark, header, length.size);
    writer->size += length.size;
}
