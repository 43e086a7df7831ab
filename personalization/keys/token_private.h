// SPDX-License-Identifier: Apache-2.0
// What the files of the token share; nobody else includes it.
#ifndef PERSONALIZATION_KEYS_TOKEN_PRIVATE_H
#define PERSONALIZATION_KEYS_TOKEN_PRIVATE_H

#include "base/bytes.h"
#include "base/failure.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

struct token_pin; // token.h

struct token {
    P11KitUri *uri;
    CK_FUNCTION_LIST_PTR module;
    CK_SESSION_HANDLE session;
    bool open;
    char name[256]; // the URI without its PIN
    char label[64]; // of the URI's object; empty: none
};

/// Logs in as user with the PIN of the URI or of pin (token_login.c).
bool token_log_in(struct token *token, CK_SLOT_ID slot, const struct token_pin *pin,
                  struct failure *failure);

/// Objects of this class and type with this label: how many, two at most, and which.
size_t token_find(struct token *token, CK_OBJECT_CLASS kind, CK_KEY_TYPE type, const char *label,
                  CK_OBJECT_HANDLE found[2]);

/// The label given, else the URI's object; NULL when neither is there.
const char *token_label(const struct token *token, const char *label);

// PKCS#11 takes pointers without const where it only reads.
static inline void *token_text(const char *text) {
    union {
        const char *seen;
        void *taken;
    } pointer = {text};
    return pointer.taken;
}
static inline CK_BYTE_PTR token_octets(struct bytes octets) {
    union {
        const uint8_t *seen;
        CK_BYTE_PTR taken;
    } pointer = {octets.data};
    return pointer.taken;
}

#endif
