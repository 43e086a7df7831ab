// SPDX-License-Identifier: Apache-2.0
// The NDEF tag application: AID, commands and data groupings. NFC Forum Type 4 Tag 1.2;
// docs/nfc.md.
#include "apdu/command/applets/ndef_commands.h"

#include "apdu/command/perso_ndef.h"
#include "apdu/command/row.h"
#include "base/must.h"

#define APPLET "ndef"

const struct catalogue_command ndef_commands[] = {
    ROW(COMMAND_NDEF_SELECT_FILE, "ndef.select-file", "SELECT", 0x00, 0xA4,
        MASKED(0x00, 0xFF, 0x0C, 0xFF), CASE_3, 2, 2, OVER_ANY, DATA(RAW("file-identifier")),
        REFUSES(SW_NOT_FOUND), ANSWERS("nothing", "NFC Forum Type 4 Tag 5.4.2")),
    ROW(COMMAND_NDEF_READ_BINARY, "ndef.read-binary", "READ BINARY", 0x00, 0xB0, ANY_P1P2, CASE_2,
        0, 0, OVER_ANY, REFUSES(SW_NOT_ALLOWED, SW_OFFSET),
        ANSWERS("octets of the selected file from offset P1 P2", "NFC Forum Type 4 Tag 5.4.4")),
};

must_cover(ndef_commands, COMMAND_NDEF_COUNT);

const struct application ndef_application = {
    .name = APPLET,
    .heading = WORDS("NFC data exchange"),
    .aid = {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01},
    .aid_size = 7,
    .commands = ndef_commands,
    .command_count = COMMAND_NDEF_COUNT,
    GROUPINGS({PERSO_NDEF_DGI_MESSAGE, "message", false}),
};
