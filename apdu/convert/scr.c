// SPDX-License-Identifier: Apache-2.0
// apdutool scripts of the Java Card kit. Statements end with ';' and may span lines; "//" starts a
// comment; a command is CLA INS P1 P2 Lc data Le with Lc and Le always written. The tool is not
// packaged, so what could not be checked against it (channels, extended lengths, the select and
// send forms, contacted/contactless) is refused, and the import says what it rests on.
#include "apdu/convert/convert.h"

#include "apdu/codec.h"

#include <string.h>

enum { WORDS_MAX = 600, NAMES_MAX = 32 };

struct scr {
    struct importer *importer;
    struct bytes rest;
    struct script_position at; // of the next character
    struct script_position word_at;
    struct {
        struct bytes name, value;
    } names[NAMES_MAX]; // #define
    size_t name_count;
    bool warned;
};

static void step_over(struct scr *scr, size_t size) {
    for (size_t i = 0; i < size; i++) {
        scr->at.column++;
        if (scr->rest.data[i] == '\n') {
            scr->at.line++;
            scr->at.column = 1;
            scr->at.line_text = (const char *)scr->rest.data + i + 1;
        }
    }
    scr->rest = bytes_of(scr->rest.data + size, scr->rest.size - size);
}

static bool starts(const struct scr *scr, const char *text) {
    size_t size = strlen(text);
    return scr->rest.size >= size && memcmp(scr->rest.data, text, size) == 0;
}

static size_t line_left(const struct scr *scr) {
    size_t size = 0;
    while (size < scr->rest.size && scr->rest.data[size] != '\n')
        size++;
    return size;
}

/// A comment becomes a comment.
static bool take_comment(struct scr *scr) {
    size_t size = line_left(scr);
    struct bytes text = text_trim(bytes_of(scr->rest.data + 2, size - 2));
    bool ok = text.size == 0 || import_simple(scr->importer, &scr->at, STEP_COMMENT, text, 0);
    step_over(scr, size);
    return ok;
}

/// #define NAME text
static bool take_define(struct scr *scr) {
    size_t size = line_left(scr);
    struct bytes line = bytes_of(scr->rest.data + 7, size - 7);
    struct bytes name = text_word(&line);
    if (scr->name_count == NAMES_MAX || name.size == 0)
        return import_fail(scr->importer, &scr->at, "%t: at most 32 names can be defined", name);
    scr->names[scr->name_count].name = name;
    scr->names[scr->name_count++].value = text_trim(line);
    step_over(scr, size);
    return true;
}

/// Blanks, comments and definitions between words. False: an error was reported.
static bool skip(struct scr *scr) {
    bool ok = true;
    while (ok && scr->rest.size > 0) {
        if (scr->rest.data[0] <= ' ')
            step_over(scr, 1);
        else if (starts(scr, "//") && !starts(scr, "//aid/"))
            ok = take_comment(scr);
        else if (starts(scr, "#define"))
            ok = take_define(scr);
        else
            break;
    }
    return ok;
}

static struct bytes define_of(const struct scr *scr, struct bytes word) {
    for (size_t i = 0; i < scr->name_count; i++)
        if (bytes_equal(word, scr->names[i].name))
            return scr->names[i].value;
    return word;
}

/// Up to a blank or ';', or up to the closing quote.
static size_t word_size(const struct scr *scr) {
    struct bytes rest = scr->rest;
    size_t size = 1;
    if (rest.data[0] == '"') {
        while (size < rest.size && rest.data[size] != '"')
            size++;
        return size < rest.size ? size + 1 : size;
    }
    while (size < rest.size && rest.data[size] > ' ' && rest.data[size] != ';')
        size++;
    return size;
}

/// Words up to ';'. Text in quotes is one word with its quotes.
static size_t take_statement(struct scr *scr, struct bytes *words, bool *ok) {
    size_t count = 0;
    for (;;) {
        *ok = skip(scr);
        if (!*ok || scr->rest.size == 0 || scr->rest.data[0] == ';')
            break;
        if (count == 0)
            scr->word_at = scr->at;
        size_t size = word_size(scr);
        struct bytes word = bytes_of(scr->rest.data, size);
        step_over(scr, size);
        if (count == WORDS_MAX) {
            *ok = import_fail(scr->importer, &scr->word_at, "a statement has at most 600 words%t",
                              bytes_of(NULL, 0));
            break;
        }
        words[count++] = define_of(scr, word);
    }
    return count;
}

static bool number(struct bytes word, uint64_t *value) {
    bool hex = word.size > 2 && word.data[0] == '0' && (word.data[1] | 0x20) == 'x';
    *value = 0;
    for (size_t i = hex ? 2 : 0; i < word.size; i++) {
        int digit = hex_digit((char)word.data[i]);
        if (digit < 0 || (!hex && digit > 9) || *value > 0xFFFFFF)
            return false;
        *value = *value * (hex ? 16 : 10) + (unsigned)digit;
    }
    return word.size > (hex ? 2u : 0u);
}

/// A word is one octet, or (as a defined name) several.
static bool put_octets(struct scr *scr, struct bytes text, struct buffer *out) {
    for (struct bytes word = text_word(&text); word.size > 0; word = text_word(&text)) {
        uint64_t value;
        if (!number(word, &value) || value > 255)
            return import_fail(scr->importer, &scr->word_at,
                               "\"%t\" is neither an octet (0x.. or decimal) nor a directive",
                               word);
        buffer_put_octet(out, (uint8_t)value);
    }
    return true;
}

/// CLA INS P1 P2 Lc data Le as ISO/IEC 7816-4 puts them on the wire.
static bool to_wire(struct scr *scr, const struct buffer *octets, struct buffer *wire) {
    const uint8_t *at = octets->data;
    if (octets->size < 6 || octets->size != (size_t)6 + at[4])
        return import_fail(scr->importer, &scr->word_at,
                           "a command is CLA INS P1 P2 Lc, Lc octets of data, and Le%t",
                           bytes_of(NULL, 0));
    buffer_put(wire, bytes_of(at, 4));
    if (at[4] > 0)
        buffer_put(wire, bytes_of(at + 4, 1 + (size_t)at[4]));
    buffer_put_octet(wire, at[octets->size - 1]);
    return true;
}

static bool take_command(struct scr *scr, const struct bytes *words, size_t count) {
    struct buffer octets, wire;
    bool ok = true;
    buffer_init(&octets, scr->importer->memory);
    buffer_init(&wire, scr->importer->memory);
    for (size_t i = 0; ok && i < count; i++)
        ok = put_octets(scr, words[i], &octets);
    if (ok && !scr->warned) {
        import_report(
            scr->importer, SCRIPT_WARNING, &scr->word_at,
            "apdutool is not at hand to compare with: Lc 0 is left out and Le is sent, as "
            "ISO 7816-4 has it");
        scr->warned = true;
    }
    ok = ok && to_wire(scr, &octets, &wire) &&
         import_command(scr->importer, &scr->word_at, &wire, NULL);
    buffer_free(&octets);
    buffer_free(&wire);
    return ok;
}

static bool take_delay(struct scr *scr, const struct bytes *words, size_t count) {
    uint64_t value;
    if (count != 2 || !number(words[1], &value))
        return import_fail(scr->importer, &scr->word_at, "delay wants milliseconds%t",
                           bytes_of(NULL, 0));
    return import_simple(scr->importer, &scr->word_at, STEP_DELAY, bytes_of(NULL, 0), value);
}

static bool take_directive(struct scr *scr, const struct bytes *words, size_t count) {
    struct importer *importer = scr->importer;
    static const char *const refused[] = {"contacted", "contactless", "extended", "open",
                                          "close",     "select",      "send"};
    if (text_is(words[0], "powerup"))
        return import_simple(importer, &scr->word_at, STEP_COLD_RESET, bytes_of(NULL, 0), 0);
    if (text_is(words[0], "powerdown"))
        return import_simple(importer, &scr->word_at, STEP_COMMENT, bytes_of_string("powerdown"),
                             0);
    if (text_is(words[0], "delay"))
        return take_delay(scr, words, count);
    if (text_is(words[0], "output"))
        return true;
    if (text_is(words[0], "echo") && count == 2 && words[1].size >= 2)
        return import_simple(importer, &scr->word_at, STEP_ECHO,
                             bytes_of(words[1].data + 1, words[1].size - 2), 0);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (text_is(words[0], refused[i]))
            return import_fail(importer, &scr->word_at,
                               "what apdutool sends for \"%t\" could not be checked; write the "
                               "commands out",
                               words[0]);
    return take_command(scr, words, count);
}

bool import_scr(struct importer *importer) {
    struct scr scr = {.importer = importer, .rest = importer->source->text};
    struct bytes words[WORDS_MAX];
    bool ok = true;
    scr.at = (struct script_position){importer->source, (const char *)scr.rest.data, 1, 1};
    while (ok && scr.rest.size > 0) {
        size_t count = take_statement(&scr, words, &ok);
        if (!ok)
            break;
        bool closed = scr.rest.size > 0;
        if (count > 0 && !closed)
            return import_fail(importer, &scr.word_at, "this statement is not closed by ;%t",
                               bytes_of(NULL, 0));
        if (count > 0)
            ok = take_directive(&scr, words, count);
        if (closed)
            step_over(&scr, 1);
    }
    return ok;
}

// ---- out -------------------------------------------------------------------------------------

void export_scr_begin(struct exporter *exporter) {
    buffer_text(&exporter->out, "powerup;\n");
}

void export_scr_end(struct exporter *exporter) {
    buffer_text(&exporter->out, "powerdown;\n");
}

static bool put_command(struct exporter *exporter, const struct step *step) {
    struct apdu_command command;
    if (!apdu_command_parse(step->command, &command) || command.extended || command.le == 0)
        return export_refuse(
            exporter, step,
            "apdutool always sends a short Lc and an Le; this command has none, or "
            "wrong lengths");
    buffer_format(&exporter->out, "0x%x 0x%x 0x%x 0x%x 0x%x", (unsigned)command.cla,
                  (unsigned)command.ins, (unsigned)command.p1, (unsigned)command.p2,
                  (unsigned)command.data.size);
    for (size_t i = 0; i < command.data.size; i++)
        buffer_format(&exporter->out, " 0x%x", (unsigned)command.data.data[i]);
    buffer_format(&exporter->out, " 0x%x;\n", (unsigned)(command.le & 0xFF));
    return true;
}

bool export_scr(struct exporter *exporter, const struct step *step) {
    switch (step->kind) {
    case STEP_COMMAND:
        return put_command(exporter, step);
    case STEP_COMMENT:
        buffer_format(&exporter->out, "// %t\n", step->text);
        return true;
    case STEP_ECHO:
        buffer_format(&exporter->out, "echo \"%t\";\n", step->text);
        return true;
    case STEP_DELAY:
        buffer_format(&exporter->out, "delay %l;\n", step->number);
        return true;
    case STEP_COLD_RESET:
        buffer_text(&exporter->out, "powerdown;\npowerup;\n");
        return true;
    case STEP_RESET:
        return export_refuse(exporter, step, "apdutool knows no warm reset");
    case STEP_CARD:
        return export_refuse(exporter, step, "apdutool talks to one card only");
    case STEP_AUTO:
        return export_refuse(exporter, step, "apdutool does not fetch answers");
    }
    return false;
}
