// SPDX-License-Identifier: Apache-2.0
// Where script text comes from and how a place in it is named. The ports hand texts in through a
// callback; they are kept, each once, until the set is freed, so that every statement can show its
// line. No file is opened here.
#ifndef APDU_SCRIPT_LANGUAGE_SOURCE_H
#define APDU_SCRIPT_LANGUAGE_SOURCE_H

#include "base/buffer.h"

/// Reads whole files for a script.
struct script_files {
    /// Loads what `name` means in the file `from` (NULL: as given on the command line). On success
    /// *text stays valid until release, and path, the name for messages, is at most capacity
    /// characters with its terminator. False: error says why, in one sentence.
    bool (*load)(const struct script_files *files, const char *from, struct bytes name,
                 struct bytes *text, char *path, size_t capacity, const char **error);
    void (*release)(const struct script_files *files, struct bytes text);
    void *context;
};

enum { SCRIPT_PATH_MAX = 1024 };

struct script_source {
    struct script_source *next;
    struct bytes text;
    bool loaded; // text came from files->load and goes back there
    char path[SCRIPT_PATH_MAX];
};

/// A place: line and column count from 1; line_text points at the first character of the line.
struct script_position {
    const struct script_source *source;
    const char *line_text;
    uint32_t line, column;
};

struct script_sources {
    const struct script_memory *memory;
    const struct script_files *files; // may be NULL: nothing can be loaded
    struct script_source *first;
};

/// An empty set; memory and files must outlive it.
void sources_init(struct script_sources *sources, const struct script_memory *memory,
                  const struct script_files *files);
/// Gives texts back to where they came from.
void sources_free(struct script_sources *sources);
/// A text that the caller keeps alive. NULL when memory is out.
const struct script_source *sources_add(struct script_sources *sources, const char *path,
                                        struct bytes text);
/// Loads a file, or finds it when it was loaded before. NULL: *error says why.
const struct script_source *sources_load(struct script_sources *sources,
                                         const struct script_source *from, struct bytes name,
                                         const char **error);

/// The line of a position without its end.
struct bytes position_line(const struct script_position *at);

enum script_severity { SCRIPT_NOTE, SCRIPT_WARNING, SCRIPT_ERROR };

/// One message about one place.
struct script_diagnostic {
    enum script_severity severity;
    const char *rule; // stable word: "syntax", "unknown-ins", ...
    struct script_position at;
    const char *message;
};

struct script_reporter {
    void (*report)(const struct script_reporter *reporter, const struct script_diagnostic *what);
    void *context;
};

/// file:line:column: error: message, the source line, a caret under the column.
void diagnostic_render(const struct script_diagnostic *diagnostic, struct buffer *out);
/// Only the line and the caret, indented by two.
void position_render(const struct script_position *at, struct buffer *out);

#endif
