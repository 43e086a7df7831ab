// SPDX-License-Identifier: Apache-2.0
// The commands of the application "isd", by number: places in isd_commands. Contents:
// isd_commands.c.
#ifndef APDU_COMMAND_APPLETS_ISD_COMMANDS_H
#define APDU_COMMAND_APPLETS_ISD_COMMANDS_H

#include "apdu/command/application.h"

enum isd_command {
    COMMAND_ISD_GET_DATA,
    COMMAND_ISD_GET_DATA_ISO,
    COMMAND_ISD_INSTALL,
    COMMAND_ISD_STORE_DATA,
    COMMAND_ISD_INITIALIZE_UPDATE,
    COMMAND_ISD_EXTERNAL_AUTHENTICATE,
    COMMAND_ISD_DELETE,
    COMMAND_ISD_PUT_KEY,
    COMMAND_ISD_GET_STATUS,
    COMMAND_ISD_SET_STATUS,
    COMMAND_ISD_COUNT
};

extern const struct catalogue_command isd_commands[COMMAND_ISD_COUNT];
extern const struct application isd_application;

#endif
