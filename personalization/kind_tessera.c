// SPDX-License-Identifier: Apache-2.0
// Cards with our own operating system: recognised by the ATR, emptied, and made into a purse with
// identity and tag through SCP03 (bench.h). docs/personalization.md, One card.
#include "apdu/status.h"
#include "apdu/tlv.h"
#include "personalization/chip.h"

#include <string.h>

enum { ANSWER_MAX = 512 };

static const uint8_t purse_aid[] = AID_PURSE;

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
                     uint8_t serial[JOB_SERIAL_SIZE], struct failure *failure) {
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
    if (sw != SW_OK || !tlv_find(data, 0x45, &value) || value.value.size != JOB_SERIAL_SIZE)
        return fail(failure, EXIT_REFUSED, "%s: the card does not tell its serial (%04X)",
                    link->name, sw);
    memcpy(serial, value.value.data, JOB_SERIAL_SIZE);
    return protects_answers(link, failure);
}

// ---- keys --------------------------------------------------------------------------------------

/// The identity's management key follows from the master key as the domain's keys do, so that it
/// can be found again; its check value goes into the report.
static bool derive_management(struct work *work, const struct gp_card *card) {
    struct piv_order *identity = &work->order.identity;
    struct job_office *office = work->office;
    if (work->order.bench.identity == NULL)
        return true;
    identity->management_size = office->master.size;
    pthread_mutex_lock(&office->mutex);
    bool done = master_key_derive_one(&office->master, card->diversification, MASTER_KEY_PIV_NUMBER,
                                      identity->management_key, work->failure);
    pthread_mutex_unlock(&office->mutex);
    work->has_kcv =
        done && scp03_kcv(work->crypto,
                          bytes_of(identity->management_key, identity->management_size), work->kcv);
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
    if (card->version == work->office->master.version) {
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

/// Deletes whatever applications are there, keys included.
static bool empty_card(struct work *work) {
    static const uint8_t piv[] = {0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00};
    static const uint8_t ndef[] = {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01};
    const struct bytes aids[] = {BYTES_OF(purse_aid), BYTES_OF(piv), BYTES_OF(ndef)};
    struct gp_session session;
    if (!open_domain(work, &session))
        return false;
    bool done = true;
    for (size_t i = 0; done && i < sizeof aids / sizeof aids[0]; i++) {
        enum gp_status status = gp_delete(&session, aids[i]);
        bool absent = status == GP_REFUSED && session.sw == SW_REFERENCE_NOT_FOUND;
        done = status == GP_OK || absent;
    }
    gp_close(&session);
    return done || fail(work->failure, EXIT_REFUSED, "%s: cannot empty the half-made card",
                        work->link->name);
}

// ---- certificates ------------------------------------------------------------------------------

/// A certificate that an earlier run of this very row took out belongs to keys that are gone.
static bool clear_id(struct work *work, struct failure *failure) {
    struct ca *ca = &work->office->ca;
    const char *id = work->order.bench.id;
    size_t revoked = 0;
    if (register_find_valid(&ca->issued, id, ca->today) == ca->issued.count)
        return true;
    return work->resumed ? ca_revoke(ca, id, &revoked, failure)
                         : fail(failure, EXIT_REFUSED, "%s has a valid certificate already", id);
}

static bool certify(void *context, const struct bench_request *request, uint8_t *out,
                    size_t capacity, size_t *size, struct failure *failure) {
    struct work *work = context;
    struct job_office *office = work->office;
    struct bench_authority authority = bench_from_ca(&office->ca);
    struct bench_request bound = *request;
    bound.chip = office->job->rows[work->row].serial;
    pthread_mutex_lock(&office->mutex);
    bool done = clear_id(work, failure) &&
                authority.certify(authority.context, &bound, out, capacity, size, failure);
    pthread_mutex_unlock(&office->mutex);
    return done && (certificate_digest(work->crypto, bytes_of(out, *size), work->digest) ||
                    fail(failure, EXIT_REFUSED, "cannot hash the certificate"));
}

static bool certify_identity(void *context, const struct piv_request *request, uint8_t *der,
                             size_t capacity, size_t *size, uint32_t *until,
                             struct failure *failure) {
    struct work *work = context;
    struct job_office *office = work->office;
    struct piv_authority authority = piv_from_ca(&office->ca);
    pthread_mutex_lock(&office->mutex);
    bool done = authority.certify(authority.context, request, der, capacity, size, until, failure);
    pthread_mutex_unlock(&office->mutex);
    return done;
}

// ---- making ------------------------------------------------------------------------------------

static bool personalize(struct work *work) {
    struct job_office *office = work->office;
    struct bench_channel channel = {.keys = keys_of,
                                    .context = work,
                                    .new_keys = &work->own,
                                    .new_version = office->master.version};
    struct bench_authority authority = bench_from_ca(&office->ca);
    authority.context = work;
    authority.certify = certify;
    authority.identity = (struct piv_authority){work, certify_identity};
    pthread_mutex_lock(&office->mutex);
    size_t earlier = register_count(&office->ca.issued, work->order.bench.id);
    pthread_mutex_unlock(&office->mutex);
    if (!bench_order_follow(&work->order.bench, earlier, work->failure))
        return false;
    return bench_personalize(work->link, &work->order.bench, &authority, &channel, work->crypto,
                             work->failure);
}

static bool make(struct work *work) {
    work->begun = empty_card(work);
    work->version = work->office->master.version;
    return work->begun && personalize(work);
}

// ---- verifying ---------------------------------------------------------------------------------

static bool read_certificate(struct link *link, uint8_t *answer, size_t capacity,
                             struct bytes *certificate, struct failure *failure) {
    uint8_t select[5 + sizeof purse_aid + 1] = {0x00, 0xA4, 0x04, 0x00, sizeof purse_aid};
    static const uint8_t get[] = {0x80, 0xCA, 0x7F, 0x21, 0x00};
    uint16_t sw = 0;
    memcpy(select + 5, purse_aid, sizeof purse_aid);
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
    bool own = session.card.version == work->office->master.version;
    gp_close(&session);
    return own || fail(work->failure, EXIT_REFUSED, "%s: the card still has the published keys",
                       work->link->name);
}

static bool verify(struct work *work) {
    uint8_t answer[ANSWER_MAX], digest[CERTIFICATE_DIGEST_SIZE];
    const char *id = work->order.row.fields[COLUMN_ID];
    struct bytes octets;
    struct certificate certificate;
    if (!read_certificate(work->link, answer, sizeof answer, &octets, work->failure))
        return false;
    if (certificate_parse(octets, &certificate) != CERTIFICATE_OK ||
        !bytes_equal(certificate.holder, bytes_of_string(id)) ||
        !certificate_digest(work->crypto, octets, digest) ||
        memcmp(digest, work->office->job->rows[work->row].digest, sizeof digest) != 0 ||
        !is_registered(&work->office->ca, id, digest))
        return fail(work->failure, EXIT_REFUSED,
                    "%s: the certificate is not the one registered for %s", work->link->name, id);
    return check_keys(work);
}

const struct card_kind kind_tessera = {
    .name = "tessera-os",
    .identify = identify,
    .make = make,
    .verify = verify,
};
