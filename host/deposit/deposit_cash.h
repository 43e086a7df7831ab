// SPDX-License-Identifier: Apache-2.0
// Cash and its record, in step: what lies in escrow is on record before a purse is asked, and the
// escrow moves once, one way, after that way is on record (docs/protocol.md, T7).
#ifndef HOST_DEPOSIT_DEPOSIT_CASH_H
#define HOST_DEPOSIT_DEPOSIT_CASH_H

#include "host/deposit/cash_acceptor.h"
#include "host/sale/sale_machine.h"

/// Serving is stacking, and what the acceptor reports is what is sensed. The acceptor stays the
/// caller's.
struct sale_server deposit_server(struct cash_acceptor *acceptor);

/// Takes into the record what lies in escrow, where that is another amount. False: the acceptor
/// does not answer, or the record cannot be written.
bool deposit_count(struct sale_machine *sales, struct cash_acceptor *acceptor,
                   struct sale_record *record, struct failure *failure);

/// Ends a deposit that nobody is to complete, and gives back what may go back. floating: the
/// machine's float; without it (NULL) nothing is given back that it may have been debited for. The
/// record tells what came of it: SALE_RETURNED or SALE_VOID, SALE_REQUESTED where the wallet must
/// come back.
enum sale_due deposit_end(struct sale_machine *sales, struct sale_record *record,
                          struct purse_client *floating);

#endif
