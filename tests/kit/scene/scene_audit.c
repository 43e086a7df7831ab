// SPDX-License-Identifier: Apache-2.0
// Looking inside the cards of the test scene: reading, saving, and adding everything up.
#include "tests/kit/scene/scene.h"

#include "card/applets/purse/state/batch.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/ring.h"
#include "card/applets/purse/state/window.h"
#include "card/os/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct card_call scene_call(struct scene_card *card) {
    static const uint8_t aid[] = AID_PURSE;
    size_t instance = directory_find(card->card, BYTES_OF(aid));
    if (instance >= CARD_INSTANCES_MAX)
        abort();
    return card_call_to(card->card, card->interface, instance);
}

struct purse scene_purse(struct scene_card *card) {
    struct purse purse;
    card->call = scene_call(card);
    purse_open(&purse, &card->call);
    return purse;
}

uint64_t scene_balance(struct scene_card *card, uint16_t unit) {
    struct purse purse = scene_purse(card);
    struct pocket pocket;
    return pocket_find(&purse, unit, &pocket) ? pocket_balance(&pocket) : 0;
}

uint64_t scene_number(struct scene_card *card, enum number number) {
    struct purse purse = scene_purse(card);
    return number_get(&purse, number);
}

int scene_window_state(struct scene_card *card, uint32_t n) {
    struct purse purse = scene_purse(card);
    struct once once = window_at(&purse);
    return (int)once_state(purse.call, &once, n);
}

// ---- saving ------------------------------------------------------------------------------------

struct scene_snapshot scene_save(const struct scene *scene) {
    struct scene_snapshot snapshot = {.count = scene->count};
    for (size_t i = 0; i < scene->count; i++) {
        snapshot.images[i] = malloc(scene->cards[i]->size);
        if (snapshot.images[i] == NULL)
            abort();
        memcpy(snapshot.images[i], scene->cards[i]->image, scene->cards[i]->size);
    }
    return snapshot;
}

void scene_restore(struct scene *scene, const struct scene_snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->count; i++) {
        card_power_off(scene->cards[i]->card);
        memcpy(scene->cards[i]->image, snapshot->images[i], scene->cards[i]->size);
        scene_power(scene->cards[i]);
    }
}

void scene_forget(struct scene_snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->count; i++)
        free(snapshot->images[i]);
    *snapshot = (struct scene_snapshot){0};
}

bool scene_unchanged(const struct scene *scene, const struct scene_snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->count; i++)
        if (memcmp(scene->cards[i]->image, snapshot->images[i], scene->cards[i]->size) != 0)
            return false;
    return true;
}

// ---- adding up ---------------------------------------------------------------------------------

enum { UNITS = 2 };

/// What one unit adds up to over the whole scene, and what the card under way has not ratified.
struct sums {
    uint16_t unit;
    uint64_t balances, under_way, issued, redeemed;
    uint64_t unratified;
};

static bool wrong(struct scene *scene, const char *form, ...) {
    va_list arguments;
    va_start(arguments, form);
    vsnprintf(scene->fault, sizeof scene->fault, form, arguments);
    va_end(arguments);
    return false;
}

static struct scene_card *card_of(const struct scene *scene, struct bytes holder) {
    for (size_t i = 0; i < scene->count; i++)
        if (bytes_equal(bytes_of_string(scene->cards[i]->holder), holder))
            return scene->cards[i];
    return NULL;
}

/// Is the log in this entry in its payee's balance already? A number that the payee forgot was
/// acknowledged as credited, as far as the ring's own state goes.
static bool is_credited(const struct scene *scene, const struct ring_entry *entry,
                        const struct ring_proof *proof) {
    struct scene_card *payee = card_of(scene, bytes_of(entry->payee, entry->payee_size));
    struct window_record record;
    if (payee == NULL)
        return false;
    struct purse purse = scene_purse(payee);
    struct once once = window_at(&purse);
    enum once_state state = once_state(purse.call, &once, entry->n);
    if (state == ONCE_FORGOTTEN)
        return entry->state != PURSE_ENTRY_VOIDED;
    if (state != ONCE_DONE)
        return false;
    window_read(&purse, &once, entry->n, &record);
    return memcmp(record.digest, proof->digest, SHA256_SIZE) == 0;
}

static bool audit_entry(struct scene *scene, struct scene_card *card,
                        const struct ring_entry *entry, struct sums sums[UNITS]) {
    struct purse purse = scene_purse(card);
    struct ring_proof proof;
    struct object log;
    uint8_t octets[RING_LOG_MAX];
    ring_proof(&purse, entry->slot, &proof);
    size_t size = ring_log(&purse, entry->slot, octets);
    if (!object_decode_as(OBJECT_USAGE_LOG, bytes_of(octets, size), &log))
        return wrong(scene, "%s: slot %u holds no usage log", card->holder, entry->slot);
    size_t unit = 0;
    while (unit < UNITS && sums[unit].unit != object_unit(&log))
        unit++;
    if (unit == UNITS)
        return true;
    bool credited = is_credited(scene, entry, &proof);
    uint64_t amount = object_uint(&log, FIELD_AMOUNT);
    if (entry->state == PURSE_ENTRY_VOIDED && credited)
        return wrong(scene, "%s: counter %u is voided here and credited there", card->holder,
                     entry->counter);
    if (entry->state == PURSE_ENTRY_RATIFIED && !credited)
        return wrong(scene, "%s: counter %u is ratified but nobody has it", card->holder,
                     entry->counter);
    if (entry->state != PURSE_ENTRY_UNRATIFIED)
        return true;
    sums[unit].unratified += amount;
    if (!credited)
        sums[unit].under_way += amount;
    return true;
}

static bool audit_ring(struct scene *scene, struct scene_card *card, struct sums sums[UNITS]) {
    struct purse purse = scene_purse(card);
    uint16_t slots = purse.tables.ring;
    uint64_t count = 0;
    for (uint16_t slot = 0; slot < slots; slot++) {
        struct ring_entry entry = ring_at(&purse, slot);
        count += entry.state == PURSE_ENTRY_UNRATIFIED;
        if (entry.state != PURSE_ENTRY_FREE && !audit_entry(scene, card, &entry, sums))
            return false;
    }
    return count == number_get(&purse, NUMBER_UNRATIFIED)
               ? true
               : wrong(scene, "%s: %llu entries are unratified, but it counts %llu", card->holder,
                       (unsigned long long)count,
                       (unsigned long long)number_get(&purse, NUMBER_UNRATIFIED));
}

/// Sum of the open requests of one unit.
static uint64_t open_sum(struct scene_card *card, uint16_t unit) {
    struct purse purse = scene_purse(card);
    struct once once = window_at(&purse);
    struct window_record record;
    uint64_t sum = 0;
    for (uint32_t n = once.base; once_next_open(purse.call, &once, n, once.next, &n); n++) {
        window_read(&purse, &once, n, &record);
        sum += record.unit == unit ? record.amount : 0;
    }
    return sum;
}

/// What is left of one unit's credited sales from first on.
static uint64_t left_sum(struct scene_card *card, uint16_t unit, uint32_t first) {
    struct purse purse = scene_purse(card);
    struct once once = window_at(&purse);
    struct window_record record;
    uint64_t sum = 0;
    for (uint32_t n = first; n < once.next; n++) {
        if (once_state(purse.call, &once, n) != ONCE_DONE)
            continue;
        window_read(&purse, &once, n, &record);
        sum += record.unit == unit ? record.amount - record.refunded : 0;
    }
    return sum;
}

/// What the open batch of a till takes of one unit; 0 when none is open.
static uint64_t batch_sum(struct scene_card *card, uint16_t unit) {
    struct purse purse = scene_purse(card);
    struct object batch;
    uint8_t octets[BATCH_OBJECT_MAX];
    size_t size = batch_object(&purse, octets);
    if (!object_decode_as(OBJECT_BATCH, bytes_of(octets, size), &batch))
        return 0;
    struct bytes sums = batch.fields[FIELD_SUMS];
    for (size_t at = 0; at < sums.size; at += 10)
        if (bytes_get_be(sums.data + at, 2) == unit)
            return bytes_get_be(sums.data + at + 2, 8);
    return 0;
}

/// A till's balance is what its open batch takes, what it carries and what is left of its sales.
static bool audit_till(struct scene *scene, struct scene_card *card, const struct pocket *pocket) {
    struct purse purse = scene_purse(card);
    uint32_t batched = (uint32_t)number_get(&purse, NUMBER_BATCHED);
    uint64_t left = left_sum(card, pocket->unit, batched);
    uint64_t reserved = batch_sum(card, pocket->unit);
    if (window_at(&purse).base > batched)
        return wrong(scene, "%s: forgot numbers that no batch lists", card->holder);
    if (pocket->left == left && pocket->reserved == reserved &&
        pocket_balance(pocket) == reserved + pocket->carry + left)
        return true;
    return wrong(scene, "%s: balance %llu, batch %llu (%llu), carry %llu, left %llu (%llu)",
                 card->holder, (unsigned long long)pocket_balance(pocket),
                 (unsigned long long)reserved, (unsigned long long)pocket->reserved,
                 (unsigned long long)pocket->carry, (unsigned long long)left,
                 (unsigned long long)pocket->left);
}

static bool audit_pocket(struct scene *scene, struct scene_card *card, struct sums *sums) {
    struct purse purse = scene_purse(card);
    struct pocket pocket;
    if (!pocket_find(&purse, sums->unit, &pocket))
        return true;
    if (pocket.spent + pocket.redeemed > pocket.issued + pocket.loaded + pocket.recredited)
        return wrong(scene, "%s: more went out than came in", card->holder);
    if (pocket.under_way != sums->unratified)
        return wrong(scene, "%s: promised back %llu, unratified %llu", card->holder,
                     (unsigned long long)pocket.under_way, (unsigned long long)sums->unratified);
    uint64_t open = open_sum(card, sums->unit);
    if (pocket.open != open)
        return wrong(scene, "%s: reserved %llu, open %llu", card->holder,
                     (unsigned long long)pocket.open, (unsigned long long)open);
    if ((card->roles & ROLE_TILL) != 0 && !audit_till(scene, card, &pocket))
        return false;
    sums->balances += pocket_balance(&pocket);
    sums->issued += pocket.issued;
    sums->redeemed += pocket.redeemed;
    return true;
}

static bool audit_card(struct scene *scene, struct scene_card *card, struct sums sums[UNITS]) {
    for (size_t i = 0; i < UNITS; i++)
        sums[i].unratified = 0;
    if (!audit_ring(scene, card, sums))
        return false;
    for (size_t i = 0; i < UNITS; i++)
        if (!audit_pocket(scene, card, &sums[i]))
            return false;
    return true;
}

static bool adds_up(struct scene *scene, const struct sums *sums) {
    if (sums->balances + sums->under_way == sums->issued - sums->redeemed)
        return true;
    return wrong(scene, "unit %u: balances %llu + under way %llu, issued %llu - redeemed %llu",
                 sums->unit, (unsigned long long)sums->balances,
                 (unsigned long long)sums->under_way, (unsigned long long)sums->issued,
                 (unsigned long long)sums->redeemed);
}

bool scene_audit(struct scene *scene) {
    struct sums sums[UNITS] = {{.unit = SCENE_UNIT}, {.unit = SCENE_POINTS}};
    scene->fault[0] = '\0';
    for (size_t i = 0; i < scene->count; i++)
        if (!audit_card(scene, scene->cards[i], sums))
            return false;
    return adds_up(scene, &sums[0]) && adds_up(scene, &sums[1]);
}
