// SPDX-License-Identifier: Apache-2.0
// A toy service that shows the whole of services/core: counters that belong to who made them, go
// up by steps and are read. Every kind of row stands here once: owner named, owner stored, open to
// all, octets that are no JSON, a refusal after writing, an answer that is asked for again.
#ifndef TESTS_KIT_SERVICES_COUNTER_H
#define TESTS_KIT_SERVICES_COUNTER_H

#include "services/core/service.h"

extern const struct service counter_service;
extern const struct api counter_api;

extern const struct endpoint counter_make, counter_step, counter_read, counter_page, counter_wait;

/// Words of its own.
extern const struct problem_word counter_taken, counter_limit, counter_odd;

/// Its tables for shop_dump: counters, then steps.
extern const struct statement counter_dump[2];

enum { COUNTER_LIMIT = 1000 };

#endif
