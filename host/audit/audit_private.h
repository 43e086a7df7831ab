// SPDX-License-Identifier: Apache-2.0
// What the passes of an audit share: a database under examination, ways to tell a finding, tables
// of comparisons.
#ifndef HOST_AUDIT_AUDIT_PRIVATE_H
#define HOST_AUDIT_AUDIT_PRIVATE_H

#include "apdu/object/object.h"
#include "host/audit/audit.h"
#include "host/audit/copies/replica.h"

struct entry;
struct wanted;

enum { OBJECT_KINDS = 256 };

/// A database under examination.
struct examined {
    const struct audit *audit;
    struct replica replica;
    const char *service; // constant: the name of its row in the table of services
    /// What an entry of its ledger must hold; NULL: it has none.
    void (*want)(struct examined *examined, const struct entry *entry, struct wanted *wanted);
    int64_t kinds[OBJECT_KINDS]; // objects of each type, as the journal counts them
    bool sound;                  // ours, and of tables that are known
};

/// Tells one; the service is filled in. Row, expected, found and object may be left out.
void tell(const struct examined *examined, struct finding finding);

// ---- comparisons (compare.c) -------------------------------------------------------------------

/// What SQL alone can say: its rows are findings, with columns row, expected, found, and perhaps
/// the digest of an object.
struct rule {
    const char *kind, *table, *field, *sql;
};

/// Asks every rule.
void compare_rules(struct examined *examined, const struct rule *rules, size_t count);

enum { MIRRORED_MAX = 12 };

/// A table whose rows repeat what signed objects say. The SQL gives the key of the row, the
/// object's octets (NULL: it is missing), a number to tell when it is (an amount), and then the
/// columns.
struct mirror {
    const char *table, *sql;
    enum object_type type;
    struct {
        const char *name; // of the column; NULL: no more
        enum field field;
    } columns[MIRRORED_MAX];
};

/// Compares each row with its object, which the journal verifies.
void compare_mirror(struct examined *examined, const struct mirror *mirror);
/// The same of objects that no journal has: signed by who has one of these roles.
void compare_signed(struct examined *examined, const struct mirror *mirror, uint32_t signers);

/// Calls that wait, or were made, against what they follow from. The SQL gives id, how the body
/// begins, how it ends up to its unit, the unit's number, what follows it, the body: a row for each
/// that it may be, those of one id one after the other (core.c).
void compare_orders(struct examined *examined, const char *sql);

/// Dockets against the signed answers to them, whose signer has one of these roles. The SQL gives
/// the sale, 1 for an accepted one, the answer (NULL: none yet), the ticket's name (telco.c).
void compare_answers(struct examined *examined, uint32_t signers, const char *sql);

// ---- passes ------------------------------------------------------------------------------------

/// Whose database, which version of its tables. False: nothing else is to be looked at.
bool examine_about(struct examined *examined);
/// What all services' databases have beside the journal and the ledger's entries.
void examine_core(struct examined *examined);
/// Objects with their signatures, the chain over them, checkpoints.
void examine_journal(struct examined *examined);
/// Entries as they are, against their digests and against what justifies them; accounts.
void examine_ledger(struct examined *examined);
/// What the service's own tables must hold. Examines what its kind has.
void examine_clearing(struct examined *examined);
void examine_bank(struct examined *examined);
void examine_charge(struct examined *examined);
void examine_registry(struct examined *examined);
void examine_licence(struct examined *examined);
void examine_content(struct examined *examined);
/// What two of them must say alike.
void examine_between(struct examined *all, size_t count);
/// What lies in a deposit machine's box against its float's logs. False: its state cannot be read.
bool examine_cash(struct examined *all, size_t count, struct failure *failure);
/// Files of signed objects against what the databases have. False: the directory cannot be read.
bool examine_store(struct examined *all, size_t count, struct failure *failure);
/// Of the clearing center: what only the objects themselves tell.
void examine_clearing_objects(struct examined *examined);
/// Of the clearing center: rows that objects, certificates or other rows must bear out.
void examine_clearing_rows(struct examined *examined);
/// Of the clearing center: what it says of cards.
void examine_clearing_cards(struct examined *examined);

// ---- entries of the ledger ---------------------------------------------------------------------

enum { ENTRY_LINES = 64, ACCOUNT_SIZE = 64, ENTRY_ID_SIZE = 96, ENTRY_OBJECT_MAX = 2600 };

struct entry_line {
    char account[ACCOUNT_SIZE];
    int64_t unit, amount; // above 0 debits
};

/// An entry as it stands in the books.
struct entry {
    char id[ENTRY_ID_SIZE], kind[40], of[ENTRY_ID_SIZE], chain[ENTRY_ID_SIZE];
    int64_t state, made_ms;
    uint8_t object[SHA256_SIZE], digest[SHA256_SIZE];
    size_t count;
    struct entry_line lines[ENTRY_LINES];
    uint8_t octets[ENTRY_OBJECT_MAX]; // of the object that justifies it; size 0: none is here
    size_t octets_size;
    int64_t object_ms; // when the object came
};

/// Lines as they ought to be.
struct wanted {
    bool known; // else nothing justifies it
    size_t count;
    struct entry_line lines[ENTRY_LINES];
};

/// Adds "KIND:owner:UNIT"; an amount of 0 adds nothing.
void want(struct wanted *wanted, const char *kind, struct bytes owner, uint16_t unit,
          int64_t amount);

/// What an entry of the clearing center must hold, from its objects.
void clearing_want(struct examined *examined, const struct entry *entry, struct wanted *wanted);
/// The same for a telephone company's.
void charge_want(struct examined *examined, const struct entry *entry, struct wanted *wanted);
/// The same for a bank's booking.
void bank_want(struct examined *examined, const struct entry *entry, struct wanted *wanted);

#endif
