// SPDX-License-Identifier: Apache-2.0
// The courier over HTTPS against the server in the same process: what arrives, what was never sent
// and what stays open, by certificates, redirects, lost connections and deadlines.
#include "base/heap.h"
#include "services/wire/courier/courier_http.h"
#include "services/wire/http/http_listen.h"
#include "tests/kit/http/authority.h"
#include "tests/kit/http/stand.h"
#include "tests/kit/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    struct tls_authority authority, foreign;
    const struct tls_files *server, *bank;
    struct tls_source tls;
    struct http_stand stand;
    struct courier_http_target target;
    struct courier_http_options options;
    struct courier_http *http;
    char url[128];
    struct reply reply;
    struct failure failure;
} t;

static void open_courier(void) {
    t.http = courier_http_open(&t.options, &t.failure);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t.http);
}

static void begin(size_t workers) {
    char name[64];
    tls_authority_begin(&t.authority, 5);
    t.server = tls_authority_issue(&t.authority, ROLE_SELLER, "shop", "127.0.0.1");
    t.bank = tls_authority_issue(&t.authority, ROLE_BANK, "B1", NULL);
    CU_ASSERT_FATAL(tls_source_open(&t.tls, t.server, &t.failure));
    http_stand_begin(&t.stand, workers,
                     (struct http_server_options){.tls = &t.tls, .clock = &clock_system});
    CU_ASSERT(http_listen_name(t.stand.options.socket, name, sizeof name));
    snprintf(t.url, sizeof t.url, "https://%s", name);
    t.target = (struct courier_http_target){"shop", t.url};
    t.options = (struct courier_http_options){.targets = &t.target,
                                              .target_count = 1,
                                              .root = t.bank->root,
                                              .certificate = t.bank->certificate,
                                              .key = t.bank->key,
                                              .revoked = t.bank->revoked};
    buffer_init(&t.reply.body, &host_memory);
    open_courier();
}

static void end(void) {
    courier_http_close(t.http);
    buffer_free(&t.reply.body);
    http_stand_end(&t.stand);
    tls_source_close(&t.tls);
    tls_authority_end(&t.authority);
}

static enum delivery send_to(const char *target, const char *method, const char *path,
                             const char *body, uint32_t deadline_ms) {
    const struct courier *courier = courier_http_courier(t.http);
    const struct parcel parcel = {.target = target,
                                  .method = method,
                                  .path = path,
                                  .key = body != NULL ? "key-1" : NULL,
                                  .body = bytes_of_string(body != NULL ? body : ""),
                                  .deadline_ms = deadline_ms};
    t.reply.status = 0;
    t.failure.text[0] = '\0';
    return courier->ops->send(courier, &parcel, &t.reply, &t.failure);
}

static void answers_arrive(void) {
    begin(2);
    CU_ASSERT_EQUAL(send_to("shop", "POST", "/echo", "{\"a\":1}", 20000), DELIVERY_DONE);
    CU_ASSERT_EQUAL(t.reply.status, 200);
    CU_ASSERT_STRING_EQUAL(buffer_string(&t.reply.body), "{\"a\":1}");
    CU_ASSERT_EQUAL(send_to("shop", "GET", "/who", NULL, 20000), DELIVERY_DONE);
    CU_ASSERT_STRING_EQUAL(buffer_string(&t.reply.body), "bank B1 \n");
    CU_ASSERT_EQUAL(send_to("shop", "POST", "/nowhere", "x", 20000), DELIVERY_DONE);
    CU_ASSERT_EQUAL(t.reply.status, 404);
    CU_ASSERT_EQUAL(send_to("shop", "POST", "/echo", "", 20000), DELIVERY_DONE);
    CU_ASSERT_EQUAL(t.reply.body.size, 0);
    CU_ASSERT_EQUAL(http_server_connections(t.stand.server), 1); // one for all of them
    end();
}

/// Nothing was sent: no such name, nobody there, another root, another name, a revoked server.
static void what_was_never_sent(void) {
    struct failure failure;
    begin(0);
    CU_ASSERT_EQUAL(send_to("bank", "POST", "/echo", "x", 20000), DELIVERY_REFUSED);
    CU_ASSERT_EQUAL(t.failure.code, EXIT_USAGE);
    int listening = http_listen("127.0.0.1:0", &failure);
    CU_ASSERT(http_listen_name(listening, t.url + 8, sizeof t.url - 8));
    close(listening);
    CU_ASSERT_EQUAL(send_to("shop", "POST", "/echo", "x", 20000), DELIVERY_REFUSED);
    CU_ASSERT_EQUAL(t.failure.code, EXIT_ABSENT);
    end();
    CU_ASSERT_EQUAL(t.stand.echo.admitted, 0);
}

static void refused_for(struct courier_http_options options, const char *url) {
    t.options = options;
    if (url != NULL)
        t.target.url = url;
    courier_http_close(t.http);
    open_courier();
    CU_ASSERT_EQUAL(send_to("shop", "POST", "/echo", "x", 20000), DELIVERY_REFUSED);
    CU_ASSERT_EQUAL(t.failure.code, EXIT_REFUSED);
}

static void servers_have_to_be_trusted(void) {
    char other[64];
    begin(0);
    struct courier_http_options right = t.options, wrong = t.options;
    tls_authority_begin(&t.foreign, 6);
    wrong.root = tls_authority_issue(&t.foreign, ROLE_BANK, "B1", NULL)->root;
    refused_for(wrong, NULL);
    wrong.root = "/etc/ssl/certs/ca-certificates.crt";
    if (access(wrong.root, R_OK) == 0)
        refused_for(wrong, NULL);
    snprintf(other, sizeof other, "https://localhost%s", strrchr(t.url, ':'));
    refused_for(right, other); // it is certified for 127.0.0.1
    tls_authority_revoke(&t.authority, "shop");
    refused_for(right, t.url);
    tls_authority_end(&t.foreign);
    end();
    CU_ASSERT_EQUAL(t.stand.echo.admitted, 0);
}

/// A connection that was kept does not outlive a reload.
static void reload_drops_what_was_kept(void) {
    begin(0);
    CU_ASSERT_EQUAL(send_to("shop", "GET", "/hello", NULL, 20000), DELIVERY_DONE);
    tls_authority_revoke(&t.authority, "shop");
    CU_ASSERT_EQUAL(send_to("shop", "GET", "/hello", NULL, 20000), DELIVERY_DONE); // the kept one
    courier_http_reload(t.http);
    CU_ASSERT_EQUAL(send_to("shop", "GET", "/hello", NULL, 20000), DELIVERY_REFUSED);
    end();
}

/// Taken and not answered in time: open, and the same parcel may go again.
static void late_answers_stay_open(void) {
    begin(2);
    echo_hold(&t.stand.echo, true);
    CU_ASSERT_EQUAL(send_to("shop", "POST", "/echo", "x", 300), DELIVERY_OPEN);
    CU_ASSERT_EQUAL(t.failure.code, EXIT_OPEN);
    CU_ASSERT_EQUAL(echo_taken(&t.stand.echo), 1);
    echo_hold(&t.stand.echo, false);
    CU_ASSERT_EQUAL(send_to("shop", "POST", "/echo", "x", 20000), DELIVERY_DONE);
    end();
    CU_ASSERT_EQUAL(t.stand.echo.finished, 2);
}

static void long_answers_are_not_taken(void) {
    static char body[40000];
    begin(0);
    memset(body, 'x', sizeof body - 1);
    t.options.reply_max = 30000;
    courier_http_close(t.http);
    open_courier();
    CU_ASSERT_EQUAL(send_to("shop", "POST", "/echo", body, 20000), DELIVERY_OPEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(t.failure.text, "longer than is taken"));
    CU_ASSERT_EQUAL(send_to("shop", "GET", "/hello", NULL, 20000), DELIVERY_DONE);
    end();
}

/// The server ends its kept connections: the next parcel goes over a new one.
static void kept_connections_may_end(void) {
    begin(0);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(send_to("shop", "POST", "/echo", "x", 20000), DELIVERY_DONE);
        CU_ASSERT(tls_source_reload(&t.tls, &t.failure)); // so that the next answer says close
    }
    end();
    CU_ASSERT_EQUAL(t.stand.echo.finished, 3);
}

/// A proxy in the environment gets nothing of it.
static void proxies_are_not_asked(void) {
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    begin(0);
    CU_ASSERT_EQUAL(send_to("shop", "GET", "/hello", NULL, 20000), DELIVERY_DONE);
    end();
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
}

/// A redirect is an answer, and nobody follows it.
static void redirects_are_answers(void) {
    begin(0);
    CU_ASSERT_EQUAL(send_to("shop", "GET", "/elsewhere", NULL, 20000), DELIVERY_DONE);
    CU_ASSERT_EQUAL(t.reply.status, 307);
    end();
    CU_ASSERT_EQUAL(t.stand.echo.admitted, 1);
}

static void addresses_are_looked_at(void) {
    static const char *const bad[] = {"http://127.0.0.1:1", "https://",     "https://a/b",
                                      "https://u@a",        "https://a?b",  "a:1",
                                      "file:///etc/passwd", "https://a b:1"};
    begin(0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct courier_http_target target = {"shop", bad[i]};
        struct courier_http_options options = t.options;
        options.targets = &target;
        CU_ASSERT_PTR_NULL(courier_http_open(&options, &t.failure));
        CU_ASSERT_EQUAL(t.failure.code, EXIT_USAGE);
    }
    struct courier_http_options options = t.options;
    options.key = "/nowhere/key.pem";
    CU_ASSERT_PTR_NULL(courier_http_open(&options, &t.failure));
    CU_ASSERT_EQUAL(t.failure.code, EXIT_USAGE);
    end();
}

static void *send_many(void *context) {
    const struct courier *courier = courier_http_courier(t.http);
    struct reply reply;
    size_t *done = context;
    buffer_init(&reply.body, &host_memory);
    for (int i = 0; i < 25; i++) {
        const struct parcel parcel = {.target = "shop",
                                      .method = "POST",
                                      .path = "/echo",
                                      .key = "k",
                                      .body = bytes_of_string("many"),
                                      .deadline_ms = 20000};
        struct failure failure;
        *done += courier->ops->send(courier, &parcel, &reply, &failure) == DELIVERY_DONE &&
                 strcmp(buffer_string(&reply.body), "many") == 0;
    }
    buffer_free(&reply.body);
    return NULL;
}

static void threads_share_a_courier(void) {
    pthread_t threads[4];
    size_t done[4] = {0};
    begin(2);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, send_many, &done[i]) == 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(done[i], 25);
    }
    CU_ASSERT(http_server_connections(t.stand.server) <= 4);
    end();
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"answers arrive", answers_arrive, NULL},
        {"what was never sent is refused", what_was_never_sent, NULL},
        {"servers have to be trusted", servers_have_to_be_trusted, NULL},
        {"a reload drops what was kept", reload_drops_what_was_kept, NULL},
        {"late answers stay open", late_answers_stay_open, NULL},
        {"long answers are not taken", long_answers_are_not_taken, NULL},
        {"kept connections may end", kept_connections_may_end, NULL},
        {"proxies are not asked", proxies_are_not_asked, NULL},
        {"redirects are answers", redirects_are_answers, NULL},
        {"addresses are looked at", addresses_are_looked_at, NULL},
        {"threads share a courier", threads_share_a_courier, NULL},
    };
    return suite_main("test-courier-http", tests, sizeof tests / sizeof tests[0], argc, argv);
}
