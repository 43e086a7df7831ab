// SPDX-License-Identifier: Apache-2.0
// The script's own bound: "#! timeout 30s". It is looked at behind each statement; a reader that
// never answers is a matter of the link's own bounds.
#include "apdu/script/run_internal.h"

enum { LATE_SCRIPT = 1, LATE_CLEANUP = 2 };

static bool is_late(const struct runner *runner) {
    return runner->deadline != 0 && runner->world->now(runner->world) > runner->deadline;
}

static void set_deadline(struct runner *runner) {
    uint64_t now = runner->world->now(runner->world);
    if (__builtin_add_overflow(now, runner->program->timeout, &runner->deadline))
        runner->deadline = 0; // later than any clock
}

void time_begin(struct runner *runner) {
    if (runner->program->timeout != 0 && !runner->options->dry_run)
        set_deadline(runner);
}

enum flow time_check(struct runner *runner, const struct statement *statement, enum flow flow) {
    static const char *const messages[] = {"the script takes longer than its timeout",
                                           "the cleanups take longer than the script's timeout"};
    if (!is_late(runner))
        return flow;
    if (runner->times_late < LATE_CLEANUP)
        (void)runner_fail(runner, OUTCOME_FAILED, &statement->at, messages[runner->times_late++],
                          NULL);
    if (runner->times_late == LATE_SCRIPT)
        set_deadline(runner);
    return FLOW_STOP;
}

void time_wait(const struct runner *runner, uint64_t nanoseconds) {
    uint64_t now = runner->deadline != 0 ? runner->world->now(runner->world) : 0;
    if (now < runner->deadline && nanoseconds > runner->deadline - now)
        nanoseconds = runner->deadline - now + 1;
    runner->world->wait(runner->world, nanoseconds);
}
