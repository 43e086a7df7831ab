// SPDX-License-Identifier: Apache-2.0
#include "host/flows/tickets/ticket_errand.h"

#include "base/files.h"
#include "host/tickets/ticket_failure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool ticket_forget(struct ticket_client *client, const struct ticket_wish *wish, const char *pin,
                   bool in_transit, struct ticket_row *row, struct failure *failure) {
    if (!ticket_went(client, ticket_client_verify(client, pin), failure) ||
        !ticket_wish_find(wish, client, row, failure))
        return false;
    bool on_its_way = row->destination[0] != '\0';
    if (on_its_way && !in_transit)
        return fail(failure, EXIT_REFUSED,
                    "in-transit: it is on its way to %s, and a move ends that; --in-transit gives "
                    "it up, and it is lost unless it has arrived",
                    row->destination);
    return ticket_went(client, ticket_client_forget(client, on_its_way, row->name), failure);
}

/// The key's file, still empty: what cannot be written is known before a play is counted.
static bool claim_key(const char *path, struct failure *failure) {
    if (path == NULL || files_write(path, bytes_of(NULL, 0), FILES_SECRET, FILES_NEW))
        return true;
    if (errno != EEXIST && errno != ENOENT)
        return fail_errno(failure, "no play was counted: cannot write the key %s", path);
    return fail(
        failure, errno == EEXIST ? EXIT_REFUSED : EXIT_USAGE, "%s%s; no play was counted", path,
        errno == EEXIST ? " exists already; name a new file" : ": its directory does not exist");
}

static bool write_key(const char *path, const struct ticket_play *play, struct failure *failure) {
    return path == NULL ||
           files_write(path, bytes_of(play->key, play->key_size), FILES_SECRET, FILES_REPLACE) ||
           fail_errno(failure, "cannot write the key %s", path);
}

bool ticket_use(struct ticket_play *play, const struct ticket_row *row, const char *content,
                const char *path, struct failure *failure) {
    if (row->by_key && content == NULL)
        return fail(failure, EXIT_USAGE,
                    "this ticket opens many contents; say which: --content ID");
    snprintf(play->content, sizeof play->content, "%s", content != NULL ? content : row->content);
    memcpy(play->name, row->name, sizeof play->name);
    if (!claim_key(path, failure))
        return false;
    bool done = ticket_play_run(play, failure);
    if (!done && failure->code == EXIT_OPEN) // the same key again: no second use is counted
        done = ticket_play_run(play, failure);
    done = done && write_key(path, play, failure);
    if (!done && path != NULL)
        files_remove(path);
    return done;
}
