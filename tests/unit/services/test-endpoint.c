// SPDX-License-Identifier: Apache-2.0
// Endpoint rows: which target belongs to which row, requests read from path, query and body,
// written by the same row and read again; couriers in process, with every fault on the way.
#include "base/heap.h"
#include "services/wire/courier/courier_fault.h"
#include "services/wire/courier/courier_local.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static const struct shape_row sale_rows[] = {
    {.name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 12},
    {.name = NAME_N, .kind = FORM_UINT, .min = 1},
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_WORD, .kind = FORM_TEXT, .max = 20, .marks = FORM_OPTIONAL},
};
static const struct shape shape_sale = SHAPE_OF(sale_rows);
static const struct shape_row list_rows[] = {
    {.name = NAME_UNIT, .kind = FORM_UNIT},
    {.name = NAME_WORD, .kind = FORM_TEXT, .max = 20, .marks = FORM_OPTIONAL},
};
static const struct shape shape_list = SHAPE_OF(list_rows);
static const struct shape_row sum_rows[] = {{.name = NAME_AMOUNT, .kind = FORM_AMOUNT}};
static const struct shape shape_sum = SHAPE_OF(sum_rows);

static const struct problem_word unknown_offer = {"unknown-offer", 404, "No such offer"};
static const struct problem_word *const sale_refusals[] = {&unknown_offer, NULL};

static const struct endpoint make_sale = {.name = "shop.sale.make",
                                          .method = "POST",
                                          .path = "/v1/offers/{id}/sales/{n}",
                                          .body_max = 200,
                                          .key = KEY_NEEDED,
                                          .request = &shape_sale,
                                          .answer = &shape_sum,
                                          .refusals = sale_refusals,
                                          .title = "make a sale"};
static const struct endpoint list_offers = {.name = "shop.offers",
                                            .method = "GET",
                                            .path = "/v1/offers",
                                            .request = &shape_list,
                                            .answer = &shape_none,
                                            .title = "list offers"};
static const struct endpoint drop_offer = {.name = "shop.offer.drop",
                                           .method = "DELETE",
                                           .path = "/v1/offers/{id}/sales/{n}",
                                           .request = &shape_none,
                                           .answer = &shape_none,
                                           .title = "drop an offer"};
static const struct endpoint put_octets = {.name = "shop.octets",
                                           .method = "PUT",
                                           .path = "/v1/octets",
                                           .body_max = 4,
                                           .request = &shape_none,
                                           .request_media = "application/octet-stream",
                                           .answer = &shape_none,
                                           .title = "put octets"};
static const struct endpoint *const endpoints[] = {&make_sale, &list_offers, &drop_offer,
                                                   &put_octets};
static const struct api api = {"shop", endpoints, sizeof endpoints / sizeof endpoints[0]};

static void targets_find_their_rows(void) {
    static const struct {
        const char *method, *target;
        const struct endpoint *row;
        const char *word, *allow;
    } cases[] = {
        {"POST", "/v1/offers/NO_1/sales/7", &make_sale, NULL, ""},
        {"DELETE", "/v1/offers/NO_1/sales/7", &drop_offer, NULL, "POST"},
        {"GET", "/v1/offers", &list_offers, NULL, ""},
        {"GET", "/v1/offers?unit=JPY", &list_offers, NULL, ""},
        {"GET", "/v1/offers/", NULL, "path", ""},
        {"GET", "/v1/offers//sales/7", NULL, "path", ""},
        {"GET", "/v1/offers/NO_1/sales", NULL, "path", ""},
        {"GET", "/v1/offers/NO_1/sales/7/8", NULL, "path", ""},
        {"GET", "/", NULL, "path", ""},
        {"GET", "", NULL, "path", ""},
        {"GET", "/v1/offers/NO_1/sales/7", NULL, "method", "POST, DELETE"},
        {"HEAD", "/v1/offers", &list_offers, NULL, ""},
        {"HEAD", "/v1/offers/NO_1/sales/7", NULL, "method", "POST, DELETE"},
        {"get", "/v1/offers", NULL, "method", "GET, HEAD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char allow[32];
        struct problem problem = {0};
        const struct endpoint *row =
            api_find(&api, cases[i].method, cases[i].target, allow, sizeof allow, &problem);
        CU_ASSERT_PTR_EQUAL(row, cases[i].row);
        if (row == NULL) {
            CU_ASSERT_STRING_EQUAL(problem.word->word, cases[i].word);
            CU_ASSERT_STRING_EQUAL(allow, cases[i].allow);
        }
    }
    CU_ASSERT_TRUE(endpoint_in_path(&make_sale, NAME_N));
    CU_ASSERT_FALSE(endpoint_in_path(&make_sale, NAME_AMOUNT));
}

/// What a request makes of a row: "" and the form's JSON, or the problem's word and sentence.
static void read_request(const struct endpoint *row, const char *target, const char *type,
                         const char *body, const char *word, const char *said) {
    struct arena arena;
    struct form form;
    struct problem problem;
    struct buffer out;
    struct request request = {.method = row->method,
                              .target = target,
                              .content_type = type,
                              .body = bytes_of_string(body)};
    arena_init(&arena, &host_memory);
    buffer_init(&out, &host_memory);
    form_init(&form, row->request, &arena);
    bool ok = endpoint_read(row, &request, &form, &problem);
    CU_ASSERT_EQUAL(ok, word == NULL);
    if (ok && form_write(&form, &out))
        CU_ASSERT_STRING_EQUAL(buffer_string(&out), said)
    if (!ok && word != NULL) {
        CU_ASSERT_STRING_EQUAL(problem.word->word, word);
        CU_ASSERT_PTR_NOT_NULL(strstr(problem.detail, said));
    }
    if (ok != (word == NULL) || (!ok && strstr(problem.detail, said) == NULL))
        printf("\n    %s %s: %s\n", target, body, problem.detail);
    buffer_free(&out);
    arena_free(&arena);
}

static void requests_are_read_from_path_query_and_body(void) {
    static const char json[] = "application/json";
    read_request(&make_sale, "/v1/offers/NO_1/sales/7", json, "{\"amount\":5}", NULL,
                 "{\"id\":\"NO_1\",\"n\":7,\"amount\":5}");
    read_request(&make_sale, "/v1/offers/%4eO%201/sales/7", json, "{\"amount\":5}", "shape",
                 "id is NO 1; it must be an id");
    read_request(&make_sale, "/v1/offers/NO_1/sales/x", json, "{\"amount\":5}", "shape",
                 "n is x; it must be an integer");
    read_request(&make_sale, "/v1/offers/%4/sales/7", json, "{\"amount\":5}", "shape", "percent");
    read_request(&make_sale, "/v1/offers/%00/sales/7", json, "{\"amount\":5}", "shape", "percent");
    read_request(&make_sale, "/v1/offers/NO_1/sales/7", json, "{\"amount\":5,\"n\":8}", "shape",
                 "n stands in the path already");
    read_request(&make_sale, "/v1/offers/NO_1/sales/7", json, "", "shape", "amount is missing");
    read_request(&make_sale, "/v1/offers/NO_1/sales/7?word=x", json, "{\"amount\":5}", "shape",
                 "takes no query");
    read_request(&make_sale, "/v1/offers/NO_1/sales/7", "text/plain", "{}", "media",
                 "The body is text/plain");
    read_request(&make_sale, "/v1/offers/NO_1/sales/7", NULL, "{}", "media", "of no type");
    read_request(&make_sale, "/v1/offers/NO_1/sales/7", "application/json; charset=utf-8",
                 "{\"amount\":5}", NULL, "{\"id\":\"NO_1\",\"n\":7,\"amount\":5}");
    read_request(&list_offers, "/v1/offers?unit=392&word=a%26b%3D", NULL, "", NULL,
                 "{\"unit\":\"JPY\",\"word\":\"a&b=\"}");
    read_request(&list_offers, "/v1/offers?unit=JPY&unit=JPY", NULL, "", "shape", "stands twice");
    read_request(&list_offers, "/v1/offers?sum=1", NULL, "", "shape", "sum is no field");
    read_request(&list_offers, "/v1/offers?amount=1", NULL, "", "shape", "amount is no field");
    read_request(&list_offers, "/v1/offers?&", NULL, "", "shape", "is no field");
    read_request(&list_offers, "/v1/offers", NULL, "", "shape", "unit is missing");
    read_request(&list_offers, "/v1/offers?unit=JPY", json, "{}", "too-large", "at most 0");
    read_request(&put_octets, "/v1/octets", "application/octet-stream", "{", NULL, "{}");
    read_request(&put_octets, "/v1/octets", json, "{", "media", "takes application/octet-stream");
    read_request(&put_octets, "/v1/octets", json, "12345", "too-large", "5 octets");
}

static void rows_write_what_they_read(void) {
    struct arena arena;
    struct form form;
    struct buffer target, body;
    arena_init(&arena, &host_memory);
    buffer_init(&target, &host_memory);
    buffer_init(&body, &host_memory);
    form_init(&form, &shape_sale, &arena);
    form_set_text(&form, NAME_ID, "A/B%");
    form_set_uint(&form, NAME_N, 7);
    CU_ASSERT_FALSE(endpoint_write(&make_sale, &form, &target, &body)); // amount is missing
    form_set_uint(&form, NAME_AMOUNT, 5);
    CU_ASSERT_TRUE(endpoint_write(&make_sale, &form, &target, &body));
    CU_ASSERT_STRING_EQUAL(buffer_string(&target), "/v1/offers/A%2FB%25/sales/7");
    CU_ASSERT_STRING_EQUAL(buffer_string(&body), "{\"amount\":5}");
    buffer_clear(&target);
    buffer_clear(&body);
    form_init(&form, &shape_list, &arena);
    form_set_uint(&form, NAME_UNIT, 392);
    form_set_text(&form, NAME_WORD, "a&b=c");
    CU_ASSERT_TRUE(endpoint_write(&list_offers, &form, &target, &body));
    CU_ASSERT_STRING_EQUAL(buffer_string(&target), "/v1/offers?unit=JPY&word=a%26b%3Dc");
    CU_ASSERT_EQUAL(body.size, 0);
    read_request(&list_offers, buffer_string(&target), NULL, "", NULL,
                 "{\"unit\":\"JPY\",\"word\":\"a&b=c\"}");
    buffer_free(&target);
    buffer_free(&body);
    arena_free(&arena);
}

// ---- couriers ----------------------------------------------------------------------------------

/// A shop that notes the n of every sale that arrives and answers what it is told to.
struct shop {
    struct listener listener;
    char arrived[32];
    unsigned status;
    const char *answer;
    bool silent;
};

static bool shop_admit(const struct listener *listener, struct exchange *exchange,
                       struct admission *admission) {
    struct problem problem;
    char allow[32];
    (void)listener;
    *admission = (struct admission){.body_max = 200, .direct = true};
    if (api_find(&api, exchange->request.method, exchange->request.target, allow, sizeof allow,
                 &problem) != NULL)
        return true;
    answer_problem(exchange, &problem);
    return false;
}

static void shop_take(const struct listener *listener, struct exchange *exchange) {
    struct shop *shop = listener->context;
    size_t used = strlen(shop->arrived);
    shop->arrived[used] = exchange->request.target[strlen(exchange->request.target) - 1];
    shop->arrived[used + 1] = '\0';
    exchange->answer.status = shop->status;
    exchange->answer.body = bytes_of_string(shop->answer);
    if (!shop->silent)
        exchange->finish(exchange);
}

struct street {
    struct shop shop;
    struct courier_target target;
    struct courier_local local;
    struct courier_fault fault;
};

static void open_street(struct street *street) {
    static const struct peer sender = {.roles = ROLE_WALLET, .id = "PHONE-1"};
    *street = (struct street){.shop = {.listener = {shop_admit, shop_take, &street->shop},
                                       .status = 200,
                                       .answer = "{\"amount\":9}"}};
    street->target = (struct courier_target){"shop", &street->shop.listener};
    courier_local_init(&street->local, &street->target, 1, &sender, &host_memory);
    courier_fault_init(&street->fault, &street->local.courier, &host_memory);
}

/// Calls for one sale. Returns the amount of the answer, or minus the exit code.
static int sell(struct street *street, unsigned n, struct problem *problem,
                struct failure *failure) {
    struct arena arena;
    struct form in, out;
    arena_init(&arena, &host_memory);
    form_init(&in, &shape_sale, &arena);
    form_init(&out, &shape_sum, &arena);
    form_set_text(&in, NAME_ID, "NO_1");
    form_set_uint(&in, NAME_N, n);
    form_set_uint(&in, NAME_AMOUNT, 5);
    int answered =
        courier_call(&street->fault.courier, "shop", &make_sale, "k", &in, &out, problem, failure)
            ? (int)form_uint(&out, NAME_AMOUNT)
            : -(int)failure->code;
    arena_free(&arena);
    return answered;
}

static void calls_end_with_an_answer_a_refusal_or_open(void) {
    static const struct {
        unsigned status;
        const char *answer;
        int ends;
        const struct problem_word *word;
        const char *said;
    } cases[] = {
        {200, "{\"amount\":9}", 9, NULL, ""},
        {200, "{\"amount\":0}", -EXIT_REFUSED, NULL, "what is no answer of it: amount is 0"},
        {200, "", -EXIT_REFUSED, NULL, "what is no answer of it"},
        {404, "{\"word\":\"unknown-offer\",\"detail\":\"Offer NO_1 is not here\"}", -EXIT_REFUSED,
         &unknown_offer, "shop refuses make a sale: unknown-offer: Offer NO_1 is not here"},
        {403, "{\"word\":\"role\"}", -EXIT_LOCKED, &problem_role, "shop refuses make a sale: role"},
        {503, "{\"word\":\"busy\"}", -EXIT_ABSENT, &problem_busy, "busy"},
        {400, "<html>", -EXIT_REFUSED, NULL, "no reason given"},
        {409, "{\"word\":\"from-the-future\"}", -EXIT_REFUSED, NULL, "from-the-future"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct street street;
        struct problem problem;
        struct failure failure = {0};
        open_street(&street);
        street.shop.status = cases[i].status;
        street.shop.answer = cases[i].answer;
        CU_ASSERT_EQUAL(sell(&street, 1, &problem, &failure), cases[i].ends);
        CU_ASSERT_PTR_EQUAL(problem.word, cases[i].word);
        CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, cases[i].said));
    }
    struct street street;
    struct failure failure;
    open_street(&street);
    street.shop.silent = true;
    CU_ASSERT_EQUAL(sell(&street, 1, NULL, &failure), -EXIT_OPEN);
    street.target.listener = NULL;
    CU_ASSERT_EQUAL(sell(&street, 1, NULL, &failure), -EXIT_ABSENT);
    CU_ASSERT_STRING_EQUAL(street.shop.arrived, "1");
}

static void couriers_lose_double_and_delay_by_plan(void) {
    static const struct {
        enum courier_fault_kind kind;
        int second;
        const char *arrived; // of sales 1, 2, 3 with the fault at 2
    } cases[] = {
        {COURIER_WELL, 9, "123"},
        {COURIER_LOSE_REQUEST, -EXIT_OPEN, "13"},
        {COURIER_LOSE_REPLY, -EXIT_OPEN, "123"},
        {COURIER_DOUBLE, 9, "1223"},
        {COURIER_LATE, -EXIT_OPEN, "132"},
    };
    for (size_t i = 0; i < COURIER_FAULTS; i++) {
        struct street street;
        struct failure failure;
        open_street(&street);
        street.fault.at = 2;
        street.fault.kind = cases[i].kind;
        CU_ASSERT_EQUAL(sell(&street, 1, NULL, &failure), 9);
        CU_ASSERT_EQUAL(sell(&street, 2, NULL, &failure), cases[i].second);
        CU_ASSERT_EQUAL(sell(&street, 3, NULL, &failure), 9);
        courier_fault_settle(&street.fault);
        CU_ASSERT_STRING_EQUAL(street.shop.arrived, cases[i].arrived);
    }
}

static void a_seed_gives_the_same_faults_again(void) {
    char first[sizeof((struct shop *)0)->arrived];
    for (unsigned run = 0; run < 3; run++) {
        struct street street;
        struct failure failure;
        open_street(&street);
        street.fault.rate = 2;
        street.fault.seed = run == 2 ? 8 : 7;
        for (unsigned n = 1; n <= 9; n++)
            sell(&street, n, NULL, &failure);
        courier_fault_settle(&street.fault);
        if (run == 0)
            memcpy(first, street.shop.arrived, sizeof first);
        CU_ASSERT_EQUAL(strcmp(first, street.shop.arrived) == 0, run < 2);
    }
    CU_ASSERT_STRING_NOT_EQUAL(first, "123456789");
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"targets find their rows", targets_find_their_rows, NULL},
        {"requests are read from path, query and body", requests_are_read_from_path_query_and_body,
         NULL},
        {"rows write what they read", rows_write_what_they_read, NULL},
        {"calls end with an answer, a refusal or open", calls_end_with_an_answer_a_refusal_or_open,
         NULL},
        {"couriers lose, double and delay by plan", couriers_lose_double_and_delay_by_plan, NULL},
        {"a seed gives the same faults again", a_seed_gives_the_same_faults_again, NULL},
    };
    return suite_main("test-endpoint", tests, sizeof tests / sizeof tests[0], argc, argv);
}
