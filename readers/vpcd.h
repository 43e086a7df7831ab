// SPDX-License-Identifier: Apache-2.0
// The card's side of vpcd, the virtual reader inside pcscd: the card connects to the driver's port
// and answers frames of a 16-bit big-endian length and a payload. A payload of one octet is
// control: 0 power off, 1 power on, 2 reset, 4 send the ATR (the only one that is answered). Fast
// because every reply is one write, Nagle is off, and the delayed acknowledgement of the driver's
// two segments is switched off again around every receive: 30 microseconds instead of 44
// milliseconds a command.
#ifndef READERS_VPCD_H
#define READERS_VPCD_H

#include "base/bytes.h"

enum { VPCD_PAYLOAD_MAX = 65535, VPCD_FRAME_MAX = 2 + VPCD_PAYLOAD_MAX, VPCD_ATR_MAX = 33 };

enum vpcd_power { VPCD_POWER_OFF = 0, VPCD_POWER_ON = 1, VPCD_RESET = 2 };

/// What stands behind the contacts.
struct vpcd_card {
    void (*power)(void *context, enum vpcd_power what);
    /// Never resets the card: the reader asks for the ATR to see whether a card is there. 0: none.
    size_t (*atr)(void *context, uint8_t atr[VPCD_ATR_MAX]);
    /// Writes the answer and returns its size; 0 is a card that stays silent.
    size_t (*transmit)(void *context, struct bytes command, uint8_t *answer, size_t capacity);
    void *context;
};

/// One connection to the reader. Memory is the caller's; about 128 KiB.
struct vpcd {
    int socket;  // -1 when not connected
    size_t have; // octets received and not yet handled
    uint8_t in[VPCD_FRAME_MAX];
    uint8_t out[VPCD_FRAME_MAX];
};

enum vpcd_result {
    VPCD_SERVED, // everything received was handled; wait for more
    VPCD_CLOSED, // the reader closed the connection, or it broke
    VPCD_SILENT, // the card gave no answer: hang up, as a card torn from the reader would
};

/// Not connected yet.
void vpcd_init(struct vpcd *vpcd);

/// Splits "HOST:PORT"; false when it is not of that form.
bool vpcd_address(const char *address, char *host, size_t host_size, char *port, size_t port_size);

/// Connects. False leaves errno: ECONNREFUSED while no reader listens there yet.
bool vpcd_connect(struct vpcd *vpcd, const char *host, const char *port);

/// As vpcd_connect, over a socket that is connected already; takes it over.
void vpcd_attach(struct vpcd *vpcd, int socket);

/// Receives what is there without waiting and handles every complete frame. Call when vpcd->socket
/// is readable.
enum vpcd_result vpcd_serve(struct vpcd *vpcd, const struct vpcd_card *card);

/// Hangs up, which a reader takes for a card that was pulled out.
void vpcd_close(struct vpcd *vpcd);

#endif
