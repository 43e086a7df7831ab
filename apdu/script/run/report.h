// SPDX-License-Identifier: Apache-2.0
// Results of scripts for people and programs: plain lines, TAP 13, JSON lines, JUnit XML. A report
// holds the cases of one script file; it travels as octets from a worker process to its parent.
#ifndef APDU_SCRIPT_RUN_REPORT_H
#define APDU_SCRIPT_RUN_REPORT_H

#include <stdio.h>

#include "apdu/script/run/run.h"

struct report_case {
    char *title;   // never NULL
    char *message; // of the first failure or skip
    char *place;   // FILE:LINE:COLUMN of it, or ""
    char *detail;  // all failures as they were shown
    enum script_outcome outcome;
    uint64_t exchanges, checks, nanoseconds;
};

struct report {
    char *file;
    struct report_case *cases;
    size_t count;
    enum script_outcome outcome; // worst
    uint64_t exchanges;
    uint64_t nanoseconds;
    uint64_t seed;
};

/// An empty report about a file, whose name is copied.
void report_init(struct report *report, const char *file);
/// Frees names, messages and cases.
void report_free(struct report *report);
/// Copies. detail may be NULL. False when memory is out.
bool report_add(struct report *report, const struct script_case *result, const char *detail);
/// A script that could not even start.
bool report_add_error(struct report *report, enum script_outcome outcome, const char *message);

/// A report as octets for the parent process. False: it could not be written.
bool report_write(const struct report *report, FILE *out);
/// Reads such octets into a report of report_init. False: they are cut or out of memory.
bool report_read(struct report *report, FILE *in);

enum report_mode { REPORT_PLAIN, REPORT_TAP, REPORT_JSON };

struct report_totals {
    size_t files, cases, failed, skipped;
    uint64_t exchanges;
    enum script_outcome outcome;
};

/// What stands before the first report of a run in this form.
void report_begin(enum report_mode mode, FILE *out);
/// Lines of one file; numbers TAP points by totals->cases and adds the report to totals.
void report_print(const struct report *report, enum report_mode mode, FILE *out,
                  struct report_totals *totals);
/// What stands after the last one, totals included.
void report_end(enum report_mode mode, FILE *out, const struct report_totals *totals);

/// One JUnit file for all reports. False: errno.
bool report_junit(const struct report *reports, size_t count, const char *path);

/// Text as the inside of a JSON string.
void report_json_text(FILE *out, const char *text);

#endif
