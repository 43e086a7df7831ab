// SPDX-License-Identifier: Apache-2.0
// apdutool scripts of the Java Card kit. Statements end with ';' and may span lines; "//" begins a
// comment, also behind a statement; a command is CLA INS P1 P2 Lc data Le with Lc and Le always
// written. The tool is not packaged: what is taken here is what the open reader of the same format,
// jCardSim's APDUScriptTool, makes of it; all else is refused (docs/script-formats.md).
#include "apdu/convert/convert.h"

#include "apdu/octets/codec.h"

#include <string.h>

enum { WORDS_MAX = 600 };

struct scr {
    struct importer *importer;
    struct bytes rest;
    struct script_position at; // of the next character
    struct script_position word_at;
    bool warned; // about an Le of 00
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

static bool take_comment(struct scr *scr) {
    size_t size = 0;
    while (size < scr->rest.size && scr->rest.data[size] != '\n')
        size++;
    struct bytes text = text_trim(bytes_of(scr->rest.data + 2, size - 2));
    bool ok = text.size == 0 || import_simple(scr->importer, &scr->at, STEP_COMMENT, text, 0);
    step_over(scr, size);
    return ok;
}

/// Blanks and comments between words. False: an error was reported.
static bool skip(struct scr *scr) {
    bool ok = true;
    while (ok && scr->rest.size > 0) {
        if (scr->rest.data[0] <= ' ')
            step_over(scr, 1);
        else if (starts(scr, "//") && !starts(scr, "//aid/"))
            ok = take_comment(scr);
        else
            break;
    }
    return ok;
}

static size_t quoted_size(const struct scr *scr) {
    size_t size = 1;
    while (size < scr->rest.size && scr->rest.data[size] != '"' && scr->rest.data[size] != '\n')
        size++;
    return size + (size < scr->rest.size && scr->rest.data[size] == '"');
}

static size_t word_size(const struct scr *scr) {
    size_t size = 1;
    if (scr->rest.data[0] == '"')
        return quoted_size(scr);
    while (size < scr->rest.size && scr->rest.data[size] > ' ' && scr->rest.data[size] != ';')
        size++;
    return size;
}

/// Words up to ';'.
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
        words[count++] = word;
    }
    return count;
}

/// 0x.. or decimal.
static bool octet(struct bytes word, uint8_t *value) {
    bool hex = word.size > 2 && word.data[0] == '0' && (word.data[1] | 0x20) == 'x';
    unsigned number = 0;
    for (size_t i = hex ? 2 : 0; i < word.size; i++) {
        int digit = hex_digit((char)word.data[i]);
        if (digit < 0 || (!hex && digit > 9))
            return false;
        number = number * (hex ? 16 : 10) + (unsigned)digit;
        if (number > 255)
            return false;
    }
    *value = (uint8_t)number;
    return true;
}

static bool take_octets(struct scr *scr, const struct bytes *words, size_t count,
                        struct buffer *out) {
    for (size_t i = 0; i < count; i++) {
        uint8_t value;
        if (!octet(words[i], &value))
            return import_fail(scr->importer, &scr->word_at,
                               "\"%t\" is neither an octet (0x.. or decimal) nor a directive that "
                               "could be checked",
                               words[i]);
        buffer_put_octet(out, value);
    }
    return true;
}

/// An Le of 00 goes out as it is written, unless the importer was told that none is meant.
static bool sends_le_zero(struct scr *scr) {
    if (!scr->warned && !scr->importer->drops_le_zero)
        import_report(scr->importer, SCRIPT_WARNING, &scr->word_at,
                      "an Le of 00 is sent (as many octets as there are); jCardSim sends none: "
                      "--le-zero none does as it does");
    scr->warned = true;
    return !scr->importer->drops_le_zero;
}

/// CLA INS P1 P2 Lc data Le as ISO/IEC 7816-4 puts them on the wire: Lc 0 is left out.
static bool to_wire(struct scr *scr, const struct buffer *octets, struct buffer *wire) {
    const uint8_t *at = octets->data;
    if (octets->size < 6 || octets->size != (size_t)6 + at[4])
        return import_fail(scr->importer, &scr->word_at,
                           "a command is CLA INS P1 P2 Lc, Lc octets of data, and Le%t",
                           bytes_of(NULL, 0));
    buffer_put(wire, bytes_of(at, 4));
    if (at[4] > 0)
        buffer_put(wire, bytes_of(at + 4, 1 + (size_t)at[4]));
    if (at[octets->size - 1] != 0 || sends_le_zero(scr))
        buffer_put_octet(wire, at[octets->size - 1]);
    return true;
}

static bool take_command(struct scr *scr, const struct bytes *words, size_t count) {
    struct buffer octets, wire;
    buffer_init(&octets, scr->importer->memory);
    buffer_init(&wire, scr->importer->memory);
    bool ok = take_octets(scr, words, count, &octets) && to_wire(scr, &octets, &wire) &&
              import_command(scr->importer, &scr->word_at, &wire, NULL);
    buffer_free(&octets);
    buffer_free(&wire);
    return ok;
}

/// Milliseconds, decimal.
static bool take_delay(struct scr *scr, struct bytes word) {
    uint64_t number = 0;
    for (size_t i = 0; i < word.size; i++) {
        if (word.data[i] < '0' || word.data[i] > '9' || number > UINT32_MAX)
            return import_fail(scr->importer, &scr->word_at, "delay wants milliseconds, not \"%t\"",
                               word);
        number = 10 * number + (uint64_t)(word.data[i] - '0');
    }
    return import_simple(scr->importer, &scr->word_at, STEP_DELAY, bytes_of(NULL, 0), number);
}

/// The words behind it as they stand, without the quotes around them.
static bool take_echo(struct scr *scr, const struct bytes *words, size_t count) {
    const uint8_t *end = words[count - 1].data + words[count - 1].size;
    struct bytes text = bytes_of(words[1].data, (size_t)(end - words[1].data));
    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"')
        text = bytes_of(text.data + 1, text.size - 2);
    if (memchr(text.data, '\n', text.size) != NULL)
        return import_fail(scr->importer, &scr->word_at, "this text goes over lines%t",
                           bytes_of(NULL, 0));
    return import_simple(scr->importer, &scr->word_at, STEP_ECHO, text, 0);
}

static bool take_directive(struct scr *scr, const struct bytes *words, size_t count) {
    struct importer *importer = scr->importer;
    static const char *const refused[] = {"contacted", "contactless", "extended", "open",
                                          "close",     "select",      "send",     "#define"};
    if (text_is(words[0], "powerup") && count == 1)
        return import_simple(importer, &scr->word_at, STEP_COLD_RESET, bytes_of(NULL, 0), 0);
    if (text_is(words[0], "powerdown") && count == 1)
        return import_simple(importer, &scr->word_at, STEP_COMMENT, bytes_of_string("powerdown"),
                             0);
    if (text_is(words[0], "output") && count == 2)
        return true;
    if (text_is(words[0], "delay") && count == 2)
        return take_delay(scr, words[1]);
    if (text_is(words[0], "echo") && count > 1)
        return take_echo(scr, words, count);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (text_is(words[0], refused[i]))
            return import_fail(importer, &scr->word_at,
                               "what apdutool does for \"%t\" could not be checked; write the "
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
    if (!apdu_command_parse(step->command, &command) || command.extended || command.le == 0 ||
        command.le > 255)
        return export_refuse(exporter, step,
                             "an apdutool command has a short Lc and an Le of 1 to 255; this one "
                             "cannot be written so");
    buffer_format(&exporter->out, "0x%x 0x%x 0x%x 0x%x 0x%x", (unsigned)command.cla,
                  (unsigned)command.ins, (unsigned)command.p1, (unsigned)command.p2,
                  (unsigned)command.data.size);
    for (size_t i = 0; i < command.data.size; i++)
        buffer_format(&exporter->out, " 0x%x", (unsigned)command.data.data[i]);
    buffer_format(&exporter->out, " 0x%x;\n", (unsigned)command.le);
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
        return true;
    case STEP_DELAY:
        return export_refuse(exporter, step, "what apdutool does for delay could not be checked");
    case STEP_COLD_RESET:
        buffer_text(&exporter->out, "powerdown;\npowerup;\n");
        return true;
    case STEP_RESET:
        return export_refuse(exporter, step, "apdutool knows no warm reset");
    case STEP_CARD:
        return export_refuse(exporter, step, "apdutool talks to one card only");
    case STEP_SECURE:
    case STEP_SECURE_END:
        return export_refuse(exporter, step, EXPORT_NO_CHANNEL);
    case STEP_AUTO:
        return step->number == 0 ||
               export_refuse(exporter, step,
                             "apdutool neither fetches answers nor repeats commands");
    }
    return false;
}
