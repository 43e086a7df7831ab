// SPDX-License-Identifier: Apache-2.0
#include "services/core/run/config.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_OCTETS = 198 }; // inih cuts what is longer, and blames the line behind

/// One file on its way: what inih calls back knows lines only through the reader.
struct reading {
    struct config *config;
    FILE *file;
    unsigned line;
    struct failure *failure;
    bool failed;
};

static int refuse(struct reading *reading, const char *what, const char *name) {
    if (!reading->failed)
        failure_set(reading->failure, EXIT_USAGE, "%s:%u: %s%s", reading->config->path,
                    reading->line, name, what);
    reading->failed = true;
    return 0;
}

/// The next line, as fgets. A longer one than inih takes is named, and read to its end.
static char *next_line(char *line, int size, void *context) {
    struct reading *reading = context;
    int octet = 0;
    reading->line++;
    if (fgets(line, size, reading->file) == NULL)
        return NULL;
    if (strchr(line, '\n') != NULL || strlen(line) < LINE_MAX_OCTETS)
        return line;
    refuse(reading, "the line is longer than 198 characters", "");
    while (octet != '\n' && octet != EOF)
        octet = fgetc(reading->file);
    line[0] = '\0';
    return line;
}

const char *config_find(const struct config *config, const char *section, const char *name) {
    for (size_t i = 0; i < config->count; i++)
        if (strcmp(config->entries[i].section, section) == 0 &&
            strcmp(config->entries[i].name, name) == 0)
            return config->entries[i].value;
    return NULL;
}

static int take(void *context, const char *section, const char *name, const char *value) {
    struct reading *reading = context;
    struct config *config = reading->config;
    if (config_find(config, section, name) !=
        NULL) // also what a line that begins with blanks comes as
        return refuse(reading, " is said twice, or goes on in a second line", name);
    void *grown = realloc(config->entries, (config->count + 1) * sizeof *config->entries);
    if (grown == NULL)
        return refuse(reading, "out of memory", "");
    config->entries = grown;
    config->entries[config->count++] =
        (struct config_entry){strdup(section), strdup(name), strdup(value), reading->line};
    return 1;
}

static bool all_there(const struct config *config) {
    for (size_t i = 0; i < config->count; i++)
        if (config->entries[i].section == NULL || config->entries[i].name == NULL ||
            config->entries[i].value == NULL)
            return false;
    return true;
}

bool config_read(struct config *config, const char *path, struct failure *failure) {
    struct reading reading = {.config = config, .failure = failure};
    *config = (struct config){.path = strdup(path)};
    if (config->path == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    reading.file = fopen(path, "r");
    if (reading.file == NULL)
        return fail_errno(failure, "cannot read %s", path);
    int line = ini_parse_stream(next_line, &reading, take, &reading);
    fclose(reading.file);
    if (reading.failed)
        return false;
    if (line > 0)
        return fail(failure, EXIT_USAGE, "%s:%d: this is neither \"KEY = VALUE\" nor \"[NAME]\"",
                    path, line);
    return (line == 0 && all_there(config)) || fail(failure, EXIT_REFUSED, "out of memory");
}

void config_free(struct config *config) {
    for (size_t i = 0; i < config->count; i++) {
        free(config->entries[i].section);
        free(config->entries[i].name);
        free(config->entries[i].value);
    }
    free(config->entries);
    free(config->path);
    *config = (struct config){0};
}
