// SPDX-License-Identifier: Apache-2.0
// Secure Channel Protocol 03: GlobalPlatform Card Specification Amendment D 1.2. Both ends of the
// channel stand here, so that card and host wrap by the same code: session keys, cryptograms,
// C-MAC, C-ENC, R-MAC, R-ENC with AES-128/192/256 in S8 and S16 mode. Key sets, life cycles and
// retry rules belong to the callers. Freestanding.
#ifndef APDU_CRYPTO_SCP03_H
#define APDU_CRYPTO_SCP03_H

#include "apdu/crypto/crypto.h"
#include "apdu/octets/codec.h"

enum {
    SCP03_KEY_MAX = 32,
    SCP03_SIZE_S8 = 8,   // challenges, cryptograms and MACs of S8 mode
    SCP03_SIZE_S16 = 16, // and of S16 mode
    SCP03_SIZE_MAX = SCP03_SIZE_S16,
    SCP03_DATA_MAX = 2048 + 16,      // longest data field to be protected, with its padding
    SCP03_DIVERSIFICATION_SIZE = 10, // key diversification data, as INITIALIZE UPDATE answers it
};

/// Bits of the parameter i (Amendment D table 5-1).
enum scp03_option {
    SCP03_S16 = 0x01,
    SCP03_PSEUDO_RANDOM = 0x10, // the card challenge follows from a sequence counter
    SCP03_RMAC = 0x20,
    SCP03_RENC = 0x40,
};

/// Bits of the security level (P1 of EXTERNAL AUTHENTICATE, table 7-6).
enum scp03_level {
    SCP03_LEVEL_CMAC = 0x01,
    SCP03_LEVEL_CENC = 0x02,
    SCP03_LEVEL_RMAC = 0x10,
    SCP03_LEVEL_RENC = 0x20,
};

/// Static keys of one key set; every key has size octets (16, 24 or 32). Secret.
struct scp03_keys {
    uint8_t enc[SCP03_KEY_MAX], mac[SCP03_KEY_MAX], dek[SCP03_KEY_MAX];
    uint8_t size;
};

/// One session at either end. Secret; scp03_close erases it.
struct scp03 {
    uint8_t enc[SCP03_KEY_MAX], mac[SCP03_KEY_MAX], rmac[SCP03_KEY_MAX];
    uint8_t key_size;
    uint8_t mac_size; // octets of challenges, cryptograms and MACs: 8 or 16
    uint8_t i;
    uint8_t level; // 0 until authenticated
    uint8_t chaining[AES_BLOCK_SIZE];
    uint32_t counter; // of C-ENC, 1 for the first command after EXTERNAL AUTHENTICATE
    uint8_t host_challenge[SCP03_SIZE_MAX], card_challenge[SCP03_SIZE_MAX];
};

/// Is this combination of bits one that Amendment D allows? R-ENC needs R-MAC and C-ENC; R-MAC
/// needs C-MAC; nothing goes beyond what i announces.
bool scp03_level_is_valid(uint8_t i, uint8_t level);

/// Starts a session: derives S-ENC, S-MAC, S-RMAC from the static keys and both challenges (8 or 16
/// octets each, as i tells). False: bad key size or a failed primitive.
bool scp03_derive(struct scp03 *session, const struct crypto *crypto, const struct scp03_keys *keys,
                  uint8_t i, const uint8_t *host_challenge, const uint8_t *card_challenge);

/// The card's pseudo-random challenge: KDF over the 3-octet sequence counter and the AID of the
/// application that invokes it (6.2.2.1). A counter beyond 3 octets goes in with 4.
bool scp03_card_challenge(const struct crypto *crypto, const struct scp03_keys *keys, uint8_t i,
                          uint32_t sequence, struct bytes aid, uint8_t challenge[SCP03_SIZE_MAX]);

/// Cryptograms of session->mac_size octets.
bool scp03_card_cryptogram(const struct scp03 *session, const struct crypto *crypto,
                           uint8_t cryptogram[SCP03_SIZE_MAX]);
/// The host's cryptogram, as above.
bool scp03_host_cryptogram(const struct scp03 *session, const struct crypto *crypto,
                           uint8_t cryptogram[SCP03_SIZE_MAX]);

/// Host: writes the secured form of plain into buffer and points *wrapped at it. While level is 0
/// only the C-MAC of EXTERNAL AUTHENTICATE is added. False: no room, or a failed primitive.
bool scp03_wrap_command(struct scp03 *session, const struct crypto *crypto,
                        const struct apdu_command *plain, uint8_t *buffer, size_t capacity,
                        struct apdu_command *wrapped);

/// Card: checks and removes the protection in place (data must be writable: it is the card's own
/// command buffer). Returns SW_OK; SW_SM_OBJECT_WRONG for a wrong MAC or padding and
/// SW_SM_OBJECT_MISSING for a missing one: the caller closes the session then.
uint16_t scp03_unwrap_command(struct scp03 *session, const struct crypto *crypto,
                              struct apdu_command *command, uint8_t *data);

/// Card: protects an answer in place and returns its new size. Nothing is added below level R-MAC
/// or for an error status word. 0 with *ok false when capacity is too small.
size_t scp03_wrap_response(const struct scp03 *session, const struct crypto *crypto, uint8_t *data,
                           size_t size, size_t capacity, uint16_t sw, bool *ok);

/// Host: checks and removes an answer's protection in place; *size is updated. False: MAC or
/// padding is wrong, and the session must be closed.
bool scp03_unwrap_response(const struct scp03 *session, const struct crypto *crypto, uint8_t *data,
                           size_t *size, uint16_t sw);

/// First three octets of AES(key, 16 times 01): the key check value of an AES key (B.6).
bool scp03_kcv(const struct crypto *crypto, struct bytes key, uint8_t kcv[3]);

/// Erases the session.
void scp03_close(struct scp03 *session);

#endif
