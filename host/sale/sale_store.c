// SPDX-License-Identifier: Apache-2.0
#include "host/sale/sale_store.h"

#include "base/files.h"
#include "base/must.h"
#include "host/flows/sale_record.h"
#include "host/sale/sale_index.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MARKER_MAX = 1024,
    LINE_MAX_SIZE = SALE_RECORD_TEXT_MAX + 64,
    DIRECTORY_MAX = 3840,
    PATIENCE_S = 2, // a reader that a killed machine was starting holds the lock for a moment yet
};

struct sale_store {
    struct journal journal;
    struct failure failure; // of the last find or save that failed
    struct sale_index index;
    char directory[DIRECTORY_MAX], path[PATH_MAX]; // of the records
    const char *machine;
    int lock, log; // descriptors
    uint64_t end;  // of the last whole line
};

// ---- a line: what is due, reference, record ----------------------------------------------------

static bool hex_of(struct bytes octets, char *out, size_t capacity) {
    if (capacity < 2 * octets.size + 1)
        return false;
    out[0] = '\0';
    for (size_t i = 0; i < octets.size; i++)
        snprintf(out + 2 * i, 3, "%02X", octets.data[i]);
    return true;
}

static bool print_line(const struct sale_record *record, char *out, size_t capacity, size_t *size) {
    char reference[2 * PURSE_REFERENCE_MAX + 1];
    json_t *json = sale_record_to_json(record);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    int put = -1;
    if (text != NULL &&
        hex_of(bytes_of(record->reference, record->reference_size), reference, sizeof reference))
        put =
            snprintf(out, capacity, "%s %s %s\n", sale_due_word(sale_due(record)), reference, text);
    free(text);
    json_decref(json);
    *size = put > 0 ? (size_t)put : 0;
    return put > 0 && (size_t)put < capacity;
}

static bool take_due(struct bytes word, uint8_t *due) {
    for (int i = 0; i < SALE_DUE_COUNT; i++)
        if (bytes_equal(word, bytes_of_string(sale_due_word((enum sale_due)i)))) {
            *due = (uint8_t)i;
            return true;
        }
    return false;
}

static int digit(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool take_reference(struct bytes hex, struct sale_place *place) {
    if (hex.size % 2 != 0 || hex.size > 2 * sizeof place->reference)
        return false;
    for (size_t i = 0; i < hex.size; i += 2) {
        int high = digit(hex.data[i]), low = digit(hex.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        place->reference[i / 2] = (uint8_t)(high << 4 | low);
    }
    place->reference_size = (uint8_t)(hex.size / 2);
    return true;
}

/// The word in front of a space; rest is what follows it.
static bool cut_word(struct bytes *rest, struct bytes *word) {
    const uint8_t *space = rest->size > 0 ? memchr(rest->data, ' ', rest->size) : NULL;
    if (space == NULL)
        return false;
    *word = bytes_of(rest->data, (size_t)(space - rest->data));
    *rest = bytes_of(space + 1, rest->size - word->size - 1);
    return true;
}

/// The front of a line; json is what it holds of the record.
static bool read_front(struct bytes line, struct sale_place *place, struct bytes *json) {
    struct bytes due, reference;
    *json = line;
    return cut_word(json, &due) && cut_word(json, &reference) && take_due(due, &place->due) &&
           take_reference(reference, place);
}

static bool read_line(struct bytes line, struct sale_record *out) {
    struct sale_place place;
    struct bytes text;
    if (!read_front(line, &place, &text))
        return false;
    json_t *json = json_loadb((const char *)text.data, text.size, 0, NULL);
    bool taken = json != NULL && sale_record_from_json(out, json);
    json_decref(json);
    return taken;
}

// ---- finding and saving ------------------------------------------------------------------------

static bool read_place(struct sale_store *store, const struct sale_place *place,
                       struct sale_record *out) {
    char line[LINE_MAX_SIZE];
    must(place->size <= sizeof line, "lines of the store fit a line");
    ssize_t got = pread(store->log, line, place->size, (off_t)place->offset);
    if (got != (ssize_t)place->size)
        return fail_errno(&store->failure, "cannot read %s", store->path);
    return read_line(bytes_of(line, place->size - 1), out) ||
           fail(&store->failure, EXIT_REFUSED,
                "%s is damaged at octet %llu; keep it, and call staff", store->path,
                (unsigned long long)place->offset);
}

static enum journal_answer find_record(struct journal *journal, struct bytes reference,
                                       struct sale_record *out) {
    struct sale_store *store = journal->context;
    const struct sale_place *place = sale_index_find(&store->index, reference);
    if (place == NULL)
        return JOURNAL_NONE;
    return read_place(store, place, out) ? JOURNAL_FOUND : JOURNAL_FAILED;
}

/// At the end of the last whole line: what an earlier try left half written is written over.
static bool append(struct sale_store *store, const char *line, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t put = pwrite(store->log, line + done, size - done, (off_t)(store->end + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        done += (size_t)put;
    }
    return fdatasync(store->log) == 0;
}

static bool may_save(struct sale_store *store, const struct sale_record *record) {
    struct sale_record before = {0};
    struct bytes reference = bytes_of(record->reference, record->reference_size);
    enum journal_answer answer = find_record(&store->journal, reference, &before);
    if (answer == JOURNAL_FAILED)
        return false;
    return sale_may_follow(answer == JOURNAL_FOUND ? before.state : 0, record->state) ||
           fail(&store->failure, EXIT_REFUSED, "a sale that is %s does not become %s",
                before.state != 0 ? sale_state_word(before.state) : "new",
                sale_state_word(record->state));
}

static bool save_record(struct journal *journal, const struct sale_record *record) {
    struct sale_store *store = journal->context;
    struct sale_place place = {.reference_size = (uint8_t)record->reference_size,
                               .due = (uint8_t)sale_due(record),
                               .offset = store->end};
    char line[LINE_MAX_SIZE];
    size_t size = 0;
    if (!may_save(store, record))
        return false;
    if (!print_line(record, line, sizeof line, &size))
        return fail(&store->failure, EXIT_REFUSED, "a record of a sale does not fit its line");
    if (!append(store, line, size))
        return fail_errno(&store->failure, "cannot write %s", store->path);
    memcpy(place.reference, record->reference, record->reference_size);
    place.size = (uint32_t)size;
    store->end += size;
    return sale_index_put(&store->index, &place) ||
           fail(&store->failure, EXIT_REFUSED, "out of memory");
}

// ---- reading what is there ---------------------------------------------------------------------

/// Puts every line into the index. The last one is nothing where it is not whole: the power went
/// while it was written, and nothing that depends on it was done.
static bool index_lines(struct sale_store *store, struct bytes all, struct failure *failure) {
    while (store->end < all.size) {
        const uint8_t *line = all.data + store->end;
        const uint8_t *stop = memchr(line, '\n', all.size - store->end);
        size_t size = stop != NULL ? (size_t)(stop - line) + 1 : 0;
        struct sale_place place = {.size = (uint32_t)size, .offset = store->end};
        struct sale_record record;
        struct bytes json;
        bool last = stop == NULL || store->end + size == all.size;
        if (stop == NULL || (last && !read_line(bytes_of(line, size - 1), &record)))
            return true;
        if (size > LINE_MAX_SIZE || !read_front(bytes_of(line, size - 1), &place, &json))
            return fail(failure, EXIT_REFUSED,
                        "%s is damaged at octet %llu; move the directory away and call staff",
                        store->path, (unsigned long long)store->end);
        if (!sale_index_put(&store->index, &place))
            return fail(failure, EXIT_REFUSED, "out of memory");
        store->end += size;
    }
    return true;
}

static bool read_all(struct sale_store *store, struct failure *failure) {
    struct stat about;
    if (fstat(store->log, &about) != 0)
        return fail_errno(failure, "cannot read %s", store->path);
    if (about.st_size == 0)
        return true;
    size_t size = (size_t)about.st_size;
    void *all = mmap(NULL, size, PROT_READ, MAP_PRIVATE, store->log, 0);
    if (all == MAP_FAILED)
        return fail_errno(failure, "cannot read %s", store->path);
    bool done = index_lines(store, bytes_of(all, size), failure);
    munmap(all, size);
    if (done && store->end < size && ftruncate(store->log, (off_t)store->end) != 0)
        return fail_errno(failure, "cannot write %s", store->path);
    return done;
}

// ---- whose directory it is ---------------------------------------------------------------------

static bool write_marker(struct sale_store *store, const char *own, struct failure *failure) {
    char path[PATH_MAX], text[MARKER_MAX];
    json_t *json = json_pack("{s:s, s:i, s:s}", "machine", store->machine, "version",
                             SALE_STORE_VERSION, "own", own);
    size_t size = json != NULL ? json_dumpb(json, text, sizeof text - 1, JSON_COMPACT) : 0;
    json_decref(json);
    if (size == 0 || size >= sizeof text - 1)
        return fail(failure, EXIT_REFUSED, "out of memory");
    text[size++] = '\n';
    if (!files_path(path, sizeof path, store->directory, "machine") ||
        !files_write(path, bytes_of(text, size), FILES_SECRET, FILES_REPLACE))
        return fail_errno(failure, "cannot write %s", path);
    return true;
}

static bool judge_marker(const struct sale_store *store, json_t *json, struct failure *failure) {
    const char *machine, *own;
    int version;
    if (json_unpack(json, "{s:s, s:i, s:s}", "machine", &machine, "version", &version, "own",
                    &own) != 0)
        return fail(failure, EXIT_REFUSED, "%s/machine says nothing; is this the right directory?",
                    store->directory);
    if (strcmp(machine, store->machine) != 0)
        return fail(failure, EXIT_REFUSED, "%s is the state of a machine of kind %s, not %s",
                    store->directory, machine, store->machine);
    return version <= SALE_STORE_VERSION ||
           fail(failure, EXIT_REFUSED,
                "%s was written by a newer program (version %d of its form, this one knows %d)",
                store->directory, version, SALE_STORE_VERSION);
}

/// The marker; *json stays NULL where there is none yet.
static bool read_marker(struct sale_store *store, json_t **json, struct failure *failure) {
    char path[PATH_MAX];
    uint8_t text[MARKER_MAX];
    size_t size = 0;
    *json = NULL;
    if (!files_path(path, sizeof path, store->directory, "machine"))
        return fail_errno(failure, "%s", store->directory);
    if (!files_read(path, text, sizeof text, &size))
        return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
    *json = json_loadb((const char *)text, size, 0, NULL);
    if (judge_marker(store, *json, failure))
        return true;
    json_decref(*json);
    return false;
}

/// Of this machine, or of nobody yet.
static bool claim(struct sale_store *store, struct failure *failure) {
    json_t *json;
    if (!read_marker(store, &json, failure))
        return false;
    if (json == NULL)
        return write_marker(store, "", failure);
    json_decref(json);
    return true;
}

bool sale_store_own(struct sale_store *store, const char *id, struct failure *failure) {
    json_t *json;
    if (!read_marker(store, &json, failure))
        return false;
    const char *own = json_string_value(json_object_get(json, "own"));
    bool nobody = own == NULL || own[0] == '\0';
    bool same = !nobody && strcmp(own, id) == 0;
    if (!nobody && !same)
        fail(failure, EXIT_REFUSED,
             "%s is the state of the machine with purse %s; the card in its slot is %s",
             store->directory, own, id);
    json_decref(json);
    return nobody ? write_marker(store, id, failure) : same;
}

// ---- opening -----------------------------------------------------------------------------------

static bool enter(struct sale_store *store, const char *directory, struct failure *failure) {
    char path[PATH_MAX];
    if (snprintf(store->directory, sizeof store->directory, "%s", directory) >= DIRECTORY_MAX)
        return fail(failure, EXIT_USAGE, "the path of the state directory is too long");
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return fail_errno(failure, "cannot make the directory %s", directory);
    if (!files_path(path, sizeof path, directory, "lock") ||
        !files_path(store->path, sizeof store->path, directory, "sales"))
        return fail_errno(failure, "%s", directory);
    store->lock = files_lock(path, PATIENCE_S);
    if (store->lock < 0 && errno == EWOULDBLOCK)
        return fail(failure, EXIT_LOCKED, "%s is in use by another process", directory);
    return store->lock >= 0 || fail_errno(failure, "cannot lock %s", path);
}

static bool open_log(struct sale_store *store, struct failure *failure) {
    store->log = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->log < 0 || !files_sync_directory(store->path))
        return fail_errno(failure, "cannot open %s", store->path);
    return read_all(store, failure);
}

struct sale_store *sale_store_open(const char *directory, const char *machine,
                                   struct failure *failure) {
    struct sale_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    store->journal = (struct journal){find_record, save_record, store};
    store->machine = machine;
    store->lock = store->log = -1;
    if (enter(store, directory, failure) && claim(store, failure) && open_log(store, failure))
        return store;
    sale_store_close(store);
    return NULL;
}

void sale_store_close(struct sale_store *store) {
    if (store == NULL)
        return;
    sale_index_free(&store->index);
    if (store->log >= 0)
        close(store->log);
    if (store->lock >= 0)
        close(store->lock);
    free(store);
}

struct journal *sale_store_journal(struct sale_store *store) {
    return &store->journal;
}

const struct failure *sale_store_failure(const struct sale_store *store) {
    return &store->failure;
}

// ---- looking through ---------------------------------------------------------------------------

bool sale_store_each(struct sale_store *store, bool all,
                     bool (*visit)(void *context, const struct sale_record *record),
                     void *context) {
    struct sale_record record;
    for (size_t i = 0; i < store->index.count; i++) {
        const struct sale_place *place = &store->index.places[i];
        if (!all && place->due == SALE_DUE_NOTHING)
            continue;
        if (!read_place(store, place, &record))
            return false;
        if (!visit(context, &record))
            return true;
    }
    return true;
}

size_t sale_store_count(const struct sale_store *store, size_t *open) {
    *open = 0;
    for (size_t i = 0; i < store->index.count; i++)
        *open += store->index.places[i].due != SALE_DUE_NOTHING;
    return store->index.count;
}
