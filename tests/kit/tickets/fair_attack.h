// SPDX-License-Identifier: Apache-2.0
// What attacks on tickets begin with: two phones and a home server that list each other, a ticket
// with three plays on the first phone, and how a refusal is judged: for its own reason, with every
// image as it was.
#ifndef TESTS_KIT_TICKETS_FAIR_ATTACK_H
#define TESTS_KIT_TICKETS_FAIR_ATTACK_H

#include "tests/kit/suite.h"
#include "tests/kit/tickets/fair_use.h"

/// The scene under attack.
extern struct fair *fair;
extern struct scene_card *phone, *home, *bert;
extern struct fair_ticket ticket;
extern struct ticket_left left; // what fair_attack_is_here saw

/// Sets the scene, and clears it away.
void fair_attack_begin(void);
void fair_attack_end(void);

/// Does this card have the ticket, in use or on its way?
bool fair_attack_is_here(struct scene_card *card);

#define REFUSED(send, reason)                                                                      \
    do {                                                                                           \
        struct scene_snapshot before = scene_save(fair->scene);                                    \
        CU_ASSERT_EQUAL(send, reason);                                                             \
        CU_ASSERT_TRUE(scene_unchanged(fair->scene, &before));                                     \
        scene_forget(&before);                                                                     \
    } while (0)
#define ACCEPTED(send) CU_ASSERT_EQUAL_FATAL(send, SW_OK)

#endif
