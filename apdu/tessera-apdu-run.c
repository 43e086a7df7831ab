// SPDX-License-Identifier: Apache-2.0
// tessera apdu run: native scripts over any link. Arguments and wiring only; the language stands in
// docs/script-language.md, the options in docs/man/tessera-apdu-run.1.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "apdu/crypto.h"
#include "apdu/script/batch.h"
#include "apdu/script/dump.h"
#include "apdu/script/host.h"
#include "apdu/script/plug.h"
#include "apdu/script/taps.h"
#include "readers/control.h"
#include "readers/emu.h"
#include "readers/link_open.h"

enum { EXIT_USAGE_ERROR = 2, CONTROL_TIMEOUT_MS = 5000 };

static const char usage[] =
    "usage: tessera apdu run FILE|DIR... --link LINK [options]\n"
    "       tessera apdu run FILE|DIR... --card NAME=LINK... [options]\n"
    "       tessera apdu run FILE|DIR... --dry-run [--card NAME=]...\n"
    "Runs scripts in the native language (docs/script-language.md) against cards.\n"
    "  --link LINK         the one card: emu:IMAGE, pcsc:NAME-OR-NUMBER, ...\n"
    "  --card NAME=LINK    one of several cards; scripts say `card NAME` or `NAME: tx ..`\n"
    "  --fresh             every script gets a copy of its own of each emu: image\n"
    "  --jobs N            so many scripts at once; needs emu: links, implies --fresh\n"
    "  --tap | --json      results as TAP 14, or as one JSON object a line\n"
    "  --junit FILE        results as JUnit XML too\n"
    "  --trace             every exchange explained (colour on a terminal)\n"
    "  --record FILE       every exchange into a dump that replays both ways\n"
    "  --pcap FILE         every exchange into a pcapng file (ISO 14443 frames)\n"
    "  --gsmtap [HOST:PORT] every exchange as GSMTAP packet, 127.0.0.1:4729 by default\n"
    "  --coverage FILE     adds a line \"command status-word\" for every pair met\n"
    "  --keys NAME=FILE    keys of secure channels, for `within scp03 keys=@NAME`\n"
    "  --seed N            repeats random() and emu: cards; needs TESSERA_LAB=1\n"
    "  --dry-run           parse, expand and print the octets; no card is touched\n"
    "A script reaches power cuts of a card behind pcscd by its control socket in "
    "TESSERA_CONTROL_n.\n"
    "exit: 0 passed, 1 failed, 2 script or usage error, 3 no card, 4 transport broke, 5 locked\n";

struct card_argument {
    const char *name, *link;
};

struct options {
    struct card_argument cards[SCRIPT_CARDS_MAX];
    size_t card_count;
    enum report_mode mode;
    const char *junit;
    unsigned jobs;
    bool fresh, dry_run, seeded;
    uint64_t seed;
    struct host_keys keys;
    bool trace;
    const char *record, *pcap, *gsmtap, *coverage;
    struct script_tap *taps;
    struct batch_files files;
};

struct run {
    struct options options;
    struct crypto *crypto;
    struct report *reports;
    size_t report_count;
    struct report_totals totals;
};

// ---- cards -----------------------------------------------------------------------------------

/// One card of the script under way.
struct seat {
    struct plug plug;
    struct link *link;
    char copy[64]; // a private image to remove, or ""
    char control[128];
    struct script_control over_socket;
};

static enum link_status emu_cut(const struct script_control *control, uint64_t writes) {
    struct seat *seat = control->context;
    return emu_link_cut(seat->link, writes, 0) ? LINK_OK : LINK_UNSUPPORTED;
}

static enum link_status emu_insert(const struct script_control *control) {
    struct seat *seat = control->context;
    return seat->plug.control.insert(&seat->plug.control);
}

static enum link_status emu_remove(const struct script_control *control) {
    struct seat *seat = control->context;
    return seat->plug.control.remove(&seat->plug.control);
}

static enum link_status order(const struct script_control *control, const char *text) {
    struct seat *seat = control->context;
    char reply[CONTROL_LINE_MAX];
    if (control_ask(seat->control, text, CONTROL_TIMEOUT_MS, reply, sizeof reply) &&
        strncmp(reply, "ok", 2) == 0)
        return LINK_OK;
    snprintf(seat->link->error, sizeof seat->link->error, "%.200s", reply);
    return LINK_UNSUPPORTED;
}

static enum link_status socket_cut(const struct script_control *control, uint64_t writes) {
    char text[64];
    snprintf(text, sizeof text, "power-cut after %" PRIu64 " writes", writes);
    return order(control, text);
}

static enum link_status socket_insert(const struct script_control *control) {
    return order(control, "insert");
}

static enum link_status socket_remove(const struct script_control *control) {
    return order(control, "remove");
}

/// The control socket of a card behind pcscd: the lab names both by number.
static bool find_control(struct seat *seat, const char *link, size_t number) {
    char name[40];
    const char *value;
    for (size_t i = 1; i <= SCRIPT_CARDS_MAX; i++) {
        snprintf(name, sizeof name, "TESSERA_CARD_%zu", i);
        value = getenv(name);
        if (value != NULL && strcmp(value, link) == 0)
            number = i;
    }
    snprintf(name, sizeof name, "TESSERA_CONTROL_%zu", number);
    value = getenv(name);
    return value != NULL && (size_t)snprintf(seat->control, sizeof seat->control, "%s", value) <
                                sizeof seat->control;
}

static void give_control(struct seat *seat, const char *link, size_t number) {
    seat->over_socket = (struct script_control){.context = seat};
    if (strncmp(link, "emu:", 4) == 0)
        seat->over_socket = (struct script_control){emu_cut, emu_insert, emu_remove, seat};
    else if (find_control(seat, link, number))
        seat->over_socket = (struct script_control){socket_cut, socket_insert, socket_remove, seat};
}

static bool copy_all(int from, int to) {
    char part[65536];
    ssize_t got;
    while ((got = read(from, part, sizeof part)) > 0)
        if (write(to, part, (size_t)got) != got)
            return false;
    return got == 0;
}

/// A private copy of an emu: image; the rest of the name (its interface) is kept.
static bool copy_image(struct seat *seat, const char *link, char *name, size_t capacity) {
    const char *image = link + 4, *comma = strrchr(image, ',');
    size_t size = comma != NULL ? (size_t)(comma - image) : strlen(image);
    char path[4096];
    if (size >= sizeof path)
        return false;
    memcpy(path, image, size);
    path[size] = 0;
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return false;
    const char *folder = getenv("TMPDIR");
    snprintf(seat->copy, sizeof seat->copy, "%.40s/tessera-XXXXXX",
             folder != NULL ? folder : "/tmp");
    int to = mkostemp(seat->copy, O_CLOEXEC);
    bool ok = to >= 0 && copy_all(from, to);
    close(from);
    if (to >= 0)
        close(to);
    else
        seat->copy[0] = 0;
    snprintf(name, capacity, "emu:%s%s", seat->copy, comma != NULL ? comma : "");
    return ok;
}

static bool open_seat(const struct options *options, struct seat *seat, size_t index,
                      struct link_failure *failure) {
    const char *link = options->cards[index].link;
    char copied[256];
    struct link_options how = {.seeded = options->seeded, .seed = options->seed + index};
    bool emulated = strncmp(link, "emu:", 4) == 0;
    if (options->fresh && emulated) {
        if (!copy_image(seat, link, copied, sizeof copied)) {
            failure->status = LINK_BAD_INPUT;
            snprintf(failure->text, sizeof failure->text, "cannot copy the image of %.200s: %s",
                     link, strerror(errno));
            return false;
        }
        how.unsynced = true;
        link = copied;
    }
    seat->link = link_open(link, &how, failure);
    if (seat->link == NULL)
        return false;
    plug_init(&seat->plug, seat->link);
    give_control(seat, options->cards[index].link, index + 1);
    return true;
}

static void close_seats(struct seat *seats, size_t count) {
    for (size_t i = 0; i < count; i++) {
        link_close(seats[i].link);
        if (seats[i].copy[0] != 0)
            unlink(seats[i].copy);
    }
}

// ---- one script ------------------------------------------------------------------------------

static enum script_outcome outcome_of(enum link_status status) {
    return status == LINK_NO_CARD  ? OUTCOME_NO_CARD
           : status == LINK_BROKEN ? OUTCOME_BROKEN
           : status == LINK_LOCKED ? OUTCOME_LOCKED
                                   : OUTCOME_ERROR;
}

static void run_with_cards(struct run *run, struct session *session) {
    const struct options *options = &run->options;
    struct seat seats[SCRIPT_CARDS_MAX] = {0};
    struct script_card cards[SCRIPT_CARDS_MAX] = {0};
    struct link_failure failure = {LINK_OK, ""};
    size_t opened = 0;
    for (; opened < options->card_count; opened++) {
        struct seat *seat = &seats[opened];
        if (!options->dry_run && !open_seat(options, seat, opened, &failure))
            break;
        cards[opened] =
            (struct script_card){options->cards[opened].name, &seat->plug.link, &seat->over_socket};
    }
    if (opened == options->card_count) {
        session_run(session, cards, opened);
    } else {
        fprintf(session->err, "%s: %s\n", session->report->file, failure.text);
        report_add_error(session->report, outcome_of(failure.status), failure.text);
        opened++; // the copy of the one that failed
    }
    close_seats(seats, opened);
}

static void run_file(void *context, const char *file, struct report *report, FILE *out, FILE *err) {
    struct run *run = context;
    struct script_options options = {.seed = run->options.seed, .dry_run = run->options.dry_run};
    options.keys = run->options.keys.count > 0 ? &run->options.keys.keys : NULL;
    struct session session = {.report = report,
                              .out = out,
                              .err = err,
                              .mode = run->options.mode,
                              .options = &options,
                              .world = host_world(run->crypto),
                              .taps = run->options.taps};
    report->seed = options.seed;
    if (session_open(&session, file))
        run_with_cards(run, &session);
    session_close(&session);
}

static void take_report(void *context, struct report *report) {
    struct run *run = context;
    if (!run->options.dry_run)
        report_print(report, run->options.mode, stdout, &run->totals);
    else
        run->totals.outcome = outcome_worse(run->totals.outcome, report->outcome);
    run->reports[run->report_count++] = *report;
}

// ---- arguments -------------------------------------------------------------------------------

static int complain(const char *what, const char *value) {
    fprintf(stderr, "tessera apdu run: %s%s%s; see --help\n", what, value != NULL ? ": " : "",
            value != NULL ? value : "");
    return EXIT_USAGE_ERROR;
}

static bool add_card(struct options *options, const char *name, const char *link) {
    if (options->card_count == SCRIPT_CARDS_MAX)
        return false;
    options->cards[options->card_count++] = (struct card_argument){name, link};
    return true;
}

static bool take_card(struct options *options, char *argument) {
    char *equals = strchr(argument, '=');
    if (equals == NULL || equals == argument)
        return false;
    *equals = 0;
    return add_card(options, argument, equals + 1);
}

static bool take_number(const char *text, uint64_t *value) {
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 0);
    return errno == 0 && *text != 0 && *text != '-' && *end == 0;
}

enum {
    OPT_LINK = 256,
    OPT_CARD,
    OPT_FRESH,
    OPT_JOBS,
    OPT_TAP,
    OPT_JSON,
    OPT_JUNIT,
    OPT_TRACE,
    OPT_RECORD,
    OPT_PCAP,
    OPT_GSMTAP,
    OPT_COVERAGE,
    OPT_KEYS,
    OPT_SEED,
    OPT_DRY,
    OPT_HELP,
    OPT_VERSION
};

static const struct option long_options[] = {{"link", required_argument, NULL, OPT_LINK},
                                             {"card", required_argument, NULL, OPT_CARD},
                                             {"fresh", no_argument, NULL, OPT_FRESH},
                                             {"jobs", required_argument, NULL, OPT_JOBS},
                                             {"tap", no_argument, NULL, OPT_TAP},
                                             {"json", no_argument, NULL, OPT_JSON},
                                             {"junit", required_argument, NULL, OPT_JUNIT},
                                             {"trace", no_argument, NULL, OPT_TRACE},
                                             {"record", required_argument, NULL, OPT_RECORD},
                                             {"pcap", required_argument, NULL, OPT_PCAP},
                                             {"gsmtap", optional_argument, NULL, OPT_GSMTAP},
                                             {"seed", required_argument, NULL, OPT_SEED},
                                             {"coverage", required_argument, NULL, OPT_COVERAGE},
                                             {"keys", required_argument, NULL, OPT_KEYS},
                                             {"dry-run", no_argument, NULL, OPT_DRY},
                                             {"help", no_argument, NULL, OPT_HELP},
                                             {"version", no_argument, NULL, OPT_VERSION},
                                             {NULL, 0, NULL, 0}};

static int take_seed(struct options *options, const char *text) {
    const char *lab = getenv("TESSERA_LAB");
    if (lab == NULL || strcmp(lab, "1") != 0)
        return complain(
            "--seed makes values foreseeable and is for laboratories: set TESSERA_LAB=1", NULL);
    options->seeded = true;
    return take_number(text, &options->seed) ? 0 : complain("--seed wants a number", text);
}

static int take_jobs(struct options *options, const char *text) {
    uint64_t jobs;
    if (!take_number(text, &jobs) || jobs < 1 || jobs > 64)
        return complain("--jobs wants a number from 1 to 64", text);
    options->jobs = (unsigned)jobs;
    options->fresh |= jobs > 1;
    return 0;
}

static int take_option(struct options *options, int option) {
    switch (option) {
    case OPT_LINK:
        return add_card(options, "card", optarg) ? 0 : complain("too many cards", optarg);
    case OPT_CARD:
        return take_card(options, optarg) ? 0 : complain("--card wants NAME=LINK", optarg);
    case OPT_FRESH:
        options->fresh = true;
        return 0;
    case OPT_JOBS:
        return take_jobs(options, optarg);
    case OPT_TAP:
        options->mode = REPORT_TAP;
        return 0;
    case OPT_JSON:
        options->mode = REPORT_JSON;
        return 0;
    case OPT_JUNIT:
        options->junit = optarg;
        return 0;
    case OPT_TRACE:
        options->trace = true;
        return 0;
    case OPT_RECORD:
        options->record = optarg;
        return 0;
    case OPT_PCAP:
        options->pcap = optarg;
        return 0;
    case OPT_GSMTAP:
        options->gsmtap = optarg != NULL ? optarg : "127.0.0.1:4729";
        return 0;
    case OPT_COVERAGE:
        options->coverage = optarg;
        return 0;
    case OPT_KEYS:
        return host_keys_add(&options->keys, optarg) ? 0
                                                     : complain("--keys wants NAME=FILE", optarg);
    case OPT_SEED:
        return take_seed(options, optarg);
    case OPT_DRY:
        options->dry_run = true;
        return 0;
    default:
        return EXIT_USAGE_ERROR;
    }
}

static int check_options(struct options *options) {
    if (options->files.count == 0)
        return complain("no script is given", NULL);
    if (options->dry_run && options->card_count == 0)
        add_card(options, "card", "");
    if (options->card_count == 0)
        return complain("no card is given: --link LINK or --card NAME=LINK", NULL);
    for (size_t i = 0; options->jobs > 1 && i < options->card_count; i++)
        if (strncmp(options->cards[i].link, "emu:", 4) != 0)
            return complain("--jobs needs cards that can be copied (emu:), not",
                            options->cards[i].link);
    if (options->jobs > 1 &&
        (options->record || options->pcap || options->gsmtap || options->coverage))
        return complain("--record, --pcap, --gsmtap and --coverage need --jobs 1", NULL);
    return 0;
}

static int parse_arguments(struct options *options, int argc, char **argv) {
    int option, status = 0;
    while (status == 0 && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_HELP || option == OPT_VERSION) {
            printf("%s", option == OPT_HELP ? usage : "tessera apdu run " TESSERA_VERSION "\n");
            exit(0);
        }
        status = take_option(options, option);
    }
    for (int i = optind; status == 0 && i < argc; i++) {
        const char *error = "";
        if (!batch_add(&options->files, argv[i], &error)) {
            fprintf(stderr, "tessera apdu run: %s: %s\n", argv[i], error);
            status = EXIT_USAGE_ERROR;
        }
    }
    return status != 0 ? status : check_options(options);
}

// ---- taps ------------------------------------------------------------------------------------

static bool add_tap(struct options *options, const char *name, struct script_tap *tap) {
    if (tap == NULL) {
        fprintf(stderr, "tessera apdu run: cannot write %s: %s\n", name, strerror(errno));
        return false;
    }
    tap->next = options->taps;
    options->taps = tap;
    return true;
}

static bool open_taps(struct options *options) {
    return (options->record == NULL ||
            add_tap(options, options->record, record_tap_open(options->record))) &&
           (options->coverage == NULL ||
            add_tap(options, options->coverage, coverage_tap_open(options->coverage)));
}

static bool close_taps(struct options *options) {
    bool ok = true;
    while (options->taps != NULL) {
        struct script_tap *tap = options->taps;
        options->taps = tap->next;
        ok = tap->close(tap) && ok;
    }
    if (!ok)
        fprintf(stderr, "tessera apdu run: a recording could not be written completely: %s\n",
                strerror(errno));
    return ok;
}

// ---- main ------------------------------------------------------------------------------------

static int run_batch(struct run *run) {
    struct options *options = &run->options;
    struct batch batch = {&options->files, options->jobs, run_file, take_report, run};
    run->reports = calloc(options->files.count, sizeof *run->reports);
    if (run->reports == NULL || !open_taps(options))
        return EXIT_USAGE_ERROR;
    if (!options->dry_run)
        report_begin(options->mode, stdout);
    bool ok = batch_run(&batch);
    if (!options->dry_run)
        report_end(options->mode, stdout, &run->totals);
    ok = close_taps(options) && ok;
    if (ok && options->junit != NULL &&
        !report_junit(run->reports, run->report_count, options->junit)) {
        fprintf(stderr, "tessera apdu run: cannot write %s: %s\n", options->junit, strerror(errno));
        ok = false;
    }
    return ok ? outcome_exit_code(run->totals.outcome) : EXIT_USAGE_ERROR;
}

int main(int argc, char **argv) {
    struct run run = {.options = {.jobs = 1}};
    uint32_t fresh = 1; // short enough to be typed and to be a number in JSON
    if (getrandom(&fresh, sizeof fresh, 0) < 0)
        fresh = 1;
    run.options.seed = fresh;
    int status = parse_arguments(&run.options, argc, argv);
    if (status != 0)
        return status;
    run.crypto = crypto_openssl_new();
    status = run_batch(&run);
    for (size_t i = 0; i < run.report_count; i++)
        report_free(&run.reports[i]);
    free(run.reports);
    batch_free(&run.options.files);
    crypto_openssl_free(run.crypto);
    return status;
}
