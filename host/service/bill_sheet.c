// SPDX-License-Identifier: Apache-2.0
#include "host/service/bill_sheet.h"

#include "base/heap.h"
#include "services/wire/api/bill_words.h"

static void put_amount(struct buffer *out, uint64_t amount, const char *unit) {
    buffer_format(out, "\t%l %s\n", amount, unit);
}

static void put_line(struct buffer *out, const struct form *line, const char *const *words,
                     const char *unit) {
    uint64_t day = form_uint(line, NAME_DATE);
    if (day != 0)
        buffer_format(out, "%l/%l/%l", day / 10000, day / 100 % 100, day % 100);
    buffer_format(out, "\t%s", bill_item(line, words));
    put_amount(out, form_uint(line, NAME_AMOUNT), unit);
}

static void put_part(struct buffer *out, const struct form *part, const char *const *words,
                     const char *unit) {
    size_t count = 0;
    const struct form *lines = form_list(part, NAME_LINES, &count);
    buffer_format(out, "\n%s\n\n%s\t%s\t%s\n", bill_part(part, words), words[BILL_WORD_DAY],
                  words[BILL_WORD_ITEM], words[BILL_WORD_AMOUNT]);
    for (size_t i = 0; i < count; i++)
        put_line(out, &lines[i], words, unit);
    buffer_format(out, "\t%s", words[BILL_WORD_TOTAL]);
    put_amount(out, form_uint(part, NAME_TOTAL), unit);
}

bool bill_sheet_print(const struct form *bill, bool japanese, struct sheet_pdf *pdf,
                      struct failure *failure) {
    static const struct sheet_style style = {.font = "Sans 11", .tab = 35, .end = 165};
    const char *const *words = bill_words(japanese);
    char name[UNIT_NAME_MAX];
    const char *unit = bill_unit((uint16_t)form_uint(bill, NAME_UNIT), japanese, name);
    size_t count = 0;
    const struct form *parts = form_list(bill, NAME_BILLS, &count);
    struct buffer text;
    buffer_init(&text, &host_memory);
    buffer_format(&text, "%s %s\n%s\n", words[BILL_WORD_BILL], form_text(bill, NAME_MONTH),
                  form_text(bill, NAME_PHONE));
    for (size_t i = 0; i < count; i++)
        put_part(&text, &parts[i], words, unit);
    bool done = (!text.failed || fail(failure, EXIT_REFUSED, "out of memory")) &&
                sheet_print(buffer_string(&text), &style, pdf, failure);
    buffer_free(&text);
    return done;
}
