// SPDX-License-Identifier: Apache-2.0
// A sale's record as JSON, for whatever keeps it: one object with the fields of struct sale_record,
// octets in base64url. docs/terminals.md shows one.
#ifndef HOST_FLOWS_SALE_RECORD_H
#define HOST_FLOWS_SALE_RECORD_H

#include "host/flows/journal.h"

#include <jansson.h>

enum { SALE_RECORD_TEXT_MAX = 4096 };

/// "begun", "requested", "void", "paid", "serving", "served", "returning", "returned", "staff".
const char *sale_state_word(enum sale_state state);

/// New reference; NULL: no memory.
json_t *sale_record_to_json(const struct sale_record *record);

/// False: no record. json stays the caller's.
bool sale_record_from_json(struct sale_record *out, json_t *json);

#endif
