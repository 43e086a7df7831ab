// SPDX-License-Identifier: Apache-2.0
// scriptor of pcsc-tools 1.6: one command a line as hex pairs; a backslash at the end of a line
// continues it; '#' in the first column is a comment; `reset`, `exit`. The tool takes these two
// words anywhere in a line; here they count only alone on a line, unless strict.
#include "apdu/convert/convert.h"

struct scriptor {
    struct importer *importer;
    struct buffer command;
    struct script_position begin; // of a continued command
    bool open;
};

static bool warn_word(struct scriptor *scriptor, const struct script_position *at,
                      const char *message) {
    import_report(scriptor->importer, SCRIPT_WARNING, at, message);
    return true;
}

/// scriptor itself: pairs between single blanks, or no blank at all.
static bool is_strict_hex(struct bytes line) {
    bool blanks = false;
    for (size_t i = 0; i < line.size; i++)
        blanks |= line.data[i] == ' ';
    for (size_t i = 0; i < line.size; i++) {
        bool gap = blanks && i % 3 == 2;
        if (gap ? line.data[i] != ' ' : hex_digit((char)line.data[i]) < 0)
            return false;
    }
    return blanks ? line.size % 3 != 1 : line.size % 2 == 0;
}

static bool take_line(struct scriptor *scriptor, const struct script_position *at,
                      struct bytes line) {
    bool more = line.size > 0 && line.data[line.size - 1] == '\\';
    if (!scriptor->open)
        scriptor->begin = *at;
    if (more)
        line.size--;
    if (scriptor->importer->strict && !more && !is_strict_hex(line))
        return import_fail(scriptor->importer, at,
                           "scriptor dies on this line (wrong value): \"%t\"", line);
    if (!import_hex(scriptor->importer, at, line, &scriptor->command))
        return false;
    scriptor->open = more;
    if (more)
        return true;
    bool ok = import_command(scriptor->importer, &scriptor->begin, &scriptor->command, NULL);
    buffer_clear(&scriptor->command);
    return ok;
}

static bool is_end(struct scriptor *scriptor, const struct line_reader *reader, struct bytes line) {
    if (text_is(line, "exit"))
        return true;
    if (!text_contains(line, "exit"))
        return false;
    if (scriptor->importer->strict)
        return true;
    return !warn_word(scriptor, &reader->at,
                      "scriptor stops at any line with \"exit\" in it; here it goes on");
}

/// With the carriage return that the tool does not take off.
static struct bytes whole_line(const struct line_reader *reader) {
    struct bytes line = reader->line;
    bool return_follows = line.data + line.size < reader->rest.data && line.data[line.size] == '\r';
    return bytes_of(line.data, line.size + return_follows);
}

static bool take_any(struct scriptor *scriptor, const struct line_reader *reader,
                     struct bytes line) {
    struct importer *importer = scriptor->importer;
    bool reset = importer->strict ? text_contains(line, "reset") : text_is(line, "reset");
    if (line.size == 0)
        return true;
    if (reader->line.data[0] == '#')
        return import_simple(importer, &reader->at, STEP_COMMENT,
                             text_trim(bytes_of(line.data + 1, line.size - 1)), 0);
    if (reset)
        return import_simple(importer, &reader->at, STEP_RESET, bytes_of(NULL, 0), 0);
    if (line.data[0] == '#')
        return import_fail(importer, &reader->at,
                           "scriptor knows comments only in the first column: \"%t\"", line);
    return take_line(scriptor, &reader->at, importer->strict ? whole_line(reader) : line);
}

bool import_scriptor(struct importer *importer) {
    struct scriptor scriptor = {.importer = importer};
    struct line_reader reader;
    bool ok = true;
    buffer_init(&scriptor.command, importer->memory);
    line_reader_init(&reader, importer->source);
    while (ok && line_reader_next(&reader)) {
        struct bytes line = text_trim(reader.line);
        if (is_end(&scriptor, &reader, line))
            break;
        ok = take_any(&scriptor, &reader, line);
    }
    if (ok && scriptor.open)
        ok = import_fail(importer, &scriptor.begin, "this command is continued by nothing%t",
                         bytes_of(NULL, 0));
    buffer_free(&scriptor.command);
    return ok;
}

bool export_scriptor(struct exporter *exporter, const struct step *step) {
    switch (step->kind) {
    case STEP_COMMAND:
        buffer_format(&exporter->out, "%h\n", step->command);
        return true;
    case STEP_RESET:
        buffer_text(&exporter->out, "reset\n");
        return true;
    case STEP_COLD_RESET:
        export_warn(exporter, step, "scriptor knows only a warm reset");
        buffer_text(&exporter->out, "reset\n");
        return true;
    case STEP_COMMENT:
        if (text_contains(step->text, "exit"))
            export_warn(exporter, step, "comment left out: scriptor would stop at \"exit\" in it");
        else
            buffer_format(&exporter->out, "# %t\n", step->text);
        return true;
    case STEP_ECHO:
        return true;
    case STEP_CARD:
        return export_refuse(exporter, step, "scriptor talks to one card only");
    case STEP_DELAY:
        return export_refuse(exporter, step, "scriptor cannot wait");
    case STEP_SECURE:
    case STEP_SECURE_END:
        return export_refuse(exporter, step, EXPORT_NO_CHANNEL);
    case STEP_AUTO:
        return step->number == 0 ||
               export_refuse(exporter, step,
                             "scriptor neither fetches answers nor repeats commands");
    }
    return false;
}
