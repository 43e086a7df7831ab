// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tool.h"

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

void tool_init(struct tool *tool, const char *name, const struct crypto *crypto) {
    *tool = (struct tool){.name = name, .world = host_world(crypto)};
    sources_init(&tool->sources, &host_memory, &host_files);
    tool->reporter = (struct script_reporter){print, tool};
}

void tool_free(struct tool *tool) {
    sources_free(&tool->sources);
}

bool tool_help(int argc, char **argv, const char *name, const char *usage) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return true;
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("%s " TESSERA_VERSION "\n", name);
            return true;
        }
    }
    return false;
}

int tool_complain(const char *name, const char *what, const char *value) {
    fprintf(stderr, "%s: %s%s%s; see --help\n", name, what, value != NULL ? ": " : "",
            value != NULL ? value : "");
    return TOOL_USAGE_ERROR;
}

int tool_end(const char *name, int status) {
    if (status != 0 || (fflush(stdout) == 0 && !ferror(stdout)))
        return status;
    fprintf(stderr, "%s: standard output cannot be written: %s\n", name, strerror(errno));
    return TOOL_USAGE_ERROR;
}

const struct script_source *tool_read(struct tool *tool, const char *file) {
    const char *error = "";
    const struct script_source *source =
        sources_load(&tool->sources, NULL, bytes_of_string(file), &error);
    if (source == NULL)
        fprintf(stderr, "%s: %s cannot be read: %s\n", tool->name, file, error);
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
    char *real = realpath(path, NULL);
    bool ok = real != NULL && write_beside(real, text, mode_of(&there));
    free(real);
    return ok;
}

bool tool_write(struct tool *tool, const char *path, struct bytes text) {
    bool ok =
        path != NULL ? write_file(path, text) : write_text(stdout, text) && fflush(stdout) == 0;
    if (!ok)
        fprintf(stderr, "%s: %s cannot be written: %s\n", tool->name,
                path != NULL ? path : "standard output", strerror(errno));
    return ok;
}
