// SPDX-License-Identifier: Apache-2.0
// Other tools' formats in and out. An importer turns text into steps, an exporter steps into text;
// what a format cannot say is refused with a message, never bent. What each tool really sends was
// checked where the tool can be had: docs/script-formats.md. Freestanding.
#ifndef APDU_CONVERT_CONVERT_H
#define APDU_CONVERT_CONVERT_H

#include "apdu/octets/codec.h"
#include "apdu/script/language/ports.h"
#include "apdu/script/language/source.h"
#include "apdu/script/language/syntax.h"

enum step_kind {
    STEP_COMMAND,
    STEP_RESET,
    STEP_COLD_RESET,
    STEP_DELAY,   // number: milliseconds
    STEP_ECHO,    // text
    STEP_COMMENT, // text
    STEP_SECURE,  // text: what stands behind `within`; the commands up to the end go through it
    STEP_SECURE_END,
    STEP_CARD, // text: the name of the card that follows
    STEP_AUTO, // number: what the tool does by itself from here on, enum auto_option bits
};

struct step {
    enum step_kind kind;
    struct bytes command;
    struct bytes answer;   // with its status word; empty: not known
    bool silent;           // no answer came
    const char *expect_sw; // pattern of the native language; NULL: the tool does not look
    bool secret;           // not to be shown
    struct bytes text;
    uint64_t number;
    uint64_t begin, end; // microseconds, when known
    struct script_position at;
};

struct importer {
    const struct script_memory *memory;
    const struct script_source *source;
    const struct script_ports *ports;       // native scripts only: to expand them; else may be NULL
    const struct script_reporter *reporter; // warnings and errors
    bool strict;                            // do exactly what the tool would, mistakes included
    uint8_t secure_protocol; // 2, 3: SCP02, SCP03 where a script leaves it to the card; 0: not told
    bool drops_le_zero;      // apdutool: an Le of 00 means that none is sent
    /// Takes a step; its spans live only during the call. False stops the import.
    bool (*take)(struct importer *importer, const struct step *step);
    void *context;
    bool failed; // an error was reported
};

struct exporter {
    const struct script_reporter *reporter;
    struct buffer out;
    size_t commands;
    bool failed;        // something could not be said
    uint64_t automatic; // enum auto_option bits in force: what the last STEP_AUTO said
};

struct script_format {
    const char *name;
    const char *title;
    bool (*import)(struct importer *importer);                          // NULL: out only
    void (*begin)(struct exporter *exporter);                           // may be NULL
    bool (*export)(struct exporter *exporter, const struct step *step); // NULL: in only
    void (*end)(struct exporter *exporter);                             // may be NULL
};

extern const struct script_format script_formats[];
extern const size_t script_format_count;
/// The format of that name; NULL: there is none.
const struct script_format *script_format_find(const char *name);
/// Guesses by what the text looks like; NULL when nothing fits.
const struct script_format *script_format_guess(struct bytes text);

// ---- for importers and exporters ---------------------------------------------------------------

/// One line at a time, without its end.
struct line_reader {
    const struct script_source *source;
    struct bytes rest;
    struct bytes line;
    struct script_position at; // column 1 of the line
};

/// Begins before the first line of the source, whose text must stay.
void line_reader_init(struct line_reader *reader, const struct script_source *source);
/// Takes the next line into reader->line and reader->at. False: no line is left.
bool line_reader_next(struct line_reader *reader);

/// The text without blanks at both ends.
struct bytes text_trim(struct bytes text);
/// Next word between blanks; empty at the end.
struct bytes text_word(struct bytes *rest);
/// Is the text this word, or does it contain it, in upper or lower case?
bool text_is(struct bytes text, const char *word);
bool text_contains(struct bytes text, const char *word);

/// Tells the importer's reporter about a place; an error makes the import fail.
void import_report(struct importer *importer, enum script_severity severity,
                   const struct script_position *at, const char *message);
/// As import_report with an error; returns false.
bool import_fail(struct importer *importer, const struct script_position *at, const char *format,
                 struct bytes text);
/// Hex digits with blanks and colons between octets. False: reported.
bool import_hex(struct importer *importer, const struct script_position *at, struct bytes text,
                struct buffer *out);
/// Hands a command on as a step with the status word that it expects (NULL: any). False: out of
/// memory or refused, and reported.
bool import_command(struct importer *importer, const struct script_position *at,
                    const struct buffer *octets, const char *expect_sw);
/// STEP_AUTO with these bits, unless they are in force already (*now).
bool import_auto(struct importer *importer, const struct script_position *at, uint64_t *now,
                 uint64_t wanted);
/// A command that the tool's library parses before it sends it: only lengths that ISO 7816-4 knows,
/// and no extended ones. False: reported in the tool's name.
bool import_parses(struct importer *importer, const struct script_position *at,
                   const struct buffer *octets, const char *tool, struct apdu_command *command);
/// Hands a step on that has a text or a number and nothing else. False as above.
bool import_simple(struct importer *importer, const struct script_position *at, enum step_kind kind,
                   struct bytes text, uint64_t number);

/// Reports that the format cannot say this step, as an error, and is false.
bool export_refuse(struct exporter *exporter, const struct step *step, const char *message);
/// What a format without `within` says to STEP_SECURE.
#define EXPORT_NO_CHANNEL "only the native language has secure channels"
/// Reports that the format says this step less exactly.
void export_warn(struct exporter *exporter, const struct step *step, const char *message);

#define FORMAT_IMPORTERS(X)                                                                        \
    X(native)                                                                                      \
    X(scriptor) X(scr) X(gpshell) X(opensc_tool) X(opensc_explorer) X(pcscd) X(log) X(dump)
#define DECLARE(name) bool import_##name(struct importer *importer);
FORMAT_IMPORTERS(DECLARE)
#undef DECLARE
#define FORMAT_EXPORTERS(X)                                                                        \
    X(native) X(scriptor) X(scr) X(gpshell) X(opensc_tool) X(opensc_explorer) X(dump)
#define DECLARE(name) bool export_##name(struct exporter *exporter, const struct step *step);
FORMAT_EXPORTERS(DECLARE)
#undef DECLARE
/// What stands before the first and after the last step of a format.
void export_native_begin(struct exporter *exporter);
void export_gpshell_begin(struct exporter *exporter);
void export_gpshell_end(struct exporter *exporter);
void export_opensc_tool_begin(struct exporter *exporter);
void export_opensc_tool_end(struct exporter *exporter);
void export_scr_begin(struct exporter *exporter);
void export_scr_end(struct exporter *exporter);

#endif
