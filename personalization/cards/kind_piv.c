// SPDX-License-Identifier: Apache-2.0
// Any card with a PIV application (SP 800-73-4, card edge): the management key proved, four keys
// drawn on the card and certified, data objects, PIN and PUK of the owner's own; then all of it
// read back and every key used once.
#include "apdu/octets/status.h"
#include "personalization/cards/chip.h"

#include <stdio.h>
#include <string.h>

enum {
    PIN_DIGITS = 6,
    PUK_DIGITS = 8,
    NUMBER_SIZE = 4,
    ANSWER_MAX = 512,
};

// ---- recognising -------------------------------------------------------------------------------

/// The application property template: 61 { 4F .., 79 .. }.
static bool is_template(struct bytes answer) {
    struct tlv template, part;
    return tlv_find(answer, 0x61, &template) &&
           (tlv_find(template.value, 0x4F, &part) || tlv_find(template.value, 0x79, &part));
}

static bool select_piv(struct link *link, uint16_t *sw, bool *whole, struct failure *failure) {
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x09, 0xA0, 0x00, 0x00,
                                     0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x00};
    uint8_t answer[ANSWER_MAX];
    struct bytes data;
    if (!work_ask(link, BYTES_OF(select), answer, sizeof answer, &data, sw, failure))
        return false;
    *whole = *sw == SW_OK && is_template(data);
    return true;
}

/// A maker's number, for cards without CPLC; others refuse the command.
static bool read_number(struct link *link, struct chip *chip, struct failure *failure) {
    static const uint8_t get_number[] = {0x00, 0xF8, 0x00, 0x00, 0x00};
    uint8_t answer[ANSWER_MAX];
    struct bytes data;
    uint16_t sw = 0;
    if (chip->has_serial)
        return true;
    if (!work_ask(link, BYTES_OF(get_number), answer, sizeof answer, &data, &sw, failure))
        return false;
    chip->has_serial = sw == SW_OK && data.size == NUMBER_SIZE;
    if (chip->has_serial)
        memcpy(chip->serial + CARD_SERIAL_SIZE - NUMBER_SIZE, data.data, NUMBER_SIZE);
    return true;
}

static bool identify(struct link *link, const struct profile *profile, struct bytes atr,
                     uint8_t serial[CARD_SERIAL_SIZE], struct failure *failure) {
    struct chip chip;
    uint16_t sw = 0;
    bool whole = false, has = false;
    if (!chip_read(link, atr, &chip, failure) || !select_piv(link, &sw, &whole, failure))
        return false;
    if (!whole)
        return fail(failure, EXIT_REFUSED,
                    "%s: this card has no PIV application (SELECT answers %04X); it is %s; no key "
                    "was tried",
                    link->name, sw, chip.name);
    if (!read_number(link, &chip, failure) ||
        !piv_has_management(link, profile->piv.algorithm, &has, failure))
        return false;
    if (!has)
        return fail(failure, EXIT_REFUSED,
                    "%s: the card's management key is of another algorithm than %s; it is %s; no "
                    "key was tried",
                    link->name, profile_algorithm_name(profile), chip.name);
    return chip_serial(&chip, link, serial, failure);
}

// ---- secrets -----------------------------------------------------------------------------------

/// Digits that follow from master key, job and chip, without bias: an interrupted run finds them
/// again, and nobody without the key does.
static bool derive_digits(struct work *work, uint8_t purpose, char *out, size_t count) {
    struct card_issuer *issuer = work->issuer;
    uint8_t message[2 + ISSUER_NONCE_SIZE + CARD_SERIAL_SIZE] = {purpose}, block[AES_BLOCK_SIZE];
    size_t made = 0;
    memcpy(message + 2, issuer->nonce, ISSUER_NONCE_SIZE);
    memcpy(message + 2 + ISSUER_NONCE_SIZE, work->serial, CARD_SERIAL_SIZE);
    while (made < count) {
        if (!issuer->master.cmac(&issuer->master, BYTES_OF(message), block))
            return fail(work->failure, EXIT_ABSENT, "%s: the master key does not answer",
                        issuer->master.name);
        for (size_t i = 0; i < sizeof block && made < count; i++)
            if (block[i] < 250)
                out[made++] = (char)('0' + block[i] % 10);
        message[1]++;
    }
    out[count] = '\0';
    bytes_erase(block, sizeof block);
    return true;
}

static bool find_management_key(struct work *work) {
    const struct profile *profile = work->issuer->profile;
    struct piv_order *order = &work->order.identity;
    uint8_t diversification[SCP03_DIVERSIFICATION_SIZE] = {0};
    order->management_algorithm = profile->piv.algorithm;
    order->management_size = profile_management_size(profile);
    if (profile->piv.published) {
        for (size_t i = 0; i < order->management_size; i++)
            order->management_key[i] = (uint8_t)(i % 8 + 1);
        return true;
    }
    if (!profile_fits_master(profile, work->issuer->master.size, work->failure))
        return false;
    memcpy(diversification + 2, work->serial, CARD_SERIAL_SIZE);
    return master_key_derive_one(&work->issuer->master, diversification, MASTER_KEY_PIV_NUMBER,
                                 order->management_key, work->failure);
}

static bool find_secrets(struct work *work) {
    struct card_issuer *issuer = work->issuer;
    pthread_mutex_lock(&issuer->mutex);
    bool done = find_management_key(work);
    if (done && issuer->profile->pin)
        done = derive_digits(work, 'P', work->secrets.pin, PIN_DIGITS) &&
               derive_digits(work, 'U', work->secrets.puk, PUK_DIGITS);
    pthread_mutex_unlock(&issuer->mutex);
    return done;
}

/// Owner, keys, and the PIN that will be there when the card is done.
static bool form_order(struct work *work) {
    const struct profile *profile = work->issuer->profile;
    struct piv_order *order = &work->order.identity;
    const char *person = work->order.row.person;
    *order = (struct piv_order){.id = work->order.row.fields[COLUMN_ID],
                                .person = person[0] != '\0' ? person : NULL,
                                .enterprise = work->order.row.fields[COLUMN_ENTERPRISE],
                                .assurance = ASSURANCE_HARDWARE, // as its maker says
                                .pin = profile->pin ? work->secrets.pin : profile->piv.pin,
                                .puk = profile->pin ? work->secrets.puk : profile->piv.puk};
    for (size_t i = 0; i < PIV_SLOTS; i++)
        order->rsa[i] = profile->rsa;
    return find_secrets(work);
}

// ---- making ------------------------------------------------------------------------------------

static bool certify(void *context, const struct piv_request *request, uint8_t *der, size_t capacity,
                    size_t *size, uint32_t *until, struct failure *failure) {
    struct work *work = context;
    struct card_issuer *issuer = work->issuer;
    struct piv_authority authority = piv_from_ca(&issuer->ca);
    pthread_mutex_lock(&issuer->mutex);
    bool done = authority.certify(authority.context, request, der, capacity, size, until, failure);
    pthread_mutex_unlock(&issuer->mutex);
    return done;
}

static bool set_pins(struct work *work) {
    const struct profile *profile = work->issuer->profile;
    const struct piv_pins initial = {profile->piv.pin, profile->piv.puk};
    return !profile->pin ||
           piv_set_pins(work->link, &work->order.identity, &initial, work->resumed, work->failure);
}

static bool check(struct work *work) {
    uint8_t digest[SHA256_SIZE];
    if (!piv_check(work->link, &work->order.identity, work->issuer->ca.x509.signer.point,
                   work->crypto, digest, work->failure))
        return false;
    memcpy(work->digest, digest, sizeof work->digest);
    return true;
}

static bool make_short(struct work *work) {
    const struct piv_authority authority = {work, certify};
    return form_order(work) &&
           piv_fill(work->link, &work->order.identity, &authority, work->crypto, work->failure) &&
           set_pins(work) && check(work);
}

/// A card with a certificate or a holder's identifier belongs to somebody, whoever knows its
/// management key.
static bool is_blank(struct work *work) {
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
    static const uint8_t objects[] = {0x02, 0x05, 0x0A, 0x0B, 0x01}; // 5FC1xx: CHUID, certificates
    uint8_t get[] = {0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x00, 0x00};
    uint8_t answer[APDU_SHORT_COMMAND_MAX];
    struct bytes data;
    uint16_t sw = 0;
    if (!work_ask(work->link, BYTES_OF(select), answer, sizeof answer, &data, &sw, work->failure))
        return false;
    for (size_t i = 0; i < sizeof objects; i++) {
        get[9] = objects[i];
        if (!work_ask(work->link, BYTES_OF(get), answer, sizeof answer, &data, &sw, work->failure))
            return false;
        if ((sw == SW_OK && data.size > 2) || sw >> 8 == SW_MORE_DATA >> 8)
            return fail(work->failure, EXIT_REFUSED,
                        "%s: the card holds somebody's identity (data object 5FC1%02X), which this "
                        "row of this job did not begin; nothing was changed",
                        work->link->name, objects[i]);
    }
    return true;
}

/// Few cards of other makers take extended commands: everything goes in short chained pieces.
static bool make(struct work *work) {
    size_t longest = work->link->command_max;
    work->link->command_max = APDU_SHORT_COMMAND_MAX;
    bool done = make_short(work);
    work->link->command_max = longest;
    return done;
}

// ---- verifying ---------------------------------------------------------------------------------

/// The owner may have changed the PIN: none is tried.
static bool verify(struct work *work) {
    work->order.identity = (struct piv_order){.id = work->order.row.fields[COLUMN_ID]};
    if (!check(work))
        return false;
    return memcmp(work->digest, work->recorded, sizeof work->digest) == 0 ||
           fail(work->failure, EXIT_REFUSED,
                "%s: the certificates of %s are not those it was given", work->link->name,
                work->order.identity.id);
}

const struct card_kind kind_piv = {
    .name = "piv",
    .identify = identify,
    .is_blank = is_blank,
    .make = make,
    .verify = verify,
};
