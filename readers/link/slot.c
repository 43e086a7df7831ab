// SPDX-License-Identifier: Apache-2.0
#include "readers/link/slot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers/control.h"
#include "readers/link/emu.h"

enum { CONTROL_TIMEOUT_MS = 5000 };

// ---- arguments ---------------------------------------------------------------------------------

static bool add(struct slot_arguments *arguments, const char *name, const char *link,
                struct failure *failure) {
    if (arguments->count == SCRIPT_CARDS_MAX)
        return fail(failure, EXIT_USAGE, "%s is one card too many: a script has at most %d", link,
                    SCRIPT_CARDS_MAX);
    for (size_t i = 0; i < arguments->count; i++)
        if (strcmp(arguments->cards[i].name, name) == 0)
            return fail(failure, EXIT_USAGE, "the card '%s' is given twice: %s and %s", name,
                        arguments->cards[i].link, link);
    arguments->cards[arguments->count++] = (struct slot_argument){name, link};
    return true;
}

bool slot_add_link(struct slot_arguments *arguments, const char *link, struct failure *failure) {
    return add(arguments, "card", link, failure);
}

bool slot_take_link(void *context, char *value, struct failure *failure) {
    struct slot_command *command = context;
    return slot_add_link(&command->cards, value, failure);
}

bool slot_take_card(void *context, char *value, struct failure *failure) {
    struct slot_command *command = context;
    char *equals = strchr(value, '=');
    if (equals == NULL || equals == value)
        return fail(failure, EXIT_USAGE, "--card '%s' is not NAME=LINK", value);
    *equals = '\0';
    return add(&command->cards, value, equals + 1, failure);
}

bool slot_take_keys(void *context, char *value, struct failure *failure) {
    struct slot_command *command = context;
    return host_keys_add(&command->keys, value) ||
           fail(failure, EXIT_USAGE, "--keys '%s' is not NAME=FILE of a key file", value);
}

const struct script_keys *slot_keys(const struct slot_command *command) {
    return command->keys.count > 0 ? &command->keys.keys : NULL;
}

struct script_needs slot_needs(const struct slot_command *command) {
    struct script_needs needs = {.keys = slot_keys(command), .card_count = command->cards.count};
    for (size_t i = 0; i < command->cards.count; i++)
        needs.cards[i] = command->cards.cards[i].name;
    return needs;
}

// ---- the card ----------------------------------------------------------------------------------

static enum link_status emu_cut(const struct script_control *control, uint64_t writes) {
    struct slot *slot = control->context;
    return emu_link_cut(slot->link, writes, 0) ? LINK_OK : LINK_UNSUPPORTED;
}

static enum link_status emu_insert(const struct script_control *control) {
    struct slot *slot = control->context;
    return slot->removable.control.insert(&slot->removable.control);
}

static enum link_status emu_remove(const struct script_control *control) {
    struct slot *slot = control->context;
    return slot->removable.control.remove(&slot->removable.control);
}

static enum link_status order(const struct script_control *control, const char *text) {
    struct slot *slot = control->context;
    char reply[CONTROL_LINE_MAX];
    if (control_ask(slot->control_socket, text, CONTROL_TIMEOUT_MS, reply, sizeof reply) &&
        strncmp(reply, "ok", 2) == 0)
        return LINK_OK;
    snprintf(slot->link->error, sizeof slot->link->error, "%.200s", reply);
    return LINK_UNSUPPORTED;
}

static enum link_status socket_cut(const struct script_control *control, uint64_t writes) {
    char text[64];
    snprintf(text, sizeof text, "power-cut after %" PRIu64 " writes", writes);
    return order(control, text);
}

static enum link_status socket_insert(const struct script_control *control) {
    return order(control, "insert");
}

static enum link_status socket_remove(const struct script_control *control) {
    return order(control, "remove");
}

/// The control socket of a card behind pcscd: the lab names both by number.
static bool find_control(struct slot *slot, const char *link, size_t number) {
    char name[40];
    const char *value;
    for (size_t i = 1; i <= SCRIPT_CARDS_MAX; i++) {
        snprintf(name, sizeof name, "TESSERA_CARD_%zu", i);
        value = getenv(name);
        if (value != NULL && strcmp(value, link) == 0)
            number = i;
    }
    snprintf(name, sizeof name, "TESSERA_CONTROL_%zu", number);
    value = getenv(name);
    return value != NULL && (size_t)snprintf(slot->control_socket, sizeof slot->control_socket,
                                             "%s", value) < sizeof slot->control_socket;
}

static void give_control(struct slot *slot, const char *link, size_t number) {
    slot->control = (struct script_control){.context = slot};
    if (link_image(link) != NULL)
        slot->control = (struct script_control){emu_cut, emu_insert, emu_remove, slot};
    else if (find_control(slot, link, number))
        slot->control = (struct script_control){socket_cut, socket_insert, socket_remove, slot};
}

bool slot_open(struct slot *slot, const struct slot_argument *card, size_t number,
               const struct slot_options *options, struct link_failure *failure) {
    struct link_options how = {
        .detached = options->fresh, .seeded = options->seeded, .seed = options->seed + number};
    slot->link = link_open(card->link, &how, failure);
    if (slot->link == NULL)
        return false;
    removable_init(&slot->removable, slot->link);
    give_control(slot, card->link, number + 1);
    return true;
}

void slot_close(struct slot *slot) {
    link_close(slot->link);
    slot->link = NULL;
}

struct script_card slot_card(struct slot *slot, const struct slot_argument *card) {
    return (struct script_card){card->name, &slot->removable.link, &slot->control};
}

bool slots_open(struct slots *slots, const struct slot_arguments *arguments,
                const struct slot_options *options, struct link_failure *failure) {
    for (size_t i = 0; i < arguments->count; i++) {
        const struct slot_argument *card = &arguments->cards[i];
        if (options != NULL && !slot_open(&slots->slots[i], card, i, options, failure))
            return false;
        slots->cards[i] = slot_card(&slots->slots[i], card);
        slots->count++;
    }
    return true;
}

void slots_close(struct slots *slots) {
    for (size_t i = 0; i < SCRIPT_CARDS_MAX; i++)
        slot_close(&slots->slots[i]);
}
