// SPDX-License-Identifier: Apache-2.0
// What the programs of machines share: where their state is, how they serve, how they ask one that
// runs.
#ifndef HOST_MACHINE_MACHINE_MAIN_H
#define HOST_MACHINE_MACHINE_MAIN_H

#include "host/machine/machine.h"
#include "services/wire/revocations.h"

/// The state directory: given, or where it is not (NULL) "tessera-NAME" in the account's place for
/// state, written into place.
const char *machine_place(const char *given, const char *name, char *place, size_t capacity);

/// Opens a terminal's hotlist, where there is one (file not NULL), by the root that it needs.
bool machine_hotlist(struct revocations *revoked, const char *file, const char *root,
                     struct crypto *crypto, uint32_t today, struct failure *failure);

/// Prints "screen URL", where there is one, and "ready"; serves until the interrupt comes.
bool machine_serve(struct machine *machine, const struct interrupt *interrupt,
                   struct failure *failure);

/// Asks the machine that runs with this state; question is taken over. Prints its answer, as JSON
/// or by print, and returns the exit code that it tells.
int machine_ask(const char *state, json_t *question, bool json, void (*print)(json_t *answer),
                struct failure *failure);

/// A field of an answer; "" where there is none.
const char *machine_field(json_t *answer, const char *field);

/// Prints the sales of machine_pending, one a line.
void machine_print_pending(json_t *answer);
/// Prints what became of a sale that a person settled.
void machine_print_state(json_t *answer);

#endif
