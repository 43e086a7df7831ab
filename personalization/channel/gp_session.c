// SPDX-License-Identifier: Apache-2.0
// Opening a session and sending through it. The managing commands stand in gp_manage.c.
#include "personalization/channel/gp_session.h"

#include "apdu/octets/status.h"
#include "apdu/octets/tlv.h"
#include "base/must.h"

#include <string.h>

enum { COMMAND_ROOM = SCP03_DATA_MAX + 64, SCP02 = 0x02, SCP03 = 0x03 };

// ---- single commands -------------------------------------------------------------------------

/// Ends the session: from here on nothing is sent, least of all in the clear.
static enum gp_status fail(struct gp_session *session, enum gp_status status) {
    session->stands = false;
    bytes_erase(&session->channel, sizeof session->channel);
    bytes_erase(&session->older, sizeof session->older);
    return status;
}

static enum gp_status transmit(struct gp_session *session, const struct apdu_command *command) {
    struct apdu_response response;
    session->link_status = exchange(session->link, command, session->answer, sizeof session->answer,
                                    &response, &session->count);
    if (session->link_status != LINK_OK)
        return GP_LINK;
    session->sw = response.sw;
    session->answer_size = response.data.size;
    if (response.data.size > 0)
        memmove(session->answer, response.data.data, response.data.size);
    return GP_OK;
}

static enum gp_status judge(const struct gp_session *session) {
    return session->sw == SW_OK ? GP_OK : GP_REFUSED;
}

static enum gp_status send_plain(struct gp_session *session, const struct apdu_command *command) {
    enum gp_status status = transmit(session, command);
    return status == GP_OK ? judge(session) : status;
}

enum gp_status gp_send(struct gp_session *session, const struct apdu_command *command) {
    uint8_t buffer[COMMAND_ROOM];
    struct apdu_command wrapped;
    bool scp02 = session->card.protocol == SCP02;
    if (!session->stands)
        return GP_BAD_ANSWER;
    if (session->at_factory || (scp02 ? session->older.level : session->channel.level) == 0)
        return send_plain(session, command);
    bool done = scp02 ? scp02_wrap_command(&session->older, session->crypto, command, buffer,
                                           sizeof buffer, &wrapped)
                      : scp03_wrap_command(&session->channel, session->crypto, command, buffer,
                                           sizeof buffer, &wrapped);
    if (!done)
        return fail(session, GP_BAD_ANSWER);
    wrapped.le = APDU_SHORT_LE_MAX;
    enum gp_status status = transmit(session, &wrapped);
    bytes_erase(buffer, sizeof buffer);
    if (status != GP_OK)
        return fail(session, status);
    if (!scp02 && !scp03_unwrap_response(&session->channel, session->crypto, session->answer,
                                         &session->answer_size, session->sw))
        return fail(session, GP_BAD_ANSWER);
    return judge(session);
}

// ---- opening -----------------------------------------------------------------------------------

static enum gp_status select_domain(struct gp_session *session, struct bytes aid) {
    struct apdu_command command = {.ins = 0xA4, .p1 = 0x04, .data = aid, .le = APDU_SHORT_LE_MAX};
    enum gp_status status = transmit(session, &command);
    if (status != GP_OK || session->sw == SW_OK || session->sw == SW_FILE_INVALIDATED)
        return status;
    return GP_REFUSED;
}

static enum gp_status update(struct gp_session *session, uint8_t version, const uint8_t *challenge,
                             size_t size) {
    struct apdu_command command = {.cla = 0x80,
                                   .ins = 0x50,
                                   .p1 = version,
                                   .data = bytes_of(challenge, size),
                                   .le = APDU_SHORT_LE_MAX};
    return send_plain(session, &command);
}

// SCP02 does not tell its i when it opens: card recognition data (66, 73, 64) does, or nobody.
static enum gp_status read_option(struct gp_session *session) {
    static const uint8_t scp02[] = {0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x04, 0x02};
    struct apdu_command get = {.cla = 0x80, .ins = 0xCA, .p2 = 0x66, .le = APDU_SHORT_LE_MAX};
    enum gp_status status = transmit(session, &get);
    struct tlv outer, inner, scheme, oid;
    struct bytes answer = bytes_of(session->answer, session->answer_size);
    session->card.i = SCP02_USUAL_I;
    if (status != GP_OK || session->sw != SW_OK || !tlv_find(answer, 0x66, &outer) ||
        !tlv_find(outer.value, 0x73, &inner))
        return status;
    struct bytes rest = inner.value;
    while (tlv_next(&rest, &scheme))
        if (scheme.tag == 0x64 && tlv_find(scheme.value, 0x06, &oid) &&
            oid.value.size == sizeof scp02 + 1 && memcmp(oid.value.data, scp02, sizeof scp02) == 0)
            session->card.i = oid.value.data[sizeof scp02];
    return status;
}

// Answer: diversification data, version, protocol, i, challenge, cryptogram[, counter].
static enum gp_status read_update(struct gp_session *session, size_t size) {
    const uint8_t *answer = session->answer;
    struct gp_card *card = &session->card;
    if (session->answer_size < SCP03_DIVERSIFICATION_SIZE + 3)
        return GP_BAD_ANSWER;
    memcpy(card->diversification, answer, SCP03_DIVERSIFICATION_SIZE);
    card->version = answer[SCP03_DIVERSIFICATION_SIZE];
    card->protocol = answer[SCP03_DIVERSIFICATION_SIZE + 1];
    if (card->protocol == SCP02 && session->may_scp02) {
        size_t whole = SCP03_DIVERSIFICATION_SIZE + 2 + SCP02_CARD_SIZE + SCP02_CRYPTOGRAM_SIZE;
        if (!scp02_is_known(card->i))
            session->reason = "its SCP02 has a parameter i that is not spoken here (explicit "
                              "initiation and C-MAC over the modified APDU are)";
        return !scp02_is_known(card->i)        ? GP_NOT_SCP03
               : session->answer_size == whole ? GP_OK
                                               : GP_BAD_ANSWER;
    }
    card->i = answer[SCP03_DIVERSIFICATION_SIZE + 2];
    if (card->protocol != SCP03)
        return GP_NOT_SCP03;
    size_t counter = (card->i & SCP03_PSEUDO_RANDOM) != 0 ? 3 : 0;
    bool whole = session->answer_size == SCP03_DIVERSIFICATION_SIZE + 3 + 2 * size + counter;
    return whole ? GP_OK : GP_BAD_ANSWER;
}

static enum gp_status derive_scp02(struct gp_session *session, const uint8_t *challenge,
                                   const struct scp03_keys *keys) {
    uint8_t wanted[SCP02_CRYPTOGRAM_SIZE];
    const uint8_t *given = session->answer + SCP03_DIVERSIFICATION_SIZE + 2;
    if (keys->size != SCP02_KEY_SIZE) {
        session->reason = "SCP02 has keys of 16 octets";
        return GP_UNKNOWN_KEYS;
    }
    if (!scp02_derive(&session->older, session->crypto, keys, session->card.i, challenge, given) ||
        !scp02_card_cryptogram(&session->older, session->crypto, wanted))
        return GP_BAD_ANSWER;
    memcpy(session->dek, session->older.dek, SCP02_KEY_SIZE);
    session->dek_size = SCP02_KEY_SIZE;
    return bytes_equal_secret(wanted, given + SCP02_CARD_SIZE, sizeof wanted) ? GP_OK
                                                                              : GP_WRONG_KEYS;
}

static enum gp_status derive(struct gp_session *session, const uint8_t *challenge, gp_keys keys,
                             void *context) {
    struct scp03_keys found = {0};
    uint8_t wanted[SCP03_SIZE_MAX];
    const uint8_t *given = session->answer + SCP03_DIVERSIFICATION_SIZE + 3;
    enum gp_status status = GP_UNKNOWN_KEYS;
    if (!keys(context, &session->card, &found, &session->reason))
        goto done;
    if (session->card.protocol == SCP02) {
        status = derive_scp02(session, challenge, &found);
        goto done;
    }
    status = GP_BAD_ANSWER;
    if (!scp03_derive(&session->channel, session->crypto, &found, session->card.i, challenge,
                      given) ||
        !scp03_card_cryptogram(&session->channel, session->crypto, wanted))
        goto done;
    size_t size = session->channel.mac_size;
    status = bytes_equal_secret(wanted, given + size, size) ? GP_OK : GP_WRONG_KEYS;
    memcpy(session->dek, found.dek, found.size);
    session->dek_size = found.size;
done:
    bytes_erase(&found, sizeof found);
    return status;
}

static uint8_t highest_level(uint8_t i) {
    static const uint8_t levels[] = {0x33, 0x13, 0x03};
    size_t at = 0;
    while (at + 1 < sizeof levels && !scp03_level_is_valid(i, levels[at]))
        at++;
    return levels[at];
}

static enum gp_status authenticate_scp02(struct gp_session *session, uint8_t level) {
    enum { SCP02_HIGHEST = 0x03 };
    uint8_t cryptogram[SCP02_CRYPTOGRAM_SIZE], buffer[COMMAND_ROOM];
    struct apdu_command plain = {.cla = 0x80, .ins = 0x82}, wrapped;
    plain.p1 = level == GP_HIGHEST ? SCP02_HIGHEST : level;
    plain.data = BYTES_OF(cryptogram);
    if (plain.p1 != 0 && plain.p1 != 1 && plain.p1 != SCP02_HIGHEST) {
        session->reason = "SCP02 is spoken here at levels 00, 01 and 03";
        return GP_UNKNOWN_KEYS;
    }
    if (!scp02_host_cryptogram(&session->older, session->crypto, cryptogram) ||
        !scp02_wrap_command(&session->older, session->crypto, &plain, buffer, sizeof buffer,
                            &wrapped))
        return GP_BAD_ANSWER;
    enum gp_status status = send_plain(session, &wrapped);
    if (status == GP_OK)
        session->older.level = plain.p1;
    return status;
}

static enum gp_status authenticate(struct gp_session *session, uint8_t level) {
    if (session->card.protocol == SCP02)
        return authenticate_scp02(session, level);
    if (level == GP_HIGHEST)
        level = highest_level(session->card.i);
    uint8_t cryptogram[SCP03_SIZE_MAX], buffer[COMMAND_ROOM];
    struct apdu_command plain = {.cla = 0x80, .ins = 0x82, .p1 = level}, wrapped;
    if (!scp03_host_cryptogram(&session->channel, session->crypto, cryptogram))
        return GP_BAD_ANSWER;
    plain.data = bytes_of(cryptogram, session->channel.mac_size);
    if (!scp03_wrap_command(&session->channel, session->crypto, &plain, buffer, sizeof buffer,
                            &wrapped))
        return GP_BAD_ANSWER;
    enum gp_status status = send_plain(session, &wrapped);
    if (status == GP_OK)
        session->channel.level = level;
    return status;
}

// Whether the card speaks S8 or S16 shows only in its answer; a challenge of the wrong length is
// refused with 6700 and costs nothing, so the other length is tried then.
static enum gp_status challenge_card(struct gp_session *session, uint8_t version,
                                     const uint8_t *challenge) {
    size_t size = SCP03_SIZE_S8;
    enum gp_status status = update(session, version, challenge, size);
    if (status == GP_REFUSED && session->sw == SW_WRONG_LENGTH) {
        size = SCP03_SIZE_S16;
        status = update(session, version, challenge, size);
    }
    return status == GP_OK ? read_update(session, size) : status;
}

static enum gp_status open_domain(struct gp_session *session, struct bytes aid, uint8_t version,
                                  uint8_t level, gp_keys keys, void *context) {
    uint8_t challenge[SCP03_SIZE_MAX];
    if (!session->crypto->ops->random(session->crypto, challenge, sizeof challenge))
        return GP_BAD_ANSWER;
    enum gp_status status = select_domain(session, aid);
    if (status == GP_OK && session->may_scp02)
        status = read_option(session);
    if (status == GP_OK)
        status = challenge_card(session, version, challenge);
    if (status == GP_OK)
        status = derive(session, challenge, keys, context);
    if (status == GP_OK)
        status = authenticate(session, level);
    session->stands = status == GP_OK;
    return status == GP_OK ? GP_OK : fail(session, status);
}

enum gp_status gp_open(struct gp_session *session, struct link *link, const struct crypto *crypto,
                       struct bytes aid, uint8_t version, uint8_t level, gp_keys keys,
                       void *context) {
    *session = (struct gp_session){.link = link, .crypto = crypto};
    return open_domain(session, aid, version, level, keys, context);
}

enum gp_status gp_open_any(struct gp_session *session, struct link *link,
                           const struct crypto *crypto, struct bytes aid, uint8_t version,
                           uint8_t level, gp_keys keys, void *context) {
    *session = (struct gp_session){.link = link, .crypto = crypto, .may_scp02 = true};
    return open_domain(session, aid, version, level, keys, context);
}

enum gp_status gp_open_factory(struct gp_session *session, struct link *link,
                               const struct crypto *crypto) {
    *session = (struct gp_session){
        .link = link, .crypto = crypto, .at_factory = true, .dek_size = AES_BLOCK_SIZE};
    for (uint8_t i = 0; i < AES_BLOCK_SIZE; i++)
        session->dek[i] = (uint8_t)(0x40 + i); // the published key of a blank card
    enum gp_status status = select_domain(session, (struct bytes){0});
    session->stands = status == GP_OK;
    return status;
}

bool gp_published_keys(void *context, const struct gp_card *card, struct scp03_keys *keys,
                       const char **reason) {
    (void)context;
    if (card->version != GP_PUBLISHED_VERSION) {
        *reason = "it is not blank: its key set is not the published one";
        return false;
    }
    keys->size = AES_BLOCK_SIZE;
    for (uint8_t i = 0; i < AES_BLOCK_SIZE; i++)
        keys->enc[i] = keys->mac[i] = keys->dek[i] = (uint8_t)(0x40 + i);
    return true;
}

void gp_close(struct gp_session *session) {
    session->stands = false;
    bytes_erase(&session->channel, sizeof session->channel);
    bytes_erase(&session->older, sizeof session->older);
    bytes_erase(session->dek, sizeof session->dek);
    bytes_erase(session->held, sizeof session->held);
    session->held_size = 0;
}

const char *gp_status_text(enum gp_status status) {
    static const char *const texts[] = {
        [GP_OK] = "done",
        [GP_LINK] = "the link to the card failed",
        [GP_REFUSED] = "the card refused",
        [GP_NOT_SCP03] = "the card's security domain does not speak SCP03",
        [GP_UNKNOWN_KEYS] = "no keys are known for this card's key set",
        [GP_WRONG_KEYS] = "the card's cryptogram does not fit the keys (no attempt was spent)",
        [GP_BAD_ANSWER] = "the card's answer is malformed or its protection is wrong",
    };
    must_cover(texts, GP_STATUS_COUNT);
    return texts[status];
}
