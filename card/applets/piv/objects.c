// SPDX-License-Identifier: Apache-2.0
// Data objects: GET DATA and PUT DATA (SP 800-73-4 part 2, 3.1.2 and 3.3.2; access rules of part 1,
// table 2). A written object goes to the idle one of its two buffers and lives from the moment the
// head is committed: a cut leaves the old one whole.
#include "card/applets/piv/piv.h"

#include "card/os/context.h"

#include <string.h>

enum access { READ_ALWAYS = 0, READ_WITH_PIN = 1, READ_CONTACTLESS = 2 };

struct data_object {
    uint32_t tag;
    uint16_t capacity;
    uint8_t access;
};

static const struct data_object objects[] = {
    {0x5FC102, 400, READ_ALWAYS | READ_CONTACTLESS},                  // CHUID
    {0x5FC107, 300, READ_ALWAYS},                                     // capability container
    {0x5FC105, PIV_CERTIFICATE_SIZE, READ_ALWAYS},                    // certificate of 9A
    {0x5FC10A, PIV_CERTIFICATE_SIZE, READ_ALWAYS},                    // certificate of 9C
    {0x5FC10B, PIV_CERTIFICATE_SIZE, READ_ALWAYS},                    // certificate of 9D
    {0x5FC101, PIV_CERTIFICATE_SIZE, READ_ALWAYS | READ_CONTACTLESS}, // certificate of 9E
    {0x5FC106, 1000, READ_ALWAYS},                                    // security object
    {0x5FC109, 300, READ_WITH_PIN},                                   // printed information
    {0x5FC10C, 150, READ_ALWAYS},                                     // key history
};

enum { OBJECT_TABLE = sizeof objects / sizeof objects[0], TAG_DISCOVERY = 0x7E };
_Static_assert(OBJECT_TABLE <= 16, "heads of data objects have room for sixteen");

uint32_t piv_objects_size(void) {
    uint32_t size = 0;
    for (size_t i = 0; i < OBJECT_TABLE; i++)
        size += 2U * objects[i].capacity;
    return size;
}

static uint32_t head_of(size_t index) {
    return (uint32_t)(PIV_AT_OBJECT_HEADS + index * PIV_HEAD_SIZE);
}

static uint32_t buffer_of(size_t index, uint8_t which) {
    uint32_t at = PIV_AT_OBJECTS;
    for (size_t i = 0; i < index; i++)
        at += 2U * objects[i].capacity;
    return at + (uint32_t)which * objects[index].capacity;
}

// Index of the object that a tag list (5C) names; OBJECT_TABLE if there is none.
static size_t find_object(struct bytes tag) {
    for (size_t i = 0; i < OBJECT_TABLE; i++)
        if (tag.size == 3 && bytes_get_be(tag.data, 3) == objects[i].tag)
            return i;
    return OBJECT_TABLE;
}

// Discovery object: this application, its own PIN, no global PIN.
static uint16_t answer_discovery(struct card_call *call) {
    static const uint8_t policy[] = {0x40, 0x00};
    size_t mark = tlv_begin(&call->answer, TAG_DISCOVERY);
    tlv_put(&call->answer, 0x4F, bytes_of(call->instance->aid, call->instance->aid_size));
    tlv_put(&call->answer, 0x5F2F, BYTES_OF(policy));
    tlv_end(&call->answer, mark);
    return SW_OK;
}

static bool may_read(const struct card_call *call, const struct data_object *object) {
    if (call->interface == CARD_CONTACTLESS)
        return (object->access & READ_CONTACTLESS) != 0;
    return (object->access & READ_WITH_PIN) == 0 || piv_session(call)->pin_verified;
}

static void answer_stored(struct card_call *call, size_t index, struct piv_head head) {
    uint8_t part[64];
    uint32_t at = buffer_of(index, head.live);
    for (uint32_t done = 0; done < head.size; done += sizeof part) {
        size_t size = head.size - done < sizeof part ? head.size - done : sizeof part;
        card_read(call, at + done, part, size);
        tlv_put_raw(&call->answer, bytes_of(part, size));
    }
}

uint16_t piv_get_data(struct card_call *call) {
    struct bytes rest = call->command.data;
    struct tlv list;
    if (!tlv_next(&rest, &list) || list.tag != 0x5C || rest.size > 0)
        return SW_WRONG_DATA;
    if (list.value.size == 1 && list.value.data[0] == TAG_DISCOVERY)
        return answer_discovery(call);
    size_t index = find_object(list.value);
    if (index == OBJECT_TABLE)
        return SW_NOT_FOUND;
    if (!may_read(call, &objects[index]))
        return SW_SECURITY_STATUS;
    struct piv_head head = piv_read_head(call, head_of(index));
    if (head.kind == 0)
        return SW_NOT_FOUND;
    answer_stored(call, index, head);
    return SW_OK;
}

uint16_t piv_put_data(struct card_call *call) {
    struct bytes rest = call->command.data;
    struct tlv list, content;
    if (!piv_session(call)->manager)
        return SW_SECURITY_STATUS;
    if (!tlv_next(&rest, &list) || list.tag != 0x5C || !tlv_next(&rest, &content) ||
        content.tag != 0x53 || rest.size > 0)
        return SW_WRONG_DATA;
    size_t index = find_object(list.value);
    if (index == OBJECT_TABLE)
        return SW_NOT_FOUND;
    if (content.whole.size > objects[index].capacity)
        return SW_NO_SPACE;
    struct piv_head head = piv_read_head(call, head_of(index));
    head.live ^= 1;
    head.kind = content.value.size > 0; // an empty object is a deleted one
    head.size = (uint16_t)content.whole.size;
    struct nvm_area buffer = {call->instance->base + buffer_of(index, head.live), head.size};
    if (!nvm_fill(&call->card->nvm, buffer, buffer.offset, content.whole.data, head.size))
        return SW_MEMORY_FAILURE;
    piv_stage_head(call, head_of(index), head);
    return SW_OK;
}
