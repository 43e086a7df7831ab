// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/language/source.h"

#include <string.h>

enum { LINE_SHOWN_MAX = 160 };

void sources_init(struct script_sources *sources, const struct script_memory *memory,
                  const struct script_files *files) {
    *sources = (struct script_sources){memory, files, NULL};
}

void sources_free(struct script_sources *sources) {
    while (sources->first != NULL) {
        struct script_source *source = sources->first;
        sources->first = source->next;
        if (source->loaded)
            sources->files->release(sources->files, source->text);
        sources->memory->resize(sources->memory, source, 0);
    }
}

static struct script_source *source_new(struct script_sources *sources) {
    struct script_source *source =
        sources->memory->resize(sources->memory, NULL, sizeof(struct script_source));
    if (source != NULL)
        *source = (struct script_source){.next = NULL};
    return source;
}

static const struct script_source *link_in(struct script_sources *sources,
                                           struct script_source *source) {
    source->next = sources->first;
    sources->first = source;
    return source;
}

const struct script_source *sources_add(struct script_sources *sources, const char *path,
                                        struct bytes text) {
    struct script_source *source = source_new(sources);
    if (source == NULL)
        return NULL;
    source->text = text;
    strncpy(source->path, path, sizeof source->path - 1);
    return link_in(sources, source);
}

static const struct script_source *find(const struct script_sources *sources, const char *path) {
    for (const struct script_source *source = sources->first; source != NULL; source = source->next)
        if (source->loaded && strcmp(source->path, path) == 0)
            return source;
    return NULL;
}

const struct script_source *sources_load(struct script_sources *sources,
                                         const struct script_source *from, struct bytes name,
                                         const char **error) {
    *error = "no files can be read here";
    struct script_source *source = sources->files != NULL ? source_new(sources) : NULL;
    if (source == NULL)
        return NULL;
    const struct script_files *files = sources->files;
    bool loaded = files->load(files, from != NULL ? from->path : NULL, name, &source->text,
                              source->path, sizeof source->path, error);
    const struct script_source *known = loaded ? find(sources, source->path) : NULL;
    if (loaded && known == NULL) {
        source->loaded = true;
        return link_in(sources, source);
    }
    if (loaded)
        files->release(files, source->text);
    sources->memory->resize(sources->memory, source, 0);
    return known;
}

struct bytes position_line(const struct script_position *at) {
    if (at->source == NULL || at->line_text == NULL)
        return (struct bytes){NULL, 0};
    const char *end = (const char *)at->source->text.data + at->source->text.size;
    size_t left = (size_t)(end - at->line_text);
    const char *stop = left > 0 ? memchr(at->line_text, '\n', left) : NULL;
    size_t size = stop != NULL ? (size_t)(stop - at->line_text) : left;
    if (size > 0 && at->line_text[size - 1] == '\r')
        size--;
    return bytes_of(at->line_text, size);
}

static void put_printable(struct buffer *out, struct bytes text) {
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        buffer_put_octet(out, c < 0x20 && c != '\t' ? '?' : c == 0x7F ? '?' : c);
    }
}

void position_render(const struct script_position *at, struct buffer *out) {
    struct bytes line = position_line(at);
    size_t column = at->column > 0 ? at->column - 1 : 0;
    size_t skip = column > LINE_SHOWN_MAX - 20 ? column - 60 : 0;
    if (skip > line.size)
        skip = line.size;
    size_t shown = line.size - skip > LINE_SHOWN_MAX ? LINE_SHOWN_MAX : line.size - skip;
    const char *lead = skip > 0 ? "  .. " : "  ";
    buffer_text(out, lead);
    put_printable(out, bytes_of(line.data + skip, shown));
    buffer_text(out, skip + shown < line.size ? " ..\n" : "\n");
    for (size_t i = 0; lead[i] != 0; i++)
        buffer_put_octet(out, ' ');
    for (size_t i = skip; i < column; i++)
        buffer_put_octet(out, i < line.size && line.data[i] == '\t' ? '\t' : ' ');
    buffer_text(out, "^\n");
}

void diagnostic_render(const struct script_diagnostic *diagnostic, struct buffer *out) {
    static const char *const words[] = {"note", "warning", "error"};
    const struct script_position *at = &diagnostic->at;
    if (at->source != NULL)
        buffer_format(out, "%s:%u:%u: ", at->source->path, at->line, at->column);
    buffer_format(out, "%s: %s", words[diagnostic->severity], diagnostic->message);
    if (diagnostic->rule != NULL && diagnostic->severity == SCRIPT_WARNING)
        buffer_format(out, " [%s]", diagnostic->rule);
    buffer_text(out, "\n");
    if (at->source != NULL)
        position_render(at, out);
}
