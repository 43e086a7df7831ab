// SPDX-License-Identifier: Apache-2.0
// An answer to reset, octet by octet: ISO/IEC 7816-3 8.2, historical bytes after ISO/IEC 7816-4
// 12.1.1, and what PC/SC part 3 puts there for contactless cards. Freestanding.
#ifndef APDU_DISSECT_ATR_H
#define APDU_DISSECT_ATR_H

#include "base/buffer.h"

/// Is it whole: as many octets as it says? Its check octet may be wrong.
bool atr_is_whole(struct bytes atr);
/// One line a part, each with its end; the last line says what is wrong, if something is.
void atr_explain(struct bytes atr, struct buffer *out);
/// The card in a few words: protocols, and a text of its historical bytes or what PC/SC names.
void atr_summary(struct bytes atr, struct buffer *out);

#endif
