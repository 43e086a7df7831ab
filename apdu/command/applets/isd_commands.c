// SPDX-License-Identifier: Apache-2.0
// The issuer security domain: AID, commands and data groupings. GlobalPlatform Card Specification
// 2.3; docs/globalplatform.md.
#include "apdu/command/applets/isd_commands.h"

#include "apdu/command/perso_card.h"
#include "apdu/command/row.h"
#include "base/must.h"

#define APPLET "isd"

const struct catalogue_command isd_commands[] = {
    // Plain ones while a channel is open end the channel: 6982. Some hosts leave Le out: over T=0,
    // where P3 is 00 with it and without, they never noticed.
    ROW(COMMAND_ISD_GET_DATA, "isd.get-data", "GET DATA", 0x80, 0xCA, ANY_P1P2, CASE_1 | CASE_2, 0,
        0, WIRED, .terminated = true, .unasked = true,
        REFUSES(SW_REFERENCE_NOT_FOUND, SW_SECURITY_STATUS),
        ANSWERS("data object P1 P2", "GlobalPlatform 2.3 11.3")),
    ROW(COMMAND_ISD_GET_DATA_ISO, "isd.get-data-iso", "GET DATA", 0x00, 0xCA, ANY_P1P2,
        CASE_1 | CASE_2, 0, 0, WIRED, .terminated = true, .unasked = true,
        REFUSES(SW_REFERENCE_NOT_FOUND, SW_SECURITY_STATUS),
        ANSWERS("data object P1 P2: the same in the interindustry class",
                "GlobalPlatform 2.3 11.3")),
    ROW(COMMAND_ISD_INSTALL, "isd.install", "INSTALL", 0x80, 0xE6, ANY_P1(0x00), CASE_3 | CASE_4, 1,
        255, WIRED, DATA(RAW("install-parameters")),
        REFUSES(SW_WRONG_DATA, SW_NOT_FOUND, SW_EXISTS, SW_NO_SPACE, SW_CONDITIONS,
                SW_SECURITY_STATUS),
        ANSWERS("nothing; without a secure channel only over the internal interface",
                "GlobalPlatform 2.3 11.5")),
    // 6A86: a block out of its sequence. From 6A89 on what a purse says about its groupings.
    ROW(COMMAND_ISD_STORE_DATA, "isd.store-data", "STORE DATA", 0x80, 0xE2, ANY_P1P2,
        CASE_3 | CASE_4, 1, 2048, WIRED, .secret = true, DATA(SECRET("data-groupings")),
        REFUSES(SW_WRONG_DATA, SW_CONDITIONS, SW_NO_SPACE, SW_REFERENCE_NOT_FOUND,
                SW_SECURITY_STATUS, SW_WRONG_P1P2, SW_DEFAULT_KEYS, SW_EXISTS, SW_WRONG_ROLE,
                SW_EXPIRED, SW_BAD_SIGNATURE, SW_BAD_CERTIFICATE, SW_UNKNOWN_ISSUER,
                SW_WRONG_DOMAIN, SW_WRONG_ENTERPRISE, SW_WRONG_PARTY, SW_STALE, SW_WRONG_NAME,
                SW_WRONG_CENTER, SW_EMULATED, SW_BAD_OBJECT, SW_WRONG_COUNTER, SW_MISMATCH),
        ANSWERS("nothing; without a secure channel only over the internal interface",
                "GlobalPlatform 2.3 11.11")),
    ROW(COMMAND_ISD_INITIALIZE_UPDATE, "isd.initialize-update", "INITIALIZE UPDATE", 0x80, 0x50,
        ANY_P1(0x00), CASE_3 | CASE_4, 8, 16, WIRED, DATA(RAW("host-challenge")),
        REFUSES(SW_REFERENCE_NOT_FOUND, SW_WRONG_LENGTH),
        ANSWERS("diversification data (10), key information (3), challenge, cryptogram, sequence "
                "counter",
                "GlobalPlatform Amendment D 7.1.1")),
    ROW(COMMAND_ISD_EXTERNAL_AUTHENTICATE, "isd.external-authenticate", "EXTERNAL AUTHENTICATE",
        0x84, 0x82, ANY_P1(0x00), CASE_3 | CASE_4, 16, 32, WIRED, DATA(RAW("cryptogram-and-mac")),
        REFUSES(SW_CONDITIONS, SW_AUTHENTICATION_FAILED, SW_SM_OBJECT_WRONG, SW_WRONG_P1P2),
        ANSWERS("nothing; P1 is the level of protection from now on",
                "GlobalPlatform Amendment D 7.1.2")),
    ROW(COMMAND_ISD_DELETE, "isd.delete", "DELETE", 0x80, 0xE4, MASKED(0x00, 0xFF, 0x00, 0x7F),
        CASE_3 | CASE_4, 3, 255, WIRED, DATA(RAW("aid")),
        REFUSES(SW_WRONG_DATA, SW_REFERENCE_NOT_FOUND, SW_CONDITIONS, SW_SECURITY_STATUS,
                SW_HOLDS_VALUE, SW_HOLDS_KEYS),
        ANSWERS("nothing", "GlobalPlatform 2.3 11.2")),
    ROW(COMMAND_ISD_PUT_KEY, "isd.put-key", "PUT KEY", 0x80, 0xD8, MASKED(0x00, 0x00, 0x81, 0xFF),
        CASE_3 | CASE_4, 1, 255, WIRED, .secret = true, DATA(SECRET("version-and-keys")),
        REFUSES(SW_WRONG_DATA, SW_REFERENCE_NOT_FOUND, SW_NO_SPACE, SW_ALGORITHM, SW_BAD_KCV,
                SW_CONDITIONS, SW_SECURITY_STATUS),
        ANSWERS("version and key check values", "GlobalPlatform 2.3 11.8, Amendment D 7.2")),
    ROW(COMMAND_ISD_GET_STATUS, "isd.get-status", "GET STATUS", 0x80, 0xF2, ANY_P1P2,
        CASE_3 | CASE_4, 2, 255, WIRED, DATA(RAW("search-criterion")),
        REFUSES(SW_WRONG_P1P2, SW_WRONG_DATA, SW_REFERENCE_NOT_FOUND, SW_SECURITY_STATUS),
        ANSWERS("registry rows", "GlobalPlatform 2.3 11.4")),
    ROW(COMMAND_ISD_SET_STATUS, "isd.set-status", "SET STATUS", 0x80, 0xF0, ANY_P1P2,
        CASE_1 | CASE_2 | CASE_3 | CASE_4, 5, 16, WIRED, DATA(RAW("aid")),
        REFUSES(SW_WRONG_P1P2, SW_CONDITIONS, SW_REFERENCE_NOT_FOUND, SW_DEFAULT_KEYS,
                SW_SECURITY_STATUS),
        ANSWERS("nothing; P2 is the new state", "GlobalPlatform 2.3 11.10")),
};

must_cover(isd_commands, COMMAND_ISD_COUNT);

const struct application isd_application = {
    .name = APPLET,
    .heading = WORDS("Issuer security domain"),
    .aid = AID_ISD,
    .aid_size = AID_ISD_SIZE,
    .commands = isd_commands,
    .command_count = COMMAND_ISD_COUNT,
    GROUPINGS({PERSO_CARD_LIFE_CYCLE, "life-cycle", false},
              {PERSO_CARD_SCP_OPTION, "scp-option", false}),
};
