// SPDX-License-Identifier: Apache-2.0
// A preloaded library that ends its program with SIGKILL before, or right after, the N-th step that
// makes something durable (KILL_AT=N; KILL_BEHIND=1: after; KILL_BY=N: by another signal).
// KILL_COUNT names a file that gets how many there were.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int fsync(int descriptor);
int fdatasync(int descriptor);

static unsigned long steps;

static unsigned long number_in(const char *name, unsigned long otherwise) {
    const char *text = getenv(name);
    return text != NULL ? strtoul(text, NULL, 10) : otherwise;
}

static void end_if(int behind) {
    if (steps == number_in("KILL_AT", 0) && behind == (number_in("KILL_BEHIND", 0) == 1))
        kill(getpid(), (int)number_in("KILL_BY", SIGKILL));
}

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("KILL_COUNT");
    FILE *out = path != NULL && steps > 0 ? fopen(path, "w") : NULL;
    if (out == NULL)
        return;
    fprintf(out, "%lu\n", steps);
    fclose(out);
}

/// As the C library's own, counted.
#define STEP(name, parameters, arguments)                                                          \
    int name parameters {                                                                          \
        static int(*own) parameters;                                                               \
        if (own == NULL)                                                                           \
            *(void **)&own = dlsym(RTLD_NEXT, #name);                                              \
        steps++;                                                                                   \
        end_if(0);                                                                                 \
        int answer = own arguments;                                                                \
        end_if(1);                                                                                 \
        return answer;                                                                             \
    }

STEP(fsync, (int descriptor), (descriptor))
STEP(fdatasync, (int descriptor), (descriptor))
STEP(rename, (const char *from, const char *to), (from, to))
STEP(renameat2, (int from, const char *old, int to, const char *new, unsigned flags),
     (from, old, to, new, flags))
STEP(linkat, (int from, const char *old, int to, const char *new, int flags),
     (from, old, to, new, flags))
STEP(unlink, (const char *path), (path))
