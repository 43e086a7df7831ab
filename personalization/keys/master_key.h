// SPDX-License-Identifier: Apache-2.0
// The issuer's master key and what it makes: the static keys of one card, derived from the card's
// diversification data. The key itself may be in a sealed file or in a token behind PKCS#11; users
// ask only for two primitives under it, so that it never has to leave its token.
#ifndef PERSONALIZATION_KEYS_MASTER_KEY_H
#define PERSONALIZATION_KEYS_MASTER_KEY_H

#include "apdu/crypto/scp03.h"
#include "base/failure.h"
#include "personalization/keys/token.h"

/// How card keys follow from the master key and the card's ten octets of diversification data. The
/// names are those that other personalization tools use; visa2 and emv, laid down for 3DES, have
/// the names visa2-aes and emv-aes for the form that they take here.
enum derivation_method {
    DERIVE_NONE,  // every card has the master key itself
    DERIVE_KDF3,  // SP 800-108 counter mode over CMAC
    DERIVE_VISA2, // one AES block of octets 0, 1, 4..7 of the data, F0 or 0F and the key's number
    DERIVE_EMV,   // likewise of octets 4..9
    DERIVE_SP800, // SP 800-108 as SCP03 itself fills it in (Amendment D 4.1.5): label, length, data
    DERIVATION_METHOD_COUNT,
};

struct master_key {
    /// AES-CMAC and one AES block (ECB) under the master key. False: token gone.
    bool (*cmac)(const struct master_key *key, struct bytes message, uint8_t mac[AES_BLOCK_SIZE]);
    bool (*block)(const struct master_key *key, const uint8_t in[AES_BLOCK_SIZE],
                  uint8_t out[AES_BLOCK_SIZE]);
    /// Copies the key out; NULL: it cannot leave its token.
    bool (*export)(const struct master_key *key, uint8_t out[SCP03_KEY_MAX]);
    void (*close)(struct master_key *key);
    void *context;
    uint8_t size; // octets: 16, 24 or 32; card keys get the same length
    enum derivation_method method;
    uint8_t version; // under which the cards hold their keys
    char name[256];  // what the user wrote, without secrets: for messages and reports
};

/// Keys of the card with this diversification data. Erase them after use.
bool master_key_derive(const struct master_key *key,
                       const uint8_t diversification[SCP03_DIVERSIFICATION_SIZE],
                       struct scp03_keys *keys, struct failure *failure);

/// Number of the management key of a card's identity (its key reference in PIV).
enum { MASTER_KEY_PIV_NUMBER = 0x9B };

/// One further key of that card, key->size octets: numbers above 3 are free for other applications.
bool master_key_derive_one(const struct master_key *key,
                           const uint8_t diversification[SCP03_DIVERSIFICATION_SIZE],
                           uint8_t number, uint8_t out[SCP03_KEY_MAX], struct failure *failure);

/// Check value of the master key: first three octets of the block of sixteen times 01.
bool master_key_kcv(const struct master_key *key, uint8_t kcv[3]);

/// What opens keys: the passphrase of a sealed file (NULL: none), the user PIN of a token.
struct key_access {
    const char *passphrase;
    struct token_pin pin;
};

/// Opens FILE or pkcs11:URI. access may be NULL.
bool master_key_open(struct master_key *key, const char *source, const struct crypto *crypto,
                     const struct key_access *access, struct failure *failure);

/// Generates a new master key into a file of mode 0600, sealed under the passphrase if there is
/// one.
bool master_key_create(const char *path, const struct crypto *crypto, uint8_t size,
                       enum derivation_method method, uint8_t version, const char *passphrase,
                       struct failure *failure);

/// Erases a key in memory, or closes its token; a key that was never opened is nothing.
void master_key_close(struct master_key *key);

/// "kdf3" and so on; false for an unknown word.
bool derivation_from_name(const char *name, enum derivation_method *method);
/// What is wrong with a word that is none of these, as the end of a sentence.
const char *derivation_mistake(const char *name);
/// The method as profiles write it.
const char *derivation_name(enum derivation_method method);

/// master_key_open for the two kinds (master_key_file.c, master_key_token.c).
bool master_key_open_file(struct master_key *key, const char *path, const struct crypto *crypto,
                          const char *passphrase, struct failure *failure);
/// The same for a token.
bool master_key_open_token(struct master_key *key, const char *uri, const struct token_pin *pin,
                           struct failure *failure);

#endif
