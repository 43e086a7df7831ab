// SPDX-License-Identifier: Apache-2.0
// GPShell 1 scripts. A line is a command with "-option value" pairs between blanks or commas; a
// word '#' or "//" ends it; ${NAME} is an environment variable. The tool is not packaged; what is
// said here of it was read in its source, 1.4.3 to 3.0 (docs/script-formats.md): SELECT goes out
// without Le and ends the script but for 9000 and 6283, send_apdu never does, and its PC/SC library
// fetches what 61xx announces. What its library builds itself, and T=0, are refused.
#include "apdu/convert/convert.h"

#include <string.h>

enum { LINE_MAX_CHARACTERS = 8191, AID_MAX = 16, APDU_MAX = 261 }; // the tool keeps no longer ones

struct gpshell {
    struct importer *importer;
    struct script_position at;
    uint64_t automatic;
    bool connected, reset; // at least once; by a card_disconnect since
    bool end;
};

static bool is_mark(struct bytes word) {
    return bytes_equal(word, bytes_of_string("#")) || bytes_equal(word, bytes_of_string("//"));
}

static bool is_word(struct bytes word, const char *wanted) { // the tool knows lower case only
    return bytes_equal(word, bytes_of_string(wanted));
}

static bool refuse(const struct gpshell *shell, const char *format, struct bytes text) {
    return import_fail(shell->importer, &shell->at, format, text);
}

static size_t word_size(struct bytes rest) {
    size_t size = 1;
    if (rest.data[0] == '"') { // a reader's name
        while (size < rest.size && rest.data[size] != '"')
            size++;
        return size + (size < rest.size);
    }
    while (size < rest.size && rest.data[size] > ' ' && rest.data[size] != ',')
        size++;
    return size;
}

/// Next word of a line: commas separate like blanks. Empty at the end and at a comment.
static struct bytes next_word(struct bytes *rest) {
    while (rest->size > 0 && (rest->data[0] <= ' ' || rest->data[0] == ','))
        *rest = bytes_of(rest->data + 1, rest->size - 1);
    if (rest->size == 0)
        return *rest;
    size_t size = word_size(*rest);
    struct bytes word = bytes_of(rest->data, size);
    *rest = bytes_of(rest->data + size, rest->size - size);
    if (is_mark(word))
        *rest = word = bytes_of(rest->data, 0);
    return word;
}

/// The value of one variable; the tool leaves what it does not know as it stands.
static bool put_variable(const struct gpshell *shell, struct bytes name, struct buffer *out) {
    const struct script_world *world = shell->importer->world;
    char text[128] = "";
    memcpy(text, name.data, name.size < sizeof text ? name.size : 0);
    const char *value =
        world != NULL && world->environment != NULL ? world->environment(world, text) : NULL;
    if (value == NULL)
        return refuse(shell, "environment variable %t is not set", name);
    if (strpbrk(value, " \t,\"") != NULL)
        return refuse(shell, "${%t} has blanks, commas or quotes: it cannot be one word", name);
    buffer_text(out, value);
    return true;
}

static bool expand(const struct gpshell *shell, struct bytes line, struct buffer *out) {
    for (size_t i = 0; i < line.size;) {
        if (i + 1 == line.size || line.data[i] != '$' || line.data[i + 1] != '{') {
            buffer_put_octet(out, line.data[i++]);
            continue;
        }
        const uint8_t *end = memchr(line.data + i, '}', line.size - i);
        if (end == NULL)
            return refuse(shell, "${ is not closed: the tool drops the rest of the line%t",
                          bytes_of(NULL, 0));
        size_t size = (size_t)(end - line.data) - i - 2;
        if (!put_variable(shell, bytes_of(line.data + i + 2, size), out))
            return false;
        i += size + 3;
    }
    return true;
}

// ---- options -----------------------------------------------------------------------------------

/// Options of one command; an empty value: not given.
struct option {
    const char *name;
    struct bytes value;
};

/// Fills in the values. Others than these end the tool's script, or mean a command of its library.
static bool take_options(const struct gpshell *shell, struct bytes rest, struct option *options,
                         size_t count) {
    for (struct bytes word = next_word(&rest); word.size > 0; word = next_word(&rest)) {
        size_t i = 0;
        while (i < count && !is_word(word, options[i].name))
            i++;
        if (i == count)
            return refuse(shell, "the option \"%t\" is not known here", word);
        options[i].value = next_word(&rest);
        if (options[i].value.size == 0)
            return refuse(shell, "%t has no value", word);
    }
    return true;
}

/// Hex without anything between: the tool stops at the first character that is none.
static bool take_hex(const struct gpshell *shell, struct bytes text, size_t most,
                     struct buffer *out) {
    if (memchr(text.data, ':', text.size) != NULL)
        return refuse(shell, "GPShell reads hex without colons: \"%t\"", text);
    if (!import_hex(shell->importer, &shell->at, text, out))
        return false;
    return out->size <= most || refuse(shell, "longer than GPShell keeps: \"%t\"", text);
}

// ---- commands ----------------------------------------------------------------------------------

/// The library fetches what 61xx announces, whatever the command.
static bool send(struct gpshell *shell, const struct buffer *command, const char *expect_sw) {
    return import_auto(shell->importer, &shell->at, &shell->automatic, AUTO_RESPONSE) &&
           import_command(shell->importer, &shell->at, command, expect_sw);
}

static bool take_select(struct gpshell *shell, struct bytes rest) {
    struct option options[] = {{"-AID", {0}}};
    struct buffer aid, command;
    buffer_init(&aid, shell->importer->memory);
    buffer_init(&command, shell->importer->memory);
    bool ok =
        take_options(shell, rest, options, 1) &&
        (options[0].value.size > 0 || refuse(shell, "select wants -AID%t", options[0].value)) &&
        take_hex(shell, options[0].value, AID_MAX, &aid);
    if (ok) {
        uint8_t header[] = {0x00, 0xA4, 0x04, 0x00, (uint8_t)aid.size};
        buffer_put(&command, BYTES_OF(header));
        buffer_put(&command, buffer_bytes(&aid));
        ok = send(shell, &command, "9000|6283");
    }
    buffer_free(&aid);
    buffer_free(&command);
    return ok;
}

static bool take_apdu(struct gpshell *shell, struct bytes rest) {
    struct option options[] = {{"-sc", {0}}, {"-APDU", {0}}};
    struct bytes *secured = &options[0].value, *text = &options[1].value;
    struct buffer command;
    if (!take_options(shell, rest, options, 2))
        return false;
    if (secured->size > 0 && !is_word(*secured, "0"))
        return refuse(shell,
                      "-sc %t wraps the command in a channel of the tool; write `within scp03` "
                      "instead",
                      *secured);
    if (text->size == 0)
        return refuse(shell, "send_apdu wants -APDU%t", *text);
    buffer_init(&command, shell->importer->memory);
    bool ok = take_hex(shell, *text, APDU_MAX, &command) && send(shell, &command, NULL);
    buffer_free(&command);
    return ok;
}

/// Over T=0 the library takes Le off and asks with GET RESPONSE; card_disconnect resets the card.
static bool take_connect(struct gpshell *shell, struct bytes rest) {
    struct option options[] = {{"-reader", {0}}, {"-readerNumber", {0}}, {"-protocol", {0}}};
    if (!take_options(shell, rest, options, 3))
        return false;
    if (options[2].value.size > 0 && !is_word(options[2].value, "1"))
        return refuse(shell, "-protocol %t: over T=0 GPShell's library sends other octets",
                      options[2].value);
    bool first = !shell->connected, reset = first || shell->reset;
    shell->connected = true;
    shell->reset = false;
    return !reset || import_simple(shell->importer, &shell->at,
                                   first ? STEP_COLD_RESET : STEP_RESET, bytes_of(NULL, 0), 0);
}

static bool take_command(struct gpshell *shell, struct bytes word, struct bytes rest) {
    static const char *const silent[] = {"mode_201",     "mode_211",          "enable_trace",
                                         "enable_timer", "establish_context", "release_context",
                                         "list_readers", "gemXpressoPro"};
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
        if (is_word(word, silent[i]))
            return true;
    if (is_word(word, "exit")) {
        shell->end = true;
        return true;
    }
    if (is_word(word, "card_disconnect")) {
        shell->reset = true;
        return true;
    }
    if (is_word(word, "card_connect"))
        return take_connect(shell, rest);
    if (is_word(word, "select"))
        return take_select(shell, rest);
    if (is_word(word, "send_apdu") || is_word(word, "send_apdu_nostop"))
        return take_apdu(shell, rest);
    return refuse(shell,
                  "the octets of \"%t\" are made inside GPShell's library and cannot be known "
                  "here; record them, or write them out",
                  word);
}

/// Comments, and what is printed as it stands. False: it is neither.
static bool take_text(const struct gpshell *shell, struct bytes text, bool *ok) {
    struct bytes rest = text;
    bool prints = is_word(next_word(&rest), "print"), sharp = text.data[0] == '#';
    bool comment = sharp || (text.size > 1 && text.data[0] == '/' && text.data[1] == '/');
    size_t mark = sharp ? 1 : 2;
    if (!prints && !comment)
        return false;
    if (comment)
        rest = bytes_of(text.data + mark, text.size - mark);
    *ok = import_simple(shell->importer, &shell->at, comment ? STEP_COMMENT : STEP_ECHO,
                        text_trim(rest), 0);
    return true;
}

static bool take_line(struct gpshell *shell, struct bytes text) {
    struct buffer line;
    bool ok = true;
    if (take_text(shell, text, &ok))
        return ok;
    buffer_init(&line, shell->importer->memory);
    ok = expand(shell, text, &line);
    struct bytes rest = buffer_bytes(&line), word = next_word(&rest);
    if (ok && memchr(text.data, '"', text.size) != NULL && !is_word(word, "card_connect"))
        ok = refuse(shell, "quotes are only known around a reader's name: %t", text);
    ok = ok && (word.size == 0 || take_command(shell, word, rest));
    buffer_free(&line);
    return ok;
}

bool import_gpshell(struct importer *importer) {
    struct gpshell shell = {.importer = importer};
    struct line_reader reader;
    bool ok = true;
    line_reader_init(&reader, importer->source);
    while (ok && !shell.end && line_reader_next(&reader)) {
        struct bytes text = text_trim(reader.line);
        shell.at = reader.at;
        if (reader.line.size > LINE_MAX_CHARACTERS)
            ok = refuse(&shell, "GPShell reads at most 8191 characters%t", bytes_of(NULL, 0));
        else if (text.size > 0)
            ok = take_line(&shell, text);
    }
    return ok;
}

// ---- out -------------------------------------------------------------------------------------

void export_gpshell_begin(struct exporter *exporter) {
    buffer_text(&exporter->out, "mode_211\nestablish_context\ncard_connect\n");
}

void export_gpshell_end(struct exporter *exporter) {
    buffer_text(&exporter->out, "card_disconnect\nrelease_context\n");
}

bool export_gpshell(struct exporter *exporter, const struct step *step) {
    switch (step->kind) {
    case STEP_COMMAND:
        if (step->command.size > APDU_MAX)
            return export_refuse(exporter, step, "GPShell keeps at most 261 octets of a command");
        buffer_format(&exporter->out, "send_apdu_nostop -sc 0 -APDU %H\n", step->command);
        return true;
    case STEP_COMMENT:
        buffer_format(&exporter->out, "# %t\n", step->text);
        return true;
    case STEP_ECHO:
        buffer_format(&exporter->out, "print %t\n", step->text);
        return true;
    case STEP_COLD_RESET:
        if (exporter->commands > 0)
            buffer_text(&exporter->out, "card_disconnect\ncard_connect\n");
        return true;
    case STEP_RESET:
        return exporter->commands == 0 ||
               export_refuse(exporter, step, "GPShell cannot reset a card it is connected to");
    case STEP_DELAY:
        return export_refuse(exporter, step, "GPShell cannot wait");
    case STEP_CARD:
        return export_refuse(exporter, step, "GPShell talks to one card only");
    case STEP_AUTO:
        return (step->number & AUTO_LE) == 0 ||
               export_refuse(exporter, step, "GPShell does not repeat commands over T=1");
    }
    return false;
}
