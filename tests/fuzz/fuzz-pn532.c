// SPDX-License-Identifier: Apache-2.0
// The software PN532 behind arbitrary octets of its host: frames, broken frames, every command. The
// field has an echo card and a second chip, time passes now and then. Whatever comes in, answers
// are whole frames with right checksums, no status sets bit 7 (libnfc would end its program), and
// the chip still tells its version afterwards.
#include "readers/field/apps.h"
#include "readers/field/field.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { PORTION_MAX = 64, STEP_NS = 3000000, EVENTS_MAX = 200 };

struct host {
    struct pn532_parser parser;
    size_t frames;
    bool version;
};

// Every octet that the chip sends belongs to a frame; what stands between frames is 00 or an ACK.
static void check(struct host *host, struct bytes octets) {
    static const uint8_t version[] = {0xD5, 0x03, 0x32, 0x01, 0x06, 0x07};
    for (size_t i = 0; i < octets.size; i++) {
        enum pn532_frame_kind kind = pn532_parser_take(&host->parser, octets.data[i]);
        MUST(kind != PN532_BAD_CHECKSUM && kind != PN532_NACK);
        if (kind != PN532_DATA)
            continue;
        const uint8_t *payload = host->parser.payload;
        host->frames++;
        MUST(payload[0] == 0x7F || payload[0] == PN532_TFI_TO_HOST);
        bool has_status = host->parser.size > 2 && (payload[1] == 0x41 || payload[1] == 0x43 ||
                                                    payload[1] == 0x87 || payload[1] == 0x8F);
        MUST(!has_status || payload[2] < 0x80);
        host->version =
            host->parser.size == sizeof version && memcmp(payload, version, sizeof version) == 0;
    }
}

static void to_host(void *context, unsigned chip, struct bytes octets) {
    if (chip == 0)
        check(context, octets);
}

static void run_events(struct rf_field *field) {
    uint64_t next;
    for (unsigned i = 0; i < EVENTS_MAX && field_next(field, &next); i++)
        field_advance(field, next);
}

static void ask_version(struct rf_field *field, struct host *host) {
    static const uint8_t get[] = {0x00, 0x00, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2A, 0x00};
    static const uint8_t zeros[PN532_FRAME_MAX] = {0}; // ends a frame that the input left open
    field_host(field, 0, BYTES_OF(zeros));
    field_host(field, 0, BYTES_OF(pn532_ack));
    host->version = false;
    field_host(field, 0, BYTES_OF(get));
    run_events(field);
    MUST(host->version);
}

// The input: portions, each with a length octet before it; length 0 lets time pass.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct rf_field field;
    struct host host = {0};
    struct field_ports ports = {&host, to_host, NULL};
    field_init(&field, &ports, 1);
    MUST(field_add_chip(&field, "kiosk") == 0 && field_add_chip(&field, "phone") == 1);
    field_place_card(&field, field_add_builtin(&field, "echo", "echo"), 0);
    field_place_chip(&field, 1, 0);
    while (size > 0) {
        size_t portion = data[0];
        data++;
        size--;
        portion = portion < size ? portion : size;
        if (portion == 0)
            field_advance(&field, field.now + STEP_NS);
        else
            field_host(&field, portion > PORTION_MAX ? 1 : 0, bytes_of(data, portion));
        data += portion;
        size -= portion;
    }
    run_events(&field);
    ask_version(&field, &host);
    return 0;
}
