// SPDX-License-Identifier: Apache-2.0
// The factory over cards in memory: a purse out of a blank card, what it refuses, what
// the card refuses it, and that every request is checked before it is certified.
#include "apdu/command/exchange.h"
#include "apdu/octets/unit.h"
#include "card/applets.h"
#include "card/port/memory.h"
#include "host/purse/purse_client.h"
#include "personalization/authority/hierarchy.h"
#include "personalization/cards/factory.h"
#include "readers/link/emu.h"
#include "tests/kit/suite.h"

#include <stdlib.h>
#include <string.h>

enum { TODAY = 20261121 };

/// One blank card at the factory of one hierarchy.
struct place {
    struct crypto *crypto;
    struct hierarchy hierarchy;
    struct factory_hierarchy source;
    struct factory_authority authority;
    struct memory_port memory;
    struct card_ports ports;
    struct card *card;
    uint8_t image[NVM_IMAGE_SIZE_LARGE];
    struct link *link;
    struct failure failure;
};

static struct place *place_new(void) {
    static const uint8_t serial[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct place *place = calloc(1, sizeof *place);
    CU_ASSERT_PTR_NOT_NULL_FATAL(place);
    place->crypto = crypto_openssl_new_seeded(11);
    CU_ASSERT_FATAL(hierarchy_make(&place->hierarchy, place->crypto, REALM_LAB, "", TODAY));
    place->source = (struct factory_hierarchy){&place->hierarchy, TODAY};
    place->authority = factory_from_hierarchy(&place->source);
    place->card = calloc(1, card_context_size());
    memory_port_open(&place->memory, place->image, sizeof place->image);
    place->ports = (struct card_ports){&place->memory.nvm, place->crypto, .rom = &standard_rom};
    CU_ASSERT_EQUAL_FATAL(card_format(&place->ports, serial), CARD_OK);
    CU_ASSERT_EQUAL_FATAL(card_power_on(place->card, &place->ports), CARD_OK);
    place->link = emu_link_over(place->card, &place->ports, CARD_INTERNAL, NULL);
    return place;
}

static void place_free(struct place *place) {
    link_close(place->link);
    free(place->card);
    hierarchy_erase(&place->hierarchy);
    crypto_openssl_free(place->crypto);
    free(place);
}

static bool make(struct place *place, const struct factory_order *order) {
    return factory_personalize(place->link, order, &place->authority, NULL, place->crypto,
                               &place->failure);
}

static void a_blank_card_becomes_a_purse(void) {
    static const uint16_t roles[] = {ROLE_WALLET, ROLE_WALLET | ROLE_STORE, ROLE_TILL, ROLE_FLOAT};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        struct place *place = place_new();
        struct factory_order order = factory_order_for("TWELVE-CHARS", roles[i]);
        struct purse_client client;
        struct certificate certificate;
        struct bytes chain[3] = {member_certificate(&place->hierarchy, MEMBER_ROOT),
                                 member_certificate(&place->hierarchy, MEMBER_PURSE)};
        order.pin = "1234";
        CU_ASSERT(make(place, &order));
        client_over(&client, place->link);
        CU_ASSERT_EQUAL(client_select(&client), PURSE_OK);
        CU_ASSERT_EQUAL(client.selection.roles, roles[i]);
        CU_ASSERT_EQUAL(client_verify_pin(&client, "1234"), PURSE_OK);
        CU_ASSERT_EQUAL(client.selection.balance_count, 2);
        CU_ASSERT_EQUAL(client.selection.balances[0].balance, 0);
        CU_ASSERT_EQUAL(client_read_certificate(&client, &chain[2]), PURSE_OK);
        CU_ASSERT_EQUAL(certificate_verify_chain(chain, 3,
                                                 place->hierarchy.members[MEMBER_ROOT].signer.point,
                                                 TODAY, place->crypto, &certificate),
                        CERTIFICATE_OK);
        CU_ASSERT_EQUAL(certificate.roles, roles[i]);
        CU_ASSERT_PTR_NOT_NULL(certificate.kem_point);
        place_free(place);
    }
}

static void a_made_card_knows_no_factory(void) {
    struct place *place = place_new();
    struct factory_order order = factory_order_for("W1", ROLE_WALLET);
    CU_ASSERT(make(place, &order));
    CU_ASSERT_FALSE(make(place, &order));
    CU_ASSERT_EQUAL(place->failure.code, EXIT_REFUSED);
    place_free(place);
}

static void the_factory_does_not_work_over_the_air(void) {
    struct place *place = place_new();
    struct factory_order order = factory_order_for("W1", ROLE_WALLET);
    link_close(place->link);
    place->link = emu_link_over(place->card, &place->ports, CARD_CONTACTLESS, NULL);
    CU_ASSERT_FALSE(make(place, &order));
    CU_ASSERT_EQUAL(place->failure.code, EXIT_REFUSED);
    place_free(place);
}

static void bad_orders_are_refused(void) {
    static const uint16_t many[PERSO_UNITS_MAX + 1] = {392, 840};
    struct factory_order orders[] = {factory_order_for("W1", ROLE_WALLET),
                                     factory_order_for("W1", ROLE_WALLET),
                                     factory_order_for("W1", ROLE_WALLET | ROLE_TILL),
                                     factory_order_for("THIRTEEN-LONG", ROLE_WALLET)};
    orders[0].pin = "12a4";
    orders[1].units = many;
    orders[1].unit_count = PERSO_UNITS_MAX + 1;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct place *place = place_new();
        CU_ASSERT_FALSE(make(place, &orders[i]));
        CU_ASSERT(place->failure.text[0] != '\0');
        place_free(place);
    }
}

// ---- a request spoilt on its way ---------------------------------------------------------------

/// Passes everything, but flips one bit of the longest answer so far on: the certificate request.
struct spoiler {
    struct link link;
    struct link *inner;
    size_t at;
    bool spoilt;
};

static enum link_status spoil(struct link *link, struct bytes command, uint8_t *answer,
                              size_t capacity, size_t *size) {
    struct spoiler *spoiler = (struct spoiler *)link;
    enum link_status status = link_transmit(spoiler->inner, command, answer, capacity, size);
    bool request = status == LINK_OK && *size > 150;
    if (request && spoiler->at < *size - 2) {
        answer[spoiler->at] ^= 0x01;
        spoiler->spoilt = true;
    }
    return status;
}

static void spoiler_close(struct link *link) {
    (void)link;
}

static bool never_certify(void *context, const struct factory_request *request, uint8_t *out,
                          size_t capacity, size_t *size, struct failure *failure) {
    (void)request, (void)out, (void)capacity, (void)size;
    *(bool *)context = true;
    return fail(failure, EXIT_REFUSED, "asked to certify");
}

/// Whatever octet of the request changes, the authority is not even asked.
static void a_spoilt_request_is_not_certified(void) {
    static const struct link_ops ops = {.transmit = spoil, .close = spoiler_close};
    struct factory_order order = factory_order_for("W1", ROLE_WALLET);
    for (size_t at = 0;; at += 3) {
        struct place *place = place_new();
        struct spoiler spoiler = {.link = *place->link, .inner = place->link, .at = at};
        bool asked = false;
        spoiler.link.ops = &ops;
        place->authority.certify = never_certify;
        place->authority.context = &asked;
        CU_ASSERT_FALSE(factory_personalize(&spoiler.link, &order, &place->authority, NULL,
                                            place->crypto, &place->failure));
        CU_ASSERT_EQUAL(asked, !spoiler.spoilt);
        place_free(place);
        if (!spoiler.spoilt)
            break;
        CU_ASSERT_FATAL(at < 400);
    }
}

/// The authority's private scene: a card of another root's factory is a stranger.
static void a_card_trusts_its_own_root_only(void) {
    struct place *mine = place_new();
    struct factory_order order = factory_order_for("W1", ROLE_WALLET);
    struct purse_client client;
    struct bytes own;
    struct crypto *other = crypto_openssl_new_seeded(12);
    struct hierarchy *foreign = calloc(1, sizeof *foreign);
    CU_ASSERT_FATAL(hierarchy_make(foreign, other, REALM_LAB, "", TODAY));
    CU_ASSERT(make(mine, &order));
    client_over(&client, mine->link);
    CU_ASSERT_EQUAL(client_select(&client), PURSE_OK);
    CU_ASSERT_EQUAL(client_exchange(&client, member_certificate(foreign, MEMBER_CENTER), &own),
                    PURSE_REFUSED);
    CU_ASSERT_EQUAL(client.sw, SW_UNKNOWN_ISSUER);
    CU_ASSERT_EQUAL(
        client_exchange(&client, member_certificate(&mine->hierarchy, MEMBER_CENTER), &own),
        PURSE_OK);
    free(foreign);
    crypto_openssl_free(other);
    place_free(mine);
}

static const struct suite_test tests[] = {
    {"a blank card becomes a purse of its role", a_blank_card_becomes_a_purse, NULL},
    {"the fixture is closed behind the card", a_made_card_knows_no_factory, NULL},
    {"the fixture does not work over the air", the_factory_does_not_work_over_the_air, NULL},
    {"bad orders are refused", bad_orders_are_refused, NULL},
    {"a spoilt request is not certified", a_spoilt_request_is_not_certified, NULL},
    {"a card trusts its own root only", a_card_trusts_its_own_root_only, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-factory", tests, sizeof tests / sizeof tests[0], argc, argv);
}
