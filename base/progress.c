// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include <stdio.h>
#include <unistd.h>

static const double PIPE_SECONDS = 10, TERMINAL_SECONDS = 0.2, MEGA = 1e6;

static double seconds_since(struct timespec began) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - began.tv_sec) + (double)(now.tv_nsec - began.tv_nsec) / 1e9;
}

void progress_begin(struct progress *progress) {
    *progress = (struct progress){.terminal = isatty(STDERR_FILENO) == 1};
    clock_gettime(CLOCK_MONOTONIC, &progress->began);
}

size_t progress_time(double seconds, char *out, size_t capacity) {
    unsigned long whole = (unsigned long)seconds;
    whole += (double)whole < seconds;
    int size = whole < 100    ? snprintf(out, capacity, "%lu s", whole)
               : whole < 6000 ? snprintf(out, capacity, "%lu min %lu s", whole / 60, whole % 60)
                              : snprintf(out, capacity, "%lu h %lu min", whole / 3600,
                                         whole % 3600 / 60 + (whole % 60 != 0));
    return size > 0 ? (size_t)size : 0;
}

void progress_tell(struct progress *progress, const struct progress_count *count) {
    char left[32];
    double seconds = seconds_since(progress->began);
    size_t open = count->total - count->done - count->rejected;
    if (count->now == 0 || (!progress->terminal && seconds - progress->told < PIPE_SECONDS))
        return;
    double rate = (double)count->now / (seconds > 0 ? seconds : 1);
    progress_time((double)open / rate, left, sizeof left);
    fprintf(stderr, "%s%zu of %zu done, %zu rejected, %.1f cards/s, %s to go%s",
            progress->terminal ? "\r\033[K" : "", count->done, count->total, count->rejected, rate,
            left, progress->terminal ? "" : "\n");
    progress->told = seconds;
    progress->shown = progress->terminal;
}

void progress_octets(struct progress *progress, const char *what, uint64_t before, uint64_t done,
                     uint64_t total) {
    char left[32];
    double seconds = seconds_since(progress->began);
    bool whole = progress->terminal && done == total;
    if (done <= before || seconds <= 0 ||
        (!whole &&
         seconds - progress->told < (progress->terminal ? TERMINAL_SECONDS : PIPE_SECONDS)))
        return;
    double rate = (double)(done - before) / seconds;
    progress_time((double)(total - done) / rate, left, sizeof left);
    fprintf(stderr, "%s%s: %.0f %% of %.1f MB, %.1f MB/s, %s to go%s",
            progress->terminal ? "\r\033[K" : "", what, 100 * (double)done / (double)total,
            (double)total / MEGA, rate / MEGA, left, progress->terminal ? "" : "\n");
    progress->told = seconds;
    progress->shown = progress->terminal;
}

void progress_clear(struct progress *progress) {
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
