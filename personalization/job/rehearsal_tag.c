// SPDX-License-Identifier: Apache-2.0
// A Type 4 tag as empty as from its maker (Type 4 Tag 2.0, chapter 5), for rehearsals.
#include "personalization/job/rehearsal_tag.h"

#include "apdu/octets/codec.h"
#include "apdu/octets/status.h"

#include <stdio.h>
#include <string.h>

enum { CONTAINER_FILE = 0xE103, NDEF_FILE = 0xE104 };

static size_t say(uint16_t sw, uint8_t *answer) {
    bytes_put_be(answer, 2, sw);
    return 2;
}

static size_t take_file(struct rehearsal_tag *tag, const struct apdu_command *command,
                        uint8_t *answer) {
    uint16_t file = command->data.size == 2 ? (uint16_t)bytes_get_be(command->data.data, 2) : 0;
    if (command->p1 == 0x04 && command->data.size == 7 && command->data.data[0] == 0xD2)
        return say(SW_OK, answer);
    if (command->p1 != 0x00 || (file != CONTAINER_FILE && file != NDEF_FILE))
        return say(SW_NOT_FOUND, answer);
    tag->selected = file;
    return say(SW_OK, answer);
}

static size_t use_file(struct rehearsal_tag *tag, const struct apdu_command *command,
                       uint8_t *answer, size_t capacity) {
    bool container = tag->selected == CONTAINER_FILE;
    uint8_t *file = container ? tag->container : tag->file;
    size_t room = container ? sizeof tag->container : sizeof tag->file;
    size_t offset = (size_t)command->p1 << 8 | command->p2;
    size_t size = command->ins == 0xB0 ? command->le : command->data.size;
    if (tag->selected == 0 || offset > room || size > room - offset || size + 2 > capacity)
        return say(SW_WRONG_P1P2, answer);
    if (command->ins == 0xD6) {
        memcpy(file + offset, command->data.data, size);
        return say(SW_OK, answer);
    }
    memcpy(answer, file + offset, size);
    return size + say(SW_OK, answer + size);
}

static enum link_status tag_transmit(struct link *link, struct bytes octets, uint8_t *answer,
                                     size_t capacity, size_t *size) {
    struct rehearsal_tag *tag = (struct rehearsal_tag *)link;
    struct apdu_command command;
    if (!apdu_command_parse(octets, &command))
        *size = say(SW_WRONG_LENGTH, answer);
    else if (command.ins == 0xA4)
        *size = take_file(tag, &command, answer);
    else if (command.ins == 0xB0 || command.ins == 0xD6)
        *size = use_file(tag, &command, answer, capacity);
    else
        *size = say(SW_INS_NOT_SUPPORTED, answer);
    return LINK_OK;
}

static enum link_status tag_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                  size_t capacity, size_t *size) {
    (void)link, (void)kind, (void)atr, (void)capacity;
    *size = 0;
    return LINK_OK;
}

static void tag_close(struct link *link) {
    (void)link; // the caller's memory
}

void rehearsal_tag_open(struct rehearsal_tag *tag) {
    static const struct link_ops ops = {tag_transmit, tag_reset, tag_close};
    static const uint8_t container[] = {0x00, 0x0F, 0x20, 0x00, 0xFF, 0x00, 0xFF, 0x04,
                                        0x06, 0xE1, 0x04, 0x02, 0x00, 0x00, 0x00};
    *tag = (struct rehearsal_tag){.link = {.ops = &ops, .name = "tag in memory"}};
    memcpy(tag->container, container, sizeof container);
}
