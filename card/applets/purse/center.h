// SPDX-License-Identifier: Apache-2.0
// What every object of the clearing center has in common on its way into the purse: exact form, the
// right purse, a center's certificate that stands today, its signature, a believable date, and that
// an identical one was not taken before. docs/purse.md, "The center's objects".
#ifndef CARD_APPLETS_PURSE_CENTER_H
#define CARD_APPLETS_PURSE_CENTER_H

#include "apdu/object.h"
#include "card/applets/purse/layout.h"

struct center_object {
    struct object object;
    uint8_t digest[SHA256_SIZE];
    bool repeated; // the very one that was taken last: answer 9000 and change nothing
};

/// Decodes and verifies an object of this kind out of in. For TAKEN_COUNT nothing is remembered and
/// nothing is a repetition.
uint16_t center_open(const struct card_call *call, enum object_type type, enum taken taken,
                     struct bytes in, struct center_object *out);
/// Stages that it was taken.
void center_taken(struct card_call *call, enum taken taken, const struct center_object *center);

#endif
