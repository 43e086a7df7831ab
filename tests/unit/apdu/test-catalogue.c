// SPDX-License-Identifier: Apache-2.0
// The command catalogue holds together: unambiguous headers, lawful instructions, lengths that
// follow from the objects and fields, known refusals, secrets flagged.
#include "apdu/command/applets/isd_commands.h"
#include "apdu/command/applets/os_commands.h"
#include "apdu/command/applets/purse_commands.h"
#include "apdu/command/catalogue.h"
#include "apdu/command/perso.h"
#include "apdu/object/object.h"
#include "tests/kit/objects.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static struct crypto *crypto;
static struct signer signer;
static struct signer_scalar scalar;

#define CHECK_ROW(row, condition)                                                                  \
    do {                                                                                           \
        bool holds_ = (condition);                                                                 \
        if (!holds_)                                                                               \
            fprintf(stderr, "%s: %s\n", (row)->name, #condition);                                  \
        CU_ASSERT(holds_);                                                                         \
    } while (0)

static void test_rows(void) {
    for (size_t i = 0; i < catalogue_size(); i++) {
        const struct catalogue_command *row = catalogue_at(i);
        CU_ASSERT_FATAL(row->name != NULL && row->applet != NULL);
        size_t applet = strlen(row->applet);
        CHECK_ROW(row, catalogue_index(row) == i);
        CHECK_ROW(row, strncmp(row->name, row->applet, applet) == 0 && row->name[applet] == '.');
        CHECK_ROW(row, row->title != NULL && row->answer != NULL && row->clause != NULL);
        CHECK_ROW(row, row->interfaces != 0 && (row->interfaces & ~OVER_ANY) == 0);
        CHECK_ROW(row, row->cases != 0);
        CHECK_ROW(row, (row->p1 & ~row->p1_mask) == 0 && (row->p2 & ~row->p2_mask) == 0);
        CHECK_ROW(row, catalogue_find_name(row->name) == row);
    }
    CU_ASSERT_PTR_NULL(catalogue_find_name("purse.mint"));
}

// ISO/IEC 7816-4 5.1.2: 6X and 9X are no instructions, the lowest bit marks BER-TLV data fields,
// which only the PIV card edge has; the chaining bit of the class is free for chaining.
static void test_lawful_headers(void) {
    for (size_t i = 0; i < catalogue_size(); i++) {
        const struct catalogue_command *row = catalogue_at(i);
        CHECK_ROW(row, row->ins >> 4 != 0x6 && row->ins >> 4 != 0x9);
        CHECK_ROW(row, (row->ins & 1) == 0 || strcmp(row->applet, "piv") == 0);
        CHECK_ROW(row, row->cla == 0xFF || (row->cla & APDU_CLA_CHAINING) == 0);
    }
}

static bool same_space(const struct catalogue_command *a, const struct catalogue_command *b) {
    return strcmp(a->applet, b->applet) == 0 || strcmp(a->applet, "os") == 0 ||
           strcmp(b->applet, "os") == 0;
}

static bool overlap(const struct catalogue_command *a, const struct catalogue_command *b) {
    return a->cla == b->cla && a->ins == b->ins &&
           ((a->p1 ^ b->p1) & a->p1_mask & b->p1_mask) == 0 &&
           ((a->p2 ^ b->p2) & a->p2_mask & b->p2_mask) == 0;
}

static void test_no_conflicts(void) {
    for (size_t i = 0; i < catalogue_size(); i++)
        for (size_t j = 0; j < i; j++)
            CHECK_ROW(catalogue_at(i), !same_space(catalogue_at(i), catalogue_at(j)) ||
                                           !overlap(catalogue_at(i), catalogue_at(j)));
}

// Every header of an applet's space finds at most the row that describes it.
static void test_find(void) {
    static const char *const APPLETS[] = {"purse", "isd"};
    size_t found = 0;
    for (size_t applet = 0; applet < 2; applet++)
        for (unsigned head = 0; head < 0x10000; head++) {
            const struct catalogue_command *row =
                catalogue_find(APPLETS[applet], (uint8_t)(head >> 8), (uint8_t)head, 0x00, 0x80);
            if (row == NULL)
                continue;
            found++;
            CHECK_ROW(row, row->cla == head >> 8 && row->ins == (head & 0xFF));
            CHECK_ROW(row, strcmp(row->applet, APPLETS[applet]) == 0);
        }
    CU_ASSERT_EQUAL(found, 3 + 3 + 6); // PIN commands, rows with free P1 P2 in purse and ISD
    CU_ASSERT_PTR_EQUAL(catalogue_find("purse", 0x80, 0x14, 0, 0),
                        &purse_commands[COMMAND_PURSE_DEBIT]);
    CU_ASSERT_PTR_NULL(catalogue_find("purse", 0x80, 0x14, 0, 1));
    CU_ASSERT_PTR_NULL(catalogue_find("isd", 0x80, 0x14, 0, 0));
    CU_ASSERT_PTR_EQUAL(catalogue_find("isd", 0x00, 0xA4, 4, 0x0C), &os_commands[COMMAND_SELECT]);
    CU_ASSERT_PTR_NULL(catalogue_find("isd", 0x00, 0xA4, 4, 0x01));
    CU_ASSERT_PTR_EQUAL(catalogue_find("purse", 0xFF, 0xCA, 0, 0), &os_commands[COMMAND_GET_UID]);
}

static const struct field_spec *field_of(tlv_tag tag) {
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (field_specs[i].tag == tag)
            return &field_specs[i];
    return NULL;
}

struct span {
    size_t min, max;
};

static struct span span_of(const struct catalogue_command *row,
                           const struct catalogue_parameter *parameter) {
    uint8_t buffer[SAMPLE_OBJECT_MAX];
    if (parameter->kind == PARAMETER_OBJECT) {
        enum object_type type = (enum object_type)parameter->object;
        CHECK_ROW(row, strcmp(object_schema(type)->word, parameter->name) == 0);
        size_t least = sample_object(type, SAMPLE_SMALLEST, &signer, buffer, sizeof buffer).size;
        return (struct span){
            parameter->optional ? 0 : least,
            sample_object(type, SAMPLE_LARGEST, &signer, buffer, sizeof buffer).size};
    }
    const struct field_spec *field = field_of(parameter->tag);
    CU_ASSERT_FATAL(field != NULL);
    CHECK_ROW(row, strcmp(field->word, parameter->name) == 0);
    size_t head = bytes_be_size(field->tag) + 1;
    return (struct span){parameter->optional ? 0 : head + field->min, head + field->max};
}

static void test_lengths_follow_from_parameters(void) {
    for (size_t i = 0; i < catalogue_size(); i++) {
        const struct catalogue_command *row = catalogue_at(i);
        bool with_data = (row->cases & (CASE_3 | CASE_4)) != 0;
        CHECK_ROW(row, with_data == (row->parameter_count > 0) && with_data == (row->lc_max > 0));
        CHECK_ROW(row, row->lc_min <= row->lc_max && row->lc_max <= 2048);
        if (!with_data || row->parameters[0].kind == PARAMETER_RAW)
            continue;
        struct span sum = {0, 0};
        for (size_t p = 0; p < row->parameter_count; p++) {
            struct span span = span_of(row, &row->parameters[p]);
            sum = (struct span){sum.min + span.min, sum.max + span.max};
        }
        CHECK_ROW(row, row->lc_min == sum.min && row->lc_max == sum.max);
    }
}

// Fields of command data stand in the order of enum field, as in objects; objects before them.
static void test_fields_in_order(void) {
    for (size_t i = 0; i < catalogue_size(); i++)
        for (size_t p = 1; p < catalogue_at(i)->parameter_count; p++) {
            const struct catalogue_parameter *now = &catalogue_at(i)->parameters[p];
            if (now->kind == PARAMETER_TLV_FIELD)
                CHECK_ROW(catalogue_at(i), field_of((now - 1)->tag) < field_of(now->tag));
            else
                CHECK_ROW(catalogue_at(i), (now - 1)->kind == PARAMETER_OBJECT);
        }
}

static void test_refusals(void) {
    for (size_t i = 0; i < catalogue_size(); i++) {
        const struct catalogue_command *row = catalogue_at(i);
        for (size_t r = 0; r < row->refusal_count; r++) {
            const struct status_word *word = status_find(row->refusals[r]);
            CHECK_ROW(row, word != NULL && word->sw == row->refusals[r] && word->sw != SW_OK);
            for (size_t other = 0; other < r; other++)
                CHECK_ROW(row, row->refusals[other] != row->refusals[r]);
        }
    }
}

// A trace tells by the identifier alone what is secret.
static void test_groupings(void) {
    for (size_t i = 0; i < application_count; i++)
        for (size_t j = 0; j < applications[i]->grouping_count; j++)
            CU_ASSERT_PTR_EQUAL(catalogue_grouping(applications[i]->groupings[j].dgi),
                                &applications[i]->groupings[j]);
    CU_ASSERT(catalogue_grouping(PERSO_PIN)->secret && catalogue_grouping(PERSO_PUK)->secret);
    CU_ASSERT_PTR_NULL(catalogue_grouping(0xFFFF));
}

/// Whom a SELECT of so many octets finds: purse and ticket store begin alike.
static const struct application *first_with(const uint8_t *aid, size_t size) {
    for (size_t i = 1; i < application_count; i++)
        if (applications[i]->command_count > 0 && applications[i]->aid_size >= size &&
            memcmp(applications[i]->aid, aid, size) == 0)
            return applications[i];
    return NULL;
}

// An application is known by its AID and by as much of it as a SELECT may give.
static void test_applications(void) {
    for (size_t i = 1; i < application_count; i++) {
        const struct application *one = applications[i];
        CU_ASSERT_PTR_EQUAL(catalogue_application(one->name), one);
        CU_ASSERT(one->aid_size >= 5 && one->aid_size <= sizeof one->aid); // ISO/IEC 7816-4 8.2.1.2
        if (one->command_count == 0) { // what others share: nobody selects it
            CU_ASSERT_PTR_NULL(catalogue_application_of(bytes_of(one->aid, one->aid_size)));
            continue;
        }
        for (size_t size = 5; size <= one->aid_size; size++)
            CU_ASSERT_PTR_EQUAL(catalogue_application_of(bytes_of(one->aid, size)),
                                first_with(one->aid, size));
        CU_ASSERT_PTR_EQUAL(catalogue_application_of(bytes_of(one->aid, one->aid_size)), one);
        CU_ASSERT_PTR_NULL(catalogue_application_of(bytes_of(one->aid, 4)));
    }
    CU_ASSERT_PTR_NULL(catalogue_application("wallet"));
}

static void test_status_words(void) {
    for (size_t i = 0; i < status_word_count; i++) {
        const struct status_word *word = &status_words[i];
        CU_ASSERT_PTR_EQUAL(status_find(word->sw), word);
        CU_ASSERT(strlen(status_text(word->sw)) > 3);
        if (word->reason == NULL)
            continue;
        CU_ASSERT_PTR_EQUAL(status_find_reason(word->reason), word);
        CU_ASSERT_STRING_EQUAL(status_reason(word->sw), word->reason);
    }
    CU_ASSERT_EQUAL(status_find(0x63C2)->sw, SW_TRIES_LEFT);
    CU_ASSERT_EQUAL(status_find(0x6155)->sw, SW_MORE_DATA);
    CU_ASSERT_EQUAL(status_find(0x6C10)->sw, SW_WRONG_LE);
    CU_ASSERT_PTR_NULL(status_find(0x1234));
    CU_ASSERT_STRING_EQUAL(status_reason(0x1234), "refused");
    CU_ASSERT_PTR_NULL(status_find_reason("no-such-word"));
}

// What carries a PIN is secret as a whole and never goes over the air; nor does what edits or
// personalizes.
static void test_secrets_and_interfaces(void) {
    static const struct catalogue_command *const WIRED_ONLY[] = {
        &purse_commands[COMMAND_PURSE_VERIFY],      &purse_commands[COMMAND_PURSE_CHANGE_PIN],
        &purse_commands[COMMAND_PURSE_RESET_RETRY], &purse_commands[COMMAND_PURSE_SET_OPTIONS],
        &purse_commands[COMMAND_PURSE_ARM],         &isd_commands[COMMAND_ISD_GET_DATA],
        &isd_commands[COMMAND_ISD_INSTALL],         &isd_commands[COMMAND_ISD_STORE_DATA]};
    for (size_t i = 0; i < sizeof WIRED_ONLY / sizeof WIRED_ONLY[0]; i++)
        CHECK_ROW(WIRED_ONLY[i], (WIRED_ONLY[i]->interfaces & OVER_CONTACTLESS) == 0);
    CU_ASSERT_EQUAL(purse_commands[COMMAND_PURSE_ARM].interfaces, OVER_INTERNAL);
    for (size_t i = 0; i < catalogue_size(); i++)
        for (size_t p = 0; p < catalogue_at(i)->parameter_count; p++)
            CHECK_ROW(catalogue_at(i),
                      !catalogue_at(i)->parameters[p].secret || catalogue_at(i)->secret);
    for (size_t i = 0; i < 3; i++)
        CHECK_ROW(WIRED_ONLY[i], WIRED_ONLY[i]->secret);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"rows complete, each found by name and place", test_rows, NULL},
        {"instructions and classes are lawful", test_lawful_headers, NULL},
        {"no two rows of an applet overlap", test_no_conflicts, NULL},
        {"lookup by header finds the one row", test_find, NULL},
        {"lengths follow from objects and fields", test_lengths_follow_from_parameters, NULL},
        {"fields of command data in field order", test_fields_in_order, NULL},
        {"refusals are known words, each once", test_refusals, NULL},
        {"data groupings are unambiguous", test_groupings, NULL},
        {"applications are known by name and AID", test_applications, NULL},
        {"status words and reasons are found", test_status_words, NULL},
        {"PINs are secret and stay off the air", test_secrets_and_interfaces, NULL},
    };
    crypto = crypto_openssl_new_seeded(3);
    if (crypto == NULL)
        return 2;
    sample_signer(crypto, &signer, &scalar);
    int code = suite_main("test-catalogue", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
    crypto_openssl_free(crypto);
    return code;
}
