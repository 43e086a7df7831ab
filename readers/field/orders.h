// SPDX-License-Identifier: Apache-2.0
// The orders that a field takes over its control socket (docs/nfc.md has them as a table): who lies
// where, how cards and chips behave, what goes wrong. Pure: words in, a reply out.
#ifndef READERS_FIELD_ORDERS_H
#define READERS_FIELD_ORDERS_H

#include "readers/control.h"
#include "readers/field/field.h"

struct field_orders {
    struct rf_field *field;
    /// Makes a card from what is neither known nor built in (an image, a link). Returns its index;
    /// -1 with a sentence in error.
    int (*open_card)(void *context, const char *name, char *error, size_t size);
    /// Do two names mean one card, such as a relative and an absolute path of one image? NULL: only
    /// equal names do.
    bool (*is_same)(void *context, const char *name, const char *other);
    /// The card has left the field for good. May be NULL.
    void (*close_card)(void *context, int card);
    void *context;
};

/// The verbs, for control_listen with a struct field_orders as context.
extern const struct control_verb field_verbs[];
extern const size_t field_verb_count;

/// "WHAT@READER" as the command line has it, through the same checks. False: error says why.
bool field_tap(struct field_orders *orders, const char *what, const char *reader, char *error,
               size_t size);

#endif
