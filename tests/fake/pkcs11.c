// SPDX-License-Identifier: Apache-2.0
// A PKCS#11 module over SoftHSM that counts wrong user PINs and tells so, as hardware tokens do and
// SoftHSM does not. TESSERA_FAKE_TRIES names the file with the number of tries left; every login
// is recorded in that file's name with ".log" behind it.
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list);

static CK_FUNCTION_LIST_PTR inner;
static CK_FUNCTION_LIST outer;

enum { TRIES = 3 };

static int tries(void) {
    int left = TRIES;
    FILE *file = fopen(getenv("TESSERA_FAKE_TRIES"), "r");
    if (file != NULL && fscanf(file, "%d", &left) != 1)
        left = 0;
    if (file != NULL)
        fclose(file);
    return left;
}

static void put(const char *suffix, const char *mode, int number) {
    char path[4096];
    snprintf(path, sizeof path, "%s%s", getenv("TESSERA_FAKE_TRIES"), suffix);
    FILE *file = fopen(path, mode);
    if (file != NULL) {
        fprintf(file, "%d\n", number);
        fclose(file);
    }
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info) {
    CK_RV rv = inner->C_GetTokenInfo(slot, info);
    int left = tries();
    info->flags &=
        ~(CK_FLAGS)(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED);
    if (left < TRIES)
        info->flags |= CKF_USER_PIN_COUNT_LOW;
    if (left == 1)
        info->flags |= CKF_USER_PIN_FINAL_TRY;
    if (left == 0)
        info->flags |= CKF_USER_PIN_LOCKED;
    return rv;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin,
                   CK_ULONG size) {
    int left = tries();
    put(".log", "a", left);
    if (left == 0)
        return CKR_PIN_LOCKED;
    CK_RV rv = inner->C_Login(session, user, pin, size);
    put("", "w", rv == CKR_OK ? TRIES : left - 1);
    return rv;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
    void *module = dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = NULL;
    if (module != NULL)
        *(void **)&get = dlsym(module, "C_GetFunctionList");
    if (get == NULL || get(&inner) != CKR_OK)
        return CKR_GENERAL_ERROR;
    memcpy(&outer, inner, sizeof outer);
    outer.C_GetFunctionList = C_GetFunctionList;
    outer.C_GetTokenInfo = get_token_info;
    outer.C_Login = login;
    *list = &outer;
    return CKR_OK;
}
