// SPDX-License-Identifier: Apache-2.0
#include "services/wire/http/http_deadline.h"

#include <sys/socket.h>

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct timespec deadline_moment(clockid_t clock, unsigned ms) {
    struct timespec when;
    clock_gettime(clock, &when);
    when.tv_sec += ms / 1000;
    when.tv_nsec += (long)(ms % 1000) * 1000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_sec++;
        when.tv_nsec -= 1000000000;
    }
    return when;
}

/// The server sees a socket that was shut down as one whose client left.
static void sweep(struct deadlines *deadlines) {
    uint64_t now = now_ms();
    for (struct deadline *at = deadlines->first; at != NULL; at = at->next)
        if (at->due_ms != 0 && at->due_ms <= now) {
            shutdown(at->socket, SHUT_RDWR);
            at->due_ms = 0;
        }
}

static void *run(void *context) {
    struct deadlines *deadlines = context;
    pthread_mutex_lock(&deadlines->lock);
    while (!deadlines->stopping) {
        struct timespec when = deadline_moment(CLOCK_MONOTONIC, deadlines->period_ms);
        pthread_cond_timedwait(&deadlines->stop, &deadlines->lock, &when);
        sweep(deadlines);
        if (deadlines->tick == NULL)
            continue;
        pthread_mutex_unlock(&deadlines->lock);
        deadlines->tick(deadlines->context);
        pthread_mutex_lock(&deadlines->lock);
    }
    pthread_mutex_unlock(&deadlines->lock);
    return NULL;
}

bool deadlines_start(struct deadlines *deadlines, unsigned period_ms, void (*tick)(void *context),
                     void *context) {
    pthread_condattr_t monotonic;
    *deadlines = (struct deadlines){.period_ms = period_ms, .tick = tick, .context = context};
    if (pthread_condattr_init(&monotonic) != 0)
        return false;
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&deadlines->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&deadlines->lock, NULL);
    if (pthread_create(&deadlines->thread, NULL, run, deadlines) == 0)
        return true;
    pthread_mutex_destroy(&deadlines->lock);
    pthread_cond_destroy(&deadlines->stop);
    return false;
}

void deadlines_stop(struct deadlines *deadlines) {
    pthread_mutex_lock(&deadlines->lock);
    deadlines->stopping = true;
    pthread_cond_signal(&deadlines->stop);
    pthread_mutex_unlock(&deadlines->lock);
    pthread_join(deadlines->thread, NULL);
    pthread_mutex_destroy(&deadlines->lock);
    pthread_cond_destroy(&deadlines->stop);
}

void deadlines_enter(struct deadlines *deadlines, struct deadline *deadline, int socket,
                     uint64_t ms) {
    *deadline = (struct deadline){.socket = socket, .due_ms = now_ms() + ms, .stranger = true};
    pthread_mutex_lock(&deadlines->lock);
    deadline->next = deadlines->first;
    if (deadline->next != NULL)
        deadline->next->previous = deadline;
    deadlines->first = deadline;
    deadlines->count++;
    pthread_mutex_unlock(&deadlines->lock);
}

void deadlines_end_strangers(struct deadlines *deadlines, size_t most) {
    struct deadline *oldest = NULL;
    size_t strangers = 0;
    pthread_mutex_lock(&deadlines->lock);
    for (struct deadline *at = deadlines->first; at != NULL; at = at->next)
        if (at->stranger) {
            strangers++;
            oldest = at; // the youngest come first
        }
    if (strangers > most) {
        oldest->stranger = false; // it is on its way out
        shutdown(oldest->socket, SHUT_RDWR);
    }
    pthread_mutex_unlock(&deadlines->lock);
}

void deadlines_set_known(struct deadlines *deadlines, struct deadline *deadline) {
    pthread_mutex_lock(&deadlines->lock);
    deadline->stranger = false;
    pthread_mutex_unlock(&deadlines->lock);
}

static void wait_no_more(struct deadlines *deadlines, struct deadline *deadline) {
    if (!deadline->waiting)
        return;
    *(deadline->longer != NULL ? &deadline->longer->less : &deadlines->longest) = deadline->less;
    *(deadline->less != NULL ? &deadline->less->longer : &deadlines->least) = deadline->longer;
    deadline->waiting = false;
    deadlines->waiting--;
}

void deadlines_leave(struct deadlines *deadlines, struct deadline *deadline) {
    pthread_mutex_lock(&deadlines->lock);
    wait_no_more(deadlines, deadline);
    if (deadline->next != NULL)
        deadline->next->previous = deadline->previous;
    if (deadline->previous != NULL)
        deadline->previous->next = deadline->next;
    else
        deadlines->first = deadline->next;
    deadlines->count--;
    pthread_mutex_unlock(&deadlines->lock);
}

void deadlines_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t ms) {
    pthread_mutex_lock(&deadlines->lock);
    wait_no_more(deadlines, deadline);
    deadline->due_ms = ms == 0 ? 0 : now_ms() + ms;
    pthread_mutex_unlock(&deadlines->lock);
}

void deadlines_wait(struct deadlines *deadlines, struct deadline *deadline, uint64_t ms,
                    size_t most) {
    pthread_mutex_lock(&deadlines->lock);
    wait_no_more(deadlines, deadline);
    deadline->due_ms = now_ms() + ms;
    deadline->waiting = true;
    deadline->longer = deadlines->least;
    deadline->less = NULL;
    *(deadlines->least != NULL ? &deadlines->least->less : &deadlines->longest) = deadline;
    deadlines->least = deadline;
    if (++deadlines->waiting > most) {
        struct deadline *longest = deadlines->longest;
        wait_no_more(deadlines, longest);
        shutdown(longest->socket, SHUT_RDWR);
    }
    pthread_mutex_unlock(&deadlines->lock);
}

size_t deadlines_count(struct deadlines *deadlines) {
    pthread_mutex_lock(&deadlines->lock);
    size_t count = deadlines->count;
    pthread_mutex_unlock(&deadlines->lock);
    return count;
}
