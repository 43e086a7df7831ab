// SPDX-License-Identifier: Apache-2.0
#include "base/program.h"

#include "base/bytes.h"
#include "base/calendar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int program_fail(const char *name, const struct failure *failure) {
    fprintf(stderr, "tessera%s%s: %s\n", name[0] != '\0' ? " " : "", name, failure->text);
    return failure->code;
}

int program_end(const char *name) {
    struct failure failure;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    fail(&failure, EXIT_REFUSED, "standard output could not be written: %s", strerror(errno));
    return program_fail(name, &failure);
}

bool program_number(const char *option, const char *text, uint64_t least, uint64_t most,
                    uint64_t *value, struct failure *failure) {
    char *end = NULL;
    errno = 0;
    *value = strtoull(text, &end, 10);
    bool digits = text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
    if (digits && errno == 0 && *value >= least && *value <= most)
        return true;
    return fail(failure, EXIT_USAGE, "%s '%s' is no number from %" PRIu64 " to %" PRIu64, option,
                text, least, most);
}

bool program_port(const char *text) {
    struct failure unused;
    uint64_t port;
    return program_number("port", text, 1, UINT16_MAX, &port, &unused);
}

bool program_colour(FILE *stream) {
    const char *without = getenv("NO_COLOR");
    return (without == NULL || without[0] == '\0') && isatty(fileno(stream));
}

struct program_run program_run_now(void) {
    return (struct program_run){.today = date_of_time(time(NULL))};
}

bool program_in_laboratory(void) {
    const char *lab = getenv("TESSERA_LAB");
    return lab != NULL && strcmp(lab, "1") == 0;
}

static bool in_laboratory(const char *option, struct failure *failure) {
    return program_in_laboratory() ||
           fail(failure, EXIT_USAGE, "%s is for laboratories only; set TESSERA_LAB=1 to use it",
                option);
}

bool program_set_clock(struct program_run *run, const char *text, struct failure *failure) {
    if (!in_laboratory("--clock", failure))
        return false;
    run->today = date_of_text(text);
    if (run->today != 0)
        return true;
    return fail(failure, EXIT_USAGE, "--clock '%s' is no ISO 8601 date such as 2026-12-31", text);
}

bool program_set_seed(struct program_run *run, const char *text, struct failure *failure) {
    run->seeded = true;
    return in_laboratory("--seed", failure) &&
           program_number("--seed", text, 0, UINT64_MAX, &run->seed, failure);
}

bool program_secret(const char *option, const char *descriptor, char *out, size_t capacity,
                    struct failure *failure) {
    uint64_t number;
    size_t size = 0;
    ssize_t got = 0;
    if (!program_number(option, descriptor, 0, 1 << 20, &number, failure))
        return false;
    while (size < capacity && (got = read((int)number, out + size, 1)) == 1 && out[size] != '\n')
        size++;
    if (got < 0)
        return fail(failure, EXIT_USAGE, "cannot read from descriptor %s of %s: %s%s", descriptor,
                    option, strerror(errno),
                    errno == EBADF ? "; open it in the shell, as by 3<FILE for descriptor 3" : "");
    if (size == capacity || size == 0) {
        bytes_erase(out, capacity);
        return fail(failure, EXIT_USAGE, "%s: one line of 1 to %zu characters is expected", option,
                    capacity - 1);
    }
    out[size] = '\0';
    return true;
}
