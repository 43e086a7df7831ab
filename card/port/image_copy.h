// SPDX-License-Identifier: Apache-2.0
// A card image looked at without touching it: a copy in RAM, and a card that runs on the copy.
// docs/image.md.
#ifndef CARD_PORT_IMAGE_COPY_H
#define CARD_PORT_IMAGE_COPY_H

#include "base/failure.h"
#include "card/card.h"
#include "card/port/file.h"
#include "card/port/memory.h"

/// A copy of an image in RAM.
struct image_copy {
    struct memory_port port;
    uint8_t *octets; // port.nvm.size of them; NULL: none
};

/// The failure that a file's status deserves. Always false.
bool image_fail(struct failure *failure, const char *path, enum file_status status);

/// Copies the image at path; it is locked meanwhile only. False: nothing to free.
bool image_copy_load(struct image_copy *copy, const char *path, struct failure *failure);
/// Likewise, and refuses a damaged image. rom: of cards that the image may be of.
bool image_copy_load_sound(struct image_copy *copy, const char *path, const struct card_rom *rom,
                           struct failure *failure);
/// Verifies every checksum.
enum card_status image_copy_check(const struct image_copy *copy, const struct card_rom *rom);
/// Erases and frees the octets.
void image_copy_free(struct image_copy *copy);

/// A card on a copy of its image, powered on.
struct image_card {
    struct image_copy copy;
    struct crypto *crypto;
    struct card *card;
    struct card_ports ports;
};

/// False: the image is damaged or its card does not start; nothing to end. It must not move.
bool image_card_begin(struct image_card *running, const char *path, const struct card_rom *rom,
                      struct failure *failure);
/// Power off; erases what the card held in RAM.
void image_card_end(struct image_card *running);

#endif
