// SPDX-License-Identifier: Apache-2.0
// GET DATA: who the card is, what day it knows, its devices, what is under way, its room.
// docs/tickets.md, "Reading".
#include "card/applets/tickets/commands.h"
#include "card/applets/tickets/state/lane.h"
#include "card/applets/tickets/state/out.h"
#include "card/identity/identity.h"

static void put_number(struct tickets *tickets, tlv_tag tag, enum ticket_number number) {
    tlv_put_uint(&tickets->call->answer, tag, tickets_get(tickets, number));
}

static uint16_t get_time(struct tickets *tickets) {
    uint8_t packed[4];
    uint32_t date = clock_today(tickets->call);
    identity_put_center(tickets->call);
    for (size_t i = sizeof packed; i-- > 0; date /= 100)
        packed[i] = (uint8_t)(date % 100 / 10 << 4 | date % 10);
    if (bytes_get_be(packed, sizeof packed) != 0)
        tlv_put(&tickets->call->answer, field_specs[FIELD_DATE].tag, BYTES_OF(packed));
    tlv_put_uint(&tickets->call->answer, field_specs[FIELD_VERSION].tag,
                 identity_get(tickets->call, IDENTITY_HOTLIST_VERSION));
    return SW_OK;
}

static uint16_t get_identity(struct tickets *tickets) {
    uint8_t roles[2], holder[HOLDER_MAX];
    bytes_put_be(roles, sizeof roles, tickets->roles);
    tlv_put(&tickets->call->answer, field_specs[FIELD_HOLDER].tag,
            identity_text(tickets->call, IDENTITY_HOLDER, holder));
    tlv_put(&tickets->call->answer, field_specs[FIELD_ROLES].tag, BYTES_OF(roles));
    put_number(tickets, TICKETS_TAG_OPTIONS, TICKET_NUMBER_OPTIONS);
    return SW_OK;
}

static uint16_t get_room(struct tickets *tickets) {
    put_number(tickets, TICKETS_TAG_CAPACITY, TICKET_NUMBER_CAPACITY);
    put_number(tickets, TICKETS_TAG_USED, TICKET_NUMBER_USED);
    put_number(tickets, TICKETS_TAG_OPEN_COUNT, TICKET_NUMBER_OPEN);
    return SW_OK;
}

static uint16_t get_certificate(struct tickets *tickets) {
    return identity_put_certificate(tickets->call);
}

static uint16_t get_devices(struct tickets *tickets) {
    struct lane lane;
    for (uint16_t row = 0; row < tickets->tables.lanes; row++)
        if (lane_at(tickets, row, &lane) && lane.listed)
            tlv_put(&tickets->call->answer, field_specs[FIELD_HOLDER].tag,
                    ticket_id_bytes(&lane.partner));
    return SW_OK;
}

static uint16_t get_open(struct tickets *tickets) {
    struct lane lane;
    struct tlv_writer *answer = &tickets->call->answer;
    for (uint16_t row = 0; row < tickets->tables.lanes; row++) {
        if (!lane_at(tickets, row, &lane) || lane.open == 0)
            continue;
        size_t mark = tlv_begin(answer, TICKETS_TAG_OPEN);
        tlv_put_uint(answer, field_specs[FIELD_N].tag, lane.open);
        tlv_put(answer, field_specs[FIELD_SOURCE].tag, ticket_id_bytes(&lane.partner));
        tlv_end(answer, mark);
    }
    return SW_OK;
}

static uint16_t get_transit(struct tickets *tickets) {
    struct out out;
    struct object state;
    struct tlv_writer *answer = &tickets->call->answer;
    for (uint16_t row = 0; row < OUT_ROWS; row++) {
        if (!out_at(tickets, row, &out) ||
            !object_decode(bytes_of(out.state, out.state_size), &state))
            continue;
        size_t mark = tlv_begin(answer, TICKETS_TAG_TRANSIT);
        tlv_put_uint(answer, field_specs[FIELD_N].tag, out.n);
        tlv_put(answer, field_specs[FIELD_TICKET].tag, state.fields[FIELD_TICKET]);
        tlv_put(answer, field_specs[FIELD_DESTINATION].tag, ticket_id_bytes(&out.destination));
        tlv_end(answer, mark);
    }
    return SW_OK;
}

static const struct {
    uint16_t data;
    bool list; // of the owner's affairs
    uint16_t (*get)(struct tickets *tickets);
} DATA[] = {
    {TICKETS_DATA_TIME, false, get_time},
    {TICKETS_DATA_IDENTITY, false, get_identity},
    {TICKETS_DATA_DEVICES, true, get_devices},
    {TICKETS_DATA_TRANSIT, true, get_transit},
    {TICKETS_DATA_OPEN, true, get_open},
    {TICKETS_DATA_ROOM, true, get_room},
    {TICKETS_DATA_CERTIFICATE, false, get_certificate},
};

uint16_t tickets_get_data(struct tickets *tickets) {
    uint16_t wanted = (uint16_t)(tickets->call->command.p1 << 8 | tickets->call->command.p2);
    for (size_t i = 0; i < sizeof DATA / sizeof DATA[0]; i++)
        if (DATA[i].data == wanted)
            return DATA[i].list && !tickets_may_read(tickets) ? SW_INTERFACE : DATA[i].get(tickets);
    return SW_REFERENCE_NOT_FOUND;
}
