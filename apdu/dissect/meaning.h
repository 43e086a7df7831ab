// SPDX-License-Identifier: Apache-2.0
// Status words and application identifiers in words, by the standards and by what is registered,
// then by this house. Freestanding.
#ifndef APDU_DISSECT_MEANING_H
#define APDU_DISSECT_MEANING_H

#include "base/buffer.h"

/// Lines, each with its end: what ISO/IEC 7816-4 5.6 says of its first octet, then what is known of
/// the whole.
void meaning_of_status(uint16_t sw, struct buffer *out);
/// Registered provider, application and version, as far as they are known; 5 to 16 octets.
void meaning_of_aid(struct bytes aid, struct buffer *out);
/// Is its provider known?
bool meaning_is_known_aid(struct bytes aid);

#endif
