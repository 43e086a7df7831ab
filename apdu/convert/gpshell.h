// SPDX-License-Identifier: Apache-2.0
// Between the text of a GPShell script (gpshell.c) and what its commands send
// (gpshell_commands.c). Freestanding.
#ifndef APDU_CONVERT_GPSHELL_H
#define APDU_CONVERT_GPSHELL_H

#include "apdu/convert/convert.h"

enum { GPSHELL_KEY_MAX = 32, GPSHELL_APDU_MAX = 261 };

/// Options that matter to what is sent; the tool knows more, and takes each with any command.
enum gpshell_option {
    GPSHELL_AID,
    GPSHELL_APDU,
    GPSHELL_SC,
    GPSHELL_SECURITY,
    GPSHELL_SCP,
    GPSHELL_SCPIMPL,
    GPSHELL_KEYIND,
    GPSHELL_KEYVER,
    GPSHELL_KEY,
    GPSHELL_ENC_KEY,
    GPSHELL_MAC_KEY,
    GPSHELL_KEK_KEY,
    GPSHELL_DERIVATION,
    GPSHELL_IDENTIFIER,
    GPSHELL_KEY_TEMPLATE,
    GPSHELL_ELEMENT,
    GPSHELL_FORMAT,
    GPSHELL_DATA,
    GPSHELL_DATA_FORMAT,
    GPSHELL_DATA_ENCRYPTION,
    GPSHELL_DATA_EXPECTED,
    GPSHELL_PROTOCOL,
    GPSHELL_OPTION_COUNT
};

/// What one line says; an empty value: not given.
struct gpshell_options {
    struct bytes value[GPSHELL_OPTION_COUNT];
    bool no_stop;
};

struct gpshell {
    struct importer *importer;
    struct script_position at; // of the line
    uint64_t automatic;
    bool connected, reset; // at least once; by a card_disconnect since
    bool end;
    bool is_211, derives; // mode_211; gemXpressoPro: open_sc derives its keys
    bool secure, left;    // a `within` is open; it was closed while the tool keeps its channel
    uint8_t level;        // of the open channel
    bool knows_protocol;  // get_secure_channel_protocol_details came
    /// Of the last open_sc that named them: the tool keeps them for the next one.
    struct gpshell_key {
        uint8_t octets[GPSHELL_KEY_MAX];
        size_t size;
    } keys[GPSHELL_KEK_KEY + 1 - GPSHELL_KEY];
};

/// Runs one command with its options. False: reported.
bool gpshell_command(struct gpshell *shell, struct bytes word,
                     const struct gpshell_options *options);
/// Ends the open `within`, if there is one. False: reported.
bool gpshell_close(struct gpshell *shell);
/// Reports an error about the line; false. format has one %t, for text.
bool gpshell_refuse(const struct gpshell *shell, const char *format, struct bytes text);

#endif
