// SPDX-License-Identifier: Apache-2.0
// GPShell 1 scripts: the text. A line is a command with "-option value" pairs between blanks or
// commas; a word '#' or "//" ends it; ${NAME} is an environment variable. The tool is not packaged;
// what is said here of it was read in its source, 1.4.3 to 3.0 (docs/script-formats.md): SELECT
// goes out without Le and ends the script but for 9000 and 6283, send_apdu never does, and its
// PC/SC library fetches what 61xx announces. What the commands send: gpshell_commands.c.
#include "apdu/convert/gpshell.h"

#include <string.h>

enum { LINE_MAX_CHARACTERS = 8191 }; // the tool keeps no longer ones

static bool is_mark(struct bytes word) {
    return bytes_equal(word, bytes_of_string("#")) || bytes_equal(word, bytes_of_string("//"));
}

static bool is_word(struct bytes word, const char *wanted) { // the tool knows lower case only
    return bytes_equal(word, bytes_of_string(wanted));
}

bool gpshell_refuse(const struct gpshell *shell, const char *format, struct bytes text) {
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
    const struct script_ports *ports = shell->importer->ports;
    char text[128] = "";
    memcpy(text, name.data, name.size < sizeof text ? name.size : 0);
    const char *value =
        ports != NULL && ports->environment != NULL ? ports->environment(ports, text) : NULL;
    if (value == NULL)
        return gpshell_refuse(shell, "environment variable %t is not set", name);
    if (strpbrk(value, " \t,\"") != NULL)
        return gpshell_refuse(shell, "${%t} has blanks, commas or quotes: it cannot be one word",
                              name);
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
            return gpshell_refuse(shell, "${ is not closed: the tool drops the rest of the line%t",
                                  bytes_of(NULL, 0));
        size_t size = (size_t)(end - line.data) - i - 2;
        if (!put_variable(shell, bytes_of(line.data + i + 2, size), out))
            return false;
        i += size + 3;
    }
    return true;
}

// ---- options -----------------------------------------------------------------------------------

/// Those that matter to what is sent, in the order of enum gpshell_option; then those that do not,
/// or only to commands that are refused.
static const char *const option_names[] = {
    "-AID", "-APDU", "-sc", "-security", "-scp", "-scpimpl", "-keyind", "-keyver", "-key",
    "-enc_key", "-mac_key", "-kek_key", "-keyDerivation", "-identifier", "-keyTemplate", "-element",
    "-format", "-data", "-dataFormat", "-dataEncryption", "-responseDataExpected", "-protocol",
    // without an effect here
    "-reader", "-readerNumber", "-keyType", "-newkeyver", "-file", "-pass", "-sdAID", "-pkgAID",
    "-instAID", "-nvCodeLimit", "-nvDataLimit", "-vDataLimit", "-instParam", "-sdParam",
    "-uiccSystemSpecParam", "-simSpecParam", "-priv", "-current_kek"};

/// Fills in the values. A word that is no option ends the tool's script.
static bool take_options(const struct gpshell *shell, struct bytes rest,
                         struct gpshell_options *options) {
    const size_t count = sizeof option_names / sizeof option_names[0];
    for (struct bytes word = next_word(&rest); word.size > 0; word = next_word(&rest)) {
        size_t i = 0;
        if (is_word(word, "-noStop")) {
            options->no_stop = true;
            continue;
        }
        while (i < count && !is_word(word, option_names[i]))
            i++;
        if (i == count)
            return gpshell_refuse(shell, "the option \"%t\" is not known here", word);
        struct bytes value = next_word(&rest);
        if (value.size == 0)
            return gpshell_refuse(shell, "%t has no value", word);
        if (i < GPSHELL_OPTION_COUNT)
            options->value[i] = value;
    }
    return true;
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
    struct gpshell_options options = {.no_stop = false};
    struct buffer line;
    bool ok = true;
    if (take_text(shell, text, &ok))
        return ok;
    buffer_init(&line, shell->importer->memory);
    ok = expand(shell, text, &line);
    struct bytes rest = buffer_bytes(&line), word = next_word(&rest);
    if (ok && memchr(text.data, '"', text.size) != NULL && !is_word(word, "card_connect"))
        ok = gpshell_refuse(shell, "quotes are only known around a reader's name: %t", text);
    ok = ok && (word.size == 0 ||
                (take_options(shell, rest, &options) && gpshell_command(shell, word, &options)));
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
            ok = gpshell_refuse(&shell, "GPShell reads at most 8191 characters%t",
                                bytes_of(NULL, 0));
        else if (text.size > 0)
            ok = take_line(&shell, text);
    }
    ok = ok && gpshell_close(&shell);
    bytes_erase(shell.keys, sizeof shell.keys);
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
        if (step->command.size > GPSHELL_APDU_MAX)
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
    case STEP_SECURE:
    case STEP_SECURE_END:
        return export_refuse(exporter, step, EXPORT_NO_CHANNEL);
    case STEP_AUTO:
        return (step->number & AUTO_LE) == 0 ||
               export_refuse(exporter, step, "GPShell does not repeat commands over T=1");
    }
    return false;
}
