// SPDX-License-Identifier: Apache-2.0
// A campaign as one struct: what it is given, its figures, and what its processes share. What it
// does: campaign.h.
#ifndef APDU_SCRIPT_TOOLS_CAMPAIGN_STATE_H
#define APDU_SCRIPT_TOOLS_CAMPAIGN_STATE_H

#include <stdio.h>
#include <sys/types.h>

#include "apdu/crypto/crypto.h"
#include "apdu/script/tools/mutate.h"

/// What a campaign needs of the cards beside talking to them, by number.
struct campaign_cards {
    const struct script_card *cards;
    size_t count;
    struct mutation_power power;
    /// NVM writes of a card so far.
    uint64_t (*writes)(void *context, size_t card);
    /// Digest of what a card would find if it started now. False: it has no state to compare.
    bool (*state)(void *context, size_t card, uint8_t digest[SHA256_SIZE]);
    /// Calls synced after each of a card's syncs.
    bool (*watch)(void *context, size_t card, void (*synced)(void *of), void *of);
    void *context;
    /// In a child, first of all: cards that do not live in this process become the child's own.
    /// False: one cannot, and the context has told. NULL: all live here.
    bool (*again)(void *context);
};

struct campaign_options {
    unsigned kinds;     // bit 1 << kind for each kind wanted
    size_t per_command; // of truncate and flip at most so many a command, spread evenly; 0: all
    unsigned jobs;      // children at a time
    bool list;          // print every mistake and what became of it
    const char *folder; // a script for each violation goes here; NULL: none
    struct script_options run; // seed and keys
    bool repeatable;           // cards draw the same every time: states can be compared
    /// The one mistake to make; kind MUTATION_NONE: all.
    enum mutation_kind only;
    size_t only_step, only_parameter;
};

enum { CAMPAIGN_STATES_MAX = 64 };

/// What a command does when nothing happens to it.
struct campaign_scout {
    uint64_t writes;
    size_t states; // of the card after its syncs; the first is before, the last after it
    bool comparable;
    size_t next_card, next_size; // the command after it; size 0: none
    uint8_t state[CAMPAIGN_STATES_MAX][SHA256_SIZE];
    uint8_t next[APDU_EXTENDED_COMMAND_MAX];
};

/// One child.
struct campaign_child {
    pid_t process;
    int pipe;
    enum mutation_kind kind;
    size_t step, parameter;
    char command[64]; // card and header, for messages
    bool ended;
    int status; // as of waitpid
    struct buffer told;
};

enum { CAMPAIGN_JOBS_MAX = 64 };

struct campaign {
    // the caller's
    struct script_program *program, *rules; // rules: whose setup and invariants; may be the same
    const struct script_ports *ports;
    const struct campaign_cards *cards;
    const struct campaign_options *options;
    FILE *out, *err;
    // figures
    size_t steps, mistakes, violations, compared;
    size_t mistakes_of[MUTATION_KINDS], steps_of[MUTATION_KINDS];
    // its own
    struct script_memo memo, rules_memo;
    struct mutated_exchange exchange;
    struct mutated_link links[SCRIPT_CARDS_MAX];
    struct script_card wrapped[SCRIPT_CARDS_MAX];
    struct buffer log, failure, fault;
    enum { CAMPAIGN_TRUNK, CAMPAIGN_SCOUT, CAMPAIGN_MUTANT } role;
    int told; // SCOUT, MUTANT: the pipe to the parent
    size_t scouted_card;
    uint64_t scouted_writes;
    struct campaign_scout scout;
    struct campaign_child children[CAMPAIGN_JOBS_MAX];
    size_t first, running; // ring of children, oldest first
    bool failed;           // processes or memory are out, or:
    bool unsteady;         // a card did not come to the same place in a child
};

#endif
