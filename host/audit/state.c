// SPDX-License-Identifier: Apache-2.0
#include "host/audit/state.h"

#include "base/buffer.h"
#include "base/files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 8192, HEX = 2 * SHA256_SIZE };
static const char heading[] = "Tessera/1 audit\n";

const struct state_row *state_find(const struct state *state, const char *service) {
    for (size_t i = 0; i < state->count; i++)
        if (strcmp(state->rows[i].service, service) == 0)
            return &state->rows[i];
    return NULL;
}

void state_put(struct state *state, const struct state_row *row) {
    size_t at = 0;
    while (at < state->count && strcmp(state->rows[at].service, row->service) != 0)
        at++;
    if (at == STATE_SERVICES_MAX)
        return;
    state->rows[at] = *row;
    if (at == state->count)
        state->count++;
}

// ---- the file ----------------------------------------------------------------------------------

static bool take_hash(const char *text, uint8_t out[SHA256_SIZE]) {
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        int high = hex_digit(text[2 * i]), low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return text[HEX] == '\0';
}

static bool take_line(struct state *state, const char *line) {
    struct state_row row = {.seq = 0};
    char chain[HEX + 1], seen[HEX + 1];
    if (sscanf(line, "%15s %" SCNd64 " %64s %64s", row.service, &row.seq, chain, seen) != 4 ||
        !take_hash(chain, row.chain) || !take_hash(seen, row.seen))
        return false;
    state_put(state, &row);
    return true;
}

static bool take_lines(struct state *state, char *text) {
    char *rest = NULL;
    if (strncmp(text, heading, strlen(heading)) != 0)
        return false;
    for (char *line = strtok_r(text + strlen(heading), "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        if (!take_line(state, line))
            return false;
    return true;
}

bool state_read(struct state *state, const char *path, struct failure *failure) {
    uint8_t text[FILE_MAX + 1];
    size_t size = 0;
    *state = (struct state){.count = 0};
    if (!files_read(path, text, FILE_MAX, &size))
        return errno == ENOENT || fail_errno(failure, "cannot read the state %s", path);
    text[size] = '\0';
    return take_lines(state, (char *)text) ||
           fail(failure, EXIT_USAGE,
                "%s is no state of an audit; leave --since away, or name a file that is not there",
                path);
}

bool state_write(const struct state *state, const char *path, struct failure *failure) {
    char text[FILE_MAX];
    size_t size = (size_t)snprintf(text, sizeof text, "%s", heading);
    for (size_t i = 0; i < state->count; i++) {
        const struct state_row *row = &state->rows[i];
        size += (size_t)snprintf(text + size, sizeof text - size, "%s %" PRId64 " ", row->service,
                                 row->seq);
        for (size_t k = 0; k < 2 * SHA256_SIZE; k++)
            size += (size_t)snprintf(text + size, sizeof text - size, "%02x%s",
                                     k < SHA256_SIZE ? row->chain[k] : row->seen[k - SHA256_SIZE],
                                     k + 1 == SHA256_SIZE ? " " : "");
        size += (size_t)snprintf(text + size, sizeof text - size, "\n");
    }
    return files_write(path, bytes_of(text, size), FILES_SECRET, FILES_REPLACE) ||
           fail_errno(failure, "cannot write the state %s", path);
}
