// SPDX-License-Identifier: Apache-2.0
// SELECT by name (ISO/IEC 7816-4 7.1.1, GlobalPlatform 11.9) and what leaving a selection clears.
// An exact name wins over a partial one; P2 = xxxxxx10 goes on to the next match of a partial name,
// P2 = xxxx11xx asks for no answer.
#include <string.h>

#include "card/os/context.h"

enum { SELECT_NEXT = 0x02, SELECT_SILENT = 0x0C };

static bool selectable(const struct applet_instance *instance) {
    return instance->size > 0 && instance->applet != NULL && !directory_is_shared(instance) &&
           instance->life_cycle >= APPLET_SELECTABLE && instance->life_cycle < APPLET_LOCKED;
}

static bool matches(const struct applet_instance *instance, struct bytes name) {
    return selectable(instance) && name.size <= instance->aid_size &&
           memcmp(instance->aid, name.data, name.size) == 0;
}

/// CARD_INSTANCES_MAX when there is none.
static size_t find_match(const struct card *card, struct bytes name, size_t from) {
    while (from < CARD_INSTANCES_MAX && !matches(&card->instances[from], name))
        from++;
    return from;
}

static size_t find_target(const struct card *card, struct bytes name, bool next) {
    if (name.size == 0)
        return CARD_DEFAULT_INSTANCE;
    if (next)
        return find_match(card, name, card->selected + 1);
    size_t exact = directory_find(card, name);
    if (exact < CARD_INSTANCES_MAX && selectable(&card->instances[exact]))
        return exact;
    return find_match(card, name, 0);
}

static void end_secure_channel(struct card *card) {
    card->secure = NULL;
    card->secure_level = 0;
}

static void leave(struct card *card, enum card_interface interface) {
    struct card_call call = card_call_to(card, interface, card->selected);
    const struct applet *applet = call.instance->applet;
    nvm_begin(&card->nvm);
    if (applet != NULL && applet->deselect != NULL)
        applet->deselect(&call);
    nvm_commit(&card->nvm);
    bytes_erase(card->on_deselect, sizeof card->on_deselect);
    end_secure_channel(card);
}

void select_none(struct card *card, enum card_interface interface) {
    leave(card, interface);
    card->selected = CARD_DEFAULT_INSTANCE;
}

static uint16_t select_instance(struct card_call *call, size_t target) {
    struct card *card = call->card;
    leave(card, call->interface);
    nvm_begin(&card->nvm);
    card->selected = target;
    struct apdu_command command = call->command;
    *call = card_call_to(card, call->interface, target);
    call->command = command;
    uint16_t sw = call->instance->applet->select(call);
    bool stands = sw == SW_OK || sw >> 8 == 0x62 || sw >> 8 == 0x63;
    if (!stands) {
        bytes_erase(card->on_deselect, sizeof card->on_deselect);
        card->selected = CARD_DEFAULT_INSTANCE;
    }
    return sw;
}

uint16_t select_by_name(struct card_call *call) {
    struct card *card = call->card;
    bool next = (call->command.p2 & SELECT_NEXT) != 0;
    size_t target = find_target(card, call->command.data, next);
    if (target >= CARD_INSTANCES_MAX)
        return SW_NOT_FOUND;
    bool locked = card->life_cycle == CARD_LOCKED || card->life_cycle == CARD_TERMINATED;
    if (locked && target != CARD_DEFAULT_INSTANCE)
        return SW_LIFE_CYCLE;
    bool silent = (call->command.p2 & SELECT_SILENT) == SELECT_SILENT;
    uint16_t sw = select_instance(call, target);
    if (silent)
        call->answer.size = 0;
    return sw == SW_OK && locked ? SW_FILE_INVALIDATED : sw;
}
