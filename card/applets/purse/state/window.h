// SPDX-License-Identifier: Apache-2.0
// The payee's requests: the exactly-once machine with what one request remembers. While open a
// record holds the terms and the payer's verified key; done, the digest of the usage log that won
// and, at a till, what was paid back of it. Receive log and void are remade from it whenever they
// are asked for.
#ifndef CARD_APPLETS_PURSE_STATE_WINDOW_H
#define CARD_APPLETS_PURSE_STATE_WINDOW_H

#include "apdu/object/object.h"
#include "card/applets/once.h"
#include "card/applets/purse/state/purse.h"

enum { REFERENCE_MAX = 17 };

struct window_record {
    uint8_t payer[HOLDER_PURSE_MAX];
    uint8_t payer_size;
    uint8_t reference[REFERENCE_MAX];
    uint8_t reference_size;
    uint16_t unit;
    uint64_t amount;
    uint8_t digest[SHA256_SIZE];       // of the terms; once done, of the usage log
    uint8_t key[P256_COMPRESSED_SIZE]; // payer's, verified at the request
    uint64_t refunded;                 // paid back so far
    uint8_t refunds;                   // how often
};

/// The purse's exactly-once machine.
struct once window_at(const struct purse *purse);

/// Opens the next n. Stages record, reserved room of the pocket and the open sums.
void window_open(struct purse *purse, struct once *once, const struct window_record *record);
/// The record of a remembered n.
void window_read(const struct purse *purse, const struct once *once, uint32_t n,
                 struct window_record *record);
/// Stages the digest of the usage log that a request was done with.
void window_set_digest(struct purse *purse, const struct once *once, uint32_t n,
                       const uint8_t digest[SHA256_SIZE]);

/// Stages what was paid back of a credited request.
void window_set_refunded(struct purse *purse, const struct once *once, uint32_t n,
                         const struct window_record *record);

/// The open request of the same sale: same payer, same reference. False when there is none.
bool window_find_sale(const struct purse *purse, const struct once *once, struct bytes payer,
                      struct bytes reference, uint32_t *n, struct window_record *record);

/// Appends the object that ended n (receive log or void), remade and signed, to the answer.
uint16_t window_answer_end(struct purse *purse, uint32_t n, enum once_state end,
                           const struct window_record *record);

#endif
