// SPDX-License-Identifier: Apache-2.0
// What the center signed and its books have forgotten, since they were put back from a copy: whom
// it was signed for shows it, and it binds the center as if it had never been lost.
#ifndef SERVICES_CLEARING_SHOWN_H
#define SERVICES_CLEARING_SHOWN_H

#include "services/clearing/clearing_private.h"

/// How one object stands: "accepted", "again", "waits" or "refused", and for the last two why.
struct shown_outcome {
    const char *outcome, *word;
};

/// POST /v1/purses/{purse}/evidence: verifies each object as one of ours for this purse, signed by
/// this center at any time; judgements in call->command.
bool clearing_evidence_check(struct call *call);
/// Books each that is unknown: an issue log is open (it waits until the money for it has arrived
/// here), a refund too; a receipt or release is the one end that its batch may have; an
/// acknowledgement's version is never given again. Said again it is "again".
bool clearing_evidence_transact(struct call *call, struct session *session);

/// PUT /v1/restored: until and including that day logs that tell of more than the books know are
/// refused, to come again, and nobody is listed for them. The last one said counts.
bool clearing_restored_transact(struct call *call, struct session *session);
/// Is that day still to come, or today?
bool restored_lately(struct call *call, struct session *session);

/// The end that was shown of a batch, or will never be another one.
struct shown_end {
    struct bytes digest, object;
    int64_t end; // enum batch_end
};
/// False: none.
bool shown_read(struct session *session, const char *till, uint32_t number, struct shown_end *out);

#endif
