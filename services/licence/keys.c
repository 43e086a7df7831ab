// SPDX-License-Identifier: Apache-2.0
// How contents' keys come in: sealed for us over the network, or in files of the directory keys,
// each named by its content: from a medium, or typed by hand.
#include "services/licence/licence_private.h"

#include "apdu/crypto/binding.h"
#include "base/files.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/// A key as it goes into the database.
struct stored_key {
    const char *content, *source;
    uint8_t sealed[SEALED_KEY_MAX], fingerprint[16];
    size_t size;
};

static enum store_result add(struct session *session, const struct stored_key *key,
                             struct value *row) {
    return sql_run(session, &licence_sql[KEY_ADD],
                   IN(value_text(key->content), value_octets(bytes_of(key->sealed, key->size)),
                      value_octets(BYTES_OF(key->fingerprint)), value_text(key->source)),
                   row);
}

static bool store_key(const struct crypto *crypto, const struct licence_state *state,
                      struct bytes key, struct stored_key *out) {
    return key_fingerprint(crypto, key, out->fingerprint) &&
           vault_seal(crypto, state, out->content, key, out->sealed, &out->size);
}

// ---- by network --------------------------------------------------------------------------------

bool licence_recipient_transact(struct call *call, struct session *session) {
    (void)session;
    form_set_octets(&call->out, NAME_KEM_KEY,
                    bytes_of(licence_state_of(call)->kem_point, P256_COMPRESSED_SIZE));
    return true;
}

static bool unwrap(struct call *call, uint8_t key[TICKET_KEY_MAX], size_t *size) {
    const struct licence_state *state = licence_state_of(call);
    struct bytes wrapped = form_octets(&call->in, NAME_WRAPPED_KEY);
    struct binding binding;
    key_binding(&binding, form_text(&call->in, NAME_ID), form_octets(&call->in, NAME_FINGERPRINT));
    *size = wrapped.size - 1 - HPKE_OVERHEAD;
    return *size <= TICKET_KEY_MAX &&
           hpke_open(call->crypto, (enum hpke_algorithm)wrapped.data[0], state->kem_scalar,
                     state->kem_point, binding_bytes(&binding), bytes_of(NULL, 0),
                     bytes_of(wrapped.data + 1, wrapped.size - 1), key);
}

bool licence_key_check(struct call *call) {
    uint8_t key[TICKET_KEY_MAX];
    size_t size = 0;
    struct stored_key *stored = arena_take(call->arena, sizeof *stored);
    if (stored == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    call->command = stored;
    stored->content = form_text(&call->in, NAME_ID);
    stored->source = call->sender->id;
    bool done =
        unwrap(call, key, &size) &&
        store_key(call->crypto, licence_state_of(call), bytes_of(key, size), stored) &&
        bytes_equal(BYTES_OF(stored->fingerprint), form_octets(&call->in, NAME_FINGERPRINT));
    bytes_erase(key, sizeof key);
    return done ||
           call_refuse(call, &licence_bad_key,
                       "The key of %s is not sealed for us, or its fingerprint is another's",
                       stored->content);
}

bool licence_key_transact(struct call *call, struct session *session) {
    const struct stored_key *stored = call->command;
    struct value row[2] = {0};
    if (add(session, stored, row) == STORE_NONE &&
        sql_run(session, &licence_sql[KEY_READ], IN(value_text(stored->content)), row) ==
            STORE_ROW &&
        !bytes_equal(row[0].octets, BYTES_OF(stored->fingerprint)))
        return call_refuse(call, &licence_key_taken, "%s has another key", stored->content);
    form_set_text(&call->out, NAME_ID, stored->content);
    return true;
}

// ---- by medium or by hand ----------------------------------------------------------------------

static bool add_file(struct session *session, void *context) {
    struct value row[1];
    add(session, context, row); // a content that has a key keeps it
    return true;
}

static bool take_file(const struct service_context *context, const struct crypto *crypto,
                      const char *name, struct failure *failure) {
    const struct licence_state *state = context->state;
    char path[PATH_MAX];
    uint8_t key[TICKET_KEY_MAX + 1];
    size_t size = 0;
    struct arena arena;
    struct stored_key stored = {.content = name, .source = "file"};
    if (!files_path(path, sizeof path, state->keys, name) ||
        !files_read(path, key, sizeof key, &size))
        return fail_errno(failure, "cannot read the key %s/%s", state->keys, name);
    size -= size > 0 && key[size - 1] == '\n';
    bool done = store_key(crypto, state, bytes_of(key, size), &stored);
    bytes_erase(key, sizeof key);
    if (!done)
        return fail(failure, EXIT_USAGE, "%s: a key is one line of 1 to %d octets", path,
                    TICKET_KEY_MAX);
    arena_init(&arena, context->memory);
    done = store_write(context->store, &arena, add_file, &stored, failure) == STORE_DONE;
    arena_free(&arena);
    return done && (files_remove(path) || fail_errno(failure, "cannot remove %s", path));
}

/// Taken into the database and then removed: it is in the vault.
bool licence_keys_job(const struct service_context *context, const struct crypto *crypto,
                      struct failure *failure) {
    const struct licence_state *state = context->state;
    DIR *directory = opendir(state->keys);
    struct dirent *entry;
    bool done = true;
    if (directory == NULL)
        return fail_errno(failure, "cannot read %s", state->keys);
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.' && strlen(entry->d_name) <= HOLDER_MAX)
            done = take_file(context, crypto, entry->d_name, failure) && done;
    closedir(directory);
    return done;
}
