// SPDX-License-Identifier: Apache-2.0
#include "host/tickets/ticket_client.h"

#include "apdu/command/applets/os_commands.h"
#include "apdu/command/applets/tickets_commands.h"
#include "apdu/command/send.h"

#include <stdio.h>
#include <string.h>

static const uint8_t tickets_aid[] = AID_TICKETS;
static const struct bytes no_data = {NULL, 0};

void ticket_client_over(struct ticket_client *client, struct link *link) {
    memset(client, 0, sizeof *client);
    client->link = link;
    client->step = "SELECT";
}

void ticket_client_erase(struct ticket_client *client) {
    bytes_erase(client->answer, sizeof client->answer);
    bytes_erase(&client->selection, sizeof client->selection);
}

bool ticket_object_set(struct ticket_object *out, uint8_t type, struct bytes octets) {
    if (octets.size == 0 || octets.size > sizeof out->octets)
        return false;
    memcpy(out->octets, octets.data, octets.size);
    out->size = octets.size;
    return object_decode(bytes_of(out->octets, out->size), &out->object) &&
           out->object.whole.size == out->size && (type == 0 || out->object.type == type);
}

bool ticket_move_set(struct ticket_move *out, struct bytes octets) {
    if (octets.size == 0 || octets.size > sizeof out->octets)
        return false;
    memcpy(out->octets, octets.data, octets.size);
    out->size = octets.size;
    if (!object_decode(bytes_of(out->octets, out->size), &out->header) ||
        out->header.type != OBJECT_TICKET_HEADER)
        return false;
    size_t header = out->header.whole.size;
    return object_decode_as(OBJECT_TICKET_STATE, bytes_of(out->octets + header, out->size - header),
                            &out->state);
}

// ---- sending ---------------------------------------------------------------------------------

static enum ticket_outcome outcome_of(enum link_status status, uint16_t sw) {
    switch (status) {
    case LINK_OK:
        return status_is_ok(sw) ? TICKET_OK : TICKET_REFUSED;
    case LINK_NO_CARD:
    case LINK_TWO_CARDS:
    case LINK_FOREIGN:
        return TICKET_ABSENT;
    case LINK_LOCKED:
        return TICKET_LOCKED;
    default:
        return TICKET_BROKEN;
    }
}

static enum ticket_outcome send(struct ticket_client *client, const struct catalogue_command *row,
                                uint8_t p1, uint8_t p2, struct bytes data, struct bytes *answer) {
    struct apdu_response response;
    client->step = row->title;
    client->newer = false;
    enum link_status status =
        send_row(client->link, row, (struct apdu_command){.p1 = p1, .p2 = p2, .data = data},
                 client->answer, sizeof client->answer, &response, &client->count);
    client->sw = response.sw;
    if (answer != NULL)
        *answer = response.data;
    return outcome_of(status, response.sw);
}

/// A command with P2 of its catalogue row, and P1 of the row but for these bits.
static enum ticket_outcome command(struct ticket_client *client, enum tickets_command id,
                                   uint8_t p1, struct bytes data, struct bytes *answer) {
    const struct catalogue_command *row = &tickets_commands[id];
    return send(client, row, (uint8_t)(row->p1 | p1), row->p2, data, answer);
}

static enum ticket_outcome plain(struct ticket_client *client, enum tickets_command id,
                                 struct bytes data, struct bytes *answer) {
    return command(client, id, 0, data, answer);
}

static enum ticket_outcome get_data(struct ticket_client *client, enum tickets_data what,
                                    struct bytes *answer) {
    return send(client, &tickets_commands[COMMAND_TICKETS_GET_DATA], (uint8_t)(what >> 8),
                (uint8_t)(what & 0xFF), no_data, answer);
}

static enum ticket_outcome object_command(struct ticket_client *client, enum tickets_command id,
                                          struct bytes data, uint8_t type,
                                          struct ticket_object *out) {
    struct bytes answer;
    enum ticket_outcome outcome = plain(client, id, data, &answer);
    if (outcome == TICKET_OK && !ticket_object_set(out, type, answer))
        return TICKET_GARBLED;
    return outcome;
}

// ---- taking answers apart --------------------------------------------------------------------

static bool find_field(struct bytes data, enum field field, struct tlv *out) {
    return tlv_find(data, field_specs[field].tag, out);
}

static bool find_text(struct bytes data, enum field field, char out[HOLDER_MAX + 1]) {
    struct tlv found;
    if (!find_field(data, field, &found) || found.value.size == 0 || found.value.size > HOLDER_MAX)
        return false;
    memcpy(out, found.value.data, found.value.size);
    out[found.value.size] = '\0';
    return true;
}

static bool find_octets(struct bytes data, tlv_tag tag, uint8_t *out, size_t size) {
    struct tlv found;
    if (!tlv_find(data, tag, &found) || found.value.size != size)
        return false;
    memcpy(out, found.value.data, size);
    return true;
}

static bool find_uint(struct bytes data, tlv_tag tag, uint64_t most, uint64_t *out) {
    struct tlv found;
    if (!tlv_find(data, tag, &found) || found.value.size == 0 || found.value.size > 8)
        return false;
    *out = bytes_get_be(found.value.data, found.value.size);
    return *out <= most;
}

static bool take_selection(struct bytes answer, struct ticket_selection *out) {
    struct tlv fci, inner;
    uint64_t in_transit;
    memset(out, 0, sizeof *out);
    if (!tlv_find(answer, TICKETS_TAG_FCI, &fci) ||
        !tlv_find(fci.value, TICKETS_TAG_PROPRIETARY, &inner) ||
        !find_text(inner.value, FIELD_PAYER, out->id) ||
        !find_octets(inner.value, TICKETS_TAG_CERTIFICATE_DIGEST, out->digest,
                     sizeof out->digest) ||
        !find_octets(inner.value, field_specs[FIELD_CHALLENGE].tag, out->challenge,
                     sizeof out->challenge) ||
        !find_uint(inner.value, TICKETS_TAG_IN_TRANSIT, UINT16_MAX, &in_transit))
        return false;
    out->in_transit = (unsigned)in_transit;
    out->offers = find_octets(inner.value, TICKETS_TAG_OFFERED, out->offered, sizeof out->offered);
    return true;
}

enum ticket_outcome ticket_client_select(struct ticket_client *client) {
    const struct catalogue_command *row = &os_commands[COMMAND_SELECT];
    struct bytes answer;
    enum ticket_outcome outcome =
        send(client, row, row->p1, row->p2, BYTES_OF(tickets_aid), &answer);
    if (outcome == TICKET_OK && !take_selection(answer, &client->selection))
        return TICKET_GARBLED;
    return outcome;
}

enum ticket_outcome ticket_client_certificate(struct ticket_client *client,
                                              struct bytes *certificate) {
    return get_data(client, TICKETS_DATA_CERTIFICATE, certificate);
}

enum ticket_outcome ticket_client_exchange(struct ticket_client *client, struct bytes certificate,
                                           struct bytes *own) {
    return plain(client, COMMAND_TICKETS_EXCHANGE_CERTIFICATES, certificate, own);
}

/// What does not decode: is it the header of a ticket that later programs know?
static enum ticket_outcome garbled(struct ticket_client *client, struct bytes answer) {
    struct tlv body, type;
    client->newer = tlv_next(&answer, &body) && body.tag == OBJECT_BODY_TAG &&
                    tlv_next(&body.value, &type) && type.tag == field_specs[FIELD_TYPE].tag &&
                    type.value.size == 2 && type.value.data[0] == OBJECT_TICKET_HEADER &&
                    type.value.data[1] > OBJECT_VERSION;
    return TICKET_GARBLED;
}

// ---- moves -----------------------------------------------------------------------------------

/// Command data out of one named ticket.
struct named {
    uint8_t octets[TICKET_NAME_SIZE + 4];
    struct tlv_writer out;
};

static struct bytes name_data(struct named *data, const uint8_t name[TICKET_NAME_SIZE]) {
    data->out = tlv_writer_over(data->octets, sizeof data->octets);
    tlv_put(&data->out, field_specs[FIELD_TICKET].tag, bytes_of(name, TICKET_NAME_SIZE));
    return tlv_writer_bytes(&data->out);
}

enum ticket_outcome ticket_client_offer(struct ticket_client *client,
                                        const uint8_t name[TICKET_NAME_SIZE]) {
    struct named data;
    return plain(client, COMMAND_TICKETS_OFFER, name_data(&data, name), NULL);
}

enum ticket_outcome ticket_client_accept(struct ticket_client *client, const char *source,
                                         const uint8_t challenge[16], struct bytes reference,
                                         struct ticket_object *request) {
    uint8_t data[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_CHALLENGE].tag, bytes_of(challenge, 16));
    if (reference.size > 0)
        tlv_put(&out, field_specs[FIELD_REFERENCE].tag, reference);
    tlv_put(&out, field_specs[FIELD_SOURCE].tag, bytes_of_string(source));
    return object_command(client, COMMAND_TICKETS_ACCEPT, tlv_writer_bytes(&out),
                          OBJECT_RECEPTION_REQUEST, request);
}

enum ticket_outcome ticket_client_surrender(struct ticket_client *client,
                                            const struct ticket_object *request,
                                            const uint8_t name[TICKET_NAME_SIZE],
                                            struct ticket_move *move) {
    uint8_t data[TICKET_ONE_MAX + TICKET_NAME_SIZE + 4];
    struct named named;
    struct bytes answer;
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_raw(&out, bytes_of(request->octets, request->size));
    tlv_put_raw(&out, name_data(&named, name));
    enum ticket_outcome outcome =
        plain(client, COMMAND_TICKETS_SURRENDER, tlv_writer_bytes(&out), &answer);
    return outcome == TICKET_OK && !ticket_move_set(move, answer) ? garbled(client, answer)
                                                                  : outcome;
}

static enum ticket_outcome end_of(enum ticket_outcome outcome, const struct ticket_object *end) {
    if (outcome == TICKET_OK && end->object.type != OBJECT_MOVE_RECEIPT &&
        end->object.type != OBJECT_MOVE_CANCEL)
        return TICKET_GARBLED;
    return outcome;
}

enum ticket_outcome ticket_client_import(struct ticket_client *client,
                                         const struct ticket_move *move,
                                         struct ticket_object *end) {
    return end_of(
        object_command(client, COMMAND_TICKETS_IMPORT, bytes_of(move->octets, move->size), 0, end),
        end);
}

enum ticket_outcome ticket_client_cancel(struct ticket_client *client, uint32_t n,
                                         const char *source, struct ticket_object *end) {
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_uint(&out, field_specs[FIELD_N].tag, n);
    tlv_put(&out, field_specs[FIELD_SOURCE].tag, bytes_of_string(source));
    return end_of(object_command(client, COMMAND_TICKETS_CANCEL, tlv_writer_bytes(&out), 0, end),
                  end);
}

enum ticket_outcome ticket_client_end(struct ticket_client *client,
                                      const struct ticket_object *end) {
    bool cancelled = end->object.type == OBJECT_MOVE_CANCEL;
    return plain(client, cancelled ? COMMAND_TICKETS_TAKE_CANCEL : COMMAND_TICKETS_COMPLETE,
                 bytes_of(end->octets, end->size), NULL);
}

// ---- use -------------------------------------------------------------------------------------

enum ticket_outcome ticket_client_play(struct ticket_client *client, struct bytes request,
                                       struct bytes presence, struct bytes *grant) {
    uint8_t data[2 * TICKET_ONE_MAX];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_raw(&out, request);
    tlv_put_raw(&out, presence);
    return plain(client, COMMAND_TICKETS_PLAY, tlv_writer_bytes(&out), grant);
}

enum ticket_outcome ticket_client_prove(struct ticket_client *client, const uint8_t challenge[16],
                                        const uint8_t name[TICKET_NAME_SIZE], const char *store,
                                        enum ticket_action action, struct bytes *presence) {
    uint8_t data[64];
    const uint8_t octet = (uint8_t)action;
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_CHALLENGE].tag, bytes_of(challenge, 16));
    tlv_put(&out, field_specs[FIELD_TICKET].tag, bytes_of(name, TICKET_NAME_SIZE));
    tlv_put(&out, field_specs[FIELD_DESTINATION].tag, bytes_of_string(store));
    tlv_put(&out, field_specs[FIELD_ACTION].tag, bytes_of(&octet, 1));
    return plain(client, COMMAND_TICKETS_PROVE, tlv_writer_bytes(&out), presence);
}

enum ticket_outcome ticket_client_docket(struct ticket_client *client,
                                         const uint8_t name[TICKET_NAME_SIZE], uint32_t date,
                                         const char *subscriber, struct bytes *docket) {
    uint8_t data[128], day[4];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    for (size_t i = sizeof day; i-- > 0; date /= 100)
        day[i] = (uint8_t)(date % 100 / 10 << 4 | date % 10);
    tlv_put(&out, field_specs[FIELD_DATE].tag, BYTES_OF(day));
    tlv_put(&out, field_specs[FIELD_TICKET].tag, bytes_of(name, TICKET_NAME_SIZE));
    tlv_put(&out, field_specs[FIELD_SUBSCRIBER].tag, bytes_of_string(subscriber));
    return plain(client, COMMAND_TICKETS_DOCKET, tlv_writer_bytes(&out), docket);
}

enum ticket_outcome ticket_client_activate(struct ticket_client *client, struct bytes answer) {
    return plain(client, COMMAND_TICKETS_ACTIVATE, answer, NULL);
}

// ---- reading ---------------------------------------------------------------------------------

enum ticket_outcome ticket_client_identity(struct ticket_client *client,
                                           struct ticket_identity *out) {
    struct bytes answer;
    uint8_t roles[2];
    uint64_t options = 0;
    enum ticket_outcome outcome = get_data(client, TICKETS_DATA_IDENTITY, &answer);
    if (outcome != TICKET_OK)
        return outcome;
    if (!find_text(answer, FIELD_HOLDER, out->id) ||
        !find_octets(answer, field_specs[FIELD_ROLES].tag, roles, sizeof roles) ||
        !find_uint(answer, TICKETS_TAG_OPTIONS, UINT8_MAX, &options))
        return TICKET_GARBLED;
    out->roles = (uint16_t)bytes_get_be(roles, sizeof roles);
    out->options = (uint8_t)options;
    return TICKET_OK;
}

static bool take_left(struct bytes data, struct ticket_left *out) {
    uint8_t left[TICKET_LEFT_SIZE];
    if (!find_octets(data, field_specs[FIELD_LEFT].tag, left, sizeof left))
        return false;
    *out = ticket_left_read(left);
    return true;
}

static bool take_row(struct bytes data, struct ticket_row *out) {
    uint64_t slot;
    memset(out, 0, sizeof *out);
    if (!find_uint(data, TICKETS_TAG_SLOT, UINT16_MAX, &slot) ||
        !find_octets(data, field_specs[FIELD_TICKET].tag, out->name, sizeof out->name) ||
        !find_text(data, FIELD_NUMBER, out->number) || !take_left(data, &out->left))
        return false;
    out->slot = (uint16_t)slot;
    out->by_key = !find_text(data, FIELD_CONTENT, out->content);
    if (out->by_key && !find_text(data, FIELD_KEY_ID, out->content))
        return false;
    if (!find_text(data, FIELD_DESTINATION, out->destination))
        out->destination[0] = '\0';
    return true;
}

enum ticket_outcome ticket_client_list(struct ticket_client *client, uint16_t from,
                                       struct ticket_row *rows, size_t *count) {
    struct bytes answer;
    struct tlv row;
    *count = 0;
    enum ticket_outcome outcome = send(client, &tickets_commands[COMMAND_TICKETS_LIST],
                                       (uint8_t)(from >> 8), (uint8_t)from, no_data, &answer);
    while (outcome == TICKET_OK && answer.size > 0) {
        if (*count == TICKET_PAGE_ROWS || !tlv_next(&answer, &row) || row.tag != TICKETS_TAG_ROW ||
            !take_row(row.value, &rows[*count]) || rows[*count].slot < from)
            return TICKET_GARBLED;
        (*count)++;
    }
    return outcome;
}

enum ticket_outcome ticket_client_read(struct ticket_client *client,
                                       const uint8_t name[TICKET_NAME_SIZE], struct object *header,
                                       struct ticket_left *left) {
    struct named data;
    struct bytes answer;
    enum ticket_outcome outcome =
        plain(client, COMMAND_TICKETS_READ, name_data(&data, name), &answer);
    if (outcome != TICKET_OK)
        return outcome;
    if (!object_decode(answer, header) || header->type != OBJECT_TICKET_HEADER)
        return garbled(client, answer);
    size_t size = header->whole.size;
    return take_left(bytes_of(answer.data + size, answer.size - size), left) ? TICKET_OK
                                                                             : TICKET_GARBLED;
}

static bool take_transit(struct bytes row, struct ticket_transit *out) {
    uint64_t n;
    if (!find_uint(row, field_specs[FIELD_N].tag, UINT32_MAX, &n) ||
        !find_octets(row, field_specs[FIELD_TICKET].tag, out->name, sizeof out->name))
        return false;
    out->n = (uint32_t)n;
    return find_text(row, FIELD_DESTINATION, out->destination);
}

enum ticket_outcome ticket_client_transit(struct ticket_client *client, struct ticket_transit *out,
                                          size_t *count) {
    struct bytes answer;
    struct tlv row;
    *count = 0;
    enum ticket_outcome outcome = get_data(client, TICKETS_DATA_TRANSIT, &answer);
    while (outcome == TICKET_OK && answer.size > 0)
        if (*count == TICKET_TRANSIT_MAX || !tlv_next(&answer, &row) ||
            row.tag != TICKETS_TAG_TRANSIT || !take_transit(row.value, &out[(*count)++]))
            return TICKET_GARBLED;
    return outcome;
}

enum ticket_outcome ticket_client_room(struct ticket_client *client, struct ticket_room *out) {
    struct bytes answer;
    uint64_t capacity, used, open;
    enum ticket_outcome outcome = get_data(client, TICKETS_DATA_ROOM, &answer);
    if (outcome != TICKET_OK)
        return outcome;
    if (!find_uint(answer, TICKETS_TAG_CAPACITY, UINT16_MAX, &capacity) ||
        !find_uint(answer, TICKETS_TAG_USED, UINT16_MAX, &used) ||
        !find_uint(answer, TICKETS_TAG_OPEN_COUNT, UINT16_MAX, &open))
        return TICKET_GARBLED;
    *out = (struct ticket_room){(unsigned)capacity, (unsigned)used, (unsigned)open};
    return TICKET_OK;
}

// ---- the owner -------------------------------------------------------------------------------

enum ticket_outcome ticket_client_devices(struct ticket_client *client, struct ticket_device *out,
                                          size_t *count) {
    struct bytes answer;
    struct tlv row;
    *count = 0;
    enum ticket_outcome outcome = get_data(client, TICKETS_DATA_DEVICES, &answer);
    while (outcome == TICKET_OK && answer.size > 0) {
        if (*count == TICKET_DEVICES_MAX || !tlv_next(&answer, &row) ||
            row.tag != field_specs[FIELD_HOLDER].tag || row.value.size > HOLDER_MAX)
            return TICKET_GARBLED;
        struct ticket_device *device = &out[(*count)++];
        memcpy(device->id, row.value.data, row.value.size);
        device->id[row.value.size] = '\0';
    }
    return outcome;
}

enum ticket_outcome ticket_client_verify(struct ticket_client *client, const char *pin) {
    return plain(client, COMMAND_TICKETS_VERIFY, bytes_of_string(pin), NULL);
}

enum ticket_outcome ticket_client_set_device(struct ticket_client *client, bool add,
                                             const char *id) {
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_HOLDER].tag, bytes_of_string(id));
    return command(client, COMMAND_TICKETS_SET_DEVICE,
                   add ? TICKETS_DEVICE_ADD : TICKETS_DEVICE_REMOVE, tlv_writer_bytes(&out), NULL);
}

enum ticket_outcome ticket_client_forget(struct ticket_client *client, bool in_transit,
                                         const uint8_t name[TICKET_NAME_SIZE]) {
    struct named data;
    return command(client, COMMAND_TICKETS_FORGET,
                   in_transit ? TICKETS_FORGET_TRANSIT : TICKETS_FORGET_TICKET,
                   name_data(&data, name), NULL);
}

// ---- names -----------------------------------------------------------------------------------

void ticket_name_text(const uint8_t name[TICKET_NAME_SIZE], char text[TICKET_NAME_TEXT]) {
    for (size_t i = 0; i < TICKET_NAME_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", name[i]);
}

static int digit_of(char sign) {
    const char *digits = "0123456789abcdef", *found;
    char low = sign >= 'A' && sign <= 'F' ? (char)(sign - 'A' + 'a') : sign;
    found = low != '\0' ? strchr(digits, low) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

bool ticket_name_from_text(const char *text, uint8_t name[TICKET_NAME_SIZE]) {
    if (strlen(text) != 2 * TICKET_NAME_SIZE)
        return false;
    for (size_t i = 0; i < TICKET_NAME_SIZE; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        name[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
