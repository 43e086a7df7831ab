// SPDX-License-Identifier: Apache-2.0
// BER-TLV: the reader stays inside, moves on, and what it takes strictly is written again octet by
// octet; what is taken strictly is taken leniently, too.
#include "apdu/octets/tlv.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_rewrite(const struct tlv *item) {
    uint8_t *again = malloc(item->whole.size);
    MUST(again != NULL);
    struct tlv_writer writer = tlv_writer_over(again, item->whole.size);
    tlv_put(&writer, item->tag, item->value);
    MUST(tlv_writer_ok(&writer) && writer.size == item->whole.size);
    MUST(memcmp(again, item->whole.data, writer.size) == 0);
    writer = tlv_writer_over(again, item->whole.size);
    size_t mark = tlv_begin(&writer, item->tag);
    tlv_put_raw(&writer, item->value);
    tlv_end(&writer, mark);
    MUST(tlv_writer_ok(&writer) && writer.size == item->whole.size);
    MUST(memcmp(again, item->whole.data, writer.size) == 0);
    writer = tlv_writer_over(again, item->whole.size - 1);
    tlv_put(&writer, item->tag, item->value);
    MUST(!tlv_writer_ok(&writer));
    free(again);
}

static void check_inside(struct bytes outer, struct bytes inner) {
    MUST(inner.data >= outer.data && inner.size <= outer.size);
    MUST((size_t)(inner.data - outer.data) <= outer.size - inner.size);
}

static void walk(struct bytes data, unsigned depth) {
    struct tlv item, strict;
    struct bytes rest = data;
    for (struct bytes before = rest; tlv_next(&rest, &item); before = rest) {
        struct bytes again = before;
        check_inside(data, item.whole);
        check_inside(item.whole, item.value);
        MUST(rest.size == before.size - item.whole.size);
        bool is_strict = tlv_next_strict(&again, &strict);
        MUST(!is_strict || (strict.tag == item.tag && bytes_equal(strict.whole, item.whole)));
        if (is_strict && item.value.size <= 0xFFFF && (item.tag & 0x1F) != 0)
            check_rewrite(&item);
        if (tlv_is_constructed(item.tag) && depth < 16)
            walk(item.value, depth + 1);
        MUST(tlv_find(data, item.tag, &strict) && strict.tag == item.tag);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    walk(bytes_of(data, size), 0);
    return 0;
}
