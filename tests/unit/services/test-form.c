// SPDX-License-Identifier: Apache-2.0
// Forms: every kind of field at and beyond its limits, JSON that must be refused by name and
// pointer, secrets that no problem shows, both directions giving equal octets, no memory.
#include "base/heap.h"
#include "services/wire/form/form.h"
#include "tests/kit/objects.h"
#include "tests/kit/services/counted.h"
#include "tests/kit/suite.h"

#include "apdu/crypto/crypto.h"
#include "base/base64url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct shape_row line_rows[] = {
    {.name = NAME_N, .kind = FORM_UINT, .min = 1, .max = 9},
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
};
static const struct shape shape_line = SHAPE_OF(line_rows);
static const struct shape_row word_row[] = {
    {.name = NAME_WORD, .kind = FORM_TEXT, .min = 1, .max = 8}};
static const struct shape shape_word = SHAPE_BARE(word_row);

static const struct shape_row rows[] = {
    {.name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 12},
    {.name = NAME_WORD,
     .kind = FORM_TEXT,
     .min = 4,
     .max = 8,
     .marks = FORM_OPTIONAL | FORM_SECRET},
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT, .marks = FORM_OPTIONAL},
    {.name = NAME_UNIT, .kind = FORM_UNIT, .marks = FORM_OPTIONAL},
    {.name = NAME_DATE, .kind = FORM_DATE, .marks = FORM_OPTIONAL},
    {.name = NAME_STATE, .kind = FORM_FLAG, .marks = FORM_OPTIONAL},
    {.name = NAME_ATTACHED, .kind = FORM_OCTETS, .min = 1, .max = 4, .marks = FORM_OPTIONAL},
    {.name = NAME_N, .kind = FORM_UINT, .marks = FORM_OPTIONAL},
    {.name = NAME_INDEX, .kind = FORM_LIST, .max = 2, .marks = FORM_OPTIONAL, .inner = &shape_line},
    {.name = NAME_CERTIFICATES,
     .kind = FORM_LIST,
     .min = 1,
     .max = 3,
     .marks = FORM_OPTIONAL,
     .inner = &shape_word},
    {.name = NAME_OUTCOME, .kind = FORM_SHAPE, .marks = FORM_OPTIONAL, .inner = &shape_line},
    {.name = NAME_OBJECT, .kind = FORM_OBJECT, .min = OBJECT_USAGE_LOG, .marks = FORM_OPTIONAL},
};
static const struct shape shape_all = SHAPE_OF(rows);

/// Reads and writes again. The octets equal when nothing was refused; else the problem's field.
static void read_back(const char *text, const char *field, const char *word, const char *detail) {
    struct arena arena;
    struct form form;
    struct problem problem = {0};
    struct buffer out;
    arena_init(&arena, &host_memory);
    buffer_init(&out, &host_memory);
    form_init(&form, &shape_all, &arena);
    bool ok = form_from_octets(&form, bytes_of_string(text), &problem);
    CU_ASSERT_EQUAL(ok, word == NULL);
    if (ok) {
        CU_ASSERT_TRUE(form_write(&form, &out));
        CU_ASSERT_STRING_EQUAL(buffer_string(&out), text);
    } else if (word != NULL) {
        CU_ASSERT_STRING_EQUAL(problem.word->word, word);
        CU_ASSERT_STRING_EQUAL(problem.field, field);
        CU_ASSERT_PTR_NOT_NULL(strstr(problem.detail, detail));
    }
    if (ok != (word == NULL) ||
        (!ok && (strcmp(problem.field, field) != 0 || strstr(problem.detail, detail) == NULL)))
        printf("\n    %s: %s: %s\n", text, problem.field, problem.detail);
    buffer_free(&out);
    arena_free(&arena);
}

static void lawful_forms_come_back_octet_for_octet(void) {
    static const char *const texts[] = {
        "{\"id\":\"A\"}",
        "{\"id\":\"ID_0001-a/b~\",\"amount\":9223372036854775807}",
        "{\"id\":\"A\",\"word\":\"caf\xC3\xA9\"}",
        "{\"id\":\"A\",\"unit\":\"JPY\",\"date\":\"2004-02-29\",\"state\":true,"
        "\"attached\":\"AQIDBA\"}",
        "{\"id\":\"A\",\"unit\":\"F00A\",\"n\":0}",
        "{\"id\":\"A\",\"index\":[]}",
        "{\"id\":\"A\",\"index\":[{\"n\":1,\"amount\":1},{\"n\":9,\"amount\":2}],"
        "\"certificates\":[\"a\",\"b\"],\"outcome\":{\"n\":3,\"amount\":5}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        read_back(texts[i], NULL, NULL, NULL);
}

static void wrong_fields_are_named_with_their_value(void) {
    static const struct {
        const char *text, *field, *detail;
    } cases[] = {
        {"{}", "/id", "id is missing"},
        {"{\"id\":null}", "/id", "id is null"},
        {"{\"id\":\"\"}", "/id", "it must be an id"},
        {"{\"id\":\"1234567890123\"}", "/id", "1 to 12 octets"},
        {"{\"id\":\"a b\"}", "/id", "without spaces"},
        {"{\"id\":\"caf\xC3\xA9\"}", "/id", "printable ASCII"},
        {"{\"id\":\"A\",\"sum\":1}", "/sum", "sum is no field"},
        {"{\"id\":\"A\",\"amount\":0}", "/amount", "amount is 0; it must be an integer from 1"},
        {"{\"id\":\"A\",\"amount\":-5}", "/amount", "amount is -5"},
        {"{\"id\":\"A\",\"amount\":1.0}", "/amount", "amount is 1.0"},
        {"{\"id\":\"A\",\"amount\":1e3}", "/amount", "amount is 1000.0"},
        {"{\"id\":\"A\",\"amount\":\"5\"}", "/amount", "amount is \"5\""},
        {"{\"id\":\"A\",\"amount\":true}", "/amount", "amount is true"},
        {"{\"id\":\"A\",\"amount\":9223372036854775808}", "", "too big integer"},
        {"{\"id\":\"A\",\"unit\":\"yen\"}", "/unit", "unit is \"yen\""},
        {"{\"id\":\"A\",\"date\":\"2005-02-29\"}", "/date", "it must be a day"},
        {"{\"id\":\"A\",\"date\":\"2005-2-09\"}", "/date", "it must be a day"},
        {"{\"id\":\"A\",\"date\":20050209}", "/date", "it must be a day"},
        {"{\"id\":\"A\",\"state\":1}", "/state", "true or false"},
        {"{\"id\":\"A\",\"attached\":\"AQIDBAU\"}", "/attached", "1 to 4 octets"},
        {"{\"id\":\"A\",\"attached\":\"\"}", "/attached", "1 to 4 octets"},
        {"{\"id\":\"A\",\"attached\":\"AQ==\"}", "/attached", "base64url without padding"},
        {"{\"id\":\"A\",\"attached\":\"AR\"}", "/attached", "base64url without padding"},
        {"{\"id\":\"A\",\"index\":{}}", "/index", "it must be a list of 0 to 2 entries"},
        {"{\"id\":\"A\",\"index\":[1]}", "/index/0", "A JSON object is wanted"},
        {"{\"id\":\"A\",\"index\":[{\"n\":1,\"amount\":1},{\"n\":10,\"amount\":2}]}", "/index/1/n",
         "n is 10; it must be an integer from 1 to 9"},
        {"{\"id\":\"A\",\"index\":[{},{},{}]}", "/index", "a list of 3"},
        {"{\"id\":\"A\",\"certificates\":[]}", "/certificates", "1 to 3 entries"},
        {"{\"id\":\"A\",\"certificates\":[\"\"]}", "/certificates/0", "it must be a text"},
        {"{\"id\":\"A\",\"outcome\":{\"n\":1}}", "/outcome/amount", "amount is missing"},
        {"{\"id\":\"A\",\"id\":\"B\"}", "", "duplicate object key"},
        {"{\"id\":\"A\\u0000B\"}", "", "\\u0000"},
        {"{\"id\":\"A\xFF\"}", "", "unable to decode byte 0xff"},
        {"{\"id\":\"A\"} x", "", "end of file expected"},
        {"[]", "", "A JSON object is wanted"},
        {"\"A\"", "", "line 1 column"},
        {"", "", "line 1 column"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "", "deeper than 16"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        read_back(cases[i].text, cases[i].field, "shape", cases[i].detail);
}

static void brackets_in_texts_are_no_nesting(void) {
    read_back("{\"id\":\"[[[[\\\"[[[[{{{{\"}", "/id", "shape", "1 to 12 octets");
    read_back("{\"id\":\"[[[[[[[[[[[[\"}", NULL, NULL, NULL);
}

static void secrets_are_in_no_problem(void) {
    static const char *const texts[] = {
        "{\"id\":\"A\",\"word\":\"hunter2hunter2\"}",
        "{\"id\":\"A\",\"word\":\"hunter2\\u0001\"}",
        "{\"id\":\"A\",\"word\":[\"hunter2\"]}",
        "{\"id\":\"A\",\"word\":\"hunter2\" \"hunter2\"}",
        "{\"id\":\"A\",\"word\":\"hunter2",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena arena;
        struct form form;
        struct problem problem = {0};
        arena_init(&arena, &host_memory);
        form_init(&form, &shape_all, &arena);
        CU_ASSERT_FALSE(form_from_octets(&form, bytes_of_string(texts[i]), &problem));
        CU_ASSERT_PTR_NULL(strstr(problem.detail, "hunter2"));
        CU_ASSERT_STRING_EQUAL(problem.word->word, "shape");
        arena_free(&arena);
    }
}

static void objects_are_decoded_and_judged_by_type(void) {
    struct crypto *crypto = crypto_openssl_new_seeded(1);
    struct signer signer;
    struct signer_scalar scalar;
    uint8_t octets[SAMPLE_OBJECT_MAX];
    char text[BASE64URL_SIZE(SAMPLE_OBJECT_MAX)], json[sizeof text + 64];
    static const struct {
        enum object_type type;
        size_t cut;
        const char *word;
    } cases[] = {{OBJECT_USAGE_LOG, 0, NULL},
                 {OBJECT_RECEIVE_LOG, 0, "object"},
                 {OBJECT_USAGE_LOG, 1, "object"}};
    sample_signer(crypto, &signer, &scalar);
    for (size_t i = 0; i < 3; i++) {
        struct bytes whole =
            sample_object(cases[i].type, SAMPLE_TYPICAL, &signer, octets, sizeof octets);
        whole.size -= cases[i].cut;
        CU_ASSERT_TRUE(base64url_encode(whole, text, sizeof text));
        snprintf(json, sizeof json, "{\"id\":\"A\",\"object\":\"%s\"}", text);
        read_back(json, "/object", cases[i].word, "it must be a signed object");
    }
    crypto_openssl_free(crypto);
}

static void what_is_set_is_what_is_written(void) {
    struct arena arena;
    struct form form;
    struct buffer out;
    arena_init(&arena, &host_memory);
    buffer_init(&out, &host_memory);
    form_init(&form, &shape_all, &arena);
    CU_ASSERT_FALSE(form_write(&form, &out)); // id is missing
    form_set_text(&form, NAME_ID, "A");
    form_set_uint(&form, NAME_UNIT, 392);
    form_set_octets(&form, NAME_ATTACHED, bytes_of("\1\2\3\4", 4));
    for (uint64_t i = 1; i <= 5; i++) {
        struct form *line = form_add(&form, NAME_INDEX);
        form_set_uint(line, NAME_N, i);
        form_set_uint(line, NAME_AMOUNT, 10 * i);
    }
    form_add_text(&form, NAME_CERTIFICATES, "a");
    CU_ASSERT_TRUE(form_write(&form, &out));
    CU_ASSERT_STRING_EQUAL(
        buffer_string(&out),
        "{\"id\":\"A\",\"unit\":\"JPY\",\"attached\":\"AQIDBA\",\"index\":[{\"n\":1,\"amount\":10},"
        "{\"n\":2,\"amount\":20},{\"n\":3,\"amount\":30},{\"n\":4,\"amount\":40},"
        "{\"n\":5,\"amount\":50}],\"certificates\":[\"a\"]}");
    form_set_uint(&form, NAME_VERSION, 1); // no field of this shape
    CU_ASSERT_FALSE(form_write(&form, &out));
    buffer_free(&out);
    arena_free(&arena);
}

static void any_allocation_may_fail(void) {
    static const char text[] =
        "{\"id\":\"A\",\"word\":\"abcd\",\"unit\":\"JPY\",\"index\":[{\"n\":1,"
        "\"amount\":1}],\"certificates\":[\"a\"],\"attached\":\"AQ\"}";
    bool done = false;
    for (size_t n = 1; !done; n++) {
        struct counted counted;
        struct arena arena;
        struct form form;
        struct problem problem = {0};
        counted_init(&counted, n);
        arena_init(&arena, &counted.memory);
        form_init(&form, &shape_all, &arena);
        arena_take(&arena, 8 * 1024 - 64 * n); // the end of the chunk at another place each time
        done = form_from_octets(&form, bytes_of_string(text), &problem);
        CU_ASSERT_TRUE(done || problem.word == &problem_busy);
        CU_ASSERT_TRUE(n < 8);
        arena_free(&arena);
        CU_ASSERT_EQUAL(counted.blocks, 0);
    }
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"lawful forms come back octet for octet", lawful_forms_come_back_octet_for_octet, NULL},
        {"wrong fields are named with their value", wrong_fields_are_named_with_their_value, NULL},
        {"brackets in texts are no nesting", brackets_in_texts_are_no_nesting, NULL},
        {"secrets are in no problem", secrets_are_in_no_problem, NULL},
        {"objects are decoded and judged by type", objects_are_decoded_and_judged_by_type, NULL},
        {"what is set is what is written", what_is_set_is_what_is_written, NULL},
        {"any allocation may fail", any_allocation_may_fail, NULL},
    };
    return suite_main("test-form", tests, sizeof tests / sizeof tests[0], argc, argv);
}
