// SPDX-License-Identifier: Apache-2.0
// Opening a session and sending through it. The managing commands stand in gp_manage.c.
#include "personalization/gp_session.h"

#include "apdu/status.h"

#include <string.h>

enum { COMMAND_ROOM = SCP03_DATA_MAX + 64 };

// ---- single commands -------------------------------------------------------------------------

static enum gp_status fail(struct gp_session *session, enum gp_status status) {
    bytes_erase(&session->channel, sizeof session->channel);
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
    if (session->at_bench)
        return send_plain(session, command);
    if (!scp03_wrap_command(&session->channel, session->crypto, command, buffer, sizeof buffer,
                            &wrapped))
        return fail(session, GP_BAD_ANSWER);
    wrapped.le = APDU_SHORT_LE_MAX;
    enum gp_status status = transmit(session, &wrapped);
    bytes_erase(buffer, sizeof buffer);
    if (status != GP_OK)
        return fail(session, status);
    if (!scp03_unwrap_response(&session->channel, session->crypto, session->answer,
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

// Answer: diversification data, version, protocol, i, challenge, cryptogram[, counter].
static enum gp_status read_update(struct gp_session *session, size_t size) {
    const uint8_t *answer = session->answer;
    struct gp_card *card = &session->card;
    if (session->answer_size < GP_DIVERSIFICATION_SIZE + 3)
        return GP_BAD_ANSWER;
    memcpy(card->diversification, answer, GP_DIVERSIFICATION_SIZE);
    card->version = answer[GP_DIVERSIFICATION_SIZE];
    card->protocol = answer[GP_DIVERSIFICATION_SIZE + 1];
    card->i = answer[GP_DIVERSIFICATION_SIZE + 2];
    if (card->protocol != 0x03)
        return GP_NOT_SCP03;
    size_t counter = (card->i & SCP03_PSEUDO_RANDOM) != 0 ? 3 : 0;
    bool whole = session->answer_size == GP_DIVERSIFICATION_SIZE + 3 + 2 * size + counter;
    return whole ? GP_OK : GP_BAD_ANSWER;
}

static enum gp_status derive(struct gp_session *session, const uint8_t *challenge, gp_keys keys,
                             void *context) {
    struct scp03_keys found = {0};
    uint8_t wanted[SCP03_SIZE_MAX];
    const uint8_t *given = session->answer + GP_DIVERSIFICATION_SIZE + 3;
    enum gp_status status = GP_UNKNOWN_KEYS;
    if (!keys(context, &session->card, &found, &session->reason))
        goto done;
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

static enum gp_status authenticate(struct gp_session *session, uint8_t level) {
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

enum gp_status gp_open(struct gp_session *session, struct link *link, const struct crypto *crypto,
                       struct bytes aid, uint8_t version, uint8_t level, gp_keys keys,
                       void *context) {
    uint8_t challenge[SCP03_SIZE_MAX];
    *session = (struct gp_session){.link = link, .crypto = crypto};
    if (!crypto->ops->random(crypto, challenge, sizeof challenge))
        return GP_BAD_ANSWER;
    enum gp_status status = select_domain(session, aid);
    if (status == GP_OK)
        status = challenge_card(session, version, challenge);
    if (status == GP_OK)
        status = derive(session, challenge, keys, context);
    if (status == GP_OK)
        status = authenticate(session, level);
    return status == GP_OK ? GP_OK : fail(session, status);
}

enum gp_status gp_open_bench(struct gp_session *session, struct link *link,
                             const struct crypto *crypto) {
    *session = (struct gp_session){
        .link = link, .crypto = crypto, .at_bench = true, .dek_size = AES_BLOCK_SIZE};
    for (uint8_t i = 0; i < AES_BLOCK_SIZE; i++)
        session->dek[i] = (uint8_t)(0x40 + i); // the published key of a blank card
    return select_domain(session, (struct bytes){0});
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
    bytes_erase(&session->channel, sizeof session->channel);
    bytes_erase(session->dek, sizeof session->dek);
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
    return texts[status];
}
