// SPDX-License-Identifier: Apache-2.0
// Certificates: exact form, roles, domains, depth, time. Damage is done to the octets as they are
// and, where the parser alone must refuse, under a fresh good signature.
#include "apdu/command/applets/purse_commands.h"
#include "apdu/object/certificate.h"
#include "apdu/octets/date.h"
#include "tests/kit/certificates.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static struct crypto *crypto;
static struct sample_party root, purses, center_authority, wallet, till, center;

static struct authority authority_of(const struct sample_party *party) {
    return (struct authority){bytes_of_string(party->holder),
                              party->roles,
                              party->signer.point,
                              bytes_of_string(party->enterprise),
                              bytes_of_string(party->space != NULL ? party->space : ""),
                              ASSURANCE_EMULATED};
}

static enum certificate_fault verify_under(const struct sample_party *party,
                                           const struct sample_party *issuer, uint32_t today) {
    struct certificate certificate;
    struct authority authority = authority_of(issuer);
    enum certificate_fault fault = certificate_parse(party->certificate, &certificate);
    return fault != CERTIFICATE_OK ? fault
                                   : certificate_verify(&certificate, &authority, today, crypto);
}

static enum certificate_fault verify_chain(const struct sample_party *const *parties, size_t count,
                                           uint32_t today) {
    struct bytes chain[4];
    struct certificate leaf;
    for (size_t i = 0; i < count; i++)
        chain[i] = parties[i]->certificate;
    return certificate_verify_chain(chain, count, root.signer.point, today, crypto, &leaf);
}

#define CHAIN(...)                                                                                 \
    verify_chain((const struct sample_party *const[]){__VA_ARGS__},                                \
                 sizeof((const struct sample_party *const[]){__VA_ARGS__}) / sizeof(void *),       \
                 SAMPLE_TODAY)

// ---- form ----------------------------------------------------------------------------------

static void test_round_trip(void) {
    const struct sample_party *const parties[] = {&root, &purses, &wallet, &till, &center};
    const struct sample_party *const issuers[] = {&root, &root, &purses, &purses,
                                                  &center_authority};
    for (size_t i = 0; i < sizeof parties / sizeof parties[0]; i++) {
        struct certificate certificate;
        uint8_t again[CERTIFICATE_MAX];
        size_t size = 0;
        CU_ASSERT_EQUAL(certificate_parse(parties[i]->certificate, &certificate), CERTIFICATE_OK);
        CU_ASSERT(bytes_equal(certificate.whole, parties[i]->certificate));
        CU_ASSERT(bytes_equal(certificate.holder, bytes_of_string(parties[i]->holder)));
        CU_ASSERT_EQUAL(certificate.roles, parties[i]->roles);
        CU_ASSERT(certificate.from == SAMPLE_FROM && certificate.until == SAMPLE_UNTIL);
        CU_ASSERT_PTR_NULL(certificate.kem_point);
        CU_ASSERT_EQUAL(
            certificate_make(&certificate, &issuers[i]->signer, again, sizeof again, &size),
            CERTIFICATE_OK);
        CU_ASSERT(bytes_equal(bytes_of(again, size), parties[i]->certificate));
    }
}

static size_t made_size(const struct certificate *fields) {
    uint8_t out[CERTIFICATE_MAX];
    size_t size = 0, small = 0;
    CU_ASSERT_EQUAL(certificate_make(fields, &purses.signer, out, sizeof out, &size),
                    CERTIFICATE_OK);
    for (size_t capacity = 0; capacity < size; capacity++)
        CU_ASSERT_EQUAL(certificate_make(fields, &purses.signer, out, capacity, &small),
                        CERTIFICATE_NO_ROOM);
    return size;
}

static void test_sizes(void) {
    struct certificate fields = sample_fields(&wallet, &purses);
    fields.issuer = bytes_of_string("I");
    fields.holder = bytes_of_string("H");
    size_t smallest = made_size(&fields);
    fields.roles = ROLE_STORE;
    fields.issuer = bytes_of_string("ISSUER-345678901");
    fields.holder = bytes_of_string("HOLDER-345678901");
    fields.enterprise = bytes_of_string("ENTERPRISE-78901");
    fields.kem_point = till.signer.point;
    size_t largest = made_size(&fields);
    printf("    certificate: smallest %zu, largest %zu octets\n", smallest, largest);
    const struct catalogue_command *row = &purse_commands[COMMAND_PURSE_EXCHANGE_CERTIFICATES];
    CU_ASSERT(largest <= CERTIFICATE_MAX);
    CU_ASSERT(row->lc_min == smallest && row->lc_max == largest);
    fields.holder = bytes_of_string("HOLDER-3456789012");
    uint8_t out[CERTIFICATE_MAX];
    CU_ASSERT_EQUAL(certificate_make(&fields, &purses.signer, out, sizeof out, &largest),
                    CERTIFICATE_MALFORMED);
}

static void test_truncated(void) {
    struct certificate certificate;
    uint8_t longer[CERTIFICATE_MAX + 1] = {0};
    for (size_t cut = 0; cut < wallet.certificate.size; cut++)
        CU_ASSERT_EQUAL(certificate_parse(bytes_of(wallet.octets, cut), &certificate),
                        CERTIFICATE_MALFORMED);
    memcpy(longer, wallet.octets, wallet.certificate.size);
    CU_ASSERT_EQUAL(certificate_parse(bytes_of(longer, wallet.certificate.size + 1), &certificate),
                    CERTIFICATE_MALFORMED);
}

static size_t flip_every_bit(struct sample_party *party, const struct sample_party *issuer) {
    size_t survivors = 0;
    for (size_t bit = 0; bit < party->certificate.size * 8; bit++) {
        party->octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
        survivors += verify_under(party, issuer, SAMPLE_TODAY) == CERTIFICATE_OK;
        party->octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CU_ASSERT_EQUAL(verify_under(party, issuer, SAMPLE_TODAY), CERTIFICATE_OK);
    return survivors;
}

static void test_flipped_bits(void) {
    CU_ASSERT_EQUAL(flip_every_bit(&root, &root), 0);
    CU_ASSERT_EQUAL(flip_every_bit(&purses, &root), 0);
    CU_ASSERT_EQUAL(flip_every_bit(&wallet, &purses), 0);
    CU_ASSERT_EQUAL(flip_every_bit(&till, &purses), 0);
}

// ---- the body's fields under a good signature ----------------------------------------------

struct pieces {
    struct bytes items[12];
    size_t count;
};

static struct pieces pieces_of(const struct sample_party *party) {
    struct pieces pieces = {.count = 0};
    struct certificate certificate;
    struct tlv item;
    CU_ASSERT_EQUAL_FATAL(certificate_parse(party->certificate, &certificate), CERTIFICATE_OK);
    struct bytes body = certificate.body;
    CU_ASSERT_FATAL(tlv_next(&body, &item));
    struct bytes rest = item.value;
    while (tlv_next(&rest, &item))
        pieces.items[pieces.count++] = item.whole;
    return pieces;
}

static enum certificate_fault parse_pieces(const struct pieces *pieces) {
    uint8_t body[400], out[500], signature[ECDSA_SIZE];
    struct certificate certificate;
    struct tlv_writer inner = tlv_writer_over(body, sizeof body);
    struct tlv_writer outer = tlv_writer_over(out, sizeof out);
    size_t mark = tlv_begin(&inner, CVC_BODY);
    for (size_t i = 0; i < pieces->count; i++)
        tlv_put_raw(&inner, pieces->items[i]);
    tlv_end(&inner, mark);
    CU_ASSERT(purses.signer.sign(&purses.signer, tlv_writer_bytes(&inner), signature));
    mark = tlv_begin(&outer, CVC_CERTIFICATE);
    tlv_put_raw(&outer, tlv_writer_bytes(&inner));
    tlv_put(&outer, CVC_SIGNATURE, BYTES_OF(signature));
    tlv_end(&outer, mark);
    return certificate_parse(tlv_writer_bytes(&outer), &certificate);
}

static void test_fields_missing_doubled_misordered(void) {
    struct pieces good = pieces_of(&wallet);
    CU_ASSERT_EQUAL(good.count, 7);
    CU_ASSERT_EQUAL(parse_pieces(&good), CERTIFICATE_OK);
    for (size_t at = 0; at < good.count; at++) {
        struct pieces bad = good;
        memmove(&bad.items[at], &bad.items[at + 1], (bad.count - at - 1) * sizeof bad.items[0]);
        bad.count--;
        CU_ASSERT_EQUAL(parse_pieces(&bad), CERTIFICATE_MALFORMED);
        bad = good;
        memmove(&bad.items[at + 1], &bad.items[at], (bad.count - at) * sizeof bad.items[0]);
        bad.count++;
        CU_ASSERT_EQUAL(parse_pieces(&bad), CERTIFICATE_MALFORMED);
        bad.items[at] = bytes_of("\x5F\x7D\x01\x00", 4); // unknown
        CU_ASSERT_EQUAL(parse_pieces(&bad), CERTIFICATE_MALFORMED);
        if (at + 1 == good.count)
            continue;
        bad = good;
        bad.items[at] = good.items[at + 1];
        bad.items[at + 1] = good.items[at];
        CU_ASSERT_EQUAL(parse_pieces(&bad), CERTIFICATE_MALFORMED);
    }
}

static void test_field_values(void) {
    static const struct {
        size_t at;
        const char *octets;
        size_t size;
    } BAD[] = {
        {0, "\x5F\x29\x01\x01", 4}, // profile
        {1, "\x42\x00", 2},         // nobody
        {1,
         "\x42\x02"
         "A ",
         4}, // blank
        {3,
         "\x5F\x20\x0D"
         "WALLET-345678",
         16},                                                // purse with 13
        {4, "\x7F\x4C\x05\x53\x03\x00\x01\x00", 8},          // assurance 0
        {4, "\x7F\x4C\x05\x53\x03\x00\x01\x03", 8},          // assurance 3
        {4, "\x7F\x4C\x04\x53\x02\x00\x01", 7},              // roles only
        {5, "\x5F\x25\x06\x02\x06\x01\x03\x00\x01", 9},      // month 13
        {5, "\x5F\x25\x06\x02\x06\x00\x0A\x00\x01", 9},      // digit A
        {5, "\x5F\x25\x06\x02\x06\x00\x02\x02\x09", 9},      // 29 February 2026
        {5, "\x5F\x25\x06\x02\x07\x00\x02\x00\x01", 9},      // from behind until
        {6, "\x5F\x24\x81\x06\x02\x07\x00\x02\x00\x01", 10}, // long length
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct pieces pieces = pieces_of(&wallet);
        pieces.items[BAD[i].at] = bytes_of(BAD[i].octets, BAD[i].size);
        if (parse_pieces(&pieces) != CERTIFICATE_MALFORMED) {
            fprintf(stderr, "value %zu is taken\n", i);
            CU_FAIL("bad value taken");
        }
    }
}

// Behind the signing point only an encapsulation point may stand, and nothing behind that.
static void test_public_key_values(void) {
    static const struct {
        size_t points; // 1 or 2
        const char *extra;
        size_t extra_size;
        enum certificate_fault fault;
    } ROWS[] = {{1, "", 0, CERTIFICATE_OK},
                {2, "", 0, CERTIFICATE_OK},
                {1, "\x88\x01\x00", 3, CERTIFICATE_MALFORMED},
                {2, "\x88\x01\x00", 3, CERTIFICATE_MALFORMED},
                {0, "", 0, CERTIFICATE_MALFORMED}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct pieces pieces = pieces_of(&wallet);
        uint8_t key[100];
        struct tlv_writer out = tlv_writer_over(key, sizeof key);
        size_t mark = tlv_begin(&out, CVC_PUBLIC_KEY);
        for (size_t point = 0; point < ROWS[i].points; point++)
            tlv_put(&out, point == 0 ? CVC_SIGNING_POINT : CVC_KEM_POINT,
                    BYTES_OF(wallet.signer.point));
        tlv_put_raw(&out, bytes_of(ROWS[i].extra, ROWS[i].extra_size));
        tlv_end(&out, mark);
        pieces.items[2] = tlv_writer_bytes(&out);
        CU_ASSERT_EQUAL(parse_pieces(&pieces), ROWS[i].fault);
        key[5] ^= 0x04; // lead octet of the first point, where there is one
        CU_ASSERT_NOT_EQUAL(parse_pieces(&pieces), CERTIFICATE_OK);
    }
}

// ---- roles ---------------------------------------------------------------------------------

static enum certificate_fault make_with_roles(unsigned roles) {
    struct sample_party party;
    bool self = (roles & ROLE_ROOT) != 0;
    return sample_certify(&party, crypto, "H-1", (uint16_t)roles, self ? NULL : &purses);
}

static void test_role_rules(void) {
    static const unsigned GOOD[] = {ROLE_WALLET,
                                    ROLE_WALLET | ROLE_STORE,
                                    ROLE_TILL,
                                    ROLE_FLOAT,
                                    ROLE_STORE,
                                    ROLE_SELLER | ROLE_PROVIDER,
                                    ROLE_CENTER,
                                    ROLE_ISSUING | ROLE_PURSES,
                                    ROLE_ROOT | ROLE_ENTITIES};
    static const unsigned BAD[] = {0,
                                   ROLE_WALLET | ROLE_TILL,
                                   ROLE_WALLET | ROLE_FLOAT,
                                   ROLE_TILL | ROLE_FLOAT,
                                   ROLE_PURSES,
                                   ROLE_TILL | ROLE_STORE,
                                   ROLE_WALLET | ROLE_CENTER,
                                   ROLE_FLOAT | ROLE_SELLER,
                                   ROLE_ROOT,
                                   ROLE_ISSUING,
                                   ROLE_ROOT | ROLE_ISSUING | ROLE_CENTER,
                                   0x0800,
                                   0x2000 | ROLE_WALLET};
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++)
        CU_ASSERT_EQUAL(make_with_roles(GOOD[i]), CERTIFICATE_OK);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        CU_ASSERT_EQUAL(make_with_roles(BAD[i]), CERTIFICATE_ROLE_CONFLICT);
}

// A parser meets these roles under a good signature, too.
static void test_role_confusion_is_parsed_out(void) {
    struct pieces pieces = pieces_of(&wallet);
    uint8_t authorization[] = {0x7F, 0x4C, 0x05, 0x53, 0x03, 0, 0, ASSURANCE_EMULATED};
    const uint8_t made[] = {0x82, 0x06, 2, 6, 0, 1, 0, 1};
    pieces.items[4] = BYTES_OF(authorization);
    size_t taken = 0;
    for (unsigned roles = 0; roles < 0x10000; roles++) {
        bytes_put_be(authorization + 5, 2, roles);
        struct tlv_writer body;
        uint8_t octets[300];
        struct certificate certificate;
        body = tlv_writer_over(octets, sizeof octets);
        size_t mark = tlv_begin(&body, CVC_BODY);
        for (size_t i = 0; i < pieces.count; i++) {
            if (i == 5 && (roles & (ROLE_ROOT | ROLE_ISSUING)) != 0)
                tlv_put_raw(&body, BYTES_OF(made));
            tlv_put_raw(&body, pieces.items[i]);
        }
        tlv_end(&body, mark);
        enum certificate_fault fault = certificate_take_body(tlv_writer_bytes(&body), &certificate);
        CU_ASSERT_EQUAL(fault == CERTIFICATE_ROLE_CONFLICT, !roles_are_lawful((uint16_t)roles));
        taken += fault == CERTIFICATE_OK;
    }
    // 4 kinds of purse, 2^8-1 other end entities without a player and 2^8 with one of 4 kinds,
    // 2^14-1 masks of an issuing authority
    CU_ASSERT_EQUAL(taken, 4 + 255 + 1024 + 16383);
}

/// Authorization, space and day of an authority's certificate, in any order and number.
static enum certificate_fault parse_authority(const char *octets, size_t size,
                                              const struct sample_party *like) {
    struct pieces good = pieces_of(like), pieces = good;
    size_t dates = good.count - 2;
    pieces.items[4] = bytes_of(octets, size);
    pieces.items[5] = good.items[dates];
    pieces.items[6] = good.items[dates + 1];
    pieces.count = 7;
    return parse_pieces(&pieces);
}

#define ROLES_OF(two)  "\x7F\x4C\x05\x53\x03" two "\x01"
#define SPACE_OF(name) "\x81\x02" name
#define MADE           "\x82\x06\x02\x06\x00\x01\x00\x01"
#define PARSED(octets) parse_authority(octets, sizeof octets - 1, &purses)

// An authority says in which space it gives names, and when it was signed; nobody else does.
static void test_authority_fields(void) {
    CU_ASSERT_EQUAL(PARSED(ROLES_OF("\x40\x02") MADE), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(PARSED(SPACE_OF("a:") ROLES_OF("\x40\x02") MADE), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(PARSED(SPACE_OF("a") ROLES_OF("\x40\x02") MADE), CERTIFICATE_MALFORMED);
    CU_ASSERT_EQUAL(PARSED(SPACE_OF("ab") ROLES_OF("\x40\x02") MADE), CERTIFICATE_MALFORMED);
    CU_ASSERT_EQUAL(PARSED(ROLES_OF("\x40\x02") SPACE_OF("a:") MADE), CERTIFICATE_MALFORMED);
    CU_ASSERT_EQUAL(PARSED(ROLES_OF("\x40\x02")), CERTIFICATE_MALFORMED);
    CU_ASSERT_EQUAL(PARSED(ROLES_OF("\x40\x02") MADE MADE), CERTIFICATE_MALFORMED);
    CU_ASSERT_EQUAL(PARSED(ROLES_OF("\x40\x02") "\x82\x06\x02\x06\x00\x01\x03\x02"),
                    CERTIFICATE_MALFORMED); // 32 January
    CU_ASSERT_EQUAL(PARSED(ROLES_OF("\x40\x02") "\x82\x06\x02\x06\x00\x02\x00\x01"),
                    CERTIFICATE_MALFORMED); // made after its own end
    CU_ASSERT_EQUAL(PARSED(ROLES_OF("\x00\x02")), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(PARSED(ROLES_OF("\x00\x02") MADE), CERTIFICATE_MALFORMED);
    CU_ASSERT_EQUAL(PARSED(SPACE_OF("a:") ROLES_OF("\x00\x02")), CERTIFICATE_MALFORMED);
}

// ---- chains --------------------------------------------------------------------------------

static void test_chains(void) {
    struct sample_party other_root, deeper, below_wallet, direct, clearing;
    CU_ASSERT_EQUAL(CHAIN(&root), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(CHAIN(&root, &purses), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(CHAIN(&root, &purses, &wallet), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(verify_chain(NULL, 0, 0), CERTIFICATE_MALFORMED);
    CU_ASSERT_EQUAL(CHAIN(&root, &purses, &wallet, &wallet), CERTIFICATE_CHAIN_TOO_LONG);
    CU_ASSERT_EQUAL(CHAIN(&purses, &wallet), CERTIFICATE_UNKNOWN_ISSUER);
    CU_ASSERT_EQUAL(CHAIN(&root, &center_authority, &wallet), CERTIFICATE_UNKNOWN_ISSUER);

    sample_certify(&other_root, crypto, "ROOT", root.roles, NULL); // same name, other key
    CU_ASSERT_EQUAL(CHAIN(&other_root), CERTIFICATE_UNKNOWN_ISSUER);
    CU_ASSERT_EQUAL(CHAIN(&other_root, &purses, &wallet), CERTIFICATE_UNKNOWN_ISSUER);

    sample_certify(&deeper, crypto, "DEEPER", ROLE_ISSUING | ROLE_WALLET, &purses);
    CU_ASSERT_EQUAL(CHAIN(&root, &purses, &deeper), CERTIFICATE_CHAIN_TOO_LONG);
    sample_certify(&below_wallet, crypto, "BELOW", ROLE_STORE, &wallet);
    CU_ASSERT_EQUAL(CHAIN(&root, &purses, &below_wallet), CERTIFICATE_UNKNOWN_ISSUER);
    CU_ASSERT_EQUAL(verify_under(&below_wallet, &wallet, SAMPLE_TODAY), CERTIFICATE_WRONG_DOMAIN);
    sample_certify(&direct, crypto, "DIRECT", ROLE_WALLET, &root);
    CU_ASSERT_EQUAL(CHAIN(&root, &direct), CERTIFICATE_WRONG_DOMAIN);
    sample_certify(&clearing, crypto, "CLEARING", ROLE_CENTER, &purses);
    CU_ASSERT_EQUAL(CHAIN(&root, &purses, &clearing), CERTIFICATE_WRONG_DOMAIN);
}

static void of_enterprise(struct sample_party *party, const char *holder, uint16_t roles,
                          const struct sample_party *issuer, const char *enterprise) {
    sample_certify(party, crypto, holder, roles, issuer);
    sample_name_enterprise(party, issuer != NULL ? issuer : party, enterprise);
}

static void test_enterprises(void) {
    struct sample_party shop, own, other, none, narrow, below;
    of_enterprise(&shop, "SHOP", ROLE_ISSUING | ROLE_PURSES, &root, "ID_2000");
    of_enterprise(&own, "TILL-1", ROLE_TILL, &shop, "ID_2000");
    of_enterprise(&other, "TILL-2", ROLE_TILL, &shop, "ID_2500");
    sample_certify(&none, crypto, "TILL-3", ROLE_TILL, &shop);
    CU_ASSERT_EQUAL(CHAIN(&root, &shop, &own), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(CHAIN(&root, &shop, &other), CERTIFICATE_WRONG_ENTERPRISE);
    CU_ASSERT_EQUAL(CHAIN(&root, &shop, &none), CERTIFICATE_WRONG_ENTERPRISE);
    CU_ASSERT_EQUAL(verify_under(&other, &shop, SAMPLE_TODAY), CERTIFICATE_WRONG_ENTERPRISE);
    // an authority of no enterprise certifies anybody
    of_enterprise(&other, "TILL-2", ROLE_TILL, &purses, "ID_2500");
    CU_ASSERT_EQUAL(CHAIN(&root, &purses, &other), CERTIFICATE_OK);
    // a root may be of one enterprise, too
    of_enterprise(&narrow, "ROOT", root.roles, NULL, "ID_2000");
    of_enterprise(&below, "SHOP", ROLE_ISSUING | ROLE_PURSES, &narrow, "ID_2500");
    CU_ASSERT_EQUAL(verify_under(&narrow, &narrow, 0), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(verify_under(&below, &narrow, 0), CERTIFICATE_WRONG_ENTERPRISE);
}

// Of each role a name has one owner: who gives names behind "shop:" gives no others.
static void test_names(void) {
    struct sample_party shop = {0}, own, other, plain, center2;
    sample_certify(&shop, crypto, "SHOP", ROLE_ISSUING | ROLE_PURSES, &root);
    sample_name_space(&shop, &root, "shop:");
    sample_certify(&own, crypto, "shop:till-1", ROLE_TILL, &shop);
    CU_ASSERT_EQUAL(CHAIN(&root, &shop, &own), CERTIFICATE_OK);
    static const char *const FOREIGN[] = {"TILL-1", "shop", "other:till-1", "shop:a:b", "xshop:a"};
    for (size_t i = 0; i < sizeof FOREIGN / sizeof FOREIGN[0]; i++) {
        sample_certify(&other, crypto, FOREIGN[i], ROLE_TILL, &shop);
        CU_ASSERT_EQUAL(CHAIN(&root, &shop, &other), CERTIFICATE_WRONG_NAME);
        CU_ASSERT_EQUAL(verify_under(&other, &shop, SAMPLE_TODAY), CERTIFICATE_WRONG_NAME);
    }
    sample_certify(&plain, crypto, "shop:till-2", ROLE_TILL, &purses);
    CU_ASSERT_EQUAL(CHAIN(&root, &purses, &plain), CERTIFICATE_WRONG_NAME);
    struct authority a = authority_of(&shop), b = authority_of(&purses);
    CU_ASSERT_FALSE(authorities_overlap(&a, &b));
    b.space = a.space;
    CU_ASSERT(authorities_overlap(&a, &b));
    sample_certify(&center2, crypto, "CENTERS2", ROLE_ISSUING | ROLE_CENTER, &root);
    struct authority c = authority_of(&center2);
    c.space = a.space;
    CU_ASSERT_FALSE(authorities_overlap(&a, &c)); // no role in common
}

// A hardware authority's word is that the key cannot be copied.
static void test_assurance(void) {
    struct authority hardware = authority_of(&purses);
    struct certificate certificate;
    hardware.assurance = ASSURANCE_HARDWARE;
    CU_ASSERT_EQUAL(certificate_parse(wallet.certificate, &certificate), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(certificate_verify(&certificate, &hardware, SAMPLE_TODAY, crypto),
                    CERTIFICATE_EMULATED);
    certificate.assurance = ASSURANCE_HARDWARE;
    CU_ASSERT_EQUAL(certificate_verify(&certificate, &hardware, SAMPLE_TODAY, crypto),
                    CERTIFICATE_OK);
}

static void test_masks_and_forgery(void) {
    struct sample_party small_root, wide, impostor;
    sample_certify(&small_root, crypto, "SMALL", ROLE_ROOT | ROLE_WALLET, NULL);
    sample_certify(&wide, crypto, "WIDE", ROLE_ISSUING | ROLE_PURSES, &small_root);
    CU_ASSERT_EQUAL(verify_under(&wide, &small_root, 0), CERTIFICATE_WRONG_DOMAIN);
    // signed by a key that is not the issuer's, under the issuer's name
    sample_certify(&impostor, crypto, "PURSES", ROLE_ISSUING | ROLE_PURSES, &root);
    struct sample_party forged;
    sample_certify(&forged, crypto, "WALLET-9", ROLE_WALLET, &impostor);
    CU_ASSERT_EQUAL(verify_under(&forged, &purses, SAMPLE_TODAY), CERTIFICATE_BAD_SIGNATURE);
    // a second root below the first, with its own key
    struct certificate fields = sample_fields(&impostor, &impostor);
    uint8_t out[CERTIFICATE_MAX];
    size_t size;
    fields.roles = ROLE_ROOT | ROLE_WALLET;
    CU_ASSERT_EQUAL(certificate_make(&fields, &root.signer, out, sizeof out, &size),
                    CERTIFICATE_UNKNOWN_ISSUER);
}

// ---- time ----------------------------------------------------------------------------------

static void test_expiry(void) {
    CU_ASSERT_EQUAL(verify_under(&wallet, &purses, SAMPLE_UNTIL), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(verify_under(&wallet, &purses, SAMPLE_UNTIL + 70), CERTIFICATE_EXPIRED);
    CU_ASSERT_EQUAL(verify_under(&wallet, &purses, 0), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(verify_under(&wallet, &purses, 20200101), CERTIFICATE_OK);
    const struct sample_party *const chain[] = {&root, &purses, &wallet};
    for (size_t count = 1; count <= 3; count++) {
        CU_ASSERT_EQUAL(verify_chain(chain, count, SAMPLE_UNTIL), CERTIFICATE_OK);
        CU_ASSERT_EQUAL(verify_chain(chain, count, 20260201), CERTIFICATE_EXPIRED);
    }
}

static enum certificate_fault make_living(uint16_t roles, uint32_t until) {
    struct certificate fields = sample_fields(&till, &purses);
    uint8_t out[CERTIFICATE_MAX];
    size_t size;
    fields.roles = roles;
    fields.until = until;
    fields.made = (roles & ROLE_ISSUING) != 0 ? SAMPLE_FROM : 0;
    return certificate_make(&fields, &purses.signer, out, sizeof out, &size);
}

// 1 January to 4 February are 35 days.
static void test_short_lived_roles(void) {
    static const uint16_t SHORT[] = {ROLE_TILL, ROLE_FLOAT, ROLE_PLAYER, ROLE_CONVERTER};
    for (size_t i = 0; i < sizeof SHORT / sizeof SHORT[0]; i++) {
        CU_ASSERT_EQUAL(make_living(SHORT[i], 20260204), CERTIFICATE_OK);
        CU_ASSERT_EQUAL(make_living(SHORT[i], 20260205), CERTIFICATE_TOO_LONG_LIVED);
    }
    CU_ASSERT_EQUAL(make_living(ROLE_WALLET, 20290101), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(make_living(ROLE_ISSUING | ROLE_TILL, 20360101), CERTIFICATE_OK);
    // a careless authority's certificate is refused by the verifier
    struct certificate certificate;
    struct authority authority = authority_of(&purses);
    CU_ASSERT_EQUAL(certificate_parse(till.certificate, &certificate), CERTIFICATE_OK);
    certificate.until = 20260205;
    CU_ASSERT_EQUAL(certificate_verify(&certificate, &authority, SAMPLE_TODAY, crypto),
                    CERTIFICATE_TOO_LONG_LIVED);
}

static void test_dates(void) {
    static const struct {
        uint32_t from, to;
        int32_t days;
    } ROWS[] = {{20260101, 20260101, 0},   {20260101, 20260102, 1},   {20260102, 20260101, -1},
                {20240228, 20240301, 2},   {20250228, 20250301, 1},   {20000101, 20991231, 36524},
                {20260101, 20270101, 365}, {20280101, 20290101, 366}, {20261231, 20270101, 1}};
    static const uint32_t BAD[] = {0,        20260100, 20260132, 20260431, 20261301,
                                   20260001, 20250229, 19991231, 21000101, 99999999};
    bool valid;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        CU_ASSERT_EQUAL(date_difference(ROWS[i].from, ROWS[i].to, &valid), ROWS[i].days);
        CU_ASSERT(valid);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CU_ASSERT_FALSE(date_is_valid(BAD[i]));
        CU_ASSERT_EQUAL(date_difference(BAD[i], 20260101, &valid), 0);
        CU_ASSERT_FALSE(valid);
    }
}

// ---- faults and digest ---------------------------------------------------------------------

static void test_faults(void) {
    for (int fault = CERTIFICATE_OK; fault <= CERTIFICATE_NO_ROOM; fault++) {
        uint16_t sw = certificate_fault_sw((enum certificate_fault)fault);
        CU_ASSERT_EQUAL(sw == SW_OK, fault == CERTIFICATE_OK);
        CU_ASSERT_PTR_NOT_NULL(status_find(sw));
        CU_ASSERT(strlen(certificate_fault_text((enum certificate_fault)fault)) > 3);
    }
    CU_ASSERT_EQUAL(certificate_fault_sw((enum certificate_fault)99), SW_UNKNOWN);
}

static void test_digest(void) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE], full[SHA256_SIZE];
    CU_ASSERT(certificate_digest(crypto, wallet.certificate, digest));
    CU_ASSERT(crypto->ops->sha256(crypto, wallet.certificate, full));
    CU_ASSERT(memcmp(digest, full, sizeof digest) == 0);
}

static bool make_parties(void) {
    return sample_certify(&root, crypto, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL) == 0 &&
           sample_certify(&purses, crypto, "PURSES", ROLE_ISSUING | ROLE_PURSES | ROLE_STORE,
                          &root) == 0 &&
           sample_certify(&center_authority, crypto, "CENTERS", ROLE_ISSUING | ROLE_CENTER,
                          &root) == 0 &&
           sample_certify(&wallet, crypto, "WALLET-1", ROLE_WALLET, &purses) == 0 &&
           sample_certify(&till, crypto, "TILL-1", ROLE_TILL, &purses) == 0 &&
           sample_certify(&center, crypto, "CENTER-1", ROLE_CENTER, &center_authority) == 0;
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"parsed certificates are made again octet by octet", test_round_trip, NULL},
        {"smallest and largest certificate fit a short APDU", test_sizes, NULL},
        {"every truncation refused", test_truncated, NULL},
        {"flipped bit at every position refused", test_flipped_bits, "S08"},
        {"missing, doubled, misordered, unknown field refused",
         test_fields_missing_doubled_misordered, NULL},
        {"bad values refused", test_field_values, NULL},
        {"public keys: one or two points and nothing else", test_public_key_values, NULL},
        {"role rules at issuing", test_role_rules, NULL},
        {"role rules at parsing, all 65536", test_role_confusion_is_parsed_out, NULL},
        {"what only an authority says", test_authority_fields, NULL},
        {"chains: depth, domain, foreign root", test_chains, "S08"},
        {"an authority of one enterprise certifies no other", test_enterprises, "S08"},
        {"names of a space and of no other", test_names, "S08"},
        {"an emulated key below hardware", test_assurance, NULL},
        {"masks and forged issuers", test_masks_and_forgery, "S08"},
        {"expired at any level refused", test_expiry, "S08"},
        {"short-lived roles live 35 days", test_short_lived_roles, NULL},
        {"calendar", test_dates, NULL},
        {"faults have status words and texts", test_faults, NULL},
        {"digest is the leading half of SHA-256", test_digest, NULL},
    };
    crypto = crypto_openssl_new_seeded(4);
    if (crypto == NULL || !make_parties())
        return 2;
    int code = suite_main("test-certificate", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
    crypto_openssl_free(crypto);
    return code;
}
