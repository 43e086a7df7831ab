// SPDX-License-Identifier: Apache-2.0
#include "host/service/deposit_order.h"

#include "base/files.h"
#include "services/wire/api/charge_api.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { ASK_TIMES = 120, ASK_PAUSE_MS = 500, ID_TEXT = 33, LINE_SIZE = 100 };

static bool path_of(const struct deposit_order *order, char path[PATH_MAX],
                    struct failure *failure) {
    return machine_state_path(order->state, "deposits", "online", ".order", path, failure);
}

// ---- the order ---------------------------------------------------------------------------------

static bool draw(const struct deposit_order *order, const char *path, char id[ID_TEXT],
                 struct failure *failure) {
    uint8_t drawn[(ID_TEXT - 1) / 2];
    char line[LINE_SIZE];
    const struct crypto *crypto = order->charge->crypto;
    if (!crypto->ops->random(crypto, drawn, sizeof drawn))
        return fail(failure, EXIT_REFUSED, "the random generator failed");
    for (size_t i = 0; i < sizeof drawn; i++)
        snprintf(id + 2 * i, 3, "%02x", drawn[i]);
    snprintf(line, sizeof line, "%s %" PRIu64 " %" PRIu64 "\n", id, order->amount, order->issued);
    return files_write(path, bytes_of_string(line), FILES_SECRET, FILES_NEW) ||
           fail_errno(failure, "cannot write %s", path);
}

/// The id of the order that lies in the state, or of a new one.
static bool find(struct deposit_order *order, char id[ID_TEXT], struct failure *failure) {
    char path[PATH_MAX], line[LINE_SIZE] = "";
    uint64_t amount = 0, issued = order->issued;
    size_t size = 0;
    if (!path_of(order, path, failure))
        return false;
    order->goal = issued + order->amount;
    if (!files_read(path, (uint8_t *)line, sizeof line - 1, &size))
        return errno == ENOENT ? draw(order, path, id, failure)
                               : fail_errno(failure, "cannot read %s", path);
    if (sscanf(line, "%32[0-9a-f] %" SCNu64 " %" SCNu64, id, &amount, &issued) != 3)
        return fail(failure, EXIT_REFUSED, "%s is no order of a deposit", path);
    order->goal = issued + order->amount;
    return amount == order->amount ||
           fail(failure, EXIT_REFUSED,
                "a deposit of %" PRIu64 " is under way: say that amount, and it goes on", amount);
}

// ---- the telephone company ---------------------------------------------------------------------

static bool ask(const struct deposit_order *order, const char *id, struct form *out,
                struct failure *failure) {
    struct form in;
    service_client_form(order->charge, &charge_deposit, &in);
    form_set_text(&in, NAME_ID, id);
    form_set_text(&in, NAME_PASSWORD, order->password);
    form_set_uint(&in, NAME_AMOUNT, order->amount);
    return service_client_ask(order->charge, &charge_deposit, &in, out, failure);
}

/// Why there is no deposit, in words.
static bool refuse(const struct deposit_order *order, const char *outcome,
                   struct failure *failure) {
    static const struct {
        const char *word, *meaning;
    } known[] = {
        {"wrong-password", "this is not the password"},
        {"wait", "wrong passwords were typed; wait before the next one"},
        {"locked", "too many wrong passwords: the telephone company sets another one"},
        {"no-password", "the telephone company has no password for this phone"},
        {"no-subscriber", "the telephone company has no subscriber with this card"},
        {"no-center", "the telephone company takes no deposits"},
        {"failed", "the bank did not pay the center; nothing is billed"},
    };
    struct failure ignored;
    const char *meaning = "refused";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].word, outcome) == 0)
            meaning = known[i].meaning;
    deposit_order_end(order, &ignored);
    return fail(failure, EXIT_REFUSED, "%s: %s; nothing was loaded", outcome, meaning);
}

bool deposit_order_run(struct deposit_order *order, struct failure *failure) {
    char id[ID_TEXT];
    if (!find(order, id, failure))
        return false;
    for (unsigned i = 0; i < ASK_TIMES; i++) {
        struct form out;
        if (!ask(order, id, &out, failure))
            return false;
        const char *outcome = form_text(&out, NAME_OUTCOME);
        if (strcmp(outcome, "completed") == 0)
            return true;
        if (strcmp(outcome, "ordered") != 0)
            return refuse(order, outcome, failure);
        poll(NULL, 0, ASK_PAUSE_MS);
    }
    return fail(failure, EXIT_OPEN, "the bank has not paid yet: run it again, and it goes on");
}

bool deposit_order_end(const struct deposit_order *order, struct failure *failure) {
    char path[PATH_MAX];
    return path_of(order, path, failure) &&
           (files_remove(path) || fail_errno(failure, "cannot remove %s", path));
}
