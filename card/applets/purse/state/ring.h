// SPDX-License-Identifier: Apache-2.0
// The payer's ring: the last debits with their signed usage logs, each unratified, ratified or
// voided. An unratified entry is never overwritten; a closed one gives its slot to the next debit,
// the oldest first. The key of the payee as verified at the debit stays with the entry, so that the
// end of a payment depends on nothing that happens later. docs/purse.md, "The payer's ring".
#ifndef CARD_APPLETS_PURSE_STATE_RING_H
#define CARD_APPLETS_PURSE_STATE_RING_H

#include "card/applets/purse/state/purse.h"

enum { RING_LOG_MAX = 256 };

/// Row of the index: what a look-up needs without reading the slots.
struct ring_entry {
    uint16_t slot;
    enum purse_entry_state state;
    uint32_t counter; // payer's
    uint32_t n;       // payee's
    uint8_t payee[HOLDER_PURSE_MAX];
    uint8_t payee_size;
};

/// What one pass over the index tells about (payee, n).
struct ring_view {
    bool found;
    struct ring_entry entry; // when found
    bool payee_unratified;   // some other n of this payee is unratified
    bool has_room;
    uint16_t room; // slot that the next debit may take
};

/// One pass over the index for the payment n of a payee.
void ring_look(const struct purse *purse, struct bytes payee, uint32_t n, struct ring_view *view);
/// Entry of one slot.
struct ring_entry ring_at(const struct purse *purse, uint16_t slot);
/// Entry of a payer counter; false when it is not in the ring.
bool ring_find_counter(const struct purse *purse, uint32_t counter, struct ring_entry *entry);

/// The rest of an entry.
struct ring_proof {
    uint8_t key[P256_COMPRESSED_SIZE]; // payee's, verified at the debit
    uint8_t terms[SHA256_SIZE];        // digest of the request's terms
    uint8_t digest[SHA256_SIZE];       // of the usage log
    uint32_t until;                    // last day of the payee's certificate, at the debit
};

/// The rest of the entry in a slot.
void ring_proof(const struct purse *purse, uint16_t slot, struct ring_proof *proof);
/// Copies the usage log; returns its size.
size_t ring_log(const struct purse *purse, uint16_t slot, uint8_t log[RING_LOG_MAX]);
/// Stages a whole entry and NUMBER_LAST_SLOT, NUMBER_UNRATIFIED. In place of an unratified one, or
/// with a log above RING_LOG_MAX, nothing of the command happens and the card is muted.
void ring_store(struct purse *purse, const struct ring_entry *entry, const struct ring_proof *proof,
                struct bytes log);
/// Stages the end of an unratified entry and NUMBER_UNRATIFIED. One that has ended already mutes
/// the card.
void ring_close(struct purse *purse, const struct ring_entry *entry, enum purse_entry_state state);

#endif
