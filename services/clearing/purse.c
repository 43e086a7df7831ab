// SPDX-License-Identifier: Apache-2.0
// Who is known: purses, whose they are and who speaks for them; parties and where they are paid;
// policies; what the bank says has arrived for a purse.
#include "services/clearing/clearing_private.h"

#include <stdio.h>
#include <string.h>

/// What a purse may do where nobody said otherwise, in minor units; below 0: no limit.
static const struct {
    enum name name;
    int64_t absent;
} LIMIT_ROWS[LIMITS] = {
    {NAME_LIMIT_BALANCE, -1},     {NAME_LIMIT_SINGLE, -1}, {NAME_NO_PIN_SINGLE, 10000},
    {NAME_NO_PIN_SUM, 50000},     {NAME_NO_PIN_COUNT, 50}, {NAME_OFFLINE_COUNT, 1000},
    {NAME_OFFLINE_SUM, 10000000},
};

// ---- reading -----------------------------------------------------------------------------------

bool purse_read(struct session *session, const char *id, struct known_purse *out) {
    struct value row[15] = {0};
    if (sql_run(session, &clearing_sql[PURSE_READ], IN(value_text(id)), row) != STORE_ROW)
        return false;
    *out = (struct known_purse){.id = id,
                                .point = row[0].octets,
                                .certificate = row[1].octets,
                                .roles = (uint32_t)row[2].number,
                                .enterprise = value_string(&row[3]),
                                .user = value_string(&row[4]),
                                .device = value_string(&row[5]),
                                .state = (enum purse_state)row[13].number,
                                .listed = (uint32_t)row[14].number};
    for (size_t i = 0; i < LIMITS; i++)
        out->limits[i] = row[6 + i].kind == VALUE_NULL ? -1 : row[6 + i].number;
    return true;
}

const char *purse_party(const struct known_purse *purse) {
    if (purse->enterprise[0] != '\0')
        return purse->enterprise;
    return purse->user != NULL ? purse->user : purse->id;
}

// ---- registering -------------------------------------------------------------------------------

/// Parameters of PURSE_ADD and PURSE_SET, in which absent limits are the database's NULL.
struct purse_values {
    struct value values[8 + LIMITS + 1];
};

/// Terminated; an empty text is none of the database's NULLs.
static struct value text_value(struct arena *arena, struct bytes text) {
    char *copy = arena_take(arena, text.size + 1);
    if (copy != NULL && text.size > 0)
        memcpy(copy, text.data, text.size);
    return value_text(copy);
}

static struct value limit_value(const struct call *call, size_t i) {
    bool said = call != NULL && form_has(&call->in, LIMIT_ROWS[i].name);
    int64_t limit = said ? form_int(&call->in, LIMIT_ROWS[i].name) : LIMIT_ROWS[i].absent;
    return limit < 0 ? (struct value){.kind = VALUE_NULL} : value_int(limit);
}

/// call NULL: a stranger, of whom nothing was said.
static struct purse_values purse_values(struct arena *arena, const struct evidence *evidence,
                                        const struct call *call) {
    const struct certificate *own = &evidence->certificate;
    struct value holder = text_value(arena, own->holder);
    bool hosted = call != NULL && form_has(&call->in, NAME_HOST);
    struct value none = {.kind = VALUE_NULL};
    struct purse_values out = {
        {holder, value_octets(bytes_of(own->signing_point, P256_COMPRESSED_SIZE)),
         value_octets(own->whole), value_int(own->roles), text_value(arena, own->enterprise),
         hosted ? in_text(call, NAME_HOST) : holder, call != NULL ? in_text(call, NAME_USER) : none,
         call != NULL ? in_text(call, NAME_DEVICE) : none}};
    for (size_t i = 0; i < LIMITS; i++)
        out.values[8 + i] = limit_value(call, i);
    out.values[8 + LIMITS] = value_octets(evidence->authority);
    return out;
}

bool clearing_purse_check(struct call *call) {
    struct evidence *evidence = arena_take(call->arena, sizeof *evidence);
    size_t count = 0;
    const struct form *list = form_list(&call->in, NAME_CERTIFICATES, &count);
    call->command = evidence;
    if (evidence == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    struct bytes holder = form_certificate(&list[CHAIN - 1], NAME_CERTIFICATE)->holder;
    if (!evidence_find(call, list, count, holder, ROLE_PURSES, evidence) || evidence->expired)
        return call_refuse(call, &clearing_certificate, "This is no purse that is certified now");
    return true;
}

bool clearing_purse_transact(struct call *call, struct session *session) {
    const struct evidence *evidence = call->command;
    struct name_text id = name_of(evidence->certificate.holder);
    struct purse_values in = purse_values(call->arena, evidence, call);
    struct value row[1] = {0};
    if (sql_run(session, &clearing_sql[PURSE_ADD], in.values, row) == STORE_NONE &&
        sql_run(session, &clearing_sql[PURSE_SET], in.values, row) == STORE_NONE)
        return call_refuse(call, &clearing_known, "%s is the name of a purse with another key",
                           id.text);
    form_set_text(&call->out, NAME_PURSE, id.text);
    return true;
}

bool purse_meet(struct call *call, struct session *session, const struct evidence *evidence,
                bool may_begin, enum purse_state *state) {
    const struct certificate *own = &evidence->certificate;
    struct name_text id = name_of(own->holder);
    struct known_purse known;
    bool here = purse_read(session, id.text, &known);
    if (state != NULL)
        *state = here ? known.state : PURSE_LIVE;
    if (here)
        return bytes_equal(known.point, bytes_of(own->signing_point, P256_COMPRESSED_SIZE)) &&
               (!evidence->expired || bytes_equal(known.certificate, own->whole));
    if (session->failed != STORE_DONE || !may_begin || evidence->expired)
        return false;
    struct purse_values in = purse_values(call->arena, evidence, NULL);
    struct value row[1] = {0};
    return sql_run(session, &clearing_sql[PURSE_ADD], in.values, row) == STORE_ROW;
}

/// What verifies a purse, for whoever hands in what it signed.
bool clearing_certificates_transact(struct call *call, struct session *session) {
    const char *purse = form_text(&call->in, NAME_PURSE);
    struct value row[2] = {0};
    if (sql_run(session, &clearing_sql[PURSE_CHAIN], IN(value_text(purse)), row) == STORE_NONE)
        return call_refuse(call, &clearing_unknown_purse, "There is no purse %s here", purse);
    form_add_octets(&call->out, NAME_CERTIFICATES, clearing_of(call)->certificates[0]);
    form_add_octets(&call->out, NAME_CERTIFICATES, row[0].octets);
    form_add_octets(&call->out, NAME_CERTIFICATES, row[1].octets);
    return true;
}

// ---- parties and policies ----------------------------------------------------------------------

/// Orders of the past went elsewhere: that stays on record, for whoever audits them.
static void note_change(struct call *call, struct session *session) {
    const char *party = form_text(&call->in, NAME_PARTY);
    struct value row[1] = {0};
    char id[160];
    if (sql_run(session, &clearing_sql[PARTY_READ], IN(value_text(party)), row) != STORE_ROW ||
        strcmp(value_string(&row[0]), form_text(&call->in, NAME_ACCOUNT)) == 0)
        return;
    snprintf(id, sizeof id, "account:%s:%s", party, value_string(&row[0]));
    sql_run(session, &clearing_sql[FINDING_ADD],
            IN(value_text(id), value_text("account"), value_text(party), value_int(call->today)),
            NULL);
}

bool clearing_party_transact(struct call *call, struct session *session) {
    note_change(call, session);
    sql_run(session, &clearing_sql[PARTY_SET],
            IN(in_text(call, NAME_PARTY), in_text(call, NAME_ACCOUNT)), NULL);
    form_set_text(&call->out, NAME_PARTY, form_text(&call->in, NAME_PARTY));
    form_set_text(&call->out, NAME_ACCOUNT, form_text(&call->in, NAME_ACCOUNT));
    return true;
}

struct policy_command {
    const struct object *policy;
    struct evidence provider;
    uint8_t hash[SHA256_SIZE];
};

bool clearing_policy_check(struct call *call) {
    struct policy_command *command = arena_take(call->arena, sizeof *command);
    call->command = command;
    if (command == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    command->policy = evidence_object(call, form_inner(&call->in, NAME_POLICY), OBJECT_POLICY,
                                      ROLE_PROVIDER, &command->provider);
    return (command->policy != NULL && !command->provider.expired &&
            object_digest(command->policy, call->crypto, command->hash)) ||
           call_refuse(call, &clearing_policy_bad,
                       "The policy is not signed by a provider that is certified now");
}

bool clearing_policy_transact(struct call *call, struct session *session) {
    const struct policy_command *command = call->command;
    sql_run(session, &clearing_sql[POLICY_ADD],
            IN(value_octets(BYTES_OF(command->hash)), value_octets(command->policy->whole)), NULL);
    evidence_keep(call, session, command->policy, command->hash, "policy", command->provider.chain);
    form_set_octets(&call->out, NAME_HASH, BYTES_OF(command->hash));
    return true;
}
