// SPDX-License-Identifier: Apache-2.0
// What machines hand to a phone: taken apart whatever they send, kept once under till and number,
// and open until it is answered.
#include "apdu/octets/tlv.h"
#include "base/files.h"
#include "host/phone/slip.h"
#include "tests/kit/objects.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench {
    struct crypto *crypto;
    struct signer signer;
    struct signer_scalar scalar;
    char directory[64];
    struct machine_state state;
    uint8_t octets[SLIP_MAX];
    struct bytes slip;
} bench;

/// A slip of till and number, of a kind of reference, with a text.
static struct bytes make_slip(const char *till, uint8_t n, uint8_t kind, const char *text) {
    static struct sample_body body;
    static uint8_t buffer[SAMPLE_OBJECT_MAX];
    uint8_t reference[] = {kind, 1, 2, 3};
    struct tlv_writer writer = tlv_writer_over(bench.octets, sizeof bench.octets);
    sample_fill(&body, OBJECT_PAYMENT_REQUEST, SAMPLE_SMALLEST);
    sample_set(&body, FIELD_PAYEE, bytes_of_string(till));
    sample_set(&body, FIELD_N, bytes_of(&n, 1));
    sample_set(&body, FIELD_REFERENCE, BYTES_OF(reference));
    tlv_put(&writer, SLIP_REQUEST, sample_assemble(&body, &bench.signer, buffer, sizeof buffer));
    tlv_put(&writer, SLIP_TILL, bytes_of_string("certificate"));
    tlv_put(&writer, SLIP_TEXT, bytes_of_string(text));
    CU_ASSERT_TRUE_FATAL(tlv_writer_ok(&writer));
    return tlv_writer_bytes(&writer);
}

static void open_bench(void) {
    const struct machine_kind kind = {"phone", NULL};
    struct failure failure;
    memset(&bench, 0, sizeof bench);
    bench.crypto = crypto_openssl_new_seeded(5);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bench.crypto);
    sample_signer(bench.crypto, &bench.signer, &bench.scalar);
    strcpy(bench.directory, "/tmp/slip-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(bench.directory));
    CU_ASSERT_TRUE_FATAL(machine_state_open(&bench.state, bench.directory, &kind, true, &failure));
    bench.slip = make_slip("TILL", 7, REFERENCE_GOODS, "Green tea");
}

static void close_bench(void) {
    char command[128];
    machine_state_close(&bench.state);
    snprintf(command, sizeof command, "rm -r %s", bench.directory);
    CU_ASSERT_EQUAL(system(command), 0);
    crypto_openssl_free(bench.crypto);
}

// ---- whose it is -------------------------------------------------------------------------------

static void test_bound(void) {
    const struct machine_kind own = {"phone", "TID_01"}, other = {"phone", "TID_02"};
    const struct machine_kind anybody = {"phone", NULL};
    struct machine_state again;
    struct failure failure;
    open_bench();
    CU_ASSERT_TRUE(machine_state_bind(&bench.state, &own, &failure));
    CU_ASSERT_TRUE(machine_state_bind(&bench.state, &own, &failure));
    CU_ASSERT_FALSE(machine_state_bind(&bench.state, &other, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "belongs to the card TID_01, not to TID_02"));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    CU_ASSERT_FALSE(machine_state_open(&again, bench.directory, &other, false, &failure));
    machine_state_close(&again);
    CU_ASSERT_TRUE(machine_state_open(&again, bench.directory, &anybody, false, &failure));
    machine_state_close(&again);
    close_bench();
}

// ---- taken apart -------------------------------------------------------------------------------

static void test_parse(void) {
    struct slip slip;
    open_bench();
    CU_ASSERT_TRUE(slip_parse(bench.slip, &slip));
    CU_ASSERT_STRING_EQUAL(slip.name, "TILL-7");
    CU_ASSERT_STRING_EQUAL(slip.text, "Green tea");
    CU_ASSERT_TRUE(bytes_equal(slip.till, bytes_of_string("certificate")));
    for (size_t size = 0; size < bench.slip.size; size++)
        CU_ASSERT_FALSE(slip_parse(bytes_of(bench.slip.data, size), &slip));
    close_bench();
}

/// Whatever a machine sends, its name is one of a file in the folder.
static void test_spoiled(void) {
    struct slip slip;
    unsigned good = 0;
    open_bench();
    for (size_t bit = 0; bit < 8 * bench.slip.size; bit++) {
        bench.octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (slip_parse(bench.slip, &slip)) {
            good++;
            CU_ASSERT_TRUE(strchr(slip.name, '/') == NULL && slip.name[0] != '.' &&
                           strlen(slip.text) <= SLIP_TEXT_MAX);
        }
        bench.octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    CU_ASSERT_TRUE(good > 0);
    CU_ASSERT_FALSE(slip_parse(make_slip("TILL", 7, REFERENCE_TICKET, "Green tea"), &slip));
    CU_ASSERT_FALSE(slip_parse(make_slip("TILL", 7, REFERENCE_GOODS, ""), &slip));
    char text[SLIP_TEXT_MAX + 2];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    CU_ASSERT_FALSE(slip_parse(make_slip("TILL", 7, REFERENCE_GOODS, text), &slip));
    close_bench();
}

// ---- kept --------------------------------------------------------------------------------------

static bool note(void *context, const struct slip *slip) {
    char *names = context;
    strcat(names, slip->name);
    strcat(names, " ");
    return true;
}

static const char *open_names(void) {
    static char names[256];
    struct failure failure;
    names[0] = '\0';
    CU_ASSERT_TRUE(slip_each_open(&bench.state, note, names, &failure));
    return names;
}

static void test_kept(void) {
    struct slip slip;
    struct failure failure;
    struct bytes answer;
    uint8_t buffer[SLIP_ANSWER_MAX];
    open_bench();
    CU_ASSERT_STRING_EQUAL(open_names(), "");
    CU_ASSERT_TRUE(slip_parse(bench.slip, &slip) && !slip_is_kept(&bench.state, &slip));
    CU_ASSERT_TRUE(slip_keep(&bench.state, &slip, &failure));
    CU_ASSERT_TRUE(slip_keep(&bench.state, &slip, &failure) && slip_is_kept(&bench.state, &slip));
    CU_ASSERT_STRING_EQUAL(open_names(), "TILL-7 ");
    CU_ASSERT_FALSE(slip_answered(&bench.state, "TILL-7", buffer, &answer));
    CU_ASSERT_TRUE(slip_keep_answer(&bench.state, "TILL-7", bytes_of_string("accepted"), &failure));
    CU_ASSERT_TRUE(slip_keep_answer(&bench.state, "TILL-7", bytes_of_string("other"), &failure));
    CU_ASSERT_TRUE(slip_answered(&bench.state, "TILL-7", buffer, &answer) &&
                   bytes_equal(answer, bytes_of_string("accepted"))); // the first one stays
    CU_ASSERT_STRING_EQUAL(open_names(), "");
    close_bench();
}

static void test_damaged(void) {
    struct slip slip;
    struct failure failure;
    char path[PATH_MAX], names[64] = "";
    open_bench();
    CU_ASSERT_TRUE(slip_parse(bench.slip, &slip) && slip_keep(&bench.state, &slip, &failure));
    CU_ASSERT_TRUE(machine_state_path(&bench.state, "slips", "TILL-7", ".slip", path, &failure));
    CU_ASSERT_TRUE(files_write(path, bytes_of_string("?"), FILES_SECRET, FILES_REPLACE));
    CU_ASSERT_FALSE(slip_each_open(&bench.state, note, names, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "TILL-7.slip is no slip"));
    close_bench();
}

static const struct suite_test tests[] = {
    {"a state is one card's once that is known, and refuses another one by name", test_bound, NULL},
    {"a slip is taken apart, and no shorter one", test_parse, "P5-02"},
    {"flipped bits, another kind, no text or too much", test_spoiled, NULL},
    {"kept once, open until the first answer", test_kept, "P5-03"},
    {"a damaged file is told by its name", test_damaged, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-slip", tests, sizeof tests / sizeof tests[0], argc, argv);
}
