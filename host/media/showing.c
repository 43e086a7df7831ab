// SPDX-License-Identifier: Apache-2.0
#include "host/media/showing.h"

#include "host/media/sink_hashes.h"
#include "host/media/sink_window.h"

#include <inttypes.h>
#include <stdio.h>

bool showing_check(const struct showing *showing, struct failure *failure) {
    return !showing->hashes || showing->headless ||
           fail(failure, EXIT_USAGE, "--hashes goes with --headless");
}

static void report(const struct showing *showing, const struct player_count *count) {
    FILE *out = showing->hashes ? stderr : stdout;
    bool counted = showing->left != NULL && (showing->left->flags & LEFT_UNLIMITED) == 0;
    char left[16] = "null";
    if (counted)
        snprintf(left, sizeof left, "%u", showing->left->plays);
    if (showing->json)
        printf("{\"pictures\":%" PRIu64 ",\"sounds\":%" PRIu64 ",\"plays_left\":%s}\n",
               count->pictures, count->sounds, left);
    else
        fprintf(out, "%" PRIu64 " pictures, %" PRIu64 " pieces of sound%s%s\n", count->pictures,
                count->sounds, counted ? ", plays left: " : "", counted ? left : "");
}

bool showing_run(const struct showing *showing, struct container_file *file,
                 struct failure *failure) {
    struct player_count count;
    struct sink_hashes hashes = {showing->crypto, showing->hashes ? stdout : NULL};
    struct player_sink sink = sink_to_hashes(&hashes);
    struct sink_window *window = NULL;
    if (!showing->headless) {
        window = sink_window_open(showing->title, failure);
        if (window == NULL)
            return false;
        sink = sink_to_window(window);
    }
    bool done = player_run(file, &sink, &count, failure);
    if (window != NULL)
        sink_window_close(window);
    if (done)
        report(showing, &count);
    return done;
}
