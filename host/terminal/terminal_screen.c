// SPDX-License-Identifier: Apache-2.0
#include "host/terminal/terminal_screen.h"

#include "base/heap.h"
#include "host/terminal/page_files.h"
#include "host/terminal/words.h"
#include "services/wire/form/problem.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TERMINAL_ACTS = 16, PAGES = 7, TIME_MAX_MS = 5000 };

struct terminal_screen {
    struct screen *screen;
    struct screen_page pages[PAGES];
    struct listener listener;
    struct http_events events;
    char *words;           // of /words.json
    pthread_mutex_t mutex; // over the rest
    char *state;           // JSON
    uint64_t version;
    json_t *acts[TERMINAL_ACTS];
    size_t act_count;
    int pipe[2]; // one octet an act
};

// ---- the state ---------------------------------------------------------------------------------

static uint64_t version(void *context) {
    struct terminal_screen *screen = context;
    pthread_mutex_lock(&screen->mutex);
    uint64_t now = screen->version;
    pthread_mutex_unlock(&screen->mutex);
    return now;
}

static bool write_state(void *context, struct buffer *json) {
    struct terminal_screen *screen = context;
    pthread_mutex_lock(&screen->mutex);
    buffer_text(json, screen->state != NULL ? screen->state : "{}");
    pthread_mutex_unlock(&screen->mutex);
    return !json->failed;
}

void terminal_screen_show(struct terminal_screen *screen, json_t *state) {
    char *text = state != NULL ? json_dumps(state, JSON_COMPACT) : NULL;
    json_decref(state);
    if (text == NULL)
        return;
    pthread_mutex_lock(&screen->mutex);
    free(screen->state);
    screen->state = text;
    screen->version++;
    pthread_mutex_unlock(&screen->mutex);
    screen_changed(screen->screen);
}

// ---- acts --------------------------------------------------------------------------------------

static bool admit(const struct listener *listener, struct exchange *exchange,
                  struct admission *admission) {
    struct problem problem = {0};
    (void)listener;
    *admission = (struct admission){TERMINAL_ACT_MAX, TIME_MAX_MS, true};
    if (strcmp(exchange->request.target, "/act") != 0) {
        problem_set(&problem, &problem_path, "there is no such page");
        answer_problem(exchange, &problem);
        return false;
    }
    if (strcmp(exchange->request.method, "POST") == 0)
        return true;
    problem_set(&problem, &problem_method, "an act is sent with POST");
    answer_problem(exchange, &problem);
    answer_header(exchange, "Allow", "POST");
    return false;
}

/// False: the mailbox is full.
static bool put_act(struct terminal_screen *screen, json_t *act) {
    pthread_mutex_lock(&screen->mutex);
    bool room = screen->act_count < TERMINAL_ACTS && write(screen->pipe[1], "!", 1) == 1;
    if (room)
        screen->acts[screen->act_count++] = json_incref(act);
    pthread_mutex_unlock(&screen->mutex);
    return room;
}

static void take(const struct listener *listener, struct exchange *exchange) {
    struct terminal_screen *screen = listener->context;
    struct problem problem = {0};
    struct bytes body = exchange->request.body;
    json_t *act = json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES, NULL);
    exchange->answer.status = 202;
    if (!json_is_object(act))
        problem_set(&problem, &problem_shape, "an act is one JSON object");
    else if (!put_act(screen, act))
        problem_set(&problem, &problem_busy, "the terminal has enough to do; wait for its state");
    if (problem.word != NULL)
        answer_problem(exchange, &problem);
    json_decref(act);
    exchange->finish(exchange);
}

json_t *terminal_screen_act(struct terminal_screen *screen) {
    json_t *act = NULL;
    char octet;
    pthread_mutex_lock(&screen->mutex);
    if (screen->act_count > 0 && read(screen->pipe[0], &octet, 1) == 1) {
        act = screen->acts[0];
        screen->act_count--;
        memmove(screen->acts, screen->acts + 1, screen->act_count * sizeof(json_t *));
    }
    pthread_mutex_unlock(&screen->mutex);
    return act;
}

int terminal_screen_descriptor(const struct terminal_screen *screen) {
    return screen->pipe[0];
}

// ---- start and stop ----------------------------------------------------------------------------

static bool make_words(struct terminal_screen *screen) {
    json_t *words = words_to_json();
    screen->words = words != NULL ? json_dumps(words, JSON_COMPACT) : NULL;
    json_decref(words);
    return screen->words != NULL;
}

static void fill_pages(struct terminal_screen *screen,
                       const struct terminal_screen_options *options) {
    static const char script[] = "text/javascript; charset=utf-8";
    struct screen_page *pages = screen->pages;
    pages[0] = (struct screen_page){"/", "text/html; charset=utf-8", options->page};
    pages[1] = (struct screen_page){"/page.js", script, options->script};
    pages[2] = (struct screen_page){"/terminal.js", script, page_terminal_script()};
    pages[3] =
        (struct screen_page){"/terminal.css", "text/css; charset=utf-8", page_terminal_style()};
    pages[6] = (struct screen_page){"/page.css", "text/css; charset=utf-8", options->style};
    pages[5] = (struct screen_page){"/icon.svg", "image/svg+xml", page_terminal_icon()};
    pages[4] =
        (struct screen_page){"/words.json", "application/json", bytes_of_string(screen->words)};
}

static void free_screen(struct terminal_screen *screen) {
    for (size_t i = 0; i < screen->act_count; i++)
        json_decref(screen->acts[i]);
    for (size_t i = 0; i < 2; i++)
        if (screen->pipe[i] >= 0)
            close(screen->pipe[i]);
    free(screen->words);
    free(screen->state);
    pthread_mutex_destroy(&screen->mutex);
    free(screen);
}

static bool begin(struct terminal_screen *screen, const struct terminal_screen_options *options,
                  struct failure *failure) {
    if (pipe2(screen->pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return fail_errno(failure, "cannot make a pipe");
    if (!make_words(screen))
        return fail(failure, EXIT_REFUSED, "out of memory");
    fill_pages(screen, options);
    screen->listener = (struct listener){admit, take, screen};
    screen->events = (struct http_events){version, write_state, screen};
    screen->screen = screen_start(&(struct screen_options){.address = options->address,
                                                           .token = options->token,
                                                           .pages = screen->pages,
                                                           .page_count = PAGES,
                                                           .listener = &screen->listener,
                                                           .events = &screen->events,
                                                           .memory = &host_memory},
                                  failure);
    return screen->screen != NULL;
}

struct terminal_screen *terminal_screen_start(const struct terminal_screen_options *options,
                                              struct failure *failure) {
    struct terminal_screen *screen = calloc(1, sizeof *screen);
    if (screen == NULL) {
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    screen->pipe[0] = screen->pipe[1] = -1;
    screen->version = 1;
    pthread_mutex_init(&screen->mutex, NULL);
    if (begin(screen, options, failure))
        return screen;
    free_screen(screen);
    return NULL;
}

const char *terminal_screen_url(const struct terminal_screen *screen) {
    return screen_url(screen->screen);
}

size_t terminal_screen_stop(struct terminal_screen *screen, unsigned wait_ms) {
    if (screen == NULL)
        return 0;
    size_t left = screen_stop(screen->screen, wait_ms);
    if (left == 0)
        free_screen(screen);
    return left;
}
