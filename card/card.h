// SPDX-License-Identifier: Apache-2.0
// The card as its reader sees it: ports in, octets in, octets out. A pure library: no socket, no
// clock, no malloc, no stdio; several cards live in one process. The context is the caller's
// memory.
#ifndef CARD_CARD_H
#define CARD_CARD_H

#include "apdu/crypto/crypto.h"
#include "base/bytes.h"
#include "card/os/nvm.h"

/// By which way a command came. The context knows it, not the terminal: over contactless, PIN
/// commands, list edits and the security domain are refused before any counter is touched.
enum card_interface { CARD_CONTACT, CARD_CONTACTLESS, CARD_INTERNAL, CARD_INTERFACE_COUNT };

enum {
    CARD_COMMAND_MAX = 2048 + 32, // command data after chaining, with its protection, octets
    CARD_ANSWER_MAX = 2048,       // answer data before GET RESPONSE, octets
    CARD_ATR_MAX = 33,
    CARD_TRANSIENT_MAX = 512, // per memory class and selected applet, octets
    CARD_INSTANCES_MAX = 8,
};

/// GlobalPlatform Card Specification 2.3, 5.1.1 (values as in its table 11-6).
enum card_life_cycle {
    CARD_OP_READY = 0x01,
    CARD_INITIALIZED = 0x07,
    CARD_SECURED = 0x0F,
    CARD_LOCKED = 0x7F,
    CARD_TERMINATED = 0xFF,
};

enum card_status {
    CARD_OK = 0,
    CARD_FOREIGN_IMAGE, // not one of ours
    CARD_NEWER_IMAGE,   // written by a later version
    CARD_OLDER_IMAGE,   // written by an earlier version, whose format is not taken over
    CARD_DAMAGED_IMAGE, // checksums fail beyond what recovery repairs
    CARD_NVM_FAILED,    // the port refused to read, write or sync
    CARD_STATUS_COUNT
};

struct applet;

/// The applets of a card. The first is the security domain: the default instance.
struct card_rom {
    const struct applet *const *applets;
    size_t count;
};

struct card_ports {
    const struct nvm_port *nvm;
    const struct crypto *crypto;
    const struct card_rom *rom; // card/applets.h has the one with every applet
};

struct card;

/// Octets of struct card, for callers that allocate it; card/os/context.h has it in full.
size_t card_context_size(void);

/// Writes an empty image (life cycle OP_READY, the security domain selected by default) over the
/// port. serial: 8 octets that name this chip.
enum card_status card_format(const struct card_ports *ports, const uint8_t serial[8]);

/// Connects a context to its ports, recovers a torn commit, clears all volatile memory.
enum card_status card_power_on(struct card *card, const struct card_ports *ports);

/// Clears all volatile memory, secrets included. The context may be powered on again.
void card_power_off(struct card *card);

/// Warm reset: volatile memory is cleared, nothing is selected.
void card_reset(struct card *card);

/// Answer to reset. Over contacts that of ISO/IEC 7816-3, T=1; over contactless what a PC/SC reader
/// makes of a card's ATS (PC/SC part 3, 3.1.3.2.3): 3B 8n 80 01, historical octets, check octet.
/// Returns its size.
size_t card_atr(enum card_interface interface, uint8_t atr[CARD_ATR_MAX]);

/// One command APDU in, one answer with status word out. Never blocks, never fails: whatever the
/// octets, an answer of 2..capacity octets comes back (capacity at least 258; an answer that does
/// not fit is chained after 61xx). Returns its size.
/// After the NVM port failed, every answer is 6581 until the next power-on: a card whose power went
/// is silent. After something did not hold that must, every answer is 6F00 until the next reset.
size_t card_transmit(struct card *card, enum card_interface interface, struct bytes command,
                     uint8_t *answer, size_t capacity);

struct card_report {
    enum card_life_cycle life_cycle;
    uint8_t serial[8];
    size_t nvm_size, nvm_used;
    uint64_t commits; // wear: committed transactions since card_format
    size_t instance_count;
    struct {
        const char *name; // applet
        uint8_t aid[16];
        uint8_t aid_size;
        uint32_t base, size; // its persistent memory within the image
    } instances[CARD_INSTANCES_MAX];
};

/// What card info prints. Reads only.
void card_report(struct card *card, struct card_report *report);

/// Verifies every checksum of the image without changing it.
enum card_status card_check(const struct card_ports *ports);

#endif
