// SPDX-License-Identifier: Apache-2.0
// What both ends of a pipe share: whole files, base64url, units by name, objects as JSON, days; and
// the terminal's journal that stands on them.
#include "apdu/octets/unit.h"
#include "base/base64url.h"
#include "base/files.h"
#include "base/program.h"
#include "host/flows/journal_file.h"
#include "services/wire/object_json.h"
#include "tests/kit/objects.h"
#include "tests/kit/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];

static const char *in_scratch(const char *name) {
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

static void begin(void) {
    snprintf(scratch, sizeof scratch, "%s", "/tmp/tessera-test-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(scratch));
}

static void end(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", scratch);
    CU_ASSERT_EQUAL(system(command), 0);
}

// ---- files -------------------------------------------------------------------------------------

static bool contains(const char *path, const char *text) {
    uint8_t octets[64];
    size_t size = 0;
    return files_read(path, octets, sizeof octets, &size) &&
           bytes_equal(bytes_of(octets, size), bytes_of_string(text));
}

static void files_are_whole_or_absent(void) {
    struct stat status;
    uint8_t small[3];
    size_t size = 0;
    begin();
    const char *path = in_scratch("a");
    CU_ASSERT(files_write(path, bytes_of_string("first"), FILES_SECRET, FILES_NEW));
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 0777, 0600);
    CU_ASSERT_FALSE(files_write(path, bytes_of_string("second"), FILES_SECRET, FILES_NEW));
    CU_ASSERT_EQUAL(errno, EEXIST);
    CU_ASSERT(contains(path, "first"));
    CU_ASSERT(files_write(path, bytes_of_string("third"), FILES_PUBLIC, FILES_REPLACE));
    CU_ASSERT(files_append(path, bytes_of_string("+"), FILES_PUBLIC));
    CU_ASSERT(contains(path, "third+"));
    CU_ASSERT_FALSE(files_read(path, small, sizeof small, &size));
    CU_ASSERT_EQUAL(errno, EFBIG);
    CU_ASSERT(files_remove(path) && files_remove(path));
    CU_ASSERT_FALSE(
        files_write(in_scratch("none/a"), bytes_of_string(""), FILES_PUBLIC, FILES_NEW));
    CU_ASSERT_EQUAL(rmdir(scratch), 0); // nothing was left aside
    CU_ASSERT_EQUAL(mkdir(scratch, 0700), 0);
    end();
}

// ---- base64url ---------------------------------------------------------------------------------

static void base64url_has_one_text_per_octets(void) {
    static const char *const refused[] = {"A", "AB", "AA==", "A A", "AAB", "+/+/", "AAAAA", "\xC3"};
    static const struct {
        const char *octets, *text;
    } known[] = {{"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
                 {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}}; // RFC 4648 10
    char text[64];
    uint8_t octets[64];
    size_t size;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        CU_ASSERT(base64url_encode(bytes_of_string(known[i].octets), text, sizeof text));
        CU_ASSERT_STRING_EQUAL(text, known[i].text);
        CU_ASSERT(base64url_decode(text, octets, sizeof octets, &size));
        CU_ASSERT(bytes_equal(bytes_of(octets, size), bytes_of_string(known[i].octets)));
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        CU_ASSERT_FALSE(base64url_decode(refused[i], octets, sizeof octets, &size));
    CU_ASSERT_FALSE(base64url_encode(bytes_of_string("foo"), text, 4));
    CU_ASSERT_FALSE(base64url_decode("Zm9v", octets, 2, &size));
}

// ---- units, days, numbers ----------------------------------------------------------------------

static void units_have_names(void) {
    static const char *const refused[] = {"", "YEN", "jpy", "39", "3921", "EFFF", "F00", "F00G"};
    char name[UNIT_NAME_MAX];
    CU_ASSERT_EQUAL(unit_from_name("JPY"), 392);
    CU_ASSERT_EQUAL(unit_from_name("392"), 392);
    CU_ASSERT_EQUAL(unit_from_name("036"), 36);
    CU_ASSERT_EQUAL(unit_from_name("F00A"), 0xF00A);
    CU_ASSERT_STRING_EQUAL(unit_name(392, name), "JPY");
    CU_ASSERT_STRING_EQUAL(unit_name(36, name), "036");
    CU_ASSERT_STRING_EQUAL(unit_name(0xF00A, name), "F00A");
    CU_ASSERT_STRING_EQUAL(unit_name(unit_from_name("POINT"), name), "POINT");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        CU_ASSERT_EQUAL(unit_from_name(refused[i]), 0);
}

static void numbers_are_plain(void) {
    static const char *const refused[] = {"",   " 1",  "1 ",  "+1",
                                          "-1", "0x1", "1e3", "18446744073709551616"};
    uint64_t value;
    CU_ASSERT(program_number("-n", "18446744073709551615", 0, UINT64_MAX, &value, NULL));
    CU_ASSERT_EQUAL(value, UINT64_MAX);
    CU_ASSERT_FALSE(program_number("-n", "11", 0, 10, &value, NULL));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        CU_ASSERT_FALSE(program_number("-n", refused[i], 0, UINT64_MAX, &value, NULL));
}

// ---- JSON --------------------------------------------------------------------------------------

/// All fields by name, and the very octets behind "signed".
static void check_json_form(const struct object_schema *schema, const struct object *object) {
    static uint8_t octets[SAMPLE_OBJECT_MAX];
    size_t size = 0;
    json_t *json = object_to_json(object);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "type")), schema->word);
    for (size_t i = 0; i < schema->field_count; i++) {
        enum field field = schema->fields[i].field;
        CU_ASSERT_EQUAL(object_has(object, field),
                        json_object_get(json, field_specs[field].word) != NULL);
    }
    CU_ASSERT(base64url_decode(json_string_value(json_object_get(json, "signed")), octets,
                               sizeof octets, &size));
    CU_ASSERT(bytes_equal(bytes_of(octets, size), object->whole));
    json_decref(json);
}

static void every_object_has_a_json_form(void) {
    static uint8_t buffer[SAMPLE_OBJECT_MAX];
    struct crypto *crypto = crypto_openssl_new_seeded(5);
    struct signer signer;
    struct signer_scalar scalar;
    sample_signer(crypto, &signer, &scalar);
    for (size_t i = 0; i < 3 * object_schema_count; i++) {
        const struct object_schema *schema = &object_schemas[i / 3];
        struct object object;
        struct bytes whole =
            sample_object(schema->type, (enum sample)(i % 3), &signer, buffer, sizeof buffer);
        CU_ASSERT_FATAL(object_decode_as(schema->type, whole, &object));
        check_json_form(schema, &object);
    }
    crypto_openssl_free(crypto);
}

// ---- journal -----------------------------------------------------------------------------------

static struct sale_record sample_record(void) {
    struct sale_record record = {.state = SALE_REQUESTED,
                                 .payer = "ALICE",
                                 .payee = "SHOP",
                                 .amount = 1000,
                                 .unit = UNIT_JPY,
                                 .reference = {REFERENCE_GOODS, 0xFF, '/'},
                                 .reference_size = 3,
                                 .n = 0xFFFFFFFF,
                                 .log = {1, 2, 3},
                                 .log_size = 3};
    return record;
}

static void a_journal_survives_its_program(void) {
    begin();
    struct journal_file file;
    struct failure failure = {0};
    struct sale_record record = sample_record(), found;
    struct bytes reference = bytes_of(record.reference, record.reference_size);
    CU_ASSERT_FATAL(journal_file_open(&file, in_scratch("state"), &failure));
    CU_ASSERT_EQUAL(file.journal.find(&file.journal, reference, &found), JOURNAL_NONE);
    CU_ASSERT(file.journal.save(&file.journal, &record));
    CU_ASSERT_FATAL(journal_file_open(&file, in_scratch("state"), &failure));
    CU_ASSERT_EQUAL(file.journal.find(&file.journal, reference, &found), JOURNAL_FOUND);
    CU_ASSERT_EQUAL(memcmp(&found, &record, sizeof record), 0);
    record.state = SALE_PAID;
    CU_ASSERT(file.journal.save(&file.journal, &record));
    CU_ASSERT_EQUAL(file.journal.find(&file.journal, reference, &found), JOURNAL_FOUND);
    CU_ASSERT_EQUAL(found.state, SALE_PAID);
    end();
}

/// A record that cannot be read stops the sale; it is not taken for a new one.
static void a_damaged_record_stops_the_sale(void) {
    begin();
    struct journal_file file;
    struct failure failure = {0};
    struct sale_record record = sample_record(), found;
    struct bytes reference = bytes_of(record.reference, record.reference_size);
    CU_ASSERT_FATAL(journal_file_open(&file, in_scratch("state"), &failure));
    CU_ASSERT(file.journal.save(&file.journal, &record));
    const char *path = in_scratch("state/sales/02FF2F.json");
    CU_ASSERT(
        files_write(path, bytes_of_string("{\"state\": \"paid\"}"), FILES_SECRET, FILES_REPLACE));
    CU_ASSERT_EQUAL(file.journal.find(&file.journal, reference, &found), JOURNAL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(file.failure.text, "02FF2F.json"));
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(rmdir(in_scratch("state/sales")), 0);
    CU_ASSERT_FALSE(file.journal.save(&file.journal, &record));
    end();
}

static const struct suite_test tests[] = {
    {"files are whole or absent", files_are_whole_or_absent, NULL},
    {"base64url has one text per octets", base64url_has_one_text_per_octets, NULL},
    {"units have names", units_have_names, NULL},
    {"numbers in arguments are plain", numbers_are_plain, NULL},
    {"every object has a JSON form", every_object_has_a_json_form, NULL},
    {"a journal survives its program", a_journal_survives_its_program, NULL},
    {"a damaged record stops the sale", a_damaged_record_stops_the_sale, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-wire", tests, sizeof tests / sizeof tests[0], argc, argv);
}
