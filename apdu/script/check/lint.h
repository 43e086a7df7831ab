// SPDX-License-Identifier: Apache-2.0
// Finds mistakes in a script without a card: commands the application does not have, lengths that
// do not fit, secrets written out, answers nobody looks at, lines that are never reached. Rules and
// their names: docs/script-language.md. Memory does not grow with the script.
#ifndef APDU_SCRIPT_CHECK_LINT_H
#define APDU_SCRIPT_CHECK_LINT_H

#include "apdu/script/language/parse.h"
#include "apdu/script/language/ports.h"

/// Reports findings as warnings and syntax errors as errors. Returns how many of both.
size_t lint_program(struct script_program *program, const struct script_ports *ports,
                    const struct script_reporter *reporter);

#endif
