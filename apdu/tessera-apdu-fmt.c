// SPDX-License-Identifier: Apache-2.0
// tessera apdu fmt: lays scripts out, in place or on standard output.
#include <stdio.h>
#include <string.h>

#include "apdu/script/layout.h"
#include "apdu/script/tool.h"

static const char name[] = "tessera apdu fmt";
static const char usage[] =
    "usage: tessera apdu fmt FILE... [--check | --stdout]\n"
    "Lays scripts out; files are rewritten in place. Doing it twice changes nothing.\n"
    "  --check    change nothing, tell which files would change\n"
    "  --stdout   print instead (also for FILE -)\n"
    "exit: 0 done, 1 --check found a file to change, 2 usage or a file that cannot be read\n";

enum mode { IN_PLACE, CHECK, PRINT };

static int format(struct tool *tool, const char *file, enum mode mode) {
    struct buffer out;
    const struct script_source *source = tool_read(tool, file);
    if (source == NULL)
        return TOOL_USAGE_ERROR;
    buffer_init(&out, &host_memory);
    layout_script(source->text, &out);
    bool same = bytes_equal(source->text, buffer_bytes(&out));
    int status = 0;
    if (mode == CHECK && !same) {
        printf("%s\n", file);
        status = 1;
    } else if (mode == PRINT || strcmp(file, "-") == 0)
        status = tool_write(tool, NULL, buffer_bytes(&out)) ? 0 : TOOL_USAGE_ERROR;
    else if (mode == IN_PLACE && !same)
        status = tool_write(tool, file, buffer_bytes(&out)) ? 0 : TOOL_USAGE_ERROR;
    buffer_free(&out);
    return status;
}

int main(int argc, char **argv) {
    struct tool tool;
    enum mode mode = IN_PLACE;
    int status = 0, files = 0;
    if (tool_help(argc, argv, name, usage))
        return 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--check") == 0)
            mode = CHECK;
        else if (strcmp(argv[i], "--stdout") == 0)
            mode = PRINT;
        else if (strncmp(argv[i], "--", 2) == 0)
            return tool_complain(name, "unknown option", argv[i]);
        else
            argv[++files] = argv[i];
    }
    if (files == 0)
        return tool_complain(name, "no script is given", NULL);
    tool_init(&tool, name, NULL);
    for (int i = 1; i <= files; i++) {
        int one = format(&tool, argv[i], mode);
        status = one > status ? one : status;
    }
    tool_free(&tool);
    return status;
}
