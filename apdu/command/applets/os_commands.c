// SPDX-License-Identifier: Apache-2.0
// Commands that every application has: the card OS handles them.
#include "apdu/command/applets/os_commands.h"

#include "apdu/command/row.h"
#include "base/must.h"

#define APPLET "os"

const struct catalogue_command os_commands[] = {
    // P2: 00 first, 02 next match; 0C without FCI
    ROW(COMMAND_SELECT, "os.select", "SELECT", 0x00, 0xA4, MASKED(0x04, 0xFF, 0x00, 0xF1),
        CASE_1 | CASE_2 | CASE_3 | CASE_4, 1, 16, OVER_ANY, .early = true, .terminated = true,
        .unasked = true, DATA(RAW("aid")), REFUSES(SW_NOT_FOUND, SW_FILE_INVALIDATED),
        ANSWERS("file control information of the application; an AID may be given by its first "
                "octets, none selects the security domain",
                "ISO/IEC 7816-4 7.1.1")),
    ROW(COMMAND_GET_RESPONSE, "os.get-response", "GET RESPONSE", 0x00, 0xC0, P1P2(0x00, 0x00),
        CASE_2, 0, 0, OVER_ANY, .early = true, REFUSES(SW_CONDITIONS),
        ANSWERS("octets that still wait after 61xx", "ISO/IEC 7816-4 7.6.1")),
    ROW(COMMAND_GET_UID, "os.get-uid", "GET UID", 0xFF, 0xCA, P1P2(0x00, 0x00), CASE_2, 0, 0,
        OVER_ANY, .early = true, .terminated = true,
        ANSWERS("identifier that a contactless reader would report", "PC/SC part 3, 3.2.2.1.3")),
};

must_cover(os_commands, COMMAND_OS_COUNT);

const struct application os_application = {
    .name = APPLET,
    .heading = WORDS("Any application"),
    .commands = os_commands,
    .command_count = COMMAND_OS_COUNT,
};
