// SPDX-License-Identifier: Apache-2.0
// The seam between parse.c (files and tokens) and parse_statement.c (statements and blocks).
#ifndef APDU_SCRIPT_LANGUAGE_PARSE_STATEMENT_H
#define APDU_SCRIPT_LANGUAGE_PARSE_STATEMENT_H

#include "apdu/script/language/parse.h"

/// Goes on reading in another file; its end comes back here. False after an error.
bool parse_enter_file(struct script_parser *parser, const struct script_position *at,
                      struct bytes name);

#endif
