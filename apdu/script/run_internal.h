// SPDX-License-Identifier: Apache-2.0
// What the parts of the runner share. Only run*.c include it.
#ifndef APDU_SCRIPT_RUN_INTERNAL_H
#define APDU_SCRIPT_RUN_INTERNAL_H

#include "apdu/script/match.h"
#include "apdu/script/run.h"

/// How far a failure reaches.
enum flow {
    FLOW_ON,
    FLOW_LEAVE, // leave the test (or the script outside tests) for its cleanup
    FLOW_STOP,  // as LEAVE, and no further test
    FLOW_EXIT,  // the script ends itself, nothing failed
};

/// One secure channel around a block.
struct secure_channel {
    struct scp03 session;
    size_t card;
    bool open;
};

struct runner {
    struct script_program *program;
    const struct script_world *world;
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
    uint32_t automatic; // auto_option bits
    uint32_t calls;
    uint64_t statements;           // that were begun
    uint64_t deadline;             // of the script's timeout, on the world's clock; 0: none
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

enum flow run_block(struct runner *runner, const struct statement *first);

/// Sends runner->command to the present card and checks the expectations.
enum flow run_transmit(struct runner *runner, const struct statement *statement);
enum flow run_reset(struct runner *runner, const struct statement *statement);
/// One exchange without expectations: for opening channels. FLOW_ON when an answer came.
enum flow run_raw(struct runner *runner, const struct statement *statement, struct bytes command);

enum flow run_expectations(struct runner *runner, const struct expectation *first);
/// Is silence what the script expects?
bool expects_mute(const struct expectation *first);

// run_time.c
/// Sets the deadline when the script has a timeout.
void time_begin(struct runner *runner);
/// The flow of a statement that is done, or what follows from being late: the script ends with a
/// failure, and its cleanups get the same time once more.
enum flow time_check(struct runner *runner, const struct statement *statement, enum flow flow);
/// Waits, but not beyond the deadline.
void time_wait(const struct runner *runner, uint64_t nanoseconds);

enum flow run_within(struct runner *runner, const struct statement *statement);
enum flow run_command(struct runner *runner, const struct statement *statement);

struct bytes runner_answer_data(const struct runner *runner);
uint16_t runner_answer_sw(const struct runner *runner);

#endif
