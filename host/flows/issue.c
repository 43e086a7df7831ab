// SPDX-License-Identifier: Apache-2.0
#include "host/flows/issue.h"

#include "host/purse_failure.h"

#include <inttypes.h>
#include <string.h>

/// What one issue holds while it runs.
struct issue {
    struct purse_client *client;
    const struct issue_center *center;
    struct failure *failure;
    struct issue_question question;
    uint8_t certificate[CERTIFICATE_MAX];
    uint8_t statement[PURSE_ANSWER_MAX];
    uint8_t device[HOLDER_MAX], user[HOLDER_MAX];
    struct bytes log;
};

static bool went(struct issue *issue, enum purse_outcome outcome) {
    return purse_went(issue->client, outcome, issue->failure);
}

/// Copies an answer out of the client's buffer.
static bool keep(struct issue *issue, struct bytes answer, uint8_t *out, size_t capacity,
                 struct bytes *kept) {
    if (answer.size > capacity)
        return went(issue, PURSE_GARBLED);
    memcpy(out, answer.data, answer.size);
    *kept = bytes_of(out, answer.size);
    return true;
}

static bool meet_center(struct issue *issue) {
    struct bytes own;
    return went(issue, client_exchange(issue->client, issue->center->certificate, &own)) &&
           keep(issue, own, issue->certificate, sizeof issue->certificate,
                &issue->question.certificate);
}

static bool read_ids(struct issue *issue) {
    struct purse_identity identity;
    if (!went(issue, client_read_identity(issue->client, &identity)))
        return false;
    return keep(issue, bytes_of_string(identity.device), issue->device, sizeof issue->device,
                &issue->question.device) &&
           keep(issue, bytes_of_string(identity.user), issue->user, sizeof issue->user,
                &issue->question.user);
}

static bool take_statement(struct issue *issue) {
    uint8_t buffer[ISSUE_OBJECT_MAX];
    struct bytes challenge, statement;
    return issue->center->challenge(issue->center->context, issue->client->selection.id, buffer,
                                    sizeof buffer, &challenge, issue->failure) &&
           went(issue, client_statement(issue->client, challenge, &statement)) &&
           keep(issue, statement, issue->statement, sizeof issue->statement,
                &issue->question.statement);
}

/// An answer that was lost: the same log is either taken now or was taken before.
static bool give_log(struct issue *issue) {
    enum purse_outcome outcome = client_issue(issue->client, issue->log);
    if (outcome == PURSE_BROKEN && client_select(issue->client) == PURSE_OK)
        outcome = client_issue(issue->client, issue->log);
    return went(issue, outcome);
}

bool issue_run(struct purse_client *client, const struct issue_center *center, uint8_t *out,
               size_t capacity, struct bytes *issue_log, struct failure *failure) {
    struct issue issue = {.client = client, .center = center, .failure = failure};
    issue.question.purse = client->selection.id;
    bool done = went(&issue, client_select(client)) && meet_center(&issue) // who is there
                && read_ids(&issue) && take_statement(&issue)              // what it holds
                && center->decide(center->context, &issue.question, out, capacity, &issue.log,
                                  failure) // what it gets
                && give_log(&issue);       // it takes it
    *issue_log = issue.log;
    return done;
}
