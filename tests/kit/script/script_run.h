// SPDX-License-Identifier: Apache-2.0
// Scripts against a card that is a recording, in memory: what is sent, what is accepted, what is
// refused and where. For one suite each; unused parts are no fault.
#ifndef TESTS_KIT_SCRIPT_SCRIPT_RUN_H
#define TESTS_KIT_SCRIPT_SCRIPT_RUN_H

#include "apdu/script/run/host.h"
#include "apdu/script/tools/replay.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 8192 };

/// What one run gave.
struct outcome {
    struct script_run_result result;
    char sent[TEXT_MAX];     // commands as hex, one a line
    char echoed[TEXT_MAX];   // one a line
    uint64_t time;           // on its clock in the end
    char messages[TEXT_MAX]; // failures and errors as "LINE:COLUMN message"
    size_t errors;           // of the parser
};

static void append(char *to, const char *format, const char *text) {
    size_t used = strlen(to);
    snprintf(to + used, TEXT_MAX - used, format, text);
}

static void note(struct outcome *out, const struct script_diagnostic *what) {
    char line[512];
    snprintf(line, sizeof line, "%u:%u %s", what->at.line, what->at.column, what->message);
    append(out->messages, "%s\n", line);
}

static void on_report(const struct script_reporter *reporter,
                      const struct script_diagnostic *what) {
    note(reporter->context, what);
}

static void on_failure(const struct script_listener *listener, const struct script_failure *what) {
    note(listener->context, &what->diagnostic);
}

static void on_exchange(const struct script_listener *listener,
                        const struct script_exchange *what) {
    struct outcome *out = listener->context;
    struct buffer line;
    buffer_init(&line, &host_memory);
    buffer_format(&line, "%H", what->command);
    append(out->sent, "%s\n", buffer_string(&line));
    buffer_free(&line);
}

static void on_echo(const struct script_listener *listener, struct bytes text) {
    struct outcome *out = listener->context;
    char line[256];
    snprintf(line, sizeof line, "%.*s", (int)text.size, (const char *)text.data);
    append(out->echoed, "%s\n", line);
}

/// Time stands still but for 1 ms a look, so that time bounds can be tested.
static uint64_t ticking(const struct script_ports *ports) {
    uint64_t *clock = ports->context;
    return *clock += 1000000;
}

static void no_wait(const struct script_ports *ports, uint64_t nanoseconds) {
    *(uint64_t *)ports->context += nanoseconds;
}

__attribute__((unused)) static struct outcome run_with(const char *script, const char *dump,
                                                       bool dry) {
    struct outcome out = {.errors = 0};
    struct script_program program;
    struct script_reporter reporter = {on_report, &out};
    struct script_listener listener = {
        .exchange = on_exchange, .failure = on_failure, .echo = on_echo, .context = &out};
    uint64_t clock = 0;
    struct script_ports ports = host_ports(NULL);
    ports.now = ticking;
    ports.wait = no_wait;
    ports.stopped = NULL; // the host's asks the struct interrupt that its context is
    ports.context = &clock;
    struct replay replays[2];
    struct replay_link links[2];
    const char *fault = "";
    uint32_t line = 0;
    const char *names[2] = {"card", "other"};
    struct script_card cards[2];
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_TRUE_FATAL(replay_load(&replays[i], &host_memory, bytes_of_string(dump), names[i],
                                         REPLAY_STRICT, &fault, &line));
        replay_link_init(&links[i], &replays[i]);
        cards[i] = (struct script_card){names[i], &links[i].link, NULL};
    }
    program_init(&program, &host_memory, &host_files);
    program.main = sources_add(&program.sources, "t.apdu", bytes_of_string(script));
    struct script_options options = {.seed = 7, .dry_run = dry};
    if (program_check(&program, &reporter, NULL, NULL))
        out.result = run_script(&program, &ports, &options, cards, 2, &listener);
    else
        out.result.outcome = OUTCOME_ERROR;
    out.errors = program.error_count;
    out.time = clock;
    program_free(&program);
    replay_free(&replays[0]);
    replay_free(&replays[1]);
    return out;
}

static const char fci[] __attribute__((unused)) =
    "00A4040002ABCD00\n6F0A8402ABCDA5048302000A9000\n";

/// Does not parse; the first message is exactly this.
__attribute__((unused)) static bool refused(const char *script, const char *message) {
    struct outcome out = run_with(script, fci, false);
    bool ok = out.errors > 0 && strncmp(out.messages, message, strlen(message)) == 0;
    if (!ok)
        printf("\n%zu: %s", out.errors, out.messages);
    return ok;
}

#endif
