// SPDX-License-Identifier: Apache-2.0
// A medium that rots: after every commit of a wallet's and a till's day each bit of the image is
// flipped. The image is refused, or the card holds exactly what it held: no try, no money, no key
// of a moment before comes back. Header, records and number are tried whole by the optimised build
// (e2e-rot), and one bit in RECORD_STEP with sanitizers, which are five times slower; of the data
// one bit in SPARSE. TESSERA_ROT=full leaves out of the data what would be said twice: what a flip
// does there follows from its word, where that stands and whether a record lies over it, since the
// sum is made of one value a word (docs/image.md). So every bit of a word is flipped when it is met
// first, when it has changed, and while a record lies over it and once after; of a word that was
// never written, and is zero like all others, one bit.
#include "card/os/context.h"
#include "card/os/journal.h"
#include "tests/kit/scene/scene.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 8 }; // of the sum

#ifdef __SANITIZE_ADDRESS__
static const char SUITE[] = "test-rot";
enum { SPARSE = 7499, RECORD_STEP = 7 };
#else
static const char SUITE[] = "e2e-rot";
enum { SPARSE = 1499, RECORD_STEP = 1 };
#endif

struct rot {
    uint64_t sequences[SCENE_CARDS_MAX]; // of each card, when it was tried last
    unsigned long commits, flips, refused;
    bool sound, full;
    uint8_t image[NVM_IMAGE_SIZE_LARGE];
    struct tried {
        bool begun;
        uint8_t image[NVM_IMAGE_SIZE_LARGE]; // of the last commit
        bool covered[NVM_IMAGE_SIZE_LARGE / WORD];
    } tried[SCENE_CARDS_MAX];
};

/// One flipped bit in a copy of the card's medium.
static void flip(struct rot *rot, const struct scene_card *card, size_t bit) {
    struct memory_port port;
    struct nvm nvm;
    uint8_t *octet = &rot->image[bit / 8];
    uint8_t mask = (uint8_t)(1u << bit % 8);
    memory_port_open(&port, rot->image, card->size);
    rot->flips++;
    *octet ^= mask;
    bool good = nvm_check(&port.nvm) == NVM_OK;
    rot->refused += !good;
    if (good) {
        rot->sound =
            rot->sound && nvm_open(&nvm, &port.nvm) == NVM_OK &&
            nvm.sequence == card->card->nvm.sequence &&
            memcmp(rot->image + DATA_BEGIN, card->image + DATA_BEGIN, card->size - DATA_BEGIN) == 0;
        memcpy(rot->image, card->image, card->size);
    } else
        *octet ^= mask;
}

static void flip_range(struct rot *rot, const struct scene_card *card, uint32_t begin,
                       uint32_t size, size_t step) {
    for (size_t bit = 8 * (size_t)begin; bit < 8 * ((size_t)begin + size); bit += step)
        flip(rot, card, bit);
}

// ---- the whole of the data ---------------------------------------------------------------------

/// Which words do the records of both slots lie over?
static void cover(const struct scene_card *card, bool covered[]) {
    for (unsigned slot = 0; slot < 2; slot++) {
        const uint8_t *record = card->image + journal_slot_begin(slot);
        size_t size = bytes_get_be(record + 6, 2), at = 0;
        bool hole = (record[4] & 1) != 0;
        record += NVM_RECORD_HEADER;
        while (!hole && at + ENTRY_HEADER <= size) {
            size_t begin = bytes_get_be(record + at, 4), length = bytes_get_be(record + at + 4, 2);
            for (size_t octet = begin; octet < begin + length && octet < card->size; octet++)
                covered[octet / WORD] = true;
            at += ENTRY_HEADER + length;
        }
    }
}

static void flip_word(struct rot *rot, const struct scene_card *card, struct tried *tried,
                      size_t word, bool now) {
    static const uint8_t zero[WORD];
    const uint8_t *there = card->image + word * WORD;
    bool written = memcmp(there, zero, WORD) != 0 || now;
    bool due = now || tried->covered[word] || memcmp(there, tried->image + word * WORD, WORD) != 0;
    if (due || (!tried->begun && written))
        flip_range(rot, card, (uint32_t)(word * WORD), WORD, 1);
    else if (!tried->begun)
        flip(rot, card, word * WORD * 8 + word % (WORD * 8));
}

static void flip_data(struct rot *rot, const struct scene_card *card, struct tried *tried) {
    static bool covered[NVM_IMAGE_SIZE_LARGE / WORD];
    memset(covered, 0, sizeof covered);
    cover(card, covered);
    for (size_t word = DATA_BEGIN / WORD; word < card->size / WORD; word++)
        flip_word(rot, card, tried, word, covered[word]);
    memcpy(tried->image, card->image, card->size);
    memcpy(tried->covered, covered, sizeof covered);
    tried->begun = true;
}

// ---- a day -------------------------------------------------------------------------------------

static size_t index_of(const struct scene *scene, const struct scene_card *card) {
    size_t index = 0;
    while (scene->cards[index] != card)
        index++;
    return index;
}

static void watch(struct scene *scene, const struct scene_card *card, struct bytes command) {
    struct rot *rot = scene->watcher;
    uint64_t *sequence = &rot->sequences[index_of(scene, card)];
    (void)command;
    if (card->card->nvm.sequence == *sequence)
        return;
    *sequence = card->card->nvm.sequence;
    rot->commits++;
    memcpy(rot->image, card->image, card->size);
    flip_range(rot, card, 0, NVM_HEADER_SIZE, 1);
    for (unsigned slot = 0; slot < 2; slot++)
        flip_range(rot, card, journal_slot_begin(slot), card->card->nvm.extents[slot], RECORD_STEP);
    flip_range(rot, card, NUMBER_BEGIN, NUMBER_SIZE, 1);
    if (rot->full)
        flip_data(rot, card, &rot->tried[index_of(scene, card)]);
    else
        flip_range(rot, card, DATA_BEGIN, card->size - DATA_BEGIN, SPARSE);
}

static uint16_t verify(struct scene_card *wallet, const char *pin) {
    return scene_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string(pin));
}

static void test_day(void) {
    static struct rot rot;
    const char *asked = getenv("TESSERA_ROT");
    struct scene_profile profile = {.user = "USER1",
                                    .offline_count = 9,
                                    .offline_sum = 9000,
                                    .no_pin_single = 500,
                                    .no_pin_sum = 500,
                                    .no_pin_count = 5,
                                    .pin = "1234"};
    struct scene *scene = scene_open(97);
    struct scene_card *wallet = scene_add(scene, "WALLET1", ROLE_WALLET, &profile);
    struct scene_card *till = scene_add(scene, "TILL1", ROLE_TILL, &profile);
    rot.full = asked != NULL && strcmp(asked, "full") == 0;
    rot.sound = true;
    scene->watcher = &rot;
    scene->on_answer = watch;
    CU_ASSERT_EQUAL(scene_issue(wallet, 3000), SW_OK);
    for (unsigned left = 2; left > 0; left--)
        CU_ASSERT_EQUAL(verify(wallet, "9999"), SW_TRIES_LEFT | left);
    CU_ASSERT_EQUAL(verify(wallet, "1234"), SW_OK);
    CU_ASSERT_EQUAL(scene_pay(wallet, till, 1000, "NO_1"), SW_OK);
    CU_ASSERT_EQUAL(scene_pay(wallet, till, 400, "NO_2"), SW_OK);
    CU_ASSERT_TRUE(rot.sound);
    CU_ASSERT(rot.commits >= 8);
    CU_ASSERT(rot.refused > rot.flips / 4);
    printf("%lu commits, %lu flips, %lu refused ", rot.commits, rot.flips, rot.refused);
    scene_close(scene);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a flipped bit after any commit is refused or harmless", test_day, NULL},
    };
    return suite_main(SUITE, tests, sizeof tests / sizeof *tests, argc, argv);
}
