// SPDX-License-Identifier: Apache-2.0
// opensc-tool -s lists and opensc-explorer scripts (OpenSC 0.23). To a command with Le both fetch
// the answer behind 61xx and repeat it with the Le of 6Cxx; they know no extended lengths. What
// depends on OpenSC's driver for the card is refused: opensc-tool without `-c default`, and
// opensc-explorer's commands other than `apdu`.
#include "apdu/convert/convert.h"

struct opensc {
    struct importer *importer;
    const char *tool;
    uint64_t automatic;   // enum auto_option bits in force
    bool open;            // a command line of opensc-tool goes on
    bool driver_is_known; // it says -c default
    enum step_kind reset; // asked for by --reset; STEP_COMMAND: none. It comes after the commands
};

static bool take_command(struct opensc *opensc, const struct script_position *at,
                         const struct buffer *octets) {
    struct apdu_command command;
    if (!import_parses(opensc->importer, at, octets, opensc->tool, &command))
        return false;
    uint64_t wanted = command.le > 0 ? AUTO_RESPONSE | AUTO_LE : 0;
    return import_auto(opensc->importer, at, &opensc->automatic, wanted) &&
           import_command(opensc->importer, at, octets, NULL);
}

static bool take_hex(struct opensc *opensc, const struct script_position *at, struct bytes text) {
    struct buffer command;
    buffer_init(&command, opensc->importer->memory);
    bool ok =
        import_hex(opensc->importer, at, text, &command) && take_command(opensc, at, &command);
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

// ---- opensc-tool -------------------------------------------------------------------------------

/// The next word of a command line; one in quotes may have blanks.
static struct bytes next_word(struct bytes *rest) {
    *rest = text_trim(*rest);
    if (rest->size == 0 || (rest->data[0] != '"' && rest->data[0] != '\''))
        return text_word(rest);
    size_t size = 1;
    while (size < rest->size && rest->data[size] != rest->data[0])
        size++;
    size += size < rest->size;
    struct bytes word = bytes_of(rest->data, size);
    *rest = bytes_of(rest->data + size, rest->size - size);
    return word;
}

static bool is_one_of(struct bytes word, const char *a, const char *b) {
    return bytes_equal(word, bytes_of_string(a)) || bytes_equal(word, bytes_of_string(b));
}

static bool names_tool(struct bytes word) {
    static const char name[] = "opensc-tool";
    size_t size = sizeof name - 1;
    return word.size >= size &&
           bytes_equal(bytes_of(word.data + word.size - size, size), bytes_of_string(name)) &&
           (word.size == size || word.data[word.size - size - 1] == '/');
}

/// One word of a command line, and its value where it has one.
static bool take_word(struct opensc *opensc, const struct line_reader *reader, struct bytes word,
                      struct bytes *rest) {
    struct script_position at = at_word(reader, word);
    if (is_one_of(word, "-s", "--send-apdu")) {
        struct bytes value = next_word(rest);
        at = value.size > 0 ? at_word(reader, value) : at;
        return value.size > 0
                   ? take_hex(opensc, &at, unquote(value))
                   : import_fail(opensc->importer, &at, "-s has no command after it%t", value);
    }
    if (is_one_of(word, "-c", "--card-driver"))
        opensc->driver_is_known = text_is(next_word(rest), "default");
    else if (is_one_of(word, "-r", "--reader"))
        next_word(rest);
    else if (is_one_of(word, "--reset", "--reset=cold"))
        opensc->reset = STEP_COLD_RESET;
    else if (bytes_equal(word, bytes_of_string("--reset=warm")))
        opensc->reset = STEP_RESET;
    else if (!is_one_of(word, "-w", "--wait") && !is_one_of(word, "-v", "--verbose"))
        return import_fail(opensc->importer, &at,
                           "what opensc-tool does for \"%t\" is not known here; keep -c default, "
                           "-r, -w, -v, --reset and -s",
                           word);
    return true;
}

/// The end of one call: its reset, and whether the driver sent commands of its own.
static bool end_call(struct opensc *opensc, const struct script_position *at) {
    enum step_kind reset = opensc->reset;
    bool called = opensc->open;
    opensc->open = false;
    opensc->reset = STEP_COMMAND;
    if (called && !opensc->driver_is_known)
        return import_fail(opensc->importer, at,
                           "without -c default OpenSC's drivers send commands of their own first%t",
                           bytes_of(NULL, 0));
    return reset == STEP_COMMAND ||
           import_simple(opensc->importer, at, reset, bytes_of(NULL, 0), 0);
}

static bool take_words(struct opensc *opensc, const struct line_reader *reader) {
    struct bytes rest = reader->line, word = next_word(&rest);
    bool goes_on = false;
    if (names_tool(word)) {
        opensc->open = true;
        opensc->driver_is_known = false;
        word = next_word(&rest);
    }
    for (; word.size > 0; word = next_word(&rest)) {
        goes_on = word.size == 1 && word.data[0] == '\\' && text_trim(rest).size == 0;
        if (!goes_on && !take_word(opensc, reader, word, &rest))
            return false;
    }
    return goes_on || end_call(opensc, &reader->at);
}

bool import_opensc_tool(struct importer *importer) {
    struct opensc opensc = {.importer = importer, .tool = "opensc-tool"};
    struct line_reader reader;
    bool ok = true;
    line_reader_init(&reader, importer->source);
    while (ok && line_reader_next(&reader)) {
        struct bytes line = text_trim(reader.line), rest = line;
        struct bytes word = text_word(&rest);
        if (line.size == 0)
            continue;
        if (line.data[0] == '#')
            ok = import_simple(importer, &reader.at, STEP_COMMENT,
                               text_trim(bytes_of(line.data + 1, line.size - 1)), 0);
        else if (word.data[0] == '-' || names_tool(word))
            ok = take_words(&opensc, &reader);
        else
            ok = take_hex(&opensc, &reader.at, line);
    }
    return ok && (!opensc.open || end_call(&opensc, &reader.at));
}

/// OpenSC sends what it can parse, in short form.
static bool can_say(struct exporter *exporter, const struct step *step) {
    struct apdu_command command;
    return (apdu_command_parse(step->command, &command) && !command.extended) ||
           export_refuse(exporter, step,
                         "OpenSC's tools send no extended lengths and no wrong ones");
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
        if (!can_say(exporter, step))
            return false;
        buffer_text(&exporter->out, " -s ");
        for (size_t i = 0; i < step->command.size; i++)
            buffer_format(&exporter->out, "%s%x", i > 0 ? ":" : "",
                          (unsigned)step->command.data[i]);
        return true;
    case STEP_SECURE:
    case STEP_SECURE_END:
        return export_refuse(exporter, step, EXPORT_NO_CHANNEL);
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

static bool explorer_apdu(struct opensc *opensc, const struct line_reader *reader,
                          struct bytes rest) {
    struct buffer command;
    buffer_init(&command, opensc->importer->memory);
    bool ok = explorer_octets(opensc->importer, reader, rest, &command) &&
              take_command(opensc, &reader->at, &command);
    buffer_free(&command);
    return ok;
}

/// opensc-explorer takes any beginning of a command that only one command has.
static bool is_apdu(struct bytes word) {
    return text_is(word, "apdu") || text_is(word, "apd") || text_is(word, "ap");
}

bool import_opensc_explorer(struct importer *importer) {
    struct opensc opensc = {.importer = importer, .tool = "opensc-explorer"};
    struct line_reader reader;
    line_reader_init(&reader, importer->source);
    while (line_reader_next(&reader)) {
        struct bytes rest = reader.line, word = text_word(&rest);
        bool ok = true;
        if (word.size == 0)
            continue;
        if (word.data[0] == '#')
            ok = import_simple(importer, &reader.at, STEP_COMMENT, text_trim(rest), 0);
        else if (is_apdu(word))
            ok = explorer_apdu(&opensc, &reader, rest);
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
        return can_say(exporter, step);
    case STEP_COMMENT:
        buffer_format(&exporter->out, "# %t\n", step->text);
        return true;
    case STEP_ECHO:
        buffer_format(&exporter->out, "echo %t\n", step->text);
        return true;
    case STEP_SECURE:
    case STEP_SECURE_END:
        return export_refuse(exporter, step, EXPORT_NO_CHANNEL);
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
