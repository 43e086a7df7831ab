// SPDX-License-Identifier: Apache-2.0
// Four eyes: a plan may demand that operators sign it before it runs. Signed is what will be done:
// job.json, profile and rows, so that a later edit voids every signature. Signatures lie beside
// them, approvals/ID.sig (ECDSA in DER) and ID.pem, the certificate; the authority's register says
// whether that one is an operator's and still good.
#ifndef PERSONALIZATION_JOB_APPROVAL_H
#define PERSONALIZATION_JOB_APPROVAL_H

#include "personalization/authority/authority.h"
#include "personalization/job/job.h"

/// SHA-256 of one of the job's files in hexadecimal.
bool approval_digest(const struct job *job, const char *name, const struct crypto *crypto,
                     char hex[2 * SHA256_SIZE + 1], struct failure *failure);

/// Has this holder a valid certificate of an operator in the register?
bool approval_is_operator(const struct register_list *issued, const char *id, uint32_t today);

/// Signs the plan of a job with key.pem and certificate.pem of a directory, as ca issue wrote them.
/// Refused: whom the plan does not name. Needs no authority; whether the certificate is good is
/// seen when the plan runs.
bool approval_sign(const char *job_directory, const char *operator_directory,
                   const struct crypto *crypto, struct failure *failure);

/// Prints what is to be signed and who has.
bool approval_tell(const char *job_directory, const struct crypto *crypto, struct failure *failure);

/// May it run? True where nobody need sign; else every operator of the plan must have signed it as
/// it is, with a key that the authority certified for that operator and that is good today. The
/// failure names who is missing, and why.
bool approval_check(const struct job *job, const struct ca *ca, const struct crypto *crypto,
                    struct failure *failure);

/// The ids as a JSON array, for plan and report.
struct json_t *job_operators(const struct operators *operators);

#endif
