// SPDX-License-Identifier: Apache-2.0
// Sequences of commands over two phones and a home server that pass one ticket round, by an
// adversary who is the pipe: every object ever made may go to any card, any number of times,
// spoiled or whole; cards are reset and lose power at any write; devices come and go. After every
// step there is one ticket and no play came back; at the end honest retries leave it usable. Each
// step takes four octets of the input: what, and three choices.
#include "card/os/context.h"
#include "tests/fuzz/fuzz.h"
#include "tests/kit/tickets/fair_audit.h"
#include "tests/kit/tickets/fair_use.h"

#include <string.h>

enum { CARDS = 3, STEPS_MAX = 40, POOL = 24, KEYS = 3, PLAYS = 3 };

static struct fair *fair;
static struct scene_snapshot fresh;
static struct fair_ticket ticket;

/// The adversary: what he has seen and what he chose.
struct adversary {
    struct fair_object pool[POOL];
    size_t count;
    uint8_t challenges[CARDS][16];
    struct fair_use uses[KEYS]; // one fresh key each
    bool granted[KEYS];
    unsigned asked;      // PLAYs that were sent
    const uint8_t *step; // four octets
};

static struct scene_card *card_by(uint8_t choice) {
    return fair->scene->cards[choice % CARDS];
}

static void make_cards(void) {
    static const char *const HOLDERS[] = {"ANNA", "BERT"};
    struct fair_sale sale = fair_three_plays("ANNA");
    for (size_t i = 0; i < 2; i++)
        fair_phone(fair, HOLDERS[i], 2);
    fair_home(fair, "HOME", 2);
    for (uint8_t i = 0; i < CARDS; i++)
        fair_befriend(card_by(i), card_by(i + 1));
    fair_sell(fair, card_by(0), &sale, &ticket);
    MUST(fair_transfer(card_by(0), card_by(2), &ticket) == SW_OK);
    MUST(fair_transfer(card_by(2), card_by(0), &ticket) == SW_OK);
}

static void begin(void) {
    if (fair == NULL) {
        fair = fair_open(12);
        make_cards();
        fresh = scene_save(fair->scene);
    }
    scene_restore(fair->scene, &fresh);
    scene_reseed(fair->scene, 12);
}

static void audit(const struct adversary *adversary) {
    unsigned grants = 0;
    for (size_t i = 0; i < KEYS; i++)
        grants += adversary->granted[i];
    struct fair_place place = fair_find(fair->scene, ticket.name);
    MUST(place.copies == 1);
    MUST(place.plays + grants <= PLAYS);
    MUST(place.plays + adversary->asked >= PLAYS);
    for (uint8_t i = 0; i < CARDS; i++)
        MUST(fair_counts_agree(card_by(i)));
}

// ---- steps -------------------------------------------------------------------------------------

static void remember(struct adversary *adversary, const struct scene_card *card) {
    if (card->sw != SW_OK || card->answer.size == 0 || card->answer.data[0] != OBJECT_BODY_TAG)
        return;
    struct fair_object *slot = &adversary->pool[adversary->count++ % POOL];
    slot->size = card->answer.size;
    memcpy(slot->octets, card->answer.data, slot->size);
}

static void step_select(struct adversary *adversary) {
    uint8_t who = adversary->step[1] % CARDS;
    if (!card_by(who)->port.off)
        fair_select(card_by(who), adversary->challenges[who]);
}

static void step_accept(struct adversary *adversary) {
    const uint8_t *step = adversary->step;
    struct scene_card *from = card_by(step[1]), *to = card_by(step[2]);
    uint8_t data[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_CHALLENGE].tag,
            bytes_of(adversary->challenges[step[1] % CARDS], 16));
    tlv_put(&out, field_specs[FIELD_SOURCE].tag, bytes_of_string(from->holder));
    fair_send(to, COMMAND_TICKETS_ACCEPT, tlv_writer_bytes(&out));
    remember(adversary, to);
}

/// Any object to any card, by the command that it belongs to; a bit may flip.
static void step_object(struct adversary *adversary) {
    const uint8_t *step = adversary->step;
    size_t known = adversary->count < POOL ? adversary->count : POOL;
    uint8_t data[1024];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    struct scene_card *card = card_by(step[1]);
    if (known == 0)
        return;
    struct fair_object object = adversary->pool[step[2] % known];
    if (step[3] >= 0x80)
        object.octets[(step[3] * 7u) % object.size] ^= (uint8_t)(1 << step[3] % 8);
    tlv_put_raw(&out, fair_bytes(&object));
    uint8_t type = object.octets[object.octets[1] >= 0x81 ? 5 : 4];
    if (type == OBJECT_RECEPTION_REQUEST)
        tlv_put(&out, field_specs[FIELD_TICKET].tag, BYTES_OF(ticket.name));
    fair_send(card,
              type == OBJECT_RECEPTION_REQUEST ? COMMAND_TICKETS_SURRENDER
              : type == OBJECT_TICKET_HEADER   ? COMMAND_TICKETS_IMPORT
              : type == OBJECT_MOVE_RECEIPT    ? COMMAND_TICKETS_COMPLETE
                                               : COMMAND_TICKETS_TAKE_CANCEL,
              tlv_writer_bytes(&out));
    remember(adversary, card);
}

static void step_cancel(struct adversary *adversary) {
    const uint8_t *step = adversary->step;
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_uint(&out, field_specs[FIELD_N].tag, step[3] % 8);
    tlv_put(&out, field_specs[FIELD_SOURCE].tag, bytes_of_string(card_by(step[2])->holder));
    fair_send(card_by(step[1]), COMMAND_TICKETS_CANCEL, tlv_writer_bytes(&out));
    remember(adversary, card_by(step[1]));
}

/// A player asks under one of its keys: afresh, or by the request of the last time.
static void step_play(struct adversary *adversary) {
    const uint8_t *step = adversary->step;
    struct fair_use *use = &adversary->uses[step[2] % KEYS];
    if (card_by(step[1])->port.off)
        return;
    if (step[3] % 2 == 0 || use->request.size == 0) {
        use->store = card_by(step[1]);
        fair_use_ask(use);
        memcpy(adversary->challenges[step[1] % CARDS], use->challenge, sizeof use->challenge);
    }
    adversary->asked++;
    adversary->granted[step[2] % KEYS] |= fair_use_play(use) == SW_OK;
}

static void step_device(struct adversary *adversary) {
    const uint8_t *step = adversary->step;
    const char *id = card_by(step[2])->holder;
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_HOLDER].tag, bytes_of_string(id));
    fair_verify(card_by(step[1]));
    fair_send_p1(card_by(step[1]), COMMAND_TICKETS_SET_DEVICE, step[3] % 2, tlv_writer_bytes(&out));
}

static void step_restart(struct adversary *adversary) {
    uint8_t who = adversary->step[1] % CARDS;
    if (adversary->step[2] % 2 == 0)
        scene_power(card_by(who));
    else
        scene_reset(card_by(who));
    fair_select(card_by(who), adversary->challenges[who]);
}

/// The next write but so many is the last one, torn at an octet.
static void step_cut(struct adversary *adversary) {
    memory_port_cut(&card_by(adversary->step[1])->port, adversary->step[2] % 6, adversary->step[3]);
}

/// Whoever lost power gets it again: nothing of it is judged in the dark.
static void wake(struct adversary *adversary) {
    for (uint8_t i = 0; i < CARDS; i++)
        if (card_by(i)->port.off) {
            scene_power(card_by(i));
            fair_select(card_by(i), adversary->challenges[i]);
        }
}

/// Every way ends, and then the ticket is somebody's to use.
static void finish(const struct adversary *adversary) {
    for (uint8_t i = 0; i < CARDS; i++)
        scene_power(card_by(i));
    for (uint8_t i = 0; i < CARDS; i++) {
        const char *fault = fair_finish(fair->scene, card_by(i), adversary->asked % 2 == 0);
        if (fault != NULL)
            fprintf(stderr, "finish: %s\n", fault);
        MUST(fault == NULL);
    }
    audit(adversary);
    MUST(fair_find(fair->scene, ticket.name).live == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const STEPS[])(struct adversary *) = {step_select, step_accept,  step_object,
                                                        step_object, step_cancel,  step_play,
                                                        step_device, step_restart, step_cut};
    static struct adversary adversary;
    begin();
    memset(&adversary, 0, sizeof adversary);
    for (size_t i = 0; i < KEYS; i++)
        adversary.uses[i] = fair_use(fair, card_by(0), &ticket);
    for (uint8_t i = 0; i < CARDS; i++)
        fair_select(card_by(i), adversary.challenges[i]);
    for (size_t i = 0; i < STEPS_MAX && 4 * (i + 1) <= size; i++) {
        adversary.step = data + 4 * i;
        STEPS[data[4 * i] % (sizeof STEPS / sizeof STEPS[0])](&adversary);
        wake(&adversary);
        audit(&adversary);
    }
    finish(&adversary);
    return 0;
}
