// SPDX-License-Identifier: Apache-2.0
// Whom a purse believes: chains, domains, validity, hotlist, time. S08 on the card's side: missing,
// expired, foreign and revoked certificates are refused at every use.
#include "tests/forger.h"
#include "tests/trio.h"

#include "apdu/certificate_form.h"

#include <stdio.h>
#include <string.h>

static struct trio t;

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
}

static void end(void) {
    trio_end(&t);
}

static uint16_t show(struct world_card *card, struct bytes certificate) {
    return world_send(card, COMMAND_PURSE_EXCHANGE_CERTIFICATES, certificate);
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
    world_certify(t.world, &party, "X", ROLE_WALLET, &t.world->purses, WORLD_FROM, WORLD_LONG);
    snprintf(party.holder, sizeof party.holder, "%s", holder);
    party.roles = roles;
    struct certificate fields = sample_fields(&party, issuer);
    fields.from = from;
    fields.until = until;
    return bend(&fields, issuer, out);
}

static void test_chains(void) {
    struct sample_party root2, issuing2, foreign, below, under_root;
    uint8_t out[CERTIFICATE_MAX];
    begin();
    world_certify(t.world, &root2, "ROOT2", ROLE_ROOT | ROLE_ENTITIES, &root2, WORLD_FROM,
                  WORLD_LONG);
    world_certify(t.world, &issuing2, "PURSES", ROLE_ISSUING | ROLE_PURSES, &root2, WORLD_FROM,
                  WORLD_LONG);
    world_certify(t.world, &foreign, "TILLX", ROLE_TILL, &issuing2, WORLD_FROM, WORLD_UNTIL);
    REFUSED(&t, show(t.wallet, root2.certificate), SW_WRONG_ROLE);
    REFUSED(&t, show(t.wallet, issuing2.certificate), SW_UNKNOWN_ISSUER);
    REFUSED(&t, show(t.wallet, foreign.certificate), SW_BAD_SIGNATURE); // the name alone
    world_certify(t.world, &issuing2, "OTHERS", ROLE_ISSUING | ROLE_PURSES, &root2, WORLD_FROM,
                  WORLD_LONG);
    world_certify(t.world, &foreign, "TILLX", ROLE_TILL, &issuing2, WORLD_FROM, WORLD_UNTIL);
    REFUSED(&t, show(t.wallet, foreign.certificate), SW_UNKNOWN_ISSUER);
    world_certify(t.world, &below, "BELOW", ROLE_ISSUING | ROLE_TILL, &t.world->purses, WORLD_FROM,
                  WORLD_LONG);
    REFUSED(&t, show(t.wallet, below.certificate), SW_BAD_CERTIFICATE); // over-long chain
    world_certify(t.world, &foreign, "TILLX", ROLE_TILL, &below, WORLD_FROM, WORLD_UNTIL);
    REFUSED(&t, show(t.wallet, foreign.certificate), SW_UNKNOWN_ISSUER);
    world_certify(t.world, &under_root, "TILLX", ROLE_TILL, &t.world->root, WORLD_FROM,
                  WORLD_UNTIL);
    REFUSED(&t, show(t.wallet, under_root.certificate), SW_WRONG_DOMAIN);
    REFUSED(
        &t,
        show(t.wallet, bent("TILLX", ROLE_TILL, &t.world->centers, WORLD_FROM, WORLD_UNTIL, out)),
        SW_WRONG_DOMAIN); // issuer of another domain
    REFUSED(
        &t,
        show(t.wallet, bent("CENTERX", ROLE_CENTER, &t.world->purses, WORLD_FROM, WORLD_LONG, out)),
        SW_WRONG_DOMAIN);
    end();
}

static void test_bent_certificates(void) {
    uint8_t out[CERTIFICATE_MAX];
    begin();
    const struct sample_party *purses = &t.world->purses;
    REFUSED(&t,
            show(t.wallet, bent("X", ROLE_TILL | ROLE_FLOAT, purses, WORLD_FROM, WORLD_UNTIL, out)),
            SW_WRONG_ROLE);
    REFUSED(&t,
            show(t.wallet, bent("X", ROLE_TILL | ROLE_STORE, purses, WORLD_FROM, WORLD_UNTIL, out)),
            SW_WRONG_ROLE);
    REFUSED(&t, show(t.wallet, bent("X", ROLE_TILL, purses, WORLD_FROM, 20260301, out)),
            SW_BAD_CERTIFICATE); // lives longer than a till may
    REFUSED(&t,
            show(t.wallet, bent("TWELVE-AND-1X", ROLE_TILL, purses, WORLD_FROM, WORLD_UNTIL, out)),
            SW_BAD_CERTIFICATE); // too long a holder for a purse
    REFUSED(&t, show(t.wallet, bent("WALLET1", ROLE_WALLET, purses, WORLD_FROM, WORLD_LONG, out)),
            SW_WRONG_PARTY); // another key in the card's own name
    end();
}

// A shop's own authority makes tills of that shop, not of another and not of nobody.
static void test_enterprise_confusion(void) {
    struct sample_party shop, till, wide;
    struct world_selected selected;
    struct world_object request;
    begin();
    world_certify(t.world, &shop, "SHOP", ROLE_ISSUING | ROLE_TILL, &t.world->root, WORLD_FROM,
                  WORLD_LONG);
    ACCEPTED(show(t.wallet, shop.certificate));
    world_certify(t.world, &till, "TILL2", ROLE_TILL, &shop, WORLD_FROM, WORLD_UNTIL);
    ACCEPTED(show(t.wallet, till.certificate)); // as yet the authority is of no enterprise
    world_select(t.wallet, &selected);
    struct forged terms = forged_terms("TILL2", 1, t.wallet, &selected, 1);
    forge_request(&till, &terms, &request);
    sample_name_enterprise(&shop, &t.world->root, "ID_2000");
    ACCEPTED(show(t.wallet, shop.certificate));
    REFUSED(&t, world_send(t.wallet, COMMAND_PURSE_DEBIT, world_bytes(&request)),
            SW_UNKNOWN_CERTIFICATE); // known under the wider certificate only
    REFUSED(&t, show(t.wallet, till.certificate), SW_WRONG_ENTERPRISE);
    sample_name_enterprise(&till, &shop, "ID_2500");
    REFUSED(&t, show(t.wallet, till.certificate), SW_WRONG_ENTERPRISE);
    sample_name_enterprise(&till, &shop, "ID_2000");
    ACCEPTED(show(t.wallet, till.certificate));
    ACCEPTED(show(t.wallet, shop.certificate)); // shown again: nothing is forgotten
    ACCEPTED(world_send(t.wallet, COMMAND_PURSE_DEBIT, world_bytes(&request)));
    world_certify(t.world, &wide, "TILL3", ROLE_TILL, &t.world->purses, WORLD_FROM, WORLD_UNTIL);
    sample_name_enterprise(&wide, &t.world->purses, "ID_2500");
    ACCEPTED(show(t.wallet, wide.certificate));
    world_close(t.world);
}

// ---- time --------------------------------------------------------------------------------------

static uint32_t today(struct world_card *card) {
    return (uint32_t)world_number(card, NUMBER_DATE);
}

/// A hotlist of this version and date with up to one certificate and one device on it.
static struct bytes hotlist(uint32_t version, uint32_t date, struct bytes certificate,
                            const char *device, uint8_t *out) {
    struct object_writer writer;
    uint8_t id[16] = {0};
    if (device != NULL)
        memcpy(id, device, strlen(device));
    object_begin(&writer, OBJECT_HOTLIST, out, 2048);
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.world->center.holder));
    object_put_date(&writer, FIELD_DATE, date);
    object_put_uint(&writer, FIELD_VERSION, version);
    object_put(&writer, FIELD_CERTIFICATES, certificate);
    object_put(&writer, FIELD_DEVICES, bytes_of(id, device != NULL ? sizeof id : 0));
    return world_sign(t.world, &writer);
}

static struct bytes digest_of(struct bytes certificate, uint8_t *digest) {
    CU_ASSERT(certificate_digest(t.world->crypto, certificate, digest));
    return bytes_of(digest, CERTIFICATE_DIGEST_SIZE);
}

static uint16_t send_hotlist(struct world_card *card, uint32_t version, uint32_t date,
                             struct bytes certificate, const char *device) {
    uint8_t out[2048];
    world_show_center(card);
    return world_send(card, COMMAND_PURSE_HOTLIST,
                      hotlist(version, date, certificate, device, out));
}

static const struct bytes NONE = {0};

// Time rises by authorities and the center, never by an end entity, and never beyond what its
// signer lives to see.
static void test_time_rises(void) {
    struct sample_party future, later;
    begin();
    CU_ASSERT_EQUAL(today(t.wallet), WORLD_FROM);
    world_certify(t.world, &future, "FUTURE", ROLE_TILL, &t.world->purses, 20991201, 20991231);
    ACCEPTED(show(t.wallet, future.certificate));
    CU_ASSERT_EQUAL(today(t.wallet), WORLD_FROM); // an end entity's date moves nothing
    ACCEPTED(send_hotlist(t.wallet, 1, 20260110, NONE, NULL));
    CU_ASSERT_EQUAL(today(t.wallet), 20260110);
    uint8_t out[2048];
    world_show_center(t.wallet);
    REFUSED(&t, world_send(t.wallet, COMMAND_PURSE_HOTLIST, hotlist(2, 20991231, NONE, NULL, out)),
            SW_EXPIRED); // far future: after its own signer's end
    ACCEPTED(send_hotlist(t.wallet, 2, 20260105, NONE, NULL));
    CU_ASSERT_EQUAL(today(t.wallet), 20260110); // never back
    world_certify(t.world, &later, "CENTERS", ROLE_ISSUING | ROLE_CENTER, &t.world->root, 20260115,
                  WORLD_LONG);
    ACCEPTED(show(t.wallet, later.certificate));
    CU_ASSERT_EQUAL(today(t.wallet), 20260115); // an authority's first day does
    REFUSED(&t, show(t.wallet, t.world->centers.certificate), SW_STALE);
    end();
}

// Expired: tills after their 35 days, at every use, cached or not.
static void test_expired(void) {
    uint8_t renewed[CERTIFICATE_MAX];
    begin();
    struct world_payment under_way = trio_debited(&t, 10, "NO_1");
    ACCEPTED(send_hotlist(t.wallet, 1, 20260201, NONE, NULL));
    struct world_payment late = world_payment(t.wallet, t.till, 10, "NO_2");
    ACCEPTED(world_step_credit(&under_way)); // T6: what is under way finishes
    ACCEPTED(world_step_ratify(&under_way));
    ACCEPTED(world_step_request(&late));
    REFUSED(&t, world_step_debit(&late), SW_EXPIRED);
    ACCEPTED(show(t.wallet, t.floater->certificate)); // known already, but of no use
    struct world_payment deposit = world_payment(t.floater, t.wallet, 10, "D");
    world_select(t.floater, NULL);
    REFUSED(&t, world_step_request(&deposit), SW_EXPIRED);
    // renewed online: a new certificate for the same key
    struct bytes fresh = world_recertify(t.till, 20260125, 20260225, renewed);
    ACCEPTED(show(t.wallet, fresh));
    ACCEPTED(world_step_request(&late));
    ACCEPTED(world_step_debit(&late));
    ACCEPTED(world_step_credit(&late));
    ACCEPTED(world_step_ratify(&late));
    REFUSED(&t, show(t.wallet, t.till->certificate), SW_EXPIRED);
    end();
}

// A till whose own certificate ran out asks for nothing; renewing it is one EXCHANGE with itself.
static void test_own_certificate(void) {
    uint8_t renewed[CERTIFICATE_MAX];
    begin();
    ACCEPTED(send_hotlist(t.till, 1, 20260201, NONE, NULL));
    struct world_payment payment = world_payment(t.wallet, t.till, 10, "NO_1");
    REFUSED(&t, world_step_request(&payment), SW_EXPIRED);
    struct bytes fresh = world_recertify(t.till, 20260125, 20260225, renewed);
    ACCEPTED(show(t.till, fresh));
    CU_ASSERT(bytes_equal(t.till->answer, fresh));
    REFUSED(&t, show(t.till, t.till->certificate), SW_EXPIRED);
    ACCEPTED(show(t.wallet, fresh));
    ACCEPTED(world_step_request(&payment));
    ACCEPTED(world_step_debit(&payment));
    ACCEPTED(world_step_credit(&payment));
    ACCEPTED(world_step_ratify(&payment));
    end();
}

static uint16_t reset_time(struct world_card *card, const char *purse, uint32_t date,
                           uint32_t version, struct bytes center) {
    struct object_writer writer;
    uint8_t out[256], data[512];
    object_begin(&writer, OBJECT_TIME_RESET, out, sizeof out);
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.world->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(purse));
    object_put_date(&writer, FIELD_DATE, date);
    object_put_uint(&writer, FIELD_VERSION, version);
    struct bytes object = world_sign(t.world, &writer);
    if (center.size > 0)
        memcpy(data, center.data, center.size);
    memcpy(data + center.size, object.data, object.size);
    return world_send(card, COMMAND_PURSE_RESET_TIME, bytes_of(data, center.size + object.size));
}

// A card that was sent into the future believes nobody; one signed reset for it alone repairs it.
static void test_time_reset(void) {
    begin();
    ACCEPTED(send_hotlist(t.wallet, 1, WORLD_LONG, NONE, NULL));
    struct world_payment payment = world_payment(t.wallet, t.till, 10, "NO_1");
    ACCEPTED(world_step_request(&payment));
    REFUSED(&t, world_step_debit(&payment), SW_EXPIRED);
    REFUSED(&t, reset_time(t.wallet, "TILL1", 20260110, 1, NONE), SW_WRONG_PARTY);
    ACCEPTED(reset_time(t.wallet, "WALLET1", 20260110, 1, NONE));
    CU_ASSERT_EQUAL(today(t.wallet), 20260110);
    REFUSED(&t, reset_time(t.wallet, "WALLET1", 20260110, 1, NONE), SW_OK); // repetition
    REFUSED(&t, reset_time(t.wallet, "WALLET1", 20260101, 1, NONE), SW_STALE);
    ACCEPTED(world_step_request(&payment));
    ACCEPTED(world_step_debit(&payment));
    ACCEPTED(world_step_credit(&payment));
    ACCEPTED(world_step_ratify(&payment));
    end();
}

// The reset's own day decides whether its center stands: the card's day is what is wrong.
static void test_time_reset_by_expired_center(void) {
    struct sample_party brief;
    uint8_t out[256];
    struct object_writer writer;
    begin();
    world_certify(t.world, &brief, "BRIEF", ROLE_CENTER, &t.world->centers, WORLD_FROM,
                  WORLD_UNTIL);
    ACCEPTED(send_hotlist(t.wallet, 1, 20260301, NONE, NULL));
    object_begin(&writer, OBJECT_TIME_RESET, out, sizeof out);
    object_put(&writer, FIELD_CENTER, bytes_of_string("BRIEF"));
    object_put(&writer, FIELD_PURSE, bytes_of_string("WALLET1"));
    object_put_date(&writer, FIELD_DATE, 20260110);
    object_put_uint(&writer, FIELD_VERSION, 1);
    struct bytes object;
    CU_ASSERT_FATAL(object_sign(&writer, &brief.signer, &object));
    uint8_t data[512];
    memcpy(data, brief.certificate.data, brief.certificate.size);
    memcpy(data + brief.certificate.size, object.data, object.size);
    REFUSED(&t, show(t.wallet, brief.certificate), SW_EXPIRED);
    ACCEPTED(world_send(t.wallet, COMMAND_PURSE_RESET_TIME,
                        bytes_of(data, brief.certificate.size + object.size)));
    CU_ASSERT_EQUAL(today(t.wallet), 20260110);
    end();
}

// An authority that ran out takes all below it along; its successor's key vouches anew.
static void test_authority_expires(void) {
    struct sample_party brief, till2, next;
    struct world_selected selected;
    struct world_object request;
    begin();
    world_certify(t.world, &brief, "BRIEF", ROLE_ISSUING | ROLE_PURSES, &t.world->root, WORLD_FROM,
                  20260115);
    world_certify(t.world, &till2, "TILL2", ROLE_TILL, &brief, WORLD_FROM, WORLD_UNTIL);
    ACCEPTED(show(t.wallet, brief.certificate));
    ACCEPTED(show(t.wallet, till2.certificate));
    world_select(t.wallet, &selected);
    struct forged terms = forged_terms("TILL2", 1, t.wallet, &selected, 1);
    forge_request(&till2, &terms, &request);
    ACCEPTED(send_hotlist(t.wallet, 1, 20260120, NONE, NULL));
    REFUSED(&t, world_send(t.wallet, COMMAND_PURSE_DEBIT, world_bytes(&request)), SW_EXPIRED);
    ACCEPTED(show(t.wallet, till2.certificate)); // cached: shown again, still no use
    world_certify(t.world, &next, "TILL3", ROLE_TILL, &brief, WORLD_FROM, WORLD_UNTIL);
    REFUSED(&t, show(t.wallet, next.certificate), SW_EXPIRED);
    world_certify(t.world, &next, "BRIEF", ROLE_ISSUING | ROLE_PURSES, &t.world->root, 20260110,
                  WORLD_LONG);
    ACCEPTED(show(t.wallet, next.certificate));
    REFUSED(&t, world_send(t.wallet, COMMAND_PURSE_DEBIT, world_bytes(&request)),
            SW_UNKNOWN_CERTIFICATE); // the former key's word is forgotten
    REFUSED(&t, show(t.wallet, till2.certificate), SW_BAD_SIGNATURE);
    world_close(t.world);
}

// Of two certificates of one holder the later counts; the earlier does not come back.
static void test_later_certificate_counts(void) {
    uint8_t later[CERTIFICATE_MAX], own[CERTIFICATE_MAX];
    begin();
    ACCEPTED(show(t.wallet, world_recertify(t.till, 20260102, WORLD_UNTIL, later)));
    REFUSED(&t, show(t.wallet, t.till->certificate), SW_STALE);
    ACCEPTED(show(t.till, world_recertify(t.till, 20260102, 20260204, own)));
    REFUSED(&t, show(t.till, t.till->certificate), SW_STALE);
    ACCEPTED(world_pay(t.wallet, t.till, 1, "NO_1"));
    end();
}

// A purse whose own certificate is listed or ran out begins nothing.
static void test_own_standing(void) {
    begin();
    struct world_payment payment = world_payment(t.wallet, t.till, 10, "NO_1");
    ACCEPTED(world_step_request(&payment));
    ACCEPTED(send_hotlist(t.wallet, 1, 20260110, NONE, "WALLET1"));
    ACCEPTED(world_step_request(&payment));
    REFUSED(&t, world_step_debit(&payment), SW_HOTLISTED);
    end();
}

// The same for a card that has long forgotten the center's certificate.
static void test_time_reset_by_unknown_center(void) {
    struct sample_party filler;
    char name[13];
    begin();
    ACCEPTED(send_hotlist(t.wallet, 1, WORLD_LONG, NONE, NULL));
    for (int i = 0; i < PEERS_SMALL; i++) {
        snprintf(name, sizeof name, "W%d", i);
        world_certify(t.world, &filler, name, ROLE_WALLET, &t.world->purses, WORLD_FROM,
                      WORLD_LONG);
        ACCEPTED(show(t.wallet, filler.certificate));
    }
    REFUSED(&t, reset_time(t.wallet, "WALLET1", 20260110, 1, NONE), SW_UNKNOWN_CERTIFICATE);
    ACCEPTED(reset_time(t.wallet, "WALLET1", 20260110, 1, t.world->center.certificate));
    CU_ASSERT_EQUAL(today(t.wallet), 20260110);
    end();
}

// ---- hotlist -----------------------------------------------------------------------------------

static void test_hotlisted(void) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    struct bytes certificates[3];
    begin();
    certificates[0] = t.till->certificate;
    certificates[1] = t.world->purses.certificate; // an authority: all below it
    struct world_payment under_way = trio_debited(&t, 10, "NO_1");
    struct world_payment other = world_payment(t.wallet, t.till, 10, "NO_2");
    ACCEPTED(world_step_request(&other));
    for (uint32_t i = 0; i < 3; i++) {
        struct bytes listed = i < 2 ? digest_of(certificates[i], digest) : NONE;
        ACCEPTED(send_hotlist(t.wallet, i + 1, 20260110, listed, i == 2 ? "TILL1" : NULL));
        ACCEPTED(world_step_request(&other));
        REFUSED(&t, world_step_debit(&other), SW_HOTLISTED);
    }
    ACCEPTED(world_step_credit(&under_way)); // T6: a debit before the listing still ends
    ACCEPTED(world_step_ratify(&under_way));
    ACCEPTED(send_hotlist(t.wallet, 4, 20260110, NONE, NULL));
    ACCEPTED(world_step_request(&other));
    ACCEPTED(world_step_debit(&other));
    ACCEPTED(send_hotlist(t.till, 1, 20260110, NONE, "WALLET1"));
    struct world_payment third = world_payment(t.wallet, t.till, 10, "NO_3");
    REFUSED(&t, world_step_request(&third), SW_HOTLISTED);
    ACCEPTED(world_step_void(&other)); // and the void after it is taken
    ACCEPTED(world_step_take_void(&other));
    ACCEPTED(send_hotlist(t.wallet, 5, 20260110, NONE, "WALLET1"));
    CU_ASSERT_EQUAL(world_issue(t.wallet, 5), SW_HOTLISTED); // itself on the list
    end();
}

static void test_hotlist_versions(void) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    begin();
    struct bytes listed = digest_of(t.till->certificate, digest);
    ACCEPTED(send_hotlist(t.wallet, 5, 20260110, listed, NULL));
    world_show_center(t.wallet);
    uint8_t out[2048];
    REFUSED(&t, world_send(t.wallet, COMMAND_PURSE_HOTLIST, hotlist(4, 20260110, NONE, NULL, out)),
            SW_STALE); // rollback
    REFUSED(&t, world_send(t.wallet, COMMAND_PURSE_HOTLIST, hotlist(5, 20260110, NONE, NULL, out)),
            SW_STALE); // same version, other content
    REFUSED(&t,
            world_send(t.wallet, COMMAND_PURSE_HOTLIST, hotlist(5, 20260110, listed, NULL, out)),
            SW_OK); // the very same: nothing changes
    end();
}

// The largest hotlist that an object can carry is taken in one commit, to its last entry.
static void test_hotlist_capacity(void) {
    uint8_t digests[HOTLIST_CERTIFICATES * 16] = {0}, devices[HOTLIST_DEVICES * 16] = {0};
    uint8_t out[2048];
    char name[17];
    begin();
    for (size_t i = 0; i < HOTLIST_CERTIFICATES; i++)
        bytes_put_be(digests + i * 16, 2, i);
    memset(digests + sizeof digests - 16, 0xFF, 16);
    for (size_t i = 0; i < HOTLIST_DEVICES; i++) {
        snprintf(name, sizeof name, "Z%02zu", i);
        memcpy(devices + i * 16, name, 3);
    }
    struct object_writer writer;
    object_begin(&writer, OBJECT_HOTLIST, out, sizeof out);
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.world->center.holder));
    object_put_date(&writer, FIELD_DATE, 20260110);
    object_put_uint(&writer, FIELD_VERSION, 1);
    object_put(&writer, FIELD_CERTIFICATES, BYTES_OF(digests));
    object_put(&writer, FIELD_DEVICES, BYTES_OF(devices));
    world_show_center(t.wallet);
    ACCEPTED(world_send(t.wallet, COMMAND_PURSE_HOTLIST, world_sign(t.world, &writer)));
    struct sample_party last;
    snprintf(name, sizeof name, "Z%02d", HOTLIST_DEVICES - 1);
    world_certify(t.world, &last, name, ROLE_FLOAT, &t.world->purses, WORLD_FROM, WORLD_UNTIL);
    ACCEPTED(show(t.wallet, last.certificate));
    struct world_payment deposit = world_payment(t.floater, t.wallet, 10, "D");
    world_select(t.floater, NULL);
    deposit.terms.payer = name;
    struct world_object request;
    REFUSED(&t, world_request(t.wallet, &deposit.terms, &request), SW_HOTLISTED);
    end();
}

// A certificate in the cache costs no second look at its signature, and the least used leaves.
static void test_cache(void) {
    struct sample_party filler;
    char name[13];
    begin();
    for (int i = 0; i < PEERS_SMALL + 3; i++) {
        struct world_payment payment = world_payment(t.wallet, t.till, 1, "NO_1");
        ACCEPTED(world_step_request(&payment));
        ACCEPTED(world_step_debit(&payment)); // uses the till's row
        ACCEPTED(world_step_credit(&payment));
        ACCEPTED(world_step_ratify(&payment));
        snprintf(name, sizeof name, "W%d", i);
        world_certify(t.world, &filler, name, ROLE_WALLET, &t.world->purses, WORLD_FROM,
                      WORLD_LONG);
        ACCEPTED(show(t.wallet, filler.certificate));
    }
    struct world_payment deposit = world_payment(t.floater, t.wallet, 10, "D");
    world_select(t.floater, NULL);
    REFUSED(&t, world_step_request(&deposit), SW_UNKNOWN_CERTIFICATE); // the float was not used
    for (int i = 0; i < PEERS_SMALL + 3; i++) {
        if (i == 0)
            ACCEPTED(show(t.wallet, t.floater->certificate));
        snprintf(name, sizeof name, "D%d", i);
        deposit = world_payment(t.floater, t.wallet, 1, name);
        ACCEPTED(world_step_request(&deposit)); // uses the float's row
        snprintf(name, sizeof name, "X%d", i);
        world_certify(t.world, &filler, name, ROLE_WALLET, &t.world->purses, WORLD_FROM,
                      WORLD_LONG);
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
        {"an authority expires, its successor vouches anew", test_authority_expires, "S08"},
        {"the later certificate counts", test_later_certificate_counts, NULL},
        {"a listed purse begins nothing", test_own_standing, "S08"},
        {"a time reset by a center long forgotten", test_time_reset_by_unknown_center, NULL},
        {"hotlisted certificate, authority, device; what is under way finishes", test_hotlisted,
         "S08"},
        {"a hotlist never goes back", test_hotlist_versions, NULL},
        {"a full hotlist", test_hotlist_capacity, NULL},
        {"the certificate cache", test_cache, NULL},
    };
    return suite_main("test-purse-trust", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
