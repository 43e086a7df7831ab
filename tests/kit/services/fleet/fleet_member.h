// SPDX-License-Identifier: Apache-2.0
// The processes of a fleet: a nursery, forked before there are threads, that starts, kills and
// starts again the members.
#ifndef TESTS_KIT_SERVICES_FLEET_FLEET_MEMBER_H
#define TESTS_KIT_SERVICES_FLEET_FLEET_MEMBER_H

#include "tests/kit/services/fleet/fleet_plan.h"

#include <sys/types.h>

/// What a member answers to the number of a message, and FLEET_SECOND for its second key.
struct fleet_reply {
    unsigned status;
    bool replayed; // it was answered before under this key
    char body[FLEET_ANSWER_MAX];
};
enum { FLEET_SECOND = 1 << 30 };

struct fleet_nursery {
    pid_t pid;
    int orders;                     // numbers of members to be killed and started again
    int listening[FLEET_MEMBERS];   // survive their members
    char places[FLEET_MEMBERS][96]; // paths of these sockets
};

/// Forks it; it starts every member. The shop's store is closed meanwhile.
void fleet_nursery_begin(struct fleet_nursery *nursery, struct shop *shop,
                         const struct fleet_plan *plan);
/// SIGKILL for a member; the next one takes its place.
void fleet_nursery_kill(struct fleet_nursery *nursery, unsigned member);
/// Ends all.
void fleet_nursery_end(struct fleet_nursery *nursery);

#endif
