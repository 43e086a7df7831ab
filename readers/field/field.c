// SPDX-License-Identifier: Apache-2.0
// The field's queue of events, its members and their places. air.c moves the frames.
#include "readers/field/field.h"

#include "readers/field/air.h"

#include <stdio.h>
#include <string.h>

// ---- clock and chance -----------------------------------------------------------------------

// SplitMix64: small, and the same everywhere.
uint64_t field_random(struct rf_field *field) {
    uint64_t z = field->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

// One event of a kind is pending for an index: a new one takes the place of the old, so the queue
// has room for all there can be.
void field_schedule(struct rf_field *field, uint64_t at,
                    void (*run)(struct rf_field *field, unsigned index, uint64_t number),
                    unsigned index, uint64_t number) {
    unsigned i = 0;
    while (i < field->event_count &&
           (field->events[i].run != run || field->events[i].index != index))
        i++;
    if (i == FIELD_EVENTS_MAX)
        return;
    if (i == field->event_count)
        field->event_count++;
    field->events[i] = (struct field_event){at, field->order++, number, run, index};
}

static unsigned first_event(const struct rf_field *field) {
    unsigned first = 0;
    for (unsigned i = 1; i < field->event_count; i++) {
        const struct field_event *a = &field->events[i], *b = &field->events[first];
        if (a->at < b->at || (a->at == b->at && a->order < b->order))
            first = i;
    }
    return first;
}

bool field_next(const struct rf_field *field, uint64_t *at_ns) {
    if (field->event_count == 0)
        return false;
    *at_ns = field->events[first_event(field)].at;
    return true;
}

void field_advance(struct rf_field *field, uint64_t now_ns) {
    while (field->event_count > 0) {
        unsigned first = first_event(field);
        struct field_event event = field->events[first];
        if (event.at > now_ns)
            break;
        field->events[first] = field->events[--field->event_count];
        if (event.at > field->now)
            field->now = event.at;
        event.run(field, event.index, event.number);
    }
    if (now_ns > field->now)
        field->now = now_ns;
}

// ---- members --------------------------------------------------------------------------------

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
        if (field->seats[FIELD_CHIPS_MAX + i].picc != NULL &&
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
    field->seats[chip->index] = (struct field_seat){&chip->chip.picc, FIELD_NOWHERE, -1, 0};
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
    picc->uid_size = 7;
    picc->uid[0] = 0x04;
    bytes_put_be(picc->uid + 1, 6, hash >> 16);
    if (picc->uid[3] == 0x88) // the cascade tag may not open the second level
        picc->uid[3] = 0x89;
}

int field_add_card(struct rf_field *field, const char *name, const struct field_app *app) {
    // FSCI 8 (256 octets), every bit rate up to 848 kbit/s, FWI 7 (39 ms), no CID, no NAD.
    static const uint8_t ats[] = {0x05, 0x78, 0x77, 0x70, 0x00};
    unsigned i = 0;
    while (i < FIELD_CARDS_MAX && field->seats[FIELD_CHIPS_MAX + i].picc != NULL)
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
    field->seats[FIELD_CHIPS_MAX + i] =
        (struct field_seat){&card->picc, FIELD_NOWHERE, -1, field->order++};
    return (int)i;
}

void field_drop_card(struct rf_field *field, int card) {
    field_place_card(field, card, FIELD_NOWHERE);
    field->seats[FIELD_CHIPS_MAX + card].picc = NULL;
}

void field_place_card(struct rf_field *field, int card, int chip) {
    struct field_seat *seat = &field->seats[FIELD_CHIPS_MAX + card];
    field->cards[card].leaving = LEAVE_NEVER;
    if (seat->at != chip) { // off one antenna before on the next
        seat->at = FIELD_NOWHERE;
        field_refresh(field);
    }
    seat->at = chip;
    field_refresh(field);
}

void field_place_chip(struct rf_field *field, int chip, int at) {
    field->seats[chip].at = at;
    field_refresh(field);
}

// ---- power ----------------------------------------------------------------------------------

static void power_card(struct rf_field *field, struct field_card *card, bool on) {
    if (on && card->random_uid) {
        card->picc.uid_size = 4;
        card->picc.uid[0] = 0x08; // ISO/IEC 14443-3: a random UID
        bytes_put_be(card->picc.uid + 1, 3, field_random(field) & 0xFFFFFF);
    }
    if (card->app.power != NULL)
        card->app.power(card->app.context, on);
}

static bool powered(const struct rf_field *field, unsigned seat) {
    if (seat < FIELD_CHIPS_MAX && !field->chips[seat].listening)
        return false;
    for (unsigned i = 0; i < field->chip_count; i++)
        if (field->chips[i].chip.field_on && air_sees(field, i, seat))
            return true;
    return false;
}

// Every seat gets the power that its place gives it.
void field_refresh(struct rf_field *field) {
    for (unsigned i = 0; i < FIELD_SEATS_MAX; i++) {
        struct picc *picc = field->seats[i].picc;
        if (picc == NULL)
            continue;
        bool on = powered(field, i);
        if (on == (picc->state != PICC_OFF))
            continue;
        field->seats[i].turn++;
        if (i >= FIELD_CHIPS_MAX)
            power_card(field, &field->cards[i - FIELD_CHIPS_MAX], on);
        picc_power(picc, on);
    }
}
