// SPDX-License-Identifier: Apache-2.0
// A center as a purse's client sees it: whoever issues and settles. Behind it stands a service, or
// the local center of an authority's directory. What each answer means to the purse:
// docs/purse.md, "The center's objects".
#ifndef SERVICES_WIRE_CENTER_H
#define SERVICES_WIRE_CENTER_H

#include "base/bytes.h"
#include "base/failure.h"

enum { CENTER_OBJECT_MAX = 512 };

/// What a purse handed over; size 0: it has none, or was not asked.
struct center_question {
    const char *purse;
    struct bytes certificate;
    struct bytes statement;    // to the challenge that was asked for last
    struct bytes device, user; // as the purse claims them
    struct bytes batch;        // of a till, as it signed it
};

/// Signs an answer into out (*object points there), durably recorded before it is answered. False:
/// refused, with the reason.
typedef bool center_answer(void *context, const struct center_question *question, uint8_t *out,
                           size_t capacity, struct bytes *object, struct failure *failure);

struct center {
    void *context;
    struct bytes certificate; // the center's
    /// A fresh signed statement challenge for one purse.
    bool (*challenge)(void *context, const char *purse, uint8_t *out, size_t capacity,
                      struct bytes *challenge, struct failure *failure);
    center_answer *issue;   // an issue log
    center_answer *settle;  // the receipt of the till's open batch
    center_answer *release; // of the same batch, instead
};

#endif
