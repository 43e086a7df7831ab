// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/observers.h"
#include "base/files.h"

#include <stdlib.h>
#include <string.h>

#include "apdu/dissect/context.h"
#include "apdu/script/run/host.h"
#include "apdu/script/tools/dump.h"
#include "base/must.h"

// ---- recordings ------------------------------------------------------------------------------

struct record_observer {
    struct script_observer observer;
    FILE *file;
    struct buffer text;
    char card[64];
    uint64_t start;
    bool failed;
};

static void write_row(struct record_observer *record, const struct dump_row *row) {
    buffer_clear(&record->text);
    dump_write(row, &record->text);
    record->failed |= record->text.failed || fwrite(record->text.data, 1, record->text.size,
                                                    record->file) != record->text.size;
}

static void name_card(struct record_observer *record, const char *name) {
    if (strcmp(record->card, name) == 0)
        return;
    snprintf(record->card, sizeof record->card, "%s", name);
    write_row(record, &(struct dump_row){.kind = DUMP_CARD, .text = bytes_of_string(name)});
}

/// Exchanges of workers come file by file: one of a later file may be older than the first.
static uint64_t since_start(const struct record_observer *record, uint64_t at) {
    return at > record->start ? (at - record->start) / 1000 : 0;
}

static void record_exchange(struct script_observer *observer, const struct script_exchange *what) {
    struct record_observer *record = (struct record_observer *)observer;
    if (record->start == 0)
        record->start = what->begin;
    name_card(record, what->card_name);
    struct dump_row row = {.kind = what->answer.size > 0 ? DUMP_EXCHANGE : DUMP_SILENT,
                           .command = what->command,
                           .answer = what->answer,
                           .begin = since_start(record, what->begin),
                           .end = since_start(record, what->end) + 1};
    write_row(record, &row);
}

static void record_event(struct script_observer *observer, const struct script_event *what) {
    static const enum dump_kind kinds[] = {[EVENT_RESET] = DUMP_RESET,
                                           [EVENT_COLD_RESET] = DUMP_COLD_RESET,
                                           [EVENT_POWER_CUT] = DUMP_POWER_CUT,
                                           [EVENT_INSERT] = DUMP_INSERT,
                                           [EVENT_REMOVE] = DUMP_REMOVE};
    must_cover(kinds, EVENT_KIND_COUNT);
    struct record_observer *record = (struct record_observer *)observer;
    name_card(record, what->card_name);
    write_row(record, &(struct dump_row){.kind = kinds[what->kind], .number = what->number});
    if (what->atr.size > 0)
        write_row(record, &(struct dump_row){.kind = DUMP_ATR, .answer = what->atr});
}

static bool record_close(struct script_observer *observer) {
    struct record_observer *record = (struct record_observer *)observer;
    bool ok = !record->failed;
    ok = fclose(record->file) == 0 && ok;
    buffer_free(&record->text);
    free(record);
    return ok;
}

struct script_observer *record_observer_open(const char *path) {
    struct record_observer *record = calloc(1, sizeof *record);
    if (record == NULL)
        return NULL;
    record->observer = (struct script_observer){record_exchange, record_event, record_close, NULL};
    snprintf(record->card, sizeof record->card, "card"); // the name that need not be told
    buffer_init(&record->text, &host_memory);
    record->file = files_create_private(path); // PINs may be in it
    if (record->file == NULL) {
        free(record);
        return NULL;
    }
    return &record->observer;
}

// ---- coverage --------------------------------------------------------------------------------

struct coverage_observer {
    struct script_observer observer;
    FILE *file;
    struct dissect_context cards[SCRIPT_CARDS_MAX];
    uint8_t seen[][65536 / 8]; // one a row of the catalogue
};

/// Somebody else's rows stand behind ours.
static size_t index_of(const struct catalogue_own *own, const struct catalogue_command *row) {
    bool theirs = own != NULL && row >= own->commands && row < own->commands + own->command_count;
    return theirs ? catalogue_size() + (size_t)(row - own->commands) : catalogue_index(row);
}

static void coverage_exchange(struct script_observer *observer,
                              const struct script_exchange *what) {
    struct coverage_observer *coverage = (struct coverage_observer *)observer;
    struct dissect_context *card = &coverage->cards[what->card % SCRIPT_CARDS_MAX];
    bool secured = what->clear_command.size > 0;
    struct bytes command = secured ? what->clear_command : what->command;
    struct bytes answer = secured ? what->clear_answer : what->answer;
    const struct catalogue_command *row = dissect_context_command(card, command);
    dissect_context_follow(card, command, answer);
    if (row == NULL || answer.size < 2)
        return;
    uint16_t sw = (uint16_t)bytes_get_be(answer.data + answer.size - 2, 2);
    uint8_t *seen = &coverage->seen[index_of(card->own, row)][sw / 8], bit = (uint8_t)(1 << sw % 8);
    if ((*seen & bit) == 0)
        fprintf(coverage->file, "%s\t%04X\n", row->name, (unsigned)sw);
    *seen |= bit;
}

static void coverage_event(struct script_observer *observer, const struct script_event *what) {
    struct coverage_observer *coverage = (struct coverage_observer *)observer;
    if (what->kind != EVENT_POWER_CUT)
        dissect_context_reset(&coverage->cards[what->card % SCRIPT_CARDS_MAX]);
}

static bool coverage_close(struct script_observer *observer) {
    struct coverage_observer *coverage = (struct coverage_observer *)observer;
    bool ok = !ferror(coverage->file);
    ok = fclose(coverage->file) == 0 && ok;
    free(coverage);
    return ok;
}

struct script_observer *coverage_observer_open(const char *path, const struct catalogue_own *own) {
    size_t rows = catalogue_size() + (own != NULL ? own->command_count : 0);
    struct coverage_observer *coverage =
        calloc(1, sizeof *coverage + rows * sizeof coverage->seen[0]);
    if (coverage == NULL)
        return NULL;
    coverage->observer =
        (struct script_observer){coverage_exchange, coverage_event, coverage_close, NULL};
    coverage->file = files_may_write(path) ? fopen(path, "ae") : NULL;
    if (coverage->file == NULL) {
        free(coverage);
        return NULL;
    }
    for (size_t i = 0; i < SCRIPT_CARDS_MAX; i++) {
        coverage->cards[i].own = own;
        dissect_context_reset(&coverage->cards[i]);
    }
    return &coverage->observer;
}

// ---- lists -------------------------------------------------------------------------------------

bool observers_add(struct script_observer **observers, const char *name,
                   struct script_observer *observer, struct failure *failure) {
    if (observer == NULL)
        return fail_errno(failure, "cannot write %s", name);
    observer->next = *observers;
    *observers = observer;
    return true;
}

bool observers_close(struct script_observer *observers) {
    bool ok = true;
    while (observers != NULL) {
        struct script_observer *observer = observers;
        observers = observer->next;
        ok = observer->close(observer) && ok;
    }
    return ok;
}
