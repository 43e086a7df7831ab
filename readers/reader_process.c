// SPDX-License-Identifier: Apache-2.0
#include "readers/reader_process.h"

#include "readers/reader_wire.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/// Slot and link in one: a slot has one card at a time.
struct reader_process {
    struct card_slot slot;
    struct link link;
    char name[512];
    int socket;          // -1: no process
    pid_t process;       //
    bool seeking;        // an answer to READER_OPEN is awaited
    bool broken;         // the link that was taken is at its end
    int64_t deadline_ms; // of the tap, monotonic; 0: none
    int64_t seek_until_ms;
    uint8_t packet[READER_PACKET_MAX];
};

static struct reader_process *of_slot(struct card_slot *slot) {
    return (struct reader_process *)slot;
}

static struct reader_process *of_link(struct link *link) {
    return (struct reader_process *)(void *)((char *)link - offsetof(struct reader_process, link));
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- the process -------------------------------------------------------------------------------

static void end_process(struct reader_process *reader) {
    if (reader->socket >= 0)
        close(reader->socket);
    reader->socket = -1;
    reader->seeking = false;
    reader->broken = true;
    if (reader->process <= 0)
        return;
    kill(reader->process, SIGKILL);
    while (waitpid(reader->process, NULL, 0) < 0 && errno == EINTR)
        ;
    reader->process = 0;
}

/// Beside this program.
static bool find_program(char *out, size_t capacity) {
    static const char name[] = "/tessera-reader";
    ssize_t size = readlink("/proc/self/exe", out, capacity - 1);
    if (size <= 0)
        return false;
    out[size] = '\0';
    char *slash = strrchr(out, '/');
    if (slash == NULL || (size_t)(slash - out) + sizeof name > capacity)
        return false;
    memcpy(slash, name, sizeof name);
    return true;
}

/// Its standard input is the socket, its signals are its own, and nothing else of ours is open.
static int spawn(struct reader_process *reader, const char *program, int socket) {
    char *const arguments[] = {(char *)(uintptr_t) "tessera-reader", reader->name, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&files, socket, STDIN_FILENO);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int code = posix_spawn(&reader->process, program, &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (code != 0)
        reader->process = 0;
    return code;
}

static bool start_process(struct reader_process *reader) {
    char program[PATH_MAX];
    int pair[2];
    if (reader->socket >= 0)
        return true;
    if (!find_program(program, sizeof program) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        snprintf(reader->slot.error, sizeof reader->slot.error, "cannot start the reader: %s",
                 strerror(errno));
        return false;
    }
    int code = spawn(reader, program, pair[1]);
    close(pair[1]);
    reader->socket = pair[0];
    if (code == 0)
        return true;
    snprintf(reader->slot.error, sizeof reader->slot.error, "cannot start %.200s: %s", program,
             strerror(code));
    end_process(reader);
    return false;
}

// ---- one question ------------------------------------------------------------------------------

static bool ask(struct reader_process *reader, enum reader_order order, struct bytes question) {
    if (question.size > READER_APDU_MAX)
        return false;
    reader->packet[0] = (uint8_t)order;
    if (question.size > 0)
        memcpy(reader->packet + 1, question.data, question.size);
    return send(reader->socket, reader->packet, 1 + question.size, MSG_NOSIGNAL) ==
           (ssize_t)(1 + question.size);
}

/// The answer, which is here until the next question. False: there was none in time, or the process
/// ended; it is gone then.
static bool hear(struct reader_process *reader, int64_t wait_ms, enum link_status *status,
                 struct bytes *answer) {
    struct pollfd at = {.fd = reader->socket, .events = POLLIN};
    int64_t until = now_ms() + wait_ms;
    int ready;
    do {
        int64_t left = until - now_ms();
        ready = poll(&at, 1, left > 0 ? (int)left : 0);
    } while (ready < 0 && errno == EINTR);
    ssize_t got = ready > 0 ? recv(reader->socket, reader->packet, sizeof reader->packet, 0) : 0;
    if (got <= 0 || reader->packet[0] >= LINK_STATUS_COUNT) {
        end_process(reader);
        return false;
    }
    *status = (enum link_status)reader->packet[0];
    *answer = bytes_of(reader->packet + 1, (size_t)got - 1);
    return true;
}

static void keep_text(struct bytes text, char *out, size_t capacity) {
    snprintf(out, capacity, "%.*s", (int)text.size, (const char *)text.data);
}

// ---- the link ----------------------------------------------------------------------------------

static enum link_status fail_link(struct link *link, enum link_status status, const char *text) {
    snprintf(link->error, sizeof link->error, "%s: %s", link->name, text);
    return status;
}

static enum link_status carry(struct link *link, enum reader_order order, struct bytes question,
                              uint8_t *out, size_t capacity, size_t *size) {
    struct reader_process *reader = of_link(link);
    int64_t wait = READER_COMMAND_MS;
    enum link_status status;
    struct bytes answer;
    if (reader->broken)
        return fail_link(link, LINK_BROKEN, "the card is gone; tap again");
    if (reader->deadline_ms != 0 && reader->deadline_ms - now_ms() < wait)
        wait = reader->deadline_ms - now_ms();
    if (wait <= 0 || !ask(reader, order, question) || !hear(reader, wait, &status, &answer)) {
        end_process(reader);
        return fail_link(link, LINK_BROKEN, "the card or its reader did not answer in time");
    }
    if (status != LINK_OK) {
        keep_text(answer, link->error, sizeof link->error);
        return status;
    }
    if (answer.size > capacity)
        return fail_link(link, LINK_BROKEN, "the answer is longer than its buffer");
    if (out != NULL)
        memcpy(out, answer.data, answer.size);
    *size = answer.size;
    return LINK_OK;
}

static enum link_status process_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                         size_t capacity, size_t *answer_size) {
    return carry(link, READER_TRANSMIT, command, answer, capacity, answer_size);
}

static enum link_status process_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                      size_t capacity, size_t *atr_size) {
    uint8_t octets[64];
    size_t size = 0;
    const uint8_t how = kind == LINK_RESET_COLD ? LINK_RESET_COLD : LINK_RESET_WARM;
    enum link_status status =
        carry(link, READER_RESET, bytes_of(&how, 1), octets, sizeof octets, &size);
    if (status != LINK_OK || atr == NULL)
        return status;
    if (size > capacity)
        return fail_link(link, LINK_TOO_LONG, "the ATR is longer than its buffer");
    memcpy(atr, octets, size);
    *atr_size = size;
    return LINK_OK;
}

/// The card is let go; the process stays for the next one.
static void process_link_close(struct link *link) {
    struct reader_process *reader = of_link(link);
    if (!reader->broken && !ask(reader, READER_CLOSE, bytes_of(NULL, 0)))
        end_process(reader);
    reader->broken = true;
}

static const struct link_ops link_ops = {process_transmit, process_reset, process_link_close};

// ---- the slot ----------------------------------------------------------------------------------

static bool process_seek(struct card_slot *slot, unsigned wait_ms) {
    struct reader_process *reader = of_slot(slot);
    uint8_t wait[4];
    bytes_put_be(wait, sizeof wait, wait_ms);
    for (int tries = 0; tries < 2; tries++) { // the process may have ended since the last card
        if (!start_process(reader))
            return false;
        if (ask(reader, READER_OPEN, bytes_of(wait, sizeof wait))) {
            reader->seeking = true;
            reader->seek_until_ms = now_ms() + wait_ms + READER_GRACE_MS;
            return true;
        }
        end_process(reader);
    }
    snprintf(slot->error, sizeof slot->error, "%.200s: the reader process does not start",
             reader->name);
    return false;
}

static int process_descriptor(const struct card_slot *slot) {
    const struct reader_process *reader = (const struct reader_process *)slot;
    return reader->seeking ? reader->socket : -1;
}

static struct link *take_opened(struct reader_process *reader, struct bytes opened,
                                unsigned tap_ms) {
    struct link *link = &reader->link;
    *link = (struct link){.ops = &link_ops,
                          .contactless = opened.data[0] != 0,
                          .command_max = (size_t)bytes_get_be(opened.data + 1, 4),
                          .answer_max = (size_t)bytes_get_be(opened.data + 5, 4)};
    keep_text(bytes_of(opened.data + READER_OPENED_SIZE, opened.size - READER_OPENED_SIZE),
              link->name, sizeof link->name);
    reader->broken = false;
    reader->deadline_ms = tap_ms > 0 ? now_ms() + tap_ms : 0;
    return link;
}

static struct link *process_take(struct card_slot *slot, unsigned tap_ms, enum link_status *why) {
    struct reader_process *reader = of_slot(slot);
    struct bytes answer;
    *why = LINK_NO_CARD;
    snprintf(slot->error, sizeof slot->error, "%.200s: the reader does not answer", reader->name);
    if (!reader->seeking || !hear(reader, reader->seek_until_ms - now_ms(), why, &answer))
        return NULL;
    reader->seeking = false;
    if (*why == LINK_OK && answer.size >= READER_OPENED_SIZE)
        return take_opened(reader, answer, tap_ms);
    keep_text(answer, slot->error, sizeof slot->error);
    return NULL;
}

static void process_stop(struct card_slot *slot) {
    end_process(of_slot(slot));
}

static void process_close(struct card_slot *slot) {
    end_process(of_slot(slot));
    free(of_slot(slot));
}

static const struct card_slot_ops slot_ops = {process_seek, process_descriptor, process_take,
                                              process_stop, process_close};

struct card_slot *reader_process_new(const char *link_name) {
    struct reader_process *reader = calloc(1, sizeof *reader);
    if (reader == NULL || strlen(link_name) >= sizeof reader->name) {
        free(reader);
        return NULL;
    }
    reader->slot.ops = &slot_ops;
    reader->socket = -1;
    reader->broken = true;
    snprintf(reader->name, sizeof reader->name, "%s", link_name);
    return &reader->slot;
}

int reader_process_id(const struct card_slot *slot) {
    return ((const struct reader_process *)slot)->process;
}
