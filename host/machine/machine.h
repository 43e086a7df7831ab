// SPDX-License-Identifier: Apache-2.0
// What a machine is that nobody stands behind: its own purse in a slot, customers at one or two
// readers, a screen, commands, its directory, and one sale at a time. One thread takes what comes,
// one after another. What is sold, or what else the machine does, is its kind's: a table of
// functions over the same struct (host/deposit/, host/vend/).
#ifndef HOST_MACHINE_MACHINE_H
#define HOST_MACHINE_MACHINE_H

#include "base/clock.h"
#include "base/interrupt.h"
#include "host/flows/flow.h"
#include "host/machine/own_purse.h"
#include "host/sale/sale_machine.h"
#include "host/sale/sale_store.h"
#include "host/terminal/terminal_screen.h"
#include "host/terminal/words.h"

enum {
    MACHINE_READERS = 2,
    MACHINE_TAP_MS = 2000,
    MACHINE_WAIT_MS = 60000,
    MACHINE_SHOW_MS = 6000
};

struct machine;

/// A word of the screen, and what it does; where it does not fit the moment it does nothing.
struct machine_act {
    const char *word;
    void (*run)(struct machine *machine, json_t *act);
};

/// The same of a command: machine_reply answers it, now (reply) or at the end of what it began.
/// False: refused, and the failure is answered.
struct machine_command {
    const char *word;
    bool (*run)(struct machine *machine, json_t *command, int reply, struct failure *failure);
};

struct machine_kind {
    const char *name;          // of the program and of its directory: "deposit"
    const char *own;           // its purse, for messages: "the float"
    uint16_t role;             // of that purse
    uint8_t reference;         // of what it sells: REFERENCE_GOODS, ...
    const char *idle;          // key of what the screen says at rest
    struct bytes page, script; // of its screen
    /// Opens what else the machine has, in its directory, and sets sales.server.
    bool (*open)(struct machine *machine, struct failure *failure);
    const struct machine_act *acts;         // up to one without a word
    const struct machine_command *commands; // likewise
    /// A card is at machine->customer, and machine->own is there: one tap. Returns the key of how
    /// it went; machine->flow may be left as the flow left it.
    const char *(*tap)(struct machine *machine);
    /// What follows when the card was let go.
    void (*tapped)(struct machine *machine, const char *say);
    /// Nobody came in time.
    void (*tired)(struct machine *machine);
    /// Puts into the state of the screen what only this kind shows.
    void (*show)(const struct machine *machine, json_t *state);
    /// At the start, for each record that is not over, in their order.
    void (*resume)(struct machine *machine, const struct sale_record *record);
};

struct machine_options {
    const char *state;   // directory
    const char *address; // of the screen; NULL: there is none
    unsigned wait_ms;    // for a card, before it is given up; 0: MACHINE_WAIT_MS
    unsigned show_ms;    // how long an end stays on the screen; 0: MACHINE_SHOW_MS
    struct card_slot *own;
    struct card_slot *customers[MACHINE_READERS]; // NULL: no such reader
    const struct revocations *revoked;            // NULL: no hotlist
    struct crypto *crypto;
    const struct clock *clock;
};

struct machine {
    struct machine_kind kind;
    void *context; // the kind's
    struct machine_options options;
    struct sale_store *store;
    struct sale_machine sales; // its server is the kind's
    struct terminal_screen *screen;
    int control; // listening socket
    struct own_purse own;
    struct purse_client customer; // while a tap lasts
    struct flow flow;             // of the last tap
    const char *phase, *say;      // what the screen shows: part of its page, key of its sentence
    bool seeks;                   // a card is waited for
    int64_t give_up_ms;           // when a wait is over, by clock_running_ms; 0: none
    int64_t seek_ms;              // when a card is looked for again; 0: it is now, or none is
    int reply;                    // who waits for the end of what goes on; -1: nobody
};

/// Takes the directory, finds its purse, listens, goes on with what an earlier run left. machine is
/// zero but for context. False: machine_close is due all the same.
bool machine_open(struct machine *machine, const struct machine_kind *kind,
                  const struct machine_options *options, struct failure *failure);

/// Where its screen is; NULL: there is none.
const char *machine_url(const struct machine *machine);

/// Serves until the interrupt comes; what is under way is durable then.
bool machine_run(struct machine *machine, const struct interrupt *interrupt,
                 struct failure *failure);

/// One turn of that: waits for the next thing, but not longer than most_ms, and takes it. False: a
/// failure.
bool machine_turn(struct machine *machine, int interrupted, int most_ms, struct failure *failure);

/// What its screen asks for by this word; another word is nothing.
void machine_take_act(struct machine *machine, const char *word, json_t *act);

/// The command of this word; false with a failure: refused, or there is none.
bool machine_take_command(struct machine *machine, const char *word, json_t *command, int reply,
                          struct failure *failure);

/// Ends what machine_open began.
void machine_close(struct machine *machine);

// ---- for the kinds

/// Shows how it stands: a part of the page and a sentence.
void machine_say(struct machine *machine, const char *phase, const char *say);
/// Waits for a card, and shows the part "tap".
void machine_await(struct machine *machine, const char *say);
/// Waits on for it, a moment later: the same card is to come back.
void machine_await_again(struct machine *machine, const char *say);
/// Waits no more. The next wait, if any, is for people: so long until tired is called; 0: for ever.
void machine_wait(struct machine *machine, unsigned wait_ms);
/// It is over: the part "end" for a while, then tired is called.
void machine_end(struct machine *machine, const char *say);
/// Back to the part "idle"; say NULL: as the kind says at rest.
void machine_rest(struct machine *machine, const char *say);
/// The own purse, found again if need be.
bool machine_find_own(struct machine *machine, struct failure *failure);
/// Answers whoever waits, if anybody does; answer is taken over.
void machine_reply(struct machine *machine, json_t *answer);
/// A note for whoever reads the log.
void machine_note(const struct machine *machine, const char *text);

#endif
