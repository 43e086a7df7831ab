// SPDX-License-Identifier: Apache-2.0
#include "host/terminal/terminal_control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { QUESTION_SECONDS = 2 };

/// The address by a descriptor of the directory, however long its path is.
static bool address_of(const char *directory, int *held, struct sockaddr_un *address) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    *held = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*held < 0)
        return false;
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/control", *held);
    return true;
}

int terminal_control_listen(const char *directory, struct failure *failure) {
    struct sockaddr_un address;
    int held;
    if (!address_of(directory, &held, &address)) {
        failure_set_errno(failure, "cannot enter %s", directory);
        return -1;
    }
    (void)unlink(address.sun_path); // of an earlier run, which the lock says is over
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool done = listening >= 0 &&
                bind(listening, (struct sockaddr *)&address, sizeof address) == 0 &&
                listen(listening, 8) == 0;
    if (!done)
        failure_set_errno(failure, "cannot listen at %s/control", directory);
    if (!done && listening >= 0)
        close(listening);
    close(held);
    return done ? listening : -1;
}

// ---- lines -------------------------------------------------------------------------------------

/// One line as JSON; NULL: none came whole.
static json_t *read_line(int from) {
    char *line = malloc(TERMINAL_LINE_MAX);
    size_t size = 0;
    ssize_t got = 1;
    while (line != NULL && got > 0 && size < TERMINAL_LINE_MAX &&
           (size == 0 || line[size - 1] != '\n')) {
        got = read(from, line + size, TERMINAL_LINE_MAX - size);
        size += got > 0 ? (size_t)got : 0;
    }
    bool whole = line != NULL && size > 0 && line[size - 1] == '\n';
    json_t *json = whole ? json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
    free(line);
    return json;
}

static bool write_line(int to, json_t *json) {
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    size_t size = text != NULL ? strlen(text) : 0;
    if (text != NULL)
        text[size++] = '\n';
    size_t done = 0;
    while (done < size) {
        ssize_t put = send(to, text + done, size - done, MSG_NOSIGNAL);
        if (put <= 0)
            break;
        done += (size_t)put;
    }
    free(text);
    json_decref(json);
    return size > 0 && done == size;
}

json_t *terminal_control_take(int listening, int *reply) {
    const struct timeval limit = {.tv_sec = QUESTION_SECONDS};
    *reply = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    if (*reply < 0)
        return NULL;
    (void)setsockopt(*reply, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(*reply, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    json_t *question = read_line(*reply);
    if (json_is_object(question))
        return question;
    json_decref(question);
    close(*reply);
    *reply = -1;
    return NULL;
}

void terminal_control_answer(int reply, json_t *answer) {
    if (reply < 0) {
        json_decref(answer);
        return;
    }
    (void)write_line(reply, answer);
    close(reply);
}

json_t *terminal_control_failure(const struct failure *failure) {
    return json_pack("{s:i, s:s}", "code", (int)failure->code, "error", failure->text);
}

// ---- asking ------------------------------------------------------------------------------------

static int connect_to(const char *directory, struct failure *failure) {
    struct sockaddr_un address;
    int held, asking = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool there = asking >= 0 && address_of(directory, &held, &address);
    bool done = there && connect(asking, (struct sockaddr *)&address, sizeof address) == 0;
    if (there)
        close(held);
    if (done)
        return asking;
    failure_set(failure, errno == EACCES ? EXIT_LOCKED : EXIT_ABSENT,
                "no terminal runs with the state in %s: %s; start one with 'run'", directory,
                strerror(errno));
    if (asking >= 0)
        close(asking);
    return -1;
}

json_t *terminal_control_ask(const char *directory, json_t *question, struct failure *failure) {
    int asking = connect_to(directory, failure);
    if (asking < 0) {
        json_decref(question);
        return NULL;
    }
    json_t *answer = write_line(asking, question) ? read_line(asking) : NULL;
    close(asking);
    if (answer == NULL) {
        failure_set(failure, EXIT_OPEN,
                    "the terminal ended before it answered; ask it again, by the same reference");
        return NULL;
    }
    const char *error = json_string_value(json_object_get(answer, "error"));
    int code = (int)json_integer_value(json_object_get(answer, "code"));
    if (code != EXIT_DONE)
        failure_set(failure, (enum exit_code)code, "%s", error != NULL ? error : "refused");
    return answer;
}
