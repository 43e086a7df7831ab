// SPDX-License-Identifier: Apache-2.0
#include "host/home/catalogue.h"

#include "apdu/octets/unit.h"
#include "services/wire/api/content_api.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

enum { PAGES_MAX = 1000 }; // of a hundred contents each

static void print_offer(FILE *out, const struct form *offer) {
    char unit[UNIT_NAME_MAX];
    fprintf(out, "  %s: %" PRIu64 " %s", form_text(offer, NAME_NUMBER),
            form_uint(offer, NAME_AMOUNT), unit_name((uint16_t)form_uint(offer, NAME_UNIT), unit));
    if (form_has(offer, NAME_PLAYS))
        fprintf(out, ", %" PRIu64 " plays", form_uint(offer, NAME_PLAYS));
}

static void print(FILE *out, const struct form *content, bool json) {
    size_t count = 0;
    if (json) {
        json_t *line = form_to_json(content);
        json_dumpf(line, out, JSON_COMPACT);
        json_decref(line);
    } else {
        const struct form *offers = form_list(content, NAME_OFFERS, &count);
        fprintf(out, "%s  %s", form_text(content, NAME_ID),
                form_has(content, NAME_TITLE) ? form_text(content, NAME_TITLE) : "");
        for (size_t i = 0; i < count; i++)
            print_offer(out, &offers[i]);
    }
    fprintf(out, "\n");
}

/// The contents behind an id, and the last one's id; *count 0: there is no more.
static bool print_page(const struct source_service *service, FILE *out, bool json,
                       char after[HOLDER_MAX + 1], size_t *count, struct failure *failure) {
    struct arena arena;
    struct form in, page;
    arena_init(&arena, service->memory);
    form_init(&in, content_list.request, &arena);
    form_init(&page, content_list.answer, &arena);
    if (after[0] != '\0')
        form_set_text(&in, NAME_AFTER, after);
    bool done =
        courier_call(service->courier, "content", &content_list, NULL, &in, &page, NULL, failure);
    const struct form *list = done ? form_list(&page, NAME_CONTENTS, count) : NULL;
    for (size_t i = 0; done && i < *count; i++)
        print(out, &list[i], json);
    if (done && *count > 0)
        snprintf(after, HOLDER_MAX + 1, "%s", form_text(&list[*count - 1], NAME_ID));
    arena_free(&arena);
    return done;
}

bool catalogue_report(const struct source_service *service, FILE *out, bool json,
                      struct failure *failure) {
    char after[HOLDER_MAX + 1] = "";
    size_t count = 1;
    for (unsigned i = 0; i < PAGES_MAX && count > 0; i++)
        if (!print_page(service, out, json, after, &count, failure))
            return false;
    return true;
}
