// SPDX-License-Identifier: Apache-2.0
// Any NFC Forum Type 4 tag (Type 4 Tag 2.0 and 3.0, chapter 5 and 7): the capability container is
// read, the message written with its length last, read back, and the tag closed for writing.
#include "apdu/octets/status.h"
#include "personalization/cards/chip.h"

#include <stdio.h>
#include <string.h>

enum {
    CONTAINER_FILE = 0xE103,
    CONTAINER_MAX = 64,
    CONTAINER_LEAST = 15,
    CONTROL_AT = 7, // NDEF file control TLV: 04 06 file size read write
    CONTROL_TAG = 0x04,
    CONTROL_SIZE = 6,
    WRITE_ACCESS_AT = CONTROL_AT + 7,
    OPEN_ACCESS = 0x00,
    CLOSED = 0xFF,
    SIZE_FIELD = 2,
    FILE_MAX = 256 + SIZE_FIELD,
};

/// What the capability container says.
struct container {
    uint8_t version;
    size_t read_max, write_max, room;
    uint16_t file;
    uint8_t read_access, write_access;
};

// ---- files -------------------------------------------------------------------------------------

static bool refuse(struct link *link, const char *what, uint16_t sw, struct failure *failure) {
    return fail(failure, EXIT_REFUSED, "%s: %s: the tag answers %04X (%s)", link->name, what, sw,
                status_text(sw));
}

static bool send(struct link *link, const struct apdu_command *command, uint8_t *answer,
                 size_t capacity, struct apdu_response *response, struct failure *failure) {
    enum link_status status = exchange(link, command, answer, capacity, response, NULL);
    return status == LINK_OK || work_link_failed(link, status, failure);
}

static bool select_file(struct link *link, uint16_t file, uint16_t *sw, struct failure *failure) {
    uint8_t name[2], answer[APDU_SHORT_LE_MAX + 2];
    struct apdu_command command = {.ins = 0xA4, .p2 = 0x0C, .data = BYTES_OF(name)};
    struct apdu_response response;
    bytes_put_be(name, sizeof name, file);
    if (!send(link, &command, answer, sizeof answer, &response, failure))
        return false;
    *sw = response.sw;
    return true;
}

/// Reads size octets of the selected file from offset, in pieces of at most read_max.
static bool read_file(struct link *link, size_t offset, uint8_t *out, size_t size, size_t read_max,
                      struct failure *failure) {
    uint8_t answer[APDU_SHORT_LE_MAX + 2];
    struct apdu_response response;
    while (size > 0) {
        size_t part = size < read_max ? size : read_max;
        struct apdu_command command = {
            .ins = 0xB0, .p1 = (uint8_t)(offset >> 8), .p2 = (uint8_t)offset, .le = (uint32_t)part};
        if (!send(link, &command, answer, sizeof answer, &response, failure))
            return false;
        if (response.sw != SW_OK || response.data.size == 0 || response.data.size > size)
            return refuse(link, "read", response.sw, failure);
        memcpy(out, response.data.data, response.data.size);
        out += response.data.size;
        offset += response.data.size;
        size -= response.data.size;
    }
    return true;
}

static bool write_file(struct link *link, size_t offset, struct bytes data, size_t write_max,
                       struct failure *failure) {
    uint8_t answer[APDU_SHORT_LE_MAX + 2];
    struct apdu_response response;
    while (data.size > 0) {
        size_t part = data.size < write_max ? data.size : write_max;
        struct apdu_command command = {.ins = 0xD6,
                                       .p1 = (uint8_t)(offset >> 8),
                                       .p2 = (uint8_t)offset,
                                       .data = bytes_of(data.data, part)};
        if (!send(link, &command, answer, sizeof answer, &response, failure))
            return false;
        if (response.sw != SW_OK)
            return refuse(link, "write", response.sw, failure);
        data = bytes_of(data.data + part, data.size - part);
        offset += part;
    }
    return true;
}

// ---- capability container ----------------------------------------------------------------------

static bool parse_container(const uint8_t *octets, size_t size, struct container *out) {
    if (size < CONTAINER_LEAST || octets[CONTROL_AT] != CONTROL_TAG ||
        octets[CONTROL_AT + 1] != CONTROL_SIZE)
        return false;
    *out = (struct container){.version = octets[2],
                              .read_max = (size_t)bytes_get_be(octets + 3, 2),
                              .write_max = (size_t)bytes_get_be(octets + 5, 2),
                              .file = (uint16_t)bytes_get_be(octets + CONTROL_AT + 2, 2),
                              .room = (size_t)bytes_get_be(octets + CONTROL_AT + 4, 2),
                              .read_access = octets[CONTROL_AT + 6],
                              .write_access = octets[WRITE_ACCESS_AT]};
    if (out->read_max > APDU_SHORT_LC_MAX)
        out->read_max = APDU_SHORT_LC_MAX;
    if (out->write_max > APDU_SHORT_LC_MAX)
        out->write_max = APDU_SHORT_LC_MAX;
    bool known = out->version >> 4 == 2 || out->version >> 4 == 3;
    return known && out->read_max >= CONTAINER_LEAST && out->write_max > 0;
}

/// Selects the application and reads the container. *why: what is missing, for a refusal by name.
static bool open_tag(struct link *link, struct container *container, const char **why,
                     struct failure *failure) {
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x07, 0xD2, 0x76,
                                     0x00, 0x00, 0x85, 0x01, 0x01, 0x00};
    uint8_t octets[CONTAINER_MAX], answer[APDU_SHORT_LE_MAX + 2];
    struct bytes data;
    uint16_t sw = 0;
    *why = NULL;
    if (!work_ask(link, BYTES_OF(select), answer, sizeof answer, &data, &sw, failure))
        return false;
    if (sw != SW_OK) {
        *why = "it has no NDEF application";
        return true;
    }
    if (!select_file(link, CONTAINER_FILE, &sw, failure))
        return false;
    if (sw != SW_OK) {
        *why = "it has no capability container";
        return true;
    }
    if (!read_file(link, 0, octets, CONTAINER_LEAST, CONTAINER_LEAST, failure))
        return false;
    if (!parse_container(octets, CONTAINER_LEAST, container))
        *why = "its capability container is of no version that is known";
    else if (container->read_access != OPEN_ACCESS)
        *why = "its NDEF file is not free to be read";
    return true;
}

/// A tag that is closed already may be one of ours, made up to the last step.
static bool identify(struct link *link, const struct profile *profile, struct bytes atr,
                     uint8_t serial[CARD_SERIAL_SIZE], struct failure *failure) {
    struct chip chip;
    struct container container;
    const char *why;
    (void)profile;
    if (!chip_read(link, atr, &chip, failure) || !open_tag(link, &container, &why, failure))
        return false;
    if (why != NULL)
        return fail(failure, EXIT_REFUSED,
                    "%s: this is no Type 4 tag that can be made (%s) but %s; nothing was written",
                    link->name, why, chip.name);
    return chip_serial(&chip, link, serial, failure);
}

// ---- making ------------------------------------------------------------------------------------

static bool enter(struct work *work, struct container *container) {
    const char *why;
    uint16_t sw = 0;
    if (!open_tag(work->link, container, &why, work->failure))
        return false;
    if (why != NULL)
        return fail(work->failure, EXIT_REFUSED, "%s: %s", work->link->name, why);
    if (work->order.factory.ndef.size + SIZE_FIELD > container->room)
        return fail(work->failure, EXIT_REFUSED,
                    "%s: the message has %zu octets, the tag room for %zu", work->link->name,
                    work->order.factory.ndef.size, container->room - SIZE_FIELD);
    if (!select_file(work->link, container->file, &sw, work->failure))
        return false;
    return sw == SW_OK || refuse(work->link, "select the NDEF file", sw, work->failure);
}

/// The message as it should stand there, and whether it does.
static bool read_back(struct work *work, const struct container *container, bool *same) {
    struct bytes wanted = work->order.factory.ndef;
    uint8_t octets[FILE_MAX];
    if (!read_file(work->link, 0, octets, SIZE_FIELD, container->read_max, work->failure))
        return false;
    *same = bytes_get_be(octets, SIZE_FIELD) == wanted.size;
    if (!*same)
        return true;
    if (!read_file(work->link, SIZE_FIELD, octets, wanted.size, container->read_max, work->failure))
        return false;
    *same = memcmp(octets, wanted.data, wanted.size) == 0;
    return true;
}

/// Length 0, message, length: a reader in between sees an empty tag, never half a message.
static bool write_message(struct work *work, const struct container *container) {
    struct bytes message = work->order.factory.ndef;
    static const uint8_t none[SIZE_FIELD];
    uint8_t size[SIZE_FIELD];
    bytes_put_be(size, sizeof size, message.size);
    return write_file(work->link, 0, BYTES_OF(none), container->write_max, work->failure) &&
           write_file(work->link, SIZE_FIELD, message, container->write_max, work->failure) &&
           write_file(work->link, 0, BYTES_OF(size), container->write_max, work->failure);
}

/// One octet of the container; it never goes back.
static bool close_tag(struct work *work, const struct container *container) {
    static const uint8_t closed[] = {CLOSED};
    struct container now;
    uint16_t sw = 0;
    if (work->issuer->profile->writable || container->write_access == CLOSED)
        return true;
    if (!select_file(work->link, CONTAINER_FILE, &sw, work->failure))
        return false;
    if (sw != SW_OK)
        return refuse(work->link, "select the capability container", sw, work->failure);
    if (!write_file(work->link, WRITE_ACCESS_AT, BYTES_OF(closed), 1, work->failure) ||
        !enter(work, &now))
        return false;
    return now.write_access == CLOSED || fail(work->failure, EXIT_REFUSED,
                                              "%s: the tag stays open for writing; its maker has "
                                              "another way, or take 'read-only no'",
                                              work->link->name);
}

static bool conclude(struct work *work) {
    uint8_t digest[SHA256_SIZE];
    if (!work->crypto->ops->sha256(work->crypto, work->order.factory.ndef, digest))
        return fail(work->failure, EXIT_REFUSED, "cannot hash the message");
    memcpy(work->digest, digest, sizeof work->digest);
    return true;
}

static bool make(struct work *work) {
    struct container container;
    bool same = false;
    if (!enter(work, &container) || !read_back(work, &container, &same))
        return false;
    if (!same && container.write_access != OPEN_ACCESS)
        return fail(work->failure, EXIT_REFUSED,
                    "%s: the tag is closed for writing (access %02X) and holds something else",
                    work->link->name, container.write_access);
    if (!same && (!write_message(work, &container) || !read_back(work, &container, &same)))
        return false;
    if (!same)
        return fail(work->failure, EXIT_REFUSED, "%s: the tag does not hold what was written",
                    work->link->name);
    return close_tag(work, &container) && conclude(work);
}

// ---- verifying ---------------------------------------------------------------------------------

static bool verify(struct work *work) {
    struct container container;
    const struct profile *profile = work->issuer->profile;
    bool same = false;
    if (!card_order_make(&work->order, profile, &work->secrets, work->crypto, work->failure) ||
        !enter(work, &container) || !read_back(work, &container, &same) || !conclude(work))
        return false;
    if (!same || memcmp(work->digest, work->recorded, sizeof work->digest) != 0)
        return fail(work->failure, EXIT_REFUSED, "%s: the tag of %s holds another message",
                    work->link->name, work->order.row.fields[COLUMN_ID]);
    return profile->writable || container.write_access == CLOSED ||
           fail(work->failure, EXIT_REFUSED, "%s: the tag of %s is open for writing",
                work->link->name, work->order.row.fields[COLUMN_ID]);
}

const struct card_kind kind_tag = {
    .name = "type4",
    .identify = identify,
    .make = make,
    .verify = verify,
};
