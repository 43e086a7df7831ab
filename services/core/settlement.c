// SPDX-License-Identifier: Apache-2.0
#include "services/core/settlement.h"

#include "apdu/object/ticket.h"
#include "base/calendar.h"

#include <stdio.h>
#include <string.h>

enum { OLDEST_DAYS = 35, AHEAD_DAYS = 1 };

void settlement_text(const uint8_t *octets, size_t count, char *out) {
    for (size_t i = 0; i < count; i++)
        snprintf(out + 2 * i, 3, "%02x", octets[i]);
}

const char *settlement_keep(struct call *call, struct bytes id) {
    struct value kept = value_keep(call->arena, &(struct value){VALUE_TEXT, 0, id});
    return value_string(&kept);
}

// ---- what is asked -----------------------------------------------------------------------------

static bool refuse(struct call *call, const char *what) {
    return call_refuse(call, &docket_bad, "The docket %s", what);
}

/// The docket is the sender's own, and of this header.
static bool check_docket(struct call *call, const struct party *party, const struct object *header,
                         struct settlement *out) {
    struct certificate buyer;
    uint8_t name[TICKET_NAME_SIZE];
    const struct object *docket = party_envelope(party, call, form_inner(&call->in, NAME_DOCKET),
                                                 OBJECT_DOCKET, ROLE_WALLET, &buyer);
    if (docket == NULL)
        return refuse(call, "is not signed by a card that is certified now");
    if (!bytes_equal(buyer.holder, bytes_of_string(call->sender->id)) ||
        !bytes_equal(docket->fields[FIELD_BUYER], buyer.holder) ||
        !bytes_equal(header->fields[FIELD_BUYER], buyer.holder))
        return refuse(call, "or its ticket is somebody else's");
    if (!ticket_name(header, call->crypto, name) ||
        !bytes_equal(docket->fields[FIELD_TICKET], BYTES_OF(name)))
        return refuse(call, "is of another ticket");
    memcpy(out->ticket, name, sizeof out->ticket);
    out->mail = settlement_keep(call, docket->fields[FIELD_SUBSCRIBER]);
    return true;
}

/// A sale that names who settles it is settled by nobody else: it has one end.
static bool is_for(const struct party *party, const struct object *header) {
    struct bytes named = header->fields[FIELD_ACTIVATOR];
    return named.size == 0 || bytes_equal(named, bytes_of_string(party->id));
}

static const struct object *check_header(struct call *call, const struct party *party) {
    struct certificate seller;
    const struct object *header = party_envelope(party, call, form_inner(&call->in, NAME_HEADER),
                                                 OBJECT_TICKET_HEADER, ROLE_SELLER, &seller);
    if (header == NULL || !bytes_equal(header->fields[FIELD_SELLER], seller.holder) ||
        !bytes_equal(header->fields[FIELD_ENTERPRISE], seller.enterprise)) {
        refuse(call, "has a header that is not signed by a seller of its enterprise");
        return NULL;
    }
    uint32_t day = object_date(header, FIELD_DATE);
    if (day > date_add_days(call->today, AHEAD_DAYS) ||
        date_add_days(day, OLDEST_DAYS) < call->today) {
        refuse(call, "is of a sale that is too old, or yet to come");
        return NULL;
    }
    if (is_for(party, header))
        return header;
    refuse(call, "is for somebody else to settle");
    return NULL;
}

static void take_header(struct call *call, const struct object *header, struct settlement *out) {
    char instance[17];
    settlement_text(header->fields[FIELD_INSTANCE].data, 8, instance);
    out->number = settlement_keep(call, header->fields[FIELD_NUMBER]);
    out->enterprise = settlement_keep(call, header->fields[FIELD_ENTERPRISE]);
    out->instance = settlement_keep(call, bytes_of_string(instance));
    out->amount = (int64_t)object_uint(header, FIELD_AMOUNT);
    out->unit = object_unit(header);
    out->date = object_date(header, FIELD_DATE);
}

bool settlement_check(struct call *call, const struct party *party, struct settlement *out) {
    uint8_t sale[TICKET_NAME_SIZE];
    const struct object *header = check_header(call, party);
    if (header == NULL || !check_docket(call, party, header, out))
        return false;
    take_header(call, header, out);
    if (!ticket_sale(header, call->crypto, sale) || out->amount <= 0)
        return refuse(call, "has no charge");
    settlement_text(sale, sizeof sale, out->sale);
    return !call->arena->failed || call_refuse(call, &problem_busy, "There is no memory now");
}

// ---- what is answered --------------------------------------------------------------------------

bool settlement_sign(struct call *call, const struct party *party, const uint8_t ticket[16],
                     bool accepted, uint8_t out[SETTLEMENT_ANSWER_MAX], struct bytes *made) {
    uint8_t result = accepted;
    struct party_signer own;
    struct object_writer writer;
    party_signer(party, call->crypto, &own);
    object_begin(&writer, OBJECT_SETTLEMENT_ANSWER, out, SETTLEMENT_ANSWER_MAX);
    object_put_date(&writer, FIELD_DATE, call->today);
    object_put(&writer, FIELD_TICKET, bytes_of(ticket, TICKET_NAME_SIZE));
    object_put(&writer, FIELD_ACTIVATOR, bytes_of_string(party->id));
    object_put(&writer, FIELD_RESULT, bytes_of(&result, 1));
    bool done = object_sign(&writer, &own.signer, made);
    bytes_erase(&own, sizeof own);
    return done || call_refuse(call, &problem_busy, "The answer cannot be signed now; ask again");
}

void settlement_answer(struct call *call, const char *sale, const char *outcome,
                       struct bytes object) {
    form_set_text(&call->out, NAME_SALE, sale);
    form_set_text(&call->out, NAME_OUTCOME, outcome);
    if (object.size == 0) {
        call->status = 202;
        return;
    }
    form_set_octets(&call->out, NAME_OBJECT, object);
    for (size_t i = 0; i < call->context->certificate_count; i++)
        form_add_octets(&call->out, NAME_CERTIFICATES, call->context->certificates[i]);
}
