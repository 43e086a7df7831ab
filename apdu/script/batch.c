// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/batch.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
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

bool batch_add(struct batch_files *files, const char *name, const char **error) {
    struct stat status;
    size_t before = files->count;
    if (strcmp(name, "-") == 0)
        return add_name(files, name);
    if (stat(name, &status) != 0) {
        *error = strerror(errno);
        return false;
    }
    if (!S_ISDIR(status.st_mode))
        return add_name(files, name);
    if (!add_folder(files, name, error))
        return false;
    *error = "there is no .apdu file in this folder";
    return files->count > before;
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

/// In the worker: output is collected, then everything goes to the parent at once.
static void work(const struct batch *batch, const char *file, int pipe) {
    char *text[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    FILE *streams[2] = {open_memstream(&text[0], &sizes[0]), open_memstream(&text[1], &sizes[1])};
    FILE *to = fdopen(pipe, "w");
    struct report report;
    report_init(&report, file);
    if (to == NULL || streams[0] == NULL || streams[1] == NULL)
        _exit(1);
    batch->run(batch->context, file, &report, streams[0], streams[1]);
    for (size_t i = 0; i < 2; i++) {
        fclose(streams[i]);
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

static bool copy_text(FILE *from, FILE *to) {
    uint64_t size = 0;
    char part[4096];
    if (fread(&size, sizeof size, 1, from) != 1)
        return false;
    while (size > 0) {
        size_t wanted = size < sizeof part ? size : sizeof part;
        if (fread(part, 1, wanted, from) != wanted)
            return false;
        fwrite(part, 1, wanted, to);
        size -= wanted;
    }
    return true;
}

static void deliver(const struct batch *batch, struct worker *worker, const char *file) {
    struct report report = {.file = NULL};
    FILE *from = worker->size > 0 ? fmemopen(worker->received, worker->size, "r") : NULL;
    bool ok = from != NULL && copy_text(from, stdout) && copy_text(from, stderr) &&
              report_read(&report, from);
    if (from != NULL)
        fclose(from);
    if (!ok) {
        report_free(&report);
        report_init(&report, file);
        report_add_error(&report, OUTCOME_ERROR, "the worker process died");
    }
    free(worker->received);
    worker->received = NULL;
    batch->done(batch->context, &report);
}

static void wait_for_some(struct worker *workers, size_t first, size_t started) {
    struct pollfd events[64];
    size_t which[64], count = 0;
    for (size_t i = first; i < started && count < 64; i++)
        if (workers[i].process > 0) {
            events[count] = (struct pollfd){.fd = workers[i].pipe, .events = POLLIN};
            which[count++] = i;
        }
    if (poll(events, count, -1) < 0)
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

static bool run_parallel(const struct batch *batch) {
    size_t count = batch->files->count, started = 0, delivered = 0;
    struct worker *workers = calloc(count, sizeof *workers);
    bool ok = workers != NULL;
    while (ok && delivered < count) {
        while (ok && started < count &&
               running(workers + delivered, started - delivered) < batch->jobs)
            if ((ok = start(batch, &workers[started], batch->files->names[started])))
                started++;
        if (ok && workers[delivered].process > 0)
            wait_for_some(workers, delivered, started);
        for (; delivered < started && workers[delivered].process < 0; delivered++)
            deliver(batch, &workers[delivered], batch->files->names[delivered]);
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
    for (size_t i = 0; i < batch->files->count; i++) {
        struct report report;
        report_init(&report, batch->files->names[i]);
        batch->run(batch->context, batch->files->names[i], &report, stdout, stderr);
        batch->done(batch->context, &report);
    }
    return true;
}
