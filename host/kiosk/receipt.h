// SPDX-License-Identifier: Apache-2.0
// The receipt of a sale: lines of text, JSON, and the octets that a receipt printer takes (ESC/POS,
// Japanese in Shift JIS).
#ifndef HOST_KIOSK_RECEIPT_H
#define HOST_KIOSK_RECEIPT_H

#include "base/buffer.h"
#include "host/flows/journal.h"
#include "host/terminal/words.h"

/// Lines in one language, each ended by a new line.
void receipt_text(const struct sale_record *record, enum language language, struct buffer *out);

/// What the text says, and the signed receive log, with which a ticket is asked for. New reference;
/// NULL: no memory.
json_t *receipt_to_json(const struct sale_record *record);

/// The text for a printer: reset, Shift JIS, the lines, feed and cut.
void receipt_print(const struct sale_record *record, enum language language, struct buffer *out);

/// "2026-11-30 12:00" (UTC) of milliseconds since 1970.
void receipt_time(uint64_t time_ms, char out[20]);

#endif
