// SPDX-License-Identifier: Apache-2.0
// What one has to remember of a card to understand its next command: the selected application and
// a chain under way. ISO/IEC 7816-4 5.4.1, 5.3.3. Freestanding.
#ifndef APDU_DISSECT_CONTEXT_H
#define APDU_DISSECT_CONTEXT_H

#include "apdu/command/own.h"

struct dissect_context {
    const char *applet;              // name as in the catalogue; "" unknown
    const struct catalogue_own *own; // somebody else's commands, too; NULL: none
    bool assumed;                    // nothing was selected since power on: any card may be that
    uint8_t aid[16];
    uint8_t aid_size;
};

/// Power on; zeroed before the first time, own stays: the security domain is selected by default,
/// on cards that have one.
void dissect_context_reset(struct dissect_context *context);

/// Catalogue row of a command in this state; NULL when the catalogue does not have it. The last
/// piece of a chain and its first are found alike; secure messaging bits are ignored. What is only
/// assumed to be selected has to fit in whole, data and Le too.
const struct catalogue_command *dissect_context_command(const struct dissect_context *context,
                                                        struct bytes command);

/// Takes an exchange into account: a SELECT that worked, of an application or of a file.
void dissect_context_follow(struct dissect_context *context, struct bytes command,
                            struct bytes answer);

#endif
