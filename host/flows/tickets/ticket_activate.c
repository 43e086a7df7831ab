// SPDX-License-Identifier: Apache-2.0
// What opens a sealed ticket, as its chart in docs/flows.md: whoever the header names, or its
// seller, says that the sale is settled. Said twice, it is said once.
#include "host/flows/tickets/ticket_party.h"
#include "host/tickets/ticket_failure.h"

bool ticket_party_show(const struct ticket_party *party, struct ticket_client *store,
                       enum ticket_outcome outcome) {
    struct bytes own;
    if (outcome != TICKET_REFUSED ||
        (store->sw != SW_UNKNOWN_CERTIFICATE && store->sw != SW_EXPIRED))
        return false;
    return ticket_client_exchange(store, party->certificate, &own) == TICKET_OK;
}

static bool sign_answer(const struct ticket_party *party, const uint8_t name[TICKET_NAME_SIZE],
                        bool settled, uint8_t *out, struct bytes *answer) {
    const uint8_t result = settled ? 1 : 0;
    struct object_writer writer;
    object_begin(&writer, OBJECT_SETTLEMENT_ANSWER, out, TICKET_ONE_MAX);
    object_put_date(&writer, FIELD_DATE, party->today);
    object_put(&writer, FIELD_TICKET, bytes_of(name, TICKET_NAME_SIZE));
    object_put(&writer, FIELD_ACTIVATOR, party->id);
    object_put(&writer, FIELD_RESULT, bytes_of(&result, 1));
    return object_sign(&writer, party->signer, answer);
}

bool ticket_activate_run(struct ticket_client *store, const struct ticket_party *party,
                         const uint8_t name[TICKET_NAME_SIZE], bool settled,
                         struct failure *failure) {
    uint8_t octets[TICKET_ONE_MAX];
    struct bytes answer;
    if (!sign_answer(party, name, settled, octets, &answer))
        return fail(failure, EXIT_REFUSED, "the answer cannot be signed: an id has 1 to %d octets",
                    TICKET_ID_MAX);
    enum ticket_outcome outcome = ticket_client_activate(store, answer);
    if (ticket_party_show(party, store, outcome))
        outcome = ticket_client_activate(store, answer);
    return ticket_went(store, outcome, failure);
}
