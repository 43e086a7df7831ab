// SPDX-License-Identifier: Apache-2.0
// The ledger: every entry balances, is what its digest says and what its object justifies; every
// account holds the sum of its lines. Sums are computed here, in 128 bits.
#include "host/audit/audit_private.h"

#include "apdu/octets/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 wide;

enum { STATE_PENDING, STATE_POSTED, STATE_VOID };

void want(struct wanted *wanted, const char *kind, struct bytes owner, uint16_t unit,
          int64_t amount) {
    char name[UNIT_NAME_MAX];
    wanted->known = true;
    if (amount == 0 || wanted->count == ENTRY_LINES)
        return;
    struct entry_line *line = &wanted->lines[wanted->count++];
    snprintf(line->account, sizeof line->account, "%s:%.*s:%s", kind, (int)owner.size,
             (const char *)owner.data, unit_name(unit, name));
    line->unit = unit;
    line->amount = amount;
}

// ---- an entry ----------------------------------------------------------------------------------

struct ledger {
    struct examined *examined;
    struct entry entry;
    struct wanted wanted;
    uint64_t entries;
};

static struct told_text told_object(const struct entry *entry) {
    return entry->octets_size > 0 ? told_octets(BYTES_OF(entry->object)) : (struct told_text){""};
}

static void tell_line(const struct ledger *ledger, size_t line, const char *kind, const char *field,
                      struct told_text expected, struct told_text found) {
    tell(ledger->examined, (struct finding){.kind = kind,
                                            .table = "posting",
                                            .row = told_of("%s/%zu", ledger->entry.id, line),
                                            .field = field,
                                            .expected = expected,
                                            .found = found,
                                            .object = told_object(&ledger->entry)});
}

static struct told_text told_line(const struct entry_line *line) {
    return told_of("%s %" PRId64, line->account, line->amount);
}

static bool is_line(const struct entry_line *a, const struct entry_line *b) {
    return strcmp(a->account, b->account) == 0 && a->unit == b->unit && a->amount == b->amount;
}

/// Position of a line that stands there as it is, or the end.
static size_t find_line(const struct entry_line *lines, size_t count, const struct entry_line *line,
                        uint64_t used) {
    size_t at = 0;
    while (at < count && ((used >> at & 1) != 0 || !is_line(&lines[at], line)))
        at++;
    return at;
}

static void tell_difference(const struct ledger *ledger, size_t at, const struct entry_line *wanted,
                            const struct entry_line *found) {
    if (strcmp(wanted->account, found->account) != 0 && wanted->amount == found->amount)
        tell_line(ledger, at, "differs", "account", told_of("%s", wanted->account),
                  told_of("%s", found->account));
    else if (strcmp(wanted->account, found->account) != 0)
        tell_line(ledger, at, "differs", "line", told_line(wanted), told_line(found));
    else if (wanted->unit != found->unit)
        tell_line(ledger, at, "differs", "unit", told_of("%" PRId64, wanted->unit),
                  told_of("%" PRId64, found->unit));
    else
        tell_line(ledger, at, "differs", "amount", told_of("%" PRId64, wanted->amount),
                  told_of("%" PRId64, found->amount));
}

/// Lines that are wanted and stand somewhere are put aside; what is left differs, is missing, or is
/// too much. False: something was told.
static bool judge_lines(const struct ledger *ledger) {
    const struct entry *entry = &ledger->entry;
    const struct wanted *wanted = &ledger->wanted;
    uint64_t used = 0, met = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        size_t at = find_line(entry->lines, entry->count, &wanted->lines[i], used);
        if (at < entry->count) {
            used |= (uint64_t)1 << at;
            met |= (uint64_t)1 << i;
        }
    }
    size_t at = 0;
    bool same = true;
    for (size_t i = 0; i < wanted->count; i++) {
        if ((met >> i & 1) != 0)
            continue;
        while (at < entry->count && (used >> at & 1) != 0)
            at++;
        if (at < entry->count)
            tell_difference(ledger, at, &wanted->lines[i], &entry->lines[at]);
        else
            tell_line(ledger, i, "missing", "line", told_line(&wanted->lines[i]),
                      told_of("nothing"));
        at++;
        same = false;
    }
    for (; at < entry->count; at++)
        if ((used >> at & 1) == 0) {
            tell_line(ledger, at, "unjustified", "line", told_of("nothing"),
                      told_line(&entry->lines[at]));
            same = false;
        }
    return same;
}

static bool judge_balance(const struct ledger *ledger) {
    const struct entry *entry = &ledger->entry;
    for (size_t i = 0; i < entry->count; i++) {
        wide sum = 0;
        for (size_t k = 0; k < entry->count; k++)
            sum += entry->lines[k].unit == entry->lines[i].unit ? entry->lines[k].amount : 0;
        if (sum != 0) {
            tell(ledger->examined, (struct finding){.kind = "unbalanced",
                                                    .table = "transfer",
                                                    .row = told_of("%s", entry->id),
                                                    .field = "sum",
                                                    .expected = told_of("0"),
                                                    .found = told_of("%" PRId64, (int64_t)sum),
                                                    .object = told_object(entry)});
            return false;
        }
    }
    return true;
}

static void judge_digest(const struct ledger *ledger) {
    const struct entry *entry = &ledger->entry;
    const struct crypto *crypto = ledger->examined->audit->crypto;
    char text[ENTRY_LINES * (ACCOUNT_SIZE + 32) + 512];
    uint8_t digest[SHA256_SIZE];
    struct told_text object = told_hash(BYTES_OF(entry->object));
    size_t size = (size_t)snprintf(
        text, sizeof text, "Tessera/1 transfer\n%s\n%s\n%" PRId64 "\n%s\n%s\n%s\n", entry->id,
        entry->kind, entry->state, entry->of, entry->chain, object.text);
    for (size_t i = 0; i < entry->count && size < sizeof text; i++)
        size +=
            (size_t)snprintf(text + size, sizeof text - size, "%s %" PRId64 " %" PRId64 "\n",
                             entry->lines[i].account, entry->lines[i].unit, entry->lines[i].amount);
    crypto->ops->sha256(crypto, bytes_of(text, size), digest);
    if (!bytes_equal(BYTES_OF(digest), BYTES_OF(entry->digest)))
        tell(ledger->examined, (struct finding){.kind = "digest",
                                                .table = "transfer",
                                                .row = told_of("%s", entry->id),
                                                .field = "digest",
                                                .expected = told_octets(BYTES_OF(entry->digest)),
                                                .found = told_octets(BYTES_OF(digest)),
                                                .object = told_object(entry)});
}

static void judge_order(const struct ledger *ledger) {
    const struct entry *entry = &ledger->entry;
    if (entry->octets_size > 0 && entry->made_ms < entry->object_ms)
        tell(ledger->examined, (struct finding){.kind = "order",
                                                .table = "transfer",
                                                .row = told_of("%s", entry->id),
                                                .field = "made_ms",
                                                .expected = told_of("%" PRId64, entry->object_ms),
                                                .found = told_of("%" PRId64, entry->made_ms),
                                                .object = told_object(entry)});
}

static void judge_entry(struct ledger *ledger) {
    if (ledger->entry.id[0] == '\0')
        return;
    ledger->entries++;
    ledger->wanted = (struct wanted){.known = false};
    if (ledger->examined->want != NULL)
        ledger->examined->want(ledger->examined, &ledger->entry, &ledger->wanted);
    judge_order(ledger);
    if (!ledger->wanted.known) {
        tell(ledger->examined, (struct finding){.kind = "unjustified",
                                                .table = "transfer",
                                                .row = told_of("%s", ledger->entry.id),
                                                .field = "id",
                                                .expected = told_of("nothing"),
                                                .found = told_line(&ledger->entry.lines[0]),
                                                .object = told_object(&ledger->entry)});
        return;
    }
    if (judge_lines(ledger) && judge_balance(ledger))
        judge_digest(ledger);
}

// ---- reading entries ---------------------------------------------------------------------------

static void copy_octets(struct bytes from, uint8_t *out, size_t capacity) {
    memset(out, 0, capacity);
    memcpy(out, from.data, from.size < capacity ? from.size : capacity);
}

/// Row: id, kind, state, of, chain, object, digest, made_ms, octets, made_ms of the object, ...
static void begin_entry(struct entry *entry, const struct cell *row) {
    memset(entry, 0, offsetof(struct entry, lines));
    snprintf(entry->id, sizeof entry->id, "%s", row[0].text);
    snprintf(entry->kind, sizeof entry->kind, "%s", row[1].text);
    entry->state = row[2].number;
    snprintf(entry->of, sizeof entry->of, "%s", row[3].text);
    snprintf(entry->chain, sizeof entry->chain, "%s", row[4].text);
    copy_octets(row[5].octets, entry->object, SHA256_SIZE);
    copy_octets(row[6].octets, entry->digest, SHA256_SIZE);
    entry->made_ms = row[7].number;
    entry->octets_size = row[8].octets.size <= sizeof entry->octets ? row[8].octets.size : 0;
    if (entry->octets_size > 0)
        memcpy(entry->octets, row[8].octets.data, entry->octets_size);
    entry->object_ms = row[9].number;
}

static bool take_line(void *context, const struct cell *row) {
    struct ledger *ledger = context;
    struct entry *entry = &ledger->entry;
    if (strcmp(entry->id, row[0].text) != 0) {
        judge_entry(ledger);
        begin_entry(entry, row);
    }
    if (row[10].kind == CELL_NULL || entry->count == ENTRY_LINES)
        return true;
    struct entry_line *line = &entry->lines[entry->count++];
    snprintf(line->account, sizeof line->account, "%s", row[11].text);
    line->unit = row[12].number;
    line->amount = row[13].number;
    return true;
}

// ---- accounts ----------------------------------------------------------------------------------

struct account {
    struct examined *examined;
    char id[ACCOUNT_SIZE];
    wide sum;       // of posted lines
    wide lowering;  // what pending ones take
    uint64_t count; // accounts
    wide in_row;    // as the account's row, folds and unfolded lines say
    bool found, has_floor;
    int64_t side, floor;
};

static bool take_account(void *context, const struct cell *row) {
    struct account *account = context;
    account->found = true;
    account->side = row[0].number;
    account->has_floor = row[1].kind != CELL_NULL;
    account->floor = row[1].number;
    account->in_row = account->has_floor ? (wide)row[2].number * account->side : row[3].number;
    return false;
}

static bool add_unfolded(void *context, const struct cell *row) {
    struct account *account = context;
    account->in_row += row[0].number;
    return true;
}

static void tell_account(const struct account *account, const char *kind, const char *field,
                         wide expected, wide found) {
    tell(account->examined, (struct finding){.kind = kind,
                                             .table = "ledger_account",
                                             .row = told_of("%s", account->id),
                                             .field = field,
                                             .expected = told_of("%" PRId64, (int64_t)expected),
                                             .found = told_of("%" PRId64, (int64_t)found)});
}

static void judge_account(struct account *account) {
    struct replica *replica = &account->examined->replica;
    struct cell id = cell_text(account->id);
    if (account->id[0] == '\0')
        return;
    account->count++;
    account->found = false;
    replica_each(
        replica,
        "SELECT a.side, a.floor, a.posted, f.balance FROM ledger_account a LEFT JOIN fold f"
        " ON f.account = a.id WHERE a.id = $1",
        &id, 1, take_account, account);
    if (!account->found) {
        tell_account(account, "missing", "id", account->sum, 0);
        return;
    }
    if (!account->has_floor)
        replica_each(replica, "SELECT amount FROM unfolded WHERE account = $1", &id, 1,
                     add_unfolded, account);
    if (account->in_row != account->sum)
        tell_account(account, "balance", "posted", account->sum * account->side,
                     account->in_row * account->side);
    if (account->has_floor && account->sum * account->side < account->floor)
        tell_account(account, "floor", "posted", account->floor, account->sum * account->side);
}

/// Row: account, amount, state of its entry.
static bool take_posted(void *context, const struct cell *row) {
    struct account *account = context;
    if (strcmp(account->id, row[0].text) != 0) {
        judge_account(account);
        snprintf(account->id, sizeof account->id, "%s", row[0].text);
        account->sum = 0;
    }
    if (row[2].number == STATE_POSTED)
        account->sum += row[1].number;
    return true;
}

static const struct rule ledger_rules[] = {
    {"missing", "transfer", "id",
     "SELECT p.transfer, p.amount, 'a line of no entry' FROM posting p LEFT JOIN transfer t"
     " ON t.id = p.transfer WHERE t.id IS NULL ORDER BY p.transfer, p.line"},
    {"two-ends", "transfer", "of",
     "SELECT t.id, 'a pending entry', CASE WHEN o.id IS NULL THEN 'none' ELSE 'a posted one' END"
     " FROM transfer t LEFT JOIN transfer o ON o.id = t.of WHERE t.of IS NOT NULL AND"
     " (o.id IS NULL OR o.state <> 0) ORDER BY t.id"},
    {"balance", "ledger_account", "posted",
     "SELECT a.id, 0, a.posted FROM ledger_account a WHERE a.posted <> 0 AND NOT EXISTS"
     " (SELECT 1 FROM posting p WHERE p.account = a.id) ORDER BY a.id"},
};

/// A month and the time that logs may come late.
static void judge_pending(struct examined *examined) {
    char sql[400];
    snprintf(sql, sizeof sql,
             "SELECT t.id, 'posted or void', t.made_ms FROM transfer t LEFT JOIN transfer e"
             " ON e.of = t.id WHERE t.state = 0 AND e.id IS NULL AND t.made_ms < %" PRId64
             " ORDER BY t.id",
             (int64_t)examined->audit->now_ms - (int64_t)35 * 24 * 3600 * 1000);
    struct rule rule = {"stuck", "transfer", "state", sql};
    compare_rules(examined, &rule, 1);
}

void examine_ledger(struct examined *examined) {
    struct ledger *ledger = calloc(1, sizeof *ledger);
    struct account account = {.examined = examined};
    if (ledger == NULL) {
        failure_set(&examined->replica.broken, EXIT_REFUSED, "out of memory");
        return;
    }
    ledger->examined = examined;
    replica_each(&examined->replica,
                 "SELECT t.id, t.kind, t.state, t.of, t.chain, t.object, t.digest, t.made_ms,"
                 " o.octets, o.made_ms, p.line, p.account, p.unit, p.amount FROM transfer t"
                 " LEFT JOIN posting p ON p.transfer = t.id LEFT JOIN object o"
                 " ON o.digest = t.object ORDER BY t.id, p.line",
                 NULL, 0, take_line, ledger);
    judge_entry(ledger);
    replica_each(&examined->replica,
                 "SELECT p.account, p.amount, t.state FROM posting p JOIN transfer t"
                 " ON t.id = p.transfer ORDER BY p.account",
                 NULL, 0, take_posted, &account);
    judge_account(&account);
    compare_rules(examined, ledger_rules, sizeof ledger_rules / sizeof ledger_rules[0]);
    judge_pending(examined);
    findings_count(examined->audit->findings, examined->service, "entries", ledger->entries);
    findings_count(examined->audit->findings, examined->service, "accounts", account.count);
    free(ledger);
}
