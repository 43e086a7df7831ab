// SPDX-License-Identifier: Apache-2.0
// What the clearing center says of cards: numbers and debits that it acknowledged have their ends
// here, who was listed stays on the list while the certificate lives, and a lost card is paid out
// only when nobody can pay with it any more.
#include "apdu/object/marks.h"
#include "base/calendar.h"
#include "host/audit/audit_private.h"

#include <inttypes.h>
#include <stdio.h>

enum { LISTED_DAYS = 35, CLAIM_DAYS = 70, COUNTER_SIZE = 4, PURSE_SIZE = 24 };

// ---- acknowledgements --------------------------------------------------------------------------

struct acknowledging {
    struct examined *examined;
    struct object object;
    struct told_text digest;
    char purse[PURSE_SIZE];
    int64_t found;
};

static bool take_found(void *context, const struct cell *row) {
    *(int64_t *)context = row[0].number;
    return false;
}

static void tell_unended(const struct acknowledging *of, const char *field, int64_t number,
                         struct told_text expected) {
    tell(of->examined, (struct finding){.kind = "acknowledged",
                                        .table = "number",
                                        .row = told_of("%s/%" PRId64, of->purse, number),
                                        .field = field,
                                        .expected = expected,
                                        .found = told_of("nothing"),
                                        .object = of->digest});
}

/// Below its base a payee forgets numbers: the center has all their ends.
static void judge_base(struct acknowledging *of) {
    int64_t base = (int64_t)object_uint(&of->object, FIELD_BASE), found = 0;
    const struct cell in[] = {cell_text(of->purse), cell_int(base)};
    replica_each(&of->examined->replica, "SELECT COUNT(*) FROM number WHERE payee = $1 AND n < $2",
                 in, 2, take_found, &found);
    if (found < base - 1)
        tell_unended(of, "n", base - 1, told_of("%" PRId64 " ends, not %" PRId64, base - 1, found));
}

/// A payer forgets debits that its payees have taken.
static void judge_counters(struct acknowledging *of) {
    struct bytes counters = of->object.fields[FIELD_COUNTERS];
    for (size_t at = 0; at + COUNTER_SIZE <= counters.size; at += COUNTER_SIZE) {
        int64_t counter = (int64_t)bytes_get_be(counters.data + at, COUNTER_SIZE), found = 0;
        const struct cell in[] = {cell_text(of->purse), cell_int(counter)};
        replica_each(&of->examined->replica,
                     "SELECT COUNT(*) FROM usage u JOIN number n ON n.payee = u.payee AND n.n = u.n"
                     " WHERE u.payer = $1 AND u.counter = $2",
                     in, 2, take_found, &found);
        if (found == 0)
            tell_unended(of, "counter", counter, told_of("the payee's receive log or void"));
    }
}

/// The next one must be above all that were signed.
static void judge_version(struct acknowledging *of) {
    int64_t version = (int64_t)object_uint(&of->object, FIELD_VERSION), found = 0;
    const struct cell in[] = {cell_text(of->purse), cell_int(version)};
    replica_each(&of->examined->replica,
                 "SELECT COUNT(*) FROM version WHERE purse = $1 AND version >= $2", in, 2,
                 take_found, &found);
    if (found == 0)
        tell(of->examined, (struct finding){.kind = "version",
                                            .table = "version",
                                            .row = told_of("%s", of->purse),
                                            .field = "version",
                                            .expected = told_of("at least %" PRId64, version),
                                            .found = told_of("lower"),
                                            .object = of->digest});
}

/// Row: octets, digest.
static bool take_acknowledgement(void *context, const struct cell *row) {
    struct acknowledging *of = context;
    if (!object_decode_as(OBJECT_ACKNOWLEDGEMENT, row[0].octets, &of->object))
        return true;
    struct bytes purse = of->object.fields[FIELD_PURSE];
    snprintf(of->purse, sizeof of->purse, "%.*s", (int)purse.size, (const char *)purse.data);
    of->digest = told_octets(row[1].octets);
    judge_version(of);
    if (object_has(&of->object, FIELD_BASE))
        judge_base(of);
    judge_counters(of);
    return true;
}

// ---- the list ----------------------------------------------------------------------------------

static void tell_list(const struct examined *examined, const char *kind, struct told_text row,
                      struct told_text expected, struct told_text found) {
    tell(examined, (struct finding){.kind = kind,
                                    .table = "list",
                                    .row = row,
                                    .field = "marks",
                                    .expected = expected,
                                    .found = found});
}

/// Row: audience, marks, object.
static bool take_list(void *context, const struct cell *row) {
    const struct examined *examined = context;
    uint8_t digest[SHA256_SIZE];
    struct object object;
    if (!object_decode_as(OBJECT_HOTLIST, row[2].octets, &object))
        tell_list(examined, "form", told_of("%s", row[0].text), told_of("hotlist"),
                  told_octets(row[2].octets));
    else if (!marks_digest(examined->audit->crypto, row[1].octets, digest) ||
             !bytes_equal(object.fields[FIELD_LIST_HASH], BYTES_OF(digest)))
        tell_list(examined, "differs", told_of("%s", row[0].text),
                  told_octets(object.fields[FIELD_LIST_HASH]), told_octets(BYTES_OF(digest)));
    return true;
}

/// What the next lists are made of has the marks of a purse that is listed.
static void judge_mark(struct examined *examined, const char *purse, const struct certificate *own,
                       struct bytes mark) {
    int64_t found = 0;
    const struct cell in[] = {cell_octets(mark), cell_int(own->roles), cell_int(own->until)};
    replica_each(&examined->replica,
                 "SELECT COUNT(*) FROM mark WHERE mark = $1 AND roles = $2 AND until = $3", in, 3,
                 take_found, &found);
    if (found == 0)
        tell(examined, (struct finding){.kind = "missing",
                                        .table = "mark",
                                        .row = told_octets(mark),
                                        .field = "mark",
                                        .expected = told_of("%s until %u", purse, own->until),
                                        .found = told_of("nothing")});
}

/// The list for hosts has room for all. Row: purse, certificate, marks, object.
static bool take_listed(void *context, const struct cell *row) {
    struct examined *examined = context;
    struct certificate own;
    struct object list;
    uint8_t digest[CERTIFICATE_DIGEST_SIZE], holder[MARK_SIZE];
    if (certificate_parse(row[1].octets, &own) != CERTIFICATE_OK ||
        !certificate_digest(examined->audit->crypto, row[1].octets, digest) ||
        (object_decode_as(OBJECT_HOTLIST, row[3].octets, &list) &&
         own.until < object_date(&list, FIELD_DATE)))
        return true;
    judge_mark(examined, row[0].text, &own, bytes_of(digest, MARK_SIZE));
    if (mark_of_holder(examined->audit->crypto, own.issuer, own.holder, holder))
        judge_mark(examined, row[0].text, &own, BYTES_OF(holder));
    if (!marks_have(row[2].octets, digest))
        tell_list(examined, "missing", told_of("hosts/%s", row[0].text),
                  told_octets(BYTES_OF(digest)), told_of("nothing"));
    return true;
}

static const struct rule list_rules[] = {
    {"differs", "purse", "listed",
     "SELECT p.id, MIN(f.day), p.listed FROM finding f JOIN purse p ON p.id = f.purse"
     " WHERE p.listed = 0 AND f.word <> 'account' GROUP BY p.id, p.listed ORDER BY p.id"},
};

// ---- lost cards --------------------------------------------------------------------------------

/// Row: entry, when it was made, the day since when the purse is listed.
static bool take_lost(void *context, const struct cell *row) {
    const struct examined *examined = context;
    int64_t due = row[2].number == 0
                      ? INT64_MAX
                      : time_of_date(date_add_days((uint32_t)row[2].number, LISTED_DAYS)) * 1000;
    if (row[1].number < due)
        tell(examined,
             (struct finding){.kind = "order",
                              .table = "transfer",
                              .row = told_of("%s", row[0].text),
                              .field = "made_ms",
                              .expected = row[2].number == 0 ? told_of("a card on the list")
                                                             : told_of("from %" PRId64, due),
                              .found = told_of("%" PRId64, row[1].number)});
    return true;
}

/// What accounts of claims hold, by whose they are.
#define CLAIMED                                                                                    \
    "(SELECT a.owner, a.unit, CAST(SUM(p.amount) AS BIGINT) AS amount FROM ledger_account a CROSS" \
    " JOIN posting p WHERE p.account = a.id AND a.kind = 'CLAIM' GROUP BY a.owner, a.unit)"

static const struct rule claim_rules[] = {
    {"missing", "claim", "since",
     "SELECT b.owner || '/' || CAST(b.unit AS TEXT), b.amount, 'nothing' FROM " CLAIMED
     " b LEFT JOIN claim c ON c.purse = b.owner AND c.unit = b.unit WHERE b.amount <> 0 AND c.purse"
     " IS NULL ORDER BY b.owner, b.unit"},
    {"unjustified", "claim", "since",
     "SELECT c.purse || '/' || CAST(c.unit AS TEXT), 'something claimed', COALESCE(b.amount, 0)"
     " FROM claim c LEFT JOIN " CLAIMED " b ON b.owner = c.purse AND b.unit = c.unit WHERE"
     " COALESCE(b.amount, 0) = 0 ORDER BY c.purse, c.unit"},
};

/// A load that a wallet tells of and that no log has proved in the time that logs may take.
static void judge_claims(struct examined *examined) {
    const int64_t day_s = 24 * 3600;
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT purse || '/' || CAST(unit AS TEXT), 'proven within 70 days', since FROM claim"
             " WHERE since < %" PRIu32 " ORDER BY purse, unit",
             date_of_time((int64_t)(examined->audit->now_ms / 1000) - CLAIM_DAYS * day_s));
    struct rule rule = {"overdue", "claim", "since", sql};
    compare_rules(examined, &rule, 1);
    compare_rules(examined, claim_rules, sizeof claim_rules / sizeof claim_rules[0]);
}

void examine_clearing_cards(struct examined *examined) {
    struct acknowledging acknowledging = {.examined = examined};
    struct replica *replica = &examined->replica;
    if (examined->kinds[OBJECT_ACKNOWLEDGEMENT] > 0)
        replica_each(
            replica,
            "SELECT octets, digest FROM object WHERE kind = 'acknowledgement' ORDER BY digest",
            NULL, 0, take_acknowledgement, &acknowledging);
    replica_each(replica, "SELECT audience, marks, object FROM list ORDER BY audience", NULL, 0,
                 take_list, examined);
    replica_each(replica,
                 "SELECT p.id, p.certificate, l.marks, l.object FROM purse p LEFT JOIN list l"
                 " ON l.audience = 'hosts' WHERE p.listed <> 0 ORDER BY p.id",
                 NULL, 0, take_listed, examined);
    compare_rules(examined, list_rules, sizeof list_rules / sizeof list_rules[0]);
    replica_each(replica,
                 "SELECT t.id, t.made_ms, p.listed FROM transfer t JOIN posting l"
                 " ON l.transfer = t.id JOIN ledger_account a ON a.id = l.account AND"
                 " a.kind = 'PURSE' JOIN purse p ON p.id = a.owner WHERE t.kind = 'lost-card'"
                 " ORDER BY t.id",
                 NULL, 0, take_lost, examined);
    judge_claims(examined);
}
