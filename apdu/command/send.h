// SPDX-License-Identifier: Apache-2.0
// One command of the catalogue over a link, as a host's client of an application sends it.
#ifndef APDU_COMMAND_SEND_H
#define APDU_COMMAND_SEND_H

#include "apdu/command/catalogue.h"
#include "apdu/command/exchange.h"

/// Sends the row's command with the P1, P2 and data that are given, and an Le where the row has an
/// answer to it.
/// The answer is gathered in buffer, and response->data points there; response->sw is 0 when the
/// card did not answer. Returns the link's status, as exchange() does. count may be NULL.
enum link_status send_row(struct link *link, const struct catalogue_command *row,
                          struct apdu_command given, uint8_t *buffer, size_t capacity,
                          struct apdu_response *response, struct exchange_count *count);

#endif
