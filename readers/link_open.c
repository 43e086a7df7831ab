// SPDX-License-Identifier: Apache-2.0
#include "readers/link_open.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "readers/emu.h"
#include "readers/nfc.h"
#include "readers/pcsc.h"
#include "readers/stream.h"

/// One row per kind of link; a new kind adds its row here and nothing else.
static const struct {
    const char *prefix;
    const char *usage;
    link_opener *open;
} kinds[] = {
    {"emu:", "emu:IMAGE[,contactless|,internal]", emu_link_open},
    {"pcsc:", "pcsc:NAME-OR-NUMBER", pcsc_link_open},
    {"nfc:", "nfc:CONNSTRING[,tap-ms=N][,wait-ms=N]", nfc_link_open},
    {"stream:", "stream:HOST:PORT", stream_link_open},
};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

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

static struct link *unknown_kind(const char *name, struct link_failure *failure) {
    char known[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < KIND_COUNT && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                 kinds[i].usage);
    return link_fail(failure, LINK_BAD_INPUT, "unknown link \"%s\"; a link is one of %s", name,
                     known);
}

struct link *link_open(const char *name, const struct link_options *options,
                       struct link_failure *failure) {
    static const struct link_options usual = {0};
    for (size_t i = 0; i < KIND_COUNT; i++) {
        size_t size = strlen(kinds[i].prefix);
        if (strncmp(name, kinds[i].prefix, size) != 0)
            continue;
        if (name[size] == '\0')
            return link_fail(failure, LINK_BAD_INPUT, "link \"%s\" names nothing; write %s", name,
                             kinds[i].usage);
        struct link *link = kinds[i].open(name + size, options != NULL ? options : &usual, failure);
        if (link != NULL)
            snprintf(link->name, sizeof link->name, "%s", name);
        return link;
    }
    return unknown_kind(name, failure);
}

int link_exit_code(enum link_status status) {
    static const int codes[] = {
        [LINK_OK] = 0,     [LINK_NO_CARD] = 3,   [LINK_BROKEN] = 4,      [LINK_TOO_LONG] = 2,
        [LINK_LOCKED] = 5, [LINK_BAD_INPUT] = 2, [LINK_UNSUPPORTED] = 2,
    };
    return codes[status];
}
