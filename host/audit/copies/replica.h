// SPDX-License-Identifier: Apache-2.0
// A copy of a service's database, as an auditor reads it: one snapshot, only ever read. SQLite
// files are opened so that nothing beside them is written either; PostgreSQL may be a replica. One
// SQL text runs over both; parameters are $1 to $n in their order.
#ifndef HOST_AUDIT_COPIES_REPLICA_H
#define HOST_AUDIT_COPIES_REPLICA_H

#include "base/bytes.h"
#include "base/failure.h"

enum cell_kind { CELL_NULL, CELL_INT, CELL_TEXT, CELL_OCTETS };

/// One value of a row, or a parameter. Octets and text live until the row function returns; text is
/// terminated, octets without its end.
struct cell {
    enum cell_kind kind;
    int64_t number;
    const char *text; // "" for what is no text
    struct bytes octets;
};

enum { REPLICA_COLUMNS_MAX = 24 };

struct replica {
    const struct replica_ops *ops;
    void *handle;
    const char *url;       // as it was given; the caller's
    char service[16];      // whose database it is
    struct failure broken; // why reading ended; code EXIT_DONE: it did not
};

/// A row of an answer. False: no more of them are wanted.
typedef bool replica_row(void *context, const struct cell *row);

struct replica_ops {
    /// Every row in turn. What went wrong stands in replica->broken.
    void (*each)(struct replica *replica, const char *sql, const struct cell *in, size_t count,
                 replica_row *row, void *context);
    void (*close)(struct replica *replica);
};

/// A file of SQLite, "sqlite:FILE", or "postgresql://HOST/DATABASE?...#SERVICE" whose part behind #
/// is the schema. False: 2 it is no database of ours, 3 nobody answers, 5 it may not be read.
bool replica_open(struct replica *replica, const char *url, struct failure *failure);
/// One that failed to open, too.
void replica_close(struct replica *replica);

/// Every row; in: count parameters, or NULL.
void replica_each(struct replica *replica, const char *sql, const struct cell *in, size_t count,
                  replica_row *row, void *context);
/// The first column of the first row as a number; 0 where there is none.
int64_t replica_number(struct replica *replica, const char *sql);
/// Has the database a table of this name?
bool replica_have(struct replica *replica, const char *table);

static inline struct cell cell_int(int64_t number) {
    return (struct cell){.kind = CELL_INT, .number = number, .text = ""};
}

static inline struct cell cell_text(const char *text) {
    return (struct cell){.kind = CELL_TEXT, .text = text, .octets = bytes_of_string(text)};
}

static inline struct cell cell_octets(struct bytes octets) {
    return (struct cell){.kind = CELL_OCTETS, .octets = octets, .text = ""};
}

// ---- engines (replica_sqlite.c, replica_postgres.c) ---------------------------------------------

/// As replica_open, for the path of a file.
bool replica_open_sqlite(struct replica *replica, const char *path, struct failure *failure);
/// As replica_open, for a URI of libpq and a schema in it.
bool replica_open_postgres(struct replica *replica, const char *uri, const char *schema,
                           struct failure *failure);

#endif
