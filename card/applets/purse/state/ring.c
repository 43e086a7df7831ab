// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/state/ring.h"

#include <string.h>

// Index row: state 1, payee size 1, payee 12, n 4, counter 4, unused 2.
enum { ROW_STATE = 0, ROW_PAYEE_SIZE = 1, ROW_PAYEE = 2, ROW_N = 14, ROW_COUNTER = 18 };
// Slot: key, terms, digest, until 4, size of the log 2, log.
enum {
    SLOT_TERMS = P256_COMPRESSED_SIZE,
    SLOT_DIGEST = SLOT_TERMS + SHA256_SIZE,
    SLOT_UNTIL = SLOT_DIGEST + SHA256_SIZE,
    SLOT_LOG_SIZE = SLOT_UNTIL + 4,
    SLOT_LOG = SLOT_LOG_SIZE + 2,
};
enum { ROWS_A_READ = 16 };

static uint32_t row_offset(const struct purse *purse, uint16_t slot) {
    return purse->tables.ring_index_at + (uint32_t)slot * RING_INDEX_SIZE;
}

static uint32_t slot_offset(const struct purse *purse, uint16_t slot) {
    return purse->tables.ring_at + (uint32_t)slot * RING_SLOT_SIZE;
}

static struct ring_entry parse_row(const uint8_t *row, uint16_t slot) {
    struct ring_entry entry = {.slot = slot,
                               .state = (enum purse_entry_state)row[ROW_STATE],
                               .n = (uint32_t)bytes_get_be(row + ROW_N, 4),
                               .counter = (uint32_t)bytes_get_be(row + ROW_COUNTER, 4),
                               .payee_size = row[ROW_PAYEE_SIZE]};
    memcpy(entry.payee, row + ROW_PAYEE, sizeof entry.payee);
    return entry;
}

/// Takes one row into the view. oldest is the counter of the best room so far.
static void consider(struct ring_view *view, const struct ring_entry *entry, struct bytes payee,
                     uint32_t n, uint32_t *oldest) {
    uint32_t age = entry->state == PURSE_ENTRY_FREE ? 0 : entry->counter;
    if (entry->state != PURSE_ENTRY_UNRATIFIED && (!view->has_room || age < *oldest)) {
        view->has_room = true;
        view->room = entry->slot;
        *oldest = age;
    }
    if (entry->state == PURSE_ENTRY_FREE ||
        !bytes_equal(bytes_of(entry->payee, entry->payee_size), payee))
        return;
    if (entry->n == n) {
        view->found = true;
        view->entry = *entry;
    } else if (entry->state == PURSE_ENTRY_UNRATIFIED) {
        view->payee_unratified = true;
    }
}

void ring_look(const struct purse *purse, struct bytes payee, uint32_t n, struct ring_view *view) {
    uint8_t rows[ROWS_A_READ * RING_INDEX_SIZE];
    uint32_t oldest = 0;
    *view = (struct ring_view){0};
    for (uint16_t slot = 0; slot < purse->tables.ring; slot++) {
        uint16_t row = slot % ROWS_A_READ;
        if (row == 0)
            card_read(purse->call, row_offset(purse, slot), rows, sizeof rows);
        struct ring_entry entry = parse_row(rows + row * RING_INDEX_SIZE, slot);
        consider(view, &entry, payee, n, &oldest);
    }
}

struct ring_entry ring_at(const struct purse *purse, uint16_t slot) {
    uint8_t row[RING_INDEX_SIZE];
    card_read(purse->call, row_offset(purse, slot), row, sizeof row);
    return parse_row(row, slot);
}

bool ring_find_counter(const struct purse *purse, uint32_t counter, struct ring_entry *entry) {
    uint16_t slots = purse->tables.ring;
    for (uint16_t slot = 0; slot < slots; slot++) {
        *entry = ring_at(purse, slot);
        if (entry->state != PURSE_ENTRY_FREE && entry->counter == counter)
            return true;
    }
    return false;
}

void ring_proof(const struct purse *purse, uint16_t slot, struct ring_proof *proof) {
    uint8_t octets[SLOT_LOG_SIZE];
    card_read(purse->call, slot_offset(purse, slot), octets, sizeof octets);
    memcpy(proof->key, octets, sizeof proof->key);
    memcpy(proof->terms, octets + SLOT_TERMS, sizeof proof->terms);
    memcpy(proof->digest, octets + SLOT_DIGEST, sizeof proof->digest);
    proof->until = (uint32_t)bytes_get_be(octets + SLOT_UNTIL, 4);
}

size_t ring_log(const struct purse *purse, uint16_t slot, uint8_t log[RING_LOG_MAX]) {
    uint32_t offset = slot_offset(purse, slot);
    size_t size = (size_t)card_read_uint(purse->call, offset + SLOT_LOG_SIZE, 2);
    if (size > RING_LOG_MAX)
        return 0;
    card_read(purse->call, offset + SLOT_LOG, log, size);
    return size;
}

/// An unratified debit is never overwritten: its proof is all that the payer has.
static bool is_room(const struct purse *purse, uint16_t slot) {
    return slot < purse->tables.ring && ring_at(purse, slot).state != PURSE_ENTRY_UNRATIFIED;
}

void ring_store(struct purse *purse, const struct ring_entry *entry, const struct ring_proof *proof,
                struct bytes log) {
    if (!card_must(purse->call, is_room(purse, entry->slot) && log.size <= RING_LOG_MAX))
        return;
    uint32_t offset = slot_offset(purse, entry->slot);
    uint8_t row[RING_INDEX_SIZE] = {(uint8_t)entry->state, entry->payee_size};
    memcpy(row + ROW_PAYEE, entry->payee, sizeof entry->payee);
    bytes_put_be(row + ROW_N, 4, entry->n);
    bytes_put_be(row + ROW_COUNTER, 4, entry->counter);
    card_stage(purse->call, row_offset(purse, entry->slot), row, sizeof row);
    card_stage(purse->call, offset, proof->key, sizeof proof->key);
    card_stage(purse->call, offset + SLOT_TERMS, proof->terms, sizeof proof->terms);
    card_stage(purse->call, offset + SLOT_DIGEST, proof->digest, sizeof proof->digest);
    card_stage_uint(purse->call, offset + SLOT_UNTIL, 4, proof->until);
    card_stage_uint(purse->call, offset + SLOT_LOG_SIZE, 2, log.size);
    card_stage(purse->call, offset + SLOT_LOG, log.data, log.size);
    number_set(purse, NUMBER_LAST_SLOT, (uint64_t)entry->slot + 1);
    number_set(purse, NUMBER_UNRATIFIED, number_get(purse, NUMBER_UNRATIFIED) + 1);
}

void ring_close(struct purse *purse, const struct ring_entry *entry, enum purse_entry_state state) {
    uint64_t unratified = number_get(purse, NUMBER_UNRATIFIED);
    if (!card_must(purse->call, entry->state == PURSE_ENTRY_UNRATIFIED && unratified > 0))
        return;
    card_stage_uint(purse->call, row_offset(purse, entry->slot) + ROW_STATE, 1, state);
    number_set(purse, NUMBER_UNRATIFIED, unratified - 1);
}
