// SPDX-License-Identifier: Apache-2.0
#include "personalization/letters/template.h"

#include "personalization/cards/columns.h"

#include <stdio.h>
#include <string.h>

struct filling {
    const char *path;
    unsigned line;
    const struct letter_fields *fields;
    struct sheet_text *out;
    struct failure *failure;
};

static bool put(struct filling *filling, const char *text, size_t size) {
    struct sheet_text *out = filling->out;
    if (size >= SHEET_TEXT_MAX - out->size)
        return fail(filling->failure, EXIT_USAGE, "%s:%u: the letter is longer than %d octets",
                    filling->path, filling->line, SHEET_TEXT_MAX - 1);
    memcpy(out->text + out->size, text, size);
    out->size += size;
    out->text[out->size] = '\0';
    return true;
}

static bool fail_unknown(const struct filling *filling, size_t column, const char *name,
                         size_t size) {
    char known[512] = "";
    size_t used = 0;
    const struct letter_fields *fields = filling->fields;
    for (size_t i = 0; i < fields->count && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                 fields->names[i]);
    return fail(filling->failure, EXIT_USAGE, "%s:%u:%zu: the letter has no '%.*s'; it has %s",
                filling->path, filling->line, column, (int)size, name, known);
}

/// One {NAME} at text + at; *at moves behind it. filled: it stood for something.
static bool fill_name(struct filling *filling, const char *text, size_t size, size_t *at,
                      bool *filled) {
    const char *name = text + *at + 1, *end = memchr(name, '}', size - *at - 1);
    if (end == NULL)
        return fail(filling->failure, EXIT_USAGE,
                    "%s:%u:%zu: no brace closes this one in its line; a brace itself is {{",
                    filling->path, filling->line, *at + 1);
    const char *value = letter_value(filling->fields, name, (size_t)(end - name));
    if (value == NULL)
        return fail_unknown(filling, *at + 1, name, (size_t)(end - name));
    *filled = *filled || value[0] != '\0';
    *at = (size_t)(end - text) + 1;
    return put(filling, value, strlen(value));
}

/// size: of the line with its end.
static bool fill_line(struct filling *filling, const char *text, size_t size) {
    size_t before = filling->out->size;
    bool named = false, filled = false, worded = false, done = true;
    for (size_t at = 0; done && at < size;) {
        bool twice = at + 1 < size && text[at] == text[at + 1];
        if (text[at] == '{' && !twice) {
            named = true;
            done = fill_name(filling, text, size, &at, &filled);
            continue;
        }
        worded = worded || strchr(" \t\r\n", text[at]) == NULL;
        done = put(filling, text + at, 1);
        at += twice && strchr("{}", text[at]) != NULL ? 2 : 1;
    }
    if (done && named && !filled && !worded)
        filling->out->size = before;
    return done;
}

bool template_fill(const char *text, const char *path, const struct letter_fields *fields,
                   struct sheet_text *out, struct failure *failure) {
    struct filling filling = {path, 0, fields, out, failure};
    out->size = 0;
    out->text[0] = '\0';
    if (!text_is_utf8(text))
        return fail(failure, EXIT_USAGE, "%s: not UTF-8; save the file in that encoding", path);
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        size += text[size] == '\n';
        filling.line++;
        if (!fill_line(&filling, text, size))
            return false;
        text += size;
    }
    out->text[out->size] = '\0';
    return true;
}
