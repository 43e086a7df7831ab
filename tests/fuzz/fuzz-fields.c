// SPDX-License-Identifier: Apache-2.0
// Field lists as command data has them: the first octet chooses a schema, the rest is split by it.
// What splits is written again octet by octet.
#include "apdu/object/object.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes fields[FIELD_COUNT];
    if (size == 0)
        return 0;
    const struct object_schema *schema = &object_schemas[data[0] % object_schema_count];
    struct bytes in = bytes_of(data + 1, size - 1);
    if (!fields_decode(in, schema->fields, schema->field_count, fields))
        return 0;
    uint8_t *again = malloc(in.size + 1);
    MUST(again != NULL);
    struct tlv_writer writer = tlv_writer_over(again, in.size);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (fields[i].data != NULL)
            tlv_put(&writer, field_specs[i].tag, fields[i]);
    MUST(tlv_writer_ok(&writer) && bytes_equal(tlv_writer_bytes(&writer), in));
    free(again);
    return 0;
}
