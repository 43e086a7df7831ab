// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/licensing.h"

#include "apdu/crypto/binding.h"
#include "apdu/crypto/hkdf.h"
#include "apdu/object/ticket.h"
#include "base/base64url.h"
#include "base/buffer.h"
#include "base/calendar.h"
#include "base/files.h"
#include "services/licence/licence.h"
#include "services/wire/api/licence_api.h"
#include "tests/kit/services/host_list.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FROM = 20040201, UNTIL = 20040229, DAY = 20040211 };

struct licensing licensing;
void (*licensing_capture)(const struct peer *peer, const struct shop *shop, const char *method,
                          const char *target, const char *body);
static unsigned requests;
static uint64_t opened; // so often; keys are the same every time, and others each time

const struct peer licensing_provider = {.roles = ROLE_PROVIDER, .id = "prov-1"};
const struct peer licensing_seller = {
    .roles = ROLE_SELLER, .id = "shop-1", .enterprise = "ID_2000"};
const struct peer licensing_buyer = {.roles = ROLE_WALLET, .id = "phone-1"};
const struct peer licensing_other = {.roles = ROLE_WALLET, .id = "phone-2"};
const struct peer licensing_bank = {.roles = ROLE_BANK, .id = "bank-1"};
const struct peer licensing_till = {.roles = ROLE_TILL, .id = "till-1", .enterprise = "ID_2000"};
const struct peer licensing_kiosk = {.roles = ROLE_TILL, .id = "till-2", .enterprise = "ID_2000"};

// ---- the world ---------------------------------------------------------------------------------

static void certify(struct sample_party *who, const char *holder, uint16_t roles,
                    const struct sample_party *by, const char *enterprise, const uint8_t *kem) {
    size_t size = 0;
    CU_ASSERT_EQUAL_FATAL(sample_certify(who, licensing.crypto, holder, roles, by), CERTIFICATE_OK);
    who->enterprise = enterprise;
    struct certificate fields = sample_fields(who, by != NULL ? by : who);
    fields.from = licensing.from;
    fields.until = licensing.until;
    fields.made = fields.made != 0 ? licensing.from : 0;
    fields.kem_point = kem;
    CU_ASSERT_EQUAL_FATAL(certificate_make(&fields, by != NULL ? &by->signer : &who->signer,
                                           who->octets, sizeof who->octets, &size),
                          CERTIFICATE_OK);
    who->certificate = bytes_of(who->octets, size);
}

void licensing_open_of(uint32_t from, uint32_t until) {
    licensing_close();
    licensing.from = from;
    licensing.until = until;
    licensing.crypto = crypto_openssl_new_seeded(1000 + ++opened);
    CU_ASSERT_PTR_NOT_NULL_FATAL(licensing.crypto);
    CU_ASSERT_FATAL(licensing.crypto->ops->p256_generate(licensing.crypto, licensing.kem_scalar,
                                                         licensing.kem_point));
    certify(&licensing.root, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL, "", NULL);
    certify(&licensing.trade, "TRADE", ROLE_ISSUING | ROLE_SELLER | ROLE_PROVIDER, &licensing.root,
            "", NULL);
    certify(&licensing.purses, "PURSES", ROLE_ISSUING | ROLE_PURSES | ROLE_STORE, &licensing.root,
            "", NULL);
    certify(&licensing.apparatus, "APPARATUS", ROLE_ISSUING | ROLE_CONVERTER, &licensing.root, "",
            NULL);
    certify(&licensing.converter, "conv-1", ROLE_CONVERTER, &licensing.apparatus, "",
            licensing.kem_point);
    certify(&licensing.seller, "shop-1", ROLE_SELLER, &licensing.trade, "ID_2000", NULL);
    certify(&licensing.provider, "prov-1", ROLE_PROVIDER, &licensing.trade, "", NULL);
    certify(&licensing.buyer, "phone-1", ROLE_WALLET | ROLE_STORE, &licensing.purses, "",
            licensing.kem_point);
    certify(&licensing.other, "phone-2", ROLE_WALLET | ROLE_STORE, &licensing.purses, "",
            licensing.kem_point);
    certify(&licensing.till, "till-1", ROLE_TILL, &licensing.purses, "ID_2000", NULL);
    certify(&licensing.kiosk, "till-2", ROLE_TILL, &licensing.purses, "ID_2000", NULL);
    certify(&licensing.strange, "till-9", ROLE_TILL, &licensing.purses, "ID_9999", NULL);
    certify(&licensing.houses, "HOUSES",
            ROLE_ISSUING | ROLE_BANK | ROLE_TELCO | ROLE_REGISTRY | ROLE_PLAYER, &licensing.root,
            "", NULL);
    certify(&licensing.bank, "bank-1", ROLE_BANK, &licensing.houses, "BANK", NULL);
    certify(&licensing.telco, "telco-1", ROLE_TELCO, &licensing.houses, "TELCO", NULL);
    certify(&licensing.registry, "reg-1", ROLE_REGISTRY, &licensing.houses, "REGISTRY", NULL);
}

void licensing_open(void) {
    if (licensing.crypto == NULL)
        licensing_open_of(FROM, UNTIL);
}

const struct bytes *licensing_certificates(const struct sample_party *who) {
    static struct bytes certificates[4][3];
    const struct sample_party *const all[] = {&licensing.seller, &licensing.bank, &licensing.telco,
                                              &licensing.registry};
    size_t i = 0;
    while (all[i] != who)
        i++;
    certificates[i][0] = licensing.root.certificate;
    certificates[i][1] = i > 0 ? licensing.houses.certificate : licensing.trade.certificate;
    certificates[i][2] = who->certificate;
    return certificates[i];
}

const struct service_keys *licensing_keys(const struct sample_party *who) {
    static struct service_keys keys;
    keys = (struct service_keys){.signer = &who->signer,
                                 .certificates = licensing_certificates(who),
                                 .certificate_count = 3,
                                 .scalar = who->scalar.scalar};
    return &keys;
}

void licensing_open_shop(struct shop *shop, const struct service *service, enum engine engine,
                         const struct sample_party *who) {
    licensing_open();
    shop_use_keys(licensing_keys(who));
    shop_open(shop, service, engine);
    shop->now_ms = (uint64_t)time_of_date(DAY) * 1000;
}

static void on_engine(enum engine engine, const char *vfs, void (*check)(struct shop *shop)) {
    struct shop shop;
    licensing_open();
    shop_use_keys(licensing_keys(&licensing.seller));
    shop_open_on(&shop, &licence_service, engine, vfs);
    shop.now_ms = (uint64_t)time_of_date(DAY) * 1000;
    check(&shop);
    shop_close(&shop);
}

void licensing_on_every_engine(void (*check)(struct shop *shop)) {
    for (enum engine engine = 0; engine < ENGINES; engine++)
        on_engine(engine, NULL, check);
}

void licensing_on_disk(const char *vfs, void (*check)(struct shop *shop)) {
    on_engine(ENGINE_FILE, vfs, check);
}

const char *licensing_text(struct bytes octets) {
    static char texts[8][BASE64URL_SIZE(1024)];
    static unsigned used;
    char *text = texts[used++ % 8];
    CU_ASSERT_FATAL(base64url_encode(octets, text, sizeof texts[0]));
    return text;
}

struct told licensing_ask(struct shop *shop, const struct peer *peer, const char *method,
                          const char *target, const char *body) {
    char key[24];
    if (licensing_capture != NULL && strcmp(method, "GET") != 0) {
        licensing_capture(peer, shop, method, target, body);
        return (struct told){0};
    }
    snprintf(key, sizeof key, "k%u", ++requests);
    return shop_ask(shop, peer, method, target, strcmp(method, "GET") == 0 ? NULL : key, body);
}

bool licensing_says(const struct told *told, unsigned status, const char *part) {
    bool right = told->status == status && strstr(told->body, part) != NULL;
    if (!right)
        printf("\n    %u %.400s, wanted %u %s", told->status, told->body, status, part);
    return right;
}

/// Octets of a field of the last answer.
struct bytes licensing_field(const struct told *told, const char *name, uint8_t *out,
                             size_t capacity) {
    char start[40], text[4096];
    size_t size = 0;
    snprintf(start, sizeof start, "\"%s\":\"", name);
    const char *at = strstr(told->body, start);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(text, sizeof text, "%.*s", (int)strcspn(at + strlen(start), "\""), at + strlen(start));
    CU_ASSERT_FATAL(base64url_decode(text, out, capacity, &size));
    return bytes_of(out, size);
}

// ---- keys and offers ---------------------------------------------------------------------------

struct told licensing_hand_over(struct shop *shop, const char *content, const char *key) {
    uint8_t point[64], fingerprint[16], wrapped[128] = {HPKE_AES_256};
    char body[600];
    struct binding binding;
    struct bytes octets = bytes_of_string(key);
    struct told told = licensing_ask(shop, &licensing_provider, "GET", "/v1/recipient", NULL);
    licensing_field(&told, "kem-key", point, sizeof point);
    binding_begin(&binding, "fingerprint");
    CU_ASSERT(hkdf(licensing.crypto, octets, bytes_of(NULL, 0), binding_bytes(&binding),
                   fingerprint, 16));
    binding_begin(&binding, "key");
    binding_add(&binding, bytes_of_string(content));
    binding_add(&binding, BYTES_OF(fingerprint));
    CU_ASSERT(hpke_seal(licensing.crypto, HPKE_AES_256, point, binding_bytes(&binding),
                        bytes_of(NULL, 0), octets, wrapped + 1));
    snprintf(body, sizeof body, "{\"id\":\"%s\",\"fingerprint\":\"%s\",\"wrapped-key\":\"%s\"}",
             content, licensing_text(BYTES_OF(fingerprint)),
             licensing_text(bytes_of(wrapped, 1 + HPKE_OVERHEAD + octets.size)));
    return licensing_ask(shop, &licensing_provider, "POST", "/v1/keys", body);
}

struct bytes licensing_policy(const char *content, uint8_t *out, size_t capacity) {
    static const char offer[] = "\3\x92\0\0\0\0\0\0\3\xE8\0\3\0\1";
    struct object_writer writer;
    struct bytes made = {0};
    object_begin(&writer, OBJECT_POLICY, out, capacity);
    object_put(&writer, FIELD_ENTERPRISE, bytes_of_string("ID_2000"));
    object_put(&writer, FIELD_CONTENT, bytes_of_string(content));
    object_put(&writer, FIELD_OFFERS, bytes_of(offer, POLICY_OFFER_SIZE));
    object_put(&writer, FIELD_SHARES, bytes_of("\0\1\6prov-1", 9));
    CU_ASSERT_FATAL(object_sign(&writer, &licensing.provider.signer, &made));
    return made;
}

struct told licensing_offer(struct shop *shop, const char *content, const char *right) {
    uint8_t policy[512];
    char body[1400];
    snprintf(
        body, sizeof body,
        "{\"enterprise\":\"ID_2000\",\"content\":\"%s\",\"unit\":\"JPY\",%s,\"policy\":\"%s\"}",
        content, right, licensing_text(licensing_policy(content, policy, sizeof policy)));
    return licensing_ask(shop, &licensing_seller, "POST", "/v1/rights", body);
}

/// The source's key, content and offer.
void licensing_stock(struct shop *shop, const char *more) {
    char right[160];
    struct told told = licensing_hand_over(shop, "ID_0001", LICENSING_KEY);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "ID_0001"));
    snprintf(right, sizeof right, "\"amount\":1000,\"plays\":3,\"number\":\"NO_1\"%s", more);
    told = licensing_offer(shop, "ID_0001", right);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "{\"number\":\"NO_1\"}"));
}

struct bytes licensing_container(const char *content, bool own_policy, bool derived, uint8_t *out,
                                 size_t capacity) {
    static const uint8_t zeros[SHA256_SIZE];
    uint8_t policy_octets[512], hash[SHA256_SIZE];
    struct object policy;
    struct object_writer writer;
    struct bytes made = {0};
    CU_ASSERT_FATAL(
        object_decode(licensing_policy(content, policy_octets, sizeof policy_octets), &policy) &&
        object_digest(&policy, licensing.crypto, hash));
    if (!own_policy)
        hash[0] ^= 1; // another policy
    object_begin(&writer, OBJECT_CONTAINER, out, capacity);
    object_put(&writer, FIELD_POLICY_HASH, BYTES_OF(hash));
    object_put_date(&writer, FIELD_DATE, 20040211);
    object_put(&writer, FIELD_CONTENT, bytes_of_string(content));
    if (derived)
        object_put(&writer, FIELD_ORIGINAL, BYTES_OF(zeros));
    object_put(&writer, FIELD_SEALER, bytes_of_string("prov-1"));
    object_put(&writer, FIELD_ALGORITHM, bytes_of("\1", 1));
    object_put(&writer, FIELD_SALT, BYTES_OF(zeros));
    object_put(&writer, FIELD_CHUNK, bytes_of("\14", 1));
    object_put_uint(&writer, FIELD_SIZE, 1);
    object_put(&writer, FIELD_ROOT, BYTES_OF(zeros));
    object_put(&writer, FIELD_MEDIA, bytes_of_string("video/mp2t"));
    CU_ASSERT_FATAL(object_sign(&writer, &licensing.provider.signer, &made));
    return made;
}

// ---- sales -------------------------------------------------------------------------------------

static struct bytes reception_object(const struct reception *reception, uint8_t *out,
                                     size_t capacity) {
    static const uint8_t challenge[16] = {7};
    struct object_writer writer;
    struct bytes made = {0};
    object_begin(&writer, OBJECT_RECEPTION_REQUEST, out, capacity);
    object_put_uint(&writer, FIELD_N, reception->n);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
    object_put(&writer, FIELD_REFERENCE, bytes_of("\1NO_1", 5));
    object_put(&writer, FIELD_SOURCE, bytes_of_string(reception->source));
    object_put(&writer, FIELD_DESTINATION, bytes_of_string(reception->destination));
    object_put_uint(&writer, FIELD_LAST_DONE, reception->last_done);
    CU_ASSERT_FATAL(object_sign(&writer, &reception->by->signer, &made));
    return made;
}

/// {object, certificates, attached}
void licensing_envelope(char *out, struct bytes object, const struct sample_party *by,
                        struct bytes attached) {
    int size =
        sprintf(out, "{\"object\":\"%s\",\"certificates\":[\"%s\",\"%s\",\"%s\"]",
                licensing_text(object), licensing_text(licensing.root.certificate),
                licensing_text(licensing.purses.certificate), licensing_text(by->certificate));
    if (attached.size > 0)
        size += sprintf(out + size, ",\"attached\":\"%s\"", licensing_text(attached));
    strcpy(out + size, "}");
}

const char *licensing_reception(const struct reception *reception) {
    static char text[LICENSING_BODY_MAX / 2];
    uint8_t object[512];
    strcpy(text, "\"reception\":");
    licensing_envelope(text + strlen(text), reception_object(reception, object, sizeof object),
                       reception->by, bytes_of(NULL, 0));
    return text;
}

void licensing_order_body(char *out, const struct reception *reception, const char *more) {
    snprintf(out, LICENSING_BODY_MAX, "{\"unit\":\"JPY\",\"mail\":\"" LICENSING_MAIL "\",%s,%s}",
             licensing_reception(reception), more);
}

struct told licensing_order(struct shop *shop, const struct peer *peer,
                            const struct reception *reception, const char *number,
                            const char *more) {
    static char body[LICENSING_BODY_MAX];
    char target[80];
    licensing_order_body(body, reception, more);
    snprintf(target, sizeof target, "/v1/offers/%s/sales", number);
    return licensing_ask(shop, peer, "POST", target, body);
}

const struct reception licensing_first = {&licensing.buyer, "shop-1", "phone-1", 1, 0};

unsigned licensing_count(struct shop *shop, const char *text) {
    struct statement query = {text, "", "i"};
    char dump[32];
    shop_dump(shop, &query, 1, dump, sizeof dump);
    return (unsigned)strtoul(dump, NULL, 10);
}

/// Every sale stands in exactly one of the two stores.
bool licensing_stores_hold(struct shop *shop) {
    return licensing_count(shop,
                           "SELECT count(*) FROM sale WHERE (instance IN (SELECT instance FROM "
                           "unsettled)) = (instance IN (SELECT instance FROM settled))") == 0;
}

/// Opens what was sold with the buyer's own key; is it the content's?
bool licensing_opens(const struct told *told, uint8_t flags) {
    uint8_t header_octets[512], state_octets[512], digest[SHA256_SIZE], key[TICKET_KEY_MAX];
    struct object header, state;
    size_t size = 0;
    struct bytes whole = licensing_field(told, "ticket", header_octets, sizeof header_octets);
    if (!object_decode_as(OBJECT_TICKET_HEADER, whole, &header) ||
        !object_decode_as(OBJECT_TICKET_STATE,
                          licensing_field(told, "state", state_octets, sizeof state_octets),
                          &state) ||
        !object_verify(&header, licensing.crypto, licensing.seller.signer.point) ||
        !object_verify(&state, licensing.crypto, licensing.seller.signer.point) ||
        !object_digest(&header, licensing.crypto, digest))
        return false;
    struct ticket_way way = {.header_digest = digest,
                             .name = state.fields[FIELD_TICKET].data,
                             .source = state.fields[FIELD_SOURCE],
                             .destination = state.fields[FIELD_DESTINATION],
                             .n = (uint32_t)object_uint(&state, FIELD_N),
                             .left = state.fields[FIELD_LEFT].data};
    struct ticket_opener opener = {licensing.crypto, licensing.kem_scalar, licensing.kem_point};
    return memcmp(digest, way.name, TICKET_NAME_SIZE) == 0 && way.left[5] == flags &&
           object_uint(&header, FIELD_PLAYS) == 3 && object_uint(&header, FIELD_AMOUNT) == 1000 &&
           bytes_equal(header.fields[FIELD_NUMBER], bytes_of_string("NO_1")) &&
           bytes_equal(header.fields[FIELD_CONTENT], bytes_of_string("ID_0001")) &&
           bytes_equal(header.fields[FIELD_BUYER], bytes_of_string("phone-1")) &&
           ticket_open_way(&opener, &way, state.fields[FIELD_WRAPPED_KEY], key, &size) &&
           bytes_equal(bytes_of(key, size), bytes_of_string(LICENSING_KEY));
}

// ---- receipts ----------------------------------------------------------------------------------

const struct payment licensing_paid = {&licensing.till,    "phone-1", "NO_1",
                                       LICENSING_INSTANCE, 1000,      5};

static void reference_of(const struct payment *payment, uint8_t reference[17]) {
    uint8_t instance[8], digest[SHA256_SIZE];
    struct binding binding;
    for (size_t i = 0; i < 8; i++)
        instance[i] = (uint8_t)(hex_digit(payment->instance[2 * i]) << 4 |
                                hex_digit(payment->instance[2 * i + 1]));
    binding_begin(&binding, "sale");
    binding_add(&binding, bytes_of_string("ID_2000"));
    binding_add(&binding, bytes_of_string(payment->number));
    binding_add(&binding, BYTES_OF(instance));
    CU_ASSERT(licensing.crypto->ops->sha256(licensing.crypto, binding_bytes(&binding), digest));
    reference[0] = REFERENCE_TICKET;
    memcpy(reference + 1, digest, 16);
}

static struct bytes usage_log(const struct payment *payment, uint8_t *out, size_t capacity) {
    uint8_t reference[17];
    struct object_writer writer;
    struct bytes made = {0};
    reference_of(payment, reference);
    object_begin(&writer, OBJECT_USAGE_LOG, out, capacity);
    object_put(&writer, FIELD_PAYEE, bytes_of_string(payment->till->holder));
    object_put_uint(&writer, FIELD_N, payment->n);
    object_put(&writer, FIELD_PAYER, bytes_of_string(payment->payer));
    object_put_uint(&writer, FIELD_COUNTER, 1);
    object_put_uint(&writer, FIELD_AMOUNT, payment->amount);
    object_put_unit(&writer, 392);
    object_put(&writer, FIELD_REFERENCE, BYTES_OF(reference));
    object_put_uint(&writer, FIELD_STATE_NUMBER, 1);
    object_put_uint(&writer, FIELD_ISSUED, 0);
    object_put_uint(&writer, FIELD_LOADED, 3000);
    object_put_uint(&writer, FIELD_RECREDITED, 0);
    object_put_uint(&writer, FIELD_SPENT, payment->amount);
    CU_ASSERT_FATAL(object_sign(&writer, &licensing.buyer.signer, &made));
    return made;
}

/// The receipt's envelope, signed by whoever; a member "receipt".
const char *licensing_receipt(const struct payment *payment, const struct sample_party *signed_by) {
    static char text[LICENSING_BODY_MAX / 2];
    uint8_t usage_octets[512], log[512], digest[SHA256_SIZE];
    struct object usage;
    struct object_writer writer;
    struct bytes made = {0}, attached = usage_log(payment, usage_octets, sizeof usage_octets);
    CU_ASSERT_FATAL(object_decode_as(OBJECT_USAGE_LOG, attached, &usage) &&
                    object_digest(&usage, licensing.crypto, digest));
    object_begin(&writer, OBJECT_RECEIVE_LOG, log, sizeof log);
    object_put(&writer, FIELD_PAYEE, bytes_of_string(payment->till->holder));
    object_put_uint(&writer, FIELD_N, payment->n);
    object_put(&writer, FIELD_PAYER, bytes_of_string(payment->payer));
    object_put(&writer, FIELD_LOG_HASH, BYTES_OF(digest));
    CU_ASSERT_FATAL(object_sign(&writer, &signed_by->signer, &made));
    strcpy(text, "\"receipt\":");
    licensing_envelope(text + strlen(text), made, payment->till, attached);
    return text;
}

// ---- who is revoked ----------------------------------------------------------------------------

static void put_mark(const struct sample_party *who, uint8_t *marks, size_t *size) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    if (who == NULL)
        return;
    CU_ASSERT_FATAL(certificate_digest(licensing.crypto, who->certificate, digest));
    bool first = *size > 0 && memcmp(digest, marks, MARK_SIZE) < 0; // they rise
    if (first)
        memmove(marks + MARK_SIZE, marks, *size);
    memcpy(marks + (first ? 0 : *size), digest, MARK_SIZE);
    *size += MARK_SIZE;
}

/// Has a center below the root sign a list; center.cvc names the one that the service is told of.
static void put_list(const struct shop *shop, const char *center, bool told, struct bytes marks) {
    struct host_authority authority = {.root = licensing.root};
    char path[80], root[80], own[80];
    certify(&authority.centers, "CENTERS", ROLE_ISSUING | ROLE_CENTER, &licensing.root, "", NULL);
    certify(&authority.center, center, ROLE_CENTER, &authority.centers, "", NULL);
    snprintf(path, sizeof path, "%s/hotlist", shop->directory);
    snprintf(root, sizeof root, "%s/root.cvc", shop->directory);
    snprintf(own, sizeof own, "%s/center.cvc", shop->directory);
    host_list_write(&authority, licensing.crypto, marks, 0, path, root);
    if (told)
        CU_ASSERT_FATAL(
            files_write(own, authority.center.certificate, FILES_PUBLIC, FILES_REPLACE));
}

void licensing_revoke(struct shop *shop, const struct sample_party *one,
                      const struct sample_party *two) {
    uint8_t marks[2 * MARK_SIZE];
    size_t size = 0;
    put_mark(one, marks, &size);
    put_mark(two, marks, &size);
    put_list(shop, "CENTER", true, bytes_of(marks, size));
}

void licensing_spare(struct shop *shop) {
    put_list(shop, "ANOTHER", false, bytes_of(NULL, 0));
}

void licensing_close(void) {
    crypto_openssl_free(licensing.crypto);
    licensing.crypto = NULL;
}
