// SPDX-License-Identifier: Apache-2.0
// An NFC device opened through libnfc and held alone. libnfc itself lets two programs open one
// serial port and spoil each other's frames, so the port is locked above it.
#ifndef READERS_LINK_NFC_PORT_H
#define READERS_LINK_NFC_PORT_H

#include <nfc/nfc.h>

#include "readers/link/link_kind.h"

enum {
    NFC_APDU_MAX = 262, // libnfc overruns a buffer of its own one octet further: never pass more
    NFC_CONNECTION_MAX = 256,
};

struct nfc_port {
    nfc_context *context;
    nfc_device *device; // NULL: not open
    int lock;           // descriptor that holds the lock, -1 where the port has no path
    nfc_connstring connection;
};

/// Opens the device of a libnfc connection string such as pn532_uart:/dev/ttyUSB0:115200. False
/// with the failure: LINK_BAD_INPUT for a wrong string, LINK_NO_CARD without device, LINK_LOCKED
/// when somebody else has it or permission is missing. *port is in order either way.
bool nfc_port_open(struct nfc_port *port, const char *connection, struct link_failure *failure);

/// Closes what is open; the lock goes last.
void nfc_port_close(struct nfc_port *port);

/// Words for a libnfc error code.
const char *nfc_port_error(int code);

#endif
