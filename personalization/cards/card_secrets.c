// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/card_secrets.h"

#include "personalization/cards/card_data.h"

#include <stdio.h>
#include <string.h>

bool card_secrets_check(const struct card_secrets *given, struct failure *failure) {
    const struct {
        const char *name, *value;
        size_t least, most;
    } rows[] = {{"pin", given->pin, 4, 12},
                {"puk", given->puk, 4, 12},
                {"piv-pin", given->piv_pin, 6, 8},
                {"piv-puk", given->piv_puk, 8, 8}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t size = strlen(rows[i].value);
        if (size > 0 && (size < rows[i].least || size > rows[i].most ||
                         strspn(rows[i].value, "0123456789") != size))
            return fail(failure, EXIT_USAGE, "--%s-fd: what it gives is not %zu to %zu digits",
                        rows[i].name, rows[i].least, rows[i].most);
    }
    return true;
}

static void write_letter(struct card_secrets *secrets, const char *what, const char *secret) {
    size_t used = strlen(secrets->letter);
    snprintf(secrets->letter + used, sizeof secrets->letter - used, "%s: %s (shown only once)\n",
             what, secret);
}

/// Uses the given secret, else borrows another that fits, else draws one and writes it into the
/// letter; given ones are not repeated.
static bool settle(struct card_secrets *secrets, const char *id, char *secret, const char *borrow,
                   size_t least, size_t most, const char *what, const struct crypto *crypto) {
    char title[64];
    size_t borrowed = borrow != NULL ? strlen(borrow) : 0;
    if (secret[0] != '\0')
        return true;
    if (borrowed >= least && borrowed <= most) {
        memcpy(secret, borrow, borrowed + 1);
        return true;
    }
    if (!draw_digits(crypto, secret, least))
        return false;
    snprintf(title, sizeof title, "%s of %s", what, id);
    write_letter(secrets, title, secret);
    return true;
}

const char *const management_words[] = {"aes256", "aes192", "aes128", "3des", NULL};

static bool settle_management_key(struct card_secrets *secrets, const char *id,
                                  struct piv_order *identity, const struct crypto *crypto) {
    static const struct {
        const char *name;
        uint8_t algorithm;
        size_t size;
    } kinds[] = {
        {"AES-256", 0x0C, 32}, {"AES-192", 0x0A, 24}, {"AES-128", 0x08, 16}, {"3DES", 0x03, 24}};
    char title[64], digits[2 * sizeof identity->management_key + 1];
    size_t kind = (size_t)secrets->management, size = kinds[kind].size;
    identity->management_size = size;
    identity->management_algorithm = kinds[kind].algorithm;
    if (!crypto->ops->random(crypto, identity->management_key, size))
        return false;
    snprintf(title, sizeof title, "PIV management key of %s (%s)", id, kinds[kind].name);
    for (size_t i = 0; i < size; i++)
        snprintf(digits + 2 * i, 3, "%02x", identity->management_key[i]);
    write_letter(secrets, title, digits);
    bytes_erase(digits, sizeof digits);
    return true;
}

bool card_secrets_settle(struct card_secrets *secrets, const char *id, struct piv_order *identity,
                         const struct crypto *crypto, struct failure *failure) {
    identity->pin = secrets->piv_pin;
    identity->puk = secrets->piv_puk;
    return (settle(secrets, id, secrets->pin, NULL, 6, 6, "PIN", crypto) &&
            settle(secrets, id, secrets->puk, NULL, 8, 8, "PUK", crypto) &&
            settle(secrets, id, secrets->piv_pin, secrets->pin, 6, 8, "PIV PIN", crypto) &&
            settle(secrets, id, secrets->piv_puk, secrets->puk, 8, 8, "PIV PUK", crypto) &&
            settle_management_key(secrets, id, identity, crypto)) ||
           fail(failure, EXIT_REFUSED, "cannot generate a PIN");
}
