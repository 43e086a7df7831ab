// SPDX-License-Identifier: Apache-2.0
// Dumps (dump.h) as a format: recordings as scripts, and scripts with answers as recordings.
#include "apdu/convert/convert.h"
#include "apdu/script/tools/dump.h"
#include "base/must.h"

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
    must_cover(kinds, STEP_AUTO);
    switch (step->kind) {
    case STEP_COMMAND:
        return put_exchange(exporter, step);
    case STEP_DELAY:
    case STEP_ECHO:
    case STEP_AUTO:
        return true;
    case STEP_SECURE:
    case STEP_SECURE_END:
        return export_refuse(exporter, step, EXPORT_NO_CHANNEL);
    default:
        break;
    }
    must(step->kind < STEP_AUTO, "other kinds of step have no row of their own");
    dump_write(&(struct dump_row){.kind = kinds[step->kind], .text = step->text}, &exporter->out);
    return true;
}
