// SPDX-License-Identifier: Apache-2.0
#include "host/purse/purse_client.h"

#include "apdu/command/applets/os_commands.h"
#include "apdu/command/applets/purse_commands.h"
#include "apdu/command/send.h"
#include "apdu/object/marks.h"

#include <string.h>

static const uint8_t purse_aid[] = AID_PURSE;
static const struct bytes no_data = {NULL, 0};

void client_over(struct purse_client *client, struct link *link) {
    memset(client, 0, sizeof *client);
    client->link = link;
    client->step = "SELECT";
}

void client_erase(struct purse_client *client) {
    bytes_erase(client->answer, sizeof client->answer);
    bytes_erase(&client->selection, sizeof client->selection);
}

bool purse_object_set(struct purse_object *out, uint8_t type, struct bytes octets) {
    if (octets.size > sizeof out->octets)
        return false;
    memcpy(out->octets, octets.data, octets.size);
    out->size = octets.size;
    if (!object_decode(bytes_of(out->octets, out->size), &out->object))
        return false;
    return out->object.whole.size == out->size && (type == 0 || out->object.type == type);
}

// ---- sending ---------------------------------------------------------------------------------

static enum purse_outcome outcome_of(enum link_status status, uint16_t sw) {
    switch (status) {
    case LINK_OK:
        return status_is_ok(sw) ? PURSE_OK : PURSE_REFUSED;
    case LINK_NO_CARD:
    case LINK_TWO_CARDS:
    case LINK_FOREIGN:
        return PURSE_ABSENT;
    case LINK_LOCKED:
        return PURSE_LOCKED;
    default:
        return PURSE_BROKEN;
    }
}

static enum purse_outcome send(struct purse_client *client, const struct catalogue_command *row,
                               uint8_t p1, uint8_t p2, struct bytes data, struct bytes *answer) {
    struct apdu_response response;
    client->step = row->title;
    enum link_status status =
        send_row(client->link, row, (struct apdu_command){.p1 = p1, .p2 = p2, .data = data},
                 client->answer, sizeof client->answer, &response, &client->count);
    client->sw = response.sw;
    if (answer != NULL)
        *answer = response.data;
    return outcome_of(status, response.sw);
}

static enum purse_outcome command(struct purse_client *client, enum purse_command id, uint8_t p1,
                                  uint8_t p2, struct bytes data, struct bytes *answer) {
    return send(client, &purse_commands[id], p1, p2, data, answer);
}

/// A command with P1 P2 of its catalogue row.
static enum purse_outcome plain(struct purse_client *client, enum purse_command id,
                                struct bytes data, struct bytes *answer) {
    return command(client, id, purse_commands[id].p1, purse_commands[id].p2, data, answer);
}

static enum purse_outcome get_data(struct purse_client *client, enum purse_data what,
                                   struct bytes *answer) {
    return command(client, COMMAND_PURSE_GET_DATA, (uint8_t)(what >> 8), (uint8_t)(what & 0xFF),
                   no_data, answer);
}

/// A command whose answer is one object. type 0: the caller looks.
static enum purse_outcome object_command(struct purse_client *client, enum purse_command id,
                                         struct bytes data, uint8_t type,
                                         struct purse_object *out) {
    struct bytes answer;
    enum purse_outcome outcome = plain(client, id, data, &answer);
    if (outcome == PURSE_OK && !purse_object_set(out, type, answer))
        return PURSE_GARBLED;
    return outcome;
}

// ---- taking answers apart --------------------------------------------------------------------

static bool take_text(struct bytes value, char *out) {
    if (value.size == 0 || value.size > HOLDER_PURSE_MAX)
        return false;
    memcpy(out, value.data, value.size);
    out[value.size] = '\0';
    return true;
}

static bool take_octets(struct bytes value, uint8_t *out, size_t size) {
    if (value.size != size)
        return false;
    memcpy(out, value.data, size);
    return true;
}

static bool find_field(struct bytes data, enum field field, struct tlv *out) {
    return tlv_find(data, field_specs[field].tag, out);
}

static bool find_uint(struct bytes data, tlv_tag tag, uint64_t most, uint64_t *out) {
    struct tlv found;
    if (!tlv_find(data, tag, &found) || found.value.size == 0 || found.value.size > 8)
        return false;
    *out = bytes_get_be(found.value.data, found.value.size);
    return *out <= most;
}

static bool find_u32(struct bytes data, enum field field, uint32_t *out) {
    uint64_t value;
    if (!find_uint(data, field_specs[field].tag, UINT32_MAX, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool take_roles(struct bytes data, uint16_t *out) {
    struct tlv roles;
    if (!find_field(data, FIELD_ROLES, &roles) || roles.value.size != 2)
        return false;
    *out = (uint16_t)bytes_get_be(roles.value.data, 2);
    return true;
}

static bool take_balances(struct bytes inner, struct purse_selection *out) {
    struct tlv found;
    out->has_balances = tlv_find(inner, PURSE_TAG_BALANCES, &found);
    if (!out->has_balances)
        return true;
    for (size_t at = 0; at + 10 <= found.value.size; at += 10) {
        if (out->balance_count == PURSE_POCKETS_MAX)
            return false;
        out->balances[out->balance_count++] =
            (struct purse_balance){(uint16_t)bytes_get_be(found.value.data + at, 2),
                                   bytes_get_be(found.value.data + at + 2, 8)};
    }
    return found.value.size % 10 == 0;
}

static bool take_selection(struct bytes answer, struct purse_selection *out) {
    struct tlv fci, inner, id, digest, challenge;
    uint64_t unratified;
    memset(out, 0, sizeof *out);
    if (!tlv_find(answer, PURSE_TAG_FCI, &fci) ||
        !tlv_find(fci.value, PURSE_TAG_PROPRIETARY, &inner))
        return false;
    if (!find_field(inner.value, FIELD_PAYER, &id) || !take_text(id.value, out->id) ||
        !take_roles(inner.value, &out->roles))
        return false;
    if (!tlv_find(inner.value, PURSE_TAG_CERTIFICATE_DIGEST, &digest) ||
        !take_octets(digest.value, out->digest, sizeof out->digest) ||
        !find_field(inner.value, FIELD_CHALLENGE, &challenge) ||
        !take_octets(challenge.value, out->challenge, sizeof out->challenge) ||
        !find_u32(inner.value, FIELD_COUNTER, &out->counter) ||
        !find_uint(inner.value, PURSE_TAG_UNRATIFIED, UINT16_MAX, &unratified))
        return false;
    out->unratified = (unsigned)unratified;
    return take_balances(inner.value, out);
}

static enum purse_outcome select_purse(struct purse_client *client, struct bytes *answer) {
    const struct catalogue_command *row = &os_commands[COMMAND_SELECT];
    return send(client, row, row->p1, row->p2, BYTES_OF(purse_aid), answer);
}

enum purse_outcome client_select(struct purse_client *client) {
    struct bytes answer;
    enum purse_outcome outcome = select_purse(client, &answer);
    if (outcome == PURSE_OK && !take_selection(answer, &client->selection))
        return PURSE_GARBLED;
    return outcome;
}

/// An id that may be absent.
static bool take_optional(struct bytes data, enum field field, char *out) {
    struct tlv found;
    out[0] = '\0';
    if (!find_field(data, field, &found))
        return true;
    if (found.value.size > HOLDER_MAX)
        return false;
    memcpy(out, found.value.data, found.value.size);
    out[found.value.size] = '\0';
    return true;
}

enum purse_outcome client_read_identity(struct purse_client *client, struct purse_identity *out) {
    struct bytes answer;
    enum purse_outcome outcome = get_data(client, PURSE_DATA_IDENTITY, &answer);
    if (outcome != PURSE_OK)
        return outcome;
    if (!take_optional(answer, FIELD_DEVICE, out->device) ||
        !take_optional(answer, FIELD_USER, out->user))
        return PURSE_GARBLED;
    return PURSE_OK;
}

enum purse_outcome client_read_center(struct purse_client *client, char center[HOLDER_MAX + 1]) {
    struct bytes answer;
    enum purse_outcome outcome = get_data(client, PURSE_DATA_TIME, &answer);
    if (outcome == PURSE_OK && !take_optional(answer, FIELD_CENTER, center))
        return PURSE_GARBLED;
    return outcome;
}

static struct purse_pocket take_pocket(const uint8_t *row) {
    return (struct purse_pocket){
        .unit = (uint16_t)bytes_get_be(row, 2),
        .balance = bytes_get_be(row + 2, 8),
        .issued = bytes_get_be(row + 10, 8),
        .loaded = bytes_get_be(row + 18, 8),
        .recredited = bytes_get_be(row + 26, 8),
        .spent = bytes_get_be(row + 34, 8),
        .redeemed = bytes_get_be(row + 42, 8),
        .reserved = bytes_get_be(row + 50, 8),
        .carry = bytes_get_be(row + 58, 8),
    };
}

enum purse_outcome client_read_pockets(struct purse_client *client,
                                       struct purse_pocket pockets[PURSE_POCKETS_MAX],
                                       size_t *count) {
    enum { ROW = 66 };
    struct bytes answer;
    struct tlv found;
    *count = 0;
    enum purse_outcome outcome = get_data(client, PURSE_DATA_POCKETS, &answer);
    if (outcome != PURSE_OK)
        return outcome;
    if (!find_field(answer, FIELD_POCKETS, &found) || found.value.size % ROW != 0 ||
        found.value.size / ROW > PURSE_POCKETS_MAX)
        return PURSE_GARBLED;
    for (; *count < found.value.size / ROW; (*count)++)
        pockets[*count] = take_pocket(found.value.data + *count * ROW);
    return PURSE_OK;
}

enum purse_outcome client_read_counters(struct purse_client *client, uint32_t *counter,
                                        uint64_t *serial) {
    struct bytes answer;
    enum purse_outcome outcome = get_data(client, PURSE_DATA_COUNTERS, &answer);
    if (outcome != PURSE_OK)
        return outcome;
    if (!find_u32(answer, FIELD_COUNTER, counter))
        return PURSE_GARBLED;
    if (!find_uint(answer, field_specs[FIELD_SERIAL].tag, UINT64_MAX, serial))
        *serial = 0;
    return PURSE_OK;
}

static bool take_entry(struct bytes row, struct purse_entry *out) {
    struct tlv payee;
    uint64_t slot;
    if (!find_uint(row, PURSE_TAG_SLOT, UINT16_MAX, &slot) ||
        !find_u32(row, FIELD_COUNTER, &out->counter) || !find_u32(row, FIELD_N, &out->n) ||
        !find_field(row, FIELD_PAYEE, &payee) || !take_text(payee.value, out->payee))
        return false;
    out->slot = (uint16_t)slot;
    return true;
}

enum purse_outcome client_read_unratified(struct purse_client *client, struct purse_entry *entries,
                                          size_t capacity, size_t *count) {
    struct bytes answer;
    struct tlv row;
    *count = 0;
    enum purse_outcome outcome = get_data(client, PURSE_DATA_UNRATIFIED, &answer);
    if (outcome != PURSE_OK)
        return outcome;
    while (*count < capacity && tlv_next(&answer, &row))
        if (row.tag == PURSE_TAG_ENTRY && !take_entry(row.value, &entries[(*count)++]))
            return PURSE_GARBLED;
    return PURSE_OK;
}

static bool take_open(struct bytes row, struct purse_open *out) {
    struct tlv payer, unit, reference;
    memset(out, 0, sizeof *out);
    if (!find_u32(row, FIELD_N, &out->n) || !find_field(row, FIELD_PAYER, &payer) ||
        !take_text(payer.value, out->payer) ||
        !find_uint(row, field_specs[FIELD_AMOUNT].tag, UINT64_MAX, &out->terms.amount))
        return false;
    if (!find_field(row, FIELD_UNIT, &unit) || unit.value.size != 2 ||
        !find_field(row, FIELD_REFERENCE, &reference) || reference.value.size == 0 ||
        reference.value.size > PURSE_REFERENCE_MAX)
        return false;
    out->terms.unit = (uint16_t)bytes_get_be(unit.value.data, 2);
    memcpy(out->terms.reference, reference.value.data, reference.value.size);
    out->terms.reference_size = reference.value.size;
    return true;
}

enum purse_outcome client_read_open(struct purse_client *client, const char *payer,
                                    struct purse_open *out, size_t capacity, size_t *count) {
    struct bytes answer;
    struct tlv row;
    *count = 0;
    enum purse_outcome outcome = get_data(client, PURSE_DATA_WINDOW, &answer);
    if (outcome != PURSE_OK)
        return outcome;
    while (*count < capacity && tlv_next(&answer, &row)) {
        if (row.tag != PURSE_TAG_OPEN)
            continue;
        if (!take_open(row.value, &out[*count]))
            return PURSE_GARBLED;
        if (payer == NULL || strcmp(out[*count].payer, payer) == 0)
            (*count)++;
    }
    return PURSE_OK;
}

enum purse_outcome client_read_window(struct purse_client *client, struct purse_window *out) {
    struct bytes answer;
    enum purse_outcome outcome = get_data(client, PURSE_DATA_WINDOW, &answer);
    if (outcome == PURSE_OK &&
        (!find_u32(answer, FIELD_BASE, &out->base) || !find_u32(answer, FIELD_N, &out->next) ||
         !find_u32(answer, FIELD_FIRST_N, &out->unbatched)))
        return PURSE_GARBLED;
    return outcome;
}

static bool take_sale(struct bytes answer, struct purse_sale *out) {
    struct tlv request;
    uint64_t state, refunds;
    if (!tlv_find(answer, PURSE_TAG_OPEN, &request) || !take_open(request.value, &out->request) ||
        !find_uint(answer, PURSE_TAG_STATE, PURSE_SALE_VOID, &state) ||
        !find_uint(answer, PURSE_TAG_REFUNDED, UINT64_MAX, &out->refunded) ||
        !find_uint(answer, PURSE_TAG_REFUNDS, UINT8_MAX, &refunds))
        return false;
    out->state = (enum purse_sale_state)state;
    out->refunds = (uint8_t)refunds;
    return out->refunded <= out->request.terms.amount;
}

enum purse_outcome client_read_sale(struct purse_client *client, uint32_t n,
                                    struct purse_sale *out) {
    uint8_t data[8];
    struct bytes answer;
    struct tlv_writer writer = tlv_writer_over(data, sizeof data);
    tlv_put_uint(&writer, field_specs[FIELD_N].tag, n);
    enum purse_outcome outcome =
        plain(client, COMMAND_PURSE_GET_SALE, tlv_writer_bytes(&writer), &answer);
    return outcome == PURSE_OK && !take_sale(answer, out) ? PURSE_GARBLED : outcome;
}

enum purse_outcome client_get_log(struct purse_client *client, uint16_t slot,
                                  struct purse_object *log) {
    struct bytes answer;
    enum purse_outcome outcome = command(client, COMMAND_PURSE_GET_LOG, (uint8_t)(slot >> 8),
                                         (uint8_t)(slot & 0xFF), no_data, &answer);
    if (outcome == PURSE_OK && !purse_object_set(log, OBJECT_USAGE_LOG, answer))
        return PURSE_GARBLED;
    return outcome;
}

enum purse_outcome client_read_known(struct purse_client *client,
                                     const uint8_t digest[CERTIFICATE_DIGEST_SIZE], bool *known) {
    struct bytes answer;
    struct tlv found;
    *known = false;
    enum purse_outcome outcome = get_data(client, PURSE_DATA_PEERS, &answer);
    if (outcome != PURSE_OK)
        return outcome;
    if (!tlv_find(answer, PURSE_TAG_PEERS, &found))
        return PURSE_GARBLED;
    for (size_t at = 0; at + CERTIFICATE_DIGEST_SIZE <= found.value.size;
         at += CERTIFICATE_DIGEST_SIZE)
        *known = *known || memcmp(found.value.data + at, digest, CERTIFICATE_DIGEST_SIZE) == 0;
    return PURSE_OK;
}

enum purse_outcome client_read_certificate(struct purse_client *client, struct bytes *certificate) {
    return get_data(client, PURSE_DATA_CERTIFICATE, certificate);
}

// ---- moving value ----------------------------------------------------------------------------

enum purse_outcome client_exchange(struct purse_client *client, struct bytes certificate,
                                   struct bytes *own) {
    return plain(client, COMMAND_PURSE_EXCHANGE_CERTIFICATES, certificate, own);
}

enum purse_outcome client_request(struct purse_client *payee, const struct purse_selection *payer,
                                  const struct purse_terms *terms, struct purse_object *request) {
    uint8_t data[160], unit[2];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    bytes_put_be(unit, sizeof unit, terms->unit);
    tlv_put(&out, field_specs[FIELD_PAYER].tag, bytes_of_string(payer->id));
    tlv_put_uint(&out, field_specs[FIELD_COUNTER].tag, payer->counter);
    tlv_put(&out, field_specs[FIELD_CHALLENGE].tag, BYTES_OF(payer->challenge));
    tlv_put_uint(&out, field_specs[FIELD_AMOUNT].tag, terms->amount);
    tlv_put(&out, field_specs[FIELD_UNIT].tag, BYTES_OF(unit));
    tlv_put(&out, field_specs[FIELD_REFERENCE].tag,
            bytes_of(terms->reference, terms->reference_size));
    if (terms->policy_hash != NULL)
        tlv_put(&out, field_specs[FIELD_POLICY_HASH].tag,
                bytes_of(terms->policy_hash, SHA256_SIZE));
    return object_command(payee, COMMAND_PURSE_REQUEST, tlv_writer_bytes(&out),
                          OBJECT_PAYMENT_REQUEST, request);
}

enum purse_outcome client_debit(struct purse_client *payer, const struct purse_object *request,
                                struct purse_object *log) {
    return object_command(payer, COMMAND_PURSE_DEBIT, bytes_of(request->octets, request->size),
                          OBJECT_USAGE_LOG, log);
}

static enum purse_outcome receipt_of(enum purse_outcome outcome,
                                     const struct purse_object *receipt) {
    if (outcome == PURSE_OK && receipt->object.type != OBJECT_RECEIVE_LOG &&
        receipt->object.type != OBJECT_VOID)
        return PURSE_GARBLED;
    return outcome;
}

enum purse_outcome client_credit(struct purse_client *payee, const struct purse_object *log,
                                 struct purse_object *receipt) {
    return receipt_of(
        object_command(payee, COMMAND_PURSE_CREDIT, bytes_of(log->octets, log->size), 0, receipt),
        receipt);
}

enum purse_outcome client_void(struct purse_client *payee, uint32_t n,
                               struct purse_object *receipt) {
    uint8_t data[8];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_uint(&out, field_specs[FIELD_N].tag, n);
    return receipt_of(object_command(payee, COMMAND_PURSE_VOID, tlv_writer_bytes(&out), 0, receipt),
                      receipt);
}

enum purse_outcome client_ratify(struct purse_client *payer,
                                 const struct purse_object *receive_log) {
    return plain(payer, COMMAND_PURSE_RATIFY, bytes_of(receive_log->octets, receive_log->size),
                 NULL);
}

enum purse_outcome client_take_void(struct purse_client *payer, const struct purse_object *voided) {
    return plain(payer, COMMAND_PURSE_TAKE_VOID, bytes_of(voided->octets, voided->size), NULL);
}

enum purse_outcome client_statement(struct purse_client *client, struct bytes challenge,
                                    struct bytes *statement) {
    return plain(client, COMMAND_PURSE_STATEMENT, challenge, statement);
}

enum purse_outcome client_batch(struct purse_client *client, struct bytes *batch) {
    return plain(client, COMMAND_PURSE_BATCH, no_data, batch);
}

enum purse_outcome client_settle(struct purse_client *client, struct bytes receipt) {
    return plain(client, COMMAND_PURSE_SETTLE, receipt, NULL);
}

enum purse_outcome client_release(struct purse_client *client, struct bytes release) {
    return plain(client, COMMAND_PURSE_RELEASE, release, NULL);
}

enum purse_outcome client_issue(struct purse_client *client, struct bytes issue_log) {
    return plain(client, COMMAND_PURSE_ISSUE, issue_log, NULL);
}

enum purse_outcome client_give_hotlist(struct purse_client *client, struct bytes center,
                                       struct bytes object, struct bytes marks) {
    struct bytes own;
    enum purse_outcome outcome = client_exchange(client, center, &own);
    if (outcome == PURSE_OK)
        outcome = plain(client, COMMAND_PURSE_HOTLIST, object, NULL);
    for (size_t i = 0; outcome == PURSE_OK && marks_part(marks, i).size > 0; i++)
        outcome = command(client, COMMAND_PURSE_HOTLIST_PART, (uint8_t)(i >> 8), (uint8_t)i,
                          marks_part(marks, i), NULL);
    return outcome;
}

enum purse_outcome client_verify_pin(struct purse_client *client, const char *pin) {
    return plain(client, COMMAND_PURSE_VERIFY, bytes_of_string(pin), NULL);
}
