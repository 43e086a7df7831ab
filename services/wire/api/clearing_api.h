// SPDX-License-Identifier: Apache-2.0
// The clearing center as its clients see it: purses are known, transfers arrive, issue logs go out,
// logs and batches come in, and what was spent is paid out (docs/clearing.md).
#ifndef SERVICES_WIRE_API_CLEARING_API_H
#define SERVICES_WIRE_API_CLEARING_API_H

#include "services/wire/form/endpoint.h"

enum { CLEARING_LOGS_MOST = 64, CLEARING_EVIDENCE_MOST = 16 }; // of one upload

extern const struct api clearing_api;
extern const struct endpoint clearing_center, clearing_purse, clearing_certificates, clearing_party,
    clearing_policy, clearing_incoming, clearing_scheme, clearing_grant, clearing_challenge,
    clearing_told, clearing_issue, clearing_issued, clearing_logs, clearing_batches,
    clearing_releases, clearing_acknowledgement, clearing_redemption, clearing_order, clearing_lost,
    clearing_hotlist, clearing_revoke, clearing_status, clearing_trace, clearing_payouts,
    clearing_suspense, clearing_decide, clearing_page, clearing_page_list, clearing_evidence,
    clearing_restored;

extern const struct problem_word clearing_certificate, clearing_known, clearing_policy_bad,
    clearing_unknown_purse, clearing_transfer_taken, clearing_statement, clearing_no_transfer,
    clearing_unit, clearing_scheme_taken, clearing_rolled_back, clearing_books, clearing_listed,
    clearing_claim, clearing_overflow, clearing_batch_bad, clearing_ended, clearing_withheld,
    clearing_insufficient, clearing_no_list, clearing_unknown_log, clearing_decision;

#endif
