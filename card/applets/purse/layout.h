// SPDX-License-Identifier: Apache-2.0
// Where everything stands in a purse's persistent memory: numbers, texts, keys, then the tables
// whose length the role decides. Every module reads and stages its own part through these offsets.
// docs/purse.md, "Memory".
#ifndef CARD_APPLETS_PURSE_LAYOUT_H
#define CARD_APPLETS_PURSE_LAYOUT_H

#include "apdu/certificate.h"
#include "apdu/perso.h"
#include "card/os/applet.h"
#include "card/os/pin.h"

/// Single numbers, 8 octets each.
enum number {
    NUMBER_ROLES,
    NUMBER_OPTIONS,
    NUMBER_ASSURANCE,
    NUMBER_STAGES,  // enum perso_stage bits done
    NUMBER_COUNTER, // of the next debit
    NUMBER_STATE,   // state number: rises with every change of a balance
    NUMBER_UNRATIFIED,
    NUMBER_LAST_SLOT, // ring slot of the last debit, plus one; 0 before the first
    NUMBER_SETTLED,   // first payee counter that no settlement receipt covers
    NUMBER_SERIAL,    // of the present issue log; 0 before the first
    NUMBER_REVISION,
    NUMBER_ISSUE_EXPIRY,
    // limits in force; UNLIMITED where none was given
    NUMBER_LIMIT_BALANCE,
    NUMBER_LIMIT_SINGLE,
    NUMBER_NO_PIN_SINGLE,
    NUMBER_NO_PIN_SUM,
    NUMBER_NO_PIN_COUNT,
    NUMBER_OFFLINE_COUNT,
    NUMBER_OFFLINE_SUM,
    // what was used of them
    NUMBER_NO_PIN_USED_SUM,
    NUMBER_NO_PIN_USED_COUNT,
    NUMBER_OFFLINE_USED_COUNT,
    NUMBER_OFFLINE_USED_SUM,
    NUMBER_OPEN_COUNT, // own open requests: they are going to use the budget
    NUMBER_OPEN_SUM,
    NUMBER_DATE,         // latest day known, YYYYMMDD; 0 none
    NUMBER_TIME_VERSION, // of the last time reset
    NUMBER_ACK_VERSION,
    NUMBER_HOTLIST_VERSION,
    NUMBER_PEER_STAMP, // rises with every use of a cached certificate
    NUMBER_OWN_UNTIL,  // last valid day of the own certificate
    NUMBER_OWN_ISSUER, // trust slot of its issuer
    NUMBER_CERTIFICATE_SIZE,
    NUMBER_COUNT
};

#define UNLIMITED    UINT64_MAX
#define COUNTER_LAST UINT32_MAX

/// Texts: a size octet and up to HOLDER_MAX octets.
enum text { TEXT_HOLDER, TEXT_DEVICE, TEXT_USER, TEXT_COUNT };
enum { TEXT_SIZE = 1 + HOLDER_MAX };

/// Bodies of the center's last objects of each kind, as digests: an identical one is a repetition.
enum taken {
    TAKEN_ISSUE,
    TAKEN_SETTLE,
    TAKEN_REFUND,
    TAKEN_HOTLIST,
    TAKEN_ACK,
    TAKEN_TIME,
    TAKEN_COUNT
};

enum {
    RING_SMALL = 16,
    RING_LARGE = 256,
    WINDOW_SMALL = 32,
    WINDOW_LARGE = 256,
    PEERS_SMALL = 8,
    PEERS_LARGE = 32,
    HOTLIST_CERTIFICATES = PURSE_HOTLIST_MAX, // as many as one object can carry
    HOTLIST_DEVICES = PURSE_HOTLIST_MAX,
};

/// Sizes of table rows, octets.
enum {
    POCKET_SIZE = 64,
    TRUST_SIZE = 96,
    PEER_SIZE = 96,
    WINDOW_RECORD_SIZE = 112,
    RING_INDEX_SIZE = 24,
    RING_SLOT_SIZE = 356,
};

/// Offsets that every role shares.
enum {
    NUMBERS_AT = 0,
    TEXTS_AT = NUMBERS_AT + NUMBER_COUNT * 8,
    TAKEN_AT = TEXTS_AT + TEXT_COUNT * TEXT_SIZE,
    SIGNING_SCALAR_AT = TAKEN_AT + TAKEN_COUNT * SHA256_SIZE,
    SIGNING_POINT_AT = SIGNING_SCALAR_AT + P256_SCALAR_SIZE,
    KEM_SCALAR_AT = SIGNING_POINT_AT + P256_COMPRESSED_SIZE,
    KEM_POINT_AT = KEM_SCALAR_AT + P256_SCALAR_SIZE,
    CERTIFICATE_AT = KEM_POINT_AT + P256_COMPRESSED_SIZE,
    CERTIFICATE_DIGEST_AT = CERTIFICATE_AT + CERTIFICATE_MAX,
    PIN_AT = CERTIFICATE_DIGEST_AT + CERTIFICATE_DIGEST_SIZE,
    POCKETS_AT = PIN_AT + PIN_RECORD_SIZE,
    TRUST_AT = POCKETS_AT + PERSO_UNITS_MAX * POCKET_SIZE, // slot 0 is the root
    HOTLIST_AT = TRUST_AT + (1 + PERSO_ISSUING_MAX) * TRUST_SIZE,
    HOTLIST_COUNTS_SIZE = 4,
    TABLES_AT = HOTLIST_AT + HOTLIST_COUNTS_SIZE + 16 * (HOTLIST_CERTIFICATES + HOTLIST_DEVICES),
};

/// Tables whose length depends on the role.
struct geometry {
    uint16_t peers, window, ring; // rows
    uint32_t peers_at, window_at, ring_index_at, ring_at, size;
};

struct geometry geometry_of(uint16_t roles);
struct geometry geometry(const struct card_call *call);

uint64_t number_get(const struct card_call *call, enum number number);
void number_set(struct card_call *call, enum number number, uint64_t value);

/// Reads a text into buffer (HOLDER_MAX octets); an unset text has size 0.
struct bytes text_get(const struct card_call *call, enum text text, uint8_t *buffer);
void text_set(struct card_call *call, enum text text, struct bytes value);
bool text_equals(const struct card_call *call, enum text text, struct bytes value);

bool taken_is(const struct card_call *call, enum taken taken, const uint8_t digest[SHA256_SIZE]);
void taken_set(struct card_call *call, enum taken taken, const uint8_t digest[SHA256_SIZE]);

static inline uint16_t purse_roles(const struct card_call *call) {
    return (uint16_t)number_get(call, NUMBER_ROLES);
}

#endif
