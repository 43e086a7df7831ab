// SPDX-License-Identifier: Apache-2.0
// A tap in one process: the wallet of a trio lies in a radio field on the kiosk's chip, the till
// and the float stand in their slots; whole flows run over both, with the card leaving at an octet
// of the air and any purse losing power at a write.
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include "host/flows/flow.h"
#include "tests/radio.h"
#include "tests/sale_memory.h"
#include "tests/trio.h"

enum { TAP_NEVER = 0x7FFFFFFF };

/// What goes wrong in the next tap.
struct tap_fault {
    uint32_t leave_after;   // octets on the air before the wallet leaves, or TAP_NEVER
    struct world_card *cut; // who loses power at its write, or NULL
    uint32_t write, octets; // which write, and how much of it lands
};

struct tap {
    struct trio trio;
    struct radio *radio;
    unsigned chip;
    int card;
    struct link *air, *till, *floater;
    struct tap_fault fault;
    struct sale_memory sale; // the terminal's journal
    uint32_t wallet_writes;  // of the last tap
    size_t air_octets;       // of the last tap, activation included
    size_t apdu_octets;      // of the last tap, across the air
    unsigned apdus;
};

struct tap *tap_new(void);
void tap_free(struct tap *tap);

/// One tap: the wallet is laid on the reader, the flow runs, the wallet is taken away. recovery_run
/// between wallet and machine when amount is 0; otherwise a sale of this reference from wallet to
/// till, or from float to wallet when deposit.
enum flow_status tap_run(struct tap *tap, bool deposit, uint64_t amount, const char *reference);

/// The same without any fault, whatever tap->fault says.
enum flow_status tap_again(struct tap *tap, bool deposit, uint64_t amount, const char *reference);

#endif
