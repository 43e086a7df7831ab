// SPDX-License-Identifier: Apache-2.0
// Sequences of commands over a wallet, a till and a float, by an adversary who is the pipe: every
// object ever made may go to any card, any number of times, spoiled or whole; cards are reset and
// lose power at any write. After every step the money adds up; at the end honest retries finish
// everything that is under way. Each step takes four octets of the input: what, and three choices.
#include "card/applets/once.h"
#include "card/applets/purse/ring.h"
#include "card/os/context.h"
#include "tests/fuzz/fuzz.h"
#include "tests/world.h"

#include <string.h>

enum { STEPS_MAX = 48, POOL = 32, SALES = 4 };

static struct world *world;
static struct world_snapshot fresh;

/// The adversary: what he has seen and what he chose.
struct adversary {
    struct world_object pool[POOL];
    size_t count;
    struct world_selected selected[3];
    const uint8_t *step; // four octets
};

/// Adds up, if anything was committed since the last time.
static void audit(void) {
    static uint64_t audited;
    uint64_t commits = 0;
    for (size_t i = 0; i < 3; i++)
        commits = commits * 100003 + world->cards[i]->card->nvm.sequence;
    if (commits == audited)
        return;
    audited = commits;
    if (!world_audit(world))
        fprintf(stderr, "audit: %s\n", world->fault);
    MUST(world->fault[0] == '\0');
}

static void begin(void) {
    if (world == NULL) {
        world = world_open(11);
        world_add(world, "WALLET1", ROLE_WALLET, NULL);
        world_add(world, "TILL1", ROLE_TILL, NULL);
        world_add(world, "FLOAT1", ROLE_FLOAT, NULL);
        for (size_t i = 0; i < 3; i++)
            world_show_center(world->cards[i]);
        world_introduce(world->cards[0], world->cards[1]);
        world_introduce(world->cards[0], world->cards[2]);
        fresh = world_save(world);
    }
    for (size_t i = 0; i < 3; i++)
        memcpy(world->cards[i]->image, fresh.images[i], world->cards[i]->size);
    world_reseed(world, 11); // and powers on
    for (size_t i = 0; i < 3; i++)
        world_select(world->cards[i], NULL);
}

static struct world_card *card_by(uint8_t choice) {
    return world->cards[choice % 3];
}

static void remember(struct adversary *adversary, const struct world_card *card) {
    if (card->sw != SW_OK || card->answer.size == 0 || card->answer.size > 256 ||
        card->answer.data[0] != OBJECT_BODY_TAG)
        return;
    struct world_object *slot = &adversary->pool[adversary->count++ % POOL];
    slot->size = card->answer.size;
    memcpy(slot->octets, card->answer.data, slot->size);
}

// ---- steps -------------------------------------------------------------------------------------

static void step_select(struct adversary *adversary) {
    uint8_t who = adversary->step[1] % 3;
    world_select(world->cards[who], &adversary->selected[who]);
}

static void step_request(struct adversary *adversary) {
    const uint8_t *step = adversary->step;
    struct world_card *payer = card_by(step[1]), *payee = card_by(step[1] / 3);
    struct world_object request;
    char text[2] = {(char)('A' + step[2] % SALES), '\0'};
    struct world_terms terms = world_terms(payer, &adversary->selected[step[1] % 3],
                                           1 + step[3] % 8, world_kind(payer, payee), text);
    world_request(payee, &terms, &request);
    remember(adversary, payee);
}

/// Any object to any card, by the command that it belongs to or another one; a bit may flip.
static void step_object(struct adversary *adversary) {
    static const enum command_id COMMANDS[] = {COMMAND_PURSE_DEBIT, COMMAND_PURSE_CREDIT,
                                               COMMAND_PURSE_RATIFY, COMMAND_PURSE_TAKE_VOID};
    static const uint8_t TYPES[] = {OBJECT_PAYMENT_REQUEST, OBJECT_USAGE_LOG, OBJECT_RECEIVE_LOG,
                                    OBJECT_VOID};
    const uint8_t *step = adversary->step;
    size_t known = adversary->count < POOL ? adversary->count : POOL;
    if (known == 0)
        return;
    struct world_object object = adversary->pool[step[2] % known];
    struct world_card *card = card_by(step[1]);
    if (step[3] >= 0x80)
        object.octets[(step[3] * 7u) % object.size] ^= (uint8_t)(1 << step[3] % 8);
    for (size_t i = 0; i < 4; i++)
        if (object.octets[object.octets[1] == 0x81 ? 5 : 4] == TYPES[i] || step[3] % 16 == i + 1) {
            world_send(card, COMMANDS[i], world_bytes(&object));
            remember(adversary, card);
            return;
        }
}

static void step_void(struct adversary *adversary) {
    uint8_t data[8];
    struct tlv_writer writer = tlv_writer_over(data, sizeof data);
    struct world_card *card = card_by(adversary->step[1]);
    tlv_put_uint(&writer, 0x82, adversary->step[2] % 8);
    world_send(card, COMMAND_PURSE_VOID, tlv_writer_bytes(&writer));
    remember(adversary, card);
}

static void step_restart(struct adversary *adversary) {
    struct world_card *card = card_by(adversary->step[1]);
    if (adversary->step[2] % 2 == 0)
        world_power(card);
    else
        world_reset(card);
    world_select(card, &adversary->selected[adversary->step[1] % 3]);
}

/// The next write but so many is the last one, torn at an octet.
static void step_cut(struct adversary *adversary) {
    memory_port_cut(&card_by(adversary->step[1])->port, adversary->step[2] % 6, adversary->step[3]);
}

static void step_issue(struct adversary *adversary) {
    uint8_t octets[512];
    struct world_card *card = card_by(adversary->step[1]);
    struct world_issue issue = world_issue_for(card, adversary->step[2]);
    issue.state += adversary->step[3] / 64;
    if (issue.transfer == 0 && issue.revision == 1)
        issue.transfer = 1, issue.allowance++;
    world_send(card, COMMAND_PURSE_ISSUE, world_issue_object(world, &issue, octets, sizeof octets));
}

static void step_refund(struct adversary *adversary) {
    struct object_writer writer;
    uint8_t out[256];
    struct world_card *card = card_by(adversary->step[1]);
    object_begin(&writer, OBJECT_REFUND, out, sizeof out);
    object_put_uint(&writer, FIELD_AMOUNT, adversary->step[2] % 16);
    object_put_unit(&writer, WORLD_UNIT);
    object_put_uint(&writer, FIELD_STATE_NUMBER,
                    world_number(card, NUMBER_STATE) + adversary->step[3] / 128);
    object_put(&writer, FIELD_CENTER, bytes_of_string(world->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(card->holder));
    object_put_date(&writer, FIELD_DATE, WORLD_FROM);
    world_send(card, COMMAND_PURSE_REFUND, world_sign(world, &writer));
}

static void step_meet(struct adversary *adversary) {
    struct world_card *card = card_by(adversary->step[1]);
    world_send(card, COMMAND_PURSE_EXCHANGE_CERTIFICATES, card_by(adversary->step[2])->certificate);
}

static void step_raw(struct adversary *adversary) {
    uint8_t wire[5] = {0x80, adversary->step[2], 0, 0, adversary->step[3]};
    world_raw(card_by(adversary->step[1]), bytes_of(wire, sizeof wire));
}

// ---- the end -----------------------------------------------------------------------------------

/// An honest terminal finishes one entry: log to the payee, what it answers back to the payer.
static void finish_entry(struct world_card *payer, const struct ring_entry *entry) {
    struct world_object log, ending;
    struct object object;
    MUST(world_send_p1p2(payer, COMMAND_PURSE_GET_LOG, entry->slot, bytes_of(NULL, 0)) == SW_OK);
    log.size = payer->answer.size;
    memcpy(log.octets, payer->answer.data, log.size);
    for (size_t i = 0; i < 3; i++) {
        struct world_card *payee = world->cards[i];
        if (!bytes_equal(bytes_of_string(payee->holder), bytes_of(entry->payee, entry->payee_size)))
            continue;
        MUST(world_send(payee, COMMAND_PURSE_CREDIT, world_bytes(&log)) == SW_OK);
        ending.size = payee->answer.size;
        memcpy(ending.octets, payee->answer.data, ending.size);
        MUST(object_decode(world_bytes(&ending), &object));
        MUST(world_send(payer,
                        object.type == OBJECT_VOID ? COMMAND_PURSE_TAKE_VOID : COMMAND_PURSE_RATIFY,
                        world_bytes(&ending)) == SW_OK);
    }
}

static void finish_all(void) {
    for (size_t i = 0; i < 3; i++)
        memory_port_power(&world->cards[i]->port); // no cut is armed any more
    for (size_t i = 0; i < 3; i++)
        world_select(world->cards[i], NULL);
    for (size_t i = 0; i < 3; i++) {
        uint16_t slots = (world->cards[i]->roles & ROLE_WALLET) != 0 ? RING_SMALL : RING_LARGE;
        for (uint16_t slot = 0; slot < slots; slot++) {
            struct card_call call = world_call(world->cards[i]);
            struct ring_entry entry = ring_at(&call, slot);
            if (entry.state == PURSE_ENTRY_UNRATIFIED)
                finish_entry(world->cards[i], &entry);
        }
        MUST(world_number(world->cards[i], NUMBER_UNRATIFIED) == 0);
    }
    audit();
}

static void (*const STEPS[])(struct adversary *adversary) = {
    step_select, step_request, step_object, step_object, step_void, step_restart, step_request,
    step_cut,    step_issue,   step_refund, step_object, step_meet, step_raw,
};

/// Cards that lost power come back, and the step is over.
static void revive(struct adversary *adversary) {
    for (uint8_t i = 0; i < 3; i++)
        if (world->cards[i]->port.off) {
            world_power(world->cards[i]);
            world_select(world->cards[i], &adversary->selected[i]);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct adversary adversary;
    begin();
    memset(&adversary, 0, sizeof adversary);
    for (size_t i = 0; i + 4 <= size && i < 4 * STEPS_MAX; i += 4) {
        adversary.step = data + i;
        STEPS[data[i] % (sizeof STEPS / sizeof STEPS[0])](&adversary);
        revive(&adversary);
        audit();
    }
    finish_all();
    return 0;
}
