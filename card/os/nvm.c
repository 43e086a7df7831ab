// SPDX-License-Identifier: Apache-2.0
// Images and transactions over the journal: staging in RAM, reading through what is staged, commit.
// The order of writes and why it survives any cut stand in journal.c.
#include "card/os/nvm.h"

#include <string.h>

#include "card/os/journal.h"

enum { FORMAT_VERSION = 4 };

static const uint8_t image_magic[8] = {'T', 'S', 'R', 'A', 'C', 'A', 'R', 'D'};

// ---- header ------------------------------------------------------------------------------------

static void header_form(uint8_t header[NVM_HEADER_SIZE], uint32_t size) {
    memset(header, 0, NVM_HEADER_SIZE);
    memcpy(header, image_magic, sizeof image_magic);
    bytes_put_be(header + 8, 2, FORMAT_VERSION);
    bytes_put_be(header + 12, 4, size);
    bytes_put_be(header + 24, 8, journal_checksum(FORMAT_VERSION, header, 24));
}

enum nvm_status nvm_probe(const uint8_t header[NVM_HEADER_SIZE], uint32_t *size) {
    if (memcmp(header, image_magic, sizeof image_magic) != 0)
        return NVM_FOREIGN;
    uint64_t version = bytes_get_be(header + 8, 2);
    if (version != FORMAT_VERSION)
        return version > FORMAT_VERSION ? NVM_NEWER : NVM_OLDER;
    uint8_t expected[NVM_HEADER_SIZE];
    *size = (uint32_t)bytes_get_be(header + 12, 4);
    header_form(expected, *size);
    return memcmp(header, expected, sizeof expected) == 0 ? NVM_OK : NVM_DAMAGED;
}

static enum nvm_status header_check(const struct nvm_port *port) {
    uint8_t header[NVM_HEADER_SIZE];
    uint32_t size = 0;
    if (port->size < DATA_BEGIN + CHUNK || port->size % 8 != 0)
        return NVM_DAMAGED;
    if (!port->read(port, 0, header, sizeof header))
        return NVM_PORT_FAILED;
    enum nvm_status status = nvm_probe(header, &size);
    return status == NVM_OK && size != port->size ? NVM_DAMAGED : status;
}

// ---- images ------------------------------------------------------------------------------------

static bool write_zeros(const struct nvm_port *port, uint32_t begin, uint32_t end) {
    uint8_t zeros[4 * CHUNK] = {0};
    while (begin < end) {
        size_t size = end - begin < sizeof zeros ? end - begin : sizeof zeros;
        if (!port->write(port, begin, zeros, size))
            return false;
        begin += (uint32_t)size;
    }
    return true;
}

enum nvm_status nvm_format(const struct nvm_port *port) {
    uint8_t header[NVM_HEADER_SIZE], record[NVM_RECORD_HEADER];
    if (port->size < DATA_BEGIN + CHUNK || port->size % 8 != 0)
        return NVM_PORT_FAILED;
    header_form(header, port->size);
    record_form(record, 1, 0, 0, 0);
    record_seal(record, 0);
    // The header goes first and comes last: an image cut in between is foreign, not half ours.
    bool done = write_zeros(port, 0, JOURNAL_BEGIN) && port->sync(port) &&
                write_zeros(port, JOURNAL_BEGIN, port->size) &&
                port->write(port, journal_slot_begin(1), record, sizeof record) &&
                journal_write_number(port, 1) && port->sync(port) &&
                port->write(port, 0, header, sizeof header) && port->sync(port);
    return done ? NVM_OK : NVM_PORT_FAILED;
}

enum nvm_status nvm_check(const struct nvm_port *port) {
    struct journal journal;
    uint64_t sum;
    enum nvm_status status = header_check(port);
    return status == NVM_OK ? journal_verify(port, &journal, &sum) : status;
}

enum nvm_status nvm_open(struct nvm *nvm, const struct nvm_port *port) {
    struct journal journal;
    uint64_t sum = 0;
    memset(nvm, 0, sizeof *nvm);
    nvm->port = port;
    nvm->dead = true;
    enum nvm_status status = header_check(port);
    if (status == NVM_OK)
        status = journal_verify(port, &journal, &sum);
    if (status != NVM_OK)
        return status;
    if (!journal_replay(port, &journal) || !journal_extent(port, 0, &nvm->extents[0]) ||
        !journal_extent(port, 1, &nvm->extents[1]))
        return NVM_PORT_FAILED;
    nvm->sequence = journal.slots[journal.count - 1].sequence;
    nvm->sum = sum;
    nvm->hole = journal.slots[journal.count - 1].hole;
    nvm->dead = false;
    return NVM_OK;
}

bool nvm_peek(const struct nvm_port *port, uint32_t offset, void *out, size_t size) {
    struct journal journal;
    if (offset < DATA_BEGIN || offset > port->size || size > port->size - offset)
        return false;
    return header_check(port) == NVM_OK && journal_load(port, &journal) == NVM_OK &&
           journal_read(port, &journal, offset, out, size);
}

uint32_t nvm_data_begin(void) {
    return DATA_BEGIN;
}

uint32_t nvm_data_end(const struct nvm *nvm) {
    return nvm->port->size;
}

// ---- transactions ------------------------------------------------------------------------------

static bool in_bounds(const struct nvm *nvm, uint32_t offset, size_t size) {
    return offset >= DATA_BEGIN && offset <= nvm->port->size && size <= nvm->port->size - offset;
}

static uint8_t *entries(struct nvm *nvm) {
    return nvm->record + NVM_RECORD_HEADER;
}

static struct entry staged_entry(const struct nvm *nvm, size_t at) {
    const uint8_t *header = nvm->record + NVM_RECORD_HEADER + at;
    return (struct entry){.offset = (uint32_t)bytes_get_be(header, 4),
                          .length = (uint16_t)bytes_get_be(header + 4, 2),
                          .data = (uint16_t)(at + ENTRY_HEADER)};
}

/// Puts the staged octets of the first limit octets of entries over out.
static void staged_overlay(const struct nvm *nvm, size_t limit, uint32_t offset, uint8_t *out,
                           size_t size) {
    for (size_t at = 0; at < limit;) {
        struct entry entry = staged_entry(nvm, at);
        uint32_t begin = entry.offset > offset ? entry.offset : offset;
        uint32_t end = entry.offset + entry.length;
        if (end > offset + size)
            end = offset + (uint32_t)size;
        if (begin < end)
            memcpy(out + (begin - offset),
                   nvm->record + NVM_RECORD_HEADER + entry.data + (begin - entry.offset),
                   end - begin);
        at = (size_t)entry.data + entry.length;
    }
}

bool nvm_read(const struct nvm *nvm, uint32_t offset, void *out, size_t size) {
    if (nvm->dead || !in_bounds(nvm, offset, size))
        return false;
    if (!nvm->port->read(nvm->port, offset, out, size))
        return false;
    if (nvm->open)
        staged_overlay(nvm, nvm->staged, offset, out, size);
    return true;
}

/// What is staged may be secret, and commits rely on zeros behind it.
void nvm_abort(struct nvm *nvm) {
    bytes_erase(nvm->record, (size_t)NVM_RECORD_HEADER + nvm->staged);
    nvm->staged = 0;
    nvm->spoiled = false;
    nvm->open = false;
}

void nvm_begin(struct nvm *nvm) {
    nvm_abort(nvm);
    nvm->open = true;
}

/// Writes into an entry that already has these octets, or at the end of the last one. Only an
/// entry that no later one overlaps may be changed in place.
static bool stage_in_place(struct nvm *nvm, uint32_t offset, const void *data, size_t size) {
    size_t holder = SIZE_MAX, last = SIZE_MAX;
    for (size_t at = 0; at < nvm->staged;) {
        struct entry entry = staged_entry(nvm, at);
        uint32_t end = entry.offset + entry.length;
        if (entry.offset <= offset && offset + size <= end)
            holder = at;
        else if (entry.offset < offset + size && offset < end)
            holder = SIZE_MAX;
        last = at;
        at = (size_t)entry.data + entry.length;
    }
    if (holder != SIZE_MAX) {
        struct entry entry = staged_entry(nvm, holder);
        memcpy(entries(nvm) + entry.data + (offset - entry.offset), data, size);
        return true;
    }
    if (last == SIZE_MAX || size > (size_t)NVM_TRANSACTION_MAX - nvm->staged)
        return false;
    struct entry entry = staged_entry(nvm, last);
    if (entry.offset + entry.length != offset)
        return false;
    memcpy(entries(nvm) + nvm->staged, data, size);
    bytes_put_be(entries(nvm) + last + 4, 2, entry.length + size);
    nvm->staged = (uint16_t)(nvm->staged + size);
    return true;
}

void nvm_stage(struct nvm *nvm, uint32_t offset, const void *data, size_t size) {
    if (!nvm->open || !in_bounds(nvm, offset, size)) {
        nvm->spoiled = true;
        return;
    }
    if (size == 0 || stage_in_place(nvm, offset, data, size))
        return;
    if (size + ENTRY_HEADER > (size_t)NVM_TRANSACTION_MAX - nvm->staged) {
        nvm->spoiled = true;
        return;
    }
    uint8_t *entry = entries(nvm) + nvm->staged;
    bytes_put_be(entry, 4, offset);
    bytes_put_be(entry + 4, 2, size);
    memcpy(entry + ENTRY_HEADER, data, size);
    nvm->staged = (uint16_t)(nvm->staged + ENTRY_HEADER + size);
}

/// How the sum changes when the entry at this place joins those before it.
static bool entry_sum(const struct nvm *nvm, size_t at, uint64_t *sum) {
    uint8_t words[CHUNK];
    struct entry entry = staged_entry(nvm, at);
    uint32_t begin = entry.offset & ~7u, end = (entry.offset + entry.length + 7) & ~7u;
    for (; begin < end; begin += CHUNK) {
        size_t size = end - begin < CHUNK ? end - begin : CHUNK;
        if (!nvm->port->read(nvm->port, begin, words, size))
            return false;
        staged_overlay(nvm, at, begin, words, size);
        *sum ^= journal_contribution(begin, words, size);
        uint32_t from = entry.offset > begin ? entry.offset : begin;
        uint32_t to = entry.offset + entry.length;
        if (to > begin + size)
            to = begin + (uint32_t)size;
        memcpy(words + (from - begin),
               nvm->record + NVM_RECORD_HEADER + entry.data + (from - entry.offset), to - from);
        *sum ^= journal_contribution(begin, words, size);
    }
    return true;
}

static bool staged_sum(const struct nvm *nvm, uint64_t *sum) {
    *sum = nvm->sum;
    for (size_t at = 0; at < nvm->staged;) {
        struct entry entry = staged_entry(nvm, at);
        if (!entry_sum(nvm, at, sum))
            return false;
        at = (size_t)entry.data + entry.length;
    }
    return true;
}

static bool write_home(const struct nvm *nvm) {
    for (size_t at = 0; at < nvm->staged;) {
        struct entry entry = staged_entry(nvm, at);
        const uint8_t *data = nvm->record + NVM_RECORD_HEADER + entry.data;
        if (!nvm->port->write(nvm->port, entry.offset, data, entry.length))
            return false;
        at = (size_t)entry.data + entry.length;
    }
    return true;
}

/// Writes a sealed record of size octets, header and closing zeros included, into the older slot
/// and makes it durable. Nothing of the record that stood there is left.
static bool record_write(struct nvm *nvm, const uint8_t *record, size_t size) {
    uint64_t sequence = nvm->sequence + 1;
    if (sequence == 0)
        return false; // a counter at its end stays there
    uint32_t begin = journal_slot_begin(sequence);
    uint16_t *extent = &nvm->extents[sequence & 1];
    bool done =
        nvm->port->write(nvm->port, begin, record, size) &&
        (*extent <= size || write_zeros(nvm->port, begin + (uint32_t)size, begin + *extent)) &&
        nvm->port->sync(nvm->port) && journal_write_number(nvm->port, sequence);
    if (!done) {
        nvm->dead = true;
        return false;
    }
    *extent = (uint16_t)size;
    nvm->sequence = sequence;
    return true;
}

/// Octets of the open transaction's record, with zeros over what its slot held before.
static size_t record_size(const struct nvm *nvm) {
    size_t size = (size_t)NVM_RECORD_HEADER + nvm->staged;
    size_t extent = nvm->extents[(nvm->sequence + 1) & 1];
    return extent > size ? extent : size;
}

bool nvm_commit(struct nvm *nvm) {
    uint64_t sum = 0;
    bool done = nvm->open && !nvm->spoiled && !nvm->halted && !nvm->dead;
    if (!done || nvm->staged == 0)
        goto done;
    if (!staged_sum(nvm, &sum)) {
        nvm->dead = true;
        done = false;
        goto done;
    }
    record_form(nvm->record, nvm->sequence + 1, 0, nvm->staged, sum);
    record_seal(nvm->record, nvm->staged);
    done = record_write(nvm, nvm->record, record_size(nvm));
    if (!done)
        goto done;
    nvm->extents[nvm->sequence & 1] = (uint16_t)(NVM_RECORD_HEADER + nvm->staged);
    nvm->sum = sum;
    nvm->hole = (struct nvm_area){0};
    done = write_home(nvm);
    nvm->dead = !done;
done:
    nvm_abort(nvm);
    return done;
}

// ---- writing outside the journal ---------------------------------------------------------------

/// What the words over these octets contribute to the sum now, with zeros in the area.
static bool home_sum(const struct nvm *nvm, struct nvm_area octets, struct nvm_area zeros,
                     uint64_t *sum) {
    uint8_t words[CHUNK];
    uint32_t end = (octets.offset + octets.size + 7) & ~7u;
    for (uint32_t begin = octets.offset & ~7u; begin < end; begin += CHUNK) {
        size_t part = end - begin < CHUNK ? end - begin : CHUNK;
        if (!nvm->port->read(nvm->port, begin, words, part))
            return false;
        journal_leave_out(zeros, begin, words, part);
        *sum ^= journal_contribution(begin, words, part);
    }
    return true;
}

static bool within(struct nvm_area inner, struct nvm_area outer) {
    return inner.offset >= outer.offset && inner.size <= outer.size &&
           inner.offset - outer.offset <= outer.size - inner.size;
}

/// Makes the newest record one without entries whose sum leaves the area out.
static bool begin_filling(struct nvm *nvm, struct nvm_area area) {
    static const struct nvm_area none;
    uint8_t record[NVM_RECORD_HEADER + HOLE_SIZE];
    uint64_t sum = nvm->sum;
    if (within(area, nvm->hole))
        return true;
    if (!home_sum(nvm, area, none, &sum) || !home_sum(nvm, area, area, &sum))
        return false;
    record_form(record, nvm->sequence + 1, RECORD_HOLE, HOLE_SIZE, sum);
    bytes_put_be(record + NVM_RECORD_HEADER, 4, area.offset);
    bytes_put_be(record + NVM_RECORD_HEADER + 4, 4, area.size);
    record_seal(record, HOLE_SIZE);
    if (!record_write(nvm, record, sizeof record))
        return false;
    nvm->hole = area;
    return true;
}

bool nvm_fill(struct nvm *nvm, struct nvm_area area, uint32_t offset, const void *data,
              size_t size) {
    static const struct nvm_area none;
    if (nvm->dead || nvm->halted || !in_bounds(nvm, area.offset, area.size) ||
        !in_bounds(nvm, offset, size))
        return false;
    struct nvm_area octets = {offset, (uint32_t)size};
    if (!within(octets, area))
        return false;
    uint64_t sum = nvm->sum;
    bool done = begin_filling(nvm, area) && home_sum(nvm, octets, none, &sum) &&
                nvm->port->write(nvm->port, offset, data, size) && nvm->port->sync(nvm->port) &&
                home_sum(nvm, octets, none, &sum);
    nvm->sum = sum;
    nvm->dead = !done;
    return done;
}
