// SPDX-License-Identifier: Apache-2.0
// tessera tap report: what a radio trace says about a tap. Manual: docs/man/tessera-tap.1.
#include "base/files.h"
#include "base/options/options.h"
#include "readers/tap/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    const char *trace, *svg, *profile;
    bool json;
};

static bool read_profile(const char *path, struct tap_profile *profile, struct failure *failure) {
    char error[256];
    FILE *file = path != NULL ? fopen(path, "r") : NULL;
    *profile = tap_profile_usual;
    if (path == NULL)
        return true;
    if (file == NULL)
        return fail(failure, EXIT_USAGE, "%s: %s", path, strerror(errno));
    bool good = tap_profile_read(file, profile, error, sizeof error);
    fclose(file);
    return good || fail(failure, EXIT_USAGE, "%s: %s", path, error);
}

static bool read_trace(const char *path, struct tap_report *report, struct failure *failure) {
    char error[256];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail(failure, EXIT_USAGE, "%s: %s", path, strerror(errno));
    bool good = capture_read(file, tap_report_take, report, error, sizeof error);
    fclose(file);
    tap_report_end(report);
    return good || fail(failure, EXIT_USAGE, "%s: %s", path, error);
}

static bool draw(const char *path, const struct tap_report *report, struct failure *failure) {
    FILE *file = files_may_write(path) ? fopen(path, "w") : NULL;
    if (file == NULL)
        return fail_errno(failure, "cannot write %s", path);
    tap_report_svg(report, file);
    return fclose(file) == 0 || fail_errno(failure, "cannot write %s", path);
}

static bool report_on(const struct arguments *arguments, struct tap_report *report,
                      struct failure *failure) {
    struct tap_profile profile;
    if (!read_profile(arguments->profile, &profile, failure))
        return false;
    tap_report_init(report, &profile);
    if (!read_trace(arguments->trace, report, failure) ||
        (arguments->svg != NULL && !draw(arguments->svg, report, failure)))
        return false;
    (arguments->json ? tap_report_json : tap_report_text)(report, stdout);
    return report->apdus > 0 || fail(failure, EXIT_REFUSED, "%s: no tap in it", arguments->trace);
}

static int run_report(void *context, struct failure *failure) {
    struct tap_report *report = malloc(sizeof *report);
    bool done = report != NULL ? report_on(context, report, failure)
                               : fail(failure, EXIT_REFUSED, "out of memory");
    free(report);
    return exit_of(done, failure);
}

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "TRACE", OPTION_FILE,
     "pcapng with ISO/IEC 14443 packets, from 'tessera field --trace', 'tessera apdu run --pcap' "
     "or another tool",
     .at = AT(trace), .needed = OPTION_EVERY},
    {"json", NULL, OPTION_FLAG, "one JSON object instead of text", .at = AT(json)},
    {"svg", "FILE", OPTION_FILE, "also draw a waterfall", .at = AT(svg)},
    {"profile", "FILE", OPTION_FILE,
     "speeds of a chip: lines NAME MILLISECONDS with the names apdu, octet, sign, verify, commit",
     .at = AT(profile)},
};

static const struct action actions[] = {
    {1, "report", "APDUs, octets, frames, time on the air and in the card", run_report, NULL},
};

static const struct command tap = {
    .name = "tap",
    .purpose = "what a tap cost on the air",
    .notes = "The time on the air at every bit rate, and the time a real card would compute, stand "
             "against the gates of 200 and 500 ms.\n\n"
             "exit: 0 done, 1 no tap in the trace, 2 usage, or a file that cannot be used",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    return command_main(&tap, &arguments, argc, argv);
}
