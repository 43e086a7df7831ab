// SPDX-License-Identifier: Apache-2.0
// Recovery of an NVM image with any octets in its journal: refused and untouched, or one settled
// state that stays under a cut in recovery, a second recovery and the commit after it.
// Input: flags, sequence, cut at write, cut at octet (2), size of the first slot (2), octets of
// the first slot, octets of the second slot.
#include "card/os/journal.h"
#include "card/port/memory.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum {
    DATA_SIZE = 512,
    IMAGE_SIZE = DATA_BEGIN + DATA_SIZE,
    HEAD = 7,
    // flags
    WHOLE_SLOTS = 1, // the input has the slots with their headers; else headers are made
    SWAPPED = 2,     // the first slot is the newer one
    GAP = 4,         // their numbers do not follow each other
    HOLED = 8,
    RIGHT_SUM = 16,
    NEAR = 32,  // offsets of entries are brought into the data area
    ALONE = 64, // the older slot is empty
};

static uint8_t image[IMAGE_SIZE];

/// Offsets that a fuzzer would hardly find by itself.
static void bring_near(uint8_t *entries, size_t size) {
    for (size_t at = 0; at + ENTRY_HEADER <= size;) {
        size_t offset = (size_t)bytes_get_be(entries + at + 2, 2) % DATA_SIZE;
        size_t length = entries[at + 5] & 0x7Fu;
        bytes_put_be(entries + at, 4, DATA_BEGIN + offset);
        bytes_put_be(entries + at + 4, 2, length);
        at += ENTRY_HEADER + length;
    }
}

static void make_slot(uint8_t flags, uint64_t sequence, struct bytes octets) {
    uint8_t *slot = image + journal_slot_begin(sequence);
    size_t size = octets.size < NVM_TRANSACTION_MAX ? octets.size : NVM_TRANSACTION_MAX;
    if (size > 0)
        memcpy(slot + ((flags & WHOLE_SLOTS) != 0 ? 0 : NVM_RECORD_HEADER), octets.data, size);
    if ((flags & WHOLE_SLOTS) != 0)
        return;
    if ((flags & NEAR) != 0)
        bring_near(slot + NVM_RECORD_HEADER, size);
    record_form(slot, sequence, (flags & HOLED) != 0 ? RECORD_HOLE : 0, size, 0);
    record_seal(slot, size);
}

/// Gives the newest record the sum that fits.
static void set_right_sum(const struct nvm_port *port, uint64_t sequence) {
    struct journal journal;
    uint8_t data[DATA_SIZE], *slot = image + journal_slot_begin(sequence);
    if (journal_load(port, &journal) != NVM_OK ||
        !journal_read(port, &journal, DATA_BEGIN, data, sizeof data))
        return;
    size_t length = (size_t)bytes_get_be(slot + 6, 2);
    if (length > NVM_TRANSACTION_MAX)
        return;
    record_form(slot, sequence, 0, length, journal_contribution(DATA_BEGIN, data, sizeof data));
    record_seal(slot, length);
}

static void make_image(const struct nvm_port *port, const uint8_t *in, size_t size) {
    MUST(nvm_format(port) == NVM_OK);
    for (size_t i = 0; i < DATA_SIZE; i++)
        image[DATA_BEGIN + i] = (uint8_t)(i * in[1]);
    size_t first = (size_t)bytes_get_be(in + 5, 2) % (size - HEAD + 1);
    struct bytes slots[2] = {bytes_of(in + HEAD, first),
                             bytes_of(in + HEAD + first, size - HEAD - first)};
    uint64_t sequence = 2u + in[1];
    bool swapped = (in[0] & SWAPPED) != 0;
    if ((in[0] & ALONE) == 0)
        make_slot(in[0], sequence, slots[swapped]);
    sequence += (in[0] & GAP) != 0 ? 3 : 1;
    make_slot(in[0], sequence, slots[!swapped]);
    if ((in[0] & RIGHT_SUM) != 0)
        set_right_sum(port, sequence);
    MUST(journal_write_number(port, sequence - (in[1] & 1)));
}

static void read_all(const struct nvm *nvm, uint8_t out[DATA_SIZE]) {
    MUST(nvm_read(nvm, DATA_BEGIN, out, DATA_SIZE));
}

static void check_settled(struct memory_port *port, const uint8_t *in, const uint8_t *settled,
                          const uint8_t *before) {
    static struct nvm nvm;
    uint8_t data[DATA_SIZE];
    memory_port_cut(port, in[2], (uint32_t)bytes_get_be(in + 3, 2));
    enum nvm_status status = nvm_open(&nvm, &port->nvm);
    MUST(status == NVM_OK || (status == NVM_PORT_FAILED && port->off));
    for (unsigned round = 0; round < 2; round++) {
        memory_port_power(port);
        MUST(nvm_open(&nvm, &port->nvm) == NVM_OK);
        MUST(round == 0 || port->writes == 0); // nothing is left to do
        read_all(&nvm, data);
        MUST(memcmp(data, settled, DATA_SIZE) == 0);
        MUST(nvm_check(&port->nvm) == NVM_OK);
        MUST(memcmp(before, image, NUMBER_BEGIN) == 0); // recovery writes nothing but data
    }
    nvm_begin(&nvm);
    nvm_stage(&nvm, DATA_BEGIN + 3, "commit", 6);
    MUST(nvm_commit(&nvm) && nvm_open(&nvm, &port->nvm) == NVM_OK);
    read_all(&nvm, data);
    MUST(memcmp(data + 3, "commit", 6) == 0 && memcmp(data, settled, 3) == 0);
    MUST(memcmp(data + 9, settled + 9, DATA_SIZE - 9) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t before[IMAGE_SIZE];
    static struct nvm nvm;
    struct memory_port port;
    uint8_t settled[DATA_SIZE];
    if (size < HEAD)
        return 0;
    memory_port_open(&port, image, IMAGE_SIZE);
    make_image(&port.nvm, data, size);
    memcpy(before, image, sizeof before);
    bool sound = nvm_check(&port.nvm) == NVM_OK;
    MUST(!sound || nvm_peek(&port.nvm, DATA_BEGIN, settled, sizeof settled));
    MUST(memcmp(before, image, sizeof before) == 0);
    memory_port_power(&port);
    if (sound)
        check_settled(&port, data, settled, before);
    else
        MUST(nvm_open(&nvm, &port.nvm) != NVM_OK && port.writes == 0);
    return 0;
}
