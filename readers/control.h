// SPDX-License-Identifier: Apache-2.0
// A private socket on which a running program takes orders: one line in, one line out, "ok ..." or
// "error ...". A word with blanks stands in double quotes. Only the owner can connect (mode 0600).
// Used by card run --control and by the lab. Several clients may be connected; a line longer than
// the buffer ends its connection.
#ifndef READERS_CONTROL_H
#define READERS_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

enum { CONTROL_CLIENTS_MAX = 8, CONTROL_LINE_MAX = 512, CONTROL_FDS_MAX = 1 + CONTROL_CLIENTS_MAX };

struct control;

/// One order. Writes the reply, without newline, into reply.
typedef void control_handler(void *context, size_t argc, char **argv, char *reply, size_t size);

struct control_verb {
    const char *name;
    const char *usage; // "power-cut after N [octets K]"
    control_handler *handle;
};

struct control {
    int listener; // -1: none
    int clients[CONTROL_CLIENTS_MAX];
    char lines[CONTROL_CLIENTS_MAX][CONTROL_LINE_MAX];
    size_t used[CONTROL_CLIENTS_MAX];
    char path[108];
    const struct control_verb *verbs;
    size_t verb_count;
    void *context;
};

/// Listens at path, which must not exist or be a dead socket. False: error says why.
bool control_listen(struct control *control, const char *path, const struct control_verb *verbs,
                    size_t verb_count, void *context, char *error, size_t error_size);

/// Without a socket: every other function then does nothing.
void control_none(struct control *control);

/// Fills in what to poll for; returns how many entries. events has CONTROL_FDS_MAX places.
size_t control_poll(const struct control *control, struct pollfd *events);

/// Serves what poll reported.
void control_serve(struct control *control, const struct pollfd *events, size_t count);

/// Closes everything and removes the socket.
void control_close(struct control *control);

/// Adds a word to an order, behind a blank where it is not the first, and in quotes where it has
/// blanks. False: no room, or it cannot be written.
bool control_add_word(char *order, size_t size, const char *word);

/// The other side: sends one order, waits at most timeout_ms for the reply. False: reply says why.
bool control_ask(const char *path, const char *order, int timeout_ms, char *reply, size_t size);

#endif
