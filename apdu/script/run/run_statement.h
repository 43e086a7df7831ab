// SPDX-License-Identifier: Apache-2.0
// One statement of a script: the seam between run.c and run_statement.c.
#ifndef APDU_SCRIPT_RUN_RUN_STATEMENT_H
#define APDU_SCRIPT_RUN_RUN_STATEMENT_H

#include "apdu/script/run/run_internal.h"

/// Runs one statement, whatever its kind, and says how to go on.
enum flow run_statement(struct runner *runner, const struct statement *statement);

#endif
