// SPDX-License-Identifier: Apache-2.0
#include "services/wire/courier/courier.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DEADLINE_MS = 15000, FETCH_MS = 60000 };

static enum exit_code exit_code_of(unsigned status) {
    if (status == 401 || status == 403)
        return EXIT_LOCKED;
    if (status == 503)
        return EXIT_ABSENT;
    return EXIT_REFUSED;
}

/// Members of a problem document; what is missing stays "".
static void read_problem(struct bytes body, char word[48], struct problem *problem) {
    json_error_t error;
    const char *said = "", *detail = "", *field = "";
    json_t *json = json_loadb(body.size > 0 ? (const char *)body.data : "", body.size, 0, &error);
    json_unpack(json, "{s:s, s?s, s?s}", "word", &said, "detail", &detail, "field", &field);
    snprintf(word, 48, "%s", said);
    problem_set(problem, NULL, "%s", detail);
    snprintf(problem->field, sizeof problem->field, "%s", field);
    json_decref(json);
}

static const struct problem_word *listed_word(const struct endpoint *row, const char *word) {
    for (size_t i = 0; row->refusals != NULL && row->refusals[i] != NULL; i++)
        if (strcmp(row->refusals[i]->word, word) == 0)
            return row->refusals[i];
    return NULL;
}

static const struct problem_word *common_word(const char *word) {
    for (size_t i = 0; i < problem_word_count; i++)
        if (strcmp(problem_words[i]->word, word) == 0)
            return problem_words[i];
    return NULL;
}

const struct problem_word *courier_refusal(const struct endpoint *row, struct bytes body,
                                           struct problem *problem) {
    char word[48];
    struct problem said;
    read_problem(body, word, &said);
    said.word = listed_word(row, word);
    if (problem != NULL)
        *problem = said;
    return said.word;
}

/// What came back that is no success. Always false.
static bool refused(const char *target, const struct endpoint *row, const struct reply *reply,
                    struct problem *problem, struct failure *failure) {
    char word[48];
    struct problem said;
    read_problem(buffer_bytes(&reply->body), word, &said);
    said.word = listed_word(row, word);
    if (said.word == NULL)
        said.word = common_word(word);
    if (problem != NULL)
        *problem = said;
    return fail(failure, exit_code_of(reply->status), "%s refuses %s: %s%s%s", target, row->title,
                word[0] != '\0' ? word : "no reason given", said.detail[0] != '\0' ? ": " : "",
                said.detail);
}

static bool take_reply(const char *target, const struct endpoint *row, const struct reply *reply,
                       struct form *out, struct problem *problem, struct failure *failure) {
    struct problem misread;
    if (reply->status < 200 || reply->status > 299)
        return refused(target, row, reply, problem, failure);
    if (out == NULL || row->answer_media != NULL ||
        form_from_octets(out, buffer_bytes(&reply->body), &misread))
        return true;
    return fail(failure, EXIT_REFUSED, "%s answers %s with what is no answer of it: %s", target,
                row->title, misread.detail);
}

bool courier_fetch(const struct courier *courier, const char *target, const struct endpoint *row,
                   const struct form *in, uint64_t at, size_t size, struct reply *reply,
                   struct failure *failure) {
    struct buffer path, body;
    char range[64];
    bool ok = false;
    buffer_init(&path, in->arena->memory);
    buffer_init(&body, in->arena->memory);
    snprintf(range, sizeof range, "bytes=%" PRIu64 "-%" PRIu64, at, at + size - 1);
    if (!endpoint_write(row, in, &path, &body))
        fail(failure, EXIT_REFUSED, "%s: the request could not be written", row->title);
    else {
        struct parcel parcel = {.target = target,
                                .method = row->method,
                                .path = buffer_string(&path),
                                .accept = row->answer_media,
                                .range = range,
                                .deadline_ms = FETCH_MS};
        ok = courier->ops->send(courier, &parcel, reply, failure) == DELIVERY_DONE &&
             ((reply->status >= 200 && reply->status <= 299) ||
              refused(target, row, reply, NULL, failure));
    }
    buffer_free(&path);
    buffer_free(&body);
    return ok;
}

/// octets NULL: the body is what of in is not in the path.
static bool call(const struct courier *courier, const struct parcel *draft,
                 const struct endpoint *row, const struct form *in, const struct bytes *octets,
                 struct form *out, struct problem *problem, struct failure *failure) {
    struct buffer path, body;
    struct parcel parcel = *draft;
    struct reply reply = {0};
    bool ok = false;
    buffer_init(&path, in->arena->memory);
    buffer_init(&body, in->arena->memory);
    buffer_init(&reply.body, in->arena->memory);
    if (problem != NULL)
        *problem = (struct problem){0};
    if (!endpoint_write(row, in, &path, &body))
        fail(failure, EXIT_REFUSED, "%s: the request could not be written", row->title);
    else {
        parcel.path = buffer_string(&path);
        parcel.body = octets != NULL ? *octets : buffer_bytes(&body);
        if (courier->ops->send(courier, &parcel, &reply, failure) == DELIVERY_DONE)
            ok = take_reply(parcel.target, row, &reply, out, problem, failure);
    }
    buffer_free(&path);
    buffer_free(&body);
    buffer_free(&reply.body);
    return ok;
}

static struct parcel draft_of(const char *target, const struct endpoint *row, const char *key) {
    return (struct parcel){.target = target,
                           .method = row->method,
                           .key = key,
                           .media = row->request_media,
                           .deadline_ms = row->time_max_ms != 0 ? row->time_max_ms : DEADLINE_MS};
}

bool courier_call(const struct courier *courier, const char *target, const struct endpoint *row,
                  const char *key, const struct form *in, struct form *out, struct problem *problem,
                  struct failure *failure) {
    struct parcel draft = draft_of(target, row, key);
    return call(courier, &draft, row, in, NULL, out, problem, failure);
}

bool courier_put(const struct courier *courier, const char *target, const struct endpoint *row,
                 const char *key, const struct form *in, struct bytes octets, struct form *out,
                 struct failure *failure) {
    struct parcel draft = draft_of(target, row, key);
    return call(courier, &draft, row, in, &octets, out, NULL, failure);
}
