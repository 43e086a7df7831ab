// SPDX-License-Identifier: Apache-2.0
// Attacks on tickets in use: players that are none, requests and proofs told again, forged answers,
// lists edited from the air, keys looked for on every wire. Each is refused for its own reason and
// leaves every image as it was.
#include "tests/kit/tickets/fair_attack.h"

#include <stdio.h>
#include <string.h>

// ---- playing -----------------------------------------------------------------------------------

static void other_players(void) {
    fair_attack_begin();
    ACCEPTED(fair_transfer(phone, home, &ticket));
    struct fair_use use = fair_use(fair, home, &ticket);
    struct sample_party thief = fair->recorder; // signs under the player's name
    snprintf(thief.holder, sizeof thief.holder, "PLAYER");
    use.player = &thief;
    fair_use_ask(&use);
    REFUSED(fair_use_play(&use), SW_BAD_SIGNATURE);
    struct sample_party unknown;
    scene_certify(fair->scene, &unknown, "NEW", ROLE_PLAYER, &fair->apparatus, SCENE_FROM,
                  SCENE_UNTIL);
    use.player = &unknown;
    fair_use_ask(&use);
    REFUSED(fair_use_play(&use), SW_UNKNOWN_CERTIFICATE);
    use.player = &fair->seller;
    fair_use_ask(&use);
    REFUSED(fair_use_play(&use), SW_WRONG_ROLE);
    // a request for another store
    struct scene_card *here = use.store;
    use.player = &fair->player;
    use.store = phone;
    fair_use_ask(&use);
    use.store = here;
    CU_ASSERT_EQUAL(fair_select(home, NULL), SW_OK);
    REFUSED(fair_use_play(&use), SW_WRONG_PARTY);
    fair_attack_end();
}

static void replays(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    fair_attack_begin();
    ACCEPTED(fair_transfer(phone, home, &ticket));
    struct fair_use first = fair_use(fair, home, &ticket), second = first;
    second = fair_use(fair, home, &ticket);
    fair_use_ask(&first);
    ACCEPTED(fair_use_play(&first));
    fair_use_ask(&second);
    ACCEPTED(fair_use_play(&second));
    REFUSED(fair_use_play(&first), SW_BAD_CHALLENGE);
    scene_reset(home);
    CU_ASSERT_EQUAL(fair_select(home, NULL), SW_OK);
    REFUSED(fair_use_play(&first), SW_BAD_CHALLENGE);
    // sealed, not here, clock back
    sale.open = false;
    fair_sell(fair, phone, &sale, &ticket);
    ACCEPTED(fair_transfer(phone, home, &ticket));
    struct fair_use use = fair_use(fair, home, &ticket);
    fair_use_ask(&use);
    REFUSED(fair_use_play(&use), SW_SEALED);
    REFUSED(fair_settle(home, &fair->recorder, ticket.name, true), SW_WRONG_PARTY);
    struct sample_party forged = fair->recorder;
    snprintf(forged.holder, sizeof forged.holder, "SHOP");
    REFUSED(fair_settle(home, &forged, ticket.name, true), SW_BAD_SIGNATURE);
    ACCEPTED(fair_settle(home, &fair->seller, ticket.name, true));
    use.date = 20251231;
    fair_use_ask(&use);
    REFUSED(fair_use_play(&use), SW_CLOCK_BACK);
    fair_attack_end();
}

/// A recorder that played asks for a copy under the very same key: that is another use.
static void copy_for_a_play(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    fair_attack_begin();
    sale.actions = ACTION_PLAY | ACTION_COPY;
    sale.copies = 1;
    fair_sell(fair, phone, &sale, &ticket);
    ACCEPTED(fair_transfer(phone, home, &ticket));
    struct fair_use use = fair_use(fair, home, &ticket);
    use.player = &fair->recorder;
    fair_use_ask(&use);
    ACCEPTED(fair_use_play(&use));
    CU_ASSERT_EQUAL(use.left.copies, 1);
    use.action = ACTION_COPY;
    fair_use_ask(&use);
    ACCEPTED(fair_use_play(&use));
    CU_ASSERT_EQUAL(use.left.copies, 0);
    struct fair_use next = fair_use(fair, home, &ticket);
    next.player = &fair->recorder;
    next.action = ACTION_COPY;
    fair_use_ask(&next);
    REFUSED(fair_use_play(&next), SW_COPIES_EXHAUSTED);
    fair_attack_end();
}

/// A proof of the phone is for one store, ticket, action and challenge.
static void proofs(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    fair_attack_begin();
    struct scene_card *other = fair_home(fair, "OTHER", 4);
    fair_befriend(phone, other);
    sale.actions = ACTION_PLAY | ACTION_COPY | ACTION_BOUND;
    sale.copies = 1;
    fair_sell(fair, phone, &sale, &ticket);
    ACCEPTED(fair_transfer(phone, home, &ticket));
    struct fair_use use = fair_use(fair, home, &ticket), elsewhere = fair_use(fair, other, &ticket);
    fair_use_ask(&use);
    REFUSED(fair_use_play(&use), SW_BOUND);
    memcpy(elsewhere.challenge, use.challenge, sizeof use.challenge);
    ACCEPTED(fair_use_prove(&elsewhere, phone));
    use.presence = elsewhere.presence; // for another store
    REFUSED(fair_use_play(&use), SW_BOUND);
    use.action = ACTION_COPY;
    ACCEPTED(fair_use_prove(&use, phone)); // for another action
    REFUSED(fair_use_play(&use), SW_BOUND);
    use.action = ACTION_PLAY;
    ACCEPTED(fair_use_prove(&use, bert)); // by another phone
    REFUSED(fair_use_play(&use), SW_BOUND);
    ACCEPTED(fair_use_prove(&use, phone));
    ACCEPTED(fair_use_play(&use));
    struct fair_use next = fair_use(fair, home, &ticket);
    next.presence = use.presence; // replayed
    fair_use_ask(&next);
    REFUSED(fair_use_play(&next), SW_BOUND);
    REFUSED(fair_use_prove(&next, home), SW_NOT_LISTED_HERE); // whom the prover does not list
    fair_attack_end();
}

// ---- the owner's list --------------------------------------------------------------------------

static void lists(void) {
    uint8_t id[] = {0x9F, 0x32, 4, 'E', 'V', 'I', 'L'};
    fair_attack_begin();
    CU_ASSERT_EQUAL(fair_select(home, NULL), SW_OK);
    REFUSED(fair_send_p1(home, COMMAND_TICKETS_SET_DEVICE, TICKETS_DEVICE_ADD, BYTES_OF(id)),
            SW_PIN_REQUIRED);
    home->interface = CARD_CONTACTLESS;
    CU_ASSERT_EQUAL(fair_select(home, NULL), SW_OK);
    REFUSED(fair_verify(home), SW_INTERFACE);
    REFUSED(fair_send_p1(home, COMMAND_TICKETS_SET_DEVICE, TICKETS_DEVICE_ADD, BYTES_OF(id)),
            SW_INTERFACE);
    REFUSED(fair_send(home, COMMAND_TICKETS_PLAY, bytes_of(ticket.header.octets, 170)),
            SW_INTERFACE);
    REFUSED(scene_send_row(home, &tickets_commands[COMMAND_TICKETS_LIST], 0, bytes_of(NULL, 0)),
            SW_INTERFACE);
    fair_attack_end();
}

// ---- the key -----------------------------------------------------------------------------------

static const char *searched;
static size_t answers, found;

static bool holds(struct bytes in, const char *text) {
    size_t size = strlen(text);
    for (size_t i = 0; i + size <= in.size; i++)
        if (memcmp(in.data + i, text, size) == 0)
            return true;
    return false;
}

static void look_at_wire(struct scene *scene, const struct scene_card *card, struct bytes command) {
    (void)scene;
    answers++;
    found += holds(command, searched) || holds(card->answer, searched);
}

/// The key is on no wire, and in no image that lost its ticket.
static void the_key(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    fair_attack_begin();
    searched = sale.key = "a key of twenty-four oct";
    answers = found = 0;
    fair->scene->on_answer = look_at_wire;
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_TRUE(holds(bytes_of(phone->image, phone->size), searched)); // where it has to be
    ACCEPTED(fair_transfer(phone, home, &ticket));
    ACCEPTED(fair_play(fair, home, &ticket));
    CU_ASSERT_TRUE(fair_attack_is_here(home));
    CU_ASSERT_EQUAL(fair_count(home), 1);
    fair->scene->on_answer = NULL;
    CU_ASSERT_TRUE(answers > 10);
    CU_ASSERT_EQUAL(found, 0);
    for (unsigned i = 0; i < 2; i++) // what a commit overwrote is gone two commits later
        ACCEPTED(fair_show(phone, fair->seller.certificate));
    CU_ASSERT_FALSE(holds(bytes_of(phone->image, phone->size), searched));
    fair_attack_end();
}

static const struct suite_test tests[] = {
    {"players that are none, others' requests", other_players, NULL},
    {"requests played again, sealed tickets, forged answers", replays, NULL},
    {"a copy under the key of a play", copy_for_a_play, NULL},
    {"proofs for another store, action, challenge, by another phone", proofs, "M20c"},
    {"lists without PIN and over the air", lists, "M25c"},
    {"the key on no wire and in no image that gave it away", the_key, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-play-attacks", tests, sizeof tests / sizeof tests[0], argc, argv);
}
