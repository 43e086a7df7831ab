// SPDX-License-Identifier: Apache-2.0
// What tests/scripts/fixtures gives the scripts of a shell suite, for suites in C: an authority in
// a directory of its own, its keys by name, PINs in the environment.
#ifndef TESTS_KIT_SCRIPT_SCRIPT_FIXTURES_H
#define TESTS_KIT_SCRIPT_SCRIPT_FIXTURES_H

#include "apdu/script/run/host.h"

/// Makes the authority and sets FIXTURES and its like. False prints the reason.
bool script_fixtures_make(struct host_keys *keys);

/// One member of an authority that exists already, as files of these fixtures: "center", ...
struct script_fixture {
    const char *name;
    struct bytes certificate;
    const uint8_t *scalar;
};

/// The same of this authority.
bool script_fixtures_of(struct host_keys *keys, const struct script_fixture *members, size_t count);

bool script_fixtures_remove(void);

#endif
