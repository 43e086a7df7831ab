// SPDX-License-Identifier: Apache-2.0
#include "personalization/channel/transcript.h"

#include "apdu/command/applets/isd_commands.h"
#include "apdu/command/catalogue.h"
#include "apdu/octets/status.h"
#include "personalization/channel/gp_session.h"

#include <string.h>

enum { COMMAND_MAX = 2304, SECURE_BIT = 0x04, CHAIN_BIT = 0x10 };

// ---- showing -----------------------------------------------------------------------------------

/// Is there no secret among these data groupings? What the catalogue does not know may be one. The
/// last grouping may go on in a further command.
static bool are_open(struct bytes groupings) {
    while (groupings.size >= 3) {
        const uint8_t *at = groupings.data;
        const struct catalogue_grouping *grouping =
            catalogue_grouping((uint16_t)bytes_get_be(at, 2));
        bool is_long = at[2] == 0xFF && groupings.size >= 5;
        size_t whole = is_long ? 5 + (size_t)bytes_get_be(at + 3, 2) : 3 + (size_t)at[2];
        if (grouping == NULL || grouping->secret)
            return false;
        if (whole >= groupings.size)
            return true;
        groupings = bytes_of(at + whole, groupings.size - whole);
    }
    return false;
}

static size_t octets_to_show(const struct catalogue_command *row, struct bytes data) {
    if (row == NULL)
        return 0;
    if (row == &isd_commands[COMMAND_ISD_STORE_DATA] && data.size >= 3)
        return are_open(data) ? data.size : 3; // the first one's name and length
    return row->secret ? 0 : data.size;
}

/// EXTERNAL AUTHENTICATE has its secure class in the catalogue, too; the others have the plain one.
static const struct catalogue_command *name_of(const struct transcript *transcript,
                                               const struct apdu_command *command) {
    uint8_t cla = command->cla & (uint8_t)~CHAIN_BIT, plain = cla & (uint8_t)~SECURE_BIT;
    const struct catalogue_command *row =
        catalogue_find(transcript->applet, cla, command->ins, command->p1, command->p2);
    if (row == NULL)
        row = catalogue_find(transcript->applet, plain, command->ins, command->p1, command->p2);
    return row;
}

static void show(const struct transcript *transcript, const struct apdu_command *command,
                 struct bytes data, uint16_t sw) {
    const struct catalogue_command *row = name_of(transcript, command);
    size_t shown = octets_to_show(row, data);
    bool tag = command->ins == 0xD6 && strcmp(transcript->applet, "ndef") == 0;
    fprintf(transcript->out, "%-28s %02X %02X %02X %02X  ",
            row != NULL ? row->name
            : tag       ? "ndef.update-binary"
                        : "?",
            command->cla, command->ins, command->p1, command->p2);
    if (tag)
        shown = data.size;
    for (size_t i = 0; i < shown; i++)
        fprintf(transcript->out, "%02X", data.data[i]);
    if (shown < data.size)
        fprintf(transcript->out, "%s%zu octets masked", shown > 0 ? " .. " : "", data.size - shown);
    fprintf(transcript->out, "%s-> %04X\n", data.size > 0 ? "  " : "", sw);
}

// ---- reading along -----------------------------------------------------------------------------

/// Plain data of a wrapped command; the transcript's session goes on as the card's does.
static struct bytes unwrap(struct transcript *transcript, struct apdu_command command,
                           uint8_t data[COMMAND_MAX]) {
    struct bytes nothing = {NULL, 0};
    if (command.data.size > COMMAND_MAX)
        return nothing;
    memcpy(data, command.data.data, command.data.size);
    command.data = bytes_of(data, command.data.size);
    return scp03_unwrap_command(&transcript->channel, transcript->crypto, &command, data) == SW_OK
               ? command.data
               : nothing;
}

/// Behind INITIALIZE UPDATE both challenges are known: the session under the published keys.
static void follow_update(struct transcript *transcript, const uint8_t *answer, size_t size) {
    struct gp_card card = {.version = GP_PUBLISHED_VERSION};
    struct scp03_keys keys = {.size = 0};
    const char *reason = NULL;
    bytes_erase(&transcript->channel, sizeof transcript->channel);
    if (size < SCP03_DIVERSIFICATION_SIZE + 3 + SCP03_SIZE_S8 ||
        !gp_published_keys(NULL, &card, &keys, &reason))
        return;
    const uint8_t *tail = answer + SCP03_DIVERSIFICATION_SIZE;
    if (tail[0] != GP_PUBLISHED_VERSION ||
        !scp03_derive(&transcript->channel, transcript->crypto, &keys, tail[2],
                      transcript->challenge, tail + 3))
        bytes_erase(&transcript->channel, sizeof transcript->channel);
}

static void follow(struct transcript *transcript, const struct apdu_command *command,
                   const uint8_t *answer, size_t size) {
    bool done = bytes_get_be(answer + size - 2, 2) == SW_OK;
    if (command->cla == 0x00 && command->ins == 0xA4 && command->p1 == 0x04) {
        const struct application *selected = catalogue_application_of(command->data);
        transcript->applet = selected != NULL ? selected->name : "isd";
    }
    if (command->cla == 0x80 && command->ins == 0x50 && done)
        follow_update(transcript, answer, size - 2);
    if (command->ins == 0x82 && done && transcript->channel.key_size != 0)
        transcript->channel.level = command->p1;
}

static enum link_status tap_transmit(struct link *link, struct bytes octets, uint8_t *answer,
                                     size_t capacity, size_t *size) {
    struct transcript *transcript = (struct transcript *)link;
    uint8_t data[COMMAND_MAX];
    struct apdu_command command;
    if (!apdu_command_parse(octets, &command))
        return link_transmit(transcript->inside, octets, answer, capacity, size);
    if (command.ins == 0x50 && command.data.size <= sizeof transcript->challenge)
        memcpy(transcript->challenge, command.data.data, command.data.size);
    struct bytes plain = command.data;
    if ((command.cla & SECURE_BIT) != 0 && transcript->channel.key_size != 0)
        plain = unwrap(transcript, command, data);
    enum link_status status = link_transmit(transcript->inside, octets, answer, capacity, size);
    if (status == LINK_OK && *size >= 2) {
        follow(transcript, &command, answer, *size);
        show(transcript, &command, plain, (uint16_t)bytes_get_be(answer + *size - 2, 2));
    }
    bytes_erase(data, sizeof data);
    return status;
}

static enum link_status tap_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                  size_t capacity, size_t *size) {
    struct transcript *transcript = (struct transcript *)link;
    transcript->applet = "isd";
    bytes_erase(&transcript->channel, sizeof transcript->channel);
    return link_reset(transcript->inside, kind, atr, capacity, size);
}

static void tap_close(struct link *link) {
    struct transcript *transcript = (struct transcript *)link;
    bytes_erase(&transcript->channel, sizeof transcript->channel);
}

void transcript_over(struct transcript *transcript, struct link *inside,
                     const struct crypto *crypto, FILE *out) {
    static const struct link_ops ops = {tap_transmit, tap_reset, tap_close};
    *transcript = (struct transcript){
        .link = *inside, .inside = inside, .crypto = crypto, .out = out, .applet = "isd"};
    transcript->link.ops = &ops;
}
