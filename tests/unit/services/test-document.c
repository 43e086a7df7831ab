// SPDX-License-Identifier: Apache-2.0
// What comes from endpoint rows alone, over the toy service: the sweep, the API page, OpenAPI held
// against the schema of its specification.
#include "services/core/document.h"
#include "tests/kit/daemon.h"
#include "tests/kit/services/counter.h"
#include "tests/kit/services/shop.h"
#include "tests/kit/services/sweep.h"
#include "tests/kit/services/teller.h"
#include "tests/kit/suite.h"

#include "base/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void every_row_is_swept(void) {
    struct shop shop;
    shop_open(&shop, &counter_service, ENGINE_MEMORY);
    size_t asked = sweep_service(&shop);
    printf(" (%zu requests) ", asked);
    CU_ASSERT_TRUE(asked > 120);
    shop_close(&shop);
    shop_open(&shop, &teller_service, ENGINE_MEMORY);
    CU_ASSERT_TRUE(sweep_service(&shop) > 30);
    shop_close(&shop);
}

static void the_page_says_what_the_rows_say(void) {
    static const char *const parts[] = {
        "## counter\n",
        "| counter.step | `POST /v1/counters/{id}/steps` | wallet, till | K |",
        "### counter.read\n\n`GET /v1/counters/{id}`: read a counter.",
        "Who: wallet, till, center. Whose: the sender's `id` (but for center).",
        "Whose: `enterprise` is the sender's enterprise. Key: needed. Body: at most 200 octets.",
        "- `id`: ID, 1 to 12 octets, in the path\n",
        "- `word`: TEXT, 0 to 8 octets, optional, secret\n",
        "- `counter-limit` (409): The counter would pass its end\n",
        "Answer, text/plain:\n",
        "Who: everybody.",
    };
    struct buffer page;
    buffer_init(&page, &host_memory);
    document_markdown(&counter_api, &page);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        bool found = strstr(buffer_string(&page), parts[i]) != NULL;
        CU_ASSERT_TRUE(found);
        if (!found)
            printf("\n    not there: %s", parts[i]);
    }
    buffer_free(&page);
}

static void openapi_is_what_its_specification_wants(void) {
    const struct api *const apis[] = {&counter_api, teller_service.api};
    char directory[DAEMON_PATH_MAX], file[DAEMON_PATH_MAX + 16], log[DAEMON_PATH_MAX + 16];
    json_t *document = document_openapi(apis, 2, "1.2.3");
    CU_ASSERT_PTR_NOT_NULL_FATAL(document);
    CU_ASSERT_TRUE_FATAL(daemon_directory(directory));
    snprintf(file, sizeof file, "%s/openapi.json", directory);
    snprintf(log, sizeof log, "%s/log", directory);
    CU_ASSERT_EQUAL(json_dump_file(document, file, JSON_INDENT(1)), 0);
    char validator[] = "tests/peers/openapi.py";
    char *const argv[] = {validator, file, NULL};
    int code = daemon_run(log, argv, 60000);
    CU_ASSERT_EQUAL(code, 0);
    // and the validator is no ornament
    json_object_del(json_object_get(document, "info"), "title");
    CU_ASSERT_EQUAL(json_dump_file(document, file, JSON_INDENT(1)), 0);
    CU_ASSERT_EQUAL(daemon_run(log, argv, 60000), 1);
    daemon_remove_directory(directory);
    json_decref(document);
}

static void openapi_has_paths_parameters_and_limits(void) {
    const struct api *const apis[] = {&counter_api};
    json_t *document = document_openapi(apis, 1, "1");
    json_t *path = json_object_get(json_object_get(document, "paths"), "/v1/counters/{id}/steps");
    json_t *step = json_object_get(path, "post");
    char *text = json_dumps(step, JSON_COMPACT);
    static const char *const parts[] = {
        "\"operationId\":\"counter.step\"",
        "{\"name\":\"id\",\"in\":\"path\",\"required\":true,",
        "\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":true",
        "\"amount\":{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1,\"maximum\":"
        "9223372036854775807}",
        "\"required\":[\"amount\"]",
        "\"x-roles\":\"wallet, till\"",
        "\"x-refusals\":[\"counter-limit\",\"counter-odd\"]",
    };
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(text, parts[i]));
    free(text);
    json_decref(document);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"every row is swept", every_row_is_swept, NULL},
        {"the page says what the rows say", the_page_says_what_the_rows_say, NULL},
        {"OpenAPI is what its specification wants", openapi_is_what_its_specification_wants, NULL},
        {"OpenAPI has paths, parameters and limits", openapi_has_paths_parameters_and_limits, NULL},
    };
    return suite_main("test-document", tests, sizeof tests / sizeof tests[0], argc, argv);
}
