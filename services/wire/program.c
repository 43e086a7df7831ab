// SPDX-License-Identifier: Apache-2.0
#include "services/wire/program.h"

#include "services/wire/calendar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int program_fail(const char *name, const struct failure *failure) {
    fprintf(stderr, "tessera %s: %s\n", name, failure->text);
    return failure->code;
}

int program_end(const char *name) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    fprintf(stderr, "tessera %s: done, but standard output could not be written: %s\n", name,
            strerror(errno));
    return EXIT_REFUSED;
}

bool program_informs(const char *name, const char *help, int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(help, stdout);
            return true;
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("tessera %s %s\n", name, TESSERA_VERSION);
            return true;
        }
    }
    return false;
}

bool program_number(const char *option, const char *text, uint64_t most, uint64_t *value,
                    struct failure *failure) {
    char *end = NULL;
    errno = 0;
    *value = strtoull(text, &end, 10);
    bool digits = text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
    if (digits && errno == 0 && *value <= most)
        return true;
    return fail(failure, EXIT_USAGE, "%s '%s' is no number from 0 to %" PRIu64, option, text, most);
}

struct program_world program_world_now(void) {
    return (struct program_world){.today = date_of_time(time(NULL))};
}

static bool in_laboratory(const char *option, struct failure *failure) {
    const char *lab = getenv("TESSERA_LAB");
    if (lab != NULL && strcmp(lab, "1") == 0)
        return true;
    return fail(failure, EXIT_USAGE, "%s is for laboratories only; set TESSERA_LAB=1 to use it",
                option);
}

bool program_set_clock(struct program_world *world, const char *text, struct failure *failure) {
    if (!in_laboratory("--clock", failure))
        return false;
    world->today = date_of_text(text);
    if (world->today != 0)
        return true;
    return fail(failure, EXIT_USAGE, "--clock '%s' is no ISO 8601 date such as 2026-12-31", text);
}

bool program_set_seed(struct program_world *world, const char *text, struct failure *failure) {
    world->seeded = true;
    return in_laboratory("--seed", failure) &&
           program_number("--seed", text, UINT64_MAX, &world->seed, failure);
}

struct crypto *program_crypto(const struct program_world *world, struct failure *failure) {
    struct crypto *crypto =
        world->seeded ? crypto_openssl_new_seeded(world->seed) : crypto_openssl_new();
    if (crypto == NULL)
        fail(failure, EXIT_REFUSED, "OpenSSL cannot start, or its random generator fails its test");
    return crypto;
}

bool program_secret(const char *option, const char *descriptor, char *out, size_t capacity,
                    struct failure *failure) {
    uint64_t number;
    size_t size = 0;
    ssize_t got = 0;
    if (!program_number(option, descriptor, 1 << 20, &number, failure))
        return false;
    while (size < capacity && (got = read((int)number, out + size, 1)) == 1 && out[size] != '\n')
        size++;
    if (got < 0)
        return fail(failure, EXIT_USAGE, "cannot read from descriptor %s of %s: %s", descriptor,
                    option, strerror(errno));
    if (size == capacity || size == 0) {
        bytes_erase(out, capacity);
        return fail(failure, EXIT_USAGE, "%s: one line of 1 to %zu characters is expected", option,
                    capacity - 1);
    }
    out[size] = '\0';
    return true;
}
