// SPDX-License-Identifier: Apache-2.0
// One mistake in an exchange that is otherwise as a script has it: a command dropped, repeated,
// swapped with the next, truncated, with one bit flipped, or torn by a power cut. This file is the
// mistake on the link; which ones are made, and what must hold after them, is campaign.h.
#ifndef APDU_SCRIPT_TOOLS_MUTATE_H
#define APDU_SCRIPT_TOOLS_MUTATE_H

#include "apdu/command/link.h"
#include "apdu/script/run/run.h"

enum mutation_kind {
    MUTATION_NONE, // the clean run
    MUTATION_DROP,
    MUTATION_REPEAT,
    MUTATION_SWAP,     // the next command goes first; each gets its own answer
    MUTATION_TRUNCATE, // to parameter + 1 octets
    MUTATION_FLIP,     // one bit of octet parameter
    MUTATION_TEAR,     // see mutation_tear
    MUTATION_KINDS,
};

/// The kind as it is written on the command line.
const char *mutation_word(enum mutation_kind kind);
/// MUTATION_KINDS: there is no such word.
enum mutation_kind mutation_find(struct bytes word);

/// A command that writes W times is torn in 2 W + 1 ways. Power goes before write N, and the host
/// gives up (parameter 2 N); it goes within write N, comes back, and the host goes on (2 N + 1); it
/// goes when everything is written and only the answer is lost, and the host goes on (2 W).
struct mutation_tear {
    uint64_t write;
    size_t octets; // of that write that still arrive
    bool answer_only, gives_up;
};
/// Where the cut of a parameter lies in a command of so many writes.
struct mutation_tear mutation_tear(size_t parameter, uint64_t writes);

/// In how many ways a command can be mistaken. next: there is a command after it.
size_t mutation_variants(enum mutation_kind kind, size_t size, bool next, uint64_t writes);

/// What a tear needs of the cards, by number.
struct mutation_power {
    /// Power goes at the write after so many more, of which some octets arrive.
    bool (*cut)(void *context, size_t card, uint64_t writes, size_t octets);
    /// Power goes now; a cut that did not come yet is forgotten.
    bool (*fail)(void *context, size_t card);
    void *context;
};

struct mutated_link;

/// All cards of one run share one exchange.
struct mutated_exchange {
    enum mutation_kind kind;
    size_t step; // which command, from 0
    size_t parameter;
    uint64_t writes;  // TEAR: of the command when nothing happens to it
    size_t next_card; // SWAP: the command after it
    struct bytes next;
    size_t counter; // commands so far
    struct mutation_power power;
    struct mutated_link *links[SCRIPT_CARDS_MAX];
    /// Called around every command of a clean run; before may begin a mistake in this very command.
    void (*before)(void *context, size_t card, struct bytes command);
    void (*after)(void *context, size_t card);
    /// The torn card has power again; nothing was sent to it since.
    void (*recovered)(void *context, size_t card);
    void *context;
    /// The exchange as it was on the wire, as a script. NULL: not wanted.
    struct buffer *log;
    bool answer_held; // SWAP: the answer of the next command
    enum link_status held_status;
    size_t held_size;
    uint8_t held[APDU_EXTENDED_RESPONSE_MAX];
};

struct mutated_link {
    struct link link; // hand this one to the runner
    struct script_control control;
    struct link *inner;
    const struct script_control *inner_control;
    struct mutated_exchange *exchange;
    size_t card;
    const char *name;
};

/// Wraps a card; it stays the caller's. Returns it as the runner wants it.
struct script_card mutated_link_init(struct mutated_link *link, const struct script_card *card,
                                     size_t number, struct mutated_exchange *exchange);

#endif
