// SPDX-License-Identifier: Apache-2.0
#include "personalization/job/batch.h"

#include "base/options/suggest.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

const char *const batch_columns[COLUMN_COUNT] = {"id", "enterprise", "device", "user"};

enum { LINE_SIZE = 8192, CELLS_MAX = COLUMN_COUNT + COLUMNS_MAX };

/// Ids seen so far: open addressing, grows by doubling.
struct id_set {
    char (*ids)[HOLDER_MAX + 1];
    size_t count, capacity;
};

struct reader {
    const char *path;
    bool keep_going;
    FILE *complaints;
    struct columns *further;
    size_t *faulty;
    bool (*take)(void *context, const struct card_row *row, struct failure *failure);
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

static bool check_row(struct reader *reader, const struct card_row *row, struct failure *failure) {
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

static bool offer(struct reader *reader, const struct card_row *row) {
    struct failure fault;
    if (!check_row(reader, row, &fault))
        return complain(reader, &fault);
    return reader->take(reader->context, row, reader->failure);
}

// ---- columns -----------------------------------------------------------------------------------

const char *batch_column(const struct columns *further, size_t column) {
    return column < COLUMN_COUNT ? batch_columns[column] : further->names[column - COLUMN_COUNT];
}

/// Of one that is none yet: is it a known one, mistyped?
static bool add_column(struct reader *reader, const char *name, struct failure *failure) {
    struct suggestion near = suggestion_for(name);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        suggest(&near, batch_columns[i]);
    if (near.word != NULL)
        return fail(failure, EXIT_USAGE, "unknown column '%s'; did you mean '%s'?", name,
                    near.word);
    return columns_add(reader->further, name, failure);
}

/// The number of a column, a new one being added to the further ones.
static bool find_column(struct reader *reader, const char *name, size_t *column,
                        struct failure *failure) {
    *column = 0;
    while (*column < COLUMN_COUNT && strcmp(batch_columns[*column], name) != 0)
        ++*column;
    if (*column < COLUMN_COUNT)
        return true;
    *column += columns_find(reader->further, name);
    return *column < COLUMN_COUNT + reader->further->count || add_column(reader, name, failure);
}

/// place: of the cell, "FILE:LINE" or "FILE: row N".
static bool put_cell(const struct reader *reader, const char *place, size_t column,
                     const char *cell, struct card_row *row, struct failure *fault) {
    const char *name = batch_column(reader->further, column);
    size_t longest = column < COLUMN_COUNT ? HOLDER_MAX : COLUMN_VALUE_SIZE - 1;
    if (!text_is_utf8(cell))
        return fail(fault, EXIT_USAGE, "%s: column '%s': not UTF-8; save the file in that encoding",
                    place, name);
    if (!text_is_line(cell))
        return fail(fault, EXIT_USAGE, "%s: column '%s': a control character, such as a tab", place,
                    name);
    if (strlen(cell) > longest)
        return fail(fault, EXIT_USAGE, "%s: column '%s': '%.20s...' is longer than %zu", place,
                    name, cell, longest);
    memcpy(column < COLUMN_COUNT ? row->fields[column] : row->further[column - COLUMN_COUNT], cell,
           strlen(cell) + 1);
    return true;
}

// ---- CSV ---------------------------------------------------------------------------------------

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
    size_t column[CELLS_MAX]; // enum card_column, behind them the further ones
    size_t count;
};

/// The columns as they stand: each known or new, none twice.
static bool read_names(struct reader *reader, char *const *cells, struct header *header) {
    struct failure fault;
    bool seen[CELLS_MAX] = {false};
    for (size_t i = 0; i < header->count; i++) {
        size_t *column = &header->column[i];
        if (!find_column(reader, cells[i], column, &fault))
            return fail(reader->failure, EXIT_USAGE, "%s:1: %s", reader->path, fault.text);
        if (seen[*column])
            return fail(reader->failure, EXIT_USAGE, "%s:1: column '%s' stands twice", reader->path,
                        cells[i]);
        seen[*column] = true;
    }
    bool apart = header->count == 1 && strpbrk(cells[0], ";\t") != NULL;
    return seen[COLUMN_ID] || fail(reader->failure, EXIT_USAGE, "%s:1: column 'id' is missing%s",
                                   reader->path, apart ? "; cells stand between commas" : "");
}

static bool read_header(struct reader *reader, char *line, struct header *header) {
    char *cells[CELLS_MAX];
    if (strncmp(line, "\xEF\xBB\xBF", 3) == 0) // a byte order mark, as spreadsheets write it
        line += 3;
    if (!text_is_utf8(line))
        return fail(reader->failure, EXIT_USAGE, "%s:1: not UTF-8; save the file in that encoding",
                    reader->path);
    header->count = split(line, cells);
    if (header->count == 0)
        return fail(reader->failure, EXIT_USAGE,
                    "%s:1: a quote in the header is never closed, or more than %d columns",
                    reader->path, CELLS_MAX);
    return read_names(reader, cells, header);
}

static bool read_cells(struct reader *reader, char *line, const struct header *header,
                       struct card_row *row, struct failure *fault) {
    char *cells[CELLS_MAX];
    size_t count = split(line, cells);
    if (count == 0)
        return fail(fault, EXIT_USAGE, "%s:%lu: a quote is never closed, or more than %d cells",
                    reader->path, row->line, CELLS_MAX);
    if (count < header->count)
        return fail(fault, EXIT_USAGE,
                    "%s:%lu: column '%s' is missing: %zu cells where the header has %zu",
                    reader->path, row->line, batch_column(reader->further, header->column[count]),
                    count, header->count);
    if (count > header->count)
        return fail(fault, EXIT_USAGE,
                    "%s:%lu: a cell after column '%s': %zu cells where the header has %zu",
                    reader->path, row->line,
                    batch_column(reader->further, header->column[header->count - 1]), count,
                    header->count);
    char place[PATH_MAX];
    snprintf(place, sizeof place, "%s:%lu", reader->path, row->line);
    for (size_t i = 0; i < count; i++)
        if (!put_cell(reader, place, header->column[i], cells[i], row, fault))
            return false;
    return true;
}

static bool read_csv_line(struct reader *reader, char *line, unsigned long number,
                          struct header *header) {
    struct card_row row = {.line = number};
    struct failure fault;
    size_t size = strcspn(line, "\r\n");
    if (line[size] == '\r' && line[size + 1] != '\n' && line[size + 1] != '\0')
        return fail(reader->failure, EXIT_USAGE,
                    "%s:%lu: a line ends in CR alone; save the file with LF or CRLF", reader->path,
                    number);
    line[size] = '\0';
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
                        struct card_row *row, struct failure *fault) {
    char place[PATH_MAX];
    size_t column = 0;
    struct failure what;
    const char *text = json_string_value(value);
    snprintf(place, sizeof place, "%s: row %lu", reader->path, row->line);
    if (!find_column(reader, key, &column, &what))
        return fail(fault, EXIT_USAGE, "%s: %s", place, what.text);
    if (text == NULL)
        return fail(fault, EXIT_USAGE, "%s: column '%s' is no text", place, key);
    return put_cell(reader, place, column, text, row, fault);
}

static bool read_object(struct reader *reader, json_t *object, unsigned long number) {
    struct card_row row = {.line = number};
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

bool batch_read(const char *path, bool keep_going, FILE *complaints, struct columns *further,
                size_t *faulty,
                bool (*take)(void *context, const struct card_row *row, struct failure *failure),
                void *context, struct failure *failure) {
    struct reader reader = {.path = path,
                            .keep_going = keep_going,
                            .complaints = complaints,
                            .further = further,
                            .faulty = faulty,
                            .take = take,
                            .context = context,
                            .failure = failure};
    size_t size = strlen(path);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return fail_errno(failure, "cannot read the batch %s", path);
    *faulty = 0;
    *further = (struct columns){0};
    bool json = size > 5 && strcmp(path + size - 5, ".json") == 0;
    bool done = json ? read_json(&reader, file) : read_csv(&reader, file);
    fclose(file);
    free(reader.seen.ids);
    return done;
}
