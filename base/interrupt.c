// SPDX-License-Identifier: Apache-2.0
#include "base/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_BY_SIGNAL = 128 };

struct interrupt {
    pthread_t thread;
    sigset_t before;          // what the process blocked
    int signals, came, ended; // signalfd; events for the others and for the thread
    sem_t running;            // posted by the thread when it runs
    atomic_int signal;
    bool watching;
};

static void tell(int event) {
    uint64_t one = 1;
    while (write(event, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

static void take_signal(struct interrupt *interrupt) {
    struct signalfd_siginfo info;
    if (read(interrupt->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (interrupt->signal != 0)
        _exit(EXIT_BY_SIGNAL + (int)info.ssi_signo);
    interrupt->signal = (int)info.ssi_signo;
    tell(interrupt->came);
}

static void *watch(void *context) {
    struct interrupt *interrupt = context;
    sem_post(&interrupt->running);
    struct pollfd events[] = {{.fd = interrupt->signals, .events = POLLIN},
                              {.fd = interrupt->ended, .events = POLLIN}};
    while (poll(events, 2, -1) >= 0 || errno == EINTR) {
        if (events[1].revents != 0)
            return NULL;
        if (events[0].revents != 0)
            take_signal(interrupt);
    }
    return NULL;
}

static bool open_events(struct interrupt *interrupt, const sigset_t *set) {
    interrupt->signals = signalfd(-1, set, SFD_CLOEXEC);
    interrupt->came = eventfd(0, EFD_CLOEXEC);
    interrupt->ended = eventfd(0, EFD_CLOEXEC);
    return interrupt->signals >= 0 && interrupt->came >= 0 && interrupt->ended >= 0;
}

static void close_events(const struct interrupt *interrupt) {
    const int events[] = {interrupt->signals, interrupt->came, interrupt->ended};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i] >= 0)
            close(events[i]);
}

/// Those that are not ignored, as nohup and shells do for what runs behind them.
static void choose_signals(sigset_t *set) {
    static const int watched[] = {SIGINT, SIGTERM};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++) {
        struct sigaction now;
        if (sigaction(watched[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(set, watched[i]);
    }
}

/// Returns when the thread runs: a fork while it still starts leaves the child with locks of the
/// thread library or of a sanitizer that nobody gives back, and its own thread never starts.
static bool start_thread(struct interrupt *interrupt) {
    if (sem_init(&interrupt->running, 0, 0) != 0 ||
        pthread_create(&interrupt->thread, NULL, watch, interrupt) != 0)
        return false;
    while (sem_wait(&interrupt->running) != 0 && errno == EINTR)
        continue;
    return true;
}

static bool begin(struct interrupt *interrupt) {
    sigset_t set;
    choose_signals(&set);
    interrupt->signal = 0;
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return false;
    interrupt->watching = open_events(interrupt, &set) && start_thread(interrupt);
    if (!interrupt->watching)
        pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
    return interrupt->watching;
}

struct interrupt *interrupt_watch(void) {
    struct interrupt *interrupt = calloc(1, sizeof *interrupt);
    if (interrupt == NULL)
        return NULL;
    pthread_sigmask(SIG_BLOCK, NULL, &interrupt->before);
    if (begin(interrupt))
        return interrupt;
    close_events(interrupt);
    free(interrupt);
    return NULL;
}

void interrupt_watch_in_child(struct interrupt *interrupt) {
    if (interrupt == NULL)
        return;
    close_events(interrupt);
    (void)begin(interrupt);
}

int interrupt_signal(const struct interrupt *interrupt) {
    return interrupt != NULL ? interrupt->signal : 0;
}

int interrupt_descriptor(const struct interrupt *interrupt) {
    return interrupt != NULL ? interrupt->came : -1;
}

void interrupt_sleep(const struct interrupt *interrupt, uint64_t nanoseconds) {
    enum { SECOND = 1000000000 };
    struct pollfd event = {.fd = interrupt_descriptor(interrupt), .events = POLLIN};
    struct timespec now, end, left;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t until = (uint64_t)now.tv_nsec + nanoseconds % SECOND;
    end = (struct timespec){now.tv_sec + (time_t)(nanoseconds / SECOND + until / SECOND),
                            (long)(until % SECOND)};
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
        bool borrow = end.tv_nsec < now.tv_nsec;
        left = (struct timespec){end.tv_sec - now.tv_sec - borrow,
                                 end.tv_nsec - now.tv_nsec + (borrow ? SECOND : 0)};
        if (left.tv_sec < 0)
            return;
    } while (ppoll(&event, 1, &left, NULL) < 0 && errno == EINTR);
}

void interrupt_end(struct interrupt *interrupt) {
    if (interrupt == NULL)
        return;
    if (interrupt->watching) {
        tell(interrupt->ended);
        pthread_join(interrupt->thread, NULL);
        pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
    }
    close_events(interrupt);
    free(interrupt);
}
