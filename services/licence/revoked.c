// SPDX-License-Identifier: Apache-2.0
// Whose cards and tills are revoked: the hotlist for programs that lies in the state directory. It
// is looked for again every ten seconds; what cannot be read leaves in force what was.
#include "services/licence/licence_private.h"

#include "base/files.h"
#include "services/wire/revocations.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LOOK_EVERY_MS = 10000 };

struct revoked {
    pthread_rwlock_t lock;
    char path[PATH_MAX];
    char trust[PATH_MAX]; // directory of root.cvc and center.cvc
    struct revocations list;
    struct stat seen;   // of the file that is in force, or was refused
    uint64_t looked_ms; // 0: never
    bool good;          // there is no list, or it is in force
};

struct revoked *revoked_begin(const char *directory, const char *trust, struct failure *failure) {
    struct revoked *revoked = calloc(1, sizeof *revoked);
    if (revoked == NULL || pthread_rwlock_init(&revoked->lock, NULL) != 0) {
        free(revoked);
        fail(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    snprintf(revoked->trust, sizeof revoked->trust, "%s", trust);
    revoked->good = true;
    if (files_path(revoked->path, sizeof revoked->path, directory, "hotlist"))
        return revoked;
    fail_errno(failure, "%s", directory);
    revoked_end(revoked);
    return NULL;
}

void revoked_end(struct revoked *revoked) {
    if (revoked == NULL)
        return;
    revocations_close(&revoked->list);
    pthread_rwlock_destroy(&revoked->lock);
    free(revoked);
}

// ---- the file ----------------------------------------------------------------------------------

static bool changed(const struct stat *before, const struct stat *now) {
    return before->st_ino != now->st_ino || before->st_size != now->st_size ||
           before->st_mtim.tv_sec != now->st_mtim.tv_sec ||
           before->st_mtim.tv_nsec != now->st_mtim.tv_nsec;
}

static void report(const struct call *call, const struct failure *failure) {
    if (call->context->report != NULL)
        call->context->report(call->context, call, failure);
}

/// A list that is older than the one in force is somebody's mistake, or worse.
static void take(struct revoked *revoked, const struct call *call) {
    struct revocations list;
    struct failure failure;
    bool opened = revocations_open_in(&list, revoked->path, revoked->trust, call->crypto,
                                      call->today, &failure);
    if (opened && list.version < revoked->list.version) {
        fail(&failure, EXIT_REFUSED, "%s is version %u, and version %u is in force", revoked->path,
             list.version, revoked->list.version);
        revocations_close(&list);
        opened = false;
    }
    if (!opened) {
        report(call, &failure);
        revoked->good = revoked->list.map != NULL;
        return;
    }
    revocations_close(&revoked->list);
    revoked->list = list;
    revoked->good = true;
}

static void look(struct revoked *revoked, const struct call *call) {
    struct stat now;
    struct failure failure;
    revoked->looked_ms = call->now_ms;
    if (stat(revoked->path, &now) == 0) {
        if (changed(&revoked->seen, &now))
            take(revoked, call);
        revoked->seen = now;
    } else if (errno != ENOENT) {
        fail_errno(&failure, "cannot look at %s", revoked->path);
        report(call, &failure);
    }
}

static bool is_due(const struct revoked *revoked, uint64_t now_ms) {
    return revoked->looked_ms == 0 || now_ms < revoked->looked_ms ||
           now_ms - revoked->looked_ms >= LOOK_EVERY_MS;
}

// ---- asking ------------------------------------------------------------------------------------

static bool listed(const struct revoked *revoked, const struct call *call,
                   const struct bytes *certificates, size_t count) {
    struct revocations mine = revoked->list;
    mine.crypto = call->crypto;
    if (!revoked->good)
        return true;
    for (size_t i = 0; mine.map != NULL && i < count; i++)
        if (revocations_have_certificate(&mine, certificates[i]))
            return true;
    return false;
}

bool revoked_any(const struct call *call, const struct bytes *certificates, size_t count) {
    struct revoked *revoked = licence_state_of(call)->revoked;
    pthread_rwlock_rdlock(&revoked->lock);
    if (is_due(revoked, call->now_ms)) {
        pthread_rwlock_unlock(&revoked->lock);
        pthread_rwlock_wrlock(&revoked->lock);
        if (is_due(revoked, call->now_ms))
            look(revoked, call);
    }
    bool found = listed(revoked, call, certificates, count);
    pthread_rwlock_unlock(&revoked->lock);
    return found;
}
