// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/mutate.h"

#include <string.h>

#include "apdu/codec.h"

const char *mutation_word(enum mutation_kind kind) {
    static const char *const words[] = {"none",     "drop", "repeat", "swap",
                                        "truncate", "flip", "tear"};
    return words[kind];
}

void mutated_exchange_init(struct mutated_exchange *exchange, const struct script_memory *memory) {
    *exchange = (struct mutated_exchange){.kind = MUTATION_NONE};
    arena_init(&exchange->arena, memory);
}

void mutated_exchange_free(struct mutated_exchange *exchange) {
    const struct script_memory *memory = exchange->arena.memory;
    memory->resize(memory, exchange->commands, 0);
    arena_free(&exchange->arena);
}

void mutated_exchange_begin(struct mutated_exchange *exchange, enum mutation_kind kind, size_t step,
                            size_t parameter) {
    exchange->kind = kind;
    exchange->step = step;
    exchange->parameter = parameter;
    exchange->counter = 0;
    exchange->applied = exchange->torn = false;
}

// ---- which mistakes there are ----------------------------------------------------------------

/// How often a kind can be made at a step. TEAR goes on while the power still went.
static size_t variants(const struct mutated_exchange *exchange, enum mutation_kind kind,
                       size_t step, size_t parameter) {
    size_t size = exchange->commands[step].size;
    switch (kind) {
    case MUTATION_DROP:
    case MUTATION_REPEAT:
        return 1;
    case MUTATION_SWAP:
        return step + 1 < exchange->count ? 1 : 0;
    case MUTATION_TRUNCATE:
        return size > 1 ? size - 1 : 0;
    case MUTATION_FLIP:
        return size;
    case MUTATION_TEAR:
        return parameter == 0 || exchange->torn ? parameter + 1 : parameter;
    default:
        return 0;
    }
}

bool mutation_next(const struct mutated_exchange *exchange, unsigned kinds,
                   enum mutation_kind *kind, size_t *step, size_t *parameter) {
    if (*kind == MUTATION_NONE) {
        *kind = MUTATION_DROP;
        *step = *parameter = 0;
    } else
        ++*parameter;
    for (; *kind < MUTATION_KINDS; ++*kind, *step = *parameter = 0)
        for (; (kinds >> *kind & 1) != 0 && *step < exchange->count; ++*step, *parameter = 0)
            if (*parameter < variants(exchange, *kind, *step, *parameter))
                return true;
    return false;
}

// ---- on the link -----------------------------------------------------------------------------

static enum link_status pass(struct mutated_link *link, struct bytes command, uint8_t *answer,
                             size_t capacity, size_t *answer_size) {
    enum link_status status = link_transmit(link->inner, command, answer, capacity, answer_size);
    if (status != LINK_OK)
        memcpy(link->link.error, link->inner->error, sizeof link->link.error);
    return status;
}

static void write_down(struct mutated_exchange *exchange, struct bytes command) {
    const struct script_memory *memory = exchange->arena.memory;
    if (exchange->count == exchange->capacity) {
        size_t capacity = exchange->capacity == 0 ? 64 : 2 * exchange->capacity;
        struct bytes *commands =
            memory->resize(memory, exchange->commands, capacity * sizeof *commands);
        if (commands == NULL)
            return;
        exchange->commands = commands;
        exchange->capacity = capacity;
    }
    exchange->commands[exchange->count++] = arena_copy(&exchange->arena, command);
}

static enum link_status dropped(uint8_t *answer, size_t *answer_size) {
    answer[0] = 0x6F; // what a host makes of a lost answer
    answer[1] = 0x00;
    *answer_size = 2;
    return LINK_OK;
}

static enum link_status flipped(struct mutated_link *link, struct bytes command, uint8_t *answer,
                                size_t capacity, size_t *answer_size) {
    static _Thread_local uint8_t copy[APDU_EXTENDED_COMMAND_MAX];
    size_t at = link->exchange->parameter;
    if (command.size > sizeof copy || at >= command.size)
        return pass(link, command, answer, capacity, answer_size);
    memcpy(copy, command.data, command.size);
    copy[at] ^= (uint8_t)(1u << at % 8);
    return pass(link, bytes_of(copy, command.size), answer, capacity, answer_size);
}

static enum link_status torn(struct mutated_link *link, struct bytes command, uint8_t *answer,
                             size_t capacity, size_t *answer_size) {
    struct mutated_exchange *exchange = link->exchange;
    if (exchange->cut == NULL || !exchange->cut(exchange->context, link->card, exchange->parameter))
        return LINK_UNSUPPORTED;
    enum link_status status = pass(link, command, answer, capacity, answer_size);
    exchange->torn = status == LINK_BROKEN;
    return status;
}

static enum link_status mistaken(struct mutated_link *link, struct bytes command, uint8_t *answer,
                                 size_t capacity, size_t *answer_size) {
    struct mutated_exchange *exchange = link->exchange;
    size_t keep = exchange->parameter + 1;
    exchange->applied = true;
    switch (exchange->kind) {
    case MUTATION_DROP:
        return dropped(answer, answer_size);
    case MUTATION_REPEAT:
        pass(link, command, answer, capacity, answer_size);
        return pass(link, command, answer, capacity, answer_size);
    case MUTATION_SWAP:
        return pass(link, exchange->commands[exchange->step + 1], answer, capacity, answer_size);
    case MUTATION_TRUNCATE:
        return pass(link, bytes_of(command.data, keep < command.size ? keep : command.size), answer,
                    capacity, answer_size);
    case MUTATION_FLIP:
        return flipped(link, command, answer, capacity, answer_size);
    case MUTATION_TEAR:
        return torn(link, command, answer, capacity, answer_size);
    default:
        return pass(link, command, answer, capacity, answer_size);
    }
}

static enum link_status mutated_transmit(struct link *outer, struct bytes command, uint8_t *answer,
                                         size_t capacity, size_t *answer_size) {
    struct mutated_link *link = (struct mutated_link *)outer;
    struct mutated_exchange *exchange = link->exchange;
    size_t step = exchange->counter++;
    if (exchange->kind == MUTATION_NONE)
        write_down(exchange, command);
    else if (step == exchange->step)
        return mistaken(link, command, answer, capacity, answer_size);
    else if (exchange->kind == MUTATION_SWAP && step == exchange->step + 1)
        command = exchange->commands[exchange->step];
    return pass(link, command, answer, capacity, answer_size);
}

static enum link_status mutated_reset(struct link *outer, enum link_reset kind, uint8_t *atr,
                                      size_t capacity, size_t *atr_size) {
    struct mutated_link *link = (struct mutated_link *)outer;
    return link_reset(link->inner, kind, atr, capacity, atr_size);
}

static void mutated_close(struct link *link) {
    (void)link;
}

void mutated_link_init(struct mutated_link *link, struct link *inner, size_t card,
                       struct mutated_exchange *exchange) {
    static const struct link_ops ops = {mutated_transmit, mutated_reset, mutated_close};
    *link = (struct mutated_link){.inner = inner, .exchange = exchange, .card = card};
    link->link = *inner;
    link->link.ops = &ops;
}
