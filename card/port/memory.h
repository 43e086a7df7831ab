// SPDX-License-Identifier: Apache-2.0
// An image in RAM as NVM port, with a knob that cuts the power: for tests, for tools that must not
// touch a file, and for cards that need no file. Cuts come in the two shapes a medium has: writes
// in order with the last one torn at an octet, and writes since the last sync lost in any subset.
#ifndef CARD_PORT_MEMORY_H
#define CARD_PORT_MEMORY_H

#include "card/os/nvm.h"

enum { MEMORY_PENDING_MAX = 64, MEMORY_PENDING_OCTETS = 16384, MEMORY_NEVER = UINT32_MAX };

/// Writes since the last sync, for cuts that lose some of them.
struct memory_loss {
    uint8_t *synced; // the image as of the last sync: port.size octets, the caller's
    size_t count, used;
    bool overflow; // more was pending than fits: memory_port_lose refuses
    struct {
        uint32_t offset;
        size_t size, at;
    } writes[MEMORY_PENDING_MAX];
    uint8_t octets[MEMORY_PENDING_OCTETS];
};

struct memory_port {
    struct nvm_port nvm;    // hand &port->nvm to the card; the port must not move while it is used
    uint8_t *image;         // nvm.size octets, the caller's: what the medium holds
    uint32_t writes, syncs; // that took place since power came
    uint32_t cut_write;     // the write (counted from 0) during which power goes; MEMORY_NEVER
    uint32_t cut_octets;    // how many octets of it still land
    uint32_t cut_sync;      // the sync (counted from 0) during which power goes; MEMORY_NEVER
    uint32_t last_size;     // octets of the last write asked for, the cut one included
    bool off;               // power went: every call fails
    struct memory_loss *loss; // NULL: unsynced writes are not recorded
};

/// Power on, no cut, image as it is.
void memory_port_open(struct memory_port *port, uint8_t *image, uint32_t size);

/// Cuts after this many more writes and this many octets of the next one.
void memory_port_cut(struct memory_port *port, uint32_t writes, uint32_t octets);

/// Cuts within the sync after this many more: what was written before it may be lost.
void memory_port_cut_sync(struct memory_port *port, uint32_t syncs);

/// Power comes back: counters at 0, no cut.
void memory_port_power(struct memory_port *port);

/// Records unsynced writes from now on; synced gets a copy of the image.
void memory_port_track(struct memory_port *port, struct memory_loss *loss, uint8_t *synced);

/// Makes the image what a medium might hold that lost unsynced writes: bit i of kept tells whether
/// the i-th pending write survived. False: more than 64 writes or too many octets were pending.
bool memory_port_lose(struct memory_port *port, uint64_t kept);

#endif
