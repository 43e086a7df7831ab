// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/run_secure.h"

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
    buffer_init(&octets, runner->world->memory);
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
    buffer_init(&octets, runner->world->memory);
    bool ok = evaluate_octets(&runner->evaluation, argument->value, &octets) &&
              keys_from_octets(buffer_bytes(&octets), keys);
    buffer_free(&octets);
    return ok;
}

struct opening {
    uint8_t key_version, level, s16;
    struct scp03_keys keys;
    uint8_t host_challenge[SCP03_SIZE_MAX];
    struct scp03 *session;
};

static enum flow initialize_update(struct runner *runner, const struct statement *statement,
                                   struct opening *opening) {
    const struct crypto *crypto = runner->world->crypto;
    size_t size = opening->s16 != 0 ? SCP03_SIZE_S16 : SCP03_SIZE_S8;
    uint8_t command[5 + SCP03_SIZE_MAX + 1] = {0x80, 0x50, opening->key_version, 0x00,
                                               (uint8_t)size};
    uint8_t cryptogram[SCP03_SIZE_MAX];
    script_random_fill(&runner->evaluation.random, opening->host_challenge, size);
    memcpy(command + 5, opening->host_challenge, size);
    enum flow flow = run_raw(runner, statement, bytes_of(command, 5 + size + 1));
    if (flow != FLOW_ON)
        return flow;
    struct bytes data = runner_answer_data(runner);
    if (runner_answer_sw(runner) != SW_OK || data.size < 13 + 2 * size)
        return refuse(runner, statement, OUTCOME_FAILED,
                      "the card refuses INITIALIZE UPDATE, or its answer is too short for SCP03");
    if (data.data[11] != 0x03)
        return refuse(runner, statement, OUTCOME_FAILED,
                      "the card's key set is not one of SCP03 (octet 12 of its answer is not 03)");
    uint8_t i = data.data[12];
    if (!scp03_level_is_valid(i, opening->level))
        return refuse(runner, statement, OUTCOME_ERROR,
                      "this card's SCP03 does not offer the level asked for");
    if (!scp03_derive(opening->session, crypto, &opening->keys, i, opening->host_challenge,
                      data.data + 13) ||
        opening->session->mac_size != size ||
        !scp03_card_cryptogram(opening->session, crypto, cryptogram) ||
        !bytes_equal_secret(cryptogram, data.data + 13 + size, size))
        return refuse(runner, statement, OUTCOME_FAILED,
                      "the card's cryptogram is wrong: other keys, key version or challenge size");
    return FLOW_ON;
}

static enum flow external_authenticate(struct runner *runner, const struct statement *statement,
                                       struct opening *opening) {
    const struct crypto *crypto = runner->world->crypto;
    struct scp03 *session = opening->session;
    uint8_t cryptogram[SCP03_SIZE_MAX], buffer[64], wire[64];
    struct apdu_command wrapped,
        plain = {.cla = 0x80, .ins = 0x82, .p1 = opening->level, .p2 = 0x00};
    if (!scp03_host_cryptogram(session, crypto, cryptogram))
        return refuse(runner, statement, OUTCOME_ERROR, "the cryptography fails");
    plain.data = bytes_of(cryptogram, session->mac_size);
    if (!scp03_wrap_command(session, crypto, &plain, buffer, sizeof buffer, &wrapped))
        return refuse(runner, statement, OUTCOME_ERROR, "the cryptography fails");
    size_t size = apdu_command_encode(&wrapped, wire, sizeof wire);
    enum flow flow = run_raw(runner, statement, bytes_of(wire, size));
    if (flow != FLOW_ON)
        return flow;
    if (runner_answer_sw(runner) != SW_OK)
        return refuse(runner, statement, OUTCOME_FAILED, "the card refuses EXTERNAL AUTHENTICATE");
    session->level = opening->level;
    return FLOW_ON;
}

static enum flow open_channel(struct runner *runner, const struct statement *statement,
                              struct scp03 *session) {
    struct opening opening = {.level = 0x33, .session = session};
    if (runner->world->crypto == NULL)
        return refuse(runner, statement, OUTCOME_ERROR, "no cryptography is at hand");
    if (!octet(runner, statement, "kv", &opening.key_version) ||
        !octet(runner, statement, "level", &opening.level) ||
        !octet(runner, statement, "s16", &opening.s16))
        return refuse(runner, statement, OUTCOME_ERROR,
                      "kv, level and s16 are one octet each, as in level=33");
    if (!take_keys(runner, statement, &opening.keys))
        return refuse(runner, statement, OUTCOME_ERROR,
                      "no keys: keys=@NAME with --keys NAME=FILE, or keys=OCTETS (16, 24 or 32 "
                      "for all, or three times as many for ENC, MAC, DEK)");
    enum flow flow = initialize_update(runner, statement, &opening);
    if (flow == FLOW_ON)
        flow = external_authenticate(runner, statement, &opening);
    bytes_erase(&opening.keys, sizeof opening.keys);
    return flow;
}

enum flow run_within(struct runner *runner, const struct statement *statement) {
    struct secure_channel channel = {.card = runner->card}, *outer = runner->secure;
    if (!bytes_equal(statement->name, bytes_of_string("scp03")))
        return refuse(runner, statement, OUTCOME_ERROR,
                      "the only secure channel known here is scp03");
    runner->secure = NULL; // the opening itself goes in clear
    enum flow flow =
        runner->options->dry_run ? FLOW_ON : open_channel(runner, statement, &channel.session);
    runner->secure = &channel;
    if (flow == FLOW_ON)
        flow = run_block(runner, statement->body);
    runner->secure = outer;
    scp03_close(&channel.session);
    return flow;
}

enum flow secure_wrap(struct runner *runner, const struct statement *statement,
                      struct bytes *wire) {
    struct apdu_command plain, wrapped;
    uint8_t buffer[SCP03_DATA_MAX + 64];
    if (!apdu_command_parse(*wire, &plain) ||
        !scp03_wrap_command(&runner->secure->session, runner->world->crypto, &plain, buffer,
                            sizeof buffer, &wrapped))
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
    if (!scp03_unwrap_response(&runner->secure->session, runner->world->crypto, runner->answer,
                               &size, sw))
        return refuse(runner, statement, OUTCOME_FAILED,
                      "the answer's protection is wrong (R-MAC or padding)");
    bytes_put_be(runner->answer + size, 2, sw);
    runner->answer_size = size + 2;
    return FLOW_ON;
}
