// SPDX-License-Identifier: Apache-2.0
// Secure Channel Protocol 02, the host's side: GlobalPlatform Card Specification 2.3.1, appendix E.
// Explicit initiation, C-MAC over the modified APDU, with and without encryption of its initial
// vector; levels 00, 01 and 03. The field is full of cards that speak nothing else; ours do not
// speak it. Freestanding.
#ifndef APDU_CRYPTO_SCP02_H
#define APDU_CRYPTO_SCP02_H

#include "apdu/crypto/scp03.h"

enum {
    SCP02_KEY_SIZE = 16,
    SCP02_CHALLENGE_SIZE = 8,  // the host's
    SCP02_CARD_SIZE = 8,       // sequence counter (2), card challenge (6)
    SCP02_CRYPTOGRAM_SIZE = 8, // and C-MACs
    SCP02_USUAL_I = 0x15,      // of a card that does not tell its own
    SCP02_DATA_MAX = 239,      // longest data of a command at level 03
};

/// Bits of the parameter i (table E-1).
enum scp02_option {
    SCP02_THREE_KEYS = 0x01,
    SCP02_UNMODIFIED = 0x02,
    SCP02_EXPLICIT = 0x04,
    SCP02_MAC_OVER_AID = 0x08,
    SCP02_ENCRYPTED_VECTOR = 0x10,
};

/// One session. Secret; scp02_close erases it.
struct scp02 {
    uint8_t enc[SCP02_KEY_SIZE], mac[SCP02_KEY_SIZE], dek[SCP02_KEY_SIZE];
    uint8_t i, level;
    bool begun; // a C-MAC was made: it is the next one's initial vector
    uint8_t chaining[DES_BLOCK_SIZE];
    uint8_t host[SCP02_CHALLENGE_SIZE], card[SCP02_CARD_SIZE];
};

/// Can this i be spoken here?
bool scp02_is_known(uint8_t i);

/// Session keys of static ones (16 octets each; the first stands for all where i has no three
/// keys). False: bad size or i, or a failed primitive.
bool scp02_derive(struct scp02 *session, const struct crypto *crypto, const struct scp03_keys *keys,
                  uint8_t i, const uint8_t host[SCP02_CHALLENGE_SIZE],
                  const uint8_t card[SCP02_CARD_SIZE]);

/// Cryptograms of card and host (E.4.2).
bool scp02_card_cryptogram(const struct scp02 *session, const struct crypto *crypto,
                           uint8_t cryptogram[SCP02_CRYPTOGRAM_SIZE]);
/// The host's, as above.
bool scp02_host_cryptogram(const struct scp02 *session, const struct crypto *crypto,
                           uint8_t cryptogram[SCP02_CRYPTOGRAM_SIZE]);

/// Writes the secured form of plain into buffer and points *wrapped at it (E.4.4, E.4.6). While
/// level is 0 only the C-MAC of EXTERNAL AUTHENTICATE is added. False: no room, or a failed
/// primitive.
bool scp02_wrap_command(struct scp02 *session, const struct crypto *crypto,
                        const struct apdu_command *plain, uint8_t *buffer, size_t capacity,
                        struct apdu_command *wrapped);

/// First three octets of eight zeros under a 3DES key of 16 octets.
bool scp02_kcv(const struct crypto *crypto, const uint8_t key[SCP02_KEY_SIZE], uint8_t kcv[3]);

/// Erases the session.
void scp02_close(struct scp02 *session);

#endif
