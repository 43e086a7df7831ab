// SPDX-License-Identifier: Apache-2.0
// A wallet whose owner allows no reading tells no totals to a reader without its PIN: neither by
// the log of a payment that awaits its receipt, nor by a statement to a challenge that somebody
// recorded. What it owes its payee it gives to its payee. Over contacts and contactless.
#include "tests/kit/scene/forger.h"
#include "tests/kit/scene/trio.h"

#include <string.h>

static struct trio t;
static enum card_interface reader;
static struct scene_payment payment; // debited, and the answer was lost

static void begin(void) {
    struct scene_profile person = trio_wallet_profile();
    person.free_reading = false;
    t = trio_begin(&person, NULL, NULL);
    t.wallet->interface = reader;
    scene_introduce(t.wallet, t.till);
    payment = trio_debited(&t, 1000, "NO_1");
    ACCEPTED(scene_select(t.wallet, NULL));
}

/// Runs a test by contact and by air.
static void both(void (*test)(void)) {
    for (reader = CARD_CONTACT; reader <= CARD_CONTACTLESS; reader++) {
        begin();
        test();
        trio_end(&t);
    }
}

static uint16_t debit(const struct scene_object *request) {
    return scene_send(t.wallet, COMMAND_PURSE_DEBIT, scene_bytes(request));
}

static void log_by_its_slot(void) {
    REFUSED(&t, scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_LOG, 0, bytes_of(NULL, 0)),
            SW_SECURITY_STATUS);
}

/// The request was recorded in the first meeting, and no PIN was ever in it.
static void log_by_its_request(void) {
    REFUSED(&t, debit(&payment.request), SW_BAD_CHALLENGE);
}

/// Who knows the terms and the present challenge, but has a key of his own.
static void log_by_a_forged_request(void) {
    struct sample_party evil;
    struct scene_selected selected;
    struct scene_object request;
    scene_certify(t.scene, &evil, "EVIL", ROLE_TILL, &t.scene->purses, SCENE_FROM, SCENE_UNTIL);
    ACCEPTED(scene_select(t.wallet, &selected));
    struct forged terms = forged_terms("TILL1", payment.n, t.wallet, &selected, 1000);
    memcpy(terms.reference, payment.terms.reference, payment.terms.reference_size);
    terms.reference_size = payment.terms.reference_size;
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_BAD_SIGNATURE);
}

/// The same payment, asked for anew by its payee, ends as it should.
static void log_for_its_payee(void) {
    struct scene_object first = payment.log;
    ACCEPTED(scene_step_request(&payment));
    ACCEPTED(scene_step_debit(&payment));
    CU_ASSERT(bytes_equal(scene_bytes(&first), scene_bytes(&payment.log)));
    ACCEPTED(scene_step_credit(&payment));
    ACCEPTED(scene_step_ratify(&payment));
    trio_audit(&t);
}

static struct bytes challenge_of_center(uint8_t out[256]) {
    static const uint8_t octets[16] = {0x5A};
    struct object_writer writer;
    object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, out, 256);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(octets));
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.scene->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(t.wallet->holder));
    object_put_date(&writer, FIELD_DATE, SCENE_FROM);
    return scene_sign(t.scene, &writer);
}

static void replayed_challenge(void) {
    uint8_t out[256];
    struct bytes challenge = challenge_of_center(out);
    scene_show_center(t.wallet);
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_STATEMENT, challenge), SW_SECURITY_STATUS);
    if (reader == CARD_CONTACTLESS) // where no PIN is taken
        return;
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_VERIFY, bytes_of_string("1234")));
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_STATEMENT, challenge));
    ACCEPTED(scene_select(t.wallet, NULL));
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_STATEMENT, challenge), SW_SECURITY_STATUS);
}

static void test_log_by_its_slot(void) {
    both(log_by_its_slot);
}

static void test_log_by_its_request(void) {
    both(log_by_its_request);
}

static void test_log_by_a_forged_request(void) {
    both(log_by_a_forged_request);
}

static void test_log_for_its_payee(void) {
    both(log_for_its_payee);
}

static void test_replayed_challenge(void) {
    both(replayed_challenge);
}

static const struct suite_test tests[] = {
    {"a private wallet's log by its slot", test_log_by_its_slot, NULL},
    {"a private wallet's log by a recorded request", test_log_by_its_request, NULL},
    {"a private wallet's log by a forged request", test_log_by_a_forged_request, NULL},
    {"a private wallet's log for its payee", test_log_for_its_payee, NULL},
    {"a private wallet's totals by a replayed challenge", test_replayed_challenge, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-private-attacks", tests, sizeof tests / sizeof tests[0], argc, argv);
}
