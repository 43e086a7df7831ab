// SPDX-License-Identifier: Apache-2.0
// opensc-tool -s lists and opensc-explorer scripts (OpenSC 0.23). Both fetch answers behind 61xx by
// themselves. opensc-explorer's commands other than `apdu` depend on the card's driver and are
// refused.
#include "apdu/convert/convert.h"

static bool take_hex(struct importer *importer, const struct script_position *at,
                     struct bytes text) {
    struct buffer command;
    buffer_init(&command, importer->memory);
    bool ok =
        import_hex(importer, at, text, &command) && import_command(importer, at, &command, NULL);
    buffer_free(&command);
    return ok;
}

static struct script_position at_word(const struct line_reader *reader, struct bytes word) {
    struct script_position at = reader->at;
    at.column = (uint32_t)(word.data - reader->line.data) + 1;
    return at;
}

static struct bytes unquote(struct bytes word) {
    bool quoted = word.size >= 2 && (word.data[0] == '"' || word.data[0] == '\'') &&
                  word.data[word.size - 1] == word.data[0];
    return quoted ? bytes_of(word.data + 1, word.size - 2) : word;
}

/// Words of a command line: what follows -s or --send-apdu is a command.
static bool take_words(struct importer *importer, const struct line_reader *reader) {
    struct bytes rest = reader->line;
    bool wanted = false;
    for (struct bytes word = text_word(&rest); word.size > 0; word = text_word(&rest)) {
        struct script_position at = at_word(reader, word);
        if (wanted) {
            wanted = false;
            if (!take_hex(importer, &at, unquote(word)))
                return false;
        } else if (text_is(word, "-s") || text_is(word, "--send-apdu"))
            wanted = true;
        else if (text_is(word, "--reset") || text_is(word, "--reset=cold")) {
            if (!import_simple(importer, &at, STEP_COLD_RESET, bytes_of(NULL, 0), 0))
                return false;
        }
    }
    return !wanted ||
           import_fail(importer, &reader->at, "-s has no command behind it%t", bytes_of(NULL, 0));
}

bool import_opensc_tool(struct importer *importer) {
    struct line_reader reader;
    line_reader_init(&reader, importer->source);
    if (!import_simple(importer, &reader.at, STEP_AUTO, bytes_of(NULL, 0), 0))
        return false;
    while (line_reader_next(&reader)) {
        struct bytes line = text_trim(reader.line);
        bool words = text_contains(line, "-s") || text_contains(line, "opensc-tool");
        if (line.size == 0)
            continue;
        bool ok = line.data[0] == '#'
                      ? import_simple(importer, &reader.at, STEP_COMMENT,
                                      text_trim(bytes_of(line.data + 1, line.size - 1)), 0)
                  : words ? take_words(importer, &reader)
                          : take_hex(importer, &reader.at, line);
        if (!ok)
            return false;
    }
    return true;
}

void export_opensc_tool_begin(struct exporter *exporter) {
    buffer_text(&exporter->out, "opensc-tool -c default");
}

void export_opensc_tool_end(struct exporter *exporter) {
    buffer_text(&exporter->out, "\n");
}

bool export_opensc_tool(struct exporter *exporter, const struct step *step) {
    switch (step->kind) {
    case STEP_COMMAND:
        buffer_text(&exporter->out, " -s ");
        for (size_t i = 0; i < step->command.size; i++)
            buffer_format(&exporter->out, "%s%x", i > 0 ? ":" : "",
                          (unsigned)step->command.data[i]);
        return true;
    case STEP_AUTO:
    case STEP_COMMENT:
    case STEP_ECHO:
        return true;
    case STEP_RESET:
    case STEP_COLD_RESET:
        return export_refuse(exporter, step, "opensc-tool sends all its commands after one reset");
    case STEP_DELAY:
        return export_refuse(exporter, step, "opensc-tool cannot wait");
    case STEP_CARD:
        return export_refuse(exporter, step, "opensc-tool talks to one card only");
    }
    return false;
}

// ---- opensc-explorer -------------------------------------------------------------------------

/// Hex words and "text" up to the end of the line.
static bool explorer_octets(struct importer *importer, const struct line_reader *reader,
                            struct bytes rest, struct buffer *out) {
    for (rest = text_trim(rest); rest.size > 0; rest = text_trim(rest)) {
        struct script_position at = at_word(reader, rest);
        if (rest.data[0] != '"') {
            struct bytes word = text_word(&rest);
            if (!import_hex(importer, &at, word, out))
                return false;
            continue;
        }
        size_t size = 1;
        while (size < rest.size && rest.data[size] != '"')
            size++;
        if (size == rest.size)
            return import_fail(importer, &at, "a text is not closed: %t", rest);
        buffer_put(out, bytes_of(rest.data + 1, size - 1));
        rest = bytes_of(rest.data + size + 1, rest.size - size - 1);
    }
    return true;
}

static bool explorer_apdu(struct importer *importer, const struct line_reader *reader,
                          struct bytes rest) {
    struct buffer command;
    buffer_init(&command, importer->memory);
    bool ok = explorer_octets(importer, reader, rest, &command) &&
              import_command(importer, &reader->at, &command, NULL);
    buffer_free(&command);
    return ok;
}

/// opensc-explorer takes any beginning of a command that only one command has.
static bool is_apdu(struct bytes word) {
    return text_is(word, "apdu") || text_is(word, "apd") || text_is(word, "ap");
}

bool import_opensc_explorer(struct importer *importer) {
    struct line_reader reader;
    line_reader_init(&reader, importer->source);
    if (!import_simple(importer, &reader.at, STEP_AUTO, bytes_of(NULL, 0), 0))
        return false;
    while (line_reader_next(&reader)) {
        struct bytes rest = reader.line, word = text_word(&rest);
        bool ok = true;
        if (word.size == 0)
            continue;
        if (word.data[0] == '#')
            ok = import_simple(importer, &reader.at, STEP_COMMENT, text_trim(rest), 0);
        else if (is_apdu(word))
            ok = explorer_apdu(importer, &reader, rest);
        else if (text_is(word, "echo"))
            ok = import_simple(importer, &reader.at, STEP_ECHO, text_trim(rest), 0);
        else if (text_is(word, "quit") || text_is(word, "exit"))
            return true;
        else
            ok = import_fail(importer, &reader.at,
                             "what \"%t\" sends depends on OpenSC's driver for the card; write it "
                             "as apdu",
                             word);
        if (!ok)
            return false;
    }
    return true;
}

bool export_opensc_explorer(struct exporter *exporter, const struct step *step) {
    switch (step->kind) {
    case STEP_COMMAND:
        buffer_format(&exporter->out, "apdu %h\n", step->command);
        return true;
    case STEP_COMMENT:
        buffer_format(&exporter->out, "# %t\n", step->text);
        return true;
    case STEP_ECHO:
        buffer_format(&exporter->out, "echo %t\n", step->text);
        return true;
    case STEP_AUTO:
        return true;
    case STEP_RESET:
    case STEP_COLD_RESET:
        return export_refuse(exporter, step, "opensc-explorer cannot reset the card");
    case STEP_DELAY:
        return export_refuse(exporter, step, "opensc-explorer cannot wait");
    case STEP_CARD:
        return export_refuse(exporter, step, "opensc-explorer talks to one card only");
    }
    return false;
}
