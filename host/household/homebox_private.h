// SPDX-License-Identifier: Apache-2.0
// What the files of the home server's page share; nobody else includes it. homebox.c opens, waits
// and closes, homebox_act.c does what is touched and says how it stands.
#ifndef HOST_HOUSEHOLD_HOMEBOX_PRIVATE_H
#define HOST_HOUSEHOLD_HOMEBOX_PRIVATE_H

#include "host/household/homebox.h"
#include "host/state/machine_state.h"
#include "host/terminal/errand.h"
#include "host/terminal/terminal_screen.h"

enum homebox_phase { HOMEBOX_IDLE, HOMEBOX_BUSY, HOMEBOX_END, HOMEBOX_PHASE_COUNT };

/// What the page shows, each told by a command; the last one is what was touched.
enum homebox_errand {
    SHOW_LIBRARY,
    SHOW_TICKETS,
    SHOW_DEVICES,
    SHOW_CATALOGUE,
    SHOWN_COUNT,
    OWN_ERRAND = SHOWN_COUNT
};

struct homebox {
    struct homebox_options options;
    struct machine_state state;
    int lock;
    struct terminal_screen *screen;
    struct errand errand;
    enum homebox_errand running;
    bool due[SHOWN_COUNT];
    json_t *shown[SHOWN_COUNT]; // NULL: not known yet
    enum homebox_phase phase;
    const char *say;
    char detail[ERRAND_SAID_MAX + 1]; // what a command said when it ended
};

// ---- homebox_act.c
/// Tells the page how it stands.
void homebox_show(struct homebox *homebox);
/// An act of the page.
void homebox_act(struct homebox *homebox, json_t *act);
/// Starts what is due, when nothing runs.
void homebox_next(struct homebox *homebox);
/// The errand ended.
void homebox_ended(struct homebox *homebox);

#endif
