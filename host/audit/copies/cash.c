// SPDX-License-Identifier: Apache-2.0
// What a deposit machine says of its box: DIR/machine names its float, DIR/cash what is stacked.
// The float's logs at the clearing center say what was loaded for it.
#include "base/files.h"
#include "host/audit/audit_private.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>

enum { FILE_MAX = 4096 };

/// A file of the machine's state. NULL: there is none, or it is none.
static json_t *read_part(const char *directory, const char *name) {
    char path[PATH_MAX];
    uint8_t text[FILE_MAX];
    size_t size = 0;
    return files_path(path, sizeof path, directory, name) &&
                   files_read(path, text, sizeof text, &size)
               ? json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, NULL)
               : NULL;
}

static bool take_sum(void *context, const struct cell *row) {
    *(int64_t *)context = row[0].number;
    return false;
}

/// Cash for what was voided lies there no more; one that nobody handed in yet is told, too.
static void judge_box(struct examined *center, const char *own, int64_t stacked) {
    int64_t loaded = 0;
    struct cell purse = cell_text(own);
    replica_each(&center->replica,
                 "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM usage WHERE payer = $1 AND"
                 " state <> 2",
                 &purse, 1, take_sum, &loaded);
    if (loaded != stacked)
        tell(center, (struct finding){.kind = "cash",
                                      .table = "usage",
                                      .row = told_of("%s", own),
                                      .field = "amount",
                                      .expected = told_of("%" PRId64 " stacked", stacked),
                                      .found = told_of("%" PRId64, loaded)});
}

bool examine_cash(struct examined *all, size_t count, struct failure *failure) {
    const char *directory = all[0].audit->cash;
    if (directory == NULL)
        return true;
    json_t *machine = read_part(directory, "machine"), *cash = read_part(directory, "cash");
    const char *own = json_string_value(json_object_get(machine, "own"));
    const json_t *stacked = json_object_get(cash, "stacked");
    bool known = own != NULL && json_is_integer(stacked);
    for (size_t i = 0; i < count && known; i++)
        if (all[i].sound && strcmp(all[i].service, "clearing") == 0)
            judge_box(&all[i], own, json_integer_value(stacked));
    json_decref(machine);
    json_decref(cash);
    return known ||
           fail(failure, EXIT_USAGE,
                "%s is no state of a deposit machine: it has no files machine and cash", directory);
}
