// SPDX-License-Identifier: Apache-2.0
#include "card/port/chip.h"

#include "base/must.h"
#include "card/os/context.h"

#include <stdlib.h>
#include <string.h>

static enum file_status status_of(enum card_status status) {
    static const enum file_status of_card[] = {[CARD_OK] = FILE_OK,
                                               [CARD_FOREIGN_IMAGE] = FILE_FOREIGN,
                                               [CARD_NEWER_IMAGE] = FILE_NEWER,
                                               [CARD_OLDER_IMAGE] = FILE_OLDER,
                                               [CARD_DAMAGED_IMAGE] = FILE_DAMAGED,
                                               [CARD_NVM_FAILED] = FILE_FAILED};
    must_cover(of_card, CARD_STATUS_COUNT);
    return of_card[status];
}

/// A power cut that was ordered and did not come yet stays ordered, and what a start writes does
/// not count: readers take the power from a card that nobody uses for a second.
static enum card_status start(struct chip *chip) {
    const struct nvm_cut plan = chip->cut;
    chip_power_off(chip);
    nvm_cut_restore(&chip->cut);
    enum card_status status = card_power_on(chip->card, &chip->ports);
    if (plan.armed)
        nvm_cut_arm(&chip->cut, plan.left, plan.octets);
    chip->powered = status == CARD_OK;
    return status;
}

enum file_status chip_open(struct chip *chip, const char *image, const struct card_rom *rom,
                           const struct chip_options *options) {
    memset(chip, 0, sizeof *chip);
    enum file_status status = file_port_open(&chip->file, image, options->mode);
    if (status != FILE_OK)
        return status;
    nvm_cut_init(&chip->cut, &chip->file.nvm);
    chip->interface = options->interface;
    chip->card = calloc(1, card_context_size());
    chip->crypto =
        options->seeded ? crypto_openssl_new_seeded(options->seed) : crypto_openssl_new();
    chip->ports = (struct card_ports){.nvm = &chip->cut.port, .crypto = chip->crypto, .rom = rom};
    status = chip->card == NULL || chip->crypto == NULL ? FILE_FAILED : status_of(start(chip));
    if (status != FILE_OK)
        chip_close(chip);
    else
        chip_power_off(chip);
    return status;
}

bool chip_power_on(struct chip *chip) {
    return start(chip) == CARD_OK;
}

void chip_power_off(struct chip *chip) {
    card_power_off(chip->card);
    chip->powered = false;
}

void chip_reset(struct chip *chip) {
    if (chip->powered && !chip->cut.dark)
        card_reset(chip->card);
    else
        (void)start(chip);
}

size_t chip_transmit(struct chip *chip, struct bytes command, uint8_t *answer, size_t capacity) {
    if (!chip->powered || chip->cut.dark)
        return 0;
    size_t size = card_transmit(chip->card, chip->interface, command, answer, capacity);
    return chip->cut.dark ? 0 : size;
}

bool chip_state(const struct chip *chip, uint8_t digest[SHA256_SIZE]) {
    const struct nvm_port *medium = &chip->file.nvm;
    uint32_t begin = nvm_data_begin();
    size_t size = medium->size - begin;
    uint8_t *data = malloc(size);
    bool ok = data != NULL && chip->card->nvm.hole.size == 0 &&
              nvm_peek(medium, begin, data, size) &&
              chip->crypto->ops->sha256(chip->crypto, bytes_of(data, size), digest);
    if (data != NULL)
        bytes_erase(data, size);
    free(data);
    return ok;
}

void chip_close(struct chip *chip) {
    if (chip->card != NULL)
        chip_power_off(chip);
    free(chip->card);
    if (chip->crypto != NULL)
        crypto_openssl_free(chip->crypto);
    file_port_close(&chip->file);
    memset(chip, 0, sizeof *chip);
}
