// SPDX-License-Identifier: Apache-2.0
// Signed objects: what decodes is built again by the writer octet by octet, and decodes from its
// own octets alone. A signer that repeats the signature found stands in for the key.
#include "apdu/object/object.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static bool repeat(const struct signer *signer, struct bytes message,
                   uint8_t signature[ECDSA_SIZE]) {
    (void)message;
    memcpy(signature, signer->context, ECDSA_SIZE);
    return true;
}

static void rebuild(const struct object *object) {
    struct object_writer writer;
    struct bytes again;
    uint8_t signature[ECDSA_SIZE];
    struct signer signer = {.sign = repeat, .context = signature};
    uint8_t *exact = malloc(object->whole.size);
    MUST(exact != NULL);
    memcpy(signature, object->signature.data, ECDSA_SIZE);
    object_begin(&writer, object->type, exact, object->whole.size);
    for (size_t field = FIELD_TYPE + 1; field < FIELD_COUNT; field++)
        object_copy(&writer, (enum field)field, object);
    MUST(object_sign(&writer, &signer, &again));
    MUST(bytes_equal(again, object->whole));
    free(exact);
}

static void check_fields(const struct object *object) {
    const struct object_schema *schema = object_schema(object->type);
    size_t present = 1;
    MUST(schema != NULL && object_has(object, FIELD_TYPE));
    for (size_t i = 0; i < schema->field_count; i++) {
        bool has = object_has(object, schema->fields[i].field);
        MUST(has || schema->fields[i].optional);
        present += has;
    }
    for (size_t field = 0; field < FIELD_COUNT; field++)
        present -= object_has(object, (enum field)field);
    MUST(present == 0);
    MUST(object->type != OBJECT_ISSUE_LOG || object_has(object, FIELD_DEVICE) ||
         object_has(object, FIELD_USER));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct object object, alone;
    if (!object_decode(bytes_of(data, size), &object))
        return 0;
    MUST(object.whole.data == data && object.whole.size <= size);
    check_fields(&object);
    rebuild(&object);
    MUST(object_decode_as(object.type, object.whole, &alone));
    MUST(size == object.whole.size || !object_decode_as(object.type, bytes_of(data, size), &alone));
    return 0;
}
