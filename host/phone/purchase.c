// SPDX-License-Identifier: Apache-2.0
#include "host/phone/purchase.h"

#include "apdu/octets/unit.h"
#include "base/base64url.h"
#include "base/buffer.h"
#include "base/files.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 2048 };

static const char FOLDER[] = "purchases";

static bool path_of(const struct machine_state *state, const char *number, char path[PATH_MAX],
                    struct failure *failure) {
    return machine_state_path(state, FOLDER, number, ".json", path, failure);
}

// ---- reading -----------------------------------------------------------------------------------

static bool take_text(const char *text, char *out, size_t capacity) {
    return snprintf(out, capacity, "%s", text) < (int)capacity;
}

static bool take(json_t *json, struct purchase *purchase) {
    const char *number, *enterprise, *instance, *unit, *name, *till, *by = "", *answer = "";
    json_int_t amount;
    int first, paid, here, docket = 0, kiosk = 0;
    memset(purchase, 0, sizeof *purchase);
    if (json_unpack(json, "{s:s, s:s, s:s, s:I, s:s, s:b, s:b, s:b, s:s, s:s, s?b, s?s, s?s, s?b}",
                    "number", &number, "enterprise", &enterprise, "instance", &instance, "amount",
                    &amount, "unit", &unit, "ticket_first", &first, "paid", &paid, "here", &here,
                    "ticket", &name, "till", &till, "docket", &docket, "by", &by, "answer", &answer,
                    "at_kiosk", &kiosk) != 0)
        return false;
    purchase->amount = (uint64_t)amount;
    purchase->unit = unit_from_name(unit);
    purchase->ticket_first = first != 0;
    purchase->paid = paid != 0;
    purchase->here = here != 0;
    purchase->docket = docket != 0;
    purchase->at_kiosk = kiosk != 0;
    return strlen(instance) == PURCHASE_TEXT - 1 &&
           take_text(number, purchase->number, sizeof purchase->number) &&
           take_text(enterprise, purchase->enterprise, sizeof purchase->enterprise) &&
           take_text(instance, purchase->instance, sizeof purchase->instance) &&
           take_text(name, purchase->name, sizeof purchase->name) &&
           take_text(by, purchase->by, sizeof purchase->by) &&
           take_text(answer, purchase->answer, sizeof purchase->answer) &&
           base64url_decode(till, purchase->till, sizeof purchase->till, &purchase->till_size);
}

bool purchase_find(const struct machine_state *state, const char *number, struct purchase *purchase,
                   bool *found, struct failure *failure) {
    char path[PATH_MAX];
    uint8_t text[TEXT_MAX];
    size_t size = 0;
    *found = false;
    if (!path_of(state, number, path, failure))
        return false;
    if (!files_read(path, text, sizeof text, &size))
        return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
    json_t *json = json_loadb((const char *)text, size, 0, NULL);
    *found = json != NULL && take(json, purchase);
    json_decref(json);
    return *found ||
           fail(failure, EXIT_REFUSED,
                "%s is no purchase; move it away, then what it was about is not known", path);
}

// ---- writing -----------------------------------------------------------------------------------

static json_t *to_json(const struct purchase *purchase) {
    char till[BASE64URL_SIZE(CERTIFICATE_MAX)], unit[UNIT_NAME_MAX];
    if (!base64url_encode(bytes_of(purchase->till, purchase->till_size), till, sizeof till))
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:b, s:b, s:b, s:s, s:s, s:b, s:s, s:s, s:b}",
                     "number", purchase->number, "enterprise", purchase->enterprise, "instance",
                     purchase->instance, "amount", (json_int_t)purchase->amount, "unit",
                     unit_name(purchase->unit, unit), "ticket_first", purchase->ticket_first,
                     "paid", purchase->paid, "here", purchase->here, "ticket", purchase->name,
                     "till", till, "docket", purchase->docket, "by", purchase->by, "answer",
                     purchase->answer, "at_kiosk", purchase->at_kiosk);
}

bool purchase_save(const struct machine_state *state, const struct purchase *purchase,
                   struct failure *failure) {
    char path[PATH_MAX];
    if (!path_of(state, purchase->number, path, failure))
        return false;
    json_t *json = to_json(purchase);
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    bool saved =
        text != NULL && files_write(path, bytes_of_string(text), FILES_SECRET, FILES_REPLACE);
    free(text);
    json_decref(json);
    return saved || fail_errno(failure, "cannot write %s", path);
}

bool purchase_close(const struct machine_state *state, const struct purchase *purchase,
                    struct failure *failure) {
    char path[PATH_MAX], over[PATH_MAX];
    if (!path_of(state, purchase->number, path, failure) ||
        !machine_state_path(state, FOLDER, purchase->instance, ".done", over, failure))
        return false;
    files_sweep(over, ".json");
    return (rename(path, over) == 0 && files_sync_directory(over)) ||
           fail_errno(failure, "cannot write %s", over);
}

// ---- its sale ----------------------------------------------------------------------------------

static bool read_hex(const char *text, uint8_t *out, size_t size) {
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text[2 * i]), low = high >= 0 ? hex_digit(text[2 * i + 1]) : -1;
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool purchase_ticket(const struct purchase *purchase, uint8_t name[TICKET_NAME_SIZE]) {
    return read_hex(purchase->name, name, TICKET_NAME_SIZE);
}

bool purchase_sale(const struct purchase *purchase, const struct crypto *crypto,
                   uint8_t sale[TICKET_NAME_SIZE]) {
    uint8_t instance[PURCHASE_INSTANCE_SIZE];
    return read_hex(purchase->instance, instance, sizeof instance) &&
           ticket_sale_id(crypto, bytes_of_string(purchase->enterprise),
                          bytes_of_string(purchase->number), BYTES_OF(instance), sale);
}
