// SPDX-License-Identifier: Apache-2.0
// The application that is the phone's and no card's: a machine without a network hands a slip to
// it, and reads what the telephone company said about it. The owner is asked as for a debit.
#include "host/household/handset_private.h"

#include "apdu/octets/status.h"

#include <string.h>

/// What is asked for, as the owner sees it.
static void terms_of(const struct slip *slip, struct handset_terms *terms) {
    struct bytes payee = slip->request.fields[FIELD_PAYEE];
    *terms = (struct handset_terms){.amount = object_uint(&slip->request, FIELD_AMOUNT),
                                    .unit = object_unit(&slip->request)};
    memcpy(terms->payee, payee.data, payee.size < HOLDER_MAX ? payee.size : HOLDER_MAX);
}

/// A whole slip: kept once its owner has said yes. 0: the phone is dark until then.
static uint16_t take(struct handset *handset, const struct slip *slip) {
    struct handset_terms terms;
    struct failure failure;
    if (slip_is_kept(&handset->state, slip))
        return SW_OK;
    terms_of(slip, &terms);
    switch (handset_consent(handset, &terms)) {
    case CONSENT_NO:
        return SW_SECURITY_STATUS;
    case CONSENT_ASKED:
        return 0;
    case CONSENT_YES:
        break;
    }
    if (!slip_keep(&handset->state, slip, &failure))
        return SW_MEMORY_FAILURE;
    handset_paid(handset, &terms, true);
    return SW_OK;
}

static uint16_t put(struct handset *handset, const struct apdu_command *command) {
    struct handset_air *air = &handset->air;
    struct slip slip;
    if (air->slip_size + command->data.size > sizeof air->slip) {
        air->slip_size = 0;
        return SW_WRONG_LENGTH;
    }
    memcpy(air->slip + air->slip_size, command->data.data, command->data.size);
    air->slip_size += command->data.size;
    if ((command->cla & APDU_CLA_CHAINING) != 0)
        return SW_OK;
    bool whole = slip_parse(bytes_of(air->slip, air->slip_size), &slip);
    air->slip_size = 0;
    if (!whole)
        return SW_WRONG_DATA;
    memcpy(air->slip_name, slip.name, sizeof air->slip_name);
    return take(handset, &slip);
}

/// The piece of the answer at an offset of 256 octets and more is P1's.
static uint16_t get(struct handset *handset, const struct apdu_command *command, uint8_t *out,
                    size_t *size) {
    uint8_t buffer[SLIP_ANSWER_MAX];
    struct bytes answer;
    size_t at = (size_t)command->p1 << 8 | command->p2;
    if (handset->air.slip_name[0] == '\0' ||
        !slip_answered(&handset->state, handset->air.slip_name, buffer, &answer))
        return SW_CONDITIONS;
    size_t left = at < answer.size ? answer.size - at : 0;
    *size = left < SLIP_PIECE ? left : SLIP_PIECE;
    memcpy(out, answer.data + answer.size - left, *size);
    return SW_OK;
}

size_t handset_slip(struct handset *handset, const struct apdu_command *command, uint8_t *answer,
                    size_t capacity) {
    uint16_t sw = SW_INS_NOT_SUPPORTED;
    size_t size = 0;
    if (capacity < SLIP_PIECE + 2)
        return 0;
    if ((command->cla & ~APDU_CLA_CHAINING) == SLIP_CLA && command->ins == SLIP_PUT)
        sw = put(handset, command);
    else if (command->cla == SLIP_CLA && command->ins == SLIP_GET)
        sw = get(handset, command, answer, &size);
    if (sw == 0)
        return 0;
    answer[size] = (uint8_t)(sw >> 8);
    answer[size + 1] = (uint8_t)sw;
    return size + 2;
}
