// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/scene/look.h"

#include "apdu/command/applets/isd_commands.h"
#include "apdu/command/applets/ndef_commands.h"
#include "card/applets/isd/isd.h"
#include "card/applets/piv/piv.h"
#include "card/applets/purse/state/layout.h"
#include "card/os/context.h"

#include <string.h>

enum { ROOM = 24 * 1024, PIN_VALUES = 26 }; // both values of a PIN record, without counters

static const uint8_t references[] = {PIV_KEY_AUTHENTICATION, PIV_KEY_SIGNATURE,
                                     PIV_KEY_KEY_MANAGEMENT, PIV_KEY_CARD_AUTHENTICATION};

const char *look_part_name(enum look_part part) {
    static const char *const names[] = {
        [PART_KEY_SETS] = "key sets",       [PART_LIFE_CYCLE] = "life cycles",
        [PART_DATA] = "card data",          [PART_NDEF] = "NDEF message",
        [PART_PIV_OBJECTS] = "PIV objects", [PART_PIV_KEYS] = "PIV keys",
        [PART_PIV_SECRETS] = "PIV secrets", [PART_PURSE] = "purse"};
    return part < LOOK_PARTS ? names[part] : "nothing";
}

/// What one part consists of, until it is hashed.
struct gathered {
    struct issuer *issuer;
    uint8_t octets[ROOM];
    struct tlv_writer out;
};

static void begin(struct gathered *gathered) {
    gathered->out = tlv_writer_over(gathered->octets, sizeof gathered->octets);
}

static void add(struct gathered *gathered, const void *data, size_t size) {
    tlv_put_raw(&gathered->out, bytes_of(data, size));
}

static void add_answer(struct gathered *gathered, uint16_t sw) {
    const struct gp_session *session = &gathered->issuer->session;
    uint8_t words[4];
    bytes_put_be(words, 2, sw);
    bytes_put_be(words + 2, 2, session->answer_size);
    add(gathered, words, sizeof words);
    if (session->answer_size > 0)
        add(gathered, session->answer, session->answer_size);
}

static void end(struct gathered *gathered, struct look *look, enum look_part part) {
    const struct crypto *crypto = gathered->issuer->card->scene->crypto;
    struct bytes all = bytes_of(gathered->octets, gathered->out.size);
    if (!tlv_writer_ok(&gathered->out) || !crypto->ops->sha256(crypto, all, look->parts[part]))
        memset(look->parts[part], 0xEE, SHA256_SIZE);
}

/// A call to an applet's instance; false when it is not installed.
static bool call_of(struct scene_card *card, const char *applet, struct card_call *call) {
    size_t index = directory_find(card->card, issuer_aid(applet));
    if (index == CARD_INSTANCES_MAX)
        return false;
    *call = card_call_to(card->card, CARD_CONTACT, index);
    return true;
}

// ---- counters ----------------------------------------------------------------------------------

static void look_at_counters(struct scene_card *card, struct look *look) {
    struct card_call call;
    struct pin pin = {PIV_AT_PIN};
    uint8_t record[PIN_RECORD_SIZE];
    look->life_cycle = (uint8_t)card->card->life_cycle;
    if (call_of(card, "isd", &call)) {
        look->failures = (uint16_t)card_read_uint(&call, ISD_AT_FAILURES, 2);
        for (size_t slot = 0; slot < ISD_KEY_SETS; slot++) {
            struct isd_key_set set;
            isd_read_key_set(&call, slot, &set);
            look->sequences[slot] = set.sequence;
        }
    }
    if (call_of(card, "purse", &call))
        look->purse_life_cycle = call.instance->life_cycle;
    if (!call_of(card, "piv", &call))
        return;
    look->pin_tries = pin_tries(&call, pin);
    card_read(&call, PIV_AT_PIN, record, sizeof record);
    look->puk_tries = record[PIN_VALUES + 2];
}

// ---- parts -------------------------------------------------------------------------------------

static void look_at_data(struct gathered *gathered, struct look *look) {
    static const uint8_t tags[][2] = {{0x00, 0x66}, {0x00, 0x67}, {0x9F, 0x7F}, {0x00, 0x45}};
    begin(gathered);
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        add_answer(gathered, issuer_send(gathered->issuer, &isd_commands[COMMAND_ISD_GET_DATA],
                                         tags[i][0], tags[i][1], (struct bytes){0}));
    end(gathered, look, PART_DATA);
}

/// Which versions the key information template (E0) announces.
static bool announces(const struct gp_session *session, uint8_t version) {
    for (size_t at = 2; at + 6 <= session->answer_size; at += 6)
        if (session->answer[at + 3] == version)
            return true;
    return false;
}

static void look_at_keys(struct gathered *gathered, struct look *look) {
    struct issuer *issuer = gathered->issuer;
    bool there[ISSUER_SETS];
    begin(gathered);
    add_answer(gathered, issuer_send(issuer, &isd_commands[COMMAND_ISD_GET_DATA], 0x00, 0xE0,
                                     (struct bytes){0}));
    for (enum issuer_set set = 0; set < ISSUER_SETS; set++)
        there[set] = announces(&issuer->session, issuer_version(set));
    for (enum issuer_set set = 0; set < ISSUER_SETS; set++)
        if (there[set] && issuer_open_with(issuer, set, FULL_LEVEL) == GP_OK)
            look->opens |= 1u << set;
    add(gathered, &look->opens, sizeof look->opens);
    end(gathered, look, PART_KEY_SETS);
}

/// Needs a channel; a card that opens to nobody shows its directory only.
static void look_at_registry(struct gathered *gathered, struct look *look) {
    static const uint8_t all[] = {0x4F, 0x00};
    struct issuer *issuer = gathered->issuer;
    begin(gathered);
    add(gathered, &look->life_cycle, 1);
    if (look->opens != 0 && issuer_open(issuer) == GP_OK) {
        add_answer(gathered, issuer_secure(issuer, 0xF2, 0x80, 0x02, BYTES_OF(all)));
        add_answer(gathered, issuer_secure(issuer, 0xF2, 0x40, 0x02, BYTES_OF(all)));
    }
    end(gathered, look, PART_LIFE_CYCLE);
}

static void look_at_ndef(struct gathered *gathered, struct look *look) {
    static const uint8_t file[] = {0xE1, 0x04};
    struct issuer *issuer = gathered->issuer;
    begin(gathered);
    uint16_t sw = issuer_select(issuer, "ndef");
    add_answer(gathered, sw);
    if (sw == SW_OK) {
        issuer_send(issuer, &ndef_commands[COMMAND_NDEF_SELECT_FILE], 0x00, 0x0C, BYTES_OF(file));
        add_answer(gathered, issuer_send(issuer, &ndef_commands[COMMAND_NDEF_READ_BINARY], 0, 0,
                                         (struct bytes){0}));
    }
    end(gathered, look, PART_NDEF);
}

static void look_at_objects(struct gathered *gathered, struct look *look) {
    static const uint32_t tags[] = {0x5FC102, 0x5FC107, 0x5FC105, 0x5FC10A, 0x5FC10B,
                                    0x5FC101, 0x5FC106, 0x5FC109, 0x5FC10C};
    begin(gathered);
    uint16_t sw = issuer_select(gathered->issuer, "piv");
    add_answer(gathered, sw);
    if (sw == SW_OK) // as if the PIN had been verified: one object asks for it
        ((struct piv_session *)(void *)gathered->issuer->card->card->on_deselect)->pin_verified =
            true;
    for (size_t i = 0; sw == SW_OK && i < sizeof tags / sizeof tags[0]; i++)
        add_answer(gathered, issuer_get_object(gathered->issuer, tags[i]));
    end(gathered, look, PART_PIV_OBJECTS);
}

static size_t secret_size(const struct piv_key *key) {
    return key->algorithm == PIV_P256 ? P256_SCALAR_SIZE : RSA_KEY_SIZE;
}

static void look_at_piv(struct gathered *gathered, struct look *look) {
    struct card_call call;
    uint8_t octets[PIV_AT_KEY_HEADS];
    bool there = call_of(gathered->issuer->card, "piv", &call);
    begin(gathered);
    for (size_t i = 0; there && i < sizeof references; i++) {
        struct piv_key key;
        if (!piv_read_key(&call, references[i], &key))
            continue;
        add(gathered, &references[i], 1);
        add(gathered, key.secret, secret_size(&key));
    }
    end(gathered, look, PART_PIV_KEYS);
    begin(gathered);
    if (there) {
        card_read(&call, 0, octets, sizeof octets);
        add(gathered, octets + PIV_AT_PIN, PIN_VALUES);
        add(gathered, octets + PIV_AT_PIN + PIN_VALUES + 1, 1); // most tries of the PIN
        add(gathered, octets + PIV_AT_PIN + PIN_VALUES + 3, 1); // and of the PUK
        add(gathered, octets + PIV_AT_MANAGER, sizeof octets - PIV_AT_MANAGER);
    }
    end(gathered, look, PART_PIV_SECRETS);
}

static void look_at_purse(struct gathered *gathered, struct look *look) {
    struct card_call call;
    begin(gathered);
    if (call_of(gathered->issuer->card, "purse", &call)) {
        const uint8_t *image = gathered->issuer->card->image;
        add(gathered, image + call.instance->base, call.instance->size);
        add(gathered, image + call.shared->base, call.shared->size);
    }
    end(gathered, look, PART_PURSE);
}

void look_at_card(struct issuer *issuer, struct look *look) {
    static struct gathered gathered; // tests run one after another
    gathered.issuer = issuer;
    memset(look, 0, sizeof *look);
    scene_reset(issuer->card);
    look_at_counters(issuer->card, look);
    look_at_purse(&gathered, look);
    look_at_piv(&gathered, look);
    look_at_data(&gathered, look);
    look_at_keys(&gathered, look);
    look_at_registry(&gathered, look);
    look_at_ndef(&gathered, look);
    look_at_objects(&gathered, look);
}

enum look_part look_difference(const struct look *a, const struct look *b) {
    enum look_part part = 0;
    while (part < LOOK_PARTS && memcmp(a->parts[part], b->parts[part], SHA256_SIZE) == 0)
        part++;
    return part;
}

void look_digest(const struct crypto *crypto, const struct look *look, uint8_t out[SHA256_SIZE]) {
    crypto->ops->sha256(crypto, bytes_of((const uint8_t *)look, sizeof *look), out);
}

// ---- secrets -----------------------------------------------------------------------------------

static void keep(struct look_secrets *secrets, const char *name, const uint8_t *octets,
                 size_t size) {
    static const uint8_t nothing[LOOK_SECRET_SIZE];
    if (size > LOOK_SECRET_SIZE)
        size = LOOK_SECRET_SIZE;
    if (secrets->count == LOOK_SECRETS_MAX || memcmp(octets, nothing, size) == 0)
        return;
    memcpy(secrets->list[secrets->count].octets, octets, size);
    secrets->list[secrets->count].size = size;
    secrets->list[secrets->count++].name = name;
}

static void keep_from(struct look_secrets *secrets, const char *name, const struct card_call *call,
                      uint32_t offset, size_t size) {
    uint8_t octets[LOOK_SECRET_SIZE];
    card_read(call, offset, octets, size);
    keep(secrets, name, octets, size);
}

static void keep_domain(struct look_secrets *secrets, const struct card_call *call) {
    for (size_t slot = 0; slot < ISD_KEY_SETS; slot++) {
        struct isd_key_set set;
        isd_read_key_set(call, slot, &set);
        if (set.version == 0 || set.initial)
            continue;
        keep(secrets, "ENC key", set.keys.enc, set.keys.size);
        keep(secrets, "MAC key", set.keys.mac, set.keys.size);
        keep(secrets, "DEK", set.keys.dek, set.keys.size);
    }
}

static void keep_piv(struct look_secrets *secrets, const struct card_call *call) {
    for (size_t i = 0; i < sizeof references; i++) {
        struct piv_key key;
        if (piv_read_key(call, references[i], &key))
            keep(secrets, "private key of PIV", key.secret, secret_size(&key));
    }
    keep_from(secrets, "PIN of PIV", call, PIV_AT_PIN, PIN_VALUES / 2);
    keep_from(secrets, "PUK of PIV", call, PIV_AT_PIN + PIN_VALUES / 2, PIN_VALUES / 2);
    keep_from(secrets, "management key", call, PIV_AT_MANAGER, 33);
}

void look_secrets(struct scene_card *card, struct look_secrets *secrets) {
    struct card_call call;
    uint8_t scalar[P256_SCALAR_SIZE];
    secrets->count = 0;
    if (call_of(card, "isd", &call))
        keep_domain(secrets, &call);
    if (call_of(card, "piv", &call))
        keep_piv(secrets, &call);
    if (!call_of(card, "purse", &call))
        return;
    card_shared_read(&call, SIGNING_SCALAR_AT, scalar, sizeof scalar);
    keep(secrets, "signing key of the purse", scalar, sizeof scalar);
    card_shared_read(&call, KEM_SCALAR_AT, scalar, sizeof scalar);
    keep(secrets, "KEM key of the purse", scalar, sizeof scalar);
    keep_from(secrets, "PIN of the purse", &call, PIN_AT, PIN_VALUES / 2);
}

static bool listed(const struct look_secrets *secrets, const uint8_t *octets, size_t size) {
    for (size_t i = 0; i < secrets->count; i++)
        if (secrets->list[i].size == size && memcmp(secrets->list[i].octets, octets, size) == 0)
            return true;
    return false;
}

const char *look_residue(const struct scene_card *card, const struct look_secrets *before,
                         const struct look_secrets *after) {
    for (size_t i = 0; i < before->count; i++) {
        const uint8_t *octets = before->list[i].octets;
        size_t size = before->list[i].size;
        if (!listed(after, octets, size) && memmem(card->image, card->size, octets, size) != NULL)
            return before->list[i].name;
    }
    return NULL;
}
