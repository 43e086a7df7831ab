// SPDX-License-Identifier: Apache-2.0
// Secure containers: every octet of a small file altered, what is cut, swapped, foreign or out of
// its days, seeking and resuming, and the three algorithms.
#include "base/files.h"
#include "host/content/container_pack.h"
#include "services/wire/media/container_file.h"
#include "tests/kit/certificates.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 1 << 16, CONTENT = 10000, LOG2 = 12 };

static struct crypto *crypto;
static struct sample_party root, trade, apparatus, provider, seller, converter, other, foreign_root;
static char directory[] = "/tmp/container-XXXXXX";
static char path[64];
static uint8_t whole[ROOM], plain[ROOM], policy[512], grant[512];
static size_t whole_size;
static struct pack_plan plan;
static struct failure failure;

// ---- the scene -------------------------------------------------------------------------------

static struct bytes signed_policy(const struct sample_party *by, const char *content,
                                  uint8_t *out) {
    static const char offer[] = "\3\x92\0\0\0\0\0\0\3\xE8\0\3\0\1", shares[] = "\0\1\6prov-1";
    struct object_writer writer;
    struct bytes made = {0};
    object_begin(&writer, OBJECT_POLICY, out, 512);
    object_put(&writer, FIELD_ENTERPRISE, bytes_of_string("ID_2000"));
    object_put(&writer, FIELD_CONTENT, bytes_of_string(content));
    object_put(&writer, FIELD_OFFERS, bytes_of(offer, POLICY_OFFER_SIZE));
    object_put(&writer, FIELD_SHARES, bytes_of(shares, sizeof shares - 1));
    CU_ASSERT_FATAL(object_sign(&writer, &by->signer, &made));
    return made;
}

static struct pack_party party(const struct sample_party *of, const struct sample_party *by) {
    return (struct pack_party){of->certificate, by->certificate};
}

static void certify(struct sample_party *who, const char *holder, uint16_t roles,
                    const struct sample_party *by, const char *enterprise) {
    CU_ASSERT_EQUAL_FATAL(sample_certify(who, crypto, holder, roles, by), CERTIFICATE_OK);
    if (enterprise != NULL)
        sample_name_enterprise(who, by, enterprise);
}

/// One root, its authorities, and who seals, sells and converts below them; content of CONTENT
/// octets under a policy.
static void begin(void) {
    certify(&root, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL, NULL);
    certify(&foreign_root, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL, NULL);
    certify(&trade, "TRADE", ROLE_ISSUING | ROLE_SELLER | ROLE_PROVIDER, &root, NULL);
    certify(&apparatus, "APPARATUS", ROLE_ISSUING | ROLE_CONVERTER, &root, NULL);
    certify(&provider, "prov-1", ROLE_PROVIDER, &trade, NULL);
    certify(&seller, "sell-1", ROLE_SELLER, &trade, "ID_2000");
    certify(&other, "sell-2", ROLE_SELLER, &trade, "ID_2001");
    certify(&converter, "conv-1", ROLE_CONVERTER, &apparatus, NULL);
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i % 251);
    plan = (struct pack_plan){.policy = signed_policy(&provider, "ID_0001", policy),
                              .provider = party(&provider, &trade),
                              .sealer = party(&provider, &trade),
                              .signer = &provider.signer,
                              .content = "ID_0001",
                              .media = "video/mp2t",
                              .date = SAMPLE_TODAY,
                              .log2 = LOG2,
                              .algorithm = CONTAINER_DERIVED,
                              .key = bytes_of_string("hc426D99ro7v")};
}

static bool read_plain(void *context, uint8_t *out, size_t size, struct failure *why) {
    size_t *at = context;
    (void)why;
    memcpy(out, plain + *at, size);
    *at += size;
    return true;
}

/// Seals so many octets by the plan into path, and reads the file into whole.
static bool seal(size_t size, uint8_t digest[SHA256_SIZE]) {
    size_t at = 0;
    struct pack_source source = {size, read_plain, &at};
    unlink(path);
    return container_pack(path, &plan, &source, crypto, digest, &failure) &&
           files_read(path, whole, sizeof whole, &whole_size);
}

static void put_back(struct bytes octets) {
    CU_ASSERT_FATAL(files_write(path, octets, FILES_PUBLIC, FILES_REPLACE));
}

static const char *listed_holder;

static bool is_listed(void *context, const struct certificate *certificate) {
    (void)context;
    return bytes_equal(certificate->holder, bytes_of_string(listed_holder));
}

static struct front_trust trust_in(const struct sample_party *whom) {
    return (struct front_trust){.crypto = crypto,
                                .root = whom->certificate,
                                .listed = listed_holder != NULL ? is_listed : NULL};
}

static struct container_file *open_at(enum container_extent extent) {
    struct front_trust trust = trust_in(&root);
    failure.text[0] = '\0';
    return container_open(path, &trust, extent, &failure);
}

/// Opens, unlocks and reads all; is it the first size octets of plain?
static bool plays(size_t size) {
    static uint8_t out[ROOM];
    size_t got = 0;
    struct container_file *file = open_at(CONTAINER_WHOLE);
    bool done = file != NULL && container_unlock(file, plan.key, &failure) &&
                container_read(file, 0, out, sizeof out, &got, &failure) && got == size &&
                memcmp(out, plain, size) == 0;
    container_close(file);
    return done;
}

/// Front, list and every chunk, without the key.
static bool verifies(void) {
    struct container_file *file = open_at(CONTAINER_WHOLE);
    bool done = file != NULL;
    for (uint64_t i = 0; done && i < file->form.count; i++)
        done = container_check(file, i, &failure);
    container_close(file);
    return done;
}

static bool says(const char *words) {
    if (strstr(failure.text, words) != NULL)
        return true;
    printf("said: %s\n", failure.text);
    return false;
}

static bool refuses(const char *words) {
    return !verifies() && failure.code == EXIT_REFUSED && says(words);
}

// ---- whole files -----------------------------------------------------------------------------

static void test_sizes_and_algorithms(void) {
    static const size_t SIZES[] = {0, 1, 4095, 4096, 4097, CONTENT};
    begin();
    for (int algorithm = CONTAINER_DERIVED; algorithm <= CONTAINER_PUBLIC; algorithm++)
        for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
            plan.algorithm = (enum container_algorithm)algorithm;
            CU_ASSERT(seal(SIZES[i], NULL));
            CU_ASSERT(verifies());
            CU_ASSERT(plays(SIZES[i]));
            plan.key = bytes_of_string("hc426D99ro7w");
            CU_ASSERT_FALSE(plays(SIZES[i]));
            CU_ASSERT(says("the key does not open it"));
            plan.key = bytes_of_string("hc426D99ro7v");
        }
}

// Twice the same content under the same key: nothing of the ciphertext is the same.
static void test_sealings_differ(void) {
    static uint8_t first[ROOM];
    struct container_form form;
    struct front front;
    begin();
    CU_ASSERT_FATAL(seal(CONTENT, NULL));
    memcpy(first, whole, whole_size);
    CU_ASSERT_FATAL(seal(CONTENT, NULL));
    uint32_t size = container_take_head(whole);
    CU_ASSERT_FATAL(front_decode(bytes_of(whole + 16, size), &front, &form) == FRONT_OK);
    uint64_t at = container_chunk_at(&form, 0);
    CU_ASSERT_NOT_EQUAL(memcmp(first + at, whole + at, 64), 0);
    unlink(path);
    put_back(bytes_of("taken", 5));
    size_t from = 0;
    struct pack_source source = {CONTENT, read_plain, &from};
    CU_ASSERT_FALSE(container_pack(path, &plan, &source, crypto, NULL, &failure));
    CU_ASSERT(says("exists already"));
}

static void test_every_octet(void) {
    static uint8_t kept[ROOM];
    size_t taken = 0;
    begin();
    CU_ASSERT_FATAL(seal(CONTENT, NULL));
    memcpy(kept, whole, whole_size);
    for (size_t i = 0; i < whole_size; i++) {
        whole[i] ^= (uint8_t)(1u << i % 8);
        FILE *file = fopen(path, "r+b");
        CU_ASSERT_FATAL(file != NULL && fseek(file, (long)i, SEEK_SET) == 0);
        fputc(whole[i], file);
        fclose(file);
        taken += verifies() || failure.code != EXIT_REFUSED;
        whole[i] = kept[i];
        file = fopen(path, "r+b");
        CU_ASSERT_FATAL(file != NULL && fseek(file, (long)i, SEEK_SET) == 0);
        fputc(kept[i], file);
        fclose(file);
    }
    CU_ASSERT_EQUAL(taken, 0);
    CU_ASSERT(verifies());
}

static void test_every_length(void) {
    size_t taken = 0;
    begin();
    CU_ASSERT_FATAL(seal(5000, NULL));
    for (size_t size = whole_size; size-- > 0;) {
        CU_ASSERT_FATAL(truncate(path, (off_t)size) == 0);
        taken +=
            verifies() || failure.code != EXIT_REFUSED || strstr(failure.text, "cut off") == NULL;
    }
    CU_ASSERT_EQUAL(taken, 0);
    whole[whole_size] = 0;
    put_back(bytes_of(whole, whole_size + 1));
    CU_ASSERT(refuses("1 octets after its end"));
}

// ---- parts of other containers -----------------------------------------------------------------

static void test_swapped_chunks(void) {
    static uint8_t swapped[ROOM];
    struct container_form form;
    struct front front;
    begin();
    CU_ASSERT_FATAL(seal(3 * 4096, NULL));
    CU_ASSERT_FATAL(front_decode(bytes_of(whole + 16, container_take_head(whole)), &front, &form) ==
                    FRONT_OK);
    size_t one = (size_t)container_chunk_at(&form, 0), two = (size_t)container_chunk_at(&form, 1);
    memcpy(swapped, whole, whole_size);
    memcpy(swapped + one, whole + two, 4112);
    memcpy(swapped + two, whole + one, 4112);
    put_back(bytes_of(swapped, whole_size));
    CU_ASSERT(refuses("chunk 1 of 3"));
    size_t list = (size_t)container_list_at(&form); // their rows as well
    memcpy(swapped + list, whole + list + 32, 32);
    memcpy(swapped + list + 32, whole + list, 32);
    put_back(bytes_of(swapped, whole_size));
    CU_ASSERT(refuses("list of chunks"));
}

// The same content, sealed twice: policy, list and signature of one in the other.
static void test_swapped_fronts(void) {
    static uint8_t first[ROOM];
    struct container_form form;
    struct front front;
    size_t first_size;
    begin();
    CU_ASSERT_FATAL(seal(CONTENT, NULL));
    memcpy(first, whole, whole_size);
    first_size = whole_size;
    plan.policy = signed_policy(&provider, "ID_0002", policy);
    CU_ASSERT_FATAL(seal(CONTENT, NULL)); // a policy of another content: nobody seals so
    CU_ASSERT(refuses("policy"));
    plan.policy = signed_policy(&other, "ID_0001", policy);
    plan.provider = party(&other, &trade);
    CU_ASSERT_FATAL(seal(CONTENT, NULL));
    CU_ASSERT(refuses("role"));
    plan.policy = signed_policy(&provider, "ID_0001", policy);
    plan.provider = party(&provider, &trade);
    CU_ASSERT_FATAL(seal(CONTENT, NULL));
    uint32_t size = container_take_head(first);
    CU_ASSERT_FATAL(size == container_take_head(whole) && whole_size == first_size);
    CU_ASSERT_FATAL(front_decode(bytes_of(first + 16, size), &front, &form) == FRONT_OK);
    memcpy(whole + 16, first + 16, size);
    put_back(bytes_of(whole, whole_size));
    CU_ASSERT(refuses("list of chunks"));
    memcpy(whole + container_list_at(&form), first + container_list_at(&form), 3 * 32);
    put_back(bytes_of(whole, whole_size));
    CU_ASSERT(refuses("chunk 1 of 3"));
}

// A policy of the same size and content in the place of the one that was sealed.
static void test_swapped_policy(void) {
    static uint8_t again[512];
    struct object mine;
    begin();
    CU_ASSERT_FATAL(seal(CONTENT, NULL));
    CU_ASSERT_FATAL(object_decode(plan.policy, &mine));
    struct object_writer writer;
    struct bytes cheap = {0};
    object_begin(&writer, OBJECT_POLICY, again, sizeof again);
    object_copy(&writer, FIELD_ENTERPRISE, &mine);
    object_copy(&writer, FIELD_CONTENT, &mine);
    object_put(&writer, FIELD_OFFERS, bytes_of("\3\x92\0\0\0\0\0\0\0\1\0\3\0\1", 14));
    object_copy(&writer, FIELD_SHARES, &mine);
    CU_ASSERT_FATAL(object_sign(&writer, &provider.signer, &cheap));
    CU_ASSERT_FATAL(cheap.size == plan.policy.size);
    memcpy(whole + 16, cheap.data, cheap.size);
    put_back(bytes_of(whole, whole_size));
    CU_ASSERT(refuses("policy is not the one"));
}

// ---- who may seal ----------------------------------------------------------------------------

static void test_signers(void) {
    struct container_file *file;
    begin();
    CU_ASSERT_FATAL(seal(100, NULL));
    struct front_trust stranger = trust_in(&foreign_root);
    file = container_open(path, &stranger, CONTAINER_WHOLE, &failure);
    CU_ASSERT_PTR_NULL(file);
    listed_holder = "prov-1";
    CU_ASSERT(refuses("revoked"));
    listed_holder = "TRADE";
    CU_ASSERT(refuses("revoked"));
    listed_holder = NULL;
    plan.signer = &seller.signer; // not the key of the certificate
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("signature"));
    plan.sealer = party(&seller, &trade); // of the seller's role
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("role"));
    plan.signer = &provider.signer;
    plan.sealer = party(&provider, &apparatus); // an authority that nobody needs
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("exact form"));
    plan.provider = plan.sealer; // the authority that signed it is not there
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("certificate"));
}

// Judged on the day of sealing, whatever day it is now.
static void test_days(void) {
    begin();
    plan.date = SAMPLE_UNTIL;
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(verifies());
    plan.date = 20260201;
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("validity"));
    plan.date = 20251231;
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("before a signer's certificate begins"));
}

// ---- converters ------------------------------------------------------------------------------

struct grant_terms {
    const char *content, *converter, *enterprise;
    uint32_t expiry;
};

static struct bytes granted(const struct grant_terms *terms, const struct sample_party *by,
                            const uint8_t *original) {
    static const uint8_t wrapped[51] = {1};
    struct object_writer writer;
    struct object mine;
    struct bytes made = {0};
    uint8_t hash[SHA256_SIZE];
    CU_ASSERT_FATAL(object_decode(plan.policy, &mine) && object_digest(&mine, crypto, hash));
    object_begin(&writer, OBJECT_CONVERT_GRANT, grant, sizeof grant);
    object_put(&writer, FIELD_POLICY_HASH, BYTES_OF(hash));
    object_put_uint(&writer, FIELD_SERIAL, 1);
    object_put_date(&writer, FIELD_DATE, 20260110);
    object_put_date(&writer, FIELD_EXPIRY, terms->expiry);
    object_put(&writer, FIELD_ENTERPRISE, bytes_of_string(terms->enterprise));
    object_put(&writer, FIELD_CONTENT, bytes_of_string(terms->content));
    object_put(&writer, FIELD_DESTINATION, bytes_of_string(terms->converter));
    object_put(&writer, FIELD_WRAPPED_KEY, BYTES_OF(wrapped));
    object_put(&writer, FIELD_ORIGINAL, bytes_of(original, SHA256_SIZE));
    CU_ASSERT_FATAL(object_sign(&writer, &by->signer, &made));
    return made;
}

static void test_derived(void) {
    static const struct grant_terms good = {"ID_0001", "conv-1", "ID_2000", 20260120};
    struct grant_terms terms = good;
    uint8_t original[SHA256_SIZE], stranger[SHA256_SIZE] = {1};
    begin();
    CU_ASSERT_FATAL(seal(100, original));
    plan.original = BYTES_OF(original);
    CU_ASSERT_FATAL(seal(100, NULL)); // a provider seals no derived one
    CU_ASSERT(refuses("grant do not belong"));
    plan.sealer = party(&converter, &apparatus);
    plan.granter = party(&seller, &trade);
    plan.signer = &converter.signer;
    CU_ASSERT_FATAL(seal(100, NULL)); // nor a converter without a grant
    CU_ASSERT(refuses("grant do not belong"));
    plan.grant = granted(&terms, &seller, original);
    CU_ASSERT_FATAL(seal(CONTENT, NULL));
    CU_ASSERT(verifies());
    CU_ASSERT(plays(CONTENT));
    plan.grant = granted(&terms, &seller, stranger);
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("another content, original or converter"));
    terms.converter = "conv-2";
    plan.grant = granted(&terms, &seller, original);
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("another content, original or converter"));
    terms = good;
    terms.expiry = 20260114;
    plan.grant = granted(&terms, &seller, original);
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("days of its grant"));
    terms = good;
    plan.grant = granted(&terms, &other, original); // of the right name, by another enterprise
    plan.granter = party(&other, &trade);
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("another enterprise"));
    plan.grant = granted(&terms, &converter, original); // its own grant
    plan.granter = party(&converter, &apparatus);
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("role"));
}

/// What a converter makes of the original with a seller's grant, each certified by this authority.
static bool derived_seals(const struct sample_party *converts, const struct sample_party *sells,
                          const uint8_t original[SHA256_SIZE]) {
    static const struct grant_terms terms = {"ID_0001", "conv-1", "ID_2000", 20260120};
    plan.original = bytes_of(original, SHA256_SIZE);
    plan.sealer = party(&converter, converts);
    plan.signer = &converter.signer;
    plan.grant = granted(&terms, &seller, original);
    plan.granter = party(&seller, sells);
    return seal(100, NULL);
}

// Everything is as it should be but for the root that somebody's certificate comes from, or for a
// signature that is another's: names and roles are cheap.
static void test_derived_by_strangers(void) {
    struct sample_party strange = {0}, apart = {0};
    uint8_t original[SHA256_SIZE];
    begin();
    CU_ASSERT_FATAL(seal(100, original) && derived_seals(&apparatus, &trade, original));
    CU_ASSERT(verifies());
    certify(&strange, "APPARATUS", ROLE_ISSUING | ROLE_CONVERTER, &foreign_root, NULL);
    certify(&apart, "TRADE", ROLE_ISSUING | ROLE_SELLER, &foreign_root, NULL);
    certify(&converter, "conv-1", ROLE_CONVERTER, &strange, NULL);
    CU_ASSERT_FATAL(derived_seals(&strange, &trade, original)); // a stranger converts
    CU_ASSERT(refuses("certificate is refused"));
    CU_ASSERT_FATAL(derived_seals(&apparatus, &trade, original)); // behind an authority of ours
    CU_ASSERT(refuses("certificate is refused"));
    certify(&converter, "conv-1", ROLE_CONVERTER, &apparatus, NULL);
    certify(&seller, "sell-1", ROLE_SELLER, &apart, "ID_2000");
    CU_ASSERT_FATAL(derived_seals(&apparatus, &apart, original)); // a stranger lent it to ours
    CU_ASSERT(refuses("certificate is refused"));
    certify(&seller, "sell-1", ROLE_SELLER, &trade, "ID_2000");
    certify(&strange, "conv-1", ROLE_CONVERTER, &apparatus, NULL);
    CU_ASSERT_FATAL(derived_seals(&apparatus, &trade, original));
    plan.signer = &strange.signer; // somebody signs behind another's certificate
    CU_ASSERT_FATAL(seal(100, NULL));
    CU_ASSERT(refuses("does not verify"));
}

// ---- any place, and going on -------------------------------------------------------------------

static void test_seeking(void) {
    static const size_t PLACES[] = {9999, 0, 4095, 4096, 8191, 1, 8192, 10000, 20000};
    uint8_t out[4200];
    size_t got;
    begin();
    CU_ASSERT_FATAL(seal(CONTENT, NULL));
    struct container_file *file = open_at(CONTAINER_WHOLE);
    CU_ASSERT_FATAL(file != NULL && container_unlock(file, plan.key, &failure));
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        size_t at = PLACES[i], left = at < CONTENT ? CONTENT - at : 0;
        CU_ASSERT(container_read(file, at, out, sizeof out, &got, &failure));
        CU_ASSERT_EQUAL(got, left < sizeof out ? left : sizeof out);
        CU_ASSERT_EQUAL(memcmp(out, plain + (at < CONTENT ? at : 0), got), 0);
    }
    container_close(file);
}

// Cut anywhere behind the list: the fetch goes on where the last whole chunk ends.
static void test_resuming(void) {
    struct container_form form;
    struct front front;
    begin();
    CU_ASSERT_FATAL(seal(CONTENT, NULL));
    CU_ASSERT_FATAL(front_decode(bytes_of(whole + 16, container_take_head(whole)), &front, &form) ==
                    FRONT_OK);
    size_t first = (size_t)container_chunk_at(&form, 0), wrong = 0;
    for (size_t size = whole_size; size >= first; size--) {
        CU_ASSERT_FATAL(truncate(path, (off_t)size) == 0);
        struct container_file *file = open_at(CONTAINER_PART);
        CU_ASSERT_FATAL(file != NULL);
        size_t at = (size_t)container_resume_at(file);
        container_close(file);
        size_t part = size - first;
        wrong += at != (size == whole_size ? size : first + part / 4112 * 4112);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    whole[first + 4112] ^= 1; // what was fetched wrong is fetched again
    put_back(bytes_of(whole, whole_size));
    struct container_file *file = open_at(CONTAINER_PART);
    CU_ASSERT_FATAL(file != NULL);
    CU_ASSERT_EQUAL(container_resume_at(file), first + 4112);
    container_close(file);
}

static const struct suite_test tests[] = {
    {"what is sealed opens with its key alone, at every size, by every algorithm",
     test_sizes_and_algorithms, "S07a M16"},
    {"no two sealings have anything in common", test_sealings_differ, NULL},
    {"every altered octet is refused", test_every_octet, "S07b S21"},
    {"every shorter file is refused, and every longer one", test_every_length, "S07b S21"},
    {"swapped chunks are refused", test_swapped_chunks, "S07b S21"},
    {"parts of another container are refused", test_swapped_fronts, "S07b S21"},
    {"a swapped policy is refused", test_swapped_policy, "S07b S21"},
    {"only certified, unrevoked signers of the right role count", test_signers, "S08"},
    {"a container is judged on the day of its sealing", test_days, NULL},
    {"a converter seals by a grant of the policy's enterprise only", test_derived, NULL},
    {"a stranger's derived container is refused", test_derived_by_strangers, NULL},
    {"any place can be read", test_seeking, NULL},
    {"a fetch goes on after the last whole chunk", test_resuming, NULL},
};

int main(int argc, char **argv) {
    if (mkdtemp(directory) == NULL || (crypto = crypto_openssl_new()) == NULL)
        return 2;
    snprintf(path, sizeof path, "%s/c", directory);
    int code = suite_main("test-container", tests, sizeof tests / sizeof tests[0], argc, argv);
    crypto_openssl_free(crypto);
    unlink(path);
    rmdir(directory);
    return code;
}
