// SPDX-License-Identifier: Apache-2.0
#include "host/flows/content/content_use.h"

#include "host/flows/tickets/ticket_meeting.h"
#include "host/flows/tickets/ticket_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_id(const struct object *object, enum field field, char out[HOLDER_MAX + 1]) {
    struct bytes id = object->fields[field];
    snprintf(out, HOLDER_MAX + 1, "%.*s", (int)id.size, id.size > 0 ? (const char *)id.data : "");
}

static struct ticket_wish wish_of(const struct container_file *file) {
    struct ticket_wish wish = {.by_content = true};
    read_id(&file->front.manifest, FIELD_CONTENT, wish.content);
    read_id(&file->front.manifest, FIELD_KEY_ID, wish.key_id);
    return wish;
}

/// The same key again where the answer was lost: no second use is counted.
static bool count(struct ticket_play *play, struct failure *failure) {
    bool done = ticket_play_run(play, failure);
    if (!done && failure->code == EXIT_OPEN)
        done = ticket_play_run(play, failure);
    return done;
}

bool content_use_run(struct content_use *use, struct container_file *file,
                     struct failure *failure) {
    struct ticket_wish wish = wish_of(file);
    struct ticket_row row;
    struct ticket_play play = {
        .store = use->store, .phone = use->phone, .player = use->player, .action = ACTION_PLAY};
    memcpy(play.content, wish.content, sizeof play.content);
    if (!ticket_wish_find(&wish, use->store, &row, failure)) // store: which ticket opens it
        return false;
    memcpy(play.name, row.name, sizeof play.name);
    bool done = count(&play, failure) // store: the use is counted, the key leaves for the player
                && container_unlock(file, bytes_of(play.key, play.key_size), failure); // player
    use->left = play.left;
    ticket_play_erase(&play);
    return done;
}

// ---- hand-over ---------------------------------------------------------------------------------

static bool move(struct ticket_client *phone, struct ticket_client *store,
                 const struct ticket_row *row, struct failure *failure) {
    struct ticket_flow *flow = calloc(1, sizeof *flow);
    if (flow == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    ticket_flow_over(flow, phone, store, NULL);
    memcpy(flow->name, row->name, sizeof flow->name);
    ticket_transfer_run(flow);
    bool done = fail_ticket_flow(flow, failure);
    bytes_erase(flow, sizeof *flow);
    free(flow);
    return done;
}

bool content_use_hand_over(struct ticket_client *phone, struct ticket_client *store,
                           const struct container_file *file, struct failure *failure) {
    struct ticket_wish wish = wish_of(file);
    struct ticket_row row;
    if (ticket_wish_find(&wish, store, &row, NULL) && ticket_row_is_usable(&row))
        return true;
    return ticket_wish_find(&wish, phone, &row, failure) && move(phone, store, &row, failure);
}
