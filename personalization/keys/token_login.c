// SPDX-License-Identifier: Apache-2.0
// The user PIN of a token: from the URI's pin-source, from the caller, or typed at the terminal. It
// is tried once, erased behind the login and never printed.
#include "personalization/keys/token.h"
#include "personalization/keys/token_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIN_MAX = 128 };

// ---- where the PIN is --------------------------------------------------------------------------

/// First line of a file.
static bool read_source(const struct token *token, const char *source, char pin[PIN_MAX],
                        struct failure *failure) {
    if (strncmp(source, "file:", 5) == 0)
        source += 5;
    int file = open(source, O_RDONLY | O_CLOEXEC);
    ssize_t size = file >= 0 ? read(file, pin, PIN_MAX - 1) : -1;
    int error = errno;
    if (file >= 0)
        close(file);
    if (size < 0) {
        errno = error;
        return fail_errno(failure, "%s: cannot read the PIN file %s", token->name, source);
    }
    pin[size] = '\0';
    pin[strcspn(pin, "\r\n")] = '\0';
    return pin[0] != '\0' ||
           fail(failure, EXIT_USAGE, "%s: no PIN in the first line of %s", token->name, source);
}

static bool ask(const struct token *token, char pin[PIN_MAX], struct failure *failure) {
    char prompt[64 + sizeof token->name];
    snprintf(prompt, sizeof prompt, "User PIN of %s: ", token->name);
    return (EVP_read_pw_string_min(pin, 1, PIN_MAX - 1, prompt, 0) == 0 && pin[0] != '\0') ||
           fail(failure, EXIT_LOCKED, "%s: no user PIN was typed", token->name);
}

static bool has_terminal(void) {
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal >= 0)
        close(terminal);
    return terminal >= 0;
}

static bool get_pin(const struct token *token, const struct token_pin *from, char pin[PIN_MAX],
                    bool *typed, struct failure *failure) {
    const char *value = p11_kit_uri_get_pin_value(token->uri);
    const char *source = p11_kit_uri_get_pin_source(token->uri);
    *typed = false;
    if (value == NULL && source == NULL && from != NULL)
        value = from->given;
    if (value != NULL)
        return snprintf(pin, PIN_MAX, "%s", value) < PIN_MAX ||
               fail(failure, EXIT_USAGE, "%s: the user PIN is too long", token->name);
    if (source != NULL)
        return read_source(token, source, pin, failure);
    *typed = from != NULL && from->ask && has_terminal();
    if (*typed)
        return ask(token, pin, failure);
    return fail(failure, EXIT_LOCKED,
                "%s: no user PIN: add ?pin-source=FILE to the URI, or hand it over by "
                "--token-pin-fd",
                token->name);
}

// ---- logging in --------------------------------------------------------------------------------

static CK_FLAGS flags_of(const struct token *token, CK_SLOT_ID slot) {
    CK_TOKEN_INFO info;
    return token->module->C_GetTokenInfo(slot, &info) == CKR_OK ? info.flags : 0;
}

/// What a token tells of the tries that are left (PKCS #11, flags of CK_TOKEN_INFO).
static const char *tries_left(CK_FLAGS flags) {
    if ((flags & CKF_USER_PIN_LOCKED) != 0)
        return "; the PIN is blocked now, its security officer unblocks it";
    if ((flags & CKF_USER_PIN_FINAL_TRY) != 0)
        return "; one try is left";
    if ((flags & CKF_USER_PIN_COUNT_LOW) != 0)
        return "; the token has counted wrong PINs, few tries are left";
    return "; the token does not report how many tries are left";
}

static bool judge(const struct token *token, CK_RV rv, CK_FLAGS flags, struct failure *failure) {
    if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
        return true;
    if (rv == CKR_PIN_LOCKED)
        return fail(failure, EXIT_LOCKED, "%s: the token's user PIN is blocked", token->name);
    if (rv == CKR_USER_PIN_NOT_INITIALIZED)
        return fail(failure, EXIT_LOCKED, "%s: the token has no user PIN yet", token->name);
    if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE)
        return fail(failure, EXIT_LOCKED, "%s: the token refuses the user PIN%s", token->name,
                    tries_left(flags));
    return fail(failure, EXIT_LOCKED, "%s: the token lets nobody in: %s", token->name,
                p11_kit_strerror(rv));
}

/// Another session of this program may have logged in: to a token with two of our keys.
static bool is_logged_in(const struct token *token) {
    CK_SESSION_INFO info;
    return token->module->C_GetSessionInfo(token->session, &info) == CKR_OK &&
           info.state == CKS_RW_USER_FUNCTIONS;
}

bool token_log_in(struct token *token, CK_SLOT_ID slot, const struct token_pin *from,
                  struct failure *failure) {
    char pin[PIN_MAX] = "";
    bool typed = false;
    if (is_logged_in(token))
        return true;
    if (!get_pin(token, from, pin, &typed, failure)) {
        bytes_erase(pin, sizeof pin);
        return false;
    }
    bool done =
        typed || (flags_of(token, slot) & CKF_USER_PIN_FINAL_TRY) == 0 ||
        fail(failure, EXIT_LOCKED,
             "%s: one try of the user PIN is left, and a PIN that nobody types does not get "
             "it; leave pin-source out and type the PIN",
             token->name);
    if (done) {
        CK_RV rv =
            token->module->C_Login(token->session, CKU_USER, (CK_UTF8CHAR_PTR)pin, strlen(pin));
        done = judge(token, rv, flags_of(token, slot), failure);
    }
    bytes_erase(pin, sizeof pin);
    return done;
}

// ---- URIs in files -----------------------------------------------------------------------------

/// Unreserved characters and slashes stay, the rest is percent-encoded (RFC 3986 2.1).
static size_t encode(const char *path, char *out, size_t capacity) {
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    size_t used = 0;
    for (; *path != '\0' && used + 4 < capacity; path++) {
        if (strchr(plain, *path) != NULL)
            out[used++] = *path;
        else
            used += (size_t)snprintf(out + used, 4, "%%%02X", (unsigned char)*path);
    }
    out[used] = '\0';
    return used;
}

static bool absolute(const char *uri, const char *source, char *out, size_t capacity,
                     struct failure *failure) {
    char path[PATH_MAX], encoded[3 * PATH_MAX];
    const char *at = strstr(uri, "pin-source=") + strlen("pin-source=");
    if (strncmp(source, "file:", 5) == 0)
        source += 5;
    if (realpath(source, path) == NULL)
        return fail_errno(failure, "cannot find the PIN file %s", source);
    encode(path, encoded, sizeof encoded);
    int size =
        snprintf(out, capacity, "%.*s%s%s", (int)(at - uri), uri, encoded, at + strcspn(at, "&;"));
    return (size > 0 && (size_t)size < capacity) ||
           fail(failure, EXIT_USAGE, "the PKCS#11 URI is too long");
}

bool token_uri_keep(const char *uri, char *out, size_t capacity, struct failure *failure) {
    P11KitUri *parsed = p11_kit_uri_new();
    bool done = parsed != NULL && p11_kit_uri_parse(uri, P11_KIT_URI_FOR_ANY, parsed) == 0;
    const char *source = done ? p11_kit_uri_get_pin_source(parsed) : NULL;
    if (!done)
        fail(failure, EXIT_USAGE, "--keys is no PKCS#11 URI (RFC 7512)");
    else if (p11_kit_uri_get_pin_value(parsed) != NULL)
        done = fail(failure, EXIT_USAGE,
                    "no PIN is kept in a file or seen in arguments: use pin-source=FILE instead of "
                    "pin-value= in --keys");
    else if (source != NULL && strstr(uri, "pin-source=") != NULL)
        done = absolute(uri, source, out, capacity, failure);
    else
        done = snprintf(out, capacity, "%s", uri) < (int)capacity ||
               fail(failure, EXIT_USAGE, "the PKCS#11 URI is too long");
    p11_kit_uri_free(parsed);
    return done;
}
