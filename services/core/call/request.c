// SPDX-License-Identifier: Apache-2.0
#include "services/core/call/request.h"
#include "base/must.h"

#include <string.h>

enum { REQUEST_FIND, REQUEST_INSERT, REQUEST_UPDATE, REQUEST_EXPIRE, REQUEST_STATEMENT_COUNT };

const struct statement request_sql[] = {
    [REQUEST_FIND] = {"SELECT body_hash, status, answer FROM request"
                      " WHERE sender = $1 AND endpoint = $2 AND id = $3",
                      "ttt", "bib"},
    [REQUEST_INSERT] = {"INSERT INTO request(sender, endpoint, id, body_hash, status, answer,"
                        " made_ms) VALUES($1, $2, $3, $4, $5, $6, $7)"
                        " ON CONFLICT DO NOTHING",
                        "tttbibi", ""},
    [REQUEST_UPDATE] = {"UPDATE request SET status = $4, answer = $5"
                        " WHERE sender = $1 AND endpoint = $2 AND id = $3",
                        "tttib", ""},
    [REQUEST_EXPIRE] = {"DELETE FROM request WHERE (sender, endpoint, id) IN"
                        " (SELECT sender, endpoint, id FROM request WHERE made_ms < $1"
                        " ORDER BY made_ms, sender, endpoint, id LIMIT 1000) RETURNING status",
                        "i", "i"},
};
must_cover(request_sql, REQUEST_STATEMENT_COUNT);
const size_t request_sql_count = sizeof request_sql / sizeof request_sql[0];

bool request_key_is_valid(const char *key) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t size = strlen(key);
    return size > 0 && size <= REQUEST_KEY_MAX && strspn(key, letters) == size;
}

bool request_hash(const struct crypto *crypto, struct arena *arena, const struct request *request,
                  uint8_t hash[SHA256_SIZE]) {
    struct buffer all;
    buffer_init(&all, arena->memory);
    buffer_format(&all, "%s %s\n", request->method, request->target);
    buffer_put(&all, request->body);
    bool ok = !all.failed && crypto->ops->sha256(crypto, buffer_bytes(&all), hash);
    buffer_free(&all);
    return ok;
}

enum request_state request_find(struct session *session, struct request_row *row) {
    struct value found[3];
    if (sql_run(session, &request_sql[REQUEST_FIND],
                IN(value_text(row->sender), value_text(row->endpoint), value_text(row->key)),
                found) != STORE_ROW)
        return REQUEST_NEW;
    if (!bytes_equal(found[0].octets, BYTES_OF(row->body_hash)))
        return REQUEST_REUSED;
    row->status = (unsigned)found[1].number;
    row->answer = found[2].octets;
    return row->status == STATUS_ASK_AGAIN ? REQUEST_AGAIN : REQUEST_ANSWERED;
}

bool request_store(struct session *session, enum request_state state, const struct request_row *row,
                   uint64_t now_ms) {
    enum store_result result;
    struct bytes answer = row->answer.data != NULL ? row->answer : bytes_of("", 0);
    if (state == REQUEST_AGAIN)
        result = sql_change(session, &request_sql[REQUEST_UPDATE],
                            IN(value_text(row->sender), value_text(row->endpoint),
                               value_text(row->key), value_int(row->status), value_octets(answer)));
    else
        result =
            sql_change(session, &request_sql[REQUEST_INSERT],
                       IN(value_text(row->sender), value_text(row->endpoint), value_text(row->key),
                          value_octets(BYTES_OF(row->body_hash)), value_int(row->status),
                          value_octets(answer), value_int((int64_t)now_ms)));
    return result != STORE_NONE;
}

static bool count_one(void *context, const struct value *row) {
    (void)row;
    ++*(size_t *)context;
    return true;
}

size_t request_expire(struct session *session, uint64_t before_ms) {
    size_t count = 0;
    sql_each(session, &request_sql[REQUEST_EXPIRE], IN(value_int((int64_t)before_ms)), count_one,
             &count);
    return count;
}
