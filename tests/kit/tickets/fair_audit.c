// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/tickets/fair_audit.h"

#include "card/applets/tickets/state/lane.h"
#include "card/applets/tickets/state/slot.h"
#include "card/os/context.h"

#include <stdlib.h>
#include <string.h>

struct tickets fair_store(struct scene_card *card) {
    static const uint8_t aid[] = AID_TICKETS;
    struct tickets tickets;
    size_t instance = directory_find(card->card, BYTES_OF(aid));
    if (instance >= CARD_INSTANCES_MAX)
        abort();
    card->call = card_call_to(card->card, card->interface, instance);
    tickets_open(&tickets, &card->call);
    return tickets;
}

static struct scene_card *card_named(struct scene *scene, struct bytes holder) {
    for (size_t i = 0; i < scene->count; i++)
        if (bytes_equal(bytes_of_string(scene->cards[i]->holder), holder))
            return scene->cards[i];
    return NULL;
}

/// Did the ticket of this way arrive?
static bool arrived(struct scene *scene, const struct scene_card *from, const struct out *out) {
    struct scene_card *to = card_named(scene, ticket_id_bytes(&out->destination));
    struct lane lane;
    if (to == NULL)
        return false;
    struct tickets there = fair_store(to);
    bool known = lane_find(&there, bytes_of_string(from->holder), &lane);
    return lane_look(&there, known ? &lane : NULL, out->n) == LANE_DONE;
}

static void add_slot(struct scene *scene, size_t index, const struct slot *slot,
                     struct fair_place *place) {
    struct scene_card *card = scene->cards[index];
    struct tickets tickets = fair_store(card);
    struct out out;
    bool transit = slot->state == SLOT_TRANSIT;
    if (transit && out_of_slot(&tickets, slot->number, &out) && arrived(scene, card, &out))
        return;
    place->copies++;
    place->live += !transit;
    place->plays = (uint16_t)(place->plays + slot->left.plays);
    place->flags = slot->left.flags;
    place->holder = index;
}

struct fair_place fair_find(struct scene *scene, const uint8_t name[TICKET_NAME_SIZE]) {
    struct fair_place place = {0};
    struct slot slot;
    for (size_t i = 0; i < scene->count; i++) {
        struct tickets tickets = fair_store(scene->cards[i]);
        if (slot_find(&tickets, name, &slot))
            add_slot(scene, i, &slot, &place);
    }
    return place;
}

bool fair_counts_agree(struct scene_card *card) {
    struct tickets tickets = fair_store(card);
    uint64_t used = 0, transit = 0, rows = 0, open = 0;
    struct slot slot;
    struct out out;
    struct lane lane;
    for (uint16_t i = slot_next(&tickets, 0); i < tickets.tables.slots;
         i = slot_next(&tickets, i + 1)) {
        used += slot_read(&tickets, i, &slot);
        transit += slot.state == SLOT_TRANSIT;
    }
    for (uint16_t i = 0; i < OUT_ROWS; i++)
        rows += out_at(&tickets, i, &out);
    for (uint16_t i = 0; i < tickets.tables.lanes; i++)
        open += lane_at(&tickets, i, &lane) && lane.open != 0;
    return used == tickets_get(&tickets, TICKET_NUMBER_USED) && transit == rows &&
           rows == tickets_get(&tickets, TICKET_NUMBER_TRANSIT) &&
           open == tickets_get(&tickets, TICKET_NUMBER_OPEN);
}

// ---- honest retries ----------------------------------------------------------------------------

/// Asks the destination what became of the number.
static const char *ask_end(struct fair_move *move) {
    struct object end;
    if (fair_select(move->to, NULL) != SW_OK || fair_step_cancel(move) != SW_OK)
        return "the destination does not say what became of its number";
    if (!object_decode(fair_bytes(&move->end), &end))
        return "the end of a way is no object";
    bool done = end.type == OBJECT_MOVE_RECEIPT;
    if (fair_select(move->from, NULL) != SW_OK ||
        (done ? fair_step_complete(move) : fair_step_take_cancel(move)) != SW_OK)
        return "the source does not take the end of its way";
    return NULL;
}

/// Goes on where the first try broke off, if the destination still waits for that number.
static bool go_on(struct fair_move *move) {
    uint32_t n = move->n;
    return fair_step_accept(move) == SW_OK && move->n == n && fair_step_surrender(move) == SW_OK &&
           fair_step_import(move) == SW_OK && fair_step_complete(move) == SW_OK;
}

static const char *finish_one(struct scene *scene, struct scene_card *card, const struct out *out,
                              bool onwards) {
    static const uint8_t any[TICKET_NAME_SIZE];
    struct fair_move move = {.from = card, .name = any, .n = out->n};
    move.to = card_named(scene, ticket_id_bytes(&out->destination));
    if (move.to == NULL)
        return "a ticket is on its way to nobody";
    if (onwards && go_on(&move))
        return NULL;
    move.n = out->n;
    return ask_end(&move);
}

const char *fair_finish(struct scene *scene, struct scene_card *card, bool onwards) {
    struct out out;
    for (uint16_t row = 0; row < OUT_ROWS; row++) {
        struct tickets tickets = fair_store(card);
        if (!out_at(&tickets, row, &out))
            continue;
        const char *fault = finish_one(scene, card, &out, onwards);
        if (fault != NULL)
            return fault;
        tickets = fair_store(card);
        if (out_at(&tickets, row, &out))
            return "a way does not end";
    }
    return NULL;
}
