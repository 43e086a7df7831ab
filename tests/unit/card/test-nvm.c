// SPDX-License-Identifier: Apache-2.0
// The NVM journal under every power cut: each octet of each write, each subset of what was not
// synced yet, again during recovery and during the commit after it. A recovered image must hold
// exactly the state before or after the commit, and what an open showed once must stay.
#include "card/os/journal.h"
#include "card/os/nvm.h"
#include "card/port/memory.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

enum { DATA_SIZE = 512, IMAGE_SIZE = DATA_BEGIN + DATA_SIZE, STAGES_MAX = 6, COMMITS = 8 };

/// One staged change: octets that depend on the seed.
struct change {
    uint16_t at, size;
    uint8_t seed;
};

/// Overlaps, repetitions, neighbours, first and last octet, one octet, long runs.
static const struct change script[COMMITS][STAGES_MAX] = {
    {{0, 1, 1}, {511, 1, 2}, {100, 40, 3}},
    {{100, 40, 4}, {120, 8, 5}, {90, 20, 6}},
    {{10, 4, 7}, {14, 4, 8}, {18, 2, 9}, {300, 1, 10}},
    {{300, 1, 11}},
    {{0, 64, 12}, {32, 64, 13}, {8, 16, 14}, {200, 3, 15}},
    {{500, 12, 16}, {100, 40, 0}, {10, 4, 17}, {10, 4, 18}},
    {{1, 1, 19}, {3, 1, 20}, {5, 1, 21}, {7, 1, 22}, {9, 1, 23}},
    {{0, 100, 24}, {230, 50, 25}},
};

struct scene {
    uint8_t image[IMAGE_SIZE], synced[IMAGE_SIZE];
    struct memory_port port;
    struct memory_loss loss;
    struct nvm nvm;
};

static uint8_t states[COMMITS + 1][DATA_SIZE]; // the data area after so many commits
static struct scene scene, before, fork_point;
static unsigned long cuts;

static uint8_t octet_of(const struct change *change, size_t i) {
    return change->seed == 0 ? 0 : (uint8_t)(change->seed * 37u + i * 11u + 1u);
}

static void stage_commit(struct nvm *nvm, size_t commit) {
    for (size_t i = 0; i < STAGES_MAX && script[commit][i].size > 0; i++) {
        const struct change *change = &script[commit][i];
        uint8_t octets[DATA_SIZE];
        for (size_t k = 0; k < change->size; k++)
            octets[k] = octet_of(change, k);
        nvm_stage(nvm, nvm_data_begin() + change->at, octets, change->size);
    }
}

static bool do_commit(struct nvm *nvm, size_t commit) {
    nvm_begin(nvm);
    stage_commit(nvm, commit);
    return nvm_commit(nvm);
}

static void compute_states(void) {
    memset(states[0], 0, DATA_SIZE);
    for (size_t c = 0; c < COMMITS; c++) {
        memcpy(states[c + 1], states[c], DATA_SIZE);
        for (size_t i = 0; i < STAGES_MAX; i++)
            for (size_t k = 0; k < script[c][i].size; k++)
                states[c + 1][script[c][i].at + k] = octet_of(&script[c][i], k);
    }
}

/// Copies a scene; its port must point at its own image.
static void copy_scene(struct scene *to, const struct scene *from) {
    *to = *from;
    to->port.image = to->image;
    to->port.nvm.context = &to->port;
    to->loss.synced = to->synced;
    to->port.loss = from->port.loss == NULL ? NULL : &to->loss;
    to->nvm.port = &to->port.nvm;
}

static void fresh_scene(struct scene *w, bool track) {
    memset(w, 0xA5, sizeof *w);
    memory_port_open(&w->port, w->image, IMAGE_SIZE);
    CU_ASSERT_EQUAL_FATAL(nvm_format(&w->port.nvm), NVM_OK);
    CU_ASSERT_EQUAL_FATAL(nvm_open(&w->nvm, &w->port.nvm), NVM_OK);
    if (track)
        memory_port_track(&w->port, &w->loss, w->synced);
}

static bool holds(struct nvm *nvm, size_t state) {
    uint8_t data[DATA_SIZE];
    return nvm_read(nvm, nvm_data_begin(), data, sizeof data) &&
           memcmp(data, states[state], DATA_SIZE) == 0;
}

/// Which of the two states the open image holds; -1 for anything else.
static int which(struct nvm *nvm, size_t old) {
    return holds(nvm, old) ? (int)old : old < COMMITS && holds(nvm, old + 1) ? (int)old + 1 : -1;
}

static int recover(struct scene *w, size_t old) {
    memory_port_power(&w->port);
    cuts++;
    return nvm_open(&w->nvm, &w->port.nvm) == NVM_OK ? which(&w->nvm, old) : -1;
}

/// Octets of the record that the next commit wrote; the zeros that go with it are not counted.
static uint32_t next_record(const struct scene *old, const struct scene *now) {
    uint32_t slot = journal_slot_begin(old->nvm.sequence + 1);
    return NVM_RECORD_HEADER + (uint32_t)bytes_get_be(now->image + slot + 6, 2);
}

/// Power goes again during recovery, at each octet of each of its writes: the state stays.
static bool recovery_may_be_cut(const struct scene *torn, size_t old, int expected) {
    for (uint32_t write = 0;; write++) {
        for (uint32_t octet = 0;; octet++) {
            copy_scene(&fork_point, torn);
            memory_port_power(&fork_point.port);
            memory_port_cut(&fork_point.port, write, octet);
            nvm_open(&fork_point.nvm, &fork_point.port.nvm);
            if (!fork_point.port.off)
                return true; // no such write: recovery came through
            uint32_t size = fork_point.port.last_size;
            if (recover(&fork_point, old) != expected)
                return false;
            if (octet == size)
                break;
        }
    }
}

/// The commit after recovery is cut as well, at each octet.
static bool next_may_be_cut(const struct scene *recovered, size_t state) {
    if (state >= COMMITS)
        return true;
    for (uint32_t write = 0;; write++) {
        for (uint32_t octet = 0;; octet++) {
            copy_scene(&fork_point, recovered);
            memory_port_cut(&fork_point.port, write, octet);
            if (do_commit(&fork_point.nvm, state))
                return true;
            uint32_t size = fork_point.port.last_size;
            if (recover(&fork_point, state) < 0)
                return false;
            if (octet == size)
                break;
        }
    }
}

static void test_torn_in_order(void) {
    static struct scene torn;
    compute_states();
    fresh_scene(&before, false);
    cuts = 0;
    for (size_t c = 0; c < COMMITS; c++) {
        bool done = false;
        for (uint32_t write = 0; !done; write++) {
            for (uint32_t octet = 0, size = 0; octet <= size && !done; octet++) {
                copy_scene(&scene, &before);
                memory_port_cut(&scene.port, write, octet);
                done = do_commit(&scene.nvm, c);
                size = scene.port.last_size;
                if (done)
                    break;
                copy_scene(&torn, &scene);
                int state = recover(&scene, c);
                CU_ASSERT_FATAL(state >= 0);
                CU_ASSERT_FATAL(write == 0 || state == (int)c + 1);
                CU_ASSERT_FATAL(write > 0 || state == (int)c ||
                                octet >= next_record(&before, &torn));
                CU_ASSERT_FATAL(recovery_may_be_cut(&torn, c, state));
                CU_ASSERT_FATAL(next_may_be_cut(&scene, (size_t)state));
            }
        }
        memory_port_power(&before.port);
        CU_ASSERT_FATAL(do_commit(&before.nvm, c));
        memory_port_power(&before.port);
        CU_ASSERT_FATAL(holds(&before.nvm, c + 1));
    }
    printf("%lu cuts ", cuts);
}

// ---- unsynced writes lost in any subset --------------------------------------------------------

/// Every subset of what was pending at a cut, then the same again for recovery and the next commit.
static bool lost_subsets(const struct scene *cut, size_t old, int at_least) {
    static struct scene lost, next;
    for (uint64_t kept = 0; kept < 1ull << cut->loss.count; kept++) {
        copy_scene(&lost, cut);
        if (!memory_port_lose(&lost.port, kept))
            return false;
        memory_port_power(&lost.port);
        memory_port_track(&lost.port, &lost.loss, lost.synced);
        copy_scene(&next, &lost);
        int state = recover(&lost, old);
        if (state < at_least)
            return false;
        // recovery loses power at its sync
        memory_port_cut_sync(&next.port, 0);
        CU_ASSERT(nvm_open(&next.nvm, &next.port.nvm) == NVM_PORT_FAILED);
        for (uint64_t again = 0; again < 1ull << next.loss.count; again++) {
            copy_scene(&fork_point, &next);
            if (!memory_port_lose(&fork_point.port, again) || recover(&fork_point, old) != state)
                return false;
        }
        // the record of the next commit is under way when power goes
        if ((size_t)state >= COMMITS)
            continue;
        memory_port_cut_sync(&lost.port, 0);
        do_commit(&lost.nvm, (size_t)state);
        for (uint64_t again = 0; again < 1ull << lost.loss.count; again++) {
            copy_scene(&fork_point, &lost);
            if (!memory_port_lose(&fork_point.port, again) ||
                recover(&fork_point, (size_t)state) < 0)
                return false;
        }
    }
    return true;
}

static void test_lost_unsynced(void) {
    compute_states();
    fresh_scene(&before, true);
    cuts = 0;
    for (size_t c = 0; c < COMMITS; c++) {
        copy_scene(&scene, &before);
        memory_port_cut_sync(&scene.port, 0);
        CU_ASSERT_FALSE(do_commit(&scene.nvm, c));
        CU_ASSERT_FATAL(lost_subsets(&scene, c, (int)c));
        for (uint32_t write = 0;; write++) {
            copy_scene(&scene, &before);
            memory_port_cut(&scene.port, write, 7);
            if (do_commit(&scene.nvm, c))
                break;
            CU_ASSERT_FATAL(lost_subsets(&scene, c, write == 0 ? (int)c : (int)c + 1));
        }
        CU_ASSERT_FATAL(do_commit(&before.nvm, c));
        CU_ASSERT_FATAL(lost_subsets(&before, c, (int)c + 1));
        memory_port_power(&before.port);
    }
    printf("%lu cuts ", cuts);
}

static uint32_t random_state = 1;

static uint32_t random_next(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

/// A medium may also write the octets of one record in any order: any mixture of old and new slot.
static void test_mixed_record(void) {
    compute_states();
    fresh_scene(&before, false);
    for (size_t c = 0; c < COMMITS; c++) {
        for (unsigned round = 0; round < 2000; round++) {
            uint32_t slot = journal_slot_begin(before.nvm.sequence + 1);
            copy_scene(&scene, &before);
            memory_port_cut(&scene.port, 1, 0);
            CU_ASSERT_FALSE(do_commit(&scene.nvm, c));
            uint32_t step = round % 2 == 0 ? 1 : 16;
            uint32_t record = next_record(&before, &scene);
            uint8_t wanted[JOURNAL_SLOT_SIZE];
            memcpy(wanted, scene.image + slot, record);
            for (uint32_t i = 0; i < JOURNAL_SLOT_SIZE; i += step)
                if (random_next() % 16 < round % 16) {
                    uint32_t end = i + step < JOURNAL_SLOT_SIZE ? i + step : JOURNAL_SLOT_SIZE;
                    memcpy(scene.image + slot + i, before.image + slot + i, end - i);
                }
            bool whole =
                memcmp(scene.image + slot, wanted, record) == 0; // zeros behind it are free
            CU_ASSERT_EQUAL_FATAL(recover(&scene, c), whole ? (int)c + 1 : (int)c);
        }
        CU_ASSERT_FATAL(do_commit(&before.nvm, c));
    }
}

// ---- filling -----------------------------------------------------------------------------------

enum { FILL_AT = 64, FILL_SIZE = 150, POINTER_AT = 0 };

/// Memory that a committed transaction clears is filled, then pointed at.
static bool fill_and_point(struct nvm *nvm) {
    static const uint8_t zeros[FILL_SIZE], one = 1;
    struct nvm_area area = {nvm_data_begin() + FILL_AT, FILL_SIZE};
    uint8_t pattern[FILL_SIZE];
    memset(pattern, 0x5A, sizeof pattern);
    nvm_begin(nvm);
    nvm_stage(nvm, nvm_data_begin() + POINTER_AT, zeros, 1);
    nvm_stage(nvm, nvm_data_begin() + FILL_AT, zeros, sizeof zeros);
    if (!nvm_commit(nvm) || !nvm_fill(nvm, area, area.offset, pattern, 100) ||
        !nvm_fill(nvm, area, area.offset + 100, pattern + 100, 50))
        return false;
    nvm_begin(nvm);
    nvm_stage(nvm, nvm_data_begin() + POINTER_AT, &one, 1);
    return nvm_commit(nvm);
}

static bool fill_consistent(struct scene *w) {
    uint8_t pointer, held[FILL_SIZE], rest;
    memory_port_power(&w->port);
    cuts++;
    if (nvm_open(&w->nvm, &w->port.nvm) != NVM_OK || nvm_check(&w->port.nvm) != NVM_OK ||
        !nvm_read(&w->nvm, nvm_data_begin() + POINTER_AT, &pointer, 1) ||
        !nvm_read(&w->nvm, nvm_data_begin() + FILL_AT, held, sizeof held) ||
        !nvm_read(&w->nvm, nvm_data_begin() + 400, &rest, 1) || rest != 0x77)
        return false;
    for (size_t i = 0; pointer == 1 && i < sizeof held; i++)
        if (held[i] != 0x5A)
            return false;
    return true;
}

static void prepare_fill(struct scene *w) {
    static const uint8_t rest = 0x77;
    uint8_t secret[FILL_SIZE];
    memset(secret, 0xEE, sizeof secret);
    fresh_scene(w, true);
    nvm_begin(&w->nvm);
    nvm_stage(&w->nvm, nvm_data_begin() + FILL_AT, secret, sizeof secret);
    nvm_stage(&w->nvm, nvm_data_begin() + 400, &rest, 1);
    CU_ASSERT(nvm_commit(&w->nvm));
}

static void test_fill(void) {
    static struct scene lost;
    prepare_fill(&before);
    cuts = 0;
    bool done = false;
    for (uint32_t write = 0; !done; write++)
        for (uint32_t octet = 0, size = 0; octet <= size && !done; octet++) {
            copy_scene(&scene, &before);
            memory_port_power(&scene.port);
            memory_port_cut(&scene.port, write, octet);
            done = fill_and_point(&scene.nvm) && fill_and_point(&scene.nvm);
            size = scene.port.last_size;
            for (uint64_t kept = 0; kept < 1ull << scene.loss.count; kept++) {
                copy_scene(&lost, &scene);
                CU_ASSERT_FATAL(memory_port_lose(&lost.port, kept));
                CU_ASSERT_FATAL(fill_consistent(&lost));
                CU_ASSERT_FATAL(fill_and_point(&lost.nvm));
                CU_ASSERT_FATAL(fill_consistent(&lost));
            }
        }
    printf("%lu cuts ", cuts);
}

// ---- making images -----------------------------------------------------------------------------

static void test_format_cut(void) {
    static struct scene made;
    compute_states();
    fresh_scene(&made, false);
    do_commit(&made.nvm, 0);
    bool done = false;
    for (uint32_t write = 0; !done; write++)
        for (uint32_t octet = 0, size = 0; octet <= size && !done; octet++) {
            copy_scene(&scene, &made);
            memory_port_power(&scene.port);
            memory_port_cut(&scene.port, write, octet);
            done = nvm_format(&scene.port.nvm) == NVM_OK;
            size = scene.port.last_size;
            memory_port_power(&scene.port);
            enum nvm_status status = nvm_open(&scene.nvm, &scene.port.nvm);
            size_t expected = write == 0 ? 1 : 0;
            CU_ASSERT_FATAL(status != NVM_OK ? !done : holds(&scene.nvm, expected));
            CU_ASSERT_FATAL(!done || status == NVM_OK);
        }
}

static void test_bad_images(void) {
    fresh_scene(&scene, false);
    uint8_t image[IMAGE_SIZE];
    memcpy(image, scene.image, sizeof image);
    scene.image[0] ^= 1;
    CU_ASSERT_EQUAL(nvm_open(&scene.nvm, &scene.port.nvm), NVM_FOREIGN);
    memcpy(scene.image, image, sizeof image);
    scene.image[9]++;
    CU_ASSERT_EQUAL(nvm_open(&scene.nvm, &scene.port.nvm), NVM_NEWER);
    for (uint8_t version = 1; version < 4; version++) {
        scene.image[9] = version;
        CU_ASSERT_EQUAL(nvm_open(&scene.nvm, &scene.port.nvm), NVM_OLDER);
    }
    memcpy(scene.image, image, sizeof image);
    scene.port.nvm.size -= 8;
    CU_ASSERT_EQUAL(nvm_open(&scene.nvm, &scene.port.nvm), NVM_DAMAGED);
    scene.port.nvm.size = 64;
    CU_ASSERT_EQUAL(nvm_check(&scene.port.nvm), NVM_DAMAGED);
    CU_ASSERT_EQUAL(nvm_format(&scene.port.nvm), NVM_PORT_FAILED);
    scene.port.nvm.size = IMAGE_SIZE;
    CU_ASSERT_EQUAL(nvm_open(&scene.nvm, &scene.port.nvm), NVM_OK);
    scene.port.off = true;
    CU_ASSERT_EQUAL(nvm_open(&scene.nvm, &scene.port.nvm), NVM_PORT_FAILED);
    CU_ASSERT_FALSE(nvm_read(&scene.nvm, nvm_data_begin(), image, 1));
}

// ---- transactions ------------------------------------------------------------------------------

static void test_staging(void) {
    uint8_t out[8] = {0};
    fresh_scene(&scene, false);
    struct nvm *nvm = &scene.nvm;
    uint32_t at = nvm_data_begin();
    nvm_begin(nvm);
    nvm_stage(nvm, at + 2, "abcd", 4);
    nvm_stage(nvm, at + 3, "XY", 2);
    nvm_stage(nvm, at + 6, "z", 1);
    CU_ASSERT(nvm_read(nvm, at, out, 8));
    CU_ASSERT_EQUAL(memcmp(out, "\0\0aXYdz\0", 8), 0);
    nvm_abort(nvm);
    CU_ASSERT(nvm_read(nvm, at, out, 8));
    CU_ASSERT_EQUAL(memcmp(out, "\0\0\0\0\0\0\0\0", 8), 0);
    CU_ASSERT_FALSE(nvm_commit(nvm)); // nothing is open
    uint32_t writes = scene.port.writes;
    nvm_begin(nvm);
    CU_ASSERT(nvm_commit(nvm)); // nothing staged: nothing written
    CU_ASSERT_EQUAL(scene.port.writes, writes);
}

/// An entry is changed in place only while no later one overlaps it.
static void test_later_wins(void) {
    uint8_t out[4];
    fresh_scene(&scene, false);
    struct nvm *nvm = &scene.nvm;
    uint32_t at = nvm_data_begin() + 16;
    nvm_begin(nvm);
    nvm_stage(nvm, at, "1111", 4);
    nvm_stage(nvm, at + 2, "2222", 4);
    nvm_stage(nvm, at, "3333", 4);
    CU_ASSERT(nvm_read(nvm, at, out, 4));
    CU_ASSERT_EQUAL(memcmp(out, "3333", 4), 0);
    CU_ASSERT(nvm_commit(nvm));
    CU_ASSERT(nvm_read(nvm, at + 2, out, 4));
    CU_ASSERT_EQUAL(memcmp(out, "3322", 4), 0);
    CU_ASSERT_EQUAL(nvm_check(&scene.port.nvm), NVM_OK);
}

static void spoil(uint32_t at, size_t size) {
    uint8_t octets[NVM_TRANSACTION_MAX + 1] = {1};
    fresh_scene(&scene, false);
    memcpy(before.image, scene.image, IMAGE_SIZE);
    nvm_begin(&scene.nvm);
    nvm_stage(&scene.nvm, nvm_data_begin(), "x", 1);
    nvm_stage(&scene.nvm, at, octets, size);
    nvm_stage(&scene.nvm, nvm_data_begin(), "y", 1);
    CU_ASSERT_FALSE(nvm_commit(&scene.nvm));
    CU_ASSERT_EQUAL(memcmp(before.image, scene.image, IMAGE_SIZE), 0);
    nvm_begin(&scene.nvm);
    nvm_stage(&scene.nvm, nvm_data_begin(), "z", 1);
    CU_ASSERT(nvm_commit(&scene.nvm)); // the next transaction is not affected
}

static void test_spoiled(void) {
    spoil(nvm_data_begin() - 1, 1);
    spoil(IMAGE_SIZE - 1, 2);
    spoil(IMAGE_SIZE, 1);
    spoil(UINT32_MAX, 1);
    spoil(UINT32_MAX, SIZE_MAX);
    spoil(nvm_data_begin(), DATA_SIZE + 1);
    uint8_t octet;
    CU_ASSERT_FALSE(nvm_read(&scene.nvm, nvm_data_begin() - 1, &octet, 1));
    CU_ASSERT_FALSE(nvm_read(&scene.nvm, IMAGE_SIZE, &octet, 1));
    CU_ASSERT_FALSE(nvm_fill(&scene.nvm, (struct nvm_area){0, 1}, 0, &octet, 1));
}

static void test_transaction_too_long(void) {
    static uint8_t image[NVM_IMAGE_SIZE];
    struct memory_port port;
    struct nvm nvm;
    uint8_t octets[NVM_TRANSACTION_MAX];
    memset(octets, 7, sizeof octets);
    memory_port_open(&port, image, sizeof image);
    CU_ASSERT_EQUAL(nvm_format(&port.nvm), NVM_OK);
    CU_ASSERT_EQUAL(nvm_open(&nvm, &port.nvm), NVM_OK);
    for (size_t over = 0; over < 2; over++) {
        nvm_begin(&nvm);
        nvm_stage(&nvm, nvm_data_begin(), octets, 1000);
        nvm_stage(&nvm, nvm_data_begin() + 2000, octets, NVM_TRANSACTION_MAX - 1012 + over);
        CU_ASSERT_EQUAL(nvm_commit(&nvm), over == 0);
    }
    CU_ASSERT_EQUAL(nvm_check(&port.nvm), NVM_OK);
}

/// Larger than any card today; changes at both ends, not brought home yet.
static void test_large_image(void) {
    static uint8_t image[300 * 1024];
    struct memory_port port;
    struct nvm nvm;
    char out[4];
    memory_port_open(&port, image, sizeof image);
    CU_ASSERT_EQUAL(nvm_format(&port.nvm), NVM_OK);
    CU_ASSERT_EQUAL(nvm_open(&nvm, &port.nvm), NVM_OK);
    memory_port_cut(&port, 1, 0);
    nvm_begin(&nvm);
    nvm_stage(&nvm, nvm_data_begin(), "head", 4);
    nvm_stage(&nvm, sizeof image - 4, "tail", 4);
    CU_ASSERT_FALSE(nvm_commit(&nvm));
    memory_port_power(&port);
    CU_ASSERT_EQUAL(nvm_open(&nvm, &port.nvm), NVM_OK);
    CU_ASSERT(nvm_read(&nvm, sizeof image - 4, out, 4) && memcmp(out, "tail", 4) == 0);
    CU_ASSERT(nvm_read(&nvm, nvm_data_begin(), out, 4) && memcmp(out, "head", 4) == 0);
    image[sizeof image - 1] ^= 1;
    CU_ASSERT_EQUAL(nvm_open(&nvm, &port.nvm), NVM_OK); // the record repairs it
    image[sizeof image - 8] ^= 1;
    CU_ASSERT_EQUAL(nvm_open(&nvm, &port.nvm), NVM_DAMAGED);
}

static void test_dead_port(void) {
    fresh_scene(&scene, false);
    compute_states();
    memory_port_cut(&scene.port, 0, 3);
    CU_ASSERT_FALSE(do_commit(&scene.nvm, 0));
    scene.port.off = false; // the medium comes back, the card does not
    scene.port.cut_write = MEMORY_NEVER;
    CU_ASSERT(scene.nvm.dead);
    CU_ASSERT_FALSE(do_commit(&scene.nvm, 0));
    CU_ASSERT_EQUAL(nvm_open(&scene.nvm, &scene.port.nvm), NVM_OK);
    CU_ASSERT(do_commit(&scene.nvm, 0));
}

static void test_cost(void) {
    fresh_scene(&scene, false);
    compute_states();
    memory_port_power(&scene.port);
    CU_ASSERT(do_commit(&scene.nvm, 2)); // 10..20 joined in one entry, and 300
    CU_ASSERT_EQUAL(scene.port.syncs, 1);
    CU_ASSERT_EQUAL(scene.port.writes, 4); // record, its number, two entries
    uint64_t sequence = scene.nvm.sequence;
    for (unsigned i = 0; i < 1000; i++)
        CU_ASSERT(do_commit(&scene.nvm, i % COMMITS));
    CU_ASSERT_EQUAL(scene.nvm.sequence, sequence + 1000);
    CU_ASSERT_EQUAL(scene.port.syncs, 1001);
    memory_port_power(&scene.port);
    CU_ASSERT_EQUAL(nvm_open(&scene.nvm, &scene.port.nvm), NVM_OK);
    CU_ASSERT_EQUAL(scene.port.writes, 0); // nothing to repair: nothing written
    CU_ASSERT_EQUAL(scene.nvm.sequence, sequence + 1000);
}

static void test_peek(void) {
    uint8_t data[DATA_SIZE], image[IMAGE_SIZE];
    compute_states();
    fresh_scene(&scene, false);
    do_commit(&scene.nvm, 0);
    memory_port_cut(&scene.port, 1, 0); // the record is durable, nothing is home
    do_commit(&scene.nvm, 1);
    memory_port_power(&scene.port);
    memcpy(image, scene.image, sizeof image);
    CU_ASSERT(nvm_peek(&scene.port.nvm, nvm_data_begin(), data, sizeof data));
    CU_ASSERT_EQUAL(memcmp(data, states[2], sizeof data), 0);
    CU_ASSERT_EQUAL(memcmp(image, scene.image, sizeof image), 0);
    CU_ASSERT_FALSE(nvm_peek(&scene.port.nvm, 0, data, 1));
    CU_ASSERT_FALSE(nvm_peek(&scene.port.nvm, IMAGE_SIZE - 1, data, 2));
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"torn at every octet, in recovery and in the next commit too", test_torn_in_order, NULL},
        {"unsynced writes lost in every subset, twice", test_lost_unsynced, NULL},
        {"any mixture of old and new record is told apart", test_mixed_record, NULL},
        {"filled memory is whole before it is pointed at", test_fill, NULL},
        {"a fresh image is whole or foreign", test_format_cut, NULL},
        {"foreign, newer, truncated and unreadable images", test_bad_images, NULL},
        {"staged octets are seen, aborted ones forgotten", test_staging, NULL},
        {"a later stage over the same octets wins", test_later_wins, NULL},
        {"out of bounds spoils the whole transaction", test_spoiled, NULL},
        {"too long spoils the whole transaction", test_transaction_too_long, NULL},
        {"an image of 300 KiB", test_large_image, NULL},
        {"after the port failed nothing is written", test_dead_port, NULL},
        {"one sync a commit, one write an entry, wear counted", test_cost, NULL},
        {"peek reads the settled state without writing", test_peek, NULL},
    };
    return suite_main("test-nvm", tests, sizeof tests / sizeof *tests, argc, argv);
}
