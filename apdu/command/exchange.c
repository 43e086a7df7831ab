// SPDX-License-Identifier: Apache-2.0
#include "apdu/command/exchange.h"

#include <string.h>

enum {
    // Longer commands go in chained pieces: no card of ours takes more than 2048 octets of data.
    WIRE_MAX = 2048 + 9,
    INS_GET_RESPONSE = 0xC0,
};

// What one exchange knows: where the gathered answer stands, and the last piece for 6Cxx.
struct session {
    struct link *link;
    struct exchange_count *count;
    uint8_t *buffer;
    size_t capacity;
    size_t gathered;
};

static void explain(struct link *link, const char *text) {
    size_t size = strlen(text);
    if (size >= sizeof link->error)
        size = sizeof link->error - 1;
    memcpy(link->error, text, size);
    link->error[size] = '\0';
}

static size_t command_max(const struct link *link) {
    return link->command_max != 0 ? link->command_max : APDU_SHORT_COMMAND_MAX;
}

// One APDU. Its answer data lands behind what is gathered; the status word is cut off.
static enum link_status send_one(struct session *session, const struct apdu_command *command,
                                 struct apdu_response *response) {
    uint8_t wire[WIRE_MAX];
    size_t answer_size = 0;
    size_t size = apdu_command_encode(command, wire, sizeof wire);
    if (size == 0 || size > command_max(session->link)) {
        explain(session->link, "the command does not fit this link, not even in pieces");
        return LINK_TOO_LONG;
    }
    enum link_status status =
        link_transmit(session->link, bytes_of(wire, size), session->buffer + session->gathered,
                      session->capacity - session->gathered, &answer_size);
    bytes_erase(wire, size);
    if (status != LINK_OK)
        return status;
    if (session->count != NULL) {
        session->count->apdus++;
        session->count->octets += size + answer_size;
    }
    if (apdu_response_parse(bytes_of(session->buffer + session->gathered, answer_size), response))
        return LINK_OK;
    explain(session->link, "the card's answer has no status word");
    return LINK_BROKEN;
}

// As send_one, and once more with the Le that the card asks for.
static enum link_status send_with_right_le(struct session *session,
                                           const struct apdu_command *command,
                                           struct apdu_response *response) {
    enum link_status status = send_one(session, command, response);
    if (status != LINK_OK || response->sw >> 8 != 0x6C)
        return status;
    struct apdu_command again = *command;
    again.extended = false;
    again.le = (response->sw & 0xFF) != 0 ? response->sw & 0xFF : APDU_SHORT_LE_MAX;
    return send_one(session, &again, response);
}

static uint32_t waiting_octets(uint16_t sw) {
    return (sw & 0xFF) != 0 ? sw & 0xFF : APDU_SHORT_LE_MAX;
}

// Fetches what waits behind 61xx until the card gives another status word or no progress.
static enum link_status gather(struct session *session, uint8_t cla,
                               struct apdu_response *response) {
    session->gathered += response->data.size;
    while (response->sw >> 8 == 0x61) {
        // interindustry class of the same channel (ISO/IEC 7816-4 7.6.1)
        struct apdu_command fetch = {
            .cla = cla & 0x03, .ins = INS_GET_RESPONSE, .le = waiting_octets(response->sw)};
        if (session->capacity - session->gathered < fetch.le + 2) {
            explain(session->link, "the card's answer is longer than the caller expects");
            return LINK_TOO_LONG;
        }
        enum link_status status = send_with_right_le(session, &fetch, response);
        if (status != LINK_OK)
            return status;
        session->gathered += response->data.size;
        if (response->data.size == 0)
            break;
    }
    response->data = bytes_of(session->buffer, session->gathered);
    return LINK_OK;
}

static bool fits_at_once(const struct link *link, const struct apdu_command *command) {
    size_t lc = command->data.size;
    bool extended = command->extended || lc > APDU_SHORT_LC_MAX || command->le > APDU_SHORT_LE_MAX;
    size_t size = lc + (extended ? 9 : 6); // header, Lc and Le at their longest
    bool answer_fits = !extended || link->answer_max == 0 || command->le + 2 <= link->answer_max;
    return size <= WIRE_MAX && size <= command_max(link) && answer_fits;
}

// All pieces but the last. The card's refusal of a piece ends the chain.
static enum link_status send_pieces(struct session *session, struct apdu_command *command,
                                    struct apdu_response *response) {
    size_t piece = command_max(session->link) - 6;
    if (piece > APDU_SHORT_LC_MAX)
        piece = APDU_SHORT_LC_MAX;
    while (command->data.size > piece) {
        struct apdu_command part = {.cla = command->cla | APDU_CLA_CHAINING,
                                    .ins = command->ins,
                                    .p1 = command->p1,
                                    .p2 = command->p2,
                                    .data = bytes_of(command->data.data, piece)};
        enum link_status status = send_one(session, &part, response);
        if (status != LINK_OK || response->sw != 0x9000)
            return status;
        command->data = bytes_of(command->data.data + piece, command->data.size - piece);
    }
    return LINK_OK;
}

enum link_status exchange(struct link *link, const struct apdu_command *command, uint8_t *buffer,
                          size_t capacity, struct apdu_response *response,
                          struct exchange_count *count) {
    struct session session = {link, count, buffer, capacity, 0};
    struct apdu_command last = *command;
    *response = (struct apdu_response){bytes_of(buffer, 0), 0x9000};
    if (!fits_at_once(link, command)) {
        if (command_max(link) <= 6) {
            explain(link, "the link carries no command data");
            return LINK_TOO_LONG;
        }
        last.extended = false;
        if (last.le > APDU_SHORT_LE_MAX)
            last.le = APDU_SHORT_LE_MAX;
        enum link_status status = send_pieces(&session, &last, response);
        if (status != LINK_OK || response->sw != 0x9000)
            return status;
    }
    enum link_status status = send_with_right_le(&session, &last, response);
    return status == LINK_OK ? gather(&session, command->cla, response) : status;
}
