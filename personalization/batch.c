// SPDX-License-Identifier: Apache-2.0
#include "personalization/batch.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char *const batch_columns[COLUMN_COUNT] = {"id", "enterprise", "device", "user"};

enum { LINE_SIZE = 8192, CELLS_MAX = 32 };

/// Ids seen so far: open addressing, grows by doubling.
struct id_set {
    char (*ids)[HOLDER_MAX + 1];
    size_t count, capacity;
};

struct reader {
    const char *path;
    bool keep_going;
    FILE *complaints;
    size_t *faulty;
    bool (*take)(void *context, const struct batch_row *row, struct failure *failure);
    void *context;
    struct failure *failure;
    struct id_set seen;
};

// ---- ids ---------------------------------------------------------------------------------------

static size_t place_of(const struct id_set *set, const char *id) {
    size_t hash = 5381;
    for (const char *at = id; *at != '\0'; at++)
        hash = hash * 33 + (unsigned char)*at;
    size_t place = hash & (set->capacity - 1);
    while (set->ids[place][0] != '\0' && strcmp(set->ids[place], id) != 0)
        place = (place + 1) & (set->capacity - 1);
    return place;
}

static bool grow(struct id_set *set) {
    struct id_set larger = {.capacity = set->capacity == 0 ? 1024 : set->capacity * 2};
    larger.ids = calloc(larger.capacity, sizeof *larger.ids);
    if (larger.ids == NULL)
        return false;
    for (size_t i = 0; i < set->capacity; i++)
        if (set->ids[i][0] != '\0')
            memcpy(larger.ids[place_of(&larger, set->ids[i])], set->ids[i], HOLDER_MAX + 1);
    larger.count = set->count;
    free(set->ids);
    *set = larger;
    return true;
}

/// False: it was there already, or memory ran out (*full).
static bool add(struct id_set *set, const char *id, bool *full) {
    *full = set->count * 2 >= set->capacity && !grow(set);
    if (*full)
        return false;
    size_t place = place_of(set, id);
    if (set->ids[place][0] != '\0')
        return false;
    snprintf(set->ids[place], HOLDER_MAX + 1, "%s", id);
    set->count++;
    return true;
}

// ---- rows --------------------------------------------------------------------------------------

static bool check_row(struct reader *reader, const struct batch_row *row, struct failure *failure) {
    bool full = false;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        struct bytes value = bytes_of_string(row->fields[i]);
        if (value.size == 0 && i != COLUMN_ID)
            continue;
        if (!holder_is_valid(value, i == COLUMN_ID ? ROLE_WALLET : ROLE_SELLER))
            return fail(failure, EXIT_USAGE,
                        "%s:%lu: column '%s': '%s' is no id: 1 to %d printable ASCII characters",
                        reader->path, row->line, batch_columns[i], row->fields[i],
                        i == COLUMN_ID ? HOLDER_PURSE_MAX : HOLDER_MAX);
    }
    if (add(&reader->seen, row->fields[COLUMN_ID], &full))
        return true;
    if (full)
        return fail(failure, EXIT_REFUSED, "out of memory at line %lu", row->line);
    return fail(failure, EXIT_USAGE, "%s:%lu: column 'id': '%s' stands in an earlier row too",
                reader->path, row->line, row->fields[COLUMN_ID]);
}

/// A faulty row ends the reading, or is told and left out.
static bool complain(struct reader *reader, const struct failure *fault) {
    if (!reader->keep_going || fault->code == EXIT_REFUSED) {
        *reader->failure = *fault;
        return false;
    }
    fprintf(reader->complaints, "%s (left out)\n", fault->text);
    ++*reader->faulty;
    return true;
}

static bool offer(struct reader *reader, const struct batch_row *row) {
    struct failure fault;
    if (!check_row(reader, row, &fault))
        return complain(reader, &fault);
    return reader->take(reader->context, row, reader->failure);
}

// ---- CSV ---------------------------------------------------------------------------------------

static bool is_utf8(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        int more = *at < 0x80 ? 0 : (*at & 0xE0) == 0xC0 ? 1 : (*at & 0xF0) == 0xE0 ? 2 : 3;
        if (*at >= 0x80 && (*at < 0xC2 || *at > 0xF4))
            return false;
        for (at++; more > 0; more--, at++)
            if ((*at & 0xC0) != 0x80)
                return false;
    }
    return true;
}

/// Splits one line in place. Returns the number of cells, 0 for a quote that never ends.
static size_t split(char *line, char *cells[CELLS_MAX]) {
    size_t count = 0;
    char *out = line, *in = line;
    while (count < CELLS_MAX) {
        bool quoted = *in == '"';
        cells[count++] = out;
        in += quoted;
        while (*in != '\0' && (quoted || *in != ',')) {
            if (quoted && *in == '"') {
                if (in[1] != '"') {
                    quoted = false;
                    in++;
                    continue;
                }
                in++;
            }
            *out++ = *in++;
        }
        if (quoted)
            return 0;
        bool last = *in == '\0';
        *out++ = '\0';
        if (last)
            return count;
        in++;
    }
    return 0;
}

struct header {
    int column[CELLS_MAX]; // enum batch_column
    size_t count;
};

static bool read_header(struct reader *reader, char *line, struct header *header) {
    char *cells[CELLS_MAX];
    bool seen[COLUMN_COUNT] = {false};
    if (strncmp(line, "\xEF\xBB\xBF", 3) == 0) // a byte order mark, as spreadsheets write it
        line += 3;
    if (!is_utf8(line))
        return fail(reader->failure, EXIT_USAGE, "%s:1: not UTF-8; save the file in that encoding",
                    reader->path);
    header->count = split(line, cells);
    if (header->count == 0)
        return fail(reader->failure, EXIT_USAGE, "%s:1: a quote in the header is never closed",
                    reader->path);
    for (size_t i = 0; i < header->count; i++) {
        int column = 0;
        while (column < COLUMN_COUNT && strcmp(batch_columns[column], cells[i]) != 0)
            column++;
        if (column == COLUMN_COUNT)
            return fail(reader->failure, EXIT_USAGE,
                        "%s:1: unknown column '%s'; columns are id, enterprise, device, user",
                        reader->path, cells[i]);
        if (seen[column])
            return fail(reader->failure, EXIT_USAGE, "%s:1: column '%s' stands twice", reader->path,
                        cells[i]);
        header->column[i] = column;
        seen[column] = true;
    }
    return seen[COLUMN_ID] ||
           fail(reader->failure, EXIT_USAGE, "%s:1: column 'id' is missing", reader->path);
}

static bool read_cell(const struct reader *reader, const char *cell, int column,
                      struct batch_row *row, struct failure *fault) {
    const char *name = batch_columns[column];
    if (!is_utf8(cell))
        return fail(fault, EXIT_USAGE,
                    "%s:%lu: column '%s': not UTF-8; save the file in that encoding", reader->path,
                    row->line, name);
    if (strlen(cell) > HOLDER_MAX)
        return fail(fault, EXIT_USAGE, "%s:%lu: column '%s': '%.20s...' is longer than %d",
                    reader->path, row->line, name, cell, HOLDER_MAX);
    snprintf(row->fields[column], HOLDER_MAX + 1, "%s", cell);
    return true;
}

static bool read_cells(struct reader *reader, char *line, const struct header *header,
                       struct batch_row *row, struct failure *fault) {
    char *cells[CELLS_MAX];
    size_t count = split(line, cells);
    if (count == 0)
        return fail(fault, EXIT_USAGE, "%s:%lu: a quote is never closed, or more than %d cells",
                    reader->path, row->line, CELLS_MAX);
    if (count < header->count)
        return fail(
            fault, EXIT_USAGE, "%s:%lu: column '%s' is missing: %zu cells where the header has %zu",
            reader->path, row->line, batch_columns[header->column[count]], count, header->count);
    if (count > header->count)
        return fail(fault, EXIT_USAGE,
                    "%s:%lu: a cell behind column '%s': %zu cells where the header has %zu",
                    reader->path, row->line, batch_columns[header->column[header->count - 1]],
                    count, header->count);
    for (size_t i = 0; i < count; i++)
        if (!read_cell(reader, cells[i], header->column[i], row, fault))
            return false;
    return true;
}

static bool read_csv_line(struct reader *reader, char *line, unsigned long number,
                          struct header *header) {
    struct batch_row row = {.line = number};
    struct failure fault;
    line[strcspn(line, "\r\n")] = '\0';
    if (number == 1)
        return read_header(reader, line, header);
    if (line[0] == '\0')
        return true;
    if (!read_cells(reader, line, header, &row, &fault))
        return complain(reader, &fault);
    return offer(reader, &row);
}

/// One line that is text and fits is there.
static bool is_line(struct reader *reader, const char *line, FILE *file, unsigned long number) {
    size_t size = strlen(line);
    return (size > 0 && line[size - 1] == '\n') || feof(file) ||
           fail(reader->failure, EXIT_USAGE,
                "%s:%lu: no line of text, or longer than %d octets; is this a CSV file?",
                reader->path, number, LINE_SIZE - 2);
}

static bool read_csv(struct reader *reader, FILE *file) {
    struct header header = {.count = 0};
    char line[LINE_SIZE];
    unsigned long number = 0;
    bool done = true;
    while (done && fgets(line, sizeof line, file) != NULL) {
        number++;
        done = is_line(reader, line, file, number) && read_csv_line(reader, line, number, &header);
    }
    if (done && ferror(file))
        return fail_errno(reader->failure, "cannot read the batch %s", reader->path);
    if (done && number == 0)
        return fail(reader->failure, EXIT_USAGE, "%s is empty; a header line is needed",
                    reader->path);
    return done;
}

// ---- JSON --------------------------------------------------------------------------------------

static bool read_member(struct reader *reader, const char *key, const json_t *value,
                        struct batch_row *row, struct failure *fault) {
    int column = 0;
    const char *text = json_string_value(value);
    while (column < COLUMN_COUNT && strcmp(batch_columns[column], key) != 0)
        column++;
    if (column == COLUMN_COUNT)
        return fail(fault, EXIT_USAGE, "%s: row %lu: unknown column '%s'", reader->path, row->line,
                    key);
    if (text == NULL || strlen(text) > HOLDER_MAX)
        return fail(fault, EXIT_USAGE, "%s: row %lu: column '%s' is no text of up to %d characters",
                    reader->path, row->line, key, HOLDER_MAX);
    snprintf(row->fields[column], HOLDER_MAX + 1, "%s", text);
    return true;
}

static bool read_object(struct reader *reader, json_t *object, unsigned long number) {
    struct batch_row row = {.line = number};
    struct failure fault;
    const char *key;
    json_t *value;
    if (!json_is_object(object)) {
        fail(&fault, EXIT_USAGE, "%s: row %lu is no object", reader->path, number);
        return complain(reader, &fault);
    }
    json_object_foreach(object, key, value) {
        if (!read_member(reader, key, value, &row, &fault))
            return complain(reader, &fault);
    }
    return offer(reader, &row);
}

static bool read_json(struct reader *reader, FILE *file) {
    json_error_t error;
    json_t *rows = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_array(rows)) {
        json_decref(rows);
        return fail(reader->failure, EXIT_USAGE, "%s:%d:%d: %s", reader->path, error.line,
                    error.column, rows == NULL ? error.text : "an array of objects is expected");
    }
    bool done = true;
    for (size_t i = 0; done && i < json_array_size(rows); i++)
        done = read_object(reader, json_array_get(rows, i), i + 1);
    json_decref(rows);
    return done;
}

bool batch_read(const char *path, bool keep_going, FILE *complaints, size_t *faulty,
                bool (*take)(void *context, const struct batch_row *row, struct failure *failure),
                void *context, struct failure *failure) {
    struct reader reader = {.path = path,
                            .keep_going = keep_going,
                            .complaints = complaints,
                            .faulty = faulty,
                            .take = take,
                            .context = context,
                            .failure = failure};
    size_t size = strlen(path);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return fail_errno(failure, "cannot read the batch %s", path);
    *faulty = 0;
    bool json = size > 5 && strcmp(path + size - 5, ".json") == 0;
    bool done = json ? read_json(&reader, file) : read_csv(&reader, file);
    fclose(file);
    free(reader.seen.ids);
    return done;
}
