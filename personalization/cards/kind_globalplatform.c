// SPDX-License-Identifier: Apache-2.0
// Any card whose issuer security domain speaks SCP03: its key set is replaced by keys derived from
// the master key (GlobalPlatform 2.3 11.8), and a session under them proves it.
#include "apdu/octets/status.h"
#include "personalization/cards/chip.h"

#include <stdio.h>
#include <string.h>

enum { INITIAL_VERSION = 0xFF, KCV_SIZE = 3, KEYS = 3, PROTOCOL_AT = 11, CHALLENGE_SIZE = 8 };

// ---- recognising -------------------------------------------------------------------------------

static bool speaks_scp03(const struct chip *chip) {
    for (size_t i = 0; i < chip->protocol_count; i++)
        if (chip->protocols[i].protocol == 0x03)
            return true;
    return false;
}

/// A card without recognition data tells its protocol in the answer to INITIALIZE UPDATE; no key is
/// used for that, and no attempt counted.
static bool probe(struct link *link, struct chip *chip, struct failure *failure) {
    static const uint8_t update[5 + CHALLENGE_SIZE + 1] = {0x80, 0x50, 0, 0, CHALLENGE_SIZE, 1, 2};
    uint8_t answer[64];
    struct bytes data;
    uint16_t sw = 0;
    if (!work_ask(link, BYTES_OF(update), answer, sizeof answer, &data, &sw, failure))
        return false;
    if (sw != SW_OK || data.size <= PROTOCOL_AT)
        return true;
    if (chip->protocol_count == 0) {
        chip->protocols[chip->protocol_count++].protocol = data.data[PROTOCOL_AT];
        size_t used = strlen(chip->name);
        snprintf(chip->name + used, sizeof chip->name - used, ", SCP%02X", data.data[PROTOCOL_AT]);
    }
    if (!chip->has_serial)
        memcpy(chip->serial, data.data + 2, CARD_SERIAL_SIZE);
    return chip->has_serial = true;
}

static bool identify(struct link *link, const struct profile *profile, struct bytes atr,
                     uint8_t serial[CARD_SERIAL_SIZE], struct failure *failure) {
    struct chip chip;
    if (!chip_read(link, atr, &chip, failure))
        return false;
    if (!chip.has_domain)
        return fail(failure, EXIT_REFUSED,
                    "%s: this is no GlobalPlatform card (no security domain answers to SELECT) but "
                    "%s; no key was tried",
                    link->name, chip.name);
    if ((chip.protocol_count == 0 || !chip.has_serial) && !probe(link, &chip, failure))
        return false;
    if (!speaks_scp03(&chip))
        return fail(failure, EXIT_REFUSED,
                    "%s: profile %s needs a security domain that speaks SCP03; this is %s; no key "
                    "was tried",
                    link->name, profile->name, chip.name);
    return chip_serial(&chip, link, serial, failure);
}

// ---- session -----------------------------------------------------------------------------------

static bool derive_arriving(struct work *work, const struct gp_card *card,
                            struct scp03_keys *keys) {
    struct card_issuer *issuer = work->issuer;
    keys->size = AES_BLOCK_SIZE;
    for (uint8_t i = 0; i < AES_BLOCK_SIZE; i++) // the published key
        keys->enc[i] = keys->mac[i] = keys->dek[i] = (uint8_t)(0x40 + i);
    if (issuer->transport.close == NULL)
        return true;
    pthread_mutex_lock(&issuer->mutex);
    bool done = master_key_derive(&issuer->transport, card->diversification, keys, work->failure);
    pthread_mutex_unlock(&issuer->mutex);
    return done;
}

static bool arriving_keys(void *context, const struct gp_card *card, struct scp03_keys *keys,
                          const char **reason) {
    struct work *work = context;
    *reason = work->failure->text;
    return work_derive_own(work, card->diversification) && derive_arriving(work, card, keys);
}

static bool own_keys(void *context, const struct gp_card *card, struct scp03_keys *keys,
                     const char **reason) {
    struct work *work = context;
    *reason = work->failure->text;
    if (!work_derive_own(work, card->diversification))
        return false;
    *keys = work->own;
    return true;
}

static enum gp_status open_with(struct work *work, struct gp_session *session, uint8_t version,
                                gp_keys keys) {
    struct chip chip = {0};
    *session = (struct gp_session){0};
    if (!chip_select_domain(work->link, &chip, work->failure))
        return GP_UNKNOWN_KEYS; // as where no key is derived: the failure says why
    return gp_open(session, work->link, work->crypto,
                   bytes_of(chip.domain_aid, chip.domain_aid_size), version, GP_HIGHEST, keys,
                   work);
}

static bool session_failed(struct work *work, const struct gp_session *session,
                           enum gp_status status, const char *step) {
    if (status == GP_LINK)
        return work_link_failed(work->link, session->link_status, work->failure);
    if (status == GP_UNKNOWN_KEYS)
        return false; // the failure says why already
    char sw[16] = "";
    if (status == GP_REFUSED)
        snprintf(sw, sizeof sw, " (%04X)", session->sw);
    return fail(work->failure, EXIT_REFUSED, "%s: %s: %s%s", work->link->name, step,
                gp_status_text(status), sw);
}

// ---- making ------------------------------------------------------------------------------------

struct check_values {
    uint8_t octets[KEYS * KCV_SIZE];
};

static bool form_check_values(const struct work *work, struct check_values *values) {
    const struct scp03_keys *keys = &work->own;
    const uint8_t *each[KEYS] = {keys->enc, keys->mac, keys->dek};
    for (size_t i = 0; i < KEYS; i++)
        if (!scp03_kcv(work->crypto, bytes_of(each[i], keys->size), values->octets + i * KCV_SIZE))
            return false;
    return true;
}

/// What the journal keeps: chip, key version and check values, hashed.
static bool conclude(struct work *work, const struct gp_session *session) {
    uint8_t all[SCP03_DIVERSIFICATION_SIZE + 1 + KEYS * KCV_SIZE], digest[SHA256_SIZE];
    struct check_values values;
    const uint8_t *v = values.octets;
    if (!form_check_values(work, &values))
        return fail(work->failure, EXIT_REFUSED, "cannot form check values");
    memcpy(all, session->card.diversification, SCP03_DIVERSIFICATION_SIZE);
    all[SCP03_DIVERSIFICATION_SIZE] = work->version;
    memcpy(all + SCP03_DIVERSIFICATION_SIZE + 1, v, sizeof values.octets);
    if (!work->crypto->ops->sha256(work->crypto, BYTES_OF(all), digest))
        return fail(work->failure, EXIT_REFUSED, "cannot hash check values");
    memcpy(work->digest, digest, sizeof work->digest);
    char data[2 * SCP03_DIVERSIFICATION_SIZE + 1];
    for (size_t i = 0; i < SCP03_DIVERSIFICATION_SIZE; i++)
        snprintf(data + 2 * i, 3, "%02X", session->card.diversification[i]);
    snprintf(work->note, sizeof work->note,
             "key version %02X, %s, diversification %s, check values ENC %02X%02X%02X "
             "MAC %02X%02X%02X DEK %02X%02X%02X",
             work->version, derivation_name(work->issuer->master.method), data, v[0], v[1], v[2],
             v[3], v[4], v[5], v[6], v[7], v[8]);
    return true;
}

/// A card that answers with check values must answer with the right ones.
static bool put_keys(struct work *work, struct gp_session *session) {
    uint8_t old = session->card.version == INITIAL_VERSION ? 0 : session->card.version;
    struct check_values values;
    enum gp_status status = gp_put_keys(session, old, work->version, &work->own);
    if (status != GP_OK)
        return session_failed(work, session, status, "replace the keys");
    if (session->answer_size < 1 + sizeof values.octets)
        return true;
    return (form_check_values(work, &values) &&
            memcmp(session->answer + 1, values.octets, sizeof values.octets) == 0) ||
           fail(work->failure, EXIT_REFUSED, "%s: the card answers other key check values",
                work->link->name);
}

/// The new set opens a session: only then the card counts as made.
static bool prove(struct work *work) {
    struct gp_session session;
    enum gp_status status = open_with(work, &session, work->version, own_keys);
    bool done = status == GP_OK ? conclude(work, &session)
                                : session_failed(work, &session, status, "use the new keys");
    gp_close(&session);
    return done;
}

/// Wrong keys show in the card's cryptogram and cost no attempt, so both sets may be tried.
static bool make(struct work *work) {
    struct gp_session session;
    work->version = work->issuer->master.version;
    enum gp_status status = open_with(work, &session, work->version, own_keys);
    if (status == GP_OK) { // an earlier run came as far as PUT KEY
        gp_close(&session);
        return prove(work);
    }
    if (status != GP_LINK && status != GP_UNKNOWN_KEYS)
        status = open_with(work, &session, 0, arriving_keys);
    bool done = status == GP_OK
                    ? put_keys(work, &session)
                    : session_failed(work, &session, status, "open the security domain");
    work->begun = status == GP_OK;
    gp_close(&session);
    return done && prove(work);
}

// ---- verifying ---------------------------------------------------------------------------------

static bool verify(struct work *work) {
    work->version = work->issuer->master.version;
    if (!prove(work))
        return false;
    return memcmp(work->digest, work->recorded, sizeof work->digest) == 0 ||
           fail(work->failure, EXIT_REFUSED, "%s: these are not the keys that were put on %s",
                work->link->name, work->order.row.fields[COLUMN_ID]);
}

const struct card_kind kind_globalplatform = {
    .name = "globalplatform",
    .identify = identify,
    .make = make,
    .verify = verify,
};
