// SPDX-License-Identifier: Apache-2.0
// One script file from its text to its report: reads and checks it, runs it with a listener that
// fills the report, prints failures and feeds observers (recordings, captures, coverage).
#ifndef APDU_SCRIPT_RUN_SESSION_H
#define APDU_SCRIPT_RUN_SESSION_H

#include "apdu/script/run/needs.h"
#include "apdu/script/run/report.h"

/// Someone who wants to see every exchange of a run.
struct script_observer {
    void (*exchange)(struct script_observer *observer,
                     const struct script_exchange *what);                             // may be NULL
    void (*event)(struct script_observer *observer, const struct script_event *what); // may be NULL
    /// False: something could not be written; errno says what.
    bool (*close)(struct script_observer *observer);
    struct script_observer *next;
};

struct session {
    // the caller's
    struct report *report;
    FILE *out, *err;
    enum report_mode mode;
    const struct script_options *options;
    struct script_ports ports;
    struct script_observer *observers; // may be NULL
    const struct catalogue_own *own;   // may be NULL
    struct script_needs needs;         // cards and keys; without a card the script is only read
    // the session's own
    struct script_program program;
    struct buffer detail;  // failures of the case under way
    bool first_error_kept; // the report has the script's first error
};

/// Reads and checks the file. False: errors were printed and are in the report.
bool session_open(struct session *session, const char *file);
/// Runs the script over these cards, in the order of their names, and fills in the report.
void session_run(struct session *session, const struct script_card *cards, size_t card_count);
/// Frees program and report.
void session_close(struct session *session);

#endif
