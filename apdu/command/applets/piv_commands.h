// SPDX-License-Identifier: Apache-2.0
// The commands of the application "piv", by number: places in piv_commands. Contents:
// piv_commands.c.
#ifndef APDU_COMMAND_APPLETS_PIV_COMMANDS_H
#define APDU_COMMAND_APPLETS_PIV_COMMANDS_H

#include "apdu/command/application.h"

enum piv_command {
    COMMAND_PIV_GET_DATA,
    COMMAND_PIV_PUT_DATA,
    COMMAND_PIV_VERIFY,
    COMMAND_PIV_FORGET_PIN,
    COMMAND_PIV_CHANGE_PIN,
    COMMAND_PIV_CHANGE_PUK,
    COMMAND_PIV_RESET_RETRY,
    COMMAND_PIV_GENERATE,
    COMMAND_PIV_AUTHENTICATE,
    COMMAND_PIV_COUNT
};

extern const struct catalogue_command piv_commands[COMMAND_PIV_COUNT];
extern const struct application piv_application;

#endif
