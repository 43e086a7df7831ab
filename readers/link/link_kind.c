// SPDX-License-Identifier: Apache-2.0
#include "readers/link/link_kind.h"

#include <stdarg.h>
#include <stdio.h>

struct link *link_fail(struct link_failure *failure, enum link_status status, const char *format,
                       ...) {
    va_list arguments;
    failure->status = status;
    va_start(arguments, format);
    vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    return NULL;
}

enum link_status link_error(struct link *link, enum link_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(link->error, sizeof link->error, format, arguments);
    va_end(arguments);
    return status;
}
