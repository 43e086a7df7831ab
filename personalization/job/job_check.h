// SPDX-License-Identifier: Apache-2.0
// What can be known to go wrong before the first card of a job does: its profile, its keys, the
// names of its links.
#ifndef PERSONALIZATION_JOB_JOB_CHECK_H
#define PERSONALIZATION_JOB_JOB_CHECK_H

#include "personalization/authority/authority.h"
#include "personalization/job/job.h"

#include <limits.h>

/// A key that the cards of a profile (NULL: whatever they are) can be given: it is there, and its
/// method gives one. source NULL: none is asked for. kcv: its check value in hexadecimal, or NULL.
bool job_check_key(const char *source, const char *profile_name, const struct crypto *crypto,
                   const struct key_access *access, char kcv[8], struct failure *failure);

/// What the authority would refuse of every single card.
bool job_check_profile(const struct job_plan *plan, const struct ca *ca, struct failure *failure);

/// The link's name with the row's id in place of %s.
bool job_link_name(const char *name, const char *id, char full[PATH_MAX], struct failure *failure);

/// Path of an image that may have to be made, in full, which is name with an id in it: one a row,
/// with or without "emu:". NULL: none.
const char *job_link_image(const char *name, const char *full);

#endif
