// SPDX-License-Identifier: Apache-2.0
// The members of a field. Their places: places.c; frames: air.c; time: events.c.
#include "readers/field/field.h"

#include "readers/field/air.h"

#include <stdio.h>
#include <string.h>

void field_init(struct rf_field *field, const struct field_ports *ports, uint64_t seed) {
    memset(field, 0, sizeof *field);
    field->ports = *ports;
    field->random = seed;
}

int field_find_chip(const struct rf_field *field, const char *name) {
    for (unsigned i = 0; i < field->chip_count; i++)
        if (strcmp(field->chips[i].name, name) == 0)
            return (int)i;
    return -1;
}

int field_find_card(const struct rf_field *field, const char *name) {
    for (unsigned i = 0; i < FIELD_CARDS_MAX; i++)
        if (field->places[FIELD_CHIPS_MAX + i].picc != NULL &&
            strcmp(field->cards[i].name, name) == 0)
            return (int)i;
    return -1;
}

int field_add_chip(struct rf_field *field, const char *name) {
    if (field->chip_count == FIELD_CHIPS_MAX || field_find_chip(field, name) >= 0 ||
        strlen(name) >= FIELD_NAME_MAX)
        return -1;
    struct field_chip *chip = &field->chips[field->chip_count];
    chip->field = field;
    chip->index = field->chip_count;
    snprintf(chip->name, sizeof chip->name, "%s", name);
    field->places[chip->index] = (struct field_place){&chip->chip.picc, FIELD_NOWHERE, -1, 0};
    field->chip_count++;
    struct pn532_ports ports = air_ports(chip);
    pn532_init(&chip->chip, &ports);
    return (int)chip->index;
}

// FNV-1a of the name: a UID that stays the same from run to run.
static void uid_from_name(struct picc *picc, const char *name) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001B3);
    uint8_t uid[7] = {0x04};
    bytes_put_be(uid + 1, 6, hash >> 16);
    if (uid[3] == 0x88) // the cascade tag may not open the second level
        uid[3] = 0x89;
    picc_set_uid(picc, BYTES_OF(uid));
}

int field_add_card(struct rf_field *field, const char *name, const struct field_app *app) {
    // FSCI 8 (256 octets), every bit rate up to 848 kbit/s, FWI 7 (39 ms), no CID, no NAD.
    static const uint8_t ats[] = {0x05, 0x78, 0x77, 0x70, 0x00};
    unsigned i = 0;
    while (i < FIELD_CARDS_MAX && field->places[FIELD_CHIPS_MAX + i].picc != NULL)
        i++;
    if (i == FIELD_CARDS_MAX || field_find_card(field, name) >= 0 || strlen(name) >= FIELD_NAME_MAX)
        return -1;
    struct field_card *card = &field->cards[i];
    memset(card, 0, sizeof *card);
    snprintf(card->name, sizeof card->name, "%s", name);
    card->app = *app;
    card->picc.atqa[0] = 0x44;
    card->picc.sak = 0x20;
    memcpy(card->picc.ats, ats, sizeof ats);
    uid_from_name(&card->picc, name);
    field->places[FIELD_CHIPS_MAX + i] =
        (struct field_place){&card->picc, FIELD_NOWHERE, -1, field->order++};
    return (int)i;
}

void field_drop_card(struct rf_field *field, int card) {
    field_place_card(field, card, FIELD_NOWHERE);
    field->places[FIELD_CHIPS_MAX + card].picc = NULL;
}
