// SPDX-License-Identifier: Apache-2.0
// What GPShell's commands send, read in its source (1.4.3 to 3.0; docs/script-formats.md): those of
// fixed octets are written out, open_sc becomes a `within` that lasts until the next select, reset
// or open_sc. What depends on files, on session keys or on answers is refused with its line.
#include "apdu/convert/gpshell.h"

#include "base/must.h"

#include <string.h>

enum { AID_MAX = 16, DATA_MAX = 255, PROTOCOL_SCP02 = 2, PROTOCOL_SCP03 = 3 };

typedef bool take_command(struct gpshell *shell, const struct gpshell_options *options);

static bool is_word(struct bytes word, const char *wanted) { // the tool knows lower case only
    return bytes_equal(word, bytes_of_string(wanted));
}

static bool import_step(struct gpshell *shell, enum step_kind kind, struct bytes text) {
    return import_simple(shell->importer, &shell->at, kind, text, 0);
}

// ---- values ------------------------------------------------------------------------------------

/// Hex without anything between: the tool stops at the first character that is none.
static bool take_hex(const struct gpshell *shell, struct bytes text, size_t most,
                     struct buffer *out) {
    if (text.size > 0 && memchr(text.data, ':', text.size) != NULL)
        return gpshell_refuse(shell, "GPShell reads hex without colons: \"%t\"", text);
    if (!import_hex(shell->importer, &shell->at, text, out))
        return false;
    return out->size <= most || gpshell_refuse(shell, "longer than GPShell keeps: \"%t\"", text);
}

/// A number as the tool takes it, decimal or (prefixed) with 0x; at most one octet.
static bool take_number(const struct gpshell *shell, struct bytes text, bool prefixed,
                        uint8_t *value) {
    bool hex = prefixed && text.size > 2 && text.data[0] == '0' && text.data[1] == 'x';
    unsigned number = 0;
    for (size_t i = hex ? 2 : 0; i < text.size; i++) {
        int digit = hex_digit((char)text.data[i]);
        number = number * (hex ? 16 : 10) + (unsigned)digit;
        if (digit < 0 || (!hex && digit > 9) || number > 255)
            return gpshell_refuse(shell, "\"%t\" is no number of one octet", text);
    }
    *value = text.size > 0 ? (uint8_t)number : *value;
    return true;
}

/// One octet in hex.
static bool take_octet(const struct gpshell *shell, struct bytes text, uint8_t *value) {
    int high = text.size == 2 ? hex_digit((char)text.data[0]) : -1;
    int low = text.size == 2 ? hex_digit((char)text.data[1]) : -1;
    if (high < 0 || low < 0)
        return gpshell_refuse(shell, "\"%t\" is no octet of two hex digits", text);
    *value = (uint8_t)(high << 4 | low);
    return true;
}

// ---- sending -----------------------------------------------------------------------------------

bool gpshell_close(struct gpshell *shell) {
    bool open = shell->secure;
    shell->secure = false;
    return !open || import_step(shell, STEP_SECURE_END, bytes_of(NULL, 0));
}

/// In clear beside the channel: the native language cannot come back into it.
static bool leave(struct gpshell *shell) {
    shell->left |= shell->secure && shell->level != 0;
    return !shell->left || gpshell_close(shell);
}

/// The library fetches what 61xx announces, whatever the command.
static bool send(struct gpshell *shell, const struct buffer *command, const char *expect_sw) {
    return import_auto(shell->importer, &shell->at, &shell->automatic, AUTO_RESPONSE) &&
           import_command(shell->importer, &shell->at, command, expect_sw);
}

static bool send_octets(struct gpshell *shell, const char *expect_sw, struct bytes octets) {
    struct buffer command;
    buffer_init(&command, shell->importer->memory);
    buffer_put(&command, octets);
    bool ok = send(shell, &command, expect_sw);
    buffer_free(&command);
    return ok;
}

/// A command that the tool's library builds: through the channel when one is open.
static bool send_built(struct gpshell *shell, const char *expect_sw, struct bytes octets) {
    if (shell->left)
        return gpshell_refuse(shell,
                              "the channel was left by a command in clear: `within` cannot be "
                              "entered again%t",
                              bytes_of(NULL, 0));
    return send_octets(shell, expect_sw, octets);
}

static const char *wanted_sw(const struct gpshell_options *options) {
    return options->no_stop ? NULL : "9000";
}

static bool get_data(struct gpshell *shell, const struct gpshell_options *options, uint8_t p1,
                     uint8_t p2) {
    uint8_t command[] = {0x80, 0xCA, p1, p2, 0x00};
    return send_built(shell, wanted_sw(options), BYTES_OF(command));
}

static bool take_get_data(struct gpshell *shell, const struct gpshell_options *options) {
    struct bytes low = options->value[GPSHELL_IDENTIFIER];
    uint8_t p1 = 0, p2 = 0;
    if (low.size == 4) {
        if (!take_octet(shell, bytes_of(low.data, 2), &p1))
            return false;
        low = bytes_of(low.data + 2, 2);
    }
    return take_octet(shell, low, &p2) && get_data(shell, options, p1, p2);
}

static bool take_recognition(struct gpshell *shell, const struct gpshell_options *options) {
    return get_data(shell, options, 0x00, 0x66);
}

static bool take_protocol_details(struct gpshell *shell, const struct gpshell_options *options) {
    shell->knows_protocol = true;
    return take_recognition(shell, options);
}

static bool take_key_information(struct gpshell *shell, const struct gpshell_options *options) {
    uint8_t number = 0;
    return take_number(shell, options->value[GPSHELL_KEY_TEMPLATE], false, &number) &&
           get_data(shell, options, number, 0xE0);
}

/// Always in clear.
static bool take_resources(struct gpshell *shell, const struct gpshell_options *options) {
    static const uint8_t command[] = {0x80, 0xCA, 0xFF, 0x21, 0x00};
    return leave(shell) && send_octets(shell, wanted_sw(options), BYTES_OF(command));
}

/// The first command of the list: the tool asks again with P2 01 where the card says 6310.
static bool take_get_status(struct gpshell *shell, const struct gpshell_options *options) {
    struct bytes format = options->value[GPSHELL_FORMAT];
    uint8_t command[] = {0x80, 0xF2, 0x00, 0x00, 0x02, 0x4F, 0x00, 0x00};
    command[3] = shell->is_211 ? 0x02 : 0x00;
    if (shell->is_211 && !take_number(shell, format, false, &command[3]))
        return false;
    return take_octet(shell, options->value[GPSHELL_ELEMENT], &command[2]) &&
           send_built(shell, wanted_sw(options), BYTES_OF(command));
}

/// 4F and the AID behind a header; the tool goes on whatever the card says.
static bool take_delete(struct gpshell *shell, const struct gpshell_options *options) {
    struct buffer aid, command;
    buffer_init(&aid, shell->importer->memory);
    buffer_init(&command, shell->importer->memory);
    bool ok = take_hex(shell, options->value[GPSHELL_AID], AID_MAX, &aid);
    uint8_t header[] = {0x80, 0xE4, 0x00, 0x00, (uint8_t)(aid.size + 2), 0x4F, (uint8_t)aid.size};
    buffer_put(&command, BYTES_OF(header));
    buffer_put(&command, buffer_bytes(&aid));
    buffer_put_octet(&command, 0x00);
    ok = ok && send_built(shell, NULL, buffer_bytes(&command));
    buffer_free(&aid);
    buffer_free(&command);
    return ok;
}

/// Keys by version alone, unless an index is named.
static bool take_delete_key(struct gpshell *shell, const struct gpshell_options *options) {
    uint8_t version = 0, index = 0;
    bool by_index = options->value[GPSHELL_KEYIND].size > 0;
    if (!take_number(shell, options->value[GPSHELL_KEYVER], false, &version) ||
        !take_number(shell, options->value[GPSHELL_KEYIND], false, &index))
        return false;
    uint8_t by_version[] = {0x80, 0xE4, 0x00, 0x80, 0x03, 0xD2, 0x01, version, 0x00};
    uint8_t one[] = {0x80, 0xE4, 0x00, 0x80, 0x03, 0xD0, 0x01, index, 0x00};
    uint8_t both[] = {0x80, 0xE4, 0x00, 0x80, 0x06, 0xD0, 0x01, index, 0xD2, 0x01, version, 0x00};
    if (!by_index && version == 0)
        return gpshell_refuse(shell, "delete_key wants -keyver%t", bytes_of(NULL, 0));
    return send_built(shell, NULL,
                      !by_index      ? BYTES_OF(by_version)
                      : version == 0 ? BYTES_OF(one)
                                     : BYTES_OF(both));
}

static bool take_personalization(struct gpshell *shell, const struct gpshell_options *options) {
    static const uint8_t end[] = {0x00, 0x00, 0x00, 0x00};
    struct buffer aid, command;
    buffer_init(&aid, shell->importer->memory);
    buffer_init(&command, shell->importer->memory);
    bool ok = take_hex(shell, options->value[GPSHELL_AID], AID_MAX, &aid);
    uint8_t header[] = {
        0x80, 0xE6, 0x20, 0x00, (uint8_t)(aid.size + 6), 0x00, 0x00, (uint8_t)aid.size};
    buffer_put(&command, BYTES_OF(header));
    buffer_put(&command, buffer_bytes(&aid));
    buffer_put(&command, BYTES_OF(end));
    ok = ok && send_built(shell, wanted_sw(options), buffer_bytes(&command));
    buffer_free(&aid);
    buffer_free(&command);
    return ok;
}

static bool send_store_data(struct gpshell *shell, const struct gpshell_options *options,
                            uint8_t p1, uint8_t expected, struct bytes data) {
    uint8_t header[] = {0x80, 0xE2, (uint8_t)(p1 | 0x80 | (expected != 0)), 0x00,
                        (uint8_t)data.size};
    struct buffer command;
    buffer_init(&command, shell->importer->memory);
    buffer_put(&command, BYTES_OF(header));
    buffer_put(&command, data);
    if (expected != 0)
        buffer_put_octet(&command, 0x00);
    bool ok = send_built(shell, wanted_sw(options), buffer_bytes(&command));
    buffer_free(&command);
    return ok;
}

/// One block; how older versions cut longer data is not known.
static bool take_store_data(struct gpshell *shell, const struct gpshell_options *options) {
    uint8_t format = 0x02, encryption = 0, expected = 0;
    struct buffer data;
    buffer_init(&data, shell->importer->memory);
    bool ok = take_number(shell, options->value[GPSHELL_DATA_FORMAT], true, &format) &&
              take_number(shell, options->value[GPSHELL_DATA_ENCRYPTION], true, &encryption) &&
              take_number(shell, options->value[GPSHELL_DATA_EXPECTED], false, &expected) &&
              take_hex(shell, options->value[GPSHELL_DATA], DATA_MAX, &data);
    ok = ok && send_store_data(shell, options, format | encryption, expected, buffer_bytes(&data));
    buffer_free(&data);
    return ok;
}

static bool take_select(struct gpshell *shell, const struct gpshell_options *options) {
    struct bytes text = options->value[GPSHELL_AID];
    struct buffer aid, command;
    buffer_init(&aid, shell->importer->memory);
    buffer_init(&command, shell->importer->memory);
    bool ok = (text.size > 0 || gpshell_refuse(shell, "select wants -AID%t", text)) &&
              take_hex(shell, text, AID_MAX, &aid) && gpshell_close(shell);
    uint8_t header[] = {0x00, 0xA4, 0x04, 0x00, (uint8_t)aid.size};
    shell->left = false; // the tool forgets its channel here
    buffer_put(&command, BYTES_OF(header));
    buffer_put(&command, buffer_bytes(&aid));
    ok = ok && send(shell, &command, options->no_stop ? NULL : "9000|6283");
    buffer_free(&aid);
    buffer_free(&command);
    return ok;
}

static bool take_apdu(struct gpshell *shell, const struct gpshell_options *options) {
    struct bytes secured = options->value[GPSHELL_SC], text = options->value[GPSHELL_APDU];
    bool wrapped = is_word(secured, "1");
    struct buffer command;
    if (secured.size > 0 && !wrapped && !is_word(secured, "0"))
        return gpshell_refuse(shell, "-sc %t is neither 0 nor 1", secured);
    if (wrapped && !shell->secure)
        return gpshell_refuse(shell, "-sc %t, but no channel is open here: open_sc comes before",
                              secured);
    if (text.size == 0)
        return gpshell_refuse(shell, "send_apdu wants -APDU%t", text);
    buffer_init(&command, shell->importer->memory);
    bool ok = take_hex(shell, text, GPSHELL_APDU_MAX, &command) && (wrapped || leave(shell)) &&
              send(shell, &command, NULL);
    buffer_free(&command);
    return ok;
}

// ---- the channel -------------------------------------------------------------------------------

/// The tool keeps keys from one open_sc to the next.
static bool keep_keys(struct gpshell *shell, const struct gpshell_options *options) {
    for (size_t i = GPSHELL_KEY; i <= GPSHELL_KEK_KEY; i++) {
        struct gpshell_key *key = &shell->keys[i - GPSHELL_KEY];
        struct buffer octets;
        if (options->value[i].size == 0)
            continue;
        buffer_init(&octets, shell->importer->memory);
        bool ok = take_hex(shell, options->value[i], GPSHELL_KEY_MAX, &octets);
        if (ok && octets.size != 16 && octets.size != 24 && octets.size != 32)
            ok = gpshell_refuse(shell, "a key has 16, 24 or 32 octets: \"%t\"", options->value[i]);
        key->size = ok ? octets.size : 0;
        if (ok)
            memcpy(key->octets, octets.data, octets.size);
        buffer_free(&octets);
        if (!ok)
            return false;
    }
    return true;
}

static bool put_keys(struct gpshell *shell, struct buffer *out) {
    const struct gpshell_key *key = shell->keys, *enc = key + GPSHELL_ENC_KEY - GPSHELL_KEY,
                             *mac = key + GPSHELL_MAC_KEY - GPSHELL_KEY,
                             *kek = key + GPSHELL_KEK_KEY - GPSHELL_KEY;
    if (enc->size == 0 || mac->size != enc->size)
        enc = mac = kek = key;
    if (kek->size != enc->size)
        kek = mac; // nothing that is converted is encrypted under it
    if (enc->size == 0)
        return gpshell_refuse(shell, "open_sc wants -key, or -enc_key and -mac_key%t",
                              bytes_of(NULL, 0));
    buffer_format(out, "keys=%H%H%H", bytes_of(enc->octets, enc->size),
                  bytes_of(mac->octets, mac->size), bytes_of(kek->octets, kek->size));
    return true;
}

/// Which protocol: what the line says, else what the importer was told, else SCP03 with a warning.
static bool choose_protocol(struct gpshell *shell, const struct gpshell_options *options,
                            uint8_t *protocol) {
    struct bytes text = options->value[GPSHELL_SCP];
    *protocol = shell->importer->secure_protocol;
    if (!take_number(shell, text, true, protocol))
        return false;
    if (*protocol == 0 && !shell->is_211)
        return gpshell_refuse(shell,
                              "open_sc opens SCP01 here, as after mode_201; if the card speaks "
                              "another protocol, say so by --scp 02 or --scp 03%t",
                              bytes_of(NULL, 0));
    if (*protocol == 0) {
        import_report(shell->importer, SCRIPT_WARNING, &shell->at,
                      "the tool asks the card for its protocol, SCP03 is taken; --scp 02 chooses");
        *protocol = PROTOCOL_SCP03;
    }
    return *protocol == PROTOCOL_SCP02 || *protocol == PROTOCOL_SCP03 ||
           gpshell_refuse(shell, "SCP %t: only SCP02 and SCP03 can be written", text);
}

/// What would make other octets than a `within` does.
static bool is_plain(struct gpshell *shell, const struct gpshell_options *options) {
    struct bytes derivation = options->value[GPSHELL_DERIVATION];
    uint8_t index = 0;
    if (shell->derives || (derivation.size > 0 && !is_word(derivation, "none")))
        return gpshell_refuse(shell,
                              "the keys are derived from what the card answers (%t): derive them, "
                              "and write them out",
                              shell->derives ? bytes_of_string("visa2") : derivation);
    if (!take_number(shell, options->value[GPSHELL_KEYIND], false, &index))
        return false;
    return index == 0 || gpshell_refuse(shell, "-keyind %t: `within` opens key sets, not one key",
                                        options->value[GPSHELL_KEYIND]);
}

/// Without -scp and -scpimpl the tool asks for the card's data first.
static bool ask_protocol(struct gpshell *shell, const struct gpshell_options *options) {
    bool told = shell->knows_protocol ||
                (options->value[GPSHELL_SCP].size > 0 && options->value[GPSHELL_SCPIMPL].size > 0);
    return told || !shell->is_211 || get_data(shell, options, 0x00, 0x66);
}

static bool take_open(struct gpshell *shell, const struct gpshell_options *options) {
    uint8_t protocol = 0, level = 0, version = 0;
    struct buffer text;
    buffer_init(&text, shell->importer->memory);
    bool ok = is_plain(shell, options) && choose_protocol(shell, options, &protocol) &&
              take_number(shell, options->value[GPSHELL_SECURITY], false, &level) &&
              take_number(shell, options->value[GPSHELL_KEYVER], false, &version) &&
              keep_keys(shell, options) && ask_protocol(shell, options) && gpshell_close(shell) &&
              import_auto(shell->importer, &shell->at, &shell->automatic, AUTO_RESPONSE);
    buffer_format(&text, "scp%x kv=%x level=%x ", (unsigned)protocol, (unsigned)version,
                  (unsigned)level);
    ok = ok && put_keys(shell, &text) && import_step(shell, STEP_SECURE, buffer_bytes(&text));
    buffer_free(&text);
    shell->secure = ok;
    shell->left = false;
    shell->level = level;
    return ok;
}

// ---- the rest ----------------------------------------------------------------------------------

/// Over T=0 the library takes Le off and asks with GET RESPONSE; card_disconnect resets the card.
static bool take_connect(struct gpshell *shell, const struct gpshell_options *options) {
    struct bytes protocol = options->value[GPSHELL_PROTOCOL];
    if (protocol.size > 0 && !is_word(protocol, "1"))
        return gpshell_refuse(shell, "-protocol %t: over T=0 GPShell's library sends other octets",
                              protocol);
    bool first = !shell->connected, reset = first || shell->reset;
    shell->connected = true;
    shell->reset = false;
    return !reset || import_step(shell, first ? STEP_COLD_RESET : STEP_RESET, bytes_of(NULL, 0));
}

static bool take_disconnect(struct gpshell *shell, const struct gpshell_options *options) {
    (void)options;
    shell->reset = true;
    shell->left = false;
    return gpshell_close(shell);
}

static bool take_exit(struct gpshell *shell, const struct gpshell_options *options) {
    (void)options;
    shell->end = true;
    return true;
}

static bool take_mode_201(struct gpshell *shell, const struct gpshell_options *options) {
    (void)options;
    shell->is_211 = false;
    return true;
}

static bool take_mode_211(struct gpshell *shell, const struct gpshell_options *options) {
    (void)options;
    shell->is_211 = true;
    return true;
}

static bool take_gemxpresso(struct gpshell *shell, const struct gpshell_options *options) {
    (void)options;
    shell->derives = true;
    return true;
}

static bool sends_nothing(struct gpshell *shell, const struct gpshell_options *options) {
    (void)shell;
    (void)options;
    return true;
}

bool gpshell_command(struct gpshell *shell, struct bytes word,
                     const struct gpshell_options *options) {
    static const struct {
        const char *name;
        take_command *take;
    } commands[] = {
        {"mode_201", take_mode_201},
        {"mode_211", take_mode_211},
        {"enable_trace", sends_nothing},
        {"enable_timer", sends_nothing},
        {"establish_context", sends_nothing},
        {"release_context", sends_nothing},
        {"list_readers", sends_nothing},
        {"gemXpressoPro", take_gemxpresso},
        {"card_connect", take_connect},
        {"card_disconnect", take_disconnect},
        {"exit", take_exit},
        {"select", take_select},
        {"send_apdu", take_apdu},
        {"send_apdu_nostop", take_apdu},
        {"open_sc", take_open},
        {"get_data", take_get_data},
        {"get_status", take_get_status},
        {"get_card_recognition_data", take_recognition},
        {"get_secure_channel_protocol_details", take_protocol_details},
        {"get_key_information_templates", take_key_information},
        {"get_extended_card_resources_information", take_resources},
        {"delete", take_delete},
        {"delete_key", take_delete_key},
        {"install_for_personalization", take_personalization},
        {"store_data", take_store_data},
    };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (is_word(word, commands[i].name))
            return commands[i].take(shell, options);
    return gpshell_refuse(shell,
                          "the octets of \"%t\" are made inside GPShell's library, from files or "
                          "session keys, and cannot be known here; record them, or write them out",
                          word);
}
