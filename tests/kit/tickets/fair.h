// SPDX-License-Identifier: Apache-2.0
// A fair for tests: phones and home servers of a test scene, a seller, a telco and players whose
// keys are out in the open, tickets that the seller makes, and the steps of a delivery and a move,
// each object kept so that a test may repeat, spoil or hold it back.
#ifndef TESTS_KIT_TICKETS_FAIR_H
#define TESTS_KIT_TICKETS_FAIR_H

#include "apdu/command/applets/tickets_commands.h"
#include "apdu/command/tickets.h"
#include "apdu/object/ticket.h"
#include "tests/kit/scene/scene.h"

#define FAIR_ENTERPRISE "E-SHOP"
#define FAIR_PIN        "1234"

struct fair {
    struct scene *scene;
    struct sample_party trade, apparatus; // authorities
    struct sample_party seller, telco, player, recorder, game;
    uint64_t instances; // made so far
};

struct fair *fair_open(uint64_t seed);
void fair_close(struct fair *fair);

/// A phone (purse and store) or a home server (store alone), personalized, over its contacts;
/// slots 0: as many as usual. They know the seller, the telco and the players.
struct scene_card *fair_phone(struct fair *fair, const char *holder, uint16_t slots);
struct scene_card *fair_home(struct fair *fair, const char *holder, uint16_t slots);
/// Shows a card a certificate (the store is selected for it); the status word.
uint16_t fair_show(struct scene_card *card, struct bytes certificate);
/// Shows each the other's certificate.
void fair_meet(struct scene_card *a, struct scene_card *b);
/// The two meet and list each other.
void fair_befriend(struct scene_card *a, struct scene_card *b);

/// One command of the store; the status word, which must be documented. Data in card->answer.
uint16_t fair_send(struct scene_card *card, enum tickets_command id, struct bytes data);
uint16_t fair_send_p1(struct scene_card *card, enum tickets_command id, uint8_t p1,
                      struct bytes data);
/// SELECT; challenge may be NULL.
uint16_t fair_select(struct scene_card *card, uint8_t challenge[16]);
/// VERIFY with FAIR_PIN in the present selection.
uint16_t fair_verify(struct scene_card *card);
/// SET DEVICE after SELECT and VERIFY.
uint16_t fair_device(struct scene_card *card, uint8_t p1, const char *id);
/// FORGET after SELECT and VERIFY.
uint16_t fair_forget(struct scene_card *card, enum tickets_forget what, struct bytes data);

struct fair_object {
    uint8_t octets[768];
    size_t size;
};

static inline struct bytes fair_bytes(const struct fair_object *object) {
    return bytes_of(object->octets, object->size);
}

// ---- tickets -----------------------------------------------------------------------------------

/// What is sold; what is zero is left out.
struct fair_sale {
    const char *buyer, *number, *content, *key_id, *activator, *enterprise;
    bool counted;
    uint16_t plays;
    uint8_t copies;
    uint32_t first_day, last_day;
    uint8_t actions;
    const char *named[3]; // in order
    bool open;            // delivered without a seal
    const char *key;      // text of the key octets; NULL: "hc426D99ro7v"
    enum hpke_algorithm algorithm;
};

struct fair_ticket {
    struct fair_sale sale;
    struct fair_object header;
    uint8_t name[TICKET_NAME_SIZE], digest[SHA256_SIZE];
    struct ticket_left left; // as it is delivered
};

/// The seller signs the header of a new instance.
void fair_make(struct fair *fair, const struct fair_sale *sale, struct fair_ticket *ticket);
/// Three plays of ID_0001 for this buyer, open.
struct fair_sale fair_three_plays(const char *buyer);

/// The seller's state for a reception request, appended to the header: a delivery.
void fair_wrap(struct fair *fair, const struct fair_ticket *ticket,
               const struct fair_object *request, struct fair_object *delivery);
/// ACCEPT by the buyer for the seller, the request kept.
uint16_t fair_ask(struct fair *fair, struct scene_card *buyer, struct fair_object *request);
/// fair_ask, fair_wrap, IMPORT: the first refusal, or 9000.
uint16_t fair_deliver(struct fair *fair, struct scene_card *buyer,
                      const struct fair_ticket *ticket);
/// Sells and delivers; aborts when it is refused.
void fair_sell(struct fair *fair, struct scene_card *buyer, const struct fair_sale *sale,
               struct fair_ticket *ticket);

// ---- moves -------------------------------------------------------------------------------------

/// A move step by step.
struct fair_move {
    struct scene_card *from, *to;
    const uint8_t *name;
    uint8_t challenge[16];
    struct fair_object request, move, end; // end: receipt or cancel
    uint32_t n;
};

struct fair_move fair_move(struct scene_card *from, struct scene_card *to,
                           const struct fair_ticket *ticket);
/// SELECT at the source, ACCEPT at the destination. Each step returns its status word.
uint16_t fair_step_accept(struct fair_move *move);
uint16_t fair_step_surrender(struct fair_move *move);
uint16_t fair_step_import(struct fair_move *move);
uint16_t fair_step_complete(struct fair_move *move);
uint16_t fair_step_cancel(struct fair_move *move);
uint16_t fair_step_take_cancel(struct fair_move *move);
/// All of them; the first refusal, or 9000.
uint16_t fair_transfer(struct scene_card *from, struct scene_card *to,
                       const struct fair_ticket *ticket);

// ---- looking inside ----------------------------------------------------------------------------

/// What a card says of a ticket by READ; false: it has none of this name.
bool fair_left(struct scene_card *card, const uint8_t name[TICKET_NAME_SIZE],
               struct ticket_left *left);
/// Rows that LIST names, over all pages.
size_t fair_count(struct scene_card *card);
/// The number under 82 of an object or of a GET DATA answer's value of tag.
uint32_t fair_number(struct bytes data, tlv_tag tag);
/// n of an object.
uint32_t fair_number_of(const struct fair_object *object);

#endif
