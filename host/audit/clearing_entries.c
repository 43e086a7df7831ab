// SPDX-License-Identifier: Apache-2.0
// What each entry of the clearing center must hold: told by the object that justifies it, by the
// policy that a fee is divided by, by what the bank told of. One function a kind of entry, by the
// first letter of its id.
#include "apdu/octets/unit.h"
#include "host/audit/audit_private.h"
#include "host/audit/shares.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 5, PART_SIZE = 48, POCKET = 66, AT_ISSUED = 10, AT_REDEEMED = 42 };

/// An id cut at its colons; a name may have colons of its own, so cuts go from behind.
struct parts {
    size_t count;
    char text[PARTS][PART_SIZE];
};

/// "S:shop:till-1:3:1" into "shop:till-1", "3", "1" for numbers = 2.
static struct parts cut(const char *id, size_t numbers) {
    struct parts parts = {.count = numbers + 1};
    char text[ENTRY_ID_SIZE];
    snprintf(text, sizeof text, "%s", id + 2);
    for (size_t i = numbers; i > 0; i--) {
        char *colon = strrchr(text, ':');
        if (colon == NULL)
            return (struct parts){0};
        snprintf(parts.text[i], PART_SIZE, "%s", colon + 1);
        *colon = '\0';
    }
    snprintf(parts.text[0], PART_SIZE, "%.*s", PART_SIZE - 1, text);
    return parts;
}

static int64_t number_of(const char *text) {
    return strtoll(text, NULL, 10);
}

static struct bytes name_of(const char *text) {
    return bytes_of_string(text);
}

struct wanting {
    struct examined *examined;
    const struct entry *entry;
    struct wanted *wanted;
    struct object object; // that justifies it
    bool has_object;
    struct parts parts;
    bool found;
    int64_t numbers[4]; // of a row that was looked up
    char name[PART_SIZE];
};

static bool take_row(void *context, const struct cell *row) {
    struct wanting *wanting = context;
    wanting->found = true;
    snprintf(wanting->name, sizeof wanting->name, "%s", row[0].text);
    for (size_t i = 0; i < 4; i++)
        wanting->numbers[i] = row[1 + i].number;
    return false;
}

/// A name and up to four numbers into the wanting. False: no such row.
static bool look_up(struct wanting *wanting, const char *sql, const struct cell *in, size_t count) {
    wanting->found = false;
    replica_each(&wanting->examined->replica, sql, in, count, take_row, wanting);
    return wanting->found;
}

static bool is_of(const struct wanting *wanting, enum object_type type) {
    return wanting->has_object && wanting->object.type == type;
}

static bool has_account(const struct wanting *wanting, const char *kind) {
    for (size_t i = 0; i < wanting->entry->count; i++)
        if (strncmp(wanting->entry->lines[i].account, kind, strlen(kind)) == 0)
            return true;
    return false;
}

/// A total of a log, or of a statement's pocket of this unit, where it stands at an offset.
static int64_t total_of(const struct object *object, enum field field, uint16_t unit,
                        size_t offset) {
    struct bytes pockets = object->fields[FIELD_POCKETS];
    if (object_has(object, field))
        return (int64_t)object_uint(object, field);
    for (size_t at = 0; at + POCKET <= pockets.size; at += POCKET)
        if (bytes_get_be(pockets.data + at, 2) == unit)
            return (int64_t)bytes_get_be(pockets.data + at + offset, 8);
    return -1;
}

// ---- logs --------------------------------------------------------------------------------------

/// A debit: out of the payer's purse (or a loss, when the purse had been paid out or copied), into
/// the payee's, or into the air where its end came later.
static void want_usage(struct wanting *wanting) {
    const struct object *log = &wanting->object;
    if (!is_of(wanting, OBJECT_USAGE_LOG) ||
        !bytes_equal(log->fields[FIELD_PAYER], name_of(wanting->parts.text[0])) ||
        (int64_t)object_uint(log, FIELD_COUNTER) != number_of(wanting->parts.text[1]))
        return;
    uint16_t unit = object_unit(log);
    int64_t amount = (int64_t)object_uint(log, FIELD_AMOUNT);
    bool loss = has_account(wanting, "LOSS:") &&
                (wanting->entry->id[0] == 'X' ||
                 look_up(wanting, "SELECT id, state FROM purse WHERE id = $1 AND state = 2",
                         (struct cell[]){cell_text(wanting->parts.text[0])}, 1));
    want(wanting->wanted, loss ? "LOSS" : "PURSE", loss ? name_of("") : log->fields[FIELD_PAYER],
         unit, amount);
    want(wanting->wanted, has_account(wanting, "AIR:") ? "AIR" : "PURSE", log->fields[FIELD_PAYEE],
         unit, -amount);
}

/// Its end, which came later: amount and parties are the log's.
static void want_end(struct wanting *wanting) {
    bool credited = wanting->entry->id[0] == 'R';
    if (!is_of(wanting, credited ? OBJECT_RECEIVE_LOG : OBJECT_VOID) ||
        !look_up(wanting, "SELECT payee, unit, amount FROM usage WHERE payer = $1 AND counter = $2",
                 (struct cell[]){cell_text(wanting->parts.text[0]),
                                 cell_int(number_of(wanting->parts.text[1]))},
                 2))
        return;
    uint16_t unit = (uint16_t)wanting->numbers[0];
    int64_t amount = wanting->numbers[1];
    want(wanting->wanted, "AIR", name_of(wanting->name), unit, amount);
    want(wanting->wanted, "PURSE", name_of(credited ? wanting->name : wanting->parts.text[0]), unit,
         -amount);
}

// ---- issue -------------------------------------------------------------------------------------

/// The party of the scheme that a unit is of, or that has this money prepaid. False: none.
static bool find_scheme(struct wanting *wanting, int64_t unit) {
    return look_up(wanting, "SELECT party, worth, money FROM scheme WHERE unit = $1",
                   (struct cell[]){cell_int(unit)}, 1);
}

/// What a scheme paid in, so that its units can be redeemed.
static bool want_prepaid(struct wanting *wanting) {
    const struct entry_line *line = &wanting->entry->lines[0];
    if (wanting->entry->count != 2 || !has_account(wanting, "PREPAID:"))
        return false;
    for (size_t i = 0; i < 2; i++)
        if (strncmp(wanting->entry->lines[i].account, "PREPAID:", 8) == 0) {
            const char *owner = wanting->entry->lines[i].account + 8;
            struct bytes party = bytes_of(owner, strcspn(owner, ":"));
            want(wanting->wanted, "BANK", name_of(""), (uint16_t)line->unit, line->amount);
            want(wanting->wanted, "PREPAID", party, (uint16_t)line->unit, -line->amount);
        }
    return true;
}

static void want_arrival(struct wanting *wanting) {
    const char *transfer = wanting->entry->id + 2;
    if (look_up(wanting, "SELECT purse, unit, amount FROM incoming WHERE transfer = $1",
                (struct cell[]){cell_text(transfer)}, 1)) {
        uint16_t unit = (uint16_t)wanting->numbers[0];
        int64_t amount = wanting->numbers[1];
        want(wanting->wanted, "WAIT", name_of(wanting->name), unit, -amount);
        bool scheme = find_scheme(wanting, unit);
        want(wanting->wanted, scheme ? "SCHEME" : "BANK", name_of(scheme ? wanting->name : ""),
             unit, amount);
        return;
    }
    if (want_prepaid(wanting))
        return;
    // for nobody that is known: a person decides; the bank's own books have the amount
    const struct entry_line *line = &wanting->entry->lines[0];
    if (wanting->entry->count != 2 || !has_account(wanting, "SUSPENSE:bank:"))
        return;
    want(wanting->wanted, "BANK", name_of(""), (uint16_t)line->unit, line->amount);
    want(wanting->wanted, "SUSPENSE", name_of("bank"), (uint16_t)line->unit, -line->amount);
}

/// What this issue log adds to the open ones of the same state.
static void want_issue(struct wanting *wanting) {
    const struct object *log = &wanting->object;
    if (!is_of(wanting, OBJECT_ISSUE_LOG))
        return;
    int64_t amount = (int64_t)object_uint(log, FIELD_TRANSFER);
    char purse[PART_SIZE];
    snprintf(purse, sizeof purse, "%.*s", (int)log->fields[FIELD_PURSE].size,
             (const char *)log->fields[FIELD_PURSE].data);
    look_up(wanting,
            "SELECT '', CAST(COALESCE(MAX(amount), 0) AS BIGINT) FROM issue WHERE purse = $1 AND"
            " unit = $2 AND state_number = $3 AND amount < $4",
            (struct cell[]){cell_text(purse), cell_int(object_unit(log)),
                            cell_int((int64_t)object_uint(log, FIELD_STATE_NUMBER)),
                            cell_int(amount)},
            4);
    amount -= wanting->numbers[0];
    want(wanting->wanted, "WAIT", log->fields[FIELD_PURSE], object_unit(log), amount);
    want(wanting->wanted, "OPEN", log->fields[FIELD_PURSE], object_unit(log), -amount);
}

/// The open logs of a state end: the purse took one of them, by its signed total, or none.
static void want_taken(struct wanting *wanting) {
    const char *purse = wanting->parts.text[0];
    int64_t unit = number_of(wanting->parts.text[1]);
    if (!wanting->has_object ||
        !look_up(wanting,
                 "SELECT '', CAST(MAX(amount) AS BIGINT), MAX(before) FROM issue WHERE purse = $1"
                 " AND unit = $2 AND state_number = $3 HAVING COUNT(*) > 0",
                 (struct cell[]){cell_text(purse), cell_int(unit),
                                 cell_int(number_of(wanting->parts.text[2]))},
                 3))
        return;
    int64_t greatest = wanting->numbers[0],
            taken = total_of(&wanting->object, FIELD_ISSUED, (uint16_t)unit, AT_ISSUED) -
                    wanting->numbers[1];
    want(wanting->wanted, "OPEN", name_of(purse), (uint16_t)unit, greatest);
    want(wanting->wanted, "PURSE", name_of(purse), (uint16_t)unit, -taken);
    want(wanting->wanted, "WAIT", name_of(purse), (uint16_t)unit, taken - greatest);
}

// ---- settlement --------------------------------------------------------------------------------

/// A number of a till and what it is settled by.
struct sold {
    struct wanting *wanting;
    bool found;
    int64_t left, settled, unit, price, kind;
    char word[PART_SIZE], party[PART_SIZE], enterprise[PART_SIZE];
    bool has_policy, has_word;
    struct shares shares;
};

/// Row: amount, refunded, settled, unit, kind, word, has policy, policy octets, enterprise, user.
static bool take_sold(void *context, const struct cell *row) {
    struct sold *sold = context;
    const char *till = sold->wanting->parts.text[0];
    sold->found = true;
    sold->price = row[0].number;
    sold->left = row[0].number - row[1].number;
    sold->settled = row[2].number;
    sold->unit = row[3].number;
    sold->kind = row[4].number;
    sold->has_word = row[5].kind != CELL_NULL;
    sold->has_policy = row[6].kind != CELL_NULL;
    snprintf(sold->enterprise, sizeof sold->enterprise, "%s", row[8].text);
    const char *party = row[8].text[0] != '\0'     ? row[8].text
                        : row[9].kind == CELL_TEXT ? row[9].text
                                                   : till;
    snprintf(sold->party, sizeof sold->party, "%s", party);
    sold->shares = (struct shares){.count = 0};
    if (sold->has_policy)
        shares_read(row[7].octets, bytes_of_string(sold->enterprise), (uint16_t)sold->unit,
                    sold->price, &sold->shares);
    else if (sold->kind != REFERENCE_CONTENT && sold->kind != REFERENCE_TICKET)
        shares_one(bytes_of_string(sold->party), &sold->shares);
    return false;
}

/// What the till set aside beyond what its logs prove waits for a person.
static void want_rest(struct wanting *wanting) {
    const struct entry_line *line = &wanting->entry->lines[0];
    char *end = strstr(wanting->parts.text[0], ":rest");
    if (end == NULL || wanting->entry->count != 2)
        return;
    *end = '\0';
    want(wanting->wanted, "PURSE", name_of(wanting->parts.text[0]), (uint16_t)line->unit,
         line->amount);
    want(wanting->wanted, "SUSPENSE", name_of(wanting->parts.text[0]), (uint16_t)line->unit,
         -line->amount);
}

/// What is left of a number. Of one whose refund went back after its batch a later batch brings the
/// rest: then each entry's own part, and clearing.c compares their sum.
static int64_t due_of(const struct sold *sold, const struct cell in[2]) {
    const struct entry *entry = sold->wanting->entry;
    bool parts = look_up(sold->wanting,
                         "SELECT payee FROM usage WHERE payer = $1 AND sale = $2 AND state = 2"
                         " LIMIT 1",
                         in, 2);
    return parts && entry->count > 0 ? entry->lines[0].amount : sold->left;
}

static void want_settlement(struct wanting *wanting) {
    const struct cell in[] = {cell_text(wanting->parts.text[0]),
                              cell_int(number_of(wanting->parts.text[1]))};
    struct sold sold = {.wanting = wanting};
    int64_t parts[SHARES_MAX] = {0};
    if (!is_of(wanting, OBJECT_BATCH))
        return;
    replica_each(
        &wanting->examined->replica,
        "SELECT n.amount, n.refunded, n.settled, n.unit, n.kind, n.word, n.policy, l.octets,"
        " p.enterprise, p.user_id FROM number n LEFT JOIN policy l ON l.hash = n.policy"
        " LEFT JOIN purse p ON p.id = n.payee WHERE n.payee = $1 AND n.n = $2",
        in, 2, take_sold, &sold);
    if (!sold.found) {
        want_rest(wanting);
        return;
    }
    struct bytes till = wanting->object.fields[FIELD_PAYEE];
    int64_t due = due_of(&sold, in);
    want(wanting->wanted, "PURSE", till, (uint16_t)sold.unit, due);
    if (sold.has_word || !shares_divide(&sold.shares, due, parts)) {
        want(wanting->wanted, "SUSPENSE", till, (uint16_t)sold.unit, -due);
        return;
    }
    for (size_t i = 0; i < sold.shares.count; i++)
        want(wanting->wanted, "PAYABLE", sold.shares.parties[i], (uint16_t)sold.unit, -parts[i]);
}

// ---- money that leaves -------------------------------------------------------------------------

/// An order to the bank, its end; of a scheme's unit, what the scheme takes back and pays for it.
static void want_payout(struct wanting *wanting) {
    char letter = wanting->entry->id[0], who[PART_SIZE];
    const char *id = wanting->entry->id + 2;
    if (!look_up(wanting, "SELECT party, unit, amount FROM payout WHERE id = $1",
                 (struct cell[]){cell_text(id)}, 1))
        return;
    uint16_t unit = (uint16_t)wanting->numbers[0];
    int64_t amount = wanting->numbers[1];
    snprintf(who, sizeof who, "%s", wanting->name);
    struct bytes party = name_of(who);
    bool scheme = (letter == 'D' || letter == 'W') && find_scheme(wanting, unit);
    if (letter == 'W' && scheme) {
        uint16_t money = (uint16_t)wanting->numbers[1];
        want(wanting->wanted, "PREPAID", name_of(wanting->name), money,
             amount * wanting->numbers[0]);
        want(wanting->wanted, "PAYABLE", party, money, -amount * wanting->numbers[0]);
        return;
    }
    want(wanting->wanted, letter == 'D' ? "PAYABLE" : "ORDERED", party, unit, amount);
    want(wanting->wanted,
         scheme          ? "SCHEME"
         : letter == 'D' ? "ORDERED"
         : letter == 'F' ? "BANK"
                         : "PAYABLE",
         scheme          ? name_of(wanting->name)
         : letter == 'F' ? name_of("")
                         : party,
         unit, -amount);
}

/// Party of a purse: enterprise, user, or itself.
#define PARTY                                                                                      \
    "CASE WHEN p.enterprise <> '' THEN p.enterprise WHEN p.user_id IS NOT NULL THEN p.user_id"     \
    " ELSE p.id END"

static void want_cash_out(struct wanting *wanting) {
    int64_t unit = number_of(wanting->parts.text[1]);
    if (!is_of(wanting, OBJECT_STATEMENT) ||
        !look_up(wanting,
                 "SELECT " PARTY
                 ", r.amount, r.before FROM redemption r JOIN purse p ON p.id = r.purse"
                 " WHERE r.purse = $1 AND r.unit = $2 AND r.state_number = $3 AND r.state = 1",
                 (struct cell[]){cell_text(wanting->parts.text[0]), cell_int(unit),
                                 cell_int(number_of(wanting->parts.text[2]))},
                 3))
        return;
    if (total_of(&wanting->object, FIELD_REDEEMED, (uint16_t)unit, AT_REDEEMED) <
        wanting->numbers[0] + wanting->numbers[1])
        return; // the statement does not say that it left
    want(wanting->wanted, "PURSE", name_of(wanting->parts.text[0]), (uint16_t)unit,
         wanting->numbers[0]);
    want(wanting->wanted, "PAYABLE", name_of(wanting->name), (uint16_t)unit, -wanting->numbers[0]);
}

/// The id says up to which sum of the sale; the entry before it up to which it was given back.
static void want_seller_refund(struct wanting *wanting) {
    const struct entry_line *line = &wanting->entry->lines[0];
    char payer[PART_SIZE];
    const struct cell in[] = {cell_text(wanting->parts.text[0]),
                              cell_int(number_of(wanting->parts.text[1]))};
    if (!look_up(wanting,
                 "SELECT payer, unit, ordered, settled FROM number WHERE payee = $1 AND n = $2", in,
                 2) ||
        wanting->entry->count != 2 || line->amount > number_of(wanting->parts.text[2]) ||
        number_of(wanting->parts.text[2]) > wanting->numbers[1])
        return;
    uint16_t unit = (uint16_t)wanting->numbers[0];
    snprintf(payer, sizeof payer, "%s", wanting->name);
    look_up(wanting, "SELECT " PARTY " FROM purse p WHERE p.id = $1", in, 1);
    want(wanting->wanted, "PAYABLE", name_of(wanting->name), unit, line->amount);
    want(wanting->wanted, "WAIT", name_of(payer), unit, -line->amount);
}

/// What the books still had of a card that ended.
static void want_lost(struct wanting *wanting) {
    const struct entry_line *line = &wanting->entry->lines[0];
    if (wanting->entry->count != 2 ||
        !look_up(wanting, "SELECT " PARTY " FROM purse p WHERE p.id = $1 AND p.state = 2",
                 (struct cell[]){cell_text(wanting->parts.text[0])}, 1))
        return;
    want(wanting->wanted, "PURSE", name_of(wanting->parts.text[0]), (uint16_t)line->unit,
         line->amount);
    want(wanting->wanted, "PAYABLE", name_of(wanting->name), (uint16_t)line->unit, -line->amount);
}

/// What a wallet's signed total claims beyond what floats' logs prove.
static void want_claim(struct wanting *wanting) {
    int64_t more = number_of(wanting->parts.text[3]);
    uint16_t unit = (uint16_t)number_of(wanting->parts.text[1]);
    if (!is_of(wanting, OBJECT_STATEMENT))
        return;
    want(wanting->wanted, "CLAIM", name_of(wanting->parts.text[0]), unit, more);
    want(wanting->wanted, "PURSE", name_of(wanting->parts.text[0]), unit, -more);
}

/// The same of a usage log, which tells no less.
static void want_log_claim(struct wanting *wanting) {
    int64_t more = number_of(wanting->parts.text[3]);
    uint16_t unit = (uint16_t)number_of(wanting->parts.text[1]);
    if (!is_of(wanting, OBJECT_USAGE_LOG) || object_unit(&wanting->object) != unit ||
        !bytes_equal(wanting->object.fields[FIELD_PAYER], name_of(wanting->parts.text[0])) ||
        object_uint(&wanting->object, FIELD_COUNTER) !=
            (uint64_t)number_of(wanting->parts.text[2]) ||
        more > (int64_t)object_uint(&wanting->object, FIELD_LOADED))
        return;
    want(wanting->wanted, "CLAIM", name_of(wanting->parts.text[0]), unit, more);
    want(wanting->wanted, "PURSE", name_of(wanting->parts.text[0]), unit, -more);
}

/// A load that was claimed and is proven since, by the wallet's receive log.
static void want_proof(struct wanting *wanting) {
    const struct entry_line *line = &wanting->entry->lines[0];
    const char *purse = wanting->parts.text[0];
    if (!look_up(wanting, "SELECT payer, amount FROM number WHERE payee = $1 AND n = $2",
                 (struct cell[]){cell_text(purse), cell_int(number_of(wanting->parts.text[1]))},
                 2) ||
        wanting->entry->count != 2 || line->amount <= 0 || line->amount > wanting->numbers[0])
        return;
    want(wanting->wanted, "PURSE", name_of(purse), (uint16_t)line->unit, line->amount);
    want(wanting->wanted, "CLAIM", name_of(purse), (uint16_t)line->unit, -line->amount);
}

/// What a person decided of what waited: paid to the till's party, given back to the payer, or
/// lost.
static void want_decision(struct wanting *wanting) {
    enum { PAY, RETURN, WRITE_OFF };
    char till[PART_SIZE], payer[PART_SIZE];
    snprintf(till, sizeof till, "%.*s", (int)strcspn(wanting->parts.text[0], "/"),
             wanting->parts.text[0]);
    int64_t unit = number_of(wanting->parts.text[1]);
    if (!look_up(wanting,
                 "SELECT payer, amount, CASE outcome WHEN 'pay' THEN 0 WHEN 'return' THEN 1 ELSE 2"
                 " END FROM suspense WHERE payee || '/' || CAST(batch AS TEXT) || '/' ||"
                 " CAST(n AS TEXT) = $1 AND unit = $2 AND outcome IS NOT NULL",
                 (struct cell[]){cell_text(wanting->parts.text[0]), cell_int(unit)}, 2))
        return;
    int64_t amount = wanting->numbers[0], outcome = wanting->numbers[1];
    snprintf(payer, sizeof payer, "%s", wanting->name);
    look_up(wanting, "SELECT " PARTY " FROM purse p WHERE p.id = $1",
            (struct cell[]){cell_text(till)}, 1);
    want(wanting->wanted, "SUSPENSE", name_of(till), (uint16_t)unit, amount);
    want(wanting->wanted,
         outcome == PAY      ? "PAYABLE"
         : outcome == RETURN ? "WAIT"
                             : "LOSS",
         name_of(outcome == PAY      ? wanting->name
                 : outcome == RETURN ? payer
                                     : ""),
         (uint16_t)unit, -amount);
}

// ---- which -------------------------------------------------------------------------------------

static const struct entry_kind {
    char letter;
    size_t numbers; // at the end of its id
    void (*want)(struct wanting *wanting);
} entry_kinds[] = {
    {'P', 1, want_usage},     {'X', 2, want_usage},         {'R', 1, want_end},
    {'V', 1, want_end},       {'I', 0, want_arrival},       {'O', 3, want_issue},
    {'T', 2, want_taken},     {'S', 2, want_settlement},    {'D', 0, want_payout},
    {'F', 0, want_payout},    {'N', 0, want_payout},        {'W', 0, want_payout},
    {'C', 2, want_cash_out},  {'B', 2, want_seller_refund}, {'L', 1, want_lost},
    {'Q', 3, want_claim},     {'U', 1, want_decision},      {'K', 1, want_proof},
    {'Y', 3, want_log_claim},
};

void clearing_want(struct examined *examined, const struct entry *entry, struct wanted *wanted) {
    struct wanting wanting = {.examined = examined, .entry = entry, .wanted = wanted};
    wanting.has_object =
        entry->octets_size > 0 &&
        object_decode(bytes_of(entry->octets, entry->octets_size), &wanting.object);
    for (size_t i = 0; i < sizeof entry_kinds / sizeof entry_kinds[0]; i++) {
        if (entry->id[0] != entry_kinds[i].letter || entry->id[1] != ':')
            continue;
        wanting.parts = cut(entry->id, entry_kinds[i].numbers);
        if (wanting.parts.count > 0)
            entry_kinds[i].want(&wanting);
    }
}
