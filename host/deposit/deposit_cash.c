// SPDX-License-Identifier: Apache-2.0
#include "host/deposit/deposit_cash.h"

#include "base/must.h"
#include "host/flows/flow.h"

static void stack(struct sale_server *server, const struct sale_record *record) {
    struct cash_acceptor *acceptor = server->context;
    (void)record;
    acceptor->ops->stack(acceptor);
}

static void give_back(struct sale_server *server, const struct sale_record *record) {
    struct cash_acceptor *acceptor = server->context;
    (void)record;
    acceptor->ops->give_back(acceptor);
}

/// A part of the escrow, or another amount than that of the record, is nothing to be sure of.
static enum sale_sense sense(struct sale_server *server, const struct sale_record *record) {
    static const enum sale_sense senses[] = {[CASH_NOWHERE] = SALE_SENSE_UNSURE,
                                             [CASH_STACKED] = SALE_SENSE_SERVED,
                                             [CASH_RETURNED] = SALE_SENSE_RETURNED};
    must_cover(senses, CASH_WAY_COUNT);
    struct cash_acceptor *acceptor = server->context;
    struct cash_report report;
    if (!acceptor->ops->report(acceptor, &report))
        return SALE_SENSE_UNSURE;
    if (report.escrow == record->cash)
        return SALE_SENSE_UNTOUCHED;
    return report.escrow == 0 && report.moved == record->cash ? senses[report.last]
                                                              : SALE_SENSE_UNSURE;
}

struct sale_server deposit_server(struct cash_acceptor *acceptor) {
    return (struct sale_server){stack, give_back, sense, acceptor};
}

bool deposit_count(struct sale_machine *sales, struct cash_acceptor *acceptor,
                   struct sale_record *record, struct failure *failure) {
    struct cash_report report;
    if (!acceptor->ops->report(acceptor, &report))
        return fail(failure, EXIT_REFUSED, "the cash acceptor does not answer");
    if (report.escrow == record->cash)
        return true;
    uint64_t before = record->cash;
    record->cash = report.escrow;
    if (sale_note(sales, record, failure))
        return true;
    record->cash = before;
    return false;
}

enum sale_due deposit_end(struct sale_machine *sales, struct sale_record *record,
                          struct purse_client *floating) {
    struct failure failure;
    if (record->state == SALE_BEGUN && !sale_give_up(sales, record, NULL, &failure))
        return SALE_DUE_COUNT;
    if (record->state == SALE_REQUESTED && floating != NULL &&
        deposit_cash(floating, record->payee) == CASH_RETURN &&
        !sale_end_unpaid(sales, record, &failure))
        return SALE_DUE_COUNT;
    return sale_drive(sales, record);
}
