// SPDX-License-Identifier: Apache-2.0
// Several instances of a service as processes over one PostgreSQL, with their threads, couriers and
// keepers, but without a network: clients hand the same messages to all of them at once, while
// members are killed and the database server falls over.
#ifndef TESTS_KIT_SERVICES_FLEET_FLEET_H
#define TESTS_KIT_SERVICES_FLEET_FLEET_H

#include "tests/kit/services/fleet/fleet_plan.h"

struct fleet_result {
    unsigned kills, crashes; // that happened
    unsigned asked;          // attempts
    unsigned differing;      // second answers under the same key that were others
    unsigned forgotten;      // questions that had been answered under their key and were new again
    unsigned refused;        // answers other than 200
    unsigned unanswered;     // deliveries given up after two minutes
};

/// Starts the members over the shop's database (ENGINE_POSTGRES) and has every message delivered to
/// every one of them until it is answered. The shop is as before afterwards. No other thread may
/// run.
struct fleet_result fleet_run(struct shop *shop, struct fleet_plan *plan);

#endif
