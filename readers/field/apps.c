// SPDX-License-Identifier: Apache-2.0
// Built-in applications of field cards.
#include "readers/field/apps.h"

#include <string.h>

enum { INS_SELECT = 0xA4, SAK_MEMORY_CARD = 0x08 };

static size_t answer_sw(uint8_t *answer, size_t at, unsigned sw) {
    bytes_put_be(answer + at, 2, sw);
    return at + 2;
}

static bool is_select(struct bytes command) {
    return command.size >= 4 && command.data[1] == INS_SELECT;
}

static size_t echo(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    (void)context;
    if (is_select(command) || command.size + 2 > capacity)
        return answer_sw(answer, 0, 0x9000);
    memcpy(answer, command.data, command.size);
    return answer_sw(answer, command.size, 0x9000);
}

static size_t stranger(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    (void)context;
    (void)capacity;
    return answer_sw(answer, 0, is_select(command) ? 0x6A82 : 0x6D00);
}

static size_t mute(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    (void)context;
    (void)command;
    (void)answer;
    (void)capacity;
    return 0;
}

static const struct {
    const char *kind;
    size_t (*transmit)(void *context, struct bytes command, uint8_t *answer, size_t capacity);
    bool protocol; // ISO/IEC 14443-4
} builtins[] = {
    {"echo", echo, true},
    {"stranger", stranger, true},
    {"foreign", mute, false},
};

int field_add_builtin(struct rf_field *field, const char *name, const char *kind) {
    for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++) {
        struct field_app app = {NULL, NULL, builtins[i].transmit};
        if (strcmp(builtins[i].kind, kind) != 0)
            continue;
        int card = field_add_card(field, name, &app);
        if (card >= 0 && !builtins[i].protocol) {
            struct picc *picc = &field->cards[card].picc;
            picc->atqa[0] = 0x04;
            picc->sak = SAK_MEMORY_CARD;
            picc_set_uid(picc, bytes_of(picc->uid, 4));
            picc->ats[0] = 0;
        }
        return card;
    }
    return -1;
}

// Power-up is a cold reset; a link that cannot do it leaves the card mute, which it then is.
static void link_power(void *context, bool on) {
    struct link *link = context;
    size_t size = 0;
    uint8_t atr[64];
    if (on)
        (void)link_reset(link, LINK_RESET_COLD, atr, sizeof atr, &size);
}

static size_t link_answer(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    struct link *link = context;
    size_t size = 0;
    return link_transmit(link, command, answer, capacity, &size) == LINK_OK ? size : 0;
}

struct field_app field_link_app(struct link *link) {
    return (struct field_app){link, link_power, link_answer};
}
