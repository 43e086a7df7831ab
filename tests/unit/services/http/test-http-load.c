// SPDX-License-Identifier: Apache-2.0
// The HTTP server under clients that trickle, hold, flood and leave, and stopped in the middle of
// work: nobody waits for them, and what was answered has arrived.
#include "base/heap.h"
#include "tests/kit/http/stand.h"
#include "tests/kit/suite.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct http_stand s;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// ---- slow clients ------------------------------------------------------------------------------

enum { TRICKLE_MS = 10, CUT_MS = 300, SLOW = 20 };

/// Seconds until the server has cut the connection of a client that sends one octet of the text
/// after the other, and again from its beginning.
static double trickle(const char *first, const char *text) {
    double began = seconds();
    int socket = raw_connect(s.options.socket);
    struct timeval brief = {.tv_usec = TRICKLE_MS * 1000};
    CU_ASSERT(setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof brief) == 0);
    raw_say(socket, first);
    char octet;
    ssize_t got = -1;
    for (size_t i = 0; got < 0 && seconds() - began < 5; i++) {
        if (text[0] != '\0')
            raw_send(socket, bytes_of(&text[i % strlen(text)], 1));
        got = recv(socket, &octet, 1, 0); // waits a moment; 0 or an error that stays: cut
        if (got < 0 && send(socket, "", 0, MSG_NOSIGNAL) < 0)
            break;
    }
    close(socket);
    return seconds() - began;
}

/// Each octet sets the library's timers back; the deadline is for the whole request.
static void tricklers_are_cut(void) {
    static const struct {
        const char *first, *text;
    } ways[] = {
        {"", ""}, // says nothing at all
        {"", "GET /hello"},
        {"GET /hello HTTP/1.1\r\nHost: x\r\n", "X: y\r\n"},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n", "x"},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"}};
    http_stand_begin(&s, 0, (struct http_server_options){.request_ms = CUT_MS, .idle_ms = CUT_MS});
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        double took = trickle(ways[i].first, ways[i].text);
        CU_ASSERT(took >= CUT_MS / 1000.0 - 0.05);
        CU_ASSERT(took < 3);
    }
    CU_ASSERT(http_stand_serves(&s));
    CU_ASSERT_EQUAL(echo_taken(&s.echo), 1);
    http_stand_end(&s);
}

/// Whoever is slow holds nobody else, and a connection that is idle between requests ends too.
static void slow_and_idle_clients_hold_nobody(void) {
    int slow[SLOW];
    http_stand_begin(&s, 0, (struct http_server_options){.request_ms = 2000, .idle_ms = CUT_MS});
    for (int i = 0; i < SLOW; i++) {
        slow[i] = raw_connect(s.options.socket);
        raw_say(slow[i], i % 2 == 0 ? "GET /hello HTTP/1.1\r\nHost"
                                    : "POST /echo HTTP/1.1\r\nHost: x\r\n"
                                      "Content-Length: 9\r\n\r\n1234");
    }
    double began = seconds();
    CU_ASSERT(http_stand_serves(&s));
    CU_ASSERT(seconds() - began < 1);
    int idle = raw_connect(s.options.socket);
    CU_ASSERT(raw_say(idle, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
    CU_ASSERT(raw_read_answer(idle, s.text, sizeof s.text));
    began = seconds();
    CU_ASSERT_EQUAL(raw_read_all(idle, s.text, sizeof s.text), 0);
    CU_ASSERT(seconds() - began < 2);
    close(idle);
    for (int i = 0; i < SLOW; i++)
        close(slow[i]);
    http_stand_end(&s);
}

/// A client that has said all it wants to say and only listens.
static void half_closed_clients_are_answered(void) {
    for (size_t workers = 0; workers <= 2; workers += 2) {
        http_stand_begin(&s, workers,
                         (struct http_server_options){.request_ms = CUT_MS, .idle_ms = CUT_MS});
        int socket = raw_connect(s.options.socket);
        CU_ASSERT(
            raw_say(socket, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nhalf"));
        CU_ASSERT_EQUAL(shutdown(socket, SHUT_WR), 0);
        raw_read_all(socket, s.text, sizeof s.text);
        CU_ASSERT_EQUAL(raw_status(s.text), 200);
        CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "\r\n\r\nhalf"));
        close(socket);
        // in the middle of its request it gets nothing
        socket = raw_connect(s.options.socket);
        raw_say(socket, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
        shutdown(socket, SHUT_WR);
        CU_ASSERT_EQUAL(raw_read_all(socket, s.text, sizeof s.text), 0);
        close(socket);
        http_stand_end(&s);
        CU_ASSERT_EQUAL(s.echo.finished, 1);
    }
}

/// Gone before the answer: the exchange ends, nothing else does.
static void clients_leave_before_the_answer(void) {
    http_stand_begin(&s, 2, (struct http_server_options){0});
    echo_hold(&s.echo, true);
    for (int i = 0; i < SLOW; i++) {
        int socket = raw_connect(s.options.socket);
        struct linger now = {1, 0};
        raw_say(socket, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        while (echo_taken(&s.echo) < (size_t)i + 1)
            usleep(500);
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(socket);
    }
    echo_hold(&s.echo, false);
    CU_ASSERT(http_stand_serves(&s));
    http_stand_end(&s);
    CU_ASSERT_EQUAL(s.echo.finished, SLOW + 1);
}

// ---- floods ------------------------------------------------------------------------------------

static void a_header_of_10_mb_is_refused(void) {
    static char block[65536];
    http_stand_begin(&s, 0, (struct http_server_options){0});
    memset(block, 'x', sizeof block);
    int socket = raw_connect(s.options.socket);
    raw_say(socket, "GET /hello HTTP/1.1\r\nHost: x\r\nX: ");
    size_t sent = 0;
    while (sent < 160 && raw_send(socket, bytes_of(block, sizeof block)))
        sent++;
    CU_ASSERT(sent < 160); // closed long before the end
    close(socket);
    CU_ASSERT(http_stand_serves(&s));
    CU_ASSERT_EQUAL(s.echo.admitted, 1);
    http_stand_end(&s);
}

static bool asks(int socket) {
    return raw_say(socket, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n") &&
           raw_read_answer(socket, s.text, sizeof s.text) && raw_status(s.text) == 200;
}

/// Of those that asked once and stay, the one that has waited longest goes for a next one; whoever
/// asked again counts from then.
static void so_many_wait_to_ask_again(void) {
    int waiting[3];
    http_stand_begin(&s, 0, (struct http_server_options){.waiting_max = 2});
    for (size_t i = 0; i < 3; i++) {
        waiting[i] = raw_connect(s.options.socket);
        CU_ASSERT(asks(waiting[i]));
        if (i == 1)
            CU_ASSERT(asks(waiting[0]));
    }
    CU_ASSERT_EQUAL(raw_read_all(waiting[1], s.text, sizeof s.text), 0);
    CU_ASSERT_FALSE(asks(waiting[1])); // ended, and not only silent
    CU_ASSERT(asks(waiting[0]) && asks(waiting[2]));
    for (size_t i = 0; i < 3; i++)
        close(waiting[i]);
    http_stand_end(&s);
}

static void one_address_has_so_many_connections(void) {
    int sockets[4];
    http_stand_begin(&s, 0, (struct http_server_options){.per_address_max = 3});
    for (int i = 0; i < 4; i++) {
        sockets[i] = raw_connect(s.options.socket);
        raw_say(sockets[i], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        CU_ASSERT_EQUAL(raw_read_answer(sockets[i], s.text, sizeof s.text), i < 3);
    }
    for (int i = 0; i < 4; i++)
        close(sockets[i]);
    http_stand_end(&s);
}

static void allow_descriptors(rlim_t wanted) {
    struct rlimit limit;
    CU_ASSERT_FATAL(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max >= wanted);
    limit.rlim_cur = limit.rlim_max;
    CU_ASSERT_FATAL(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/// A thousand that do nothing, and one that works.
static void many_idle_connections(void) {
    enum { IDLE = 1000 };
    static int idle[IDLE];
    allow_descriptors(2 * IDLE + 100);
    http_stand_begin(
        &s, 0,
        (struct http_server_options){.connections_max = IDLE + 10, .per_address_max = IDLE + 10});
    for (int i = 0; i < IDLE; i++)
        idle[i] = raw_connect(s.options.socket);
    for (int i = 0; i < 20; i++)
        CU_ASSERT(http_stand_serves(&s));
    CU_ASSERT(http_server_connections(s.server) >= IDLE);
    for (int i = 0; i < IDLE; i++)
        close(idle[i]);
    http_stand_end(&s);
}

// ---- memory ------------------------------------------------------------------------------------

/// Gives nothing from the n-th time on, where failing is above 0.
static atomic_int failing;

static void *resize(const struct script_memory *memory, void *old, size_t size) {
    (void)memory;
    if (size > 0 && atomic_load(&failing) > 0 && atomic_fetch_sub(&failing, 1) == 1) {
        atomic_store(&failing, 1);
        return NULL;
    }
    return host_memory.resize(&host_memory, old, size);
}

/// Whichever allocation fails: an answer or a closed connection, and the next request is served.
static void memory_runs_out(void) {
    static const struct script_memory scarce = {resize, NULL};
    static char body[3000];
    memset(body, 'b', sizeof body);
    http_stand_begin(&s, 2, (struct http_server_options){.memory = &scarce});
    for (int n = 1; n <= 8; n++) {
        int socket = raw_connect(s.options.socket);
        atomic_store(&failing, n);
        raw_say(socket, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n");
        raw_send(socket, bytes_of(body, sizeof body));
        bool answered = raw_read_answer(socket, s.text, sizeof s.text);
        CU_ASSERT(!answered || raw_status(s.text) == 503 || raw_status(s.text) == 200);
        CU_ASSERT(raw_status(s.text) != 200 || strstr(s.text, "bbbb") != NULL);
        atomic_store(&failing, 0);
        close(socket);
        CU_ASSERT(http_stand_serves(&s));
    }
    http_stand_end(&s);
}

// ---- stop under load ---------------------------------------------------------------------------

enum { CLIENTS = 4 };

/// One client: posts until a connection ends, and counts what it got.
static void *post_on(void *context) {
    size_t *answered = context;
    char text[1024];
    int socket = raw_connect(s.options.socket);
    while (socket >= 0 &&
           raw_say(socket, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n.") &&
           raw_read_answer(socket, text, sizeof text) && raw_status(text) == 200)
        (*answered)++;
    if (socket >= 0)
        close(socket);
    return NULL;
}

/// What the listener has answered is what clients have got, at whatever moment the server stops.
static void stopped_under_load(void) {
    size_t total = 0;
    for (unsigned round = 0; round < 50; round++) {
        pthread_t threads[CLIENTS];
        size_t answered[CLIENTS] = {0}, sum = 0;
        http_stand_begin(&s, 2, (struct http_server_options){0});
        for (int i = 0; i < CLIENTS; i++)
            CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, post_on, &answered[i]) == 0);
        while (echo_taken(&s.echo) < 20 + round * 7)
            usleep(200);
        CU_ASSERT_EQUAL(http_server_stop(s.server, 5000), 0);
        for (int i = 0; i < CLIENTS; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < CLIENTS; i++)
            sum += answered[i];
        echo_stop(&s.echo);
        CU_ASSERT_EQUAL(sum, s.echo.finished);
        total += sum;
    }
    printf("stopped 50 times under load: %zu answered, all delivered\n", total);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"who trickles is cut at the deadline", tricklers_are_cut, NULL},
        {"slow and idle clients hold nobody", slow_and_idle_clients_hold_nobody, NULL},
        {"half-closed clients are answered", half_closed_clients_are_answered, NULL},
        {"clients leave before the answer", clients_leave_before_the_answer, NULL},
        {"a header of 10 MB is refused", a_header_of_10_mb_is_refused, NULL},
        {"one address has so many connections", one_address_has_so_many_connections, NULL},
        {"so many wait to ask again", so_many_wait_to_ask_again, NULL},
        {"a thousand idle connections", many_idle_connections, NULL},
        {"memory runs out", memory_runs_out, NULL},
        {"stopped under load, what was answered arrives", stopped_under_load, NULL},
    };
    return suite_main("test-http-load", tests, sizeof tests / sizeof tests[0], argc, argv);
}
