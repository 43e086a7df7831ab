// SPDX-License-Identifier: Apache-2.0
#include "host/sale/sale_step.h"

#include "base/must.h"

#define BIT(state) (1u << (state))

enum sale_due sale_due(const struct sale_record *record) {
    static const enum sale_due dues[] = {
        [SALE_BEGUN] = SALE_DUE_TAP,      [SALE_REQUESTED] = SALE_DUE_TAP,
        [SALE_VOID] = SALE_DUE_NOTHING,   [SALE_PAID] = SALE_DUE_SERVE,
        [SALE_SERVING] = SALE_DUE_LOOK,   [SALE_SERVED] = SALE_DUE_NOTHING,
        [SALE_RETURNING] = SALE_DUE_LOOK, [SALE_RETURNED] = SALE_DUE_NOTHING,
        [SALE_STAFF] = SALE_DUE_STAFF,
    };
    must_cover(dues, SALE_STATE_COUNT);
    must(record->state >= SALE_BEGUN && record->state < SALE_STATE_COUNT,
         "a sale is in one of its states");
    if (record->state == SALE_VOID && record->cash > 0)
        return SALE_DUE_RETURN;
    return dues[record->state];
}

bool sale_may_follow(enum sale_state from, enum sale_state to) {
    static const unsigned next[] = {
        [0] = BIT(SALE_BEGUN),
        [SALE_BEGUN] = BIT(SALE_BEGUN) | BIT(SALE_REQUESTED) | BIT(SALE_VOID) | BIT(SALE_PAID),
        [SALE_REQUESTED] = BIT(SALE_REQUESTED) | BIT(SALE_VOID) | BIT(SALE_PAID),
        [SALE_VOID] = BIT(SALE_VOID) | BIT(SALE_REQUESTED) | BIT(SALE_PAID) | BIT(SALE_RETURNING),
        [SALE_PAID] = BIT(SALE_PAID) | BIT(SALE_SERVING),
        [SALE_SERVING] = BIT(SALE_PAID) | BIT(SALE_SERVED) | BIT(SALE_STAFF),
        [SALE_SERVED] = 0,
        [SALE_RETURNING] = BIT(SALE_VOID) | BIT(SALE_RETURNED) | BIT(SALE_STAFF),
        [SALE_RETURNED] = 0,
        [SALE_STAFF] = BIT(SALE_SERVED) | BIT(SALE_RETURNED),
    };
    must_cover(next, SALE_STATE_COUNT);
    return from < SALE_STATE_COUNT && to < SALE_STATE_COUNT && (next[from] & BIT(to)) != 0;
}

enum sale_state sale_after_look(enum sale_state from, enum sale_sense sense) {
    bool serving = from == SALE_SERVING;
    must(serving || from == SALE_RETURNING, "a sensor is asked while something moves");
    switch (sense) {
    case SALE_SENSE_UNTOUCHED:
        return serving ? SALE_PAID : SALE_VOID;
    case SALE_SENSE_SERVED:
        return serving ? SALE_SERVED : SALE_STAFF;
    case SALE_SENSE_RETURNED:
        return serving ? SALE_STAFF : SALE_RETURNED;
    case SALE_SENSE_UNSURE:
    case SALE_SENSE_COUNT:
        break;
    }
    return SALE_STAFF;
}

const char *sale_due_word(enum sale_due due) {
    static const char *const words[] = {
        [SALE_DUE_NOTHING] = "nothing", [SALE_DUE_TAP] = "tap",   [SALE_DUE_SERVE] = "serve",
        [SALE_DUE_RETURN] = "return",   [SALE_DUE_LOOK] = "look", [SALE_DUE_STAFF] = "staff",
    };
    must_cover(words, SALE_DUE_COUNT);
    return words[due];
}
