// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/replay.h"

#include <string.h>

#include "apdu/octets/codec.h"

static const uint8_t plain_atr[] = {0x3B, 0x80, 0x80, 0x01, 0x01};

// ---- loading ---------------------------------------------------------------------------------

struct loader {
    struct replay *replay;
    struct bytes wanted; // card; empty: the first one named
    bool other;          // rows belong to another card now
    size_t capacity;
};

static bool grow(struct loader *loader) {
    struct replay *replay = loader->replay;
    if (replay->count < loader->capacity)
        return true;
    size_t capacity = loader->capacity == 0 ? 64 : loader->capacity * 2;
    struct replay_row *rows =
        replay->memory->resize(replay->memory, replay->rows, capacity * sizeof *rows);
    if (rows == NULL)
        return false;
    replay->rows = rows;
    loader->capacity = capacity;
    return true;
}

static bool add(struct loader *loader, const struct dump_row *row) {
    struct replay *replay = loader->replay;
    if (!grow(loader))
        return false;
    struct replay_row *out = &replay->rows[replay->count++];
    out->kind = row->kind == DUMP_COLD_RESET ? DUMP_RESET : row->kind;
    out->command = arena_copy(&replay->arena, row->command);
    out->answer = arena_copy(&replay->arena, row->answer);
    if (row->kind == DUMP_ATR && replay->atr.size == 0)
        replay->atr = out->answer;
    return !replay->arena.failed;
}

static void choose(struct loader *loader, struct bytes name) {
    if (loader->wanted.size == 0)
        loader->wanted = arena_copy(&loader->replay->arena, name);
    loader->other = !bytes_equal(name, loader->wanted);
}

static bool take(struct loader *loader, const struct dump_row *row) {
    switch (row->kind) {
    case DUMP_CARD:
        choose(loader, row->text);
        return true;
    case DUMP_EXCHANGE:
    case DUMP_SILENT:
    case DUMP_ATR:
    case DUMP_RESET:
    case DUMP_COLD_RESET:
        return loader->other || add(loader, row);
    default:
        return true;
    }
}

bool replay_load(struct replay *replay, const struct script_memory *memory, struct bytes dump,
                 const char *card, enum replay_match match, const char **fault, uint32_t *line) {
    struct dump_reader reader;
    struct dump_row row;
    struct loader loader = {.replay = replay};
    *replay = (struct replay){.memory = memory, .match = match};
    arena_init(&replay->arena, memory);
    if (card != NULL)
        loader.wanted = bytes_of_string(card);
    loader.other = card != NULL && strcmp(card, "card") != 0; // rows before any name are its
    dump_reader_init(&reader, memory, dump);
    bool ok = true;
    while (ok && dump_read(&reader, &row))
        ok = take(&loader, &row);
    *fault = reader.fault != NULL ? reader.fault : "out of memory";
    *line = reader.line;
    ok = ok && reader.fault == NULL;
    dump_reader_free(&reader);
    if (replay->atr.size == 0)
        replay->atr = BYTES_OF(plain_atr);
    return ok;
}

void replay_free(struct replay *replay) {
    arena_free(&replay->arena);
    replay->memory->resize(replay->memory, replay->rows, 0);
    *replay = (struct replay){.memory = replay->memory};
}

void replay_rewind(struct replay *replay) {
    replay->next = 0;
}

// ---- matching --------------------------------------------------------------------------------

static bool is_exchange(const struct replay_row *row) {
    return row->kind == DUMP_EXCHANGE || row->kind == DUMP_SILENT;
}

/// Same header and length: what differs are values that are fresh in every run.
static bool is_alike(struct bytes a, struct bytes b) {
    size_t header = a.size < APDU_HEADER_SIZE ? a.size : APDU_HEADER_SIZE;
    return a.size == b.size && memcmp(a.data, b.data, header) == 0;
}

static struct replay_row *find(struct replay *replay, struct bytes command, bool exact) {
    for (size_t step = 0; step < replay->count; step++) {
        size_t i = (replay->next + step) % replay->count;
        struct replay_row *row = &replay->rows[i];
        if (is_exchange(row) &&
            (exact ? bytes_equal(row->command, command) : is_alike(row->command, command))) {
            replay->next = i + 1;
            return row;
        }
    }
    return NULL;
}

static struct replay_row *next_row(struct replay *replay) {
    while (replay->next < replay->count && !is_exchange(&replay->rows[replay->next]))
        replay->next++;
    return replay->next < replay->count ? &replay->rows[replay->next++] : NULL;
}

static struct replay_row *choose_row(struct replay *replay, struct bytes command,
                                     bool *as_recorded) {
    struct replay_row *row;
    if (replay->match == REPLAY_STRICT) {
        row = next_row(replay);
        *as_recorded = row != NULL && bytes_equal(row->command, command);
        return *as_recorded ? row : NULL;
    }
    row = find(replay, command, true);
    *as_recorded = row != NULL;
    return row != NULL ? row : find(replay, command, false);
}

size_t replay_answer(struct replay *replay, struct bytes command, uint8_t *answer, size_t capacity,
                     bool *as_recorded) {
    static const uint8_t unknown[] = {0x6F, 0x00};
    const struct replay_row *row = choose_row(replay, command, as_recorded);
    replay->misses += !*as_recorded;
    struct bytes out = row != NULL ? row->answer : BYTES_OF(unknown);
    if (row == NULL && replay->match == REPLAY_STRICT)
        return 0;
    if (out.size > capacity)
        return 0;
    if (out.size > 0)
        memcpy(answer, out.data, out.size);
    return out.size;
}

// ---- link ------------------------------------------------------------------------------------

static enum link_status broken(struct link *link, const char *what) {
    strncpy(link->error, what, sizeof link->error - 1);
    return LINK_BROKEN;
}

static enum link_status link_answer(struct link *link, struct bytes command, uint8_t *answer,
                                    size_t capacity, size_t *answer_size) {
    struct replay *replay = ((struct replay_link *)link)->replay;
    bool as_recorded;
    *answer_size = replay_answer(replay, command, answer, capacity, &as_recorded);
    if (*answer_size > 0)
        return LINK_OK;
    return broken(link, as_recorded ? "the recorded card was silent here"
                                    : "this command is not the next one of the recording");
}

static enum link_status link_power(struct link *link, enum link_reset kind, uint8_t *atr,
                                   size_t capacity, size_t *atr_size) {
    struct replay *replay = ((struct replay_link *)link)->replay;
    (void)kind;
    if (atr == NULL)
        return LINK_OK;
    if (replay->atr.size > capacity)
        return LINK_TOO_LONG;
    memcpy(atr, replay->atr.data, replay->atr.size);
    *atr_size = replay->atr.size;
    return LINK_OK;
}

static void link_release(struct link *link) {
    (void)link;
}

void replay_link_init(struct replay_link *link, struct replay *replay) {
    static const struct link_ops ops = {link_answer, link_power, link_release};
    *link = (struct replay_link){.replay = replay};
    link->link.ops = &ops;
    link->link.command_max = APDU_EXTENDED_COMMAND_MAX;
    link->link.answer_max = APDU_EXTENDED_RESPONSE_MAX;
    strncpy(link->link.name, "replay:", sizeof link->link.name - 1);
}
