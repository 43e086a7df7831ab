// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/state/purse.h"

#include <string.h>

void purse_open(struct purse *purse, struct card_call *call) {
    uint8_t octets[NUMBER_COUNT * 8];
    purse->call = call;
    purse->roles = identity_roles(call);
    purse->tables = geometry_of(purse->roles);
    purse->changed_from = NUMBER_COUNT;
    purse->changed_to = 0;
    card_read(call, NUMBERS_AT, octets, sizeof octets);
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        purse->numbers[i] = bytes_get_be(octets + 8 * i, 8);
}

void purse_stage(struct purse *purse) {
    uint8_t octets[NUMBER_COUNT * 8];
    if (purse->changed_from >= purse->changed_to)
        return;
    for (size_t i = purse->changed_from; i < purse->changed_to; i++)
        bytes_put_be(octets + 8 * i, 8, purse->numbers[i]);
    card_stage(purse->call, NUMBERS_AT + purse->changed_from * 8U,
               octets + 8 * (size_t)purse->changed_from,
               8 * (size_t)(purse->changed_to - purse->changed_from));
    purse->changed_from = NUMBER_COUNT;
    purse->changed_to = 0;
}

uint16_t purse_run(struct card_call *call, uint16_t (*command)(struct purse *purse)) {
    struct purse purse;
    purse_open(&purse, call);
    uint16_t sw = command(&purse);
    if (sw == SW_OK)
        purse_stage(&purse);
    return sw;
}

uint64_t number_get(const struct purse *purse, enum number number) {
    return purse->numbers[number];
}

void number_set(struct purse *purse, enum number number, uint64_t value) {
    purse->numbers[number] = value;
    if (number < purse->changed_from)
        purse->changed_from = (uint8_t)number;
    if (number >= purse->changed_to)
        purse->changed_to = (uint8_t)(number + 1);
}

struct bytes text_get(const struct purse *purse, enum text text, uint8_t *buffer) {
    uint8_t field[TEXT_SIZE];
    card_read(purse->call, TEXTS_AT + (uint32_t)text * TEXT_SIZE, field, sizeof field);
    size_t size = field[0] <= HOLDER_MAX ? field[0] : 0;
    memcpy(buffer, field + 1, HOLDER_MAX);
    return bytes_of(buffer, size);
}

void text_set(struct purse *purse, enum text text, struct bytes value) {
    uint8_t field[TEXT_SIZE] = {(uint8_t)value.size};
    if (value.size > 0)
        memcpy(field + 1, value.data, value.size);
    card_stage(purse->call, TEXTS_AT + (uint32_t)text * TEXT_SIZE, field, sizeof field);
}

bool text_equals(const struct purse *purse, enum text text, struct bytes value) {
    uint8_t buffer[HOLDER_MAX];
    return bytes_equal(text_get(purse, text, buffer), value);
}

void taken_get(const struct purse *purse, enum taken taken, uint8_t digest[SHA256_SIZE]) {
    card_read(purse->call, TAKEN_AT + (uint32_t)taken * SHA256_SIZE, digest, SHA256_SIZE);
}

void taken_set(struct purse *purse, enum taken taken, const uint8_t digest[SHA256_SIZE]) {
    card_stage(purse->call, TAKEN_AT + (uint32_t)taken * SHA256_SIZE, digest, SHA256_SIZE);
}
