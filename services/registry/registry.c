// SPDX-License-Identifier: Apache-2.0
#include "services/registry/registry.h"

#include "base/calendar.h"
#include "base/must.h"
#include "services/core/party.h"
#include "services/wire/api/registry_api.h"

#include <stdio.h>
#include <string.h>

enum {
    ANSWER_DAYS = 1, // an answer is about now
    LIST_DAYS = 7,   // a phone that hears nothing new goes back to asking
    OBJECT_MAX = 1400,
    SECONDS_TO_2000 = 946684800,
};

static const struct migration migrations[] = {
    {1,
     "CREATE TABLE enterprise(id @TEXT NOT NULL PRIMARY KEY, trusted @INT NOT NULL,"
     " version @INT NOT NULL) @END;"
     "CREATE TABLE address(address @TEXT NOT NULL PRIMARY KEY,"
     " enterprise @TEXT NOT NULL @REF enterprise(id)) @END;"
     "CREATE TABLE inquiry(asker @TEXT NOT NULL, challenge @BLOB NOT NULL,"
     " enterprise @TEXT NOT NULL, trusted @INT NOT NULL, version @INT NOT NULL,"
     " PRIMARY KEY(asker, challenge)) @END;",
     NULL},
};

enum {
    FIND,
    FIND_ADDRESS,
    VERSION,
    SET,
    ADDRESS_ADD,
    ADDRESS_READ,
    REFUSED_LIST,
    INQUIRY_ADD,
    REGISTRY_SQL,
};

static const struct statement sql[] = {
    [FIND] = {"SELECT trusted FROM enterprise WHERE id = $1", "t", "i"},
    [FIND_ADDRESS] = {"SELECT e.trusted FROM address a JOIN enterprise e ON e.id = a.enterprise"
                      " WHERE a.address = $1",
                      "t", "i"},
    [VERSION] = {"SELECT COALESCE(MAX(version), 0) FROM enterprise", "", "i"},
    [SET] = {"INSERT INTO enterprise(id, trusted, version) VALUES($1, $2, $3)"
             " ON CONFLICT(id) DO UPDATE SET trusted = excluded.trusted,"
             " version = excluded.version",
             "tii", ""},
    [ADDRESS_ADD] = {"INSERT INTO address(address, enterprise) VALUES($1, $2)"
                     " ON CONFLICT DO NOTHING",
                     "tt", ""},
    [ADDRESS_READ] = {"SELECT enterprise FROM address WHERE address = $1", "t", "t"},
    [REFUSED_LIST] = {"SELECT id FROM (SELECT id FROM enterprise WHERE trusted = 0"
                      " ORDER BY version DESC, id LIMIT 64) AS newest ORDER BY id",
                      "", "t"},
    [INQUIRY_ADD] = {"INSERT INTO inquiry(asker, challenge, enterprise, trusted, version)"
                     " VALUES($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                     "tbtii", ""},
};
must_cover(sql, REGISTRY_SQL);

static int64_t version_now(struct session *session) {
    struct value row[1] = {0};
    sql_run(session, &sql[VERSION], NULL, row);
    return row[0].number;
}

// ---- signed answers ----------------------------------------------------------------------------

/// Signs and puts object and certificates into a form's envelope.
static bool answer_signed(struct call *call, struct object_writer *writer) {
    struct party_signer own;
    struct bytes made;
    party_signer(call->context->state, call->crypto, &own);
    bool done = object_sign(writer, &own.signer, &made);
    bytes_erase(&own, sizeof own);
    if (!done)
        return call_refuse(call, &problem_busy, "The answer cannot be signed now; ask again");
    struct form *envelope = form_add(&call->out, NAME_OBJECT);
    form_set_octets(envelope, NAME_OBJECT, made);
    for (size_t i = 0; i < call->context->certificate_count; i++)
        form_add_octets(envelope, NAME_CERTIFICATES, call->context->certificates[i]);
    return true;
}

static bool is_trusted(struct session *session, const char *id) {
    struct value row[1] = {0};
    if (sql_run(session, &sql[FIND], IN(value_text(id)), row) == STORE_NONE)
        sql_run(session, &sql[FIND_ADDRESS], IN(value_text(id)), row);
    return row[0].number == 1;
}

static bool inquire(struct call *call, struct session *session) {
    const char *id = form_text(&call->in, NAME_ENTERPRISE);
    uint8_t octets[OBJECT_MAX], result = is_trusted(session, id);
    int64_t version = version_now(session);
    struct object_writer writer;
    if (session->failed != STORE_DONE)
        return false;
    sql_run(session, &sql[INQUIRY_ADD],
            IN(value_text(call->sender->id), in_octets(call, NAME_CHALLENGE), value_text(id),
               value_int(result), value_int(version)),
            NULL);
    object_begin(&writer, OBJECT_REGISTRY_ANSWER, octets, sizeof octets);
    object_put(&writer, FIELD_CHALLENGE, form_octets(&call->in, NAME_CHALLENGE));
    object_put_date(&writer, FIELD_DATE, call->today);
    object_put_date(&writer, FIELD_EXPIRY, date_add_days(call->today, ANSWER_DAYS));
    object_put_uint(&writer, FIELD_VERSION, (uint64_t)version);
    object_put(&writer, FIELD_HOLDER, bytes_of_string(call->sender->id));
    object_put(&writer, FIELD_ENTERPRISE, bytes_of_string(id));
    object_put(&writer, FIELD_RESULT, bytes_of(&result, 1));
    form_set_uint(&call->out, NAME_TRUSTED, result);
    form_set_uint(&call->out, NAME_VERSION, (uint64_t)version);
    return answer_signed(call, &writer);
}

struct refused {
    uint8_t rows[REFUSED_SIZE * REFUSED_MAX];
    size_t size;
};

static bool add_refused(void *context, const struct value *row) {
    struct refused *refused = context;
    memcpy(refused->rows + refused->size, row[0].octets.data, row[0].octets.size);
    refused->size += REFUSED_SIZE;
    return refused->size < sizeof refused->rows;
}

/// Of many the ones that were refused last; of others who asks hears it.
static bool list_refused(struct call *call, struct session *session) {
    struct refused refused = {.size = 0};
    uint8_t octets[OBJECT_MAX];
    int64_t version = version_now(session);
    struct object_writer writer;
    sql_each(session, &sql[REFUSED_LIST], NULL, add_refused, &refused);
    if (session->failed != STORE_DONE)
        return false;
    object_begin(&writer, OBJECT_REFUSAL_LIST, octets, sizeof octets);
    object_put_date(&writer, FIELD_DATE, call->today);
    object_put_date(&writer, FIELD_EXPIRY, date_add_days(call->today, LIST_DAYS));
    object_put_uint(&writer, FIELD_VERSION, (uint64_t)version);
    object_put(&writer, FIELD_REFUSED, bytes_of(refused.rows, refused.size));
    form_set_uint(&call->out, NAME_VERSION, (uint64_t)version);
    return answer_signed(call, &writer);
}

// ---- the list ----------------------------------------------------------------------------------

static bool check_operator(struct call *call) {
    return party_operates(call->context->state, call->sender) ||
           call_refuse(call, &problem_owner, "%s is no operator of this registry",
                       call->sender->id);
}

/// Also above what a database from a backup has forgotten.
static int64_t next_version(const struct call *call, struct session *session) {
    int64_t next = version_now(session) + 1;
    int64_t seconds = (int64_t)(call->now_ms / 1000) - SECONDS_TO_2000;
    return next > seconds ? next : seconds;
}

static bool set(struct call *call, struct session *session, bool trusted) {
    const char *id = form_text(&call->in, NAME_ENTERPRISE);
    int64_t version = version_now(session);
    struct value row[1] = {0};
    if (sql_run(session, &sql[FIND], IN(value_text(id)), row) == STORE_NONE ||
        row[0].number != trusted) {
        version = next_version(call, session);
        sql_run(session, &sql[SET], IN(value_text(id), value_int(trusted), value_int(version)),
                NULL);
    }
    form_set_uint(&call->out, NAME_VERSION, (uint64_t)version);
    return true;
}

static bool add(struct call *call, struct session *session) {
    struct value row[1] = {0};
    const char *address = form_text(&call->in, NAME_ADDRESS);
    set(call, session, true);
    if (address == NULL)
        return true;
    sql_run(session, &sql[ADDRESS_ADD], IN(value_text(address), in_text(call, NAME_ENTERPRISE)),
            NULL);
    sql_run(session, &sql[ADDRESS_READ], IN(value_text(address)), row);
    return session->failed != STORE_DONE ||
           strcmp(value_string(&row[0]), form_text(&call->in, NAME_ENTERPRISE)) == 0 ||
           call_refuse(call, &registry_address_taken, "%s is %s's", address, value_string(&row[0]));
}

/// Who was never trusted is refused by name, too: phones then need not ask.
static bool remove_one(struct call *call, struct session *session) {
    return set(call, session, false);
}

static const struct handler handlers[] = {
    {&registry_inquiry, NULL, inquire, NULL},
    {&registry_refusals, NULL, list_refused, NULL},
    {&registry_add, check_operator, add, NULL},
    {&registry_remove, check_operator, remove_one, NULL},
};

const struct service registry_service = {
    .name = "registry",
    .api = &registry_api,
    SERVICE_TABLE(handlers, handler_count, handlers),
    SERVICE_TABLE(statements, statement_count, sql),
    SERVICE_TABLE(migrations, migration_count, migrations),
    .party = {.role = ROLE_REGISTRY},
};
