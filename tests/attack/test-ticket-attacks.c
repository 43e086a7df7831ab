// SPDX-License-Identifier: Apache-2.0
// Attacks on tickets: each is refused for its own reason and leaves every image as it was, octet by
// octet. The adversary is the pipe: he keeps whatever was ever signed and shows it to anybody,
// copies images, and owns a store and a seller whose keys are known.
#include "tests/kit/hotlists.h"
#include "tests/kit/objects.h"
#include "tests/kit/tickets/fair_attack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// How many cards say that the ticket is theirs, in use or on its way.
static size_t copies_of(void) {
    size_t count = 0;
    for (size_t i = 0; i < fair->scene->count; i++)
        count += fair_attack_is_here(fair->scene->cards[i]);
    return count;
}

static uint16_t import(struct scene_card *card, const struct fair_object *move) {
    CU_ASSERT_EQUAL(fair_select(card, NULL), SW_OK);
    return fair_send(card, COMMAND_TICKETS_IMPORT, fair_bytes(move));
}

static uint16_t complete(struct scene_card *card, const struct fair_object *receipt) {
    CU_ASSERT_EQUAL(fair_select(card, NULL), SW_OK);
    return fair_send(card, COMMAND_TICKETS_COMPLETE, fair_bytes(receipt));
}

static void moved(struct fair_move *move) {
    ACCEPTED(fair_step_accept(move));
    ACCEPTED(fair_step_surrender(move));
    ACCEPTED(fair_step_import(move));
    ACCEPTED(fair_step_complete(move));
}

// ---- deliveries --------------------------------------------------------------------------------

static void another_card(void) {
    struct fair_object request, delivery;
    struct fair_sale sale = fair_three_plays("BERT");
    struct fair_ticket other;
    fair_attack_begin();
    fair_make(fair, &sale, &other);
    ACCEPTED(fair_ask(fair, phone, &request));
    fair_wrap(fair, &other, &request, &delivery); // sold to BERT, wrapped for ANNA
    REFUSED(import(phone, &delivery), SW_WRONG_PARTY);
    ACCEPTED(fair_ask(fair, bert, &request));
    fair_wrap(fair, &other, &request, &delivery);
    REFUSED(import(phone, &delivery), SW_WRONG_PARTY); // a move for BERT shown to ANNA
    ACCEPTED(import(bert, &delivery));
    fair_attack_end();
}

/// Told again, a delivery gives its receipt and no second ticket, also after the ticket left.
static void delivery_again(void) {
    struct fair_object request, delivery;
    struct fair_sale sale = fair_three_plays("ANNA");
    fair_attack_begin();
    fair_make(fair, &sale, &ticket);
    ACCEPTED(fair_ask(fair, phone, &request));
    fair_wrap(fair, &ticket, &request, &delivery);
    ACCEPTED(import(phone, &delivery));
    ACCEPTED(import(phone, &delivery));
    CU_ASSERT_EQUAL(fair_count(phone), 2);
    ACCEPTED(fair_transfer(phone, home, &ticket));
    ACCEPTED(import(phone, &delivery));
    CU_ASSERT_EQUAL(copies_of(), 1);
    // wrapped anew for a new number it is a generation that was here
    ACCEPTED(fair_ask(fair, phone, &request));
    fair_wrap(fair, &ticket, &request, &delivery);
    REFUSED(import(phone, &delivery), SW_STALE);
    CU_ASSERT_EQUAL(copies_of(), 1);
    fair_attack_end();
}

static void two_deliveries(void) {
    struct fair_object request, first, second;
    struct fair_sale sale = fair_three_plays("ANNA");
    struct fair_ticket other;
    fair_attack_begin();
    fair_make(fair, &sale, &ticket);
    fair_make(fair, &sale, &other);
    ACCEPTED(fair_ask(fair, phone, &request));
    fair_wrap(fair, &ticket, &request, &first);
    fair_wrap(fair, &other, &request, &second);
    ACCEPTED(import(phone, &first));
    ACCEPTED(import(phone, &second)); // answers the first one's receipt
    CU_ASSERT_EQUAL(fair_count(phone), 2);
    CU_ASSERT_FALSE(fair_left(phone, other.name, &left));
    fair_attack_end();
}

static void enterprises(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    fair_attack_begin();
    sale.enterprise = "E-OTHER";
    fair_make(fair, &sale, &ticket);
    CU_ASSERT_EQUAL(fair_deliver(fair, phone, &ticket), SW_WRONG_ENTERPRISE);
    CU_ASSERT_FALSE(fair_attack_is_here(phone));
    fair_attack_end();
}

static void more_than_sold(void) {
    struct fair_object request, delivery;
    struct fair_sale sale = fair_three_plays("ANNA");
    fair_attack_begin();
    fair_make(fair, &sale, &ticket);
    ACCEPTED(fair_ask(fair, phone, &request));
    ticket.left.plays = 4;
    fair_wrap(fair, &ticket, &request, &delivery);
    REFUSED(import(phone, &delivery), SW_MISMATCH);
    ticket.left = (struct ticket_left){.generation = 1, .plays = 3, .copies = 1};
    fair_wrap(fair, &ticket, &request, &delivery);
    REFUSED(import(phone, &delivery), SW_MISMATCH);
    ticket.left = (struct ticket_left){.generation = 1, .flags = LEFT_UNLIMITED};
    fair_wrap(fair, &ticket, &request, &delivery);
    REFUSED(import(phone, &delivery), SW_MISMATCH);
    ticket.left = (struct ticket_left){.generation = 2, .plays = 3};
    fair_wrap(fair, &ticket, &request, &delivery); // a delivery is no move
    REFUSED(import(phone, &delivery), SW_MISMATCH);
    fair_attack_end();
}

/// Every bit of what a store takes: refused, nothing changed. A state whose number became one that
/// is closed gets that number's end again, which is no secret.
static void flip_all(struct scene_card *card, enum tickets_command id,
                     const struct fair_object *object) {
    struct fair_object bent = *object;
    size_t accepted = 0, changed = 0;
    struct scene_snapshot before = scene_save(fair->scene);
    for (size_t bit = 0; bit < object->size * 8; bit++) {
        bent.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
        accepted += fair_send(card, id, fair_bytes(&bent)) == SW_OK;
        changed += !scene_unchanged(fair->scene, &before);
        bent.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CU_ASSERT_TRUE(accepted <= (id == COMMAND_TICKETS_IMPORT ? 48 : 0));
    CU_ASSERT_EQUAL(changed, 0);
    scene_forget(&before);
}

static void flips(void) {
    struct fair_object request, delivery;
    struct fair_sale sale = fair_three_plays("ANNA");
    struct fair_ticket other;
    fair_attack_begin();
    fair_make(fair, &sale, &other);
    ACCEPTED(fair_ask(fair, phone, &request));
    fair_wrap(fair, &other, &request, &delivery);
    flip_all(phone, COMMAND_TICKETS_IMPORT, &delivery);
    ACCEPTED(import(phone, &delivery));
    struct fair_move move = fair_move(phone, home, &ticket);
    ACCEPTED(fair_step_accept(&move));
    ACCEPTED(fair_step_surrender(&move));
    ACCEPTED(fair_step_import(&move));
    flip_all(phone, COMMAND_TICKETS_COMPLETE, &move.end);
    ACCEPTED(fair_step_complete(&move));
    struct fair_use use = fair_use(fair, home, &ticket);
    fair_use_ask(&use);
    flip_all(home, COMMAND_TICKETS_PLAY, &use.request);
    ACCEPTED(fair_use_play(&use));
    fair_attack_end();
}

// ---- moves -------------------------------------------------------------------------------------

static void old_move(void) {
    fair_attack_begin();
    struct fair_move move = fair_move(phone, home, &ticket);
    moved(&move);
    ACCEPTED(fair_transfer(home, phone, &ticket));
    ACCEPTED(import(home, &move.move)); // its receipt again, no ticket
    CU_ASSERT_EQUAL(copies_of(), 1);
    CU_ASSERT_TRUE(fair_attack_is_here(phone));
    fair_attack_end();
}

/// The ticket came back; the receipt of its first way is told once more.
static void late_complete(void) {
    fair_attack_begin();
    struct fair_move move = fair_move(phone, home, &ticket);
    moved(&move);
    ACCEPTED(fair_transfer(home, phone, &ticket));
    ACCEPTED(complete(phone, &move.end));
    CU_ASSERT_TRUE(fair_attack_is_here(phone));
    struct fair_move again = fair_move(phone, home, &ticket);
    ACCEPTED(fair_step_accept(&again));
    ACCEPTED(fair_step_surrender(&again));
    ACCEPTED(complete(phone, &move.end)); // of another number
    CU_ASSERT_TRUE(fair_attack_is_here(phone));
    ACCEPTED(fair_step_cancel(&again));
    ACCEPTED(fair_step_take_cancel(&again));
    CU_ASSERT_EQUAL(copies_of(), 1);
    fair_attack_end();
}

static void two_destinations(void) {
    fair_attack_begin();
    struct fair_move first = fair_move(phone, home, &ticket);
    ACCEPTED(fair_step_accept(&first));
    ACCEPTED(fair_step_surrender(&first));
    struct fair_move second = fair_move(phone, bert, &ticket);
    ACCEPTED(fair_step_accept(&second));
    REFUSED(fair_step_surrender(&second), SW_IN_TRANSIT);
    ACCEPTED(fair_step_import(&first));
    CU_ASSERT_EQUAL(fair_select(phone, NULL), SW_OK);
    ACCEPTED(fair_step_complete(&first));
    CU_ASSERT_EQUAL(copies_of(), 1);
    fair_attack_end();
}

static void cancel_after_import(void) {
    struct object answer;
    fair_attack_begin();
    struct fair_move move = fair_move(phone, home, &ticket);
    ACCEPTED(fair_step_accept(&move));
    ACCEPTED(fair_step_surrender(&move));
    ACCEPTED(fair_step_import(&move));
    ACCEPTED(fair_step_cancel(&move));
    CU_ASSERT_TRUE(object_decode(fair_bytes(&move.end), &answer));
    CU_ASSERT_EQUAL(answer.type, OBJECT_MOVE_RECEIPT);
    REFUSED(fair_step_take_cancel(&move), SW_BAD_OBJECT);
    ACCEPTED(fair_step_complete(&move));
    CU_ASSERT_EQUAL(copies_of(), 1);
    fair_attack_end();
}

/// A cancel that a thief signs for a number of somebody else's.
static void forged_ends(void) {
    struct object_writer writer;
    struct bytes made;
    uint8_t buffer[128];
    fair_attack_begin();
    struct fair_move move = fair_move(phone, home, &ticket);
    ACCEPTED(fair_step_accept(&move));
    ACCEPTED(fair_step_surrender(&move));
    object_begin(&writer, OBJECT_MOVE_CANCEL, buffer, sizeof buffer);
    object_put_uint(&writer, FIELD_N, move.n);
    object_put(&writer, FIELD_SOURCE, bytes_of_string("ANNA"));
    object_put(&writer, FIELD_DESTINATION, bytes_of_string("HOME"));
    CU_ASSERT_TRUE(object_sign(&writer, &fair->player.signer, &made));
    REFUSED(fair_send(phone, COMMAND_TICKETS_TAKE_CANCEL, made), SW_BAD_SIGNATURE);
    fair_attack_end();
}

/// A request of an earlier selection, and one whose number another command settled.
static void old_requests(void) {
    struct fair_ticket second;
    struct fair_sale sale = fair_three_plays("ANNA");
    fair_attack_begin();
    fair_sell(fair, phone, &sale, &second);
    struct fair_move move = fair_move(phone, home, &ticket);
    ACCEPTED(fair_step_accept(&move));
    CU_ASSERT_EQUAL(fair_select(phone, NULL), SW_OK);
    REFUSED(fair_step_surrender(&move), SW_BAD_CHALLENGE);
    // two requests under one challenge: the second settles the first, which then is dead
    ACCEPTED(fair_step_accept(&move));
    ACCEPTED(fair_step_surrender(&move));
    struct fair_move old = move;
    ACCEPTED(fair_step_cancel(&move));
    ACCEPTED(fair_step_accept(&move));
    struct fair_move next = move;
    ACCEPTED(
        fair_step_surrender(&next)); // settles: the old way never ended, the ticket leaves anew
    ACCEPTED(fair_step_import(&next));
    ACCEPTED(fair_step_complete(&next));
    ACCEPTED(fair_transfer(home, phone, &ticket));
    old.name = ticket.name;
    CU_ASSERT_EQUAL(fair_select(phone, NULL), SW_OK);
    REFUSED(fair_step_surrender(&old), SW_BAD_CHALLENGE); // does not swallow what came back
    CU_ASSERT_TRUE(fair_attack_is_here(phone));
    CU_ASSERT_EQUAL(copies_of(), 1);
    fair_attack_end();
}

/// The settling itself is committed; all other requests that were signed for the challenge die.
static void settling_kills(void) {
    fair_attack_begin();
    struct fair_move first = fair_move(phone, home, &ticket);
    ACCEPTED(fair_step_accept(&first));
    ACCEPTED(fair_step_surrender(&first));
    ACCEPTED(fair_step_cancel(&first));
    struct fair_move other = fair_move(phone, bert, &ticket);
    ACCEPTED(fair_step_accept(&first)); // a new number, a new challenge
    // BERT's request for the very same challenge
    struct fair_move twin = other;
    uint8_t data[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_CHALLENGE].tag, BYTES_OF(first.challenge));
    tlv_put(&out, field_specs[FIELD_SOURCE].tag, bytes_of_string("ANNA"));
    CU_ASSERT_EQUAL(fair_select(bert, NULL), SW_OK);
    ACCEPTED(fair_send(bert, COMMAND_TICKETS_ACCEPT, tlv_writer_bytes(&out)));
    twin.request.size = bert->answer.size;
    memcpy(twin.request.octets, bert->answer.data, twin.request.size);
    static const uint8_t none[TICKET_NAME_SIZE];
    first.name = none;
    CU_ASSERT_EQUAL(fair_step_surrender(&first), SW_RECORD_NOT_FOUND); // settled all the same
    CU_ASSERT_EQUAL(fair_step_surrender(&twin), SW_BAD_CHALLENGE);
    CU_ASSERT_TRUE(fair_attack_is_here(phone));
    fair_attack_end();
}

/// A claimed name: the home lists ANNA, but the signature is another's.
static void false_name(void) {
    struct fair_object move_object;
    struct object request;
    struct object_writer writer;
    struct bytes made;
    uint8_t octets[TICKET_LEFT_SIZE], wrapped[TICKET_WRAPPED_MAX];
    size_t size = 0;
    fair_attack_begin();
    struct fair_move move = fair_move(phone, home, &ticket);
    ACCEPTED(fair_step_accept(&move));
    CU_ASSERT_TRUE(object_decode(fair_bytes(&move.request), &request));
    struct ticket_left next = {.generation = 2, .plays = 3};
    ticket_left_write(&next, octets);
    const struct ticket_way way = {.header_digest = ticket.digest,
                                   .name = ticket.name,
                                   .source = request.fields[FIELD_SOURCE],
                                   .destination = request.fields[FIELD_DESTINATION],
                                   .n = move.n,
                                   .left = octets};
    CU_ASSERT_TRUE(ticket_seal_way(fair->scene->crypto, HPKE_AES_128, home->kem_point, &way,
                                   bytes_of_string("guess"), wrapped, &size));
    move_object = ticket.header;
    object_begin(&writer, OBJECT_TICKET_STATE, move_object.octets + move_object.size,
                 TICKET_OBJECT_MAX);
    object_copy(&writer, FIELD_N, &request);
    object_put(&writer, FIELD_TICKET, BYTES_OF(ticket.name));
    object_copy(&writer, FIELD_SOURCE, &request);
    object_copy(&writer, FIELD_DESTINATION, &request);
    object_put(&writer, FIELD_LEFT, BYTES_OF(octets));
    object_put(&writer, FIELD_WRAPPED_KEY, bytes_of(wrapped, size));
    CU_ASSERT_TRUE(object_sign(&writer, &fair->player.signer, &made));
    move_object.size += made.size;
    REFUSED(import(home, &move_object), SW_BAD_SIGNATURE);
    ACCEPTED(fair_step_cancel(&move)); // the number is not lost
    fair_attack_end();
}

/// Strangers' certificates push the partner out of the card's memory between SURRENDER and
/// COMPLETE.
static void flood(void) {
    char holder[HOLDER_MAX + 1];
    struct sample_party stranger;
    fair_attack_begin();
    struct fair_move move = fair_move(phone, home, &ticket);
    ACCEPTED(fair_step_accept(&move));
    ACCEPTED(fair_step_surrender(&move));
    for (unsigned i = 0; i < 40; i++) {
        snprintf(holder, sizeof holder, "STRANGER%u", i);
        scene_certify(fair->scene, &stranger, holder, ROLE_STORE, &fair->scene->purses, SCENE_FROM,
                      SCENE_LONG);
        ACCEPTED(fair_show(phone, stranger.certificate));
        ACCEPTED(fair_show(home, stranger.certificate));
    }
    ACCEPTED(fair_step_import(&move));
    ACCEPTED(fair_step_complete(&move));
    CU_ASSERT_EQUAL(copies_of(), 1);
    CU_ASSERT_TRUE(fair_attack_is_here(home));
    fair_attack_end();
}

/// The source is revoked between ACCEPT and IMPORT: what is on its way arrives.
static void revoked_meanwhile(void) {
    fair_attack_begin();
    struct fair_move move = fair_move(phone, home, &ticket);
    ACCEPTED(fair_step_accept(&move));
    ACCEPTED(fair_step_surrender(&move));
    ACCEPTED(fair_show(home, fair->scene->center.certificate));
    struct scene_hotlist *list = scene_hotlist(1, SCENE_FROM);
    scene_list_holder(list, fair->scene, fair->scene->purses.holder, "ANNA");
    uint8_t octets[HOTLIST_OBJECT_ROOM];
    struct bytes object = scene_hotlist_object(fair->scene, list, octets);
    ACCEPTED(fair_send(home, COMMAND_TICKETS_HOTLIST, object));
    ACCEPTED(fair_send(home, COMMAND_TICKETS_HOTLIST_PART, scene_hotlist_marks(list)));
    free(list);
    ACCEPTED(fair_step_import(&move));
    ACCEPTED(fair_step_complete(&move));
    CU_ASSERT_TRUE(fair_attack_is_here(home));
    ACCEPTED(fair_transfer(home, bert, &ticket));
    CU_ASSERT_EQUAL(fair_transfer(home, phone, &ticket), SW_HOTLISTED);
    fair_attack_end();
}

// ---- copied images -----------------------------------------------------------------------------

/// Both twins of a copied image send the ticket to one home: the second is found.
static void twins_meet(void) {
    struct fair_move first, second;
    fair_attack_begin();
    uint8_t *image = phone->image;
    struct scene_snapshot copy = scene_save(fair->scene);
    first = fair_move(phone, home, &ticket);
    moved(&first);
    memcpy(image, copy.images[0], phone->size); // the phone as it was
    scene_power(phone);
    second = fair_move(phone, home, &ticket);
    ACCEPTED(fair_step_accept(&second));
    ACCEPTED(fair_step_surrender(&second));
    REFUSED(fair_step_import(&second), SW_STALE);
    // also where the home gave the ticket away meanwhile
    ACCEPTED(fair_transfer(home, bert, &ticket));
    CU_ASSERT_EQUAL(fair_select(home, NULL), SW_OK);
    REFUSED(fair_step_import(&second), SW_STALE);
    scene_forget(&copy);
    fair_attack_end();
}

/// Plays do not come back by putting an old image in the place of a new one and moving on.
static void rolled_back(void) {
    fair_attack_begin();
    ACCEPTED(fair_transfer(phone, home, &ticket));
    struct scene_snapshot copy = scene_save(fair->scene);
    for (unsigned i = 0; i < 3; i++)
        ACCEPTED(fair_play(fair, home, &ticket));
    ACCEPTED(fair_transfer(home, phone, &ticket));
    memcpy(home->image, copy.images[1], home->size);
    scene_power(home);
    CU_ASSERT_EQUAL(fair_transfer(home, phone, &ticket), SW_STALE);
    CU_ASSERT_TRUE(fair_attack_is_here(phone));
    CU_ASSERT_EQUAL(left.plays, 0);
    scene_forget(&copy);
    fair_attack_end();
}

static const struct suite_test tests[] = {
    {"a ticket for another card", another_card, NULL},
    {"a delivery told again, and wrapped anew", delivery_again, NULL},
    {"two deliveries for one number", two_deliveries, NULL},
    {"a seller of another enterprise", enterprises, NULL},
    {"more than was sold", more_than_sold, NULL},
    {"every bit of delivery, receipt and play request", flips, NULL},
    {"an old move told again", old_move, NULL},
    {"COMPLETE after the ticket came back", late_complete, NULL},
    {"two destinations", two_destinations, NULL},
    {"CANCEL after IMPORT", cancel_after_import, NULL},
    {"ends that others sign", forged_ends, NULL},
    {"old requests", old_requests, NULL},
    {"settling kills the challenge for all others", settling_kills, NULL},
    {"a listed name under another key", false_name, NULL},
    {"strangers between SURRENDER and COMPLETE", flood, NULL},
    {"a source revoked on the way", revoked_meanwhile, NULL},
    {"twins of one image", twins_meet, NULL},
    {"an image rolled back", rolled_back, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-ticket-attacks", tests, sizeof tests / sizeof tests[0], argc, argv);
}
