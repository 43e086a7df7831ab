// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/tools/titles.h"

#include <stdlib.h>

#include "apdu/script/run/host.h"
#include "apdu/script/run/session.h"

/// One look at one file.
struct look {
    const struct titles *titles;
    const char *file;
    struct bytes wanted; // a title
    bool found;
};

/// Calls for every test of the file.
static enum script_outcome for_each(struct look *look,
                                    void (*take)(struct look *look, struct bytes title)) {
    struct report report;
    struct session session = {.report = &report,
                              .out = stdout,
                              .err = stderr,
                              .mode = look->titles->mode,
                              .own = look->titles->own,
                              .ports = host_ports(look->titles->crypto)};
    report_init(&report, look->file);
    bool good = session_open(&session, look->file);
    for (const struct argument *at = good ? session.program.tests : NULL; at != NULL; at = at->next)
        take(look, at->name);
    session_close(&session);
    report_free(&report);
    return good ? OUTCOME_PASSED : OUTCOME_ERROR;
}

static void print(struct look *look, struct bytes title) {
    char text[1024];
    snprintf(text, sizeof text, "%.*s", (int)title.size, (const char *)title.data);
    if (look->titles->mode != REPORT_JSON) {
        printf("%s: %s\n", look->file, text);
        return;
    }
    fputs("{\"type\":\"test\",\"file\":\"", stdout);
    report_json_text(stdout, look->file);
    fputs("\",\"title\":\"", stdout);
    report_json_text(stdout, text);
    fputs("\"}\n", stdout);
}

static void compare(struct look *look, struct bytes title) {
    look->found = look->found || bytes_equal(title, look->wanted);
}

enum script_outcome titles_list(const struct titles *titles, const struct batch_files *files) {
    enum script_outcome worst = OUTCOME_PASSED;
    for (size_t i = 0; i < files->count; i++) {
        struct look look = {.titles = titles, .file = files->names[i]};
        worst = outcome_worse(worst, for_each(&look, print));
    }
    return worst;
}

enum script_outcome titles_keep(const struct titles *titles, const char *title,
                                struct batch_files *files) {
    enum script_outcome worst = OUTCOME_PASSED;
    size_t kept = 0;
    for (size_t i = 0; i < files->count; i++) {
        struct look look = {titles, files->names[i], bytes_of_string(title), false};
        worst = outcome_worse(worst, for_each(&look, compare));
        if (look.found)
            files->names[kept++] = files->names[i];
        else
            free(files->names[i]);
    }
    files->count = kept;
    return worst;
}
