// SPDX-License-Identifier: Apache-2.0
// What a service tells its operator: log lines that stay lines whatever comes from outside, metrics
// that promtool takes, and the pages on which they stand.
#include "base/heap.h"
#include "services/wire/http/http_listen.h"
#include "services/wire/http/http_server.h"
#include "services/wire/notify.h"
#include "services/wire/watch/log.h"
#include "services/wire/watch/status.h"
#include "tests/kit/daemon.h"
#include "tests/kit/http/raw.h"
#include "tests/kit/suite.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// ---- log ---------------------------------------------------------------------------------------

static struct {
    uint64_t now_ms;
    struct log log;
    FILE *file;
    char line[4096];
} l;

static uint64_t now(const struct clock *clock) {
    (void)clock;
    return l.now_ms;
}

static void log_begin(enum log_level least) {
    static const struct clock clock = {now, NULL};
    l.now_ms = 1796000000000;
    l.file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(l.file);
    log_open(&l.log, fileno(l.file), least, "licence", &clock);
}

static void log_end(void) {
    log_close(&l.log);
    fclose(l.file);
}

/// The next line as JSON; NULL at the end. Any line that is none fails the test.
static json_t *next_line(void) {
    if (fgets(l.line, sizeof l.line, l.file) == NULL)
        return NULL;
    json_t *json = json_loads(l.line, JSON_REJECT_DUPLICATES, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    return json;
}

static void log_lines_have_fixed_fields(void) {
    log_begin(LEVEL_INFO);
    log_write(&l.log, &(struct log_entry){.level = LEVEL_INFO,
                                          .event = "access",
                                          .endpoint = "licence.sale.make",
                                          .sender = "B,1",
                                          .request = "17",
                                          .status = 201,
                                          .us = 1234,
                                          .count = -1});
    log_write(&l.log, &(struct log_entry){.level = LEVEL_DEBUG, .event = "noise", .count = -1});
    log_write(NULL, &(struct log_entry){.level = LEVEL_ERROR, .event = "nobody"});
    rewind(l.file);
    json_decref(next_line());
    CU_ASSERT_STRING_EQUAL(l.line,
                           "{\"ms\":1796000000000,\"level\":\"info\",\"service\":\"licence\","
                           "\"event\":\"access\",\"endpoint\":\"licence.sale.make\","
                           "\"sender\":\"B,1\",\"request\":\"17\",\"status\":201,"
                           "\"us\":1234}\n");
    CU_ASSERT_PTR_NULL(next_line());
    log_end();
}

/// Newlines, quotes, controls, high octets and length from outside do not break a line.
static void log_lines_cannot_be_forged(void) {
    static const char *const texts[] = {
        "a\nb", "\",\"event\":\"x\",\"y\":\"", "\\", "\x01\x7f\x80\xff", "\xC3\xA4", ""};
    char longest[5000];
    memset(longest, '"', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    log_begin(LEVEL_INFO);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        log_write(&l.log, &(struct log_entry){
                              .event = "access", .sender = texts[i], .us = -1, .count = -1});
    log_write(&l.log, &(struct log_entry){.event = "access",
                                          .endpoint = longest,
                                          .sender = longest,
                                          .request = longest,
                                          .word = longest,
                                          .detail = longest});
    rewind(l.file);
    size_t lines = 0;
    for (json_t *json; (json = next_line()) != NULL; lines++) {
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "event")), "access");
        CU_ASSERT_PTR_NULL(json_object_get(json, "y"));
        CU_ASSERT(json_string_length(json_object_get(json, "sender")) <= LOG_TEXT_MAX);
        json_decref(json);
    }
    CU_ASSERT_EQUAL(lines, sizeof texts / sizeof texts[0] + 1);
    log_end();
}

static size_t count_lines(const char *event, int64_t *left_out) {
    size_t count = 0;
    rewind(l.file);
    for (json_t *json; (json = next_line()) != NULL;) {
        if (strcmp(json_string_value(json_object_get(json, "event")), event) == 0) {
            count++;
            *left_out += json_integer_value(json_object_get(json, "left_out"));
        }
        json_decref(json);
    }
    return count;
}

/// Of one kind so many a second; what was left out is counted, and another kind is not held back.
static void log_rates_are_limited(void) {
    int64_t left_out = 0;
    log_begin(LEVEL_INFO);
    for (int i = 0; i < 100; i++)
        log_write(&l.log, &(struct log_entry){.event = "refused", .count = -1, .us = -1});
    log_write(&l.log, &(struct log_entry){.event = "store-lost", .count = -1, .us = -1});
    for (int i = 0; i < 100; i++)
        log_write(&l.log, &(struct log_entry){.event = "access", .count = -1, .us = -1});
    l.now_ms += 1000;
    log_write(&l.log, &(struct log_entry){.event = "refused", .count = -1, .us = -1});
    CU_ASSERT_EQUAL(count_lines("refused", &left_out), LOG_A_SECOND + 1);
    CU_ASSERT_EQUAL(left_out, 100 - LOG_A_SECOND);
    CU_ASSERT_EQUAL(count_lines("store-lost", &left_out), 1);
    CU_ASSERT_EQUAL(count_lines("access", &left_out), 100);
    log_end();
}

static void *write_many(void *context) {
    (void)context;
    for (int i = 0; i < 200; i++)
        log_write(&l.log,
                  &(struct log_entry){.event = "access", .sender = "W1", .count = i, .us = -1});
    return NULL;
}

static void log_lines_do_not_mix(void) {
    pthread_t threads[4];
    int64_t left_out = 0;
    log_begin(LEVEL_INFO);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, write_many, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(count_lines("access", &left_out), 800);
    log_end();
}

static void levels_have_words(void) {
    enum log_level level = LEVEL_ERROR;
    CU_ASSERT(log_level_of("debug", &level) && level == LEVEL_DEBUG);
    CU_ASSERT_FALSE(log_level_of("loud", &level));
}

// ---- metrics -----------------------------------------------------------------------------------

static struct {
    struct metrics metrics;
    struct buffer text;
} m;

static void metrics_begin(void) {
    metrics_init(&m.metrics, &host_memory);
    buffer_init(&m.text, &host_memory);
}

static void metrics_end(void) {
    metrics_free(&m.metrics);
    buffer_free(&m.text);
}

static bool has(const char *line) {
    return strstr(buffer_string(&m.text), line) != NULL;
}

static void count_something(void) {
    metrics_add(&m.metrics, METRIC_REQUESTS, "licence.sale.make", "201", 3);
    metrics_add(&m.metrics, METRIC_REQUESTS, "licence.sale.make", "201", 2);
    metrics_add(&m.metrics, METRIC_REQUESTS, "licence.sale.make", "409", 1);
    metrics_add(&m.metrics, METRIC_REFUSED, "a\"b\\c\nd", NULL, 1);
    metrics_set(&m.metrics, METRIC_QUEUE_LENGTH, NULL, NULL, 7);
    metrics_set(&m.metrics, METRIC_QUEUE_LENGTH, NULL, NULL, 4);
    metrics_set(&m.metrics, METRIC_OUTBOX_ROWS, "due", NULL, 2);
    metrics_set(&m.metrics, METRIC_CERTIFICATE_EXPIRY, NULL, NULL, 1798761599);
    metrics_observe(&m.metrics, METRIC_REQUEST_SECONDS, "licence.sale.make", 0.004);
    metrics_observe(&m.metrics, METRIC_REQUEST_SECONDS, "licence.sale.make", 20);
    metrics_observe(&m.metrics, METRIC_GROUP_SIZE, NULL, 3);
}

static void metrics_add_up(void) {
    metrics_begin();
    count_something();
    CU_ASSERT(metrics_write(&m.metrics, &m.text));
    CU_ASSERT(has("tessera_requests_total{endpoint=\"licence.sale.make\",status=\"201\"} 5\n"));
    CU_ASSERT(has("tessera_requests_total{endpoint=\"licence.sale.make\",status=\"409\"} 1\n"));
    CU_ASSERT(has("tessera_refused_requests_total{word=\"a\\\"b\\\\c\\nd\"} 1\n"));
    CU_ASSERT(has("tessera_queue_length 4\n"));
    CU_ASSERT(has("tessera_certificate_expiry_seconds 1798761599\n"));
    CU_ASSERT(has("_bucket{endpoint=\"licence.sale.make\",le=\"0.0025\"} 0\n"));
    CU_ASSERT(has("_bucket{endpoint=\"licence.sale.make\",le=\"0.005\"} 1\n"));
    CU_ASSERT(has("_bucket{endpoint=\"licence.sale.make\",le=\"10\"} 1\n"));
    CU_ASSERT(has("_bucket{endpoint=\"licence.sale.make\",le=\"+Inf\"} 2\n"));
    CU_ASSERT(has("tessera_request_seconds_sum{endpoint=\"licence.sale.make\"} 20.004\n"));
    CU_ASSERT(has("tessera_request_seconds_count{endpoint=\"licence.sale.make\"} 2\n"));
    CU_ASSERT(
        has("tessera_group_size_bucket{le=\"2\"} 0\ntessera_group_size_bucket{le=\"4\"} 1\n"));
    CU_ASSERT_FALSE(has("tessera_commits_total"));
    metrics_end();
}

static void promtool_takes_metrics(void) {
    metrics_begin();
    count_something();
    metrics_add(&m.metrics, METRIC_COMMITS, NULL, NULL, 1);
    metrics_observe(&m.metrics, METRIC_COMMIT_SECONDS, NULL, 0.002);
    metrics_add(&m.metrics, METRIC_STORE_RETRIES, "conflict", NULL, 1);
    metrics_set(&m.metrics, METRIC_CONNECTIONS, NULL, NULL, 1);
    metrics_set(&m.metrics, METRIC_UNSEALED_ROWS, NULL, NULL, 0);
    CU_ASSERT(metrics_write(&m.metrics, &m.text));
    for (size_t i = 0; i < METRIC_COUNT; i++)
        CU_ASSERT_EQUAL(m.metrics.counts[i] > 0, true); // promtool has seen every row
    FILE *promtool = popen("promtool check metrics", "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(promtool);
    fputs(buffer_string(&m.text), promtool);
    CU_ASSERT_EQUAL(pclose(promtool), 0);
    metrics_end();
}

/// Labels that never end do not take memory that never ends.
static void series_are_limited(void) {
    char name[32];
    metrics_begin();
    for (int i = 0; i < 3 * METRIC_SERIES_MAX; i++) {
        snprintf(name, sizeof name, "e%d", i);
        metrics_add(&m.metrics, METRIC_REQUESTS, name, "200", 1);
    }
    metrics_add(&m.metrics, METRIC_REQUESTS, "e0", "200", 1);
    CU_ASSERT(metrics_write(&m.metrics, &m.text));
    CU_ASSERT(m.metrics.counts[METRIC_REQUESTS] <= METRIC_SERIES_MAX + 1);
    CU_ASSERT(has("{endpoint=\"e0\",status=\"200\"} 2\n"));
    CU_ASSERT(has("{endpoint=\"other\",status=\"other\"} 1024\n"));
    metrics_end();
}

// ---- pages -------------------------------------------------------------------------------------

static bool well, is_ready;

static bool health(void *context, struct buffer *json) {
    (void)context;
    buffer_text(json, "{\"store\":\"ok\"}");
    return well;
}

static bool ready(void *context) {
    (void)context;
    return is_ready;
}

static void refresh(void *context) {
    metrics_set(context, METRIC_CONNECTIONS, NULL, NULL, 9);
}

static const char *ask(int listening, const char *line) {
    static char text[8192];
    int socket = raw_connect(listening);
    CU_ASSERT(raw_say(socket, line) && raw_say(socket, " HTTP/1.1\r\nHost: x\r\n\r\n"));
    CU_ASSERT(raw_read_answer(socket, text, sizeof text));
    close(socket);
    return text;
}

static void pages_tell_how_it_is(void) {
    struct failure failure;
    metrics_begin();
    struct status status = {.metrics = &m.metrics,
                            .health = health,
                            .ready = ready,
                            .refresh = refresh,
                            .context = &m.metrics};
    status_init(&status);
    int listening = http_listen("127.0.0.1:0", &failure);
    struct http_server *server = http_server_start(
        &(struct http_server_options){.socket = listening, .memory = &host_memory},
        &status.listener, &failure);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    CU_ASSERT_PTR_NOT_NULL(strstr(ask(listening, "GET /metrics"), "\ntessera_connections 9\n"));
    CU_ASSERT_EQUAL(raw_status(ask(listening, "GET /healthz")), 503);
    CU_ASSERT_EQUAL(raw_status(ask(listening, "GET /readyz")), 503);
    well = is_ready = true;
    CU_ASSERT_PTR_NOT_NULL(strstr(ask(listening, "GET /healthz"), "{\"store\":\"ok\"}"));
    CU_ASSERT_EQUAL(raw_status(ask(listening, "GET /readyz")), 200);
    CU_ASSERT_EQUAL(raw_status(ask(listening, "POST /readyz")), 405);
    CU_ASSERT_EQUAL(raw_status(ask(listening, "GET /v1/sales")), 404);
    CU_ASSERT_EQUAL(http_server_stop(server, 5000), 0);
    metrics_end();
}

// ---- notification ------------------------------------------------------------------------------

static void supervisors_are_told(void) {
    char directory[DAEMON_PATH_MAX], got[64] = "";
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    CU_ASSERT_FATAL(daemon_directory(directory));
    snprintf(at.sun_path, sizeof at.sun_path, "%.90s/notify", directory);
    int socket_of = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    CU_ASSERT_FATAL(bind(socket_of, (struct sockaddr *)&at, sizeof at) == 0);
    CU_ASSERT(notify_send(at.sun_path, "READY=1\nSTATUS=serving"));
    CU_ASSERT_EQUAL(recv(socket_of, got, sizeof got - 1, 0), 22);
    CU_ASSERT_STRING_EQUAL(got, "READY=1\nSTATUS=serving");
    CU_ASSERT(notify_send(NULL, "READY=1") && notify_send("", "READY=1"));
    CU_ASSERT_FALSE(notify_send("relative", "READY=1"));
    CU_ASSERT_FALSE(notify_send("/nowhere/notify", "READY=1"));
    close(socket_of);
    daemon_remove_directory(directory);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"log lines have fixed fields", log_lines_have_fixed_fields, NULL},
        {"log lines cannot be forged", log_lines_cannot_be_forged, NULL},
        {"log rates are limited", log_rates_are_limited, NULL},
        {"log lines do not mix", log_lines_do_not_mix, NULL},
        {"levels have words", levels_have_words, NULL},
        {"metrics add up", metrics_add_up, NULL},
        {"promtool takes the metrics", promtool_takes_metrics, NULL},
        {"series are limited", series_are_limited, NULL},
        {"pages tell how it is", pages_tell_how_it_is, NULL},
        {"supervisors are told", supervisors_are_told, NULL},
    };
    return suite_main("test-watch", tests, sizeof tests / sizeof tests[0], argc, argv);
}
