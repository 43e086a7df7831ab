// SPDX-License-Identifier: Apache-2.0
// tessera apdu convert: other tools' scripts and traces in and out.
#include <stdio.h>
#include <string.h>

#include "apdu/convert/convert.h"
#include "apdu/convert/fresh.h"
#include "apdu/script/tool.h"

static const char name[] = "tessera apdu convert";
static const char usage[] =
    "usage: tessera apdu convert [--from FORMAT] --to FORMAT IN [-o OUT] [options]\n"
    "Formats: native, scriptor, scr, gpshell, opensc-tool, opensc-explorer, pcscd (in only), "
    "dump.\n"
    "What a format cannot say is refused, never bent; details: docs/script-formats.md.\n"
    "  --from FORMAT        guessed from the text when left out\n"
    "  --captures           to native: values of answers that later commands use become captures\n"
    "  --strict-scriptor    read exactly as scriptor would, mistakes included\n"
    "  -o OUT               write there instead of standard output\n"
    "exit: 0 done, 2 the input is wrong, or cannot be said in the other format\n";

struct conversion {
    struct tool tool;
    const struct script_format *from, *to;
    const char *in, *out;
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

static int complain(const char *what, const char *value) {
    return tool_complain(name, what, value);
}

static int convert(struct conversion *conversion) {
    const struct script_source *source = tool_read(&conversion->tool, conversion->in);
    if (source == NULL)
        return TOOL_USAGE_ERROR;
    if (conversion->from == NULL)
        conversion->from = script_format_guess(source->text);
    if (conversion->from == NULL)
        return complain("the format of the input is not clear; give --from", conversion->in);
    struct importer importer = {.memory = &host_memory,
                                .source = source,
                                .world = &conversion->tool.world,
                                .reporter = &conversion->tool.reporter,
                                .strict = conversion->strict,
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
    ok = ok && tool_write(&conversion->tool, conversion->out, buffer_bytes(&exporter->out));
    buffer_free(&exporter->out);
    fresh_free(&conversion->fresh);
    return ok ? 0 : TOOL_USAGE_ERROR;
}

static int take_format(const char *word, const struct script_format **format) {
    *format = script_format_find(word);
    return *format != NULL ? 0 : complain("there is no such format", word);
}

static int parse(struct conversion *conversion, int argc, char **argv) {
    int status = 0;
    for (int i = 1; i < argc && status == 0; i++) {
        bool more = i + 1 < argc;
        const char *value = more ? argv[i + 1] : "";
        if (strcmp(argv[i], "--from") == 0 && more) {
            status = take_format(value, &conversion->from);
            i++;
        } else if (strcmp(argv[i], "--to") == 0 && more) {
            status = take_format(value, &conversion->to);
            i++;
        } else if (strcmp(argv[i], "-o") == 0 && more)
            conversion->out = argv[++i];
        else if (strcmp(argv[i], "--strict-scriptor") == 0)
            conversion->strict = true;
        else if (strcmp(argv[i], "--captures") == 0)
            conversion->captures = true;
        else if ((argv[i][0] == '-' && argv[i][1] != 0) || conversion->in != NULL)
            status = complain("unknown option or second input", argv[i]);
        else
            conversion->in = argv[i];
    }
    if (status != 0)
        return status;
    if (conversion->in == NULL || conversion->to == NULL)
        return complain("an input and --to FORMAT are needed", NULL);
    if (conversion->from != NULL && conversion->from->import == NULL)
        return complain("this format can only be written", conversion->from->name);
    if (conversion->to->export == NULL)
        return complain("this format can only be read", conversion->to->name);
    if (conversion->captures && strcmp(conversion->to->name, "native") != 0)
        return complain("--captures is for --to native", NULL);
    return 0;
}

int main(int argc, char **argv) {
    struct conversion conversion = {.in = NULL};
    if (tool_help(argc, argv, name, usage))
        return 0;
    int status = parse(&conversion, argc, argv);
    if (status != 0)
        return status;
    tool_init(&conversion.tool, name, NULL);
    status = convert(&conversion);
    tool_free(&conversion.tool);
    return status;
}
