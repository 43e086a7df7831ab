// SPDX-License-Identifier: Apache-2.0
#include "tests/world.h"

#include "apdu/perso_card.h"
#include "card/applets/once.h"
#include "card/applets/purse/pocket.h"
#include "card/applets/purse/window.h"
#include "card/os/context.h"
#include "personalization/gp_session.h"
#include "readers/emu.h"
#include "tests/documented.h"
#include "tests/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "world: %s\n", what);
    abort();
}

static void *take(size_t size) {
    void *memory = calloc(1, size);
    must(memory != NULL, "out of memory");
    return memory;
}

// ---- authority ---------------------------------------------------------------------------------

static void certify(struct sample_party *party, const struct sample_party *issuer,
                    const uint8_t *signing, const uint8_t *kem, uint32_t from, uint32_t until) {
    size_t size = 0;
    struct certificate fields = sample_fields(party, issuer);
    fields.from = from;
    fields.until = until;
    fields.signing_point = signing;
    fields.kem_point = kem;
    must(certificate_make(&fields, &issuer->signer, party->octets, sizeof party->octets, &size) ==
             CERTIFICATE_OK,
         "certificate not made");
    party->certificate = bytes_of(party->octets, size);
}

void world_certify(struct world *world, struct sample_party *party, const char *holder,
                   uint16_t roles, const struct sample_party *issuer, uint32_t from,
                   uint32_t until) {
    sample_signer(world->crypto, &party->signer, &party->scalar);
    snprintf(party->holder, sizeof party->holder, "%s", holder);
    party->roles = roles;
    party->enterprise = "";
    certify(party, issuer, party->signer.point, NULL, from, until);
}

struct world *world_open(uint64_t seed) {
    enum { ALL = ROLE_ENTITIES };
    struct world *world = take(sizeof *world);
    world->crypto = crypto_openssl_new_seeded(seed);
    must(world->crypto != NULL, "no crypto");
    world->serial = 1000;
    world_certify(world, &world->root, "ROOT", ROLE_ROOT | ALL, &world->root, WORLD_FROM,
                  WORLD_LONG);
    world_certify(world, &world->purses, "PURSES", ROLE_ISSUING | ROLE_PURSES | ROLE_STORE,
                  &world->root, WORLD_FROM, WORLD_LONG);
    world_certify(world, &world->centers, "CENTERS", ROLE_ISSUING | ROLE_CENTER, &world->root,
                  WORLD_FROM, WORLD_LONG);
    world_certify(world, &world->center, "CENTER1", ROLE_CENTER, &world->centers, WORLD_FROM,
                  WORLD_LONG);
    return world;
}

void world_reseed(struct world *world, uint64_t seed) {
    must(crypto_openssl_reseed(world->crypto, seed), "no random source");
}

void world_close(struct world *world) {
    for (size_t i = 0; i < world->count; i++) {
        card_power_off(world->cards[i]->card);
        free(world->cards[i]->card);
        free(world->cards[i]->image);
        free(world->cards[i]);
    }
    crypto_openssl_free(world->crypto);
    free(world);
}

// ---- commands ----------------------------------------------------------------------------------

uint16_t world_raw(struct world_card *card, struct bytes command) {
    size_t size =
        card_transmit(card->card, card->interface, command, card->octets, sizeof card->octets);
    must(size >= 2, "no status word");
    card->apdus++;
    card->wire += command.size + size;
    card->answer = bytes_of(card->octets, size - 2);
    card->sw = (uint16_t)bytes_get_be(card->octets + size - 2, 2);
    must(card->world->all_applets || status_is_documented("purse", command, card->sw),
         "undocumented status word");
    if (card->world->on_answer != NULL)
        card->world->on_answer(card->world, card, command);
    return card->sw;
}

static bool expects_answer(const struct catalogue_command *row, bool with_data) {
    return (row->cases & (with_data ? CASE_4 : CASE_2)) != 0;
}

static uint16_t send_piece(struct world_card *card, struct apdu_command command) {
    uint8_t wire[APDU_SHORT_COMMAND_MAX];
    size_t size = apdu_command_encode(&command, wire, sizeof wire);
    must(size > 0, "command not encoded");
    return world_raw(card, bytes_of(wire, size));
}

/// Fetches what waits behind 61xx and joins it in card->octets.
static void fetch_rest(struct world_card *card) {
    uint8_t joined[CARD_ANSWER_MAX];
    size_t size = 0;
    for (;;) {
        must(size + card->answer.size <= sizeof joined, "answer too long");
        if (card->answer.size > 0)
            memcpy(joined + size, card->answer.data, card->answer.size);
        size += card->answer.size;
        if (card->sw >> 8 != 0x61)
            break;
        send_piece(card, (struct apdu_command){.ins = 0xC0, .le = APDU_SHORT_LE_MAX});
    }
    memcpy(card->octets, joined, size);
    card->answer = bytes_of(card->octets, size);
}

uint16_t world_send_p1p2(struct world_card *card, enum command_id id, uint16_t p1p2,
                         struct bytes data) {
    const struct catalogue_command *row = &catalogue[id];
    struct apdu_command command = {
        .cla = row->cla, .ins = row->ins, .p1 = (uint8_t)(p1p2 >> 8), .p2 = (uint8_t)p1p2};
    while (data.size > APDU_SHORT_LC_MAX) {
        command.data = bytes_of(data.data, APDU_SHORT_LC_MAX);
        data = bytes_of(data.data + APDU_SHORT_LC_MAX, data.size - APDU_SHORT_LC_MAX);
        command.cla = row->cla | APDU_CLA_CHAINING;
        if (send_piece(card, command) != SW_OK)
            return card->sw;
    }
    command.cla = row->cla;
    command.data = data;
    command.le = expects_answer(row, data.size > 0) ? APDU_SHORT_LE_MAX : 0;
    send_piece(card, command);
    fetch_rest(card);
    return card->sw;
}

uint16_t world_send(struct world_card *card, enum command_id id, struct bytes data) {
    const struct catalogue_command *row = &catalogue[id];
    return world_send_p1p2(card, id, (uint16_t)(row->p1 << 8 | row->p2), data);
}

void world_reset(struct world_card *card) {
    card_reset(card->card);
}

void world_power(struct world_card *card) {
    card_power_off(card->card);
    memory_port_power(&card->port);
    must(card_power_on(card->card, &card->ports) == CARD_OK, "card does not start");
}

static struct bytes find_tag(struct bytes in, tlv_tag tag) {
    struct tlv item;
    return tlv_find(in, tag, &item) ? item.value : bytes_of(NULL, 0);
}

uint16_t world_select(struct world_card *card, struct world_selected *selected) {
    static const uint8_t aid[] = AID_PURSE;
    if (world_send(card, COMMAND_SELECT, BYTES_OF(aid)) != SW_OK || selected == NULL)
        return card->sw;
    struct bytes own = find_tag(find_tag(card->answer, PURSE_TAG_FCI), PURSE_TAG_PROPRIETARY);
    struct bytes challenge = find_tag(own, 0x85), counter = find_tag(own, 0x84);
    struct bytes unratified = find_tag(own, PURSE_TAG_UNRATIFIED);
    must(challenge.size == sizeof selected->challenge, "SELECT gave no challenge");
    memcpy(selected->challenge, challenge.data, challenge.size);
    selected->counter = (uint32_t)bytes_get_be(counter.data, counter.size);
    selected->unratified = (uint16_t)bytes_get_be(unratified.data, unratified.size);
    return SW_OK;
}

void world_introduce(struct world_card *a, struct world_card *b) {
    must(world_select(a, NULL) == SW_OK && world_select(b, NULL) == SW_OK, "SELECT refused");
    world_send(a, COMMAND_PURSE_EXCHANGE_CERTIFICATES, b->certificate);
    world_send(b, COMMAND_PURSE_EXCHANGE_CERTIFICATES, a->certificate);
}

void world_show_center(struct world_card *card) {
    world_select(card, NULL);
    world_send(card, COMMAND_PURSE_EXCHANGE_CERTIFICATES, card->world->center.certificate);
}

// ---- factory bench -----------------------------------------------------------------------------

static const struct world_profile WORLD_GENEROUS = {
    .free_reading = true,
    .no_pin_single = 1000000,
    .no_pin_sum = 1000000000,
    .no_pin_count = 60000,
    .offline_count = 100000,
    .offline_sum = 1000000000000,
    .pin = "1234",
};

uint16_t world_store(struct world_card *card, uint16_t dgi, struct bytes value) {
    static const uint8_t aid[] = AID_PURSE;
    const uint8_t empty[2] = {0, 0}, size = sizeof aid, none[3] = {0, 0, 0};
    uint8_t install[32], block[1024];
    struct tlv_writer out = tlv_writer_over(install, sizeof install);
    must(value.size + 5 < sizeof block, "data grouping too long");
    bytes_put_be(block, 2, dgi);
    block[2] = 0xFF;
    bytes_put_be(block + 3, 2, value.size);
    if (value.size > 0)
        memcpy(block + 5, value.data, value.size);
    // a sequence of its own for each
    tlv_put_raw(&out, BYTES_OF(empty));
    tlv_put_raw(&out, bytes_of(&size, 1));
    tlv_put_raw(&out, BYTES_OF(aid));
    tlv_put_raw(&out, BYTES_OF(none));
    must(world_send(card, COMMAND_SELECT, bytes_of(NULL, 0)) == SW_OK, "no security domain");
    must(world_send_p1p2(card, COMMAND_ISD_INSTALL, INSTALL_FOR_PERSONALIZATION << 8,
                         tlv_writer_bytes(&out)) == SW_OK,
         "INSTALL for personalization refused");
    return world_send_p1p2(card, COMMAND_ISD_STORE_DATA,
                           (uint16_t)((STORE_DATA_LAST | STORE_DATA_DGI) << 8),
                           bytes_of(block, 5 + value.size));
}

static void store(struct world_card *card, uint16_t dgi, struct bytes value) {
    if (world_store(card, dgi, value) == SW_OK)
        return;
    fprintf(stderr, "world: data grouping %04X of %s: %s\n", dgi, card->holder,
            status_text(card->sw));
    abort();
}

static uint16_t install(struct world_card *card) {
    static const uint8_t aid[] = AID_PURSE;
    uint8_t data[64], roles[2];
    const uint8_t size = sizeof aid, zero = 0, parameters[2] = {4, 0xC9}, two = 2;
    const uint8_t privileges[2] = {1, 0};
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    bytes_put_be(roles, sizeof roles, card->roles);
    tlv_put_raw(&out, bytes_of(&zero, 1));
    tlv_put_raw(&out, bytes_of(&size, 1));
    tlv_put_raw(&out, BYTES_OF(aid));
    tlv_put_raw(&out, bytes_of(&size, 1));
    tlv_put_raw(&out, BYTES_OF(aid));
    tlv_put_raw(&out, BYTES_OF(privileges));
    tlv_put_raw(&out, BYTES_OF(parameters));
    tlv_put_raw(&out, bytes_of(&two, 1));
    tlv_put_raw(&out, BYTES_OF(roles));
    tlv_put_raw(&out, bytes_of(&zero, 1));
    return world_send_p1p2(card, COMMAND_ISD_INSTALL, INSTALL_AND_MAKE_SELECTABLE << 8,
                           tlv_writer_bytes(&out));
}

static void put_limit(struct tlv_writer *out, enum field field, uint64_t limit) {
    if (limit != 0)
        tlv_put_uint(out, field_specs[field].tag, limit);
}

static void put_string(struct tlv_writer *out, enum field field, const char *text) {
    if (text != NULL)
        tlv_put(out, field_specs[field].tag, bytes_of_string(text));
}

struct bytes world_profile_data(const struct world_card *card, const struct world_profile *profile,
                                uint8_t data[256]) {
    uint8_t units[4];
    const uint8_t options = PURSE_FREE_READING;
    struct tlv_writer out = tlv_writer_over(data, 256);
    bytes_put_be(units, 2, WORLD_UNIT);
    bytes_put_be(units + 2, 2, WORLD_POINTS);
    put_string(&out, FIELD_HOLDER, card->holder);
    put_string(&out, FIELD_DEVICE, profile->device);
    put_string(&out, FIELD_USER, profile->user);
    tlv_put_uint(&out, field_specs[FIELD_ASSURANCE].tag, ASSURANCE_EMULATED);
    if (profile->free_reading)
        tlv_put(&out, PURSE_TAG_OPTIONS, bytes_of(&options, 1));
    tlv_put(&out, PERSO_TAG_UNITS, bytes_of(units, profile->no_second_unit ? 2 : 4));
    put_limit(&out, FIELD_LIMIT_BALANCE, profile->balance);
    put_limit(&out, FIELD_LIMIT_SINGLE, profile->single);
    put_limit(&out, FIELD_NO_PIN_SINGLE, profile->no_pin_single);
    put_limit(&out, FIELD_NO_PIN_SUM, profile->no_pin_sum);
    put_limit(&out, FIELD_NO_PIN_COUNT, profile->no_pin_count);
    put_limit(&out, FIELD_OFFLINE_COUNT, profile->offline_count);
    put_limit(&out, FIELD_OFFLINE_SUM, profile->offline_sum);
    return tlv_writer_bytes(&out);
}

static void store_counters(struct world_card *card, const struct world_profile *profile) {
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    put_limit(&out, FIELD_COUNTER, profile->first_counter);
    put_limit(&out, FIELD_N, profile->first_n);
    put_limit(&out, FIELD_STATE_NUMBER, profile->first_state);
    if (out.size > 0)
        store(card, PERSO_COUNTERS, tlv_writer_bytes(&out));
}

static void store_pin(struct world_card *card, const char *pin, uint16_t dgi) {
    uint8_t data[1 + 12] = {3};
    size_t size = strlen(pin);
    memcpy(data + 1, pin, size);
    store(card, dgi, bytes_of(data, 1 + size));
}

/// Reads the card's certificate request, which must verify with the key that it shows.
void world_read_keys(struct world_card *card) {
    static const uint8_t aid[] = AID_PURSE;
    struct object request;
    struct gp_session session;
    struct link *link = emu_link_over(card->card, &card->ports, CARD_INTERNAL, NULL);
    must(link != NULL && gp_open(&session, link, card->world->crypto, bytes_of(NULL, 0), 0, 0x33,
                                 gp_published_keys, NULL) == GP_OK,
         "no channel before personalization");
    must(gp_aim(&session, BYTES_OF(aid)) == GP_OK && gp_ask(&session, PERSO_REQUEST) == GP_OK,
         "no certificate request");
    link_close(link);
    must(object_decode_as(OBJECT_CERTIFICATE_REQUEST, bytes_of(session.answer, session.answer_size),
                          &request),
         "certificate request malformed");
    memcpy(card->signing_point, request.fields[FIELD_SIGNING_KEY].data, P256_COMPRESSED_SIZE);
    memcpy(card->kem_point, request.fields[FIELD_KEM_KEY].data, P256_COMPRESSED_SIZE);
    must(object_verify(&request, card->world->crypto, card->signing_point),
         "certificate request not signed by its own key");
}

struct bytes world_recertify(struct world_card *card, uint32_t from, uint32_t until, uint8_t *out) {
    struct sample_party party = {.roles = card->roles};
    snprintf(party.holder, sizeof party.holder, "%s", card->holder);
    certify(&party, &card->world->purses, card->signing_point, card->kem_point, from, until);
    memcpy(out, party.octets, party.certificate.size);
    return bytes_of(out, party.certificate.size);
}

static void personalize(struct world_card *card, const struct world_profile *profile) {
    struct world *world = card->world;
    bool short_lived = (card->roles & ROLE_WALLET) == 0;
    uint32_t until = profile->until != 0 ? profile->until : short_lived ? WORLD_UNTIL : WORLD_LONG;
    uint8_t data[256];
    store(card, PERSO_PROFILE, world_profile_data(card, profile, data));
    store_counters(card, profile);
    store(card, PERSO_GENERATE_KEYS, bytes_of(NULL, 0));
    store(card, PERSO_ROOT, world->root.certificate);
    store(card, PERSO_ISSUING, world->purses.certificate);
    store(card, PERSO_ISSUING, world->centers.certificate);
    if (profile->pin != NULL) {
        store_pin(card, profile->pin, PERSO_PIN);
        store_pin(card, "12345678", PERSO_PUK);
    }
    world_read_keys(card);
    card->certificate = world_recertify(card, WORLD_FROM, until, card->certificate_octets);
    store(card, PERSO_CERTIFICATE, card->certificate);
    store(card, PERSO_CLOSE, bytes_of(NULL, 0));
}

struct world_card *world_bare(struct world *world, const char *holder, uint16_t roles) {
    uint8_t serial[8] = {0};
    struct world_card *card = take(sizeof *card);
    must(world->count < WORLD_CARDS_MAX, "too many cards");
    world->cards[world->count++] = card;
    serial[7] = (uint8_t)world->count;
    card->world = world;
    snprintf(card->holder, sizeof card->holder, "%s", holder);
    card->roles = roles;
    card->size = (roles & ROLE_WALLET) != 0 ? NVM_IMAGE_SIZE : NVM_IMAGE_SIZE_LARGE;
    card->image = take(card->size);
    card->card = take(card_context_size());
    memory_port_open(&card->port, card->image, card->size);
    card->ports = (struct card_ports){.nvm = &card->port.nvm, .crypto = world->crypto};
    must(card_format(&card->ports, serial) == CARD_OK, "card not formatted");
    if (world->on_add != NULL)
        world->on_add(world, card);
    must(card_power_on(card->card, &card->ports) == CARD_OK, "card does not start");
    return card;
}

struct world_card *world_blank(struct world *world, const char *holder, uint16_t roles) {
    struct world_card *card = world_bare(world, holder, roles);
    card->interface = CARD_INTERNAL;
    install(card);
    return card;
}

struct world_card *world_add(struct world *world, const char *holder, uint16_t roles,
                             const struct world_profile *profile) {
    struct world_card *card = world_blank(world, holder, roles);
    must(card->sw == SW_OK, "INSTALL refused");
    personalize(card, profile != NULL ? profile : &WORLD_GENEROUS);
    card->interface = CARD_CONTACT;
    card->apdus = 0;
    card->wire = 0;
    return card;
}
