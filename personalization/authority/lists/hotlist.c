// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/lists/hotlist.h"

#include "apdu/object/marks.h"
#include "base/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 160, RANKS = 5 };

/// Who comes first: the roles of each rank, then everybody else.
static const struct audience {
    const char *file;
    uint16_t roles; // of the cards that take it; 0: of none
    size_t room;    // marks
    uint16_t ranks[RANKS];
} AUDIENCES[] = {
    [CA_LIST_WALLETS] = {"hotlist.wallets",
                         ROLE_WALLET | ROLE_STORE,
                         MARKS_OF_WALLET,
                         {ROLE_ISSUING | ROLE_CENTER, ROLE_TILL | ROLE_FLOAT | ROLE_SELLER,
                          ROLE_PLAYER | ROLE_CONVERTER, ROLE_STORE}},
    [CA_LIST_MACHINES] = {"hotlist.machines",
                          ROLE_TILL | ROLE_FLOAT,
                          MARKS_OF_MACHINE,
                          {ROLE_ISSUING | ROLE_CENTER, ROLE_WALLET, ROLE_TILL | ROLE_FLOAT}},
    [CA_LIST_HOSTS] = {"hotlist", 0, SIZE_MAX, {ROLE_ISSUING | ROLE_CENTER}},
};
_Static_assert(sizeof AUDIENCES / sizeof AUDIENCES[0] == CA_AUDIENCES, "a row for each audience");

enum ca_audience ca_audience_for(uint32_t roles) {
    return (roles & (ROLE_TILL | ROLE_FLOAT)) != 0 ? CA_LIST_MACHINES : CA_LIST_WALLETS;
}

// ---- who is revoked ----------------------------------------------------------------------------

/// A revoked certificate with what it is marked by.
struct candidate {
    const struct register_entry *entry;
    unsigned rank;
    bool holder_too; // the holder has no valid certificate left
    uint8_t certificate[MARK_SIZE], holder[MARK_SIZE];
};

struct candidates {
    struct candidate *rows;
    size_t count;
};

static unsigned rank_of(const struct audience *audience, uint32_t roles) {
    unsigned rank = 0;
    while (rank < RANKS && (audience->ranks[rank] & roles) == 0)
        rank++;
    return rank;
}

static int by_holder(const void *a, const void *b) {
    const struct register_entry *const *one = a, *const *other = b;
    int order = strcmp((*one)->holder, (*other)->holder);
    return order != 0 ? order
                      : ((*one)->serial > (*other)->serial) - ((*one)->serial < (*other)->serial);
}

/// Higher ranks first, within one those that would be valid longest.
static int by_weight(const void *a, const void *b) {
    const struct candidate *one = a, *other = b;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    if (one->entry->until != other->entry->until)
        return one->entry->until > other->entry->until ? -1 : 1;
    return (one->entry->serial > other->entry->serial) -
           (one->entry->serial < other->entry->serial);
}

static bool is_authority(const struct register_entry *entry) {
    return (entry->roles & ROLE_ISSUING) != 0;
}

static bool is_live(const struct ca *ca, const struct register_entry *entry) {
    return entry->until >= ca->today &&
           (is_authority(entry) || member_for_roles(entry->roles) < MEMBER_COUNT);
}

/// A card knows the authority of whom it meets, and needs the authority's mark only; a terminal
/// knows just the holder.
static bool is_revoked(const struct ca *ca, const struct audience *audience,
                       const struct register_entry *entry) {
    return audience->roles != 0 ? entry->revoked != 0 : ca_revoked_on(ca, entry) != 0;
}

static bool mark_candidate(const struct ca *ca, struct candidate *row) {
    const struct hierarchy *hierarchy = &ca->hierarchy;
    struct bytes holder = bytes_of_string(row->entry->holder);
    struct issuer issuer;
    memcpy(row->certificate, row->entry->digest, MARK_SIZE);
    return !row->holder_too ||
           (hierarchy_issuer(hierarchy, row->entry->roles, holder, &issuer) &&
            mark_of_holder(hierarchy->crypto, issuer.authority.name, holder, row->holder));
}

/// Adds the revoked ones among the entries of one holder; the holder's own mark with the first.
static bool add_holder(const struct ca *ca, const struct audience *audience,
                       const struct register_entry *const *entries, size_t count,
                       struct candidates *out) {
    bool any_valid = false, first = true;
    for (size_t i = 0; i < count; i++)
        any_valid = any_valid || is_authority(entries[i]) ||
                    (is_live(ca, entries[i]) && !is_revoked(ca, audience, entries[i]));
    for (size_t i = 0; i < count; i++) {
        if (!is_live(ca, entries[i]) || !is_revoked(ca, audience, entries[i]))
            continue;
        struct candidate *row = &out->rows[out->count++];
        *row = (struct candidate){.entry = entries[i],
                                  .rank = rank_of(audience, entries[i]->roles),
                                  .holder_too = !any_valid && first};
        first = false;
        if (!mark_candidate(ca, row))
            return false;
    }
    return true;
}

static bool gather_sorted(const struct ca *ca, const struct audience *audience,
                          const struct register_entry **sorted, struct candidates *out) {
    size_t count = ca->issued.count;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &ca->issued.entries[i];
    qsort(sorted, count, sizeof(const struct register_entry *), by_holder);
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1;
             end < count && strcmp(sorted[begin]->holder, sorted[end]->holder) == 0;)
            end++;
        if (!add_holder(ca, audience, sorted + begin, end - begin, out))
            return false;
    }
    qsort(out->rows, out->count, sizeof *out->rows, by_weight);
    return true;
}

static bool gather(const struct ca *ca, const struct audience *audience, struct candidates *out) {
    size_t count = ca->issued.count + 1;
    const struct register_entry **sorted = calloc(count, sizeof(const struct register_entry *));
    *out = (struct candidates){.rows = calloc(count, sizeof *out->rows)};
    bool done = sorted != NULL && out->rows != NULL && gather_sorted(ca, audience, sorted, out);
    free(sorted);
    return done;
}

// ---- the list ----------------------------------------------------------------------------------

static int by_octets(const void *a, const void *b) {
    return memcmp(a, b, MARK_SIZE);
}

/// Marks of those that fit, in rising order, behind room for the head. Returns their number.
static size_t put_marks(const struct candidates *candidates, size_t room, struct ca_list *list) {
    uint8_t *marks = list->octets + HEAD_MAX;
    size_t used = 0;
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *row = &candidates->rows[i];
        if (list->left_out > 0 || used + 1U + row->holder_too > room) {
            if (list->left_out++ == 0)
                snprintf(list->first_out, sizeof list->first_out, "%s", row->entry->holder);
            continue;
        }
        memcpy(marks + used++ * MARK_SIZE, row->certificate, MARK_SIZE);
        list->certificates++;
        if (row->holder_too) {
            memcpy(marks + used++ * MARK_SIZE, row->holder, MARK_SIZE);
            list->holders++;
        }
    }
    qsort(marks, used, MARK_SIZE, by_octets);
    return used;
}

struct head {
    uint16_t roles;
    uint64_t version;
    struct bytes marks;
    uint8_t digest[SHA256_SIZE];
};

static bool sign_head(const struct ca *ca, const struct head *head, uint8_t out[HEAD_MAX],
                      struct bytes *object) {
    const struct hierarchy_member *center = &ca->hierarchy.members[MEMBER_CENTER];
    struct object_writer writer;
    uint8_t roles[2];
    bytes_put_be(roles, sizeof roles, head->roles);
    object_begin(&writer, OBJECT_HOTLIST, out, HEAD_MAX);
    object_put(&writer, FIELD_CENTER, bytes_of_string(center->name));
    object_put_date(&writer, FIELD_DATE, ca->today);
    object_put_uint(&writer, FIELD_VERSION, head->version);
    object_put_uint(&writer, FIELD_MARKS, head->marks.size / MARK_SIZE);
    object_put(&writer, FIELD_LIST_HASH, BYTES_OF(head->digest));
    object_put(&writer, FIELD_ROLES, BYTES_OF(roles));
    return object_sign(&writer, &center->signer, object);
}

/// The head of the stored list: all that is needed to know whether it still holds. *size 0: there
/// is none.
static bool read_stored(const char *path, uint8_t out[HEAD_MAX], size_t *size,
                        struct failure *failure) {
    FILE *stream = fopen(path, "re");
    *size = 0;
    if (stream == NULL)
        return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
    *size = fread(out, 1, HEAD_MAX, stream);
    bool done = ferror(stream) == 0 || fail_errno(failure, "cannot read %s", path);
    fclose(stream);
    return done;
}

/// Puts the signed head in front of the marks, which move up to it.
static void join(struct ca_list *list, struct bytes head, struct bytes marks) {
    memmove(list->octets, head.data, head.size);
    memmove(list->octets + head.size, marks.data, marks.size);
    list->size = head.size + marks.size;
}

static bool make_list(struct ca *ca, const struct audience *audience,
                      const struct candidates *candidates, struct ca_list *list,
                      struct failure *failure) {
    char path[PATH_MAX];
    uint8_t octets[HEAD_MAX];
    size_t size = 0;
    struct object stored;
    struct bytes object;
    struct head head = {.roles = audience->roles};
    head.marks =
        bytes_of(list->octets + HEAD_MAX, put_marks(candidates, audience->room, list) * MARK_SIZE);
    if (!marks_digest(ca->hierarchy.crypto, head.marks, head.digest))
        return fail(failure, EXIT_REFUSED, "cannot hash the hotlist");
    if (!files_path(path, sizeof path, ca->directory, audience->file))
        return fail_errno(failure, "%s", ca->directory);
    if (!read_stored(path, octets, &size, failure))
        return false;
    if (size > 0 &&
        (!object_decode(bytes_of(octets, size), &stored) || stored.type != OBJECT_HOTLIST))
        return fail(failure, EXIT_REFUSED, "%s is damaged; restore it from its backup", path);
    head.version = size > 0 ? object_uint(&stored, FIELD_VERSION) : 0;
    list->version = head.version;
    if (size > 0 && object_date(&stored, FIELD_DATE) >= ca->today &&
        bytes_equal(stored.fields[FIELD_LIST_HASH], BYTES_OF(head.digest))) {
        join(list, stored.whole, head.marks);
        return true;
    }
    list->version = ++head.version;
    if (!sign_head(ca, &head, octets, &object))
        return fail(failure, EXIT_REFUSED, "cannot sign the hotlist");
    join(list, object, head.marks);
    return files_write(path, bytes_of(list->octets, list->size), FILES_PUBLIC, FILES_REPLACE) ||
           fail_errno(failure, "cannot write %s", path);
}

/// Candidates, and a list with room for all of their marks.
static bool begin(const struct ca *ca, const struct audience *audience,
                  struct candidates *candidates, struct ca_list *list, struct failure *failure) {
    *list = (struct ca_list){0};
    bool done = gather(ca, audience, candidates);
    if (done)
        list->octets = malloc(HEAD_MAX + 2 * candidates->count * MARK_SIZE);
    return (done && list->octets != NULL) || fail(failure, EXIT_REFUSED, "out of memory");
}

bool ca_hotlist(struct ca *ca, enum ca_audience audience, struct ca_list *list,
                struct failure *failure) {
    struct candidates candidates;
    bool done = begin(ca, &AUDIENCES[audience], &candidates, list, failure) &&
                make_list(ca, &AUDIENCES[audience], &candidates, list, failure);
    free(candidates.rows);
    if (!done)
        ca_list_free(list);
    return done;
}

bool ca_hotlist_measure(const struct ca *ca, enum ca_audience audience, struct ca_list *list,
                        struct failure *failure) {
    struct candidates candidates;
    bool done = begin(ca, &AUDIENCES[audience], &candidates, list, failure);
    if (done)
        put_marks(&candidates, AUDIENCES[audience].room, list);
    free(candidates.rows);
    free(list->octets);
    list->octets = NULL;
    return done;
}

void ca_list_free(struct ca_list *list) {
    free(list->octets);
    *list = (struct ca_list){0};
}
