// SPDX-License-Identifier: Apache-2.0
// The six services in one process, filled, and a deck of messages that their users would send next:
// every one lawful, signed where it has to be, none sent yet. Whoever plays it (a fuzzer) sends
// them in any order, spoiled or whole. The same deck every time.
#ifndef TESTS_KIT_DECK_DECK_H
#define TESTS_KIT_DECK_DECK_H

#include "tests/kit/content/sealed.h"
#include "tests/kit/house/house.h"
#include "tests/kit/telco/town.h"

enum deck_service {
    DECK_CONTENT,
    DECK_LICENCE,
    DECK_CHARGE,
    DECK_CLEARING,
    DECK_BANK,
    DECK_REGISTRY,
    DECK_SERVICES,
};

enum { DECK_MOST = 96, DECK_NAME = 40 };

struct deck_message {
    enum deck_service to;
    char name[DECK_NAME]; // of its endpoint; from the second one on with its number behind it
    struct peer peer;
    char method[8], target[96];
    const char *media; // NULL: it has no body
    uint8_t *body;
    size_t size;
};

struct deck {
    struct shop *shops[DECK_SERVICES];
    struct deck_message messages[DECK_MOST];
    size_t count;
    struct town town;
    struct shop content, clearing;
    struct sealed_scene sealed;
};

/// Within a test: opens the services and makes the deck. Asserts. Must not be moved.
void deck_open(struct deck *deck);
/// Closes the services and forgets the deck.
void deck_close(struct deck *deck);
/// Sends a message under that key.
struct told deck_send(struct deck *deck, const struct deck_message *message, const char *key);

/// Puts a message on the deck; text may be NULL.
void deck_add(struct deck *deck, enum deck_service to, const struct peer *peer, const char *method,
              const char *target, const char *text);
/// The same of octets.
void deck_add_octets(struct deck *deck, enum deck_service to, const struct peer *peer,
                     const char *method, const char *target, struct bytes octets);

/// The parts of deck_open that telephone company, bank, registry and seller share, and the clearing
/// center's.
void deck_fill_town(struct deck *deck);
void deck_fill_house(struct deck *deck);

#endif
