// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/tickets/fair.h"

#include "apdu/command/applets/isd_commands.h"
#include "apdu/command/applets/os_commands.h"
#include "tests/kit/documented.h"
#include "tests/kit/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t aid[] = AID_TICKETS;

static void must(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "fair: %s\n", what);
    abort();
}

// ---- commands ----------------------------------------------------------------------------------

uint16_t fair_send_p1(struct scene_card *card, enum tickets_command id, uint8_t p1,
                      struct bytes data) {
    const struct catalogue_command *row = &tickets_commands[id];
    const uint8_t header[5] = {row->cla, row->ins, (uint8_t)(row->p1 | p1), row->p2, 0};
    uint16_t sw = scene_send_row(card, row, (uint16_t)(header[2] << 8 | header[3]), data);
    must(status_is_documented("tickets", BYTES_OF(header), sw), "undocumented status word");
    return sw;
}

uint16_t fair_send(struct scene_card *card, enum tickets_command id, struct bytes data) {
    return fair_send_p1(card, id, 0, data);
}

static struct bytes find_tag(struct bytes in, tlv_tag tag) {
    struct tlv item;
    return tlv_find(in, tag, &item) ? item.value : bytes_of(NULL, 0);
}

uint16_t fair_select(struct scene_card *card, uint8_t challenge[16]) {
    uint16_t sw = scene_send_select(card, BYTES_OF(aid));
    if (sw != SW_OK || challenge == NULL)
        return sw;
    struct bytes own = find_tag(find_tag(card->answer, TICKETS_TAG_FCI), TICKETS_TAG_PROPRIETARY);
    struct bytes given = find_tag(own, field_specs[FIELD_CHALLENGE].tag);
    must(given.size == 16, "SELECT gave no challenge");
    memcpy(challenge, given.data, given.size);
    return sw;
}

uint16_t fair_verify(struct scene_card *card) {
    return fair_send(card, COMMAND_TICKETS_VERIFY, bytes_of_string(FAIR_PIN));
}

static void verified(struct scene_card *card) {
    must(fair_select(card, NULL) == SW_OK && fair_verify(card) == SW_OK, "PIN refused");
}

uint16_t fair_device(struct scene_card *card, uint8_t p1, const char *id) {
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_HOLDER].tag, bytes_of_string(id));
    verified(card);
    return fair_send_p1(card, COMMAND_TICKETS_SET_DEVICE, p1, tlv_writer_bytes(&out));
}

uint16_t fair_forget(struct scene_card *card, enum tickets_forget what, struct bytes data) {
    verified(card);
    return fair_send_p1(card, COMMAND_TICKETS_FORGET, (uint8_t)what, data);
}

uint16_t fair_show(struct scene_card *card, struct bytes certificate) {
    uint16_t sw = fair_select(card, NULL);
    return sw == SW_OK ? fair_send(card, COMMAND_TICKETS_EXCHANGE_CERTIFICATES, certificate) : sw;
}

void fair_meet(struct scene_card *a, struct scene_card *b) {
    must(fair_show(a, b->certificate) == SW_OK && fair_show(b, a->certificate) == SW_OK,
         "two stores do not meet");
}

void fair_befriend(struct scene_card *a, struct scene_card *b) {
    fair_meet(a, b);
    must(fair_device(a, TICKETS_DEVICE_ADD, b->holder) == SW_OK &&
             fair_device(b, TICKETS_DEVICE_ADD, a->holder) == SW_OK,
         "a device is not listed");
}

// ---- cards -------------------------------------------------------------------------------------

/// The seller's certificate again, with an enterprise.
static void name_enterprise(struct sample_party *party, const struct sample_party *issuer) {
    struct certificate fields;
    uint8_t octets[CERTIFICATE_MAX];
    size_t size = 0;
    memcpy(octets, party->octets, party->certificate.size);
    must(certificate_parse(bytes_of(octets, party->certificate.size), &fields) == CERTIFICATE_OK,
         "the seller has no certificate");
    fields.enterprise = bytes_of_string(FAIR_ENTERPRISE);
    must(certificate_make(&fields, &issuer->signer, party->octets, sizeof party->octets, &size) ==
             CERTIFICATE_OK,
         "the seller has no enterprise");
    party->certificate = bytes_of(party->octets, size);
}

struct fair *fair_open(uint64_t seed) {
    struct fair *fair = calloc(1, sizeof *fair);
    must(fair != NULL, "out of memory");
    struct scene *scene = fair->scene = scene_open(seed);
    scene->all_applets = true;
    scene_authority(scene, &fair->trade, "TRADE", ROLE_SELLER | ROLE_TELCO, NULL);
    scene_authority(scene, &fair->apparatus, "APPARATUS", ROLE_PLAYER | ROLE_RECORDER | ROLE_GAME,
                    NULL);
    scene_certify(scene, &fair->seller, "SHOP", ROLE_SELLER, &fair->trade, SCENE_FROM, SCENE_LONG);
    name_enterprise(&fair->seller, &fair->trade);
    scene_certify(scene, &fair->telco, "TELCO", ROLE_TELCO, &fair->trade, SCENE_FROM, SCENE_LONG);
    scene_certify(scene, &fair->player, "PLAYER", ROLE_PLAYER, &fair->apparatus, SCENE_FROM,
                  SCENE_UNTIL);
    scene_certify(scene, &fair->recorder, "RECORDER", ROLE_PLAYER | ROLE_RECORDER, &fair->apparatus,
                  SCENE_FROM, SCENE_UNTIL);
    scene_certify(scene, &fair->game, "GAME", ROLE_PLAYER | ROLE_GAME, &fair->apparatus, SCENE_FROM,
                  SCENE_UNTIL);
    return fair;
}

void fair_close(struct fair *fair) {
    scene_close(fair->scene);
    free(fair);
}

static void store(struct scene_card *card, uint16_t dgi, struct bytes value) {
    if (scene_store_to(card, BYTES_OF(aid), dgi, value) == SW_OK)
        return;
    fprintf(stderr, "fair: data grouping %04X of %s: %04X\n", dgi, card->holder, card->sw);
    abort();
}

static void install(struct scene_card *card, uint16_t slots) {
    uint8_t parameters[TICKETS_INSTALL_SIZED];
    bytes_put_be(parameters, 2, card->roles);
    bytes_put_be(parameters + 2, 2, slots);
    must(scene_install(card, BYTES_OF(aid),
                       bytes_of(parameters, slots == 0 ? TICKETS_INSTALL_SIZE
                                                       : TICKETS_INSTALL_SIZED)) == SW_OK,
         "the store is not installed");
}

static void finish(struct fair *fair, struct scene_card *card) {
    static const uint8_t PIN[] = "\x03" FAIR_PIN, PUK[] = "\x03"
                                                          "12345678";
    const struct sample_party *known[] = {&fair->seller, &fair->telco, &fair->player,
                                          &fair->recorder};
    store(card, PERSO_ISSUING, fair->trade.certificate);
    store(card, PERSO_ISSUING, fair->apparatus.certificate);
    store(card, PERSO_PIN, bytes_of(PIN, sizeof PIN - 1));
    store(card, PERSO_PUK, bytes_of(PUK, sizeof PUK - 1));
    store(card, PERSO_FINISH, bytes_of(NULL, 0));
    card->interface = CARD_CONTACT;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        must(fair_show(card, known[i]->certificate) == SW_OK, "a party is not known");
    card->apdus = 0;
    card->wire = 0;
}

struct scene_card *fair_phone(struct fair *fair, const char *holder, uint16_t slots) {
    static const struct scene_profile PERSON = {.user = "USER1",
                                                .free_reading = true,
                                                .no_pin_single = 1000000,
                                                .no_pin_sum = 1000000000,
                                                .no_pin_count = 60000,
                                                .pin = FAIR_PIN};
    struct scene_card *card = scene_add(fair->scene, holder, ROLE_WALLET | ROLE_STORE, &PERSON);
    card->interface = CARD_INTERNAL;
    install(card, slots);
    finish(fair, card);
    return card;
}

struct scene_card *fair_home(struct fair *fair, const char *holder, uint16_t slots) {
    struct scene *scene = fair->scene;
    uint8_t data[64];
    struct scene_card *card = scene_bare(scene, holder, ROLE_STORE);
    card->interface = CARD_INTERNAL;
    install(card, slots);
    store(card, PERSO_NAME, scene_name_data(card, data));
    store(card, PERSO_GENERATE_KEYS, bytes_of(NULL, 0));
    store(card, PERSO_ROOT, scene->root.certificate);
    store(card, PERSO_ISSUING, scene->purses.certificate);
    store(card, PERSO_ISSUING, scene->centers.certificate);
    scene_read_keys_by(card, BYTES_OF(aid));
    card->certificate = scene_recertify(card, SCENE_FROM, SCENE_LONG, card->certificate_octets);
    store(card, PERSO_CERTIFICATE, card->certificate);
    finish(fair, card);
    return card;
}

// ---- tickets -----------------------------------------------------------------------------------

struct fair_sale fair_three_plays(const char *buyer) {
    return (struct fair_sale){.buyer = buyer,
                              .number = "NO_1",
                              .content = "ID_0001",
                              .counted = true,
                              .plays = 3,
                              .open = true};
}

static void put_text(struct object_writer *writer, enum field field, const char *text) {
    if (text != NULL)
        object_put(writer, field, bytes_of_string(text));
}

static void put_named(struct object_writer *writer, const struct fair_sale *sale) {
    uint8_t rows[68];
    size_t size = 0;
    for (size_t i = 0; i < 3 && sale->named[i] != NULL; i++) {
        rows[size++] = (uint8_t)strlen(sale->named[i]);
        memcpy(rows + size, sale->named[i], strlen(sale->named[i]));
        size += strlen(sale->named[i]);
    }
    if (size > 0)
        object_put(writer, FIELD_NAMED, bytes_of(rows, size));
}

static void put_rights(struct object_writer *writer, const struct fair_sale *sale) {
    const uint8_t actions[2] = {sale->actions, 0};
    if (sale->counted)
        object_put_uint(writer, FIELD_PLAYS, sale->plays);
    if (sale->copies != 0)
        object_put(writer, FIELD_COPIES, bytes_of(&sale->copies, 1));
    if (sale->first_day != 0)
        object_put_date(writer, FIELD_FIRST_DAY, sale->first_day);
    if (sale->last_day != 0)
        object_put_date(writer, FIELD_LAST_DAY, sale->last_day);
    if (sale->actions != 0)
        object_put(writer, FIELD_ACTIONS, BYTES_OF(actions));
    put_named(writer, sale);
    put_text(writer, FIELD_ACTIVATOR, sale->activator);
}

void fair_make(struct fair *fair, const struct fair_sale *sale, struct fair_ticket *ticket) {
    static const uint8_t policy[SHA256_SIZE] = {1};
    struct object_writer writer;
    struct object header;
    struct bytes made;
    uint8_t instance[8];
    bytes_put_be(instance, sizeof instance, ++fair->instances);
    *ticket = (struct fair_ticket){.sale = *sale};
    object_begin(&writer, OBJECT_TICKET_HEADER, ticket->header.octets, TICKET_OBJECT_MAX);
    object_put_uint(&writer, FIELD_AMOUNT, 300);
    object_put_unit(&writer, SCENE_UNIT);
    object_put(&writer, FIELD_POLICY_HASH, BYTES_OF(policy));
    object_put_date(&writer, FIELD_DATE, SCENE_FROM);
    put_text(&writer, FIELD_NUMBER, sale->number);
    object_put(&writer, FIELD_INSTANCE, BYTES_OF(instance));
    put_text(&writer, FIELD_ENTERPRISE,
             sale->enterprise != NULL ? sale->enterprise : FAIR_ENTERPRISE);
    put_text(&writer, FIELD_SELLER, fair->seller.holder);
    put_text(&writer, FIELD_BUYER, sale->buyer);
    put_text(&writer, FIELD_CONTENT, sale->content);
    put_text(&writer, FIELD_KEY_ID, sale->key_id);
    put_rights(&writer, sale);
    must(object_sign(&writer, &fair->seller.signer, &made), "the header is not made");
    ticket->header.size = made.size;
    must(object_decode_as(OBJECT_TICKET_HEADER, made, &header) &&
             object_digest(&header, fair->scene->crypto, ticket->digest),
         "the header is none");
    memcpy(ticket->name, ticket->digest, TICKET_NAME_SIZE);
    ticket->left = ticket_left_of(&header);
    ticket->left.flags |= sale->open ? 0 : LEFT_SEALED;
}

/// Writes the seller's state for a request, whatever the request is.
static void put_state(struct fair *fair, const struct fair_ticket *ticket,
                      const struct object *request, struct fair_object *out) {
    const char *text = ticket->sale.key != NULL ? ticket->sale.key : "hc426D99ro7v";
    enum hpke_algorithm algorithm =
        ticket->sale.algorithm != 0 ? ticket->sale.algorithm : HPKE_AES_128;
    struct object_writer writer;
    struct bytes made, destination = request->fields[FIELD_DESTINATION];
    uint8_t left[TICKET_LEFT_SIZE], wrapped[TICKET_WRAPPED_MAX];
    const uint8_t *point = NULL;
    size_t size = 0;
    for (size_t i = 0; i < fair->scene->count; i++)
        if (bytes_equal(bytes_of_string(fair->scene->cards[i]->holder), destination))
            point = fair->scene->cards[i]->kem_point;
    ticket_left_write(&ticket->left, left);
    const struct ticket_way way = {.header_digest = ticket->digest,
                                   .name = ticket->name,
                                   .source = request->fields[FIELD_SOURCE],
                                   .destination = destination,
                                   .n = (uint32_t)object_uint(request, FIELD_N),
                                   .left = left};
    must(point != NULL && ticket_seal_way(fair->scene->crypto, algorithm, point, &way,
                                          bytes_of_string(text), wrapped, &size),
         "the key is not sealed");
    object_begin(&writer, OBJECT_TICKET_STATE, out->octets + out->size, TICKET_OBJECT_MAX);
    object_copy(&writer, FIELD_N, request);
    object_put(&writer, FIELD_TICKET, BYTES_OF(ticket->name));
    object_copy(&writer, FIELD_SOURCE, request);
    object_copy(&writer, FIELD_DESTINATION, request);
    object_put(&writer, FIELD_LEFT, BYTES_OF(left));
    object_put(&writer, FIELD_WRAPPED_KEY, bytes_of(wrapped, size));
    must(object_sign(&writer, &fair->seller.signer, &made), "the state is not made");
    out->size += made.size;
}

void fair_wrap(struct fair *fair, const struct fair_ticket *ticket,
               const struct fair_object *request, struct fair_object *delivery) {
    struct object decoded;
    must(object_decode_as(OBJECT_RECEPTION_REQUEST, fair_bytes(request), &decoded),
         "no reception request");
    *delivery = ticket->header;
    put_state(fair, ticket, &decoded, delivery);
}

static void keep(const struct scene_card *card, struct fair_object *out) {
    out->size = card->answer.size;
    must(out->size <= sizeof out->octets, "an object is too long");
    if (out->size > 0)
        memcpy(out->octets, card->answer.data, out->size);
}

/// ACCEPT for a source with its challenge; reference: by a seller.
static uint16_t accept(struct scene_card *card, const char *source, const uint8_t challenge[16],
                       bool reference, struct fair_object *request) {
    static const uint8_t sale[17] = {REFERENCE_TICKET, 'S', 'A', 'L', 'E'};
    uint8_t data[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_CHALLENGE].tag, bytes_of(challenge, 16));
    if (reference)
        tlv_put(&out, field_specs[FIELD_REFERENCE].tag, BYTES_OF(sale));
    tlv_put(&out, field_specs[FIELD_SOURCE].tag, bytes_of_string(source));
    if (fair_send(card, COMMAND_TICKETS_ACCEPT, tlv_writer_bytes(&out)) == SW_OK)
        keep(card, request);
    return card->sw;
}

uint16_t fair_ask(struct fair *fair, struct scene_card *buyer, struct fair_object *request) {
    static const uint8_t challenge[16] = {0x5E};
    must(fair_select(buyer, NULL) == SW_OK, "SELECT refused");
    return accept(buyer, fair->seller.holder, challenge, true, request);
}

uint16_t fair_deliver(struct fair *fair, struct scene_card *buyer,
                      const struct fair_ticket *ticket) {
    struct fair_object request, delivery;
    uint16_t sw = fair_ask(fair, buyer, &request);
    if (sw != SW_OK)
        return sw;
    fair_wrap(fair, ticket, &request, &delivery);
    return fair_send(buyer, COMMAND_TICKETS_IMPORT, fair_bytes(&delivery));
}

void fair_sell(struct fair *fair, struct scene_card *buyer, const struct fair_sale *sale,
               struct fair_ticket *ticket) {
    fair_make(fair, sale, ticket);
    must(fair_deliver(fair, buyer, ticket) == SW_OK, "a delivery is refused");
}

// ---- moves -------------------------------------------------------------------------------------

struct fair_move fair_move(struct scene_card *from, struct scene_card *to,
                           const struct fair_ticket *ticket) {
    return (struct fair_move){.from = from, .to = to, .name = ticket->name};
}

uint16_t fair_step_accept(struct fair_move *move) {
    struct object request;
    must(fair_select(move->from, move->challenge) == SW_OK && fair_select(move->to, NULL) == SW_OK,
         "SELECT refused");
    uint16_t sw = accept(move->to, move->from->holder, move->challenge, false, &move->request);
    if (sw == SW_OK && object_decode(fair_bytes(&move->request), &request))
        move->n = (uint32_t)object_uint(&request, FIELD_N);
    return sw;
}

uint16_t fair_step_surrender(struct fair_move *move) {
    uint8_t data[256];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_raw(&out, fair_bytes(&move->request));
    tlv_put(&out, field_specs[FIELD_TICKET].tag, bytes_of(move->name, TICKET_NAME_SIZE));
    if (fair_send(move->from, COMMAND_TICKETS_SURRENDER, tlv_writer_bytes(&out)) == SW_OK)
        keep(move->from, &move->move);
    return move->from->sw;
}

uint16_t fair_step_import(struct fair_move *move) {
    if (fair_send(move->to, COMMAND_TICKETS_IMPORT, fair_bytes(&move->move)) == SW_OK)
        keep(move->to, &move->end);
    return move->to->sw;
}

uint16_t fair_step_complete(struct fair_move *move) {
    return fair_send(move->from, COMMAND_TICKETS_COMPLETE, fair_bytes(&move->end));
}

uint16_t fair_step_cancel(struct fair_move *move) {
    uint8_t data[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_uint(&out, field_specs[FIELD_N].tag, move->n);
    tlv_put(&out, field_specs[FIELD_SOURCE].tag, bytes_of_string(move->from->holder));
    if (fair_send(move->to, COMMAND_TICKETS_CANCEL, tlv_writer_bytes(&out)) == SW_OK)
        keep(move->to, &move->end);
    return move->to->sw;
}

uint16_t fair_step_take_cancel(struct fair_move *move) {
    return fair_send(move->from, COMMAND_TICKETS_TAKE_CANCEL, fair_bytes(&move->end));
}

uint16_t fair_transfer(struct scene_card *from, struct scene_card *to,
                       const struct fair_ticket *ticket) {
    static uint16_t (*const STEPS[])(struct fair_move *) = {fair_step_accept, fair_step_surrender,
                                                            fair_step_import, fair_step_complete};
    struct fair_move move = fair_move(from, to, ticket);
    uint16_t sw = SW_OK;
    for (size_t i = 0; sw == SW_OK && i < sizeof STEPS / sizeof STEPS[0]; i++)
        sw = STEPS[i](&move);
    return sw;
}

// ---- looking inside ----------------------------------------------------------------------------

bool fair_left(struct scene_card *card, const uint8_t name[TICKET_NAME_SIZE],
               struct ticket_left *left) {
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    struct object header;
    tlv_put(&out, field_specs[FIELD_TICKET].tag, bytes_of(name, TICKET_NAME_SIZE));
    must(fair_select(card, NULL) == SW_OK, "SELECT refused");
    if (fair_send(card, COMMAND_TICKETS_READ, tlv_writer_bytes(&out)) != SW_OK)
        return false;
    must(object_decode(card->answer, &header), "READ gave no header");
    struct bytes value = find_tag(
        bytes_of(card->answer.data + header.whole.size, card->answer.size - header.whole.size),
        field_specs[FIELD_LEFT].tag);
    must(value.size == TICKET_LEFT_SIZE, "READ does not tell what is left");
    *left = ticket_left_read(value.data);
    return true;
}

size_t fair_count(struct scene_card *card) {
    size_t count = 0;
    uint32_t from = 0;
    must(fair_select(card, NULL) == SW_OK, "SELECT refused");
    for (;;) {
        must(scene_send_row(card, &tickets_commands[COMMAND_TICKETS_LIST], (uint16_t)from,
                            bytes_of(NULL, 0)) == SW_OK,
             "LIST refused");
        struct bytes rest = card->answer;
        struct tlv row;
        if (rest.size == 0)
            return count;
        while (tlv_next_strict(&rest, &row)) {
            from = fair_number(row.value, TICKETS_TAG_SLOT) + 1;
            count++;
        }
    }
}

uint32_t fair_number(struct bytes data, tlv_tag tag) {
    struct bytes value = find_tag(data, tag);
    return value.size == 0 || value.size > 4 ? 0 : (uint32_t)bytes_get_be(value.data, value.size);
}

uint32_t fair_number_of(const struct fair_object *object) {
    struct object decoded;
    must(object_decode(fair_bytes(object), &decoded), "no object");
    return (uint32_t)object_uint(&decoded, FIELD_N);
}
