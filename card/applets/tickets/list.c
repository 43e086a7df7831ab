// SPDX-License-Identifier: Apache-2.0
// LIST and READ: what the store holds, never a key. docs/tickets.md, "Reading".
#include "card/applets/tickets/commands.h"
#include "card/applets/tickets/state/out.h"
#include "card/applets/tickets/state/slot.h"

enum { PAGE_MAX = 256 }; // octets of an answer: one block

static void put_left(struct tlv_writer *out, const struct ticket_left *left) {
    uint8_t octets[TICKET_LEFT_SIZE];
    ticket_left_write(left, octets);
    tlv_put(out, field_specs[FIELD_LEFT].tag, BYTES_OF(octets));
}

static void put_copy(struct tlv_writer *out, const struct object *header, enum field field) {
    if (object_has(header, field))
        tlv_put(out, field_specs[field].tag, header->fields[field]);
}

static void put_row(const struct tickets *tickets, const struct slot *slot,
                    struct tlv_writer *writer) {
    struct out out;
    size_t mark = tlv_begin(writer, TICKETS_TAG_ROW);
    tlv_put_uint(writer, TICKETS_TAG_SLOT, slot->number);
    tlv_put(writer, field_specs[FIELD_TICKET].tag, BYTES_OF(slot->name));
    put_copy(writer, &slot->header, FIELD_NUMBER);
    put_copy(writer, &slot->header, FIELD_CONTENT);
    put_copy(writer, &slot->header, FIELD_KEY_ID);
    put_left(writer, &slot->left);
    if (slot->state == SLOT_TRANSIT && out_of_slot(tickets, slot->number, &out))
        tlv_put(writer, field_specs[FIELD_DESTINATION].tag, ticket_id_bytes(&out.destination));
    tlv_end(writer, mark);
}

/// Whole rows from a slot on, as many as fit one answer.
uint16_t tickets_list(struct tickets *tickets) {
    uint16_t from = (uint16_t)(tickets->call->command.p1 << 8 | tickets->call->command.p2);
    uint16_t number = from < tickets->tables.slots ? slot_next(tickets, from) : from;
    struct slot slot;
    if (!tickets_may_read(tickets))
        return SW_INTERFACE;
    for (; number < tickets->tables.slots; number = slot_next(tickets, number + 1)) {
        uint8_t buffer[128];
        struct tlv_writer row = tlv_writer_over(buffer, sizeof buffer);
        if (!card_must(tickets->call, slot_read(tickets, number, &slot)))
            return SW_UNKNOWN;
        put_row(tickets, &slot, &row);
        if (tickets->call->answer.size + row.size > PAGE_MAX)
            break;
        tlv_put_raw(&tickets->call->answer, tlv_writer_bytes(&row));
    }
    return SW_OK;
}

uint16_t tickets_read(struct tickets *tickets) {
    static const struct schema_field FIELDS[] = {{FIELD_TICKET, false}};
    struct object named;
    struct slot slot;
    if (!fields_decode(tickets->call->command.data, FIELDS, 1, named.fields))
        return SW_WRONG_DATA;
    if (!tickets_may_read(tickets))
        return SW_INTERFACE;
    if (!slot_find(tickets, named.fields[FIELD_TICKET].data, &slot))
        return SW_RECORD_NOT_FOUND;
    tlv_put_raw(&tickets->call->answer, slot.header.whole);
    put_left(&tickets->call->answer, &slot.left);
    return SW_OK;
}
