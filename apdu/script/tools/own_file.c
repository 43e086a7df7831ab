// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/own_file.h"

#include <stdlib.h>

#include "apdu/script/tools/tool.h"

bool own_file_open(const char *file, struct catalogue_own **own, struct failure *failure) {
    struct tool tool;
    *own = NULL;
    if (file == NULL)
        return true;
    *own = calloc(1, sizeof **own);
    if (*own == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    tool_init(&tool, NULL);
    const struct script_source *source = tool_read(&tool, file, failure);
    bool ok = source != NULL;
    if (ok && !own_read(*own, &host_memory, source->text))
        ok = fail(failure, EXIT_USAGE, "%s:%u: %s", file, (unsigned)(*own)->line, (*own)->fault);
    tool_free(&tool);
    if (!ok) {
        own_file_close(*own);
        *own = NULL;
    }
    return ok;
}

void own_file_close(struct catalogue_own *own) {
    if (own == NULL)
        return;
    own_free(own);
    free(own);
}
