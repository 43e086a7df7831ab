// SPDX-License-Identifier: Apache-2.0
// Every applet, one line each: apdu/command/applets/NAME_commands.c shows it (NAME_application),
// card/applets/NAME/ is it (NAME_applet). The catalogue, and with it scripts, dissector and pages,
// and the ROM of a card are made from this list. The first is the security domain, the default
// instance of a card. How to add one: docs/recipes.md.
#ifndef APDU_COMMAND_APPLETS_H
#define APDU_COMMAND_APPLETS_H

#define APPLETS(X)                                                                                 \
    X(isd)                                                                                         \
    X(purse)                                                                                       \
    X(tickets)                                                                                     \
    X(piv)                                                                                         \
    X(ndef)

#endif
