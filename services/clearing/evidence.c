// SPDX-License-Identifier: Apache-2.0
// What comes signed and what goes out signed: chains below our root, objects, the journal.
#include "services/clearing/clearing_private.h"

#include <stdio.h>
#include <string.h>

struct name_text name_of(struct bytes holder) {
    struct name_text name;
    snprintf(name.text, sizeof name.text, "%.*s", (int)holder.size, (const char *)holder.data);
    return name;
}

// ---- in ----------------------------------------------------------------------------------------

static const struct certificate *certificate_of(const struct form *certificates, size_t count,
                                                struct bytes holder) {
    for (size_t i = 0; i < count; i++) {
        const struct certificate *certificate =
            form_certificate(&certificates[i], NAME_CERTIFICATE);
        if (bytes_equal(certificate->holder, holder))
            return certificate;
    }
    return NULL;
}

static bool join_chain(const struct call *call, const struct bytes chain[CHAIN],
                       struct evidence *out) {
    uint8_t *octets = arena_take(call->arena, KEPT_CHAIN_MAX);
    size_t size = 0;
    if (octets == NULL)
        return false;
    for (size_t i = 0; i < CHAIN; i++) {
        memcpy(octets + size, chain[i].data, chain[i].size);
        size += chain[i].size;
    }
    out->chain = bytes_of(octets, size);
    return true;
}

bool evidence_find(const struct call *call, const struct form *certificates, size_t count,
                   struct bytes holder, uint32_t roles, struct evidence *out) {
    const struct clearing_state *state = clearing_of(call);
    const struct certificate *own = certificate_of(certificates, count, holder);
    const struct certificate *authority =
        own != NULL ? certificate_of(certificates, count, own->issuer) : NULL;
    if (authority == NULL)
        return false;
    const struct bytes chain[CHAIN] = {state->certificates[0], authority->whole, own->whole};
    enum certificate_fault fault = party_verify_chain(&state->party, call->crypto, chain, CHAIN,
                                                      call->today, &out->certificate);
    out->authority = authority->whole;
    out->expired = fault == CERTIFICATE_EXPIRED;
    if (out->expired)
        fault = party_verify_chain(&state->party, call->crypto, chain, CHAIN, 0, &out->certificate);
    return fault == CERTIFICATE_OK && call->today >= out->certificate.from &&
           (out->certificate.roles & roles) != 0 && join_chain(call, chain, out);
}

const struct object *evidence_object(const struct call *call, const struct form *envelope,
                                     enum object_type type, uint32_t roles,
                                     struct evidence *signer) {
    const struct object *object = form_object(envelope, NAME_OBJECT);
    size_t count = 0;
    const struct form *certificates = form_list(envelope, NAME_CERTIFICATES, &count);
    if (object->type != type || count != CHAIN)
        return NULL;
    struct bytes holder = form_certificate(&certificates[CHAIN - 1], NAME_CERTIFICATE)->holder;
    if (!evidence_find(call, certificates, count, holder, roles, signer) ||
        !object_verify(object, call->crypto, signer->certificate.signing_point))
        return NULL;
    return object;
}

void evidence_keep(struct call *call, struct session *session, const struct object *object,
                   const uint8_t digest[SHA256_SIZE], const char *kind, struct bytes chain) {
    struct journal_object kept = {.kind = kind, .octets = object->whole, .certificates = chain};
    memcpy(kept.digest, digest, sizeof kept.digest);
    journal_put(session, call->crypto, &kept, call->now_ms);
}

// ---- out ---------------------------------------------------------------------------------------

void center_put(const struct call *call, struct object_writer *writer, const char *purse) {
    object_put(writer, FIELD_CENTER, bytes_of_string(clearing_of(call)->party.id));
    object_put(writer, FIELD_PURSE, bytes_of_string(purse));
}

static bool sign(const struct call *call, struct object_writer *writer, struct bytes *object) {
    struct party_signer own;
    party_signer(&clearing_of(call)->party, call->crypto, &own);
    bool done = object_sign(writer, &own.signer, object);
    bytes_erase(&own, sizeof own);
    return done;
}

bool center_again(struct call *call, struct bytes stored) {
    struct object_writer writer;
    struct object old;
    uint8_t octets[CENTER_OBJECT_SIZE];
    struct bytes object = stored;
    bool good = object_decode(stored, &old);
    if (good && !object_verify(&old, call->crypto, clearing_of(call)->party.point)) {
        object_begin(&writer, old.type, octets, sizeof octets);
        for (size_t i = 0; i < writer.schema->field_count; i++)
            object_copy(&writer, writer.schema->fields[i].field, &old);
        good = sign(call, &writer, &object);
    }
    if (!good)
        return call_refuse(call, &problem_busy, "What was signed before cannot be told now");
    form_set_octets(&call->out, NAME_OBJECT, object);
    return true;
}

bool center_sign(struct call *call, struct session *session, struct object_writer *writer,
                 const char *kind, struct bytes *object) {
    const struct clearing_state *state = clearing_of(call);
    struct object made;
    uint8_t digest[SHA256_SIZE];
    if (!sign(call, writer, object) || !object_decode(*object, &made) ||
        !object_digest(&made, call->crypto, digest))
        return call_refuse(call, &problem_busy, "The %s cannot be signed now; ask again", kind);
    size_t size = 0;
    for (size_t i = 0; i < CHAIN; i++)
        size += state->certificates[i].size;
    if (session != NULL)
        evidence_keep(call, session, &made, digest, kind, bytes_of(state->chain, size));
    return true;
}
