// SPDX-License-Identifier: Apache-2.0
// Attacks on what a card believes: foreign centers, borrowed names, strangers' authorities, days
// that have not come. Each worked once; each is refused for its own reason and leaves every image
// as it was, over contact and contactless. docs/purse.md, "Trust".
#include "tests/kit/clearing.h"
#include "tests/kit/hotlists.h"
#include "tests/kit/scene/forger.h"
#include "tests/kit/scene/trio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct trio t;
static enum card_interface interface; // that the attacker's reader has

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
    t.wallet->interface = t.till->interface = interface;
    scene_select(t.wallet, NULL);
    scene_select(t.till, NULL);
}

static void end(void) {
    t.wallet->interface = t.till->interface = CARD_CONTACT;
    trio_end(&t);
}

static uint16_t show(struct scene_card *card, struct bytes certificate) {
    return scene_send(card, COMMAND_PURSE_EXCHANGE_CERTIFICATES, certificate);
}

/// An authority that the card is given by its issuer.
static uint16_t teach(struct scene_card *card, const struct sample_party *authority) {
    card->interface = CARD_INTERNAL;
    uint16_t sw = scene_store(card, PERSO_ISSUING, authority->certificate);
    card->interface = interface;
    scene_select(card, NULL);
    return sw;
}

// ---- centers -----------------------------------------------------------------------------------

/// An order of this kind in the name of a center, as far as a foreign center gets with it.
static struct bytes order(enum object_type type, const struct sample_party *center,
                          const struct scene_card *card, uint8_t out[512]) {
    const uint8_t challenge[16] = {0}, hash[32] = {1}, all[2] = {0x07, 0xFF};
    struct object_writer writer;
    struct bytes object;
    object_begin(&writer, type, out, 512);
    if (type == OBJECT_STATEMENT_CHALLENGE)
        object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
    object_put(&writer, FIELD_CENTER, bytes_of_string(center->holder));
    if (type != OBJECT_HOTLIST)
        object_put(&writer, FIELD_PURSE, bytes_of_string(card->holder));
    object_put_date(&writer, FIELD_DATE, 20260110);
    if (type == OBJECT_TIME_RESET || type == OBJECT_HOTLIST)
        object_put_uint(&writer, FIELD_VERSION, 1000);
    if (type == OBJECT_HOTLIST) {
        object_put_uint(&writer, FIELD_MARKS, 1);
        object_put(&writer, FIELD_LIST_HASH, BYTES_OF(hash));
        object_put(&writer, FIELD_ROLES, BYTES_OF(all));
    }
    CU_ASSERT_FATAL(object_sign(&writer, &center->signer, &object));
    return object;
}

static uint16_t issue_by(const struct sample_party *center, uint64_t transfer) {
    uint8_t out[512];
    struct scene_issue terms = scene_issue_for(t.wallet, transfer);
    terms.signer = center;
    terms.center = center->holder;
    return scene_send(t.wallet, COMMAND_PURSE_ISSUE,
                      scene_issue_object(t.scene, &terms, out, sizeof out));
}

/// Every order of this center is refused, by wallet and till.
static void obeys_not(const struct sample_party *center, uint16_t sw) {
    static const struct {
        enum purse_command command;
        enum object_type type;
    } ORDERS[] = {{COMMAND_PURSE_STATEMENT, OBJECT_STATEMENT_CHALLENGE},
                  {COMMAND_PURSE_HOTLIST, OBJECT_HOTLIST},
                  {COMMAND_PURSE_RESET_TIME, OBJECT_TIME_RESET}};
    struct scene_card *const cards[] = {t.wallet, t.till};
    uint8_t out[512];
    for (size_t i = 0; i < sizeof ORDERS / sizeof ORDERS[0]; i++)
        for (size_t j = 0; j < 2; j++)
            REFUSED(&t,
                    scene_send(cards[j], ORDERS[i].command,
                               order(ORDERS[i].type, center, cards[j], out)),
                    sw);
    REFUSED(&t, issue_by(center, 100), sw);
}

// A center below the same root, of another domain, could settle, refund and issue: the card's own
// center knew nothing of it.
static void test_foreign_center(void) {
    struct sample_party clearing, center;
    begin();
    scene_authority(t.scene, &clearing, "B-CLEAR", ROLE_CENTER, "b:");
    scene_certify(t.scene, &center, "b:CENTER", ROLE_CENTER, &clearing, SCENE_FROM, SCENE_LONG);
    REFUSED(&t, show(t.wallet, clearing.certificate), SW_NO_RENEWAL);
    REFUSED(&t, show(t.wallet, center.certificate), SW_UNKNOWN_ISSUER);
    obeys_not(&center, SW_WRONG_CENTER);
    // even where the issuer has the card accept that authority's centers as parties
    ACCEPTED(teach(t.wallet, &clearing));
    ACCEPTED(teach(t.till, &clearing));
    ACCEPTED(show(t.wallet, center.certificate));
    ACCEPTED(show(t.till, center.certificate));
    obeys_not(&center, SW_WRONG_CENTER);
    end();
}

static uint16_t name_center(struct scene_card *card, const char *name) {
    uint8_t data[2 + HOLDER_MAX];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, 0x94, bytes_of_string(name));
    card->interface = CARD_INTERNAL;
    uint16_t sw = scene_store(card, PERSO_CENTER, tlv_writer_bytes(&out));
    card->interface = interface;
    scene_select(card, NULL);
    return sw;
}

// A card moves to another center by its issuer's word, and by nobody else's; the former one is a
// stranger from then on.
static void test_another_center(void) {
    struct sample_party center;
    begin();
    scene_certify(t.scene, &center, "CENTER2", ROLE_CENTER, &t.scene->centers, SCENE_FROM,
                  SCENE_LONG);
    ACCEPTED(show(t.wallet, center.certificate));
    ACCEPTED(show(t.till, center.certificate));
    obeys_not(&center, SW_WRONG_CENTER);
    REFUSED(&t, name_center(t.wallet, ""), SW_WRONG_DATA);
    REFUSED(&t, name_center(t.wallet, t.scene->center.holder), SW_OK); // no news
    ACCEPTED(name_center(t.wallet, "CENTER2"));
    ACCEPTED(name_center(t.till, "CENTER2"));
    obeys_not(&t.scene->center, SW_WRONG_CENTER);
    ACCEPTED(issue_by(&center, 100));
    end();
}

/// The object of a list by the scene's center; its marks are left out.
static uint16_t announce(struct scene_hotlist *list) {
    uint8_t out[HOTLIST_OBJECT_ROOM];
    return scene_send(t.wallet, COMMAND_PURSE_HOTLIST, scene_hotlist_object(t.scene, list, out));
}

static uint16_t give_part(const struct scene_hotlist *list) {
    return scene_send_p1p2(t.wallet, COMMAND_PURSE_HOTLIST_PART, 0, scene_hotlist_marks(list));
}

// Whoever had the former center's key had all numbers used up, and a list begun that anybody could
// end: the next center would never have been heard.
static void test_former_center(void) {
    struct sample_party center;
    struct clearing_ack last = {.version = UINT32_MAX}, first = {.version = 1};
    begin();
    struct scene_hotlist *list = scene_hotlist(UINT32_MAX, SCENE_FROM);
    scene_list_strangers(list, 3);
    scene_certify(t.scene, &center, "CENTER2", ROLE_CENTER, &t.scene->centers, SCENE_FROM,
                  SCENE_LONG);
    ACCEPTED(clearing_acknowledge(t.wallet, &last));
    ACCEPTED(announce(list));
    ACCEPTED(name_center(t.wallet, "CENTER2"));
    REFUSED(&t, give_part(list), SW_CONDITIONS);
    REFUSED(&t, clearing_acknowledge(t.wallet, &last), SW_OK); // said once more
    last.counter = 1;
    REFUSED(&t, clearing_acknowledge(t.wallet, &last), SW_WRONG_CENTER);
    ACCEPTED(show(t.wallet, center.certificate));
    t.scene->center = center;
    ACCEPTED(clearing_acknowledge(t.wallet, &first));
    first.counter = 1; // another body of the same version
    REFUSED(&t, clearing_acknowledge(t.wallet, &first), SW_STALE);
    list->version = 1;
    ACCEPTED(announce(list));
    ACCEPTED(give_part(list));
    free(list);
    end();
}

// Sent back to a center that it had, a card would begin to count its versions anew, and take an old
// list that spares somebody and an old acknowledgement that refills an offline budget.
static void test_center_comes_back(void) {
    struct sample_party former;
    struct clearing_ack old = {.version = 1}, last = {.version = 2};
    struct scene_hotlist *list;
    begin();
    former = t.scene->center;
    ACCEPTED(clearing_acknowledge(t.wallet, &old));
    ACCEPTED(clearing_acknowledge(t.wallet, &last));
    list = scene_hotlist(2, SCENE_FROM);
    scene_list_strangers(list, 1);
    ACCEPTED(scene_give_hotlist(t.wallet, list));
    ACCEPTED(name_center(t.wallet, "CENTER2"));
    REFUSED(&t, name_center(t.wallet, former.holder), SW_STALE);
    REFUSED(&t, clearing_acknowledge(t.wallet, &old), SW_WRONG_CENTER);
    list = scene_hotlist(1, SCENE_FROM);
    REFUSED(&t, announce(list), SW_WRONG_CENTER);
    free(list);
    ACCEPTED(name_center(t.wallet, "CENTER3"));
    REFUSED(&t, name_center(t.wallet, former.holder), SW_STALE);
    REFUSED(&t, name_center(t.wallet, "CENTER2"), SW_STALE);
    ACCEPTED(name_center(t.wallet, "CENTER4"));
    REFUSED(&t, name_center(t.wallet, "CENTER3"), SW_STALE);
    REFUSED(&t, name_center(t.wallet, "CENTER5"), SW_NO_SPACE); // there is nowhere to remember one
    REFUSED(&t, name_center(t.wallet, "CENTER4"), SW_OK);       // no news
    end();
}

// The other domain's authority certifies the name of the card's center.
static void test_center_squatting(void) {
    struct sample_party clearing, center, twin;
    begin();
    scene_authority(t.scene, &clearing, "B-CLEAR", ROLE_CENTER, "b:");
    scene_authority(t.scene, &twin, "C-CLEAR", ROLE_CENTER, NULL);
    ACCEPTED(teach(t.wallet, &clearing));
    ACCEPTED(teach(t.till, &clearing));
    scene_certify(t.scene, &center, t.scene->center.holder, ROLE_CENTER, &clearing, SCENE_FROM,
                  SCENE_LONG);
    REFUSED(&t, show(t.wallet, center.certificate), SW_WRONG_NAME);
    REFUSED(&t, show(t.till, center.certificate), SW_WRONG_NAME);
    obeys_not(&center, SW_BAD_SIGNATURE);
    REFUSED(&t, teach(t.wallet, &twin), SW_WRONG_NAME); // of the same names as the card's own
    ACCEPTED(issue_by(&t.scene->center, 100));
    end();
}

// A ticket store may have any name, a center's too; the center is heard all the same.
static void test_center_in_another_role(void) {
    struct sample_party store;
    begin();
    scene_certify(t.scene, &store, t.scene->center.holder, ROLE_STORE, &t.scene->purses, 20260105,
                  SCENE_LONG);
    ACCEPTED(show(t.wallet, store.certificate));
    REFUSED(&t, issue_by(&store, 100), SW_BAD_SIGNATURE);
    ACCEPTED(issue_by(&t.scene->center, 100));
    end();
}

// ---- names -------------------------------------------------------------------------------------

// Two shops had a till of one name: a payment to the one was refused because of the other.
static void test_tills_of_one_name(void) {
    struct sample_party shops[2], tills[2], thief;
    struct scene_selected selected;
    struct scene_object request;
    static const char *const SPACES[] = {"a:", "b:"}, *const NAMES[] = {"a:till-1", "b:till-1"};
    begin();
    for (size_t i = 0; i < 2; i++) {
        scene_authority(t.scene, &shops[i], i == 0 ? "SHOP-A" : "SHOP-B", ROLE_TILL, SPACES[i]);
        ACCEPTED(teach(t.wallet, &shops[i]));
        scene_certify(t.scene, &tills[i], NAMES[i], ROLE_TILL, &shops[i], SCENE_FROM, SCENE_UNTIL);
        ACCEPTED(show(t.wallet, tills[i].certificate));
    }
    for (size_t i = 0; i < 2; i++) { // both have the same n
        scene_select(t.wallet, &selected);
        struct forged terms = forged_terms(NAMES[i], 1, t.wallet, &selected, 10);
        forge_request(&tills[i], &terms, &request);
        ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_DEBIT, scene_bytes(&request)));
    }
    static const char *const STOLEN[] = {"a:till-1", "TILL1", "till-1", "b:c:till-1"};
    for (size_t i = 0; i < sizeof STOLEN / sizeof STOLEN[0]; i++) {
        scene_certify(t.scene, &thief, STOLEN[i], ROLE_TILL, &shops[1], 20260105, SCENE_UNTIL);
        REFUSED(&t, show(t.wallet, thief.certificate), SW_WRONG_NAME);
    }
    scene_close(t.scene); // the shops' takings are outside: no audit
}

// Whoever may certify wallets below the root could give the card another certificate: of another
// enterprise, of another issuer, that its own one may not follow.
static void test_own_certificate_by_a_stranger(void) {
    struct sample_party other, mine;
    uint8_t own[CERTIFICATE_MAX];
    begin();
    scene_authority(t.scene, &other, "OTHERS", ROLE_PURSES, "o:");
    ACCEPTED(teach(t.wallet, &other));
    struct bytes honest = scene_recertify(t.wallet, 20260102, SCENE_LONG, own);
    struct certificate fields;
    CU_ASSERT_EQUAL_FATAL(certificate_parse(honest, &fields), CERTIFICATE_OK);
    size_t size = 0;
    uint8_t foreign[CERTIFICATE_MAX];
    fields.issuer = bytes_of_string(other.holder);
    CU_ASSERT_EQUAL(certificate_make(&fields, &other.signer, foreign, sizeof foreign, &size),
                    CERTIFICATE_OK);
    REFUSED(&t, show(t.wallet, bytes_of(foreign, size)), SW_NO_RENEWAL);
    fields.issuer = bytes_of_string(t.scene->purses.holder);
    fields.enterprise = bytes_of_string("ID_2000");
    CU_ASSERT_EQUAL(
        certificate_make(&fields, &t.scene->purses.signer, foreign, sizeof foreign, &size),
        CERTIFICATE_OK);
    REFUSED(&t, show(t.wallet, bytes_of(foreign, size)), SW_NO_RENEWAL);
    scene_certify(t.scene, &mine, "WALLET1", ROLE_WALLET, &t.scene->purses, 20260103, SCENE_LONG);
    REFUSED(&t, show(t.wallet, mine.certificate), SW_WRONG_PARTY); // another key
    ACCEPTED(show(t.wallet, honest));
    end();
}

// ---- authorities -------------------------------------------------------------------------------

/// The next certificate of the authority for purses, with what a root would not renew.
static struct bytes successor(const struct sample_party *like, uint16_t roles, const char *space,
                              const char *enterprise, uint8_t out[CERTIFICATE_MAX]) {
    struct certificate fields = sample_fields(like, &t.scene->root);
    size_t size = 0;
    fields.roles = roles;
    fields.space = bytes_of_string(space);
    fields.enterprise = bytes_of_string(enterprise);
    fields.until = SCENE_LONG;
    fields.made = 20260102;
    CU_ASSERT_EQUAL(certificate_make(&fields, &t.scene->root.signer, out, CERTIFICATE_MAX, &size),
                    CERTIFICATE_OK);
    return bytes_of(out, size);
}

// Any reader could add an authority of its own choice, or widen one, by EXCHANGE CERTIFICATES.
static void test_authorities_over_the_air(void) {
    struct sample_party added;
    uint8_t out[CERTIFICATE_MAX];
    begin();
    const struct sample_party *purses = &t.scene->purses;
    scene_authority(t.scene, &added, "ADDED", ROLE_TILL, "x:");
    REFUSED(&t, show(t.wallet, added.certificate), SW_NO_RENEWAL);
    REFUSED(&t, show(t.wallet, successor(purses, purses->roles | ROLE_CENTER, "", "", out)),
            SW_NO_RENEWAL);
    REFUSED(&t, show(t.wallet, successor(purses, purses->roles, "x:", "", out)), SW_NO_RENEWAL);
    REFUSED(&t, show(t.wallet, successor(purses, purses->roles, "", "ID_1", out)), SW_NO_RENEWAL);
    ACCEPTED(show(t.wallet, successor(purses, purses->roles, "", "", out)));
    end();
}

/// The next certificate of the authority for purses, made on a day and valid until another.
static struct bytes made_on(uint32_t made, uint32_t until, uint8_t out[CERTIFICATE_MAX]) {
    struct certificate fields = sample_fields(&t.scene->purses, &t.scene->root);
    size_t size = 0;
    fields.made = made;
    fields.until = until;
    CU_ASSERT_EQUAL(certificate_make(&fields, &t.scene->root.signer, out, CERTIFICATE_MAX, &size),
                    CERTIFICATE_OK);
    return bytes_of(out, size);
}

// Of two certificates of an authority that were made on one day, the first could be put back over
// the second at any time: a key that was replaced in a hurry came back.
static void test_successors_of_one_day(void) {
    uint8_t out[3][CERTIFICATE_MAX];
    begin();
    struct bytes first = made_on(20260102, SCENE_LONG, out[0]);
    struct bytes second = made_on(20260102, SCENE_LONG - 1, out[1]);
    struct bytes later = made_on(20260103, SCENE_LONG, out[2]);
    ACCEPTED(show(t.wallet, first));
    REFUSED(&t, show(t.wallet, second), SW_STALE);
    ACCEPTED(show(t.wallet, first));
    t.wallet->interface = CARD_INTERNAL;
    ACCEPTED(scene_store(t.wallet, PERSO_ISSUING, second)); // the issuer says which is the later
    t.wallet->interface = interface;
    scene_select(t.wallet, NULL);
    REFUSED(&t, show(t.wallet, first), SW_STALE);
    ACCEPTED(show(t.wallet, later));
    REFUSED(&t, show(t.wallet, second), SW_STALE);
    end();
}

// Seven strangers' authorities filled the table for good.
static void test_room_for_authorities(void) {
    struct sample_party issuing;
    char name[8] = "AUTH0", space[4] = "0:";
    begin();
    for (int i = 0; i < 8; i++) {
        name[4] = space[0] = (char)('0' + i);
        scene_authority(t.scene, &issuing, name, ROLE_BANK, space);
        REFUSED(&t, show(t.wallet, issuing.certificate), SW_NO_RENEWAL);
    }
    for (int i = 0; i < PERSO_ISSUING_MAX - 2; i++) {
        name[4] = space[0] = (char)('0' + i);
        scene_certify(t.scene, &issuing, name, ROLE_ISSUING | ROLE_BANK, &t.scene->root, SCENE_FROM,
                      20260301);
        sample_name_space(&issuing, &t.scene->root, space);
        ACCEPTED(teach(t.wallet, &issuing));
    }
    scene_authority(t.scene, &issuing, "LATER", ROLE_BANK, "l:");
    REFUSED(&t, teach(t.wallet, &issuing), SW_NO_SPACE);
    struct scene_issue terms = scene_issue_for(t.wallet, 1);
    uint8_t out[512];
    terms.date = 20260302;
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_ISSUE,
                        scene_issue_object(t.scene, &terms, out, sizeof out)));
    ACCEPTED(teach(t.wallet, &issuing)); // the others have run out: their rows are free
    end();
}

// A certificate that was published early sent every card it met to its first day.
static void test_early_certificate(void) {
    struct certificate fields;
    uint8_t out[CERTIFICATE_MAX];
    size_t size = 0;
    begin();
    struct card_call call = scene_call(t.wallet);
    uint32_t today = clock_today(&call);
    fields = sample_fields(&t.scene->purses, &t.scene->root);
    fields.made = 20260103;
    fields.from = 20270101;
    fields.until = SCENE_LONG;
    CU_ASSERT_EQUAL(certificate_make(&fields, &t.scene->root.signer, out, sizeof out, &size),
                    CERTIFICATE_OK);
    CU_ASSERT(today < 20260103);
    ACCEPTED(show(t.wallet, bytes_of(out, size)));
    CU_ASSERT_EQUAL(clock_today(&call), 20260103);
    ACCEPTED(scene_pay(t.wallet, t.till, 5, "NO_1")); // nobody has run out
    REFUSED(&t, show(t.wallet, t.scene->purses.certificate), SW_STALE);
    end();
}

// ---- assurance ---------------------------------------------------------------------------------

// Only the authority's tool refused an emulated key below a hardware authority.
static void test_emulated_below_hardware(void) {
    struct sample_party hardware, till;
    struct certificate fields;
    uint8_t octets[CERTIFICATE_MAX];
    size_t size = 0;
    begin();
    scene_authority(t.scene, &hardware, "HARD", ROLE_TILL, "h:");
    memcpy(octets, hardware.octets, sizeof octets);
    CU_ASSERT_EQUAL(certificate_parse(bytes_of(octets, hardware.certificate.size), &fields),
                    CERTIFICATE_OK);
    fields.assurance = ASSURANCE_HARDWARE;
    CU_ASSERT_EQUAL(certificate_make(&fields, &t.scene->root.signer, hardware.octets,
                                     sizeof hardware.octets, &size),
                    CERTIFICATE_OK);
    hardware.certificate = bytes_of(hardware.octets, size);
    ACCEPTED(teach(t.wallet, &hardware));
    scene_certify(t.scene, &till, "h:till", ROLE_TILL, &hardware, SCENE_FROM, SCENE_UNTIL);
    REFUSED(&t, show(t.wallet, till.certificate), SW_EMULATED);
    end();
}

// ---- one card ----------------------------------------------------------------------------------

// A card that pays itself would count one amount in two totals; so would one whose name is lent to
// the other end.
static void test_both_ends_of_one_card(void) {
    struct scene_selected selected;
    struct scene_object request;
    begin();
    struct scene_card *const cards[] = {t.wallet, t.till, t.floater};
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
        struct scene_payment payment = scene_payment(cards[i], cards[i], 10, "NO_1");
        REFUSED(&t, scene_step_request(&payment), SW_WRONG_PARTY);
    }
    scene_select(t.wallet, &selected);
    struct forged terms = forged_terms("WALLET1", 1, t.wallet, &selected, 10);
    forge_request(&t.scene->center, &terms, &request);
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_DEBIT, scene_bytes(&request)),
            SW_UNKNOWN_CERTIFICATE);
    end();
}

#define OVER_BOTH(test)                                                                            \
    static void test##_both(void) {                                                                \
        interface = CARD_CONTACT;                                                                  \
        test();                                                                                    \
        interface = CARD_CONTACTLESS;                                                              \
        test();                                                                                    \
    }
OVER_BOTH(test_foreign_center)
OVER_BOTH(test_another_center)
OVER_BOTH(test_former_center)
OVER_BOTH(test_center_comes_back)
OVER_BOTH(test_center_squatting)
OVER_BOTH(test_center_in_another_role)
OVER_BOTH(test_tills_of_one_name)
OVER_BOTH(test_own_certificate_by_a_stranger)
OVER_BOTH(test_authorities_over_the_air)
OVER_BOTH(test_room_for_authorities)
OVER_BOTH(test_early_certificate)
OVER_BOTH(test_successors_of_one_day)
OVER_BOTH(test_both_ends_of_one_card)
OVER_BOTH(test_emulated_below_hardware)

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"a center of another domain", test_foreign_center_both, NULL},
        {"another center by the issuer's word", test_another_center_both, NULL},
        {"what a former center left", test_former_center_both, NULL},
        {"a former center comes back", test_center_comes_back_both, NULL},
        {"another domain takes the center's name", test_center_squatting_both, NULL},
        {"a store of the center's name", test_center_in_another_role_both, NULL},
        {"two tills of one name, and whoever borrows one", test_tills_of_one_name_both, NULL},
        {"the own certificate by a stranger", test_own_certificate_by_a_stranger_both, NULL},
        {"authorities over the air", test_authorities_over_the_air_both, NULL},
        {"a table full of strangers", test_room_for_authorities_both, NULL},
        {"a certificate that was published early", test_early_certificate_both, NULL},
        {"two successors of one day", test_successors_of_one_day_both, NULL},
        {"one card at both ends", test_both_ends_of_one_card_both, NULL},
        {"an emulated key below hardware", test_emulated_below_hardware_both, NULL},
    };
    return suite_main("test-trust-attacks", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
