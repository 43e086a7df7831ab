// SPDX-License-Identifier: Apache-2.0
// What the files of call_run share; nobody else includes it. call.c holds what comes before and
// after the transaction, call_transact.c the transaction.
#ifndef SERVICES_CORE_CALL_PRIVATE_H
#define SERVICES_CORE_CALL_PRIVATE_H

#include "services/core/call/request.h"

enum { STATUS_OK = 200, STATUS_REFUSED = 400, STATUS_SERVER = 500 };

struct transaction {
    struct call *call;
    struct problem checked; // what check said, if it refused
    struct request_row row; // status and octets of the answer when `answered`
    bool answered;
    bool replayed; // from the request table
    bool look;     // at the key before the handler runs
    bool again;    // nothing was done: run once more, looking first
    bool undo;     // a refusal after something was written
};

/// Status, problem and answer as they are before a handler runs.
void call_begin(struct call *call);

/// A refusal without a word, or with one that the row does not list, is the service's own fault.
void call_judge_refusal(struct call *call);

/// May this sender touch everybody's?
bool call_is_free_of_owners(const struct call *call);
/// The refusal that does not tell whether there is such a thing. Always false.
bool call_not_owner(struct call *call);

/// Runs the handler under the request's key. True: transaction->row is the answer. False:
/// call->problem is.
bool call_transact(struct transaction *transaction);
/// The same for a row without key: a snapshot, nothing stored. True also when the handler made
/// octets of its own (exchange->answer.content_type).
bool call_read(struct transaction *transaction);

#endif
