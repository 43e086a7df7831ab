// SPDX-License-Identifier: Apache-2.0
// The journal. Two slots take the records in turn; record n goes to slot n mod 2.
//
//   commit n:  write record n -> SYNC -> number n home, home writes of n (not synced)
//
// Why one sync is enough. Write H(n) for the home writes of commit n.
//   (1) H(n) is durable once the sync of commit n+1 has returned: it was issued before it.
//   (2) Record n overwrites record n-2. By (1) and the sync of commit n-1, H(n-2) is durable then:
//       the record that is lost is needed by nobody.
//   (3) While record n is being written, record n-1 stands whole in the other slot. Whatever of
//       record n lands, its checksum tells whether it is whole. If it is not, the last state is
//       n-1: everything up to H(n-2) is durable, and replaying record n-1 supplies H(n-1). If slot
//       n mod 2 still holds record n-2 untouched, replaying n-2 before n-1 restores octets of n-2
//       that n-1 then overrides: state n-1 again.
//   (4) If record n is whole, H(n-1) may still be missing (nothing was synced). Replaying n-1, then
//       n, supplies both. Octets that both name get those of n; octets that only n-1 names have
//       not changed since n-1. So both records are replayed in order whenever both are whole, and
//       the replay may be repeated or cut anywhere: it only ever writes octets of the final state.
//   (5) Recovery ends with a sync before anything else is written. Otherwise the next commit would
//       overwrite record n-1 while the replayed H(n-1) is still under way, and (2) would not hold.
//       It syncs even when no octet differed: what is read back may be in a cache only, and an
//       answer may leave only for a state that is durable.
//
// A record comes with zeros over what its slot held before, in the same step. By (2) nobody needs
// that, and a cut in between leaves a slot that is not whole: case (3).
//
// The number at home tells rot in the newest record from a record that was never whole: it is
// written once record n is durable, so a medium that has n at home and no record n lost a commit
// that was answered, and is refused. By (1) and (3) the number at home may lag behind the newest
// whole record by two, never more.
//
// Writing outside the journal (nvm_fill) is preceded by a record without entries. A replay must not
// put back what stood in the filled octets before, once a commit points at them: the newest record
// is then that commit, the one before it has no entries, and all older ones are gone.
//
// The sum over the data area is an XOR over its 8-octet words, so each commit updates it from the
// words it changes and stores it in its record. nvm_open refuses an image whose settled data does
// not have the sum of the newest record: rot in data or in the newest record. While a fill is under
// way the newest record names the area that is being filled (RECORD_HOLE), and its sum takes the
// octets there for zeros; all the others stay covered.
#include "card/os/journal.h"

#include <string.h>

enum {
    // record header
    RECORD_FLAGS = 4,
    RECORD_LENGTH = 6,
    RECORD_SEQUENCE = 8,
    RECORD_SUM = 16,
    RECORD_CHECKSUM = 24,
};

static const uint8_t record_magic[4] = {'T', 'S', 'R', 'J'};

// ---- checksums ---------------------------------------------------------------------------------

/// A bijection of 64-bit words: two inputs never collide.
static uint64_t mix(uint64_t word) {
    word = (word ^ word >> 32) * 0x9E3779B97F4A7C15u;
    word = (word ^ word >> 29) * 0x6A09E667F3BCC909u;
    return word ^ word >> 32;
}

static uint64_t load_word(const uint8_t *octets) {
    uint64_t word;
    memcpy(&word, octets, sizeof word);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/// Chains whole words; a change within one word is always seen.
uint64_t journal_checksum(uint64_t state, const uint8_t *data, size_t size) {
    for (; size >= 8; data += 8, size -= 8)
        state = mix(state ^ load_word(data)) + 1;
    if (size > 0)
        state = mix(state ^ bytes_get_be(data, size)) + size;
    return state;
}

/// Where a word stands spreads over all its bits before it is mixed.
static uint64_t place(uint64_t offset) {
    return offset * 0x9E3779B97F4A7C15u;
}

static bool all_zero(const uint8_t *data, size_t size) {
    return size > 0 && data[0] == 0 && memcmp(data, data + 1, size - 1) == 0;
}

uint64_t journal_contribution(uint32_t offset, const uint8_t *data, size_t size) {
    uint64_t sum = 0;
    if (all_zero(data, size)) // most of an image is
        return 0;
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = load_word(data + i);
        if (word != 0)
            sum ^= mix(word ^ place(offset + i));
    }
    return sum;
}

void journal_leave_out(struct nvm_area area, uint32_t offset, uint8_t *octets, size_t size) {
    uint32_t begin = area.offset > offset ? area.offset : offset;
    uint32_t end = area.offset + area.size;
    if (end > offset + size)
        end = offset + (uint32_t)size;
    if (begin < end)
        memset(octets + (begin - offset), 0, end - begin);
}

// ---- records -----------------------------------------------------------------------------------

uint32_t journal_slot_begin(uint64_t sequence) {
    return JOURNAL_BEGIN + (uint32_t)(sequence & 1) * JOURNAL_SECTOR;
}

void record_form(uint8_t header[NVM_RECORD_HEADER], uint64_t sequence, uint8_t flags, size_t length,
                 uint64_t sum) {
    memset(header, 0, NVM_RECORD_HEADER);
    memcpy(header, record_magic, sizeof record_magic);
    header[RECORD_FLAGS] = flags;
    bytes_put_be(header + RECORD_LENGTH, 2, length);
    bytes_put_be(header + RECORD_SEQUENCE, 8, sequence);
    bytes_put_be(header + RECORD_SUM, 8, sum);
}

void record_seal(uint8_t *record, size_t length) {
    uint64_t state = journal_checksum(0, record, RECORD_CHECKSUM);
    state = journal_checksum(state, record + NVM_RECORD_HEADER, length);
    bytes_put_be(record + RECORD_CHECKSUM, 8, state);
}

/// Checksum over a record that stands in the medium.
static bool slot_sealed(const struct nvm_port *port, const struct slot *slot,
                        const uint8_t header[NVM_RECORD_HEADER], bool *failed) {
    uint8_t chunk[CHUNK];
    uint64_t state = journal_checksum(0, header, RECORD_CHECKSUM);
    for (size_t at = 0; at < slot->length; at += CHUNK) {
        size_t size = slot->length - at < CHUNK ? slot->length - at : CHUNK;
        if (!port->read(port, slot->begin + (uint32_t)at, chunk, size)) {
            *failed = true;
            return false;
        }
        state = journal_checksum(state, chunk, size);
    }
    return state == bytes_get_be(header + RECORD_CHECKSUM, 8);
}

/// Takes the one area that stands in place of entries. False: the port failed.
static bool hole_load(const struct nvm_port *port, struct slot *slot) {
    uint8_t octets[HOLE_SIZE];
    slot->hole.size = UINT32_MAX; // beyond any image, so that another length is damage
    if (slot->length != HOLE_SIZE)
        return true;
    if (!port->read(port, slot->begin, octets, sizeof octets))
        return false;
    slot->hole.offset = (uint32_t)bytes_get_be(octets, 4);
    slot->hole.size = (uint32_t)bytes_get_be(octets + 4, 4);
    slot->length = 0;
    return true;
}

/// Reads the slot that this parity of sequence numbers uses. False: the port failed.
static bool slot_load(const struct nvm_port *port, unsigned parity, struct slot *slot) {
    uint8_t header[NVM_RECORD_HEADER];
    bool failed = false;
    memset(slot, 0, sizeof *slot);
    if (!port->read(port, journal_slot_begin(parity), header, sizeof header))
        return false;
    slot->begin = journal_slot_begin(parity) + NVM_RECORD_HEADER;
    slot->length = (uint16_t)bytes_get_be(header + RECORD_LENGTH, 2);
    slot->sequence = bytes_get_be(header + RECORD_SEQUENCE, 8);
    slot->sum = bytes_get_be(header + RECORD_SUM, 8);
    slot->valid = memcmp(header, record_magic, sizeof record_magic) == 0 &&
                  slot->length <= NVM_TRANSACTION_MAX && (slot->sequence & 1) == parity &&
                  slot_sealed(port, slot, header, &failed);
    if (slot->valid && (header[RECORD_FLAGS] & RECORD_HOLE) != 0)
        failed = !hole_load(port, slot);
    return !failed;
}

/// The entry at *at, which moves on. False at the end and on an entry that leaves the data area.
static bool entry_next(const struct nvm_port *port, const struct slot *slot, size_t *at,
                       struct entry *entry) {
    uint8_t header[ENTRY_HEADER];
    if (*at + ENTRY_HEADER > slot->length ||
        !port->read(port, slot->begin + (uint32_t)*at, header, sizeof header))
        return false;
    entry->offset = (uint32_t)bytes_get_be(header, 4);
    entry->length = (uint16_t)bytes_get_be(header + 4, 2);
    entry->data = (uint16_t)(*at + ENTRY_HEADER);
    if (entry->length > slot->length - entry->data || entry->offset < DATA_BEGIN ||
        entry->offset > port->size || entry->length > port->size - entry->offset)
        return false;
    *at = (size_t)entry->data + entry->length;
    return true;
}

static bool slot_well_formed(const struct nvm_port *port, const struct slot *slot) {
    size_t at = 0;
    struct entry entry;
    while (entry_next(port, slot, &at, &entry))
        ;
    const struct nvm_area *hole = &slot->hole;
    return at == slot->length && hole->offset <= port->size &&
           hole->size <= port->size - hole->offset;
}

/// Whether the newest record, of this number, may have left the number that is at home.
static enum nvm_status number_check(const struct nvm_port *port, uint64_t newest) {
    uint8_t octets[NUMBER_SIZE];
    if (!port->read(port, NUMBER_BEGIN, octets, sizeof octets))
        return NVM_PORT_FAILED;
    uint64_t home = bytes_get_be(octets, sizeof octets);
    return home <= newest && newest - home <= 2 ? NVM_OK : NVM_DAMAGED;
}

enum nvm_status journal_load(const struct nvm_port *port, struct journal *journal) {
    struct slot pair[2];
    journal->count = 0;
    if (!slot_load(port, 0, &pair[0]) || !slot_load(port, 1, &pair[1]))
        return NVM_PORT_FAILED;
    size_t first = pair[0].sequence > pair[1].sequence ? 1 : 0;
    for (size_t i = 0; i < 2; i++) {
        const struct slot *slot = &pair[(first + i) & 1];
        if (slot->valid && !slot_well_formed(port, slot))
            return NVM_DAMAGED;
        if (slot->valid)
            journal->slots[journal->count++] = *slot;
    }
    if (journal->count == 0)
        return NVM_DAMAGED;
    if (journal->count == 2 && journal->slots[0].sequence + 1 != journal->slots[1].sequence)
        return NVM_DAMAGED;
    return number_check(port, journal->slots[journal->count - 1].sequence);
}

/// Puts what a slot has for [offset, offset + size) over out.
static bool slot_overlay(const struct nvm_port *port, const struct slot *slot, uint32_t offset,
                         uint8_t *out, size_t size) {
    size_t at = 0;
    struct entry entry;
    while (entry_next(port, slot, &at, &entry)) {
        uint32_t begin = entry.offset > offset ? entry.offset : offset;
        uint32_t end = entry.offset + entry.length;
        if (end > offset + size)
            end = offset + (uint32_t)size;
        uint32_t source = slot->begin + entry.data + (begin - entry.offset);
        if (begin < end && !port->read(port, source, out + (begin - offset), end - begin))
            return false;
    }
    return true;
}

bool journal_read(const struct nvm_port *port, const struct journal *journal, uint32_t offset,
                  uint8_t *out, size_t size) {
    if (!port->read(port, offset, out, size))
        return false;
    for (size_t i = 0; i < journal->count; i++)
        if (!slot_overlay(port, &journal->slots[i], offset, out, size))
            return false;
    return true;
}

enum { SUM_CHUNK = 4 * CHUNK, SUM_MARKS = 128 }; // a mark for each chunk of 256 KiB

static bool is_marked(const uint8_t marks[SUM_MARKS], uint32_t chunk) {
    return chunk >= 8 * SUM_MARKS || (marks[chunk / 8] >> chunk % 8 & 1) != 0;
}

/// Marks the chunks of the data area that the journal has octets for: walking its entries for all
/// the others is what would cost time.
static void mark_changed(const struct nvm_port *port, const struct journal *journal,
                         uint8_t marks[SUM_MARKS]) {
    memset(marks, 0, SUM_MARKS);
    for (size_t i = 0; i < journal->count; i++) {
        size_t at = 0;
        struct entry entry;
        while (entry_next(port, &journal->slots[i], &at, &entry)) {
            uint32_t chunk = (entry.offset - DATA_BEGIN) / SUM_CHUNK;
            for (; chunk * SUM_CHUNK < entry.offset - DATA_BEGIN + entry.length; chunk++)
                if (chunk < 8 * SUM_MARKS)
                    marks[chunk / 8] = (uint8_t)(marks[chunk / 8] | 1u << chunk % 8);
        }
    }
}

static bool touches(struct nvm_area area, uint32_t offset, size_t size) {
    return area.size > 0 && area.offset < offset + size && offset < area.offset + area.size;
}

static uint64_t contribution_without(struct nvm_area hole, uint32_t offset, uint8_t *octets,
                                     size_t size) {
    journal_leave_out(hole, offset, octets, size);
    return journal_contribution(offset, octets, size);
}

/// Sums over the data area as it is after recovery: of all, and with zeros in the hole.
static bool journal_sum(const struct nvm_port *port, const struct journal *journal, uint64_t *sum,
                        uint64_t *holed) {
    struct nvm_area hole = journal->slots[journal->count - 1].hole;
    uint8_t octets[SUM_CHUNK], marks[SUM_MARKS];
    mark_changed(port, journal, marks);
    *sum = *holed = 0;
    for (uint32_t chunk = 0, at = DATA_BEGIN; at < port->size; chunk++, at += SUM_CHUNK) {
        size_t size = port->size - at < SUM_CHUNK ? port->size - at : SUM_CHUNK;
        bool read = is_marked(marks, chunk) ? journal_read(port, journal, at, octets, size)
                                            : port->read(port, at, octets, size);
        if (!read)
            return false;
        uint64_t whole = journal_contribution(at, octets, size);
        *sum ^= whole;
        *holed ^= touches(hole, at, size) ? contribution_without(hole, at, octets, size) : whole;
    }
    return true;
}

enum nvm_status journal_verify(const struct nvm_port *port, struct journal *journal,
                               uint64_t *sum) {
    enum nvm_status status = journal_load(port, journal);
    if (status != NVM_OK)
        return status;
    uint64_t holed;
    if (!journal_sum(port, journal, sum, &holed))
        return NVM_PORT_FAILED;
    return journal->slots[journal->count - 1].sum == holed ? NVM_OK : NVM_DAMAGED;
}

bool journal_extent(const struct nvm_port *port, unsigned parity, uint16_t *extent) {
    uint8_t chunk[CHUNK];
    *extent = 0;
    for (uint32_t at = 0; at < JOURNAL_SLOT_SIZE; at += CHUNK) {
        size_t size = JOURNAL_SLOT_SIZE - at < CHUNK ? JOURNAL_SLOT_SIZE - at : CHUNK;
        if (!port->read(port, journal_slot_begin(parity) + at, chunk, size))
            return false;
        if (all_zero(chunk, size))
            continue;
        while (chunk[size - 1] == 0)
            size--;
        *extent = (uint16_t)(at + size);
    }
    return true;
}

/// Writes the settled octets of one entry home where they differ.
static bool entry_replay(const struct nvm_port *port, const struct journal *journal,
                         const struct entry *entry) {
    uint8_t settled[CHUNK], home[CHUNK];
    for (size_t done = 0; done < entry->length; done += CHUNK) {
        size_t size = entry->length - done < CHUNK ? entry->length - done : CHUNK;
        uint32_t offset = entry->offset + (uint32_t)done;
        if (!journal_read(port, journal, offset, settled, size) ||
            !port->read(port, offset, home, size))
            return false;
        if (memcmp(settled, home, size) != 0 && !port->write(port, offset, settled, size))
            return false;
    }
    return true;
}

bool journal_write_number(const struct nvm_port *port, uint64_t sequence) {
    uint8_t octets[NUMBER_SIZE];
    bytes_put_be(octets, sizeof octets, sequence);
    return port->write(port, NUMBER_BEGIN, octets, sizeof octets);
}

static bool number_replay(const struct nvm_port *port, uint64_t sequence) {
    uint8_t home[NUMBER_SIZE];
    if (!port->read(port, NUMBER_BEGIN, home, sizeof home))
        return false;
    return bytes_get_be(home, sizeof home) == sequence || journal_write_number(port, sequence);
}

bool journal_replay(const struct nvm_port *port, const struct journal *journal) {
    for (size_t i = 0; i < journal->count; i++) {
        size_t at = 0;
        struct entry entry;
        while (entry_next(port, &journal->slots[i], &at, &entry))
            if (!entry_replay(port, journal, &entry))
                return false;
        if (at != journal->slots[i].length)
            return false; // the port failed within the walk
    }
    return number_replay(port, journal->slots[journal->count - 1].sequence) && port->sync(port);
}
