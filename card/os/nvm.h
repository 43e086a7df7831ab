// SPDX-License-Identifier: Apache-2.0
// Non-volatile memory with transactions. Every change is staged, then committed whole: one journal
// record with a checksum, written to the older of two slots, one sync, then the home locations. A
// cut at any octet gives exactly the old or exactly the new state at the next nvm_open. The home
// writes of one commit reach the medium with the sync of the next, which the alternating slots make
// safe: one sync a commit. A running checksum over all data travels in every record, so that a
// damaged image is refused, never half believed. A record leaves nothing of the one whose slot it
// takes: what a commit overwrote is gone from the medium two commits later, secrets included.
// Layout of the image: docs/image.md.
#ifndef CARD_OS_NVM_H
#define CARD_OS_NVM_H

#include "card/os/nvm_port.h"

enum {
    NVM_IMAGE_SIZE = 64 * 1024,        // default
    NVM_IMAGE_SIZE_PHONE = 128 * 1024, // a wallet with a ticket store
    NVM_IMAGE_SIZE_LARGE = 512 * 1024, // tills, floats, home servers: long tables
    NVM_HEADER_SIZE = 32,              // octets of an image that nvm_probe needs
};

struct nvm {
    const struct nvm_port *port;
    uint64_t sequence;    // of the last commit
    uint64_t sum;         // over the data area as of the last commit
    uint16_t staged;      // octets used in record; those after them are 0
    uint16_t extents[2];  // of each journal slot, octets up to the last one that is not 0
    bool open;            // a transaction is open
    bool spoiled;         // staging overflowed or went out of bounds: commit will refuse
    bool halted;          // the card may not go on: nothing is written until this is taken back
    struct nvm_area hole; // what the sum of the newest record leaves out; size 0: nothing
    bool dead;            // the port failed: nothing more until nvm_open
    uint8_t record[NVM_RECORD_HEADER + NVM_TRANSACTION_MAX];
};

/// Does this begin an image of ours? On NVM_OK *size is the whole image in octets.
enum nvm_status nvm_probe(const uint8_t header[NVM_HEADER_SIZE], uint32_t *size);
/// Writes an empty image. All octets of the data area are 0. The port's size is a multiple of 8.
enum nvm_status nvm_format(const struct nvm_port *port);
/// Recovers and connects. Idempotent: may itself be cut anywhere. A damaged image is not written.
enum nvm_status nvm_open(struct nvm *nvm, const struct nvm_port *port);
/// Checks header, journal and recorded checksums without writing.
enum nvm_status nvm_check(const struct nvm_port *port);
/// Reads the state that nvm_open would recover, without writing. Slow: for tools.
bool nvm_peek(const struct nvm_port *port, uint32_t offset, void *out, size_t size);

/// First and one-past-last offset of the data area.
uint32_t nvm_data_begin(void);
uint32_t nvm_data_end(const struct nvm *nvm);

/// Reads through the open transaction: staged octets are seen.
bool nvm_read(const struct nvm *nvm, uint32_t offset, void *out, size_t size);

/// Opens a transaction with nothing staged; none may be open.
void nvm_begin(struct nvm *nvm);
/// Stages octets; a later stage over the same octets wins.
void nvm_stage(struct nvm *nvm, uint32_t offset, const void *data, size_t size);
/// Makes everything staged durable, atomically. False: spoiled (nothing of it happened), or the
/// port failed: dead, and the next nvm_open shows whether the record had reached the medium.
bool nvm_commit(struct nvm *nvm);
/// Forgets what is staged.
void nvm_abort(struct nvm *nvm);

/// Writes outside the journal into memory that no committed state refers to yet, and syncs: for
/// objects larger than a transaction. A cut leaves garbage that nothing points to. Not for octets
/// that the open transaction has staged. The area is all that is about to be filled, and no sum
/// watches it until the next commit; a fill within the area of the one before costs one sync, the
/// first in an area two.
bool nvm_fill(struct nvm *nvm, struct nvm_area area, uint32_t offset, const void *data,
              size_t size);

#endif
