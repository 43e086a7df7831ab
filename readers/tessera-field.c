// SPDX-License-Identifier: Apache-2.0
// tessera field: a virtual radio field with software PN532 readers on pseudo-terminals, for any
// program that uses libnfc. The field itself is readers/field; this is its clock, its terminals and
// its control socket. Manual: docs/man/tessera-field.1.
#include "readers/control.h"
#include "readers/field/apps.h"
#include "readers/field/orders.h"
#include "readers/field/pty.h"
#include "readers/link_open.h"
#include "readers/trace/pcapng.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_NO_DEVICE = 3, TAPS_MAX = 16, HANG_UP_NAP_MS = 5 };

struct server {
    struct rf_field field;
    struct field_orders orders;
    struct control control;
    struct pty ptys[FIELD_CHIPS_MAX];
    struct link *links[FIELD_CARDS_MAX];
    struct pcapng *trace; // NULL: none
    uint64_t epoch;       // of the field's clock, for the trace
    int signals;
    uint64_t start;
};

struct options {
    const char *directory;
    const char *readers[FIELD_CHIPS_MAX];
    unsigned reader_count;
    char *taps[TAPS_MAX];
    unsigned tap_count;
    uint64_t seed;
    bool timed;
    const char *trace;
};

static uint64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

// ---- cards ----------------------------------------------------------------------------------

// "a.trm" means emu:a.trm,contactless; anything with a prefix is a link as it stands.
static void link_name(const char *what, char *name, size_t size) {
    bool is_link = strncmp(what, "emu:", 4) == 0 || strncmp(what, "pcsc:", 5) == 0 ||
                   strncmp(what, "stream:", 7) == 0;
    snprintf(name, size, is_link ? "%s" : "emu:%s,contactless", what);
}

static int open_card(void *context, const char *what, char *error, size_t size) {
    struct server *server = context;
    struct link_failure failure;
    char name[FIELD_NAME_MAX + 32];
    link_name(what, name, sizeof name);
    struct link *link = link_open(name, NULL, &failure);
    if (link == NULL) {
        snprintf(error, size, "%s", failure.text);
        return -1;
    }
    struct field_app app = field_link_app(link);
    int card = field_add_card(&server->field, what, &app);
    if (card < 0) {
        snprintf(error, size, "no room for card %s: %d cards at most", what, FIELD_CARDS_MAX);
        link_close(link);
        return -1;
    }
    server->links[card] = link;
    return card;
}

static void close_card(void *context, int card) {
    struct server *server = context;
    link_close(server->links[card]);
    server->links[card] = NULL;
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
    struct server *server = context;
    struct bytes octets = frame != NULL ? bytes_of(frame->data, frame->size) : bytes_of(NULL, 0);
    pcapng_frame(server->trace, chip, server->field.chips[chip].name, events[kind], octets,
                 server->epoch + now_ns);
}

static bool open_trace(struct server *server, const char *path, struct field_ports *ports) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    server->epoch = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
    server->trace = pcapng_open(path);
    if (server->trace == NULL)
        fprintf(stderr, "tessera field: cannot write --trace %s: %s\n", path, strerror(errno));
    ports->trace = trace;
    return server->trace != NULL;
}

// ---- terminals ------------------------------------------------------------------------------

static void to_host(void *context, unsigned chip, struct bytes octets) {
    struct server *server = context;
    pty_put(&server->ptys[chip], octets);
}

static void hang_up(struct server *server, unsigned chip) {
    server->ptys[chip].hung_up = true;
    server->ptys[chip].out_size = 0;
    field_hang_up(&server->field, chip);
}

// Everything that waits on one terminal. The hang-up level stays until somebody opens it again.
static void serve_terminal(struct server *server, unsigned chip, short events) {
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
static uint64_t wait_ns(const struct server *server) {
    uint64_t nap = UINT64_C(1000000000) * 3600, next, now = monotonic_ns() - server->start;
    for (unsigned i = 0; i < server->field.chip_count; i++)
        if (server->ptys[i].hung_up)
            nap = (uint64_t)HANG_UP_NAP_MS * 1000000;
    if (field_next(&server->field, &next) && next < now + nap)
        nap = next > now ? next - now : 0;
    return nap;
}

// A terminal that hung up would wake poll at once: it is looked at after every nap instead.
static size_t fill_poll(const struct server *server, struct pollfd *events) {
    size_t count = 0;
    events[count++] = (struct pollfd){.fd = server->signals, .events = POLLIN};
    for (unsigned i = 0; i < server->field.chip_count; i++) {
        const struct pty *pty = &server->ptys[i];
        events[count++] = (struct pollfd){.fd = pty->hung_up ? -1 : pty->master, .events = POLLIN};
    }
    return count + control_poll(&server->control, events + count);
}

static void look_at_hung_up(struct server *server) {
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

static void serve(struct server *server) {
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

static bool add_reader(struct server *server, const struct options *options, const char *name) {
    char path[PTY_PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/%s", options->directory, name);
    int chip = field_add_chip(&server->field, name);
    if (chip < 0) {
        fprintf(stderr, "tessera field: reader \"%s\" is there twice, or there are more than %d\n",
                name, FIELD_CHIPS_MAX);
        return false;
    }
    server->ptys[chip].master = -1;
    if (size < 0 || (size_t)size >= sizeof path || strpbrk(path, ":") != NULL ||
        strpbrk(name, "/@ \t\n") != NULL || !pty_open(&server->ptys[chip], path)) {
        fprintf(stderr,
                "tessera field: no terminal at %s: %s; reader names have no / @ or blank, paths no "
                "colon\n",
                path, errno != 0 ? strerror(errno) : "name not usable");
        return false;
    }
    printf("%s pn532_uart:%s:115200\n", name, path);
    return true;
}

static bool add_tap(struct server *server, char *tap) {
    char error[CONTROL_LINE_MAX], *at = strrchr(tap, '@');
    if (at == NULL) {
        fprintf(stderr, "tessera field: --tap %s: write WHAT@READER\n", tap);
        return false;
    }
    *at = '\0';
    if (field_tap(&server->orders, tap, at + 1, error, sizeof error))
        return true;
    fprintf(stderr, "tessera field: --tap %s@%s: %s\n", tap, at + 1, error);
    return false;
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

static bool start(struct server *server, const struct options *options) {
    char path[PTY_PATH_MAX], error[256];
    struct field_ports ports = {server, to_host, NULL};
    server->signals = block_signals();
    if (options->trace != NULL && !open_trace(server, options->trace, &ports))
        return false;
    server->start = monotonic_ns();
    control_none(&server->control);
    field_init(&server->field, &ports, options->seed);
    server->field.timed = options->timed;
    server->orders = (struct field_orders){&server->field, open_card, close_card, server};
    errno = 0;
    for (unsigned i = 0; i < options->reader_count; i++)
        if (!add_reader(server, options, options->readers[i]))
            return false;
    for (unsigned i = 0; i < options->tap_count; i++)
        if (!add_tap(server, options->taps[i]))
            return false;
    snprintf(path, sizeof path, "%s/control", options->directory);
    if (control_listen(&server->control, path, field_verbs, field_verb_count, &server->orders,
                       error, sizeof error))
        return true;
    fprintf(stderr, "tessera field: %s\n", error);
    return false;
}

static void stop(struct server *server) {
    control_close(&server->control);
    for (unsigned i = 0; i < server->field.chip_count; i++)
        pty_close(&server->ptys[i]);
    for (unsigned i = 0; i < FIELD_CARDS_MAX; i++)
        link_close(server->links[i]);
    close(server->signals);
    if (server->trace != NULL && !pcapng_close(server->trace))
        fprintf(stderr, "tessera field: the trace could not be written completely\n");
}

static const char help[] =
    "usage: tessera field --dir DIR --reader NAME [--reader NAME]... [--tap WHAT@READER]...\n"
    "                     [--time real|ideal] [--trace FILE] [--seed N]\n"
    "       tessera field ask DIR ORDER...\n"
    "\n"
    "Runs a virtual NFC field. Every reader is a software PN532 on a terminal DIR/NAME that "
    "libnfc\n"
    "opens as pn532_uart:DIR/NAME:115200; these lines come first, then \"ready\". Orders are "
    "taken\n"
    "at the socket DIR/control (tessera field ask DIR ORDER...).\n"
    "\n"
    "  --dir DIR          an existing directory for terminals and control socket\n"
    "  --reader NAME      adds a reader\n"
    "  --tap WHAT@READER  lays a card (image, link, echo, stranger, foreign) or another reader's\n"
    "                     chip on a reader's antenna\n"
    "  --time real        frames take as long as on real air; ideal (no time) without it\n"
    "  --trace FILE       every radio frame as pcapng, for Wireshark and tessera tap report\n"
    "  --seed N           for random UIDs and noise; only with TESSERA_LAB=1\n"
    "  --help, --version\n";

static int usage(const char *what, const char *value) {
    fprintf(stderr, "tessera field: %s%s; see tessera field --help\n", what, value);
    return EXIT_USAGE;
}

static bool in_laboratory(void) {
    const char *lab = getenv("TESSERA_LAB");
    return lab != NULL && strcmp(lab, "1") == 0;
}

static int set_option(struct options *options, int option) {
    char *end = NULL;
    switch (option) {
    case 'd':
        options->directory = optarg;
        return 0;
    case 'r':
        if (options->reader_count == FIELD_CHIPS_MAX)
            return usage("too many readers at ", optarg);
        options->readers[options->reader_count++] = optarg;
        return 0;
    case 't':
        if (options->tap_count == TAPS_MAX)
            return usage("too many taps at ", optarg);
        options->taps[options->tap_count++] = optarg;
        return 0;
    case 'T':
        options->timed = strcmp(optarg, "real") == 0;
        return options->timed || strcmp(optarg, "ideal") == 0 ? 0
                                                              : usage("no such --time: ", optarg);
    case 'w':
        options->trace = optarg;
        return 0;
    case 's':
        options->seed = strtoull(optarg, &end, 0);
        if (!in_laboratory())
            return usage("--seed is for laboratories: set TESSERA_LAB=1", "");
        return *optarg != '\0' && *end == '\0' ? 0 : usage("--seed is no number: ", optarg);
    default:
        return usage("unknown option or missing value", "");
    }
}

// -1: go on; otherwise the exit code.
static int parse(int argc, char **argv, struct options *options) {
    static const struct option known[] = {{"dir", required_argument, NULL, 'd'},
                                          {"reader", required_argument, NULL, 'r'},
                                          {"tap", required_argument, NULL, 't'},
                                          {"time", required_argument, NULL, 'T'},
                                          {"trace", required_argument, NULL, 'w'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    int option, code;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'h' || option == 'v') {
            printf("%s", option == 'h' ? help : "tessera field " TESSERA_VERSION "\n");
            return 0;
        }
        if ((code = set_option(options, option)) != 0)
            return code;
    }
    if (optind < argc)
        return usage("unexpected ", argv[optind]);
    if (options->directory == NULL || options->reader_count == 0)
        return usage("--dir and at least one --reader are needed", "");
    return -1;
}

// tessera field ask DIR WORD...: one order, its reply on standard output.
static int ask(int argc, char **argv) {
    char path[PTY_PATH_MAX], order[CONTROL_LINE_MAX] = "", reply[CONTROL_LINE_MAX];
    if (argc < 4)
        return usage("write: tessera field ask DIR ORDER...", "");
    snprintf(path, sizeof path, "%s/control", argv[2]);
    for (int i = 3; i < argc; i++) {
        size_t used = strlen(order);
        snprintf(order + used, sizeof order - used, "%s%s", i > 3 ? " " : "", argv[i]);
    }
    if (!control_ask(path, order, 5000, reply, sizeof reply)) {
        fprintf(stderr, "tessera field: %s\n", reply);
        return EXIT_NO_DEVICE;
    }
    puts(reply);
    return strncmp(reply, "ok", 2) == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    struct options options = {.seed = 1};
    if (argc > 1 && strcmp(argv[1], "ask") == 0)
        return ask(argc, argv);
    int code = parse(argc, argv, &options);
    if (code >= 0)
        return code;
    if (!in_laboratory())
        options.seed = monotonic_ns();
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return EXIT_FAILURE;
    code = EXIT_USAGE;
    if (start(server, &options)) {
        puts("ready");
        fflush(stdout);
        serve(server);
        code = EXIT_SUCCESS;
    }
    stop(server);
    free(server);
    return code;
}
