// SPDX-License-Identifier: Apache-2.0
// The records of the NVM journal as they stand in the medium, and recovery from them; for nvm.c
// alone. Why one sync a commit is enough stands at the top of journal.c.
#ifndef CARD_OS_JOURNAL_H
#define CARD_OS_JOURNAL_H

#include "card/os/nvm_port.h"

enum {
    JOURNAL_SECTOR = 4096, // what a medium may lose as one: header, slots and data share none
    JOURNAL_BEGIN = JOURNAL_SECTOR, // offset of the first slot
    JOURNAL_SLOT_SIZE = NVM_RECORD_HEADER + NVM_TRANSACTION_MAX,
    NUMBER_BEGIN = JOURNAL_BEGIN + 2 * JOURNAL_SECTOR, // home of the number of the last commit
    NUMBER_SIZE = 8,
    DATA_BEGIN = NUMBER_BEGIN + 64,
    ENTRY_HEADER = 6, // offset 4, length 2; then the octets
    HOLE_SIZE = 8,    // offset 4, size 4
    CHUNK = 64,       // octets handled at a time on the stack; a multiple of 8
    RECORD_HOLE = 1,  // the record names an area that its sum leaves out, instead of entries
};

/// One whole record in the medium.
struct slot {
    bool valid;
    uint16_t length; // of its entries
    uint32_t begin;  // of its entries within the image
    uint64_t sequence, sum;
    struct nvm_area hole; // which the sum leaves out: a fill was under way; size 0: none
};

/// The valid slots, older first; at least one.
struct journal {
    struct slot slots[2];
    size_t count;
};

/// One change: octets and where they live.
struct entry {
    uint32_t offset; // home, within the image
    uint16_t length;
    uint16_t data; // where its octets begin, from the begin of the entries
};

/// Where the record of this number stands.
uint32_t journal_slot_begin(uint64_t sequence);

/// Forms the header in front of entries that follow it, then closes it with its checksum.
void record_form(uint8_t header[NVM_RECORD_HEADER], uint64_t sequence, uint8_t flags, size_t length,
                 uint64_t sum);
void record_seal(uint8_t *record, size_t length);

/// Running checksum over octets.
uint64_t journal_checksum(uint64_t state, const uint8_t *data, size_t size);

/// Makes those of the size octets at offset zero that lie within the area.
void journal_leave_out(struct nvm_area area, uint32_t offset, uint8_t *octets, size_t size);

/// What whole words at an aligned offset contribute to the sum over the data; zeros give nothing.
uint64_t journal_contribution(uint32_t offset, const uint8_t *data, size_t size);

/// Finds the valid slots and puts them in order. A whole record with impossible content, two that
/// do not follow each other, or a number at home that the newest cannot have left, is damage.
enum nvm_status journal_load(const struct nvm_port *port, struct journal *journal);

/// Loads and compares the settled data with the newest record's sum. On NVM_OK *sum is that of the
/// settled data.
enum nvm_status journal_verify(const struct nvm_port *port, struct journal *journal, uint64_t *sum);

/// Octets as they are after recovery.
bool journal_read(const struct nvm_port *port, const struct journal *journal, uint32_t offset,
                  uint8_t *out, size_t size);

/// Octets of the slot of this parity up to the last one that is not 0. False: the port failed.
bool journal_extent(const struct nvm_port *port, unsigned parity, uint16_t *extent);

/// Writes the number of a record that is durable home; no sync.
bool journal_write_number(const struct nvm_port *port, uint64_t sequence);

/// Brings home what the records say and the newest number, where it is not there yet, and syncs.
bool journal_replay(const struct nvm_port *port, const struct journal *journal);

#endif
