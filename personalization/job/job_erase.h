// SPDX-License-Identifier: Apache-2.0
// The end of a job: what it knows of people goes. Its journal, its report and who signed it stay.
#ifndef PERSONALIZATION_JOB_JOB_ERASE_H
#define PERSONALIZATION_JOB_JOB_ERASE_H

#include "personalization/job/job.h"

/// Leaves of every row its id alone, writes over what stood there and removes labels.csv; prints
/// how many rows. Refused while a row is open or begun. Afterwards the job runs and verifies no
/// card; killed anywhere, it is erased by doing it again.
bool job_erase(const char *directory, struct failure *failure);

#endif
