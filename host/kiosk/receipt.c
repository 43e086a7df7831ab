// SPDX-License-Identifier: Apache-2.0
#include "host/kiosk/receipt.h"

#include "apdu/octets/unit.h"
#include "host/flows/sale_record.h"

#include <iconv.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void receipt_time(uint64_t time_ms, char out[20]) {
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    out[0] = '\0';
    if (gmtime_r(&seconds, &parts) != NULL)
        strftime(out, 20, "%Y-%m-%d %H:%M", &parts);
}

/// A centre's reference is a digest, a kiosk's own is text.
static bool is_text(const struct sale_record *record) {
    for (size_t i = 1; i < record->reference_size; i++)
        if (record->reference[i] < ' ' || record->reference[i] > '~')
            return false;
    return true;
}

static void reference_text(const struct sale_record *record, char out[2 * PURSE_REFERENCE_MAX]) {
    bool refund = record->reference[0] == REFERENCE_REFUND;
    if (refund)
        snprintf(out, 2 * PURSE_REFERENCE_MAX, "%u/%u",
                 (unsigned)bytes_get_be(record->reference + 1, 4), (unsigned)record->reference[5]);
    else if (!is_text(record))
        for (size_t i = 1; i < record->reference_size; i++)
            snprintf(out + 2 * (i - 1), 3, "%02x", record->reference[i]);
    else
        snprintf(out, 2 * PURSE_REFERENCE_MAX, "%.*s", (int)record->reference_size - 1,
                 (const char *)record->reference + 1);
}

void receipt_text(const struct sale_record *record, enum language language, struct buffer *out) {
    char unit[UNIT_NAME_MAX], when[20], reference[2 * PURSE_REFERENCE_MAX];
    receipt_time(record->time_ms, when);
    reference_text(record, reference);
    buffer_format(out, "%s\n%s\n", words_text("receipt", language), when);
    if (record->text[0] != '\0')
        buffer_format(out, "%s\n", record->text);
    buffer_format(out, "%s: %l %s\n", words_text("total", language), record->amount,
                  unit_name(record->unit, unit));
    buffer_format(out, "%s: %s\n", words_text("payer", language), record->payer);
    buffer_format(out, "%s: %s\n", words_text("payee", language), record->payee);
    buffer_format(out, "%s: %u\n", words_text("number", language), (unsigned)record->n);
    buffer_format(out, "%s: %s\n", words_text("reference", language), reference);
}

json_t *receipt_to_json(const struct sale_record *record) {
    char when[20], reference[2 * PURSE_REFERENCE_MAX];
    json_t *json = sale_record_to_json(record);
    receipt_time(record->time_ms, when);
    reference_text(record, reference);
    if (json == NULL || json_object_set_new(json, "time", json_string(when)) != 0 ||
        json_object_set_new(json, "sale", json_string(reference)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

// ---- for a printer -----------------------------------------------------------------------------

/// UTF-8 to Shift JIS; what it lacks becomes a question mark.
static void put_shift_jis(struct bytes text, struct buffer *out) {
    iconv_t convert = iconv_open("SHIFT_JIS", "UTF-8");
    char *from = (char *)(uintptr_t)text.data, octets[8];
    size_t left = text.size;
    if (convert == (iconv_t)-1)
        return;
    while (left > 0) {
        char *to = octets;
        size_t room = sizeof octets, size = 1;
        while (size < left && ((unsigned char)from[size] & 0xC0) == 0x80)
            size++;
        size_t one = size;
        char *at = from;
        if (iconv(convert, &at, &one, &to, &room) == (size_t)-1)
            buffer_text(out, "?");
        else
            buffer_put(out, bytes_of(octets, sizeof octets - room));
        from += size;
        left -= size;
    }
    iconv_close(convert);
}

void receipt_print(const struct sale_record *record, enum language language, struct buffer *out) {
    static const uint8_t begin[] = {0x1B, '@', 0x1C, '&', 0x1C, 'C', 1};
    static const uint8_t cut[] = {'\n', 0x1D, 'V', 66, 0};
    struct buffer text;
    buffer_init(&text, out->memory);
    receipt_text(record, language, &text);
    buffer_put(out, BYTES_OF(begin));
    put_shift_jis(buffer_bytes(&text), out);
    buffer_put(out, BYTES_OF(cut));
    buffer_free(&text);
}
