// SPDX-License-Identifier: Apache-2.0
// Opening and keeping the secure channel: INITIALIZE UPDATE, EXTERNAL AUTHENTICATE (Amendment
// D 7.1) and the hook by which the dispatcher unwraps commands and wraps answers. A failed
// authentication is counted before it is judged; each doubles the work before the next challenge,
// up to about half a second, and a good one clears the count: guessing gets slow, nobody gets
// locked out. Nor does it pay to use up the sequence numbers by challenges alone: beyond a block of
// them a key set is slow until PUT KEY, which goes on in the next block. No number comes twice, or
// a recorded session would come true again under the same keys.
#include "card/applets/isd/isd.h"

#include <string.h>

enum {
    DELAY_DOUBLINGS_MAX = 14,
    DELAY_UNIT = 32,
    SEQUENCE_MAX = 0x7FFFFFFF, // the last 3 octets travel
    DIVERSIFICATION_SIZE = 10,
};

struct isd_session *isd_session(const struct card_call *call) {
    return call->on_deselect;
}

uint8_t isd_option_i(const struct card_call *call) {
    uint8_t i = (uint8_t)card_read_uint(call, ISD_AT_I, 1);
    // stored inverted, so that the zeroed memory of a fresh image means the default
    return i == 0 ? ISD_OPTION_I : (uint8_t)~i;
}

void isd_close_channel(struct card_call *call) {
    bytes_erase(isd_session(call), sizeof(struct isd_session));
    call->card->secure = NULL;
    call->secure_level = 0;
}

bool isd_at_factory(const struct card_call *call) {
    return call->interface == CARD_INTERNAL && card_life_cycle(call) == CARD_OP_READY;
}

uint16_t isd_require(struct card_call *call, uint8_t level) {
    const struct isd_session *session = isd_session(call);
    if (isd_at_factory(call))
        return SW_OK;
    if (session->open && (call->secure_level & level) == level)
        return SW_OK;
    if (session->open && call->secure_level == 0)
        isd_close_channel(call);
    return SW_SECURITY_STATUS;
}

uint16_t isd_require_content(struct card_call *call, uint8_t level) {
    uint16_t sw = isd_require(call, level);
    return sw == SW_OK && card_life_cycle(call) == CARD_LOCKED ? SW_CONDITIONS : sw;
}

// ---- the dispatcher's hook -------------------------------------------------------------------

static uint16_t channel_unwrap(struct card_call *call, uint8_t *data) {
    struct isd_session *session = isd_session(call);
    uint16_t sw = scp03_unwrap_command(&session->channel, call->crypto, &call->command, data);
    if (sw != SW_OK)
        isd_close_channel(call);
    else
        call->secure_level = session->channel.level;
    return sw;
}

static bool channel_wrap(struct card_call *call, uint16_t sw) {
    bool ok = false;
    const struct isd_session *session = isd_session(call);
    if (!session->open)
        return true; // the command ended the channel: its answer is plain
    call->answer.size = scp03_wrap_response(&session->channel, call->crypto, call->answer.data,
                                            call->answer.size, call->answer.capacity, sw, &ok);
    return ok;
}

static const struct secure_channel channel = {channel_unwrap, channel_wrap};

// ---- INITIALIZE UPDATE -------------------------------------------------------------------------

static void delay(const struct card_call *call, const struct isd_key_set *set) {
    static const uint8_t nothing[AES_BLOCK_SIZE];
    uint8_t mac[AES_BLOCK_SIZE];
    uint32_t failures = (uint32_t)card_read_uint(call, ISD_AT_FAILURES, 2);
    bool slow = set->sequence >> ISD_SEQUENCES_A_BLOCK > set->block;
    bool all = failures > DELAY_DOUBLINGS_MAX || slow;
    uint32_t doublings = all ? DELAY_DOUBLINGS_MAX : failures;
    if (doublings == 0)
        return;
    for (uint32_t work = DELAY_UNIT << doublings; work > 0; work--)
        call->crypto->ops->aes_cmac(call->crypto, BYTES_OF(nothing), BYTES_OF(nothing), mac);
}

static bool draw_challenge(struct card_call *call, struct isd_key_set *set, uint8_t i,
                           uint8_t challenge[SCP03_SIZE_MAX]) {
    if ((i & SCP03_PSEUDO_RANDOM) == 0)
        return card_random(call, challenge, SCP03_SIZE_MAX);
    set->sequence++;
    return set->sequence <= SEQUENCE_MAX &&
           scp03_card_challenge(call->crypto, &set->keys, i, set->sequence,
                                bytes_of(call->instance->aid, call->instance->aid_size), challenge);
}

// Key diversification data: the chip's serial, from which the issuer derives this card's keys.
static void put_diversification(struct card_call *call) {
    uint8_t data[DIVERSIFICATION_SIZE] = {0};
    memcpy(data + 2, call->card->serial, 8);
    tlv_put_raw(&call->answer, BYTES_OF(data));
}

static uint16_t answer_update(struct card_call *call, const struct isd_key_set *set) {
    struct isd_session *session = isd_session(call);
    const struct scp03 *scp = &session->channel;
    uint8_t information[] = {set->version, 0x03, scp->i}, sequence[3];
    uint8_t cryptogram[SCP03_SIZE_MAX];
    if (!scp03_card_cryptogram(scp, call->crypto, cryptogram))
        return SW_EXECUTION_ERROR;
    put_diversification(call);
    tlv_put_raw(&call->answer, BYTES_OF(information));
    tlv_put_raw(&call->answer, bytes_of(scp->card_challenge, scp->mac_size));
    tlv_put_raw(&call->answer, bytes_of(cryptogram, scp->mac_size));
    bytes_put_be(sequence, sizeof sequence, set->sequence);
    if ((scp->i & SCP03_PSEUDO_RANDOM) != 0)
        tlv_put_raw(&call->answer, BYTES_OF(sequence));
    return SW_OK;
}

static uint16_t open_pending(struct card_call *call, size_t slot, struct isd_key_set *set) {
    struct isd_session *session = isd_session(call);
    uint8_t challenge[SCP03_SIZE_MAX], i = isd_option_i(call);
    size_t wanted = (i & SCP03_S16) != 0 ? SCP03_SIZE_S16 : SCP03_SIZE_S8;
    if (call->command.data.size != wanted)
        return SW_WRONG_LENGTH;
    if (!draw_challenge(call, set, i, challenge))
        return SW_EXECUTION_ERROR;
    isd_stage_key_set(call, slot, set);
    if (!scp03_derive(&session->channel, call->crypto, &set->keys, i, call->command.data.data,
                      challenge))
        return SW_EXECUTION_ERROR;
    uint16_t sw = answer_update(call, set);
    if (sw != SW_OK)
        return sw;
    session->pending = true;
    session->slot = (uint8_t)slot;
    return SW_OK;
}

uint16_t isd_initialize_update(struct card_call *call) {
    struct isd_key_set set;
    isd_close_channel(call);
    size_t slot = isd_find_key_set(call, call->command.p1);
    if (slot == ISD_KEY_SETS)
        return SW_REFERENCE_NOT_FOUND;
    isd_read_key_set(call, slot, &set);
    delay(call, &set);
    uint16_t sw = open_pending(call, slot, &set);
    bytes_erase(&set, sizeof set);
    if (sw != SW_OK)
        isd_close_channel(call);
    return sw;
}

// ---- EXTERNAL AUTHENTICATE ---------------------------------------------------------------------

// The failure is on record before the cryptogram is looked at.
static bool count_failure(struct card_call *call) {
    uint64_t failures = card_read_uint(call, ISD_AT_FAILURES, 2);
    if (failures < 0xFFFF)
        card_stage_uint(call, ISD_AT_FAILURES, 2, failures + 1);
    return card_commit(call);
}

static uint16_t judge(struct card_call *call) {
    struct isd_session *session = isd_session(call);
    struct apdu_command command = call->command;
    uint8_t data[2 * SCP03_SIZE_MAX], wanted[SCP03_SIZE_MAX];
    size_t size = session->channel.mac_size;
    memcpy(data, command.data.data, 2 * size);
    command.data = bytes_of(data, 2 * size);
    if (!scp03_host_cryptogram(&session->channel, call->crypto, wanted))
        return SW_EXECUTION_ERROR;
    if (!bytes_equal_secret(wanted, data, size))
        return SW_AUTHENTICATION_FAILED;
    return scp03_unwrap_command(&session->channel, call->crypto, &command, data);
}

uint16_t isd_external_authenticate(struct card_call *call) {
    struct isd_session *session = isd_session(call);
    uint8_t level = call->command.p1;
    uint16_t sw = SW_OK;
    if (!session->pending)
        sw = SW_CONDITIONS;
    else if (!scp03_level_is_valid(session->channel.i, level))
        sw = SW_WRONG_P1P2;
    else if (call->command.data.size != 2U * session->channel.mac_size)
        sw = SW_WRONG_LENGTH;
    else if (!count_failure(call))
        sw = SW_MEMORY_FAILURE;
    if (sw == SW_OK)
        sw = judge(call);
    if (sw != SW_OK) {
        isd_close_channel(call);
        return sw;
    }
    card_stage_uint(call, ISD_AT_FAILURES, 2, 0);
    session->pending = false;
    session->open = true;
    session->channel.level = level;
    call->card->secure = level != 0 ? &channel : NULL;
    return SW_OK;
}
