// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/scene/radio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers/field/apps.h"
#include "tests/kit/support.h"

enum { NO_ANSWER = -1, ERROR_FRAME = -2, MALFORMED = -3, ACK_SIZE = 6 };

static void to_host(void *context, unsigned chip, struct bytes octets) {
    struct radio *radio = context;
    size_t room = RADIO_OUT_MAX - radio->hosts[chip].size;
    size_t size = octets.size < room ? octets.size : room;
    memcpy(radio->hosts[chip].data + radio->hosts[chip].size, octets.data, size);
    radio->hosts[chip].size += size;
}

static void count_frames(void *context, uint64_t now_ns, unsigned chip, enum field_trace_kind kind,
                         const struct rf_frame *frame) {
    struct radio *radio = context;
    if (radio->tracer != NULL)
        radio->tracer(radio->tracer_context, now_ns, chip, kind, frame);
    radio->frames += kind == FIELD_TRACE_DOWN || kind == FIELD_TRACE_UP;
}

struct radio *radio_new(uint64_t seed) {
    struct radio *radio = calloc(1, sizeof *radio);
    if (radio == NULL)
        abort();
    struct field_ports ports = {radio, to_host, count_frames};
    field_init(&radio->field, &ports, seed);
    radio->limit_ns = UINT64_C(1000000000);
    return radio;
}

void radio_free(struct radio *radio) {
    free(radio);
}

unsigned radio_chip(struct radio *radio, const char *name) {
    static const uint8_t wake[16] = {0x55, 0x55};
    int chip = field_add_chip(&radio->field, name);
    if (chip < 0)
        abort();
    field_host(&radio->field, (unsigned)chip, BYTES_OF(wake));
    return (unsigned)chip;
}

int radio_card(struct radio *radio, const char *kind, unsigned chip) {
    char name[32];
    snprintf(name, sizeof name, "%s%llu", kind, (unsigned long long)radio->field.order);
    int card = field_add_builtin(&radio->field, name, kind);
    if (card < 0)
        abort();
    field_place_card(&radio->field, card, (int)chip);
    return card;
}

void radio_run(struct radio *radio, uint64_t ns) {
    field_advance(&radio->field, radio->field.now + ns);
}

static void post(struct radio *radio, unsigned chip, struct bytes command) {
    uint8_t payload[PN532_PAYLOAD_MAX] = {PN532_TFI_TO_CHIP}, wire[PN532_FRAME_MAX];
    memcpy(payload + 1, command.data, command.size);
    size_t size = pn532_frame_write(bytes_of(payload, command.size + 1), wire);
    radio->hosts[chip].size = 0; // libnfc flushes before it sends
    field_host(&radio->field, chip, bytes_of(wire, size));
}

void radio_post(struct radio *radio, unsigned chip, const char *command) {
    uint8_t octets[PN532_PAYLOAD_MAX];
    size_t size = from_hex(command, octets, sizeof octets - 1);
    post(radio, chip, bytes_of(octets, size));
}

// The frame behind the acknowledge, when it is complete. Returns NO_ANSWER while it is not.
static int parse(struct radio *radio, unsigned chip, uint8_t *answer, size_t capacity) {
    const uint8_t *data = radio->hosts[chip].data;
    size_t size = radio->hosts[chip].size;
    struct pn532_parser parser;
    pn532_parser_reset(&parser);
    if (size < ACK_SIZE)
        return NO_ANSWER;
    if (memcmp(data, pn532_ack, ACK_SIZE) != 0)
        return MALFORMED;
    for (size_t i = ACK_SIZE; i < size; i++) {
        enum pn532_frame_kind kind = pn532_parser_take(&parser, data[i]);
        if (kind == PN532_BAD_CHECKSUM)
            return MALFORMED;
        if (kind != PN532_DATA)
            continue;
        if (parser.payload[0] == 0x7F)
            return ERROR_FRAME;
        if (parser.payload[0] != PN532_TFI_TO_HOST || parser.size - 1 > capacity)
            return MALFORMED;
        memcpy(answer, parser.payload + 1, parser.size - 1);
        return (int)parser.size - 1;
    }
    return NO_ANSWER;
}

int radio_wait(struct radio *radio, unsigned chip, uint8_t *answer, size_t capacity) {
    uint64_t deadline = radio->field.now + radio->limit_ns, next;
    for (;;) {
        field_advance(&radio->field, radio->field.now);
        int size = parse(radio, chip, answer, capacity);
        if (size != NO_ANSWER || !field_next(&radio->field, &next) || next > deadline)
            return size;
        field_advance(&radio->field, next);
    }
}

int radio_command(struct radio *radio, unsigned chip, struct bytes command, uint8_t *answer,
                  size_t capacity) {
    post(radio, chip, command);
    return radio_wait(radio, chip, answer, capacity);
}

bool radio_got(struct radio *radio, unsigned chip, const char *answer) {
    uint8_t octets[PN532_PAYLOAD_MAX];
    int size = radio_wait(radio, chip, octets, sizeof octets);
    if (strcmp(answer, "-") == 0 || strcmp(answer, "error") == 0) {
        int wanted = answer[0] == '-' ? NO_ANSWER : ERROR_FRAME;
        if (size != wanted)
            printf("expected %s, got %d\n", answer, size);
        return size == wanted;
    }
    return is_hex(octets, size < 0 ? 0 : (size_t)size, answer);
}

bool radio_is(struct radio *radio, unsigned chip, const char *command, const char *answer) {
    radio_post(radio, chip, command);
    return radio_got(radio, chip, answer);
}

// ---- link -----------------------------------------------------------------------------------

struct radio_link {
    struct link link;
    struct radio *radio;
    unsigned chip;
    bool active;
};

static enum link_status transmit(struct link *link, struct bytes command, uint8_t *answer,
                                 size_t capacity, size_t *answer_size) {
    struct radio_link *self = (struct radio_link *)link;
    uint8_t out[PN532_PAYLOAD_MAX] = {0x40, 0x01}, in[PN532_PAYLOAD_MAX];
    if (command.size > link->command_max)
        return LINK_TOO_LONG;
    if (!self->active)
        return LINK_BROKEN;
    memcpy(out + 2, command.data, command.size);
    int size =
        radio_command(self->radio, self->chip, bytes_of(out, command.size + 2), in, sizeof in);
    if (size < 2 || in[0] != 0x41 || in[1] != PN532_OK || (size_t)size - 2 > capacity) {
        self->active = false;
        snprintf(link->error, sizeof link->error, "the card is gone");
        return LINK_BROKEN;
    }
    memcpy(answer, in + 2, (size_t)size - 2);
    *answer_size = (size_t)size - 2;
    return LINK_OK;
}

static enum link_status reset(struct link *link, enum link_reset kind, uint8_t *atr,
                              size_t capacity, size_t *atr_size) {
    struct radio_link *self = (struct radio_link *)link;
    uint8_t in[PN532_PAYLOAD_MAX];
    (void)kind;
    (void)capacity;
    static const char *const orders[] = {"320100", "320101", "320500FF02"};
    for (size_t i = 0; i < 3; i++) {
        radio_post(self->radio, self->chip, orders[i]);
        (void)radio_wait(self->radio, self->chip, in, sizeof in);
    }
    radio_post(self->radio, self->chip, "4A0100");
    int size = radio_wait(self->radio, self->chip, in, sizeof in);
    self->active = size > 2 && in[1] == 1;
    if (atr != NULL)
        *atr_size = 0;
    return self->active ? LINK_OK : LINK_NO_CARD;
}

static void close_link(struct link *link) {
    free(link);
}

static const struct link_ops ops = {transmit, reset, close_link};

struct link *radio_link(struct radio *radio, unsigned chip) {
    struct radio_link *self = calloc(1, sizeof *self);
    if (self == NULL)
        abort();
    self->link = (struct link){.ops = &ops,
                               .contactless = true,
                               .command_max = PN532_DATA_MAX,
                               .answer_max = PN532_DATA_MAX};
    self->radio = radio;
    self->chip = chip;
    return &self->link;
}
