// SPDX-License-Identifier: Apache-2.0
#include "apdu/object/object_read.h"

bool object_has(const struct object *object, enum field field) {
    return object->fields[field].data != NULL;
}

uint64_t object_uint(const struct object *object, enum field field) {
    struct bytes value = object->fields[field];
    return value.data != NULL ? bytes_get_be(value.data, value.size) : 0;
}

uint32_t object_date(const struct object *object, enum field field) {
    struct bytes value = object->fields[field];
    uint32_t date = 0;
    for (size_t i = 0; i < value.size; i++)
        date = date * 100 + (value.data[i] >> 4) * 10u + (value.data[i] & 0x0F);
    return date;
}

uint16_t object_unit(const struct object *object) {
    return (uint16_t)object_uint(object, FIELD_UNIT);
}
