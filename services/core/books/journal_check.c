// SPDX-License-Identifier: Apache-2.0
#include "services/core/books/journal_check.h"

#include "base/must.h"

#include <string.h>

enum { SEALS, CHECKPOINTS, CHECK_SQL };

static const struct statement sql[] = {
    [SEALS] = {"SELECT seq, digest, chain FROM seal WHERE seq > $1 ORDER BY seq LIMIT 1000", "i",
               "ibb"},
    [CHECKPOINTS] = {"SELECT count(*) FROM checkpoint c LEFT JOIN seal s ON s.seq = c.seq"
                     " WHERE s.chain IS NULL OR s.chain <> c.chain",
                     "", "i"},
};
must_cover(sql, CHECK_SQL);

struct checking {
    const struct crypto *crypto;
    struct journal_checked checked;
    uint8_t chain[SHA256_SIZE];
};

static bool take_seal(void *context, const struct value *row) {
    struct checking *checking = context;
    struct journal_checked *checked = &checking->checked;
    uint8_t both[2 * SHA256_SIZE];
    checked->whole = false;
    if (row[0].number != checked->length + 1 || row[1].octets.size != SHA256_SIZE)
        return false;
    memcpy(both, checking->chain, SHA256_SIZE);
    memcpy(both + SHA256_SIZE, row[1].octets.data, SHA256_SIZE);
    checked->whole =
        checking->crypto->ops->sha256(checking->crypto, BYTES_OF(both), checking->chain) &&
        bytes_equal(row[2].octets, BYTES_OF(checking->chain));
    checked->length += checked->whole;
    return checked->whole;
}

struct journal_checked journal_check(struct session *session, const struct crypto *crypto) {
    struct checking checking = {.crypto = crypto, .checked = {.whole = true}};
    struct value row[1] = {0};
    int64_t before;
    do {
        before = checking.checked.length;
        sql_each(session, &sql[SEALS], IN(value_int(before)), take_seal, &checking);
    } while (checking.checked.whole && checking.checked.length > before);
    sql_run(session, &sql[CHECKPOINTS], NULL, row);
    checking.checked.whole = checking.checked.whole && row[0].number == 0;
    return checking.checked;
}
