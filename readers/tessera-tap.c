// SPDX-License-Identifier: Apache-2.0
// tessera tap report: what a radio trace says about a tap. Manual: docs/man/tessera-tap.1.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers/tap/report.h"

static const char help[] =
    "usage: tessera tap report TRACE [--json] [--svg FILE] [--profile FILE]\n"
    "\n"
    "Reads a radio trace (pcapng with ISO/IEC 14443 packets, from tessera field --trace, tessera\n"
    "apdu run --pcap or another tool) and reports APDUs, octets, frames, time on the air at every\n"
    "bit rate, and the time a real card would compute, against the gates of 200 and 500 ms.\n"
    "\n"
    "  --json           one JSON object instead of text\n"
    "  --svg FILE       also draw a waterfall\n"
    "  --profile FILE   speeds of a chip: lines NAME MILLISECONDS with the names apdu, octet, "
    "sign,\n"
    "                   verify, commit\n"
    "\n"
    "Exit code: 0 done; 1 no tap in the trace; 2 usage, or a file that cannot be used.\n";

struct arguments {
    const char *trace, *svg, *profile;
    bool json;
};

static int wrong(const char *what, const char *value) {
    fprintf(stderr, "tessera tap: %s%s; see tessera tap --help\n", what, value);
    return 2;
}

static int unusable(const char *path, const char *why) {
    fprintf(stderr, "tessera tap: %s: %s\n", path, why);
    return 2;
}

static int parse(int argc, char **argv, struct arguments *arguments) {
    if (argc < 2 || strcmp(argv[1], "report") != 0)
        return wrong("write: tessera tap report TRACE", "");
    for (int i = 2; i < argc; i++) {
        bool svg = strcmp(argv[i], "--svg") == 0, profile = strcmp(argv[i], "--profile") == 0;
        if ((svg || profile) && i + 1 == argc)
            return wrong("its value is missing: ", argv[i]);
        if (svg)
            arguments->svg = argv[++i];
        else if (profile)
            arguments->profile = argv[++i];
        else if (strcmp(argv[i], "--json") == 0)
            arguments->json = true;
        else if (argv[i][0] == '-')
            return wrong("there is no such option: ", argv[i]);
        else if (arguments->trace != NULL)
            return wrong("one trace at a time, not also ", argv[i]);
        else
            arguments->trace = argv[i];
    }
    return arguments->trace != NULL ? 0 : wrong("TRACE is missing", "");
}

static int read_profile(const char *path, struct tap_profile *profile) {
    char error[256];
    FILE *file = path != NULL ? fopen(path, "r") : NULL;
    *profile = tap_profile_usual;
    if (path == NULL)
        return 0;
    if (file == NULL)
        return unusable(path, strerror(errno));
    bool good = tap_profile_read(file, profile, error, sizeof error);
    fclose(file);
    return good ? 0 : unusable(path, error);
}

static int read_trace(const char *path, struct tap_report *report) {
    char error[256];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return unusable(path, strerror(errno));
    bool good = capture_read(file, tap_report_take, report, error, sizeof error);
    fclose(file);
    tap_report_end(report);
    return good ? 0 : unusable(path, error);
}

static int draw(const char *path, const struct tap_report *report) {
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return unusable(path, strerror(errno));
    tap_report_svg(report, file);
    return fclose(file) == 0 ? 0 : unusable(path, strerror(errno));
}

static int report_on(const struct arguments *arguments, struct tap_report *report) {
    struct tap_profile profile;
    int code = read_profile(arguments->profile, &profile);
    tap_report_init(report, &profile);
    if (code == 0)
        code = read_trace(arguments->trace, report);
    if (code == 0 && arguments->svg != NULL)
        code = draw(arguments->svg, report);
    if (code != 0)
        return code;
    if (arguments->json)
        tap_report_json(report, stdout);
    else
        tap_report_text(report, stdout);
    return report->apdus > 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return fputs(help, stdout) < 0;
        if (strcmp(argv[i], "--version") == 0)
            return puts("tessera tap " TESSERA_VERSION) < 0;
    }
    int code = parse(argc, argv, &arguments);
    if (code != 0)
        return code;
    struct tap_report *report = malloc(sizeof *report);
    if (report == NULL)
        return wrong("out of memory", "");
    code = report_on(&arguments, report);
    free(report);
    return code;
}
