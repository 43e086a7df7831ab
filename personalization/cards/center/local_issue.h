// SPDX-License-Identifier: Apache-2.0
// Answers of the local center: an issue log for a purse as its statement shows it. Declared as
// services/wire/center.h wants them.
#ifndef PERSONALIZATION_CARDS_CENTER_LOCAL_ISSUE_H
#define PERSONALIZATION_CARDS_CENTER_LOCAL_ISSUE_H

#include "services/wire/center.h"

/// context: a struct local_center.
center_answer local_issue;

#endif
