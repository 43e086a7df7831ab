// SPDX-License-Identifier: Apache-2.0
// tessera apdu lint: mistakes in scripts, found without a card.
#include <stdio.h>
#include <string.h>

#include "apdu/script/batch.h"
#include "apdu/script/lint.h"
#include "apdu/script/tool.h"

static const char name[] = "tessera apdu lint";
static const char usage[] =
    "usage: tessera apdu lint FILE|DIR...\n"
    "Finds mistakes in scripts without a card. Rules: syntax, unknown-ins, wrong-lc,\n"
    "secret-in-clear, unchecked-answer, unreachable (docs/script-language.md).\n"
    "exit: 0 nothing found, 1 findings, 2 a script does not parse or cannot be read\n";

/// 0, 1 or 2 for one file.
static int lint_file(const char *file) {
    struct tool tool;
    struct script_program program;
    tool_init(&tool, name, NULL);
    const char *error = "";
    program_init(&program, &host_memory, &host_files);
    program.main = sources_load(&program.sources, NULL, bytes_of_string(file), &error);
    int status = TOOL_USAGE_ERROR;
    if (program.main == NULL)
        fprintf(stderr, "%s: %s cannot be read: %s\n", name, file, error);
    else {
        lint_program(&program, &tool.world, &tool.reporter);
        status = tool.errors > 0 ? TOOL_USAGE_ERROR : tool.warnings > 0 ? 1 : 0;
    }
    program_free(&program);
    tool_free(&tool);
    return status;
}

int main(int argc, char **argv) {
    struct batch_files files = {NULL, 0};
    int status = 0;
    if (tool_help(argc, argv, name, usage))
        return 0;
    if (argc < 2)
        return tool_complain(name, "no script is given", NULL);
    for (int i = 1; i < argc && status == 0; i++) {
        const char *error = "";
        if (strncmp(argv[i], "--", 2) == 0)
            status = tool_complain(name, "unknown option", argv[i]);
        else if (!batch_add(&files, argv[i], &error))
            status = tool_complain(name, error, argv[i]);
    }
    bool usable = status == 0;
    for (size_t i = 0; usable && i < files.count; i++) {
        int one = lint_file(files.names[i]);
        status = one > status ? one : status;
    }
    batch_free(&files);
    return tool_end(name, status);
}
