// SPDX-License-Identifier: Apache-2.0
// What the programs of terminals share: the words that all of them take, where their state is, how
// they begin and serve, how they ask one that runs.
#ifndef HOST_MACHINE_MACHINE_MAIN_H
#define HOST_MACHINE_MACHINE_MAIN_H

#include "base/program.h"
#include "host/machine/machine.h"
#include "services/wire/revocations.h"

#include <limits.h>

/// What the command line of a terminal says, and what is opened by it. The first member of its
/// program's arguments, so that these functions are its actions' as they are.
struct machine_program {
    const char *name;                                           // of the program: "vend"
    const char *state, *own, *customer, *http, *hotlist, *root; // of run
    const char *reference, *end;                                // of settle
    uint64_t wait_s, show_s;
    bool json;
    char place[PATH_MAX];
    struct program_run run;
    struct crypto *crypto;
    struct revocations revoked;
};

/// The state directory: the one that is said, else "tessera-NAME" in the account's place for state.
const char *machine_program_state(struct machine_program *program);

/// Opens what each run needs: randomness, and the hotlist, where one is said, by its root.
bool machine_program_begin(struct machine_program *program, struct failure *failure);

/// Frees what machine_program_begin opened, if it did.
void machine_program_close(struct machine_program *program);

/// Prints "screen URL", where there is one (url not NULL), and "ready", for whoever started it.
void machine_ready(const char *url);

/// Opens what a machine runs with, has serve run it with these readers (customers: MACHINE_READERS,
/// NULL where there is none), which are taken over, and returns the exit code. context is serve's.
int machine_program_run(struct machine_program *program, struct card_slot *own,
                        struct card_slot *const customers[MACHINE_READERS],
                        bool (*serve)(void *context, const struct machine_options *options,
                                      const struct interrupt *interrupt, struct failure *failure),
                        void *context, struct failure *failure);

/// Serves until the interrupt comes, once it has said that it is ready.
bool machine_serve(struct machine *machine, const struct interrupt *interrupt,
                   struct failure *failure);

/// Asks the machine that runs with this state; question is taken over. Prints its answer, as JSON
/// or by print, and returns the exit code that it tells.
int machine_ask(const char *state, json_t *question, bool json, void (*print)(json_t *answer),
                struct failure *failure);

/// The same of the machine that this program is for.
int machine_program_ask(struct machine_program *program, json_t *question,
                        void (*print)(json_t *answer), struct failure *failure);

/// A field of an answer; "" where there is none.
const char *machine_field(json_t *answer, const char *field);

/// Prints the state that an answer tells.
void machine_print_state(json_t *answer);

/// The actions "pending", which prints the sales that are not over, one a line, and "settle".
/// context: struct machine_program.
int machine_run_pending(void *context, struct failure *failure);
int machine_run_settle(void *context, struct failure *failure);

#endif
