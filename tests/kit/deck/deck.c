// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/deck/deck.h"

#include "base/base64url.h"
#include "base/calendar.h"
#include "base/heap.h"
#include "services/content/content.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTENT = 9000, HALF = 5000, DAY = 20040211 };

// ---- messages ----------------------------------------------------------------------------------

/// "licence.sale", "licence.sale.2": of the endpoint that the target leads to.
static void name_message(struct deck *deck, struct deck_message *message) {
    struct exchange exchange = {
        .request = {.method = message->method, .target = message->target, .peer = message->peer}};
    struct problem problem;
    unsigned before = 0;
    arena_init(&exchange.arena, &host_memory);
    const struct endpoint *row =
        call_find(deck->shops[message->to]->context.service, &exchange, &problem);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    size_t size = strlen(row->name);
    for (size_t i = 0; i < deck->count; i++)
        before += strncmp(deck->messages[i].name, row->name, size) == 0 &&
                  (deck->messages[i].name[size] == '\0' || deck->messages[i].name[size] == '-');
    snprintf(message->name, sizeof message->name, before > 0 ? "%s-%u" : "%s", row->name,
             before + 1);
    arena_free(&exchange.arena);
}

static void put(struct deck *deck, enum deck_service to, const struct peer *peer,
                const char *method, const char *target, const char *media, struct bytes body) {
    CU_ASSERT_FATAL(deck->count < DECK_MOST);
    struct deck_message *message = &deck->messages[deck->count];
    *message = (struct deck_message){.to = to, .peer = *peer, .media = media, .size = body.size};
    snprintf(message->method, sizeof message->method, "%s", method);
    snprintf(message->target, sizeof message->target, "%s", target);
    message->body = malloc(body.size + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(message->body);
    if (body.size > 0)
        memcpy(message->body, body.data, body.size);
    name_message(deck, message);
    deck->count++;
}

void deck_add(struct deck *deck, enum deck_service to, const struct peer *peer, const char *method,
              const char *target, const char *text) {
    put(deck, to, peer, method, target, text != NULL ? "application/json" : NULL,
        bytes_of_string(text != NULL ? text : ""));
}

void deck_add_octets(struct deck *deck, enum deck_service to, const struct peer *peer,
                     const char *method, const char *target, struct bytes octets) {
    put(deck, to, peer, method, target, "application/octet-stream", octets);
}

struct told deck_send(struct deck *deck, const struct deck_message *message, const char *key) {
    const struct request request = {.method = message->method,
                                    .target = message->target,
                                    .key = strcmp(message->method, "GET") != 0 ? key : NULL,
                                    .content_type = message->media,
                                    .body = bytes_of(message->body, message->size),
                                    .peer = message->peer};
    return shop_request(deck->shops[message->to], &request);
}

// ---- the content service -----------------------------------------------------------------------

static const struct peer store = {.roles = ROLE_STORE, .id = "home-1"};
static const struct peer anybody;

static void add_reading(struct deck *deck) {
    deck_add(deck, DECK_CONTENT, &anybody, "GET", "/catalogue", NULL);
    deck_add(deck, DECK_CONTENT, &anybody, "GET", "/catalogue/ID_0001", NULL);
    deck_add(deck, DECK_CONTENT, &anybody, "GET", "/v1/contents/ID_0001", NULL);
    deck_add(deck, DECK_CONTENT, &store, "GET", "/v1/contents/ID_0001/container", NULL);
}

/// A container that comes in two parts, its offer and its key.
static void fill_content(struct deck *deck) {
    static uint8_t octets[SEALED_MAX];
    uint8_t root[SHA256_SIZE];
    char hash[BASE64URL_SIZE(SHA256_SIZE)], body[400];
    size_t size =
        sealed_container(&deck->sealed, &deck->sealed.provider, "ID_0001", CONTENT, octets, root);
    CU_ASSERT_FATAL(size > HALF && base64url_encode(BYTES_OF(root), hash, sizeof hash));
    snprintf(body, sizeof body,
             "{\"id\":\"ID_0001\",\"hash\":\"%s\",\"size\":%zu,\"title\":\"Film\"}", hash, size);
    deck_add(deck, DECK_CONTENT, &licensing_provider, "POST", "/v1/uploads", body);
    deck_add_octets(deck, DECK_CONTENT, &licensing_provider, "PUT", "/v1/uploads/ID_0001/0",
                    bytes_of(octets, HALF));
    deck_add_octets(deck, DECK_CONTENT, &licensing_provider, "PUT", "/v1/uploads/ID_0001/5000",
                    bytes_of(octets + HALF, size - HALF));
    deck_add(deck, DECK_CONTENT, &licensing_provider, "GET", "/v1/uploads/ID_0001", NULL);
    snprintf(body, sizeof body, "{\"hash\":\"%s\"}", hash);
    deck_add(deck, DECK_CONTENT, &licensing_provider, "POST", "/v1/uploads/ID_0001/end", body);
    deck_add(deck, DECK_CONTENT, &licensing_seller, "PUT", "/v1/contents/ID_0001/offers/NO_1",
             "{\"enterprise\":\"ID_2000\",\"plays\":3,\"amount\":1000,\"unit\":\"JPY\"}");
    snprintf(body, sizeof body,
             "{\"fingerprint\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"wrapped-key\":\"%0*d\"}", 80, 0);
    deck_add(deck, DECK_CONTENT, &licensing_provider, "POST", "/v1/contents/ID_0001/keys", body);
    add_reading(deck);
}

static void open_content(struct deck *deck) {
    static const struct courier nobody; // there is no thread that would send
    if (deck->sealed.crypto == NULL)
        sealed_scene_open(&deck->sealed);
    shop_use_keys(&deck->sealed.keys);
    shop_open(&deck->content, &content_service, ENGINE_MEMORY);
    deck->content.now_ms = (uint64_t)time_of_date(DAY) * 1000;
    deck->content.context.courier = &nobody;
    deck->shops[DECK_CONTENT] = &deck->content;
}

void deck_open(struct deck *deck) {
    deck->count = 0;
    open_content(deck);
    town_open(&deck->town, ENGINE_MEMORY, true);
    house_open(&deck->clearing, ENGINE_MEMORY);
    deck->shops[DECK_LICENCE] = &deck->town.licence;
    deck->shops[DECK_CHARGE] = &deck->town.charge;
    deck->shops[DECK_BANK] = &deck->town.bank;
    deck->shops[DECK_REGISTRY] = &deck->town.registry;
    deck->shops[DECK_CLEARING] = &deck->clearing;
    fill_content(deck);
    deck_fill_town(deck);
    deck_fill_house(deck);
}

void deck_close(struct deck *deck) {
    town_close(&deck->town);
    shop_close(&deck->content);
    shop_close(&deck->clearing);
    for (size_t i = 0; i < deck->count; i++)
        free(deck->messages[i].body);
    deck->count = 0;
}
