// SPDX-License-Identifier: Apache-2.0
#include "host/deposit/cash_simulated.h"

#include "apdu/octets/unit.h"
#include "base/files.h"
#include "base/must.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1024 };
static const uint64_t ESCROW_MAX = 1000000;

const uint64_t cash_values[] = {10000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 1, 0};

static const char *const ways[] = {
    [CASH_NOWHERE] = "nowhere", [CASH_STACKED] = "stacked", [CASH_RETURNED] = "returned"};
must_cover(ways, CASH_WAY_COUNT);

struct cash_simulated {
    struct cash_acceptor acceptor; // first: the seam's pointer is this one's
    char path[PATH_MAX];
    bool open;
    struct cash_report now;
    uint64_t box, back; // all that was ever stacked, and given back
};

static struct cash_simulated *of_acceptor(struct cash_acceptor *acceptor) {
    return (struct cash_simulated *)acceptor;
}

// ---- its file ----------------------------------------------------------------------------------

static bool take_way(const char *word, enum cash_way *out) {
    for (int i = 0; i < CASH_WAY_COUNT; i++)
        if (strcmp(word, ways[i]) == 0) {
            *out = (enum cash_way)i;
            return true;
        }
    return false;
}

static bool take_numbers(struct cash_simulated *cash, json_t *json) {
    json_int_t escrow, moved, box, back;
    const char *last;
    if (json_unpack(json, "{s:I, s:s, s:I, s:I, s:I}", "escrow", &escrow, "last", &last, "moved",
                    &moved, "stacked", &box, "returned", &back) != 0 ||
        escrow < 0 || moved < 0 || box < 0 || back < 0)
        return false;
    cash->now.escrow = (uint64_t)escrow;
    cash->now.moved = (uint64_t)moved;
    cash->box = (uint64_t)box;
    cash->back = (uint64_t)back;
    return take_way(last, &cash->now.last);
}

/// A file that is not there is an acceptor that is new.
static bool read_file(struct cash_simulated *cash, struct failure *failure) {
    uint8_t text[FILE_MAX];
    size_t size = 0;
    if (!files_read(cash->path, text, sizeof text, &size))
        return errno == ENOENT || fail_errno(failure, "cannot read %s", cash->path);
    json_t *json = json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, NULL);
    bool done =
        take_numbers(cash, json) ||
        fail(failure, EXIT_REFUSED, "%s does not say what lies in the acceptor", cash->path);
    json_decref(json);
    return done;
}

static bool write_file(const struct cash_simulated *cash) {
    json_t *json = json_pack("{s:I, s:s, s:I, s:I, s:I}", "escrow", (json_int_t)cash->now.escrow,
                             "last", ways[cash->now.last], "moved", (json_int_t)cash->now.moved,
                             "stacked", (json_int_t)cash->box, "returned", (json_int_t)cash->back);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    bool done =
        text != NULL && files_write(cash->path, bytes_of_string(text), FILES_SECRET, FILES_REPLACE);
    free(text);
    json_decref(json);
    return done;
}

/// What is not in the file has not happened.
static bool become(struct cash_simulated *cash, struct cash_report now) {
    struct cash_simulated before = *cash;
    cash->now = now;
    cash->box += now.last == CASH_STACKED ? now.moved : 0;
    cash->back += now.last == CASH_RETURNED ? now.moved : 0;
    if (write_file(cash))
        return true;
    *cash = before;
    return false;
}

// ---- the seam ----------------------------------------------------------------------------------

static bool sim_accept(struct cash_acceptor *acceptor, bool open) {
    struct cash_simulated *cash = of_acceptor(acceptor);
    if (open && cash->now.escrow == 0 && !become(cash, (struct cash_report){0}))
        return false;
    cash->open = open;
    return true;
}

static bool sim_report(struct cash_acceptor *acceptor, struct cash_report *out) {
    *out = of_acceptor(acceptor)->now;
    return true;
}

static void move(struct cash_acceptor *acceptor, enum cash_way way) {
    struct cash_simulated *cash = of_acceptor(acceptor);
    cash->open = false;
    if (cash->now.escrow > 0)
        (void)become(cash, (struct cash_report){.last = way, .moved = cash->now.escrow});
}

static void sim_stack(struct cash_acceptor *acceptor) {
    move(acceptor, CASH_STACKED);
}

static void sim_give_back(struct cash_acceptor *acceptor) {
    move(acceptor, CASH_RETURNED);
}

static void sim_close(struct cash_acceptor *acceptor) {
    free(of_acceptor(acceptor));
}

static const struct cash_acceptor_ops ops = {sim_accept, sim_report, sim_stack, sim_give_back,
                                             sim_close};

struct cash_acceptor *cash_simulated_open(const char *directory, struct failure *failure) {
    struct cash_simulated *cash = calloc(1, sizeof *cash);
    if (cash == NULL) {
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    cash->acceptor = (struct cash_acceptor){&ops, UNIT_JPY};
    bool done = files_path(cash->path, sizeof cash->path, directory, "cash") ||
                fail_errno(failure, "cannot name a file in %s", directory);
    if (done && read_file(cash, failure))
        return &cash->acceptor;
    free(cash);
    return NULL;
}

static bool is_cash(uint64_t value) {
    for (size_t i = 0; cash_values[i] != 0; i++)
        if (cash_values[i] == value)
            return true;
    return false;
}

bool cash_simulated_put(struct cash_acceptor *acceptor, uint64_t value) {
    struct cash_simulated *cash = of_acceptor(acceptor);
    if (!cash->open || !is_cash(value) || cash->now.escrow + value > ESCROW_MAX)
        return false;
    struct cash_report now = {.escrow = cash->now.escrow + value};
    return become(cash, now);
}
