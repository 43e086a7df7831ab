// SPDX-License-Identifier: Apache-2.0
// What the programs that present a card image to a reader have in common, whatever the reader:
// rows of their option tables, opening the image, the signals that end them, and the orders that
// concern the card alone. The reader's side is each program's own.
#ifndef CARD_PORT_PRESENTER_H
#define CARD_PORT_PRESENTER_H

#include "base/options/options.h"
#include "card/port/chip.h"

#include <pthread.h>

struct presenter_arguments {
    const char *image, *reader, *nfc, *control;
    int interface; // enum card_interface
    bool unsynced, stay;
    struct program_run run;
};

/// First member of a program's state, so that the state is the context of every order and of the
/// rows below. Whoever touches chip or inserted holds the lock.
struct presenter {
    struct presenter_arguments arguments;
    struct chip chip;
    pthread_mutex_t lock;
    bool inserted;
};

/// Words of --interface, by enum card_interface.
extern const char *const presenter_ways[];

/// Offset of an argument in a program's state.
#define PRESENTER_AT(member) offsetof(struct presenter, arguments.member)

/// Option rows that such programs have.
#define PRESENTER_ROWS                                                                             \
    {NULL,                                                                                         \
     "IMAGE",                                                                                      \
     OPTION_IMAGE,                                                                                 \
     "the card; its image is locked meanwhile",                                                    \
     .at = PRESENTER_AT(image),                                                                    \
     .needed = OPTION_EVERY},                                                                      \
        {"interface",                                                                              \
         "WAY",                                                                                    \
         OPTION_WORD,                                                                              \
         "by which way commands come: contact, contactless or internal",                           \
         .at = PRESENTER_AT(interface),                                                            \
         .words = presenter_ways},                                                                 \
        {"control", "SOCKET", OPTION_FILE,                                                         \
         "take orders on this Unix socket: ping, status, insert, remove, reset, cold-reset, "      \
         "power-cut after N [octets K]",                                                           \
         .at = PRESENTER_AT(control)},                                                             \
        {"unsynced", NULL, OPTION_FLAG, "do not wait for the disk at a commit",                    \
         .at = PRESENTER_AT(unsynced)},                                                            \
        OPTION_CLOCK_ROW(PRESENTER_AT(run)), OPTION_SEED_ROW(PRESENTER_AT(run))

/// Opens the image of the arguments, with the applets of rom.
bool presenter_open(struct presenter *presenter, const struct card_rom *rom,
                    struct failure *failure);
void presenter_close(struct presenter *presenter);

/// A descriptor that becomes readable at SIGTERM and SIGINT; every thread made later blocks them.
int presenter_signals(void);

/// Orders of a control socket: context is a struct presenter, the reply is one line of size octets.
void presenter_order_ping(void *context, size_t argc, char **argv, char *reply, size_t size);
void presenter_order_reset(void *context, size_t argc, char **argv, char *reply, size_t size);
void presenter_order_cold_reset(void *context, size_t argc, char **argv, char *reply, size_t size);
/// power-cut after N [writes] [octets K]
void presenter_order_power_cut(void *context, size_t argc, char **argv, char *reply, size_t size);

/// Their rows in a table of orders, and the ones that each program adds.
#define PRESENTER_ORDERS                                                                           \
    {"ping", "ping", presenter_order_ping}, {"reset", "reset", presenter_order_reset},             \
        {"cold-reset", "cold-reset", presenter_order_cold_reset}, {                                \
        "power-cut", "power-cut after N [writes] [octets K]", presenter_order_power_cut            \
    }

/// "inserted=yes powered=no cut=armed writes=12": the card's part of the answer to status. The lock
/// is the caller's.
void presenter_status(const struct presenter *presenter, char *text, size_t size);

#endif
