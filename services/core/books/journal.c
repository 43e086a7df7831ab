// SPDX-License-Identifier: Apache-2.0
#include "services/core/books/journal.h"
#include "base/must.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    OBJECT_PUT,
    SIGNER_PUT,
    OBJECT_GET,
    NOTE,
    UNSEALED,
    LAST_SEAL,
    SEAL,
    DROP_NOTE,
    LAST_CHECKPOINT,
    CHECKPOINT,
    LAST_OBJECT,
    JOURNAL_SQL
};

const struct statement journal_sql[] = {
    [OBJECT_PUT] = {"INSERT INTO object(digest, kind, octets, certificates, made_ms)"
                    " VALUES($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                    "btbbi", ""},
    [SIGNER_PUT] = {"INSERT INTO signer(digest, certificates) VALUES($1, $2)"
                    " ON CONFLICT DO NOTHING",
                    "bb", ""},
    [OBJECT_GET] = {"SELECT o.kind, o.octets, COALESCE(s.certificates, o.certificates) FROM object"
                    " o LEFT JOIN signer s ON s.digest = o.certificates WHERE o.digest = $1",
                    "b", "tbb"},
    [NOTE] = {"INSERT INTO unsealed(digest) VALUES($1) ON CONFLICT DO NOTHING", "b", ""},
    [UNSEALED] = {"SELECT digest FROM unsealed ORDER BY digest LIMIT 1000", "", "b"},
    [LAST_SEAL] = {"SELECT seq, chain FROM seal ORDER BY seq DESC LIMIT 1", "", "ib"},
    [SEAL] = {"INSERT INTO seal(seq, digest, chain) VALUES($1, $2, $3)", "ibb", ""},
    [DROP_NOTE] = {"DELETE FROM unsealed WHERE digest = $1", "b", ""},
    [LAST_CHECKPOINT] = {"SELECT seq, made_ms FROM checkpoint ORDER BY seq DESC LIMIT 1", "", "ii"},
    [CHECKPOINT] = {"INSERT INTO checkpoint(seq, chain, made_ms, signature)"
                    " VALUES($1, $2, $3, $4)",
                    "ibib", ""},
    [LAST_OBJECT] = {"SELECT made_ms FROM object ORDER BY made_ms DESC LIMIT 1", "", "i"},
};
must_cover(journal_sql, JOURNAL_SQL);
const size_t journal_sql_count = sizeof journal_sql / sizeof journal_sql[0];

void journal_note(struct session *session, const uint8_t digest[SHA256_SIZE]) {
    sql_run(session, &journal_sql[NOTE], IN(value_octets(bytes_of(digest, SHA256_SIZE))), NULL);
}

/// Certificates that are kept: one look a transaction will do.
struct journal_signer {
    struct journal_signer *next;
    struct bytes certificates;
    uint8_t digest[SHA256_SIZE];
};

static struct journal_signer *find_signer(const struct session *session,
                                          struct bytes certificates) {
    struct journal_signer *signer = session->signers;
    while (signer != NULL && !bytes_equal(signer->certificates, certificates))
        signer = signer->next;
    return signer;
}

/// NULL: the session has failed.
static const struct journal_signer *
keep_signer(struct session *session, const struct crypto *crypto, struct bytes certificates) {
    struct journal_signer *signer = find_signer(session, certificates);
    if (signer != NULL)
        return signer;
    struct value given = value_octets(certificates), kept = value_keep(session->arena, &given);
    signer = arena_take(session->arena, sizeof *signer);
    if (signer == NULL || session->arena->failed ||
        !crypto->ops->sha256(crypto, kept.octets, signer->digest)) {
        sql_fail(session, STORE_BROKEN, "Certificates have no digest");
        return NULL;
    }
    signer->certificates = kept.octets;
    signer->next = session->signers;
    session->signers = signer;
    sql_run(session, &journal_sql[SIGNER_PUT], IN(value_octets(BYTES_OF(signer->digest)), kept),
            NULL);
    return signer;
}

void journal_put(struct session *session, const struct crypto *crypto,
                 const struct journal_object *object, uint64_t now_ms) {
    const struct journal_signer *signer = keep_signer(session, crypto, object->certificates);
    if (signer == NULL)
        return;
    if (sql_change(session, &journal_sql[OBJECT_PUT],
                   IN(value_octets(BYTES_OF(object->digest)), value_text(object->kind),
                      value_octets(object->octets), value_octets(BYTES_OF(signer->digest)),
                      value_int((int64_t)now_ms))) == STORE_ROW)
        journal_note(session, object->digest);
}

bool journal_get(struct session *session, const uint8_t digest[SHA256_SIZE],
                 struct journal_object *out) {
    struct value row[3];
    if (sql_run(session, &journal_sql[OBJECT_GET], IN(value_octets(bytes_of(digest, SHA256_SIZE))),
                row) != STORE_ROW)
        return false;
    memcpy(out->digest, digest, SHA256_SIZE);
    out->kind = value_string(&row[0]);
    out->octets = row[1].octets;
    out->certificates = row[2].octets;
    return true;
}

// ---- sealing ---------------------------------------------------------------------------------

struct sealing {
    const struct crypto *crypto;
    int64_t seq;
    uint8_t chain[SHA256_SIZE];
    uint8_t noted[JOURNAL_SEAL_MOST][SHA256_SIZE];
    uint8_t chains[JOURNAL_SEAL_MOST][SHA256_SIZE];
    size_t count;
    bool failed;
};

static bool take_note(void *context, const struct value *row) {
    struct sealing *sealing = context;
    uint8_t both[2 * SHA256_SIZE];
    if (row[0].octets.size != SHA256_SIZE || sealing->count == JOURNAL_SEAL_MOST) {
        sealing->failed = true;
        return false;
    }
    memcpy(both, sealing->chain, SHA256_SIZE);
    memcpy(both + SHA256_SIZE, row[0].octets.data, SHA256_SIZE);
    memcpy(sealing->noted[sealing->count], row[0].octets.data, SHA256_SIZE);
    sealing->failed =
        !sealing->crypto->ops->sha256(sealing->crypto, BYTES_OF(both), sealing->chain);
    memcpy(sealing->chains[sealing->count++], sealing->chain, SHA256_SIZE);
    return !sealing->failed;
}

static void begin_sealing(struct session *session, struct sealing *sealing) {
    struct value row[2];
    if (sql_run(session, &journal_sql[LAST_SEAL], NULL, row) != STORE_ROW)
        return;
    sealing->seq = row[0].number;
    if (row[1].octets.size == SHA256_SIZE)
        memcpy(sealing->chain, row[1].octets.data, SHA256_SIZE);
    else
        sealing->failed = true;
}

static void write_seals(struct session *session, struct sealing *sealing) {
    struct value *seals = arena_take(session->arena, 3 * sealing->count * sizeof *seals);
    struct value *notes = arena_take(session->arena, sealing->count * sizeof *notes);
    if (seals == NULL || notes == NULL) {
        sql_fail(session, STORE_BROKEN, "Out of memory for seals");
        return;
    }
    for (size_t i = 0; i < sealing->count; i++) {
        notes[i] = value_octets(BYTES_OF(sealing->noted[i]));
        seals[3 * i] = value_int(sealing->seq + 1 + (int64_t)i);
        seals[3 * i + 1] = notes[i];
        seals[3 * i + 2] = value_octets(BYTES_OF(sealing->chains[i]));
    }
    sql_put(session, &journal_sql[SEAL], seals, sealing->count);
    sql_put(session, &journal_sql[DROP_NOTE], notes, sealing->count);
}

size_t journal_seal(struct session *session, const struct crypto *crypto) {
    struct sealing *sealing = arena_take(session->arena, sizeof *sealing);
    if (sealing == NULL) {
        sql_fail(session, STORE_BROKEN, "Out of memory for seals");
        return 0;
    }
    sealing->crypto = crypto;
    begin_sealing(session, sealing);
    sql_each(session, &journal_sql[UNSEALED], NULL, take_note, sealing);
    if (sealing->failed)
        sql_fail(session, STORE_BROKEN, "The journal holds a digest that is none");
    else if (sealing->count > 0)
        write_seals(session, sealing);
    return session->failed == STORE_DONE ? sealing->count : 0;
}

// ---- checkpoints -----------------------------------------------------------------------------

void journal_checkpoint_text(const char *service, int64_t seq, struct bytes chain, int64_t made_ms,
                             struct buffer *out) {
    buffer_format(out, "Tessera/1 checkpoint\n%s\n%l\n%H\n%l\n", service, (uint64_t)seq, chain,
                  (uint64_t)made_ms);
}

static bool sign_checkpoint(const struct service_context *context, const struct value *seal,
                            int64_t made_ms, uint8_t signature[ECDSA_SIZE]) {
    struct buffer text;
    buffer_init(&text, context->memory);
    journal_checkpoint_text(context->service->name, seal[0].number, seal[1].octets, made_ms, &text);
    bool ok =
        !text.failed && context->signer->sign(context->signer, buffer_bytes(&text), signature);
    buffer_free(&text);
    return ok;
}

bool journal_checkpoint(struct session *session, const struct service_context *context,
                        uint64_t now_ms) {
    struct value seal[2], last[2];
    uint8_t signature[ECDSA_SIZE];
    if (sql_run(session, &journal_sql[LAST_SEAL], NULL, seal) != STORE_ROW)
        return true;
    if (sql_run(session, &journal_sql[LAST_CHECKPOINT], NULL, last) == STORE_ROW &&
        last[0].number == seal[0].number)
        return true;
    if (!sign_checkpoint(context, seal, (int64_t)now_ms, signature))
        return false;
    sql_run(session, &journal_sql[CHECKPOINT],
            IN(seal[0], seal[1], value_int((int64_t)now_ms), value_octets(BYTES_OF(signature))),
            NULL);
    return true;
}

uint64_t journal_last_ms(struct session *session) {
    struct value row[2], object[1];
    uint64_t last = 0;
    if (sql_run(session, &journal_sql[LAST_CHECKPOINT], NULL, row) == STORE_ROW)
        last = (uint64_t)row[1].number;
    if (sql_run(session, &journal_sql[LAST_OBJECT], NULL, object) == STORE_ROW &&
        (uint64_t)object[0].number > last)
        last = (uint64_t)object[0].number;
    return last;
}
