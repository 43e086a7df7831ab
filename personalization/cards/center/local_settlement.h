// SPDX-License-Identifier: Apache-2.0
// Answers of the local center: the one end of a till's batch. Declared as services/wire/center.h
// wants them.
#ifndef PERSONALIZATION_CARDS_CENTER_LOCAL_SETTLEMENT_H
#define PERSONALIZATION_CARDS_CENTER_LOCAL_SETTLEMENT_H

#include "services/wire/center.h"

/// context: a struct local_center.
center_answer local_settle, local_release;

#endif
