// SPDX-License-Identifier: Apache-2.0
#include "readers/tap/capture.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SECTION = 0x0A0D0D0A,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BYTE_ORDER_MAGIC = 0x1A2B3C4D,
    LINKTYPE_ISO_14443 = 264,
    OPTION_RESOLUTION = 9,
    BLOCK_MAX = 1 << 20,
    INTERFACES_MAX = 64,
    PACKET_HEADER = 20, // interface, time high and low, two lengths
    PSEUDO_HEADER = 4,
};

struct reader {
    FILE *file;
    bool swapped;
    uint32_t interfaces;
    struct {
        bool radio;
        uint64_t tick_ns; // nanoseconds of a tick; 0: ticks are finer
        uint64_t ticks;   // of a nanosecond then
    } of[INTERFACES_MAX];
    uint8_t *body;
    uint32_t size;
};

static uint32_t word(const struct reader *reader, const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return reader->swapped ? __builtin_bswap32(value) : value;
}

static unsigned half(const struct reader *reader, const uint8_t *at) {
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return reader->swapped ? __builtin_bswap16(value) : value;
}

// Resolution octet: a power of ten; with the high bit a power of two, which is rounded.
static void set_resolution(struct reader *reader, uint32_t interface, uint8_t code) {
    uint64_t per_second = 1;
    for (unsigned i = 0; i < (code & 0x7FU) && per_second < UINT64_C(1) << 58; i++)
        per_second *= (code & 0x80) != 0 ? 2 : 10;
    reader->of[interface].tick_ns =
        per_second >= 1000000000 ? 0 : UINT64_C(1000000000) / per_second;
    reader->of[interface].ticks = per_second / 1000000000;
}

static void take_interface(struct reader *reader) {
    uint32_t interface = reader->interfaces;
    if (interface == INTERFACES_MAX || reader->size < 8)
        return;
    reader->interfaces++;
    reader->of[interface].radio = half(reader, reader->body) == LINKTYPE_ISO_14443;
    set_resolution(reader, interface, 6);
    for (uint32_t at = 8; at + 4 <= reader->size;) {
        unsigned code = half(reader, reader->body + at), size = half(reader, reader->body + at + 2);
        if (code == OPTION_RESOLUTION && size >= 1 && at + 5 <= reader->size)
            set_resolution(reader, interface, reader->body[at + 4]);
        at += 4 + (size + 3) / 4 * 4;
    }
}

static bool take_packet(const struct reader *reader, struct capture_frame *frame) {
    if (reader->size < PACKET_HEADER + PSEUDO_HEADER)
        return false;
    uint32_t interface = word(reader, reader->body), captured = word(reader, reader->body + 12);
    const uint8_t *packet = reader->body + PACKET_HEADER;
    if (interface >= reader->interfaces || !reader->of[interface].radio ||
        captured < PSEUDO_HEADER || captured > reader->size - PACKET_HEADER)
        return false;
    size_t size = (size_t)packet[2] << 8 | packet[3];
    uint64_t ticks =
        (uint64_t)word(reader, reader->body + 4) << 32 | word(reader, reader->body + 8);
    uint64_t scale = reader->of[interface].tick_ns, fine = reader->of[interface].ticks;
    frame->at_ns = scale != 0 ? ticks * scale : ticks / (fine != 0 ? fine : 1);
    frame->interface = interface;
    frame->event = (enum capture_event)packet[1];
    frame->octets = bytes_of(packet + PSEUDO_HEADER,
                             size <= captured - PSEUDO_HEADER ? size : captured - PSEUDO_HEADER);
    return packet[1] >= CAPTURE_FIELD_ON;
}

// One block: type, length, body, length again. 1 read, 0 end of file, -1 broken.
static int read_block(struct reader *reader, uint32_t *type) {
    uint8_t head[12];
    size_t got = fread(head, 1, 8, reader->file);
    if (got == 0)
        return 0;
    if (got != 8)
        return -1;
    memcpy(type, head, 4);
    if (*type == BLOCK_SECTION) {
        if (fread(head + 8, 1, 4, reader->file) != 4)
            return -1;
        reader->swapped = false;
        reader->swapped = word(reader, head + 8) != BYTE_ORDER_MAGIC;
        if (word(reader, head + 8) != BYTE_ORDER_MAGIC || fseek(reader->file, -4, SEEK_CUR) != 0)
            return -1;
        reader->interfaces = 0;
    }
    *type = word(reader, head);
    uint32_t length = word(reader, head + 4);
    if (length < 12 || length % 4 != 0 || length > BLOCK_MAX)
        return -1;
    reader->size = length - 12;
    return fread(reader->body, 1, length - 8, reader->file) == length - 8 ? 1 : -1;
}

static bool fail(char *error, size_t size, long at) {
    snprintf(error, size, "not a pcapng file, or broken, at octet %ld", at);
    return false;
}

static bool read_all(struct reader *reader,
                     void (*take)(void *context, const struct capture_frame *frame), void *context,
                     char *error, size_t size) {
    bool section = false;
    for (;;) {
        uint32_t type = 0;
        struct capture_frame frame;
        long at = ftell(reader->file);
        int got = read_block(reader, &type);
        if (got == 0)
            return section || fail(error, size, at);
        section = section || type == BLOCK_SECTION;
        if (got < 0 || !section)
            return fail(error, size, at);
        if (type == BLOCK_INTERFACE)
            take_interface(reader);
        if (type == BLOCK_PACKET && take_packet(reader, &frame))
            take(context, &frame);
    }
}

bool capture_read(FILE *file, void (*take)(void *context, const struct capture_frame *frame),
                  void *context, char *error, size_t size) {
    struct reader *reader = calloc(1, sizeof *reader);
    uint8_t *body = malloc(BLOCK_MAX);
    bool good = false;
    if (reader == NULL || body == NULL) {
        snprintf(error, size, "out of memory");
    } else {
        reader->file = file;
        reader->body = body;
        good = read_all(reader, take, context, error, size);
    }
    free(reader);
    free(body);
    return good;
}
