// SPDX-License-Identifier: Apache-2.0
// What the parts of the runner share. Only run*.c include it.
#ifndef APDU_SCRIPT_RUN_RUN_INTERNAL_H
#define APDU_SCRIPT_RUN_RUN_INTERNAL_H

#include "apdu/crypto/scp02.h"
#include "apdu/script/language/match.h"
#include "apdu/script/run/run.h"

/// How far a failure reaches.
enum flow {
    FLOW_ON,
    FLOW_LEAVE, // leave the test (or the script outside tests) for its cleanup
    FLOW_STOP,  // as LEAVE, and no further test
    FLOW_EXIT,  // the script ends itself, nothing failed
};

/// One secure channel around a block.
struct secure_channel {
    bool scp02; // it is older, else session
    struct scp03 session;
    struct scp02 older;
    size_t card;
    bool open;
};

struct runner {
    struct script_program *program;
    const struct script_ports *ports;
    const struct script_options *options;
    const struct script_card *cards;
    size_t card_count, card; // present card
    const struct script_listener *listener;
    struct evaluation evaluation;
    struct script_run_result result;
    struct script_case outside; // statements outside test blocks
    struct script_case *now;    // the case under way
    struct buffer now_message, outside_message;
    enum fail_policy policy;
    bool asks, denied;  // a condition is under way; it does not hold
    uint32_t undecided; // dry run: open blocks of conditions that only an answer could decide
    uint32_t automatic; // auto_option bits
    uint32_t calls;
    uint64_t statements;           // that were begun
    uint64_t deadline;             // of the script's timeout, on the ports' clock; 0: none
    bool interrupted;              // a signal came: only cleanups are still to run
    uint8_t times_late;            // how often a deadline passed: of the script, of its cleanups
    struct secure_channel *secure; // innermost open channel, or NULL
    struct buffer command;         // as written
    struct buffer wire;            // what goes over the link
    size_t answer_size;            // of the last answer, clear, with its status word
    bool answered;                 // the last command got an answer of at least two octets
    struct buffer wire_answer;     // of the last protected answer, as it came
    uint64_t begin, elapsed;       // of the last exchange, nanoseconds
    uint8_t atr[64];
    size_t atr_size;
    uint8_t answer[APDU_EXTENDED_RESPONSE_MAX + 64];
};

/// Reports a failure at a place and says how to go on. detail may be NULL.
enum flow runner_fail(struct runner *runner, enum script_outcome outcome,
                      const struct script_position *at, const char *message, const char *detail);
/// The failure of an evaluation.
enum flow runner_fault(struct runner *runner);
/// The failure of a link.
enum flow runner_link_failed(struct runner *runner, const struct script_position *at,
                             enum link_status status, const struct link *link);

/// Runs statements one after the other until one says otherwise.
enum flow run_block(struct runner *runner, const struct statement *first);

/// Sends runner->command to the present card and checks the expectations.
enum flow run_transmit(struct runner *runner, const struct statement *statement);
/// Resets the present card as the statement says and checks what it expects of the ATR.
enum flow run_reset(struct runner *runner, const struct statement *statement);
/// One exchange without expectations: for opening channels. FLOW_ON when an answer came.
enum flow run_raw(struct runner *runner, const struct statement *statement, struct bytes command);

/// Checks expectations against the last answer; the first that fails is told.
enum flow run_expectations(struct runner *runner, const struct expectation *first);
/// Does a condition hold? FLOW_ON with *holds set, else how the script goes on after an error.
enum flow run_condition(struct runner *runner, const struct expectation *condition, bool *holds);
/// Does it need an answer, or a value that only one could give?
bool needs_answer(struct runner *runner, const struct expectation *condition);
/// Is silence what the script expects?
bool expects_mute(const struct expectation *first);

// run_time.c
/// Sets the deadline when the script has a timeout.
void time_begin(struct runner *runner);
/// Is the script beyond its deadline?
bool time_is_up(const struct runner *runner);
/// The flow of a statement that is done, or what follows from being late: the script ends with a
/// failure, and its cleanups get the same time once more.
enum flow time_check(struct runner *runner, const struct statement *statement, enum flow flow);
/// Waits, but not beyond the deadline.
void time_wait(const struct runner *runner, uint64_t nanoseconds);

/// Opens the secure channel of a statement, runs its block within it and closes it.
enum flow run_within(struct runner *runner, const struct statement *statement);
/// Sends a command of the catalogue, built from its parameters.
enum flow run_command(struct runner *runner, const struct statement *statement);

/// Data of the last answer, without its status word.
struct bytes runner_answer_data(const struct runner *runner);
/// Status word of the last answer; 0 when there was none.
uint16_t runner_answer_sw(const struct runner *runner);

#endif
