// SPDX-License-Identifier: Apache-2.0
// Looking inside the cards of the test world: reading, saving, and adding everything up.
#include "tests/world.h"

#include "card/applets/purse/pocket.h"
#include "card/applets/purse/ring.h"
#include "card/applets/purse/window.h"
#include "card/os/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct card_call world_call(struct world_card *card) {
    static const uint8_t aid[] = AID_PURSE;
    size_t instance = directory_find(card->card, BYTES_OF(aid));
    if (instance >= CARD_INSTANCES_MAX)
        abort();
    return card_call_to(card->card, card->interface, instance);
}

uint64_t world_balance(struct world_card *card, uint16_t unit) {
    struct card_call call = world_call(card);
    struct pocket pocket;
    return pocket_find(&call, unit, &pocket) ? pocket_balance(&pocket) : 0;
}

uint64_t world_number(struct world_card *card, enum number number) {
    struct card_call call = world_call(card);
    return number_get(&call, number);
}

int world_window_state(struct world_card *card, uint32_t n) {
    struct card_call call = world_call(card);
    struct once once = window_at(&call);
    return (int)once_state(&call, &once, n);
}

// ---- saving ------------------------------------------------------------------------------------

struct world_snapshot world_save(const struct world *world) {
    struct world_snapshot snapshot = {.count = world->count};
    for (size_t i = 0; i < world->count; i++) {
        snapshot.images[i] = malloc(world->cards[i]->size);
        if (snapshot.images[i] == NULL)
            abort();
        memcpy(snapshot.images[i], world->cards[i]->image, world->cards[i]->size);
    }
    return snapshot;
}

void world_restore(struct world *world, const struct world_snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->count; i++) {
        card_power_off(world->cards[i]->card);
        memcpy(world->cards[i]->image, snapshot->images[i], world->cards[i]->size);
        world_power(world->cards[i]);
    }
}

void world_forget(struct world_snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->count; i++)
        free(snapshot->images[i]);
    *snapshot = (struct world_snapshot){0};
}

bool world_unchanged(const struct world *world, const struct world_snapshot *snapshot) {
    for (size_t i = 0; i < snapshot->count; i++)
        if (memcmp(world->cards[i]->image, snapshot->images[i], world->cards[i]->size) != 0)
            return false;
    return true;
}

// ---- adding up ---------------------------------------------------------------------------------

enum { UNITS = 2 };

/// What one unit adds up to over the whole world, and what the card under way has not ratified.
struct sums {
    uint16_t unit;
    uint64_t balances, under_way, issued, redeemed;
    uint64_t unratified;
};

static bool wrong(struct world *world, const char *form, ...) {
    va_list arguments;
    va_start(arguments, form);
    vsnprintf(world->fault, sizeof world->fault, form, arguments);
    va_end(arguments);
    return false;
}

static struct world_card *card_of(const struct world *world, struct bytes holder) {
    for (size_t i = 0; i < world->count; i++)
        if (bytes_equal(bytes_of_string(world->cards[i]->holder), holder))
            return world->cards[i];
    return NULL;
}

/// Is the log in this entry in its payee's balance already? A number that the payee forgot was
/// acknowledged as credited, as far as the ring's own state goes.
static bool is_credited(const struct world *world, const struct ring_entry *entry,
                        const struct ring_proof *proof) {
    struct world_card *payee = card_of(world, bytes_of(entry->payee, entry->payee_size));
    struct window_record record;
    if (payee == NULL)
        return false;
    struct card_call call = world_call(payee);
    struct once once = window_at(&call);
    enum once_state state = once_state(&call, &once, entry->n);
    if (state == ONCE_FORGOTTEN)
        return entry->state != PURSE_ENTRY_VOIDED;
    if (state != ONCE_DONE)
        return false;
    window_read(&call, &once, entry->n, &record);
    return memcmp(record.digest, proof->digest, SHA256_SIZE) == 0;
}

static bool audit_entry(struct world *world, struct world_card *card,
                        const struct ring_entry *entry, struct sums sums[UNITS]) {
    struct card_call call = world_call(card);
    struct ring_proof proof;
    struct object log;
    uint8_t octets[RING_LOG_MAX];
    ring_proof(&call, entry->slot, &proof);
    size_t size = ring_log(&call, entry->slot, octets);
    if (!object_decode_as(OBJECT_USAGE_LOG, bytes_of(octets, size), &log))
        return wrong(world, "%s: slot %u holds no usage log", card->holder, entry->slot);
    size_t unit = 0;
    while (unit < UNITS && sums[unit].unit != object_unit(&log))
        unit++;
    if (unit == UNITS)
        return true;
    bool credited = is_credited(world, entry, &proof);
    uint64_t amount = object_uint(&log, FIELD_AMOUNT);
    if (entry->state == PURSE_ENTRY_VOIDED && credited)
        return wrong(world, "%s: counter %u is voided here and credited there", card->holder,
                     entry->counter);
    if (entry->state == PURSE_ENTRY_RATIFIED && !credited)
        return wrong(world, "%s: counter %u is ratified but nobody has it", card->holder,
                     entry->counter);
    if (entry->state != PURSE_ENTRY_UNRATIFIED)
        return true;
    sums[unit].unratified += amount;
    if (!credited)
        sums[unit].under_way += amount;
    return true;
}

static bool audit_ring(struct world *world, struct world_card *card, struct sums sums[UNITS]) {
    struct card_call call = world_call(card);
    uint16_t slots = geometry(&call).ring;
    uint64_t count = 0;
    for (uint16_t slot = 0; slot < slots; slot++) {
        struct ring_entry entry = ring_at(&call, slot);
        count += entry.state == PURSE_ENTRY_UNRATIFIED;
        if (entry.state != PURSE_ENTRY_FREE && !audit_entry(world, card, &entry, sums))
            return false;
    }
    return count == number_get(&call, NUMBER_UNRATIFIED)
               ? true
               : wrong(world, "%s: %llu entries are unratified, but it counts %llu", card->holder,
                       (unsigned long long)count,
                       (unsigned long long)number_get(&call, NUMBER_UNRATIFIED));
}

/// Sum of the open requests of one unit.
static uint64_t open_sum(struct world_card *card, uint16_t unit) {
    struct card_call call = world_call(card);
    struct once once = window_at(&call);
    struct window_record record;
    uint64_t sum = 0;
    for (uint32_t n = once.base; once_next_open(&call, &once, n, once.next, &n); n++) {
        window_read(&call, &once, n, &record);
        sum += record.unit == unit ? record.amount : 0;
    }
    return sum;
}

static bool audit_pocket(struct world *world, struct world_card *card, struct sums *sums) {
    struct card_call call = world_call(card);
    struct pocket pocket;
    if (!pocket_find(&call, sums->unit, &pocket))
        return true;
    if (pocket.spent + pocket.redeemed > pocket.issued + pocket.loaded + pocket.recredited)
        return wrong(world, "%s: more went out than came in", card->holder);
    if (pocket.under_way != sums->unratified)
        return wrong(world, "%s: promised back %llu, unratified %llu", card->holder,
                     (unsigned long long)pocket.under_way, (unsigned long long)sums->unratified);
    uint64_t open = open_sum(card, sums->unit);
    if (pocket.open != open)
        return wrong(world, "%s: reserved %llu, open %llu", card->holder,
                     (unsigned long long)pocket.open, (unsigned long long)open);
    sums->balances += pocket_balance(&pocket);
    sums->issued += pocket.issued;
    sums->redeemed += pocket.redeemed;
    return true;
}

static bool audit_card(struct world *world, struct world_card *card, struct sums sums[UNITS]) {
    for (size_t i = 0; i < UNITS; i++)
        sums[i].unratified = 0;
    if (!audit_ring(world, card, sums))
        return false;
    for (size_t i = 0; i < UNITS; i++)
        if (!audit_pocket(world, card, &sums[i]))
            return false;
    return true;
}

static bool adds_up(struct world *world, const struct sums *sums) {
    if (sums->balances + sums->under_way == sums->issued - sums->redeemed)
        return true;
    return wrong(world, "unit %u: balances %llu + under way %llu, issued %llu - redeemed %llu",
                 sums->unit, (unsigned long long)sums->balances,
                 (unsigned long long)sums->under_way, (unsigned long long)sums->issued,
                 (unsigned long long)sums->redeemed);
}

bool world_audit(struct world *world) {
    struct sums sums[UNITS] = {{.unit = WORLD_UNIT}, {.unit = WORLD_POINTS}};
    world->fault[0] = '\0';
    for (size_t i = 0; i < world->count; i++)
        if (!audit_card(world, world->cards[i], sums))
            return false;
    return adds_up(world, &sums[0]) && adds_up(world, &sums[1]);
}
