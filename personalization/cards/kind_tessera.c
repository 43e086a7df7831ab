// SPDX-License-Identifier: Apache-2.0
// Cards with our own operating system: recognised by the ATR, emptied, and made into a purse with
// identity and tag through SCP03 (factory.h). docs/personalization.md, One card.
#include "apdu/command/tickets.h"
#include "apdu/octets/status.h"
#include "apdu/octets/tlv.h"
#include "personalization/authority/lists/hotlist.h"
#include "personalization/cards/chip.h"

#include <string.h>

enum { ANSWER_MAX = 512, TRIPLE_DES = 0x03 };

static const uint8_t purse_aid[] = AID_PURSE, tickets_aid[] = AID_TICKETS;

// ---- recognising -------------------------------------------------------------------------------

static bool holds(const uint8_t *octets, size_t size, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(octets + i, word, length) == 0)
            return true;
    return false;
}

/// STORE DATA needs level 33, which a card without protection of its answers cannot give: told by
/// its recognition data (GlobalPlatform 2.3 H.2: OID ..4 of the protocol, 03, i).
static bool protects_answers(struct link *link, struct failure *failure) {
    static const uint8_t get[] = {0x80, 0xCA, 0x00, 0x66, 0x00};
    static const char protocol[] = "\x2A\x86\x48\x86\xFC\x6B\x04\x03";
    uint8_t answer[ANSWER_MAX];
    struct bytes data;
    uint16_t sw = 0;
    if (!work_ask(link, BYTES_OF(get), answer, sizeof answer, &data, &sw, failure))
        return false;
    for (size_t at = 0; at + sizeof protocol <= data.size; at++) {
        uint8_t i = data.data[at + sizeof protocol - 1];
        if (memcmp(data.data + at, protocol, sizeof protocol - 1) == 0 &&
            (i & (SCP03_RMAC | SCP03_RENC)) != (SCP03_RMAC | SCP03_RENC))
            return fail(failure, EXIT_REFUSED,
                        "%s: the card speaks SCP03 with i = %02X, which leaves its answers open; "
                        "personalization needs level 33, so an i of 60, 61, 70 or 71; nothing was "
                        "changed",
                        link->name, i);
    }
    return true;
}

static bool identify(struct link *link, const struct profile *profile, struct bytes atr,
                     uint8_t serial[CARD_SERIAL_SIZE], struct failure *failure) {
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x00};
    static const uint8_t get_serial[] = {0x80, 0xCA, 0x00, 0x45, 0x00};
    uint8_t answer[ANSWER_MAX];
    struct bytes data;
    struct tlv value;
    uint16_t sw = 0;
    if (!holds(atr.data, atr.size, "Tessera")) {
        struct chip chip;
        return chip_read(link, atr, &chip, failure) &&
               fail(failure, EXIT_REFUSED,
                    "%s: this is no card of type %s but %s; no key was tried", link->name,
                    profile->card, chip.name);
    }
    if (!work_ask(link, BYTES_OF(select), answer, sizeof answer, &data, &sw, failure) ||
        !work_ask(link, BYTES_OF(get_serial), answer, sizeof answer, &data, &sw, failure))
        return false;
    if (sw != SW_OK || !tlv_find(data, 0x45, &value) || value.value.size != CARD_SERIAL_SIZE)
        return fail(failure, EXIT_REFUSED, "%s: the card does not give its serial (%04X)",
                    link->name, sw);
    memcpy(serial, value.value.data, CARD_SERIAL_SIZE);
    return protects_answers(link, failure);
}

// ---- keys --------------------------------------------------------------------------------------

/// Check value of a management key: of AES as GlobalPlatform has it, of 3DES the first octets of a
/// block of zeros.
static bool find_kcv(struct work *work) {
    static const uint8_t zero[DES_BLOCK_SIZE];
    uint8_t block[DES_BLOCK_SIZE];
    const struct piv_order *identity = &work->order.identity;
    struct bytes key = bytes_of(identity->management_key, identity->management_size);
    if (identity->management_algorithm != TRIPLE_DES)
        return scp03_kcv(work->crypto, key, work->kcv);
    if (!work->crypto->ops->des_cbc(work->crypto, true, key, zero, zero, block, sizeof block))
        return false;
    memcpy(work->kcv, block, sizeof work->kcv);
    return true;
}

/// The identity's management key follows from the master key as the domain's keys do, so that it
/// can be found again; its check value goes into the report.
static bool derive_management(struct work *work, const struct gp_card *card) {
    struct piv_order *identity = &work->order.identity;
    struct card_issuer *issuer = work->issuer;
    if (work->order.factory.identity == NULL)
        return true;
    if (!profile_fits_master(issuer->profile, issuer->master.size, work->failure))
        return false;
    identity->management_size = issuer->master.size;
    identity->management_algorithm = issuer->profile->piv.algorithm;
    pthread_mutex_lock(&issuer->mutex);
    bool done = master_key_derive_one(&issuer->master, card->diversification, MASTER_KEY_PIV_NUMBER,
                                      identity->management_key, work->failure);
    pthread_mutex_unlock(&issuer->mutex);
    work->has_kcv = done && find_kcv(work);
    return done;
}

/// The published keys of a blank card, or the derived ones of a card that has got them.
static bool keys_of(void *context, const struct gp_card *card, struct scp03_keys *keys,
                    const char **reason) {
    struct work *work = context;
    if (!work_derive_own(work, card->diversification) || !derive_management(work, card)) {
        *reason = work->failure->text;
        return false;
    }
    if (card->version == work->issuer->master.version) {
        *keys = work->own;
        return true;
    }
    if (gp_published_keys(NULL, card, keys, reason))
        return true;
    *reason = "its key set is neither the published one nor this master key's";
    return false;
}

// ---- what an earlier run left ------------------------------------------------------------------

static bool open_domain(struct work *work, struct gp_session *session) {
    struct bytes by_default = {NULL, 0};
    enum gp_status status =
        gp_open(session, work->link, work->crypto, by_default, 0, GP_LEVEL_FULL, keys_of, work);
    if (status == GP_OK)
        return true;
    if (status == GP_LINK)
        return work_link_failed(work->link, session->link_status, work->failure);
    return fail(work->failure, EXIT_REFUSED, "%s: cannot open the security domain: %s%s%s",
                work->link->name, gp_status_text(status), session->reason != NULL ? ": " : "",
                session->reason != NULL ? session->reason : "");
}

static const uint8_t piv_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00};
static const uint8_t ndef_aid[] = {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01};

/// What a card of this kind may hold.
static const struct {
    struct bytes aid;
    const char *name;
} applications[] = {
    {{purse_aid, sizeof purse_aid}, "a purse"},
    {{tickets_aid, sizeof tickets_aid}, "a ticket store"},
    {{piv_aid, sizeof piv_aid}, "an identity with its keys"},
    {{ndef_aid, sizeof ndef_aid}, "a tag"},
};

enum { APPLICATIONS = sizeof applications / sizeof applications[0] };

/// Whatever is on a card that this row did not begin is somebody's: it is never erased.
static bool is_blank(struct work *work) {
    uint8_t select[5 + 16] = {0x00, 0xA4, 0x04, 0x00}, answer[ANSWER_MAX];
    struct bytes data;
    uint16_t sw = 0;
    for (size_t i = 0; i < APPLICATIONS; i++) {
        struct bytes aid = applications[i].aid;
        select[4] = (uint8_t)aid.size;
        memcpy(select + 5, aid.data, aid.size);
        if (!work_ask(work->link, bytes_of(select, 5 + aid.size), answer, sizeof answer, &data, &sw,
                      work->failure))
            return false;
        if (sw != SW_NOT_FOUND)
            return fail(work->failure, EXIT_REFUSED,
                        "%s: the card holds %s, which this row of this job did not begin; nothing "
                        "was changed",
                        work->link->name, applications[i].name);
    }
    work->blank = true;
    return true;
}

/// Deletes whatever applications are there, keys included.
static bool empty_card(struct work *work) {
    struct gp_session session;
    if (!open_domain(work, &session))
        return false;
    bool done = true;
    for (size_t i = 0; done && i < APPLICATIONS; i++) {
        enum gp_status status = gp_take_back(&session, applications[i].aid);
        bool absent = status == GP_REFUSED && session.sw == SW_REFERENCE_NOT_FOUND;
        done = status == GP_OK || absent;
    }
    gp_close(&session);
    return done || fail(work->failure, EXIT_REFUSED, "%s: cannot empty the half-made card",
                        work->link->name);
}

// ---- certificates ------------------------------------------------------------------------------

/// What is still valid was taken out by an earlier try of this very row, and belongs to keys that
/// are gone, or the plan said that it is to be replaced (job_may_certify).
static bool clear_id(struct work *work, struct failure *failure) {
    struct ca *ca = &work->issuer->ca;
    const char *id = work->order.factory.id;
    size_t revoked = 0;
    bool taken = register_find_valid(&ca->issued, id, ca->today) < ca->issued.count;
    return (!taken && !work->resumed) || ca_withdraw(ca, id, work->registered, &revoked, failure);
}

static bool certify(void *context, const struct factory_request *request, uint8_t *out,
                    size_t capacity, size_t *size, struct failure *failure) {
    struct work *work = context;
    struct card_issuer *issuer = work->issuer;
    struct factory_authority authority = factory_from_ca(&issuer->ca);
    struct factory_request bound = *request;
    bound.chip = work->serial;
    pthread_mutex_lock(&issuer->mutex);
    bool done = clear_id(work, failure) &&
                authority.certify(authority.context, &bound, out, capacity, size, failure);
    pthread_mutex_unlock(&issuer->mutex);
    return done && (certificate_digest(work->crypto, bytes_of(out, *size), work->digest) ||
                    fail(failure, EXIT_REFUSED, "cannot hash the certificate"));
}

static bool hotlist(void *context, uint16_t roles, struct ca_list *list, struct failure *failure) {
    struct card_issuer *issuer = ((struct work *)context)->issuer;
    pthread_mutex_lock(&issuer->mutex);
    bool done = ca_hotlist(&issuer->ca, ca_audience_for(roles), list, failure);
    pthread_mutex_unlock(&issuer->mutex);
    return done;
}

static bool certify_identity(void *context, const struct piv_request *request, uint8_t *der,
                             size_t capacity, size_t *size, uint32_t *until,
                             struct failure *failure) {
    struct work *work = context;
    struct card_issuer *issuer = work->issuer;
    struct piv_authority authority = piv_from_ca(&issuer->ca);
    pthread_mutex_lock(&issuer->mutex);
    bool done = authority.certify(authority.context, request, der, capacity, size, until, failure);
    pthread_mutex_unlock(&issuer->mutex);
    return done;
}

// ---- making ------------------------------------------------------------------------------------

static bool personalize(struct work *work) {
    struct card_issuer *issuer = work->issuer;
    struct factory_channel channel = {.keys = keys_of,
                                      .context = work,
                                      .new_keys = &work->own,
                                      .new_version = issuer->master.version,
                                      .opened = &work->begun};
    struct factory_authority authority = factory_from_ca(&issuer->ca);
    authority.context = work;
    authority.certify = certify;
    authority.hotlist = hotlist;
    authority.identity = (struct piv_authority){work, certify_identity};
    pthread_mutex_lock(&issuer->mutex);
    size_t earlier = register_count(&issuer->ca.issued, work->order.factory.id);
    work->registered = issuer->ca.issued.count;
    pthread_mutex_unlock(&issuer->mutex);
    if (!factory_order_follow(&work->order.factory, earlier, work->failure))
        return false;
    return factory_personalize(work->link, &work->order.factory, &authority, &channel, work->crypto,
                               work->failure);
}

static bool make(struct work *work) {
    bool blank = work->blank;
    work->blank = false; // only a first try finds it so
    work->begun = !blank && empty_card(work);
    work->version = work->issuer->master.version;
    return (blank || work->begun) && personalize(work);
}

// ---- verifying ---------------------------------------------------------------------------------

/// Purse and ticket store show the same one; aid is of one that the card has.
static bool read_certificate(struct link *link, const uint8_t aid[AID_TESSERA_SIZE],
                             uint8_t *answer, size_t capacity, struct bytes *certificate,
                             struct failure *failure) {
    uint8_t select[5 + AID_TESSERA_SIZE + 1] = {0x00, 0xA4, 0x04, 0x00, AID_TESSERA_SIZE};
    static const uint8_t get[] = {0x80, 0xCA, 0x7F, 0x21, 0x00};
    uint16_t sw = 0;
    memcpy(select + 5, aid, AID_TESSERA_SIZE);
    if (!work_ask(link, BYTES_OF(select), answer, capacity, certificate, &sw, failure))
        return false;
    if (sw == SW_OK && !work_ask(link, BYTES_OF(get), answer, capacity, certificate, &sw, failure))
        return false;
    return sw == SW_OK ||
           fail(failure, EXIT_REFUSED, "%s: the card shows no certificate (%04X)", link->name, sw);
}

static bool is_registered(const struct ca *ca, const char *id, const uint8_t *digest) {
    size_t index = register_find_valid(&ca->issued, id, ca->today);
    return index < ca->issued.count &&
           memcmp(ca->issued.entries[index].digest, digest, CERTIFICATE_DIGEST_SIZE) == 0;
}

static bool check_keys(struct work *work) {
    struct gp_session session;
    if (!open_domain(work, &session))
        return false;
    bool own = session.card.version == work->issuer->master.version;
    gp_close(&session);
    return own || fail(work->failure, EXIT_REFUSED, "%s: the card still has the published keys",
                       work->link->name);
}

static bool verify(struct work *work) {
    uint8_t answer[ANSWER_MAX], digest[CERTIFICATE_DIGEST_SIZE];
    const char *id = work->order.row.fields[COLUMN_ID];
    struct bytes octets;
    struct certificate certificate;
    bool home = (work->issuer->profile->roles & ROLE_PURSES) == 0;
    if (!read_certificate(work->link, home ? tickets_aid : purse_aid, answer, sizeof answer,
                          &octets, work->failure))
        return false;
    if (certificate_parse(octets, &certificate) != CERTIFICATE_OK ||
        !bytes_equal(certificate.holder, bytes_of_string(id)) ||
        !certificate_digest(work->crypto, octets, digest) ||
        memcmp(digest, work->recorded, sizeof digest) != 0 ||
        !is_registered(&work->issuer->ca, id, digest))
        return fail(work->failure, EXIT_REFUSED,
                    "%s: the certificate is not the one registered for %s", work->link->name, id);
    return check_keys(work);
}

const struct card_kind kind_tessera = {
    .name = "tessera-os",
    .identify = identify,
    .is_blank = is_blank,
    .make = make,
    .verify = verify,
};
