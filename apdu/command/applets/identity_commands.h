// SPDX-License-Identifier: Apache-2.0
// What the applications of a card share: no application that anybody selects, and so without
// commands, but with an AID in the card's directory and data groupings, which are sent to any of
// those that share it.
#ifndef APDU_COMMAND_APPLETS_IDENTITY_COMMANDS_H
#define APDU_COMMAND_APPLETS_IDENTITY_COMMANDS_H

#include "apdu/command/application.h"

extern const struct application identity_application;

#endif
