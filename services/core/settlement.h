// SPDX-License-Identifier: Apache-2.0
// A docket as whoever settles it by proxy checks and answers it: signed by the buyer's own card, of
// a header that a seller has signed for this card, and for us if the header names who settles it.
// Charge, enterprise, number and day are the seller's word, which no phone can alter.
#ifndef SERVICES_CORE_SETTLEMENT_H
#define SERVICES_CORE_SETTLEMENT_H

#include "services/core/party.h"
#include "services/wire/api/docket_rows.h"

enum { SETTLEMENT_ANSWER_MAX = 256 };

/// Texts lie in the call's arena.
struct settlement {
    char sale[DOCKET_SALE_SIZE + 1]; // the sale's name: one for each, whatever its ticket's n
    uint8_t ticket[16];              // leading octets of the header's digest
    const char *mail, *enterprise, *number, *instance; // instance: 16 hexadecimal digits
    int64_t amount;
    uint16_t unit;
    uint32_t date; // of the sale
};

/// Checks a request of shape_docket by its sender. False: refused, with docket_bad and what is
/// wrong.
bool settlement_check(struct call *call, const struct party *party, struct settlement *out);

/// Signs the answer of a ticket: settled, or not, for ever. made lies in out. False: refused for
/// now.
bool settlement_sign(struct call *call, const struct party *party, const uint8_t ticket[16],
                     bool accepted, uint8_t out[SETTLEMENT_ANSWER_MAX], struct bytes *made);

/// Fills an answer of shape_decided; object empty: not decided, 202.
void settlement_answer(struct call *call, const char *sale, const char *outcome,
                       struct bytes object);

/// An id of an object, copied into the call's arena.
const char *settlement_keep(struct call *call, struct bytes id);
/// Hexadecimal digits of so many octets, terminated.
void settlement_text(const uint8_t *octets, size_t count, char *out);

#endif
