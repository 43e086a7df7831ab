// SPDX-License-Identifier: Apache-2.0
// Opening tokens and using their keys. Logging in stands in token_login.c, making keys in
// token_make.c.
#include "personalization/keys/token.h"

#include "apdu/crypto/ecdsa_form.h"
#include "personalization/keys/token_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- opening -----------------------------------------------------------------------------------

static bool load_module(struct token *token, struct failure *failure) {
    const char *path = p11_kit_uri_get_module_path(token->uri);
    if (path == NULL)
        path = getenv("TESSERA_PKCS11_MODULE");
    if (path == NULL)
        return fail(failure, EXIT_USAGE,
                    "%s names no module: add ?module-path=/path/to/module.so, or set "
                    "TESSERA_PKCS11_MODULE",
                    token->name);
    token->module = p11_kit_module_load(path, 0);
    if (token->module == NULL)
        return fail(failure, EXIT_ABSENT, "cannot load the PKCS#11 module %s: %s", path,
                    p11_kit_message() != NULL ? p11_kit_message() : "no such file");
    if (p11_kit_module_initialize(token->module) == CKR_OK)
        return true;
    p11_kit_module_release(token->module);
    token->module = NULL;
    return fail(failure, EXIT_ABSENT, "the PKCS#11 module %s does not start", path);
}

static bool find_slot(struct token *token, CK_SLOT_ID *slot, struct failure *failure) {
    enum { SLOTS_MAX = 64 };
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    if (token->module->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
        count = 0;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        if (token->module->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
            !p11_kit_uri_match_token_info(token->uri, &info) ||
            (info.flags & CKF_TOKEN_INITIALIZED) == 0)
            continue;
        *slot = slots[i];
        return true;
    }
    return fail(failure, EXIT_ABSENT,
                "%s: no such token among the %lu that the module shows; see 'pkcs11-tool -L'",
                token->name, count);
}

/// The URI without the PIN it may carry: for messages.
static void name_token(struct token *token, const char *uri) {
    const char *secret = strstr(uri, "pin-value=");
    int size = secret != NULL ? (int)(secret - uri) : (int)strlen(uri);
    snprintf(token->name, sizeof token->name, "%.*s%s", size, uri,
             secret != NULL ? "pin-value=..." : "");
}

static bool open_session(struct token *token, const struct token_pin *pin,
                         struct failure *failure) {
    CK_SLOT_ID slot = 0;
    if (!find_slot(token, &slot, failure))
        return false;
    if (token->module->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                     &token->session) != CKR_OK)
        return fail(failure, EXIT_ABSENT, "%s: the token opens no session", token->name);
    token->open = true;
    return token_log_in(token, slot, pin, failure);
}

/// Keeps the object's name of the URI, if it has one.
static void keep_label(struct token *token) {
    const CK_ATTRIBUTE *attribute = p11_kit_uri_get_attribute(token->uri, CKA_LABEL);
    if (attribute == NULL || attribute->ulValueLen >= sizeof token->label)
        return;
    memcpy(token->label, attribute->pValue, attribute->ulValueLen);
}

struct token *token_open(const char *uri, const struct token_pin *pin, struct failure *failure) {
    struct token *token = calloc(1, sizeof *token);
    if (token == NULL || (token->uri = p11_kit_uri_new()) == NULL) {
        free(token);
        fail(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    name_token(token, uri);
    bool done = p11_kit_uri_parse(uri, P11_KIT_URI_FOR_ANY, token->uri) == P11_KIT_URI_OK ||
                fail(failure, EXIT_USAGE, "%s is no PKCS#11 URI (RFC 7512)", token->name);
    if (done)
        keep_label(token);
    if (done && load_module(token, failure) && open_session(token, pin, failure))
        return token;
    token_close(token);
    return NULL;
}

void token_close(struct token *token) {
    if (token == NULL)
        return;
    if (token->module != NULL) {
        if (token->open)
            token->module->C_CloseSession(token->session);
        p11_kit_module_finalize(token->module);
        p11_kit_module_release(token->module);
    }
    p11_kit_uri_free(token->uri);
    free(token);
}

const char *token_label(const struct token *token, const char *label) {
    if (label != NULL)
        return label;
    return token->label[0] != '\0' ? token->label : NULL;
}

// ---- finding -----------------------------------------------------------------------------------

size_t token_find(struct token *token, CK_OBJECT_CLASS kind, CK_KEY_TYPE type, const char *label,
                  CK_OBJECT_HANDLE found[2]) {
    CK_ULONG count = 0;
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &kind, sizeof kind},
                             {CKA_KEY_TYPE, &type, sizeof type},
                             {CKA_LABEL, token_text(label), strlen(label)}};
    if (token->module->C_FindObjectsInit(token->session, wanted, 3) != CKR_OK)
        return 0;
    if (token->module->C_FindObjects(token->session, found, 2, &count) != CKR_OK)
        count = 0;
    token->module->C_FindObjectsFinal(token->session);
    return count;
}

/// The one key of this label. The failure says whether there is none or more than one.
static bool find_one(struct token *token, CK_OBJECT_CLASS kind, CK_KEY_TYPE type, const char *label,
                     token_key *key, struct failure *failure) {
    CK_OBJECT_HANDLE found[2] = {0};
    const char *what = type == CKK_AES ? "AES key" : "P-256 key pair";
    if (label == NULL)
        return fail(failure, EXIT_USAGE, "%s: the URI names no %s: add ;object=LABEL", token->name,
                    what);
    size_t count = token_find(token, kind, type, label, found);
    *key = found[0];
    if (count == 1)
        return true;
    if (count == 0)
        return fail(failure, EXIT_ABSENT, "%s: the token has no %s '%s'", token->name, what, label);
    return fail(failure, EXIT_REFUSED, "%s: the token has more than one %s '%s'", token->name, what,
                label);
}

bool token_find_aes(struct token *token, const char *label, token_key *key, uint8_t *size,
                    struct failure *failure) {
    CK_ULONG length = 0;
    CK_ATTRIBUTE attribute = {CKA_VALUE_LEN, &length, sizeof length};
    label = token_label(token, label);
    if (!find_one(token, CKO_SECRET_KEY, CKK_AES, label, key, failure))
        return false;
    if (token->module->C_GetAttributeValue(token->session, *key, &attribute, 1) != CKR_OK)
        return fail(failure, EXIT_ABSENT, "%s: the token does not report the key's length",
                    token->name);
    *size = (uint8_t)length;
    return true;
}

/// CKA_EC_POINT is an OCTET STRING around the uncompressed point.
static bool read_point(struct token *token, token_key public, uint8_t out[P256_COMPRESSED_SIZE]) {
    uint8_t value[P256_POINT_SIZE + 2];
    CK_ATTRIBUTE attribute = {CKA_EC_POINT, value, sizeof value};
    if (token->module->C_GetAttributeValue(token->session, public, &attribute, 1) != CKR_OK ||
        attribute.ulValueLen != sizeof value || value[2] != 0x04)
        return false;
    out[0] = 0x02 | (value[sizeof value - 1] & 1);
    memcpy(out + 1, value + 3, P256_COMPRESSED_SIZE - 1);
    return true;
}

bool token_find_p256(struct token *token, const char *label, token_key *key,
                     uint8_t point[P256_COMPRESSED_SIZE], struct failure *failure) {
    token_key public = 0;
    label = token_label(token, label);
    if (!find_one(token, CKO_PRIVATE_KEY, CKK_EC, label, key, failure) ||
        !find_one(token, CKO_PUBLIC_KEY, CKK_EC, label, &public, failure))
        return false;
    return read_point(token, public, point) ||
           fail(failure, EXIT_ABSENT, "%s: the key '%s' is not on the curve P-256", token->name,
                label);
}

const char *token_object(const struct token *token) {
    return token->label[0] != '\0' ? token->label : NULL;
}

const char *token_name(const struct token *token) {
    return token->name;
}

// ---- using -------------------------------------------------------------------------------------

static bool sign(struct token *token, CK_MECHANISM_TYPE type, token_key key, struct bytes data,
                 uint8_t *out, CK_ULONG size) {
    CK_MECHANISM mechanism = {type, NULL, 0};
    CK_ULONG written = size;
    return token->module->C_SignInit(token->session, &mechanism, key) == CKR_OK &&
           token->module->C_Sign(token->session, token_octets(data), data.size, out, &written) ==
               CKR_OK &&
           written == size;
}

bool token_cmac(struct token *token, token_key key, struct bytes message,
                uint8_t mac[AES_BLOCK_SIZE]) {
    return sign(token, CKM_AES_CMAC, key, message, mac, AES_BLOCK_SIZE);
}

bool token_block(struct token *token, token_key key, const uint8_t in[AES_BLOCK_SIZE],
                 uint8_t out[AES_BLOCK_SIZE]) {
    CK_MECHANISM mechanism = {CKM_AES_ECB, NULL, 0};
    CK_ULONG written = AES_BLOCK_SIZE;
    return token->module->C_EncryptInit(token->session, &mechanism, key) == CKR_OK &&
           token->module->C_Encrypt(token->session, token_octets(bytes_of(in, AES_BLOCK_SIZE)),
                                    AES_BLOCK_SIZE, out, &written) == CKR_OK &&
           written == AES_BLOCK_SIZE;
}

static bool sign_in_token(const struct signer *signer, struct bytes message,
                          uint8_t signature[ECDSA_SIZE]) {
    const struct token_signer *context = signer->context;
    uint8_t digest[SHA256_SIZE];
    if (!context->crypto->ops->sha256(context->crypto, message, digest) ||
        !sign(context->token, CKM_ECDSA, context->key, BYTES_OF(digest), signature, ECDSA_SIZE))
        return false;
    ecdsa_make_low(signature);
    return true;
}

void signer_from_token(struct signer *signer, struct token_signer *context,
                       const uint8_t point[P256_COMPRESSED_SIZE]) {
    signer->sign = sign_in_token;
    signer->context = context;
    memcpy(signer->point, point, P256_COMPRESSED_SIZE);
}
