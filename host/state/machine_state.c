// SPDX-License-Identifier: Apache-2.0
#include "host/state/machine_state.h"

#include "base/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 1, PATIENCE_S = 10, MARK_MAX = 80 };

static bool make(const char *directory, struct failure *failure) {
    struct stat about;
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return fail_errno(failure, "cannot make the directory %s", directory);
    if (stat(directory, &about) != 0)
        return fail_errno(failure, "%s", directory);
    if (!S_ISDIR(about.st_mode))
        return fail(failure, EXIT_USAGE, "%s is no directory", directory);
    if (about.st_uid != geteuid() || (about.st_mode & 077) != 0)
        return fail(failure, EXIT_LOCKED, "others have a right to %s; make it yours: chmod 700 %s",
                    directory, directory);
    return true;
}

static bool take(struct machine_state *state, struct failure *failure) {
    char path[PATH_MAX];
    if (!files_path(path, sizeof path, state->directory, "lock"))
        return fail_errno(failure, "%s", state->directory);
    state->lock = files_lock(path, PATIENCE_S);
    if (state->lock >= 0)
        return true;
    if (errno == EWOULDBLOCK)
        return fail(failure, EXIT_LOCKED, "another process works on %s; try again when it is done",
                    state->directory);
    return fail_errno(failure, "cannot lock %s", path);
}

// ---- the mark ----------------------------------------------------------------------------------

static bool write_mark(const char *path, const struct machine_kind *kind, enum files_place place,
                       struct failure *failure) {
    char mark[MARK_MAX];
    snprintf(mark, sizeof mark, "tessera %s %d%s%s\n", kind->kind, VERSION,
             kind->card != NULL ? " " : "", kind->card != NULL ? kind->card : "");
    return files_write(path, bytes_of_string(mark), FILES_SECRET, place) ||
           (errno == EEXIST || fail_errno(failure, "cannot write %s", path));
}

static bool judge(const char *text, const struct machine_kind *kind, const char *directory,
                  struct failure *failure) {
    char word[16], card[HOLDER_MAX + 1] = "";
    unsigned version;
    if (sscanf(text, "tessera %15s %u %16s", word, &version, card) < 2)
        return fail(failure, EXIT_REFUSED, "%s/machine is no mark of a machine", directory);
    if (strcmp(word, kind->kind) != 0)
        return fail(failure, EXIT_REFUSED, "%s is the state of a %s, not of a %s", directory, word,
                    kind->kind);
    if (version > VERSION)
        return fail(
            failure, EXIT_REFUSED,
            "%s was written by a newer program (version %u; this one knows %d): use that one",
            directory, version, VERSION);
    return kind->card == NULL || card[0] == '\0' || strcmp(card, kind->card) == 0 ||
           fail(failure, EXIT_REFUSED, "%s belongs to the card %s, not to %s", directory, card,
                kind->card);
}

static bool has_card(const char *text) {
    char card[HOLDER_MAX + 1];
    return sscanf(text, "tessera %*s %*u %16s", card) == 1;
}

static bool mark(const struct machine_state *state, const struct machine_kind *kind,
                 struct failure *failure) {
    char path[PATH_MAX], text[MARK_MAX] = "";
    size_t size = 0;
    if (!files_path(path, sizeof path, state->directory, "machine"))
        return fail_errno(failure, "%s", state->directory);
    if (access(path, F_OK) != 0 && !write_mark(path, kind, FILES_NEW, failure))
        return false;
    if (!files_read(path, (uint8_t *)text, sizeof text - 1, &size))
        return fail_errno(failure, "cannot read %s", path);
    return judge(text, kind, state->directory, failure) &&
           (kind->card == NULL || has_card(text) || write_mark(path, kind, FILES_REPLACE, failure));
}

bool machine_state_bind(const struct machine_state *state, const struct machine_kind *kind,
                        struct failure *failure) {
    return mark(state, kind, failure);
}

// ---- open, close -------------------------------------------------------------------------------

bool machine_state_open(struct machine_state *state, const char *directory,
                        const struct machine_kind *kind, bool alone, struct failure *failure) {
    state->lock = -1;
    int size = snprintf(state->directory, sizeof state->directory, "%s", directory);
    if (size < 0 || (size_t)size >= sizeof state->directory)
        return fail(failure, EXIT_USAGE, "the path %.40s... is too long", directory);
    return make(directory, failure) && mark(state, kind, failure) &&
           (!alone || take(state, failure));
}

void machine_state_close(struct machine_state *state) {
    if (state->lock >= 0)
        close(state->lock);
    state->lock = -1;
}

bool machine_state_path(const struct machine_state *state, const char *folder, const char *id,
                        const char *suffix, char *out, struct failure *failure) {
    char inner[PATH_MAX], name[NAME_MAX];
    if (!files_path(inner, sizeof inner, state->directory, folder) ||
        !files_name(name, sizeof name - 8, id))
        return fail_errno(failure, "%s/%s", state->directory, folder);
    if (mkdir(inner, 0700) != 0 && errno != EEXIST)
        return fail_errno(failure, "cannot make the directory %s", inner);
    strcat(name, suffix);
    return files_path(out, PATH_MAX, inner, name) || fail_errno(failure, "%s", inner);
}

bool machine_state_find(const struct machine_state *state, const char *directory, const char *name,
                        char *out, struct failure *failure) {
    if (directory != NULL)
        return snprintf(out, PATH_MAX, "%s", directory) < PATH_MAX ||
               fail(failure, EXIT_USAGE, "the path %.40s... is too long", directory);
    return files_path(out, PATH_MAX, state->directory, name) ||
           fail_errno(failure, "%s", state->directory);
}
