// SPDX-License-Identifier: Apache-2.0
// tessera field: a virtual radio field with software PN532 readers on pseudo-terminals, for any
// program that uses libnfc. The field itself is readers/field; this is where its cards and its
// trace come from. Manual: docs/man/tessera-field.1.
#include "base/must.h"
#include "base/options/options.h"
#include "readers/field/apps.h"
#include "readers/field/server.h"
#include "readers/link/emu.h"
#include "readers/link/link_open.h"
#include "readers/trace/pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

struct program {
    struct field_server server;
    struct link *links[FIELD_CARDS_MAX];
    struct pcapng *trace; // NULL: none
    uint64_t epoch;       // of the field's clock, for the trace
};

struct arguments {
    const char *directory, *trace;
    struct option_list readers, taps;
    struct option_words order;
    int time; // index of times
    struct program_run run;
};

enum { IDEAL, REAL };
static const char *const times[] = {[IDEAL] = "ideal", [REAL] = "real", NULL};

// ---- cards ----------------------------------------------------------------------------------

// "a.trm" means emu:a.trm,contactless; anything with a prefix is a link as it stands.
static void link_name(const char *what, char *name, size_t size) {
    bool is_path = strchr(what, ':') == NULL || link_image(what) == what;
    snprintf(name, size, is_path ? "emu:%s,contactless" : "%s", what);
}

/// Images are the same when their files are.
static bool is_same_card(void *context, const char *name, const char *other) {
    const char *names[] = {name, other};
    struct stat files[2];
    (void)context;
    for (size_t i = 0; i < 2; i++) {
        char image[FIELD_NAME_MAX + 32];
        const char *path = link_image(names[i]);
        if (path == NULL || (size_t)snprintf(image, sizeof image, "%s", path) >= sizeof image)
            return false;
        (void)emu_image_path(image);
        if (stat(image, &files[i]) != 0)
            return false;
    }
    return files[0].st_dev == files[1].st_dev && files[0].st_ino == files[1].st_ino;
}

static int open_card(void *context, const char *what, char *error, size_t size) {
    struct program *program = context;
    struct link_failure failure;
    char name[FIELD_NAME_MAX + 32];
    link_name(what, name, sizeof name);
    struct link *link = link_open(name, NULL, &failure);
    if (link == NULL) {
        snprintf(error, size, "%s", failure.text);
        return -1;
    }
    struct field_app app = field_link_app(link);
    int card = field_add_card(&program->server.field, what, &app);
    if (card < 0) {
        snprintf(error, size, "no room for card %s: %d cards at most", what, FIELD_CARDS_MAX);
        link_close(link);
        return -1;
    }
    program->links[card] = link;
    return card;
}

static void close_card(void *context, int card) {
    struct program *program = context;
    link_close(program->links[card]);
    program->links[card] = NULL;
}

// ---- trace ----------------------------------------------------------------------------------

static void trace(void *context, uint64_t now_ns, unsigned chip, enum field_trace_kind kind,
                  const struct rf_frame *frame) {
    static const enum pcapng_event events[] = {
        [FIELD_TRACE_ON] = PCAPNG_FIELD_ON,
        [FIELD_TRACE_OFF] = PCAPNG_FIELD_OFF,
        [FIELD_TRACE_DOWN] = PCAPNG_TO_CARD,
        [FIELD_TRACE_UP] = PCAPNG_FROM_CARD,
    };
    must_cover(events, FIELD_TRACE_COUNT);
    struct program *program = context;
    struct bytes octets = frame != NULL ? bytes_of(frame->data, frame->size) : bytes_of(NULL, 0);
    pcapng_frame(program->trace, chip, program->server.field.chips[chip].name, events[kind], octets,
                 program->epoch + now_ns);
}

static bool open_trace(struct program *program, const char *path, struct field_setup *setup,
                       struct failure *failure) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    program->epoch = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
    program->trace = pcapng_open(path);
    setup->trace = trace;
    return program->trace != NULL || fail_errno(failure, "cannot write %s", path);
}

// ---- actions --------------------------------------------------------------------------------

/// In laboratories every run is alike, unless it is told otherwise.
static uint64_t seed_of(const struct program_run *run) {
    uint64_t seed = 1;
    if (run->seeded)
        return run->seed;
    if (!program_in_laboratory())
        (void)!getrandom(&seed, sizeof seed, 0);
    return seed;
}

static bool serve(struct program *program, const struct arguments *arguments,
                  struct failure *failure) {
    struct field_setup setup = {.directory = arguments->directory,
                                .readers = arguments->readers,
                                .taps = arguments->taps,
                                .seed = seed_of(&arguments->run),
                                .timed = arguments->time == REAL,
                                .orders = {.open_card = open_card,
                                           .is_same = is_same_card,
                                           .close_card = close_card,
                                           .context = program}};
    bool done =
        field_server_open(&program->server, arguments->directory, failure) &&
        (arguments->trace == NULL || open_trace(program, arguments->trace, &setup, failure)) &&
        field_server_start(&program->server, &setup, failure);
    if (done) {
        puts("ready");
        fflush(stdout);
        field_server_run(&program->server);
    }
    field_server_stop(&program->server);
    return done;
}

static int run_field(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct program *program = calloc(1, sizeof *program);
    if (program == NULL)
        return exit_of(fail(failure, EXIT_REFUSED, "out of memory"), failure);
    bool done = serve(program, arguments, failure);
    for (unsigned i = 0; i < FIELD_CARDS_MAX; i++)
        link_close(program->links[i]);
    if (program->trace != NULL && !pcapng_close(program->trace) && done)
        done = fail_errno(failure, "cannot write all of %s", arguments->trace);
    free(program);
    return exit_of(done, failure);
}

/// One order, its reply on standard output.
static int run_ask(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    char path[PTY_PATH_MAX], order[CONTROL_LINE_MAX] = "", reply[CONTROL_LINE_MAX];
    if (!field_control_path(arguments->directory, path))
        return exit_of(fail_errno(failure, "%s", arguments->directory), failure);
    if (arguments->order.count == 1) // a whole order
        snprintf(order, sizeof order, "%s", arguments->order.items[0]);
    for (size_t i = 0; arguments->order.count > 1 && i < arguments->order.count; i++)
        if (!control_add_word(order, sizeof order, arguments->order.items[i]))
            return exit_of(fail(failure, EXIT_USAGE, "'%s' is too long or has a quote in it",
                                arguments->order.items[i]),
                           failure);
    if (!control_ask(path, order, 5000, reply, sizeof reply))
        return exit_of(fail(failure, EXIT_ABSENT, "%s", reply), failure);
    puts(reply);
    return strncmp(reply, "ok", 2) == 0 ? EXIT_DONE : EXIT_REFUSED;
}

enum { FIELD = 1, ASK = 2 };

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "DIR", OPTION_DIRECTORY, "directory of a field that runs", .at = AT(directory),
     .only = ASK, .needed = ASK},
    {NULL, "ORDER", OPTION_TEXT, "the words of an order; docs/nfc.md lists them", .at = AT(order),
     .many = true, .only = ASK, .needed = ASK},
    {"dir", "DIR", OPTION_DIRECTORY, "an existing directory for terminals and control socket",
     .at = AT(directory), .only = FIELD, .needed = FIELD},
    {"reader", "NAME", OPTION_TEXT, "add a reader, again for more", .at = AT(readers), .many = true,
     .most = FIELD_CHIPS_MAX, .only = FIELD, .needed = FIELD},
    {"tap", "WHAT@READER", OPTION_TEXT,
     "lay a card (image, link, echo, stranger, foreign) or another reader's chip on a reader's "
     "antenna",
     .at = AT(taps), .many = true, .most = 16, .only = FIELD},
    {"time", "HOW", OPTION_WORD,
     "real: frames take as long as on real air; ideal: no time (default)", .at = AT(time),
     .words = times, .only = FIELD},
    {"trace", "FILE", OPTION_FILE,
     "every radio frame as pcapng, for Wireshark and 'tessera tap report'", .at = AT(trace),
     .only = FIELD},
    {"seed", "N", OPTION_SEED, "for random UIDs and noise; only with TESSERA_LAB=1", .at = AT(run),
     .only = FIELD},
};

static const struct action actions[] = {
    {FIELD, NULL, "run a virtual NFC field", run_field, NULL},
    {ASK, "ask", "give a field that runs an order", run_ask, NULL},
};

static const struct command field = {
    .name = "field",
    .purpose = "a virtual NFC field with readers for libnfc",
    .notes = "Every reader is a software PN532 on a terminal DIR/NAME that libnfc opens as "
             "pn532_uart:DIR/NAME:115200; these lines come first, then \"ready\". Orders are taken "
             "at the socket DIR/control.",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 2,
};

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    return command_main(&field, &arguments, argc, argv);
}
