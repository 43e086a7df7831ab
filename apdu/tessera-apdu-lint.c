// SPDX-License-Identifier: Apache-2.0
// tessera apdu lint: mistakes in scripts, found without a card.
#include "apdu/script/check/lint.h"
#include "apdu/script/tools/batch.h"
#include "apdu/script/tools/own_file.h"
#include "apdu/script/tools/tool.h"
#include "base/options/options.h"

struct arguments {
    struct option_words files;
    const char *catalogue;
};

/// 0, 1 or 2 for one file.
static int lint_file(const char *file, const struct catalogue_own *own) {
    struct tool tool;
    struct script_program program;
    struct failure failure;
    tool_init(&tool, NULL);
    const char *error = "";
    program_init(&program, &host_memory, &host_files);
    program.own = own;
    program.main = sources_load(&program.sources, NULL, bytes_of_string(file), &error);
    int status = EXIT_USAGE;
    if (program.main == NULL) {
        fail(&failure, EXIT_USAGE, "%s cannot be read: %s", file, error);
        program_fail("apdu lint", &failure);
    } else {
        lint_program(&program, &tool.ports, &tool.reporter);
        status = tool.errors > 0 ? EXIT_USAGE : tool.warnings > 0 ? EXIT_REFUSED : EXIT_DONE;
    }
    program_free(&program);
    tool_free(&tool);
    return status;
}

static int run_lint(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct batch_files files = {NULL, 0};
    struct catalogue_own *own = NULL;
    int status = EXIT_DONE;
    if (!own_file_open(arguments->catalogue, &own, failure) ||
        !batch_add(&files, arguments->files.items, arguments->files.count, failure))
        status = failure->code;
    for (size_t i = 0; failure->code == EXIT_DONE && i < files.count; i++) {
        int one = lint_file(files.names[i], own);
        status = one > status ? one : status;
    }
    batch_free(&files);
    own_file_close(own);
    return status;
}

static const struct option_row rows[] = {
    {NULL, "FILE|DIR", OPTION_FILE, "scripts, or folders of them",
     .at = offsetof(struct arguments, files), .many = true, .needed = OPTION_EVERY},
    {"catalogue", "FILE", OPTION_FILE, OWN_FILE_HELP, .at = offsetof(struct arguments, catalogue)},
};

static const struct action actions[] = {{1, NULL, "", run_lint, NULL}};

static const struct command lint = {
    .name = "apdu lint",
    .purpose = "find mistakes in scripts without a card",
    .notes = "Rules: syntax, unknown-ins, wrong-lc, secret-in-clear, unchecked-answer, unreachable "
             "(docs/script-language.md).\n\n"
             "exit: 0 nothing found, 1 findings, 2 a script does not parse or cannot be read",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    return command_main(&lint, &arguments, argc, argv);
}
