// SPDX-License-Identifier: Apache-2.0
#include "host/flows/report.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

void report_line(FILE *out, json_t *json) {
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    if (text != NULL)
        fprintf(out, "%s\n", text);
    free(text);
    json_decref(json);
}

void report_word(FILE *out, enum report_colour colour, const char *word) {
    bool coloured = isatty(fileno(out)) && getenv("NO_COLOR") == NULL;
    if (coloured)
        fprintf(out, "\033[%dm%s\033[0m", (int)colour, word);
    else
        fputs(word, out);
}
