// SPDX-License-Identifier: Apache-2.0
// Cards that need no image: an echo, a type 4 card that knows no application, a card without
// ISO/IEC 14443-4 (as a memory card is); and the application behind any link.
#ifndef READERS_FIELD_APPS_H
#define READERS_FIELD_APPS_H

#include "apdu/command/link.h"
#include "readers/field/field.h"

/// Returns the index of a new built-in card, FIELD_NOWHERE placed; -1 when kind is none of
/// "echo", "stranger", "foreign", or the field is full.
/// echo answers SELECT (A4) with 9000, else the command itself and 9000; stranger 6A82 and 6D00.
int field_add_builtin(struct rf_field *field, const char *name, const char *kind);

/// The application that asks a link. The link stays the caller's and must outlive the card.
struct field_app field_link_app(struct link *link);

#endif
