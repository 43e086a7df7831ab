// SPDX-License-Identifier: Apache-2.0
#include "services/clearing/clearing_private.h"
#include "services/wire/api/bank_api.h"

#include <string.h>

enum { PAYOUTS_EVERY_MS = 10000, INCOMING_EVERY_MS = 2000, CLAIMS_EVERY_MS = 3600000 };

static const struct handler handlers[] = {
    {&clearing_center, NULL, clearing_center_transact, NULL},
    {&clearing_purse, clearing_purse_check, clearing_purse_transact, NULL},
    {&clearing_certificates, NULL, clearing_certificates_transact, NULL},
    {&clearing_party, NULL, clearing_party_transact, NULL},
    {&clearing_policy, clearing_policy_check, clearing_policy_transact, NULL},
    {&clearing_incoming, NULL, clearing_incoming_transact, NULL},
    {&clearing_scheme, NULL, clearing_scheme_transact, NULL},
    {&clearing_grant, NULL, clearing_grant_transact, NULL},
    {&clearing_challenge, clearing_challenge_check, clearing_challenge_transact,
     &clearing_sql[PURSE_HOST]},
    {&clearing_told, clearing_told_check, clearing_told_transact, &clearing_sql[PURSE_HOST]},
    {&clearing_issue, clearing_told_check, clearing_issue_transact, &clearing_sql[PURSE_HOST]},
    {&clearing_issued, NULL, clearing_issued_transact, &clearing_sql[PURSE_HOST]},
    {&clearing_logs, clearing_logs_check, clearing_logs_transact, &clearing_sql[PURSE_HOST]},
    {&clearing_batches, clearing_batch_check, clearing_batch_transact, &clearing_sql[PURSE_HOST]},
    {&clearing_acknowledgement, clearing_told_check, clearing_acknowledge_transact,
     &clearing_sql[PURSE_HOST]},
    {&clearing_redemption, clearing_told_check, clearing_redeem_transact,
     &clearing_sql[PURSE_HOST]},
    {&clearing_order, NULL, clearing_order_transact, &clearing_sql[PURSE_HOST]},
    {&clearing_lost, NULL, clearing_lost_transact, NULL},
    {&clearing_hotlist, NULL, clearing_hotlist_transact, NULL},
    {&clearing_revoke, clearing_revoke_check, clearing_revoke_transact, NULL},
    {&clearing_evidence, clearing_evidence_check, clearing_evidence_transact,
     &clearing_sql[PURSE_HOST]},
    {&clearing_restored, NULL, clearing_restored_transact, NULL},
    {&clearing_status, NULL, clearing_status_transact, NULL},
    {&clearing_trace, NULL, clearing_trace_transact, NULL},
    {&clearing_payouts, NULL, clearing_payouts_transact, NULL},
    {&clearing_suspense, NULL, clearing_suspense_transact, NULL},
    {&clearing_decide, clearing_decide_check, clearing_decide_transact, NULL},
    {&clearing_page, NULL, clearing_page_transact, NULL},
    {&clearing_page_list, NULL, clearing_page_list_transact, NULL},
    {&clearing_releases, clearing_batch_check, clearing_release_transact,
     &clearing_sql[PURSE_HOST]},
};

static const struct handler replies[] = {{&bank_transfer, NULL, clearing_transfer_reply, NULL}};

static const struct service_job jobs[] = {
    {"payouts", PAYOUTS_EVERY_MS, clearing_payouts_job},
    {"incoming", INCOMING_EVERY_MS, clearing_incoming_job},
    {"claims", CLAIMS_EVERY_MS, clearing_claims_job},
};

bool clearing_center_transact(struct call *call, struct session *session) {
    (void)session;
    const struct clearing_state *state = clearing_of(call);
    for (size_t i = 0; i < CHAIN; i++)
        form_add_octets(&call->out, NAME_CERTIFICATES, state->certificates[i]);
    return true;
}

// ---- begin and end -----------------------------------------------------------------------------

static void keep_certificates(struct clearing_state *state, const struct service_keys *keys) {
    size_t size = 0;
    for (size_t i = 0; i < CHAIN; i++) {
        struct bytes one = keys->certificates[i];
        memcpy(state->chain + size, one.data, one.size);
        state->certificates[i] = bytes_of(state->chain + size, one.size);
        size += one.size;
    }
}

static bool start(void *state, const struct service_place *place, struct failure *failure) {
    (void)failure;
    keep_certificates(state, place->keys);
    return true;
}

const struct service clearing_service = {
    .name = "clearing",
    .api = &clearing_api,
    SERVICE_TABLE(handlers, handler_count, handlers),
    .statements = clearing_sql,
    .statement_count = CLEARING_SQL,
    SERVICE_TABLE(migrations, migration_count, clearing_migrations),
    SERVICE_TABLE(replies, reply_count, replies),
    SERVICE_TABLE(jobs, job_count, jobs),
    .party = {.role = ROLE_CENTER, .long_id = true},
    .state_size = sizeof(struct clearing_state),
    .start = start,
};
