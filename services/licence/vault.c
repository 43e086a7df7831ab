// SPDX-License-Identifier: Apache-2.0
// Contents' keys at rest: under a key that is in no database, in a file of the state directory. Who
// has a copy of the database has no key of any content; who loses the file has lost them, too.
#include "services/licence/licence_private.h"

#include "apdu/crypto/binding.h"
#include "apdu/crypto/hkdf.h"
#include "base/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool vault_seal(const struct crypto *crypto, const struct licence_state *state, const char *content,
                struct bytes key, uint8_t out[SEALED_KEY_MAX], size_t *size) {
    *size = GCM_NONCE_SIZE + key.size + GCM_TAG_SIZE;
    return key.size > 0 && key.size <= TICKET_KEY_MAX &&
           crypto->ops->random(crypto, out, GCM_NONCE_SIZE) &&
           crypto->ops->aes_gcm_seal(crypto, BYTES_OF(state->vault), out, bytes_of_string(content),
                                     key, out + GCM_NONCE_SIZE, out + GCM_NONCE_SIZE + key.size);
}

bool vault_open(const struct crypto *crypto, const struct licence_state *state, const char *content,
                struct bytes sealed, uint8_t *key, size_t *size) {
    if (sealed.size <= GCM_NONCE_SIZE + GCM_TAG_SIZE || sealed.size > SEALED_KEY_MAX)
        return false;
    *size = sealed.size - GCM_NONCE_SIZE - GCM_TAG_SIZE;
    return crypto->ops->aes_gcm_open(
        crypto, BYTES_OF(state->vault), sealed.data, bytes_of_string(content),
        bytes_of(sealed.data + GCM_NONCE_SIZE, *size), key, sealed.data + GCM_NONCE_SIZE + *size);
}

/// The pair that contents' keys are sealed for follows from the vault's key.
static bool derive_pair(struct licence_state *state, const struct crypto *crypto) {
    uint8_t material[32];
    struct binding binding;
    binding_begin(&binding, "recipient");
    bool done =
        hkdf(crypto, BYTES_OF(state->vault), bytes_of(NULL, 0), binding_bytes(&binding), material,
             sizeof material) &&
        hpke_derive_key_pair(crypto, BYTES_OF(material), state->kem_scalar, state->kem_point);
    bytes_erase(material, sizeof material);
    return done;
}

/// A vault is made once. Where a database lies already, its keys are in an older one.
static bool make_vault(struct licence_state *state, const char *directory, const char *path,
                       const struct crypto *crypto, struct failure *failure) {
    char database[PATH_MAX];
    if (files_path(database, sizeof database, directory, "db/licence.sqlite") &&
        access(database, F_OK) == 0)
        return fail(failure, EXIT_REFUSED,
                    "%s is missing, and without it no key in %s can be opened: bring it back", path,
                    database);
    return (crypto->ops->random(crypto, state->vault, VAULT_KEY_SIZE) &&
            files_write(path, BYTES_OF(state->vault), FILES_SECRET, FILES_NEW)) ||
           fail_errno(failure, "cannot write %s", path);
}

bool vault_begin(struct licence_state *state, const char *directory, const struct crypto *crypto,
                 struct failure *failure) {
    char *path = state->vault_path;
    struct stat about;
    size_t size = 0;
    if (!files_path(path, sizeof state->vault_path, directory, "vault.key"))
        return fail_errno(failure, "%s", directory);
    if (stat(path, &about) != 0 && errno == ENOENT &&
        !make_vault(state, directory, path, crypto, failure))
        return false;
    if (stat(path, &about) != 0 || (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fail(failure, EXIT_LOCKED, "others may read %s; say chmod 600", path);
    if (!files_read(path, state->vault, VAULT_KEY_SIZE, &size) || size != VAULT_KEY_SIZE)
        return fail(failure, EXIT_REFUSED, "%s is not the 32 octets that it was made with", path);
    return derive_pair(state, crypto) ||
           fail(failure, EXIT_REFUSED, "the key pair cannot be derived");
}

// ---- whose database it is ----------------------------------------------------------------------

enum { CHECK_SIZE = 16 };

struct claim {
    const struct licence_state *state;
    const struct crypto *crypto;
    char check[2 * CHECK_SIZE + 1]; // tells two vaults apart without showing them
    bool foreign;
};

static bool take_check(struct claim *claim) {
    uint8_t check[CHECK_SIZE];
    struct binding binding;
    binding_begin(&binding, "vault");
    if (!hkdf(claim->crypto, BYTES_OF(claim->state->vault), bytes_of(NULL, 0),
              binding_bytes(&binding), check, sizeof check))
        return false;
    for (size_t i = 0; i < sizeof check; i++)
        snprintf(claim->check + 2 * i, 3, "%02x", check[i]);
    return true;
}

/// Of a database that no vault was written into: does the vault open a key that lies there?
static bool opens_sample(const struct claim *claim, struct session *session) {
    struct value row[2] = {0};
    uint8_t key[TICKET_KEY_MAX];
    size_t size = 0;
    if (sql_run(session, &licence_sql[VAULT_SAMPLE], NULL, row) != STORE_ROW)
        return true;
    bool opens =
        vault_open(claim->crypto, claim->state, value_string(&row[0]), row[1].octets, key, &size);
    bytes_erase(key, sizeof key);
    return opens;
}

static bool claim_database(struct session *session, void *context) {
    struct claim *claim = context;
    struct value row[1] = {0};
    if (sql_run(session, &licence_sql[VAULT_READ], NULL, row) == STORE_ROW)
        claim->foreign = strcmp(value_string(&row[0]), claim->check) != 0;
    else
        claim->foreign = !opens_sample(claim, session);
    if (!claim->foreign)
        sql_run(session, &licence_sql[VAULT_ADD], IN(value_text(claim->check)), NULL);
    return true;
}

bool vault_claim(const struct service_context *context, const struct crypto *crypto,
                 struct failure *failure) {
    struct claim claim = {.state = context->state, .crypto = crypto};
    struct arena arena;
    if (!take_check(&claim))
        return fail(failure, EXIT_REFUSED, "the vault has no check value");
    arena_init(&arena, context->memory);
    bool asked = store_write(context->store, &arena, claim_database, &claim, failure) == STORE_DONE;
    arena_free(&arena);
    return asked && (!claim.foreign ||
                     fail(failure, EXIT_REFUSED,
                          "%s is another vault's: the keys in this database lie under one that was "
                          "made elsewhere; bring it here from the instance that made the database",
                          claim.state->vault_path));
}

// ---- fingerprints ------------------------------------------------------------------------------

bool key_fingerprint(const struct crypto *crypto, struct bytes key, uint8_t fingerprint[16]) {
    struct binding binding;
    binding_begin(&binding, "fingerprint");
    return hkdf(crypto, key, bytes_of(NULL, 0), binding_bytes(&binding), fingerprint, 16);
}

void key_binding(struct binding *binding, const char *content, struct bytes fingerprint) {
    binding_begin(binding, "key");
    binding_add(binding, bytes_of_string(content));
    binding_add(binding, fingerprint);
}
