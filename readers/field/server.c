// SPDX-License-Identifier: Apache-2.0
#include "readers/field/server.h"

#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { HANG_UP_NAP_MS = 5 };

static uint64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

// ---- terminals ------------------------------------------------------------------------------

static void to_host(void *context, unsigned chip, struct bytes octets) {
    struct field_server *server = context;
    pty_put(&server->ptys[chip], octets);
}

static void hang_up(struct field_server *server, unsigned chip) {
    server->ptys[chip].hung_up = true;
    server->ptys[chip].out_size = 0;
    field_hang_up(&server->field, chip);
}

// Everything that waits on one terminal. The hang-up level stays until somebody opens it again.
static void serve_terminal(struct field_server *server, unsigned chip, short events) {
    struct pty *pty = &server->ptys[chip];
    uint8_t octets[1024];
    ssize_t size;
    while ((events & POLLIN) != 0 && (size = read(pty->master, octets, sizeof octets)) > 0) {
        pty->hung_up = false;
        field_host(&server->field, chip, bytes_of(octets, (size_t)size));
        if ((size_t)size < sizeof octets)
            break;
    }
    if ((events & POLLHUP) != 0 && !pty->hung_up)
        hang_up(server, chip);
}

// ---- the loop -------------------------------------------------------------------------------

// Until the next event of the field, or the next look at a terminal that hung up.
static uint64_t wait_ns(const struct field_server *server) {
    uint64_t nap = UINT64_C(1000000000) * 3600, next, now = monotonic_ns() - server->start;
    for (unsigned i = 0; i < server->field.chip_count; i++)
        if (server->ptys[i].hung_up)
            nap = (uint64_t)HANG_UP_NAP_MS * 1000000;
    if (field_next(&server->field, &next) && next < now + nap)
        nap = next > now ? next - now : 0;
    return nap;
}

// A terminal that hung up would wake poll at once: it is looked at after every nap instead.
static size_t fill_poll(const struct field_server *server, struct pollfd *events) {
    size_t count = 0;
    events[count++] = (struct pollfd){.fd = server->signals, .events = POLLIN};
    for (unsigned i = 0; i < server->field.chip_count; i++) {
        const struct pty *pty = &server->ptys[i];
        events[count++] = (struct pollfd){.fd = pty->hung_up ? -1 : pty->master, .events = POLLIN};
    }
    return count + control_poll(&server->control, events + count);
}

static void look_at_hung_up(struct field_server *server) {
    for (unsigned i = 0; i < server->field.chip_count; i++) {
        struct pollfd event = {.fd = server->ptys[i].master, .events = POLLIN};
        if (!server->ptys[i].hung_up || poll(&event, 1, 0) < 0)
            continue;
        if ((event.revents & POLLIN) != 0)
            serve_terminal(server, i, event.revents);
        else if ((event.revents & POLLHUP) == 0)
            server->ptys[i].hung_up = false;
    }
}

void field_server_run(struct field_server *server) {
    struct pollfd events[1 + FIELD_CHIPS_MAX + CONTROL_FDS_MAX];
    for (;;) {
        uint64_t nap_ns = wait_ns(server);
        size_t count = fill_poll(server, events);
        struct timespec nap = {(time_t)(nap_ns / 1000000000), (long)(nap_ns % 1000000000)};
        if (ppoll(events, count, &nap, NULL) < 0 && errno != EINTR)
            return;
        if (events[0].revents != 0)
            return;
        field_advance(&server->field, monotonic_ns() - server->start);
        for (unsigned i = 0; i < server->field.chip_count; i++)
            serve_terminal(server, i, events[1 + i].revents);
        look_at_hung_up(server);
        size_t first = 1 + (size_t)server->field.chip_count;
        control_serve(&server->control, events + first, count - first);
        field_advance(&server->field, monotonic_ns() - server->start);
        for (unsigned i = 0; i < server->field.chip_count; i++)
            pty_flush(&server->ptys[i]);
    }
}

// ---- start and end --------------------------------------------------------------------------

static void trace(void *context, uint64_t now_ns, unsigned chip, enum field_trace_kind kind,
                  const struct rf_frame *frame) {
    const struct field_server *server = context;
    server->setup.trace(server->setup.orders.context, now_ns, chip, kind, frame);
}

static bool add_reader(struct field_server *server, const char *name, struct failure *failure) {
    char path[PTY_PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/%s", server->setup.directory, name);
    int chip = field_add_chip(&server->field, name);
    if (chip < 0)
        return fail(failure, EXIT_USAGE, "reader \"%s\" is there twice, or there are more than %d",
                    name, FIELD_CHIPS_MAX);
    server->ptys[chip].master = -1;
    errno = 0;
    if (size < 0 || (size_t)size >= sizeof path || strpbrk(path, ":") != NULL ||
        strpbrk(name, "/@ \t\n") != NULL || !pty_open(&server->ptys[chip], path))
        return fail(failure, EXIT_USAGE,
                    "no terminal at %s: %s; reader names have no / @ or blank, paths no colon",
                    path, errno != 0 ? strerror(errno) : "name not usable");
    printf("%s pn532_uart:%s:115200\n", name, path);
    return true;
}

static bool add_tap(struct field_server *server, const char *tap, struct failure *failure) {
    char error[CONTROL_LINE_MAX], what[CONTROL_LINE_MAX];
    const char *at = strrchr(tap, '@');
    if (at == NULL)
        return fail(failure, EXIT_USAGE, "--tap '%s': write WHAT@READER", tap);
    snprintf(what, sizeof what, "%.*s", (int)(at - tap), tap);
    return field_tap(&server->setup.orders, what, at + 1, error, sizeof error) ||
           fail(failure, EXIT_USAGE, "--tap %s: %s", tap, error);
}

static int block_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/// One field a directory. What a killed one left there is nobody's, once the lock is ours.
bool field_server_open(struct field_server *server, const char *directory,
                       struct failure *failure) {
    control_none(&server->control);
    server->signals = block_signals();
    server->lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (server->lock < 0)
        return fail_errno(failure, "--dir %s", directory);
    if (flock(server->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    return fail(failure, EXIT_LOCKED,
                "--dir %s: a field runs there; end it, or name another directory", directory);
}

static bool populate(struct field_server *server, struct failure *failure) {
    const struct field_setup *setup = &server->setup;
    for (size_t i = 0; i < setup->readers.count; i++)
        if (!add_reader(server, setup->readers.items[i], failure))
            return false;
    for (size_t i = 0; i < setup->taps.count; i++)
        if (!add_tap(server, setup->taps.items[i], failure))
            return false;
    return true;
}

bool field_control_path(const char *directory, char path[PTY_PATH_MAX]) {
    return files_path(path, PTY_PATH_MAX, directory, "control");
}

bool field_server_start(struct field_server *server, const struct field_setup *setup,
                        struct failure *failure) {
    const struct field_ports ports = {server, to_host, setup->trace != NULL ? trace : NULL};
    char path[PTY_PATH_MAX], error[256];
    server->setup = *setup;
    server->setup.orders.field = &server->field;
    server->start = monotonic_ns();
    field_init(&server->field, &ports, setup->seed);
    server->field.timed = setup->timed;
    if (!populate(server, failure))
        return false;
    if (!field_control_path(setup->directory, path))
        return fail_errno(failure, "--dir %s", setup->directory);
    return control_listen(&server->control, path, field_verbs, field_verb_count,
                          &server->setup.orders, error, sizeof error) ||
           fail(failure, EXIT_USAGE, "%s", error);
}

void field_server_stop(struct field_server *server) {
    control_close(&server->control);
    for (unsigned i = 0; i < server->field.chip_count; i++)
        pty_close(&server->ptys[i]);
    close(server->signals);
    if (server->lock >= 0)
        close(server->lock);
}
