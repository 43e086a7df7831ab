// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/tickets/fair_attack.h"

struct fair *fair;
struct scene_card *phone, *home, *bert;
struct fair_ticket ticket;
struct ticket_left left;

void fair_attack_begin(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    fair = fair_open(3);
    phone = fair_phone(fair, "ANNA", 6);
    home = fair_home(fair, "HOME", 6);
    bert = fair_phone(fair, "BERT", 6);
    fair_befriend(phone, home);
    fair_befriend(phone, bert);
    fair_befriend(bert, home);
    fair_sell(fair, phone, &sale, &ticket);
}

void fair_attack_end(void) {
    fair_close(fair);
}

bool fair_attack_is_here(struct scene_card *card) {
    return fair_left(card, ticket.name, &left);
}
