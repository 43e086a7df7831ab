// SPDX-License-Identifier: Apache-2.0
// Every endpoint of a service, from its rows alone: what a row must be like, and what is answered
// to every role, to no certificate, without a key, with each field missing, doubled, mistyped, at
// and beyond its limits. Each service's suite calls it once.
#ifndef TESTS_KIT_SERVICES_SWEEP_H
#define TESTS_KIT_SERVICES_SWEEP_H

#include "tests/kit/services/shop.h"

/// Asserts with CUnit. Returns how many requests were made.
size_t sweep_service(struct shop *shop);

/// The JSON of a smallest lawful request of a shape: what the sweep starts from. New reference.
json_t *sweep_sample(const struct crypto *crypto, const struct shape *shape);

#endif
