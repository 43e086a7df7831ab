// SPDX-License-Identifier: Apache-2.0
#include "base/must.h"

#include "base/failure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void must_fail(const char *file, int line, const char *condition, const char *sentence) {
    dprintf(STDERR_FILENO,
            "%s: %s:%d: %s: this does not hold (%s). The program is wrong and ends before it does "
            "harm; please report it with this line.\n",
            program_invocation_short_name, file, line, sentence, condition);
    _Exit(EXIT_REFUSED);
}
