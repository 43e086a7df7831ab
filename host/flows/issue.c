// SPDX-License-Identifier: Apache-2.0
#include "host/flows/issue.h"

#include "host/flows/visit.h"

/// Whose it is, as the issue log must name it.
struct owner {
    uint8_t device[HOLDER_MAX], user[HOLDER_MAX];
};

static bool read_ids(struct visit *visit, struct owner *owner) {
    struct purse_identity identity;
    struct center_question *question = &visit->question;
    if (!visit_went(visit, client_read_identity(visit->client, &identity)))
        return false;
    return visit_keep(visit, bytes_of_string(identity.device), owner->device, sizeof owner->device,
                      &question->device) &&
           visit_keep(visit, bytes_of_string(identity.user), owner->user, sizeof owner->user,
                      &question->user);
}

/// An answer that was lost: the same log is either taken now or was taken before.
static bool give_log(struct visit *visit, struct bytes log) {
    enum purse_outcome outcome = client_issue(visit->client, log);
    if (outcome == PURSE_BROKEN && client_select(visit->client) == PURSE_OK)
        outcome = client_issue(visit->client, log);
    return visit_went(visit, outcome);
}

static bool consent(struct visit *visit, const char *pin) {
    return pin == NULL || visit_went(visit, client_verify_pin(visit->client, pin));
}

bool issue_run(struct purse_client *client, const struct center *center, const char *pin,
               uint8_t *out, size_t capacity, struct bytes *issue_log, struct failure *failure) {
    struct visit visit = {.client = client, .center = center, .failure = failure};
    struct owner owner;
    return visit_begin(&visit) && consent(&visit, pin)        // who is there
           && read_ids(&visit, &owner) && visit_state(&visit) // what it holds
           && center->issue(center->context, &visit.question, out, capacity, issue_log,
                            failure)        // what it gets
           && give_log(&visit, *issue_log); // it takes it
}
