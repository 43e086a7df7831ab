// SPDX-License-Identifier: Apache-2.0
// Leave to convert: the key of a content, sealed for one converter and bound to one container. The
// same container and converter again get the same grant, so that there is one conversion to each;
// the converter itself marks its use.
#include "services/licence/licence_private.h"

#include "apdu/container/convert_key.h"
#include "base/calendar.h"

#include <stdio.h>
#include <string.h>

enum { CHAIN = 3, GRANT_DAYS = 7, GRANT_MAX = 512 };

/// What was checked before the transaction.
struct conversion {
    uint8_t original[SHA256_SIZE];
    char content[HOLDER_MAX + 1], converter[HOLDER_MAX + 1];
    uint8_t kem_point[P256_COMPRESSED_SIZE];
    uint8_t serial[8];
};

static bool check_converter(struct call *call, struct conversion *conversion) {
    struct certificate converter;
    struct bytes chain[CHAIN];
    size_t count = 0;
    const struct form *list = form_list(&call->in, NAME_CERTIFICATES, &count);
    for (size_t i = 0; i < count && i < CHAIN; i++)
        chain[i] = form_certificate(&list[i], NAME_CERTIFICATE)->whole;
    if (party_verify_chain(licence_party(call), call->crypto, chain, count, call->today,
                           &converter) != CERTIFICATE_OK ||
        call->today < converter.from || (converter.roles & ROLE_CONVERTER) == 0 ||
        converter.kem_point == NULL || revoked_any(call, chain + 1, CHAIN - 1))
        return call_refuse(call, &licence_converter,
                           "The certificates are not root, authority and a converter that is "
                           "certified now");
    snprintf(conversion->converter, sizeof conversion->converter, "%.*s",
             (int)converter.holder.size, (const char *)converter.holder.data);
    memcpy(conversion->kem_point, converter.kem_point, sizeof conversion->kem_point);
    return true;
}

bool licence_conversion_check(struct call *call) {
    const struct object *container = form_object(&call->in, NAME_CONTAINER);
    struct conversion *conversion = arena_take(call->arena, sizeof *conversion);
    if (conversion == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    call->command = conversion;
    struct bytes content = container->fields[FIELD_CONTENT];
    snprintf(conversion->content, sizeof conversion->content, "%.*s", (int)content.size,
             (const char *)content.data);
    if (object_has(container, FIELD_ORIGINAL))
        return call_refuse(call, &licence_unmatched, "The container is a converter's own");
    return check_converter(call, conversion) &&
           ((object_digest(container, call->crypto, conversion->original) &&
             call->crypto->ops->random(call->crypto, conversion->serial,
                                       sizeof conversion->serial)) ||
            call_refuse(call, &problem_busy, "The cryptography failed; ask again"));
}

static bool wrap(const struct call *call, const struct conversion *conversion,
                 const struct convert_terms *terms, struct bytes sealed,
                 uint8_t wrapped[CONVERT_WRAPPED_MAX], size_t *size) {
    uint8_t key[TICKET_KEY_MAX];
    size_t key_size = 0;
    bool done = vault_open(call->crypto, licence_state_of(call), conversion->content, sealed, key,
                           &key_size) &&
                convert_key_seal(call->crypto, terms, conversion->kem_point,
                                 bytes_of(key, key_size), wrapped, size);
    bytes_erase(key, sizeof key);
    return done;
}

static bool sign_grant(struct call *call, const struct conversion *conversion, struct bytes sealed,
                       uint8_t *out, struct bytes *made) {
    const struct object *container = form_object(&call->in, NAME_CONTAINER);
    uint8_t wrapped[CONVERT_WRAPPED_MAX];
    size_t size = 0;
    struct party_signer own;
    struct object_writer writer;
    struct convert_terms terms = {
        BYTES_OF(conversion->original), bytes_of_string(licence_party(call)->enterprise),
        bytes_of_string(conversion->converter), container->fields[FIELD_POLICY_HASH],
        bytes_get_be(conversion->serial, 8)};
    if (!wrap(call, conversion, &terms, sealed, wrapped, &size))
        return false;
    party_signer(licence_party(call), call->crypto, &own);
    object_begin(&writer, OBJECT_CONVERT_GRANT, out, GRANT_MAX);
    object_put(&writer, FIELD_POLICY_HASH, terms.policy_hash);
    object_put_uint(&writer, FIELD_SERIAL, terms.serial);
    object_put_date(&writer, FIELD_DATE, call->today);
    object_put_date(&writer, FIELD_EXPIRY, date_add_days(call->today, GRANT_DAYS));
    object_put(&writer, FIELD_ENTERPRISE, terms.enterprise);
    object_copy(&writer, FIELD_CONTENT, container);
    object_put(&writer, FIELD_DESTINATION, terms.converter);
    object_put(&writer, FIELD_WRAPPED_KEY, bytes_of(wrapped, size));
    object_put(&writer, FIELD_ORIGINAL, terms.original);
    bool done = object_sign(&writer, &own.signer, made);
    bytes_erase(&own, sizeof own);
    return done;
}

/// A grant goes into the new container, with the certificates that it is judged by.
static bool answer(struct call *call, struct bytes granted) {
    form_set_octets(&call->out, NAME_OBJECT, granted);
    for (size_t i = 0; i < call->context->certificate_count; i++)
        form_add_octets(&call->out, NAME_CERTIFICATES, call->context->certificates[i]);
    return true;
}

static bool grant(struct call *call, struct session *session, const struct conversion *conversion) {
    const struct object *container = form_object(&call->in, NAME_CONTAINER);
    uint8_t octets[GRANT_MAX];
    struct value row[2] = {0};
    struct bytes made;
    if (sql_run(
            session, &licence_sql[CONVERSION_OFFER],
            IN(value_text(conversion->content), value_octets(container->fields[FIELD_POLICY_HASH])),
            row) == STORE_NONE)
        return call_refuse(call, &licence_unmatched,
                           "Nothing is offered of %s under the policy of this container",
                           conversion->content);
    sql_run(session, &licence_sql[KEY_READ], IN(value_text(conversion->content)), row);
    if (session->failed != STORE_DONE)
        return false;
    if (!sign_grant(call, conversion, row[1].octets, octets, &made))
        return call_refuse(call, &problem_busy, "The grant cannot be made now; ask again");
    sql_run(session, &licence_sql[CONVERSION_ADD],
            IN(value_octets(BYTES_OF(conversion->original)), value_text(conversion->converter),
               value_octets(made)),
            NULL);
    return answer(call, made);
}

bool licence_conversion_transact(struct call *call, struct session *session) {
    const struct conversion *conversion = call->command;
    struct value row[1] = {0};
    if (sql_run(session, &licence_sql[CONVERSION_READ],
                IN(value_octets(BYTES_OF(conversion->original)), value_text(conversion->converter)),
                row) == STORE_NONE)
        return grant(call, session, conversion);
    return answer(call, row[0].octets);
}
