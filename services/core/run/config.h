// SPDX-License-Identifier: Apache-2.0
// A configuration file of services: INI, read by inih. Lines "KEY = VALUE" before the first section
// are for every service, those below [NAME] for that one. A key is said once a section; nothing is
// applied unless the whole file could be read. What keys there are is the caller's.
#ifndef SERVICES_CORE_RUN_CONFIG_H
#define SERVICES_CORE_RUN_CONFIG_H

#include "base/failure.h"

#include <stddef.h>

struct config_entry {
    char *section; // "" before the first one
    char *name, *value;
    unsigned line;
};

struct config {
    char *path;
    struct config_entry *entries;
    size_t count;
};

/// Reads a file. False with the file's name and line: no such file, a line out of form or too long,
/// a key said twice. Freed by config_free in every case.
bool config_read(struct config *config, const char *path, struct failure *failure);
/// The value of a key in a section; NULL: it is not said there.
const char *config_find(const struct config *config, const char *section, const char *name);
void config_free(struct config *config);

#endif
