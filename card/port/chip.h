// SPDX-License-Identifier: Apache-2.0
// A card on its image file, with everything it needs: file port, a power cut to be armed, crypto,
// context. For programs that hold a card: card run and the link in process. Not freestanding.
#ifndef CARD_PORT_CHIP_H
#define CARD_PORT_CHIP_H

#include "card/card.h"
#include "card/port/cut.h"
#include "card/port/file.h"

struct chip_options {
    enum card_interface interface;
    enum file_mode mode;
    bool seeded; // deterministic random source; callers refuse it unless TESSERA_LAB=1
    uint64_t seed;
};

struct chip {
    struct file_port file;
    struct nvm_cut cut;
    struct card_ports ports;
    struct card *card;
    struct crypto *crypto;
    enum card_interface interface;
    bool powered;
};

/// Locks the image and proves that the card starts; leaves it without power. Anything but FILE_OK
/// leaves the image untouched and nothing open; file_status_text says what was wrong. The chip must
/// not move while it is open.
enum file_status chip_open(struct chip *chip, const char *image, const struct card_rom *rom,
                           const struct chip_options *options);

/// Power on (from any state: a cold start). False: the medium failed.
bool chip_power_on(struct chip *chip);
void chip_power_off(struct chip *chip);
/// Warm reset; a card without power is activated, as a reader does that finds one.
void chip_reset(struct chip *chip);

/// One command. 0: the card is silent, because it has no power or just lost it.
size_t chip_transmit(struct chip *chip, struct bytes command, uint8_t *answer, size_t capacity);

/// Digest of the data that a start from here would find, whatever is in RAM. False: there is none,
/// or the card is filling memory that nothing refers to yet, whose contents are no state.
bool chip_state(const struct chip *chip, uint8_t digest[SHA256_SIZE]);

/// Ends the card: power off, image closed and unlocked, keys erased.
void chip_close(struct chip *chip);

#endif
