// SPDX-License-Identifier: Apache-2.0
// GPShell 1 scripts. A line is a command with "-option value" pairs; '#' or "//" as a word starts a
// comment; ${NAME} is an environment variable. SELECT goes out without Le, and the tool stops at
// the first status word other than 9000 (read in its library's source). What runs inside its own
// secure channel, and the commands built by its library, are refused: they are not in the text.
#include "apdu/convert/convert.h"

#include <string.h>

enum { LINE_MAX_CHARACTERS = 8192 }; // the tool reads no longer ones

static bool is_comment(struct bytes word) {
    return (word.size > 0 && word.data[0] == '#') ||
           (word.size > 1 && word.data[0] == '/' && word.data[1] == '/');
}

/// Value of an option in the rest of a line; empty when it is not there.
static struct bytes option(struct bytes rest, const char *name) {
    for (struct bytes word = text_word(&rest); word.size > 0 && !is_comment(word);
         word = text_word(&rest))
        if (text_is(word, name))
            return text_word(&rest);
    return bytes_of(NULL, 0);
}

static bool expand(struct importer *importer, const struct script_position *at, struct bytes line,
                   struct buffer *out) {
    for (size_t i = 0; i < line.size;) {
        const uint8_t *end = i + 1 < line.size && line.data[i] == '$' && line.data[i + 1] == '{'
                                 ? memchr(line.data + i, '}', line.size - i)
                                 : NULL;
        if (end == NULL) {
            buffer_put_octet(out, line.data[i++]);
            continue;
        }
        char name[128] = "";
        size_t size = (size_t)(end - line.data) - i - 2;
        memcpy(name, line.data + i + 2, size < sizeof name ? size : 0);
        const struct script_world *world = importer->world;
        const char *value =
            world != NULL && world->environment != NULL ? world->environment(world, name) : NULL;
        if (value == NULL)
            return import_fail(importer, at, "environment variable %t is not set",
                               bytes_of_string(name));
        buffer_text(out, value);
        i += size + 3;
    }
    return true;
}

static bool take_select(struct importer *importer, const struct script_position *at,
                        struct bytes rest) {
    struct buffer aid, command;
    struct bytes text = option(rest, "-AID");
    buffer_init(&aid, importer->memory);
    buffer_init(&command, importer->memory);
    bool ok = text.size > 0 || import_fail(importer, at, "select wants -AID%t", text);
    ok = ok && import_hex(importer, at, text, &aid);
    if (ok && (aid.size == 0 || aid.size > 16))
        ok = import_fail(importer, at, "an AID has 1 to 16 octets: %t", text);
    if (ok) {
        uint8_t header[] = {0x00, 0xA4, 0x04, 0x00, (uint8_t)aid.size};
        buffer_put(&command, BYTES_OF(header));
        buffer_put(&command, buffer_bytes(&aid));
        ok = import_command(importer, at, &command, "9000");
    }
    buffer_free(&aid);
    buffer_free(&command);
    return ok;
}

static bool take_apdu(struct importer *importer, const struct script_position *at,
                      struct bytes rest, bool stops) {
    struct buffer command;
    struct bytes secured = option(rest, "-sc"), text = option(rest, "-APDU");
    if (text_is(secured, "1"))
        return import_fail(importer, at,
                           "-sc 1 wraps the command in a channel of the tool; write `within scp03` "
                           "instead%t",
                           bytes_of(NULL, 0));
    if (text.size == 0)
        return import_fail(importer, at, "send_apdu wants -APDU%t", text);
    buffer_init(&command, importer->memory);
    bool ok = import_hex(importer, at, text, &command) &&
              import_command(importer, at, &command, stops ? "9000" : NULL);
    buffer_free(&command);
    return ok;
}

static bool take_command(struct importer *importer, const struct script_position *at,
                         struct bytes word, struct bytes rest, bool *end) {
    static const char *const silent[] = {"mode_201",
                                         "mode_211",
                                         "enable_trace",
                                         "enable_timer",
                                         "establish_context",
                                         "card_disconnect",
                                         "release_context",
                                         "visa_key_derivation",
                                         "emv_cps11_key_derivation",
                                         "print"};
    *end = text_is(word, "exit");
    if (*end)
        return true;
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
        if (text_is(word, silent[i]))
            return true;
    if (text_is(word, "card_connect"))
        return import_simple(importer, at, STEP_COLD_RESET, bytes_of(NULL, 0), 0);
    if (text_is(word, "select"))
        return take_select(importer, at, rest);
    if (text_is(word, "send_apdu"))
        return take_apdu(importer, at, rest, true);
    if (text_is(word, "send_apdu_nostop"))
        return take_apdu(importer, at, rest, false);
    return import_fail(importer, at,
                       "the octets of \"%t\" are made inside GPShell's library and cannot be known "
                       "here; record them, or write them out",
                       word);
}

bool import_gpshell(struct importer *importer) {
    struct line_reader reader;
    bool ok = true, end = false;
    line_reader_init(&reader, importer->source);
    while (ok && !end && line_reader_next(&reader)) {
        struct buffer line;
        struct bytes rest = text_trim(reader.line);
        if (rest.size == 0)
            continue;
        if (is_comment(rest)) {
            size_t mark = rest.data[0] == '#' ? 1 : 2;
            ok = import_simple(importer, &reader.at, STEP_COMMENT,
                               text_trim(bytes_of(rest.data + mark, rest.size - mark)), 0);
            continue;
        }
        if (reader.line.size > LINE_MAX_CHARACTERS)
            return import_fail(importer, &reader.at, "GPShell reads at most 8192 characters%t",
                               bytes_of(NULL, 0));
        buffer_init(&line, importer->memory);
        ok = expand(importer, &reader.at, rest, &line);
        rest = buffer_bytes(&line);
        struct bytes word = text_word(&rest);
        ok = ok && take_command(importer, &reader.at, word, rest, &end);
        buffer_free(&line);
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
    bool stops = step->expect_sw != NULL && strcmp(step->expect_sw, "9000") == 0;
    if (step->answer.size >= 2)
        stops = bytes_get_be(step->answer.data + step->answer.size - 2, 2) == 0x9000;
    switch (step->kind) {
    case STEP_COMMAND:
        buffer_format(&exporter->out, "%s -sc 0 -APDU %H\n",
                      stops ? "send_apdu" : "send_apdu_nostop", step->command);
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
        return export_refuse(exporter, step, "GPShell does not fetch answers");
    }
    return false;
}
