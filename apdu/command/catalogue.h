// SPDX-License-Identifier: Apache-2.0
// The command catalogue: every command of every application that Tessera's cards know, for those
// who have to find one by its header or its name.
#ifndef APDU_COMMAND_CATALOGUE_H
#define APDU_COMMAND_CATALOGUE_H

#include "apdu/command/application.h"

/// The commands of every applet first ("os"), then the applets in the order of applets.h.
extern const struct application *const applications[];
extern const size_t application_count;

/// The application of this name; NULL if none.
const struct application *catalogue_application(const char *name);

/// The application behind an AID or its beginning (at least 5 octets); NULL if none.
const struct application *catalogue_application_of(struct bytes aid);

/// Rows in the order of the applications, for walks over all; NULL from catalogue_size() on.
const struct catalogue_command *catalogue_at(size_t index);
size_t catalogue_size(void);

/// Row for a header within an applet ("os" rows are found for every applet); NULL if none.
const struct catalogue_command *catalogue_find(const char *applet, uint8_t cla, uint8_t ins,
                                               uint8_t p1, uint8_t p2);
/// Row by "purse.debit"; NULL if none.
const struct catalogue_command *catalogue_find_name(const char *name);

/// Place of a row in this order.
size_t catalogue_index(const struct catalogue_command *row);

/// What STORE DATA means by this identifier, whatever the applet; NULL if unknown.
const struct catalogue_grouping *catalogue_grouping(uint16_t dgi);

#endif
