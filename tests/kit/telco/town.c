// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/telco/town.h"

#include "apdu/object/ticket.h"
#include "base/calendar.h"
#include "base/heap.h"
#include "services/bank/bank.h"
#include "services/charge/charge.h"
#include "services/core/books/ledger.h"
#include "services/core/keeper/outbox.h"
#include "services/licence/licence.h"
#include "services/registry/registry.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOON_MS = 12 * 3600 * 1000 };

const struct peer town_telco = {.roles = ROLE_TELCO, .id = "telco-1", .enterprise = "TELCO"};
const struct peer town_operator = {.roles = ROLE_OPERATOR, .id = "boss", .enterprise = "TELCO"};
const struct peer town_clerk = {.roles = ROLE_OPERATOR, .id = "clerk", .enterprise = "BANK"};
const struct peer town_registrar = {
    .roles = ROLE_OPERATOR, .id = "registrar", .enterprise = "REGISTRY"};
const struct peer town_gateway = {.roles = ROLE_GATEWAY, .id = "gw-1"};
const struct town_docket town_docket = {&licensing.buyer, "phone-1", LICENSING_MAIL, 20040211};

static void done(struct shop *shop, const struct peer *peer, const char *target, const char *body) {
    struct told told = licensing_ask(shop, peer, "PUT", target, body);
    CU_ASSERT_TRUE_FATAL(licensing_says(&told, 200, ""));
}

static void fill(struct town *town, bool registry) {
    char settings[160];
    done(&town->bank, &town_clerk, "/v1/accounts/TELCO",
         "{\"owner\":\"telco-1\",\"unit\":\"JPY\"}");
    done(&town->bank, &town_clerk, "/v1/accounts/SHOP",
         "{\"owner\":\"shop-1\",\"enterprise\":\"ID_2000\",\"unit\":\"JPY\",\"notify\":"
         "\"licence\"}");
    snprintf(settings, sizeof settings,
             "{\"account\":\"TELCO\",\"unit\":\"JPY\",\"zone\":\"+09:00\",\"registry\":%s}",
             registry ? "true" : "false");
    done(&town->charge, &town_operator, "/v1/settings", settings);
    done(&town->charge, &town_operator, "/v1/payees/ID_2000", "{\"account\":\"SHOP\"}");
    done(&town->charge, &town_operator, "/v1/tariffs/plan-a",
         "{\"first-month\":\"2004-01\",\"basic\":2000,\"call-seconds\":30,\"call-amount\":10,"
         "\"packet-count\":10,\"packet-amount\":1}");
    done(&town->charge, &town_operator, "/v1/subscribers/" TOWN_PHONE,
         "{\"mail\":\"" LICENSING_MAIL "\",\"trm\":\"phone-1\",\"tariff\":\"plan-a\","
         "\"services\":[{\"text\":\"Voice mail\",\"amount\":300}]}");
    done(&town->registry, &town_registrar, "/v1/enterprises/ID_2000", "{}");
    licensing_stock(&town->licence, ",\"sealed\":true,\"activator\":\"telco-1\"");
}

static void connect(struct town *town) {
    town->of_charge[0] = (struct courier_target){"registry", &town->registry.front.listener};
    town->of_charge[1] = (struct courier_target){"bank", &town->bank.front.listener};
    town->of_bank[0] = (struct courier_target){"licence", &town->licence.front.listener};
    courier_local_init(&town->charge_local, town->of_charge, 2, &town_telco, &host_memory);
    courier_local_init(&town->bank_local, town->of_bank, 1, &licensing_bank, &host_memory);
    courier_fault_init(&town->charge_fault, &town->charge_local.courier, &host_memory);
    courier_fault_init(&town->bank_fault, &town->bank_local.courier, &host_memory);
    town->charge.context.courier = &town->charge_fault.courier;
    town->bank.context.courier = &town->bank_fault.courier;
}

void town_open(struct town *town, enum engine engine, bool registry) {
    licensing_open_shop(&town->charge, &charge_service, engine, &licensing.telco);
    licensing_open_shop(&town->bank, &bank_service, engine, &licensing.bank);
    licensing_open_shop(&town->licence, &licence_service, engine, &licensing.seller);
    licensing_open_shop(&town->registry, &registry_service, engine, &licensing.registry);
    town_day(town, 20040211);
    connect(town);
    fill(town, registry);
}

void town_close(struct town *town) {
    courier_fault_settle(&town->charge_fault);
    courier_fault_settle(&town->bank_fault);
    shop_close(&town->charge);
    shop_close(&town->bank);
    shop_close(&town->licence);
    shop_close(&town->registry);
}

void town_on_every_engine(bool registry, void (*check)(struct town *town)) {
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        struct town *town = calloc(1, sizeof *town);
        town_open(town, engine, registry);
        check(town);
        town_close(town);
        free(town);
    }
}

static void set_time(struct town *town, uint64_t ms) {
    town->charge.now_ms = town->bank.now_ms = town->registry.now_ms = town->licence.now_ms = ms;
}

void town_day(struct town *town, uint32_t day) {
    set_time(town, (uint64_t)time_of_date(day) * 1000 + NOON_MS);
}

void town_debit_account(struct town *town, unsigned yen) {
    char body[120];
    done(&town->bank, &town_clerk, "/v1/accounts/CARD",
         "{\"owner\":\"phone-1\",\"unit\":\"JPY\",\"covered\":true}");
    snprintf(body, sizeof body, "{\"id\":\"c1\",\"to\":\"CARD\",\"amount\":%u,\"unit\":\"JPY\"}",
             yen);
    CU_ASSERT_EQUAL(licensing_ask(&town->bank, &town_clerk, "POST", "/v1/payments", body).status,
                    200);
}

static bool deliver(struct shop *shop) {
    struct outbox_round round;
    struct failure failure;
    outbox_deliver(&shop->context, shop->crypto, &round, &failure);
    return round.sent > 0;
}

void town_deliver(struct town *town) {
    for (unsigned i = 0; i < 20; i++)
        if (!deliver(&town->charge) && !deliver(&town->bank))
            return;
}

// ---- tickets and dockets -----------------------------------------------------------------------

void town_order(struct town *town, struct town_ticket *ticket, uint32_t n, const char *instance) {
    town_order_of(town, ticket, "NO_1", n, instance);
}

void town_order_of(struct town *town, struct town_ticket *ticket, const char *number, uint32_t n,
                   const char *instance) {
    static char more[80];
    uint8_t sale[16];
    struct object header;
    struct reception reception = licensing_first;
    reception.n = n;
    snprintf(more, sizeof more, "\"amount\":1000,\"instance\":\"%s\"", instance);
    struct told told = licensing_order(&town->licence, &licensing_buyer, &reception, number, more);
    CU_ASSERT_TRUE_FATAL(licensing_says(&told, 200, "\"ticket\""));
    ticket->header =
        licensing_field(&told, "ticket", ticket->header_octets, sizeof ticket->header_octets);
    CU_ASSERT_TRUE_FATAL(object_decode_as(OBJECT_TICKET_HEADER, ticket->header, &header) &&
                         ticket_sale(&header, licensing.crypto, sale));
    for (size_t i = 0; i < sizeof sale; i++)
        snprintf(ticket->sale + 2 * i, 3, "%02x", sale[i]);
}

void town_envelope(char *out, struct bytes object, const struct sample_party *authority,
                   const struct sample_party *by) {
    sprintf(out, "{\"object\":\"%s\",\"certificates\":[\"%s\",\"%s\",\"%s\"]}",
            licensing_text(object), licensing_text(licensing.root.certificate),
            licensing_text(authority->certificate), licensing_text(by->certificate));
}

static struct bytes docket_object(const struct town_ticket *ticket,
                                  const struct town_docket *docket, uint8_t out[256]) {
    uint8_t name[TICKET_NAME_SIZE];
    struct object header;
    struct object_writer writer;
    struct bytes made = {0};
    CU_ASSERT_FATAL(object_decode_as(OBJECT_TICKET_HEADER, ticket->header, &header) &&
                    ticket_name(&header, licensing.crypto, name));
    object_begin(&writer, OBJECT_DOCKET, out, 256);
    object_put_date(&writer, FIELD_DATE, docket->date);
    object_put(&writer, FIELD_TICKET, BYTES_OF(name));
    object_put(&writer, FIELD_BUYER, bytes_of_string(docket->buyer));
    object_put(&writer, FIELD_SUBSCRIBER, bytes_of_string(docket->mail));
    CU_ASSERT_FATAL(object_sign(&writer, &docket->by->signer, &made));
    return made;
}

void town_docket_body(char *out, const struct town_ticket *ticket,
                      const struct town_docket *docket) {
    static char signed_docket[LICENSING_BODY_MAX / 4], header[LICENSING_BODY_MAX / 4];
    uint8_t octets[256];
    town_envelope(signed_docket, docket_object(ticket, docket, octets), &licensing.purses,
                  docket->by);
    town_envelope(header, ticket->header, &licensing.trade, &licensing.seller);
    snprintf(out, LICENSING_BODY_MAX, "{\"docket\":%s,\"header\":%s}", signed_docket, header);
}

struct told town_send_docket(struct town *town, const struct peer *peer,
                             const struct town_ticket *ticket, const struct town_docket *docket) {
    static char body[LICENSING_BODY_MAX];
    town_docket_body(body, ticket, docket);
    return licensing_ask(&town->charge, peer, "POST", "/v1/dockets", body);
}

void town_purchase_body(char *out, const char *payer, uint8_t kind, const struct sample_party *by) {
    town_purchase_over(out, payer, kind, by, 120);
}

void town_purchase_over(char *out, const char *payer, uint8_t kind, const struct sample_party *by,
                        uint64_t amount) {
    static char envelope[2000];
    uint8_t octets[512], challenge[16] = {1},
                         reference[9] = {kind, 'c', 'o', 'f', 'f', 'e', 'e', '-', '1'};
    struct object_writer writer;
    struct bytes made = {0};
    object_begin(&writer, OBJECT_PAYMENT_REQUEST, octets, sizeof octets);
    object_put(&writer, FIELD_PAYEE, bytes_of_string("till-1"));
    object_put_uint(&writer, FIELD_N, 5);
    object_put(&writer, FIELD_PAYER, bytes_of_string(payer));
    object_put_uint(&writer, FIELD_COUNTER, 1);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
    object_put_uint(&writer, FIELD_AMOUNT, amount);
    object_put_unit(&writer, 392);
    object_put(&writer, FIELD_REFERENCE, BYTES_OF(reference));
    CU_ASSERT_FATAL(object_sign(&writer, &by->signer, &made));
    town_envelope(envelope, made, &licensing.purses, by);
    snprintf(out, TOWN_PURCHASE_MAX,
             "{\"request\":%s,\"mail\":\"" LICENSING_MAIL "\",\"text\":\"Coffee\"}", envelope);
}

// ---- what is where -----------------------------------------------------------------------------

struct asked {
    const char *account;
    struct ledger_balance balance;
};

static bool read_balance(struct session *session, void *context) {
    struct asked *asked = context;
    ledger_balance(session, asked->account, &asked->balance);
    return true;
}

static int64_t balance(struct shop *shop, const char *account) {
    struct asked asked = {.account = account};
    struct arena arena;
    struct failure failure;
    arena_init(&arena, &host_memory);
    store_read(shop->store, &arena, read_balance, &asked, &failure);
    arena_free(&arena);
    return asked.balance.posted;
}

int64_t town_book(struct town *town, const char *account) {
    return balance(&town->charge, account);
}

int64_t town_money(struct town *town, const char *account) {
    char id[64];
    snprintf(id, sizeof id, "ACCOUNT:%s", account);
    return balance(&town->bank, id);
}
