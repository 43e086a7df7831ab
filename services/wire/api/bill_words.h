// SPDX-License-Identifier: Apache-2.0
// The words of a telephone bill in English and Japanese, as its page and its PDF have them.
#ifndef SERVICES_WIRE_API_BILL_WORDS_H
#define SERVICES_WIRE_API_BILL_WORDS_H

#include "apdu/octets/unit.h"
#include "services/wire/form/form.h"

enum bill_word {
    BILL_WORD_BILL,
    BILL_WORD_TELEPHONE,
    BILL_WORD_CONTENT,
    BILL_WORD_CALLS,
    BILL_WORD_PACKETS,
    BILL_WORD_BASIC,
    BILL_WORD_DEPOSIT,
    BILL_WORD_TOTAL,
    BILL_WORD_DAY,
    BILL_WORD_ITEM,
    BILL_WORD_AMOUNT,
    BILL_WORDS,
};

/// A table of BILL_WORDS texts.
const char *const *bill_words(bool japanese);
/// What a line says: the company's own items in the reader's language, the rest as it was given.
const char *bill_item(const struct form *line, const char *const *words);
/// The heading of a part.
const char *bill_part(const struct form *part, const char *const *words);
/// How the unit is called; name is room for it.
const char *bill_unit(uint16_t unit, bool japanese, char name[UNIT_NAME_MAX]);

#endif
