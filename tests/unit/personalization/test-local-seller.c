// SPDX-License-Identifier: Apache-2.0
// The local seller: each sale arrives once, whatever command or answer is lost, and however often
// its customer comes again; what it sells is used once, too, where the answer to PLAY is lost.
#include "card/applets.h"
#include "host/flows/tickets/ticket_delivery.h"
#include "host/flows/tickets/ticket_play.h"
#include "personalization/cards/factory.h"
#include "personalization/cards/seller/local_seller.h"
#include "readers/link/emu.h"
#include "tests/kit/image.h"
#include "tests/kit/scene/lossy.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TODAY = 20261121 };

/// An authority in a directory, its seller, and a phone's card.
struct shop {
    char root[TEST_PATH_MAX], directory[2 * TEST_PATH_MAX];
    struct crypto *crypto;
    struct ca ca;
    struct memory_port memory;
    uint8_t image[NVM_IMAGE_SIZE_LARGE];
    struct scene_card phone; // what a lossy link needs of it
    struct lossy_link link;
    struct lossy_plan plan;
    struct ticket_order order;
    struct local_seller seller;
    struct ticket_client client;
    struct ticket_delivery delivery;
    struct failure failure;
};

static struct shop *shop;

static void make_phone(void) {
    static const uint8_t serial[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct factory_authority authority = factory_from_ca(&shop->ca);
    struct factory_order order = factory_order_for("TID_01", ROLE_WALLET | ROLE_STORE);
    struct scene_card *phone = &shop->phone;
    order.pin = "135790";
    snprintf(phone->holder, sizeof phone->holder, "TID_01");
    phone->card = calloc(1, card_context_size());
    CU_ASSERT_PTR_NOT_NULL_FATAL(phone->card);
    memory_port_open(&shop->memory, shop->image, sizeof shop->image);
    phone->ports = (struct card_ports){&shop->memory.nvm, shop->crypto, .rom = &standard_rom};
    CU_ASSERT_EQUAL_FATAL(card_format(&phone->ports, serial), CARD_OK);
    CU_ASSERT_EQUAL_FATAL(card_power_on(phone->card, &phone->ports), CARD_OK);
    struct link *link = emu_link_over(phone->card, &phone->ports, CARD_INTERNAL, NULL);
    CU_ASSERT_FATAL(
        factory_personalize(link, &order, &authority, NULL, shop->crypto, &shop->failure));
    link_close(link);
}

static void shop_open(void) {
    shop = calloc(1, sizeof *shop);
    CU_ASSERT_PTR_NOT_NULL_FATAL(shop);
    test_directory_make(shop->root);
    snprintf(shop->directory, sizeof shop->directory, "%s/ca", shop->root);
    shop->crypto = crypto_openssl_new_seeded(7);
    CU_ASSERT_FATAL(ca_init(shop->directory, NULL, shop->crypto, TODAY, &shop->failure) &&
                    ca_open(&shop->ca, shop->directory, NULL, shop->crypto, TODAY, &shop->failure));
    make_phone();
    lossy_disarm(&shop->plan);
    lossy_over(&shop->link, &shop->phone, CARD_CONTACT, &shop->plan);
    shop->link.link.command_max = 261;
    shop->order = (struct ticket_order){.number = "NO_1",
                                        .content = "ID_0001",
                                        .charge = 1000,
                                        .unit = 392,
                                        .counted = true,
                                        .plays = 3,
                                        .algorithm = HPKE_AES_128,
                                        .key = bytes_of_string("hc426D99ro7v")};
}

static void shop_close(void) {
    link_close(&shop->link.link);
    free(shop->phone.card);
    ca_close(&shop->ca);
    crypto_openssl_free(shop->crypto);
    test_directory_remove(shop->root);
    free(shop);
}

/// One run of the seller, which knows nothing but what its directory tells.
static bool sell(void) {
    shop->failure = (struct failure){0};
    CU_ASSERT_FATAL(
        local_seller_open(&shop->seller, &shop->ca, "SHOP", &shop->order, &shop->failure));
    struct seller seller = local_seller_of(&shop->seller);
    ticket_client_over(&shop->client, &shop->link.link);
    bool done =
        ticket_delivery_run(&shop->delivery, &shop->client, &seller, shop->crypto, &shop->failure);
    local_seller_close(&shop->seller);
    return done;
}

static void mend(void) {
    lossy_disarm(&shop->plan);
    shop->link.down = false;
    CU_ASSERT_EQUAL(card_power_on(shop->phone.card, &shop->phone.ports), CARD_OK);
}

/// Tickets of the phone; 0 also when it does not answer.
static size_t tickets(struct ticket_row *first) {
    struct ticket_row rows[TICKET_PAGE_ROWS];
    size_t count = 0, sum = 0;
    uint16_t from = 0;
    ticket_client_over(&shop->client, &shop->link.link);
    CU_ASSERT_EQUAL(ticket_client_select(&shop->client), TICKET_OK);
    do {
        CU_ASSERT_EQUAL(ticket_client_list(&shop->client, from, rows, &count), TICKET_OK);
        if (sum == 0 && count > 0 && first != NULL)
            *first = rows[0];
        sum += count;
        from = count > 0 ? (uint16_t)(rows[count - 1].slot + 1) : from;
    } while (count > 0);
    return sum;
}

/// Lines of the seller's book: what it knows to have arrived.
static size_t booked(void) {
    char path[3 * TEST_PATH_MAX];
    size_t lines = 0;
    snprintf(path, sizeof path, "%s/sellers/SHOP/sales.tsv", shop->directory);
    FILE *file = fopen(path, "r");
    for (int sign = 0; file != NULL && (sign = fgetc(file)) != EOF;)
        lines += sign == '\n';
    if (file != NULL)
        fclose(file);
    return lines;
}

static void sells_and_books(void) {
    shop_open();
    CU_ASSERT(sell());
    CU_ASSERT(shop->delivery.met && !shop->delivery.before);
    CU_ASSERT(sell());
    CU_ASSERT_FALSE(shop->delivery.met);
    CU_ASSERT_EQUAL(tickets(NULL), 2);
    CU_ASSERT_EQUAL(booked(), 2);
    shop_close();
}

/// One customer, who comes again until it has what it bought.
static bool torn_once(unsigned at, enum lossy_kind kind) {
    size_t before = tickets(NULL);
    lossy_arm(&shop->plan, at, kind);
    bool done = sell(), broke = shop->plan.broke;
    CU_ASSERT(done == !broke);
    CU_ASSERT(done || shop->failure.code == EXIT_OPEN);
    CU_ASSERT(done || strstr(shop->failure.text, "delivered once") != NULL);
    mend();
    CU_ASSERT(done || sell());
    CU_ASSERT_EQUAL(tickets(NULL), before + 1);
    CU_ASSERT_EQUAL(booked(), before + 1);
    return broke;
}

static void torn(void) {
    unsigned cuts = 0;
    shop_open();
    CU_ASSERT(sell());
    for (int kind = LOSSY_COMMAND; kind <= LOSSY_ANSWER; kind++)
        for (unsigned at = 0; torn_once(at, (enum lossy_kind)kind); at++)
            cuts++;
    CU_ASSERT_EQUAL(cuts, 10); // SELECT, GET DATA, ACCEPT, IMPORT (2): each lost twice
    shop_close();
}

/// The answer to IMPORT is lost, and the run that learns so breaks, too.
static void torn_again(void) {
    enum { IMPORT_ANSWER = 4 };
    shop_open();
    CU_ASSERT(sell());
    for (unsigned at = 0; at < 5; at++) {
        size_t before = tickets(NULL);
        lossy_arm(&shop->plan, IMPORT_ANSWER, LOSSY_ANSWER);
        CU_ASSERT_FALSE(sell());
        mend();
        CU_ASSERT_EQUAL(booked(), before);
        lossy_arm(&shop->plan, at, LOSSY_ANSWER);
        bool done = sell();
        mend();
        CU_ASSERT(done || sell());
        CU_ASSERT(shop->delivery.before);
        CU_ASSERT_EQUAL(tickets(NULL), before + 1);
        CU_ASSERT_EQUAL(booked(), before + 1);
    }
    shop_close();
}

/// A number that was given back: the same instance goes under the next one.
static void cancelled(void) {
    struct ticket_object end;
    shop_open();
    lossy_arm(&shop->plan, 5, LOSSY_COMMAND); // IMPORT, behind EXCHANGE and two ACCEPT
    CU_ASSERT_FALSE(sell());
    uint8_t instance[8];
    memcpy(instance, shop->delivery.move.header.fields[FIELD_INSTANCE].data, sizeof instance);
    uint32_t n = (uint32_t)object_uint(&shop->delivery.request.object, FIELD_N);
    mend();
    ticket_client_over(&shop->client, &shop->link.link);
    CU_ASSERT_EQUAL(ticket_client_select(&shop->client), TICKET_OK);
    CU_ASSERT_EQUAL(ticket_client_cancel(&shop->client, n, "SHOP", &end), TICKET_OK);
    CU_ASSERT(sell());
    CU_ASSERT(object_uint(&shop->delivery.request.object, FIELD_N) > n);
    CU_ASSERT(bytes_equal(shop->delivery.move.header.fields[FIELD_INSTANCE], BYTES_OF(instance)));
    CU_ASSERT_EQUAL(tickets(NULL), 1);
    shop_close();
}

// ---- plays -------------------------------------------------------------------------------------

/// A play whose run broke anywhere is run again and costs one play.
static void plays_once(void) {
    struct ca_keys keys = {.has_kem = false};
    struct ca_answer answer = {.certificate_size = 0};
    struct ticket_row row;
    struct signer signer;
    struct signer_scalar scalar;
    const struct ca_request request = {
        .id = "PLAYER", .roles = ROLE_PLAYER, .enterprise = "", .assurance = ASSURANCE_EMULATED};
    shop_open();
    shop->order.plays = 100;
    CU_ASSERT_FATAL(sell() && ca_issue(&shop->ca, &request, &keys, &answer, &shop->failure));
    scalar.crypto = shop->crypto;
    memcpy(scalar.scalar, keys.signing.scalar, sizeof scalar.scalar);
    signer_from_scalar(&signer, &scalar, keys.signing.point);
    const struct ticket_party player = {bytes_of_string("PLAYER"),
                                        bytes_of(answer.certificate, answer.certificate_size),
                                        &signer, shop->crypto, TODAY};
    CU_ASSERT_EQUAL(tickets(&row), 1);
    bool broke = true;
    for (unsigned at = 0, used = 1; broke; at++, used++) {
        struct ticket_play play = {
            .store = &shop->client, .player = &player, .content = "ID_0001", .action = ACTION_PLAY};
        memcpy(play.name, row.name, sizeof play.name);
        ticket_client_over(&shop->client, &shop->link.link);
        lossy_arm(&shop->plan, at, LOSSY_ANSWER);
        bool done = ticket_play_run(&play, &shop->failure);
        broke = shop->plan.broke;
        mend();
        CU_ASSERT(done || ticket_play_run(&play, &shop->failure));
        CU_ASSERT_EQUAL(play.left.plays, 100 - used);
        CU_ASSERT(bytes_equal(bytes_of(play.key, play.key_size), bytes_of_string("hc426D99ro7v")));
        ticket_play_erase(&play);
    }
    shop_close();
}

static const struct suite_test tests[] = {
    {"a seller sells and books", sells_and_books, NULL},
    {"each sale arrives once, whatever is lost", torn, NULL},
    {"and however often it breaks", torn_again, NULL},
    {"a number that was given back", cancelled, NULL},
    {"a play that broke costs one play", plays_once, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-local-seller", tests, sizeof tests / sizeof tests[0], argc, argv);
}
