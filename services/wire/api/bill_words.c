// SPDX-License-Identifier: Apache-2.0
#include "services/wire/api/bill_words.h"

#include <string.h>

const char *const *bill_words(bool japanese) {
    static const char *const words[2][BILL_WORDS] = {
        {"Bill", "Telephone", "Contents and goods", "Calls", "Packets", "Basic charge", "Deposit",
         "Total", "Day", "Item", "Amount"},
        {"請求書", "電話料金", "コンテンツ・商品", "通話料", "パケット通信料", "基本料", "入金",
         "合計", "日付", "項目", "金額"},
    };
    return words[japanese];
}

const char *bill_item(const struct form *line, const char *const *words) {
    static const struct {
        const char *kind;
        enum bill_word word;
    } own[] = {{"call", BILL_WORD_CALLS},
               {"packet", BILL_WORD_PACKETS},
               {"basic", BILL_WORD_BASIC},
               {"deposit", BILL_WORD_DEPOSIT}};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(form_text(line, NAME_KIND), own[i].kind) == 0)
            return words[own[i].word];
    return form_text(line, NAME_TEXT);
}

const char *bill_part(const struct form *part, const char *const *words) {
    bool content = strcmp(form_text(part, NAME_PART), "content") == 0;
    return words[content ? BILL_WORD_CONTENT : BILL_WORD_TELEPHONE];
}

const char *bill_unit(uint16_t unit, bool japanese, char name[UNIT_NAME_MAX]) {
    return japanese && unit == UNIT_JPY ? "円" : unit_name(unit, name);
}
