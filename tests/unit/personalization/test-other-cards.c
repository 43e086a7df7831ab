// SPDX-License-Identifier: Apache-2.0
// Keys on GlobalPlatform cards of other makers, pulled out at every single command; and cards that
// are refused by name before any key is used.
#include "apdu/command/perso_card.h"
#include "personalization/channel/gp_session.h"
#include "readers/link/emu.h"
#include "tests/kit/batch/batch.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- GlobalPlatform ----------------------------------------------------------------------------

static bool published(void *context, const struct gp_card *card, struct scp03_keys *keys,
                      const char **reason) {
    (void)context, (void)card, (void)reason;
    keys->size = 16;
    for (uint8_t i = 0; i < 16; i++)
        keys->enc[i] = keys->mac[i] = keys->dek[i] = (uint8_t)(0x40 + i);
    return true;
}

static enum gp_status open_published(struct foreign *card) {
    struct gp_session session;
    struct link *link = foreign_link(card);
    enum gp_status status =
        gp_open(&session, link, card->crypto, (struct bytes){0}, 0, 0x03, published, NULL);
    gp_close(&session);
    link_close(link);
    return status;
}

static struct foreign *new_domain(void) {
    return foreign_domain(1);
}

static void has_own_keys(struct foreign *card) {
    CU_ASSERT_EQUAL(open_published(card), GP_WRONG_KEYS);
    CU_ASSERT_EQUAL(batch_work(job_session_verify, "0"), EXIT_DONE);
}

static void keys_survive_every_pull(void) {
    batch_pull_everywhere(new_domain, batch_keys, "k16", has_own_keys);
}

/// Each method gives other keys, each key length works, and a second run leaves the card alone.
static void every_method_and_length(void) {
    static const char *const methods[] = {"kdf3", "visa2-aes", "emv-aes", "sp800-108", "none"};
    char profile[100];
    for (size_t i = 0; i < 2 * sizeof methods / sizeof methods[0]; i++) {
        batch_cards[0] = foreign_domain(1);
        snprintf(profile, sizeof profile, "name keys\ncard globalplatform\nkdf %s\n",
                 methods[i / 2]);
        batch_plan(profile, i % 2 == 0 ? "k16" : "k24", NULL, 1);
        batch_made("0", 1);
        has_own_keys(batch_cards[0]);
        unsigned commands = batch_cards[0]->asked[0xD8];
        batch_made("0", 1);
        CU_ASSERT_EQUAL(commands, batch_cards[0]->asked[0xD8]);
        // keys of another method are not these
        batch_plan(i / 2 == 1 ? batch_keys : "name keys\ncard globalplatform\nkdf visa2-aes\n",
                   i % 2 == 0 ? "k16" : "k24", NULL, 1);
        CU_ASSERT_EQUAL(batch_work(job_session_run, "0"), EXIT_REFUSED);
        CU_ASSERT_EQUAL(batch_cards[0]->asked[0x82], 3 + 0);
        foreign_free(batch_cards[0]);
    }
}

static void cards_come_with_a_transport_key(void) {
    batch_cards[0] = foreign_domain(1);
    batch_plan("name keys\ncard globalplatform\n", "arriving", NULL, 1);
    batch_made("0", 1);
    batch_plan(batch_keys, "k16", NULL, 1);
    CU_ASSERT_EQUAL(batch_work(job_session_run, "0"), EXIT_REFUSED); // not the published key
    CU_ASSERT_EQUAL(batch_lines("journal", "no attempt was spent"), 1);
    batch_plan(batch_keys, "k16", "arriving", 1);
    batch_made("0", 1);
    CU_ASSERT_EQUAL(batch_work(job_session_verify, "0"), EXIT_DONE);
    foreign_free(batch_cards[0]);
}

static void lesser_channels_do(void) {
    static const uint8_t options[] = {0x00, 0x10, 0x20, 0x60, 0x70, 0x01, 0x71};
    for (size_t i = 0; i < sizeof options; i++) {
        struct gp_session session;
        batch_cards[0] = foreign_domain(1);
        struct link *factory =
            emu_link_over(batch_cards[0]->card, &batch_cards[0]->ports, CARD_INTERNAL, NULL);
        CU_ASSERT_EQUAL(gp_open_factory(&session, factory, batch_cards[0]->crypto), GP_OK);
        CU_ASSERT_EQUAL(gp_store(&session, PERSO_CARD_SCP_OPTION, bytes_of(&options[i], 1), true),
                        GP_OK);
        gp_close(&session);
        link_close(factory);
        batch_plan(batch_keys, "k16", NULL, 1);
        batch_made("0", 1);
        has_own_keys(batch_cards[0]);
        foreign_free(batch_cards[0]);
    }
}

// ---- refused by name ---------------------------------------------------------------------------

/// Says what it is, and no key was used: no EXTERNAL AUTHENTICATE, no GENERAL AUTHENTICATE of a
/// proof, no VERIFY, no write.
static void refused(const char *profile, const char *key, struct foreign *card, const char *says) {
    size_t done, rejected;
    char line[1200] = "";
    batch_cards[0] = card;
    batch_plan(profile, key, NULL, 1);
    int kept = dup(STDERR_FILENO);
    CU_ASSERT_PTR_NOT_NULL_FATAL(freopen(batch_path("stderr"), "w", stderr));
    CU_ASSERT_EQUAL(batch_work(job_session_run, "0"), EXIT_REFUSED);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    FILE *said = fopen(batch_path("stderr"), "r");
    size_t size = fread(line, 1, sizeof line - 1, said);
    line[size] = '\0';
    fclose(said);
    if (strstr(line, says) == NULL)
        printf("\nwanted '%s' in: %s\n", says, line);
    CU_ASSERT_PTR_NOT_NULL(strstr(line, says));
    CU_ASSERT_EQUAL(card->asked[0x82] + card->asked[0x20] + card->asked[0x24] + card->asked[0xD6] +
                        card->asked[0xD8] + card->asked[0xDB],
                    0);
    batch_count(&done, &rejected);
    CU_ASSERT_EQUAL(done + rejected, 0);
    CU_ASSERT_EQUAL(batch_lines("journal", "start"), 0);
    foreign_free(card);
}

static const char scp02_recognition[] =
    "664C734A06072A864886FC6B01600C060A2A864886FC6B02020101630906072A864886FC6B03640B06092A864886"
    "FC6B040215650B06092B8510864864020103660C060A2B060104012A026E01029000";
static const char cplc_with_serial[] = "9F7F2A47905168000000000000123411223344000100000000000000000"
                                       "00000000000000000000000000000009000";

static void other_protocols_are_refused(void) {
    static const struct foreign_answer told[] = {
        {"00A40400", "6F108408A000000003000000A5049F6501FF9000"},
        {"80CA9F7F", cplc_with_serial},
        {"80CA0066", scp02_recognition}};
    static const struct foreign_answer untold[] = {
        {"00A40400", "6F108408A000000003000000A5049F6501FF9000"},
        {"80CA9F7F", cplc_with_serial},
        {"80CA", "6A88"},
        {"8050", "0000112233445566778801020001AABBCCDDEEFF01020304050607089000"}};
    static const struct foreign_answer older[] = {
        {"00A40400", "6F108408A000000003000000A5049F6501FF9000"},
        {"80CA", "6A88"},
        {"8050", "000011223344556677880D010001AABBCCDDEEFF01020304050607089000"}};
    static const struct foreign_answer none[] = {{"00A40400", "6A82"}};
    static const char atr[] = "3BF81300008131FE454A434F5076323431B7"; // JCOPv241
    refused(batch_keys, "k16", foreign_fixed(atr, told, 3), "SCP02 i=15");
    refused(batch_keys, "k16", foreign_fixed(atr, told, 3), "CPLC 4790 (NXP) 5168");
    refused(batch_keys, "k16", foreign_fixed(atr, told, 3), "JCOPv241");
    refused(batch_keys, "k16", foreign_fixed(atr, untold, 4), "SCP02");
    refused(batch_keys, "k16", foreign_fixed(atr, older, 3), "SCP01");
    refused(batch_keys, "k16", foreign_fixed(atr, none, 1), "no security domain");
}

static void other_applications_are_refused(void) {
    static const char wallet[] = "name w\ncard tessera-os\nrole wallet\n";
    struct foreign *odd = foreign_tag(1);
    refused(batch_piv, "k16", foreign_domain(1), "no PIV application");
    refused(batch_piv_aes, "k16", foreign_piv(1, 0x03), "another algorithm than aes192");
    refused(batch_piv, "k16", foreign_piv(1, 0x0A), "another algorithm than 3des");
    refused(batch_tag, NULL, foreign_domain(1), "it has no NDEF application");
    refused(wallet, "k16", foreign_domain(1), "no card of type tessera-os but ATR 3B6A");
    odd->tag.container[2] = 0x10;
    refused(batch_tag, NULL, odd, "no version that is known");
    odd = foreign_tag(1);
    odd->tag.container[13] = 0x80;
    refused(batch_tag, NULL, odd, "not free to be read");
    odd = foreign_tag(1);
    snprintf(odd->uid, sizeof odd->uid, "081122339000"); // drawn at every touch
    refused(batch_tag, NULL, odd, "neither CPLC nor a fixed UID");
}

/// A wrong card among right ones ends nothing: each row of right cards is made.
static void a_wrong_card_ends_nothing(void) {
    static const struct foreign_answer none[] = {{"00A40400", "6A82"}};
    batch_cards[0] = foreign_domain(1);
    batch_cards[1] = foreign_fixed("3B00", none, 1);
    batch_cards[2] = foreign_domain(2);
    const char *links[] = {"0", "1", "2"};
    struct failure failure = {0};
    size_t done, rejected;
    batch_plan(batch_keys, "k16", NULL, 2);
    CU_ASSERT_FALSE(batch_run_all(links, 3, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    batch_count(&done, &rejected);
    CU_ASSERT_EQUAL(done, 2);
    CU_ASSERT_EQUAL(rejected, 0);
    for (int i = 0; i < 3; i++)
        foreign_free(batch_cards[i]);
}

/// As a card for a lab: FOREIGN tells which, --reader where. Its end is the lab's signal.
static int serve(const char *kind, const char *reader) {
    struct foreign *card = strcmp(kind, "piv") == 0   ? foreign_piv(7, 0x03)
                           : strcmp(kind, "tag") == 0 ? foreign_tag(7)
                                                      : foreign_domain(7);
    int status = foreign_serve(card, reader);
    foreign_free(card);
    return status;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--reader") == 0 && getenv("FOREIGN") != NULL)
        return serve(getenv("FOREIGN"), argv[2]);
    static const struct suite_test tests[] = {
        {"the authority stands", batch_begin, NULL},
        {"a key set is old or new at every pull, and the job goes on", keys_survive_every_pull,
         NULL},
        {"every derivation and key length opens the card", every_method_and_length, NULL},
        {"cards may come with a transport key", cards_come_with_a_transport_key, NULL},
        {"a card of lesser i gets its keys", lesser_channels_do, NULL},
        {"SCP01 and SCP02 cards are refused by name", other_protocols_are_refused, NULL},
        {"cards without the application are refused by name", other_applications_are_refused, NULL},
        {"a wrong card ends no batch", a_wrong_card_ends_nothing, NULL},
        {"the place is tidied", batch_end, NULL}};
    return suite_main("test-other-cards", tests, sizeof tests / sizeof tests[0], argc, argv);
}
