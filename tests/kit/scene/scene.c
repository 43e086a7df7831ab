// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/scene/scene.h"

#include "apdu/command/applets/isd_commands.h"
#include "apdu/command/applets/os_commands.h"
#include "apdu/command/perso_card.h"
#include "card/applets.h"
#include "card/applets/once.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/window.h"
#include "card/os/context.h"
#include "personalization/channel/gp_session.h"
#include "readers/link/emu.h"
#include "tests/kit/documented.h"
#include "tests/kit/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "scene: %s\n", what);
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
    if (fields.made != 0)
        fields.made = from;
    fields.signing_point = signing;
    fields.kem_point = kem;
    must(certificate_make(&fields, &issuer->signer, party->octets, sizeof party->octets, &size) ==
             CERTIFICATE_OK,
         "certificate not made");
    party->certificate = bytes_of(party->octets, size);
}

void scene_certify(struct scene *scene, struct sample_party *party, const char *holder,
                   uint16_t roles, const struct sample_party *issuer, uint32_t from,
                   uint32_t until) {
    sample_signer(scene->crypto, &party->signer, &party->scalar);
    snprintf(party->holder, sizeof party->holder, "%s", holder);
    party->roles = roles;
    party->enterprise = "";
    party->space = NULL;
    certify(party, issuer, party->signer.point, NULL, from, until);
}

void scene_authority(struct scene *scene, struct sample_party *party, const char *holder,
                     uint16_t roles, const char *space) {
    sample_signer(scene->crypto, &party->signer, &party->scalar);
    snprintf(party->holder, sizeof party->holder, "%s", holder);
    party->roles = ROLE_ISSUING | roles;
    party->enterprise = "";
    party->space = space;
    certify(party, &scene->root, party->signer.point, NULL, SCENE_FROM, SCENE_LONG);
}

struct scene *scene_open(uint64_t seed) {
    enum { ALL = ROLE_ENTITIES };
    struct scene *scene = take(sizeof *scene);
    scene->crypto = crypto_openssl_new_seeded(seed);
    must(scene->crypto != NULL, "no crypto");
    scene->serial = 1000;
    scene_certify(scene, &scene->root, "ROOT", ROLE_ROOT | ALL, &scene->root, SCENE_FROM,
                  SCENE_LONG);
    scene_certify(scene, &scene->purses, "PURSES", ROLE_ISSUING | ROLE_PURSES | ROLE_STORE,
                  &scene->root, SCENE_FROM, SCENE_LONG);
    scene_certify(scene, &scene->centers, "CENTERS", ROLE_ISSUING | ROLE_CENTER, &scene->root,
                  SCENE_FROM, SCENE_LONG);
    scene_certify(scene, &scene->center, "CENTER1", ROLE_CENTER, &scene->centers, SCENE_FROM,
                  SCENE_LONG);
    return scene;
}

void scene_reseed(struct scene *scene, uint64_t seed) {
    must(crypto_openssl_reseed(scene->crypto, seed), "no random source");
}

void scene_close(struct scene *scene) {
    for (size_t i = 0; i < scene->count; i++) {
        card_power_off(scene->cards[i]->card);
        free(scene->cards[i]->card);
        free(scene->cards[i]->image);
        free(scene->cards[i]);
    }
    crypto_openssl_free(scene->crypto);
    free(scene);
}

// ---- commands ----------------------------------------------------------------------------------

uint16_t scene_raw(struct scene_card *card, struct bytes command) {
    size_t size =
        card_transmit(card->card, card->interface, command, card->octets, sizeof card->octets);
    must(size >= 2, "no status word");
    card->apdus++;
    card->wire += command.size + size;
    card->answer = bytes_of(card->octets, size - 2);
    card->sw = (uint16_t)bytes_get_be(card->octets + size - 2, 2);
    must(card->scene->all_applets || status_is_documented("purse", command, card->sw),
         "undocumented status word");
    if (card->scene->on_answer != NULL)
        card->scene->on_answer(card->scene, card, command);
    return card->sw;
}

static bool expects_answer(const struct catalogue_command *row, bool with_data) {
    return (row->cases & (with_data ? CASE_4 : CASE_2)) != 0;
}

static uint16_t send_piece(struct scene_card *card, struct apdu_command command) {
    uint8_t wire[APDU_SHORT_COMMAND_MAX];
    size_t size = apdu_command_encode(&command, wire, sizeof wire);
    must(size > 0, "command not encoded");
    return scene_raw(card, bytes_of(wire, size));
}

/// Fetches what waits behind 61xx and joins it in card->octets.
static void fetch_rest(struct scene_card *card) {
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

uint16_t scene_send_row(struct scene_card *card, const struct catalogue_command *row, uint16_t p1p2,
                        struct bytes data) {
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

uint16_t scene_send_p1p2(struct scene_card *card, enum purse_command id, uint16_t p1p2,
                         struct bytes data) {
    return scene_send_row(card, &purse_commands[id], p1p2, data);
}

uint16_t scene_send(struct scene_card *card, enum purse_command id, struct bytes data) {
    const struct catalogue_command *row = &purse_commands[id];
    return scene_send_row(card, row, (uint16_t)(row->p1 << 8 | row->p2), data);
}

uint16_t scene_send_select(struct scene_card *card, struct bytes aid) {
    return scene_send_row(card, &os_commands[COMMAND_SELECT], 0x0400, aid);
}

void scene_reset(struct scene_card *card) {
    card_reset(card->card);
}

void scene_power(struct scene_card *card) {
    card_power_off(card->card);
    memory_port_power(&card->port);
    must(card_power_on(card->card, &card->ports) == CARD_OK, "card does not start");
}

static struct bytes find_tag(struct bytes in, tlv_tag tag) {
    struct tlv item;
    return tlv_find(in, tag, &item) ? item.value : bytes_of(NULL, 0);
}

uint16_t scene_select(struct scene_card *card, struct scene_selected *selected) {
    static const uint8_t aid[] = AID_PURSE;
    if (scene_send_select(card, BYTES_OF(aid)) != SW_OK || selected == NULL)
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

void scene_introduce(struct scene_card *a, struct scene_card *b) {
    must(scene_select(a, NULL) == SW_OK && scene_select(b, NULL) == SW_OK, "SELECT refused");
    scene_send(a, COMMAND_PURSE_EXCHANGE_CERTIFICATES, b->certificate);
    scene_send(b, COMMAND_PURSE_EXCHANGE_CERTIFICATES, a->certificate);
}

void scene_show_center(struct scene_card *card) {
    scene_select(card, NULL);
    scene_send(card, COMMAND_PURSE_EXCHANGE_CERTIFICATES, card->scene->center.certificate);
}

// ---- factory -----------------------------------------------------------------------------

static const struct scene_profile SCENE_GENEROUS = {
    .free_reading = true,
    .no_pin_single = 1000000,
    .no_pin_sum = 1000000000,
    .no_pin_count = 60000,
    .offline_count = 100000,
    .offline_sum = 1000000000000,
    .pin = "1234",
};

uint16_t scene_store_to(struct scene_card *card, struct bytes aid, uint16_t dgi,
                        struct bytes value) {
    const uint8_t empty[2] = {0, 0}, size = (uint8_t)aid.size, none[3] = {0, 0, 0};
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
    tlv_put_raw(&out, aid);
    tlv_put_raw(&out, BYTES_OF(none));
    must(scene_send_select(card, bytes_of(NULL, 0)) == SW_OK, "no security domain");
    must(scene_send_row(card, &isd_commands[COMMAND_ISD_INSTALL], INSTALL_FOR_PERSONALIZATION << 8,
                        tlv_writer_bytes(&out)) == SW_OK,
         "INSTALL for personalization refused");
    return scene_send_row(card, &isd_commands[COMMAND_ISD_STORE_DATA],
                          (uint16_t)((STORE_DATA_LAST | STORE_DATA_DGI) << 8),
                          bytes_of(block, 5 + value.size));
}

uint16_t scene_store(struct scene_card *card, uint16_t dgi, struct bytes value) {
    static const uint8_t aid[] = AID_PURSE;
    return scene_store_to(card, BYTES_OF(aid), dgi, value);
}

static void store(struct scene_card *card, uint16_t dgi, struct bytes value) {
    if (scene_store(card, dgi, value) == SW_OK)
        return;
    fprintf(stderr, "scene: data grouping %04X of %s: %s\n", dgi, card->holder,
            status_text(card->sw));
    abort();
}

uint16_t scene_install(struct scene_card *card, struct bytes aid, struct bytes parameters) {
    uint8_t data[64];
    const uint8_t size = (uint8_t)aid.size, zero = 0, privileges[2] = {1, 0};
    const uint8_t lengths[2] = {(uint8_t)(parameters.size + 2), 0xC9};
    const uint8_t length = (uint8_t)parameters.size;
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_raw(&out, bytes_of(&zero, 1));
    tlv_put_raw(&out, bytes_of(&size, 1));
    tlv_put_raw(&out, aid);
    tlv_put_raw(&out, bytes_of(&size, 1));
    tlv_put_raw(&out, aid);
    tlv_put_raw(&out, BYTES_OF(privileges));
    tlv_put_raw(&out, BYTES_OF(lengths));
    tlv_put_raw(&out, bytes_of(&length, 1));
    tlv_put_raw(&out, parameters);
    tlv_put_raw(&out, bytes_of(&zero, 1));
    return scene_send_row(card, &isd_commands[COMMAND_ISD_INSTALL],
                          INSTALL_AND_MAKE_SELECTABLE << 8, tlv_writer_bytes(&out));
}

static uint16_t install(struct scene_card *card) {
    static const uint8_t aid[] = AID_PURSE;
    uint8_t roles[2];
    bytes_put_be(roles, sizeof roles, card->roles);
    return scene_install(card, BYTES_OF(aid), BYTES_OF(roles));
}

static void put_limit(struct tlv_writer *out, enum field field, uint64_t limit) {
    if (limit != 0)
        tlv_put_uint(out, field_specs[field].tag, limit);
}

static void put_string(struct tlv_writer *out, enum field field, const char *text) {
    if (text != NULL)
        tlv_put(out, field_specs[field].tag, bytes_of_string(text));
}

struct bytes scene_name_data(const struct scene_card *card, uint8_t data[64]) {
    struct tlv_writer out = tlv_writer_over(data, 64);
    put_string(&out, FIELD_CENTER, card->scene->center.holder);
    put_string(&out, FIELD_HOLDER, card->holder);
    tlv_put_uint(&out, field_specs[FIELD_ASSURANCE].tag, ASSURANCE_EMULATED);
    return tlv_writer_bytes(&out);
}

struct bytes scene_profile_data(const struct scene_profile *profile, uint8_t data[256]) {
    uint8_t units[4];
    const uint8_t options = PURSE_FREE_READING;
    struct tlv_writer out = tlv_writer_over(data, 256);
    bytes_put_be(units, 2, SCENE_UNIT);
    bytes_put_be(units + 2, 2, SCENE_POINTS);
    put_string(&out, FIELD_DEVICE, profile->device);
    put_string(&out, FIELD_USER, profile->user);
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

static void store_counters(struct scene_card *card, const struct scene_profile *profile) {
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    put_limit(&out, FIELD_COUNTER, profile->first_counter);
    put_limit(&out, FIELD_N, profile->first_n);
    put_limit(&out, FIELD_STATE_NUMBER, profile->first_state);
    if (out.size > 0)
        store(card, PERSO_COUNTERS, tlv_writer_bytes(&out));
}

static void store_pin(struct scene_card *card, const char *pin, uint16_t dgi) {
    uint8_t data[1 + 12] = {3};
    size_t size = strlen(pin);
    memcpy(data + 1, pin, size);
    store(card, dgi, bytes_of(data, 1 + size));
}

/// Reads the card's certificate request, which must verify with the key that it shows.
void scene_read_keys_by(struct scene_card *card, struct bytes aid) {
    struct object request;
    struct gp_session session;
    struct link *link = emu_link_over(card->card, &card->ports, CARD_INTERNAL, NULL);
    must(link != NULL && gp_open(&session, link, card->scene->crypto, bytes_of(NULL, 0), 0, 0x33,
                                 gp_published_keys, NULL) == GP_OK,
         "no channel before personalization");
    must(gp_aim(&session, aid) == GP_OK && gp_ask(&session, PERSO_REQUEST) == GP_OK,
         "no certificate request");
    link_close(link);
    must(object_decode_as(OBJECT_CERTIFICATE_REQUEST, bytes_of(session.answer, session.answer_size),
                          &request),
         "certificate request malformed");
    memcpy(card->signing_point, request.fields[FIELD_SIGNING_KEY].data, P256_COMPRESSED_SIZE);
    memcpy(card->kem_point, request.fields[FIELD_KEM_KEY].data, P256_COMPRESSED_SIZE);
    must(object_verify(&request, card->scene->crypto, card->signing_point),
         "certificate request not signed by its own key");
}

void scene_read_keys(struct scene_card *card) {
    static const uint8_t aid[] = AID_PURSE;
    scene_read_keys_by(card, BYTES_OF(aid));
}

struct bytes scene_recertify(struct scene_card *card, uint32_t from, uint32_t until, uint8_t *out) {
    struct sample_party party = {.roles = card->roles};
    snprintf(party.holder, sizeof party.holder, "%s", card->holder);
    certify(&party, &card->scene->purses, card->signing_point, card->kem_point, from, until);
    memcpy(out, party.octets, party.certificate.size);
    return bytes_of(out, party.certificate.size);
}

static void personalize(struct scene_card *card, const struct scene_profile *profile) {
    struct scene *scene = card->scene;
    bool short_lived = (card->roles & ROLE_WALLET) == 0;
    uint32_t until = profile->until != 0 ? profile->until : short_lived ? SCENE_UNTIL : SCENE_LONG;
    uint8_t data[256];
    store(card, PERSO_NAME, scene_name_data(card, data));
    store(card, PERSO_PROFILE, scene_profile_data(profile, data));
    store_counters(card, profile);
    store(card, PERSO_GENERATE_KEYS, bytes_of(NULL, 0));
    store(card, PERSO_ROOT, scene->root.certificate);
    store(card, PERSO_ISSUING, scene->purses.certificate);
    store(card, PERSO_ISSUING, scene->centers.certificate);
    if (profile->pin != NULL) {
        store_pin(card, profile->pin, PERSO_PIN);
        store_pin(card, "12345678", PERSO_PUK);
    }
    scene_read_keys(card);
    card->certificate = scene_recertify(card, SCENE_FROM, until, card->certificate_octets);
    store(card, PERSO_CERTIFICATE, card->certificate);
    store(card, PERSO_FINISH, bytes_of(NULL, 0));
}

struct scene_card *scene_bare(struct scene *scene, const char *holder, uint16_t roles) {
    uint8_t serial[8] = {0};
    struct scene_card *card = take(sizeof *card);
    must(scene->count < SCENE_CARDS_MAX, "too many cards");
    scene->cards[scene->count++] = card;
    serial[7] = (uint8_t)scene->count;
    card->scene = scene;
    snprintf(card->holder, sizeof card->holder, "%s", holder);
    card->roles = roles;
    card->size = standard_image_size(roles);
    card->image = take(card->size);
    card->card = take(card_context_size());
    memory_port_open(&card->port, card->image, card->size);
    card->ports =
        (struct card_ports){.nvm = &card->port.nvm, .crypto = scene->crypto, .rom = &standard_rom};
    must(card_format(&card->ports, serial) == CARD_OK, "card not formatted");
    if (scene->on_add != NULL)
        scene->on_add(scene, card);
    must(card_power_on(card->card, &card->ports) == CARD_OK, "card does not start");
    return card;
}

struct scene_card *scene_blank(struct scene *scene, const char *holder, uint16_t roles) {
    struct scene_card *card = scene_bare(scene, holder, roles);
    card->interface = CARD_INTERNAL;
    install(card);
    return card;
}

struct scene_card *scene_add(struct scene *scene, const char *holder, uint16_t roles,
                             const struct scene_profile *profile) {
    struct scene_card *card = scene_blank(scene, holder, roles);
    must(card->sw == SW_OK, "INSTALL refused");
    personalize(card, profile != NULL ? profile : &SCENE_GENEROUS);
    card->interface = CARD_CONTACT;
    card->apdus = 0;
    card->wire = 0;
    return card;
}
