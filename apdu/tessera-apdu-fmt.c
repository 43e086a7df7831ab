// SPDX-License-Identifier: Apache-2.0
// tessera apdu fmt: lays scripts out, in place or on standard output.
#include "apdu/script/check/layout.h"
#include "apdu/script/language/parse.h"
#include "apdu/script/tools/tool.h"
#include "base/options/options.h"

#include <stdio.h>
#include <string.h>

struct arguments {
    struct option_words files;
    bool check, print;
};

/// Card images, recordings and notes lie in the folders of scripts, too. What does not parse is
/// told, place by place, and stays as it is.
static bool is_script(const struct tool *tool, const char *file, struct bytes text,
                      struct failure *failure) {
    struct script_program program;
    if (text.size > 0 && memchr(text.data, 0, text.size) != NULL)
        return fail(failure, EXIT_USAGE, "%s is no script: it has octets of no text", file);
    program_init(&program, &host_memory, &host_files);
    program.is_part = true; // included files are laid out like any other
    program.main = sources_add(&program.sources, file, text);
    bool parses = program.main != NULL && program_check(&program, &tool->reporter, NULL, NULL);
    program_free(&program);
    return parses ||
           fail(failure, EXIT_USAGE, "%s does not parse as a script: nothing is laid out", file);
}

/// 0, 1 or 2 for one file.
static int format(struct tool *tool, const char *file, const struct arguments *arguments,
                  struct failure *failure) {
    struct buffer out;
    const struct script_source *source = tool_read(tool, file, failure);
    if (source == NULL || !is_script(tool, file, source->text, failure))
        return failure->code;
    buffer_init(&out, &host_memory);
    layout_script(source->text, &out);
    bool same = bytes_equal(source->text, buffer_bytes(&out)), done = true;
    int status = EXIT_DONE;
    if (arguments->check && !same) {
        printf("%s\n", file);
        status = EXIT_REFUSED;
    } else if (arguments->print || (strcmp(file, "-") == 0 && !arguments->check)) {
        done = tool_write(NULL, buffer_bytes(&out), failure);
    } else if (!same) {
        done = tool_write(file, buffer_bytes(&out), failure);
    }
    buffer_free(&out);
    return done ? status : (int)failure->code;
}

/// Every file gets its turn; the worst of them is the end.
static int run_fmt(void *context, struct failure *unused) {
    const struct arguments *arguments = context;
    struct tool tool;
    (void)unused;
    int status = EXIT_DONE;
    tool_init(&tool, NULL);
    for (size_t i = 0; i < arguments->files.count; i++) {
        struct failure failure = {EXIT_DONE, ""};
        int one = format(&tool, arguments->files.items[i], arguments, &failure);
        if (failure.text[0] != '\0')
            program_fail("apdu fmt", &failure);
        status = one > status ? one : status;
    }
    tool_free(&tool);
    return status;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "FILE", OPTION_FILE, "scripts; - is standard input", .at = AT(files), .many = true,
     .needed = OPTION_EVERY},
    {"check", NULL, OPTION_FLAG, "change nothing, list the files that would change",
     .at = AT(check)},
    {"stdout", NULL, OPTION_FLAG, "print instead of rewriting", .at = AT(print)},
};

static const struct action actions[] = {{1, NULL, "", run_fmt, NULL}};

static const struct command fmt = {
    .name = "apdu fmt",
    .purpose = "lay scripts out, in place",
    .notes =
        "Doing it twice changes nothing.\n\n"
        "exit: 0 done, 1 --check found a file to change, 2 usage, or a file that cannot be read\n"
        "or is no script; such a file is not written",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    return command_main(&fmt, &arguments, argc, argv);
}
