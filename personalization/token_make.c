// SPDX-License-Identifier: Apache-2.0
// Keys born in a token: sensitive, never extractable.
#include "personalization/token_private.h"

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
    return rv == CKR_OK || fail(failure, EXIT_REFUSED, "%s: the token draws no AES key: %s",
                                token->name, p11_kit_strerror(rv));
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
                           FLAG(CKA_SIGN, yes),      name};
    CK_RV rv = token->module->C_GenerateKeyPair(
        token->session, &mechanism, seen, sizeof seen / sizeof seen[0], kept,
        sizeof kept / sizeof kept[0], &public_half, &private_half);
    return rv == CKR_OK || fail(failure, EXIT_REFUSED, "%s: the token draws no P-256 key: %s",
                                token->name, p11_kit_strerror(rv));
}
