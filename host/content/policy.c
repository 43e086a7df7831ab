// SPDX-License-Identifier: Apache-2.0
#include "host/content/policy.h"

#include "apdu/object/action.h"
#include "apdu/object/object_rules.h"
#include "apdu/octets/unit.h"
#include "base/files.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 16, COPIES_UNLIMITED = 0xFF };

// ---- reading ---------------------------------------------------------------------------------

static uint8_t actions_of(json_t *list) {
    uint8_t bits = 0;
    size_t index;
    json_t *item;
    if (list == NULL)
        return ACTION_PLAY;
    json_array_foreach(list, index, item) {
        uint8_t bit = action_of(json_string_value(item));
        if (bit == 0)
            return 0;
        bits |= bit;
    }
    return bits;
}

/// A number from least to most, or the word "unlimited"; -1: neither.
static json_int_t count_of(json_t *value, json_int_t otherwise, json_int_t most,
                           json_int_t unlimited) {
    if (value == NULL)
        return otherwise;
    if (json_is_string(value) && strcmp(json_string_value(value), "unlimited") == 0)
        return unlimited;
    if (!json_is_integer(value) || json_integer_value(value) > most)
        return -1;
    return json_integer_value(value);
}

static bool take_offer(json_t *json, uint8_t row[POLICY_OFFER_SIZE]) {
    const char *unit = NULL;
    json_int_t amount = -1;
    json_t *plays = NULL, *copies = NULL, *actions = NULL;
    if (json_unpack_ex(json, NULL, JSON_STRICT, "{s:s, s:I, s?o, s?o, s?o}", "unit", &unit,
                       "amount", &amount, "plays", &plays, "copies", &copies, "actions",
                       &actions) != 0)
        return false;
    json_int_t times = count_of(plays, POLICY_UNLIMITED, POLICY_UNLIMITED - 1, POLICY_UNLIMITED);
    json_int_t copied = count_of(copies, 0, COPIES_UNLIMITED - 1, COPIES_UNLIMITED);
    uint16_t code = unit_from_name(unit);
    uint8_t bits = actions_of(actions);
    if (code == 0 || amount < 0 || times < 0 || copied < 0 || bits == 0)
        return false;
    bytes_put_be(row, 2, code);
    bytes_put_be(row + 2, 8, (uint64_t)amount);
    bytes_put_be(row + 10, 2, (uint64_t)times);
    row[12] = (uint8_t)copied;
    row[13] = bits;
    return true;
}

static int by_octets(const void *a, const void *b) {
    return memcmp(a, b, POLICY_OFFER_SIZE);
}

static bool put_offers(struct object_writer *writer, json_t *list) {
    uint8_t rows[POLICY_OFFERS_MAX * POLICY_OFFER_SIZE];
    size_t index;
    json_t *item;
    if (json_array_size(list) > POLICY_OFFERS_MAX)
        return false;
    json_array_foreach(list, index,
                       item) if (!take_offer(item, rows + index * POLICY_OFFER_SIZE)) return false;
    size_t size = json_array_size(list) * POLICY_OFFER_SIZE;
    qsort(rows, json_array_size(list), POLICY_OFFER_SIZE, by_octets);
    object_put(writer, FIELD_OFFERS, bytes_of(rows, size));
    return true;
}

static bool put_shares(struct object_writer *writer, json_t *list) {
    uint8_t rows[POLICY_SHARES_MAX * (3 + POLICY_PARTY_MAX)];
    size_t index, size = 0;
    json_t *item;
    if (json_array_size(list) > POLICY_SHARES_MAX)
        return false;
    json_array_foreach(list, index, item) {
        const char *party = NULL;
        json_int_t weight = 0;
        if (json_unpack_ex(item, NULL, JSON_STRICT, "{s:s, s:I}", "party", &party, "weight",
                           &weight) != 0 ||
            weight < 1 || weight > UINT16_MAX || strlen(party) > POLICY_PARTY_MAX)
            return false;
        bytes_put_be(rows + size, 2, (uint64_t)weight);
        rows[size + 2] = (uint8_t)strlen(party);
        memcpy(rows + size + 3, party, strlen(party));
        size += 3 + strlen(party);
    }
    object_put(writer, FIELD_SHARES, bytes_of(rows, size));
    return true;
}

static bool sign(json_t *json, const char *content, const struct signer *provider, uint8_t *out,
                 struct bytes *policy) {
    struct object_writer writer;
    struct object check;
    const char *enterprise = NULL;
    json_t *offers = NULL, *shares = NULL;
    if (json_unpack_ex(json, NULL, JSON_STRICT, "{s:s, s:o, s:o}", "enterprise", &enterprise,
                       "offers", &offers, "shares", &shares) != 0)
        return false;
    object_begin(&writer, OBJECT_POLICY, out, POLICY_OBJECT_MAX);
    object_put(&writer, FIELD_ENTERPRISE, bytes_of_string(enterprise));
    object_put(&writer, FIELD_CONTENT, bytes_of_string(content));
    return put_offers(&writer, offers) && put_shares(&writer, shares) &&
           object_sign(&writer, provider, policy) &&
           object_decode_as(OBJECT_POLICY, *policy, &check);
}

bool policy_from_file(const char *path, const char *content, const struct signer *provider,
                      uint8_t *out, struct bytes *policy, struct failure *failure) {
    uint8_t *text = malloc(FILE_MAX);
    size_t size = 0;
    json_error_t error;
    if (text == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    if (!field_is_valid(FIELD_CONTENT, bytes_of_string(content))) {
        free(text);
        return fail(failure, EXIT_USAGE, "'%s' is no content's id: 1 to 16 printable characters",
                    content);
    }
    if (!files_read(path, text, FILE_MAX, &size)) {
        free(text);
        return fail_errno(failure, "cannot read the policy %s", path);
    }
    json_t *json = json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, &error);
    free(text);
    if (json == NULL)
        return fail(failure, EXIT_USAGE, "%s:%d: no JSON: %s", path, error.line, error.text);
    bool done = sign(json, content, provider, out, policy) ||
                fail(failure, EXIT_USAGE,
                     "%s is no policy for the content '%s': it has \"enterprise\", up to %d "
                     "different \"offers\" and up to %d \"shares\"; see man tessera-content",
                     path, content, POLICY_OFFERS_MAX, POLICY_SHARES_MAX);
    json_decref(json);
    return done;
}

// ---- telling ---------------------------------------------------------------------------------

static json_t *count_to_json(uint64_t count, uint64_t unlimited) {
    return count == unlimited ? json_string("unlimited") : json_integer((json_int_t)count);
}

static json_t *actions_to_json(uint8_t bits) {
    json_t *list = json_array();
    for (unsigned bit = 1; bit <= ACTIONS_ALL; bit <<= 1)
        if ((bits & bit) != 0)
            json_array_append_new(list, json_string(action_word((uint8_t)bit)));
    return list;
}

static json_t *offer_to_json(const uint8_t *row) {
    char unit[UNIT_NAME_MAX];
    return json_pack("{s:s, s:I, s:o, s:o, s:o}", "unit",
                     unit_name((uint16_t)bytes_get_be(row, 2), unit), "amount",
                     (json_int_t)bytes_get_be(row + 2, 8), "plays",
                     count_to_json(bytes_get_be(row + 10, 2), POLICY_UNLIMITED), "copies",
                     count_to_json(row[12], COPIES_UNLIMITED), "actions", actions_to_json(row[13]));
}

json_t *policy_to_json(const struct object *policy) {
    struct bytes enterprise = policy->fields[FIELD_ENTERPRISE];
    struct bytes offers = policy->fields[FIELD_OFFERS], shares = policy->fields[FIELD_SHARES];
    json_t *offer_list = json_array(), *share_list = json_array();
    for (size_t at = 0; at < offers.size; at += POLICY_OFFER_SIZE)
        json_array_append_new(offer_list, offer_to_json(offers.data + at));
    for (size_t at = 0; at < shares.size; at += 3u + shares.data[at + 2])
        json_array_append_new(share_list,
                              json_pack("{s:s%, s:I}", "party", (const char *)shares.data + at + 3,
                                        (size_t)shares.data[at + 2], "weight",
                                        (json_int_t)bytes_get_be(shares.data + at, 2)));
    return json_pack("{s:s%, s:o, s:o}", "enterprise", (const char *)enterprise.data,
                     enterprise.size, "offers", offer_list, "shares", share_list);
}

static void print_count(FILE *out, uint64_t count, uint64_t unlimited, const char *what) {
    if (count == unlimited)
        fprintf(out, ", any number of %s", what);
    else if (count > 0)
        fprintf(out, ", %" PRIu64 " %s", count, what);
}

void policy_print(FILE *out, const struct object *policy) {
    struct bytes offers = policy->fields[FIELD_OFFERS], shares = policy->fields[FIELD_SHARES];
    char unit[UNIT_NAME_MAX];
    for (size_t at = 0; at < offers.size; at += POLICY_OFFER_SIZE) {
        const uint8_t *row = offers.data + at;
        fprintf(out, "offer          %" PRIu64 " %s", bytes_get_be(row + 2, 8),
                unit_name((uint16_t)bytes_get_be(row, 2), unit));
        print_count(out, bytes_get_be(row + 10, 2), POLICY_UNLIMITED, "plays");
        print_count(out, row[12], COPIES_UNLIMITED, "copies");
        for (unsigned bit = 1; bit <= ACTIONS_ALL; bit <<= 1)
            if ((row[13] & bit) != 0)
                fprintf(out, ", %s", action_word((uint8_t)bit));
        fputc('\n', out);
    }
    for (size_t at = 0; at < shares.size; at += 3u + shares.data[at + 2])
        fprintf(out, "share          %" PRIu64 " %.*s\n", bytes_get_be(shares.data + at, 2),
                (int)shares.data[at + 2], (const char *)shares.data + at + 3);
}
