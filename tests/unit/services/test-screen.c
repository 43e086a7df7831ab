// SPDX-License-Identifier: Apache-2.0
// A terminal's page before its browser and before everybody else: token, name, origin, method and
// kind of what is sent, floods of connections, and the stream of its state.
#include "base/heap.h"
#include "services/wire/form/endpoint.h"
#include "services/wire/screen/screen.h"
#include "tests/kit/http/raw.h"
#include "tests/kit/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct {
    struct screen *screen;
    struct listener listener;
    atomic_uint acts;    // POSTs that reached the listener with the role
    atomic_uint version; // of the state
    char name[64], cookie[96], text[RAW_MAX];
} t;

static bool admit(const struct listener *listener, struct exchange *exchange,
                  struct admission *admission) {
    struct problem problem = {0};
    (void)listener;
    admission->body_max = 100;
    if (strcmp(exchange->request.target, "/v1/act") == 0)
        return true;
    problem_set(&problem, &problem_path, "no such path");
    answer_problem(exchange, &problem);
    return false;
}

static void take(const struct listener *listener, struct exchange *exchange) {
    (void)listener;
    atomic_fetch_add(&t.acts, exchange->request.peer.roles == ROLE_SCREEN);
    exchange->answer.status = 204;
    exchange->finish(exchange);
}

static uint64_t version(void *context) {
    (void)context;
    return atomic_load(&t.version);
}

static bool write_state(void *context, struct buffer *json) {
    (void)context;
    buffer_format(json, "{\"n\":%u}", atomic_load(&t.version));
    return true;
}

static void begin(void) {
    static const uint8_t token[SCREEN_TOKEN_SIZE] = {0xAB, 1, 2, 3};
    static const struct http_events events = {version, write_state, NULL};
    static const char PAGE[] = "<!doctype html><title>Till</title>";
    static const struct screen_page pages[] = {
        {"/", "text/html; charset=utf-8", {(const uint8_t *)PAGE, sizeof PAGE - 1}}};
    struct failure failure;
    t.listener = (struct listener){admit, take, NULL};
    atomic_store(&t.acts, 0);
    atomic_store(&t.version, 1);
    t.screen = screen_start(&(struct screen_options){.address = "127.0.0.1:0",
                                                     .token = token,
                                                     .pages = pages,
                                                     .page_count = 1,
                                                     .listener = &t.listener,
                                                     .events = &events,
                                                     .memory = &host_memory},
                            &failure);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t.screen);
    CU_ASSERT_EQUAL_FATAL(sscanf(screen_url(t.screen), "http://%63[^/]/?t=", t.name), 1);
    snprintf(t.cookie, sizeof t.cookie, "tessera-%s=%s", strchr(t.name, ':') + 1,
             strstr(screen_url(t.screen), "t=") + 2);
}

static void end(void) {
    CU_ASSERT_EQUAL(screen_stop(t.screen, 5000), 0);
}

static int connect_screen(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = RAW_SECONDS};
    at.sin_port = htons((uint16_t)strtoul(strchr(t.name, ':') + 1, NULL, 10));
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT(setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    CU_ASSERT(connect(made, (struct sockaddr *)&at, sizeof at) == 0);
    return made;
}

/// Status of a request; its answer is in t.text. host NULL: the right one.
static unsigned ask(const char *line, const char *host, const char *cookie, const char *others,
                    const char *body) {
    char request[2048];
    snprintf(
        request, sizeof request, "%s HTTP/1.1\r\nHost: %s\r\n%s%s%s%sContent-Length: %zu\r\n\r\n%s",
        line, host != NULL ? host : t.name, cookie != NULL ? "Cookie: " : "",
        cookie != NULL ? cookie : "", cookie != NULL ? "\r\n" : "", others, strlen(body), body);
    int socket = connect_screen();
    raw_say(socket, request);
    raw_read_answer(socket, t.text, sizeof t.text);
    close(socket);
    return raw_status(t.text);
}

static const char *origin(const char *text) {
    static char line[128];
    snprintf(line, sizeof line, "Origin: http://%s\r\nContent-Type: application/json\r\n", text);
    return line;
}

static void the_address_opens_the_page(void) {
    begin();
    const char *opening = strstr(screen_url(t.screen), "/?t=");
    char line[128];
    snprintf(line, sizeof line, "GET %s", opening);
    CU_ASSERT_EQUAL(ask(line, NULL, NULL, "", ""), 303);
    CU_ASSERT_PTR_NOT_NULL(strstr(t.text, "Location: /\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(t.text, t.cookie));
    CU_ASSERT_PTR_NOT_NULL(strstr(t.text, "; Path=/; HttpOnly; SameSite=Strict\r\n"));
    CU_ASSERT_EQUAL(ask("GET /", NULL, t.cookie, "", ""), 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(t.text, "<title>Till"));
    CU_ASSERT_PTR_NOT_NULL(strstr(t.text, "Content-Security-Policy: default-src 'none'; "));
    CU_ASSERT_PTR_NOT_NULL(strstr(t.text, "X-Content-Type-Options: nosniff"));
    CU_ASSERT_PTR_NOT_NULL(strstr(t.text, "Cache-Control: no-store"));
    CU_ASSERT_EQUAL(ask("POST /v1/act", NULL, t.cookie, origin(t.name), "{}"), 204);
    CU_ASSERT_EQUAL(atomic_load(&t.acts), 1);
    end();
}

/// Each one thing that is wrong is enough, and nothing happens.
static void everybody_else_is_refused(void) {
    char wrong[160], other[72];
    begin();
    snprintf(wrong, sizeof wrong, "%s", t.cookie);
    wrong[strlen(wrong) - 1] ^= 1;
    snprintf(other, sizeof other, "localhost%s", strchr(t.name, ':'));
    CU_ASSERT_EQUAL(ask("GET /", NULL, NULL, "", ""), 403);
    CU_ASSERT_EQUAL(ask("GET /", NULL, wrong, "", ""), 403);
    CU_ASSERT_EQUAL(ask("GET /events", NULL, wrong, "", ""), 403);
    CU_ASSERT_EQUAL(ask("GET /?t=00", NULL, NULL, "", ""), 403);
    CU_ASSERT_EQUAL(ask("GET /", other, t.cookie, "", ""), 421); // DNS rebinding
    CU_ASSERT_EQUAL(ask("GET /", "evil.example", t.cookie, "", ""), 421);
    CU_ASSERT_EQUAL(ask("GET /", NULL, t.cookie, origin("evil.example"), ""), 403);
    CU_ASSERT_EQUAL(ask("POST /v1/act", NULL, t.cookie, origin("evil.example"), "{}"), 403);
    CU_ASSERT_EQUAL(ask("POST /v1/act", NULL, t.cookie, origin(other), "{}"), 403);
    CU_ASSERT_EQUAL(ask("POST /v1/act", NULL, t.cookie, "Content-Type: application/json\r\n", "{}"),
                    403); // no origin at all
    CU_ASSERT_EQUAL(ask("POST /v1/act", NULL, NULL, origin(t.name), "{}"), 403);
    snprintf(wrong, sizeof wrong, "Origin: http://%s\r\nContent-Type: text/plain\r\n", t.name);
    CU_ASSERT_EQUAL(ask("POST /v1/act", NULL, t.cookie, wrong, "{}"), 415); // what a form can send
    CU_ASSERT_EQUAL(ask("PUT /v1/act", NULL, t.cookie, origin(t.name), "{}"), 405);
    CU_ASSERT_EQUAL(ask("OPTIONS /v1/act", NULL, t.cookie, origin(t.name), ""), 405);
    CU_ASSERT_EQUAL(ask("POST /", NULL, t.cookie, origin(t.name), "{}"), 405);
    CU_ASSERT_EQUAL(ask("GET /nothing", NULL, t.cookie, "", ""), 404);
    char request[512];
    snprintf(
        request, sizeof request,
        "POST /v1/act HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n%sContent-Length: 10000000\r\n\r\n",
        t.name, t.cookie, origin(t.name));
    int socket = connect_screen();
    raw_say(socket, request);
    raw_read_answer(socket, t.text, sizeof t.text);
    close(socket);
    CU_ASSERT_EQUAL(raw_status(t.text), 413);
    CU_ASSERT_EQUAL(atomic_load(&t.acts), 0);
    end();
}

/// However many come and say nothing, the browser gets in and stays.
static void strangers_do_not_crowd_out(void) {
    enum { FLOOD = 200 };
    int flood[FLOOD];
    char request[256];
    begin();
    int browser = connect_screen();
    snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", t.name,
             t.cookie);
    CU_ASSERT(raw_say(browser, request) && raw_read_answer(browser, t.text, sizeof t.text));
    for (int i = 0; i < FLOOD; i++)
        flood[i] = connect_screen();
    CU_ASSERT(raw_say(browser, request) && raw_read_answer(browser, t.text, sizeof t.text));
    CU_ASSERT_EQUAL(raw_status(t.text), 200);
    CU_ASSERT_EQUAL(ask("GET /", NULL, t.cookie, "", ""), 200);
    CU_ASSERT_EQUAL(raw_read_all(flood[0], t.text, sizeof t.text), 0); // ended for a younger one
    for (int i = 0; i < FLOOD; i++)
        close(flood[i]);
    close(browser);
    end();
}

/// Reads a stream until the text is there.
static bool stream_says(int socket, const char *text) {
    size_t used = strlen(t.text);
    while (strstr(t.text, text) == NULL) {
        ssize_t got = recv(socket, t.text + used, sizeof t.text - used - 1, 0);
        if (got <= 0)
            return false;
        used += (size_t)got;
        t.text[used] = '\0';
    }
    return true;
}

static int open_stream(void) {
    char request[256];
    int socket = connect_screen();
    snprintf(request, sizeof request,
             "GET /events HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nLast-Event-ID: 7\r\n\r\n", t.name,
             t.cookie);
    t.text[0] = '\0';
    CU_ASSERT(raw_say(socket, request));
    return socket;
}

static void the_state_streams(void) {
    char expected[64];
    begin();
    int socket = open_stream();
    CU_ASSERT(stream_says(socket, "id: 1\ndata: {\"n\":1}\n\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(t.text, "Content-Type: text/event-stream"));
    for (unsigned i = 2; i < 60; i++) {
        atomic_store(&t.version, i);
        screen_changed(t.screen);
        snprintf(expected, sizeof expected, "id: %u\ndata: {\"n\":%u}\n\n", i, i);
        CU_ASSERT_FATAL(stream_says(socket, expected));
    }
    end(); // a stream does not hold the end up
    CU_ASSERT(raw_read_all(socket, t.text, sizeof t.text) < 64);
    close(socket);
}

static void the_oldest_stream_leaves(void) {
    enum { STREAMS = 9 };
    int sockets[STREAMS];
    begin();
    for (int i = 0; i < STREAMS; i++) {
        sockets[i] = open_stream();
        CU_ASSERT(stream_says(sockets[i], "data: {\"n\":1}"));
    }
    t.text[0] = '\0';
    CU_ASSERT(stream_says(sockets[0], "0\r\n\r\n")); // the last chunk
    atomic_store(&t.version, 2);
    screen_changed(t.screen);
    for (int i = 1; i < STREAMS; i++) {
        t.text[0] = '\0';
        CU_ASSERT(stream_says(sockets[i], "data: {\"n\":2}"));
    }
    for (int i = 0; i < STREAMS; i++)
        close(sockets[i]);
    end();
}

static void screens_stay_on_the_machine(void) {
    static const uint8_t token[SCREEN_TOKEN_SIZE] = {1};
    struct failure failure;
    struct screen_options options = {
        .address = "0.0.0.0:0", .token = token, .memory = &host_memory};
    CU_ASSERT_PTR_NULL(screen_start(&options, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_USAGE);
    options.address = "nonsense";
    CU_ASSERT_PTR_NULL(screen_start(&options, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_USAGE);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"the address opens the page", the_address_opens_the_page, NULL},
        {"everybody else is refused", everybody_else_is_refused, NULL},
        {"strangers do not crowd out", strangers_do_not_crowd_out, NULL},
        {"the state streams", the_state_streams, NULL},
        {"the oldest stream leaves", the_oldest_stream_leaves, NULL},
        {"screens stay on the machine", screens_stay_on_the_machine, NULL},
    };
    return suite_main("test-screen", tests, sizeof tests / sizeof tests[0], argc, argv);
}
