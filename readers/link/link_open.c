// SPDX-License-Identifier: Apache-2.0
#include "readers/link/link_open.h"
#include "apdu/trace/tracing.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "readers/link/emu.h"
#include "readers/link/exec.h"
#include "readers/link/nfc.h"
#include "readers/link/pcsc.h"
#include "readers/link/stream.h"

/// One row per kind of link; a new kind adds its row here and nothing else.
static const struct {
    const char *prefix;
    const char *usage;
    link_opener *open;
} kinds[] = {
    {"emu:", "emu:IMAGE[,contactless|,internal]", emu_link_open},
    {"pcsc:", "pcsc:NAME-OR-NUMBER", pcsc_link_open},
    {"nfc:", "nfc:CONNSTRING[,tap-ms=N][,wait-ms=N]", nfc_link_open},
    {"stream:", "stream:HOST:PORT", stream_link_open},
    {"exec:", "exec:PROGRAM [ARGUMENT]...", exec_link_open},
};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static size_t kind_of(const char *name) {
    size_t kind = 0;
    while (kind < KIND_COUNT && strncmp(name, kinds[kind].prefix, strlen(kinds[kind].prefix)) != 0)
        kind++;
    return kind;
}

const char *link_image(const char *name) {
    char path[PATH_MAX];
    size_t kind = kind_of(name);
    if (kind < KIND_COUNT)
        return kinds[kind].open == emu_link_open ? name + strlen(kinds[kind].prefix) : NULL;
    if ((size_t)snprintf(path, sizeof path, "%s", name) >= sizeof path)
        return NULL;
    emu_image_path(path);
    return access(path, F_OK) == 0 ? name : NULL;
}

/// The file of a link to an image.
static bool image_file(const char *name, struct stat *about) {
    char path[PATH_MAX];
    const char *image = link_image(name);
    if (image == NULL || (size_t)snprintf(path, sizeof path, "%s", image) >= sizeof path)
        return false;
    emu_image_path(path);
    return stat(path, about) == 0;
}

bool link_two_cards(const char *source, const char *destination, struct failure *failure) {
    struct stat one, other;
    size_t kind = kind_of(source);
    bool same =
        kind < KIND_COUNT && kinds[kind].open == pcsc_link_open && strcmp(source, destination) == 0;
    if (image_file(source, &one) && image_file(destination, &other))
        same = one.st_dev == other.st_dev && one.st_ino == other.st_ino;
    return !same || fail(failure, EXIT_USAGE,
                         "source and destination are the same card, %s; name two", source);
}

bool link_begins_anew(const char *name) {
    size_t kind = kind_of(name);
    return link_image(name) != NULL || (kind < KIND_COUNT && kinds[kind].open == exec_link_open);
}

static struct link *unknown_kind(const char *name, struct link_failure *failure) {
    char known[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < KIND_COUNT && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s, ", kinds[i].usage);
    return link_fail(failure, LINK_BAD_INPUT,
                     "unknown link \"%s\"; a link is one of %sor the path of a card image", name,
                     known);
}

struct link *link_open(const char *name, const struct link_options *options,
                       struct link_failure *failure) {
    static const struct link_options usual = {0};
    const char *image = link_image(name);
    size_t kind = kind_of(name);
    if (image == NULL && kind == KIND_COUNT && name[0] != '\0' && strchr(name, ':') == NULL)
        image = name; // a path, and of an image that is not there
    if (image == NULL && kind == KIND_COUNT)
        return unknown_kind(name, failure);
    const char *rest = image != NULL ? image : name + strlen(kinds[kind].prefix);
    if (rest[0] == '\0')
        return link_fail(failure, LINK_BAD_INPUT, "link \"%s\" names nothing; write %s", name,
                         kinds[kind].usage);
    link_opener *open = image != NULL ? emu_link_open : kinds[kind].open;
    struct link *link = open(rest, options != NULL ? options : &usual, failure);
    if (link != NULL)
        snprintf(link->name, sizeof link->name, "%s", name);
    return link;
}

struct link *link_of(const char *name, struct tracing *tracing, const struct link_options *options,
                     struct failure *failure) {
    struct link_failure why;
    if (tracing != NULL && tracing->sink_count == 0 && !tracing_open(tracing, failure))
        return NULL;
    struct link *link = link_open(name, options, &why);
    if (link == NULL)
        fail(failure, (enum exit_code)link_exit_code(why.status), "%s", why.text);
    return tracing_link(tracing, link);
}

int link_exit_code(enum link_status status) {
    static const int codes[] = {
        [LINK_OK] = 0,          [LINK_NO_CARD] = 3,   [LINK_BROKEN] = 4,
        [LINK_TOO_LONG] = 2,    [LINK_LOCKED] = 5,    [LINK_BAD_INPUT] = 2,
        [LINK_UNSUPPORTED] = 2, [LINK_TWO_CARDS] = 3, [LINK_FOREIGN] = 3,
    };
    must_cover(codes, LINK_STATUS_COUNT);
    must((size_t)status < LINK_STATUS_COUNT, "a link ends with one of its statuses");
    return codes[status];
}
