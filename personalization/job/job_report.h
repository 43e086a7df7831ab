// SPDX-License-Identifier: Apache-2.0
// The report of a job: what was planned, made and rejected, row by row, signed by the authority's
// local center so that nobody edits it afterwards.
#ifndef PERSONALIZATION_JOB_JOB_REPORT_H
#define PERSONALIZATION_JOB_JOB_REPORT_H

#include "personalization/job/job.h"
#include "personalization/keys/token.h"

/// Writes JOB/report.json and JOB/report.sig (ECDSA P-256 over SHA-256, DER) and prints the totals
/// {total, done, rejected}. With check it signs nothing: the stored report must verify under the
/// center's certificate and agree with the journal. False with EXIT_REFUSED when rejects exist.
bool job_report_print(const char *directory, bool check, bool json, const struct token_pin *pin,
                      const struct crypto *crypto, uint32_t today, struct failure *failure);

#endif
