// SPDX-License-Identifier: Apache-2.0
#include "readers/link/emu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apdu/octets/codec.h"
#include "card/applets.h"
#include "card/port/chip.h"

struct emu_link {
    struct link link;
    struct card *card;
    const struct card_ports *ports;
    enum card_interface interface;
    const bool *dark;
    struct chip chip; // open when own
    bool own;
};

static const struct {
    const char *suffix;
    enum card_interface interface;
} interfaces[] = {
    {",contact", CARD_CONTACT}, {",contactless", CARD_CONTACTLESS}, {",internal", CARD_INTERNAL}};

static bool is_dark(const struct emu_link *emu) {
    return emu->dark != NULL && *emu->dark;
}

static enum link_status power_gone(struct link *link) {
    return link_error(link, LINK_BROKEN, "%s: the card lost its power; outcome open", link->name);
}

static enum link_status emu_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                     size_t capacity, size_t *answer_size) {
    struct emu_link *emu = (struct emu_link *)link;
    if (is_dark(emu))
        return power_gone(link);
    if (capacity < APDU_SHORT_RESPONSE_MAX)
        return link_error(link, LINK_TOO_LONG, "%s: an answer buffer of %zu octets; %d at least",
                          link->name, capacity, APDU_SHORT_RESPONSE_MAX);
    *answer_size = card_transmit(emu->card, emu->interface, command, answer, capacity);
    return is_dark(emu) ? power_gone(link) : LINK_OK;
}

static bool restart(struct emu_link *emu) {
    if (emu->own)
        return chip_power_on(&emu->chip);
    card_power_off(emu->card);
    return !is_dark(emu) && card_power_on(emu->card, emu->ports) == CARD_OK;
}

static enum link_status emu_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                  size_t capacity, size_t *atr_size) {
    struct emu_link *emu = (struct emu_link *)link;
    uint8_t octets[CARD_ATR_MAX];
    if (kind == LINK_RESET_WARM && !is_dark(emu))
        card_reset(emu->card);
    else if (!restart(emu))
        return link_error(link, LINK_NO_CARD, "%s: the card does not start again", link->name);
    if (atr == NULL)
        return LINK_OK;
    size_t size = card_atr(emu->interface, octets);
    if (size > capacity)
        return link_error(link, LINK_TOO_LONG, "the ATR has %zu octets, the buffer %zu", size,
                          capacity);
    memcpy(atr, octets, size);
    *atr_size = size;
    return LINK_OK;
}

static void emu_close(struct link *link) {
    struct emu_link *emu = (struct emu_link *)link;
    if (emu->own)
        chip_close(&emu->chip);
    free(emu);
}

static const struct link_ops emu_ops = {emu_transmit, emu_reset, emu_close};

static struct emu_link *emu_new(enum card_interface interface) {
    struct emu_link *emu = calloc(1, sizeof *emu);
    if (emu == NULL)
        return NULL;
    emu->link.ops = &emu_ops;
    emu->link.command_max = APDU_EXTENDED_COMMAND_MAX;
    emu->link.answer_max = APDU_EXTENDED_RESPONSE_MAX;
    emu->link.contactless = interface == CARD_CONTACTLESS;
    emu->interface = interface;
    snprintf(emu->link.name, sizeof emu->link.name, "emu:");
    return emu;
}

struct link *emu_link_over(struct card *card, const struct card_ports *ports,
                           enum card_interface interface, const bool *dark) {
    struct emu_link *emu = emu_new(interface);
    if (emu == NULL)
        return NULL;
    emu->card = card;
    emu->ports = ports;
    emu->dark = dark;
    return &emu->link;
}

enum card_interface emu_image_path(char *image) {
    for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++) {
        size_t size = strlen(image), suffix = strlen(interfaces[i].suffix);
        if (size > suffix && strcmp(image + size - suffix, interfaces[i].suffix) == 0) {
            image[size - suffix] = '\0';
            return interfaces[i].interface;
        }
    }
    return CARD_CONTACT;
}

static struct link *open_failed(struct emu_link *emu, const char *image, enum file_status status,
                                struct link_failure *failure) {
    enum link_status meaning = file_status_exit(status) == 5 ? LINK_LOCKED : LINK_BAD_INPUT;
    const char *reason = status == FILE_FAILED && errno != 0 ? strerror(errno) : NULL;
    free(emu);
    return link_fail(failure, meaning, "card image %s: %s%s%s%s", image, file_status_text(status),
                     reason != NULL ? " (" : "", reason != NULL ? reason : "",
                     reason != NULL ? ")" : "");
}

struct link *emu_link_open(const char *name, const struct link_options *options,
                           struct link_failure *failure) {
    char image[4096];
    int size = snprintf(image, sizeof image, "%s", name);
    if (size < 0 || (size_t)size >= sizeof image)
        return link_fail(failure, LINK_BAD_INPUT, "the name of the image is too long");
    const char *lab = getenv("TESSERA_LAB");
    if (options->seeded && (lab == NULL || strcmp(lab, "1") != 0))
        return link_fail(failure, LINK_BAD_INPUT, "a seeded card is for TESSERA_LAB=1 only");
    enum card_interface interface = emu_image_path(image);
    enum file_mode mode = options->detached   ? FILE_PRIVATE
                          : options->unsynced ? FILE_UNSYNCED
                                              : FILE_DURABLE;
    struct chip_options chip = {
        .interface = interface, .mode = mode, .seeded = options->seeded, .seed = options->seed};
    struct emu_link *emu = emu_new(interface);
    if (emu == NULL)
        return link_fail(failure, LINK_NO_CARD, "out of memory");
    errno = 0;
    enum file_status status = chip_open(&emu->chip, image, &standard_rom, &chip);
    if (status == FILE_OK && !chip_power_on(&emu->chip)) {
        chip_close(&emu->chip);
        status = FILE_FAILED;
    }
    if (status != FILE_OK)
        return open_failed(emu, image, status, failure);
    emu->own = true;
    emu->card = emu->chip.card;
    emu->ports = &emu->chip.ports;
    emu->dark = &emu->chip.cut.dark;
    return &emu->link;
}

/// The chip of a link from emu_link_open, else NULL.
static struct chip *chip_of(struct link *link) {
    struct emu_link *emu = (struct emu_link *)link;
    return link->ops == &emu_ops && emu->own ? &emu->chip : NULL;
}

static const struct chip *chip_seen(const struct link *link) {
    const struct emu_link *emu = (const struct emu_link *)link;
    return link->ops == &emu_ops && emu->own ? &emu->chip : NULL;
}

bool emu_link_cut(struct link *link, uint64_t writes, size_t octets) {
    struct chip *chip = chip_of(link);
    if (chip != NULL)
        nvm_cut_arm(&chip->cut, writes, octets);
    return chip != NULL;
}

bool emu_link_fail(struct link *link) {
    struct chip *chip = chip_of(link);
    if (chip != NULL)
        nvm_cut_fail(&chip->cut);
    return chip != NULL;
}

uint64_t emu_link_writes(const struct link *link) {
    const struct chip *chip = chip_seen(link);
    return chip != NULL ? chip->cut.writes : 0;
}

bool emu_link_state(const struct link *link, uint8_t digest[SHA256_SIZE]) {
    const struct chip *chip = chip_seen(link);
    return chip != NULL && chip_state(chip, digest);
}

bool emu_link_watch(struct link *link, void (*synced)(void *context), void *context) {
    struct chip *chip = chip_of(link);
    if (chip == NULL)
        return false;
    chip->cut.synced = synced;
    chip->cut.context = context;
    return true;
}
