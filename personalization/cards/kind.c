// SPDX-License-Identifier: Apache-2.0
// The list of kinds, and what all of them do.
#include "personalization/cards/kind.h"

#include <string.h>

static const struct card_kind *const kinds[] = {&kind_tessera, &kind_piv, &kind_globalplatform,
                                                &kind_tag};

const struct card_kind *kind_find(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

bool work_link_failed(struct link *link, enum link_status status, struct failure *failure) {
    enum exit_code code = status == LINK_NO_CARD  ? EXIT_ABSENT
                          : status == LINK_LOCKED ? EXIT_LOCKED
                                                  : EXIT_OPEN;
    return fail(failure, code, "%s: %s", link->name, link->error);
}

bool work_ask(struct link *link, struct bytes octets, uint8_t *answer, size_t capacity,
              struct bytes *data, uint16_t *sw, struct failure *failure) {
    struct apdu_command command;
    struct apdu_response response;
    apdu_command_parse(octets, &command);
    enum link_status status = exchange(link, &command, answer, capacity, &response, NULL);
    if (status != LINK_OK)
        return work_link_failed(link, status, failure);
    *data = response.data;
    *sw = response.sw;
    return true;
}

bool work_derive_own(struct work *work, const uint8_t diversification[SCP03_DIVERSIFICATION_SIZE]) {
    struct card_issuer *issuer = work->issuer;
    pthread_mutex_lock(&issuer->mutex);
    bool done = master_key_derive(&issuer->master, diversification, &work->own, work->failure);
    pthread_mutex_unlock(&issuer->mutex);
    return done;
}
