// SPDX-License-Identifier: Apache-2.0
#include "readers/link/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readers/exec_card.h"
#include "readers/link/stream.h"

/// One order of the past: a command, or where it has no octets a reset.
struct memory {
    enum link_reset reset;
    size_t command_size, answer_size;
    uint8_t octets[]; // command, answer
};

struct exec_link {
    struct link link;
    struct link *stream;
    char *line;
    struct link_options options;
    pid_t program; // 0: none
    bool ended;    // it did so while it was waited for
    bool remembers;
    struct memory **past;
    size_t past_count, past_capacity;
};

/// In the child: nothing of the caller's on standard input and output, and no life beyond his.
static void run_program(const char *line, const char *reader, pid_t parent) {
    const char *arguments[EXEC_ARGUMENTS_MAX];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    exec_arguments(line, reader, arguments);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(125);
    execvp(arguments[0], (char *const *)(uintptr_t)arguments);
    fprintf(stderr, "cannot run %s: %s\n", line, strerror(errno));
    _exit(127);
}

static bool start_program(void *context, unsigned port, struct link_failure *failure) {
    struct exec_link *exec = context;
    char reader[64];
    pid_t parent = getpid();
    snprintf(reader, sizeof reader, "vpcd:127.0.0.1:%u", port);
    exec->program = fork();
    if (exec->program == 0)
        run_program(exec->line, reader, parent);
    if (exec->program > 0)
        return true;
    exec->program = 0;
    link_fail(failure, LINK_NO_CARD, "cannot start %s: %s", exec->line, strerror(errno));
    return false;
}

/// Is there still a program that can connect?
static bool is_running(void *context) {
    struct exec_link *exec = context;
    exec->ended = exec->program <= 0 || waitpid(exec->program, NULL, WNOHANG) != 0;
    if (exec->ended)
        exec->program = 0;
    return !exec->ended;
}

static bool start(struct exec_link *exec, struct link_failure *failure) {
    const struct stream_side side = {start_program, is_running, exec};
    exec->stream = stream_link_open_with(exec->line, &exec->options, &side, failure);
    if (exec->stream != NULL)
        return true;
    if (exec->ended)
        link_fail(failure, LINK_NO_CARD, "exec:%s ended before it connected to its reader",
                  exec->line);
    else if (exec->program > 0)
        link_fail(failure, LINK_NO_CARD,
                  "exec:%s did not connect to its reader; it is started as PROGRAM --reader "
                  "vpcd:HOST:PORT and plays the card there",
                  exec->line);
    return false;
}

static void end_program(struct exec_link *exec) {
    if (exec->program <= 0)
        return;
    kill(exec->program, SIGTERM);
    for (int i = 0; i < 100; i++) {
        if (waitpid(exec->program, NULL, WNOHANG) != 0) {
            exec->program = 0;
            return;
        }
        usleep(10000);
    }
    kill(exec->program, SIGKILL);
    (void)waitpid(exec->program, NULL, 0);
    exec->program = 0;
}

// ---- what was said -----------------------------------------------------------------------------

/// Without memory left nothing more can be said again: the last order is forgotten, and it shows.
static void remember(struct exec_link *exec, enum link_reset reset, struct bytes command,
                     struct bytes answer) {
    if (!exec->remembers)
        return;
    if (exec->past_count == exec->past_capacity) {
        size_t capacity = 2 * exec->past_capacity + 64;
        struct memory **more = realloc(exec->past, capacity * sizeof(struct memory *));
        exec->remembers = more != NULL;
        if (more == NULL)
            return;
        exec->past = more;
        exec->past_capacity = capacity;
    }
    struct memory *memory = malloc(sizeof *memory + command.size + answer.size);
    exec->remembers = memory != NULL;
    if (memory == NULL)
        return;
    *memory = (struct memory){reset, command.size, answer.size};
    memcpy(memory->octets, command.data, command.size);
    memcpy(memory->octets + command.size, answer.data, answer.size);
    exec->past[exec->past_count++] = memory;
}

static void forget(struct exec_link *exec) {
    for (size_t i = 0; i < exec->past_count; i++) {
        bytes_erase(exec->past[i]->octets,
                    exec->past[i]->command_size + exec->past[i]->answer_size);
        free(exec->past[i]);
    }
    free(exec->past);
    exec->past = NULL;
    exec->past_count = exec->past_capacity = 0;
}

/// Says one order again. False: something else comes back than then.
static bool repeat(struct exec_link *exec, const struct memory *memory) {
    uint8_t answer[STREAM_APDU_MAX];
    size_t size = 0;
    struct bytes command = bytes_of(memory->octets, memory->command_size);
    struct bytes then = bytes_of(memory->octets + command.size, memory->answer_size);
    enum link_status status =
        command.size > 0 ? link_transmit(exec->stream, command, answer, sizeof answer, &size)
                         : link_reset(exec->stream, memory->reset, answer, sizeof answer, &size);
    return status == LINK_OK && bytes_equal(bytes_of(answer, size), then);
}

// ---- the link ----------------------------------------------------------------------------------

static enum link_status told(struct link *link, enum link_status status) {
    const struct exec_link *exec = (const struct exec_link *)link;
    if (status != LINK_OK)
        snprintf(link->error, sizeof link->error, "%s", exec->stream->error);
    return status;
}

static enum link_status exec_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                      size_t capacity, size_t *answer_size) {
    struct exec_link *exec = (struct exec_link *)link;
    enum link_status status = link_transmit(exec->stream, command, answer, capacity, answer_size);
    if (status == LINK_OK)
        remember(exec, LINK_RESET_COLD, command, bytes_of(answer, *answer_size));
    return told(link, status);
}

/// The ATR is looked at again, so it is asked for in any case.
static enum link_status exec_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                   size_t capacity, size_t *atr_size) {
    struct exec_link *exec = (struct exec_link *)link;
    uint8_t own[STREAM_APDU_MAX];
    size_t size = 0;
    enum link_status status = link_reset(exec->stream, kind, own, sizeof own, &size);
    if (status == LINK_OK)
        remember(exec, kind, (struct bytes){0}, bytes_of(own, size));
    if (status != LINK_OK || atr == NULL)
        return told(link, status);
    if (size > capacity)
        return link_error(link, LINK_TOO_LONG, "the ATR has %zu octets, the buffer %zu", size,
                          capacity);
    memcpy(atr, own, size);
    *atr_size = size;
    return LINK_OK;
}

static void exec_free(struct exec_link *exec) {
    end_program(exec);
    forget(exec);
    free(exec->line);
    free(exec);
}

static void exec_close(struct link *link) {
    struct exec_link *exec = (struct exec_link *)link;
    link_close(exec->stream);
    exec_free(exec);
}

static const struct link_ops exec_ops = {exec_transmit, exec_reset, exec_close};

void exec_link_remember(struct link *link) {
    if (link->ops == &exec_ops)
        ((struct exec_link *)link)->remembers = true;
}

bool exec_link_again(struct link *link, struct link_failure *failure) {
    if (link->ops != &exec_ops)
        return true;
    struct exec_link *exec = (struct exec_link *)link;
    bool whole = exec->remembers;
    stream_link_leave(exec->stream);
    exec->program = 0; // the parent's
    exec->stream = NULL;
    exec->remembers = false;
    if (!start(exec, failure))
        return false;
    for (size_t i = 0; whole && i < exec->past_count; i++)
        whole = repeat(exec, exec->past[i]);
    if (!whole)
        link_fail(
            failure, LINK_UNSUPPORTED,
            "exec:%s: started again and told the same, the program answers otherwise; it must "
            "begin as it began before, with the same random numbers",
            exec->line);
    return whole;
}

struct link *exec_link_open(const char *rest, const struct link_options *options,
                            struct link_failure *failure) {
    struct exec_link *exec = calloc(1, sizeof *exec);
    if (exec == NULL || (exec->line = strdup(rest)) == NULL) {
        free(exec);
        return link_fail(failure, LINK_NO_CARD, "out of memory");
    }
    exec->options = *options;
    if (!start(exec, failure)) {
        exec_free(exec);
        return NULL;
    }
    exec->link = (struct link){.ops = &exec_ops,
                               .command_max = exec->stream->command_max,
                               .answer_max = exec->stream->answer_max};
    return &exec->link;
}
