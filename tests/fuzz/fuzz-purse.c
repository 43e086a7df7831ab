// SPDX-License-Identifier: Apache-2.0
// Sequences of commands over a wallet, a till and a float, by an adversary who is the pipe: every
// object ever made may go to any card, any number of times, spoiled or whole; cards are reset and
// lose power at any write. After every step the money adds up; at the end honest retries finish
// everything that is under way. Each step takes four octets of the input: what, and three choices.
#include "card/applets/once.h"
#include "card/applets/purse/state/ring.h"
#include "card/os/context.h"
#include "tests/fuzz/fuzz.h"
#include "tests/kit/clearing.h"
#include "tests/kit/hotlists.h"
#include "tests/kit/scene/scene.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 48, POOL = 32, SALES = 4, DECISIONS = 64, AFTER_MACHINES = SCENE_UNTIL + 70 };

static struct scene *scene;
static struct scene_snapshot fresh;
static struct card *awake[3]; // the cards' RAM as it belongs to the images, powered on and selected

/// What the center decided about a batch.
struct decision {
    uint32_t number; // of the batch; 0 none
    bool released;
};

/// The adversary: what he has seen and what he chose.
struct adversary {
    struct scene_object pool[POOL];
    size_t count;
    struct scene_selected selected[3];
    const uint8_t *step;                  // four octets
    uint64_t version;                     // of the center's acknowledgements and hotlists so far
    struct decision decisions[DECISIONS]; // of the center, one a batch
};

/// Adds up, if anything was committed since the last time.
static void audit(void) {
    static uint64_t audited;
    uint64_t commits = 0;
    for (size_t i = 0; i < 3; i++)
        commits = commits * 100003 + scene->cards[i]->card->nvm.sequence;
    if (commits == audited)
        return;
    audited = commits;
    if (!scene_audit(scene))
        fprintf(stderr, "audit: %s\n", scene->fault);
    MUST(scene->fault[0] == '\0');
}

static void keep_awake(size_t i) {
    scene_select(scene->cards[i], NULL);
    memcpy(fresh.images[i], scene->cards[i]->image, scene->cards[i]->size);
    awake[i] = malloc(card_context_size());
    MUST(awake[i] != NULL);
    memcpy(awake[i], scene->cards[i]->card, card_context_size());
}

/// Cards to which the center's issue logs fit: scene_issue_for names this user.
static void make_cards(void) {
    static const struct scene_profile generous = {.user = "USER1",
                                                  .free_reading = true,
                                                  .no_pin_single = 1000000,
                                                  .no_pin_sum = 1000000000,
                                                  .no_pin_count = 60000,
                                                  .offline_count = 100000,
                                                  .offline_sum = 1000000000000,
                                                  .pin = "1234"};
    scene_add(scene, "WALLET1", ROLE_WALLET, &generous);
    scene_add(scene, "TILL1", ROLE_TILL, &generous);
    scene_add(scene, "FLOAT1", ROLE_FLOAT, &generous);
    for (size_t i = 0; i < 3; i++)
        scene_show_center(scene->cards[i]);
    scene_introduce(scene->cards[0], scene->cards[1]);
    scene_introduce(scene->cards[0], scene->cards[2]);
}

/// Without value that moves every sequence would pass.
static void try_scene(void) {
    MUST(scene_issue(scene->cards[0], 100) == SW_OK && scene_issue(scene->cards[2], 100) == SW_OK);
    MUST(scene_pay(scene->cards[0], scene->cards[1], 40, "A") == SW_OK);
    MUST(scene_pay(scene->cards[2], scene->cards[0], 30, "B") == SW_OK);
    MUST(scene_balance(scene->cards[0], SCENE_UNIT) == 90);
    audit();
}

/// The scene is made once; then images and RAM are put back, which costs no start of a card.
static void begin(void) {
    if (scene == NULL) {
        scene = scene_open(11);
        make_cards();
        fresh = scene_save(scene);
        try_scene();
        scene_restore(scene, &fresh); // nothing in RAM but what a start leaves there
        for (size_t i = 0; i < 3; i++)
            keep_awake(i);
    }
    for (size_t i = 0; i < 3; i++) {
        memcpy(scene->cards[i]->image, fresh.images[i], scene->cards[i]->size);
        memcpy(scene->cards[i]->card, awake[i], card_context_size());
        memory_port_power(&scene->cards[i]->port);
    }
    scene_reseed(scene, 11);
}

static struct scene_card *card_by(uint8_t choice) {
    return scene->cards[choice % 3];
}

static void remember(struct adversary *adversary, const struct scene_card *card) {
    if (card->sw != SW_OK || card->answer.size == 0 || card->answer.size > 256 ||
        card->answer.data[0] != OBJECT_BODY_TAG)
        return;
    struct scene_object *slot = &adversary->pool[adversary->count++ % POOL];
    slot->size = card->answer.size;
    memcpy(slot->octets, card->answer.data, slot->size);
}

// ---- steps -------------------------------------------------------------------------------------

static void step_select(struct adversary *adversary) {
    uint8_t who = adversary->step[1] % 3;
    scene_select(scene->cards[who], &adversary->selected[who]);
}

static void step_request(struct adversary *adversary) {
    const uint8_t *step = adversary->step;
    struct scene_card *payer = card_by(step[1]), *payee = card_by(step[1] / 3);
    struct scene_object request;
    char text[2] = {(char)('A' + step[2] % SALES), '\0'};
    struct scene_terms terms = scene_terms(payer, &adversary->selected[step[1] % 3],
                                           1 + step[3] % 8, scene_kind(payer, payee), text);
    scene_request(payee, &terms, &request);
    remember(adversary, payee);
}

/// Any object to any card, by the command that it belongs to or another one; a bit may flip.
static void step_object(struct adversary *adversary) {
    static const enum purse_command COMMANDS[] = {
        COMMAND_PURSE_DEBIT,       COMMAND_PURSE_CREDIT, COMMAND_PURSE_RATIFY,
        COMMAND_PURSE_TAKE_VOID,   COMMAND_PURSE_SETTLE, COMMAND_PURSE_RELEASE,
        COMMAND_PURSE_ACKNOWLEDGE, COMMAND_PURSE_ISSUE,  COMMAND_PURSE_REFUND,
        COMMAND_PURSE_HOTLIST};
    static const uint8_t TYPES[] = {OBJECT_PAYMENT_REQUEST,
                                    OBJECT_USAGE_LOG,
                                    OBJECT_RECEIVE_LOG,
                                    OBJECT_VOID,
                                    OBJECT_SETTLEMENT_RECEIPT,
                                    OBJECT_RELEASE,
                                    OBJECT_ACKNOWLEDGEMENT,
                                    OBJECT_ISSUE_LOG,
                                    OBJECT_REFUND,
                                    OBJECT_HOTLIST};
    const uint8_t *step = adversary->step;
    size_t known = adversary->count < POOL ? adversary->count : POOL;
    if (known == 0)
        return;
    struct scene_object object = adversary->pool[step[2] % known];
    struct scene_card *card = card_by(step[1]);
    if (step[3] >= 0x80)
        object.octets[(step[3] * 7u) % object.size] ^= (uint8_t)(1 << step[3] % 8);
    for (size_t i = 0; i < sizeof TYPES; i++)
        if (object.octets[object.octets[1] == 0x81 ? 5 : 4] == TYPES[i] || step[3] % 16 == i + 1) {
            scene_send(card, COMMANDS[i], scene_bytes(&object));
            remember(adversary, card);
            return;
        }
}

static void step_void(struct adversary *adversary) {
    uint8_t data[8];
    struct tlv_writer writer = tlv_writer_over(data, sizeof data);
    struct scene_card *card = card_by(adversary->step[1]);
    tlv_put_uint(&writer, 0x82, adversary->step[2] % 8);
    scene_send(card, COMMAND_PURSE_VOID, tlv_writer_bytes(&writer));
    remember(adversary, card);
}

static void step_restart(struct adversary *adversary) {
    struct scene_card *card = card_by(adversary->step[1]);
    if (adversary->step[2] % 2 == 0)
        scene_power(card);
    else
        scene_reset(card);
    scene_select(card, &adversary->selected[adversary->step[1] % 3]);
}

/// The next write but so many is the last one, torn at an octet.
static void step_cut(struct adversary *adversary) {
    memory_port_cut(&card_by(adversary->step[1])->port, adversary->step[2] % 6, adversary->step[3]);
}

static void step_issue(struct adversary *adversary) {
    uint8_t octets[512];
    struct scene_card *card = card_by(adversary->step[1]);
    struct scene_issue issue = scene_issue_for(card, adversary->step[2]);
    issue.state += adversary->step[3] / 64;
    if (issue.transfer == 0 && issue.revision == 1)
        issue.transfer = 1, issue.allowance++;
    scene_send(card, COMMAND_PURSE_ISSUE, scene_issue_object(scene, &issue, octets, sizeof octets));
}

static void step_refund(struct adversary *adversary) {
    struct object_writer writer;
    uint8_t out[256];
    struct scene_card *card = card_by(adversary->step[1]);
    object_begin(&writer, OBJECT_REFUND, out, sizeof out);
    object_put_uint(&writer, FIELD_AMOUNT, adversary->step[2] % 16);
    object_put_unit(&writer, SCENE_UNIT);
    object_put_uint(&writer, FIELD_STATE_NUMBER,
                    scene_number(card, NUMBER_STATE) + adversary->step[3] / 128);
    object_put(&writer, FIELD_CENTER, bytes_of_string(scene->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(card->holder));
    object_put_date(&writer, FIELD_DATE, SCENE_FROM);
    scene_send(card, COMMAND_PURSE_REFUND, scene_sign(scene, &writer));
}

// ---- an honest center --------------------------------------------------------------------------

/// Anybody may see what the center signed, and bring it anywhere.
static void remember_order(struct adversary *adversary, struct bytes order) {
    struct scene_object *slot = &adversary->pool[adversary->count % POOL];
    if (order.size > sizeof slot->octets)
        return;
    adversary->count++;
    slot->size = order.size;
    memcpy(slot->octets, order.data, slot->size);
}

/// Signs it, lets everybody see it, sends it.
static void send_order(struct adversary *adversary, struct scene_card *card, enum purse_command id,
                       struct object_writer *writer) {
    struct bytes order = scene_sign(scene, writer);
    remember_order(adversary, order);
    scene_send(card, id, order);
}

static void put_center_on(struct object_writer *writer, const struct scene_card *card,
                          uint32_t day) {
    object_put(writer, FIELD_CENTER, bytes_of_string(scene->center.holder));
    if (card != NULL)
        object_put(writer, FIELD_PURSE, bytes_of_string(card->holder));
    object_put_date(writer, FIELD_DATE, day);
}

static void put_center(struct object_writer *writer, const struct scene_card *card) {
    put_center_on(writer, card, SCENE_FROM);
}

/// A till's batch, and the one end that the center decided for it once and for all: settled or
/// released as the first step about it says.
static void step_settle(struct adversary *adversary) {
    struct scene_card *card = card_by(adversary->step[1]);
    struct clearing clearing;
    uint8_t out[512];
    if (clearing_batch(card, &clearing) != SW_OK)
        return;
    struct decision *decision = &adversary->decisions[clearing.number % DECISIONS];
    if (decision->number != clearing.number)
        *decision = (struct decision){clearing.number, adversary->step[2] % 4 == 0};
    struct bytes end = decision->released ? clearing_release(scene, &clearing, out)
                                          : clearing_receipt(scene, &clearing, out);
    remember_order(adversary, end);
    if (adversary->step[3] % 4 != 0)
        scene_send(card, decision->released ? COMMAND_PURSE_RELEASE : COMMAND_PURSE_SETTLE, end);
}

/// A till's refund of a sale that it may or may not know, in a turn that may be the next.
static void step_pay_back(struct adversary *adversary) {
    const uint8_t *step = adversary->step;
    struct scene_card *till = scene->cards[1], *wallet = card_by(step[1]);
    struct scene_object request;
    struct scene_payment payment =
        clearing_refund(till, wallet, step[2] % 8, step[3] / 8 % 4, 1 + step[3] % 8);
    payment.terms.counter = adversary->selected[1].counter;
    memcpy(payment.terms.challenge, adversary->selected[1].challenge, 16);
    scene_request(wallet, &payment.terms, &request);
    remember(adversary, wallet);
}

/// Counters of debits that a payee has credited, 4 octets each, ascending.
static size_t credited_counters(struct scene_card *card, uint8_t *out, size_t capacity) {
    struct purse purse = scene_purse(card);
    size_t size = 0;
    for (uint16_t slot = 0; slot < RING_SMALL && size + 4 <= capacity; slot++) {
        struct ring_entry entry = ring_at(&purse, slot);
        struct bytes payee = bytes_of(entry.payee, entry.payee_size);
        for (size_t i = 0; entry.state == PURSE_ENTRY_UNRATIFIED && i < 3; i++)
            if (bytes_equal(bytes_of_string(scene->cards[i]->holder), payee) &&
                scene_window_state(scene->cards[i], entry.n) == ONCE_DONE) {
                bytes_put_be(out + size, 4, entry.counter);
                size += 4;
            }
    }
    return size;
}

/// A new budget, and an end for what the center knows to be credited: taken from a day on when the
/// machines' certificates have run out.
static void step_acknowledge(struct adversary *adversary) {
    struct scene_card *card = card_by(adversary->step[1]);
    struct object_writer writer;
    uint8_t out[512], counters[RING_SMALL * 4];
    size_t size = credited_counters(card, counters, sizeof counters);
    object_begin(&writer, OBJECT_ACKNOWLEDGEMENT, out, sizeof out);
    put_center_on(&writer, card, adversary->step[3] % 2 != 0 ? AFTER_MACHINES : SCENE_FROM);
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
    struct scene_card *card = card_by(adversary->step[1]);
    struct object_writer writer;
    struct object said;
    uint8_t out[256], challenge[16] = {adversary->step[2]};
    uint64_t commits = card->card->nvm.sequence;
    object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, out, sizeof out);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
    put_center(&writer, card);
    if (scene_send(card, COMMAND_PURSE_STATEMENT, scene_sign(scene, &writer)) != SW_OK)
        return;
    MUST(object_decode_as(OBJECT_STATEMENT, card->answer, &said));
    MUST(object_verify(&said, scene->crypto, card->signing_point));
    MUST(object_uint(&said, FIELD_STATE_NUMBER) == scene_number(card, NUMBER_STATE));
    MUST(bytes_get_be(said.fields[FIELD_POCKETS].data + 2, 8) ==
         scene_balance(card, (uint16_t)bytes_get_be(said.fields[FIELD_POCKETS].data, 2)));
    MUST(commits == card->card->nvm.sequence);
}

/// Some of the three are on the next hotlist; what is under way ends all the same. Now and then the
/// list stops half-way, or its part is another list's.
static void step_hotlist(struct adversary *adversary) {
    struct scene_card *card = card_by(adversary->step[1]);
    struct scene_hotlist *list = scene_hotlist((uint32_t)++adversary->version, SCENE_FROM);
    for (size_t i = 0; i < 3; i++)
        if ((adversary->step[2] >> i & 1) != 0)
            scene_list_holder(list, scene, scene->purses.holder, scene->cards[i]->holder);
    if ((adversary->step[2] & 0x40) != 0)
        scene_list_strangers(list, 1 + adversary->step[2] % 4);
    if ((adversary->step[2] & 0x80) == 0) {
        scene_give_hotlist(card, list);
        return;
    }
    uint8_t object[HOTLIST_OBJECT_ROOM];
    scene_send(card, COMMAND_PURSE_HOTLIST, scene_hotlist_object(scene, list, object));
    list->marks[7] ^= adversary->step[2];
    if (list->count > 0)
        scene_send(card, COMMAND_PURSE_HOTLIST_PART, scene_hotlist_marks(list));
    free(list);
}

static void step_meet(struct adversary *adversary) {
    struct scene_card *card = card_by(adversary->step[1]);
    scene_send(card, COMMAND_PURSE_EXCHANGE_CERTIFICATES, card_by(adversary->step[2])->certificate);
}

static void step_raw(struct adversary *adversary) {
    uint8_t wire[5] = {0x80, adversary->step[2], 0, 0, adversary->step[3]};
    scene_raw(card_by(adversary->step[1]), bytes_of(wire, sizeof wire));
}

// ---- the end -----------------------------------------------------------------------------------

/// An honest terminal finishes one entry: log to the payee, what it answers back to the payer.
static void finish_entry(struct scene_card *payer, const struct ring_entry *entry) {
    struct scene_object log, ending;
    struct object object;
    MUST(scene_send_p1p2(payer, COMMAND_PURSE_GET_LOG, entry->slot, bytes_of(NULL, 0)) == SW_OK);
    log.size = payer->answer.size;
    memcpy(log.octets, payer->answer.data, log.size);
    for (size_t i = 0; i < 3; i++) {
        struct scene_card *payee = scene->cards[i];
        if (!bytes_equal(bytes_of_string(payee->holder), bytes_of(entry->payee, entry->payee_size)))
            continue;
        MUST(scene_send(payee, COMMAND_PURSE_CREDIT, scene_bytes(&log)) == SW_OK);
        ending.size = payee->answer.size;
        memcpy(ending.octets, payee->answer.data, ending.size);
        MUST(object_decode(scene_bytes(&ending), &object));
        MUST(scene_send(payer,
                        object.type == OBJECT_VOID ? COMMAND_PURSE_TAKE_VOID : COMMAND_PURSE_RATIFY,
                        scene_bytes(&ending)) == SW_OK);
    }
}

/// Whatever a till has leaves it by a batch or two: nothing is stuck in it.
static void empty_till(const struct adversary *adversary) {
    struct scene_card *till = scene->cards[1];
    struct scene_payment open = {.payee = till};
    struct clearing clearing;
    scene_show_center(till);
    for (open.n = 1; scene_window_state(till, open.n) != ONCE_NEVER; open.n++)
        if (scene_window_state(till, open.n) == ONCE_OPEN)
            MUST(scene_step_void(&open) == SW_OK);
    for (size_t i = 0; i < 2 && clearing_batch(till, &clearing) == SW_OK; i++) {
        const struct decision *decision = &adversary->decisions[clearing.number % DECISIONS];
        bool released = decision->number == clearing.number && decision->released;
        MUST((released ? clearing_give_back(till, &clearing) : clearing_settle(till, &clearing)) ==
             SW_OK);
    }
    audit();
    MUST(scene_balance(till, SCENE_UNIT) == 0);
}

static void finish_all(const struct adversary *adversary) {
    for (size_t i = 0; i < 3; i++)
        memory_port_power(&scene->cards[i]->port); // no cut is armed any more
    for (size_t i = 0; i < 3; i++)
        scene_select(scene->cards[i], NULL);
    for (size_t i = 0; i < 3; i++) {
        uint16_t slots = (scene->cards[i]->roles & ROLE_WALLET) != 0 ? RING_SMALL : RING_LARGE;
        uint64_t left = scene_number(scene->cards[i], NUMBER_UNRATIFIED);
        for (uint16_t slot = 0; slot < slots && left > 0; slot++) {
            struct purse purse = scene_purse(scene->cards[i]);
            struct ring_entry entry = ring_at(&purse, slot);
            if (entry.state != PURSE_ENTRY_UNRATIFIED)
                continue;
            finish_entry(scene->cards[i], &entry);
            left--;
        }
        MUST(scene_number(scene->cards[i], NUMBER_UNRATIFIED) == 0);
    }
    audit();
    empty_till(adversary);
}

static void (*const STEPS[])(struct adversary *adversary) = {
    step_select,  step_request, step_object,      step_object,    step_void,    step_restart,
    step_request, step_cut,     step_issue,       step_refund,    step_object,  step_meet,
    step_raw,     step_settle,  step_acknowledge, step_statement, step_hotlist, step_pay_back,
};

/// Cards that lost power come back, and the step is over.
static void revive(struct adversary *adversary) {
    for (uint8_t i = 0; i < 3; i++)
        if (scene->cards[i]->port.off) {
            scene_power(scene->cards[i]);
            scene_select(scene->cards[i], &adversary->selected[i]);
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
    finish_all(&adversary);
    return 0;
}
