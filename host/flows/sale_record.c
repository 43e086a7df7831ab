// SPDX-License-Identifier: Apache-2.0
#include "host/flows/sale_record.h"

#include "apdu/octets/unit.h"
#include "base/base64url.h"
#include "base/must.h"

#include <stdio.h>
#include <string.h>

static const char *const state_words[] = {
    [SALE_BEGUN] = "begun",         [SALE_REQUESTED] = "requested", [SALE_VOID] = "void",
    [SALE_PAID] = "paid",           [SALE_SERVING] = "serving",     [SALE_SERVED] = "served",
    [SALE_RETURNING] = "returning", [SALE_RETURNED] = "returned",   [SALE_STAFF] = "staff",
};
must_cover(state_words, SALE_STATE_COUNT);

const char *sale_state_word(enum sale_state state) {
    must(state >= SALE_BEGUN && state < SALE_STATE_COUNT, "a sale is in one of its states");
    return state_words[state];
}

// ---- reading -----------------------------------------------------------------------------------

static bool take_octets(const char *text, uint8_t *out, size_t capacity, size_t *size) {
    return base64url_decode(text, out, capacity, size);
}

static bool take_text(const char *text, char *out, size_t capacity) {
    return snprintf(out, capacity, "%s", text) < (int)capacity;
}

static bool take_state(const char *word, enum sale_state *out) {
    for (int i = SALE_BEGUN; i < SALE_STATE_COUNT; i++)
        if (strcmp(word, state_words[i]) == 0) {
            *out = (enum sale_state)i;
            return true;
        }
    return false;
}

/// What only a terminal notes.
static bool take_notes(struct sale_record *out, json_t *json) {
    const char *item = "", *text = "", *by = "";
    json_int_t cash = 0, time_ms = 0;
    if (json_unpack(json, "{s?s, s?s, s?I, s?I, s?s}", "item", &item, "text", &text, "cash", &cash,
                    "time_ms", &time_ms, "by", &by) != 0 ||
        cash < 0 || time_ms < 0)
        return false;
    out->cash = (uint64_t)cash;
    out->time_ms = (uint64_t)time_ms;
    out->by_bill = strcmp(by, "bill") == 0;
    return take_text(item, out->item, sizeof out->item) &&
           take_text(text, out->text, sizeof out->text);
}

bool sale_record_from_json(struct sale_record *out, json_t *json) {
    const char *state, *payer, *payee, *unit, *reference, *log, *receipt;
    json_int_t amount, n;
    memset(out, 0, sizeof *out);
    if (json_unpack(json, "{s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:s, s:s}", "state", &state, "payer",
                    &payer, "payee", &payee, "amount", &amount, "unit", &unit, "reference",
                    &reference, "n", &n, "usage_log", &log, "receive_log", &receipt) != 0)
        return false;
    out->amount = (uint64_t)amount;
    out->n = (uint32_t)n;
    out->unit = unit_from_name(unit);
    return take_state(state, &out->state) && take_text(payer, out->payer, sizeof out->payer) &&
           take_text(payee, out->payee, sizeof out->payee) &&
           take_octets(reference, out->reference, sizeof out->reference, &out->reference_size) &&
           take_octets(log, out->log, sizeof out->log, &out->log_size) &&
           take_octets(receipt, out->receipt, sizeof out->receipt, &out->receipt_size) &&
           take_notes(out, json);
}

// ---- writing -----------------------------------------------------------------------------------

static json_t *octets_to_json(const uint8_t *octets, size_t size) {
    char text[BASE64URL_SIZE(PURSE_OBJECT_MAX)];
    if (!base64url_encode(bytes_of(octets, size), text, sizeof text))
        return NULL;
    return json_string(text);
}

static bool add_notes(json_t *json, const struct sale_record *record) {
    if (record->item[0] != '\0' &&
        json_object_set_new(json, "item", json_string(record->item)) != 0)
        return false;
    if (record->by_bill && json_object_set_new(json, "by", json_string("bill")) != 0)
        return false;
    if (record->text[0] != '\0' &&
        json_object_set_new(json, "text", json_string(record->text)) != 0)
        return false;
    if (record->cash != 0 &&
        json_object_set_new(json, "cash", json_integer((json_int_t)record->cash)) != 0)
        return false;
    return record->time_ms == 0 ||
           json_object_set_new(json, "time_ms", json_integer((json_int_t)record->time_ms)) == 0;
}

json_t *sale_record_to_json(const struct sale_record *record) {
    char unit[UNIT_NAME_MAX];
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:I, s:s, s:o, s:I, s:o, s:o}", "state",
                  sale_state_word(record->state), "payer", record->payer, "payee", record->payee,
                  "amount", (json_int_t)record->amount, "unit", unit_name(record->unit, unit),
                  "reference", octets_to_json(record->reference, record->reference_size), "n",
                  (json_int_t)record->n, "usage_log", octets_to_json(record->log, record->log_size),
                  "receive_log", octets_to_json(record->receipt, record->receipt_size));
    if (json != NULL && !add_notes(json, record)) {
        json_decref(json);
        return NULL;
    }
    return json;
}
