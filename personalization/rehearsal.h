// SPDX-License-Identifier: Apache-2.0
// A dry run: the first open row of a job, made on a card in memory under an authority in memory,
// with every command shown as it would go into the channel and every secret masked.
#ifndef PERSONALIZATION_REHEARSAL_H
#define PERSONALIZATION_REHEARSAL_H

#include "personalization/job_run.h"

/// card: a blank one behind its internal interface. Prints to standard output.
bool rehearse(struct job *job, struct link *card, const struct crypto *crypto, uint32_t today,
              struct failure *failure);

#endif
