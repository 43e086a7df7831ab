// SPDX-License-Identifier: Apache-2.0
// Keys born in a token: sensitive, never extractable.
#include "personalization/keys/token.h"
#include "personalization/keys/token_private.h"

#include <string.h>

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
#define FLAG(kind, value)                                                                          \
    { (kind), &(value), sizeof(value) }

bool token_make_aes(struct token *token, const char *label, uint8_t size, struct failure *failure) {
    CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    CK_ULONG length = size;
    CK_OBJECT_HANDLE made = 0;
    label = token_label(token, label);
    if (label == NULL)
        return fail(failure, EXIT_USAGE, "%s names no object", token->name);
    CK_ATTRIBUTE wanted[] = {
        FLAG(CKA_VALUE_LEN, length), FLAG(CKA_TOKEN, yes),
        FLAG(CKA_PRIVATE, yes),      FLAG(CKA_SENSITIVE, yes),
        FLAG(CKA_EXTRACTABLE, no),   FLAG(CKA_SIGN, yes),
        FLAG(CKA_ENCRYPT, yes),      {CKA_LABEL, token_text(label), strlen(label)}};
    CK_RV rv = token->module->C_GenerateKey(token->session, &mechanism, wanted,
                                            sizeof wanted / sizeof wanted[0], &made);
    return rv == CKR_OK || fail(failure, EXIT_REFUSED, "%s: the token generates no AES key: %s",
                                token->name, p11_kit_strerror(rv));
}

static bool has_flag(struct token *token, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type,
                     CK_BBOOL wanted) {
    CK_BBOOL value = !wanted;
    CK_ATTRIBUTE attribute = {type, &value, sizeof value};
    return token->module->C_GetAttributeValue(token->session, key, &attribute, 1) == CKR_OK &&
           (value != CK_FALSE) == (wanted != CK_FALSE);
}

/// A token may take the wish and do otherwise; what it says of the finished key counts.
static bool is_kept(struct token *token, CK_OBJECT_HANDLE key, const char *label,
                    struct failure *failure) {
    static const struct {
        CK_ATTRIBUTE_TYPE type;
        CK_BBOOL wanted;
    } flags[] = {{CKA_SENSITIVE, CK_TRUE},
                 {CKA_EXTRACTABLE, CK_FALSE},
                 {CKA_ALWAYS_SENSITIVE, CK_TRUE},
                 {CKA_NEVER_EXTRACTABLE, CK_TRUE}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (!has_flag(token, key, flags[i].type, flags[i].wanted))
            return fail(failure, EXIT_REFUSED,
                        "%s: the token does not keep the key '%s' for itself (it is not sensitive, "
                        "or extractable)",
                        token->name, label);
    return true;
}

bool token_make_p256(struct token *token, const char *label, struct failure *failure) {
    static CK_BYTE curve[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
    CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
    CK_OBJECT_HANDLE public_half = 0, private_half = 0;
    label = token_label(token, label);
    if (label == NULL)
        return fail(failure, EXIT_USAGE, "%s names no object", token->name);
    CK_ATTRIBUTE name = {CKA_LABEL, token_text(label), strlen(label)};
    CK_ATTRIBUTE seen[] = {FLAG(CKA_EC_PARAMS, curve), FLAG(CKA_TOKEN, yes), FLAG(CKA_VERIFY, yes),
                           name};
    CK_ATTRIBUTE kept[] = {FLAG(CKA_TOKEN, yes),     FLAG(CKA_PRIVATE, yes),
                           FLAG(CKA_SENSITIVE, yes), FLAG(CKA_EXTRACTABLE, no),
                           FLAG(CKA_SIGN, yes),      FLAG(CKA_DECRYPT, no),
                           FLAG(CKA_UNWRAP, no),     name};
    CK_RV rv = token->module->C_GenerateKeyPair(
        token->session, &mechanism, seen, sizeof seen / sizeof seen[0], kept,
        sizeof kept / sizeof kept[0], &public_half, &private_half);
    if (rv != CKR_OK)
        return fail(failure, EXIT_REFUSED, "%s: the token generates no P-256 key: %s", token->name,
                    p11_kit_strerror(rv));
    return is_kept(token, private_half, label, failure);
}

bool token_has_p256(struct token *token, const char *label) {
    CK_OBJECT_HANDLE found[2];
    return token_find(token, CKO_PRIVATE_KEY, CKK_EC, label, found) > 0 ||
           token_find(token, CKO_PUBLIC_KEY, CKK_EC, label, found) > 0;
}

void token_destroy_p256(struct token *token, const char *label) {
    static const CK_OBJECT_CLASS halves[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY};
    for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
        CK_OBJECT_HANDLE found[2];
        if (token_find(token, halves[i], CKK_EC, label, found) == 1)
            token->module->C_DestroyObject(token->session, found[0]);
    }
}
