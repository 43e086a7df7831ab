// SPDX-License-Identifier: Apache-2.0
// A field that runs: its clock is the machine's, its chips hang on pseudo-terminals in a directory,
// its orders come over the socket "control" there. Which cards there are is handed in.
#ifndef READERS_FIELD_SERVER_H
#define READERS_FIELD_SERVER_H

#include "base/failure.h"
#include "base/options/options.h"
#include "readers/field/orders.h"
#include "readers/field/pty.h"

/// What a field begins with. readers: names of chips; taps: WHAT@READER. trace as in struct
/// field_ports, or NULL. orders: how cards are opened and closed; its field is filled in.
struct field_setup {
    const char *directory;
    struct option_list readers, taps;
    uint64_t seed;
    bool timed;
    struct field_orders orders;
    void (*trace)(void *context, uint64_t now_ns, unsigned chip, enum field_trace_kind kind,
                  const struct rf_frame *frame);
};

struct field_server {
    struct rf_field field;
    struct field_setup setup;
    struct control control;
    struct pty ptys[FIELD_CHIPS_MAX];
    int signals;
    int lock; // of the directory; -1: not held
    uint64_t start;
};

/// Takes the directory, which no other field may have; blocks SIGTERM, SIGINT and SIGHUP. server is
/// zero and stays where it is; end it by field_server_stop whatever came of this.
bool field_server_open(struct field_server *server, const char *directory, struct failure *failure);

/// Makes the terminals and prints a line "NAME pn532_uart:PATH:115200" for each; lays down what
/// lies there from the beginning, and takes orders from now on. The directory is taken already.
bool field_server_start(struct field_server *server, const struct field_setup *setup,
                        struct failure *failure);

/// Until one of the three signals comes.
void field_server_run(struct field_server *server);

/// Removes terminals and socket, and lets the directory go. Cards stay as they are.
void field_server_stop(struct field_server *server);

/// "DIR/control"; false: errno.
bool field_control_path(const char *directory, char path[PTY_PATH_MAX]);

#endif
