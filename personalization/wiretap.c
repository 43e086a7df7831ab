// SPDX-License-Identifier: Apache-2.0
#include "personalization/wiretap.h"

#include "apdu/catalogue.h"
#include "apdu/perso.h"
#include "apdu/perso_card.h"
#include "apdu/perso_ndef.h"
#include "apdu/status.h"
#include "personalization/gp_session.h"

#include <string.h>

enum { COMMAND_MAX = 2304, SECURE_BIT = 0x04, CHAIN_BIT = 0x10 };

// ---- showing -----------------------------------------------------------------------------------

static const struct {
    const char *name;
    uint8_t octet; // that tells its AID from the others
} applets[] = {{"purse", 0xF0}, {"ndef", 0xD2}};

static const char *applet_of(struct bytes aid) {
    for (size_t i = 0; i < sizeof applets / sizeof applets[0]; i++)
        if (aid.size > 0 && aid.data[0] == applets[i].octet)
            return applets[i].name;
    return aid.size > 4 && aid.data[3] == 0x03 ? "piv" : "isd";
}

/// The groupings that hold no secret. Any other one is masked behind its name and length.
static bool is_open_grouping(uint16_t dgi) {
    static const uint16_t open[] = {
        PERSO_CARD_LIFE_CYCLE, PERSO_CARD_SCP_OPTION, PERSO_PROFILE,
        PERSO_COUNTERS,        PERSO_GENERATE_KEYS,   PERSO_ROOT,
        PERSO_ISSUING,         PERSO_CERTIFICATE,     PERSO_HOTLIST,
        PERSO_CLOSE,           PERSO_REQUEST,         PERSO_NDEF_DGI_MESSAGE};
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        if (open[i] == dgi)
            return true;
    return false;
}

static size_t octets_to_show(const struct catalogue_command *row, struct bytes data) {
    if (row == NULL)
        return 0;
    if (row->id == COMMAND_ISD_STORE_DATA && data.size >= 3)
        return is_open_grouping((uint16_t)bytes_get_be(data.data, 2)) ? data.size : 3;
    return row->secret ? 0 : data.size;
}

/// EXTERNAL AUTHENTICATE has its secure class in the catalogue, too; the others have the plain one.
static const struct catalogue_command *name_of(const struct wiretap *tap,
                                               const struct apdu_command *command) {
    uint8_t cla = command->cla & (uint8_t)~CHAIN_BIT, plain = cla & (uint8_t)~SECURE_BIT;
    const struct catalogue_command *row =
        catalogue_find(tap->applet, cla, command->ins, command->p1, command->p2);
    if (row == NULL)
        row = catalogue_find(tap->applet, plain, command->ins, command->p1, command->p2);
    return row;
}

static void show(const struct wiretap *tap, const struct apdu_command *command, struct bytes data,
                 uint16_t sw) {
    const struct catalogue_command *row = name_of(tap, command);
    size_t shown = octets_to_show(row, data);
    bool tag = command->ins == 0xD6 && strcmp(tap->applet, "ndef") == 0;
    fprintf(tap->out, "%-28s %02X %02X %02X %02X  ",
            row != NULL ? row->name
            : tag       ? "ndef.update-binary"
                        : "?",
            command->cla, command->ins, command->p1, command->p2);
    if (tag)
        shown = data.size;
    for (size_t i = 0; i < shown; i++)
        fprintf(tap->out, "%02X", data.data[i]);
    if (shown < data.size)
        fprintf(tap->out, "%s%zu octets masked", shown > 0 ? " .. " : "", data.size - shown);
    fprintf(tap->out, "%s-> %04X\n", data.size > 0 ? "  " : "", sw);
}

// ---- reading along -----------------------------------------------------------------------------

/// Plain data of a wrapped command; the tap's session goes on as the card's does.
static struct bytes unwrap(struct wiretap *tap, struct apdu_command command,
                           uint8_t data[COMMAND_MAX]) {
    struct bytes nothing = {NULL, 0};
    if (command.data.size > COMMAND_MAX)
        return nothing;
    memcpy(data, command.data.data, command.data.size);
    command.data = bytes_of(data, command.data.size);
    return scp03_unwrap_command(&tap->channel, tap->crypto, &command, data) == SW_OK ? command.data
                                                                                     : nothing;
}

/// Behind INITIALIZE UPDATE both challenges are known: the session under the published keys.
static void follow_update(struct wiretap *tap, const uint8_t *answer, size_t size) {
    struct gp_card card = {.version = GP_PUBLISHED_VERSION};
    struct scp03_keys keys = {.size = 0};
    const char *reason = NULL;
    bytes_erase(&tap->channel, sizeof tap->channel);
    if (size < GP_DIVERSIFICATION_SIZE + 3 + SCP03_SIZE_S8 ||
        !gp_published_keys(NULL, &card, &keys, &reason))
        return;
    const uint8_t *tail = answer + GP_DIVERSIFICATION_SIZE;
    if (tail[0] != GP_PUBLISHED_VERSION ||
        !scp03_derive(&tap->channel, tap->crypto, &keys, tail[2], tap->challenge, tail + 3))
        bytes_erase(&tap->channel, sizeof tap->channel);
}

static void follow(struct wiretap *tap, const struct apdu_command *command, const uint8_t *answer,
                   size_t size) {
    bool done = bytes_get_be(answer + size - 2, 2) == SW_OK;
    if (command->cla == 0x00 && command->ins == 0xA4 && command->p1 == 0x04)
        tap->applet = applet_of(command->data);
    if (command->cla == 0x80 && command->ins == 0x50 && done)
        follow_update(tap, answer, size - 2);
    if (command->ins == 0x82 && done && tap->channel.key_size != 0)
        tap->channel.level = command->p1;
}

static enum link_status tap_transmit(struct link *link, struct bytes octets, uint8_t *answer,
                                     size_t capacity, size_t *size) {
    struct wiretap *tap = (struct wiretap *)link;
    uint8_t data[COMMAND_MAX];
    struct apdu_command command;
    if (!apdu_command_parse(octets, &command))
        return link_transmit(tap->inside, octets, answer, capacity, size);
    if (command.ins == 0x50 && command.data.size <= sizeof tap->challenge)
        memcpy(tap->challenge, command.data.data, command.data.size);
    struct bytes plain = command.data;
    if ((command.cla & SECURE_BIT) != 0 && tap->channel.key_size != 0)
        plain = unwrap(tap, command, data);
    enum link_status status = link_transmit(tap->inside, octets, answer, capacity, size);
    if (status == LINK_OK && *size >= 2) {
        follow(tap, &command, answer, *size);
        show(tap, &command, plain, (uint16_t)bytes_get_be(answer + *size - 2, 2));
    }
    bytes_erase(data, sizeof data);
    return status;
}

static enum link_status tap_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                  size_t capacity, size_t *size) {
    struct wiretap *tap = (struct wiretap *)link;
    tap->applet = "isd";
    bytes_erase(&tap->channel, sizeof tap->channel);
    return link_reset(tap->inside, kind, atr, capacity, size);
}

static void tap_close(struct link *link) {
    struct wiretap *tap = (struct wiretap *)link;
    bytes_erase(&tap->channel, sizeof tap->channel);
}

void wiretap_over(struct wiretap *tap, struct link *inside, const struct crypto *crypto,
                  FILE *out) {
    static const struct link_ops ops = {tap_transmit, tap_reset, tap_close};
    *tap = (struct wiretap){
        .link = *inside, .inside = inside, .crypto = crypto, .out = out, .applet = "isd"};
    tap->link.ops = &ops;
}
