// SPDX-License-Identifier: Apache-2.0
#include "readers/field/places.h"

#include "readers/field/events.h"

bool field_sees(const struct rf_field *field, unsigned chip, unsigned place) {
    const struct field_place *other = &field->places[place];
    if (other->picc == NULL || place == chip)
        return false;
    bool backwards = place < field->chip_count && field->places[chip].at == (int)place;
    return other->at == (int)chip || backwards;
}

static void power_card(struct rf_field *field, struct field_card *card, bool on) {
    if (on && card->random_uid) {
        uint8_t uid[4] = {0x08}; // ISO/IEC 14443-3: a random UID
        bytes_put_be(uid + 1, 3, field_random(field) & 0xFFFFFF);
        picc_set_uid(&card->picc, BYTES_OF(uid));
    }
    if (card->app.power != NULL)
        card->app.power(card->app.context, on);
}

static bool powered(const struct rf_field *field, unsigned place) {
    if (place < FIELD_CHIPS_MAX && !field->chips[place].listening)
        return false;
    for (unsigned i = 0; i < field->chip_count; i++)
        if (field->chips[i].chip.field_on && field_sees(field, i, place))
            return true;
    return false;
}

void field_refresh(struct rf_field *field) {
    for (unsigned i = 0; i < FIELD_SEATS_MAX; i++) {
        struct picc *picc = field->places[i].picc;
        if (picc == NULL)
            continue;
        bool on = powered(field, i);
        if (on == (picc->state != PICC_OFF))
            continue;
        field->places[i].turn++;
        if (i >= FIELD_CHIPS_MAX)
            power_card(field, &field->cards[i - FIELD_CHIPS_MAX], on);
        picc_power(picc, on);
    }
}

void field_place_card(struct rf_field *field, int card, int chip) {
    struct field_place *place = &field->places[FIELD_CHIPS_MAX + card];
    field->cards[card].leaving = LEAVE_NEVER;
    if (place->at != chip) { // off one antenna before on the next
        place->at = FIELD_NOWHERE;
        field_refresh(field);
    }
    place->at = chip;
    field_refresh(field);
}

void field_place_chip(struct rf_field *field, int chip, int at) {
    field->places[chip].at = at;
    field_refresh(field);
}
