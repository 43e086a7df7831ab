// SPDX-License-Identifier: Apache-2.0
#include "apdu/object/object_rules_ticket.h"

#include "apdu/crypto/crypto.h"
#include "base/must.h"

#include <string.h>

enum {
    CHUNK_LOG_MIN = 12,
    CHUNK_LOG_MAX = 24,
    ALGORITHM_DERIVED = 1,        // of containers: the key follows from the ticket's
    ALGORITHM_WRAPPED = 2,        // a random key under the ticket's
    ALGORITHM_PUBLIC = 3,         // a random key sealed for the ticket's key pair
    WRAPPED_SIZE = 48,            // key and tag
    SEALED_SIZE = 81,             // point, key and tag
    SIGNED_SIZE = 2 + ECDSA_SIZE, // what a signature adds to a body
};

static bool is_printable_id(struct bytes id, size_t most) {
    for (size_t i = 0; i < id.size; i++)
        if (id.data[i] <= 0x20 || id.data[i] > 0x7E)
            return false;
    return id.size > 0 && id.size <= most;
}

// Length and octets: the order of the rows, shorter ids first.
static bool rises(struct bytes before, struct bytes after) {
    if (before.size != after.size)
        return before.size < after.size;
    return memcmp(before.data, after.data, after.size) < 0;
}

static bool named_is_valid(struct bytes rows) {
    struct bytes before = bytes_of(rows.data, 0);
    for (size_t at = 0; at < rows.size;) {
        size_t size = rows.data[at];
        if (size > rows.size - at - 1)
            return false;
        struct bytes id = bytes_of(rows.data + at + 1, size);
        if (!is_printable_id(id, TICKET_NAMED_MAX) || !rises(before, id))
            return false;
        before = id;
        at += 1 + size;
    }
    return true;
}

static bool actions_are_valid(const uint8_t *octet) {
    return (*octet & ACTIONS_SOME) != 0 && *octet <= ACTIONS_ALL;
}

// Whole rows by now; each opens something.
static bool offers_are_valid(struct bytes rows) {
    for (size_t at = POLICY_OFFER_SIZE; at <= rows.size; at += POLICY_OFFER_SIZE)
        if (!actions_are_valid(rows.data + at - 1))
            return false;
    return true;
}

static bool has_party(struct bytes rows, struct bytes party) {
    for (size_t at = 0; at < rows.size; at += 3u + rows.data[at + 2])
        if (bytes_equal(bytes_of(rows.data + at + 3, rows.data[at + 2]), party))
            return true;
    return false;
}

// Their order counts where a fee does not divide, so it is the maker's; nobody is named twice.
static bool shares_are_valid(struct bytes rows) {
    size_t count = 0;
    for (size_t at = 0; at < rows.size; count++) {
        if (rows.size - at < 4 || rows.data[at + 2] > rows.size - at - 3)
            return false;
        struct bytes party = bytes_of(rows.data + at + 3, rows.data[at + 2]);
        if (bytes_get_be(rows.data + at, 2) == 0 || !is_printable_id(party, POLICY_PARTY_MAX) ||
            has_party(bytes_of(rows.data, at), party))
            return false;
        at += 3 + party.size;
    }
    return count <= POLICY_SHARES_MAX;
}

static bool action_is_valid(uint8_t action) {
    return action == ACTION_PLAY || action == ACTION_COPY || action == ACTION_CONVERT;
}

bool ticket_field_is_valid(enum field field, struct bytes value) {
    switch (field) {
    case FIELD_NAMED:
        return named_is_valid(value);
    case FIELD_ACTIONS:
        return actions_are_valid(value.data) && value.data[1] == 0;
    case FIELD_ACTION:
        return action_is_valid(value.data[0]);
    case FIELD_RESULT:
        return value.data[0] <= 1;
    case FIELD_LEFT:
        return value.data[5] <= (LEFT_SEALED | LEFT_UNLIMITED | LEFT_CLAIMED);
    case FIELD_ALGORITHM:
        return value.data[0] >= ALGORITHM_DERIVED && value.data[0] <= ALGORITHM_PUBLIC;
    case FIELD_CHUNK:
        return value.data[0] >= CHUNK_LOG_MIN && value.data[0] <= CHUNK_LOG_MAX;
    case FIELD_OFFERS:
        return offers_are_valid(value);
    case FIELD_SHARES:
        return shares_are_valid(value);
    default:
        return true;
    }
}

static bool fits_a_slot(const struct object *object) {
    return object->body.size + SIGNED_SIZE <= TICKET_OBJECT_MAX;
}

bool ticket_header_rule(const struct object *header) {
    if (object_has(header, FIELD_CONTENT) == object_has(header, FIELD_KEY_ID))
        return false;
    if (object_has(header, FIELD_FIRST_DAY) && object_has(header, FIELD_LAST_DAY) &&
        object_date(header, FIELD_FIRST_DAY) > object_date(header, FIELD_LAST_DAY))
        return false;
    return fits_a_slot(header);
}

bool ticket_state_rule(const struct object *state) {
    return fits_a_slot(state);
}

bool container_rule(const struct object *container) {
    static const size_t SIZES[] = {[ALGORITHM_DERIVED] = 0,
                                   [ALGORITHM_WRAPPED] = WRAPPED_SIZE,
                                   [ALGORITHM_PUBLIC] = SEALED_SIZE};
    must_cover(SIZES, ALGORITHM_PUBLIC + 1);
    size_t size = SIZES[container->fields[FIELD_ALGORITHM].data[0]];
    return container->fields[FIELD_WRAPPED_CEK].size == size;
}
