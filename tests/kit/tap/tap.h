// SPDX-License-Identifier: Apache-2.0
// A tap in one process: the wallet of a trio lies in a radio field on the kiosk's chip, the till
// and the float stand in their slots; whole flows run over both, with the card leaving at an octet
// of the air and any purse losing power at a write.
#ifndef TESTS_KIT_TAP_H
#define TESTS_KIT_TAP_H

#include "host/flows/flow.h"
#include "tests/kit/sale_memory.h"
#include "tests/kit/scene/trio.h"
#include "tests/kit/tap/tap_reader.h"

struct tap {
    struct trio trio;
    struct tap_reader reader; // the wallet's; its fault is that of the next tap
    struct link *till, *floater;
    struct sale_memory sale; // the terminal's journal
    size_t apdu_octets;      // of the last tap, across the air
    unsigned apdus;
};

struct tap *tap_new(void);
void tap_free(struct tap *tap);

/// One tap: the wallet is laid on the reader, the flow runs, the wallet is taken away. recovery_run
/// between wallet and machine when amount is 0; otherwise a sale of this reference from wallet to
/// till, or from float to wallet when deposit.
enum flow_status tap_run(struct tap *tap, bool deposit, uint64_t amount, const char *reference);

/// The same without any fault, whatever tap->reader.fault says.
enum flow_status tap_again(struct tap *tap, bool deposit, uint64_t amount, const char *reference);

#endif
