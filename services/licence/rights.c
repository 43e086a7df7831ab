// SPDX-License-Identifier: Apache-2.0
// The ticket table: a key and a right with its charge make an offer with a number of its own.
// Another right or charge is another offer; the same again is the same one.
#include "services/licence/licence_private.h"

#include "apdu/object/ticket_number.h"

#include <stdio.h>
#include <string.h>

enum { ABSENT = -1 };

/// A right as it is stored, and what tells it from others.
struct right {
    uint8_t terms[SHA256_SIZE], policy_hash[SHA256_SIZE];
    int64_t plays, copies, first_day, last_day, actions, sealed;
};

static int64_t number_or_absent(const struct call *call, enum name name) {
    return form_has(&call->in, name) ? form_int(&call->in, name) : ABSENT;
}

/// Of content, right, charge and policy, but not of the number that a seller wishes.
static bool digest_terms(struct call *call, struct right *right) {
    const char *activator = form_text(&call->in, NAME_ACTIVATOR);
    char text[400], policy[2 * SHA256_SIZE + 1];
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(policy + 2 * i, 3, "%02x", right->policy_hash[i]);
    int size =
        snprintf(text, sizeof text, "%s %lld %lld %lld %lld %lld %lld %lld %lld %s%s%s",
                 form_text(&call->in, NAME_CONTENT), (long long)form_int(&call->in, NAME_AMOUNT),
                 (long long)form_int(&call->in, NAME_UNIT), (long long)right->plays,
                 (long long)right->copies, (long long)right->first_day, (long long)right->last_day,
                 (long long)right->actions, (long long)right->sealed, policy,
                 activator != NULL ? " " : "", activator != NULL ? activator : "");
    return size > 0 && (size_t)size < sizeof text &&
           call->crypto->ops->sha256(call->crypto, bytes_of(text, (size_t)size), right->terms);
}

static bool check_policy(struct call *call, struct right *right) {
    const struct object *policy = form_object(&call->in, NAME_POLICY);
    const char *content = form_text(&call->in, NAME_CONTENT);
    if (!bytes_equal(policy->fields[FIELD_CONTENT], bytes_of_string(content)) ||
        !bytes_equal(policy->fields[FIELD_ENTERPRISE],
                     bytes_of_string(licence_party(call)->enterprise)))
        return call_refuse(call, &licence_unmatched,
                           "The policy is not %s's, or names another enterprise", content);
    return object_digest(policy, call->crypto, right->policy_hash) ||
           call_refuse(call, &problem_busy, "SHA-256 failed; ask again");
}

bool licence_right_check(struct call *call) {
    struct right *right = arena_take(call->arena, sizeof *right);
    if (right == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    call->command = right;
    right->plays = number_or_absent(call, NAME_PLAYS);
    right->copies = number_or_absent(call, NAME_COPIES);
    right->first_day = number_or_absent(call, NAME_FIRST_DAY);
    right->last_day = number_or_absent(call, NAME_LAST_DAY);
    right->actions = number_or_absent(call, NAME_ACTIONS);
    right->sealed = form_int(&call->in, NAME_SEALED);
    if (right->first_day != ABSENT && right->last_day != ABSENT &&
        right->first_day > right->last_day)
        return call_refuse(call, &problem_shape, "The first day is behind the last one");
    if (right->actions != ABSENT && (right->actions & ACTIONS_SOME) == 0)
        return call_refuse(call, &problem_shape,
                           "It allows neither to play nor to copy or convert");
    if (strcmp(form_text(&call->in, NAME_ENTERPRISE), licence_party(call)->enterprise) != 0)
        return call_refuse(call, &licence_unmatched, "This service sells for %s",
                           licence_party(call)->enterprise);
    return check_policy(call, right) && digest_terms(call, right);
}

static bool insert(struct call *call, struct session *session, int64_t serial, const char *number) {
    const struct right *right = call->command;
    struct value row[1];
    return sql_run(session, &licence_sql[OFFER_ADD],
                   IN(value_int(serial), value_octets(BYTES_OF(right->terms)), value_text(number),
                      in_text(call, NAME_CONTENT), value_octets(BYTES_OF(right->policy_hash)),
                      in_int(call, NAME_AMOUNT), in_int(call, NAME_UNIT), value_int(right->plays),
                      value_int(right->copies), value_int(right->first_day),
                      value_int(right->last_day), value_int(right->actions),
                      value_int(right->sealed), in_text(call, NAME_ACTIVATOR)),
                   row) != STORE_NONE;
}

/// The last four signs of the enterprise's id that a number may have, zeros in front of fewer, and
/// a serial of six signs. False: the serials have run out.
static bool code_number(const char *enterprise, uint64_t serial, char out[HOLDER_MAX + 1]) {
    static const char signs[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char code[] = "0000", digits[] = "000000";
    size_t used = 0;
    for (size_t i = strlen(enterprise); i-- > 0 && used < sizeof code - 1;)
        if (strchr(signs, enterprise[i]) != NULL)
            code[sizeof code - 2 - used++] = enterprise[i];
    for (size_t i = sizeof digits - 1; i-- > 0; serial /= sizeof signs - 1)
        digits[i] = signs[serial % (sizeof signs - 1)];
    return serial == 0 && ticket_number_make(code, digits, out);
}

bool licence_right_transact(struct call *call, struct session *session) {
    const struct right *right = call->command;
    struct value row[2] = {0};
    char number[HOLDER_MAX + 1];
    const char *content = form_text(&call->in, NAME_CONTENT);
    if (sql_run(session, &licence_sql[KEY_READ], IN(value_text(content)), row) == STORE_NONE)
        return call_refuse(call, &licence_unmatched, "There is no key of %s yet", content);
    if (sql_run(session, &licence_sql[OFFER_SAME], IN(value_octets(BYTES_OF(right->terms))), row) ==
        STORE_ROW) {
        form_set_text(&call->out, NAME_NUMBER, value_string(&row[0]));
        return true;
    }
    sql_run(session, &licence_sql[OFFER_SERIAL], NULL, row);
    int64_t serial = row[0].number;
    if (form_has(&call->in, NAME_NUMBER))
        snprintf(number, sizeof number, "%s", form_text(&call->in, NAME_NUMBER));
    else if (!code_number(licence_party(call)->enterprise, (uint64_t)serial, number))
        return call_refuse(call, &licence_number_taken, "The coded numbers have run out");
    if (!insert(call, session, serial, number))
        return call_refuse(call, &licence_number_taken, "The number %s is another offer's", number);
    form_set_text(&call->out, NAME_NUMBER, number);
    return true;
}

// ---- what is offered ---------------------------------------------------------------------------

static bool add_offer(void *context, const struct value *row) {
    static const struct {
        enum name name;
        size_t column;
    } NUMBERS[] = {{NAME_AMOUNT, 3},    {NAME_UNIT, 4},     {NAME_PLAYS, 5},  {NAME_COPIES, 6},
                   {NAME_FIRST_DAY, 7}, {NAME_LAST_DAY, 8}, {NAME_ACTIONS, 9}};
    struct call *call = context;
    struct form *offer = form_add(&call->out, NAME_OFFERS);
    form_set_text(offer, NAME_NUMBER, value_string(&row[0]));
    form_set_text(offer, NAME_ENTERPRISE, licence_party(call)->enterprise);
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++)
        if (row[NUMBERS[i].column].number >= 0)
            form_set_uint(offer, NUMBERS[i].name, (uint64_t)row[NUMBERS[i].column].number);
    return true;
}

bool licence_offers_transact(struct call *call, struct session *session) {
    sql_each(session, &licence_sql[OFFER_LIST], IN(in_text(call, NAME_CONTENT)), add_offer, call);
    return true;
}

// ---- one offer ---------------------------------------------------------------------------------

static bool refuse_number(struct call *call, const char *typed) {
    struct ticket_number number = ticket_number_read(typed);
    if (number.fault == TICKET_NUMBER_WRONG)
        return call_refuse(call, &licence_unknown_offer,
                           "There is no offer %s: its character %zu looks wrong", number.text,
                           number.at + 1);
    if (number.fault == TICKET_NUMBER_SWAPPED)
        return call_refuse(call, &licence_unknown_offer,
                           "There is no offer %s: two neighbours look swapped", number.text);
    return call_refuse(call, &licence_unknown_offer, "There is no offer %s", typed);
}

bool offer_find(struct call *call, struct session *session, const char *number,
                struct offer *offer) {
    struct value row[12] = {0}, key[2] = {0};
    if (sql_run(session, &licence_sql[OFFER_READ], IN(value_text(number)), row) == STORE_NONE)
        return refuse_number(call, number);
    if (session->failed != STORE_DONE)
        return false;
    sql_run(session, &licence_sql[KEY_READ], IN(value_text(value_string(&row[1]))), key);
    *offer = (struct offer){.number = value_string(&row[0]),
                            .content = value_string(&row[1]),
                            .policy_hash = row[2].octets,
                            .sealed_key = key[1].octets,
                            .amount = row[3].number,
                            .unit = row[4].number,
                            .plays = row[5].number,
                            .copies = row[6].number,
                            .first_day = row[7].number,
                            .last_day = row[8].number,
                            .actions = row[9].number,
                            .sealed = row[10].number != 0,
                            .activator = value_string(&row[11])};
    return session->failed == STORE_DONE;
}

static void set_present(struct form *form, enum name name, int64_t value) {
    if (value >= 0)
        form_set_uint(form, name, (uint64_t)value);
}

bool licence_offer_transact(struct call *call, struct session *session) {
    const struct service_context *context = call->context;
    struct offer offer;
    if (!offer_find(call, session, form_text(&call->in, NAME_NUMBER), &offer))
        return false;
    form_set_text(&call->out, NAME_NUMBER, offer.number);
    form_set_text(&call->out, NAME_ENTERPRISE, licence_party(call)->enterprise);
    form_set_text(&call->out, NAME_CONTENT, offer.content);
    form_set_uint(&call->out, NAME_AMOUNT, (uint64_t)offer.amount);
    form_set_uint(&call->out, NAME_UNIT, (uint64_t)offer.unit);
    set_present(&call->out, NAME_PLAYS, offer.plays);
    set_present(&call->out, NAME_COPIES, offer.copies);
    set_present(&call->out, NAME_FIRST_DAY, offer.first_day);
    set_present(&call->out, NAME_LAST_DAY, offer.last_day);
    set_present(&call->out, NAME_ACTIONS, offer.actions);
    for (size_t i = 0; i < context->certificate_count; i++)
        form_add_octets(&call->out, NAME_CERTIFICATES, context->certificates[i]);
    return true;
}
