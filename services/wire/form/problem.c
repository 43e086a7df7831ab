// SPDX-License-Identifier: Apache-2.0
#include "services/wire/form/problem.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEM_DEFINE(identifier, text, number, heading)                                          \
    const struct problem_word identifier = {(text), (number), (heading)};
PROBLEM_WORDS(PROBLEM_DEFINE)
#undef PROBLEM_DEFINE

#define PROBLEM_LIST(identifier, text, number, heading) &(identifier),
const struct problem_word *const problem_words[] = {PROBLEM_WORDS(PROBLEM_LIST)};
#undef PROBLEM_LIST

const size_t problem_word_count = sizeof problem_words / sizeof problem_words[0];

bool problem_set(struct problem *problem, const struct problem_word *word, const char *format,
                 ...) {
    va_list arguments;
    problem->word = word;
    problem->field[0] = '\0';
    problem->retry_after_s = 0;
    va_start(arguments, format);
    vsnprintf(problem->detail, sizeof problem->detail, format, arguments);
    va_end(arguments);
    return false;
}

static json_t *problem_to_json(const struct problem *problem, const char *request) {
    char type[64];
    snprintf(type, sizeof type, "urn:tessera:problem:%s", problem->word->word);
    json_t *json = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", type, "title",
                             problem->word->title, "status", (int)problem->word->status, "detail",
                             problem->detail, "word", problem->word->word);
    if (problem->field[0] != '\0')
        json_object_set_new(json, "field", json_string(problem->field));
    if (request != NULL)
        json_object_set_new(json, "request", json_string(request));
    return json;
}

void problem_write(const struct problem *problem, const char *request, struct buffer *out) {
    json_t *json = problem_to_json(problem, request);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (text == NULL)
        out->failed = true;
    else
        buffer_text(out, text);
    free(text);
    json_decref(json);
}
