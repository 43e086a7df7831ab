// SPDX-License-Identifier: Apache-2.0
#include "readers/trace/pcapng.h"
#include "base/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINKTYPE_ISO_14443 = 264,
    EVENT_FIELD_OFF = 0xFD,
    EVENT_FIELD_ON = 0xFC,
    EVENT_TO_CARD = 0xFE, // with CRC
    EVENT_FROM_CARD = 0xFF,
    CARDS_MAX = 8,
    FRAME_INF_MAX = 253, // FSD 256: PCB, information, CRC
    PADDED = 3,
};

struct card {
    bool described; // its interface block is written
    bool active;    // in the field, activated
    uint8_t block;  // number of the next I-block
    uint32_t interface;
};

struct pcapng {
    FILE *file;
    bool failed;
    uint32_t interfaces;
    struct card cards[CARDS_MAX];
};

static void put(struct pcapng *file, const void *data, size_t size) {
    file->failed |= size > 0 && fwrite(data, 1, size, file->file) != size;
}

static void put32(struct pcapng *file, uint32_t value) {
    put(file, &value, sizeof value); // the byte-order magic tells which order this is
}

static void put16(struct pcapng *file, uint16_t value) {
    put(file, &value, sizeof value);
}

static void pad(struct pcapng *file, size_t size) {
    static const uint8_t zeros[PADDED] = {0};
    put(file, zeros, (4 - size % 4) % 4);
}

static void put_section(struct pcapng *file) {
    put32(file, 0x0A0D0D0A);
    put32(file, 28);
    put32(file, 0x1A2B3C4D);
    put16(file, 1);
    put16(file, 0);
    put32(file, 0xFFFFFFFF); // length of the section: not known
    put32(file, 0xFFFFFFFF);
    put32(file, 28);
}

static void put_option(struct pcapng *file, uint16_t code, const void *data, size_t size) {
    put16(file, code);
    put16(file, (uint16_t)size);
    put(file, data, size);
    pad(file, size);
}

static void describe(struct pcapng *file, struct card *card, const char *name) {
    size_t size = strlen(name);
    uint32_t whole = (uint32_t)(20 + 4 + (size + 3) / 4 * 4 + 8 + 4);
    const uint8_t nanoseconds = 9;
    put32(file, 1);
    put32(file, whole);
    put16(file, LINKTYPE_ISO_14443);
    put16(file, 0);
    put32(file, 0);
    put_option(file, 2, name, size);      // if_name
    put_option(file, 9, &nanoseconds, 1); // if_tsresol: 10^-9
    put_option(file, 0, NULL, 0);
    put32(file, whole);
    card->interface = file->interfaces++;
    card->described = true;
}

/// One packet: pseudo-header, frame.
static void put_packet(struct pcapng *file, const struct card *card, uint8_t event,
                       struct bytes frame, uint64_t at) {
    uint8_t header[4] = {0, event, (uint8_t)(frame.size >> 8), (uint8_t)frame.size};
    uint32_t size = (uint32_t)(sizeof header + frame.size), padded = (size + 3) / 4 * 4;
    put32(file, 6);
    put32(file, 32 + padded);
    put32(file, card->interface);
    put32(file, (uint32_t)(at >> 32));
    put32(file, (uint32_t)at);
    put32(file, size);
    put32(file, size);
    put(file, header, sizeof header);
    put(file, frame.data, frame.size);
    pad(file, size);
    put32(file, 32 + padded);
}

/// CRC_A of ISO/IEC 14443-3 annex B, low octet first.
static void put_crc(uint8_t *frame, size_t size) {
    uint16_t crc = 0x6363;
    for (size_t i = 0; i < size; i++) {
        uint8_t octet = (uint8_t)(frame[i] ^ (crc & 0xFF));
        octet ^= (uint8_t)(octet << 4);
        crc = (uint16_t)(crc >> 8 ^ octet << 8 ^ octet << 3 ^ octet >> 4);
    }
    frame[size] = (uint8_t)crc;
    frame[size + 1] = (uint8_t)(crc >> 8);
}

static void put_frame(struct pcapng *file, const struct card *card, uint8_t event,
                      const uint8_t *octets, size_t size, uint64_t at) {
    uint8_t frame[FRAME_INF_MAX + 3];
    memcpy(frame, octets, size);
    put_crc(frame, size);
    put_packet(file, card, event, bytes_of(frame, size + 2), at);
}

/// RATS with FSDI 8 (256 octets), ATS with FSCI 8 and nothing special.
static void activate(struct pcapng *file, struct card *card, uint64_t at) {
    static const uint8_t rats[] = {0xE0, 0x80}, ats[] = {0x05, 0x78, 0x80, 0x70, 0x02};
    put_packet(file, card, EVENT_FIELD_ON, (struct bytes){NULL, 0}, at);
    put_frame(file, card, EVENT_TO_CARD, rats, sizeof rats, at);
    put_frame(file, card, EVENT_FROM_CARD, ats, sizeof ats, at);
    card->active = true;
    card->block = 0;
}

/// I-blocks of one direction; each but the last is acknowledged by the other side (7.5.3).
static void put_blocks(struct pcapng *file, struct card *card, uint8_t event, struct bytes apdu,
                       uint64_t at) {
    uint8_t block[1 + FRAME_INF_MAX];
    uint8_t other = event == EVENT_TO_CARD ? EVENT_FROM_CARD : EVENT_TO_CARD;
    do {
        size_t size = apdu.size > FRAME_INF_MAX ? FRAME_INF_MAX : apdu.size;
        bool more = apdu.size > size;
        block[0] = (uint8_t)(0x02 | (more ? 0x10 : 0) | card->block);
        memcpy(block + 1, apdu.data, size);
        put_frame(file, card, event, block, 1 + size, at);
        if (more) {
            uint8_t number = event == EVENT_TO_CARD ? card->block : card->block ^ 1;
            uint8_t acknowledge = (uint8_t)(0xA2 | number);
            put_frame(file, card, other, &acknowledge, 1, at);
            card->block ^= 1;
        }
        apdu = bytes_of(apdu.data + size, apdu.size - size);
    } while (apdu.size > 0);
}

struct pcapng *pcapng_open(const char *path) {
    struct pcapng *file = calloc(1, sizeof *file);
    if (file == NULL)
        return NULL;
    file->file = files_create_private(path); // PINs may be in it
    if (file->file == NULL) {
        free(file);
        return NULL;
    }
    put_section(file);
    return file;
}

void pcapng_exchange(struct pcapng *file, size_t number, const char *card_name,
                     struct bytes command, struct bytes answer, uint64_t begin, uint64_t end) {
    struct card *card = &file->cards[number % CARDS_MAX];
    if (!card->described)
        describe(file, card, card_name);
    if (!card->active)
        activate(file, card, begin);
    put_blocks(file, card, EVENT_TO_CARD, command, begin);
    if (answer.size > 0) {
        put_blocks(file, card, EVENT_FROM_CARD, answer, end);
        card->block ^= 1;
    } else
        pcapng_reset(file, number, end);
}

void pcapng_frame(struct pcapng *file, size_t number, const char *card_name,
                  enum pcapng_event event, struct bytes frame, uint64_t at) {
    struct card *card = &file->cards[number % CARDS_MAX];
    if (!card->described)
        describe(file, card, card_name);
    put_packet(file, card, (uint8_t)event, frame, at);
}

void pcapng_reset(struct pcapng *file, size_t number, uint64_t at) {
    struct card *card = &file->cards[number % CARDS_MAX];
    if (card->active)
        put_packet(file, card, EVENT_FIELD_OFF, (struct bytes){NULL, 0}, at);
    card->active = false;
}

bool pcapng_close(struct pcapng *file) {
    bool ok = !file->failed;
    ok = fclose(file->file) == 0 && ok;
    free(file);
    return ok;
}
