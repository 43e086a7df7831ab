// SPDX-License-Identifier: Apache-2.0
// Identities on PIV cards and messages on Type 4 tags of other makers: pulled out at every single
// command, read back, and what cannot be made.
#include "base/progress.h"
#include "tests/kit/batch/batch.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

// ---- PIV ---------------------------------------------------------------------------------------

static uint16_t ask_piv(struct foreign *card, const uint8_t *command, size_t size) {
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
    uint8_t answer[300];
    size_t got = 0;
    link_transmit(card->inside, BYTES_OF(select), answer, sizeof answer, &got);
    link_transmit(card->inside, bytes_of(command, size), answer, sizeof answer, &got);
    return (uint16_t)bytes_get_be(answer + got - 2, 2);
}

static uint16_t pin_tries(struct foreign *card) {
    static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x80};
    return ask_piv(card, verify, sizeof verify);
}

static uint16_t verify_initial_pin(struct foreign *card) {
    static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x80, 0x08, '1', '2',
                                     '3',  '4',  '5',  '6',  0xFF, 0xFF};
    return ask_piv(card, verify, sizeof verify);
}

static struct foreign *new_piv(void) {
    return foreign_piv(1, 0x03);
}

static void has_identity(struct foreign *card) {
    CU_ASSERT_EQUAL(pin_tries(card), 0x63C3);
    CU_ASSERT_EQUAL(batch_work(job_session_verify, "0"), EXIT_DONE);
    CU_ASSERT_EQUAL(verify_initial_pin(card), 0x63C2);
}

static void identity_survives_every_pull(void) {
    batch_pull_everywhere(new_piv, batch_piv, "k16", has_identity);
}

static void identities_of_every_kind(void) {
    static const char rsa[] = "name id\ncard piv\nidentity rsa\npin no\n"
                              "management-key published\nmanagement-algorithm aes192\n";
    batch_cards[0] = foreign_piv(1, 0x0A);
    batch_plan(batch_piv_aes, "k16", NULL, 1);
    batch_made("0", 1);
    has_identity(batch_cards[0]);
    foreign_free(batch_cards[0]);
    batch_cards[0] = foreign_piv(1, 0x0A);
    batch_plan(rsa, "k16", NULL, 1);
    batch_made("0", 1);
    CU_ASSERT_EQUAL(batch_work(job_session_verify, "0"), EXIT_DONE);
    CU_ASSERT_EQUAL(verify_initial_pin(batch_cards[0]), 0x9000); // the profile leaves it
    foreign_free(batch_cards[0]);
}

/// A card whose PIN is another one: told with the tries left, and no second try of its own accord.
static void another_pin_costs_one_try(void) {
    static const char other[] = "name id\ncard piv\nidentity p256\npin yes\n"
                                "management-key published\ninitial-pin 999999\n";
    batch_cards[0] = foreign_piv(1, 0x03);
    batch_plan(other, "k16", NULL, 1);
    CU_ASSERT_EQUAL(batch_work(job_session_run, "0"), EXIT_REFUSED);
    CU_ASSERT_EQUAL(batch_lines("journal", "PIN is not the profile's initial one (63C2"), 1);
    CU_ASSERT_EQUAL(pin_tries(batch_cards[0]), 0x63C2);
    foreign_free(batch_cards[0]);
}

/// A derived management key that is not the card's is refused by the card's answer.
static void another_management_key_is_refused(void) {
    static const char master[] = "name id\ncard piv\nidentity p256\npin yes\n"
                                 "management-key master\nmanagement-algorithm 3des\n";
    batch_cards[0] = foreign_piv(1, 0x03);
    batch_plan(master, "k24", NULL, 1);
    CU_ASSERT_EQUAL(batch_work(job_session_run, "0"), EXIT_REFUSED);
    CU_ASSERT_EQUAL(batch_lines("journal", "prove the management key"), 1);
    CU_ASSERT_EQUAL(batch_cards[0]->asked[0x47], 0);
    batch_plan(master, "k16", NULL, 1);
    CU_ASSERT_EQUAL(batch_work(job_session_run, "0"), EXIT_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(batch_message, "16 octets, a management key of 3des has 24"));
    foreign_free(batch_cards[0]);
}

/// Somebody else's certificate on the card does not verify.
static void another_certificate_does_not_verify(void) {
    batch_cards[0] = foreign_piv(1, 0x03);
    batch_cards[1] = foreign_piv(1, 0x03);
    batch_plan(batch_piv, "k16", NULL, 1);
    batch_made("0", 1);
    CU_ASSERT_EQUAL(batch_work(job_session_verify, "1"),
                    EXIT_REFUSED); // same serial, no certificate
    batch_plan(batch_piv, "k16", NULL, 1);
    batch_made("1", 1);
    CU_ASSERT_EQUAL(batch_work(job_session_verify, "0"),
                    EXIT_REFUSED); // same serial, another certificate
    foreign_free(batch_cards[0]);
    foreign_free(batch_cards[1]);
}

// ---- Type 4 tags -------------------------------------------------------------------------------

static struct foreign *new_tag(void) {
    return foreign_tag(1);
}

static void has_message(struct foreign *card) {
    static const char uri[] = "\xD1\x01\x17U\x00https://example.org/c0";
    size_t size = sizeof uri - 1;
    CU_ASSERT_EQUAL(card->tag.file[1], size);
    CU_ASSERT_EQUAL(memcmp(card->tag.file + 2, uri, size), 0);
    CU_ASSERT_EQUAL(card->tag.container[14], 0xFF);
    CU_ASSERT_EQUAL(batch_work(job_session_verify, "0"), EXIT_DONE);
    card->tag.file[8] ^= 1;
    CU_ASSERT_EQUAL(batch_work(job_session_verify, "0"), EXIT_REFUSED);
}

static void message_survives_every_pull(void) {
    batch_pull_everywhere(new_tag, batch_tag, NULL, has_message);
}

static void tags_that_cannot_be_made_are_rejected(void) {
    batch_cards[0] = foreign_tag(1);
    batch_cards[0]->tag.container[14] = 0xFF;
    batch_plan(batch_tag, NULL, NULL, 1);
    CU_ASSERT_EQUAL(batch_work(job_session_run, "0"), EXIT_REFUSED);
    CU_ASSERT_EQUAL(batch_lines("journal", "closed for writing (access FF)"), 1);
    foreign_free(batch_cards[0]);
    batch_cards[0] = foreign_tag(1);
    batch_cards[0]->tag.container[11] = 0;
    batch_cards[0]->tag.container[12] = 16;
    batch_plan(batch_tag, NULL, NULL, 1);
    CU_ASSERT_EQUAL(batch_work(job_session_run, "0"), EXIT_REFUSED);
    CU_ASSERT_EQUAL(batch_lines("journal", "the tag room for 14"), 1);
    foreign_free(batch_cards[0]);
    batch_cards[0] = foreign_tag(1);
    batch_cards[0]->tag.sticky = true;
    batch_plan(batch_tag, NULL, NULL, 1);
    CU_ASSERT_EQUAL(batch_work(job_session_run, "0"), EXIT_REFUSED);
    CU_ASSERT_EQUAL(batch_lines("journal", "reject 0"), 1);
    batch_plan("name tag\ncard type4\nurl https://example.org/{id}\nread-only no\n", NULL, NULL, 1);
    batch_made("0", 1);
    CU_ASSERT_EQUAL(batch_cards[0]->tag.container[14], 0);
    CU_ASSERT_EQUAL(batch_work(job_session_verify, "0"), EXIT_DONE);
    foreign_free(batch_cards[0]);
}

// ---- profiles ----------------------------------------------------------------------------------

static void profiles_name_what_does_not_fit(void) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"name x\ncard piv\nidentity p256\nrole wallet\n", "x:4: 'role' means nothing for cards of "
                                                           "type piv"},
        {"name x\ncard type4\nurl a\npin yes\n", "x:4: 'pin' means nothing"},
        {"name x\ncard tessera-os\nrole till\nread-only yes\n", "x:4: 'read-only' means nothing"},
        {"name x\ncard type4\n", "'url' is needed"},
        {"name x\ncard piv\npin yes\n", "'identity p256' or"},
        {"name x\ncard piv\ninitial-puk 1234\n", "x:3: initial-puk '1234': expected 8 digits"},
        {"name x\ncard piv\nidentity p256\nmanagement-key published\n"
         "management-algorithm aes256\n",
         "3des or aes192"},
        {"name x\ncard globalplatform\nkdf md5\n", "x:3: kdf 'md5': expected kdf3"},
        {"name x\ncard nokia\n", "x:2: card 'nokia': expected tessera-os"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct profile profile;
        struct failure failure = {0};
        char text[300];
        snprintf(text, sizeof text, "%s", cases[i].text);
        CU_ASSERT_FALSE(profile_parse(&profile, "x", text, &failure));
        if (strstr(failure.text, cases[i].says) == NULL)
            fprintf(stderr, "%s\n", failure.text);
        CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, cases[i].says));
    }
}

static void time_to_go_is_told_in_words(void) {
    static const struct {
        double seconds;
        const char *words;
    } cases[] = {{0, "0 s"},           {0.2, "1 s"},          {99, "99 s"},
                 {99.5, "1 min 40 s"}, {1100, "18 min 20 s"}, {6000, "1 h 40 min"},
                 {7201, "2 h 1 min"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char words[32];
        progress_time(cases[i].seconds, words, sizeof words);
        CU_ASSERT_STRING_EQUAL(words, cases[i].words);
    }
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"the authority stands", batch_begin, NULL},
        {"an identity is whole after every pull", identity_survives_every_pull, NULL},
        {"identities in P-256 and RSA, 3DES and AES", identities_of_every_kind, NULL},
        {"another PIN costs one try and is told", another_pin_costs_one_try, NULL},
        {"another management key is refused", another_management_key_is_refused, NULL},
        {"another certificate does not verify", another_certificate_does_not_verify, NULL},
        {"a tag is whole after every pull", message_survives_every_pull, NULL},
        {"tags that cannot be made are rejected", tags_that_cannot_be_made_are_rejected, NULL},
        {"profiles name what does not fit their card", profiles_name_what_does_not_fit, NULL},
        {"time to go is told in words", time_to_go_is_told_in_words, NULL},
        {"the place is tidied", batch_end, NULL}};
    return suite_main("test-other-applications", tests, sizeof tests / sizeof tests[0], argc, argv);
}
