// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/telco/customer.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define CONTENT "ID_0002"

// ---- cards under the town's authorities --------------------------------------------------------

static struct scene *open_scene(void) {
    struct scene *scene = scene_open(27);
    scene->all_applets = true;
    scene->root = licensing.root;
    scene->purses = licensing.purses;
    scene_authority(scene, &scene->centers, "CENTERS", ROLE_CENTER, NULL);
    scene_certify(scene, &scene->center, "CENTER1", ROLE_CENTER, &scene->centers, SCENE_FROM,
                  SCENE_LONG);
    return scene;
}

static void open_fair(struct fair *fair) {
    *fair = (struct fair){.scene = open_scene(),
                          .trade = licensing.trade,
                          .apparatus = licensing.houses,
                          .seller = licensing.seller,
                          .telco = licensing.telco,
                          .recorder = licensing.bank};
    scene_certify(fair->scene, &fair->player, "PLAYER", ROLE_PLAYER, &fair->apparatus, SCENE_FROM,
                  SCENE_UNTIL);
}

/// The certificate of a card's keys as services see it, perhaps with an enterprise.
static void name_party(struct sample_party *party, const struct scene_card *card,
                       const char *enterprise) {
    snprintf(party->holder, sizeof party->holder, "%s", card->holder);
    memcpy(party->octets, card->certificate.data, card->certificate.size);
    party->certificate = bytes_of(party->octets, card->certificate.size);
    if (enterprise != NULL)
        sample_name_enterprise(party, &licensing.purses, enterprise);
}

void customer_open(struct customer *customer, enum engine engine, bool registry) {
    memset(customer, 0, sizeof *customer);
    licensing_open_of(SCENE_FROM, SCENE_UNTIL);
    town_open(&customer->town, engine, registry);
    town_day(&customer->town, SCENE_FROM);
    open_fair(&customer->fair);
    customer->phone = fair_phone(&customer->fair, "phone-1", 4);
    customer->home = fair_home(&customer->fair, "HOME", 4);
    customer->till = scene_add(customer->fair.scene, "till-1", ROLE_TILL, NULL);
    name_party(&customer->phone_party, customer->phone, NULL);
    name_party(&customer->till_party, customer->till, "ID_2000");
    fair_befriend(customer->phone, customer->home);
    scene_introduce(customer->phone, customer->till);
    CU_ASSERT_EQUAL_FATAL(scene_issue(customer->phone, CUSTOMER_PURSE), SW_OK);
}

void customer_close(struct customer *customer) {
    scene_close(customer->fair.scene);
    town_close(&customer->town);
    licensing_close();
}

// ---- offers and orders -------------------------------------------------------------------------

/// Copies the text of a member of an answer.
static void keep_member(const struct told *told, const char *start, char out[CUSTOMER_ID]) {
    const char *at = strstr(told->body, start);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    at += strlen(start);
    snprintf(out, CUSTOMER_ID, "%.*s", (int)strcspn(at, "\""), at);
}

static struct bytes policy_of(uint8_t actions, uint8_t *out, size_t capacity) {
    const uint8_t offer[POLICY_OFFER_SIZE] = {3, 0x92, 0, 0, 0, 0, 0, 0, 3, 0xE8, 0, 3, 0, actions};
    struct object_writer writer;
    struct bytes made = {0};
    object_begin(&writer, OBJECT_POLICY, out, capacity);
    object_put(&writer, FIELD_ENTERPRISE, bytes_of_string("ID_2000"));
    object_put(&writer, FIELD_CONTENT, bytes_of_string(CONTENT));
    object_put(&writer, FIELD_OFFERS, BYTES_OF(offer));
    object_put(&writer, FIELD_SHARES, bytes_of("\0\1\6prov-1", 9));
    CU_ASSERT_FATAL(object_sign(&writer, &licensing.provider.signer, &made));
    return made;
}

void customer_offer(struct customer *customer, const char *number, const char *activator,
                    uint8_t actions) {
    char body[1400], own[40] = "", by[40] = "";
    uint8_t policy[512];
    struct shop *shop = &customer->town.licence;
    CU_ASSERT_EQUAL_FATAL(licensing_hand_over(shop, CONTENT, LICENSING_KEY).status, 200);
    if (number != NULL)
        snprintf(own, sizeof own, ",\"number\":\"%s\"", number);
    if (activator != NULL)
        snprintf(by, sizeof by, ",\"activator\":\"%s\"", activator);
    snprintf(body, sizeof body,
             "{\"enterprise\":\"ID_2000\",\"content\":\"" CONTENT "\",\"unit\":\"JPY\","
             "\"amount\":1000,\"plays\":3,\"sealed\":true,\"actions\":%u%s%s,\"policy\":\"%s\"}",
             actions, own, by, licensing_text(policy_of(actions, policy, sizeof policy)));
    struct told told = licensing_ask(shop, &licensing_seller, "POST", "/v1/rights", body);
    CU_ASSERT_TRUE_FATAL(licensing_says(&told, 200, "\"number\":\""));
    keep_member(&told, "\"number\":\"", customer->number);
}

void customer_asks(struct customer *customer) {
    CU_ASSERT_EQUAL_FATAL(fair_ask(&customer->fair, customer->phone, &customer->request), SW_OK);
}

const char *customer_reception(struct customer *customer) {
    static char text[LICENSING_BODY_MAX / 2];
    strcpy(text, "\"reception\":");
    licensing_envelope(text + strlen(text), fair_bytes(&customer->request), &customer->phone_party,
                       bytes_of(NULL, 0));
    return text;
}

const char *customer_receipt(struct customer *customer) {
    static char text[LICENSING_BODY_MAX / 2];
    strcpy(text, "\"receipt\":");
    licensing_envelope(text + strlen(text), scene_bytes(&customer->payment.receipt),
                       &customer->till_party, scene_bytes(&customer->payment.log));
    return text;
}

struct told customer_orders(struct customer *customer, const char *more) {
    static char body[LICENSING_BODY_MAX];
    char target[80];
    snprintf(target, sizeof target, "/v1/offers/%s/sales", customer->number);
    snprintf(body, sizeof body,
             "{\"unit\":\"JPY\",\"mail\":\"" LICENSING_MAIL "\",\"amount\":1000"
             ",%s%s}",
             customer_reception(customer), more);
    return licensing_ask(&customer->town.licence, &licensing_buyer, "POST", target, body);
}

void customer_kiosk_orders(struct customer *customer, uint8_t reference[17]) {
    char body[200];
    snprintf(body, sizeof body,
             "{\"enterprise\":\"ID_2000\",\"amount\":1000,\"unit\":\"JPY\",\"payer\":\"phone-1\","
             "\"number\":\"%s\"}",
             customer->number);
    struct told told =
        licensing_ask(&customer->town.licence, &licensing_till, "POST", "/v1/orders", body);
    CU_ASSERT_TRUE_FATAL(licensing_says(&told, 200, "\"instance\":\""));
    CU_ASSERT_EQUAL_FATAL(licensing_field(&told, "reference", reference, 17).size, 17);
    keep_member(&told, "\"instance\":\"", customer->instance);
}

struct told customer_kiosk_pays(struct customer *customer, const char *more) {
    static char body[LICENSING_BODY_MAX];
    char target[80];
    snprintf(target, sizeof target, "/v1/orders/%s/payment", customer->instance);
    snprintf(body, sizeof body, "{%s%s}", customer_receipt(customer), more);
    return licensing_ask(&customer->town.licence, &licensing_till, "POST", target, body);
}

void customer_takes(struct customer *customer, const struct told *told) {
    struct fair_ticket *ticket = &customer->ticket;
    struct fair_object delivery;
    struct object header;
    CU_ASSERT_TRUE_FATAL(licensing_says(told, 200, "\"ticket\":\""));
    struct bytes whole = licensing_field(told, "ticket", delivery.octets, TICKET_OBJECT_MAX);
    struct bytes state =
        licensing_field(told, "state", delivery.octets + whole.size, TICKET_OBJECT_MAX);
    delivery.size = whole.size + state.size;
    *ticket = (struct fair_ticket){.sale = {.content = CONTENT}};
    ticket->header.size = whole.size;
    memcpy(ticket->header.octets, whole.data, whole.size);
    CU_ASSERT_TRUE_FATAL(object_decode_as(OBJECT_TICKET_HEADER, whole, &header) &&
                         object_digest(&header, licensing.crypto, ticket->digest));
    memcpy(ticket->name, ticket->digest, TICKET_NAME_SIZE);
    keep_member(told, "\"instance\":\"", customer->instance);
    CU_ASSERT_EQUAL_FATAL(fair_select(customer->phone, NULL), SW_OK);
    CU_ASSERT_EQUAL_FATAL(fair_send(customer->phone, COMMAND_TICKETS_IMPORT, fair_bytes(&delivery)),
                          SW_OK);
}

// ---- paying ------------------------------------------------------------------------------------

uint16_t customer_pays(struct customer *customer, const uint8_t reference[17]) {
    static uint16_t (*const STEPS[])(struct scene_payment *) = {
        scene_step_request, scene_step_debit, scene_step_credit, scene_step_ratify};
    struct scene_payment payment =
        scene_payment(customer->phone, customer->till, CUSTOMER_CHARGE, "x");
    uint16_t sw = scene_select(customer->till, NULL);
    memcpy(payment.terms.reference, reference, 17);
    payment.terms.reference_size = 17;
    for (size_t i = 0; sw == SW_OK && i < sizeof STEPS / sizeof STEPS[0]; i++)
        sw = STEPS[i](&payment);
    if (sw == SW_OK)
        customer->payment = payment;
    return sw;
}

uint16_t customer_makes_docket(struct customer *customer) {
    enum card_interface link = customer->phone->interface;
    customer->phone->interface = CARD_CONTACT;
    uint16_t sw = fair_docket(customer->phone, &customer->ticket, LICENSING_MAIL);
    customer->phone->interface = link;
    return sw;
}

struct told customer_dockets(struct customer *customer, struct shop *to) {
    static char docket[LICENSING_BODY_MAX / 4], header[LICENSING_BODY_MAX / 4],
        body[LICENSING_BODY_MAX];
    CU_ASSERT_EQUAL_FATAL(customer_makes_docket(customer), SW_OK);
    town_envelope(docket, customer->phone->answer, &licensing.purses, &customer->phone_party);
    town_envelope(header, fair_bytes(&customer->ticket.header), &licensing.trade,
                  &licensing.seller);
    snprintf(body, sizeof body, "{\"docket\":%s,\"header\":%s}", docket, header);
    return licensing_ask(to, &licensing_buyer, "POST", "/v1/dockets", body);
}

uint16_t customer_activates(struct customer *customer, const struct told *told) {
    uint8_t octets[512];
    struct bytes answer = licensing_field(told, "object", octets, sizeof octets);
    CU_ASSERT_EQUAL_FATAL(fair_select(customer->phone, NULL), SW_OK);
    return fair_send(customer->phone, COMMAND_TICKETS_ACTIVATE, answer);
}
