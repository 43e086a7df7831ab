// SPDX-License-Identifier: Apache-2.0
// The keeper: parent of pcscd, the cards and the command. One loop over signals, the guard's pipe,
// orders and the deadline; then everything that descends from it is ended.
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "readers/control.h"
#include "readers/lab/air.h"
#include "readers/lab/lab.h"
#include "readers/lab/pcscd.h"
#include "readers/lab/pieces.h"
#include "readers/lab/process.h"

struct keeper {
    struct lab *lab;
    int guard, signals;
    struct control control;
    pid_t waiter;     // waits for the cards; 0 once they are there
    int64_t deadline; // of the lab coming up, then of the command; 0: none
    bool up, ended;
    int code;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void end(struct keeper *keeper, int code) {
    if (!keeper->ended)
        keeper->code = code;
    keeper->ended = true;
}

// ---- orders ----------------------------------------------------------------------------------
static void order_stop(void *context, size_t argc, char **argv, char *reply, size_t size) {
    (void)argc;
    (void)argv;
    end(context, 0);
    snprintf(reply, size, "ok stopping");
}

static void order_status(void *context, size_t argc, char **argv, char *reply, size_t size) {
    const struct keeper *keeper = context;
    (void)argc;
    (void)argv;
    snprintf(reply, size, "ok %s, %zu cards, %s",
             keeper->lab->options->command == NULL ? "started" : "running a command",
             keeper->lab->options->cards.count, lab_isolation_text(&keeper->lab->isolation));
}

static const struct control_verb orders[] = {
    {"stop", "stop", order_stop},
    {"status", "status", order_status},
};

// ---- life ------------------------------------------------------------------------------------
/// Child of the keeper that returns when the cards are there; its messages go to pcscd's log.
static bool start_waiter(struct keeper *keeper) {
    keeper->waiter = fork();
    if (keeper->waiter != 0)
        return keeper->waiter > 0 || lab_fail(keeper->lab, "cannot fork: %s", strerror(errno));
    for (size_t i = 0; i < keeper->lab->export_count; i++)
        setenv(keeper->lab->exports[i].name, keeper->lab->exports[i].value, 1);
    if (freopen(keeper->lab->log, "a", stderr) == NULL)
        _exit(1);
    int code = air_await(keeper->lab);
    _exit(code != 0 ? code : pcscd_await_cards(keeper->lab));
}

static bool prepare_command(void *context) {
    const struct lab *lab = context;
    for (size_t i = 0; i < lab->export_count; i++)
        if (setenv(lab->exports[i].name, lab->exports[i].value, 1) != 0)
            return false;
    air_configure(lab);
    return true;
}

/// Export lines for a shell; afterwards nobody reads our standard error any more.
static void announce(const struct lab *lab, int ready) {
    char path[LAB_PATH_MAX];
    lab_file(lab->directory, path, "lab.log");
    if (freopen(path, "a", stderr) == NULL)
        return; // the descriptor is closed all the same
    dprintf(ready, "# %s\n", lab_isolation_text(&lab->isolation));
    for (size_t i = 0; i < lab->export_count; i++)
        dprintf(ready, "export %s='%s'\n", lab->exports[i].name, lab->exports[i].value);
    close(ready);
}

/// The lab is up: starts the command, or tells lab start.
static void go(struct keeper *keeper, int ready) {
    struct lab *lab = keeper->lab;
    keeper->up = true;
    keeper->deadline =
        lab->options->timeout_s > 0 ? now_ms() + lab->options->timeout_s * 1000LL : 0;
    if (lab->options->command != NULL) {
        lab->command = process_start(&(struct process){
            .argv = lab->options->command, .prepare = prepare_command, .context = lab});
        if (lab->command < 0) {
            lab_fail(lab, "cannot fork: %s", strerror(errno));
            end(keeper, LAB_EXIT_FAILED);
        }
    }
    if (ready >= 0)
        announce(lab, ready);
}

static void tell_failure(struct keeper *keeper, const char *what, int status, const char *log) {
    char tail[1024];
    file_tail(log, tail, sizeof tail);
    lab_fail(keeper->lab, "%s ended with exit code %d%s%s", what, process_code(status),
             tail[0] != '\0' ? "; its last words:\n" : "", tail);
    if (!keeper->up)
        end(keeper, LAB_EXIT_FAILED);
    else
        fprintf(stderr, "tessera lab: %s\n", keeper->lab->error);
}

static void child_ended(struct keeper *keeper, pid_t pid, int status, int ready) {
    struct lab *lab = keeper->lab;
    char what[128];
    if (pid == keeper->waiter && process_code(status) == 0) {
        go(keeper, ready);
    } else if (pid == keeper->waiter) {
        tell_failure(keeper, "waiting for the cards", status, lab->log);
    } else if (pid == lab->command) {
        end(keeper, process_code(status));
    } else if (pid == lab->pcscd) {
        lab->pcscd = 0;
        tell_failure(keeper, "pcscd", status, lab->log);
    } else if (pid == lab->field) {
        lab->field = 0;
        tell_failure(keeper, "the NFC field", status, lab->field_log);
    }
    for (size_t i = 0; i < lab->options->cards.count; i++)
        if (pid == lab->cards[i].pid) {
            lab->cards[i].pid = 0;
            snprintf(what, sizeof what, "card %zu (%.64s)", i + 1, lab->options->cards.items[i]);
            tell_failure(keeper, what, status, lab->cards[i].log);
        }
}

static void take_signals(struct keeper *keeper, int ready) {
    struct signalfd_siginfo info;
    int status;
    while (read(keeper->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP)
            end(keeper, 128 + (int)info.ssi_signo);
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG))
        child_ended(keeper, pid, status, ready);
}

static void too_late(struct keeper *keeper) {
    char tail[1024];
    if (keeper->up) {
        fprintf(stderr, "tessera lab: timeout after %u seconds\n", keeper->lab->options->timeout_s);
        end(keeper, LAB_EXIT_TIMEOUT);
        return;
    }
    file_tail(keeper->lab->log, tail, sizeof tail);
    lab_fail(keeper->lab, "the cards were not present after %d seconds; pcscd's last words:\n%s",
             LAB_UP_SECONDS, tail);
    end(keeper, LAB_EXIT_FAILED);
}

static void loop(struct keeper *keeper, int ready) {
    struct pollfd events[2 + CONTROL_FDS_MAX];
    while (!keeper->ended) {
        events[0] = (struct pollfd){.fd = keeper->signals, .events = POLLIN};
        events[1] = (struct pollfd){.fd = keeper->guard, .events = POLLIN};
        size_t orders_polled = control_poll(&keeper->control, events + 2);
        int64_t left = keeper->deadline - now_ms();
        int timeout = keeper->deadline == 0 ? -1 : left > 0 ? (int)left : 0;
        int found = poll(events, 2 + orders_polled, timeout);
        if (found == 0 && timeout >= 0)
            too_late(keeper);
        if (found <= 0)
            continue;
        if (events[0].revents != 0)
            take_signals(keeper, ready);
        if (events[1].revents != 0)
            end(keeper, LAB_EXIT_FAILED);
        control_serve(&keeper->control, events + 2, orders_polled);
    }
}

/// The command and what it left goes first, while its cards still answer.
static void take_down(struct keeper *keeper) {
    pid_t services[2 * LAB_CARDS_MAX + 2];
    size_t count = 0;
    if (keeper->lab->pcscd > 0)
        services[count++] = keeper->lab->pcscd;
    if (keeper->lab->field > 0)
        services[count++] = keeper->lab->field;
    for (size_t i = 0; i < keeper->lab->options->cards.count; i++)
        if (keeper->lab->cards[i].pid > 0)
            services[count++] = keeper->lab->cards[i].pid;
    for (size_t i = 0; i < keeper->lab->options->cards.count; i++)
        if (keeper->lab->cards[i].recorder > 0)
            services[count++] = keeper->lab->cards[i].recorder;
    control_close(&keeper->control);
    process_end_descendants(LAB_GRACE_MS, services, count);
    process_end_descendants(LAB_GRACE_MS, NULL, 0);
    remove_tree(keeper->lab->directory);
    lab_isolation_close(&keeper->lab->isolation);
}

static bool listen_orders(struct keeper *keeper) {
    char path[LAB_PATH_MAX];
    lab_file(keeper->lab->directory, path, "lab");
    return control_listen(&keeper->control, path, orders, sizeof orders / sizeof orders[0], keeper,
                          keeper->lab->error, sizeof keeper->lab->error);
}

static int watch_signals(void) {
    static const int watched[] = {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++)
        sigaddset(&set, watched[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int keeper_run(struct lab *lab, int guard, int ready) {
    struct keeper keeper = {.lab = lab, .guard = guard, .signals = watch_signals()};
    process_adopt_orphans();
    signal(SIGPIPE, SIG_IGN);
    lab->isolation = (struct isolation){.kind = ISOLATION_PRELOAD, .user = -1, .network = -1};
    control_none(&keeper.control);
    keeper.deadline = now_ms() + LAB_UP_SECONDS * 1000LL;
    if (keeper.signals < 0 || !listen_orders(&keeper) || !lab_up(lab) || !start_waiter(&keeper))
        end(&keeper, LAB_EXIT_FAILED);
    loop(&keeper, ready);
    if (keeper.code == LAB_EXIT_FAILED && lab->error[0] != '\0' && lab->command == 0)
        fprintf(stderr, "tessera lab: %s\n", lab->error);
    take_down(&keeper);
    return keeper.code;
}
