// SPDX-License-Identifier: Apache-2.0
// RATIFY and TAKE VOID: the payer learns how its debit ended. Both match the entry by payee, number
// and digest, verify with the key that was verified at the debit, and act on an unratified entry
// only: later expiry, hotlisting or limits never hold value up. docs/purse.md, "The payer's ring".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/state/consent.h"
#include "card/applets/purse/state/ending.h"

#include <string.h>

struct ending {
    struct purse *purse;
    struct object object;
    struct ring_entry entry;
};

/// Finds the entry that a receive log or void is about and checks that it is authentic.
static uint16_t open_ending(struct ending *ending, enum object_type type) {
    struct purse *purse = ending->purse;
    struct object *object = &ending->object;
    struct ring_view view;
    struct ring_proof proof;
    bool ratify = type == OBJECT_RECEIVE_LOG;
    if (!object_decode_as(type, purse->call->command.data, object))
        return SW_BAD_OBJECT;
    if (!identity_is(purse->call, object->fields[FIELD_PAYER]))
        return SW_WRONG_PARTY;
    ring_look(purse, object->fields[FIELD_PAYEE], (uint32_t)object_uint(object, FIELD_N), &view);
    if (!view.found)
        return SW_RECORD_NOT_FOUND;
    ending->entry = view.entry;
    ring_proof(purse, view.entry.slot, &proof);
    const uint8_t *own = ratify ? proof.digest : proof.terms;
    const uint8_t *named = object->fields[ratify ? FIELD_LOG_HASH : FIELD_REQUEST_HASH].data;
    if (memcmp(own, named, SHA256_SIZE) != 0)
        return SW_MISMATCH;
    return object_verify(object, purse->call->crypto, proof.key) ? SW_OK : SW_BAD_SIGNATURE;
}

uint16_t purse_ratify(struct purse *purse) {
    struct ending ending = {.purse = purse};
    uint16_t sw = open_ending(&ending, OBJECT_RECEIVE_LOG);
    if (sw != SW_OK || ending.entry.state != PURSE_ENTRY_UNRATIFIED)
        return sw;
    return ending_stage(purse, &ending.entry, PURSE_ENTRY_RATIFIED);
}

uint16_t purse_take_void(struct purse *purse) {
    struct ending ending = {.purse = purse};
    // whatever comes of it: no request signed before this void may be debited after it
    session_spend_challenge(purse);
    uint16_t sw = open_ending(&ending, OBJECT_VOID);
    if (sw != SW_OK || ending.entry.state != PURSE_ENTRY_UNRATIFIED)
        return sw;
    return ending_stage(purse, &ending.entry, PURSE_ENTRY_VOIDED);
}
