// SPDX-License-Identifier: Apache-2.0
// What reports of flows have in common: one JSON object a line, and a word that is coloured on a
// terminal, but not under NO_COLOR.
#ifndef HOST_FLOWS_REPORT_H
#define HOST_FLOWS_REPORT_H

#include <jansson.h>
#include <stdio.h>

enum report_colour { REPORT_BOLD = 1, REPORT_RED = 31, REPORT_GREEN = 32 };

/// Prints the object in a line and takes it over; NULL prints nothing.
void report_line(FILE *out, json_t *json);
void report_word(FILE *out, enum report_colour colour, const char *word);

#endif
