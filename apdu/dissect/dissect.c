// SPDX-License-Identifier: Apache-2.0
// The line of the command, the line of the answer, and what joins them. Data fields:
// dissect_data.c.
#include "apdu/dissect/dissect.h"
#include "apdu/octets/codec.h"

#include <string.h>

enum { HEX_SHOWN_MAX = 48, JOINED_MAX = 1 << 16 };

void dissector_init(struct dissector *dissector, const struct script_memory *memory,
                    const struct crypto *crypto, bool colour) {
    *dissector = (struct dissector){.crypto = crypto, .applet = "", .out = {.colour = colour}};
    buffer_init(&dissector->out.text, memory);
    for (size_t i = 0; i < DISSECT_CARDS_MAX; i++) {
        dissect_context_reset(&dissector->cards[i].context);
        buffer_init(&dissector->cards[i].command, memory);
        buffer_init(&dissector->cards[i].answer, memory);
    }
}

void dissector_know(struct dissector *dissector, const struct catalogue_own *own) {
    dissector->own = own;
    for (size_t i = 0; i < DISSECT_CARDS_MAX; i++)
        dissector->cards[i].context.own = own;
}

void dissector_free(struct dissector *dissector) {
    buffer_free(&dissector->out.text);
    for (size_t i = 0; i < DISSECT_CARDS_MAX; i++) {
        buffer_free(&dissector->cards[i].command);
        buffer_free(&dissector->cards[i].answer);
    }
}

// ---- secrets ---------------------------------------------------------------------------------

bool dissect_is_secret(const struct catalogue_command *row, struct bytes command) {
    static const uint8_t always[] = {0x20, 0x21, 0x24, 0x2C, 0xD8}; // VERIFY .. PUT KEY
    if (row != NULL && row->secret)
        return true;
    for (size_t i = 0; row != NULL && i < row->parameter_count; i++)
        if (row->parameters[i].secret)
            return true;
    if (command.size < APDU_HEADER_SIZE || (command.data[0] & 0x04) != 0) // protected anyway
        return false;
    return row == NULL && memchr(always, command.data[1], sizeof always) != NULL;
}

static bool is_masked(const struct dissect_exchange *exchange, size_t offset) {
    for (size_t i = 0; i < exchange->secret_count; i++)
        if (offset - exchange->secrets[i].offset < exchange->secrets[i].size)
            return true;
    return false;
}

/// Octets of a command; the data field (behind Lc) may be masked as a whole.
static void put_command_octets(struct dissector *dissector, const struct dissect_exchange *exchange,
                               struct bytes command, bool secret, bool spans) {
    struct dissect_out *out = &dissector->out;
    size_t shown = command.size > HEX_SHOWN_MAX ? HEX_SHOWN_MAX : command.size;
    style_begin(out, STYLE_DIM);
    for (size_t i = 0; i < shown; i++) {
        bool mask = (secret && i >= 5) || (spans && is_masked(exchange, i));
        buffer_format(&out->text, mask ? "%s##" : "%s%x", i > 0 ? " " : "",
                      (unsigned)command.data[i]);
    }
    buffer_text(&out->text, shown < command.size ? " .." : "");
    style_end(out, STYLE_DIM);
}

// ---- lines -----------------------------------------------------------------------------------

static void put_padded(struct buffer *out, uint64_t value, size_t width, char filler) {
    struct buffer digits;
    buffer_init(&digits, out->memory);
    buffer_format(&digits, "%l", value);
    for (size_t i = digits.size; i < width; i++)
        buffer_put_octet(out, (uint8_t)filler);
    buffer_put(out, buffer_bytes(&digits));
    buffer_free(&digits);
}

/// Milliseconds with three decimals in 12 columns, and the arrow.
static void put_time(struct dissector *dissector, uint64_t microseconds, bool known,
                     const char *arrow) {
    struct dissect_out *out = &dissector->out;
    style_begin(out, STYLE_DIM);
    if (known) {
        put_padded(&out->text, microseconds / 1000, 8, ' ');
        buffer_text(&out->text, ".");
        put_padded(&out->text, microseconds % 1000, 3, '0');
    } else
        buffer_text(&out->text, "            ");
    style_end(out, STYLE_DIM);
    buffer_format(&out->text, " %s ", arrow);
}

struct ins_title {
    uint8_t ins;
    const char *title;
};

static const char *find_title(const struct ins_title *rows, size_t count, uint8_t ins) {
    for (size_t i = 0; i < count; i++)
        if (rows[i].ins == ins)
            return rows[i].title;
    return "unknown command";
}

/// ISO/IEC 7816-4, -8, -9; what PC/SC readers take under class FF is called alike.
static const char *interindustry_title(uint8_t ins) {
    static const struct ins_title rows[] = {{0x04, "DEACTIVATE FILE"},
                                            {0x0E, "ERASE BINARY"},
                                            {0x20, "VERIFY"},
                                            {0x21, "VERIFY"},
                                            {0x22, "MANAGE SECURITY ENVIRONMENT"},
                                            {0x24, "CHANGE REFERENCE DATA"},
                                            {0x2A, "PERFORM SECURITY OPERATION"},
                                            {0x2C, "RESET RETRY COUNTER"},
                                            {0x44, "ACTIVATE FILE"},
                                            {0x47, "GENERATE KEY PAIR"},
                                            {0x70, "MANAGE CHANNEL"},
                                            {0x82, "EXTERNAL AUTHENTICATE"},
                                            {0x84, "GET CHALLENGE"},
                                            {0x86, "GENERAL AUTHENTICATE"},
                                            {0x87, "GENERAL AUTHENTICATE"},
                                            {0x88, "INTERNAL AUTHENTICATE"},
                                            {0xA4, "SELECT"},
                                            {0xB0, "READ BINARY"},
                                            {0xB2, "READ RECORD"},
                                            {0xC0, "GET RESPONSE"},
                                            {0xCA, "GET DATA"},
                                            {0xCB, "GET DATA"},
                                            {0xD0, "WRITE BINARY"},
                                            {0xD6, "UPDATE BINARY"},
                                            {0xDA, "PUT DATA"},
                                            {0xDB, "PUT DATA"},
                                            {0xDC, "UPDATE RECORD"},
                                            {0xE0, "CREATE FILE"},
                                            {0xE2, "APPEND RECORD"},
                                            {0xE4, "DELETE FILE"}};
    return find_title(rows, sizeof rows / sizeof rows[0], ins);
}

/// GlobalPlatform's, where a security domain listens.
static const char *domain_title(uint8_t ins) {
    static const struct ins_title rows[] = {{0x50, "INITIALIZE UPDATE"},
                                            {0x70, "MANAGE CHANNEL"},
                                            {0x82, "EXTERNAL AUTHENTICATE"},
                                            {0xCA, "GET DATA"},
                                            {0xD8, "PUT KEY"},
                                            {0xE2, "STORE DATA"},
                                            {0xE4, "DELETE"},
                                            {0xE6, "INSTALL"},
                                            {0xE8, "LOAD"},
                                            {0xF0, "SET STATUS"},
                                            {0xF2, "GET STATUS"}};
    return find_title(rows, sizeof rows / sizeof rows[0], ins);
}

/// What a command is called that the catalogue does not have where it is sent.
static const char *general_title(const struct dissect_context *context, struct bytes command) {
    if (command.size < APDU_HEADER_SIZE)
        return "too short to be a command";
    if ((command.data[0] & 0x80) == 0 || command.data[0] == 0xFF)
        return interindustry_title(command.data[1]);
    bool is_domain = strcmp(context->applet, "isd") == 0 && !context->assumed;
    return is_domain ? domain_title(command.data[1]) : "unknown command";
}

/// More pieces of this command follow. The bit means that in interindustry classes only (ISO/IEC
/// 7816-4 5.4.1); in a proprietary class it belongs to the class, unless the command is of ours.
static bool is_chained(const struct catalogue_command *row, struct bytes command) {
    if (command.size < APDU_HEADER_SIZE || command.data[0] == 0xFF)
        return false;
    bool means_chaining =
        (command.data[0] & 0x80) == 0 || (row != NULL && (row->cla & APDU_CLA_CHAINING) == 0);
    return means_chaining && (command.data[0] & APDU_CLA_CHAINING) != 0;
}

static void put_command_line(struct dissector *dissector, const struct dissect_exchange *exchange,
                             const struct catalogue_command *row, struct bytes command,
                             bool secret) {
    const struct dissect_context *context =
        &dissector->cards[exchange->card % DISSECT_CARDS_MAX].context;
    struct dissect_out *out = &dissector->out;
    bool known = exchange->end > 0;
    put_time(dissector, exchange->begin, known, ">");
    if (dissector->name_cards)
        buffer_format(&out->text, "%s ", exchange->card_name);
    style_text(out, row != NULL ? STYLE_NAME : STYLE_DOUBT,
               row != NULL ? row->title : general_title(context, command));
    if (row != NULL)
        buffer_format(&out->text, " (%s)", row->name);
    if (is_chained(row, command))
        style_text(out, STYLE_DOUBT, " more follows");
    buffer_text(&out->text, "  ");
    bool clear = exchange->clear_command.size > 0;
    put_command_octets(dissector, exchange, command, secret, true);
    buffer_text(&out->text, "\n");
    if (!clear)
        return;
    style_indent(out, 0);
    style_text(out, STYLE_FIELD, "wire ");
    put_command_octets(dissector, exchange, exchange->command, false, false);
    buffer_text(&out->text, "\n");
}

static enum style style_of(uint16_t sw) {
    if (sw == SW_OK || sw >> 8 == 0x61)
        return STYLE_GOOD;
    return sw >> 8 == 0x62 || sw >> 8 == 0x63 ? STYLE_DOUBT : STYLE_BAD;
}

/// Those of class 9 mean what the application means by them; another's are not ours.
static const struct status_word *find_word(const struct dissector *dissector, uint16_t sw) {
    bool of_application = sw >> 12 == 9 && sw != SW_OK;
    const struct status_word *own = own_application(dissector->own, dissector->applet) != NULL
                                        ? own_word(dissector->own, sw)
                                        : NULL;
    if (own != NULL)
        return own;
    return of_application && dissector->applet[0] == 0 ? NULL : status_find(sw);
}

static void put_answer_line(struct dissector *dissector, const struct dissect_exchange *exchange,
                            const struct apdu_response *response) {
    struct dissect_out *out = &dissector->out;
    put_time(dissector, exchange->end, exchange->end > 0, "<");
    const struct status_word *word = find_word(dissector, response->sw);
    style_begin(out, style_of(response->sw));
    buffer_format(&out->text, "%w %s", (unsigned)response->sw,
                  word != NULL ? word->text : "status word of no known meaning");
    style_end(out, style_of(response->sw));
    if (word != NULL && word->reason != NULL)
        buffer_format(&out->text, " [%s]", word->reason);
    if (response->data.size > 0)
        buffer_format(&out->text, ", %z octets", response->data.size);
    if (exchange->end > exchange->begin)
        buffer_format(&out->text, " after %l us", exchange->end - exchange->begin);
    buffer_text(&out->text, "\n");
    if (exchange->clear_answer.size == 0)
        return;
    style_indent(out, 0);
    style_text(out, STYLE_FIELD, "wire ");
    style_hex(out, STYLE_DIM, exchange->answer, HEX_SHOWN_MAX);
    buffer_text(&out->text, "\n");
}

// ---- chains ----------------------------------------------------------------------------------

static void end_chain(struct dissect_card *card) {
    buffer_clear(&card->command);
    card->chain = (struct dissect_chain){.secret = false};
}

/// A command with another header begins anew: what was not finished never will be.
static void keep_to_header(struct dissect_card *card, struct bytes wire) {
    uint8_t header[4];
    memcpy(header, wire.data, sizeof header);
    if (header[0] != 0xFF)
        header[0] &= (uint8_t)~APDU_CLA_CHAINING;
    if (memcmp(card->chain.header, header, sizeof header) != 0)
        end_chain(card);
    memcpy(card->chain.header, header, sizeof header);
}

/// Data field of a command, joined with the chained pieces before it.
static struct bytes join_command(struct dissect_card *card, struct bytes wire, bool more) {
    struct apdu_command command;
    if (!apdu_command_parse(wire, &command))
        return (struct bytes){NULL, 0};
    keep_to_header(card, wire);
    if (!more && card->command.size == 0)
        return command.data;
    if (card->command.size + command.data.size <= JOINED_MAX)
        buffer_put(&card->command, command.data);
    return buffer_bytes(&card->command);
}

static bool is_get_response(struct bytes command) {
    return command.size >= APDU_HEADER_SIZE && command.data[1] == 0xC0;
}

static void put_command_data(struct dissector *dissector, struct dissect_card *card,
                             struct bytes command, bool more, bool secret) {
    struct dissect_out *out = &dissector->out;
    struct bytes data = join_command(card, command, more);
    card->chain.secret = card->chain.secret || secret; // as secret as its pieces
    if (!more && data.size > 0) {
        if (!card->chain.secret) {
            dissect_data(dissector, data, 0);
        } else {
            style_indent(out, 0);
            style_begin(out, STYLE_SECRET);
            buffer_format(&out->text, "%z octets of secret data", data.size);
            style_end(out, STYLE_SECRET);
            buffer_text(&out->text, "\n");
        }
    }
    if (!more)
        end_chain(card);
}

static void put_answer_data(struct dissector *dissector, struct dissect_card *card,
                            const struct apdu_response *response) {
    bool more = response->sw >> 8 == 0x61;
    if (!more && card->answer.size == 0) {
        if (response->data.size > 0)
            dissect_data(dissector, response->data, 0);
        return;
    }
    if (card->answer.size + response->data.size <= JOINED_MAX)
        buffer_put(&card->answer, response->data);
    if (more)
        return;
    dissect_data(dissector, buffer_bytes(&card->answer), 0);
    buffer_clear(&card->answer);
}

static void put_silence(struct dissector *dissector, const struct dissect_exchange *exchange) {
    put_time(dissector, exchange->end, exchange->end > 0, "<");
    style_text(&dissector->out, STYLE_BAD, "no answer");
    buffer_text(&dissector->out.text, "\n");
}

void dissect_exchange(struct dissector *dissector, const struct dissect_exchange *exchange) {
    struct dissect_card *card = &dissector->cards[exchange->card % DISSECT_CARDS_MAX];
    bool secured = exchange->clear_command.size > 0;
    struct bytes command = secured ? exchange->clear_command : exchange->command;
    struct bytes answer = secured ? exchange->clear_answer : exchange->answer;
    const struct catalogue_command *row = dissect_context_command(&card->context, command);
    bool secret = exchange->secret || dissect_is_secret(row, command);
    struct apdu_response response;
    if (!is_get_response(command))
        buffer_clear(&card->answer);
    dissector->applet = card->context.applet;
    put_command_line(dissector, exchange, row, command, secret);
    put_command_data(dissector, card, command, is_chained(row, command),
                     secret || exchange->secret_count > 0);
    if (!apdu_response_parse(answer, &response)) {
        put_silence(dissector, exchange);
        return;
    }
    if (response.sw != SW_OK)
        end_chain(card); // a refused piece ends it
    put_answer_line(dissector, exchange, &response);
    dissect_context_follow(&card->context, command, answer);
    dissector->applet = card->context.applet;
    put_answer_data(dissector, card, &response);
}

void dissect_command(struct dissector *dissector, struct bytes command) {
    struct dissect_card *card = &dissector->cards[0];
    struct dissect_exchange exchange = {.card_name = "card", .command = command};
    const struct catalogue_command *row = dissect_context_command(&card->context, command);
    bool secret = dissect_is_secret(row, command);
    dissector->applet = card->context.applet;
    put_command_line(dissector, &exchange, row, command, secret);
    put_command_data(dissector, card, command, is_chained(row, command), secret);
}

void dissect_event(struct dissector *dissector, size_t index, const char *card_name,
                   const char *what, struct bytes atr) {
    struct dissect_card *card = &dissector->cards[index % DISSECT_CARDS_MAX];
    struct dissect_out *out = &dissector->out;
    dissect_context_reset(&card->context);
    end_chain(card);
    buffer_clear(&card->answer);
    put_time(dissector, 0, false, "-");
    if (dissector->name_cards)
        buffer_format(&out->text, "%s ", card_name);
    style_text(out, STYLE_DOUBT, what);
    if (atr.size > 0) {
        buffer_text(&out->text, "  ATR ");
        style_hex(out, STYLE_DIM, atr, atr.size);
    }
    buffer_text(&out->text, "\n");
}
