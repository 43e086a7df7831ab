// SPDX-License-Identifier: Apache-2.0
// tessera apdu explain: what octets mean that somebody found somewhere.
#include "apdu/command/catalogue.h"
#include "apdu/crypto/crypto.h"
#include "apdu/dissect/atr.h"
#include "apdu/dissect/dissect.h"
#include "apdu/dissect/meaning.h"
#include "apdu/octets/codec.h"
#include "apdu/script/run/host.h"
#include "base/options/options.h"

#include <stdio.h>
#include <string.h>

struct explain {
    struct option_words words;
    const char *as;
    struct buffer octets;
};

/// Blanks, colons and 0x between octets are no part of them.
static bool take_hex(const struct explain *explain, struct buffer *out, struct failure *failure) {
    int high = -1;
    for (size_t i = 0; i < explain->words.count; i++)
        for (const char *at = explain->words.items[i]; *at != 0; at++) {
            int digit = hex_digit(*at);
            bool prefix = at[0] == '0' && (at[1] | 0x20) == 'x';
            if (prefix)
                at++;
            if (prefix || *at == ' ' || *at == ':' || *at == ',')
                continue;
            if (digit < 0)
                return fail(failure, EXIT_USAGE, "'%c' in '%s' is no hex digit", *at,
                            explain->words.items[i]);
            if (high >= 0)
                buffer_put_octet(out, (uint8_t)(high << 4 | digit));
            high = high >= 0 ? -1 : digit;
        }
    if (high >= 0)
        return fail(failure, EXIT_USAGE, "an odd number of hex digits");
    return out->size > 0 || fail(failure, EXIT_USAGE, "there are no octets to explain");
}

// ---- kinds -------------------------------------------------------------------------------------

static bool is_status(struct bytes octets) {
    return octets.size == 2 && octets.data[0] >= 0x61 && (octets.data[0] & 0xF0) != 0x70 &&
           (octets.data[0] < 0xA0);
}

static bool is_tlv(struct bytes octets) {
    struct tlv object;
    bool any = false;
    while (octets.size > 0) {
        if (octets.data[0] == 0 || !tlv_next(&octets, &object))
            return false;
        any = true;
    }
    return any;
}

static bool is_command(struct bytes octets) {
    struct apdu_command command;
    return octets.size >= APDU_HEADER_SIZE && apdu_command_parse(octets, &command);
}

static void put_status(struct bytes octets, struct buffer *out) {
    meaning_of_status((uint16_t)bytes_get_be(octets.data, 2), out);
}

static void with_dissector(struct bytes octets, struct buffer *out, bool command) {
    struct dissector dissector;
    dissector_init(&dissector, &host_memory, NULL, false);
    dissector.applet = "";
    if (command)
        dissect_command(&dissector, octets);
    else
        dissect_data(&dissector, octets, 0);
    buffer_put(out, buffer_bytes(&dissector.out.text));
    dissector_free(&dissector);
}

static void put_tlv(struct bytes octets, struct buffer *out) {
    with_dissector(octets, out, false);
}

static void put_command(struct bytes octets, struct buffer *out) {
    with_dissector(octets, out, true);
}

static const struct kind {
    const char *name, *title;
    bool (*is)(struct bytes octets);
    void (*put)(struct bytes octets, struct buffer *out);
} kinds[] = {
    {"sw", "status word", is_status, put_status},
    {"atr", "answer to reset", atr_is_whole, atr_explain},
    {"aid", "application identifier", meaning_is_known_aid, meaning_of_aid},
    {"tlv", "data objects", is_tlv, put_tlv},
    {"command", "command", is_command, put_command},
};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static const struct kind *choose(const struct explain *explain, struct bytes octets,
                                 struct failure *failure) {
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (explain->as != NULL ? strcmp(explain->as, kinds[i].name) == 0 : kinds[i].is(octets))
            return &kinds[i];
    if (explain->as != NULL)
        fail(failure, EXIT_USAGE, "--as is one of sw, atr, aid, tlv, command, not '%s'",
             explain->as);
    else
        fail(failure, EXIT_REFUSED,
             "this is no status word, no ATR, no known AID, no TLV and no command; --as says what "
             "it is taken for");
    return NULL;
}

static bool fits(const struct kind *kind, struct bytes octets, struct failure *failure) {
    bool short_of_sw = kind->put == put_status && octets.size != 2;
    bool no_aid = kind->put == meaning_of_aid && (octets.size < 5 || octets.size > 16);
    bool no_command = kind->put == put_command && octets.size < APDU_HEADER_SIZE;
    return !(short_of_sw || no_aid || no_command) ||
           fail(failure, EXIT_USAGE, "a%s %s has %s octets, not %zu",
                kind->title[0] == 'a' ? "n" : "", kind->title,
                short_of_sw ? "2"
                : no_aid    ? "5 to 16"
                            : "at least 4",
                octets.size);
}

static int run_explain(void *context, struct failure *failure) {
    struct explain *explain = context;
    struct buffer octets, text;
    const struct kind *kind = NULL;
    buffer_init(&octets, &host_memory);
    buffer_init(&text, &host_memory);
    bool ok = take_hex(explain, &octets, failure) &&
              (kind = choose(explain, buffer_bytes(&octets), failure)) != NULL &&
              fits(kind, buffer_bytes(&octets), failure);
    if (ok) {
        kind->put(buffer_bytes(&octets), &text);
        printf("%s\n%s", kind->title, buffer_string(&text));
    }
    buffer_free(&octets);
    buffer_free(&text);
    return exit_of(ok, failure);
}

#define AT(member) offsetof(struct explain, member)

static const struct option_row rows[] = {
    {NULL, "HEX", OPTION_TEXT, "octets, together or one by one", .at = AT(words), .many = true,
     .needed = OPTION_EVERY},
    {"as", "sw|atr|aid|tlv|command", OPTION_TEXT, "what it is taken for; guessed when left out",
     .at = AT(as)},
};

static const struct action actions[] = {{1, NULL, "", run_explain, NULL}};

static const struct command explain_command = {
    .name = "apdu explain",
    .purpose = "what a status word, ATR, AID, TLV or command means",
    .notes = "exit: 0 explained, 1 it is nothing of that, 2 no octets",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    struct explain explain = {.as = NULL};
    return command_main(&explain_command, &explain, argc, argv);
}
