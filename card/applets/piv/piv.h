// SPDX-License-Identifier: Apache-2.0
// The PIV card application (NIST SP 800-73-4 parts 1 and 2, card edge): what its files share.
// Layout of the instance's persistent memory, volatile state, and the seams between data objects,
// keys, PINs and authentication.
#ifndef CARD_APPLETS_PIV_PIV_H
#define CARD_APPLETS_PIV_PIV_H

#include "card/os/applet.h"
#include "card/os/pin.h"

enum piv_algorithm {
    PIV_TRIPLE_DES = 0x03,
    PIV_AES_128 = 0x08,
    PIV_AES_192 = 0x0A,
    PIV_AES_256 = 0x0C,
    PIV_RSA_2048 = 0x07,
    PIV_P256 = 0x11,
};

enum piv_reference {
    PIV_PIN = 0x80,
    PIV_PUK = 0x81,
    PIV_KEY_AUTHENTICATION = 0x9A,
    PIV_KEY_MANAGEMENT = 0x9B,
    PIV_KEY_SIGNATURE = 0x9C,
    PIV_KEY_KEY_MANAGEMENT = 0x9D,
    PIV_KEY_CARD_AUTHENTICATION = 0x9E,
};

enum {
    PIV_CHALLENGE_SIZE = 16,
    PIV_PADDED_SIZE = 8, // a PIN on its way, padded with FF
    PIV_PUK_SIZE = 8,
    PIV_KEYS = 4,
    PIV_KEY_SIZE = RSA_KEY_SIZE, // room for one private key of either kind
    PIV_CERTIFICATE_SIZE = 1900, // longest certificate object, octets
};

// Persistent memory of the instance. Objects and keys have two buffers each: the idle one is
// filled first, then one small transaction turns it into the live one.
enum piv_layout {
    PIV_AT_PIN = 0,                                // PIN_RECORD_SIZE
    PIV_AT_MANAGER = PIV_AT_PIN + PIN_RECORD_SIZE, // algorithm, key (32)
    PIV_AT_KEY_HEADS = PIV_AT_MANAGER + 33,        // PIV_KEYS times PIV_HEAD_SIZE
    PIV_HEAD_SIZE = 4,                             // algorithm or used, flags, size (2)
    PIV_AT_OBJECT_HEADS = PIV_AT_KEY_HEADS + PIV_KEYS * PIV_HEAD_SIZE,
    PIV_AT_KEYS = PIV_AT_OBJECT_HEADS + 16 * PIV_HEAD_SIZE,
    PIV_AT_OBJECTS = PIV_AT_KEYS + PIV_KEYS * 2 * PIV_KEY_SIZE,
};

/// Cleared when the application is deselected.
struct piv_session {
    bool pin_verified;
    uint32_t pin_at; // number of the command that was a good VERIFY; 0: none
    bool manager;    // the management key was proved
    uint8_t pending; // what the next GENERAL AUTHENTICATE may answer: 0, 80 witness, 81 challenge
    uint8_t challenge[PIV_CHALLENGE_SIZE];
};

/// What was verified since the application was selected.
struct piv_session *piv_session(const struct card_call *call);
/// Was the command just before this one a good VERIFY? Whatever stands between spends it, refused
/// commands and failed selections too.
bool piv_pin_is_fresh(const struct card_call *call);

/// A head: which of two buffers is live, and how much of it.
struct piv_head {
    uint8_t kind; // algorithm of a key, 1 for an object, 0 for nothing
    uint8_t live; // 0 or 1
    bool stale;   // the idle buffer still has a replaced key, to be erased
    uint16_t size;
};
/// A head at an offset of the instance; staging writes it back.
struct piv_head piv_read_head(const struct card_call *call, uint32_t at);
void piv_stage_head(struct card_call *call, uint32_t at, struct piv_head head);

/// Octets of memory that all data objects take (objects.c).
uint32_t piv_objects_size(void);
/// GET DATA and PUT DATA (SP 800-73-4 part 2, 3.1.2 and 3.3.1).
uint16_t piv_get_data(struct card_call *call);
uint16_t piv_put_data(struct card_call *call);

// keys.c
struct piv_key {
    enum piv_algorithm algorithm;
    uint8_t secret[PIV_KEY_SIZE]; // P-256 scalar, or p q dp dq qinv; the reader erases it
};
/// False: no key under this reference. Copies the secret.
bool piv_read_key(const struct card_call *call, uint8_t reference, struct piv_key *key);
/// GENERATE ASYMMETRIC KEY PAIR (SP 800-73-4 part 2, 3.3.2).
uint16_t piv_generate(struct card_call *call);
/// Erases replaced keys that a power cut kept from being erased. False: the medium failed.
bool piv_erase_stale_keys(struct card_call *call);
/// Is there any key pair?
bool piv_has_keys(const struct card_call *call);
/// Makes the crypto implementation forget the keys, before the instance goes.
void piv_forget_keys(struct card_call *call);

/// VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER (SP 800-73-4 part 2, 3.2; pins.c).
uint16_t piv_verify(struct card_call *call);
uint16_t piv_change_reference(struct card_call *call);
uint16_t piv_reset_retry(struct card_call *call);
/// Octets before the FF padding; 0 for a badly padded value.
size_t piv_pin_size(const uint8_t padded[PIV_PADDED_SIZE]);

/// GENERAL AUTHENTICATE (SP 800-73-4 part 2, 3.2.4; authenticate.c).
uint16_t piv_authenticate(struct card_call *call);

extern const struct applet piv_applet;

#endif
