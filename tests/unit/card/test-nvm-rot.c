// SPDX-License-Identifier: Apache-2.0
// One flipped bit, anywhere in an image, after every commit and while memory is filled: the image
// is refused, or holds exactly the last state. And where header, slots and data lie.
#include "card/os/journal.h"
#include "card/os/nvm.h"
#include "card/port/memory.h"
#include "tests/kit/suite.h"

#include <string.h>

enum { DATA_SIZE = 512, IMAGE_SIZE = DATA_BEGIN + DATA_SIZE, COMMITS = 8 };

static uint8_t image[IMAGE_SIZE], rotten[IMAGE_SIZE];
static struct memory_port medium, rotten_medium;
static struct nvm nvm, opened;

static void fresh(void) {
    memory_port_open(&medium, image, sizeof image);
    memory_port_open(&rotten_medium, rotten, sizeof rotten);
    CU_ASSERT_EQUAL_FATAL(nvm_format(&medium.nvm), NVM_OK);
    CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &medium.nvm), NVM_OK);
}

/// Even ones change octets of their own, odd ones the same octets as the one before: there the
/// record before would give its state back.
static void commit(uint8_t number) {
    uint8_t octets[40];
    memset(octets, 0x11 * (number + 1), sizeof octets);
    nvm_begin(&nvm);
    nvm_stage(&nvm, DATA_BEGIN + (number & ~1u) * 50, octets, sizeof octets);
    nvm_stage(&nvm, DATA_BEGIN + 500, octets, 3);
    CU_ASSERT_FATAL(nvm_commit(&nvm));
}

/// What opening a copy with this bit flipped says; it holds what image holds, or nothing is
/// written.
static enum nvm_status flip(size_t bit) {
    memcpy(rotten, image, sizeof rotten);
    rotten[bit / 8] ^= (uint8_t)(1u << bit % 8);
    enum nvm_status checked = nvm_check(&rotten_medium.nvm);
    enum nvm_status status = nvm_open(&opened, &rotten_medium.nvm);
    CU_ASSERT_EQUAL_FATAL(checked, status);
    if (status != NVM_OK)
        rotten[bit / 8] ^= (uint8_t)(1u << bit % 8);
    return status;
}

static bool same_data(void) {
    return memcmp(rotten + DATA_BEGIN, image + DATA_BEGIN, DATA_SIZE) == 0;
}

/// How many flips of these octets are refused; the others are harmless.
static unsigned flip_range(uint32_t begin, uint32_t size) {
    unsigned refused = 0;
    for (size_t bit = 8 * (size_t)begin; bit < 8 * ((size_t)begin + size); bit++) {
        enum nvm_status status = flip(bit);
        CU_ASSERT_FATAL(status == NVM_OK ? same_data() && opened.sequence == nvm.sequence
                                         : memcmp(rotten, image, sizeof rotten) == 0);
        refused += status != NVM_OK;
    }
    return refused;
}

static void test_commits(void) {
    fresh();
    for (uint8_t number = 0; number < COMMITS; number++) {
        commit(number);
        uint32_t slot = journal_slot_begin(nvm.sequence);
        uint32_t record = NVM_RECORD_HEADER + (uint32_t)bytes_get_be(image + slot + 6, 2);
        CU_ASSERT_EQUAL(flip_range(slot, record), 8 * record);
        CU_ASSERT(flip_range(0, IMAGE_SIZE) > 8 * (record + NVM_HEADER_SIZE));
    }
    CU_ASSERT_EQUAL(flip_range(0, NVM_HEADER_SIZE), 8 * NVM_HEADER_SIZE);
    CU_ASSERT(flip_range(NUMBER_BEGIN, NUMBER_SIZE) >= 8 * NUMBER_SIZE - 2);
    // all data but what the records bring home
    CU_ASSERT_EQUAL(flip_range(DATA_BEGIN, DATA_SIZE), 8 * (DATA_SIZE - 40 - 3));
}

/// While a fill is under way no octet outside its area may rot unseen either.
static void test_filling(void) {
    struct nvm_area area = {DATA_BEGIN + 403, 50};
    fresh();
    for (uint8_t number = 0; number < COMMITS; number++)
        commit(number);
    CU_ASSERT_FATAL(nvm_fill(&nvm, area, area.offset + 3, "secret", 6));
    uint64_t sequence = nvm.sequence;
    CU_ASSERT_FATAL(nvm_fill(&nvm, area, area.offset + 9, "more", 4));
    CU_ASSERT_EQUAL(nvm.sequence, sequence); // the same area: no further record
    CU_ASSERT_FALSE(nvm_fill(&nvm, area, area.offset + 48, "over", 4));
    CU_ASSERT_FALSE(nvm_fill(&nvm, area, area.offset - 1, "under", 5));
    CU_ASSERT(flip_range(0, DATA_BEGIN) > 0);
    for (uint32_t at = DATA_BEGIN; at < IMAGE_SIZE; at++)
        for (size_t bit = 8 * (size_t)at; bit < 8 * ((size_t)at + 1); bit++) {
            bool inside = at - area.offset < area.size;
            CU_ASSERT_FATAL(flip(bit) == NVM_OK ? inside || same_data() : !inside);
        }
}

/// What a medium loses as one sector never holds two of: header, slot, slot, data.
static void test_sectors(void) {
    uint32_t begins[] = {0, journal_slot_begin(0), journal_slot_begin(1), NUMBER_BEGIN};
    uint32_t sizes[] = {NVM_HEADER_SIZE, JOURNAL_SLOT_SIZE, JOURNAL_SLOT_SIZE,
                        IMAGE_SIZE - NUMBER_BEGIN};
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < i; k++) {
            uint32_t last = begins[k] + sizes[k] - 1;
            CU_ASSERT(begins[i] / 4096 != last / 4096 && begins[i] / 4096 != begins[k] / 4096);
        }
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a flipped bit is refused or harmless after every commit", test_commits, NULL},
        {"a flipped bit is refused or harmless while memory is filled", test_filling, NULL},
        {"header, slots and data share no sector", test_sectors, NULL},
    };
    return suite_main("test-nvm-rot", tests, sizeof tests / sizeof *tests, argc, argv);
}
