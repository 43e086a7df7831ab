// SPDX-License-Identifier: Apache-2.0
// What the programs that present a card image to a reader have in common, whatever the reader:
// the command line, opening the image, the signals that end them, and the orders that concern the
// card alone. The reader's side is each program's own.
#ifndef CARD_PORT_STAND_H
#define CARD_PORT_STAND_H

#include "card/port/chip.h"

#include <pthread.h>

/// How a program names things.
struct stand_program {
    const char *name, *help;
    const char *place;             // the option that names the reader: "--reader"
    const char *place_form;        // what must not be missing: "--reader vpcd:HOST:PORT"
    const char *other;             // the other program's option: one card, one reader
    enum card_interface interface; // unless --interface says another
};

struct stand_arguments {
    const char *image, *place, *interface, *control, *seed, *clock;
    bool unsynced, stay;
};

/// First member of a program's state, so that the state is the context of every order. Whoever
/// touches chip or inserted holds the lock.
struct stand {
    const struct stand_program *program;
    struct chip chip;
    pthread_mutex_t lock;
    bool inserted;
};

/// Takes the command line and opens the image; prints what is wrong with them. -1: go on; else the
/// exit code, also after --help and --version.
int stand_open(struct stand *stand, const struct stand_program *program,
               struct stand_arguments *arguments, int argc, char **argv);
void stand_close(struct stand *stand);

/// "PROGRAM: format; see tessera card run --help". The exit code.
int stand_usage_error(const struct stand *stand, const char *format, const char *value);

/// A descriptor that becomes readable at SIGTERM and SIGINT; every thread made later blocks them.
int stand_signals(void);

/// Orders of a control socket: context is a struct stand, the reply is one line of size octets.
void stand_order_ping(void *context, size_t argc, char **argv, char *reply, size_t size);
void stand_order_reset(void *context, size_t argc, char **argv, char *reply, size_t size);
void stand_order_cold_reset(void *context, size_t argc, char **argv, char *reply, size_t size);
/// power-cut after N [writes] [octets K]
void stand_order_power_cut(void *context, size_t argc, char **argv, char *reply, size_t size);

/// Their rows in a table of orders, and the ones that each program adds.
#define STAND_ORDERS                                                                               \
    {"ping", "ping", stand_order_ping}, {"reset", "reset", stand_order_reset},                     \
        {"cold-reset", "cold-reset", stand_order_cold_reset}, {                                    \
        "power-cut", "power-cut after N [writes] [octets K]", stand_order_power_cut                \
    }

/// "inserted=yes powered=no cut=armed writes=12": the card's part of the answer to status. The lock
/// is the caller's.
void stand_status(const struct stand *stand, char *text, size_t size);

#endif
