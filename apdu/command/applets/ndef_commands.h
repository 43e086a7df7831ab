// SPDX-License-Identifier: Apache-2.0
// The commands of the application "ndef", by number: places in ndef_commands. Contents:
// ndef_commands.c.
#ifndef APDU_COMMAND_APPLETS_NDEF_COMMANDS_H
#define APDU_COMMAND_APPLETS_NDEF_COMMANDS_H

#include "apdu/command/application.h"

enum ndef_command { COMMAND_NDEF_SELECT_FILE, COMMAND_NDEF_READ_BINARY, COMMAND_NDEF_COUNT };

extern const struct catalogue_command ndef_commands[COMMAND_NDEF_COUNT];
extern const struct application ndef_application;

#endif
