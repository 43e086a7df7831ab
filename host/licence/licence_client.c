// SPDX-License-Identifier: Apache-2.0
#include "host/licence/licence_client.h"

#include "apdu/crypto/binding.h"
#include "apdu/crypto/hkdf.h"
#include "apdu/crypto/hpke.h"
#include "apdu/object/action.h"
#include "apdu/object/object_schema.h"
#include "services/wire/api/content_api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FINGERPRINT_SIZE = 16 };

static void set_id(struct form *form, enum name name, struct bytes id) {
    char text[HOLDER_MAX + 1];
    snprintf(text, sizeof text, "%.*s", (int)id.size, (const char *)id.data);
    form_set_text(form, name, text);
}

/// Said twice, a key or an offer is the same to the service anyway.
bool licence_request_key(const struct licence_client *client, char key[LICENCE_REQUEST_KEY],
                         struct failure *failure) {
    uint8_t drawn[(LICENCE_REQUEST_KEY - 1) / 2];
    if (!client->crypto->ops->random(client->crypto, drawn, sizeof drawn))
        return fail(failure, EXIT_REFUSED, "the random generator failed");
    for (size_t i = 0; i < sizeof drawn; i++)
        snprintf(key + 2 * i, 3, "%02x", drawn[i]);
    return true;
}

static bool call(const struct licence_client *client, const struct endpoint *row,
                 const struct form *in, struct form *out, struct failure *failure) {
    const char *target = row == &content_key ? "content" : "licence";
    char key[LICENCE_REQUEST_KEY];
    if (row->key == KEY_NEEDED && !licence_request_key(client, key, failure))
        return false;
    return courier_call(client->courier, target, row, row->key == KEY_NEEDED ? key : NULL, in, out,
                        NULL, failure);
}

// ---- keys --------------------------------------------------------------------------------------

static bool fingerprint(const struct licence_client *client, struct bytes key,
                        uint8_t out[FINGERPRINT_SIZE]) {
    struct binding binding;
    binding_begin(&binding, "fingerprint");
    return hkdf(client->crypto, key, bytes_of(NULL, 0), binding_bytes(&binding), out,
                FINGERPRINT_SIZE);
}

/// The key for the service that the recipient's point belongs to, bound to content and fingerprint.
static bool seal(const struct licence_client *client, const uint8_t *recipient,
                 struct bytes content, struct bytes key, struct form *in) {
    uint8_t print[FINGERPRINT_SIZE], wrapped[1 + HPKE_OVERHEAD + CONTAINER_KEY_MAX];
    struct binding binding;
    if (!fingerprint(client, key, print))
        return false;
    binding_begin(&binding, "key");
    binding_add(&binding, content);
    binding_add(&binding, BYTES_OF(print));
    wrapped[0] = HPKE_AES_256;
    if (!hpke_seal(client->crypto, HPKE_AES_256, recipient, binding_bytes(&binding),
                   bytes_of(NULL, 0), key, wrapped + 1))
        return false;
    set_id(in, NAME_ID, content);
    form_set_octets(in, NAME_FINGERPRINT, BYTES_OF(print));
    form_set_octets(in, NAME_WRAPPED_KEY, bytes_of(wrapped, 1 + HPKE_OVERHEAD + key.size));
    return true;
}

static bool hand_key(const struct licence_client *client, struct arena *arena,
                     const struct endpoint *row, struct bytes content, struct bytes key,
                     struct failure *failure) {
    struct form nothing, recipient, in;
    form_init(&nothing, licence_recipient.request, arena);
    form_init(&recipient, licence_recipient.answer, arena);
    form_init(&in, row->request, arena);
    if (!call(client, &licence_recipient, &nothing, &recipient, failure))
        return false;
    return (seal(client, form_octets(&recipient, NAME_KEM_KEY).data, content, key, &in) ||
            fail(failure, EXIT_REFUSED, "the key cannot be sealed for this service")) &&
           call(client, row, &in, NULL, failure);
}

bool licence_hand_key(const struct licence_client *client, struct container_file *container,
                      struct bytes key, bool by_content, struct failure *failure) {
    struct arena arena;
    if (!container_unlock(container, key, failure))
        return false;
    arena_init(&arena, client->memory);
    bool done = hand_key(client, &arena, by_content ? &content_key : &licence_key,
                         container->front.manifest.fields[FIELD_CONTENT], key, failure);
    arena_free(&arena);
    return done;
}

// ---- offers ------------------------------------------------------------------------------------

static void set_present(struct form *form, enum name name, int64_t value) {
    if (value >= 0)
        form_set_uint(form, name, (uint64_t)value);
}

static void fill(struct form *in, const struct container_file *container,
                 const struct licence_offer *offer) {
    const struct object *policy = &container->front.policy;
    set_id(in, NAME_ENTERPRISE, policy->fields[FIELD_ENTERPRISE]);
    set_id(in, NAME_CONTENT, policy->fields[FIELD_CONTENT]);
    form_set_octets(in, NAME_POLICY, policy->whole);
    form_set_uint(in, NAME_AMOUNT, offer->amount);
    form_set_uint(in, NAME_UNIT, offer->unit);
    set_present(in, NAME_PLAYS, offer->plays);
    set_present(in, NAME_COPIES, offer->copies);
    set_present(in, NAME_ACTIONS, offer->actions);
    set_present(in, NAME_FIRST_DAY, offer->first_day != 0 ? (int64_t)offer->first_day : -1);
    set_present(in, NAME_LAST_DAY, offer->last_day != 0 ? (int64_t)offer->last_day : -1);
    if (offer->sealed)
        form_set_uint(in, NAME_SEALED, 1);
    if (offer->number != NULL)
        form_set_text(in, NAME_NUMBER, offer->number);
    if (offer->activator != NULL)
        form_set_text(in, NAME_ACTIVATOR, offer->activator);
}

int64_t licence_actions(const char *const *words, size_t count) {
    uint8_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t bit = action_of(words[i]);
        if (bit == 0 || bit == ACTION_CONVERT)
            return 0;
        bits |= bit;
    }
    return count == 0 ? -1 : (bits & ACTIONS_SOME) != 0 ? bits : 0;
}

bool licence_make_offer(const struct licence_client *client, const struct container_file *container,
                        const struct licence_offer *offer, char number[17],
                        struct failure *failure) {
    struct arena arena;
    struct form in, out;
    arena_init(&arena, client->memory);
    form_init(&in, licence_right.request, &arena);
    form_init(&out, licence_right.answer, &arena);
    fill(&in, container, offer);
    bool done = call(client, &licence_right, &in, &out, failure);
    if (done)
        snprintf(number, 17, "%.16s", form_text(&out, NAME_NUMBER));
    arena_free(&arena);
    return done;
}

// ---- grants ------------------------------------------------------------------------------------

static bool ask_grant(const struct licence_client *client, const struct container_file *container,
                      const struct bytes certificates[3], struct arena *arena,
                      struct tlv_writer *out, struct failure *failure) {
    struct form in, answer;
    size_t count = 0;
    form_init(&in, licence_conversion.request, arena);
    form_init(&answer, licence_conversion.answer, arena);
    form_set_octets(&in, NAME_CONTAINER, container->front.manifest.whole);
    for (size_t i = 0; i < 3; i++)
        form_add_octets(&in, NAME_CERTIFICATES, certificates[i]);
    if (!call(client, &licence_conversion, &in, &answer, failure))
        return false;
    const struct form *chain = form_list(&answer, NAME_CERTIFICATES, &count);
    tlv_put_raw(out, form_object(&answer, NAME_OBJECT)->whole);
    for (size_t i = count; i-- > 1;)
        tlv_put_raw(out, form_certificate(&chain[i], NAME_CERTIFICATE)->whole);
    return tlv_writer_ok(out) || fail(failure, EXIT_REFUSED, "the service's grant is too long");
}

bool licence_ask_grant(const struct licence_client *client, const struct container_file *container,
                       const struct bytes certificates[3], uint8_t *out, size_t capacity,
                       size_t *size, struct failure *failure) {
    struct arena arena;
    struct tlv_writer writer = tlv_writer_over(out, capacity);
    arena_init(&arena, client->memory);
    bool done = ask_grant(client, container, certificates, &arena, &writer, failure);
    *size = tlv_writer_bytes(&writer).size;
    arena_free(&arena);
    return done;
}
