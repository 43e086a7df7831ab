// SPDX-License-Identifier: Apache-2.0
#include "services/wire/screen/screen.h"

#include "services/wire/form/endpoint.h"
#include "services/wire/http/http_listen.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS = 256,
    TOKEN_TEXT = 2 * SCREEN_TOKEN_SIZE,
    NAME_MAX_SIZE = 64,
    COOKIE_MAX = 96,
};

/// A cookie belongs to a host, whatever the port: its name tells the screens of one machine apart.
#define COOKIE_STEM "tessera-"

struct screen {
    struct screen_options options;
    struct http_server *server;
    struct http_gate gate;
    struct listener listener;
    char name[NAME_MAX_SIZE];       // "127.0.0.1:8080"
    char origin[NAME_MAX_SIZE + 8]; // "http://127.0.0.1:8080"
    char cookie[COOKIE_MAX];        // "tessera-8080="
    char token[TOKEN_TEXT + 1];     // hexadecimal
    char url[SCREEN_URL_MAX];
    const char *hosts[2];
};

static const struct problem_word word_token = {"token", 403,
                                               "The page was not opened by its address"};
static const struct problem_word word_origin = {"origin", 403, "The request is not from this page"};

/// Nothing but the page's own files, and nobody frames it or learns where it stands.
static const struct answer_header ALWAYS[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cache-Control", "no-store"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
};

// ---- the gate ----------------------------------------------------------------------------------

static enum http_pass refuse(struct exchange *exchange, const struct problem_word *word,
                             const char *detail) {
    struct problem problem = {0};
    problem_set(&problem, word, "%s", detail);
    answer_problem(exchange, &problem);
    if (word == &problem_method)
        answer_header(exchange, "Allow", "GET, HEAD, POST");
    return HTTP_PASS_ANSWERED;
}

static bool is_token(const struct screen *screen, const char *text, size_t size) {
    return size == TOKEN_TEXT &&
           bytes_equal_secret((const uint8_t *)text, (const uint8_t *)screen->token, TOKEN_TEXT);
}

/// Is our cookie among those of the header, with the token of this start?
static bool has_cookie(const struct screen *screen, const struct http_head *head) {
    size_t stem = strlen(screen->cookie);
    for (size_t i = 0; i < head->header_count; i++) {
        if (strcasecmp(head->headers[i].name, "Cookie") != 0)
            continue;
        for (const char *at = head->headers[i].value; *at != '\0';) {
            size_t size = strcspn(at, ";");
            if (size > stem && strncmp(at, screen->cookie, stem) == 0 &&
                is_token(screen, at + stem, size - stem))
                return true;
            at += size;
            at += strspn(at, "; ");
        }
    }
    return false;
}

/// The address was opened: the token goes into a cookie, and out of what the browser remembers.
static enum http_pass let_in(const struct screen *screen, struct exchange *exchange,
                             const char *token) {
    char cookie[COOKIE_MAX + TOKEN_TEXT + 48];
    if (!is_token(screen, token, strlen(token)))
        return refuse(exchange, &word_token,
                      "this address is of another start of the terminal; "
                      "open the one that it prints now");
    snprintf(cookie, sizeof cookie, "%s%s; Path=/; HttpOnly; SameSite=Strict", screen->cookie,
             screen->token);
    exchange->answer.status = 303;
    answer_header(exchange, "Location", "/");
    answer_header(exchange, "Set-Cookie", cookie);
    return HTTP_PASS_ANSWERED;
}

static bool is_reading(const struct http_head *head) {
    return strcmp(head->method, "GET") == 0 || strcmp(head->method, "HEAD") == 0;
}

/// A browser names the origin of whatever changes something, and of whatever another site asks for.
static bool is_from_here(const struct screen *screen, const struct http_head *head) {
    const char *origin = http_head_find(head, "Origin");
    if (origin == NULL)
        return is_reading(head);
    return strcmp(origin, screen->origin) == 0;
}

static bool is_json(const struct http_head *head) {
    const char *type = http_head_find(head, "Content-Type");
    return type != NULL && strcmp(type, "application/json") == 0;
}

static enum http_pass pass(void *context, const struct http_head *head, struct exchange *exchange) {
    static const char OPENING[] = "/?t=";
    const struct screen *screen = context;
    if (!is_reading(head) && strcmp(head->method, "POST") != 0)
        return refuse(exchange, &problem_method, "a page is read with GET and acts with POST");
    if (!is_from_here(screen, head))
        return refuse(exchange, &word_origin, "the Origin of the request is not this page's");
    if (is_reading(head) && strncmp(head->target, OPENING, sizeof OPENING - 1) == 0)
        return let_in(screen, exchange, head->target + sizeof OPENING - 1);
    if (!has_cookie(screen, head))
        return refuse(exchange, &word_token,
                      "open the page by the whole address that the terminal prints");
    if (!is_reading(head) && !is_json(head))
        return refuse(exchange, &problem_media, "a request of the page is application/json");
    if (is_reading(head) && screen->options.events != NULL &&
        strcmp(head->target, "/events") == 0) {
        exchange->answer.status = 200;
        exchange->answer.content_type = "text/event-stream";
        return HTTP_PASS_EVENTS;
    }
    exchange->request.peer.roles = ROLE_SCREEN;
    return HTTP_PASS_ON;
}

// ---- pages -------------------------------------------------------------------------------------

static const struct screen_page *find_page(const struct screen *screen, const char *path) {
    for (size_t i = 0; i < screen->options.page_count; i++)
        if (strcmp(screen->options.pages[i].path, path) == 0)
            return &screen->options.pages[i];
    return NULL;
}

static bool admit(const struct listener *listener, struct exchange *exchange,
                  struct admission *admission) {
    const struct screen *screen = listener->context;
    const struct request *request = &exchange->request;
    bool post = strcmp(request->method, "POST") == 0;
    if (find_page(screen, request->target) != NULL) {
        if (post)
            refuse(exchange, &problem_method, "this is a page, and is read with GET");
        admission->direct = true;
        return !post;
    }
    const struct listener *next = screen->options.listener;
    if (next != NULL)
        return next->admit(next, exchange, admission);
    refuse(exchange, &problem_path, "there is no such page");
    return false;
}

static void take(const struct listener *listener, struct exchange *exchange) {
    const struct screen *screen = listener->context;
    const struct screen_page *page = find_page(screen, exchange->request.target);
    const struct listener *next = screen->options.listener;
    if (page == NULL) {
        next->take(next, exchange);
        return;
    }
    exchange->answer.status = 200;
    exchange->answer.content_type = page->type;
    exchange->answer.body = page->octets;
    exchange->finish(exchange);
}

// ---- start and stop ----------------------------------------------------------------------------

static bool is_loopback(int listening) {
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    if (getsockname(listening, (struct sockaddr *)&at, &size) != 0)
        return false;
    if (at.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&at)->sin6_addr);
    return at.ss_family == AF_INET &&
           ntohl(((const struct sockaddr_in *)&at)->sin_addr.s_addr) >> 24 == 127;
}

static int listen_here(const char *address, struct failure *failure) {
    int listening = http_listen(address, failure);
    if (listening < 0 || is_loopback(listening))
        return listening;
    close(listening);
    failure_set(failure, EXIT_USAGE,
                "a screen is shown on this machine only; '%s' is no address of loopback", address);
    return -1;
}

static void name_it(struct screen *screen, int listening, const uint8_t *token) {
    http_listen_name(listening, screen->name, sizeof screen->name);
    snprintf(screen->origin, sizeof screen->origin, "http://%s", screen->name);
    snprintf(screen->cookie, sizeof screen->cookie,
             COOKIE_STEM "%s=", strrchr(screen->name, ':') + 1);
    for (size_t i = 0; i < SCREEN_TOKEN_SIZE; i++)
        snprintf(screen->token + 2 * i, 3, "%02x", token[i]);
    snprintf(screen->url, sizeof screen->url, "%s/?t=%s", screen->origin, screen->token);
    screen->hosts[0] = screen->name;
}

static bool serve(struct screen *screen, int listening, struct failure *failure) {
    screen->gate = (struct http_gate){pass, screen};
    screen->listener = (struct listener){admit, take, screen};
    const struct http_server_options options = {.socket = listening,
                                                .hosts = screen->hosts,
                                                .memory = screen->options.memory,
                                                .gate = &screen->gate,
                                                .events = screen->options.events,
                                                .always = ALWAYS,
                                                .always_count = sizeof ALWAYS / sizeof ALWAYS[0],
                                                .connections_max = CONNECTIONS,
                                                .per_address_max = CONNECTIONS,
                                                .strangers_max = SCREEN_STRANGERS_MAX};
    screen->server = http_server_start(&options, &screen->listener, failure);
    return screen->server != NULL;
}

static void erase(struct screen *screen) {
    bytes_erase(screen->token, sizeof screen->token);
    bytes_erase(screen->url, sizeof screen->url);
    free(screen);
}

struct screen *screen_start(const struct screen_options *options, struct failure *failure) {
    struct screen *screen = calloc(1, sizeof *screen);
    int listening = listen_here(options->address, failure);
    if (screen == NULL || listening < 0) {
        if (listening >= 0) {
            close(listening);
            failure_set(failure, EXIT_REFUSED, "out of memory");
        }
        free(screen);
        return NULL;
    }
    screen->options = *options;
    name_it(screen, listening, options->token);
    if (serve(screen, listening, failure))
        return screen;
    erase(screen);
    return NULL;
}

const char *screen_url(const struct screen *screen) {
    return screen->url;
}

void screen_changed(struct screen *screen) {
    http_server_wake(screen->server);
}

size_t screen_stop(struct screen *screen, unsigned wait_ms) {
    size_t left = http_server_stop(screen->server, wait_ms);
    if (left == 0)
        erase(screen);
    return left;
}
