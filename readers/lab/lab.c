// SPDX-License-Identifier: Apache-2.0
// What the pieces of a lab share. They come up in pieces.c; keeper.c and guard.c hold them
// together.
#include "readers/lab/lab.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool lab_fail(struct lab *lab, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(lab->error, sizeof lab->error, format, arguments);
    va_end(arguments);
    return false;
}

void lab_file(const char *directory, char path[LAB_PATH_MAX], const char *format, ...) {
    va_list arguments;
    int size = snprintf(path, LAB_PATH_MAX, "%s/", directory);
    if (size < 0 || size >= LAB_PATH_MAX)
        return; // no lab is there: nothing of that name will open
    va_start(arguments, format);
    vsnprintf(path + size, LAB_PATH_MAX - (size_t)size, format, arguments);
    va_end(arguments);
}

void lab_export(struct lab *lab, const char *name, const char *value) {
    if (lab->export_count == LAB_EXPORTS_MAX)
        return;
    struct lab_export *entry = &lab->exports[lab->export_count++];
    snprintf(entry->name, sizeof entry->name, "%s", name);
    snprintf(entry->value, sizeof entry->value, "%s", value);
}

/// $TMPDIR unless it is so long that socket names in it would not fit, or has a character that
/// separates libraries to be preloaded.
static bool make_in(struct lab *lab, const char *parent) {
    int length = snprintf(lab->directory, sizeof lab->directory, "%s/tessera-lab-XXXXXX", parent);
    return parent[0] == '/' && strpbrk(parent, " :") == NULL && length > 0 &&
           (size_t)length < sizeof lab->directory && mkdtemp(lab->directory) != NULL;
}

bool lab_directory_make(struct lab *lab) {
    const char *parent = getenv("TMPDIR");
    if (!(parent != NULL && make_in(lab, parent)) && !make_in(lab, "/tmp")) {
        lab->directory[0] = '\0';
        return lab_fail(lab, "cannot make a directory in /tmp: %s", strerror(errno));
    }
    return true;
}
