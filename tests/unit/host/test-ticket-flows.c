// SPDX-License-Identifier: Apache-2.0
// A ticket's move over links in process: what crosses the air, who refuses and what is left then,
// and every command and every answer lost at every position, wired and contactless, brought to its
// end by running the same move again.
#include "host/flows/tickets/ticket_meeting.h"
#include "host/tickets/ticket_failure.h"
#include "tests/kit/scene/lossy.h"
#include "tests/kit/suite.h"
#include "tests/kit/tickets/fair.h"

#include <stdio.h>
#include <string.h>

#define KEY_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct tap {
    struct fair *fair;
    struct scene_card *phone, *home;
    struct fair_ticket ticket;
    struct lossy_link phone_link, home_link;
    struct lossy_plan plan;
    struct ticket_client source, destination;
    struct ticket_flow flow;
    struct scene_snapshot start;
    enum card_interface over;
};

static struct tap tap;

static void tap_of(const struct fair_sale *sale, enum card_interface phone_over) {
    memset(&tap, 0, sizeof tap);
    tap.fair = fair_open(12);
    tap.phone = fair_phone(tap.fair, "TID_01", 8);
    tap.home = fair_home(tap.fair, "SID_01", 8);
    tap.over = phone_over;
    fair_sell(tap.fair, tap.phone, sale, &tap.ticket);
    lossy_disarm(&tap.plan);
    lossy_over(&tap.phone_link, tap.phone, phone_over, &tap.plan);
    lossy_over(&tap.home_link, tap.home, CARD_CONTACT, &tap.plan);
    tap.phone_link.link.command_max = tap.home_link.link.command_max = 261;
}

static void tap_begin(enum card_interface phone_over) {
    struct fair_sale sale = fair_three_plays("TID_01");
    tap_of(&sale, phone_over);
    fair_befriend(tap.phone, tap.home);
    tap.start = scene_save(tap.fair->scene);
}

static void tap_end(void) {
    link_close(&tap.phone_link.link);
    link_close(&tap.home_link.link);
    if (tap.start.count > 0)
        scene_forget(&tap.start);
    fair_close(tap.fair);
}

static void tap_mend(void) {
    lossy_disarm(&tap.plan);
    lossy_mend(&tap.phone_link, tap.phone);
    lossy_mend(&tap.home_link, tap.home);
}

/// The phone gives to the home server; back: the other way. By number, or by name over the air,
/// where the phone shows no list.
static enum flow_status move(bool back, const char *number) {
    ticket_client_over(&tap.source, back ? &tap.home_link.link : &tap.phone_link.link);
    ticket_client_over(&tap.destination, back ? &tap.phone_link.link : &tap.home_link.link);
    ticket_flow_over(&tap.flow, &tap.source, &tap.destination, number);
    memcpy(tap.flow.name, tap.ticket.name, sizeof tap.flow.name);
    ticket_transfer_run(&tap.flow);
    return tap.flow.status;
}

static enum flow_status give(void) {
    return move(false, tap.over == CARD_CONTACTLESS ? NULL : "NO_1");
}

/// Is the ticket with all its plays at exactly one of the two, and nothing between them?
static bool is_at(struct scene_card *card) {
    struct ticket_left left = {0};
    struct ticket_client client;
    struct scene_card *other = card == tap.home ? tap.phone : tap.home;
    bool here = fair_left(card, tap.ticket.name, &left) && left.plays == 3;
    bool only = fair_count(card) == 1 && fair_count(other) == 0;
    struct lossy_link *links[] = {&tap.phone_link, &tap.home_link};
    for (size_t i = 0; i < 2; i++) {
        ticket_client_over(&client, &links[i]->link);
        only =
            only && ticket_client_select(&client) == TICKET_OK && client.selection.in_transit == 0;
    }
    return here && only;
}

static bool none_open(void) {
    struct ticket_room room;
    ticket_client_over(&tap.destination, &tap.home_link.link);
    return ticket_client_select(&tap.destination) == TICKET_OK &&
           ticket_client_room(&tap.destination, &room) == TICKET_OK && room.open == 0;
}

// ---- the way it should go ----------------------------------------------------------------------

static void moves(void) {
    tap_begin(CARD_CONTACT);
    CU_ASSERT_EQUAL(give(), FLOW_DONE);
    CU_ASSERT(tap.flow.completed && !tap.flow.settled && !tap.flow.met);
    CU_ASSERT(is_at(tap.home));
    CU_ASSERT_EQUAL(move(false, "NO_1"), FLOW_DONE); // again: it is where it should be
    CU_ASSERT(tap.flow.settled);
    CU_ASSERT(is_at(tap.home));
    CU_ASSERT_EQUAL(move(true, "NO_1"), FLOW_DONE); // and back
    CU_ASSERT_FALSE(tap.flow.settled);
    CU_ASSERT(is_at(tap.phone));
    CU_ASSERT(none_open());
    tap_end();
}

/// The transmission request is SELECT's answer: who the phone is, and no octet of a ticket.
static void offer_holds_no_ticket(void) {
    tap_begin(CARD_CONTACTLESS);
    ticket_client_over(&tap.source, &tap.phone_link.link);
    CU_ASSERT_EQUAL(ticket_client_select(&tap.source), TICKET_OK);
    CU_ASSERT_STRING_EQUAL(tap.source.selection.id, "TID_01");
    CU_ASSERT_FALSE(tap.source.selection.offers);
    CU_ASSERT(tap.source.count.octets < 100);
    CU_ASSERT_EQUAL(give(), FLOW_DONE);
    CU_ASSERT(
        bytes_equal(tap.flow.request.object.fields[FIELD_DESTINATION], bytes_of_string("SID_01")));
    tap_end();
}

/// Four commands a side and 1 400 octets, with the longest key; a fifth and sixth at a first
/// meeting.
static void air_budget(void) {
    struct fair_sale sale = fair_three_plays("TID_01");
    sale.key = KEY_64;
    tap_of(&sale, CARD_CONTACTLESS);
    CU_ASSERT_EQUAL(fair_device(tap.phone, TICKETS_DEVICE_ADD, "SID_01"), SW_OK);
    CU_ASSERT_EQUAL(fair_device(tap.home, TICKETS_DEVICE_ADD, "TID_01"), SW_OK);
    CU_ASSERT_EQUAL(give(), FLOW_DONE);
    CU_ASSERT(tap.flow.met);
    CU_ASSERT(tap.source.count.apdus <= 5 && tap.source.count.octets <= 1400);
    CU_ASSERT_EQUAL(move(true, NULL), FLOW_DONE);
    CU_ASSERT_FALSE(tap.flow.met);
    CU_ASSERT_EQUAL(give(), FLOW_DONE);
    CU_ASSERT_EQUAL(tap.source.count.apdus, 4);
    CU_ASSERT_EQUAL(tap.destination.count.apdus, 4);
    CU_ASSERT(tap.source.count.octets <= 1400 && tap.destination.count.octets <= 1400);
    tap_end();
}

/// Over the air a phone shows no list; its owner names one ticket for one tap.
static void gives_what_is_offered(void) {
    tap_begin(CARD_CONTACTLESS);
    CU_ASSERT_EQUAL(move(false, "NO_1"), FLOW_REFUSED);
    CU_ASSERT_EQUAL(tap.flow.sw, SW_INTERFACE);
    CU_ASSERT(is_at(tap.phone));
    struct lossy_link own;
    struct ticket_client owner;
    lossy_over(&own, tap.phone, CARD_CONTACT, &tap.plan);
    ticket_client_over(&owner, &own.link);
    CU_ASSERT_EQUAL(ticket_client_select(&owner), TICKET_OK);
    CU_ASSERT_EQUAL(ticket_client_offer(&owner, tap.ticket.name), TICKET_OK);
    CU_ASSERT_EQUAL(move(false, "NO_1"), FLOW_DONE);
    CU_ASSERT(is_at(tap.home));
    link_close(&own.link);
    tap_end();
}

// ---- who refuses -------------------------------------------------------------------------------

static void refused(const char *by, const char *chart, uint16_t sw) {
    CU_ASSERT_EQUAL(give(), FLOW_REFUSED);
    CU_ASSERT_EQUAL(tap.flow.sw, sw);
    CU_ASSERT_STRING_EQUAL(tap.flow.by, by);
    CU_ASSERT_STRING_EQUAL(ticket_flow_chart(&tap.flow), chart);
    CU_ASSERT(is_at(tap.phone));
    CU_ASSERT(none_open());
}

/// Both lists must agree; whoever refuses, both are as they were.
static void both_sides_agree(void) {
    struct fair_sale sale = fair_three_plays("TID_01");
    tap_of(&sale, CARD_CONTACT);
    refused("destination", "S708", SW_NOT_LISTED_HERE);
    CU_ASSERT_EQUAL(fair_device(tap.home, TICKETS_DEVICE_ADD, "TID_01"), SW_OK);
    refused("source", "S715", SW_NOT_LISTED_HERE);
    CU_ASSERT_EQUAL(fair_device(tap.phone, TICKETS_DEVICE_ADD, "SID_01"), SW_OK);
    CU_ASSERT_EQUAL(give(), FLOW_DONE);
    CU_ASSERT(is_at(tap.home));
    tap_end();
    tap_begin(CARD_CONTACT);
    CU_ASSERT_EQUAL(fair_device(tap.home, TICKETS_DEVICE_REMOVE, "TID_01"), SW_OK);
    refused("destination", "S708", SW_NOT_LISTED_HERE);
    tap_end();
}

/// A ticket that names its apparatus goes there only.
static void named_apparatus(void) {
    struct fair_sale sale = fair_three_plays("TID_01");
    sale.named[0] = "SID_02";
    tap_of(&sale, CARD_CONTACT);
    fair_befriend(tap.phone, tap.home);
    refused("source", "S715", SW_NOT_NAMED);
    tap_end();
}

static void unknown_number(void) {
    tap_begin(CARD_CONTACT);
    CU_ASSERT_EQUAL(move(false, "NO_2"), FLOW_REFUSED);
    CU_ASSERT_EQUAL(tap.flow.sw, SW_RECORD_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(tap.flow.by, "source");
    CU_ASSERT(is_at(tap.phone));
    tap_end();
}

static void full_store(void) {
    struct fair_sale sale = fair_three_plays("TID_01");
    struct fair_sale other = fair_three_plays("SID_02");
    struct fair_ticket there;
    tap_of(&sale, CARD_CONTACT);
    struct scene_card *small = fair_home(tap.fair, "SID_02", 1);
    fair_befriend(tap.phone, small);
    fair_sell(tap.fair, small, &other, &there);
    link_close(&tap.home_link.link);
    lossy_over(&tap.home_link, small, CARD_CONTACT, &tap.plan);
    CU_ASSERT_EQUAL(move(false, NULL), FLOW_REFUSED);
    CU_ASSERT_EQUAL(tap.flow.sw, SW_NO_SPACE);
    CU_ASSERT_STRING_EQUAL(tap.flow.by, "destination");
    CU_ASSERT_EQUAL(fair_count(tap.phone), 1);
    tap_end();
}

// ---- a ticket of later programs ----------------------------------------------------------------

/// A link over a card whose tickets have version 2.
struct later_link {
    struct link link;
    struct link *inner;
};

static enum link_status later_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                       size_t capacity, size_t *answer_size) {
    static const uint8_t HEADER[] = {0x80, 0x02, OBJECT_TICKET_HEADER, OBJECT_VERSION};
    struct later_link *later = (struct later_link *)link;
    enum link_status status = link_transmit(later->inner, command, answer, capacity, answer_size);
    for (size_t i = 0; status == LINK_OK && i + sizeof HEADER < *answer_size; i++)
        if (memcmp(answer + i, HEADER, sizeof HEADER) == 0)
            answer[i + 3]++;
    return status;
}

/// It stays where it was, and nothing stays open: neither side is lost to it.
static void newer_version(void) {
    static const struct link_ops OPS = {later_transmit, NULL, NULL};
    struct failure failure;
    struct object header;
    struct ticket_left left;
    tap_begin(CARD_CONTACT);
    struct later_link later = {tap.phone_link.link, &tap.phone_link.link};
    later.link.ops = &OPS;
    ticket_client_over(&tap.source, &later.link);
    ticket_client_over(&tap.destination, &tap.home_link.link);
    ticket_flow_over(&tap.flow, &tap.source, &tap.destination, "NO_1");
    ticket_transfer_run(&tap.flow);
    CU_ASSERT_EQUAL(tap.flow.status, FLOW_FAILED);
    CU_ASSERT(tap.flow.newer && tap.flow.given_back);
    CU_ASSERT_FALSE(fail_ticket_flow(&tap.flow, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "newer version"));
    CU_ASSERT_EQUAL(ticket_client_read(&tap.source, tap.ticket.name, &header, &left),
                    TICKET_GARBLED);
    CU_ASSERT_FALSE(ticket_went(&tap.source, TICKET_GARBLED, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "newer version"));
    CU_ASSERT(is_at(tap.phone));
    CU_ASSERT(none_open());
    CU_ASSERT_EQUAL(give(), FLOW_DONE);
    tap_end();
}

// ---- torn --------------------------------------------------------------------------------------

static void complain(const char *what, unsigned at, enum lossy_kind kind) {
    fprintf(stderr, "%s: %s %u lost: phone %zu, home %zu, status %s, sw %04X\n", what,
            kind == LOSSY_ANSWER ? "answer" : "command", at, fair_count(tap.phone),
            fair_count(tap.home), flow_status_word(tap.flow.status), tap.flow.sw);
}

#define HOLDS(condition, at, kind)                                                                 \
    do {                                                                                           \
        bool holds_ = (condition);                                                                 \
        CU_ASSERT(holds_);                                                                         \
        if (!holds_)                                                                               \
            complain(#condition, at, kind);                                                        \
    } while (0)

/// What a user reads then: where the ticket is, and that the same move goes on.
static bool says_where_it_is(void) {
    struct failure failure = {0};
    if (tap.flow.status == FLOW_DONE)
        return true;
    return !fail_ticket_flow(&tap.flow, &failure) && failure.code == EXIT_OPEN &&
           strstr(failure.text, "run the same move again") != NULL &&
           strstr(failure.text, tap.flow.under_way ? "between the two and safe"
                                                   : "has not left lossy:TID_01") != NULL;
}

/// One cut, then honest retries: the ticket arrives, once.
static bool cut(unsigned at, enum lossy_kind kind) {
    scene_restore(tap.fair->scene, &tap.start);
    tap_mend();
    lossy_arm(&tap.plan, at, kind);
    enum flow_status status = give();
    bool broke = tap.plan.broke;
    // the last command ends nothing: the ticket is there
    HOLDS(!broke || status == FLOW_OPEN || (status == FLOW_DONE && !tap.flow.completed), at, kind);
    HOLDS(says_where_it_is(), at, kind);
    tap_mend();
    HOLDS(give() == FLOW_DONE, at, kind);
    HOLDS(is_at(tap.home), at, kind);
    HOLDS(none_open(), at, kind);
    return broke;
}

static void torn_over(enum card_interface over) {
    unsigned cuts = 0;
    tap_begin(over);
    for (int kind = LOSSY_COMMAND; kind <= LOSSY_ANSWER; kind++)
        for (unsigned at = 0; cut(at, (enum lossy_kind)kind); at++)
            cuts++;
    CU_ASSERT_EQUAL(cuts, over == CARD_CONTACT ? 20 : 16);
    tap_end();
}

static void torn_wired(void) {
    torn_over(CARD_CONTACT);
}

static void torn_on_the_air(void) {
    torn_over(CARD_CONTACTLESS);
}

/// Lists change while a ticket is on its way: whoever refuses now, it is at one of the two.
static void unlisted_on_the_way(void) {
    enum { IMPORTED = 8 }; // with LIST twice: SURRENDER is 5, its rest 6, IMPORT 7 and 8
    tap_begin(CARD_CONTACT);
    for (int side = 0; side < 2; side++)
        for (unsigned at = 5; at <= IMPORTED; at++) {
            struct scene_card *owner = side == 0 ? tap.home : tap.phone;
            scene_restore(tap.fair->scene, &tap.start);
            tap_mend();
            lossy_arm(&tap.plan, at, LOSSY_ANSWER);
            HOLDS(give() == FLOW_OPEN, at, LOSSY_ANSWER);
            tap_mend();
            CU_ASSERT_EQUAL(
                fair_device(owner, TICKETS_DEVICE_REMOVE, owner == tap.home ? "TID_01" : "SID_01"),
                SW_OK);
            HOLDS(give() == (at == IMPORTED ? FLOW_DONE : FLOW_REFUSED), at, LOSSY_ANSWER);
            HOLDS(is_at(at == IMPORTED ? tap.home : tap.phone), at, LOSSY_ANSWER);
            HOLDS(none_open(), at, LOSSY_ANSWER);
        }
    tap_end();
}

/// Cut twice, at every pair of places: the retry breaks, too.
static void torn_twice(void) {
    tap_begin(CARD_CONTACT);
    for (unsigned first = 0; first < 12; first++)
        for (unsigned second = 0; second < 12; second++) {
            scene_restore(tap.fair->scene, &tap.start);
            tap_mend();
            lossy_arm(&tap.plan, first, LOSSY_ANSWER);
            (void)give();
            tap_mend();
            lossy_arm(&tap.plan, second, LOSSY_ANSWER);
            (void)give();
            tap_mend();
            HOLDS(give() == FLOW_DONE, first, LOSSY_ANSWER);
            HOLDS(is_at(tap.home), second, LOSSY_ANSWER);
        }
    tap_end();
}

/// Another ticket goes the same way after a torn one: the torn one arrives, too.
static void older_move_first(void) {
    tap_begin(CARD_CONTACT);
    struct fair_sale sale = fair_three_plays("TID_01");
    struct fair_ticket second;
    sale.number = "NO_2";
    fair_sell(tap.fair, tap.phone, &sale, &second);
    struct scene_snapshot both = scene_save(tap.fair->scene);
    for (unsigned at = 0; at < 10; at++) {
        scene_restore(tap.fair->scene, &both);
        tap_mend();
        lossy_arm(&tap.plan, at, LOSSY_ANSWER);
        (void)give();
        bool broke = tap.plan.broke;
        tap_mend();
        HOLDS(!broke || move(false, "NO_2") == FLOW_DONE, at, LOSSY_ANSWER);
        HOLDS(!broke || give() == FLOW_DONE, at, LOSSY_ANSWER);
        HOLDS(!broke || fair_count(tap.phone) == 0, at, LOSSY_ANSWER);
        HOLDS(!broke || fair_count(tap.home) == 2, at, LOSSY_ANSWER);
    }
    scene_forget(&both);
    tap_end();
}

static const struct suite_test tests[] = {
    {"a ticket moves, is where it should be, and comes back", moves, "P1-46 P4-21"},
    {"the transmission request holds an id and no ticket", offer_holds_no_ticket, "P4-17 P4-19"},
    {"four commands a side, 1400 octets", air_budget, NULL},
    {"over the air goes what the owner offers", gives_what_is_offered, NULL},
    {"both lists must agree, and a refusal leaves both as they were", both_sides_agree,
     "G8 G9 P4-18 P4-20 P4-22"},
    {"a ticket that names its apparatus goes nowhere else", named_apparatus, NULL},
    {"an unknown number", unknown_number, NULL},
    {"a full store", full_store, NULL},
    {"a ticket of a newer version", newer_version, NULL},
    {"torn at every command, wired", torn_wired, NULL},
    {"torn at every command, on the air", torn_on_the_air, NULL},
    {"lists change on the way", unlisted_on_the_way, NULL},
    {"torn twice", torn_twice, NULL},
    {"an older move ends first", older_move_first, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-ticket-flows", tests, sizeof tests / sizeof tests[0], argc, argv);
}
