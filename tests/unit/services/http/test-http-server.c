// SPDX-License-Identifier: Apache-2.0
// The HTTP server over loopback: whole requests, answers from other threads, deadlines, limits and
// the order of stopping.
#include "tests/kit/http/stand.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct http_stand s;
static size_t gone_count, delivered_count;

static void gone(void *context, const struct exchange *exchange, bool delivered, uint64_t us) {
    (void)context;
    (void)exchange;
    (void)us;
    gone_count++;
    delivered_count += delivered;
}

static void begin(size_t workers) {
    static const struct http_observer observer = {gone, NULL};
    gone_count = delivered_count = 0;
    http_stand_begin(&s, workers, (struct http_server_options){.observer = &observer});
}

static void end(void) {
    http_stand_end(&s);
}

/// One request on its own connection, whole answer until the server closes.
static unsigned once(const char *request) {
    int socket = raw_connect(s.options.socket);
    CU_ASSERT_FATAL(socket >= 0);
    raw_say(socket, request);
    raw_read_all(socket, s.text, sizeof s.text);
    close(socket);
    return raw_status(s.text);
}

static void a_request_is_answered(size_t workers) {
    begin(workers);
    int socket = raw_connect(s.options.socket);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT(raw_say(socket, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"));
        CU_ASSERT(raw_say(socket, "octet"));
        CU_ASSERT(raw_read_answer(socket, s.text, sizeof s.text));
        CU_ASSERT_EQUAL(raw_status(s.text), 200);
        CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "\r\n\r\noctet"));
        CU_ASSERT(raw_say(socket, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
        CU_ASSERT(raw_read_answer(socket, s.text, sizeof s.text));
        CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "\r\n\r\nhello\n"));
    }
    CU_ASSERT_EQUAL(http_server_connections(s.server), 1);
    close(socket);
    end();
    CU_ASSERT_EQUAL(s.echo.finished, 6);
    CU_ASSERT_EQUAL(gone_count, 6);
    CU_ASSERT_EQUAL(delivered_count, 6);
}

static void answers_come_at_once(void) {
    a_request_is_answered(0);
}

static void answers_come_from_other_threads(void) {
    a_request_is_answered(4);
}

/// A refusal leaves the connection when the body was small, and closes it when it was not.
static void refusals_answer_problems(void) {
    begin(0);
    int socket = raw_connect(s.options.socket);
    CU_ASSERT(raw_say(socket, "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"));
    CU_ASSERT(raw_read_answer(socket, s.text, sizeof s.text));
    CU_ASSERT_EQUAL(raw_status(s.text), 404);
    CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "application/problem+json"));
    CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "there is no path /nowhere"));
    CU_ASSERT(raw_say(socket, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
    CU_ASSERT(raw_read_answer(socket, s.text, sizeof s.text));
    CU_ASSERT_EQUAL(raw_status(s.text), 200);
    close(socket);
    CU_ASSERT_EQUAL(once("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n"), 413);
    CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "too-large"));
    CU_ASSERT_EQUAL(once("GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"), 400);
    end();
    CU_ASSERT_EQUAL(s.echo.taken, 1);
}

/// A chunked body says its size only at its end.
static void chunked_bodies_are_limited(void) {
    static char body[90000];
    begin(0);
    const char *head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    int socket = raw_connect(s.options.socket);
    CU_ASSERT(raw_say(socket, head) && raw_say(socket, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
    CU_ASSERT(raw_read_answer(socket, s.text, sizeof s.text));
    CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "\r\n\r\nabcde"));
    memset(body, 'x', sizeof body);
    CU_ASSERT(raw_say(socket, head) && raw_say(socket, "15F90\r\n"));
    CU_ASSERT(raw_send(socket, bytes_of(body, sizeof body)) && raw_say(socket, "\r\n0\r\n\r\n"));
    CU_ASSERT(raw_read_answer(socket, s.text, sizeof s.text));
    CU_ASSERT_EQUAL(raw_status(s.text), 413);
    close(socket);
    end();
    CU_ASSERT_EQUAL(s.echo.taken, 1);
}

static void stopping_waits_for_what_was_taken(void) {
    begin(2);
    int socket = raw_connect(s.options.socket), idle = raw_connect(s.options.socket);
    echo_hold(&s.echo, true);
    CU_ASSERT(raw_say(idle, "GET /hello HTTP/1.1\r\nHost: x\r\n"));
    CU_ASSERT(raw_say(socket, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
    while (echo_taken(&s.echo) == 0)
        usleep(1000);
    CU_ASSERT_EQUAL(http_server_stop(s.server, 50), 1); // still in work: nothing was stopped
    CU_ASSERT(raw_connect(s.options.socket) < 0);
    CU_ASSERT(raw_say(idle, "\r\n"));
    CU_ASSERT(raw_read_answer(idle, s.text, sizeof s.text));
    CU_ASSERT_EQUAL(raw_status(s.text), 503);
    CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "Connection: close"));
    echo_hold(&s.echo, false);
    CU_ASSERT(raw_read_answer(socket, s.text, sizeof s.text));
    CU_ASSERT_EQUAL(raw_status(s.text), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "Connection: close"));
    end();
    close(socket);
    close(idle);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"answers come at once", answers_come_at_once, NULL},
        {"answers come from other threads", answers_come_from_other_threads, NULL},
        {"refusals answer problem documents", refusals_answer_problems, NULL},
        {"chunked bodies are limited", chunked_bodies_are_limited, NULL},
        {"stopping waits for what was taken", stopping_waits_for_what_was_taken, NULL},
    };
    return suite_main("test-http-server", tests, sizeof tests / sizeof tests[0], argc, argv);
}
