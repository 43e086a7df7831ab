// SPDX-License-Identifier: Apache-2.0
// What whoever runs a machine asks of its records: what is not over, and how a sale ended that only
// a person could judge.
#ifndef HOST_MACHINE_MACHINE_BOOKS_H
#define HOST_MACHINE_MACHINE_BOOKS_H

#include "host/machine/machine.h"

/// The command "pending": answers {"code": 0, "say": ..., "sales": [records that are not over]}.
bool machine_pending(struct machine *machine, json_t *command, int reply, struct failure *failure);

/// The command "settle": "ref" and "end" (served or returned) of it, for a sale of the machine's
/// kind. False with a failure: there is no such sale, or it waits for nobody's word.
bool machine_settle(struct machine *machine, json_t *command, int reply, struct failure *failure);

/// What a record says to whoever asked for the sale: its fields, "sale" (the reference as people
/// name it), "code", "status", "say", "apdus" and "bytes" of the last tap, and where code is not 0
/// "error". New reference.
json_t *machine_answer(const struct machine *machine, const struct sale_record *record, int code);

#endif
