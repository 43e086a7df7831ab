// SPDX-License-Identifier: Apache-2.0
// What a fleet is handed, and what befalls it meanwhile.
#ifndef TESTS_KIT_SERVICES_FLEET_FLEET_PLAN_H
#define TESTS_KIT_SERVICES_FLEET_FLEET_PLAN_H

#include "tests/kit/services/shop.h"

enum { FLEET_MEMBERS = 2, FLEET_ANSWER_MAX = 8192 };

/// Something to ask of the service. again: under which key it is asked a second time; NULL: the
/// same one, whose answers must be equal.
struct fleet_message {
    const struct peer *peer;
    char target[80], key[24], again[24];
    char *body;                    // the caller's
    char answer[FLEET_ANSWER_MAX]; // what was acknowledged first, under key
    unsigned status;
};

struct fleet_plan {
    struct fleet_message *messages;
    size_t count;
    unsigned kills, crashes; // of members, of the database server
    uint64_t seed;           // when, and of which
    /// Before each fall of the database server, while everybody works. NULL: nothing.
    void (*before_fall)(const struct shop *shop);
};

#endif
