// SPDX-License-Identifier: Apache-2.0
// Holds a card's answers against the catalogue: a status word must be a generic one or stand among
// the refusals of the command's row.
#ifndef TESTS_KIT_DOCUMENTED_H
#define TESTS_KIT_DOCUMENTED_H

#include "apdu/command/catalogue.h"

/// May the card give this status word to this command within the applet? True for headers that have
/// no row. Prints what is missing where not.
bool status_is_documented(const char *applet, struct bytes command, uint16_t sw);

#endif
