// SPDX-License-Identifier: Apache-2.0
// tessera reader: drives one card reader for a terminal that started it.
// docs/man/tessera-reader.1 describes it.
#include "base/options/options.h"
#include "readers/reader_serve.h"

#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

struct arguments {
    const char *link;
};

static int run(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    prctl(PR_SET_PDEATHSIG, SIGKILL); // its terminal is gone: so is its work
    return exit_of(reader_serve(STDIN_FILENO, arguments->link, failure), failure);
}

static const struct option_row rows[] = {
    {NULL, "LINK", OPTION_LINK, OPTION_LINK_HELP, .at = offsetof(struct arguments, link),
     .needed = OPTION_EVERY},
};

static const struct action actions[] = {{1, NULL, "drive a reader for a terminal", run, NULL}};

static const struct command reader = {
    .name = "reader",
    .purpose = "drive a reader for a terminal",
    .notes = "Terminals start this program themselves, with a socket as standard input, and start "
             "it again when a reader does not answer.",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {NULL};
    return command_main(&reader, &arguments, argc, argv);
}
