// SPDX-License-Identifier: Apache-2.0
// tessera apdu run: native scripts over any link. Arguments and wiring only; the language stands in
// docs/script-language.md, the options in docs/man/tessera-apdu-run.1.
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "apdu/crypto.h"
#include "apdu/script/batch.h"
#include "apdu/script/dump.h"
#include "apdu/script/host.h"
#include "apdu/script/relay.h"
#include "apdu/script/taps.h"
#include "apdu/script/tool.h"
#include "readers/seat.h"
#include "readers/trace/gsmtap.h"
#include "readers/trace/pcapng.h"

enum { EXIT_USAGE_ERROR = 2 };

static const char usage[] =
    "usage: tessera apdu run FILE|DIR... --link LINK [options]\n"
    "       tessera apdu run FILE|DIR... --card NAME=LINK... [options]\n"
    "       tessera apdu run FILE|DIR... --dry-run [--card NAME=]...\n"
    "Runs scripts in the native language (docs/script-language.md) against cards.\n"
    "  --link LINK         the one card: emu:IMAGE, pcsc:NAME-OR-NUMBER, ...\n"
    "  --card NAME=LINK    one of several cards; scripts say `card NAME` or `NAME: tx ..`\n"
    "  --fresh             every script gets a copy of its own of each emu: image\n"
    "  --jobs N            so many scripts at once; needs emu: links, implies --fresh\n"
    "  --tap | --json      results as TAP 13, or as one JSON object a line\n"
    "  --junit FILE        results as JUnit XML too\n"
    "  --trace             every exchange explained (colour on a terminal)\n"
    "  --record FILE       every exchange into a dump that replays both ways\n"
    "  --pcap FILE         every exchange into a pcapng file (ISO 14443 frames)\n"
    "  --gsmtap [HOST:PORT] every exchange as GSMTAP packet, 127.0.0.1:4729 by default\n"
    "  --coverage FILE     adds a line \"command status-word\" for every pair met\n"
    "  --keys NAME=FILE    keys of secure channels, for `within scp03 keys=@NAME`, or a\n"
    "                      private P-256 key, for key(\"NAME\")\n"
    "  --seed N            repeats random() and emu: cards; needs TESSERA_LAB=1\n"
    "  --dry-run           parse, expand and print the octets; no card is touched\n"
    "A script reaches power cuts of a card behind pcscd by its control socket in "
    "TESSERA_CONTROL_n.\n"
    "exit: 0 passed, 1 failed, 2 script or usage error, 3 no card, 4 transport broke, 5 locked\n";

struct options {
    struct seat_argument cards[SCRIPT_CARDS_MAX];
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
    bool relay_failed;
};

static bool close_taps(struct script_tap *taps) {
    bool ok = true;
    while (taps != NULL) {
        struct script_tap *tap = taps;
        taps = tap->next;
        ok = tap->close(tap) && ok;
    }
    return ok;
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
    struct seat_options how = {options->fresh, options->seeded, options->seed};
    struct seat seats[SCRIPT_CARDS_MAX] = {0};
    struct script_card cards[SCRIPT_CARDS_MAX] = {0};
    struct link_failure failure = {LINK_OK, ""};
    size_t opened = 0;
    for (; opened < options->card_count; opened++) {
        if (!options->dry_run &&
            !seat_open(&seats[opened], &options->cards[opened], opened, &how, &failure))
            break;
        cards[opened] = seat_card(&seats[opened], &options->cards[opened]);
    }
    if (opened == options->card_count)
        session_run(session, cards, opened);
    else {
        fprintf(session->err, "%s: %s\n", session->report->file, failure.text);
        report_add_error(session->report, outcome_of(failure.status), failure.text);
    }
    for (size_t i = 0; i < options->card_count; i++)
        seat_close(&seats[i]);
}

static FILE *trace_stream(const struct options *options, FILE *out, FILE *err) {
    return options->mode == REPORT_PLAIN ? out : err;
}

/// A worker explains its own exchanges and relays them to the process that has the other taps.
static struct script_tap *worker_taps(const struct run *run, FILE *out, FILE *err, FILE *aside) {
    const struct options *options = &run->options;
    struct script_tap *taps = options->taps != NULL ? relay_tap_open(aside) : NULL;
    if (!options->trace)
        return taps;
    struct script_tap *trace = trace_tap_open(trace_stream(options, out, err),
                                              isatty(fileno(trace_stream(options, stdout, stderr))),
                                              options->card_count > 1, run->crypto);
    if (trace == NULL)
        return taps;
    trace->next = taps;
    return trace;
}

static void run_file(void *context, const char *file, struct report *report, FILE *out, FILE *err,
                     FILE *aside) {
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
    if (aside != NULL)
        session.taps = worker_taps(run, out, err, aside);
    report->seed = options.seed;
    if (session_open(&session, file))
        run_with_cards(run, &session);
    session_close(&session);
    if (aside != NULL && !close_taps(session.taps))
        report_add_error(report, OUTCOME_ERROR, "its exchanges could not be relayed");
}

static void take_relayed(void *context, struct bytes aside) {
    struct run *run = context;
    run->relay_failed |= !relay_replay(aside, run->options.taps);
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
    options->cards[options->card_count++] = (struct seat_argument){name, link};
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

struct pcap_tap {
    struct script_tap tap;
    struct pcapng *file;
    uint64_t offset; // from the monotonic clock to the time of day
};

static void pcap_exchange(struct script_tap *tap, const struct script_exchange *what) {
    struct pcap_tap *pcap = (struct pcap_tap *)tap;
    pcapng_exchange(pcap->file, what->card, what->card_name, what->command, what->answer,
                    what->begin + pcap->offset, what->end + pcap->offset);
}

static void pcap_event(struct script_tap *tap, const struct script_event *what) {
    struct pcap_tap *pcap = (struct pcap_tap *)tap;
    if (what->kind != EVENT_POWER_CUT)
        pcapng_reset(pcap->file, what->card, what->at + pcap->offset);
}

static bool pcap_close(struct script_tap *tap) {
    struct pcap_tap *pcap = (struct pcap_tap *)tap;
    bool ok = pcapng_close(pcap->file);
    free(pcap);
    return ok;
}

static struct script_tap *pcap_tap_open(const char *path) {
    struct pcap_tap *pcap = calloc(1, sizeof *pcap);
    struct timespec day, monotonic;
    if (pcap == NULL)
        return NULL;
    pcap->tap = (struct script_tap){pcap_exchange, pcap_event, pcap_close, NULL};
    pcap->file = pcapng_open(path);
    if (pcap->file == NULL) {
        free(pcap);
        return NULL;
    }
    clock_gettime(CLOCK_REALTIME, &day);
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    pcap->offset = (uint64_t)(day.tv_sec - monotonic.tv_sec) * 1000000000u +
                   (uint64_t)(day.tv_nsec - monotonic.tv_nsec);
    return &pcap->tap;
}

struct gsmtap_tap {
    struct script_tap tap;
    struct gsmtap gsmtap;
};

static void gsmtap_tell(struct script_tap *tap, const struct script_exchange *what) {
    gsmtap_exchange(&((struct gsmtap_tap *)tap)->gsmtap, what->card, what->command, what->answer);
}

static bool gsmtap_end(struct script_tap *tap) {
    struct gsmtap_tap *gsmtap = (struct gsmtap_tap *)tap;
    bool ok = !gsmtap->gsmtap.failed;
    gsmtap_close(&gsmtap->gsmtap);
    free(gsmtap);
    return ok;
}

static struct script_tap *gsmtap_tap_open(const char *address) {
    struct gsmtap_tap *gsmtap = calloc(1, sizeof *gsmtap);
    if (gsmtap == NULL)
        return NULL;
    gsmtap->tap = (struct script_tap){gsmtap_tell, NULL, gsmtap_end, NULL};
    if (gsmtap_open(&gsmtap->gsmtap, address))
        return &gsmtap->tap;
    free(gsmtap);
    return NULL;
}

static bool add_tap(struct options *options, const char *name, struct script_tap *tap) {
    if (tap == NULL) {
        fprintf(stderr, "tessera apdu run: cannot write %s: %s\n", name, strerror(errno));
        return false;
    }
    tap->next = options->taps;
    options->taps = tap;
    return true;
}

static bool open_taps(struct options *options, const struct crypto *crypto) {
    const struct {
        const char *name;
        struct script_tap *(*open)(const char *name);
    } rows[] = {{options->record, record_tap_open},
                {options->coverage, coverage_tap_open},
                {options->pcap, pcap_tap_open},
                {options->gsmtap, gsmtap_tap_open}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].name != NULL && !add_tap(options, rows[i].name, rows[i].open(rows[i].name)))
            return false;
    FILE *trace = trace_stream(options, stdout, stderr);
    return !options->trace || options->jobs > 1 ||
           add_tap(options, "--trace",
                   trace_tap_open(trace, isatty(fileno(trace)), options->card_count > 1, crypto));
}

// ---- main ------------------------------------------------------------------------------------

static int run_batch(struct run *run) {
    struct options *options = &run->options;
    struct batch batch = {&options->files, options->jobs, run_file, take_relayed, take_report, run};
    run->reports = calloc(options->files.count, sizeof *run->reports);
    if (run->reports == NULL || !open_taps(options, run->crypto))
        return EXIT_USAGE_ERROR;
    if (!options->dry_run)
        report_begin(options->mode, stdout);
    bool ok = batch_run(&batch);
    if (!options->dry_run)
        report_end(options->mode, stdout, &run->totals);
    if (!close_taps(options->taps) || run->relay_failed) {
        fprintf(stderr, "tessera apdu run: a recording could not be written completely: %s\n",
                strerror(errno));
        ok = false;
    }
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
    run.crypto = status == 0 ? crypto_openssl_new() : NULL;
    if (status == 0)
        status = run_batch(&run);
    for (size_t i = 0; i < run.report_count; i++)
        report_free(&run.reports[i]);
    free(run.reports);
    batch_free(&run.options.files);
    if (run.crypto != NULL)
        crypto_openssl_free(run.crypto);
    return tool_end("tessera apdu run", status);
}
