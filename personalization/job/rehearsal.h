// SPDX-License-Identifier: Apache-2.0
// A dry run: the first open row of a job, made by the very code of a real run, on a card in memory,
// under an authority and a master key that are made for it and thrown away. Every command is shown
// and every secret masked; the job, its authority and its keys are not touched.
#ifndef PERSONALIZATION_JOB_REHEARSAL_H
#define PERSONALIZATION_JOB_REHEARSAL_H

#include "personalization/job/job_run.h"

#include <stdio.h>

/// card: a blank one. Refused for a profile whose kind of card it is not.
bool rehearse(struct job *job, struct link *card, const struct crypto *crypto, uint32_t today,
              FILE *out, struct failure *failure);

#endif
