// SPDX-License-Identifier: Apache-2.0
// A token behind PKCS#11 (OASIS PKCS #11 2.40), named by an RFC 7512 URI: module-path or the
// system's modules, token, object, pin-value or pin-source. One session is open at a time. Keys are
// used where they are; nothing secret is ever read out.
#ifndef PERSONALIZATION_KEYS_TOKEN_H
#define PERSONALIZATION_KEYS_TOKEN_H

#include "apdu/crypto/signer.h"
#include "base/failure.h"

struct token;

/// Who knows the user PIN when the URI has neither pin-source nor pin-value: given (NULL: nobody
/// gave one), else whoever sits at the terminal, where ask.
struct token_pin {
    const char *given;
    bool ask;
};

/// Loads the module, finds the token, logs in. The failure names what is missing: module, token,
/// right PIN, key. NULL then. A wrong PIN is tried once; the failure tells what the token says of
/// the tries left, and the last one is never spent on a PIN that nobody typed. pin may be NULL.
struct token *token_open(const char *uri, const struct token_pin *pin, struct failure *failure);
/// Logs out and closes; NULL is nothing.
void token_close(struct token *token);

/// The URI as it may be kept in a file: pin-value is refused, a relative pin-source becomes
/// absolute.
bool token_uri_keep(const char *uri, char *out, size_t capacity, struct failure *failure);

/// Handles of objects by label within the open token.
typedef unsigned long token_key;

/// The AES key that the URI's object names (or label, where not NULL).
bool token_find_aes(struct token *token, const char *label, token_key *key, uint8_t *size,
                    struct failure *failure);
/// Generates an AES key that can never leave the token.
bool token_make_aes(struct token *token, const char *label, uint8_t size, struct failure *failure);
/// AES-CMAC under a key of the token (NIST SP 800-38B). False: the token refused.
bool token_cmac(struct token *token, token_key key, struct bytes message,
                uint8_t mac[AES_BLOCK_SIZE]);
/// One AES block, enciphered under a key of the token. False: the token refused.
bool token_block(struct token *token, token_key key, const uint8_t in[AES_BLOCK_SIZE],
                 uint8_t out[AES_BLOCK_SIZE]);

/// Generates a P-256 key pair that can never leave the token, and asks the token whether it sees it
/// so too.
bool token_make_p256(struct token *token, const char *label, struct failure *failure);
/// Has the token a private or a public P-256 key of that label?
bool token_has_p256(struct token *token, const char *label);
/// Destroys both keys of that label, each where it is the only one of it.
void token_destroy_p256(struct token *token, const char *label);
/// The label of the URI's object; NULL when it names none.
const char *token_object(const struct token *token);
/// The URI without any PIN, for messages.
const char *token_name(const struct token *token);
/// The private key that the URI's object names (or label, where not NULL), and its public point.
bool token_find_p256(struct token *token, const char *label, token_key *key,
                     uint8_t point[P256_COMPRESSED_SIZE], struct failure *failure);

/// Signer over a key of the token; the context must stay where it is and outlive the signer.
struct token_signer {
    struct token *token;
    const struct crypto *crypto; // for the digest
    token_key key;
};
/// The signer; point is the key's public one and is copied.
void signer_from_token(struct signer *signer, struct token_signer *context,
                       const uint8_t point[P256_COMPRESSED_SIZE]);

#endif
