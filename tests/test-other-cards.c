// SPDX-License-Identifier: Apache-2.0
// Batches on cards of other makers: keys on GlobalPlatform cards, identities on PIV cards, messages
// on Type 4 tags; pulled out at every single command and taken up again; refused by name before any
// key is used.
#include "apdu/perso_card.h"
#include "personalization/gp_session.h"
#include "personalization/job_station.h"
#include "readers/emu.h"
#include "tests/foreign.h"
#include "tests/image.h"
#include "tests/suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CARDS = 4, PATH = 400 };

static char place[TEST_PATH_MAX];
static struct foreign *cards[CARDS]; // behind the links "0", "1" and so on
static struct program_world world;

// ---- a job -------------------------------------------------------------------------------------

static const char *in_place(const char *name) {
    static char paths[8][PATH];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, PATH, "%s/%s", place, name);
    return path;
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(in_place(name), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static int run_command(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run_command(const char *format, ...) {
    char line[2000];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    return system(line);
}

/// Authority and master keys of 16 and 24 octets, once for all tests.
static void begin(void) {
    world = program_world_now();
    if (access("/dev/shm", W_OK) == 0) // hundreds of small jobs, each synced
        setenv("TMPDIR", "/dev/shm", 1);
    test_directory_make(place);
    CU_ASSERT_EQUAL_FATAL(
        run_command("cd '%s' && tessera-ca init ca >said && tessera-perso key k16 >>said && "
                    "tessera-perso key k24 --size 24 >>said && tessera-perso key arriving "
                    "--key-version 01 >>said",
                    place),
        0);
}

static void end(void) {
    test_directory_remove(place);
}

/// Plans a job of so many rows c0, c1, ..; profile is its text.
static void plan(const char *profile, const char *key, const char *transport, unsigned rows) {
    char batch[200] = "id\n";
    struct job_plan wanted;
    struct failure failure = {0};
    size_t total = 0, faulty = 0;
    run_command("rm -rf '%s'", in_place("job"));
    for (unsigned i = 0; i < rows; i++)
        snprintf(batch + strlen(batch), sizeof batch - strlen(batch), "c%u\n", i);
    write_text("batch.csv", batch);
    write_text("test.profile", profile);
    wanted = (struct job_plan){.directory = in_place("job"),
                               .batch = in_place("batch.csv"),
                               .profile = in_place("test.profile"),
                               .ca = in_place("ca"),
                               .keys = key != NULL ? in_place(key) : NULL,
                               .transport = transport != NULL ? in_place(transport) : NULL};
    if (!job_create(&wanted, &total, &faulty, &failure))
        fprintf(stderr, "%s\n", failure.text);
    CU_ASSERT_EQUAL_FATAL(total, rows);
}

static struct link *open_card(const char *name, const char *id, bool large,
                              const struct crypto *crypto, struct failure *failure) {
    (void)id, (void)large, (void)crypto, (void)failure;
    return foreign_link(cards[name[0] - '0']);
}

/// Runs or verifies with the card at this link. The message is kept.
static char message[512];

static enum exit_code work(bool (*action)(const char *, const struct station_order *,
                                          struct failure *),
                           const char *link) {
    struct failure failure = {0};
    struct station_order order = {
        .links = &link, .link_count = 1, .world = &world, .open = open_card};
    bool done = action(in_place("job"), &order, &failure);
    snprintf(message, sizeof message, "%s", failure.text);
    return done ? EXIT_DONE : failure.code;
}

static void count(size_t *done, size_t *rejected) {
    struct job job;
    struct failure failure;
    CU_ASSERT_FATAL(job_open(&job, in_place("job"), &failure));
    *done = job.done;
    *rejected = job.rejected;
    job_close(&job);
}

/// How often a word stands in a file of the job.
static unsigned lines_with(const char *name, const char *word) {
    char line[600], path[PATH];
    unsigned found = 0;
    snprintf(path, sizeof path, "%s/job/%s", place, name);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        found += strstr(line, word) != NULL;
    if (file != NULL)
        fclose(file);
    return found;
}

static void made_and_verified(const char *link, size_t wanted) {
    size_t done, rejected;
    CU_ASSERT_EQUAL(work(station_run, link), EXIT_DONE);
    if (message[0] != '\0')
        fprintf(stderr, "%s\n", message);
    count(&done, &rejected);
    CU_ASSERT_EQUAL(done, wanted);
    CU_ASSERT_EQUAL(rejected, 0);
}

/// One card, pulled out at its n-th command, before or behind it, for every n until a run goes
/// through; each time the job must go on to exactly one done row.
static void pull_everywhere(struct foreign *(*make)(void), const char *profile, const char *key,
                            void (*inspect)(struct foreign *card)) {
    unsigned cuts = 0;
    bool through = false;
    while (!through) {
        cards[0] = make();
        cards[0]->cut = (int)(cuts / 2);
        cards[0]->cut_behind = cuts % 2 == 1;
        plan(profile, key, NULL, 2);
        through = work(station_run, "0") == EXIT_DONE;
        cards[0]->cut = FOREIGN_NEVER;
        if (!through) {
            CU_ASSERT_EQUAL(work(station_run, "0"), EXIT_DONE);
            if (CU_get_number_of_failures() > 0)
                fprintf(stderr, "after cut %u: %s\n", cuts, message);
        }
        CU_ASSERT_EQUAL(lines_with("journal", "done 0"), 1);
        CU_ASSERT_EQUAL(lines_with("journal", "reject"), 0);
        CU_ASSERT_EQUAL(lines_with("journal", " 1 "), 0);
        inspect(cards[0]);
        foreign_free(cards[0]);
        cuts++;
    }
    printf(" [%u cuts]", cuts - 1);
    CU_ASSERT(cuts > 10);
}

// ---- GlobalPlatform ----------------------------------------------------------------------------

static const char gp_profile[] = "name keys\ncard globalplatform\nkdf kdf3\n";

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
    CU_ASSERT_EQUAL(work(station_verify, "0"), EXIT_DONE);
}

static void keys_survive_every_pull(void) {
    pull_everywhere(new_domain, gp_profile, "k16", has_own_keys);
}

/// Each method gives other keys, each key length works, and a second run leaves the card alone.
static void every_method_and_length(void) {
    static const char *const methods[] = {"kdf3", "visa2", "emv", "sp800-108", "none"};
    char profile[100];
    for (size_t i = 0; i < 2 * sizeof methods / sizeof methods[0]; i++) {
        cards[0] = foreign_domain(1);
        snprintf(profile, sizeof profile, "name keys\ncard globalplatform\nkdf %s\n",
                 methods[i / 2]);
        plan(profile, i % 2 == 0 ? "k16" : "k24", NULL, 1);
        made_and_verified("0", 1);
        has_own_keys(cards[0]);
        unsigned commands = cards[0]->asked[0xD8];
        made_and_verified("0", 1);
        CU_ASSERT_EQUAL(commands, cards[0]->asked[0xD8]);
        // keys of another method are not these
        plan(i / 2 == 1 ? gp_profile : "name keys\ncard globalplatform\nkdf visa2\n",
             i % 2 == 0 ? "k16" : "k24", NULL, 1);
        CU_ASSERT_EQUAL(work(station_run, "0"), EXIT_REFUSED);
        CU_ASSERT_EQUAL(cards[0]->asked[0x82], 3 + 0);
        foreign_free(cards[0]);
    }
}

static void cards_come_with_a_transport_key(void) {
    cards[0] = foreign_domain(1);
    plan("name keys\ncard globalplatform\n", "arriving", NULL, 1);
    made_and_verified("0", 1);
    plan(gp_profile, "k16", NULL, 1);
    CU_ASSERT_EQUAL(work(station_run, "0"), EXIT_REFUSED); // not the published key
    CU_ASSERT_EQUAL(lines_with("journal", "no attempt was spent"), 1);
    plan(gp_profile, "k16", "arriving", 1);
    made_and_verified("0", 1);
    CU_ASSERT_EQUAL(work(station_verify, "0"), EXIT_DONE);
    foreign_free(cards[0]);
}

static void lesser_channels_do(void) {
    static const uint8_t options[] = {0x00, 0x10, 0x20, 0x60, 0x70, 0x01, 0x71};
    for (size_t i = 0; i < sizeof options; i++) {
        struct gp_session session;
        cards[0] = foreign_domain(1);
        struct link *bench = emu_link_over(cards[0]->card, &cards[0]->ports, CARD_INTERNAL, NULL);
        CU_ASSERT_EQUAL(gp_open_bench(&session, bench, cards[0]->crypto), GP_OK);
        CU_ASSERT_EQUAL(gp_store(&session, PERSO_CARD_SCP_OPTION, bytes_of(&options[i], 1), true),
                        GP_OK);
        gp_close(&session);
        link_close(bench);
        plan(gp_profile, "k16", NULL, 1);
        made_and_verified("0", 1);
        has_own_keys(cards[0]);
        foreign_free(cards[0]);
    }
}

// ---- refused by name ---------------------------------------------------------------------------

/// Says what it is, and no key was used: no EXTERNAL AUTHENTICATE, no GENERAL AUTHENTICATE of a
/// proof, no VERIFY, no write.
static void refused(const char *profile, const char *key, struct foreign *card, const char *says) {
    size_t done, rejected;
    char line[1200] = "";
    cards[0] = card;
    plan(profile, key, NULL, 1);
    int kept = dup(STDERR_FILENO);
    CU_ASSERT_PTR_NOT_NULL_FATAL(freopen(in_place("stderr"), "w", stderr));
    CU_ASSERT_EQUAL(work(station_run, "0"), EXIT_REFUSED);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    FILE *said = fopen(in_place("stderr"), "r");
    size_t size = fread(line, 1, sizeof line - 1, said);
    line[size] = '\0';
    fclose(said);
    if (strstr(line, says) == NULL)
        printf("\nwanted '%s' in: %s\n", says, line);
    CU_ASSERT_PTR_NOT_NULL(strstr(line, says));
    CU_ASSERT_EQUAL(card->asked[0x82] + card->asked[0x20] + card->asked[0x24] + card->asked[0xD6] +
                        card->asked[0xD8] + card->asked[0xDB],
                    0);
    count(&done, &rejected);
    CU_ASSERT_EQUAL(done + rejected, 0);
    CU_ASSERT_EQUAL(lines_with("journal", "start"), 0);
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
    refused(gp_profile, "k16", foreign_fixed(atr, told, 3), "SCP02 i=15");
    refused(gp_profile, "k16", foreign_fixed(atr, told, 3), "CPLC 4790 (NXP) 5168");
    refused(gp_profile, "k16", foreign_fixed(atr, told, 3), "JCOPv241");
    refused(gp_profile, "k16", foreign_fixed(atr, untold, 4), "SCP02");
    refused(gp_profile, "k16", foreign_fixed(atr, older, 3), "SCP01");
    refused(gp_profile, "k16", foreign_fixed(atr, none, 1), "no security domain");
}

static const char piv_profile[] = "name id\ncard piv\nidentity p256\npin yes\n"
                                  "management-key published\nmanagement-algorithm 3des\n";
static const char piv_aes_profile[] = "name id\ncard piv\nidentity p256\npin yes\n"
                                      "management-key published\nmanagement-algorithm aes192\n";
static const char tag_profile[] = "name tag\ncard type4\nurl https://example.org/{id}\n";

static void other_applications_are_refused(void) {
    static const char wallet[] = "name w\ncard tessera-os\nrole wallet\n";
    struct foreign *odd = foreign_tag(1);
    refused(piv_profile, "k16", foreign_domain(1), "no PIV application");
    refused(piv_aes_profile, "k16", foreign_piv(1, 0x03), "another algorithm than aes192");
    refused(piv_profile, "k16", foreign_piv(1, 0x0A), "another algorithm than 3des");
    refused(tag_profile, NULL, foreign_domain(1), "it has no NDEF application");
    refused(wallet, "k16", foreign_domain(1), "no card of type tessera-os but ATR 3B6A");
    odd->tag.container[2] = 0x10;
    refused(tag_profile, NULL, odd, "no version that is known");
    odd = foreign_tag(1);
    odd->tag.container[13] = 0x80;
    refused(tag_profile, NULL, odd, "not free to be read");
    odd = foreign_tag(1);
    snprintf(odd->uid, sizeof odd->uid, "081122339000"); // drawn at every touch
    refused(tag_profile, NULL, odd, "neither CPLC nor a fixed UID");
}

/// A wrong card among right ones ends nothing: each row of right cards is made.
static void a_wrong_card_ends_nothing(void) {
    static const struct foreign_answer none[] = {{"00A40400", "6A82"}};
    cards[0] = foreign_domain(1);
    cards[1] = foreign_fixed("3B00", none, 1);
    cards[2] = foreign_domain(2);
    const char *links[] = {"0", "1", "2"};
    struct failure failure = {0};
    struct station_order order = {
        .links = links, .link_count = 3, .world = &world, .open = open_card};
    size_t done, rejected;
    plan(gp_profile, "k16", NULL, 2);
    CU_ASSERT_FALSE(station_run(in_place("job"), &order, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    count(&done, &rejected);
    CU_ASSERT_EQUAL(done, 2);
    CU_ASSERT_EQUAL(rejected, 0);
    for (int i = 0; i < 3; i++)
        foreign_free(cards[i]);
}

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
    CU_ASSERT_EQUAL(work(station_verify, "0"), EXIT_DONE);
    CU_ASSERT_EQUAL(verify_initial_pin(card), 0x63C2);
}

static void identity_survives_every_pull(void) {
    pull_everywhere(new_piv, piv_profile, "k16", has_identity);
}

static void identities_of_every_kind(void) {
    static const char rsa[] = "name id\ncard piv\nidentity rsa\npin no\n"
                              "management-key published\nmanagement-algorithm aes192\n";
    cards[0] = foreign_piv(1, 0x0A);
    plan(piv_aes_profile, "k16", NULL, 1);
    made_and_verified("0", 1);
    has_identity(cards[0]);
    foreign_free(cards[0]);
    cards[0] = foreign_piv(1, 0x0A);
    plan(rsa, "k16", NULL, 1);
    made_and_verified("0", 1);
    CU_ASSERT_EQUAL(work(station_verify, "0"), EXIT_DONE);
    CU_ASSERT_EQUAL(verify_initial_pin(cards[0]), 0x9000); // the profile leaves it
    foreign_free(cards[0]);
}

/// A card whose PIN is another one: told with the tries left, and no second try of its own accord.
static void another_pin_costs_one_try(void) {
    static const char other[] = "name id\ncard piv\nidentity p256\npin yes\n"
                                "management-key published\ninitial-pin 999999\n";
    cards[0] = foreign_piv(1, 0x03);
    plan(other, "k16", NULL, 1);
    CU_ASSERT_EQUAL(work(station_run, "0"), EXIT_REFUSED);
    CU_ASSERT_EQUAL(lines_with("journal", "PIN is not the profile's initial one (63C2"), 1);
    CU_ASSERT_EQUAL(pin_tries(cards[0]), 0x63C2);
    foreign_free(cards[0]);
}

/// A derived management key that is not the card's is refused by the card's answer.
static void another_management_key_is_refused(void) {
    static const char master[] = "name id\ncard piv\nidentity p256\npin yes\n"
                                 "management-key master\nmanagement-algorithm 3des\n";
    cards[0] = foreign_piv(1, 0x03);
    plan(master, "k24", NULL, 1);
    CU_ASSERT_EQUAL(work(station_run, "0"), EXIT_REFUSED);
    CU_ASSERT_EQUAL(lines_with("journal", "prove the management key"), 1);
    CU_ASSERT_EQUAL(cards[0]->asked[0x47], 0);
    plan(master, "k16", NULL, 1);
    CU_ASSERT_EQUAL(work(station_run, "0"), EXIT_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(message, "16 octets, a management key of 3des has 24"));
    foreign_free(cards[0]);
}

/// Somebody else's certificate on the card does not verify.
static void another_certificate_does_not_verify(void) {
    cards[0] = foreign_piv(1, 0x03);
    cards[1] = foreign_piv(1, 0x03);
    plan(piv_profile, "k16", NULL, 1);
    made_and_verified("0", 1);
    CU_ASSERT_EQUAL(work(station_verify, "1"), EXIT_REFUSED); // same serial, no certificate
    plan(piv_profile, "k16", NULL, 1);
    made_and_verified("1", 1);
    CU_ASSERT_EQUAL(work(station_verify, "0"), EXIT_REFUSED); // same serial, another certificate
    foreign_free(cards[0]);
    foreign_free(cards[1]);
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
    CU_ASSERT_EQUAL(work(station_verify, "0"), EXIT_DONE);
    card->tag.file[8] ^= 1;
    CU_ASSERT_EQUAL(work(station_verify, "0"), EXIT_REFUSED);
}

static void message_survives_every_pull(void) {
    pull_everywhere(new_tag, tag_profile, NULL, has_message);
}

static void tags_that_cannot_be_made_are_rejected(void) {
    cards[0] = foreign_tag(1);
    cards[0]->tag.container[14] = 0xFF;
    plan(tag_profile, NULL, NULL, 1);
    CU_ASSERT_EQUAL(work(station_run, "0"), EXIT_REFUSED);
    CU_ASSERT_EQUAL(lines_with("journal", "closed for writing (access FF)"), 1);
    foreign_free(cards[0]);
    cards[0] = foreign_tag(1);
    cards[0]->tag.container[11] = 0;
    cards[0]->tag.container[12] = 16;
    plan(tag_profile, NULL, NULL, 1);
    CU_ASSERT_EQUAL(work(station_run, "0"), EXIT_REFUSED);
    CU_ASSERT_EQUAL(lines_with("journal", "the tag room for 14"), 1);
    foreign_free(cards[0]);
    cards[0] = foreign_tag(1);
    cards[0]->tag.sticky = true;
    plan(tag_profile, NULL, NULL, 1);
    CU_ASSERT_EQUAL(work(station_run, "0"), EXIT_REFUSED);
    CU_ASSERT_EQUAL(lines_with("journal", "reject 0"), 1);
    plan("name tag\ncard type4\nurl https://example.org/{id}\nread-only no\n", NULL, NULL, 1);
    made_and_verified("0", 1);
    CU_ASSERT_EQUAL(cards[0]->tag.container[14], 0);
    CU_ASSERT_EQUAL(work(station_verify, "0"), EXIT_DONE);
    foreign_free(cards[0]);
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

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"the authority stands", begin, NULL},
        {"a key set is old or new at every pull, and the job goes on", keys_survive_every_pull,
         NULL},
        {"every derivation and key length opens the card", every_method_and_length, NULL},
        {"cards may come with a transport key", cards_come_with_a_transport_key, NULL},
        {"a card of lesser i gets its keys", lesser_channels_do, NULL},
        {"SCP01 and SCP02 cards are refused by name", other_protocols_are_refused, NULL},
        {"cards without the application are refused by name", other_applications_are_refused, NULL},
        {"a wrong card ends no batch", a_wrong_card_ends_nothing, NULL},
        {"an identity is whole after every pull", identity_survives_every_pull, NULL},
        {"identities in P-256 and RSA, 3DES and AES", identities_of_every_kind, NULL},
        {"another PIN costs one try and is told", another_pin_costs_one_try, NULL},
        {"another management key is refused", another_management_key_is_refused, NULL},
        {"another certificate does not verify", another_certificate_does_not_verify, NULL},
        {"a tag is whole after every pull", message_survives_every_pull, NULL},
        {"tags that cannot be made are rejected", tags_that_cannot_be_made_are_rejected, NULL},
        {"profiles name what does not fit their card", profiles_name_what_does_not_fit, NULL},
        {"the place is tidied", end, NULL}};
    return suite_main("test-other-cards", tests, sizeof tests / sizeof tests[0], argc, argv);
}
