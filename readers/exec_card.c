// SPDX-License-Identifier: Apache-2.0
#include "readers/exec_card.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

void exec_arguments(const char *line, const char *reader, const char *out[EXEC_ARGUMENTS_MAX]) {
    bool plain = strpbrk(line, " \t") == NULL || access(line, X_OK) == 0;
    size_t count = 0;
    if (!plain) { // $0 is the line, "$@" what follows
        out[count++] = "/bin/sh";
        out[count++] = "-c";
        out[count++] = "eval \"exec $0 \\\"\\$@\\\"\"";
    }
    out[count++] = line;
    out[count++] = "--reader";
    out[count++] = reader;
    out[count] = NULL;
}
