// SPDX-License-Identifier: Apache-2.0
// The moment by which each open connection has to have got on, whatever trickles in until then: a
// timer that each octet sets back holds nobody. A thread looks every now and then and shuts down
// what is late.
#ifndef SERVICES_WIRE_HTTP_HTTP_DEADLINE_H
#define SERVICES_WIRE_HTTP_HTTP_DEADLINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/// One open connection. Belongs to the caller, who takes it out before closing the socket.
struct deadline {
    struct deadline *previous, *next;
    int socket;
    uint64_t due_ms; // on the monotonic clock; 0: none
    bool stranger;   // may be ended for a younger one
    bool waiting;    // for a next request: among those, who waits longer and who less
    struct deadline *longer, *less;
};

struct deadlines {
    pthread_mutex_t lock;
    pthread_cond_t stop;
    pthread_t thread;
    struct deadline *first;
    size_t count;
    struct deadline *longest, *least; // of those that wait
    size_t waiting;
    unsigned period_ms;
    void (*tick)(void *context); // after each look; NULL: none
    void *context;
    bool stopping;
};

/// Looks every period_ms. False: no thread or memory.
bool deadlines_start(struct deadlines *deadlines, unsigned period_ms, void (*tick)(void *context),
                     void *context);
void deadlines_stop(struct deadlines *deadlines);

/// Enters a connection that is due ms from now.
void deadlines_enter(struct deadlines *deadlines, struct deadline *deadline, int socket,
                     uint64_t ms);
/// Ends the oldest stranger when there are more than most.
void deadlines_end_strangers(struct deadlines *deadlines, size_t most);
void deadlines_set_known(struct deadlines *deadlines, struct deadline *deadline);
void deadlines_leave(struct deadlines *deadlines, struct deadline *deadline);

/// Due ms from now; 0: whenever.
void deadlines_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t ms);

/// Due ms from now, and until it is set again it waits for its client: when more than most do, the
/// one that has waited longest is ended.
void deadlines_wait(struct deadlines *deadlines, struct deadline *deadline, uint64_t ms,
                    size_t most);

/// How many deadlines are running.
size_t deadlines_count(struct deadlines *deadlines);

/// The moment ms from now on a clock, for timed waits.
struct timespec deadline_moment(clockid_t clock, unsigned ms);

#endif
