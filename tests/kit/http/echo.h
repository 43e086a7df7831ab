// SPDX-License-Identifier: Apache-2.0
// A listener for tests of what stands before it: answers every POST with the body it got, at once
// or from a thread of its own, and counts. Paths: /echo (POST), /hello (GET), and
// /who (GET), which wants a certificate and answers "ROLE ID ENTERPRISE"; /elsewhere is a
// redirect to /hello.
#ifndef TESTS_KIT_HTTP_ECHO_H
#define TESTS_KIT_HTTP_ECHO_H

#include "services/wire/listener.h"

#include <pthread.h>

enum { ECHO_BODY_MAX = 65536, ECHO_WORKERS_MAX = 8 };

struct echo {
    struct listener listener;
    size_t workers; // 0: answers on the server's thread
    pthread_t threads[ECHO_WORKERS_MAX];
    pthread_mutex_t lock; // of what follows
    pthread_cond_t more;
    struct exchange *first, **last;
    bool held; // workers take nothing
    bool ended;
    size_t admitted, taken, finished;
    int answered; // descriptor: one line a POST that is answered, written before the answer; -1
};

/// Starts workers.
void echo_start(struct echo *echo, size_t workers);
void echo_hold(struct echo *echo, bool held);
size_t echo_taken(struct echo *echo);
/// Answers what is queued and ends the workers.
void echo_stop(struct echo *echo);

#endif
