// SPDX-License-Identifier: Apache-2.0
// The local center: issues and settles with the authority's center key where no clearing center
// runs. It checks what a center checks and records every answer before it leaves, issue logs in
// DIR/issue-logs.tsv, batches in DIR/batches.tsv; so it knows what it issued to whom, and gives a
// batch one end only. It moves no bank money; the clearing service does.
#ifndef PERSONALIZATION_CARDS_CENTER_LOCAL_CENTER_H
#define PERSONALIZATION_CARDS_CENTER_LOCAL_CENTER_H

#include "personalization/cards/center/local.h"

/// The interface of a center over it, which must outlive the interface.
struct center local_center_of(struct local_center *center);

#endif
