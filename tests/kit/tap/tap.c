// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/tap/tap.h"

#include <stdlib.h>

struct tap *tap_new(void) {
    struct tap *tap = calloc(1, sizeof *tap);
    if (tap == NULL)
        abort();
    tap->trio = trio_begin(NULL, NULL, NULL);
    sale_memory_init(&tap->sale);
    tap_reader_begin(&tap->reader, tap->trio.wallet);
    tap->till = tap_slot(tap->trio.till);
    tap->floater = tap_slot(tap->trio.floater);
    return tap;
}

void tap_free(struct tap *tap) {
    link_close(tap->till);
    link_close(tap->floater);
    tap_reader_end(&tap->reader);
    trio_end(&tap->trio);
    free(tap);
}

// ---- one tap ----------------------------------------------------------------------------------

static void run(struct flow *flow, bool deposit, uint64_t amount, const char *reference) {
    flow->terms.amount = amount;
    flow->terms.unit = SCENE_UNIT;
    if (amount == 0) {
        recovery_run(flow);
        return;
    }
    purse_terms_refer(&flow->terms, deposit ? REFERENCE_DEPOSIT : REFERENCE_GOODS, reference);
    if (deposit)
        deposit_run(flow);
    else
        payment_run(flow);
}

enum flow_status tap_run(struct tap *tap, bool deposit, uint64_t amount, const char *reference) {
    static struct purse_client wallet, machine;
    struct flow flow;
    struct link *slot_link = deposit ? tap->floater : tap->till;
    struct link *air = tap->reader.link;
    tap_lay_down(&tap->reader);
    tap_start_slot(deposit ? tap->trio.floater : tap->trio.till, slot_link, &tap->reader.fault);
    enum link_status found = link_reset(air, LINK_RESET_COLD, NULL, 0, NULL);
    client_over(&wallet, air);
    client_over(&machine, slot_link);
    flow_over(&flow, deposit ? &machine : &wallet, deposit ? &wallet : &machine, &wallet);
    flow.journal = &tap->sale.journal;
    if (found != LINK_OK)
        flow.status = FLOW_ABSENT;
    else
        run(&flow, deposit, amount, reference);
    tap->apdus = wallet.count.apdus;
    tap->apdu_octets = wallet.count.octets;
    tap_take_away(&tap->reader);
    return flow.status;
}

enum flow_status tap_again(struct tap *tap, bool deposit, uint64_t amount, const char *reference) {
    struct tap_fault fault = tap->reader.fault;
    tap->reader.fault = (struct tap_fault){.leave_after = TAP_NEVER};
    enum flow_status status = tap_run(tap, deposit, amount, reference);
    tap->reader.fault = fault;
    return status;
}
