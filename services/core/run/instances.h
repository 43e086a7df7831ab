// SPDX-License-Identifier: Apache-2.0
// Several services as one process: they begin together, say where they are, read their files again
// at SIGHUP, and end at SIGTERM or SIGINT.
#ifndef SERVICES_CORE_RUN_INSTANCES_H
#define SERVICES_CORE_RUN_INSTANCES_H

#include "services/core/run/instance.h"

#include <signal.h>

/// One of them. instance: NULL before it has begun.
struct served {
    const struct instance_options *options;
    struct instance *instance;
};

/// Blocks the three signals for every thread that begins from here on, and has clients that leave
/// end no process.
void instances_block_signals(sigset_t *signals);

/// Starts all, then prints "NAME URL" for each ("NAME-metrics URL", too) and "ready", and tells
/// systemd. False: the failure names the one that did not start; what has begun goes on.
bool instances_start(struct served *served, size_t count, struct failure *failure);

/// Until SIGTERM or SIGINT.
void instances_run(struct served *served, size_t count, const sigset_t *signals);

/// What would run, a line each.
void instances_print_plan(const struct served *served, size_t count);

#endif
