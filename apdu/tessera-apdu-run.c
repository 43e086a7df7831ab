// SPDX-License-Identifier: Apache-2.0
// tessera apdu run: native scripts over any link. Arguments and wiring only; the language stands in
// docs/script-language.md, the options in docs/man/tessera-apdu-run.1.
#include "apdu/crypto/crypto.h"
#include "apdu/script/run/host.h"
#include "apdu/script/tools/batch.h"
#include "apdu/script/tools/dump.h"
#include "apdu/script/tools/observers.h"
#include "apdu/script/tools/own_file.h"
#include "apdu/script/tools/relay.h"
#include "apdu/script/tools/titles.h"
#include "base/files.h"
#include "base/options/options.h"
#include "readers/link/capture_observers.h"
#include "readers/link/slot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { EXIT_BY_SIGNAL = 128 };

struct options {
    struct slot_command given; // first: what takes --card, --link and --keys finds it there
    struct option_words names;
    struct batch_files files;
    bool tap, json, fresh, dry_run, trace, list, fail_fast;
    enum report_mode mode;
    struct catalogue_own *own; // of --catalogue, or NULL
    const char *catalogue, *only, *junit, *record, *pcap, *gsmtap, *coverage;
    uint64_t jobs;
    struct program_run run; // its seed
    struct script_observer *observers;
};

struct run {
    struct options options;
    struct crypto *crypto;
    struct interrupt *interrupt;
    struct report *reports;
    size_t report_count;
    struct report_totals totals;
    bool relay_failed;
};

// ---- one script ------------------------------------------------------------------------------

static enum script_outcome outcome_of(enum link_status status) {
    bool none = status == LINK_NO_CARD || status == LINK_TWO_CARDS || status == LINK_FOREIGN;
    return none                    ? OUTCOME_NO_CARD
           : status == LINK_BROKEN ? OUTCOME_BROKEN
           : status == LINK_LOCKED ? OUTCOME_LOCKED
                                   : OUTCOME_ERROR;
}

static void run_with_cards(struct run *run, struct session *session) {
    const struct options *options = &run->options;
    struct slot_options how = {options->fresh, options->run.seeded, options->run.seed};
    struct slots slots = {.count = 0};
    struct link_failure failure = {LINK_OK, ""};
    if (slots_open(&slots, &options->given.cards, options->dry_run ? NULL : &how, &failure))
        session_run(session, slots.cards, slots.count);
    else {
        fprintf(session->err, "%s: %s\n", session->report->file, failure.text);
        report_add_error(session->report, outcome_of(failure.status), failure.text);
    }
    slots_close(&slots);
}

static FILE *trace_stream(const struct options *options, FILE *out, FILE *err) {
    return options->mode == REPORT_PLAIN ? out : err;
}

/// A worker explains its own exchanges and relays them to the process that has the other observers.
static struct script_observer *worker_observers(const struct run *run, FILE *out, FILE *err,
                                                FILE *aside) {
    const struct options *options = &run->options;
    struct script_observer *observers =
        options->observers != NULL ? relay_observer_open(aside) : NULL;
    if (!options->trace)
        return observers;
    struct script_observer *trace = trace_observer_open(
        trace_stream(options, out, err), program_colour(trace_stream(options, stdout, stderr)),
        options->given.cards.count > 1, run->crypto);
    if (trace == NULL)
        return observers;
    trace_observer_know(trace, options->own);
    trace->next = observers;
    return trace;
}

static void run_file(void *context, const char *file, struct report *report, FILE *out, FILE *err,
                     FILE *aside) {
    struct run *run = context;
    struct script_options options = {.seed = run->options.run.seed,
                                     .dry_run = run->options.dry_run,
                                     .only = run->options.only,
                                     .fail_fast = run->options.fail_fast};
    options.keys = slot_keys(&run->options.given);
    struct session session = {.report = report,
                              .out = out,
                              .err = err,
                              .mode = run->options.mode,
                              .options = &options,
                              .ports = host_ports(run->crypto),
                              .own = run->options.own,
                              .observers = run->options.observers};
    if (aside != NULL)
        session.observers = worker_observers(run, out, err, aside);
    session.ports.context = run->interrupt;
    session.needs = slot_needs(&run->options.given);
    session.needs.keyless = options.dry_run;
    report->seed = options.seed;
    if (session_open(&session, file))
        run_with_cards(run, &session);
    session_close(&session);
    if (aside != NULL && !observers_close(session.observers))
        report_add_error(report, OUTCOME_ERROR, "its exchanges could not be relayed");
}

static void take_relayed(void *context, struct bytes aside) {
    struct run *run = context;
    run->relay_failed |= !relay_replay(aside, run->options.observers);
}

static bool take_report(void *context, struct report *report) {
    struct run *run = context;
    if (!run->options.dry_run)
        report_print(report, run->options.mode, stdout, &run->totals);
    else
        run->totals.outcome = outcome_worse(run->totals.outcome, report->outcome);
    run->reports[run->report_count++] = *report;
    return !run->options.fail_fast || outcome_exit_code(run->totals.outcome) == 0;
}

// ---- observers ---------------------------------------------------------------------------------

static bool add_trace(struct options *options, const char *name, struct script_observer *trace,
                      struct failure *failure) {
    if (trace != NULL)
        trace_observer_know(trace, options->own);
    return observers_add(&options->observers, name, trace, failure);
}

static bool open_observers(struct options *options, const struct crypto *crypto,
                           struct failure *failure) {
    if (options->coverage != NULL &&
        !observers_add(&options->observers, options->coverage,
                       coverage_observer_open(options->coverage, options->own), failure))
        return false;
    const struct {
        const char *name;
        struct script_observer *(*open)(const char *name);
    } rows[] = {{options->record, record_observer_open},
                {options->pcap, pcap_observer_open},
                {options->gsmtap, gsmtap_observer_open}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].name != NULL &&
            !observers_add(&options->observers, rows[i].name, rows[i].open(rows[i].name), failure))
            return false;
    const char *file = getenv("TESSERA_TRACE");
    bool several = options->given.cards.count > 1;
    if (file != NULL && file[0] != '\0' &&
        !add_trace(options, file, trace_observer_open_file(file, several, crypto), failure))
        return false;
    FILE *trace = trace_stream(options, stdout, stderr);
    return !options->trace || options->jobs > 1 ||
           add_trace(options, "--trace",
                     trace_observer_open(trace, program_colour(trace), several, crypto), failure);
}

// ---- the whole -------------------------------------------------------------------------------

static int run_batch(struct run *run, struct failure *failure) {
    struct options *options = &run->options;
    struct batch batch = {.files = &options->files,
                          .jobs = (unsigned)options->jobs,
                          .run = run_file,
                          .told = take_relayed,
                          .done = take_report,
                          .context = run,
                          .interrupt = run->interrupt};
    if (options->junit != NULL && !files_may_write(options->junit))
        return fail_errno(failure, "cannot write %s", options->junit), EXIT_USAGE;
    run->reports = calloc(options->files.count, sizeof *run->reports);
    if (run->reports == NULL || !open_observers(options, run->crypto, failure))
        return EXIT_USAGE;
    if (!options->dry_run)
        report_begin(options->mode, stdout);
    bool ok = batch_run(&batch) || fail_errno(failure, "cannot run the scripts");
    if (!options->dry_run)
        report_end(options->mode, stdout, &run->totals);
    if (!observers_close(options->observers) || run->relay_failed)
        ok = fail_errno(failure, "a recording could not be written completely");
    if (ok && options->junit != NULL &&
        !report_junit(run->reports, run->report_count, options->junit))
        ok = fail_errno(failure, "cannot write %s", options->junit);
    int signal = interrupt_signal(run->interrupt);
    return !ok           ? EXIT_USAGE
           : signal != 0 ? EXIT_BY_SIGNAL + signal
                         : outcome_exit_code(run->totals.outcome);
}

/// Each output has a file of its own: two in one would be neither.
static bool check_outputs(const struct options *options, struct failure *failure) {
    const struct {
        const char *option, *file;
    } rows[] = {{"record", options->record},
                {"pcap", options->pcap},
                {"junit", options->junit},
                {"coverage", options->coverage}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < i; k++)
            if (rows[i].file != NULL && rows[k].file != NULL &&
                files_are_one(rows[i].file, rows[k].file))
                return fail(failure, EXIT_USAGE, "--%s and --%s write one file, %s; name two",
                            rows[k].option, rows[i].option, rows[i].file);
    return true;
}

static bool check(struct options *options, struct failure *failure) {
    options->mode = options->tap ? REPORT_TAP : options->json ? REPORT_JSON : REPORT_PLAIN;
    options->fresh = options->fresh || options->jobs > 1;
    if (options->tap && options->json)
        return fail(failure, EXIT_USAGE, "--tap and --json exclude each other");
    if (!check_outputs(options, failure))
        return false;
    if (options->dry_run && options->given.cards.count == 0)
        slot_add_link(&options->given.cards, "", failure);
    if (options->given.cards.count == 0 && !options->list)
        return fail(failure, EXIT_USAGE, "no card is given: say --link LINK or --card NAME=LINK");
    for (size_t i = 0; options->jobs > 1 && i < options->given.cards.count; i++)
        if (!link_begins_anew(options->given.cards.cards[i].link))
            return fail(failure, EXIT_USAGE,
                        "--jobs needs cards that can be copied (emu:), not '%s'",
                        options->given.cards.cards[i].link);
    return batch_add(&options->files, options->names.items, options->names.count, failure);
}

static struct titles titles_of(const struct run *run) {
    return (struct titles){run->crypto, run->options.own, run->options.mode};
}

static int list_tests(const struct run *run) {
    struct titles titles = titles_of(run);
    return outcome_exit_code(titles_list(&titles, &run->options.files));
}

static int run_chosen(struct run *run, struct failure *failure) {
    struct options *options = &run->options;
    struct titles titles = titles_of(run);
    if (options->only != NULL)
        run->totals.outcome = titles_keep(&titles, options->only, &options->files);
    if (options->only != NULL && options->files.count == 0 && run->totals.outcome == OUTCOME_PASSED)
        return exit_of(
            fail(failure, EXIT_USAGE, "no test is called '%s'; --list names them", options->only),
            failure);
    return run_batch(run, failure);
}

static int run_scripts(void *context, struct failure *failure) {
    struct run *run = context;
    uint32_t fresh = 1; // short enough to be typed and to be a number in JSON
    if (!run->options.run.seeded && getrandom(&fresh, sizeof fresh, 0) > 0)
        run->options.run.seed = fresh;
    if (!check(&run->options, failure) ||
        !own_file_open(run->options.catalogue, &run->options.own, failure))
        return failure->code;
    run->crypto = crypto_openssl_new();
    run->interrupt = interrupt_watch();
    int code = run->options.list ? list_tests(run) : run_chosen(run, failure);
    interrupt_end(run->interrupt);
    for (size_t i = 0; i < run->report_count; i++)
        report_free(&run->reports[i]);
    free(run->reports);
    batch_free(&run->options.files);
    own_file_close(run->options.own);
    crypto_openssl_free(run->crypto);
    return code;
}

// ---- arguments -------------------------------------------------------------------------------

#define AT(member) offsetof(struct run, options.member)

static const struct option_row rows[] = {
    {NULL, "FILE|DIR", OPTION_FILE, "scripts, or folders of them", .at = AT(names), .many = true,
     .needed = OPTION_EVERY},
    {"link", "LINK", OPTION_TAKEN, OPTION_LINK_HELP, .take = slot_take_link},
    {"card", "NAME=LINK", OPTION_TAKEN,
     "one of several cards; scripts say 'card NAME' or 'NAME: tx ..'", .take = slot_take_card,
     .many = true},
    {"fresh", NULL, OPTION_FLAG, "every script gets a copy of its own of each emu: image",
     .at = AT(fresh)},
    {"jobs", "N", OPTION_NUMBER, "so many scripts at once; needs emu: links, implies --fresh",
     .at = AT(jobs), .least = 1, .most = 64},
    {"catalogue", "FILE", OPTION_FILE, OWN_FILE_HELP, .at = AT(catalogue)},
    {"test", "TITLE", OPTION_TEXT, "only the test of that title", .at = AT(only)},
    {"list", NULL, OPTION_FLAG, "name the tests instead of running them; no card is touched",
     .at = AT(list)},
    {"fail-fast", NULL, OPTION_FLAG, "end with the first test that fails, its cleanups done",
     .at = AT(fail_fast)},
    {"tap", NULL, OPTION_FLAG, "results as TAP 13", .at = AT(tap)},
    {"json", NULL, OPTION_FLAG, "results as one JSON object a line", .at = AT(json)},
    {"junit", "FILE", OPTION_FILE, "results as JUnit XML too", .at = AT(junit)},
    {"trace", NULL, OPTION_FLAG, "every exchange explained", .at = AT(trace)},
    {"record", "FILE", OPTION_FILE, "every exchange into a dump that replays both ways",
     .at = AT(record)},
    {"pcap", "FILE", OPTION_FILE, "every exchange into a pcapng file (ISO 14443 frames)",
     .at = AT(pcap)},
    {"gsmtap", "HOST:PORT", OPTION_TEXT,
     "every exchange as a GSMTAP packet, to 127.0.0.1:4729 where no address is given",
     .at = AT(gsmtap), .otherwise = "127.0.0.1:4729"},
    {"coverage", "FILE", OPTION_FILE, "adds a line 'command status-word' for every pair met",
     .at = AT(coverage)},
    {"keys", "NAME=FILE", OPTION_TAKEN,
     "keys of secure channels, for 'within scp03 keys=@NAME', or a private P-256 key, for "
     "key(\"NAME\")",
     .take = slot_take_keys, .many = true},
    {"seed", "N", OPTION_SEED, "repeats random() and emu: cards; only with TESSERA_LAB=1",
     .at = AT(run)},
    {"dry-run", NULL, OPTION_FLAG, "parse, expand and print the octets; no card is touched",
     .at = AT(dry_run)},
};

static const struct action actions[] = {
    {1, NULL, "", run_scripts,
     "FILE|DIR... --link LINK [OPTION]...\nFILE|DIR... --card NAME=LINK... [OPTION]...\n"
     "FILE|DIR... --dry-run [--card NAME=]...\nFILE|DIR... --list"}};

static const struct command apdu_run = {
    .name = "apdu run",
    .purpose = "run scripts against cards",
    .notes =
        "The language stands in docs/script-language.md. A script reaches power cuts of a card "
        "in pcscd by its control socket in TESSERA_CONTROL_n.\n\n"
        "exit: 0 passed, 1 failed, 2 script or usage error, 3 no card, 4 transport broke, 5 "
        "locked, 130 or 143 interrupted by Ctrl-C or TERM: cleanups ran, files are whole; a second "
        "signal ends it at once",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    struct run run = {.options = {.jobs = 1}};
    return command_main(&apdu_run, &run, argc, argv);
}
