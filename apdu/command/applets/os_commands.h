// SPDX-License-Identifier: Apache-2.0
// Commands that every application has, by number: places in os_commands. Contents: os_commands.c.
#ifndef APDU_COMMAND_APPLETS_OS_COMMANDS_H
#define APDU_COMMAND_APPLETS_OS_COMMANDS_H

#include "apdu/command/application.h"

enum os_command {
    COMMAND_SELECT,
    COMMAND_GET_RESPONSE,
    COMMAND_GET_UID, // FF CA 00 00 00, as contactless readers ask
    COMMAND_OS_COUNT
};

extern const struct catalogue_command os_commands[COMMAND_OS_COUNT];
extern const struct application os_application;

#endif
