// SPDX-License-Identifier: Apache-2.0
#include "card/port/image_copy.h"

#include "apdu/crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

bool image_fail(struct failure *failure, const char *path, enum file_status status) {
    return fail(failure, (enum exit_code)file_status_exit(status), "%s: %s", path,
                file_status_text(status));
}

void image_copy_free(struct image_copy *copy) {
    if (copy->octets != NULL) {
        bytes_erase(copy->octets, copy->port.nvm.size);
        free(copy->octets);
    }
    copy->octets = NULL;
}

bool image_copy_load(struct image_copy *copy, const char *path, struct failure *failure) {
    struct file_port file;
    memset(copy, 0, sizeof *copy);
    enum file_status status = file_port_open(&file, path, FILE_DURABLE);
    if (status != FILE_OK)
        return image_fail(failure, path, status);
    uint32_t size = file.nvm.size;
    copy->octets = malloc(size);
    if (copy->octets != NULL) {
        memcpy(copy->octets, file.mirror, size);
        memory_port_open(&copy->port, copy->octets, size);
    }
    file_port_close(&file);
    return copy->octets != NULL || fail(failure, EXIT_REFUSED, "%s: out of memory", path);
}

enum card_status image_copy_check(const struct image_copy *copy, const struct card_rom *rom) {
    struct card_ports ports = {.nvm = &copy->port.nvm, .rom = rom};
    return card_check(&ports);
}

bool image_copy_load_sound(struct image_copy *copy, const char *path, const struct card_rom *rom,
                           struct failure *failure) {
    if (!image_copy_load(copy, path, failure))
        return false;
    if (image_copy_check(copy, rom) == CARD_OK)
        return true;
    image_copy_free(copy);
    return fail(failure, EXIT_REFUSED, "%s: is a damaged card image; restore it from a snapshot",
                path);
}

void image_card_end(struct image_card *running) {
    if (running->card != NULL)
        card_power_off(running->card);
    free(running->card);
    crypto_openssl_free(running->crypto);
    image_copy_free(&running->copy);
}

bool image_card_begin(struct image_card *running, const char *path, const struct card_rom *rom,
                      struct failure *failure) {
    memset(running, 0, sizeof *running);
    if (!image_copy_load_sound(&running->copy, path, rom, failure))
        return false;
    running->crypto = crypto_openssl_new();
    running->card = calloc(1, card_context_size());
    running->ports = (struct card_ports){&running->copy.port.nvm, running->crypto, rom};
    if (running->crypto != NULL && running->card != NULL &&
        card_power_on(running->card, &running->ports) == CARD_OK)
        return true;
    image_card_end(running);
    return fail(failure, EXIT_REFUSED, "%s: the card does not start; see tessera card check", path);
}
