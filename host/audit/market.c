// SPDX-License-Identifier: Apache-2.0
// A seller's services: each sale's header is the seller's own, it stands in one of two stores, and
// what settled it was money of its amount, once; orders of kiosks, activations, leave to convert;
// contents, their policies and their offers.
#include "apdu/object/ticket.h"
#include "apdu/object/ticket_number.h"
#include "host/audit/audit_private.h"

#include <inttypes.h>
#include <string.h>

static const struct rule licence_rules[] = {
    {"missing", "unsettled", "instance",
     "SELECT s.instance, o.amount, 'in neither store' FROM sale s LEFT JOIN offer o ON o.number ="
     " s.number LEFT JOIN unsettled u ON u.instance = s.instance LEFT JOIN settled t ON t.instance "
     "="
     " s.instance WHERE u.instance IS NULL AND t.instance IS NULL ORDER BY s.instance"},
    {"two-ends", "settled", "instance",
     "SELECT u.instance, 'in one store', 'in both' FROM unsettled u JOIN settled t ON t.instance ="
     " u.instance ORDER BY u.instance"},
    {"missing", "sale", "instance",
     "SELECT x.instance, 'a sale', 'nothing' FROM (SELECT instance FROM unsettled UNION SELECT"
     " instance FROM settled UNION SELECT instance FROM activation UNION SELECT instance FROM"
     " receipt_used WHERE instance <> 'cancelled' AND instance NOT IN (SELECT instance FROM"
     " sale_order WHERE paid IS NOT NULL)) x LEFT JOIN sale s ON s.instance = x.instance WHERE "
     "s.instance IS NULL"
     " ORDER BY x.instance"},
    {"unpaid", "settled", "by_object",
     "SELECT t.instance, o.amount, 'no receipt of that digest' FROM settled t JOIN sale s ON"
     " s.instance = t.instance LEFT JOIN offer o ON o.number = s.number LEFT JOIN receipt_used r ON"
     " r.instance = t.instance AND r.digest = t.by_object WHERE t.by_kind = 'receipt' AND"
     " r.instance IS NULL ORDER BY t.instance"},
    {"twin", "settled", "by_object",
     "SELECT a.instance, b.instance, 'paid by the same' FROM settled a JOIN settled b ON "
     "a.by_object"
     " = b.by_object AND a.instance > b.instance ORDER BY a.instance"},
    {"twin", "receipt_used", "instance",
     "SELECT instance, 1, COUNT(*) FROM receipt_used WHERE instance <> 'cancelled' GROUP BY"
     " instance HAVING COUNT(*) > 1"
     " ORDER BY instance"},
    {"twin", "receipt_used", "digest",
     "SELECT a.till || '/' || CAST(a.n AS TEXT), b.instance, a.instance FROM receipt_used a JOIN"
     " receipt_used b ON a.digest = b.digest AND a.instance > b.instance ORDER BY a.till, a.n"},
    {"differs", "unsettled", "number",
     "SELECT u.instance, s.number, u.number FROM unsettled u JOIN sale s ON s.instance = u.instance"
     " WHERE s.number <> u.number ORDER BY u.instance"},
    {"differs", "settled", "number",
     "SELECT t.instance, s.number, t.number FROM settled t JOIN sale s ON s.instance = t.instance"
     " WHERE s.number <> t.number OR (t.number IS NULL) <> (t.sent_date IS NULL)"
     " ORDER BY t.instance"},
    {"unpaid", "activation", "instance",
     "SELECT a.instance, 'settled', 'not' FROM activation a LEFT JOIN settled t ON t.instance ="
     " a.instance WHERE t.instance IS NULL ORDER BY a.instance"},
    {"missing", "content_key", "content",
     "SELECT o.number, o.content, 'no key' FROM offer o LEFT JOIN content_key k ON k.content ="
     " o.content WHERE k.content IS NULL ORDER BY o.number"},
    {"missing", "offer", "number",
     "SELECT s.instance, s.number, 'no offer' FROM sale s LEFT JOIN offer o ON o.number = s.number"
     " WHERE o.number IS NULL ORDER BY s.instance"},
    {"missing", "offer", "number",
     "SELECT k.instance, k.number, 'no offer' FROM sale_order k LEFT JOIN offer o ON o.number ="
     " k.number WHERE o.number IS NULL ORDER BY k.instance"},
    {"differs", "sale_order", "amount",
     "SELECT k.instance, o.amount, k.amount FROM sale_order k JOIN offer o ON o.number = k.number"
     " WHERE o.amount <> k.amount ORDER BY k.instance"},
    {"differs", "sale_order", "unit",
     "SELECT k.instance, o.unit, k.unit FROM sale_order k JOIN offer o ON o.number = k.number"
     " WHERE o.unit <> k.unit ORDER BY k.instance"},
    {"differs", "sale_order", "number",
     "SELECT k.instance, s.number, k.number FROM sale_order k JOIN sale s ON s.instance ="
     " k.instance WHERE s.number <> k.number ORDER BY k.instance"},
    {"differs", "sale_order", "payer",
     "SELECT k.instance, s.buyer, k.payer FROM sale_order k JOIN sale s ON s.instance = k.instance"
     " WHERE s.buyer <> k.payer ORDER BY k.instance"},
    {"unpaid", "sale_order", "paid",
     "SELECT k.instance, k.amount, 'no receipt of that digest' FROM sale_order k LEFT JOIN"
     " receipt_used r ON r.instance = k.instance AND r.digest = k.paid WHERE k.paid IS NOT NULL AND"
     " r.instance IS NULL ORDER BY k.instance"},
    {"differs", "sale_order", "paid",
     "SELECT k.instance, r.digest, 'nothing' FROM sale_order k JOIN receipt_used r ON r.instance ="
     " k.instance WHERE k.paid IS NULL ORDER BY k.instance"},
};

/// What lets a converter convert: the seller's own, once for each of its containers.
static const struct mirror conversions = {
    .table = "conversion",
    .sql = "SELECT converter, object, 0, original, converter FROM conversion ORDER BY converter,"
           " original",
    .type = OBJECT_CONVERT_GRANT,
    .columns = {{"original", FIELD_ORIGINAL}, {"converter", FIELD_DESTINATION}}};

// ---- headers -----------------------------------------------------------------------------------

static void tell_sale(const struct examined *examined, const struct cell *row, const char *kind,
                      const char *field, struct told_text expected, struct told_text found) {
    tell(examined, (struct finding){.kind = kind,
                                    .table = "sale",
                                    .row = told_of("%s", row[0].text),
                                    .field = field,
                                    .expected = expected,
                                    .found = found});
}

/// What the seller signed of an offer, with each sale of it.
static const struct mirror offers = {
    "offer",
    "SELECT o.number || '/' || s.instance, s.header, o.amount, o.policy_hash, o.unit, o.content,"
    " NULLIF(o.plays, -1), NULLIF(o.copies, -1), NULLIF(o.first_day, -1), NULLIF(o.last_day, -1),"
    " o.activator FROM sale s JOIN offer o ON o.number = s.number ORDER BY s.instance",
    OBJECT_TICKET_HEADER,
    {{"policy_hash", FIELD_POLICY_HASH},
     {"unit", FIELD_UNIT},
     {"content", FIELD_CONTENT},
     {"plays", FIELD_PLAYS},
     {"copies", FIELD_COPIES},
     {"first_day", FIELD_FIRST_DAY},
     {"last_day", FIELD_LAST_DAY},
     {"activator", FIELD_ACTIVATOR}}};

/// The ticket as it is handed out is the seller's, too; a sale that waits is of the header's day.
static void judge_ticket(const struct examined *examined, const struct cell *row,
                         const struct object *header) {
    struct object state;
    int64_t date = (int64_t)object_date(header, FIELD_DATE);
    if (!object_decode_as(OBJECT_TICKET_STATE, row[7].octets, &state) ||
        !trust_signed(examined->audit->trust, ROLE_SELLER, state.body, state.signature.data))
        tell_sale(examined, row, "signature", "state",
                  told_of("signed by a seller in %s", examined->audit->trust->directory),
                  told_octets(row[7].octets));
    if (row[8].kind == CELL_INT && row[8].number != date)
        tell_sale(examined, row, "differs", "sent_date", told_of("%" PRId64, date),
                  told_of("%" PRId64, row[8].number));
}

static bool is_text(const struct object *object, enum field field, const struct cell *cell) {
    return bytes_equal(object->fields[field], cell->octets);
}

/// Row: instance, number, buyer, header, amount, unit, settled day, state, sent day.
static bool take_sale(void *context, const struct cell *row) {
    const struct examined *examined = context;
    struct object header;
    if (!object_decode_as(OBJECT_TICKET_HEADER, row[3].octets, &header)) {
        tell_sale(examined, row, "form", "header", told_of("ticket-header"),
                  told_octets(row[3].octets));
        return true;
    }
    struct told_text instance = told_octets(header.fields[FIELD_INSTANCE]);
    if (strcmp(instance.text, row[0].text) != 0)
        tell_sale(examined, row, "differs", "instance", instance, told_of("%s", row[0].text));
    if (!is_text(&header, FIELD_NUMBER, &row[1]))
        tell_sale(examined, row, "differs", "number",
                  told_of("%.*s", (int)header.fields[FIELD_NUMBER].size,
                          (const char *)header.fields[FIELD_NUMBER].data),
                  told_of("%s", row[1].text));
    if (!is_text(&header, FIELD_BUYER, &row[2]))
        tell_sale(examined, row, "differs", "buyer",
                  told_of("%.*s", (int)header.fields[FIELD_BUYER].size,
                          (const char *)header.fields[FIELD_BUYER].data),
                  told_of("%s", row[2].text));
    if (row[4].kind == CELL_INT && (int64_t)object_uint(&header, FIELD_AMOUNT) != row[4].number)
        tell_sale(examined, row, "differs", "amount",
                  told_of("%" PRIu64, object_uint(&header, FIELD_AMOUNT)),
                  told_of("%" PRId64, row[4].number));
    if (row[6].kind == CELL_INT && row[6].number < (int64_t)object_date(&header, FIELD_DATE))
        tell_sale(examined, row, "order", "settled_date",
                  told_of("from %u", (unsigned)object_date(&header, FIELD_DATE)),
                  told_of("%" PRId64, row[6].number));
    judge_ticket(examined, row, &header);
    if (!trust_signed(examined->audit->trust, ROLE_SELLER, header.body, header.signature.data))
        tell_sale(examined, row, "signature", "header",
                  told_of("signed by a seller in %s", examined->audit->trust->directory),
                  told_octets(header.signature));
    return true;
}

/// What opens a ticket is the seller's, and names this one. Row: instance, object, header.
static bool take_activation(void *context, const struct cell *row) {
    const struct examined *examined = context;
    struct object answer, header;
    uint8_t name[TICKET_NAME_SIZE];
    struct finding finding = {
        .kind = "form", .table = "activation", .row = told_of("%s", row[0].text)};
    finding.field = "object";
    finding.expected = told_of("settlement-answer");
    finding.found = told_octets(row[1].octets);
    if (!object_decode_as(OBJECT_SETTLEMENT_ANSWER, row[1].octets, &answer)) {
        tell(examined, finding);
        return true;
    }
    if (!trust_signed(examined->audit->trust, ROLE_SELLER, answer.body, answer.signature.data)) {
        finding.kind = "signature";
        finding.expected = told_of("signed by a seller in %s", examined->audit->trust->directory);
        tell(examined, finding);
    }
    if (object_decode_as(OBJECT_TICKET_HEADER, row[2].octets, &header) &&
        ticket_name(&header, examined->audit->crypto, name) &&
        !bytes_equal(answer.fields[FIELD_TICKET], BYTES_OF(name))) {
        finding.kind = "differs";
        finding.field = "ticket";
        finding.expected = told_octets(BYTES_OF(name));
        finding.found = told_octets(answer.fields[FIELD_TICKET]);
        tell(examined, finding);
    }
    return true;
}

/// A number of ten signs that is no coded one's was mistyped or made up. Row: number.
static bool take_number(void *context, const struct cell *row) {
    const struct examined *examined = context;
    struct ticket_number number = ticket_number_read(row[0].text);
    if (number.fault != TICKET_NUMBER_GOOD)
        tell(examined, (struct finding){.kind = "number",
                                        .table = "offer",
                                        .row = told_of("%s", row[0].text),
                                        .field = "number",
                                        .expected = told_of("a number whose check signs are right"),
                                        .found = told_of("%s", row[0].text)});
    return true;
}

void examine_licence(struct examined *examined) {
    compare_rules(examined, licence_rules, sizeof licence_rules / sizeof licence_rules[0]);
    replica_each(&examined->replica,
                 "SELECT s.instance, s.number, s.buyer, s.header, o.amount, o.unit, t.settled_date,"
                 " s.state, COALESCE(u.sent_date, t.sent_date) FROM sale s LEFT JOIN offer o ON "
                 "o.number = s.number LEFT"
                 " JOIN settled t ON t.instance = s.instance LEFT JOIN unsettled u ON u.instance ="
                 " s.instance ORDER BY s.instance",
                 NULL, 0, take_sale, examined);
    compare_mirror(examined, &offers);
    compare_signed(examined, &conversions, ROLE_SELLER);
    replica_each(&examined->replica,
                 "SELECT a.instance, a.object, s.header FROM activation a JOIN sale s ON s.instance"
                 " = a.instance ORDER BY a.instance",
                 NULL, 0, take_activation, examined);
    replica_each(&examined->replica, "SELECT number FROM offer ORDER BY number", NULL, 0,
                 take_number, examined);
}

// ---- contents ----------------------------------------------------------------------------------

static const struct rule content_rules[] = {
    {"missing", "content", "id",
     "SELECT o.content || '/' || o.number, 'a content', 'nothing' FROM offer o LEFT JOIN content c"
     " ON c.id = o.content WHERE c.id IS NULL ORDER BY o.content, o.number"},
    {"missing", "content", "id",
     "SELECT k.content, 'a content', 'nothing' FROM content_key k LEFT JOIN content c ON c.id ="
     " k.content WHERE c.id IS NULL ORDER BY k.content"},
    {"differs", "upload", "received",
     "SELECT id, size, received FROM upload WHERE received > size OR received < 0 ORDER BY id"},
    {"differs", "upload", "id",
     "SELECT u.id, 'ended: the content is here', 'under way' FROM upload u JOIN content c ON c.id ="
     " u.id ORDER BY u.id"},
    {"unjustified", "outbox", "id",
     "SELECT o.id, 'the key of a content', 'nothing' FROM outbox o LEFT JOIN content_key k ON o.id"
     " = 'key-' || k.content WHERE k.content IS NULL ORDER BY o.id"},
};

/// A content's policy is its provider's, and names it and whose offers stand on its page.
static const struct mirror policies = {
    .table = "content",
    .sql = "SELECT id, policy, 0, id, enterprise FROM content ORDER BY id",
    .type = OBJECT_POLICY,
    .columns = {{"id", FIELD_CONTENT}, {"enterprise", FIELD_ENTERPRISE}}};

void examine_content(struct examined *examined) {
    compare_rules(examined, content_rules, sizeof content_rules / sizeof content_rules[0]);
    compare_signed(examined, &policies, ROLE_PROVIDER);
}
