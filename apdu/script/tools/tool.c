// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/tool.h"

#include "base/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void print(const struct script_reporter *reporter, const struct script_diagnostic *what) {
    struct tool *tool = reporter->context;
    struct buffer text;
    buffer_init(&text, &host_memory);
    diagnostic_render(what, &text);
    fputs(buffer_string(&text), stderr);
    buffer_free(&text);
    tool->errors += what->severity == SCRIPT_ERROR;
    tool->warnings += what->severity == SCRIPT_WARNING;
}

void tool_init(struct tool *tool, const struct crypto *crypto) {
    *tool = (struct tool){.ports = host_ports(crypto)};
    sources_init(&tool->sources, &host_memory, &host_files);
    tool->reporter = (struct script_reporter){print, tool};
}

void tool_free(struct tool *tool) {
    sources_free(&tool->sources);
}

const struct script_source *tool_read(struct tool *tool, const char *file,
                                      struct failure *failure) {
    const char *error = "";
    const struct script_source *source =
        sources_load(&tool->sources, NULL, bytes_of_string(file), &error);
    if (source == NULL)
        fail(failure, EXIT_USAGE, "%s cannot be read: %s", file, error);
    return source;
}

static bool write_text(FILE *file, struct bytes text) {
    return text.size == 0 || fwrite(text.data, 1, text.size, file) == text.size;
}

static bool write_through(const char *path, struct bytes text) {
    FILE *file = fopen(path, "we");
    bool ok = file != NULL && write_text(file, text);
    return file != NULL && fclose(file) == 0 && ok;
}

// The mode that the file has, or that a shell would give a new one.
static mode_t mode_of(const struct stat *there) {
    mode_t mask = umask(0);
    umask(mask);
    return there != NULL ? there->st_mode & 07777 : 0666 & ~mask;
}

static bool write_beside(const char *path, struct bytes text, mode_t mode) {
    char draft[SCRIPT_PATH_MAX];
    if ((size_t)snprintf(draft, sizeof draft, "%s.XXXXXX", path) >= sizeof draft) {
        errno = ENAMETOOLONG;
        return false;
    }
    int made = mkstemp(draft);
    FILE *file = made >= 0 ? fdopen(made, "w") : NULL;
    if (file == NULL)
        return false;
    bool ok = write_text(file, text) && fchmod(made, mode) == 0;
    ok = fclose(file) == 0 && ok && rename(draft, path) == 0;
    if (!ok)
        unlink(draft);
    return ok;
}

// Whole or not at all; of a link the file that it leads to. A pipe or device is written into.
static bool write_file(const char *path, struct bytes text) {
    struct stat there;
    if (stat(path, &there) != 0)
        return write_beside(path, text, mode_of(NULL));
    if (!S_ISREG(there.st_mode))
        return write_through(path, text);
    if (!files_may_write(path))
        return false;
    char *real = realpath(path, NULL);
    bool ok = real != NULL && write_beside(real, text, mode_of(&there));
    free(real);
    return ok;
}

bool tool_write(const char *path, struct bytes text, struct failure *failure) {
    if (path != NULL)
        return write_file(path, text) || fail_errno(failure, "cannot write %s", path);
    write_text(stdout, text); // whether it arrives is told when the program ends
    return true;
}
