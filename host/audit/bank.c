// SPDX-License-Identifier: Apache-2.0
// A bank: every booking has its entry and every entry its booking, and orders come from whose the
// account is; dockets of cards with a debit function are booked as they were answered.
#include "apdu/crypto/binding.h"
#include "host/audit/audit_private.h"

#include <inttypes.h>
#include <string.h>

struct booked {
    bool found;
    char from[40], to[40];
    int64_t amount, unit;
};

static bool take_booking(void *context, const struct cell *row) {
    struct booked *booked = context;
    booked->found = true;
    snprintf(booked->from, sizeof booked->from, "%s", row[0].text);
    snprintf(booked->to, sizeof booked->to, "%s", row[1].text);
    booked->amount = row[2].number;
    booked->unit = row[3].number;
    return false;
}

static void add(struct wanted *wanted, const struct booked *booked, struct told_text account,
                int64_t amount) {
    struct entry_line *line = &wanted->lines[wanted->count++];
    wanted->known = true;
    snprintf(line->account, sizeof line->account, "%.*s", ACCOUNT_SIZE - 1, account.text);
    line->unit = booked->unit;
    line->amount = amount;
}

void bank_want(struct examined *examined, const struct entry *entry, struct wanted *wanted) {
    struct booked booked = {.found = false};
    struct cell id = cell_text(entry->id);
    replica_each(&examined->replica,
                 "SELECT from_account, to_account, amount, unit FROM booking WHERE id = $1", &id, 1,
                 take_booking, &booked);
    if (!booked.found)
        return;
    add(wanted, &booked,
        booked.from[0] != '\0' ? told_of("ACCOUNT:%s", booked.from)
                               : told_of("OUTSIDE:%d", (int)booked.unit),
        booked.amount);
    add(wanted, &booked, told_of("ACCOUNT:%s", booked.to), -booked.amount);
}

static const struct rule rules[] = {
    {"missing", "transfer", "id",
     "SELECT b.id, b.amount, 'nothing' FROM booking b LEFT JOIN transfer t ON t.id = b.id"
     " WHERE t.id IS NULL ORDER BY b.id"},
    {"owner", "booking", "sender",
     "SELECT b.id, a.owner, b.sender FROM booking b JOIN account a ON a.id = b.from_account"
     " WHERE a.owner <> b.sender ORDER BY b.id"},
    {"twin", "booking", "client",
     "SELECT b.id, c.id, b.client FROM booking b JOIN booking c ON c.sender = b.sender AND"
     " c.client = b.client AND c.id < b.id AND (c.from_account IS NULL) = (b.from_account IS NULL)"
     " ORDER BY b.id"},
    {"missing", "account", "id",
     "SELECT b.id, b.to_account, 'no account' FROM booking b LEFT JOIN account a"
     " ON a.id = b.to_account WHERE a.id IS NULL ORDER BY b.id"},
    {"missing", "account", "id",
     "SELECT l.id, 'an account', 'nothing' FROM ledger_account l LEFT JOIN account a ON l.id ="
     " 'ACCOUNT:' || a.id WHERE l.kind = 'ACCOUNT' AND a.id IS NULL ORDER BY l.id"},
    {"missing", "ledger_account", "id",
     "SELECT 'OUTSIDE:' || CAST(a.unit AS TEXT), 'an account', 'nothing' FROM account a WHERE NOT"
     " EXISTS (SELECT 1 FROM ledger_account l WHERE l.id = 'OUTSIDE:' || CAST(a.unit AS TEXT))"
     " GROUP BY a.unit ORDER BY a.unit"},
    {"missing", "ledger_account", "id",
     "SELECT a.id, a.owner, COALESCE(l.owner, 'nothing') FROM account a LEFT JOIN ledger_account l"
     " ON l.id = 'ACCOUNT:' || a.id WHERE l.id IS NULL OR l.owner <> a.owner OR l.unit <> a.unit"
     " ORDER BY a.id"},
};

// ---- dockets -----------------------------------------------------------------------------------

static const struct rule docket_rules[] = {
    {"missing", "booking", "client",
     "SELECT d.sale, 'a booking', 'nothing' FROM docket d LEFT JOIN booking b ON b.client = d.sale"
     " AND b.sender = d.trm WHERE d.outcome = 'accepted' AND b.id IS NULL ORDER BY d.sale"},
    {"two-ends", "docket", "outcome",
     "SELECT d.sale, 'nothing booked', b.amount FROM docket d JOIN booking b ON b.client = d.sale"
     " AND b.sender = d.trm WHERE d.outcome <> 'accepted' ORDER BY d.sale"},
    {"docket", "docket", "answer",
     "SELECT sale, 'an answer', 'nothing' FROM docket WHERE answer IS NULL ORDER BY sale"},
};

/// The id of a docket's booking follows from its sale. Row: id, sale, amount.
static bool take_debit(void *context, const struct cell *row) {
    const struct examined *examined = context;
    const struct crypto *crypto = examined->audit->crypto;
    struct binding binding;
    uint8_t digest[SHA256_SIZE];
    binding_begin(&binding, "debit");
    binding_add(&binding, row[1].octets);
    crypto->ops->sha256(crypto, binding_bytes(&binding), digest);
    struct told_text id = told_octets(BYTES_OF(digest));
    if (strncmp(id.text, row[0].text, strlen(row[0].text)) == 0)
        tell(examined, (struct finding){.kind = "missing",
                                        .table = "docket",
                                        .row = told_of("%s", row[1].text),
                                        .field = "sale",
                                        .expected = told_of("%" PRId64, row[2].number),
                                        .found = told_of("nothing")});
    return true;
}

void examine_bank(struct examined *examined) {
    compare_rules(examined, rules, sizeof rules / sizeof rules[0]);
    compare_rules(examined, docket_rules, sizeof docket_rules / sizeof docket_rules[0]);
    compare_answers(examined, ROLE_BANK,
                    "SELECT sale, CASE outcome WHEN 'accepted' THEN 1 ELSE 2 END, answer, ticket"
                    " FROM docket ORDER BY sale");
    replica_each(&examined->replica,
                 "SELECT b.id, b.client, b.amount FROM booking b LEFT JOIN docket d ON d.sale ="
                 " b.client WHERE b.number IS NOT NULL AND d.sale IS NULL ORDER BY b.id",
                 NULL, 0, take_debit, examined);
}
