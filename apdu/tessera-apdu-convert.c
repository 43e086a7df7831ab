// SPDX-License-Identifier: Apache-2.0
// tessera apdu convert: other tools' scripts and traces in and out.
#include "apdu/convert/convert.h"
#include "apdu/convert/fresh.h"
#include "apdu/script/tools/tool.h"
#include "base/options/options.h"

#include <string.h>

struct conversion {
    struct tool tool;
    const struct script_format *from, *to;
    const char *in, *out, *from_name, *to_name;
    const char *scp, *le_zero;
    uint8_t protocol;
    bool drops_le_zero;
    bool strict, captures;
    struct exporter exporter;
    struct fresh fresh;
};

static bool take_step(struct importer *importer, const struct step *step) {
    struct conversion *conversion = importer->context;
    if (conversion->captures)
        return fresh_take(&conversion->fresh, step);
    bool ok = conversion->to->export(&conversion->exporter, step);
    conversion->exporter.commands += step->kind == STEP_COMMAND;
    return ok;
}

static bool convert(struct conversion *conversion, struct failure *failure) {
    const struct script_source *source = tool_read(&conversion->tool, conversion->in, failure);
    if (source == NULL)
        return false;
    if (conversion->from == NULL)
        conversion->from = script_format_guess(source->text);
    if (conversion->from == NULL)
        return fail(failure, EXIT_USAGE, "the format of %s is not clear; give --from",
                    conversion->in);
    struct importer importer = {.memory = &host_memory,
                                .source = source,
                                .ports = &conversion->tool.ports,
                                .reporter = &conversion->tool.reporter,
                                .strict = conversion->strict,
                                .secure_protocol = conversion->protocol,
                                .drops_le_zero = conversion->drops_le_zero,
                                .take = take_step,
                                .context = conversion};
    struct exporter *exporter = &conversion->exporter;
    exporter->reporter = &conversion->tool.reporter;
    buffer_init(&exporter->out, &host_memory);
    fresh_init(&conversion->fresh, &host_memory);
    if (conversion->to->begin != NULL)
        conversion->to->begin(exporter);
    bool ok = conversion->from->import(&importer) && !importer.failed && !exporter->failed;
    if (ok && conversion->captures)
        fresh_write(&conversion->fresh, &exporter->out);
    if (ok && conversion->to->end != NULL)
        conversion->to->end(exporter);
    if (!ok)
        failure->code = EXIT_USAGE; // the reporter has told why
    ok = ok && tool_write(conversion->out, buffer_bytes(&exporter->out), failure);
    buffer_free(&exporter->out);
    fresh_free(&conversion->fresh);
    return ok;
}

static bool find_format(const char *name, const struct script_format **format,
                        struct failure *failure) {
    *format = name != NULL ? script_format_find(name) : NULL;
    return name == NULL || *format != NULL ||
           fail(failure, EXIT_USAGE, "there is no format '%s'", name);
}

/// What the text leaves open.
static bool take_words(struct conversion *conversion, struct failure *failure) {
    const char *scp = conversion->scp, *le_zero = conversion->le_zero;
    if (scp != NULL && strcmp(scp, "02") != 0 && strcmp(scp, "03") != 0)
        return fail(failure, EXIT_USAGE, "--scp is 02 or 03, not '%s'", scp);
    if (le_zero != NULL && strcmp(le_zero, "send") != 0 && strcmp(le_zero, "none") != 0)
        return fail(failure, EXIT_USAGE, "--le-zero is send or none, not '%s'", le_zero);
    conversion->protocol = scp == NULL ? 0 : (uint8_t)(scp[1] - '0');
    conversion->drops_le_zero = le_zero != NULL && strcmp(le_zero, "none") == 0;
    return true;
}

static bool check(struct conversion *conversion, struct failure *failure) {
    if (!find_format(conversion->from_name, &conversion->from, failure) ||
        !find_format(conversion->to_name, &conversion->to, failure))
        return false;
    if (conversion->from != NULL && conversion->from->import == NULL)
        return fail(failure, EXIT_USAGE, "--from %s: this format can only be written",
                    conversion->from->name);
    if (conversion->to->export == NULL)
        return fail(failure, EXIT_USAGE, "--to %s: this format can only be read",
                    conversion->to->name);
    if (!take_words(conversion, failure))
        return false;
    return !conversion->captures || strcmp(conversion->to->name, "native") == 0 ||
           fail(failure, EXIT_USAGE, "--captures is for --to native");
}

static int run_convert(void *context, struct failure *failure) {
    struct conversion *conversion = context;
    if (!check(conversion, failure))
        return failure->code;
    tool_init(&conversion->tool, NULL);
    bool done = convert(conversion, failure);
    tool_free(&conversion->tool);
    return exit_of(done, failure);
}

#define AT(member) offsetof(struct conversion, member)

static const struct option_row rows[] = {
    {NULL, "IN", OPTION_FILE, "the script or trace; - is standard input", .at = AT(in),
     .needed = OPTION_EVERY},
    {"from", "FORMAT", OPTION_TEXT, "its format; guessed from the text when left out",
     .at = AT(from_name)},
    {"to", "FORMAT", OPTION_TEXT, "what it shall become", .at = AT(to_name),
     .needed = OPTION_EVERY},
    {"out", "FILE", OPTION_FILE, "write there instead of standard output", .at = AT(out),
     .letter = 'o'},
    {"captures", NULL, OPTION_FLAG,
     "to native: values of answers that later commands use become captures", .at = AT(captures)},
    {"scp", "02|03", OPTION_TEXT,
     "of gpshell: what open_sc opens where the script leaves it to the card", .at = AT(scp)},
    {"le-zero", "send|none", OPTION_TEXT,
     "of scr: whether an Le of 0x00 goes out (as written, the default)", .at = AT(le_zero)},
    {"strict-scriptor", NULL, OPTION_FLAG, "read exactly as scriptor would, mistakes included",
     .at = AT(strict)},
};

static const struct action actions[] = {{1, NULL, "", run_convert, NULL}};

static const struct command convert_command = {
    .name = "apdu convert",
    .purpose = "read and write the scripts and traces of other tools",
    .notes = "Formats: native, scriptor, scr, gpshell, opensc-tool, opensc-explorer, dump; in "
             "only: pcscd, and log (what people post: GlobalPlatformPro's A>> and A<<, OpenSC's "
             "debug output, GPShell's trace, scriptor's and pySim's output). What a format cannot "
             "say is refused, never bent; details: "
             "docs/script-formats.md.\n\n"
             "exit: 0 done, 2 the input is wrong, or cannot be said in the other format",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    struct conversion conversion = {.in = NULL};
    return command_main(&convert_command, &conversion, argc, argv);
}
