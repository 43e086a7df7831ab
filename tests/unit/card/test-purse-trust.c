// SPDX-License-Identifier: Apache-2.0
// Whom a purse believes: chains, domains, validity, hotlist, time. S08 on the card's side: missing,
// expired, foreign and revoked certificates are refused at every use.
#include "tests/kit/hotlists.h"
#include "tests/kit/scene/forger.h"
#include "tests/kit/scene/trio.h"

#include "apdu/object/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct trio t;

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
}

static void end(void) {
    trio_end(&t);
}

static uint16_t show(struct scene_card *card, struct bytes certificate) {
    return scene_send(card, COMMAND_PURSE_EXCHANGE_CERTIFICATES, certificate);
}

/// Certificate with fields that no honest authority would sign.
static struct bytes bend(const struct certificate *fields, const struct sample_party *issuer,
                         uint8_t *out) {
    uint8_t body[CERTIFICATE_MAX], signature[ECDSA_SIZE];
    struct tlv_writer inner = tlv_writer_over(body, sizeof body);
    struct tlv_writer outer = tlv_writer_over(out, CERTIFICATE_MAX);
    certificate_put_body(&inner, fields);
    CU_ASSERT_FATAL(issuer->signer.sign(&issuer->signer, tlv_writer_bytes(&inner), signature));
    size_t mark = tlv_begin(&outer, CVC_CERTIFICATE);
    tlv_put_raw(&outer, tlv_writer_bytes(&inner));
    tlv_put(&outer, CVC_SIGNATURE, BYTES_OF(signature));
    tlv_end(&outer, mark);
    return tlv_writer_bytes(&outer);
}

static struct bytes bent(const char *holder, uint16_t roles, const struct sample_party *issuer,
                         uint32_t from, uint32_t until, uint8_t *out) {
    static struct sample_party party;
    scene_certify(t.scene, &party, "X", ROLE_WALLET, &t.scene->purses, SCENE_FROM, SCENE_LONG);
    snprintf(party.holder, sizeof party.holder, "%s", holder);
    party.roles = roles;
    struct certificate fields = sample_fields(&party, issuer);
    fields.from = from;
    fields.until = until;
    return bend(&fields, issuer, out);
}

/// Through the card's own security domain.
static uint16_t teach(struct scene_card *card, struct bytes authority) {
    card->interface = CARD_INTERNAL;
    uint16_t sw = scene_store(card, PERSO_ISSUING, authority);
    card->interface = CARD_CONTACT;
    scene_select(card, NULL);
    return sw;
}

static void test_chains(void) {
    struct sample_party root2, issuing2, foreign, below, under_root;
    uint8_t out[CERTIFICATE_MAX];
    begin();
    scene_certify(t.scene, &root2, "ROOT2", ROLE_ROOT | ROLE_ENTITIES, &root2, SCENE_FROM,
                  SCENE_LONG);
    scene_certify(t.scene, &issuing2, "PURSES", ROLE_ISSUING | ROLE_PURSES, &root2, SCENE_FROM,
                  SCENE_LONG);
    scene_certify(t.scene, &foreign, "TILLX", ROLE_TILL, &issuing2, SCENE_FROM, SCENE_UNTIL);
    REFUSED(&t, show(t.wallet, root2.certificate), SW_WRONG_ROLE);
    REFUSED(&t, show(t.wallet, issuing2.certificate), SW_UNKNOWN_ISSUER);
    REFUSED(&t, show(t.wallet, foreign.certificate), SW_BAD_SIGNATURE); // the name alone
    scene_certify(t.scene, &issuing2, "OTHERS", ROLE_ISSUING | ROLE_PURSES, &root2, SCENE_FROM,
                  SCENE_LONG);
    scene_certify(t.scene, &foreign, "TILLX", ROLE_TILL, &issuing2, SCENE_FROM, SCENE_UNTIL);
    REFUSED(&t, show(t.wallet, foreign.certificate), SW_UNKNOWN_ISSUER);
    scene_certify(t.scene, &below, "BELOW", ROLE_ISSUING | ROLE_TILL, &t.scene->purses, SCENE_FROM,
                  SCENE_LONG);
    REFUSED(&t, show(t.wallet, below.certificate), SW_BAD_CERTIFICATE); // over-long chain
    scene_certify(t.scene, &foreign, "TILLX", ROLE_TILL, &below, SCENE_FROM, SCENE_UNTIL);
    REFUSED(&t, show(t.wallet, foreign.certificate), SW_UNKNOWN_ISSUER);
    scene_certify(t.scene, &under_root, "TILLX", ROLE_TILL, &t.scene->root, SCENE_FROM,
                  SCENE_UNTIL);
    REFUSED(&t, show(t.wallet, under_root.certificate), SW_WRONG_DOMAIN);
    REFUSED(
        &t,
        show(t.wallet, bent("TILLX", ROLE_TILL, &t.scene->centers, SCENE_FROM, SCENE_UNTIL, out)),
        SW_WRONG_DOMAIN); // issuer of another domain
    REFUSED(
        &t,
        show(t.wallet, bent("CENTERX", ROLE_CENTER, &t.scene->purses, SCENE_FROM, SCENE_LONG, out)),
        SW_WRONG_DOMAIN);
    end();
}

static void test_bent_certificates(void) {
    uint8_t out[CERTIFICATE_MAX];
    begin();
    const struct sample_party *purses = &t.scene->purses;
    REFUSED(&t,
            show(t.wallet, bent("X", ROLE_TILL | ROLE_FLOAT, purses, SCENE_FROM, SCENE_UNTIL, out)),
            SW_WRONG_ROLE);
    REFUSED(&t,
            show(t.wallet, bent("X", ROLE_TILL | ROLE_STORE, purses, SCENE_FROM, SCENE_UNTIL, out)),
            SW_WRONG_ROLE);
    REFUSED(&t, show(t.wallet, bent("X", ROLE_TILL, purses, SCENE_FROM, 20260301, out)),
            SW_BAD_CERTIFICATE); // lives longer than a till may
    REFUSED(&t,
            show(t.wallet, bent("TWELVE-AND-1X", ROLE_TILL, purses, SCENE_FROM, SCENE_UNTIL, out)),
            SW_BAD_CERTIFICATE); // too long a holder for a purse
    REFUSED(&t, show(t.wallet, bent("WALLET1", ROLE_WALLET, purses, SCENE_FROM, SCENE_LONG, out)),
            SW_WRONG_PARTY); // another key in the card's own name
    end();
}

// A shop's own authority makes tills of that shop, not of another and not of nobody.
static void test_enterprise_confusion(void) {
    struct sample_party shop, till, wide;
    struct scene_selected selected;
    struct scene_object request;
    begin();
    scene_authority(t.scene, &shop, "SHOP", ROLE_TILL, "s:");
    ACCEPTED(teach(t.wallet, shop.certificate));
    scene_certify(t.scene, &till, "s:TILL2", ROLE_TILL, &shop, SCENE_FROM, SCENE_UNTIL);
    ACCEPTED(show(t.wallet, till.certificate)); // as yet the authority is of no enterprise
    sample_name_enterprise(&shop, &t.scene->root, "ID_2000");
    REFUSED(&t, show(t.wallet, shop.certificate), SW_NO_RENEWAL);
    ACCEPTED(teach(t.wallet, shop.certificate));
    scene_select(t.wallet, &selected);
    struct forged terms = forged_terms("s:TILL2", 1, t.wallet, &selected, 1);
    forge_request(&till, &terms, &request);
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_DEBIT, scene_bytes(&request)),
            SW_UNKNOWN_CERTIFICATE); // known under the wider certificate only
    REFUSED(&t, show(t.wallet, till.certificate), SW_WRONG_ENTERPRISE);
    sample_name_enterprise(&till, &shop, "ID_2500");
    REFUSED(&t, show(t.wallet, till.certificate), SW_WRONG_ENTERPRISE);
    sample_name_enterprise(&till, &shop, "ID_2000");
    ACCEPTED(show(t.wallet, till.certificate));
    ACCEPTED(show(t.wallet, shop.certificate)); // shown again: nothing is forgotten
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_DEBIT, scene_bytes(&request)));
    scene_certify(t.scene, &wide, "TILL3", ROLE_TILL, &t.scene->purses, SCENE_FROM, SCENE_UNTIL);
    sample_name_enterprise(&wide, &t.scene->purses, "ID_2500");
    ACCEPTED(show(t.wallet, wide.certificate));
    scene_close(t.scene);
}

// ---- time --------------------------------------------------------------------------------------

static uint32_t today(struct scene_card *card) {
    struct card_call call = scene_call(card);
    return clock_today(&call);
}

/// A hotlist of this version and date with up to one certificate and one holder on it.
static struct scene_hotlist *hotlist(uint32_t version, uint32_t date, struct bytes certificate,
                                     const char *holder) {
    struct scene_hotlist *list = scene_hotlist(version, date);
    if (certificate.size > 0)
        scene_list_certificate(list, t.scene, certificate);
    if (holder != NULL)
        scene_list_holder(list, t.scene, t.scene->purses.holder, holder);
    return list;
}

static uint16_t send_hotlist(struct scene_card *card, uint32_t version, uint32_t date,
                             struct bytes certificate, const char *holder) {
    return scene_give_hotlist(card, hotlist(version, date, certificate, holder));
}

/// Only its object, to a card that knows the center.
static uint16_t announce(struct scene_card *card, struct scene_hotlist *list) {
    uint8_t out[HOTLIST_OBJECT_ROOM];
    uint16_t sw = scene_send(card, COMMAND_PURSE_HOTLIST, scene_hotlist_object(t.scene, list, out));
    free(list);
    return sw;
}

static const struct bytes NONE = {0};

// Time rises by authorities and the center, never by an end entity, and never beyond what its
// signer lives to see.
static void test_time_rises(void) {
    struct sample_party future, later;
    begin();
    CU_ASSERT_EQUAL(today(t.wallet), SCENE_FROM);
    scene_certify(t.scene, &future, "FUTURE", ROLE_TILL, &t.scene->purses, 20991201, 20991231);
    ACCEPTED(show(t.wallet, future.certificate));
    CU_ASSERT_EQUAL(today(t.wallet), SCENE_FROM); // an end entity's date moves nothing
    ACCEPTED(send_hotlist(t.wallet, 1, 20260110, NONE, NULL));
    CU_ASSERT_EQUAL(today(t.wallet), 20260110);
    scene_show_center(t.wallet);
    REFUSED(&t, announce(t.wallet, hotlist(2, 20991231, NONE, NULL)),
            SW_EXPIRED); // far future: after its own signer's end
    ACCEPTED(send_hotlist(t.wallet, 2, 20260105, NONE, NULL));
    CU_ASSERT_EQUAL(today(t.wallet), 20260110); // never back
    scene_certify(t.scene, &later, "CENTERS", ROLE_ISSUING | ROLE_CENTER, &t.scene->root, 20260115,
                  SCENE_LONG);
    ACCEPTED(show(t.wallet, later.certificate));
    CU_ASSERT_EQUAL(today(t.wallet), 20260115); // an authority's first day does
    REFUSED(&t, show(t.wallet, t.scene->centers.certificate), SW_STALE);
    end();
}

// Expired: tills after their 35 days, at every use, cached or not.
static void test_expired(void) {
    uint8_t renewed[CERTIFICATE_MAX];
    begin();
    struct scene_payment under_way = trio_debited(&t, 10, "NO_1");
    ACCEPTED(send_hotlist(t.wallet, 1, 20260201, NONE, NULL));
    struct scene_payment late = scene_payment(t.wallet, t.till, 10, "NO_2");
    ACCEPTED(scene_step_credit(&under_way)); // T6: what is under way finishes
    ACCEPTED(scene_step_ratify(&under_way));
    ACCEPTED(scene_step_request(&late));
    REFUSED(&t, scene_step_debit(&late), SW_EXPIRED);
    ACCEPTED(show(t.wallet, t.floater->certificate)); // known already, but of no use
    struct scene_payment deposit = scene_payment(t.floater, t.wallet, 10, "D");
    scene_select(t.floater, NULL);
    REFUSED(&t, scene_step_request(&deposit), SW_EXPIRED);
    // renewed online: a new certificate for the same key
    struct bytes fresh = scene_recertify(t.till, 20260125, 20260225, renewed);
    ACCEPTED(show(t.wallet, fresh));
    ACCEPTED(scene_step_request(&late));
    ACCEPTED(scene_step_debit(&late));
    ACCEPTED(scene_step_credit(&late));
    ACCEPTED(scene_step_ratify(&late));
    REFUSED(&t, show(t.wallet, t.till->certificate), SW_EXPIRED);
    end();
}

// A till whose own certificate ran out asks for nothing; renewing it is one EXCHANGE with itself.
static void test_own_certificate(void) {
    uint8_t renewed[CERTIFICATE_MAX];
    begin();
    ACCEPTED(send_hotlist(t.till, 1, 20260201, NONE, NULL));
    struct scene_payment payment = scene_payment(t.wallet, t.till, 10, "NO_1");
    REFUSED(&t, scene_step_request(&payment), SW_EXPIRED);
    struct bytes fresh = scene_recertify(t.till, 20260125, 20260225, renewed);
    ACCEPTED(show(t.till, fresh));
    CU_ASSERT(bytes_equal(t.till->answer, fresh));
    REFUSED(&t, show(t.till, t.till->certificate), SW_EXPIRED);
    ACCEPTED(show(t.wallet, fresh));
    ACCEPTED(scene_step_request(&payment));
    ACCEPTED(scene_step_debit(&payment));
    ACCEPTED(scene_step_credit(&payment));
    ACCEPTED(scene_step_ratify(&payment));
    end();
}

static uint16_t reset_time(struct scene_card *card, const char *purse, uint32_t date,
                           uint32_t version, struct bytes center) {
    struct object_writer writer;
    uint8_t out[256], data[512];
    object_begin(&writer, OBJECT_TIME_RESET, out, sizeof out);
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.scene->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(purse));
    object_put_date(&writer, FIELD_DATE, date);
    object_put_uint(&writer, FIELD_VERSION, version);
    struct bytes object = scene_sign(t.scene, &writer);
    if (center.size > 0)
        memcpy(data, center.data, center.size);
    memcpy(data + center.size, object.data, object.size);
    return scene_send(card, COMMAND_PURSE_RESET_TIME, bytes_of(data, center.size + object.size));
}

// A card that was sent into the future believes nobody; one signed reset for it alone repairs it.
static void test_time_reset(void) {
    begin();
    ACCEPTED(send_hotlist(t.wallet, 1, SCENE_LONG, NONE, NULL));
    struct scene_payment payment = scene_payment(t.wallet, t.till, 10, "NO_1");
    ACCEPTED(scene_step_request(&payment));
    REFUSED(&t, scene_step_debit(&payment), SW_EXPIRED);
    REFUSED(&t, reset_time(t.wallet, "TILL1", 20260110, 1, NONE), SW_WRONG_PARTY);
    ACCEPTED(reset_time(t.wallet, "WALLET1", 20260110, 1, NONE));
    CU_ASSERT_EQUAL(today(t.wallet), 20260110);
    REFUSED(&t, reset_time(t.wallet, "WALLET1", 20260110, 1, NONE), SW_OK); // repetition
    REFUSED(&t, reset_time(t.wallet, "WALLET1", 20260101, 1, NONE), SW_STALE);
    ACCEPTED(scene_step_request(&payment));
    ACCEPTED(scene_step_debit(&payment));
    ACCEPTED(scene_step_credit(&payment));
    ACCEPTED(scene_step_ratify(&payment));
    end();
}

// The reset's own day decides whether its center stands: the card's day is what is wrong.
static void test_time_reset_by_expired_center(void) {
    struct sample_party brief;
    uint8_t out[256];
    struct object_writer writer;
    begin();
    scene_certify(t.scene, &brief, "CENTER1", ROLE_CENTER, &t.scene->centers, 20260102,
                  SCENE_UNTIL);
    ACCEPTED(send_hotlist(t.wallet, 1, 20260301, NONE, NULL));
    object_begin(&writer, OBJECT_TIME_RESET, out, sizeof out);
    object_put(&writer, FIELD_CENTER, bytes_of_string("CENTER1"));
    object_put(&writer, FIELD_PURSE, bytes_of_string("WALLET1"));
    object_put_date(&writer, FIELD_DATE, 20260110);
    object_put_uint(&writer, FIELD_VERSION, 1);
    struct bytes object;
    CU_ASSERT_FATAL(object_sign(&writer, &brief.signer, &object));
    uint8_t data[512];
    memcpy(data, brief.certificate.data, brief.certificate.size);
    memcpy(data + brief.certificate.size, object.data, object.size);
    REFUSED(&t, show(t.wallet, brief.certificate), SW_EXPIRED);
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_RESET_TIME,
                        bytes_of(data, brief.certificate.size + object.size)));
    CU_ASSERT_EQUAL(today(t.wallet), 20260110);
    end();
}

// An authority that ran out takes all below it along; its successor's key vouches anew.
static void test_authority_expires(void) {
    struct sample_party brief, till2, next;
    struct scene_selected selected;
    struct scene_object request;
    begin();
    scene_certify(t.scene, &brief, "BRIEF", ROLE_ISSUING | ROLE_PURSES, &t.scene->root, SCENE_FROM,
                  20260115);
    sample_name_space(&brief, &t.scene->root, "b:");
    scene_certify(t.scene, &till2, "b:TILL2", ROLE_TILL, &brief, SCENE_FROM, SCENE_UNTIL);
    ACCEPTED(teach(t.wallet, brief.certificate));
    ACCEPTED(show(t.wallet, till2.certificate));
    scene_select(t.wallet, &selected);
    struct forged terms = forged_terms("b:TILL2", 1, t.wallet, &selected, 1);
    forge_request(&till2, &terms, &request);
    ACCEPTED(send_hotlist(t.wallet, 1, 20260120, NONE, NULL));
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_DEBIT, scene_bytes(&request)), SW_EXPIRED);
    ACCEPTED(show(t.wallet, till2.certificate)); // cached: shown again, still no use
    scene_certify(t.scene, &next, "b:TILL3", ROLE_TILL, &brief, SCENE_FROM, SCENE_UNTIL);
    REFUSED(&t, show(t.wallet, next.certificate), SW_EXPIRED);
    scene_certify(t.scene, &next, "BRIEF", ROLE_ISSUING | ROLE_PURSES, &t.scene->root, 20260110,
                  SCENE_LONG);
    sample_name_space(&next, &t.scene->root, "b:");
    ACCEPTED(show(t.wallet, next.certificate));
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_DEBIT, scene_bytes(&request)),
            SW_UNKNOWN_CERTIFICATE); // the former key's word is forgotten
    REFUSED(&t, show(t.wallet, till2.certificate), SW_BAD_SIGNATURE);
    scene_close(t.scene);
}

// Its last day is a day on which all of it still stands, the day after none of it does: what is
// cached of it, what it certified, and the authority itself.
static void test_authority_last_day(void) {
    static const uint32_t days[] = {20260120, 20260121};
    for (size_t i = 0; i < 2; i++) {
        bool stands = i == 0;
        struct sample_party brief, cached, fresh, other;
        struct scene_selected selected;
        struct scene_object request;
        begin();
        scene_certify(t.scene, &brief, "BRIEF", ROLE_ISSUING | ROLE_PURSES, &t.scene->root,
                      SCENE_FROM, 20260120);
        sample_name_space(&brief, &t.scene->root, "b:");
        scene_certify(t.scene, &other, "OTHER", ROLE_ISSUING | ROLE_PURSES, &t.scene->root,
                      SCENE_FROM, 20260120);
        sample_name_space(&other, &t.scene->root, "o:");
        scene_certify(t.scene, &cached, "b:TILL2", ROLE_TILL, &brief, SCENE_FROM, SCENE_UNTIL);
        scene_certify(t.scene, &fresh, "b:TILL3", ROLE_TILL, &brief, SCENE_FROM, SCENE_UNTIL);
        ACCEPTED(teach(t.wallet, brief.certificate));
        ACCEPTED(show(t.wallet, cached.certificate));
        scene_select(t.wallet, &selected);
        struct forged terms = forged_terms("b:TILL2", 1, t.wallet, &selected, 1);
        forge_request(&cached, &terms, &request);
        ACCEPTED(send_hotlist(t.wallet, 1, days[i], NONE, NULL));
        CU_ASSERT_EQUAL(today(t.wallet), days[i]);
        CU_ASSERT_EQUAL(show(t.wallet, fresh.certificate), stands ? SW_OK : SW_EXPIRED);
        CU_ASSERT_EQUAL(teach(t.wallet, other.certificate), stands ? SW_OK : SW_EXPIRED);
        scene_select(t.wallet, &selected);
        terms = forged_terms("b:TILL2", 1, t.wallet, &selected, 1);
        forge_request(&cached, &terms, &request);
        CU_ASSERT_EQUAL(scene_send(t.wallet, COMMAND_PURSE_DEBIT, scene_bytes(&request)),
                        stands ? SW_OK : SW_EXPIRED);
        scene_close(t.scene);
    }
}

// Of two certificates of one holder the later counts; the earlier does not come back.
static void test_later_certificate_counts(void) {
    uint8_t later[CERTIFICATE_MAX], own[CERTIFICATE_MAX];
    begin();
    ACCEPTED(show(t.wallet, scene_recertify(t.till, 20260102, SCENE_UNTIL, later)));
    REFUSED(&t, show(t.wallet, t.till->certificate), SW_STALE);
    ACCEPTED(show(t.till, scene_recertify(t.till, 20260102, 20260204, own)));
    REFUSED(&t, show(t.till, t.till->certificate), SW_STALE);
    ACCEPTED(scene_pay(t.wallet, t.till, 1, "NO_1"));
    end();
}

// A purse whose own certificate is listed or ran out begins nothing.
static void test_own_standing(void) {
    begin();
    struct scene_payment payment = scene_payment(t.wallet, t.till, 10, "NO_1");
    ACCEPTED(scene_step_request(&payment));
    ACCEPTED(send_hotlist(t.wallet, 1, 20260110, NONE, "WALLET1"));
    ACCEPTED(scene_step_request(&payment));
    REFUSED(&t, scene_step_debit(&payment), SW_HOTLISTED);
    end();
}

// The same for a card that has long forgotten the center's certificate.
static void test_time_reset_by_unknown_center(void) {
    struct sample_party filler;
    char name[13];
    begin();
    ACCEPTED(send_hotlist(t.wallet, 1, SCENE_LONG, NONE, NULL));
    for (int i = 0; i < PEERS_SMALL; i++) {
        snprintf(name, sizeof name, "W%d", i);
        scene_certify(t.scene, &filler, name, ROLE_WALLET, &t.scene->purses, SCENE_FROM,
                      SCENE_LONG);
        ACCEPTED(show(t.wallet, filler.certificate));
    }
    REFUSED(&t, reset_time(t.wallet, "WALLET1", 20260110, 1, NONE), SW_UNKNOWN_CERTIFICATE);
    ACCEPTED(reset_time(t.wallet, "WALLET1", 20260110, 1, t.scene->center.certificate));
    CU_ASSERT_EQUAL(today(t.wallet), 20260110);
    end();
}

// ---- hotlist -----------------------------------------------------------------------------------

static void test_hotlisted(void) {
    struct bytes certificates[3];
    begin();
    certificates[0] = t.till->certificate;
    certificates[1] = t.scene->purses.certificate; // an authority: all below it
    struct scene_payment under_way = trio_debited(&t, 10, "NO_1");
    struct scene_payment other = scene_payment(t.wallet, t.till, 10, "NO_2");
    ACCEPTED(scene_step_request(&other));
    for (uint32_t i = 0; i < 3; i++) {
        struct bytes listed = i < 2 ? certificates[i] : NONE;
        ACCEPTED(send_hotlist(t.wallet, i + 1, 20260110, listed, i == 2 ? "TILL1" : NULL));
        ACCEPTED(scene_step_request(&other));
        REFUSED(&t, scene_step_debit(&other), SW_HOTLISTED);
    }
    ACCEPTED(scene_step_credit(&under_way)); // T6: a debit before the listing still ends
    ACCEPTED(scene_step_ratify(&under_way));
    ACCEPTED(send_hotlist(t.wallet, 4, 20260110, NONE, NULL));
    ACCEPTED(scene_step_request(&other));
    ACCEPTED(scene_step_debit(&other));
    ACCEPTED(send_hotlist(t.till, 1, 20260110, NONE, "WALLET1"));
    struct scene_payment third = scene_payment(t.wallet, t.till, 10, "NO_3");
    REFUSED(&t, scene_step_request(&third), SW_HOTLISTED);
    ACCEPTED(scene_step_void(&other)); // and the void after it is taken
    ACCEPTED(scene_step_take_void(&other));
    ACCEPTED(send_hotlist(t.wallet, 5, 20260110, NONE, "WALLET1"));
    CU_ASSERT_EQUAL(scene_issue(t.wallet, 5), SW_HOTLISTED); // itself on the list
    end();
}

static void test_hotlist_versions(void) {
    begin();
    struct bytes listed = t.till->certificate;
    ACCEPTED(send_hotlist(t.wallet, 5, 20260110, listed, NULL));
    REFUSED(&t, announce(t.wallet, hotlist(4, 20260110, NONE, NULL)), SW_STALE); // rollback
    REFUSED(&t, announce(t.wallet, hotlist(5, 20260110, NONE, NULL)), SW_STALE); // other content
    REFUSED(&t, announce(t.wallet, hotlist(5, 20260110, listed, NULL)), SW_OK);  // the very same
    end();
}

// A certificate in the cache costs no second look at its signature, and the least used leaves.
static void test_cache(void) {
    struct sample_party filler;
    char name[13];
    begin();
    for (int i = 0; i < PEERS_SMALL + 3; i++) {
        struct scene_payment payment = scene_payment(t.wallet, t.till, 1, "NO_1");
        ACCEPTED(scene_step_request(&payment));
        ACCEPTED(scene_step_debit(&payment)); // uses the till's row
        ACCEPTED(scene_step_credit(&payment));
        ACCEPTED(scene_step_ratify(&payment));
        snprintf(name, sizeof name, "W%d", i);
        scene_certify(t.scene, &filler, name, ROLE_WALLET, &t.scene->purses, SCENE_FROM,
                      SCENE_LONG);
        ACCEPTED(show(t.wallet, filler.certificate));
    }
    struct scene_payment deposit = scene_payment(t.floater, t.wallet, 10, "D");
    scene_select(t.floater, NULL);
    REFUSED(&t, scene_step_request(&deposit), SW_UNKNOWN_CERTIFICATE); // the float was not used
    for (int i = 0; i < PEERS_SMALL + 3; i++) {
        if (i == 0)
            ACCEPTED(show(t.wallet, t.floater->certificate));
        snprintf(name, sizeof name, "D%d", i);
        deposit = scene_payment(t.floater, t.wallet, 1, name);
        ACCEPTED(scene_step_request(&deposit)); // uses the float's row
        snprintf(name, sizeof name, "X%d", i);
        scene_certify(t.scene, &filler, name, ROLE_WALLET, &t.scene->purses, SCENE_FROM,
                      SCENE_LONG);
        ACCEPTED(show(t.wallet, filler.certificate));
    }
    end();
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"foreign root, other domain, over-long chain", test_chains, "S08"},
        {"roles, lifetimes and names that nobody may have", test_bent_certificates, "S08"},
        {"an authority of one enterprise makes no other's till", test_enterprise_confusion, "S08"},
        {"time rises by authorities and center only", test_time_rises, NULL},
        {"expired at every use; what is under way finishes", test_expired, "S08"},
        {"the own certificate runs out and is renewed", test_own_certificate, "S08"},
        {"a time reset for one card", test_time_reset, NULL},
        {"a time reset is judged by its own day", test_time_reset_by_expired_center, NULL},
        {"an authority's last day, and the day after", test_authority_last_day, NULL},
        {"an authority expires, its successor vouches anew", test_authority_expires, "S08"},
        {"the later certificate counts", test_later_certificate_counts, NULL},
        {"a listed purse begins nothing", test_own_standing, "S08"},
        {"a time reset by a center long forgotten", test_time_reset_by_unknown_center, NULL},
        {"hotlisted certificate, authority, device; what is under way finishes", test_hotlisted,
         "S08"},
        {"a hotlist never goes back", test_hotlist_versions, NULL},
        {"the certificate cache", test_cache, NULL},
    };
    return suite_main("test-purse-trust", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
