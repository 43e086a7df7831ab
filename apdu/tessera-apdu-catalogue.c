// SPDX-License-Identifier: Apache-2.0
// tessera apdu catalogue: the command catalogue for programs (JSON, one command a line), for people
// (text), for Wireshark (a Lua post-dissector), and coverage of it by runs.
#include "apdu/script/tools/catalogue/catalogue_print.h"
#include "apdu/script/tools/catalogue/coverage.h"
#include "apdu/script/tools/own_file.h"
#include "apdu/script/tools/tool.h"
#include "base/options/options.h"

#include <stdio.h>

struct arguments {
    const char *catalogue;
    bool json, lua;
    const char *coverage;
};

static int print_coverage(const char *file, const struct catalogue_own *own,
                          struct failure *failure) {
    struct tool tool;
    tool_init(&tool, NULL);
    const struct script_source *log = tool_read(&tool, file, failure);
    int code = log == NULL                              ? (int)failure->code
               : coverage_print(log->text, own, stdout) ? EXIT_DONE
                                                        : EXIT_REFUSED;
    tool_free(&tool);
    return code;
}

static int run_catalogue(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    if (arguments->json + arguments->lua + (arguments->coverage != NULL) > 1)
        return exit_of(fail(failure, EXIT_USAGE, "say one of --json, --lua and --coverage"),
                       failure);
    struct catalogue_own *own = NULL;
    int code = EXIT_DONE;
    if (!own_file_open(arguments->catalogue, &own, failure))
        return failure->code;
    if (arguments->coverage != NULL)
        code = print_coverage(arguments->coverage, own, failure);
    else
        (arguments->json  ? catalogue_print_json
         : arguments->lua ? catalogue_print_lua
                          : catalogue_print_text)(own, stdout);
    own_file_close(own);
    return code;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {"catalogue", "FILE", OPTION_FILE, OWN_FILE_HELP, .at = AT(catalogue)},
    {"json", NULL, OPTION_FLAG,
     "one object a line: {name, title, applet, cla, ins, p1, p2, cases, lc, interfaces, secret, "
     "fields, refusals, answer, clause}; then the status words as {sw, name, reason, text}",
     .at = AT(json)},
    {"lua", NULL, OPTION_FLAG,
     "a post-dissector for Wireshark that names the commands and status words", .at = AT(lua)},
    {"coverage", "FILE", OPTION_FILE,
     "what 'tessera apdu run --coverage' met, against what is documented", .at = AT(coverage)},
};

static const struct action actions[] = {{1, NULL, "", run_catalogue, NULL}};

static const struct command catalogue_command_line = {
    .name = "apdu catalogue",
    .purpose = "every command that the cards know",
    .notes = "exit: 0 done, 1 a command or documented status word is missing in the coverage, or "
             "one was met that is not documented, 2 the input is wrong",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    return command_main(&catalogue_command_line, &arguments, argc, argv);
}
