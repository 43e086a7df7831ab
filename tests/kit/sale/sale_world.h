// SPDX-License-Identifier: Apache-2.0
// What a sale machine stands in, in memory: records that outlive its process, a part that moves and
// is seen by a sensor, and a power switch that is thrown at any durable step or movement.
#ifndef TESTS_KIT_SALE_SALE_WORLD_H
#define TESTS_KIT_SALE_SALE_WORLD_H

#include "host/sale/sale_machine.h"

enum { SALE_WORLD_RECORDS = 8, SALE_WORLD_NEVER = 0x7FFFFFFF };

struct sale_world {
    struct sale_machine machine; // over the two below
    struct journal journal;
    struct sale_server server;
    struct sale_record records[SALE_WORLD_RECORDS];
    size_t count;
    unsigned served, returned; // how often the part moved so, for whichever sale
    bool blind;                // there is no sensor
    bool stuck;                // told to move, it stands still
    // Steps: before and after each save, before and after each movement.
    unsigned steps, dies_at;
    bool dead; // nothing lands and nothing moves until sale_world_restart
};

/// Empty, and nothing goes wrong. The world must not move.
void sale_world_begin(struct sale_world *world);
/// The power goes at this step from now on (0: the next one).
void sale_world_kill(struct sale_world *world, unsigned at);
/// The machine starts again: what was durable is there.
void sale_world_restart(struct sale_world *world);
/// The record of a reference of this kind; NULL: none.
const struct sale_record *sale_world_find(const struct sale_world *world, uint8_t kind,
                                          const char *reference);

#endif
