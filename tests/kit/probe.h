// SPDX-License-Identifier: Apache-2.0
// A card whose ROM holds test applets, for the suites that try the card OS through its front door.
// Their command rows are borrowed from the purse. Included by one file of a test program.
#ifndef TESTS_KIT_PROBE_H
#define TESTS_KIT_PROBE_H

#include "apdu/command/applets/purse_commands.h"
#include "apdu/command/perso_card.h"
#include "card/os/context.h"
#include "card/port/memory.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- the applets -------------------------------------------------------------------------------

enum { OPTION_AT = 0, SW_AT = 1, FIRST_AT = 2, SECOND_AT = 3, PROBE_SIZE = 40 };

static unsigned deselects, uninstalls;
static bool leave_badly;

static uint32_t probe_size(struct bytes parameters) {
    return parameters.size == 2 ? (uint32_t)bytes_get_be(parameters.data, 2) : PROBE_SIZE;
}

static uint16_t probe_install(struct card_call *call, struct bytes parameters) {
    (void)parameters;
    card_stage_uint(call, SW_AT, 1, 0xA0);
    return call->on_deselect == NULL ? SW_OK : SW_UNKNOWN;
}

static uint16_t probe_select(struct card_call *call) {
    tlv_put(&call->answer, 0x84, bytes_of(call->instance->aid, call->instance->aid_size));
    return card_read_uint(call, OPTION_AT, 1) == 0xEE ? SW_CONDITIONS : SW_OK;
}

static void probe_deselect(struct card_call *call) {
    deselects++;
    if (leave_badly)
        card_stage_uint(call, call->instance->size, 1, 0);
}

static void probe_uninstall(struct card_call *call) {
    (void)call;
    uninstalls++;
}

/// P1 P2 octets that count up.
static uint16_t give(struct card_call *call) {
    unsigned size = (unsigned)call->command.p1 << 8 | call->command.p2;
    for (unsigned i = 0; i < size; i++) {
        uint8_t octet = (uint8_t)(i + 1);
        tlv_put_raw(&call->answer, bytes_of(&octet, 1));
    }
    return size == 0x0777 ? SW_CONDITIONS : SW_OK; // so many are written, and refused
}

static uint16_t echo(struct card_call *call) {
    tlv_put_raw(&call->answer, call->command.data);
    return SW_OK;
}

static uint16_t set_option(struct card_call *call) {
    *(uint8_t *)call->on_deselect = call->command.data.data[0];
    card_stage(call, OPTION_AT, call->command.data.data, 1);
    return SW_OK;
}

static uint16_t arm(struct card_call *call) {
    *(uint8_t *)call->on_reset = call->command.data.data[0];
    return SW_OK;
}

/// Both volatile octets, the first persistent ones, the interface.
static uint16_t show(struct card_call *call) {
    uint8_t shown[7] = {*(uint8_t *)call->on_deselect, *(uint8_t *)call->on_reset};
    card_read(call, 0, shown + 2, 4);
    shown[6] = (uint8_t)call->interface;
    tlv_put_raw(&call->answer, BYTES_OF(shown));
    return SW_OK;
}

/// Stages the first octet, answers the status word in the next two.
static uint16_t answer_with(struct card_call *call) {
    if (call->command.data.size == 0)
        return SW_TRIES_LEFT;
    card_stage(call, SW_AT, call->command.data.data, 1);
    return (uint16_t)bytes_get_be(call->command.data.data + 1, 2);
}

static uint16_t commit_between(struct card_call *call) {
    card_stage_uint(call, FIRST_AT, 1, call->command.data.data[0]);
    if (!card_commit(call))
        return SW_MEMORY_FAILURE;
    card_stage_uint(call, SECOND_AT, 1, call->command.data.data[0]);
    return (uint16_t)bytes_get_be(call->command.data.data + 1, 2);
}

/// Trespasses in the way that the first octet names.
static uint16_t trespass(struct card_call *call) {
    uint8_t octets[8] = {0};
    uint32_t size = call->instance->size;
    card_stage_uint(call, SW_AT, 1, 0x77);
    switch (call->command.data.data[0]) {
    case 1:
        card_read(call, size, octets, 1);
        break;
    case 2:
        card_stage(call, size - 1, octets, 2);
        break;
    case 3:
        card_stage(call, UINT32_MAX, octets, 1);
        break;
    case 4:
        card_stage_uint(call, 0, 1, 256);
        break;
    case 5:
        for (unsigned i = 0; i < CARD_ANSWER_MAX + 1u; i++)
            tlv_put_raw(&call->answer, bytes_of(octets, 1));
        break;
    default:
        card_read(call, 0, octets, 8);
        break;
    }
    return octets[7] == 0 ? SW_OK : SW_UNKNOWN;
}

static uint16_t probe_store(struct card_call *call, uint16_t dgi, struct bytes data) {
    if (dgi == 0x0FFF)
        card_set_instance_life_cycle(call, APPLET_PERSONALIZED);
    else if (dgi <= 0x0003 && data.size == 1)
        card_stage(call, dgi, data.data, 1);
    else
        return SW_REFERENCE_NOT_FOUND;
    return SW_OK;
}

static card_handler *const probe_handlers[COMMAND_PURSE_COUNT] = {
    [COMMAND_PURSE_GET_DATA] = give,
    [COMMAND_PURSE_ACKNOWLEDGE] = echo,
    [COMMAND_PURSE_SET_OPTIONS] = set_option,
    [COMMAND_PURSE_ARM] = arm,
    [COMMAND_PURSE_GET_LOG] = show,
    [COMMAND_PURSE_VERIFY] = answer_with,
    [COMMAND_PURSE_CHANGE_PIN] = commit_between,
    [COMMAND_PURSE_RESET_RETRY] = trespass,
};

#define PROBE_AID(last)                                                                            \
    .aid = {0xF0, 'P', 'R', 'O', 'B', 'E', (last)}, .aid_size = 7, .commands = purse_commands,     \
    .command_count = COMMAND_PURSE_COUNT
#define PROBE(face)                                                                                \
    {                                                                                              \
        .application = (face), .handlers = probe_handlers, .deselect_size = 16, .reset_size = 20,  \
        .persistent_size = probe_size, .install = probe_install, .select = probe_select,           \
        .deselect = probe_deselect, .store_data = probe_store, .uninstall = probe_uninstall        \
    }

extern const struct applet isd_applet;
static const struct application face_one = {.name = "one", PROBE_AID(1)};
static const struct application face_two = {.name = "two", PROBE_AID(2)};
static const struct applet probe_one = PROBE(&face_one), probe_two = PROBE(&face_two);
static const struct applet *const probes[] = {&isd_applet, &probe_one, &probe_two};
static const struct card_rom probe_rom = {probes, 3};

// ---- the fixture -------------------------------------------------------------------------------

#define ISD_AID    "A000000151000000"
#define ONE_AID    "F050524F424501"
#define TWO_AID    "F050524F424502"
#define SELECT_ISD "00A4040008" ISD_AID "00"
#define SELECT_ONE "00A4040007" ONE_AID "00"
#define SELECT_TWO "00A4040007" TWO_AID "00"
#define INSTALL(aid)                                                                               \
    "80E60C0015"                                                                                   \
    "00"                                                                                           \
    "07" aid "07" aid "0100"                                                                       \
    "00"                                                                                           \
    "00"
#define FCI_ISD "6F108408A000000151000000A5049F6501FF"

struct fixture {
    uint8_t image[NVM_IMAGE_SIZE];
    struct memory_port port;
    struct card card;
    struct card_ports ports;
};

static struct fixture one;
static struct crypto *crypto;

static const uint8_t serial[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static size_t from_hex(const char *hex, uint8_t *out) {
    size_t size = 0;
    unsigned octet;
    for (; sscanf(hex, "%2x", &octet) == 1; hex += 2)
        out[size++] = (uint8_t)octet;
    return size;
}

static const char *to_hex(const uint8_t *data, size_t size) {
    static char text[2 * 4096 + 1];
    text[0] = 0;
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02X", data[i]);
    return text;
}

static inline const char *transmit(struct fixture *fixture, enum card_interface interface,
                                   const char *hex) {
    static uint8_t wire[8192], answer[4096];
    size_t size = from_hex(hex, wire);
    return to_hex(answer, card_transmit(&fixture->card, interface, bytes_of(wire, size), answer,
                                        sizeof answer));
}

static inline void expect_at(int line, enum card_interface interface, const char *hex,
                             const char *expected) {
    const char *got = transmit(&one, interface, hex);
    bool equal = strcmp(got, expected) == 0;
    if (!equal)
        printf("\n    line %d: %.60s -> %.60s, expected %.60s\n", line, hex, got, expected);
    CU_ASSERT(equal);
}

#define EXPECT(hex, answer)   expect_at(__LINE__, CARD_CONTACT, hex, answer)
#define INTERNAL(hex, answer) expect_at(__LINE__, CARD_INTERNAL, hex, answer)
#define AIR(hex, answer)      expect_at(__LINE__, CARD_CONTACTLESS, hex, answer)

static inline void power(struct fixture *fixture) {
    card_power_off(&fixture->card);
    memory_port_power(&fixture->port);
    CU_ASSERT_EQUAL_FATAL(card_power_on(&fixture->card, &fixture->ports), CARD_OK);
}

static inline void make(struct fixture *fixture) {
    memory_port_open(&fixture->port, fixture->image, sizeof fixture->image);
    fixture->ports = (struct card_ports){&fixture->port.nvm, crypto, &probe_rom};
    CU_ASSERT_EQUAL_FATAL(card_format(&fixture->ports, serial), CARD_OK);
    power(fixture);
}

/// A card with both probes installed, in contact mode, the first one selected.
static inline void fresh(void) {
    make(&one);
    INTERNAL(INSTALL(ONE_AID), "9000");
    INTERNAL(INSTALL(TWO_AID), "9000");
    EXPECT(SELECT_ONE, "8407" ONE_AID "9000");
    deselects = uninstalls = 0;
}

/// A short APDU with so many octets that count up.
static inline void piece(char *hex, const char *head, uint8_t first, unsigned size) {
    hex += sprintf(hex, "%s%02X", head, size);
    for (unsigned i = 0; i < size; i++)
        hex += sprintf(hex, "%02X", (uint8_t)(first + i));
}

/// A borrowed command with these data octets, filled up with zeros to its least length.
static inline const char *borrow(char *hex, enum purse_command id, const char *data) {
    const struct catalogue_command *row = &purse_commands[id];
    int at = sprintf(hex, "%02X%02X%02X%02X%02X%s", row->cla, row->ins, row->p1, row->p2,
                     row->lc_min, data);
    while (at < 10 + 2 * row->lc_min)
        at += sprintf(hex + at, "00");
    return hex;
}

#endif
