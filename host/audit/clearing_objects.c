// SPDX-License-Identifier: Apache-2.0
// What only the clearing center's objects tell: payers' logs in one order, tills' own totals
// against the logs that are here, batches bit by bit, issue logs on top of what was stated,
// versions.
#include "apdu/crypto/binding.h"
#include "host/audit/audit_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { POCKET = 66, SUM_ROW = 10, UNITS_MAX = 8, NAME_SIZE = 24 };
#define LATE_MS ((int64_t)35 * 24 * 3600 * 1000)

/// A number of a pocket in a statement or batch; 0 where it has no such unit.
enum pocket_number {
    POCKET_BALANCE,
    POCKET_ISSUED,
    POCKET_LOADED,
    POCKET_RECREDITED,
    POCKET_SPENT,
    POCKET_REDEEMED
};

static int64_t pocket_number(const struct object *object, uint16_t unit, enum pocket_number which) {
    struct bytes pockets = object->fields[FIELD_POCKETS];
    for (size_t at = 0; at + POCKET <= pockets.size; at += POCKET)
        if (bytes_get_be(pockets.data + at, 2) == unit)
            return (int64_t)bytes_get_be(pockets.data + at + 2 + 8 * (size_t)which, 8);
    return 0;
}

static struct told_text told_number(int64_t number) {
    return told_of("%" PRId64, number);
}

// ---- a payer's logs ----------------------------------------------------------------------------

struct order {
    struct examined *examined;
    char payer[NAME_SIZE];
    int64_t counter, state;
    size_t units;
    struct {
        int64_t unit, spent, counter; // of its last log
    } last[UNITS_MAX];
};

static void tell_log(const struct order *order, const char *kind, const char *field,
                     int64_t counter, struct told_text expected, struct told_text found) {
    tell(order->examined, (struct finding){.kind = kind,
                                           .table = "usage",
                                           .row = told_of("%s/%" PRId64, order->payer, counter),
                                           .field = field,
                                           .expected = expected,
                                           .found = found});
}

static size_t find_unit(struct order *order, int64_t unit) {
    size_t at = 0;
    while (at < order->units && order->last[at].unit != unit)
        at++;
    if (at == order->units && at + 1 < UNITS_MAX) {
        order->units++;
        order->last[at].unit = unit;
        order->last[at].spent = order->last[at].counter = 0;
    }
    return at;
}

/// Logs that are missing between two tell their sum by the totals of their neighbours.
static void judge_total(struct order *order, const struct cell *row, bool late) {
    size_t at = find_unit(order, row[2].number);
    int64_t counter = row[1].number, before = row[5].number - row[3].number;
    if (before < order->last[at].spent)
        tell_log(order, "rollback", "spent", counter,
                 told_of("at least %" PRId64, order->last[at].spent + row[3].number),
                 told_number(row[5].number));
    else if (before > order->last[at].spent && late)
        tell_log(order, "gap", "amount", counter - 1, told_number(before - order->last[at].spent),
                 told_of("nothing"));
    order->last[at].spent = row[5].number;
}

static bool take_time(void *context, const struct cell *row) {
    *(int64_t *)context = row[0].number;
    return false;
}

/// Is what should have come before this log missing for too long? Asked only of a gap.
static bool is_late(const struct order *order, const struct cell *row) {
    struct examined *examined = order->examined;
    int64_t came_ms = 0;
    if (examined->audit->now_ms == 0)
        return false;
    replica_each(&examined->replica, "SELECT made_ms FROM object WHERE digest = $1", &row[6], 1,
                 take_time, &came_ms);
    return came_ms + LATE_MS < (int64_t)examined->audit->now_ms;
}

/// Row: payer, counter, unit, amount, state number, spent, digest.
static bool take_log(void *context, const struct cell *row) {
    struct order *order = context;
    if (strcmp(order->payer, row[0].text) != 0) {
        *order = (struct order){.examined = order->examined};
        snprintf(order->payer, sizeof order->payer, "%s", row[0].text);
    }
    bool gap = row[1].number != order->counter + 1, late = gap && is_late(order, row);
    if (gap && late)
        tell_log(order, "gap", "counter", row[1].number - 1, told_of("a log"), told_of("nothing"));
    if (row[4].number <= order->state)
        tell_log(order, "rollback", "state_number", row[1].number,
                 told_of("above %" PRId64, order->state), told_number(row[4].number));
    judge_total(order, row, late || !gap);
    order->counter = row[1].number;
    order->state = row[4].number;
    return true;
}

static void judge_logs(struct examined *examined) {
    struct order order = {.examined = examined};
    replica_each(&examined->replica,
                 "SELECT payer, counter, unit, amount, state_number, spent, digest FROM usage"
                 " ORDER BY payer, counter",
                 NULL, 0, take_log, &order);
}

// ---- refunds of a sale, one after the other ----------------------------------------------------

struct turns {
    const struct examined *examined;
    char till[NAME_SIZE];
    int64_t sale, turn;
};

/// Row: payer, sale, counter, octets.
static bool take_refund(void *context, const struct cell *row) {
    struct turns *turns = context;
    struct object log;
    if (!object_decode_as(OBJECT_USAGE_LOG, row[3].octets, &log) ||
        log.fields[FIELD_REFERENCE].size != REFERENCE_REFUND_SIZE)
        return true;
    if (strcmp(turns->till, row[0].text) != 0 || turns->sale != row[1].number) {
        snprintf(turns->till, sizeof turns->till, "%s", row[0].text);
        turns->sale = row[1].number;
        turns->turn = 0;
    }
    int64_t turn = log.fields[FIELD_REFERENCE].data[5];
    if (turn != turns->turn)
        tell(turns->examined,
             (struct finding){.kind = "refund",
                              .table = "usage",
                              .row = told_of("%s/%" PRId64, row[0].text, row[2].number),
                              .field = "turn",
                              .expected = told_number(turns->turn),
                              .found = told_number(turn)});
    turns->turn = turn + 1;
    return true;
}

static void judge_refunds(struct examined *examined) {
    struct turns turns = {.examined = examined};
    replica_each(&examined->replica,
                 "SELECT u.payer, u.sale, u.counter, o.octets FROM usage u JOIN object o"
                 " ON o.digest = u.digest WHERE u.sale <> 0 ORDER BY u.payer, u.sale, u.counter",
                 NULL, 0, take_refund, &turns);
}

// ---- batches -----------------------------------------------------------------------------------

struct batch {
    struct examined *examined;
    struct object object;
    struct told_text row, digest;
    const char *till;
    int64_t number, first;
    struct bytes outcomes;
    int64_t sum;
};

static void tell_batch(const struct batch *batch, const char *kind, const char *field,
                       struct told_text expected, struct told_text found) {
    tell(batch->examined, (struct finding){.kind = kind,
                                           .table = "batch",
                                           .row = batch->row,
                                           .field = field,
                                           .expected = expected,
                                           .found = found,
                                           .object = batch->digest});
}

/// Row: n, outcome.
static bool take_outcome(void *context, const struct cell *row) {
    const struct batch *batch = context;
    size_t at = (size_t)(row[0].number - batch->first);
    bool credited =
        at / 8 < batch->outcomes.size && (batch->outcomes.data[at / 8] >> (7 - at % 8) & 1) != 0;
    if (credited != (row[1].number == 1))
        tell_batch(batch, "two-ends", "outcomes",
                   told_of("%" PRId64 " %s", row[0].number, credited ? "credited" : "void"),
                   told_of("%s", row[1].number == 1 ? "credited" : "void"));
    return true;
}

static bool take_sum(void *context, const struct cell *row) {
    struct batch *batch = context;
    batch->sum = row[0].number;
    return false;
}

/// What the till itself says to have given back, against the logs of it that are here.
static void judge_pocket(struct batch *batch, uint16_t unit) {
    const struct cell in[] = {cell_text(batch->till), cell_int(unit),
                              cell_int((int64_t)object_uint(&batch->object, FIELD_COUNTER))};
    int64_t spent = pocket_number(&batch->object, unit, POCKET_SPENT);
    batch->sum = 0;
    replica_each(&batch->examined->replica,
                 "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM usage WHERE payer = $1 AND"
                 " unit = $2 AND counter < $3",
                 in, 3, take_sum, batch);
    if (spent != batch->sum)
        tell_batch(batch, "totals", "spent", told_number(spent), told_number(batch->sum));
}

/// Sums that the object has and the table of sums has not, or other ones.
static void judge_sums(struct batch *batch, struct bytes sums, const char *field) {
    for (size_t at = 0; at + SUM_ROW <= sums.size; at += SUM_ROW) {
        int64_t unit = (int64_t)bytes_get_be(sums.data + at, 2),
                amount = (int64_t)bytes_get_be(sums.data + at + 2, 8);
        const struct cell in[] = {cell_text(batch->till), cell_int(batch->number), cell_int(unit)};
        batch->sum = 0;
        replica_each(&batch->examined->replica,
                     "SELECT amount FROM batch_sum WHERE payee = $1 AND number = $2 AND unit = $3",
                     in, 3, take_sum, batch);
        if (batch->sum != amount)
            tell_batch(batch, "differs", field, told_number(amount), told_number(batch->sum));
    }
}

/// Row: payee, number, octets, digest, state, object.
static bool take_batch(void *context, const struct cell *row) {
    struct batch *batch = context;
    struct object end;
    if (!object_decode_as(OBJECT_BATCH, row[2].octets, &batch->object))
        return true;
    batch->till = row[0].text;
    batch->number = row[1].number;
    batch->row = told_of("%s/%" PRId64, row[0].text, row[1].number);
    batch->digest = told_octets(row[3].octets);
    batch->first = (int64_t)object_uint(&batch->object, FIELD_FIRST_N);
    batch->outcomes = batch->object.fields[FIELD_OUTCOMES];
    const struct cell in[] = {row[0], cell_int(batch->first),
                              cell_int((int64_t)object_uint(&batch->object, FIELD_LAST_N))};
    replica_each(
        &batch->examined->replica,
        "SELECT n, outcome FROM number WHERE payee = $1 AND n >= $2 AND n <= $3 ORDER BY n", in, 3,
        take_outcome, batch);
    struct bytes pockets = batch->object.fields[FIELD_POCKETS];
    for (size_t at = 0; at + POCKET <= pockets.size; at += POCKET)
        judge_pocket(batch, (uint16_t)bytes_get_be(pockets.data + at, 2));
    if (row[4].number != 1)
        return true;
    judge_sums(batch, batch->object.fields[FIELD_SUMS], "sums");
    if (object_decode_as(OBJECT_SETTLEMENT_RECEIPT, row[5].octets, &end))
        judge_sums(batch, end.fields[FIELD_SUMS], "receipt");
    return true;
}

static void judge_batches(struct examined *examined) {
    struct batch batch = {.examined = examined};
    replica_each(&examined->replica,
                 "SELECT b.payee, b.number, o.octets, b.digest, b.state, b.object FROM batch b"
                 " JOIN object o ON o.digest = b.digest ORDER BY b.payee, b.number",
                 NULL, 0, take_batch, &batch);
}

// ---- statements, and issue logs on top of them -------------------------------------------------

struct stating {
    struct examined *examined;
    struct object object;
    int64_t balance;
    uint16_t unit;
    bool told; // a row has what it says
};

/// An issue log for the state of a statement. Row: object, digest, serial, revision.
static bool take_issue(void *context, const struct cell *row) {
    const struct stating *stating = context;
    struct object log;
    if (!object_decode_as(OBJECT_ISSUE_LOG, row[0].octets, &log))
        return true;
    struct bytes purse = log.fields[FIELD_PURSE];
    int64_t expected = stating->balance + (int64_t)object_uint(&log, FIELD_TRANSFER),
            found = (int64_t)object_uint(&log, FIELD_ALLOWANCE);
    if (expected != found)
        tell(
            stating->examined,
            (struct finding){.kind = "allowance",
                             .table = "issue",
                             .row = told_of("%.*s/%" PRId64 "/%" PRId64, (int)purse.size,
                                            (const char *)purse.data, row[2].number, row[3].number),
                             .field = "allowance",
                             .expected = told_number(expected),
                             .found = told_number(found),
                             .object = told_octets(row[1].octets)});
    return true;
}

static void tell_statement(const struct stating *stating, const char *field, int64_t expected,
                           int64_t found) {
    struct bytes purse = stating->object.fields[FIELD_PURSE];
    tell(stating->examined,
         (struct finding){.kind = "differs",
                          .table = "statement",
                          .row = told_of("%.*s/%u", (int)purse.size, (const char *)purse.data,
                                         (unsigned)stating->unit),
                          .field = field,
                          .expected = told_number(expected),
                          .found = told_number(found)});
}

/// The newest statement is what the row says; issued may have risen since, by a log's totals.
/// Row: state number, counter, issued, loaded, recredited, spent, redeemed.
static bool take_told(void *context, const struct cell *row) {
    static const char *const names[] = {"counter",    "issued", "loaded",
                                        "recredited", "spent",  "redeemed"};
    struct stating *stating = context;
    int64_t state = (int64_t)object_uint(&stating->object, FIELD_STATE_NUMBER);
    stating->told = true;
    if (row[0].number < state)
        tell_statement(stating, "state_number", state, row[0].number);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && row[0].number == state; i++) {
        int64_t said = i == 0 ? (int64_t)object_uint(&stating->object, FIELD_COUNTER)
                              : pocket_number(&stating->object, stating->unit,
                                              (enum pocket_number)(POCKET_BALANCE + i));
        if (i == 1 ? row[2].number < said : row[1 + i].number != said)
            tell_statement(stating, names[i], said, row[1 + i].number);
    }
    return false;
}

/// Row: id, purse.
static bool take_challenge(void *context, const struct cell *row) {
    const struct stating *stating = context;
    const struct object *object = &stating->object;
    if (!bytes_equal(row[0].octets, object->fields[FIELD_CHALLENGE]) ||
        !bytes_equal(row[1].octets, object->fields[FIELD_PURSE]))
        tell(stating->examined,
             (struct finding){.kind = "challenge",
                              .table = "challenge",
                              .row = told_octets(row[0].octets),
                              .field = "used",
                              .expected = told_octets(object->fields[FIELD_CHALLENGE]),
                              .found = told_of("%s", row[1].text)});
    return true;
}

static bool take_statement(void *context, const struct cell *row) {
    struct stating *stating = context;
    if (!object_decode_as(OBJECT_STATEMENT, row[0].octets, &stating->object))
        return true;
    struct bytes pockets = stating->object.fields[FIELD_POCKETS];
    struct bytes purse = stating->object.fields[FIELD_PURSE];
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%.*s", (int)purse.size, (const char *)purse.data);
    replica_each(&stating->examined->replica, "SELECT id, purse FROM challenge WHERE used = $1",
                 &row[1], 1, take_challenge, stating);
    for (size_t at = 0; at + POCKET <= pockets.size; at += POCKET) {
        stating->unit = (uint16_t)bytes_get_be(pockets.data + at, 2);
        stating->balance = pocket_number(&stating->object, stating->unit, POCKET_BALANCE);
        const struct cell in[] = {
            cell_text(name), cell_int(stating->unit),
            cell_int((int64_t)object_uint(&stating->object, FIELD_STATE_NUMBER))};
        replica_each(&stating->examined->replica,
                     "SELECT object, digest, serial, revision FROM issue WHERE purse = $1 AND"
                     " unit = $2 AND state_number = $3",
                     in, 3, take_issue, stating);
        stating->told = false;
        replica_each(&stating->examined->replica,
                     "SELECT state_number, counter, issued, loaded, recredited, spent, redeemed"
                     " FROM statement WHERE purse = $1 AND unit = $2",
                     in, 2, take_told, stating);
        if (!stating->told)
            tell_statement(stating, "purse", 1, 0);
    }
    return true;
}

static void judge_statements(struct examined *examined) {
    struct stating stating = {.examined = examined};
    if (examined->kinds[OBJECT_STATEMENT] == 0)
        return;
    replica_each(&examined->replica,
                 "SELECT octets, digest FROM object WHERE kind = 'statement' ORDER BY digest", NULL,
                 0, take_statement, &stating);
}

// ---- versions ----------------------------------------------------------------------------------

struct versions {
    const struct examined *examined;
    const char *table;
    size_t count;
    struct {
        char name[NAME_SIZE];
        int64_t version;
    } last[64]; // audiences, or purses in the order of their names
};

static struct told_text name_of(const struct object *object) {
    struct bytes purse = object->fields[FIELD_PURSE], roles = object->fields[FIELD_ROLES];
    return roles.size == 2 ? told_of("roles-%02x%02x", roles.data[0], roles.data[1])
                           : told_of("%.*s", (int)purse.size, (const char *)purse.data);
}

/// Versions of one audience or purse rise, in the order in which they were signed.
static bool take_version(void *context, const struct cell *row) {
    struct versions *versions = context;
    struct object object;
    size_t at = 0;
    if (!object_decode(row[0].octets, &object))
        return true;
    struct told_text name = name_of(&object);
    int64_t version = (int64_t)object_uint(&object, FIELD_VERSION);
    while (at < versions->count && strcmp(versions->last[at].name, name.text) != 0)
        at++;
    if (at == versions->count) {
        at = versions->count < 63 ? versions->count++ : 63;
        snprintf(versions->last[at].name, NAME_SIZE, "%.*s", NAME_SIZE - 1, name.text);
    } else if (version <= versions->last[at].version)
        tell(versions->examined,
             (struct finding){.kind = "version",
                              .table = versions->table,
                              .row = name,
                              .field = "version",
                              .expected = told_of("above %" PRId64, versions->last[at].version),
                              .found = told_number(version),
                              .object = told_octets(row[1].octets)});
    versions->last[at].version = version;
    return true;
}

static void judge_versions(struct examined *examined) {
    struct versions lists = {.examined = examined, .table = "list"},
                    budgets = {.examined = examined, .table = "version"};
    if (examined->kinds[OBJECT_HOTLIST] + examined->kinds[OBJECT_ACKNOWLEDGEMENT] == 0)
        return;
    replica_each(
        &examined->replica,
        "SELECT octets, digest FROM object WHERE kind = 'hotlist' ORDER BY made_ms, digest", NULL,
        0, take_version, &lists);
    replica_each(&examined->replica,
                 "SELECT octets, digest FROM object WHERE kind = 'acknowledgement'"
                 " ORDER BY made_ms, digest",
                 NULL, 0, take_version, &budgets);
}

// ---- orders to the bank ------------------------------------------------------------------------

/// Its id follows from what it pays and to whom. Row: id, cause, party, unit, amount.
static bool take_payout(void *context, const struct cell *row) {
    const struct examined *examined = context;
    struct binding binding;
    uint8_t unit[2], digest[SHA256_SIZE];
    bytes_put_be(unit, sizeof unit, (uint64_t)row[3].number);
    binding_begin(&binding, "payout");
    binding_add(&binding, row[1].octets);
    binding_add(&binding, row[2].octets);
    binding_add(&binding, BYTES_OF(unit));
    examined->audit->crypto->ops->sha256(examined->audit->crypto, binding_bytes(&binding), digest);
    struct told_text id = told_octets(bytes_of(digest, SHA256_SIZE / 2));
    if (strcmp(id.text, row[0].text) != 0)
        tell(examined,
             (struct finding){.kind = "twin",
                              .table = "payout",
                              .row = told_of("%s", row[0].text),
                              .field = "id",
                              .expected = id,
                              .found = told_of("%s of %" PRId64, row[0].text, row[4].number)});
    return true;
}

void examine_clearing_objects(struct examined *examined) {
    judge_logs(examined);
    judge_refunds(examined);
    judge_batches(examined);
    judge_statements(examined);
    judge_versions(examined);
    replica_each(&examined->replica,
                 "SELECT id, cause, party, unit, amount FROM payout ORDER BY id", NULL, 0,
                 take_payout, examined);
}
