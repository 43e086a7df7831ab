// SPDX-License-Identifier: Apache-2.0
// Recordings as scripts: logs of pcscd --apdu, and dumps (dump.h).
#include "apdu/convert/convert.h"
#include "apdu/script/dump.h"

#include <string.h>

// ---- pcscd -----------------------------------------------------------------------------------

struct pcscd {
    struct importer *importer;
    struct buffer command, answer;
    struct script_position at;
    bool open;  // a command waits for its answer
    bool fresh; // nothing was sent since the last reset
};

static bool flush(struct pcscd *log) {
    struct step step = {.kind = STEP_COMMAND,
                        .command = buffer_bytes(&log->command),
                        .answer = buffer_bytes(&log->answer),
                        .silent = log->answer.size < 2,
                        .at = log->at};
    bool open = log->open;
    log->open = false;
    return !open || log->importer->take(log->importer, &step);
}

/// What stands behind a mark, up to where the hex ends (colour codes may follow).
static bool behind(struct bytes line, const char *mark, struct bytes *hex) {
    size_t size = strlen(mark);
    for (size_t i = 0; i + size <= line.size; i++) {
        if (memcmp(line.data + i, mark, size) != 0)
            continue;
        size_t end = i + size;
        while (end < line.size && (line.data[end] == ' ' || hex_digit((char)line.data[end]) >= 0))
            end++;
        *hex = bytes_of(line.data + i + size, end - i - size);
        return true;
    }
    return false;
}

/// Signs of a reset: the ATR at insertion, the protocol agreed upon anew at a connection (all that
/// a log without --debug tells), and what --debug adds to them. One reset shows several of them.
static bool tells_reset(struct bytes line) {
    static const char *const signs[] = {"Card ATR: ", "Attempting PTS", "Reset complete",
                                        "power up complete"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (text_contains(line, signs[i]))
            return true;
    return false;
}

static bool take_log_reset(struct pcscd *log, const struct script_position *at) {
    bool fresh = log->fresh;
    log->fresh = true;
    return flush(log) &&
           (fresh || import_simple(log->importer, at, STEP_COLD_RESET, bytes_of(NULL, 0), 0));
}

static bool take_log_line(struct pcscd *log, const struct line_reader *reader) {
    struct bytes hex;
    if (behind(reader->line, "APDU: ", &hex)) {
        bool ok = flush(log);
        buffer_clear(&log->command);
        buffer_clear(&log->answer);
        log->at = reader->at;
        log->open = true;
        log->fresh = false;
        return ok && import_hex(log->importer, &reader->at, hex, &log->command);
    }
    if (behind(reader->line, " SW: ", &hex) || behind(reader->line, "\tSW: ", &hex))
        return import_hex(log->importer, &reader->at, hex, &log->answer) && flush(log);
    return !tells_reset(reader->line) || take_log_reset(log, &reader->at);
}

bool import_pcscd(struct importer *importer) {
    struct pcscd log = {.importer = importer};
    struct line_reader reader;
    bool ok = true;
    buffer_init(&log.command, importer->memory);
    buffer_init(&log.answer, importer->memory);
    line_reader_init(&reader, importer->source);
    while (ok && line_reader_next(&reader))
        ok = take_log_line(&log, &reader);
    ok = ok && flush(&log);
    buffer_free(&log.command);
    buffer_free(&log.answer);
    return ok;
}

// ---- dumps -----------------------------------------------------------------------------------

static bool take_row(struct importer *importer, const struct dump_row *row) {
    struct step step = {.text = row->text, .at = {importer->source, NULL, row->line, 1}};
    switch (row->kind) {
    case DUMP_EXCHANGE:
    case DUMP_SILENT:
        step.kind = STEP_COMMAND;
        step.command = row->command;
        step.answer = row->answer;
        step.silent = row->kind == DUMP_SILENT;
        step.begin = row->begin;
        step.end = row->end;
        break;
    case DUMP_RESET:
        step.kind = STEP_RESET;
        break;
    case DUMP_COLD_RESET:
        step.kind = STEP_COLD_RESET;
        break;
    case DUMP_CARD:
        step.kind = STEP_CARD;
        break;
    case DUMP_POWER_CUT:
    case DUMP_INSERT:
    case DUMP_REMOVE:
        import_report(importer, SCRIPT_WARNING, &step.at,
                      "power cuts, insertions and removals of a recording are left out");
        return true;
    case DUMP_ATR:
        return true;
    case DUMP_COMMENT:
        if (row->text.size == 0 || text_contains(row->text, "TIME:") ||
            text_contains(row->text, "PROTOCOL:") || text_contains(row->text, "UID:"))
            return true;
        step.kind = STEP_COMMENT;
        break;
    }
    return importer->take(importer, &step);
}

bool import_dump(struct importer *importer) {
    struct dump_reader reader;
    struct dump_row row;
    bool ok = true;
    dump_reader_init(&reader, importer->memory, importer->source->text);
    while (ok && dump_read(&reader, &row))
        ok = take_row(importer, &row);
    if (ok && reader.fault != NULL) {
        struct script_position at = {importer->source, NULL, reader.line, 1};
        ok = import_fail(importer, &at, "%t", bytes_of_string(reader.fault));
    }
    dump_reader_free(&reader);
    return ok;
}

static bool put_exchange(struct exporter *exporter, const struct step *step) {
    struct dump_row row = {.kind = step->silent ? DUMP_SILENT : DUMP_EXCHANGE,
                           .command = step->command,
                           .answer = step->answer,
                           .begin = step->begin,
                           .end = step->end};
    if (!step->silent && step->answer.size == 0)
        return export_refuse(exporter, step,
                             "a dump has the answer to every command; record a run instead "
                             "(tessera apdu run --record)");
    dump_write(&row, &exporter->out);
    return true;
}

bool export_dump(struct exporter *exporter, const struct step *step) {
    static const enum dump_kind kinds[] = {[STEP_RESET] = DUMP_RESET,
                                           [STEP_COLD_RESET] = DUMP_COLD_RESET,
                                           [STEP_COMMENT] = DUMP_COMMENT,
                                           [STEP_CARD] = DUMP_CARD};
    switch (step->kind) {
    case STEP_COMMAND:
        return put_exchange(exporter, step);
    case STEP_DELAY:
    case STEP_ECHO:
    case STEP_AUTO:
        return true;
    default:
        break;
    }
    dump_write(&(struct dump_row){.kind = kinds[step->kind], .text = step->text}, &exporter->out);
    return true;
}
