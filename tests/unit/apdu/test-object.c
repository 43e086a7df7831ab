// SPDX-License-Identifier: Apache-2.0
// Signed objects: every type in its smallest, a typical and its largest form. All damage is done
// under a good signature where the decoder must refuse, and by flipped bits where decoder and
// signature together must.
#include "apdu/command/purse.h"
#include "apdu/object/certificate.h"
#include "apdu/object/object_rules.h"
#include "tests/kit/objects.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static struct crypto *crypto;
static struct signer signer;
static struct signer_scalar scalar;
static uint8_t buffer[SAMPLE_OBJECT_MAX], second[SAMPLE_OBJECT_MAX];
static struct sample_body body;

static struct bytes assemble(void) {
    return sample_assemble(&body, &signer, buffer, sizeof buffer);
}

static bool accepted(enum object_type type) {
    struct object object;
    return object_decode_as(type, assemble(), &object) &&
           object_verify(&object, crypto, signer.point);
}

static const char *context; // what a failing loop was at

#define CHECK_AT(condition)                                                                        \
    do {                                                                                           \
        bool holds_ = (condition);                                                                 \
        if (!holds_)                                                                               \
            fprintf(stderr, "at %s: %s\n", context, #condition);                                   \
        CU_ASSERT(holds_);                                                                         \
    } while (0)

// ---- tables --------------------------------------------------------------------------------

static void test_tables(void) {
    for (size_t i = 0; i < FIELD_COUNT; i++)
        for (size_t j = 0; j < i; j++) {
            CU_ASSERT_NOT_EQUAL(field_specs[i].tag, field_specs[j].tag);
            CU_ASSERT_NOT_EQUAL(strcmp(field_specs[i].word, field_specs[j].word), 0);
        }
    for (size_t i = 0; i < object_schema_count; i++) {
        const struct object_schema *schema = &object_schemas[i];
        context = schema->word;
        CHECK_AT(schema == object_schema(schema->type));
        for (size_t row = 1; row < schema->field_count; row++)
            CHECK_AT(schema->fields[row - 1].field < schema->fields[row].field);
        CHECK_AT(schema->fields[0].field > FIELD_TYPE && schema->maker_roles != 0);
    }
    CU_ASSERT_PTR_NULL(object_schema(0));
    enum {
        MONEY = OBJECT_RELEASE,
        TICKETS = OBJECT_POLICY - OBJECT_TICKET_HEADER + 1,
        TRUST = OBJECT_REFUSAL_LIST - OBJECT_POLICY,
    };
    CU_ASSERT_EQUAL(object_schema_count, MONEY + TICKETS + TRUST);
}

// ---- every type ----------------------------------------------------------------------------

// Decodes and writes again with the object writer: the same octets, signature included.
static void check_rewrite(struct bytes whole, enum object_type type) {
    struct object object;
    struct object_writer writer;
    struct bytes again;
    CHECK_AT(object_decode_as(type, whole, &object));
    CHECK_AT(object_verify(&object, crypto, signer.point));
    object_begin(&writer, type, second, sizeof second);
    for (size_t field = FIELD_TYPE + 1; field < FIELD_COUNT; field++)
        object_copy(&writer, (enum field)field, &object);
    CHECK_AT(object_sign(&writer, &signer, &again));
    CHECK_AT(bytes_equal(whole, again));
}

static void test_round_trip(void) {
    for (size_t i = 0; i < object_schema_count; i++)
        for (int size = SAMPLE_SMALLEST; size <= SAMPLE_LARGEST; size++) {
            context = object_schemas[i].word;
            enum object_type type = object_schemas[i].type;
            check_rewrite(sample_object(type, (enum sample)size, &signer, buffer, sizeof buffer),
                          type);
        }
}

static void test_truncation(void) {
    struct object object;
    for (size_t i = 0; i < object_schema_count; i++) {
        context = object_schemas[i].word;
        struct bytes whole =
            sample_object(object_schemas[i].type, SAMPLE_TYPICAL, &signer, buffer, sizeof buffer);
        for (size_t cut = 0; cut < whole.size; cut++)
            CHECK_AT(!object_decode(bytes_of(whole.data, cut), &object));
        CHECK_AT(object_decode(bytes_of(whole.data, whole.size + 1), &object));
        CHECK_AT(object.whole.size == whole.size);
        CHECK_AT(!object_decode_as(object_schemas[i].type, bytes_of(whole.data, whole.size + 1),
                                   &object));
    }
}

static size_t flip_every_bit(enum object_type type, enum sample size) {
    struct object object;
    struct bytes whole = sample_object(type, size, &signer, buffer, sizeof buffer);
    size_t survivors = 0;
    for (size_t bit = 0; bit < whole.size * 8; bit++) {
        buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
        survivors +=
            object_decode_as(type, whole, &object) && object_verify(&object, crypto, signer.point);
        buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK_AT(object_decode_as(type, whole, &object));
    return survivors;
}

static void test_flipped_bits(void) {
    for (size_t i = 0; i < object_schema_count; i++) {
        context = object_schemas[i].word;
        CHECK_AT(flip_every_bit(object_schemas[i].type, SAMPLE_SMALLEST) == 0);
        CHECK_AT(flip_every_bit(object_schemas[i].type, SAMPLE_TYPICAL) == 0);
    }
}

static void test_foreign_key(void) {
    struct object object;
    struct signer other;
    struct signer_scalar other_scalar;
    sample_signer(crypto, &other, &other_scalar);
    struct bytes whole =
        sample_object(OBJECT_USAGE_LOG, SAMPLE_TYPICAL, &other, buffer, sizeof buffer);
    CU_ASSERT(object_decode_as(OBJECT_USAGE_LOG, whole, &object));
    CU_ASSERT(object_verify(&object, crypto, other.point));
    CU_ASSERT_FALSE(object_verify(&object, crypto, signer.point));
    CU_ASSERT_FALSE(object_decode_as(OBJECT_RECEIVE_LOG, whole, &object));
}

// ---- damage under a good signature ---------------------------------------------------------

static void remove_item(size_t at) {
    body.count--;
    memmove(&body.items[at], &body.items[at + 1], (body.count - at) * sizeof body.items[0]);
}

static void insert_item(size_t at, struct sample_item item) {
    memmove(&body.items[at + 1], &body.items[at], (body.count - at) * sizeof body.items[0]);
    body.items[at] = item;
    body.count++;
}

static void test_missing_field(void) {
    for (size_t i = 0; i < object_schema_count; i++) {
        const struct object_schema *schema = &object_schemas[i];
        sample_fill(&body, schema->type, SAMPLE_SMALLEST);
        size_t count = body.count;
        context = schema->word;
        CHECK_AT(accepted(schema->type));
        for (size_t at = 0; at < count; at++) {
            sample_fill(&body, schema->type, SAMPLE_SMALLEST);
            remove_item(at);
            CHECK_AT(!accepted(schema->type)); // the smallest form has nothing to spare
        }
    }
}

static void test_duplicate_field(void) {
    for (size_t i = 0; i < object_schema_count; i++) {
        sample_fill(&body, object_schemas[i].type, SAMPLE_TYPICAL);
        size_t count = body.count;
        context = object_schemas[i].word;
        for (size_t at = 0; at < count; at++) {
            sample_fill(&body, object_schemas[i].type, SAMPLE_TYPICAL);
            insert_item(at, body.items[at]);
            CHECK_AT(!accepted(object_schemas[i].type));
        }
    }
}

static void test_misordered_fields(void) {
    for (size_t i = 0; i < object_schema_count; i++) {
        sample_fill(&body, object_schemas[i].type, SAMPLE_TYPICAL);
        size_t count = body.count;
        context = object_schemas[i].word;
        for (size_t at = 0; at + 1 < count; at++) {
            sample_fill(&body, object_schemas[i].type, SAMPLE_TYPICAL);
            struct sample_item item = body.items[at];
            remove_item(at);
            insert_item(at + 1, item);
            CHECK_AT(!accepted(object_schemas[i].type));
        }
    }
}

static bool schema_has(const struct object_schema *schema, size_t field) {
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].field == field)
            return true;
    return false;
}

// At every place: a tag nobody knows, and every known field that this type does not have.
static void test_unknown_field(void) {
    static uint8_t spare[2048];
    for (size_t i = 0; i < object_schema_count; i++) {
        const struct object_schema *schema = &object_schemas[i];
        context = schema->word;
        for (size_t field = FIELD_TYPE + 1; field <= FIELD_COUNT; field++) {
            bool unknown = field == FIELD_COUNT;
            if (!unknown && schema_has(schema, field))
                continue;
            struct sample_item item = {
                unknown ? 0x9F7D : field_specs[field].tag,
                bytes_of(memset(spare, 1, sizeof spare), unknown ? 1 : field_specs[field].min)};
            size_t count = body.count;
            for (size_t at = 0; at <= count; at++) {
                sample_fill(&body, schema->type, SAMPLE_SMALLEST);
                count = body.count;
                insert_item(at, item);
                CHECK_AT(!accepted(schema->type));
            }
        }
    }
}

static void test_unknown_type_and_version(void) {
    struct object object;
    uint8_t lead[2] = {OBJECT_USAGE_LOG, OBJECT_VERSION + 1};
    sample_fill(&body, OBJECT_USAGE_LOG, SAMPLE_TYPICAL);
    body.items[0].value = BYTES_OF(lead);
    CU_ASSERT_FALSE(object_decode(assemble(), &object));
    lead[1] = OBJECT_VERSION;
    CU_ASSERT(object_decode(assemble(), &object));
    lead[0] = 0x7F;
    CU_ASSERT_FALSE(object_decode(assemble(), &object));
    lead[0] = OBJECT_RECEIVE_LOG;
    CU_ASSERT_FALSE(object_decode(assemble(), &object));
}

// The second spelling of a length: 81 xx below 80, 82 00 xx.
static void test_lengths_in_shortest_form(void) {
    struct object object;
    struct bytes whole =
        sample_object(OBJECT_RECEIVE_LOG, SAMPLE_TYPICAL, &signer, buffer, sizeof buffer);
    CU_ASSERT_FATAL(buffer[1] < 0x80);
    memmove(second + 2, buffer + 1, whole.size - 1);
    second[0] = buffer[0];
    second[1] = 0x81;
    CU_ASSERT_FALSE(object_decode(bytes_of(second, whole.size + 1), &object));
    struct tlv inner;
    struct bytes lenient = bytes_of(second, whole.size + 1);
    CU_ASSERT(tlv_next(&lenient, &inner)); // well formed otherwise
}

// ---- values --------------------------------------------------------------------------------

static bool takes(enum object_type type, enum field field, const void *data, size_t size) {
    sample_fill(&body, type, SAMPLE_TYPICAL);
    sample_set(&body, field, bytes_of(data, size));
    return accepted(type);
}

static void test_value_forms(void) {
    CU_ASSERT(takes(OBJECT_REFUND, FIELD_AMOUNT, "\x00", 1)); // 0 is a form; the purse refuses it
    CU_ASSERT_FALSE(takes(OBJECT_REFUND, FIELD_AMOUNT, "\x00\x01", 2));
    CU_ASSERT_FALSE(takes(OBJECT_REFUND, FIELD_AMOUNT, "", 0));
    CU_ASSERT_FALSE(takes(OBJECT_REFUND, FIELD_AMOUNT, "\x01\0\0\0\0\0\0\0\0", 9));
    CU_ASSERT(takes(OBJECT_REFUND, FIELD_AMOUNT, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8));
    CU_ASSERT(takes(OBJECT_REFUND, FIELD_PURSE, "W~!", 3));
    CU_ASSERT_FALSE(takes(OBJECT_REFUND, FIELD_PURSE, "W 1", 3));
    CU_ASSERT_FALSE(takes(OBJECT_REFUND, FIELD_PURSE, "W\x7F", 2));
    CU_ASSERT_FALSE(takes(OBJECT_REFUND, FIELD_PURSE, "W\xC3", 2));
    CU_ASSERT_FALSE(takes(OBJECT_REFUND, FIELD_PURSE, "1234567890123", 13));
    CU_ASSERT_FALSE(takes(OBJECT_REFUND, FIELD_UNIT, "\x01", 1));
    CU_ASSERT(takes(OBJECT_REFUND, FIELD_DATE, "\x20\x24\x02\x29", 4));
    CU_ASSERT_FALSE(takes(OBJECT_REFUND, FIELD_DATE, "\x20\x25\x02\x29", 4));
    CU_ASSERT_FALSE(takes(OBJECT_REFUND, FIELD_DATE, "\x20\x25\x0A\x01", 4));
    CU_ASSERT_FALSE(takes(OBJECT_REFUND, FIELD_DATE, "\x20\x25\x13\x01", 4));
}

static void test_list_forms(void) {
    CU_ASSERT(takes(OBJECT_ACKNOWLEDGEMENT, FIELD_COUNTERS, "", 0));
    CU_ASSERT(takes(OBJECT_ACKNOWLEDGEMENT, FIELD_COUNTERS, "\0\0\0\1\0\0\0\2", 8));
    CU_ASSERT_FALSE(takes(OBJECT_ACKNOWLEDGEMENT, FIELD_COUNTERS, "\0\0\0\2\0\0\0\1", 8));
    CU_ASSERT_FALSE(takes(OBJECT_ACKNOWLEDGEMENT, FIELD_COUNTERS, "\0\0\0\2\0\0\0\2", 8));
    CU_ASSERT_FALSE(takes(OBJECT_ACKNOWLEDGEMENT, FIELD_COUNTERS, "\0\0\0\2\0", 5));
    CU_ASSERT_FALSE(takes(OBJECT_CERTIFICATE_REQUEST, FIELD_SIGNING_KEY,
                          "\x04                                ", 33));
}

static void test_batch_outcomes(void) {
    // typical: 16 numbers, two octets
    CU_ASSERT(takes(OBJECT_BATCH, FIELD_OUTCOMES, "\xFF\x00", 2));
    CU_ASSERT_FALSE(takes(OBJECT_BATCH, FIELD_OUTCOMES, "\xFF\x00\x00", 3));
    CU_ASSERT_FALSE(takes(OBJECT_BATCH, FIELD_OUTCOMES, "\xFF", 1));
    // 15 numbers: FFFF has one bit too many
    CU_ASSERT_FALSE(takes(OBJECT_BATCH, FIELD_FIRST_N, "\x01\x00\x01", 3));
    CU_ASSERT_FALSE(takes(OBJECT_BATCH, FIELD_FIRST_N, "\x01\x00\x10", 3)); // behind the last
}

static void test_batch_without_numbers(void) {
    sample_fill(&body, OBJECT_BATCH, SAMPLE_SMALLEST);
    sample_set(&body, FIELD_LAST_N, bytes_of("\0", 1));
    sample_set(&body, FIELD_OUTCOMES, bytes_of("", 0));
    CU_ASSERT(accepted(OBJECT_BATCH)); // first 1, last 0
    sample_set(&body, FIELD_FIRST_N, bytes_of("\2", 1));
    CU_ASSERT_FALSE(accepted(OBJECT_BATCH)); // first 2, last 0
}

static void test_batch_unused_bits(void) {
    sample_fill(&body, OBJECT_BATCH, SAMPLE_SMALLEST); // n 1..8
    sample_set(&body, FIELD_LAST_N, bytes_of("\x05", 1));
    CU_ASSERT_FALSE(accepted(OBJECT_BATCH)); // FF has three bits too many
    sample_set(&body, FIELD_OUTCOMES, bytes_of("\xF8", 1));
    CU_ASSERT(accepted(OBJECT_BATCH));
}

static void test_issue_log_ids(void) {
    sample_fill(&body, OBJECT_ISSUE_LOG, SAMPLE_TYPICAL);
    CU_ASSERT(accepted(OBJECT_ISSUE_LOG)); // device and user
    sample_drop(&body, FIELD_DEVICE);
    CU_ASSERT(accepted(OBJECT_ISSUE_LOG)); // user only
    sample_drop(&body, FIELD_USER);
    CU_ASSERT_FALSE(accepted(OBJECT_ISSUE_LOG));
    sample_fill(&body, OBJECT_ISSUE_LOG, SAMPLE_TYPICAL);
    sample_drop(&body, FIELD_USER);
    CU_ASSERT(accepted(OBJECT_ISSUE_LOG)); // device only
    sample_drop(&body, FIELD_ALLOWANCE);
    CU_ASSERT_FALSE(accepted(OBJECT_ISSUE_LOG));
}

static void check_needed(enum object_type type, const enum field *fields, size_t count) {
    for (size_t i = 0; i < count; i++) {
        sample_fill(&body, type, SAMPLE_TYPICAL);
        CU_ASSERT(accepted(type));
        sample_drop(&body, fields[i]);
        CU_ASSERT_FALSE(accepted(type));
    }
}

// The issue log information is serial with revision; half of it is refused, none of it means value
// that came without an issue log. Fee and receiver of the fee always stand there.
static void test_usage_log_says(void) {
    static const enum field NEEDED[] = {FIELD_SERIAL, FIELD_REVISION, FIELD_AMOUNT,
                                        FIELD_UNIT,   FIELD_PAYEE,    FIELD_PAYER};
    check_needed(OBJECT_USAGE_LOG, NEEDED, sizeof NEEDED / sizeof NEEDED[0]);
    sample_fill(&body, OBJECT_USAGE_LOG, SAMPLE_TYPICAL);
    sample_drop(&body, FIELD_SERIAL);
    sample_drop(&body, FIELD_REVISION);
    CU_ASSERT(accepted(OBJECT_USAGE_LOG));
}

static void test_receive_log_says(void) {
    static const enum field NEEDED[] = {FIELD_LOG_HASH, FIELD_PAYER, FIELD_PAYEE, FIELD_N};
    check_needed(OBJECT_RECEIVE_LOG, NEEDED, sizeof NEEDED / sizeof NEEDED[0]);
}

static void test_redeemed_is_never_zero(void) {
    CU_ASSERT(takes(OBJECT_USAGE_LOG, FIELD_REDEEMED, "\x01", 1));
    CU_ASSERT_FALSE(takes(OBJECT_USAGE_LOG, FIELD_REDEEMED, "\x00", 1));
}

// ---- terms ---------------------------------------------------------------------------------

static void terms_of(enum object_type type, uint8_t digest[SHA256_SIZE]) {
    struct object object;
    struct bytes whole = assemble();
    CU_ASSERT(object_decode_as(type, whole, &object));
    CU_ASSERT(object_terms_digest(&object, crypto, digest));
}

static void test_terms_digest(void) {
    static const enum field TERMS[] = {FIELD_PAYEE, FIELD_N,         FIELD_PAYER,      FIELD_AMOUNT,
                                       FIELD_UNIT,  FIELD_REFERENCE, FIELD_POLICY_HASH};
    uint8_t request[SHA256_SIZE], other[SHA256_SIZE];
    sample_fill(&body, OBJECT_PAYMENT_REQUEST, SAMPLE_TYPICAL);
    terms_of(OBJECT_PAYMENT_REQUEST, request);
    sample_fill(&body, OBJECT_USAGE_LOG, SAMPLE_TYPICAL);
    terms_of(OBJECT_USAGE_LOG, other);
    CU_ASSERT(memcmp(request, other, SHA256_SIZE) == 0);
    for (size_t at = 1; at < 10; at++) { // every field of a request in turn
        sample_fill(&body, OBJECT_PAYMENT_REQUEST, SAMPLE_TYPICAL);
        uint8_t *octet = body.store + (body.items[at].value.data - body.store);
        octet[0] ^= 1;
        bool is_term = false;
        for (size_t i = 0; i < sizeof TERMS / sizeof TERMS[0]; i++)
            is_term |= field_specs[TERMS[i]].tag == body.items[at].tag;
        terms_of(OBJECT_PAYMENT_REQUEST, other);
        CU_ASSERT_EQUAL(memcmp(request, other, SHA256_SIZE) != 0, is_term);
    }
    struct object object;
    CU_ASSERT(object_decode(
        sample_object(OBJECT_VOID, SAMPLE_TYPICAL, &signer, buffer, sizeof buffer), &object));
    CU_ASSERT_FALSE(object_terms_digest(&object, crypto, other));
}

// ---- writer --------------------------------------------------------------------------------

static void begin_void(struct object_writer *writer, size_t capacity) {
    object_begin(writer, OBJECT_VOID, buffer, capacity);
    object_put(writer, FIELD_PAYEE, bytes_of_string("TILL-1"));
    object_put_uint(writer, FIELD_N, 7);
    object_put(writer, FIELD_PAYER, bytes_of_string("WALLET-1"));
}

static void test_writer_misuse(void) {
    struct object_writer writer;
    struct bytes whole;
    uint8_t hash[SHA256_SIZE] = {1};
    begin_void(&writer, sizeof buffer);
    CU_ASSERT_FALSE(object_sign(&writer, &signer, &whole)); // hash is missing
    begin_void(&writer, sizeof buffer);
    object_put(&writer, FIELD_REQUEST_HASH, BYTES_OF(hash));
    CU_ASSERT(object_sign(&writer, &signer, &whole));
    size_t needed = whole.size;
    CU_ASSERT_FALSE(object_sign(&writer, &signer, &whole)); // not twice
    begin_void(&writer, sizeof buffer);
    object_put_uint(&writer, FIELD_N, 8); // behind already
    object_put(&writer, FIELD_REQUEST_HASH, BYTES_OF(hash));
    CU_ASSERT_FALSE(object_sign(&writer, &signer, &whole));
    begin_void(&writer, sizeof buffer);
    object_put(&writer, FIELD_REQUEST_HASH, bytes_of(hash, 31)); // out of range
    CU_ASSERT_FALSE(object_sign(&writer, &signer, &whole));
    for (size_t capacity = 0; capacity <= needed; capacity++) {
        begin_void(&writer, capacity);
        object_put(&writer, FIELD_REQUEST_HASH, BYTES_OF(hash));
        CU_ASSERT_EQUAL(object_sign(&writer, &signer, &whole), capacity == needed);
    }
    object_begin(&writer, 0x55, buffer, sizeof buffer);
    CU_ASSERT_FALSE(object_sign(&writer, &signer, &whole)); // no such type
}

static bool sign_refused(const struct signer *unused, struct bytes message,
                         uint8_t signature[ECDSA_SIZE]) {
    (void)unused, (void)message;
    memset(signature, 0, ECDSA_SIZE);
    return false;
}

static void test_writer_reads_back(void) {
    struct object_writer writer;
    struct object object;
    struct bytes whole;
    struct signer absent = {.sign = sign_refused};
    for (int good = 0; good < 2; good++) {
        object_begin(&writer, OBJECT_REFUND, buffer, sizeof buffer);
        object_put_uint(&writer, FIELD_AMOUNT, 123456789012);
        object_put_unit(&writer, 392);
        object_put_uint(&writer, FIELD_STATE_NUMBER, 0);
        object_put(&writer, FIELD_CENTER, bytes_of_string("CENTER-1"));
        object_put(&writer, FIELD_PURSE, bytes_of_string("TILL-1"));
        object_put_date(&writer, FIELD_DATE, 20260228);
        CU_ASSERT_EQUAL(object_sign(&writer, good ? &signer : &absent, &whole), good);
    }
    CU_ASSERT_FATAL(object_decode_as(OBJECT_REFUND, whole, &object));
    CU_ASSERT_EQUAL(object_uint(&object, FIELD_AMOUNT), 123456789012);
    CU_ASSERT_EQUAL(object_unit(&object), 392);
    CU_ASSERT_EQUAL(object_uint(&object, FIELD_STATE_NUMBER), 0);
    CU_ASSERT(object_has(&object, FIELD_STATE_NUMBER));
    CU_ASSERT_EQUAL(object_date(&object, FIELD_DATE), 20260228);
    CU_ASSERT_FALSE(object_has(&object, FIELD_EXPIRY));
    CU_ASSERT_EQUAL(object_date(&object, FIELD_EXPIRY), 0);
}

// ---- sizes ---------------------------------------------------------------------------------

static size_t size_of(enum object_type type, enum sample size) {
    return sample_object(type, size, &signer, buffer, sizeof buffer).size;
}

static void test_sizes_on_the_air(void) {
    size_t log = size_of(OBJECT_USAGE_LOG, SAMPLE_LARGEST);
    size_t request = size_of(OBJECT_PAYMENT_REQUEST, SAMPLE_LARGEST);
    size_t receipt = size_of(OBJECT_RECEIVE_LOG, SAMPLE_LARGEST);
    for (size_t i = 0; i < object_schema_count; i++)
        printf("    %-20s smallest %4zu  typical %4zu  largest %4zu octets\n",
               object_schemas[i].word, size_of(object_schemas[i].type, SAMPLE_SMALLEST),
               size_of(object_schemas[i].type, SAMPLE_TYPICAL),
               size_of(object_schemas[i].type, SAMPLE_LARGEST));
    CU_ASSERT(log <= 255); // answer of DEBIT and data of CREDIT, both short
    CU_ASSERT(request <= 255 && receipt <= 255);
    CU_ASSERT(size_of(OBJECT_VOID, SAMPLE_LARGEST) <= 255);
    CU_ASSERT(size_of(OBJECT_ISSUE_LOG, SAMPLE_LARGEST) <= 2048);
}

// Cuts every integer of money to this many octets.
static size_t size_with_money(enum object_type type, size_t octets) {
    static const enum field MONEY[] = {FIELD_AMOUNT,     FIELD_ISSUED, FIELD_LOADED,
                                       FIELD_RECREDITED, FIELD_SPENT,  FIELD_REDEEMED};
    sample_fill(&body, type, SAMPLE_LARGEST);
    for (size_t i = 0; i < body.count; i++)
        for (size_t m = 0; m < sizeof MONEY / sizeof MONEY[0]; m++)
            if (body.items[i].tag == field_specs[MONEY[m]].tag)
                body.items[i].value.size = octets;
    return assemble().size;
}

// SELECT, DEBIT, RATIFY with everything at its longest but money, which ends at 2^40 minor units.
static void test_air_budget(void) {
    // AID 84, own id, certificate digest, challenge, counter, unratified count, last transaction
    size_t fci = 2 + 2 + AID_TESSERA_SIZE + 2 + 14 + 18 + 18 + 6 + 4 + 11;
    size_t select = 5 + AID_TESSERA_SIZE + 1 + fci + 2;
    size_t debit = 5 + size_with_money(OBJECT_PAYMENT_REQUEST, 5) + 1 +
                   size_with_money(OBJECT_USAGE_LOG, 5) + 2;
    size_t ratify = 5 + size_of(OBJECT_RECEIVE_LOG, SAMPLE_LARGEST) + 2;
    size_t exchange = 5 + 233 + 1 + 233 + 2;
    printf("    tap %zu octets, first meeting %zu\n", select + debit + ratify,
           select + exchange + debit + ratify);
    CU_ASSERT(select + debit + ratify <= 700);
    CU_ASSERT(select + exchange + debit + ratify <= 1200);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"field tags unique, schemas in ascending field order", test_tables, NULL},
        {"every type decodes and rewrites to the same octets", test_round_trip, NULL},
        {"every truncation refused", test_truncation, NULL},
        {"flipped bit at every position of every type refused", test_flipped_bits,
         "S02b S03b S05b"},
        {"foreign key and wrong type refused", test_foreign_key, NULL},
        {"missing field refused", test_missing_field, NULL},
        {"duplicate field refused", test_duplicate_field, NULL},
        {"misordered fields refused", test_misordered_fields, NULL},
        {"unknown field refused", test_unknown_field, NULL},
        {"unknown type and version refused", test_unknown_type_and_version, NULL},
        {"lengths in shortest form only", test_lengths_in_shortest_form, NULL},
        {"integers, ids and dates in their only form", test_value_forms, NULL},
        {"lists ascend and have whole rows", test_list_forms, NULL},
        {"batch outcomes fit the range", test_batch_outcomes, NULL},
        {"batch outcomes: unused bits are 0", test_batch_unused_bits, NULL},
        {"a batch may list no number", test_batch_without_numbers, NULL},
        {"issue log with device, user or both; neither refused", test_issue_log_ids, "S09"},
        {"usage log says issue log, fee and receiver", test_usage_log_says, "S10"},
        {"receive log says usage log and payer", test_receive_log_says, "S11"},
        {"redeemed stands only when not 0", test_redeemed_is_never_zero, NULL},
        {"terms digest: request and usage log agree", test_terms_digest, NULL},
        {"writer refuses misuse and short buffers", test_writer_misuse, NULL},
        {"written values read back", test_writer_reads_back, NULL},
        {"objects of a tap fit short APDUs", test_sizes_on_the_air, NULL},
        {"a tap at its longest keeps the air budget", test_air_budget, NULL},
    };
    crypto = crypto_openssl_new_seeded(2);
    if (crypto == NULL)
        return 2;
    sample_signer(crypto, &signer, &scalar);
    int code = suite_main("test-object", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
    crypto_openssl_free(crypto);
    return code;
}
