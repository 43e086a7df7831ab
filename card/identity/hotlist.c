// SPDX-License-Identifier: Apache-2.0
#include "card/identity/hotlist.h"

#include <string.h>

// At HOTLIST_AT: which of the two areas is in force 1, unused 3, its marks 4, then the list that is
// expected: expected 1, unused 3, digest of its object 32, of the whole list 32, version 4, date 4,
// marks 4; then how far it has come: marks 4, the last one 8, digest 32.
enum {
    ACTIVE_AREA = HOTLIST_AT,
    ACTIVE_MARKS = HOTLIST_AT + 4,
    EXPECTED = HOTLIST_AT + 8,
    EXPECTED_ORDER = EXPECTED + 4,
    EXPECTED_LIST = EXPECTED_ORDER + SHA256_SIZE,
    EXPECTED_VERSION = EXPECTED_LIST + SHA256_SIZE,
    EXPECTED_DATE = EXPECTED_VERSION + 4,
    EXPECTED_MARKS = EXPECTED_DATE + 4,
    COME = EXPECTED_MARKS + 4,
    COME_LAST = COME + 4,
    COME_DIGEST = COME_LAST + MARK_SIZE,
    HOTLIST_END = COME_DIGEST + SHA256_SIZE,
};
_Static_assert((int)HOTLIST_END <= (int)FORMER_CENTERS_AT, "the hotlist's head outgrew its place");

static uint32_t area(const struct card_call *call, uint64_t which) {
    uint16_t roles = identity_roles(call);
    return identity_lists_at(roles) + (uint32_t)which * identity_marks(roles) * MARK_SIZE;
}

static uint32_t read_word(const struct card_call *call, uint32_t offset) {
    return (uint32_t)card_shared_read_uint(call, offset, 4);
}

// ---- asking ------------------------------------------------------------------------------------

static bool has(const struct card_call *call, uint32_t list, uint32_t marks, const uint8_t *mark) {
    uint8_t there[MARK_SIZE];
    uint32_t low = 0, high = marks;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        card_shared_read(call, list + middle * MARK_SIZE, there, sizeof there);
        int order = memcmp(there, mark, sizeof there);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool hotlist_has(const struct card_call *call, const struct hotlist_query *query) {
    uint32_t marks = read_word(call, ACTIVE_MARKS);
    uint32_t list = area(call, card_shared_read_uint(call, ACTIVE_AREA, 1));
    return has(call, list, marks, query->certificate) || has(call, list, marks, query->issuer) ||
           has(call, list, marks, query->holder);
}

// ---- taking ------------------------------------------------------------------------------------

/// Brings the list in the other area into force.
static void take_over(struct card_call *call, const struct hotlist_head *head) {
    card_shared_stage_uint(call, ACTIVE_AREA, 1, !card_shared_read_uint(call, ACTIVE_AREA, 1));
    card_shared_stage_uint(call, ACTIVE_MARKS, 4, head->marks);
    card_shared_stage_uint(call, EXPECTED, 1, 0);
    identity_set(call, IDENTITY_HOTLIST_VERSION, head->version);
    identity_take(call, IDENTITY_TAKEN_HOTLIST, head->order);
    clock_raise(call, head->date);
}

uint16_t hotlist_begin(struct card_call *call, const struct hotlist_head *head) {
    static const uint8_t none[SHA256_SIZE];
    uint8_t octets[HOTLIST_END - EXPECTED] = {1};
    if (head->marks > identity_marks(identity_roles(call)))
        return SW_NO_SPACE;
    if (head->marks == 0 && memcmp(head->list, none, sizeof none) != 0)
        return SW_BAD_OBJECT;
    if (head->marks == 0) {
        take_over(call, head);
        return SW_OK;
    }
    memcpy(octets + (EXPECTED_ORDER - EXPECTED), head->order, SHA256_SIZE);
    memcpy(octets + (EXPECTED_LIST - EXPECTED), head->list, SHA256_SIZE);
    bytes_put_be(octets + (EXPECTED_VERSION - EXPECTED), 4, head->version);
    bytes_put_be(octets + (EXPECTED_DATE - EXPECTED), 4, head->date);
    bytes_put_be(octets + (EXPECTED_MARKS - EXPECTED), 4, head->marks);
    card_shared_stage(call, EXPECTED, octets, sizeof octets);
    return SW_OK;
}

void hotlist_abandon(struct card_call *call) {
    card_shared_stage_uint(call, EXPECTED, 1, 0);
}

/// The expected list and how far it has come.
struct growing {
    uint8_t octets[HOTLIST_END - EXPECTED];
    struct hotlist_head head;
    uint32_t come;
    uint8_t *last, *digest;
};

static bool growing_read(const struct card_call *call, struct growing *growing) {
    uint8_t *octets = growing->octets;
    card_shared_read(call, EXPECTED, octets, sizeof growing->octets);
    growing->head = (struct hotlist_head){
        .order = octets + (EXPECTED_ORDER - EXPECTED),
        .list = octets + (EXPECTED_LIST - EXPECTED),
        .version = (uint32_t)bytes_get_be(octets + (EXPECTED_VERSION - EXPECTED), 4),
        .date = (uint32_t)bytes_get_be(octets + (EXPECTED_DATE - EXPECTED), 4),
        .marks = (uint32_t)bytes_get_be(octets + (EXPECTED_MARKS - EXPECTED), 4)};
    growing->come = (uint32_t)bytes_get_be(octets + (COME - EXPECTED), 4);
    growing->last = octets + (COME_LAST - EXPECTED);
    growing->digest = octets + (COME_DIGEST - EXPECTED);
    return octets[0] != 0;
}

/// Are these as many marks as the next part has, above all that came?
static bool is_next(const struct growing *growing, struct bytes marks) {
    uint32_t left = growing->head.marks - growing->come;
    uint32_t expected = left < MARKS_A_PART ? left : MARKS_A_PART;
    return marks.size == expected * MARK_SIZE && marks_rise(marks) &&
           (growing->come == 0 || memcmp(growing->last, marks.data, MARK_SIZE) < 0);
}

uint16_t hotlist_part(struct card_call *call, uint16_t number, struct bytes marks) {
    struct growing growing;
    if (!growing_read(call, &growing))
        return SW_CONDITIONS;
    uint32_t next = growing.come / MARKS_A_PART;
    if (number != next)
        return number < next ? SW_OK : SW_WRONG_COUNTER;
    if (!is_next(&growing, marks))
        return SW_WRONG_DATA;
    if (!marks_chain(call->crypto, growing.digest, marks))
        return SW_UNKNOWN;
    uint64_t other = !card_shared_read_uint(call, ACTIVE_AREA, 1);
    card_shared_stage(call, area(call, other) + growing.come * MARK_SIZE, marks.data, marks.size);
    growing.come += (uint32_t)(marks.size / MARK_SIZE);
    if (growing.come == growing.head.marks) {
        if (memcmp(growing.digest, growing.head.list, SHA256_SIZE) != 0)
            return SW_MISMATCH;
        take_over(call, &growing.head);
        return SW_OK;
    }
    memcpy(growing.last, marks.data + marks.size - MARK_SIZE, MARK_SIZE);
    bytes_put_be(growing.octets + (COME - EXPECTED), 4, growing.come);
    card_shared_stage(call, COME, growing.octets + (COME - EXPECTED), HOTLIST_END - COME);
    return SW_OK;
}
