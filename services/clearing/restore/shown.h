// SPDX-License-Identifier: Apache-2.0
// What the center signed and its books have forgotten, since they were put back from a copy: whom
// it was signed for shows it, and it binds the center as if it had never been lost.
#ifndef SERVICES_CLEARING_SHOWN_H
#define SERVICES_CLEARING_SHOWN_H

#include "services/clearing/clearing_private.h"

/// Is the day until which evidence is waited for (PUT /v1/restored) still to come, or today?
bool restored_lately(struct call *call, struct session *session);

/// The end that was shown of a batch, or will never be another one.
struct shown_end {
    struct bytes digest, object;
    int64_t end; // enum batch_end
};
/// False: none.
bool shown_read(struct session *session, const char *till, uint32_t number, struct shown_end *out);

#endif
