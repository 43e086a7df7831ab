// SPDX-License-Identifier: Apache-2.0
// A token behind PKCS#11 (OASIS PKCS #11 2.40), named by an RFC 7512 URI: module-path or the
// system's modules, token, object, pin-value or pin-source. One session is open at a time. Keys are
// used where they are; nothing secret is ever read out.
#ifndef PERSONALIZATION_TOKEN_H
#define PERSONALIZATION_TOKEN_H

#include "apdu/signer.h"
#include "services/wire/failure.h"

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
void token_close(struct token *token);

/// The URI as it may be kept in a file: pin-value is refused, a relative pin-source becomes
/// absolute.
bool token_uri_keep(const char *uri, char *out, size_t capacity, struct failure *failure);

/// Handles of objects by label within the open token.
typedef unsigned long token_key;

/// The AES key that the URI's object names (or label, where not NULL).
bool token_find_aes(struct token *token, const char *label, token_key *key, uint8_t *size,
                    struct failure *failure);
/// Draws an AES key that can never leave the token.
bool token_make_aes(struct token *token, const char *label, uint8_t size, struct failure *failure);
bool token_cmac(struct token *token, token_key key, struct bytes message,
                uint8_t mac[AES_BLOCK_SIZE]);
bool token_block(struct token *token, token_key key, const uint8_t in[AES_BLOCK_SIZE],
                 uint8_t out[AES_BLOCK_SIZE]);

/// Draws a P-256 key pair that can never leave the token, and asks the token whether it sees it so
/// too; finds one, which must be the only one of its label; destroys one.
bool token_make_p256(struct token *token, const char *label, struct failure *failure);
bool token_has_p256(struct token *token, const char *label);
void token_destroy_p256(struct token *token, const char *label);
/// The URI's object; NULL when it names none. And the URI without any PIN.
const char *token_object(const struct token *token);
const char *token_name(const struct token *token);
bool token_find_p256(struct token *token, const char *label, token_key *key,
                     uint8_t point[P256_COMPRESSED_SIZE], struct failure *failure);

/// Signer over a key of the token; the context must stay where it is and outlive the signer.
struct token_signer {
    struct token *token;
    const struct crypto *crypto; // for the digest
    token_key key;
};
void signer_from_token(struct signer *signer, struct token_signer *context,
                       const uint8_t point[P256_COMPRESSED_SIZE]);

#endif
