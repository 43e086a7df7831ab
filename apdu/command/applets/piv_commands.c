// SPDX-License-Identifier: Apache-2.0
// The PIV card application: AID, commands and data groupings. NIST SP 800-73-4 part 2;
// docs/piv.md.
#include "apdu/command/applets/piv_commands.h"

#include "apdu/command/perso_piv.h"
#include "apdu/command/row.h"
#include "base/must.h"

#define APPLET "piv"

const struct catalogue_command piv_commands[] = {
    ROW(COMMAND_PIV_GET_DATA, "piv.get-data", "GET DATA", 0x00, 0xCB, P1P2(0x3F, 0xFF),
        CASE_3 | CASE_4, 3, 5, OVER_ANY, .unasked = true, DATA(RAW("tag-list")),
        REFUSES(SW_WRONG_DATA, SW_NOT_FOUND, SW_SECURITY_STATUS),
        ANSWERS("data object, its tag 53 included", "SP 800-73-4 part 2 3.1.2")),
    ROW(COMMAND_PIV_PUT_DATA, "piv.put-data", "PUT DATA", 0x00, 0xDB, P1P2(0x3F, 0xFF), CASE_3, 7,
        2048, WIRED, DATA(RAW("tag-list-and-object")),
        REFUSES(SW_WRONG_DATA, SW_NOT_FOUND, SW_NO_SPACE, SW_SECURITY_STATUS),
        ANSWERS("nothing", "SP 800-73-4 part 2 3.3.2")),
    // 6A80: not of eight octets. Lc 00 without data, as 3.2.1 writes the query, reads as case 2.
    ROW(COMMAND_PIV_VERIFY, "piv.verify", "VERIFY", 0x00, 0x20, P1P2(0x00, 0x80),
        CASE_1 | CASE_2 | CASE_3, 1, 255, WIRED, .secret = true, DATA(SECRET("pin")),
        REFUSES(SW_TRIES_LEFT, SW_PIN_BLOCKED, SW_CONDITIONS, SW_WRONG_DATA),
        ANSWERS("nothing; without data the tries left as 63Cx", "SP 800-73-4 part 2 3.2.1")),
    ROW(COMMAND_PIV_FORGET_PIN, "piv.forget-pin", "VERIFY", 0x00, 0x20, P1P2(0xFF, 0x80),
        CASE_1 | CASE_2, 0, 0, WIRED,
        ANSWERS("nothing; the PIN counts as not verified from now on", "SP 800-73-4 part 2 3.2.1")),
    ROW(COMMAND_PIV_CHANGE_PIN, "piv.change-pin", "CHANGE REFERENCE DATA", 0x00, 0x24,
        P1P2(0x00, 0x80), CASE_3, 1, 255, WIRED, .secret = true, DATA(SECRET("old-and-new-pin")),
        REFUSES(SW_TRIES_LEFT, SW_PIN_BLOCKED, SW_CONDITIONS, SW_WRONG_DATA),
        ANSWERS("nothing", "SP 800-73-4 part 2 3.2.2")),
    ROW(COMMAND_PIV_CHANGE_PUK, "piv.change-puk", "CHANGE REFERENCE DATA", 0x00, 0x24,
        P1P2(0x00, 0x81), CASE_3, 1, 255, WIRED, .secret = true, DATA(SECRET("old-and-new-puk")),
        REFUSES(SW_TRIES_LEFT, SW_PIN_BLOCKED, SW_CONDITIONS, SW_WRONG_DATA),
        ANSWERS("nothing", "SP 800-73-4 part 2 3.2.2")),
    ROW(COMMAND_PIV_RESET_RETRY, "piv.reset-retry", "RESET RETRY COUNTER", 0x00, 0x2C,
        P1P2(0x00, 0x80), CASE_3, 1, 255, WIRED, .secret = true, DATA(SECRET("puk-and-new-pin")),
        REFUSES(SW_TRIES_LEFT, SW_PIN_BLOCKED, SW_CONDITIONS, SW_WRONG_DATA),
        ANSWERS("nothing; the data is the PUK, then the new PIN", "SP 800-73-4 part 2 3.2.3")),
    ROW(COMMAND_PIV_GENERATE, "piv.generate", "GENERATE ASYMMETRIC KEY PAIR", 0x00, 0x47,
        MASKED(0x00, 0xFF, 0x00, 0x00), CASE_3 | CASE_4, 5, 32, WIRED, .unasked = true,
        DATA(RAW("control-reference")), REFUSES(SW_WRONG_DATA, SW_SECURITY_STATUS),
        ANSWERS("public key as 7F49", "SP 800-73-4 part 2 3.3.3")),
    ROW(COMMAND_PIV_AUTHENTICATE, "piv.general-authenticate", "GENERAL AUTHENTICATE", 0x00, 0x87,
        ANY_P1P2, CASE_3 | CASE_4, 4, 512, OVER_ANY, .secret = true, .unasked = true,
        DATA(SECRET("dynamic-authentication")),
        REFUSES(SW_WRONG_DATA, SW_SECURITY_STATUS, SW_CONDITIONS, SW_REFERENCE_NOT_FOUND),
        ANSWERS("dynamic authentication template 7C", "SP 800-73-4 part 2 3.2.4")),
};

must_cover(piv_commands, COMMAND_PIV_COUNT);

const struct application piv_application = {
    .name = APPLET,
    .heading = WORDS("Identity (PIV)"),
    .aid = {0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00},
    .aid_size = 11,
    .aid_known = 5,
    .commands = piv_commands,
    .command_count = COMMAND_PIV_COUNT,
    GROUPINGS({PERSO_PIV_DGI_PIN, "pin", true}, {PERSO_PIV_DGI_PUK, "puk", true},
              {PERSO_PIV_DGI_MANAGEMENT_KEY, "management-key", true}),
};
