// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/chip.h"

#include "apdu/octets/status.h"
#include "apdu/octets/tlv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 512, CPLC_SIZE = 42, CPLC_DATE = 10, CPLC_SERIAL = 12, CPLC_SERIAL_SIZE = 4 };

/// IC fabricators as CPLC numbers them.
static const struct {
    uint16_t number;
    const char *name;
} fabricators[] = {{0x4090, "Infineon"},
                   {0x4180, "Atmel"},
                   {0x4250, "Samsung"},
                   {0x4750, "STMicroelectronics"},
                   {0x4790, "NXP"}};

static void say(struct chip *chip, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct chip *chip, const char *format, ...) {
    size_t used = strlen(chip->name);
    va_list values;
    va_start(values, format);
    vsnprintf(chip->name + used, sizeof chip->name - used, format, values);
    va_end(values);
}

// ---- ATR ---------------------------------------------------------------------------------------

static bool is_plain(uint8_t octet) {
    return octet >= 0x20 && octet < 0x7F;
}

/// The octets, and the longest run of letters among them: makers write the product's name there.
static void say_atr(struct chip *chip, struct bytes atr) {
    size_t best = 0, size = 0;
    say(chip, "ATR ");
    for (size_t i = 0; i < atr.size; i++)
        say(chip, "%02X", atr.data[i]);
    for (size_t i = 0; i + 1 < atr.size; i++) { // the last one is a checksum
        size_t run = 0;
        while (i + run + 1 < atr.size && is_plain(atr.data[i + run]))
            run++;
        if (run > size) {
            best = i;
            size = run;
        }
    }
    if (size >= 4)
        say(chip, " '%.*s'", (int)size, (const char *)atr.data + best);
}

// ---- security domain ---------------------------------------------------------------------------

/// Registered identifiers of GlobalPlatform and of those who began with it.
static bool is_domain(struct bytes aid) {
    static const uint8_t providers[][5] = {{0xA0, 0x00, 0x00, 0x01, 0x51},
                                           {0xA0, 0x00, 0x00, 0x00, 0x03}};
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++)
        if (aid.size >= sizeof providers[i] &&
            memcmp(aid.data, providers[i], sizeof providers[i]) == 0)
            return true;
    return false;
}

static void read_aid(struct chip *chip, struct bytes fci) {
    struct tlv template, aid;
    bool named = tlv_find(fci, 0x6F, &template) && tlv_find(template.value, 0x84, &aid);
    chip->has_domain = !named || is_domain(aid.value);
    if (!named || !chip->has_domain || aid.value.size > sizeof chip->domain_aid)
        return;
    chip->domain_aid_size = (uint8_t)aid.value.size;
    memcpy(chip->domain_aid, aid.value.data, aid.value.size);
}

/// Tag 64 of the recognition data holds 1.2.840.114283.4.protocol.i.
static void read_protocols(struct chip *chip, struct bytes answer) {
    static const uint8_t scheme[] = {0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x04};
    struct tlv card, data, entry, oid;
    if (!tlv_find(answer, 0x66, &card) || !tlv_find(card.value, 0x73, &data))
        return;
    struct bytes rest = data.value;
    while (tlv_next(&rest, &entry)) {
        if (entry.tag != 0x64 || !tlv_find(entry.value, 0x06, &oid) ||
            oid.value.size < sizeof scheme + 2 ||
            memcmp(oid.value.data, scheme, sizeof scheme) != 0 ||
            chip->protocol_count == CHIP_PROTOCOLS_MAX)
            continue;
        const uint8_t *told = oid.value.data + sizeof scheme;
        chip->protocols[chip->protocol_count].protocol = told[0];
        chip->protocols[chip->protocol_count++].i = told[oid.value.size - sizeof scheme - 1];
        say(chip, ", SCP%02X i=%02X", told[0], told[oid.value.size - sizeof scheme - 1]);
    }
}

static bool is_zero(const uint8_t *octets, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (octets[i] != 0)
            return false;
    return true;
}

/// Fabrication date, serial number and batch stand together and name the chip.
static void read_cplc(struct chip *chip, struct bytes answer) {
    struct tlv value;
    struct bytes cplc = answer;
    if (tlv_find(answer, 0x9F7F, &value))
        cplc = value.value;
    if (cplc.size != CPLC_SIZE)
        return;
    uint16_t maker = (uint16_t)bytes_get_be(cplc.data, 2);
    const char *name = "";
    for (size_t i = 0; i < sizeof fabricators / sizeof fabricators[0]; i++)
        if (fabricators[i].number == maker)
            name = fabricators[i].name;
    say(chip, ", CPLC %04X%s%s%s %02X%02X", maker, name[0] != '\0' ? " (" : "", name,
        name[0] != '\0' ? ")" : "", cplc.data[2], cplc.data[3]);
    if (is_zero(cplc.data + CPLC_SERIAL, CPLC_SERIAL_SIZE))
        return;
    memcpy(chip->serial, cplc.data + CPLC_DATE, CARD_SERIAL_SIZE);
    chip->has_serial = true;
}

// ---- UID ---------------------------------------------------------------------------------------

/// Four octets that begin with 08 are drawn at every touch (ISO/IEC 14443-3) and name nothing.
static void read_uid(struct chip *chip, struct bytes uid) {
    bool drawn = uid.size == 4 && uid.data[0] == 0x08;
    if ((uid.size != 4 && uid.size != 7 && uid.size != 10) || drawn)
        return;
    size_t size = uid.size < CARD_SERIAL_SIZE ? uid.size : CARD_SERIAL_SIZE;
    memcpy(chip->serial + CARD_SERIAL_SIZE - size, uid.data + uid.size - size, size);
    chip->has_serial = true;
}

bool chip_select_domain(struct link *link, struct chip *chip, struct failure *failure) {
    static const uint8_t by_default[] = {0x00, 0xA4, 0x04, 0x00, 0x00};
    static const uint8_t standard[] = {0x00, 0xA4, 0x04, 0x00, 0x08, 0xA0, 0x00,
                                       0x00, 0x01, 0x51, 0x00, 0x00, 0x00, 0x00};
    static const uint8_t older[] = {0x00, 0xA4, 0x04, 0x00, 0x08, 0xA0, 0x00,
                                    0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00};
    const struct bytes commands[] = {BYTES_OF(by_default), BYTES_OF(standard), BYTES_OF(older)};
    uint8_t answer[ANSWER_MAX];
    struct bytes data;
    uint16_t sw = 0;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0] && !chip->has_domain; i++) {
        if (!work_ask(link, commands[i], answer, sizeof answer, &data, &sw, failure))
            return false;
        if (sw == SW_OK || sw == SW_FILE_INVALIDATED)
            read_aid(chip, data);
    }
    return true;
}

bool chip_read(struct link *link, struct bytes atr, struct chip *chip, struct failure *failure) {
    static const uint8_t get_cplc[] = {0x80, 0xCA, 0x9F, 0x7F, 0x00};
    static const uint8_t get_recognition[] = {0x80, 0xCA, 0x00, 0x66, 0x00};
    static const uint8_t get_uid[] = {0xFF, 0xCA, 0x00, 0x00, 0x00};
    const struct {
        struct bytes command;
        void (*read)(struct chip *chip, struct bytes answer);
    } questions[] = {{BYTES_OF(get_cplc), read_cplc},
                     {BYTES_OF(get_recognition), read_protocols},
                     {BYTES_OF(get_uid), read_uid}};
    uint8_t answer[ANSWER_MAX];
    struct bytes data;
    uint16_t sw = 0;
    *chip = (struct chip){0};
    say_atr(chip, atr);
    if (!chip_select_domain(link, chip, failure))
        return false;
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        if (questions[i].read == read_uid && chip->has_serial)
            break;
        if (!work_ask(link, questions[i].command, answer, sizeof answer, &data, &sw, failure))
            return false;
        if (sw == SW_OK)
            questions[i].read(chip, data);
    }
    return true;
}

bool chip_serial(const struct chip *chip, const struct link *link, uint8_t serial[CARD_SERIAL_SIZE],
                 struct failure *failure) {
    if (!chip->has_serial)
        return fail(failure, EXIT_REFUSED,
                    "%s: the card (%s) gives neither CPLC nor a fixed UID, so no row can be bound "
                    "to it; no key was tried",
                    link->name, chip->name);
    memcpy(serial, chip->serial, CARD_SERIAL_SIZE);
    return true;
}
