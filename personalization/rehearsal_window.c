// SPDX-License-Identifier: Apache-2.0
#include "personalization/rehearsal_window.h"

#include "apdu/catalogue.h"
#include "apdu/codec.h"
#include "apdu/perso.h"

#include <stdio.h>
#include <string.h>

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

/// Identifiers and certificates are shown; what a DGI with a secret carries is not.
static void show_data(const struct catalogue_command *row, struct bytes data) {
    size_t shown = row != NULL && row->secret ? 0 : data.size;
    if (row != NULL && row->id == COMMAND_ISD_STORE_DATA && data.size >= 2) {
        uint16_t dgi = (uint16_t)bytes_get_be(data.data, 2);
        bool is_secret = dgi >> 8 == 0x80 || dgi == PERSO_PIN || dgi == PERSO_PUK;
        shown = is_secret ? 3 : data.size;
    }
    for (size_t i = 0; i < shown; i++)
        printf("%02X", data.data[i]);
    if (shown < data.size)
        printf("%s%zu octets masked", shown > 0 ? " .. " : "", data.size - shown);
}

static const char *name_of(const struct rehearsal_window *window,
                           const struct catalogue_command *row, uint8_t ins) {
    if (row != NULL)
        return row->name;
    return ins == 0xD6 && strcmp(window->applet, "ndef") == 0 ? "ndef.update-binary" : "?";
}

/// By its class as it is, else without the bits for chaining and secure messaging.
static const struct catalogue_command *row_of(const struct rehearsal_window *window,
                                              const struct apdu_command *command) {
    static const uint8_t masks[] = {0xFF, 0xEF, 0xEB};
    const struct catalogue_command *row = NULL;
    for (size_t i = 0; row == NULL && i < sizeof masks; i++)
        row = catalogue_find(window->applet, command->cla & masks[i], command->ins, command->p1,
                             command->p2);
    return row;
}

/// What goes protected through a channel is unreadable already.
static void show(const struct rehearsal_window *window, struct bytes octets, uint16_t sw) {
    struct apdu_command command;
    if (!apdu_command_parse(octets, &command))
        return;
    bool wrapped = (command.cla & 0x84) == 0x84;
    const struct catalogue_command *row = row_of(window, &command);
    printf("%-28s %02X %02X %02X %02X  ", name_of(window, row, command.ins), command.cla,
           command.ins, command.p1, command.p2);
    if (wrapped)
        printf("%zu octets, protected by the channel", command.data.size);
    else
        show_data(row, command.data);
    printf("%s-> %04X\n", command.data.size > 0 ? "  " : "", sw);
}

static enum link_status window_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                        size_t capacity, size_t *size) {
    struct rehearsal_window *window = (struct rehearsal_window *)link;
    struct apdu_command parsed;
    enum link_status status = link_transmit(window->inside, command, answer, capacity, size);
    if (status != LINK_OK || *size < 2)
        return status;
    if (apdu_command_parse(command, &parsed) && parsed.cla == 0 && parsed.ins == 0xA4 &&
        parsed.p1 == 0x04)
        window->applet = applet_of(parsed.data);
    show(window, command, (uint16_t)bytes_get_be(answer + *size - 2, 2));
    return status;
}

static enum link_status window_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                     size_t capacity, size_t *size) {
    return link_reset(((struct rehearsal_window *)link)->inside, kind, atr, capacity, size);
}

static void window_close(struct link *link) {
    (void)link; // both ends are the caller's
}

static const struct link_ops window_ops = {window_transmit, window_reset, window_close};

void rehearsal_window_open(struct rehearsal_window *window, struct link *inside) {
    *window = (struct rehearsal_window){.link = *inside, .inside = inside, .applet = "isd"};
    window->link.ops = &window_ops;
}
