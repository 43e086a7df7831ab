// SPDX-License-Identifier: Apache-2.0
// Who is not to be trusted any more. A purse that is listed stays so until its certificate has run
// out; lists of each audience are signed when what they say has changed, under versions that only
// rise, and go out as cards and terminals take them.
#include "apdu/object/marks.h"
#include "services/clearing/clearing_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Who reads a list, and how much it takes.
static const struct audience {
    const char *name;
    uint16_t roles; // of the cards that take it; 0: of none
    size_t room;    // marks; 0: any number
} AUDIENCES[] = {
    {"wallets", ROLE_WALLET | ROLE_STORE, MARKS_OF_WALLET},
    {"machines", ROLE_TILL | ROLE_FLOAT, MARKS_OF_MACHINE},
    {"hosts", 0, 0},
};
enum { AUDIENCE_COUNT = sizeof AUDIENCES / sizeof AUDIENCES[0], MARKS_MOST = 65536 };

// ---- listing -----------------------------------------------------------------------------------

static void add_mark(struct session *session, const uint8_t mark[MARK_SIZE],
                     const struct certificate *own) {
    sql_run(
        session, &clearing_sql[MARK_ADD],
        IN(value_octets(bytes_of(mark, MARK_SIZE)), value_int(own->roles), value_int(own->until)),
        NULL);
}

/// Marks of the certificate and, since it is the holder's only one here, of the holder.
static bool mark_purse(struct call *call, struct session *session, struct bytes certificate) {
    struct certificate own;
    uint8_t digest[CERTIFICATE_DIGEST_SIZE], mark[MARK_SIZE];
    if (certificate_parse(certificate, &own) != CERTIFICATE_OK ||
        !certificate_digest(call->crypto, certificate, digest) ||
        !mark_of_holder(call->crypto, own.issuer, own.holder, mark))
        return false;
    add_mark(session, digest, &own);
    add_mark(session, mark, &own);
    return true;
}

void purse_list(struct call *call, struct session *session, const char *purse, const char *why) {
    struct known_purse known;
    char id[48];
    snprintf(id, sizeof id, "%s:%s", why, purse);
    sql_run(session, &clearing_sql[FINDING_ADD],
            IN(value_text(id), value_text(why), value_text(purse), value_int(call->today)), NULL);
    if (!purse_read(session, purse, &known) || known.state != PURSE_LIVE)
        return;
    sql_run(session, &clearing_sql[PURSE_LIST], IN(value_text(purse), value_int(call->today)),
            NULL);
    mark_purse(call, session, known.certificate);
    hotlist_publish(call, session);
}

// ---- the lists ---------------------------------------------------------------------------------

struct marks {
    size_t count, room;
    uint8_t *octets;
};

static bool take_mark(void *context, const struct value *row) {
    struct marks *marks = context;
    memcpy(marks->octets + marks->count++ * MARK_SIZE, row[0].octets.data, MARK_SIZE);
    return marks->count < marks->room;
}

static int by_octets(const void *a, const void *b) {
    return memcmp(a, b, MARK_SIZE);
}

static bool sign_list(struct call *call, struct session *session, const struct audience *audience,
                      int64_t version, struct bytes marks) {
    struct object_writer writer;
    uint8_t out[CENTER_OBJECT_SIZE], digest[SHA256_SIZE], roles[2];
    struct bytes object;
    if (!marks_digest(call->crypto, marks, digest))
        return false;
    bytes_put_be(roles, sizeof roles, audience->roles);
    object_begin(&writer, OBJECT_HOTLIST, out, sizeof out);
    object_put(&writer, FIELD_CENTER, bytes_of_string(clearing_of(call)->party.id));
    object_put_date(&writer, FIELD_DATE, call->today);
    object_put_uint(&writer, FIELD_VERSION, (uint64_t)version);
    object_put_uint(&writer, FIELD_MARKS, marks.size / MARK_SIZE);
    object_put(&writer, FIELD_LIST_HASH, BYTES_OF(digest));
    object_put(&writer, FIELD_ROLES, BYTES_OF(roles));
    if (!center_sign(call, session, &writer, "hotlist", &object))
        return false;
    sql_run(session, &clearing_sql[LIST_SET],
            IN(value_text(audience->name), value_int(version), value_octets(object),
               value_octets(marks)),
            NULL);
    return true;
}

/// Wallets meet machines, machines meet wallets: those come first where there is no room for all.
static bool publish(struct call *call, struct session *session, const struct audience *audience) {
    struct marks marks = {.room = audience->room != 0 ? audience->room : MARKS_MOST};
    struct value version[1] = {0};
    bool wallets_first = (audience->roles & ROLE_TILL) != 0;
    marks.octets = arena_take(call->arena, marks.room * MARK_SIZE);
    if (marks.octets == NULL)
        return false;
    sql_each(session, &clearing_sql[MARK_LIST],
             IN(value_int(call->today), value_int(wallets_first ? ROLE_WALLET : ROLE_TILL)),
             take_mark, &marks);
    qsort(marks.octets, marks.count, MARK_SIZE, by_octets);
    sql_run(session, &clearing_sql[LIST_VERSION], IN(value_text(audience->name)), version);
    return sign_list(call, session, audience, version_after(call, version[0].number),
                     bytes_of(marks.octets, marks.count * MARK_SIZE));
}

void hotlist_publish(struct call *call, struct session *session) {
    for (size_t i = 0; i < AUDIENCE_COUNT; i++)
        if (!publish(call, session, &AUDIENCES[i]) && session->failed == STORE_DONE)
            sql_fail(session, STORE_BROKEN, "A hotlist cannot be signed");
}

// ---- handing out -------------------------------------------------------------------------------

/// As the authority's tool writes it: for programs the certificates that verify it come first.
bool clearing_hotlist_transact(struct call *call, struct session *session) {
    const struct clearing_state *state = clearing_of(call);
    const char *audience = form_text(&call->in, NAME_AUDIENCE);
    struct answer *answer = &call->exchange->answer;
    struct value row[2] = {0};
    struct buffer out;
    if (sql_run(session, &clearing_sql[LIST_READ], IN(value_text(audience)), row) == STORE_NONE)
        return call_refuse(call, &clearing_no_list, "There is no list for %s", audience);
    buffer_init(&out, call->arena->memory);
    if (strcmp(audience, "hosts") == 0) {
        buffer_put(&out, state->certificates[1]);
        buffer_put(&out, state->certificates[2]);
    }
    buffer_put(&out, row[0].octets);
    buffer_put(&out, row[1].octets);
    answer->body = arena_copy(call->arena, buffer_bytes(&out));
    answer->content_type = call->handler->endpoint->answer_media;
    answer->status = 200;
    buffer_free(&out);
    return answer->body.data != NULL;
}

bool clearing_revoke_check(struct call *call) {
    const struct certificate *own = form_certificate(&call->in, NAME_CERTIFICATE);
    return (own->roles & (ROLE_ROOT | ROLE_ISSUING)) == 0 ||
           call_refuse(call, &clearing_certificate, "An authority is revoked by its root");
}

/// What the authority revoked, of whatever role.
bool clearing_revoke_transact(struct call *call, struct session *session) {
    const struct certificate *own = form_certificate(&call->in, NAME_CERTIFICATE);
    struct name_text id = name_of(own->holder);
    struct known_purse known;
    form_set_text(&call->out, NAME_ID, id.text);
    if (purse_read(session, id.text, &known) && bytes_equal(known.certificate, own->whole)) {
        purse_list(call, session, id.text, "revoked");
        return session->failed == STORE_DONE;
    }
    if (!mark_purse(call, session, own->whole))
        return call_refuse(call, &problem_busy, "The certificate cannot be hashed now; ask again");
    hotlist_publish(call, session);
    return session->failed == STORE_DONE;
}
