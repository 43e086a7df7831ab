// SPDX-License-Identifier: Apache-2.0
// The database, as a seam: one SQL text over SQLite and PostgreSQL, typed parameters, transactions
// that may be run again. A failure inside a transaction sticks to its session, so procedures look
// only at what they asked for (a row or none) and the one who began the transaction at the rest.
#ifndef SERVICES_CORE_STORE_STORE_H
#define SERVICES_CORE_STORE_STORE_H

#include "base/buffer.h"
#include "base/failure.h"

enum store_result {
    STORE_DONE,     // committed; or a statement without answer
    STORE_ROW,      // one row is in out
    STORE_NONE,     // no row
    STORE_STOPPED,  // the procedure asked for a roll-back
    STORE_CONFLICT, // another transaction was there first: run again
    STORE_UNIQUE,   // a unique key is taken: rolled back
    STORE_LOST,     // the commit's outcome is unknown: ask by key
    STORE_FULL,     // no room on the disk
    STORE_READONLY, // a replica, or no permission
    STORE_BROKEN,   // damaged, unreachable, a wrong statement
    STORE_RESULT_COUNT,
};

/// "STORE_ROW", for messages and metrics.
const char *store_result_name(enum store_result result);

enum value_kind { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_OCTETS };

/// A parameter or a column. Text is terminated after its size.
struct value {
    enum value_kind kind;
    int64_t number;
    struct bytes octets;
};

static inline struct value value_int(int64_t number) {
    return (struct value){.kind = VALUE_INT, .number = number};
}

/// NULL is the database's NULL, so are octets without data.
struct value value_text(const char *text);
struct value value_octets(struct bytes octets);

/// A copy whose octets lie in the arena, terminated; their data is NULL (and arena->failed true)
/// when memory is out.
struct value value_keep(struct arena *arena, const struct value *value);

/// NULL for the database's NULL.
static inline const char *value_string(const struct value *value) {
    return (const char *)value->octets.data;
}

/// Parameters in place: sql_run(session, &sql[SALE_FIND], IN(value_text(number)), row).
#define IN(...) ((const struct value[]){__VA_ARGS__})

/// SQL with $1..$n, each used at least once; a constant text, whose address engines know it by. in
/// and out give a letter a parameter and a column: i integer of 64 bits, t text, b octets; a
/// capital may be NULL. Rules of the text: docs/services.md.
struct statement {
    const char *text, *in, *out;
};

enum { STORE_COLUMNS_MAX = 24, STORE_PARAMETERS_MAX = 24 };

struct session;

/// One row of a longer answer; its values live until the function returns. False: no more.
typedef bool row_fn(void *context, const struct value *row);

struct session_ops {
    enum store_result (*run)(struct session *session, const struct statement *statement,
                             const struct value *in, row_fn *each, void *context);
    /// The same statement over many rows of parameters, without answers; NULL: run one by one.
    enum store_result (*put)(struct session *session, const struct statement *statement,
                             const struct value *rows, size_t count);
};

/// One transaction in progress.
struct session {
    const struct session_ops *ops;
    void *context;
    struct arena *arena; // rows of sql_run lie here
    enum store_result
        failed; // STORE_DONE, or what went wrong first: everything after it is skipped
    struct failure failure;
    bool wrote;      // a statement that is no SELECT has run
    int64_t changed; // rows that the last statement without columns made, changed or dropped
    struct ledger_known *known;     // ledger.c's, for the length of the transaction
    struct journal_signer *signers; // journal.c's, likewise
};

/// At most one row: STORE_ROW, STORE_NONE, or STORE_DONE for a statement without columns. out holds
/// a value a column, octets in the arena; untouched unless STORE_ROW. Anything else is a failure
/// that sticks.
enum store_result sql_run(struct session *session, const struct statement *statement,
                          const struct value *in, struct value *out);
/// A statement without columns that may find nothing to do, since a key is taken or no row is met:
/// STORE_ROW when it changed some row, else STORE_NONE; anything else is a failure that sticks. An
/// INSERT that answers by RETURNING says the same, but SQLite copies each page that it touches.
enum store_result sql_change(struct session *session, const struct statement *statement,
                             const struct value *in);
/// Every row in turn. STORE_DONE, or a failure.
enum store_result sql_each(struct session *session, const struct statement *statement,
                           const struct value *in, row_fn *each, void *context);
/// count rows of parameters one after the other, no answer.
enum store_result sql_put(struct session *session, const struct statement *statement,
                          const struct value *rows, size_t count);

/// What happens in one transaction. It may be run again from the start, on any thread: it writes
/// nothing but through the session and into its own context. False: roll back (STORE_STOPPED).
typedef bool transaction_fn(struct session *session, void *context);

struct store;

/// DDL words replaced for an engine: @INT @TEXT @BLOB @END, `@REF table(column)`, see migrate.h.
struct store_dialect {
    const char *name;    // "sqlite", "postgresql"
    const char *integer; // @INT
    const char *text;    // @TEXT
    const char *blob;    // @BLOB
    const char *end;     // @END
    bool references;     // whether @REF stands
};

struct store_ops {
    /// One attempt of one transaction for writing, durable when STORE_DONE comes back.
    enum store_result (*write)(struct store *store, struct arena *arena, transaction_fn *fn,
                               void *context, struct failure *failure);
    /// One snapshot for reading.
    enum store_result (*read)(struct store *store, struct arena *arena, transaction_fn *fn,
                              void *context, struct failure *failure);
    /// Statements without parameters or answer, separated by semicolons.
    enum store_result (*script)(struct session *session, const char *sql);
    /// What the keeper does every second (SQLite: a checkpoint of its log when that has grown).
    void (*tidy)(struct store *store);
    void (*close)(struct store *store);
};

/// Counted since the store was opened.
struct store_figures {
    _Atomic uint64_t commits;  // durable groups
    _Atomic uint64_t grouped;  // transactions in them
    _Atomic uint64_t retries;  // attempts after a conflict
    _Atomic uint64_t failures; // commits that failed
};

struct store {
    const struct store_ops *ops;
    const struct store_dialect *dialect;
    void *context;
    bool is_new; // its first tables were made since it was opened
    struct store_figures figures;
};

/// One transaction, run again on STORE_CONFLICT a dozen times with growing pauses. failure is set
/// unless STORE_DONE or STORE_STOPPED comes back.
enum store_result store_write(struct store *store, struct arena *arena, transaction_fn *fn,
                              void *context, struct failure *failure);
enum store_result store_read(struct store *store, struct arena *arena, transaction_fn *fn,
                             void *context, struct failure *failure);
/// See store_ops.
enum store_result sql_script(struct session *session, struct store *store, const char *sql);
/// NULL is no store.
void store_close(struct store *store);

// ---- for engines ------------------------------------------------------------------------------

/// What went wrong sticks to the session; returns it.
enum store_result sql_fail(struct session *session, enum store_result result, const char *format,
                           ...) __attribute__((format(printf, 3, 4)));

/// The end of an attempt: what the session says, else STORE_STOPPED or STORE_DONE by the
/// procedure's answer.
enum store_result session_end(const struct session *session, bool wanted, struct failure *failure);

#endif
