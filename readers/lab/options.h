// SPDX-License-Identifier: Apache-2.0
// The options of lab run and lab start: one table row each (options.c: flags[]).
#ifndef READERS_LAB_OPTIONS_H
#define READERS_LAB_OPTIONS_H

#include "readers/lab/lab.h"

/// Reads argv[0..] up to "--". False: error says which argument is wrong and why.
bool lab_options_parse(struct lab_options *options, size_t argc, char **argv, char *error,
                       size_t size);

#endif
