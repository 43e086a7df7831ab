// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/scene/forger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void finish(struct object_writer *writer, const struct sample_party *signer,
                   struct scene_object *out) {
    struct bytes object;
    if (!object_sign(writer, &signer->signer, &object)) {
        fprintf(stderr, "forger: object not signed\n");
        abort();
    }
    out->size = object.size;
}

struct forged forged_terms(const char *payee, uint32_t n, const struct scene_card *payer,
                           const struct scene_selected *selected, uint64_t amount) {
    struct forged terms = {.payee = payee,
                           .payer = payer->holder,
                           .n = n,
                           .counter = selected->counter,
                           .amount = amount,
                           .unit = SCENE_UNIT,
                           .reference = {REFERENCE_GOODS, 'X'},
                           .reference_size = 2};
    memcpy(terms.challenge, selected->challenge, sizeof terms.challenge);
    return terms;
}

void forge_request(const struct sample_party *signer, const struct forged *terms,
                   struct scene_object *out) {
    struct object_writer writer;
    object_begin(&writer, OBJECT_PAYMENT_REQUEST, out->octets, sizeof out->octets);
    object_put(&writer, FIELD_PAYEE, bytes_of_string(terms->payee));
    object_put_uint(&writer, FIELD_N, terms->n);
    object_put(&writer, FIELD_PAYER, bytes_of_string(terms->payer));
    object_put_uint(&writer, FIELD_COUNTER, terms->counter);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(terms->challenge));
    object_put_uint(&writer, FIELD_AMOUNT, terms->amount);
    object_put_unit(&writer, terms->unit);
    object_put(&writer, FIELD_REFERENCE, bytes_of(terms->reference, terms->reference_size));
    finish(&writer, signer, out);
}

void forge_log(const struct sample_party *signer, const struct forged *terms,
               struct scene_object *out) {
    struct object_writer writer;
    object_begin(&writer, OBJECT_USAGE_LOG, out->octets, sizeof out->octets);
    object_put(&writer, FIELD_PAYEE, bytes_of_string(terms->payee));
    object_put_uint(&writer, FIELD_N, terms->n);
    object_put(&writer, FIELD_PAYER, bytes_of_string(terms->payer));
    object_put_uint(&writer, FIELD_COUNTER, terms->counter);
    object_put_uint(&writer, FIELD_AMOUNT, terms->amount);
    object_put_unit(&writer, terms->unit);
    object_put(&writer, FIELD_REFERENCE, bytes_of(terms->reference, terms->reference_size));
    object_put_uint(&writer, FIELD_STATE_NUMBER, 9);
    object_put_uint(&writer, FIELD_ISSUED, terms->issued);
    object_put_uint(&writer, FIELD_LOADED, 0);
    object_put_uint(&writer, FIELD_RECREDITED, 0);
    object_put_uint(&writer, FIELD_SPENT, terms->spent);
    finish(&writer, signer, out);
}

static struct object decoded(const struct scene_object *in) {
    struct object object;
    if (!object_decode(scene_bytes(in), &object)) {
        fprintf(stderr, "forger: no object to go by\n");
        abort();
    }
    return object;
}

static void forge_ending(const struct sample_party *signer, enum object_type type,
                         const struct object *about, const uint8_t hash[SHA256_SIZE],
                         struct scene_object *out) {
    struct object_writer writer;
    object_begin(&writer, type, out->octets, sizeof out->octets);
    object_copy(&writer, FIELD_PAYEE, about);
    object_copy(&writer, FIELD_N, about);
    object_copy(&writer, FIELD_PAYER, about);
    object_put(&writer, type == OBJECT_VOID ? FIELD_REQUEST_HASH : FIELD_LOG_HASH,
               bytes_of(hash, SHA256_SIZE));
    finish(&writer, signer, out);
}

void forge_receipt(struct scene *scene, const struct sample_party *signer,
                   const struct scene_object *log, struct scene_object *out) {
    uint8_t hash[SHA256_SIZE];
    struct object object = decoded(log);
    if (!object_digest(&object, scene->crypto, hash))
        abort();
    forge_ending(signer, OBJECT_RECEIVE_LOG, &object, hash, out);
}

void forge_void(struct scene *scene, const struct sample_party *signer,
                const struct scene_object *about, struct scene_object *out) {
    uint8_t hash[SHA256_SIZE];
    struct object object = decoded(about);
    if (!object_terms_digest(&object, scene->crypto, hash))
        abort();
    forge_ending(signer, OBJECT_VOID, &object, hash, out);
}
