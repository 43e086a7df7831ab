// SPDX-License-Identifier: Apache-2.0
// The table of formats, and what importers and exporters share.
#include "apdu/convert/convert.h"

#include <string.h>

const struct script_format script_formats[] = {
    {"native", "the script language of this project", import_native, export_native_begin,
     export_native, NULL},
    {"scriptor", "scriptor of pcsc-tools", import_scriptor, NULL, export_scriptor, NULL},
    {"scr", "apdutool scripts (.scr)", import_scr, export_scr_begin, export_scr, export_scr_end},
    {"gpshell", "GPShell 1 scripts", import_gpshell, export_gpshell_begin, export_gpshell,
     export_gpshell_end},
    {"opensc-tool", "opensc-tool -s command lines", import_opensc_tool, export_opensc_tool_begin,
     export_opensc_tool, export_opensc_tool_end},
    {"opensc-explorer", "opensc-explorer scripts", import_opensc_explorer, NULL,
     export_opensc_explorer, NULL},
    {"pcscd", "log of pcscd --apdu", import_pcscd, NULL, NULL, NULL},
    {"dump", "apdu4j dump, also our recordings", import_dump, NULL, export_dump, NULL},
    {"log", "logs as people post them, by their arrows", import_log, NULL, NULL, NULL},
};
const size_t script_format_count = sizeof script_formats / sizeof script_formats[0];

const struct script_format *script_format_find(const char *name) {
    static const char *const aliases[][2] = {{"apdu", "native"},    {"apdu4j", "dump"},
                                             {"recording", "dump"}, {"apdutool", "scr"},
                                             {"gp", "log"},         {"opensc", "opensc-tool"}};
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcmp(name, aliases[i][0]) == 0)
            name = aliases[i][1];
    for (size_t i = 0; i < script_format_count; i++)
        if (strcmp(name, script_formats[i].name) == 0)
            return &script_formats[i];
    return NULL;
}

// ---- text ------------------------------------------------------------------------------------

void line_reader_init(struct line_reader *reader, const struct script_source *source) {
    *reader = (struct line_reader){.source = source, .rest = source->text};
}

bool line_reader_next(struct line_reader *reader) {
    if (reader->rest.size == 0)
        return false;
    const uint8_t *stop = memchr(reader->rest.data, '\n', reader->rest.size);
    size_t size = stop != NULL ? (size_t)(stop - reader->rest.data) : reader->rest.size;
    size_t whole = size + (stop != NULL ? 1 : 0);
    reader->line = bytes_of(reader->rest.data, size);
    if (size > 0 && reader->line.data[size - 1] == '\r')
        reader->line.size--;
    reader->at = (struct script_position){reader->source, (const char *)reader->rest.data,
                                          reader->at.line + 1, 1};
    reader->rest = bytes_of(reader->rest.data + whole, reader->rest.size - whole);
    return true;
}

struct bytes text_trim(struct bytes text) {
    while (text.size > 0 && text.data[0] <= ' ')
        text = bytes_of(text.data + 1, text.size - 1);
    while (text.size > 0 && text.data[text.size - 1] <= ' ')
        text.size--;
    return text;
}

struct bytes text_word(struct bytes *rest) {
    *rest = text_trim(*rest);
    if (rest->size == 0)
        return *rest;
    size_t size = 0;
    while (size < rest->size && rest->data[size] > ' ')
        size++;
    struct bytes word = bytes_of(rest->data, size);
    *rest = bytes_of(rest->data + size, rest->size - size);
    return word;
}

static char lower(uint8_t c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool text_is(struct bytes text, const char *word) {
    size_t size = strlen(word);
    for (size_t i = 0; i < size && i < text.size; i++)
        if (lower(text.data[i]) != lower((uint8_t)word[i]))
            return false;
    return text.size == size;
}

bool text_contains(struct bytes text, const char *word) {
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= text.size; i++)
        if (text_is(bytes_of(text.data + i, size), word))
            return true;
    return false;
}

// ---- importers -------------------------------------------------------------------------------

void import_report(struct importer *importer, enum script_severity severity,
                   const struct script_position *at, const char *message) {
    struct script_diagnostic diagnostic = {severity, "convert", *at, message};
    importer->failed |= severity == SCRIPT_ERROR;
    if (importer->reporter != NULL)
        importer->reporter->report(importer->reporter, &diagnostic);
}

bool import_fail(struct importer *importer, const struct script_position *at, const char *format,
                 struct bytes text) {
    struct buffer message;
    buffer_init(&message, importer->memory);
    if (text.size > 60)
        text.size = 60;
    buffer_format(&message, format, text);
    import_report(importer, SCRIPT_ERROR, at, buffer_string(&message));
    buffer_free(&message);
    return false;
}

bool import_hex(struct importer *importer, const struct script_position *at, struct bytes text,
                struct buffer *out) {
    unsigned held = 0, digits = 0;
    for (size_t i = 0; i < text.size; i++) {
        int digit = hex_digit((char)text.data[i]);
        bool gap = text.data[i] <= ' ' || text.data[i] == ':';
        if (gap && digits % 2 == 0)
            continue;
        if (digit < 0) {
            struct script_position where = *at;
            where.column += (uint32_t)i;
            return import_fail(importer, &where,
                               gap ? "odd number of hex digits before this%t"
                                   : "\"%t\" is no hex digit",
                               gap ? bytes_of(NULL, 0) : bytes_of(text.data + i, 1));
        }
        held = (held << 4 | (unsigned)digit) & 0xFF;
        if (++digits % 2 == 0)
            buffer_put_octet(out, (uint8_t)held);
    }
    return digits % 2 == 0 || import_fail(importer, at, "odd number of hex digits in \"%t\"", text);
}

bool import_command(struct importer *importer, const struct script_position *at,
                    const struct buffer *octets, const char *expect_sw) {
    struct step step = {
        .kind = STEP_COMMAND, .command = buffer_bytes(octets), .expect_sw = expect_sw, .at = *at};
    if (octets->size < 4)
        return import_fail(importer, at, "a command has at least 4 octets%t", bytes_of(NULL, 0));
    return importer->take(importer, &step);
}

bool import_simple(struct importer *importer, const struct script_position *at, enum step_kind kind,
                   struct bytes text, uint64_t number) {
    struct step step = {.kind = kind, .text = text, .number = number, .at = *at};
    return importer->take(importer, &step);
}

bool import_auto(struct importer *importer, const struct script_position *at, uint64_t *now,
                 uint64_t wanted) {
    bool same = *now == wanted;
    *now = wanted;
    return same || import_simple(importer, at, STEP_AUTO, bytes_of(NULL, 0), wanted);
}

bool import_parses(struct importer *importer, const struct script_position *at,
                   const struct buffer *octets, const char *tool, struct apdu_command *command) {
    struct buffer message;
    bool parses = apdu_command_parse(buffer_bytes(octets), command);
    if (parses && !command->extended)
        return true;
    buffer_init(&message, importer->memory);
    buffer_format(&message,
                  parses ? "%s does not send extended lengths: \"%h\""
                         : "%s does not send this, its lengths are wrong: \"%h\"",
                  tool, buffer_bytes(octets));
    import_report(importer, SCRIPT_ERROR, at, buffer_string(&message));
    buffer_free(&message);
    return false;
}

// ---- exporters -------------------------------------------------------------------------------

bool export_refuse(struct exporter *exporter, const struct step *step, const char *message) {
    struct script_diagnostic diagnostic = {SCRIPT_ERROR, "convert", step->at, message};
    exporter->failed = true;
    if (exporter->reporter != NULL)
        exporter->reporter->report(exporter->reporter, &diagnostic);
    return false;
}

void export_warn(struct exporter *exporter, const struct step *step, const char *message) {
    struct script_diagnostic diagnostic = {SCRIPT_WARNING, "convert", step->at, message};
    if (exporter->reporter != NULL)
        exporter->reporter->report(exporter->reporter, &diagnostic);
}
