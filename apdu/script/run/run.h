// SPDX-License-Identifier: Apache-2.0
// The runner: statements over links (link.h). It sends what is written, compares what comes back
// and tells a listener; printing, recording and exit codes are the listener's. Cleanup sections run
// whatever happened before them.
#ifndef APDU_SCRIPT_RUN_RUN_H
#define APDU_SCRIPT_RUN_RUN_H

#include "apdu/command/link.h"
#include "apdu/octets/codec.h"
#include "apdu/script/language/evaluate.h"
#include "apdu/script/language/parse.h"

/// What a script does to a card beside talking to it. A function that is NULL is not possible here.
struct script_control {
    /// Power goes after so many NVM writes from now on.
    enum link_status (*power_cut)(const struct script_control *control, uint64_t writes);
    enum link_status (*insert)(const struct script_control *control);
    enum link_status (*remove)(const struct script_control *control);
    void *context;
};

struct script_card {
    const char *name;
    struct link *link; // NULL in a dry run
    const struct script_control *control;
};

enum { SCRIPT_CARDS_MAX = 8, SCRIPT_CALL_DEPTH_MAX = 64 };

enum script_outcome {
    OUTCOME_PASSED,
    OUTCOME_FAILED,  // an expectation did not hold
    OUTCOME_SKIPPED, // the script said so
    OUTCOME_ERROR,   // the script is wrong: a value that cannot be made, no such card
    OUTCOME_NO_CARD, // no reader or no card
    OUTCOME_BROKEN,  // the transport broke, outcome open
    OUTCOME_LOCKED,  // someone else holds the card
    OUTCOME_STOPPED, // a signal asked for the end
    OUTCOME_COUNT
};

/// Exit code of an outcome.
int outcome_exit_code(enum script_outcome outcome);
/// The one of two that a program should end with.
enum script_outcome outcome_worse(enum script_outcome a, enum script_outcome b);
/// "passed", "failed", ... for reports.
const char *outcome_word(enum script_outcome outcome);

struct script_exchange {
    size_t card;
    const char *card_name;
    struct script_position at;
    struct bytes command, answer; // on the wire; answer with its status word, empty: none came
    struct bytes clear_command, clear_answer; // inside a secure channel: without its protection
    uint64_t begin, end;                      // nanoseconds of the ports' clock
    const struct secret_span *secrets;        // within the command as it was written
    size_t secret_count;
    uint32_t automatic; // enum auto_option bits in force
    bool secured;       // stands in `within`; what goes out then is not what is written
    bool secret;        // all of the command
    bool unknown;       // dry run: a value that only an answer could give is missing
};

enum script_event_kind {
    EVENT_RESET,
    EVENT_COLD_RESET,
    EVENT_POWER_CUT,
    EVENT_INSERT,
    EVENT_REMOVE,
    EVENT_KIND_COUNT
};

struct script_event {
    enum script_event_kind kind;
    size_t card;
    const char *card_name;
    struct bytes atr; // of a reset
    uint64_t number;  // POWER_CUT: writes
    uint64_t at;
};

struct script_failure {
    enum script_outcome outcome;
    struct script_diagnostic diagnostic;
    const char *detail; // lines, indented, each with its end; may be ""
};

struct script_case {
    struct bytes title; // empty: the script itself
    enum script_outcome outcome;
    size_t exchanges, checks;
    uint64_t nanoseconds;
    const char *message; // of the first failure or the reason of a skip; ""
    struct script_position at;
};

/// Any function may be NULL.
struct script_listener {
    void (*case_begin)(const struct script_listener *listener, struct bytes title);
    void (*case_end)(const struct script_listener *listener, const struct script_case *result);
    void (*exchange)(const struct script_listener *listener, const struct script_exchange *what);
    void (*event)(const struct script_listener *listener, const struct script_event *what);
    void (*failure)(const struct script_listener *listener, const struct script_failure *what);
    void (*echo)(const struct script_listener *listener, struct bytes text);
    void (*delay)(const struct script_listener *listener, uint64_t nanoseconds);
    void *context;
};

/// Which part of a script runs. What SETUP leaves in its variables, a memo hands on to the others.
enum script_part {
    PART_ALL,
    PART_SETUP,      // the `setup` blocks of the top level, and what prepares them: `let`, captures
    PART_BODY,       // everything but these blocks and the invariants of the top level
    PART_INVARIANTS, // `let` and captures, then the invariants of the top level
};

struct script_options {
    uint64_t seed;
    bool dry_run;
    bool keep_going;  // start with `on-fail continue`
    const char *only; // the one test that is run, by its title; NULL: every one
    bool fail_fast;   // no further test behind one that failed
    enum script_part part;
    uint64_t statements_max;        // an error when more than so many were run; 0: no limit
    struct script_memo *memo;       // written by SETUP, read by BODY and INVARIANTS; may be NULL
    bool keeps_memo;                // every part writes it, too
    const struct script_keys *keys; // by name, after @ or in key(); NULL: none
};

struct script_run_result {
    enum script_outcome outcome; // worst of all cases
    size_t cases, failed, skipped, exchanges, checks;
};

/// Runs a program that program_check accepted. cards stay open; the first one is the present card
/// at the start.
struct script_run_result run_script(struct script_program *program,
                                    const struct script_ports *ports,
                                    const struct script_options *options,
                                    const struct script_card *cards, size_t card_count,
                                    const struct script_listener *listener);

#endif
