// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/batch.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- which files -----------------------------------------------------------------------------

static bool add_name(struct batch_files *files, const char *name) {
    char **names = realloc(files->names, (files->count + 1) * sizeof *names);
    if (names == NULL)
        return false;
    files->names = names;
    return (names[files->count++] = strdup(name)) != NULL;
}

static bool is_script(const char *name) {
    size_t size = strlen(name);
    return size > 5 && strcmp(name + size - 5, ".apdu") == 0;
}

static int shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static bool add_folder(struct batch_files *files, const char *folder, const char **error) {
    struct dirent **entries;
    int count = scandir(folder, &entries, shown, alphasort);
    bool ok = count >= 0;
    if (!ok)
        *error = strerror(errno);
    for (int i = 0; i < count; i++) {
        char path[SCRIPT_PATH_MAX];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        bool known = ok && stat(path, &status) == 0;
        if (known && S_ISDIR(status.st_mode))
            ok = add_folder(files, path, error);
        else if (known && is_script(path))
            ok = add_name(files, path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return ok;
}

static bool add(struct batch_files *files, const char *name, struct failure *failure) {
    struct stat status;
    size_t before = files->count;
    const char *error = "out of memory";
    bool exists = strcmp(name, "-") == 0 || stat(name, &status) == 0;
    if (!exists)
        return fail_errno(failure, "%s", name);
    if (strcmp(name, "-") == 0 || !S_ISDIR(status.st_mode))
        return add_name(files, name) || fail(failure, EXIT_USAGE, "%s: %s", name, error);
    if (!add_folder(files, name, &error))
        return fail(failure, EXIT_USAGE, "%s: %s", name, error);
    return files->count > before ||
           fail(failure, EXIT_USAGE, "%s: there is no .apdu file in this folder", name);
}

bool batch_add(struct batch_files *files, char **names, size_t count, struct failure *failure) {
    for (size_t i = 0; i < count; i++)
        if (!add(files, names[i], failure))
            return false;
    return true;
}

void batch_free(struct batch_files *files) {
    for (size_t i = 0; i < files->count; i++)
        free(files->names[i]);
    free(files->names);
    *files = (struct batch_files){NULL, 0};
}

// ---- workers ---------------------------------------------------------------------------------

struct worker {
    pid_t process; // 0: not started, -1: finished
    int pipe;
    char *received;
    size_t size, capacity;
};

static void send_text(FILE *to, const char *text, size_t size) {
    uint64_t length = size;
    fwrite(&length, sizeof length, 1, to);
    fwrite(text, 1, size, to);
}

enum { OUT, ERR, ASIDE, STREAMS };

/// In the worker: output is collected, then everything goes to the parent at once.
static void work(const struct batch *batch, const char *file, int pipe) {
    char *text[STREAMS] = {NULL};
    size_t sizes[STREAMS] = {0};
    FILE *streams[STREAMS], *to = fdopen(pipe, "w");
    struct report report;
    report_init(&report, file);
    for (size_t i = 0; i < STREAMS; i++)
        if ((streams[i] = open_memstream(&text[i], &sizes[i])) == NULL)
            _exit(1);
    if (to == NULL)
        _exit(1);
    batch->run(batch->context, file, &report, streams[OUT], streams[ERR], streams[ASIDE]);
    for (size_t i = 0; i < STREAMS; i++) {
        if (fclose(streams[i]) != 0)
            _exit(1);
        send_text(to, text[i], sizes[i]);
        free(text[i]);
    }
    bool ok = report_write(&report, to) && fclose(to) == 0;
    report_free(&report);
    _exit(ok ? 0 : 1);
}

static bool start(const struct batch *batch, struct worker *worker, const char *file) {
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    worker->process = fork();
    if (worker->process == 0) {
        close(ends[0]);
        interrupt_watch_in_child(batch->interrupt);
        work(batch, file, ends[1]);
    }
    close(ends[1]);
    worker->pipe = ends[0];
    if (worker->process < 0)
        close(ends[0]);
    return worker->process > 0;
}

/// False at the end of the pipe.
static bool receive(struct worker *worker) {
    if (worker->capacity - worker->size < 65536) {
        char *more = realloc(worker->received, worker->capacity + 131072);
        if (more == NULL)
            return false;
        worker->received = more;
        worker->capacity += 131072;
    }
    ssize_t got = read(worker->pipe, worker->received + worker->size, 65536);
    if (got > 0)
        worker->size += (size_t)got;
    return got > 0 || (got < 0 && errno == EINTR);
}

static void finish(struct worker *worker) {
    close(worker->pipe);
    while (waitpid(worker->process, NULL, 0) < 0 && errno == EINTR)
        continue;
    worker->process = -1;
}

/// The next of the texts that a worker sent.
static bool take_text(struct bytes *rest, struct bytes *text) {
    uint64_t size = 0;
    if (rest->size < sizeof size)
        return false;
    memcpy(&size, rest->data, sizeof size);
    if (size > rest->size - sizeof size)
        return false;
    *text = bytes_of(rest->data + sizeof size, (size_t)size);
    *rest = bytes_of(text->data + text->size, rest->size - sizeof size - text->size);
    return true;
}

static bool take_report(struct bytes rest, struct report *report) {
    FILE *from = rest.size > 0 ? fmemopen(NULL, rest.size, "w+") : NULL;
    if (from == NULL)
        return false;
    bool ok = fwrite(rest.data, 1, rest.size, from) == rest.size;
    rewind(from);
    ok = ok && report_read(report, from);
    fclose(from);
    return ok;
}

/// What batch->done says.
static bool deliver(const struct batch *batch, struct worker *worker, const char *file) {
    struct report report = {.file = NULL};
    struct bytes text[STREAMS], rest = bytes_of((const uint8_t *)worker->received, worker->size);
    bool ok = true;
    for (size_t i = 0; i < STREAMS; i++)
        ok = ok && take_text(&rest, &text[i]);
    if (ok) {
        fwrite(text[OUT].data, 1, text[OUT].size, stdout);
        fwrite(text[ERR].data, 1, text[ERR].size, stderr);
        batch->told(batch->context, text[ASIDE]);
        ok = take_report(rest, &report);
    }
    if (!ok) {
        report_free(&report);
        report_init(&report, file);
        report_add_error(&report, OUTCOME_ERROR, "the worker process died");
    }
    free(worker->received);
    worker->received = NULL;
    return batch->done(batch->context, &report);
}

/// signal: a descriptor that wakes the wait; -1: none.
static void wait_for_some(struct worker *workers, size_t first, size_t started, int signal) {
    enum { WORKERS_MAX = 64 };
    struct pollfd events[WORKERS_MAX + 1];
    size_t which[WORKERS_MAX], count = 0;
    for (size_t i = first; i < started && count < WORKERS_MAX; i++)
        if (workers[i].process > 0) {
            events[count] = (struct pollfd){.fd = workers[i].pipe, .events = POLLIN};
            which[count++] = i;
        }
    events[count] = (struct pollfd){.fd = signal, .events = POLLIN};
    if (poll(events, count + 1, -1) < 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (events[i].revents != 0 && !receive(&workers[which[i]]))
            finish(&workers[which[i]]);
}

static size_t running(const struct worker *workers, size_t count) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += workers[i].process > 0;
    return found;
}

/// The signal that this process got goes to its workers, too: they end as it does.
static void pass_on(struct worker *workers, size_t started, int signal) {
    for (size_t i = 0; i < started; i++)
        if (workers[i].process > 0)
            kill(workers[i].process, signal);
}

static bool run_parallel(const struct batch *batch) {
    size_t count = batch->files->count, started = 0, delivered = 0;
    struct worker *workers = calloc(count, sizeof *workers);
    bool ok = workers != NULL, passed_on = false;
    while (ok && delivered < count) {
        int signal = interrupt_signal(batch->interrupt);
        if (signal != 0 && !passed_on)
            pass_on(workers, started, signal);
        passed_on = signal != 0;
        count = passed_on ? started : count;
        while (ok && started < count &&
               running(workers + delivered, started - delivered) < batch->jobs)
            if ((ok = start(batch, &workers[started], batch->files->names[started])))
                started++;
        if (ok && delivered < started && workers[delivered].process > 0)
            wait_for_some(workers, delivered, started,
                          passed_on ? -1 : interrupt_descriptor(batch->interrupt));
        for (; delivered < started && workers[delivered].process < 0; delivered++)
            if (!deliver(batch, &workers[delivered], batch->files->names[delivered]))
                count = started;
    }
    for (; workers != NULL && delivered < started; delivered++)
        if (workers[delivered].process > 0)
            finish(&workers[delivered]);
    free(workers);
    return ok;
}

bool batch_run(const struct batch *batch) {
    if (batch->jobs > 1)
        return run_parallel(batch);
    bool going = true;
    for (size_t i = 0; going && i < batch->files->count && interrupt_signal(batch->interrupt) == 0;
         i++) {
        struct report report;
        report_init(&report, batch->files->names[i]);
        batch->run(batch->context, batch->files->names[i], &report, stdout, stderr, NULL);
        going = batch->done(batch->context, &report);
    }
    return true;
}
