// SPDX-License-Identifier: Apache-2.0
// A story of the clearing center, told by everything that is sent to it, and retold as networks and
// machines tell it: messages that come twice, too late or never, answers that are lost, a center
// that dies in between. However it is told, it has to end in the same books.
#ifndef TESTS_KIT_HOUSE_STORY_H
#define TESTS_KIT_HOUSE_STORY_H

#include "tests/kit/house/house.h"

enum { STORY_MOST = 16, STORY_DUMP_MAX = 16384 };

/// One message as its sender keeps it until it is answered.
struct story_message {
    const struct peer *peer;
    uint64_t now_ms; // when it was made
    char target[80], key[16];
    char *body;
    bool pinned; // what follows needs its answer: it neither comes later nor stays away
    bool single; // its key alone tells a repetition: it comes again under no other one
    unsigned status;
    char answer[4096];
};

struct story {
    const char *title; // "rule 4: cash out ..."
    /// Makes the messages with the kit's cards, as if all of them arrived. Sent between them by
    /// house_...; the story keeps what would be sent.
    void (*tell)(struct shop *shop);
    /// What is there at the end: "WAIT:alice-p:JPY 3000, BANK::JPY 3000"; and in the tables,
    /// "SELECT count(*) FROM suspense: 1". Accounts of 0 need not be named, all others are.
    const char *end;
};

/// What follows needs the answer of the message before.
void story_pin(void);
/// The message before is told apart by its key alone.
void story_single(void);

/// Tells it on every engine, equal dump for dump, and again with every message repeated, late,
/// lost, and with the store failing or dying, on the memory engine. Asserts.
void story_retell(const struct story *story);

/// At the end of the suite.
void story_close(void);

#endif
