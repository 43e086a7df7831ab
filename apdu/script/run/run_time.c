// SPDX-License-Identifier: Apache-2.0
// The script's own bound: "#! timeout 30s". It is looked at behind each statement; a reader that
// never answers is a matter of the link's own bounds.
#include "apdu/script/run/run_internal.h"

enum { LATE_SCRIPT = 1, LATE_CLEANUP = 2 };

bool time_is_up(const struct runner *runner) {
    return runner->deadline != 0 && runner->ports->now(runner->ports) > runner->deadline;
}

static void set_deadline(struct runner *runner) {
    uint64_t now = runner->ports->now(runner->ports);
    if (__builtin_add_overflow(now, runner->program->timeout, &runner->deadline))
        runner->deadline = 0; // later than any clock
}

void time_begin(struct runner *runner) {
    if (runner->program->timeout != 0 && !runner->options->dry_run)
        set_deadline(runner);
}

/// A signal ends the script once; its cleanups run to their end.
static bool is_interrupted(struct runner *runner, const struct statement *statement) {
    const struct script_ports *ports = runner->ports;
    if (runner->interrupted || ports->stopped == NULL || ports->stopped(ports) == 0)
        return false;
    runner->interrupted = true;
    (void)runner_fail(runner, OUTCOME_STOPPED, &statement->at, "interrupted by a signal", NULL);
    return true;
}

enum flow time_check(struct runner *runner, const struct statement *statement, enum flow flow) {
    static const char *const messages[] = {"the script takes longer than its timeout",
                                           "the cleanups take longer than the script's timeout"};
    if (is_interrupted(runner, statement))
        return FLOW_STOP;
    if (!time_is_up(runner))
        return flow;
    if (runner->times_late < LATE_CLEANUP)
        (void)runner_fail(runner, OUTCOME_FAILED, &statement->at, messages[runner->times_late++],
                          NULL);
    if (runner->times_late == LATE_SCRIPT)
        set_deadline(runner);
    return FLOW_STOP;
}

void time_wait(const struct runner *runner, uint64_t nanoseconds) {
    uint64_t now = runner->deadline != 0 ? runner->ports->now(runner->ports) : 0;
    if (now < runner->deadline && nanoseconds > runner->deadline - now)
        nanoseconds = runner->deadline - now + 1;
    runner->ports->wait(runner->ports, nanoseconds);
}
