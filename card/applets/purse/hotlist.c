// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/hotlist.h"

#include <string.h>

enum { ENTRY = 16, ENTRIES_A_READ = 16, LISTS_AT = HOTLIST_AT + HOTLIST_COUNTS_SIZE };

static bool list_has(const struct card_call *call, uint32_t offset, size_t count,
                     const uint8_t *first, const uint8_t *second) {
    uint8_t entries[ENTRIES_A_READ * ENTRY];
    for (size_t i = 0; i < count; i++) {
        size_t row = i % ENTRIES_A_READ;
        size_t left = count - i < ENTRIES_A_READ ? count - i : ENTRIES_A_READ;
        if (row == 0)
            card_read(call, offset + (uint32_t)i * ENTRY, entries, left * ENTRY);
        if (memcmp(entries + row * ENTRY, first, ENTRY) == 0 ||
            memcmp(entries + row * ENTRY, second, ENTRY) == 0)
            return true;
    }
    return false;
}

bool hotlist_has(const struct card_call *call, const struct hotlist_query *query) {
    uint8_t device[ENTRY] = {0};
    size_t certificates = (size_t)card_read_uint(call, HOTLIST_AT, 2);
    size_t devices = (size_t)card_read_uint(call, HOTLIST_AT + 2, 2);
    if (query->device.size > 0)
        memcpy(device, query->device.data, query->device.size < ENTRY ? query->device.size : ENTRY);
    return list_has(call, LISTS_AT, certificates, query->digests[0], query->digests[1]) ||
           list_has(call, LISTS_AT + HOTLIST_CERTIFICATES * ENTRY, devices, device, device);
}

uint16_t hotlist_store(struct card_call *call, struct bytes certificates, struct bytes devices) {
    if (certificates.size % ENTRY != 0 || devices.size % ENTRY != 0)
        return SW_BAD_OBJECT;
    if (certificates.size > HOTLIST_CERTIFICATES * ENTRY || devices.size > HOTLIST_DEVICES * ENTRY)
        return SW_NO_SPACE;
    card_stage_uint(call, HOTLIST_AT, 2, certificates.size / ENTRY);
    card_stage_uint(call, HOTLIST_AT + 2, 2, devices.size / ENTRY);
    if (certificates.size > 0)
        card_stage(call, LISTS_AT, certificates.data, certificates.size);
    if (devices.size > 0)
        card_stage(call, LISTS_AT + HOTLIST_CERTIFICATES * ENTRY, devices.data, devices.size);
    return SW_OK;
}
