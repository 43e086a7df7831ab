// SPDX-License-Identifier: Apache-2.0
// Requests of anybody to content and licence service, each over a database in memory: first octet
// who asks whom, then
// "METHOD TARGET", the key, a media type and an accepted one, a line each, then the body. Whatever
// comes is answered once, with a status and a body that fit, and what was stored holds together.
#include "services/content/content.h"
#include "services/licence/licence.h"
#include "tests/fuzz/fuzz.h"
#include "tests/kit/certificates.h"
#include "tests/kit/services/shop.h"

#include <string.h>

enum { LINES = 4 };

static const struct peer PEERS[] = {
    {.roles = 0},
    {.roles = ROLE_PROVIDER, .id = "prov-1"},
    {.roles = ROLE_PROVIDER, .id = "prov-2"},
    {.roles = ROLE_SELLER, .id = "shop-1", .enterprise = "ID_2000"},
    {.roles = ROLE_STORE, .id = "home-1"},
    {.fault = &problem_certificate_expired},
    {.roles = ROLE_WALLET, .id = "phone-1"},
    {.roles = ROLE_BANK, .id = "bank-1"},
    {.roles = ROLE_TILL, .id = "till-1", .enterprise = "ID_2000"},
    {.roles = ROLE_CONVERTER, .id = "conv-1"},
};
enum { PEER_COUNT = sizeof PEERS / sizeof PEERS[0] };

/// What must never be true of a database: a query a line of zeros.
struct invariants {
    const struct statement *wrong;
    size_t count;
};

#define NONE_WHERE(text)                                                                           \
    { "SELECT count(*) FROM " text, "", "i" }
static const struct statement content_wrong[] = {
    NONE_WHERE("upload WHERE received > size OR received < 0"),
    NONE_WHERE("offer WHERE content NOT IN (SELECT id FROM content)"),
    NONE_WHERE("content_key WHERE content NOT IN (SELECT id FROM content)"),
};
static const struct statement licence_wrong[] = {
    NONE_WHERE("offer WHERE content NOT IN (SELECT content FROM content_key)"),
    NONE_WHERE("sale WHERE (instance IN (SELECT instance FROM unsettled)) ="
               " (instance IN (SELECT instance FROM settled))"),
    NONE_WHERE("receipt_used WHERE instance NOT IN (SELECT instance FROM settled) AND instance"
               " NOT IN (SELECT instance FROM sale_order WHERE paid IS NOT NULL)"),
    NONE_WHERE("sale_order WHERE paid IS NULL AND instance IN (SELECT instance FROM sale)"),
};

enum { CONTENT, LICENCE, SERVICES };
static const struct service *const services[] = {&content_service, &licence_service};
static const struct invariants invariants[] = {{content_wrong, 3}, {licence_wrong, 4}};
static struct shop shops[SERVICES];

static void close_at_end(void) {
    for (size_t i = 0; i < SERVICES; i++)
        shop_close(&shops[i]);
}

/// A root, and a seller of an enterprise.
static void make_keys(struct service_keys *keys) {
    static struct sample_party root, trade, seller;
    static struct bytes certificates[3];
    struct crypto *crypto = crypto_openssl_new_seeded(1);
    size_t size = 0;
    MUST(crypto != NULL);
    MUST(sample_certify(&root, crypto, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL) == CERTIFICATE_OK);
    MUST(sample_certify(&trade, crypto, "TRADE", ROLE_ISSUING | ROLE_SELLER, &root) ==
         CERTIFICATE_OK);
    MUST(sample_certify(&seller, crypto, "shop-1", ROLE_SELLER, &trade) == CERTIFICATE_OK);
    seller.enterprise = "ID_2000";
    struct certificate fields = sample_fields(&seller, &trade);
    MUST(certificate_make(&fields, &trade.signer, seller.octets, sizeof seller.octets, &size) ==
         CERTIFICATE_OK);
    certificates[0] = root.certificate;
    certificates[1] = trade.certificate;
    certificates[2] = bytes_of(seller.octets, size);
    *keys = (struct service_keys){
        .certificates = certificates, .certificate_count = 3, .scalar = seller.scalar.scalar};
    crypto_openssl_free(crypto);
}

static void open_once(void) {
    struct service_keys keys;
    if (shops[0].store != NULL)
        return;
    make_keys(&keys);
    shop_use_keys(&keys);
    for (size_t i = 0; i < SERVICES; i++)
        shop_open(&shops[i], services[i], ENGINE_MEMORY);
    atexit(close_at_end);
}

/// Cuts off a line; *rest goes on behind it.
static char *line_of(char **rest) {
    char *line = *rest, *end = line + strcspn(line, "\n");
    *rest = *end == '\n' ? end + 1 : end;
    *end = '\0';
    return line;
}

static const char *or_none(const char *text) {
    return text[0] != '\0' ? text : NULL;
}

static void check_store(size_t service) {
    char dump[32];
    shop_dump(&shops[service], invariants[service].wrong, invariants[service].count, dump,
              sizeof dump);
    MUST(dump[strspn(dump, "0\n")] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *lines[LINES];
    if (size < 2)
        return 0;
    open_once();
    size_t service = data[0] / PEER_COUNT % SERVICES;
    char *text = malloc(size);
    MUST(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    char *rest = text;
    for (size_t i = 0; i < LINES; i++)
        lines[i] = line_of(&rest);
    char *target = strchr(lines[0], ' ');
    if (target != NULL && target[1] == '/') {
        *target++ = '\0';
        struct request request = {.method = lines[0],
                                  .target = target,
                                  .key = or_none(lines[1]),
                                  .content_type = or_none(lines[2]),
                                  .accept = or_none(lines[3]),
                                  .body = bytes_of(rest, (size_t)(text + size - 1 - rest)),
                                  .peer = PEERS[data[0] % PEER_COUNT]};
        struct told told = shop_request(&shops[service], &request);
        MUST(told.status >= 200 && told.status < 600 && told.status != 500);
        MUST(told.status < 400 || strcmp(told.type, PROBLEM_MEDIA) == 0);
        check_store(service);
    }
    free(text);
    return 0;
}
