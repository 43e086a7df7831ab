// SPDX-License-Identifier: Apache-2.0
// A card on the air: what an NFC device presents as an ISO/IEC 14443-4 target, one reader after the
// other, in a thread of its own that waits inside libnfc. The card behind it is handed in.
#ifndef READERS_LINK_NFC_NFC_TARGET_H
#define READERS_LINK_NFC_NFC_TARGET_H

#include "base/failure.h"
#include "readers/link/nfc_port.h"

#include <pthread.h>
#include <stdatomic.h>

/// What answers. Called by the thread of the air.
struct nfc_target_card {
    /// False: it does not start.
    bool (*power)(void *context, bool on);
    /// Writes the answer and returns its size; 0 is a card that stays silent.
    size_t (*transmit)(void *context, struct bytes command, uint8_t *answer, size_t capacity);
    void *context;
};

/// Stays where it is while it is open.
struct nfc_air {
    struct nfc_target_card card;
    struct nfc_port port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool inserted;
    atomic_bool leave;   // the thread shall come out of libnfc
    atomic_bool stop;    // and end
    atomic_bool waiting; // it is inside a libnfc call that waits
    atomic_uint taps, commands;
    int ended[2];           // a pipe that the thread closes
    struct failure failure; // of the thread
};

/// Opens the device of a connection string, which "nfc:" may precede. The card lies on it.
bool nfc_air_open(struct nfc_air *air, const char *connection, const struct nfc_target_card *card,
                  struct failure *failure);

/// Begins to wait for readers. Signals that the caller watches for are blocked already.
bool nfc_air_start(struct nfc_air *air, struct failure *failure);

/// Readable when the device is gone.
int nfc_air_gone(const struct nfc_air *air);

/// Lays the card on the device, or takes it away, out of a tap under way.
void nfc_air_insert(struct nfc_air *air);
void nfc_air_remove(struct nfc_air *air);

/// Ends what nfc_air_start began. False: the device went before.
bool nfc_air_stop(struct nfc_air *air, struct failure *failure);

/// Gives the device back; only after nfc_air_stop, or without a start.
void nfc_air_close(struct nfc_air *air);

#endif
