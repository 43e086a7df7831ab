// SPDX-License-Identifier: Apache-2.0
// What one has to remember of a card to understand its next command: the selected application and
// a chain under way. ISO/IEC 7816-4 5.4.1, 5.3.3. Freestanding.
#ifndef APDU_DISSECT_CONTEXT_H
#define APDU_DISSECT_CONTEXT_H

#include "apdu/catalogue.h"

struct dissect_context {
    const char *applet; // name as in the catalogue; "" unknown
    uint8_t aid[16];
    uint8_t aid_size;
};

/// Power on: the security domain is selected by default.
void dissect_context_reset(struct dissect_context *context);

/// Catalogue row of a command in this state; NULL when the catalogue does not have it. The last
/// piece of a chain and its first are found alike; secure messaging bits are ignored.
const struct catalogue_command *dissect_context_command(const struct dissect_context *context,
                                                        struct bytes command);

/// Takes an exchange into account: a SELECT that worked.
void dissect_context_follow(struct dissect_context *context, struct bytes command,
                            struct bytes answer);

/// Name of the applet behind an AID (or its beginning); NULL when unknown.
const char *dissect_applet_of(struct bytes aid);

#endif
