// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/audit/forge.h"

#include "tests/kit/house/house.h"
#include "tests/kit/objects.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct bytes octets_of(sqlite3_value *value) {
    return bytes_of(sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value));
}

static void answer(sqlite3_context *context, struct bytes octets) {
    sqlite3_result_blob64(context, octets.data, octets.size, SQLITE_TRANSIENT);
}

static void flip(sqlite3_context *context, int count, sqlite3_value **in) {
    uint8_t octets[4096];
    struct bytes whole = octets_of(in[0]);
    int at = sqlite3_value_int(in[1]);
    (void)count;
    if (whole.size == 0 || whole.size > sizeof octets)
        return;
    memcpy(octets, whole.data, whole.size);
    octets[at >= 0 ? (size_t)at : whole.size - (size_t)-at] ^= 1;
    answer(context, bytes_of(octets, whole.size));
}

static void sha256(sqlite3_context *context, int count, sqlite3_value **in) {
    uint8_t digest[SHA256_SIZE];
    (void)count;
    house.crypto->ops->sha256(house.crypto, octets_of(in[0]), digest);
    answer(context, BYTES_OF(digest));
}

static void digest_of(sqlite3_context *context, int count, sqlite3_value **in) {
    uint8_t digest[SHA256_SIZE];
    struct object object;
    (void)count;
    if (object_decode(octets_of(in[0]), &object) && object_digest(&object, house.crypto, digest))
        answer(context, BYTES_OF(digest));
}

// ---- objects -----------------------------------------------------------------------------------

static const struct sample_party *party_of(const char *holder) {
    const struct sample_party *const all[] = {&house.alice,   &house.bob,     &house.till,
                                              &house.other,   &house.machine, &house.center,
                                              &house.provider};
    if (strcmp(holder, "stranger") == 0)
        return &house.twin;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i]->holder, holder) == 0)
            return all[i];
    return NULL;
}

static bool is_named(enum field field, const char *name) {
    return strcmp(field_specs[field].word, name) == 0;
}

static void put_value(struct object_writer *writer, enum field field, sqlite3_value *value) {
    uint8_t unit[2];
    if (sqlite3_value_type(value) == SQLITE_NULL)
        return;
    if (sqlite3_value_type(value) != SQLITE_INTEGER)
        object_put(writer, field, octets_of(value));
    else if (field_specs[field].kind == KIND_DATE)
        object_put_date(writer, field, (uint32_t)sqlite3_value_int64(value));
    else if (field_specs[field].kind == KIND_UNIT) {
        bytes_put_be(unit, 2, (uint64_t)sqlite3_value_int64(value));
        object_put(writer, field, BYTES_OF(unit));
    } else
        object_put_uint(writer, field, (uint64_t)sqlite3_value_int64(value));
}

/// The object, the name of a field, its value (NULL: left out), who signs.
static void resign(sqlite3_context *context, int count, sqlite3_value **in) {
    struct object object;
    struct object_writer writer;
    uint8_t out[4096];
    struct bytes made;
    const struct sample_party *signer = party_of((const char *)sqlite3_value_text(in[3]));
    const char *name = (const char *)sqlite3_value_text(in[1]);
    (void)count;
    if (signer == NULL || !object_decode(octets_of(in[0]), &object)) {
        sqlite3_result_error(context, "resign: no object, or nobody of that name", -1);
        return;
    }
    const struct object_schema *schema = object_schema(object.type);
    object_begin(&writer, object.type, out, sizeof out);
    for (size_t i = 0; i < schema->field_count; i++) {
        enum field field = schema->fields[i].field;
        if (is_named(field, name))
            put_value(&writer, field, in[2]);
        else
            object_copy(&writer, field, &object);
    }
    if (object_sign(&writer, &signer->signer, &made))
        answer(context, made);
    else
        sqlite3_result_error(context, "resign: no such object can be", -1);
}

/// The object as one of another type ("release"), with the fields that both have, and who signs.
static void as_type(sqlite3_context *context, int count, sqlite3_value **in) {
    struct object object;
    struct object_writer writer;
    uint8_t out[4096];
    struct bytes made;
    const struct sample_party *signer = party_of((const char *)sqlite3_value_text(in[2]));
    const struct object_schema *schema = object_schemas;
    (void)count;
    while (schema < object_schemas + object_schema_count &&
           strcmp(schema->word, (const char *)sqlite3_value_text(in[1])) != 0)
        schema++;
    if (schema == object_schemas + object_schema_count || signer == NULL ||
        !object_decode(octets_of(in[0]), &object)) {
        sqlite3_result_error(context, "as_type: no object, no such type, or nobody of that name",
                             -1);
        return;
    }
    object_begin(&writer, schema->type, out, sizeof out);
    for (size_t i = 0; i < schema->field_count; i++)
        object_copy(&writer, schema->fields[i].field, &object);
    if (object_sign(&writer, &signer->signer, &made))
        answer(context, made);
    else
        sqlite3_result_error(context, "as_type: no such object can be", -1);
}

// ---- books -------------------------------------------------------------------------------------

static void put_hash(char *text, size_t capacity, size_t *size, struct bytes octets) {
    for (size_t i = 0; i < octets.size; i++)
        *size += (size_t)snprintf(text + *size, capacity - *size, "%02X", octets.data[i]);
}

static void entry_digest(sqlite3_context *context, int count, sqlite3_value **in) {
    char text[4096];
    size_t size = 0;
    uint8_t digest[SHA256_SIZE];
    sqlite3_stmt *rows = NULL;
    (void)count;
    sqlite3_prepare_v2(sqlite3_context_db_handle(context),
                       "SELECT t.id, t.kind, t.state, COALESCE(t.of, ''), COALESCE(t.chain, ''),"
                       " t.object, p.account, p.unit, p.amount FROM transfer t JOIN posting p"
                       " ON p.transfer = t.id WHERE t.id = ?1 ORDER BY p.line",
                       -1, &rows, NULL);
    sqlite3_bind_value(rows, 1, in[0]);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        if (size == 0) {
            size = (size_t)snprintf(text, sizeof text, "Tessera/1 transfer\n%s\n%s\n%d\n%s\n%s\n",
                                    sqlite3_column_text(rows, 0), sqlite3_column_text(rows, 1),
                                    sqlite3_column_int(rows, 2), sqlite3_column_text(rows, 3),
                                    sqlite3_column_text(rows, 4));
            put_hash(text, sizeof text, &size, bytes_of(sqlite3_column_blob(rows, 5), SHA256_SIZE));
            size += (size_t)snprintf(text + size, sizeof text - size, "\n");
        }
        size += (size_t)snprintf(text + size, sizeof text - size, "%s %d %" PRId64 "\n",
                                 sqlite3_column_text(rows, 6), sqlite3_column_int(rows, 7),
                                 (int64_t)sqlite3_column_int64(rows, 8));
    }
    sqlite3_finalize(rows);
    house.crypto->ops->sha256(house.crypto, bytes_of(text, size), digest);
    answer(context, BYTES_OF(digest));
}

/// One link of the chain: of the one before, and a digest.
static void link_of(sqlite3_context *context, int count, sqlite3_value **in) {
    uint8_t both[2 * SHA256_SIZE] = {0}, chain[SHA256_SIZE];
    (void)count;
    memcpy(both, sqlite3_value_blob(in[0]), SHA256_SIZE);
    memcpy(both + SHA256_SIZE, sqlite3_value_blob(in[1]), SHA256_SIZE);
    house.crypto->ops->sha256(house.crypto, BYTES_OF(both), chain);
    answer(context, BYTES_OF(chain));
}

void forge_functions(sqlite3 *db) {
    static const struct {
        const char *name;
        int count;
        void (*function)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {{"flip", 2, flip},           {"sha256", 1, sha256},
                     {"digest_of", 1, digest_of}, {"as_type", 3, as_type},
                     {"resign", 4, resign},       {"entry_digest", 1, entry_digest},
                     {"link", 2, link_of}};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        sqlite3_create_function(db, functions[i].name, functions[i].count, SQLITE_UTF8, NULL,
                                functions[i].function, NULL, NULL);
}
