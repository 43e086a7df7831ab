// SPDX-License-Identifier: Apache-2.0
// What a host does around single APDUs when it wants the command done, not the octets seen:
// command chaining (ISO/IEC 7816-4 5.3.3), GET RESPONSE after 61xx, the right Le after 6Cxx.
#ifndef APDU_COMMAND_EXCHANGE_H
#define APDU_COMMAND_EXCHANGE_H

#include "apdu/command/link.h"
#include "apdu/octets/codec.h"

/// Counts what crossed the link, for the air budget.
struct exchange_count {
    unsigned apdus;
    size_t octets; // commands and answers
};

/// Sends the command, in short chained pieces when it is longer than the link allows, and gathers
/// the whole answer in buffer. response->data points into buffer. count may be NULL.
/// Returns the link's status; a card's refusal is LINK_OK with its status word in response.
enum link_status exchange(struct link *link, const struct apdu_command *command, uint8_t *buffer,
                          size_t capacity, struct apdu_response *response,
                          struct exchange_count *count);

#endif
