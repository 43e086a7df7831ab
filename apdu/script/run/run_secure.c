// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/run/run_secure.h"

#include <string.h>

enum { INITIALIZE_UPDATE_MIN = 10 + 3 + 8 + 8 };

static enum flow refuse(struct runner *runner, const struct statement *statement,
                        enum script_outcome outcome, const char *message) {
    return runner_fail(runner, outcome, &statement->at, message, NULL);
}

static const struct argument *find(const struct statement *statement, const char *name) {
    for (const struct argument *at = statement->arguments; at != NULL; at = at->next)
        if (bytes_equal(at->name, bytes_of_string(name)))
            return at;
    return NULL;
}

/// One octet of hex: kv=01, level=33, s16=01.
static bool octet(struct runner *runner, const struct statement *statement, const char *name,
                  uint8_t *value) {
    const struct argument *argument = find(statement, name);
    struct buffer octets;
    if (argument == NULL)
        return true;
    buffer_init(&octets, runner->ports->memory);
    bool ok = argument->value != NULL &&
              evaluate_octets(&runner->evaluation, argument->value, &octets) && octets.size == 1;
    if (ok)
        *value = octets.data[0];
    buffer_free(&octets);
    return ok;
}

static bool keys_from_octets(struct bytes octets, struct scp03_keys *keys) {
    size_t size = octets.size > SCP03_KEY_MAX ? octets.size / 3 : octets.size;
    bool single = octets.size <= SCP03_KEY_MAX;
    if ((size != 16 && size != 24 && size != 32) || (!single && octets.size != 3 * size))
        return false;
    keys->size = (uint8_t)size;
    memcpy(keys->enc, octets.data, size);
    memcpy(keys->mac, octets.data + (single ? 0 : size), size);
    memcpy(keys->dek, octets.data + (single ? 0 : 2 * size), size);
    return true;
}

static bool take_keys(struct runner *runner, const struct statement *statement,
                      struct scp03_keys *keys) {
    const struct argument *argument = find(statement, "keys");
    const struct script_keys *source = runner->options->keys;
    struct buffer octets;
    if (argument == NULL)
        return false;
    if (argument->value == NULL)
        return source != NULL && source->find(source, argument->reference, keys);
    buffer_init(&octets, runner->ports->memory);
    bool ok = evaluate_octets(&runner->evaluation, argument->value, &octets) &&
              keys_from_octets(buffer_bytes(&octets), keys);
    buffer_free(&octets);
    return ok;
}

/// Each step answers whether the next one may follow. A failure that the script goes on after opens
/// no channel all the same: what stands in the block was never meant for a card without one.
struct opening {
    enum flow flow; // how the script goes on when a step failed
    uint8_t key_version, level, s16;
    uint8_t i; // of SCP02, whose cards do not tell it
    struct scp03_keys keys;
    uint8_t host_challenge[SCP03_SIZE_MAX];
    struct secure_channel *channel;
    struct scp03 *session;
};

static bool fails(struct opening *opening, struct runner *runner, const struct statement *statement,
                  enum script_outcome outcome, const char *message) {
    opening->flow = refuse(runner, statement, outcome, message);
    return false;
}

static bool ask(struct opening *opening, struct runner *runner, const struct statement *statement,
                struct bytes command) {
    opening->flow = run_raw(runner, statement, command);
    return opening->flow == FLOW_ON && runner->answered;
}

static bool initialize_update(struct runner *runner, const struct statement *statement,
                              struct opening *opening) {
    const struct crypto *crypto = runner->ports->crypto;
    size_t size = opening->s16 != 0 ? SCP03_SIZE_S16 : SCP03_SIZE_S8;
    uint8_t command[5 + SCP03_SIZE_MAX + 1] = {0x80, 0x50, opening->key_version, 0x00,
                                               (uint8_t)size};
    uint8_t cryptogram[SCP03_SIZE_MAX];
    script_random_fill(&runner->evaluation.random, opening->host_challenge, size);
    memcpy(command + 5, opening->host_challenge, size);
    if (!ask(opening, runner, statement, bytes_of(command, 5 + size + 1)))
        return false;
    struct bytes data = runner_answer_data(runner);
    if (runner_answer_sw(runner) != SW_OK || data.size < 13 + 2 * size)
        return fails(opening, runner, statement, OUTCOME_FAILED,
                     "the card refuses INITIALIZE UPDATE, or its answer is too short for SCP03");
    if (data.data[11] != 0x03)
        return fails(opening, runner, statement, OUTCOME_FAILED,
                     "the card's key set is not one of SCP03 (octet 12 of its answer is not 03)");
    uint8_t i = data.data[12];
    if (!scp03_level_is_valid(i, opening->level))
        return fails(opening, runner, statement, OUTCOME_ERROR,
                     "this card's SCP03 does not offer the level asked for");
    if (!scp03_derive(opening->session, crypto, &opening->keys, i, opening->host_challenge,
                      data.data + 13) ||
        opening->session->mac_size != size ||
        !scp03_card_cryptogram(opening->session, crypto, cryptogram) ||
        !bytes_equal_secret(cryptogram, data.data + 13 + size, size))
        return fails(opening, runner, statement, OUTCOME_FAILED,
                     "the card's cryptogram is wrong: other keys, key version or challenge size");
    return true;
}

static bool external_authenticate(struct runner *runner, const struct statement *statement,
                                  struct opening *opening) {
    const struct crypto *crypto = runner->ports->crypto;
    struct scp03 *session = opening->session;
    uint8_t cryptogram[SCP03_SIZE_MAX], buffer[64], wire[64];
    struct apdu_command wrapped,
        plain = {.cla = 0x80, .ins = 0x82, .p1 = opening->level, .p2 = 0x00};
    if (!scp03_host_cryptogram(session, crypto, cryptogram))
        return fails(opening, runner, statement, OUTCOME_ERROR, "the cryptography fails");
    plain.data = bytes_of(cryptogram, session->mac_size);
    if (!scp03_wrap_command(session, crypto, &plain, buffer, sizeof buffer, &wrapped))
        return fails(opening, runner, statement, OUTCOME_ERROR, "the cryptography fails");
    size_t size = apdu_command_encode(&wrapped, wire, sizeof wire);
    if (!ask(opening, runner, statement, bytes_of(wire, size)))
        return false;
    if (runner_answer_sw(runner) != SW_OK)
        return fails(opening, runner, statement, OUTCOME_FAILED,
                     "the card refuses EXTERNAL AUTHENTICATE");
    session->level = opening->level;
    return true;
}

// ---- SCP02 -------------------------------------------------------------------------------------

static bool initialize_scp02(struct runner *runner, const struct statement *statement,
                             struct opening *opening) {
    enum { BEFORE = 10 + 2, WHOLE = BEFORE + SCP02_CARD_SIZE + SCP02_CRYPTOGRAM_SIZE };
    const struct crypto *crypto = runner->ports->crypto;
    struct scp02 *session = &opening->channel->older;
    uint8_t command[5 + SCP02_CHALLENGE_SIZE + 1] = {0x80, 0x50, opening->key_version, 0x00,
                                                     SCP02_CHALLENGE_SIZE};
    uint8_t cryptogram[SCP02_CRYPTOGRAM_SIZE];
    script_random_fill(&runner->evaluation.random, opening->host_challenge, SCP02_CHALLENGE_SIZE);
    memcpy(command + 5, opening->host_challenge, SCP02_CHALLENGE_SIZE);
    if (!ask(opening, runner, statement, BYTES_OF(command)))
        return false;
    struct bytes data = runner_answer_data(runner);
    if (runner_answer_sw(runner) != SW_OK || data.size != WHOLE || data.data[11] != 0x02)
        return fails(opening, runner, statement, OUTCOME_FAILED,
                     "the card refuses INITIALIZE UPDATE, or its answer is none of SCP02");
    if (!scp02_derive(session, crypto, &opening->keys, opening->i, opening->host_challenge,
                      data.data + BEFORE))
        return fails(opening, runner, statement, OUTCOME_ERROR,
                     "SCP02 has keys of 16 octets, and is spoken here with explicit initiation and "
                     "C-MAC over the modified APDU (i=15, 05 and the like)");
    if (!scp02_card_cryptogram(session, crypto, cryptogram) ||
        !bytes_equal_secret(cryptogram, data.data + BEFORE + SCP02_CARD_SIZE, sizeof cryptogram))
        return fails(opening, runner, statement, OUTCOME_FAILED,
                     "the card's cryptogram is wrong: other keys or key version");
    return true;
}

static bool authenticate_scp02(struct runner *runner, const struct statement *statement,
                               struct opening *opening) {
    struct scp02 *session = &opening->channel->older;
    uint8_t cryptogram[SCP02_CRYPTOGRAM_SIZE], buffer[512], wire[64];
    struct apdu_command wrapped, plain = {.cla = 0x80, .ins = 0x82, .p1 = opening->level};
    plain.data = BYTES_OF(cryptogram);
    if (opening->level != 0 && opening->level != 1 && opening->level != 3)
        return fails(opening, runner, statement, OUTCOME_ERROR, "SCP02 has levels 00, 01 and 03");
    if (!scp02_host_cryptogram(session, runner->ports->crypto, cryptogram) ||
        !scp02_wrap_command(session, runner->ports->crypto, &plain, buffer, sizeof buffer,
                            &wrapped))
        return fails(opening, runner, statement, OUTCOME_ERROR, "the cryptography fails");
    size_t size = apdu_command_encode(&wrapped, wire, sizeof wire);
    if (!ask(opening, runner, statement, bytes_of(wire, size)))
        return false;
    if (runner_answer_sw(runner) != SW_OK)
        return fails(opening, runner, statement, OUTCOME_FAILED,
                     "the card refuses EXTERNAL AUTHENTICATE");
    session->level = opening->level;
    return true;
}

static bool open_channel(struct opening *opening, struct runner *runner,
                         const struct statement *statement) {
    if (runner->ports->crypto == NULL)
        return fails(opening, runner, statement, OUTCOME_ERROR, "no cryptography is at hand");
    if (!octet(runner, statement, "kv", &opening->key_version) ||
        !octet(runner, statement, "level", &opening->level) ||
        !octet(runner, statement, "s16", &opening->s16) ||
        !octet(runner, statement, "i", &opening->i))
        return fails(opening, runner, statement, OUTCOME_ERROR,
                     "kv, level, s16 and i are one octet each, as in level=33");
    if (!take_keys(runner, statement, &opening->keys))
        return fails(opening, runner, statement, OUTCOME_ERROR,
                     "no keys: keys=@NAME with --keys NAME=FILE, or keys=OCTETS (16, 24 or 32 "
                     "for all, or three times as many for ENC, MAC, DEK)");
    if (opening->channel->scp02)
        return initialize_scp02(runner, statement, opening) &&
               authenticate_scp02(runner, statement, opening);
    return initialize_update(runner, statement, opening) &&
           external_authenticate(runner, statement, opening);
}

enum flow run_within(struct runner *runner, const struct statement *statement) {
    struct secure_channel channel = {.card = runner->card}, *outer = runner->secure;
    channel.scp02 = bytes_equal(statement->name, bytes_of_string("scp02"));
    if (!channel.scp02 && !bytes_equal(statement->name, bytes_of_string("scp03")))
        return refuse(runner, statement, OUTCOME_ERROR,
                      "the secure channels known here are scp03 and scp02");
    struct opening opening = {.level = channel.scp02 ? 0x03 : 0x33,
                              .i = SCP02_USUAL_I,
                              .channel = &channel,
                              .session = &channel.session};
    runner->secure = NULL; // the opening itself goes in clear
    bool open = runner->options->dry_run || open_channel(&opening, runner, statement);
    bytes_erase(&opening.keys, sizeof opening.keys);
    runner->secure = &channel;
    enum flow flow = open ? run_block(runner, statement->body) : opening.flow;
    runner->secure = outer;
    scp03_close(&channel.session);
    scp02_close(&channel.older);
    return flow;
}

enum flow secure_wrap(struct runner *runner, const struct statement *statement,
                      struct bytes *wire) {
    struct apdu_command plain, wrapped;
    uint8_t buffer[SCP03_DATA_MAX + 64];
    struct secure_channel *channel = runner->secure;
    const struct crypto *crypto = runner->ports->crypto;
    bool done = apdu_command_parse(*wire, &plain) &&
                (channel->scp02 ? scp02_wrap_command(&channel->older, crypto, &plain, buffer,
                                                     sizeof buffer, &wrapped)
                                : scp03_wrap_command(&channel->session, crypto, &plain, buffer,
                                                     sizeof buffer, &wrapped));
    if (!done)
        return refuse(runner, statement, OUTCOME_ERROR,
                      "the command cannot be protected: its lengths are wrong, or it is too long");
    buffer_clear(&runner->wire);
    uint8_t *at = buffer_extend(&runner->wire, APDU_SHORT_COMMAND_MAX + SCP03_DATA_MAX);
    if (at == NULL)
        return refuse(runner, statement, OUTCOME_ERROR, "out of memory");
    runner->wire.size = apdu_command_encode(&wrapped, at, runner->wire.size);
    bytes_erase(buffer, sizeof buffer);
    *wire = buffer_bytes(&runner->wire);
    return FLOW_ON;
}

enum flow secure_unwrap(struct runner *runner, const struct statement *statement) {
    size_t size = runner->answer_size - 2;
    uint16_t sw = runner_answer_sw(runner);
    if (runner->secure->scp02) // its answers are protected at no level that is spoken here
        return FLOW_ON;
    if (!scp03_unwrap_response(&runner->secure->session, runner->ports->crypto, runner->answer,
                               &size, sw))
        return refuse(runner, statement, OUTCOME_FAILED,
                      "the answer's protection is wrong (R-MAC or padding)");
    bytes_put_be(runner->answer + size, 2, sw);
    runner->answer_size = size + 2;
    return FLOW_ON;
}
