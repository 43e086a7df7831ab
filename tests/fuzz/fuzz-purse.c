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
static struct card *awake[3]; // the cards' RAM as it belongs to the images, powered on and selected

/// The adversary: what he has seen and what he chose.
struct adversary {
    struct world_object pool[POOL];
    size_t count;
    struct world_selected selected[3];
    const uint8_t *step; // four octets
    uint64_t version;    // of the center's acknowledgements and hotlists so far
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

static void keep_awake(size_t i) {
    world_select(world->cards[i], NULL);
    memcpy(fresh.images[i], world->cards[i]->image, world->cards[i]->size);
    awake[i] = malloc(card_context_size());
    MUST(awake[i] != NULL);
    memcpy(awake[i], world->cards[i]->card, card_context_size());
}

/// Cards to which the center's issue logs fit: world_issue_for names this user.
static void make_cards(void) {
    static const struct world_profile generous = {.user = "USER1",
                                                  .free_reading = true,
                                                  .no_pin_single = 1000000,
                                                  .no_pin_sum = 1000000000,
                                                  .no_pin_count = 60000,
                                                  .offline_count = 100000,
                                                  .offline_sum = 1000000000000,
                                                  .pin = "1234"};
    world_add(world, "WALLET1", ROLE_WALLET, &generous);
    world_add(world, "TILL1", ROLE_TILL, &generous);
    world_add(world, "FLOAT1", ROLE_FLOAT, &generous);
    for (size_t i = 0; i < 3; i++)
        world_show_center(world->cards[i]);
    world_introduce(world->cards[0], world->cards[1]);
    world_introduce(world->cards[0], world->cards[2]);
}

/// Without value that moves every sequence would pass.
static void try_world(void) {
    MUST(world_issue(world->cards[0], 100) == SW_OK && world_issue(world->cards[2], 100) == SW_OK);
    MUST(world_pay(world->cards[0], world->cards[1], 40, "A") == SW_OK);
    MUST(world_pay(world->cards[2], world->cards[0], 30, "B") == SW_OK);
    MUST(world_balance(world->cards[0], WORLD_UNIT) == 90);
    audit();
}

/// The world is made once; then images and RAM are put back, which costs no start of a card.
static void begin(void) {
    if (world == NULL) {
        world = world_open(11);
        make_cards();
        fresh = world_save(world);
        try_world();
        world_restore(world, &fresh); // nothing in RAM but what a start leaves there
        for (size_t i = 0; i < 3; i++)
            keep_awake(i);
    }
    for (size_t i = 0; i < 3; i++) {
        memcpy(world->cards[i]->image, fresh.images[i], world->cards[i]->size);
        memcpy(world->cards[i]->card, awake[i], card_context_size());
        memory_port_power(&world->cards[i]->port);
    }
    world_reseed(world, 11);
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
    static const enum command_id COMMANDS[] = {
        COMMAND_PURSE_DEBIT,     COMMAND_PURSE_CREDIT, COMMAND_PURSE_RATIFY,
        COMMAND_PURSE_TAKE_VOID, COMMAND_PURSE_SETTLE, COMMAND_PURSE_ACKNOWLEDGE,
        COMMAND_PURSE_ISSUE,     COMMAND_PURSE_REFUND, COMMAND_PURSE_HOTLIST};
    static const uint8_t TYPES[] = {OBJECT_PAYMENT_REQUEST,
                                    OBJECT_USAGE_LOG,
                                    OBJECT_RECEIVE_LOG,
                                    OBJECT_VOID,
                                    OBJECT_SETTLEMENT_RECEIPT,
                                    OBJECT_ACKNOWLEDGEMENT,
                                    OBJECT_ISSUE_LOG,
                                    OBJECT_REFUND,
                                    OBJECT_HOTLIST};
    const uint8_t *step = adversary->step;
    size_t known = adversary->count < POOL ? adversary->count : POOL;
    if (known == 0)
        return;
    struct world_object object = adversary->pool[step[2] % known];
    struct world_card *card = card_by(step[1]);
    if (step[3] >= 0x80)
        object.octets[(step[3] * 7u) % object.size] ^= (uint8_t)(1 << step[3] % 8);
    for (size_t i = 0; i < sizeof TYPES; i++)
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

// ---- an honest center ---------------------------------------------------------------------------

/// Anybody may see what the center signed, and bring it anywhere.
static void send_order(struct adversary *adversary, struct world_card *card, enum command_id id,
                       struct object_writer *writer) {
    struct bytes order = world_sign(world, writer);
    struct world_object *slot = &adversary->pool[adversary->count++ % POOL];
    slot->size = order.size <= sizeof slot->octets ? order.size : 0;
    if (slot->size > 0)
        memcpy(slot->octets, order.data, slot->size);
    else
        adversary->count--;
    world_send(card, id, order);
}

static void put_center(struct object_writer *writer, const struct world_card *card) {
    object_put(writer, FIELD_CENTER, bytes_of_string(world->center.holder));
    if (card != NULL)
        object_put(writer, FIELD_PURSE, bytes_of_string(card->holder));
    object_put_date(writer, FIELD_DATE, WORLD_FROM);
}

/// A till's next batch, and the receipt for what it says.
static void step_settle(struct adversary *adversary) {
    struct world_card *card = card_by(adversary->step[1]);
    struct object_writer writer;
    struct object batch;
    uint8_t data[32], out[512], hash[SHA256_SIZE];
    struct tlv_writer range = tlv_writer_over(data, sizeof data);
    uint64_t first = world_number(card, NUMBER_SETTLED), last = first + adversary->step[2] % 4;
    tlv_put_uint(&range, 0x9F28, first);
    tlv_put_uint(&range, 0x9F29, last);
    if (world_send(card, COMMAND_PURSE_BATCH, tlv_writer_bytes(&range)) != SW_OK)
        return;
    MUST(object_decode_as(OBJECT_BATCH, card->answer, &batch));
    MUST(world->crypto->ops->sha256(world->crypto, card->answer, hash));
    object_begin(&writer, OBJECT_SETTLEMENT_RECEIPT, out, sizeof out);
    put_center(&writer, card);
    object_put_uint(&writer, FIELD_FIRST_N, first);
    object_put_uint(&writer, FIELD_LAST_N, last);
    object_put(&writer, FIELD_SUMS, batch.fields[FIELD_SUMS]);
    object_put(&writer, FIELD_BATCH_HASH, BYTES_OF(hash));
    send_order(adversary, card, COMMAND_PURSE_SETTLE, &writer);
}

/// Counters of debits that a payee has credited, 4 octets each, ascending.
static size_t credited_counters(struct world_card *card, uint8_t *out, size_t capacity) {
    struct card_call call = world_call(card);
    size_t size = 0;
    for (uint16_t slot = 0; slot < RING_SMALL && size + 4 <= capacity; slot++) {
        struct ring_entry entry = ring_at(&call, slot);
        struct bytes payee = bytes_of(entry.payee, entry.payee_size);
        for (size_t i = 0; entry.state == PURSE_ENTRY_UNRATIFIED && i < 3; i++)
            if (bytes_equal(bytes_of_string(world->cards[i]->holder), payee) &&
                world_window_state(world->cards[i], entry.n) == ONCE_DONE) {
                bytes_put_be(out + size, 4, entry.counter);
                size += 4;
            }
    }
    return size;
}

/// A new budget, and what the center knows to be credited.
static void step_acknowledge(struct adversary *adversary) {
    struct world_card *card = card_by(adversary->step[1]);
    struct object_writer writer;
    uint8_t out[512], counters[RING_SMALL * 4];
    size_t size = credited_counters(card, counters, sizeof counters);
    object_begin(&writer, OBJECT_ACKNOWLEDGEMENT, out, sizeof out);
    put_center(&writer, card);
    object_put_uint(&writer, FIELD_VERSION, ++adversary->version);
    if (adversary->step[2] % 2 != 0) {
        object_put_uint(&writer, FIELD_OFFLINE_COUNT, 1 + adversary->step[3] % 8);
        object_put_uint(&writer, FIELD_OFFLINE_SUM, 1 + adversary->step[3]);
    }
    if (size > 0 && size <= 32)
        object_put(&writer, FIELD_COUNTERS, bytes_of(counters, size));
    send_order(adversary, card, COMMAND_PURSE_ACKNOWLEDGE, &writer);
}

/// A statement tells what the card's totals are, and changes none of them.
static void step_statement(struct adversary *adversary) {
    struct world_card *card = card_by(adversary->step[1]);
    struct object_writer writer;
    struct object said;
    uint8_t out[256], challenge[16] = {adversary->step[2]};
    uint64_t commits = card->card->nvm.sequence;
    object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, out, sizeof out);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
    put_center(&writer, card);
    if (world_send(card, COMMAND_PURSE_STATEMENT, world_sign(world, &writer)) != SW_OK)
        return;
    MUST(object_decode_as(OBJECT_STATEMENT, card->answer, &said));
    MUST(object_verify(&said, world->crypto, card->signing_point));
    MUST(object_uint(&said, FIELD_STATE_NUMBER) == world_number(card, NUMBER_STATE));
    MUST(bytes_get_be(said.fields[FIELD_POCKETS].data + 2, 8) ==
         world_balance(card, (uint16_t)bytes_get_be(said.fields[FIELD_POCKETS].data, 2)));
    MUST(commits == card->card->nvm.sequence);
}

/// Some of the three are on the next hotlist; what is under way ends all the same.
static void step_hotlist(struct adversary *adversary) {
    struct world_card *card = card_by(adversary->step[1]);
    struct object_writer writer;
    uint8_t out[512], devices[3 * 16] = {0};
    size_t count = 0;
    static const size_t SORTED[] = {2, 1, 0}; // FLOAT1, TILL1, WALLET1
    for (size_t i = 0; i < 3; i++)
        if ((adversary->step[2] >> i & 1) != 0)
            memcpy(devices + 16 * count++, world->cards[SORTED[i]]->holder,
                   strlen(world->cards[SORTED[i]]->holder));
    object_begin(&writer, OBJECT_HOTLIST, out, sizeof out);
    put_center(&writer, NULL);
    object_put_uint(&writer, FIELD_VERSION, ++adversary->version);
    object_put(&writer, FIELD_CERTIFICATES, bytes_of(out, 0));
    object_put(&writer, FIELD_DEVICES, bytes_of(devices, 16 * count));
    send_order(adversary, card, COMMAND_PURSE_HOTLIST, &writer);
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
        uint64_t left = world_number(world->cards[i], NUMBER_UNRATIFIED);
        for (uint16_t slot = 0; slot < slots && left > 0; slot++) {
            struct card_call call = world_call(world->cards[i]);
            struct ring_entry entry = ring_at(&call, slot);
            if (entry.state != PURSE_ENTRY_UNRATIFIED)
                continue;
            finish_entry(world->cards[i], &entry);
            left--;
        }
        MUST(world_number(world->cards[i], NUMBER_UNRATIFIED) == 0);
    }
    audit();
}

static void (*const STEPS[])(struct adversary *adversary) = {
    step_select,  step_request, step_object,      step_object,    step_void,    step_restart,
    step_request, step_cut,     step_issue,       step_refund,    step_object,  step_meet,
    step_raw,     step_settle,  step_acknowledge, step_statement, step_hotlist,
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
