// SPDX-License-Identifier: Apache-2.0
#include "services/core/books/ledger.h"

#include "base/must.h"
#include "services/core/books/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STATE_PENDING, STATE_POSTED, STATE_VOID };

enum {
    ACCOUNT_OPEN,
    ACCOUNT_FIND,
    ACCOUNT_SET,
    TRANSFER_PUT,
    TRANSFER_FIND,
    POSTING_PUT,
    POSTINGS_OF,
    UNFOLDED_PUT,
    HELD_PUT,
    HELD_DROP,
    FOLD_FIND,
    UNFOLDED_OF,
    HELD_OF,
    UNFOLDED_SOME,
    UNFOLDED_DROP,
    FOLD_PUT,
    LEDGER_SQL,
};

const struct statement ledger_sql[] = {
    [ACCOUNT_OPEN] = {"INSERT INTO ledger_account(id, owner, kind, unit, side, floor, posted,"
                      " lowering) VALUES($1, $2, $3, $4, $5, $6, 0, 0) ON CONFLICT DO NOTHING",
                      "tttiiI", ""},
    [ACCOUNT_FIND] = {"SELECT unit, side, floor, posted, lowering FROM ledger_account"
                      " WHERE id = $1",
                      "t", "iiIii"},
    [ACCOUNT_SET] = {"UPDATE ledger_account SET posted = $2, lowering = $3 WHERE id = $1", "tii",
                     ""},
    [TRANSFER_PUT] = {"INSERT INTO transfer(id, kind, state, of, chain, object, digest, made_ms)"
                      " VALUES($1, $2, $3, $4, $5, $6, $7, $8)"
                      " ON CONFLICT DO NOTHING",
                      "ttiTTbbi", ""},
    [TRANSFER_FIND] = {"SELECT digest, state FROM transfer WHERE id = $1", "t", "bi"},
    [POSTING_PUT] = {"INSERT INTO posting(transfer, line, account, unit, amount)"
                     " VALUES($1, $2, $3, $4, $5)",
                     "titii", ""},
    [POSTINGS_OF] = {"SELECT account, unit, amount FROM posting WHERE transfer = $1 ORDER BY line",
                     "t", "tii"},
    [UNFOLDED_PUT] = {"INSERT INTO unfolded(account, transfer, line, amount)"
                      " VALUES($1, $2, $3, $4)",
                      "ttii", ""},
    [HELD_PUT] = {"INSERT INTO held(account, transfer, line, amount) VALUES($1, $2, $3, $4)",
                  "ttii", ""},
    [HELD_DROP] = {"DELETE FROM held WHERE transfer = $1", "t", ""},
    [FOLD_FIND] = {"SELECT balance FROM fold WHERE account = $1", "t", "i"},
    [UNFOLDED_OF] = {"SELECT amount FROM unfolded WHERE account = $1 ORDER BY transfer, line", "t",
                     "i"},
    [HELD_OF] = {"SELECT amount FROM held WHERE account = $1 ORDER BY transfer, line", "t", "i"},
    [UNFOLDED_SOME] = {"SELECT account, transfer, line, amount FROM unfolded"
                       " ORDER BY account, transfer, line LIMIT $1",
                       "i", "ttii"},
    [UNFOLDED_DROP] = {"DELETE FROM unfolded WHERE account = $1 AND transfer = $2 AND line = $3",
                       "tti", ""},
    [FOLD_PUT] = {"INSERT INTO fold(account, balance) VALUES($1, $2)"
                  " ON CONFLICT(account) DO UPDATE SET balance = $2",
                  "ti", ""},
};
must_cover(ledger_sql, LEDGER_SQL);
const size_t ledger_sql_count = sizeof ledger_sql / sizeof ledger_sql[0];

const char *ledger_result_word(enum ledger_result result) {
    static const char *const words[] = {
        [LEDGER_DONE] = "done",       [LEDGER_AGAIN] = "again",
        [LEDGER_TWIN] = "twin",       [LEDGER_UNBALANCED] = "unbalanced",
        [LEDGER_ACCOUNT] = "account", [LEDGER_UNIT] = "unit",
        [LEDGER_FLOOR] = "floor",     [LEDGER_OVERFLOW] = "overflow",
        [LEDGER_PENDING] = "pending", [LEDGER_ENDED] = "ended",
        [LEDGER_FAILED] = "failed",
    };
    must_cover(words, LEDGER_RESULT_COUNT);
    return words[result];
}

// ---- accounts --------------------------------------------------------------------------------

/// An account as its row says. Only with a floor the row has the balance: what lowers it must see
/// it, and it is one party's.
struct account_row {
    int64_t unit, side, floor, posted, lowering; // lowering: what pending transfers take, below 0
    bool has_floor;
};

/// The row of an account without a floor never changes: one look a transaction will do.
struct ledger_known {
    struct ledger_known *next;
    struct account_row row;
    char id[];
};

static bool is_known(const struct session *session, const char *id, struct account_row *out) {
    for (const struct ledger_known *known = session->known; known != NULL; known = known->next)
        if (strcmp(known->id, id) == 0) {
            *out = known->row;
            return true;
        }
    return false;
}

static void remember(struct session *session, const char *id, const struct account_row *row) {
    size_t size = strlen(id) + 1;
    struct ledger_known *known = arena_take(session->arena, sizeof *known + size);
    if (known == NULL)
        return;
    *known = (struct ledger_known){.next = session->known, .row = *row};
    memcpy(known->id, id, size);
    session->known = known;
}

static bool find_account(struct session *session, const char *id, struct account_row *out) {
    struct value row[5];
    if (is_known(session, id, out))
        return true;
    if (sql_run(session, &ledger_sql[ACCOUNT_FIND], IN(value_text(id)), row) != STORE_ROW)
        return false;
    *out = (struct account_row){.unit = row[0].number,
                                .side = row[1].number,
                                .floor = row[2].number,
                                .has_floor = row[2].kind != VALUE_NULL,
                                .posted = row[3].number,
                                .lowering = row[4].number};
    if (!out->has_floor)
        remember(session, id, out);
    return true;
}

bool ledger_open(struct session *session, const struct ledger_account *account) {
    struct account_row row = {0};
    struct value floor =
        account->has_floor ? value_int(account->floor) : (struct value){.kind = VALUE_NULL};
    if (!is_known(session, account->id, &row))
        sql_run(session, &ledger_sql[ACCOUNT_OPEN],
                IN(value_text(account->id), value_text(account->owner), value_text(account->kind),
                   value_int(account->unit), value_int(account->side), floor),
                NULL);
    return find_account(session, account->id, &row) && row.unit == account->unit &&
           row.side == (int64_t)account->side;
}

/// Wider than any sum of amounts: only the end is judged, not what it passes on the way.
__extension__ typedef __int128 wide;

static bool add_line(void *context, const struct value *row) {
    *(wide *)context += row[0].number;
    return true;
}

/// False: no number of 64 bits.
static bool narrow(wide sum, int64_t *out) {
    *out = (int64_t)sum;
    return sum >= -INT64_MAX && sum <= INT64_MAX;
}

bool ledger_balance(struct session *session, const char *account, struct ledger_balance *out) {
    struct account_row row;
    struct value fold[1] = {0};
    *out = (struct ledger_balance){0};
    if (!find_account(session, account, &row))
        return false;
    wide posted = row.posted * row.side, held = 0;
    if (sql_run(session, &ledger_sql[FOLD_FIND], IN(value_text(account)), fold) == STORE_ROW)
        posted = fold[0].number;
    sql_each(session, &ledger_sql[UNFOLDED_OF], IN(value_text(account)), add_line, &posted);
    sql_each(session, &ledger_sql[HELD_OF], IN(value_text(account)), add_line, &held);
    return narrow(posted * row.side, &out->posted) && narrow(held * row.side, &out->pending) &&
           session->failed == STORE_DONE;
}

// ---- what may be posted ----------------------------------------------------------------------

/// Lines that sum to zero in each unit.
static enum ledger_result check_lines(const struct ledger_transfer *transfer) {
    if (transfer->count == 0 || transfer->count > LEDGER_LINES_MAX)
        return LEDGER_UNBALANCED;
    for (size_t i = 0; i < transfer->count; i++) {
        int64_t sum = 0;
        if (transfer->lines[i].amount == 0)
            return LEDGER_UNBALANCED;
        if (transfer->lines[i].amount == INT64_MIN)
            return LEDGER_OVERFLOW;
        for (size_t k = 0; k < transfer->count; k++)
            if (transfer->lines[k].unit == transfer->lines[i].unit &&
                __builtin_add_overflow(sum, transfer->lines[k].amount, &sum))
                return LEDGER_OVERFLOW;
        if (sum != 0)
            return LEDGER_UNBALANCED;
    }
    return LEDGER_DONE;
}

/// A transfer on its way: what is written of it, and its digest.
struct entry {
    const struct ledger_transfer *transfer;
    int64_t state;
    const char *of; // NULL, or the pending one that this ends
    uint8_t digest[SHA256_SIZE];
    bool in_row[LEDGER_LINES_MAX]; // lines whose account has its balance in its row
};

static bool is_first_of_account(const struct ledger_line *lines, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (strcmp(lines[k].account, lines[i].account) == 0)
            return false;
    return true;
}

/// What all lines together do to the account of the i-th. False: beyond 64 bits.
static bool change_of(const struct ledger_line *lines, size_t count, size_t i, int64_t side,
                      int64_t *change) {
    *change = 0;
    for (size_t k = 0; k < count; k++)
        if (strcmp(lines[k].account, lines[i].account) == 0 &&
            __builtin_add_overflow(*change, lines[k].amount * side, change))
            return false;
    return true;
}

/// What stands in the books sums to zero in each unit, whoever made the lines.
static bool is_balanced(const struct ledger_transfer *transfer) {
    return transfer->count == 0 || check_lines(transfer) == LEDGER_DONE;
}

/// Moves the balance in an account's row. It may rise below its floor, and fall only to it.
static enum ledger_result move_row(struct session *session, const char *account,
                                   struct account_row *row, int64_t posted, int64_t lowering) {
    int64_t left;
    if (__builtin_add_overflow(row->posted, posted, &row->posted) ||
        __builtin_add_overflow(row->lowering, lowering, &row->lowering) ||
        __builtin_add_overflow(row->posted, row->lowering, &left))
        return LEDGER_OVERFLOW;
    if ((posted < 0 || lowering < 0) && left < row->floor)
        return LEDGER_FLOOR;
    must(row->lowering <= 0, "no more comes back to an account than was held");
    sql_run(session, &ledger_sql[ACCOUNT_SET],
            IN(value_text(account), value_int(row->posted), value_int(row->lowering)), NULL);
    return LEDGER_DONE;
}

static enum ledger_result enter_account(struct session *session, struct entry *entry, size_t i) {
    const struct ledger_transfer *transfer = entry->transfer;
    const struct ledger_line *line = &transfer->lines[i];
    struct account_row row;
    int64_t change;
    if (!find_account(session, line->account, &row))
        return LEDGER_ACCOUNT;
    if (row.unit != line->unit)
        return LEDGER_UNIT;
    if (!change_of(transfer->lines, transfer->count, i, row.side, &change))
        return LEDGER_OVERFLOW;
    entry->in_row[i] = row.has_floor;
    if (!row.has_floor || !is_first_of_account(transfer->lines, i))
        return LEDGER_DONE;
    if (entry->state == STATE_POSTED)
        return move_row(session, line->account, &row, change, 0);
    return move_row(session, line->account, &row, 0, change < 0 ? change : 0);
}

static enum ledger_result enter_accounts(struct session *session, struct entry *entry) {
    enum ledger_result result = LEDGER_DONE;
    for (size_t i = 0; i < entry->transfer->count && result == LEDGER_DONE; i++)
        result = enter_account(session, entry, i);
    return result;
}

// ---- writing ---------------------------------------------------------------------------------

/// SHA-256 over lines of text: every field, then account, unit and amount of every line. docs of
/// the journal print it.
static bool entry_digest(struct session *session, const struct crypto *crypto,
                         struct entry *entry) {
    const struct ledger_transfer *transfer = entry->transfer;
    struct buffer text;
    char line[96];
    buffer_init(&text, session->arena->memory);
    buffer_format(&text, "Tessera/1 transfer\n%s\n%s\n%u\n%s\n%s\n%H\n", transfer->id,
                  transfer->kind, (unsigned)entry->state, entry->of != NULL ? entry->of : "",
                  transfer->chain != NULL ? transfer->chain : "",
                  bytes_of(transfer->object, SHA256_SIZE));
    for (size_t i = 0; i < transfer->count; i++) {
        snprintf(line, sizeof line, " %u %" PRId64 "\n", transfer->lines[i].unit,
                 transfer->lines[i].amount);
        buffer_text(&text, transfer->lines[i].account);
        buffer_text(&text, line);
    }
    bool ok = !text.failed && crypto->ops->sha256(crypto, buffer_bytes(&text), entry->digest);
    buffer_free(&text);
    if (!ok)
        sql_fail(session, STORE_BROKEN, "Transfer %s has no digest", transfer->id);
    return ok;
}

/// Effects on balances that stand in no row: held until the end, or unfolded until the keeper.
static void write_lines(struct session *session, const struct entry *entry) {
    const struct ledger_transfer *transfer = entry->transfer;
    bool pending = entry->state == STATE_PENDING;
    struct value postings[LEDGER_LINES_MAX * 5], effects[LEDGER_LINES_MAX * 4];
    struct value id = value_text(transfer->id);
    size_t count = 0;
    must(is_balanced(transfer), "what is posted sums to zero in each unit");
    for (size_t i = 0; i < transfer->count; i++) {
        const struct ledger_line *line = &transfer->lines[i];
        struct value account = value_text(line->account), number = value_int((int64_t)i),
                     amount = value_int(line->amount);
        memcpy(&postings[5 * i], IN(id, number, account, value_int(line->unit), amount),
               5 * sizeof id);
        if (pending || !entry->in_row[i])
            memcpy(&effects[4 * count++], IN(account, id, number, amount), 4 * sizeof id);
    }
    sql_put(session, &ledger_sql[POSTING_PUT], postings, transfer->count);
    sql_put(session, &ledger_sql[pending ? HELD_PUT : UNFOLDED_PUT], effects, count);
}

/// The transfer's row. LEDGER_AGAIN, LEDGER_TWIN: one of its id is there already.
static enum ledger_result write_transfer(struct session *session, const struct entry *entry,
                                         uint64_t now_ms) {
    const struct ledger_transfer *transfer = entry->transfer;
    struct value row[2] = {0};
    if (sql_change(session, &ledger_sql[TRANSFER_PUT],
                   IN(value_text(transfer->id), value_text(transfer->kind), value_int(entry->state),
                      value_text(entry->of), value_text(transfer->chain),
                      value_octets(bytes_of(transfer->object, SHA256_SIZE)),
                      value_octets(BYTES_OF(entry->digest)), value_int((int64_t)now_ms))) !=
        STORE_NONE)
        return LEDGER_DONE;
    if (sql_run(session, &ledger_sql[TRANSFER_FIND], IN(value_text(transfer->id)), row) !=
        STORE_ROW)
        return LEDGER_ENDED; // the pending one has an end of another id
    return bytes_equal(row[0].octets, BYTES_OF(entry->digest)) ? LEDGER_AGAIN : LEDGER_TWIN;
}

/// What the pending one took from accounts whose balance is in their row comes back.
static enum ledger_result release(struct session *session, const struct ledger_line *lines,
                                  size_t count) {
    enum ledger_result result = LEDGER_DONE;
    for (size_t i = 0; i < count && result == LEDGER_DONE; i++) {
        struct account_row row;
        int64_t change;
        if (!is_first_of_account(lines, i))
            continue;
        if (!find_account(session, lines[i].account, &row) ||
            !change_of(lines, count, i, row.side, &change))
            result = LEDGER_ACCOUNT;
        else if (row.has_floor && change < 0)
            result = move_row(session, lines[i].account, &row, 0, -change);
    }
    return result;
}

struct held_lines {
    struct arena *arena;
    struct ledger_line lines[LEDGER_LINES_MAX];
    size_t count;
};

static bool take_held(void *context, const struct value *row) {
    struct held_lines *held = context;
    struct value account = value_keep(held->arena, &row[0]);
    held->lines[held->count++] =
        (struct ledger_line){value_string(&account), (uint16_t)row[1].number, row[2].number};
    return held->count < LEDGER_LINES_MAX;
}

static enum ledger_result end_pending(struct session *session, const char *pending) {
    struct value row[2];
    struct held_lines held = {.arena = session->arena};
    if (sql_run(session, &ledger_sql[TRANSFER_FIND], IN(value_text(pending)), row) != STORE_ROW ||
        row[1].number != STATE_PENDING)
        return LEDGER_PENDING;
    sql_each(session, &ledger_sql[POSTINGS_OF], IN(value_text(pending)), take_held, &held);
    if (session->arena->failed)
        sql_fail(session, STORE_BROKEN, "Out of memory for postings");
    if (session->failed != STORE_DONE)
        return LEDGER_FAILED;
    sql_run(session, &ledger_sql[HELD_DROP], IN(value_text(pending)), NULL);
    return release(session, held.lines, held.count);
}

/// The whole of it, or what stands against it.
static enum ledger_result enter(struct session *session, const struct crypto *crypto,
                                struct entry *entry, uint64_t now_ms) {
    bool voids = entry->state == STATE_VOID;
    enum ledger_result result = voids ? LEDGER_DONE : check_lines(entry->transfer);
    if (result == LEDGER_DONE && !entry_digest(session, crypto, entry))
        return LEDGER_FAILED;
    if (result == LEDGER_DONE)
        result = write_transfer(session, entry, now_ms);
    if (result == LEDGER_DONE && entry->of != NULL)
        result = end_pending(session, entry->of);
    if (result == LEDGER_DONE)
        result = enter_accounts(session, entry);
    if (result == LEDGER_DONE) {
        write_lines(session, entry);
        journal_note(session, entry->digest);
    }
    return session->failed == STORE_DONE ? result : LEDGER_FAILED;
}

enum ledger_result ledger_post(struct session *session, const struct crypto *crypto,
                               const struct ledger_transfer *transfer, uint64_t now_ms) {
    struct entry entry = {.transfer = transfer, .state = STATE_POSTED};
    return enter(session, crypto, &entry, now_ms);
}

enum ledger_result ledger_hold(struct session *session, const struct crypto *crypto,
                               const struct ledger_transfer *transfer, uint64_t now_ms) {
    struct entry entry = {.transfer = transfer, .state = STATE_PENDING};
    return enter(session, crypto, &entry, now_ms);
}

enum ledger_result ledger_end(struct session *session, const struct crypto *crypto,
                              const char *pending, const struct ledger_transfer *transfer,
                              uint64_t now_ms) {
    struct entry entry = {.transfer = transfer,
                          .state = transfer->count == 0 ? STATE_VOID : STATE_POSTED,
                          .of = pending};
    return enter(session, crypto, &entry, now_ms);
}

// ---- folds -----------------------------------------------------------------------------------

enum { FOLD_MOST = 1000 };

struct folding {
    struct arena *arena;
    struct value places[FOLD_MOST][3]; // account, transfer, line
    int64_t amounts[FOLD_MOST];
    size_t count;
};

static bool take_unfolded(void *context, const struct value *row) {
    struct folding *folding = context;
    for (size_t i = 0; i < 3; i++)
        folding->places[folding->count][i] = value_keep(folding->arena, &row[i]);
    folding->amounts[folding->count++] = row[3].number;
    return folding->count < FOLD_MOST;
}

/// Lines begin..end, of one account, into its fold. One that would pass 64 bits keeps its lines.
/// Returns how many were folded.
static size_t fold_account(struct session *session, const struct folding *folding, size_t begin,
                           size_t end) {
    struct value fold[1] = {0}, account = folding->places[begin][0];
    sql_run(session, &ledger_sql[FOLD_FIND], IN(account), fold);
    wide sum = fold[0].number;
    int64_t balance;
    for (size_t i = begin; i < end; i++)
        sum += folding->amounts[i];
    if (!narrow(sum, &balance))
        return 0;
    sql_run(session, &ledger_sql[FOLD_PUT], IN(account, value_int(balance)), NULL);
    sql_put(session, &ledger_sql[UNFOLDED_DROP], folding->places[begin], end - begin);
    return end - begin;
}

static bool is_same_account(const struct folding *folding, size_t a, size_t b) {
    return bytes_equal(folding->places[a][0].octets, folding->places[b][0].octets);
}

size_t ledger_fold(struct session *session) {
    struct folding *folding = arena_take(session->arena, sizeof *folding);
    if (folding != NULL) {
        folding->arena = session->arena;
        sql_each(session, &ledger_sql[UNFOLDED_SOME], IN(value_int(FOLD_MOST)), take_unfolded,
                 folding);
    }
    if (session->arena->failed) {
        sql_fail(session, STORE_BROKEN, "Out of memory for folds");
        return 0;
    }
    size_t folded = 0;
    for (size_t i = 0, end; i < folding->count; i = end) {
        end = i + 1;
        while (end < folding->count && is_same_account(folding, i, end))
            end++;
        folded += fold_account(session, folding, i, end);
    }
    return folded;
}
