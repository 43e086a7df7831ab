// SPDX-License-Identifier: Apache-2.0
// A whole terminal in the process of a test: kiosk, deposit machine or vending machine as its
// program runs it, over its own directory, its purse and a customer's card in slots of memory, the
// card over a pipe that breaks or on the air. Who stands there asks, taps when asked to, puts cash.
#ifndef TESTS_KIT_SALE_STAND_H
#define TESTS_KIT_SALE_STAND_H

#include "apdu/command/card_slot.h"
#include "host/sale/sale_step.h"
#include "tests/kit/image.h"
#include "tests/kit/scene/lossy.h"
#include "tests/kit/scene/trio.h"
#include "tests/kit/tap/tap_reader.h"

#include <jansson.h>

enum stand_kind { STAND_KIOSK, STAND_DEPOSIT, STAND_VEND, STAND_KIND_COUNT };

struct stand;

struct stand_slot {
    struct card_slot slot; // first: the seam's pointer is this one's
    struct stand *stand;
    struct link tap;    // over what is taken; lives until its close
    struct link *inner; //
    bool here, seeks;
    int readable, silent; // descriptors
};

struct stand {
    enum stand_kind kind;
    struct trio trio;
    struct scene_snapshot fresh; // cards as they were at first
    uint64_t before;             // the wallet's balance then
    char directory[TEST_PATH_MAX], state[TEST_PATH_MAX + 16], goods[TEST_PATH_MAX + 16];
    struct stand_slot own, customer;
    struct lossy_link own_link, wallet_link; // share the plan
    struct lossy_plan plan;
    struct tap_reader reader; // the wallet's, where it is on the air
    bool on_air;
    struct tap_fault torn; // what goes wrong in this tap, counted from one; 0: none
    unsigned torn_tap;     //
    bool left;             // the card did leave in it
    bool (*is_dead)(void); // the power is gone: no card hears anything. NULL: never
    struct kiosk *kiosk;   // the one that runs, or none
    struct deposit *deposit;
    struct vend *vend;
    uint64_t amount, cash; // what is asked for; cash that is put in for it
    const char *say;       // key of what the screen said behind the last tap
    unsigned taps;
};

/// Cards, and a machine that was never started. on_air: the wallet is on a virtual radio field.
/// The stand must not move.
void stand_begin(struct stand *stand, enum stand_kind kind, bool on_air);
/// The same with a wallet of this profile.
void stand_begin_with(struct stand *stand, enum stand_kind kind, bool on_air,
                      const struct scene_profile *wallet);
/// Ends what stand_begin began; a machine that runs, too.
void stand_end(struct stand *stand);
/// Cards as at first, an empty directory, nothing breaks.
void stand_afresh(struct stand *stand);

/// The program starts. False: it does not.
bool stand_start(struct stand *stand);
/// It ends, in whatever state.
void stand_stop(struct stand *stand);
/// Somebody asks for the sale or deposit of amount.
void stand_order(struct stand *stand);
/// A card is asked for.
bool stand_waits(const struct stand *stand);
/// What the person does then: taps at most so often, and puts the cash in; until nothing is asked
/// of him any more. Returns how often he tapped.
unsigned stand_serve(struct stand *stand, unsigned taps);
/// Nobody comes within the time of a card that is asked for.
void stand_tire(struct stand *stand);
/// The machine's own purse and the wallet meet later, whatever for, and settle what is open between
/// them. False: they do not. Not on the air.
bool stand_meet_late(struct stand *stand);

// ---- what is there

/// Key of what the screen says.
const char *stand_says(const struct stand *stand);
/// State of the newest sale on record of a machine that runs; 0: none.
enum sale_state stand_state(const struct stand *stand);
/// What the wallet holds; it is on afterwards.
uint64_t stand_balance(struct stand *stand);
/// Did exactly the amount move between the purses?
bool stand_moved(struct stand *stand);
/// A number of a file of the state: "motor", "turns"; 0 where it is not there.
uint64_t stand_number(const struct stand *stand, const char *file, const char *field);
/// Receipts that were written.
unsigned stand_receipts(const struct stand *stand);

#endif
