// SPDX-License-Identifier: Apache-2.0
// What applets see of the card: their persistent memory through the open transaction, their
// volatile memory, life cycles, random octets. Contract: applet.h.
#include "card/os/context.h"

#include <string.h>

struct card_call card_call_to(struct card *card, enum card_interface interface, size_t instance) {
    const struct applet_instance *row = &card->instances[instance];
    return (struct card_call){.card = card,
                              .crypto = card->ports.crypto,
                              .instance = row,
                              .shared = directory_shared(card, row->applet),
                              .interface = interface,
                              .answer = tlv_writer_over(card->answer, sizeof card->answer),
                              .on_deselect = card->on_deselect,
                              .on_reset = card->on_reset + card->reset_at[instance],
                              .secure_level = card->secure_level};
}

struct card_call card_call_inside(const struct card_call *call, size_t instance) {
    struct card_call inner = card_call_to(call->card, call->interface, instance);
    inner.command = call->command;
    inner.on_deselect = NULL;
    inner.secure_level = call->secure_level;
    return inner;
}

bool card_must(const struct card_call *call, bool holds) {
    if (!holds)
        call->card->nvm.halted = true;
    return holds;
}

uint16_t card_run(struct card_call *call, card_handler *handle) {
    struct card *card = call->card;
    nvm_begin(&card->nvm);
    uint16_t sw = card_must(call, handle != NULL) ? handle(call) : SW_UNKNOWN;
    if (sw == SW_OK && !tlv_writer_ok(&call->answer))
        sw = SW_UNKNOWN;
    if (sw == SW_OK && !nvm_commit(&card->nvm))
        sw = SW_MEMORY_FAILURE;
    if (card->nvm.spoiled || card->nvm.dead)
        sw = SW_MEMORY_FAILURE;
    nvm_abort(&card->nvm);
    if (sw != SW_OK && card->directory_changed)
        directory_reload(card);
    card->directory_changed = false;
    return sw;
}

static bool within(const struct applet_instance *place, uint32_t offset, size_t size) {
    return place != NULL && offset <= place->size && size <= place->size - offset;
}

static void read_in(const struct card_call *call, const struct applet_instance *place,
                    uint32_t offset, void *out, size_t size) {
    struct nvm *nvm = &call->card->nvm;
    if (card_must(call, within(place, offset, size)) &&
        nvm_read(nvm, place->base + offset, out, size))
        return;
    memset(out, 0, size);
    nvm->spoiled = true;
}

static uint64_t read_uint_in(const struct card_call *call, const struct applet_instance *place,
                             uint32_t offset, size_t size) {
    uint8_t octets[8] = {0};
    if (!card_must(call, size <= sizeof octets))
        return 0;
    read_in(call, place, offset, octets, size);
    return bytes_get_be(octets, size);
}

static void stage_in(const struct card_call *call, const struct applet_instance *place,
                     uint32_t offset, const void *data, size_t size) {
    if (card_must(call, within(place, offset, size)))
        nvm_stage(&call->card->nvm, place->base + offset, data, size);
}

static void stage_uint_in(const struct card_call *call, const struct applet_instance *place,
                          uint32_t offset, size_t size, uint64_t value) {
    uint8_t octets[8];
    if (!card_must(call, size > 0 && size <= sizeof octets) ||
        !card_must(call, size == 8 || value >> (8 * size) == 0))
        return;
    bytes_put_be(octets, size, value);
    stage_in(call, place, offset, octets, size);
}

void card_read(const struct card_call *call, uint32_t offset, void *out, size_t size) {
    read_in(call, call->instance, offset, out, size);
}

uint64_t card_read_uint(const struct card_call *call, uint32_t offset, size_t size) {
    return read_uint_in(call, call->instance, offset, size);
}

void card_stage(struct card_call *call, uint32_t offset, const void *data, size_t size) {
    stage_in(call, call->instance, offset, data, size);
}

void card_stage_uint(struct card_call *call, uint32_t offset, size_t size, uint64_t value) {
    stage_uint_in(call, call->instance, offset, size, value);
}

void card_shared_read(const struct card_call *call, uint32_t offset, void *out, size_t size) {
    read_in(call, call->shared, offset, out, size);
}

uint64_t card_shared_read_uint(const struct card_call *call, uint32_t offset, size_t size) {
    return read_uint_in(call, call->shared, offset, size);
}

void card_shared_stage(struct card_call *call, uint32_t offset, const void *data, size_t size) {
    stage_in(call, call->shared, offset, data, size);
}

void card_shared_stage_uint(struct card_call *call, uint32_t offset, size_t size, uint64_t value) {
    stage_uint_in(call, call->shared, offset, size, value);
}

bool card_commit(struct card_call *call) {
    struct nvm *nvm = &call->card->nvm;
    bool done = nvm_commit(nvm);
    nvm_begin(nvm);
    nvm->spoiled = !done;
    if (done)
        call->card->directory_changed = false;
    return done;
}

enum card_life_cycle card_life_cycle(const struct card_call *call) {
    return call->card->life_cycle;
}

void card_set_instance_life_cycle(struct card_call *call, uint8_t state) {
    directory_set_life_cycle(call, (size_t)(call->instance - call->card->instances), state);
}

bool card_random(const struct card_call *call, uint8_t *out, size_t size) {
    return call->crypto->ops->random(call->crypto, out, size);
}
