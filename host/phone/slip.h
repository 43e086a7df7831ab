// SPDX-License-Identifier: Apache-2.0
// What machines without a network handed to a phone, as its state keeps it: each slip under its
// till and number, whole or not there, and beside it what the telephone company answered.
// Files: STATE/slips/TILL-NUMBER.slip and .answer (apdu/command/slip.h says what is in them).
#ifndef HOST_PHONE_SLIP_H
#define HOST_PHONE_SLIP_H

#include "apdu/command/slip.h"
#include "apdu/object/role.h"
#include "host/state/machine_state.h"

enum { SLIP_NAME_MAX = HOLDER_MAX + 12 };

/// One taken apart; its spans point into the octets.
struct slip {
    struct bytes whole, till; // certificate of the till
    struct object request;    // over goods
    char text[SLIP_TEXT_MAX + 1];
    char name[SLIP_NAME_MAX]; // of its files
};

/// False: it is none, or its request is of another kind.
bool slip_parse(struct bytes octets, struct slip *out);

/// Makes it durable; one that is there already stays.
bool slip_keep(const struct machine_state *state, const struct slip *slip, struct failure *failure);
bool slip_is_kept(const struct machine_state *state, const struct slip *slip);

/// The answer that came; *answer lies in buffer. False: none yet.
bool slip_answered(const struct machine_state *state, const char *name,
                   uint8_t buffer[SLIP_ANSWER_MAX], struct bytes *answer);
bool slip_keep_answer(const struct machine_state *state, const char *name, struct bytes answer,
                      struct failure *failure);

/// Those that nobody has answered yet, one after the other. visit false: enough, and so is this.
bool slip_each_open(const struct machine_state *state,
                    bool (*visit)(void *context, const struct slip *slip), void *context,
                    struct failure *failure);

#endif
