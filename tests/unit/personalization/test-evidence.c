// SPDX-License-Identifier: Apache-2.0
// What the authority certifies: only requests that came out of a card's secure channel of level 33,
// once, for the chip, holder and assurance that were ordered. Each test is an attack on that.
#include "apdu/command/perso.h"
#include "apdu/command/perso_card.h"
#include "apdu/octets/status.h"
#include "card/applets.h"
#include "card/os/context.h"
#include "card/port/memory.h"
#include "personalization/authority/evidence.h"
#include "personalization/authority/hierarchy.h"
#include "personalization/cards/factory.h"
#include "readers/link/emu.h"
#include "tests/kit/suite.h"

#include <stdlib.h>
#include <string.h>

enum { TODAY = 20260401, ANSWER_MAX = 600, LONG_ANSWER = 150, OWN_VERSION = 0x30 };

static const uint8_t purse_aid[] = AID_PURSE;

/// A card, the pipe to it, and an authority.
struct stand {
    uint8_t image[NVM_IMAGE_SIZE];
    struct memory_port port;
    struct crypto *crypto;
    struct card_ports ports;
    struct card card;
    struct hierarchy hierarchy;
    struct factory_hierarchy source;
    struct factory_authority authority;
    struct link *link;
    struct scp03_keys own;
    struct failure failure;
};

static struct stand *stand_new(uint8_t chip, enum realm scene) {
    uint8_t serial[CHIP_SERIAL_SIZE] = {chip};
    struct stand *stand = calloc(1, sizeof *stand);
    memory_port_open(&stand->port, stand->image, sizeof stand->image);
    stand->crypto = crypto_openssl_new();
    stand->ports = (struct card_ports){&stand->port.nvm, stand->crypto, .rom = &standard_rom};
    CU_ASSERT_EQUAL_FATAL(card_format(&stand->ports, serial), CARD_OK);
    CU_ASSERT_EQUAL_FATAL(card_power_on(&stand->card, &stand->ports), CARD_OK);
    CU_ASSERT_FATAL(hierarchy_make(&stand->hierarchy, stand->crypto, scene, "", TODAY));
    stand->source = (struct factory_hierarchy){&stand->hierarchy, TODAY};
    stand->authority = factory_from_hierarchy(&stand->source);
    stand->link = emu_link_over(&stand->card, &stand->ports, CARD_CONTACT, NULL);
    stand->own.size = 16;
    memset(stand->own.enc, 0xE1, 16);
    memset(stand->own.mac, 0xE2, 16);
    memset(stand->own.dek, 0xE3, 16);
    return stand;
}

static void stand_free(struct stand *stand) {
    link_close(stand->link);
    hierarchy_erase(&stand->hierarchy);
    crypto_openssl_free(stand->crypto);
    free(stand);
}

static bool keys_of(void *context, const struct gp_card *card, struct scp03_keys *keys,
                    const char **reason) {
    if (card->version != OWN_VERSION)
        return gp_published_keys(NULL, card, keys, reason);
    *keys = ((struct stand *)context)->own;
    return true;
}

static bool open_at(struct stand *stand, struct gp_session *session, uint8_t level) {
    return gp_open(session, stand->link, stand->crypto, (struct bytes){0}, 0, level, keys_of,
                   stand) == GP_OK;
}

/// A card as far as its keys: installed, profile stored, keys drawn, the session still open.
static void draw_keys(struct stand *stand, struct gp_session *session, enum assurance assurance) {
    static const uint8_t roles[] = {0x00, ROLE_WALLET}, unit[] = {0x03, 0x92};
    uint8_t name[64], data[64];
    struct tlv_writer who = tlv_writer_over(name, sizeof name);
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    struct bytes aid = BYTES_OF(purse_aid), nothing = {NULL, 0};
    tlv_put(&who, field_specs[FIELD_CENTER].tag, bytes_of_string("CENTER"));
    tlv_put(&who, field_specs[FIELD_HOLDER].tag, bytes_of_string("W1"));
    tlv_put_uint(&who, field_specs[FIELD_ASSURANCE].tag, (uint64_t)assurance);
    tlv_put(&out, PERSO_TAG_UNITS, BYTES_OF(unit));
    CU_ASSERT_FATAL(open_at(stand, session, GP_LEVEL_FULL));
    CU_ASSERT_EQUAL_FATAL(gp_install(session, aid, aid, BYTES_OF(roles)), GP_OK);
    CU_ASSERT_EQUAL_FATAL(gp_aim(session, aid), GP_OK);
    CU_ASSERT_EQUAL_FATAL(gp_store(session, PERSO_NAME, tlv_writer_bytes(&who), false), GP_OK);
    CU_ASSERT_EQUAL_FATAL(gp_store(session, PERSO_PROFILE, tlv_writer_bytes(&out), false), GP_OK);
    CU_ASSERT_EQUAL_FATAL(gp_store(session, PERSO_GENERATE_KEYS, nothing, false), GP_OK);
}

static struct evidence *take(struct gp_session *session) {
    enum gp_status status;
    struct evidence *evidence = evidence_take(session, &status);
    CU_ASSERT_EQUAL(evidence != NULL, status == GP_OK);
    return evidence;
}

static bool spend(struct stand *stand, struct evidence *evidence, struct evidence_claim claim) {
    struct evidence_keys keys = {NULL, NULL};
    bool done = evidence_spend(evidence, &claim, stand->crypto, &keys, &stand->failure);
    CU_ASSERT_EQUAL(done, keys.signing_point != NULL);
    return done;
}

static const struct evidence_claim usual = {"W1", ROLE_WALLET, ASSURANCE_EMULATED, NULL};

// ---- handed over by hand -----------------------------------------------------------------------

/// Whoever has no evidence gets no certificate: a request in a file, from an emulator, from a
/// friend.
static void a_request_by_hand_is_not_certified(void) {
    struct stand *stand = stand_new(1, REALM_LAB);
    struct factory_order order = factory_order_for("W1", ROLE_WALLET);
    struct factory_request request = {.order = &order, .evidence = NULL};
    uint8_t certificate[CERTIFICATE_MAX];
    size_t size = 0;
    CU_ASSERT_FALSE(stand->authority.certify(stand->authority.context, &request, certificate,
                                             sizeof certificate, &size, &stand->failure));
    CU_ASSERT_EQUAL(stand->failure.code, EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stand->failure.text, "no secure channel"));
    stand_free(stand);
}

/// The card tells it to nobody outside: not plain at the factory, not as data, not at lower levels.
static void the_card_answers_in_the_channel_only(void) {
    static const uint8_t levels[] = {0x00, 0x01, 0x03, 0x11, 0x13};
    static const uint8_t get[] = {0x80, 0xCA, 0x01, 0x07, 0x00};
    static const uint8_t ask[] = {0x80, 0xE2, 0x09, 0x00, 0x03, 0x01, 0x0B, 0x00, 0x00};
    uint8_t select[5 + sizeof purse_aid] = {0x00, 0xA4, 0x04, 0x00, sizeof purse_aid};
    uint8_t answer[ANSWER_MAX];
    struct stand *stand = stand_new(1, REALM_LAB);
    struct gp_session session;
    draw_keys(stand, &session, ASSURANCE_EMULATED);
    for (size_t i = 0; i < sizeof levels; i++) {
        CU_ASSERT_FATAL(open_at(stand, &session, levels[i]));
        if (levels[i] != 0)
            CU_ASSERT_EQUAL(gp_aim(&session, BYTES_OF(purse_aid)), GP_OK);
        CU_ASSERT_EQUAL(gp_ask(&session, PERSO_REQUEST), GP_REFUSED);
        CU_ASSERT_EQUAL(session.sw, SW_SECURITY_STATUS);
        CU_ASSERT_PTR_NULL(take(&session));
    }
    link_close(stand->link);
    stand->link = emu_link_over(&stand->card, &stand->ports, CARD_INTERNAL, NULL);
    // plain at the factory, where the rest of STORE DATA is taken
    memcpy(select + 5, purse_aid, sizeof purse_aid);
    uint8_t aim[] = {0x80, 0xE6, 0x20, 0x00, 6 + sizeof purse_aid, 0x00, 0x00, sizeof purse_aid};
    uint8_t command[5 + 6 + sizeof purse_aid] = {0};
    memcpy(command, aim, sizeof aim);
    memcpy(command + sizeof aim, purse_aid, sizeof purse_aid);
    const struct bytes plain[] = {bytes_of((const uint8_t[]){0x00, 0xA4, 0x04, 0x00, 0x00}, 5),
                                  BYTES_OF(command), BYTES_OF(ask), BYTES_OF(select),
                                  BYTES_OF(get)};
    const uint16_t wanted[] = {SW_OK, SW_OK, SW_SECURITY_STATUS, SW_OK, SW_REFERENCE_NOT_FOUND};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        size_t size = 0;
        CU_ASSERT_EQUAL(link_transmit(stand->link, plain[i], answer, sizeof answer, &size),
                        LINK_OK);
        CU_ASSERT_EQUAL(bytes_get_be(answer + size - 2, 2), wanted[i]);
        CU_ASSERT(size < LONG_ANSWER);
    }
    stand_free(stand);
}

// ---- on the pipe -------------------------------------------------------------------------------

/// A pipe that keeps the card's request, or puts another answer in its place.
struct pipe {
    struct link link;
    struct link *inner;
    uint8_t kept[ANSWER_MAX];
    size_t kept_size;
    bool replay;   // answer with what is kept
    int flip;      // bit of the request to turn; -1: none
    size_t length; // of the last request's answer
};

static enum link_status pipe_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                      size_t capacity, size_t *size) {
    struct pipe *pipe = (struct pipe *)link;
    enum link_status status = link_transmit(pipe->inner, command, answer, capacity, size);
    if (status != LINK_OK || *size < LONG_ANSWER)
        return status;
    pipe->length = *size;
    if (pipe->replay) {
        memcpy(answer, pipe->kept, pipe->kept_size);
        *size = pipe->kept_size;
    } else if (pipe->flip >= 0) {
        answer[pipe->flip / 8] ^= (uint8_t)(1 << pipe->flip % 8);
    } else {
        memcpy(pipe->kept, answer, *size);
        pipe->kept_size = *size;
    }
    return status;
}

static void pipe_close(struct link *link) {
    (void)link;
}

static void pipe_over(struct pipe *pipe, struct link *inner) {
    static const struct link_ops ops = {.transmit = pipe_transmit, .close = pipe_close};
    *pipe = (struct pipe){.link = *inner, .inner = inner, .flip = -1};
    pipe->link.ops = &ops;
}

static void a_request_of_another_session_is_noticed(void) {
    struct pipe pipe;
    struct gp_session session;
    struct stand *stand = stand_new(1, REALM_LAB);
    struct link *inner = stand->link;
    pipe_over(&pipe, inner);
    stand->link = &pipe.link;
    draw_keys(stand, &session, ASSURANCE_EMULATED);
    struct evidence *evidence = take(&session);
    CU_ASSERT_PTR_NOT_NULL(evidence);
    CU_ASSERT(pipe.kept_size > LONG_ANSWER);
    evidence_free(evidence);
    pipe.replay = true;
    CU_ASSERT_PTR_NULL(take(&session)); // in the same session, one command later
    CU_ASSERT_FATAL(open_at(stand, &session, GP_LEVEL_FULL));
    CU_ASSERT_EQUAL(gp_aim(&session, BYTES_OF(purse_aid)), GP_OK);
    CU_ASSERT_PTR_NULL(take(&session)); // in another one with the same card
    stand->link = inner;
    stand_free(stand);
}

/// The request of an emulator's card cannot take the place of this card's.
static void a_request_of_another_card_is_noticed(void) {
    struct pipe pipe;
    struct gp_session session;
    struct stand *stand = stand_new(1, REALM_LAB), *other = stand_new(2, REALM_LAB);
    pipe_over(&pipe, other->link);
    struct link *inner = other->link;
    other->link = &pipe.link;
    draw_keys(other, &session, ASSURANCE_EMULATED);
    struct evidence *evidence = take(&session);
    static const uint8_t first[CHIP_SERIAL_SIZE] = {1}, second[CHIP_SERIAL_SIZE] = {2};
    CU_ASSERT_FALSE(spend(stand, evidence,
                          (struct evidence_claim){"W1", ROLE_WALLET, ASSURANCE_EMULATED, first}));
    CU_ASSERT_PTR_NOT_NULL(strstr(stand->failure.text, "another chip"));
    evidence_free(evidence);
    evidence = take(&session);
    CU_ASSERT(spend(stand, evidence,
                    (struct evidence_claim){"W1", ROLE_WALLET, ASSURANCE_EMULATED, second}));
    evidence_free(evidence);
    other->link = inner;
    pipe.inner = stand->link;
    pipe.replay = true;
    inner = stand->link;
    stand->link = &pipe.link;
    draw_keys(stand, &session, ASSURANCE_EMULATED);
    CU_ASSERT_PTR_NULL(take(&session));
    stand->link = inner;
    stand_free(stand);
    stand_free(other);
}

static void every_turned_bit_is_noticed(void) {
    struct pipe pipe;
    struct gp_session session;
    struct stand *stand = stand_new(1, REALM_LAB);
    struct link *inner = stand->link;
    pipe_over(&pipe, inner);
    stand->link = &pipe.link;
    draw_keys(stand, &session, ASSURANCE_EMULATED);
    evidence_free(take(&session));
    int bits = (int)pipe.length * 8 - 16;
    for (pipe.flip = 0; pipe.flip < bits; pipe.flip += 7) {
        CU_ASSERT_FATAL(open_at(stand, &session, GP_LEVEL_FULL));
        CU_ASSERT_EQUAL(gp_aim(&session, BYTES_OF(purse_aid)), GP_OK);
        CU_ASSERT_PTR_NULL(take(&session));
    }
    CU_ASSERT(bits > 8 * LONG_ANSWER);
    stand->link = inner;
    stand_free(stand);
}

// ---- in the hands of the factory ---------------------------------------------------------------

static void evidence_serves_once_and_for_its_order_only(void) {
    struct gp_session session;
    struct stand *stand = stand_new(1, REALM_LAB);
    draw_keys(stand, &session, ASSURANCE_EMULATED);
    const struct evidence_claim wrong[] = {
        {"W2", ROLE_WALLET, ASSURANCE_EMULATED, NULL},
        {"W1", ROLE_TILL, ASSURANCE_EMULATED, NULL},
        {"W1", ROLE_WALLET | ROLE_STORE, ASSURANCE_EMULATED, NULL},
        {"W1", ROLE_WALLET, ASSURANCE_HARDWARE, NULL}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct evidence *evidence = take(&session);
        CU_ASSERT_FALSE(spend(stand, evidence, wrong[i]));
        CU_ASSERT_FALSE(spend(stand, evidence, usual)); // not by trying again either
        evidence_free(evidence);
    }
    struct evidence *evidence = take(&session);
    CU_ASSERT(spend(stand, evidence, usual));
    CU_ASSERT_FALSE(spend(stand, evidence, usual));
    CU_ASSERT_PTR_NOT_NULL(strstr(stand->failure.text, "another one already"));
    evidence_free(evidence);
    stand_free(stand);
}

/// Hardware is what somebody gave keys of its own; with the published ones anybody could answer.
static void hardware_needs_keys_of_its_own(void) {
    struct gp_session session;
    struct stand *stand = stand_new(1, REALM_LAB);
    const struct evidence_claim hardware = {"W1", ROLE_WALLET, ASSURANCE_HARDWARE, NULL};
    draw_keys(stand, &session, ASSURANCE_HARDWARE);
    struct evidence *evidence = take(&session);
    CU_ASSERT_FALSE(spend(stand, evidence, hardware));
    CU_ASSERT_PTR_NOT_NULL(strstr(stand->failure.text, "published key set"));
    evidence_free(evidence);
    CU_ASSERT_EQUAL(gp_put_keys(&session, 0, OWN_VERSION, &stand->own), GP_OK);
    CU_ASSERT_FATAL(open_at(stand, &session, GP_LEVEL_FULL));
    CU_ASSERT_EQUAL(gp_aim(&session, BYTES_OF(purse_aid)), GP_OK);
    evidence = take(&session);
    CU_ASSERT(spend(stand, evidence, hardware));
    evidence_free(evidence);
    stand_free(stand);
}

static bool make_in(struct stand *stand, enum assurance assurance, bool own_keys) {
    struct factory_order order = factory_order_for("W1", ROLE_WALLET);
    struct factory_channel channel = {
        .keys = keys_of, .context = stand, .new_keys = &stand->own, .new_version = OWN_VERSION};
    struct gp_session session;
    order.assurance = assurance;
    if (own_keys)
        CU_ASSERT(open_at(stand, &session, GP_LEVEL_FULL) &&
                  gp_put_keys(&session, 0, OWN_VERSION, &stand->own) == GP_OK);
    return factory_personalize(stand->link, &order, &stand->authority, &channel, stand->crypto,
                               &stand->failure);
}

static void production_certifies_hardware_only(void) {
    static const struct {
        enum realm scene;
        enum assurance assurance;
        bool own_keys, made;
    } rows[] = {
        {REALM_LAB, ASSURANCE_EMULATED, false, true},
        {REALM_LAB, ASSURANCE_HARDWARE, false, false},
        {REALM_LAB, ASSURANCE_HARDWARE, true, true},
        {REALM_PRODUCTION, ASSURANCE_EMULATED, false, false},
        {REALM_PRODUCTION, ASSURANCE_EMULATED, true, false},
        {REALM_PRODUCTION, ASSURANCE_HARDWARE, false, false},
        {REALM_PRODUCTION, ASSURANCE_HARDWARE, true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stand *stand = stand_new(1, rows[i].scene);
        CU_ASSERT_EQUAL(make_in(stand, rows[i].assurance, rows[i].own_keys), rows[i].made);
        stand_free(stand);
    }
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a request by hand is not certified", a_request_by_hand_is_not_certified, NULL},
        {"the card answers its request in the channel only", the_card_answers_in_the_channel_only,
         NULL},
        {"a request of another session is noticed", a_request_of_another_session_is_noticed, NULL},
        {"a request of another card is noticed", a_request_of_another_card_is_noticed, NULL},
        {"every turned bit is noticed", every_turned_bit_is_noticed, NULL},
        {"evidence serves once and for its order only", evidence_serves_once_and_for_its_order_only,
         NULL},
        {"hardware needs keys of its own", hardware_needs_keys_of_its_own, NULL},
        {"production certifies hardware only", production_certifies_hardware_only, NULL},
    };
    return suite_main("test-evidence", tests, sizeof tests / sizeof tests[0], argc, argv);
}
