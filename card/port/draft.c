// SPDX-License-Identifier: Apache-2.0
#include "card/port/draft.h"

#include "card/port/file.h"

#include <stdlib.h>

bool draft_make(struct draft *draft, uint32_t size, const struct card_rom *rom,
                const struct crypto *crypto, struct failure *failure) {
    uint8_t serial[8];
    *draft = (struct draft){.size = size};
    draft->image = calloc(1, size);
    draft->card = calloc(1, card_context_size());
    if (draft->image == NULL || draft->card == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory for an image of %u octets", size);
    memory_port_open(&draft->memory, draft->image, size);
    draft->ports = (struct card_ports){&draft->memory.nvm, crypto, .rom = rom};
    if (!crypto->ops->random(crypto, serial, sizeof serial) ||
        card_format(&draft->ports, serial) != CARD_OK ||
        card_power_on(draft->card, &draft->ports) != CARD_OK)
        return fail(failure, EXIT_REFUSED, "the card operating system does not start");
    return true;
}

bool draft_write(const struct draft *draft, const char *path, struct failure *failure) {
    struct bytes image = bytes_of(draft->image, draft->size);
    return file_went(path, file_image_write(path, image, false), failure);
}

void draft_discard(struct draft *draft) {
    if (draft->image != NULL)
        bytes_erase(draft->image, draft->size);
    if (draft->card != NULL)
        bytes_erase(draft->card, card_context_size());
    free(draft->image);
    free(draft->card);
}
