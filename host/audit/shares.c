// SPDX-License-Identifier: Apache-2.0
#include "host/audit/shares.h"

#include <string.h>

__extension__ typedef __int128 wide;

static bool is_offered(const struct object *policy, uint16_t unit, int64_t price) {
    struct bytes rows = policy->fields[FIELD_OFFERS];
    bool found = false;
    for (size_t at = 0; at + POLICY_OFFER_SIZE <= rows.size; at += POLICY_OFFER_SIZE)
        found = found || (bytes_get_be(rows.data + at, 2) == unit &&
                          (int64_t)bytes_get_be(rows.data + at + 2, 8) == price);
    return found;
}

static void take_rows(struct bytes rows, struct shares *out) {
    size_t at = 0;
    while (at + 3 <= rows.size && at + 3 + rows.data[at + 2] <= rows.size &&
           out->count < SHARES_MAX) {
        out->weights[out->count] = (uint32_t)bytes_get_be(rows.data + at, 2);
        out->parties[out->count++] = bytes_of(rows.data + at + 3, rows.data[at + 2]);
        at += 3 + (size_t)rows.data[at + 2];
    }
}

void shares_read(struct bytes policy, struct bytes enterprise, uint16_t unit, int64_t price,
                 struct shares *out) {
    struct object object;
    out->count = 0;
    if (policy.size == 0 || policy.size > sizeof out->octets)
        return;
    memcpy(out->octets, policy.data, policy.size);
    if (object_decode_as(OBJECT_POLICY, bytes_of(out->octets, policy.size), &object) &&
        bytes_equal(object.fields[FIELD_ENTERPRISE], enterprise) &&
        is_offered(&object, unit, price))
        take_rows(object.fields[FIELD_SHARES], out);
}

void shares_one(struct bytes party, struct shares *out) {
    out->count = 1;
    out->weights[0] = 1;
    out->parties[0] = party;
}

/// Whose part comes next in the order of remainders: greater first, then earlier in the list.
static size_t next_of(const wide *remainders, size_t count) {
    size_t next = 0;
    for (size_t i = 1; i < count; i++)
        next = remainders[i] > remainders[next] ? i : next;
    return next;
}

bool shares_divide(const struct shares *shares, int64_t amount, int64_t parts[SHARES_MAX]) {
    wide remainders[SHARES_MAX], sum = 0;
    int64_t left = amount;
    for (size_t i = 0; i < shares->count; i++)
        sum += shares->weights[i];
    if (sum == 0)
        return false;
    for (size_t i = 0; i < shares->count; i++) {
        wide product = (wide)amount * shares->weights[i];
        parts[i] = (int64_t)(product / sum);
        remainders[i] = product % sum;
        left -= parts[i];
    }
    while (left-- > 0) {
        size_t next = next_of(remainders, shares->count);
        parts[next]++;
        remainders[next] = -1;
    }
    return true;
}
