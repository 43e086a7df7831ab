// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/tap/tap_reader.h"

#include <string.h>

#include "readers/link/emu.h"

// ---- the card on the air ----------------------------------------------------------------------

static void arm(struct scene_card *card, const struct tap_fault *fault) {
    memory_port_power(&card->port);
    if (fault->cut == card)
        memory_port_cut(&card->port, fault->write, fault->octets);
}

static void power(void *context, bool on) {
    struct tap_reader *reader = context;
    struct scene_card *card = reader->laid;
    card_power_off(card->card);
    if (!on) {
        reader->writes = card->port.writes;
        return;
    }
    arm(card, &reader->fault);
    (void)card_power_on(card->card, &card->ports);
}

static size_t transmit(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    struct tap_reader *reader = context;
    struct scene_card *card = reader->laid;
    if (card->port.off)
        return 0;
    size_t size = card_transmit(card->card, CARD_CONTACTLESS, command, answer, capacity);
    return card->port.off ? 0 : size;
}

void tap_reader_begin(struct tap_reader *reader, struct scene_card *card) {
    memset(reader, 0, sizeof *reader);
    reader->laid = card;
    reader->fault.leave_after = TAP_NEVER;
    reader->radio = radio_new(1);
    reader->radio->limit_ns = UINT64_C(3000000000);
    reader->chip = radio_chip(reader->radio, "kiosk");
    struct field_app app = {reader, power, transmit};
    reader->card = field_add_card(&reader->radio->field, "laid", &app);
    reader->link = radio_link(reader->radio, reader->chip);
}

void tap_reader_end(struct tap_reader *reader) {
    link_close(reader->link);
    radio_free(reader->radio);
    scene_power(reader->laid);
}

void tap_lay_down(struct tap_reader *reader) {
    struct rf_field *field = &reader->radio->field;
    uint32_t after = reader->fault.leave_after;
    field_place_card(field, reader->card, (int)reader->chip);
    enum field_leave by = reader->fault.by != LEAVE_NEVER ? reader->fault.by : LEAVE_OCTETS;
    field->cards[reader->card].leaving = after != TAP_NEVER ? by : LEAVE_NEVER;
    field->cards[reader->card].leave_after = field->cards[reader->card].leave_frame = after;
    reader->air_octets = (size_t)field->octets;
}

void tap_take_away(struct tap_reader *reader) {
    struct rf_field *field = &reader->radio->field;
    field_place_card(field, reader->card, FIELD_NOWHERE);
    reader->air_octets = (size_t)field->octets - reader->air_octets;
}

// ---- the card in a slot -----------------------------------------------------------------------

struct link *tap_slot(struct scene_card *card) {
    return emu_link_over(card->card, &card->ports, CARD_CONTACT, &card->port.off);
}

void tap_start_slot(struct scene_card *card, struct link *slot, const struct tap_fault *fault) {
    arm(card, fault);
    (void)link_reset(slot, LINK_RESET_COLD, NULL, 0, NULL);
}
