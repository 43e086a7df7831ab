// SPDX-License-Identifier: Apache-2.0
// One mistake in an exchange that is otherwise as a script has it: a command dropped, repeated,
// swapped with the next, truncated, with one bit flipped, or torn by a power cut at one write. The
// script's invariants must hold after every such run. This file is the mistake on the link; who
// runs the script over it is the caller's.
#ifndef APDU_SCRIPT_MUTATE_H
#define APDU_SCRIPT_MUTATE_H

#include "apdu/link.h"
#include "apdu/script/memory.h"

enum mutation_kind {
    MUTATION_NONE, // the clean run: commands are written down
    MUTATION_DROP,
    MUTATION_REPEAT,
    MUTATION_SWAP,
    MUTATION_TRUNCATE, // to parameter octets
    MUTATION_FLIP,     // one bit of octet parameter
    MUTATION_TEAR,     // power goes at write number parameter of this command
    MUTATION_KINDS,
};

const char *mutation_word(enum mutation_kind kind);

/// All cards of one run share one exchange.
struct mutated_exchange {
    enum mutation_kind kind;
    size_t step; // which command, from 0
    size_t parameter;
    size_t counter;     // commands so far
    bool applied;       // the step was reached
    bool torn;          // TEAR: the power did go
    struct arena arena; // commands of the clean run
    struct bytes *commands;
    size_t count, capacity;
    /// TEAR: power of a card goes after so many writes.
    bool (*cut)(void *context, size_t card, uint64_t writes);
    void *context;
};

void mutated_exchange_init(struct mutated_exchange *exchange, const struct script_memory *memory);
void mutated_exchange_free(struct mutated_exchange *exchange);
/// Ready for a run with this mistake.
void mutated_exchange_begin(struct mutated_exchange *exchange, enum mutation_kind kind, size_t step,
                            size_t parameter);

/// The next mistake in order; false when all were made. Start from {MUTATION_NONE, 0, 0}. kinds has
/// a bit (1 << kind) for each kind wanted.
bool mutation_next(const struct mutated_exchange *exchange, unsigned kinds,
                   enum mutation_kind *kind, size_t *step, size_t *parameter);

struct mutated_link {
    struct link link;
    struct link *inner;
    struct mutated_exchange *exchange;
    size_t card;
};

void mutated_link_init(struct mutated_link *link, struct link *inner, size_t card,
                       struct mutated_exchange *exchange);

#endif
