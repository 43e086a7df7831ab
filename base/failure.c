// SPDX-License-Identifier: Apache-2.0
#include "base/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void failure_set(struct failure *failure, enum exit_code code, const char *format, ...) {
    if (failure == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    failure->code = code;
}

static enum exit_code code_of_errno(int error) {
    switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
    case EWOULDBLOCK:
        return EXIT_LOCKED;
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
        return EXIT_USAGE;
    default:
        return EXIT_REFUSED;
    }
}

/// "File exists" says not what to do.
static const char *text_of_errno(int error) {
    return error == EEXIST ? "it exists already and is kept; name another one" : strerror(error);
}

void failure_set_errno(struct failure *failure, const char *format, ...) {
    int error = errno;
    if (failure == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    size_t used = strlen(failure->text);
    snprintf(failure->text + used, sizeof failure->text - used, ": %s", text_of_errno(error));
    failure->code = code_of_errno(error);
}
