// SPDX-License-Identifier: Apache-2.0
#include "services/content/content_private.h"

#include "base/files.h"
#include "base/must.h"
#include "services/wire/api/licence_api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const struct migration content_migrations[] = {
    {1,
     "CREATE TABLE content(id @TEXT NOT NULL PRIMARY KEY, provider @TEXT NOT NULL,"
     " enterprise @TEXT NOT NULL, hash @BLOB NOT NULL UNIQUE, size @INT NOT NULL,"
     " algorithm @INT NOT NULL, policy @BLOB NOT NULL, title @TEXT NOT NULL, subtitle @TEXT,"
     " performers @TEXT, creator @TEXT, comment @TEXT) @END;"
     "CREATE TABLE upload(id @TEXT NOT NULL PRIMARY KEY, owner @TEXT NOT NULL,"
     " hash @BLOB NOT NULL, size @INT NOT NULL, received @INT NOT NULL, made_ms @INT NOT NULL,"
     " title @TEXT NOT NULL, subtitle @TEXT, performers @TEXT, creator @TEXT, comment @TEXT) @END;"
     "CREATE TABLE offer(content @TEXT NOT NULL @REF content(id), number @TEXT NOT NULL,"
     " plays @INT, amount @INT NOT NULL, unit @INT NOT NULL, PRIMARY KEY(content, number)) @END;"
     "CREATE TABLE content_key(content @TEXT NOT NULL PRIMARY KEY @REF content(id),"
     " fingerprint @BLOB NOT NULL UNIQUE, wrapped @BLOB NOT NULL) @END;",
     NULL},
};
const size_t content_migration_count = sizeof content_migrations / sizeof content_migrations[0];

#define PAGE "title, subtitle, performers, creator, comment"

const struct statement content_sql[] = {
    [CONTENT_TAKEN] = {"SELECT hash FROM content WHERE id = $1", "t", "b"},
    [CONTENT_READ] = {"SELECT provider, hash, size, algorithm, policy FROM content WHERE id = $1",
                      "t", "tbiib"},
    [CONTENT_PAGE] = {"SELECT id, " PAGE " FROM content WHERE id = $1", "t", "ttTTTT"},
    [CONTENT_LIST] = {"SELECT id, " PAGE " FROM content WHERE id > $1 ORDER BY id LIMIT 100", "t",
                      "ttTTTT"},
    [CONTENT_OFFERS] = {"SELECT content, number, plays, amount, unit FROM offer WHERE content = $1"
                        " ORDER BY number",
                        "t", "ttIii"},
    [CONTENT_LIST_OFFERS] = {"SELECT content, number, plays, amount, unit FROM offer WHERE content"
                             " > $1 AND content <= $2 ORDER BY content, number",
                             "tt", "ttIii"},
    [CONTENT_PROVIDER] = {"SELECT provider FROM content WHERE id = $1", "t", "t"},
    [CONTENT_ADD] = {"INSERT INTO content(id, provider, enterprise, hash, size, algorithm, policy,"
                     " " PAGE ") SELECT id, owner, $2, hash, size, $3, $4, " PAGE
                     " FROM upload WHERE id = $1 ON CONFLICT DO NOTHING RETURNING size",
                     "ttib", "i"},
    [UPLOAD_BEGIN] = {"INSERT INTO upload(id, owner, hash, size, received, made_ms, " PAGE ")"
                      " VALUES($1, $2, $3, $4, 0, $5, $6, $7, $8, $9, $10)"
                      " ON CONFLICT DO NOTHING RETURNING received",
                      "ttbiitTTTT", "i"},
    [UPLOAD_OWNER] = {"SELECT owner FROM upload WHERE id = $1", "t", "t"},
    [UPLOAD_READ] = {"SELECT owner, hash, size, received FROM upload WHERE id = $1", "t", "tbii"},
    [UPLOAD_RESTART] = {"UPDATE upload SET hash = $2, size = $3, received = 0, made_ms = $4,"
                        " title = $5, subtitle = $6, performers = $7, creator = $8, comment = $9"
                        " WHERE id = $1",
                        "tbiitTTTT", ""},
    [UPLOAD_ADVANCE] = {"UPDATE upload SET received = $3 WHERE id = $1 AND received = $2"
                        " AND size >= $3 RETURNING received",
                        "tii", "i"},
    [UPLOAD_DROP] = {"DELETE FROM upload WHERE id = $1", "t", ""},
    [OFFER_ENTERPRISE] = {"SELECT enterprise FROM content WHERE id = $1", "t", "t"},
    [OFFER_SET] = {"INSERT INTO offer(content, number, plays, amount, unit)"
                   " VALUES($1, $2, $3, $4, $5) ON CONFLICT(content, number) DO UPDATE SET"
                   " plays = excluded.plays, amount = excluded.amount, unit = excluded.unit",
                   "ttIii", ""},
    [KEY_ADD] = {"INSERT INTO content_key(content, fingerprint, wrapped) VALUES($1, $2, $3)"
                 " ON CONFLICT DO NOTHING RETURNING content",
                 "tbb", "t"},
    [KEY_READ] = {"SELECT content FROM content_key WHERE fingerprint = $1", "b", "t"},
};
must_cover(content_sql, CONTENT_SQL);

bool content_path(const struct call *call, struct bytes hash, char path[PATH_MAX]) {
    static const char digits[] = "0123456789abcdef";
    char name[2 * SHA256_SIZE + 1];
    size_t i = 0;
    for (; i < hash.size && i < SHA256_SIZE; i++) {
        name[2 * i] = digits[hash.data[i] >> 4];
        name[2 * i + 1] = digits[hash.data[i] & 15];
    }
    name[2 * i] = '\0';
    return files_path(path, PATH_MAX, content_state_of(call)->objects, name);
}

static const struct handler handlers[] = {
    {&content_list, NULL, content_list_transact, NULL},
    {&content_page, NULL, content_page_transact, NULL},
    {&content_read, NULL, content_read_transact, NULL},
    {&content_container, NULL, content_container_transact, NULL},
    {&content_upload, NULL, content_upload_transact, NULL},
    {&content_upload_read, NULL, content_upload_read_transact, &content_sql[UPLOAD_OWNER]},
    {&content_upload_put, content_upload_put_check, content_upload_put_transact,
     &content_sql[UPLOAD_OWNER]},
    {&content_upload_end, content_upload_end_check, content_upload_end_transact,
     &content_sql[UPLOAD_OWNER]},
    {&content_offer, NULL, content_offer_transact, NULL},
    {&content_key, NULL, content_key_transact, &content_sql[CONTENT_PROVIDER]},
};

static const struct handler replies[] = {{&licence_key, NULL, content_key_reply, NULL}};

static bool start(void *context, const struct service_place *place, struct failure *failure) {
    struct content_state *state = context;
    if (!files_path(state->objects, sizeof state->objects, place->state, "objects"))
        return fail_errno(failure, "%s", place->state);
    if (mkdir(state->objects, 0700) != 0 && errno != EEXIST)
        return fail_errno(failure, "cannot make the directory %s", state->objects);
    state->root = place->keys->certificates[0];
    return true;
}

const struct service content_service = {
    .name = "content",
    .api = &content_api,
    SERVICE_TABLE(handlers, handler_count, handlers),
    SERVICE_TABLE(replies, reply_count, replies),
    .statements = content_sql,
    .statement_count = CONTENT_SQL,
    SERVICE_TABLE(migrations, migration_count, content_migrations),
    .party = {.role = ROLE_PROVIDER, .anybody = true},
    .state_size = sizeof(struct content_state),
    .start = start,
};
