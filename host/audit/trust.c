// SPDX-License-Identifier: Apache-2.0
#include "host/audit/trust.h"

#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEM_MAX = 4096, FILE_MAX = 4096 };

// ---- opening -----------------------------------------------------------------------------------

/// Databases name their authority by SHA-256 of its root as TLS has it.
static void read_fingerprint(struct trust *trust) {
    char path[PATH_MAX];
    uint8_t pem[PEM_MAX], digest[SHA256_SIZE];
    size_t size = 0;
    if (!files_path(path, sizeof path, trust->directory, "root.pem") ||
        !files_read(path, pem, sizeof pem, &size) ||
        !trust->crypto->ops->sha256(trust->crypto, bytes_of(pem, size), digest))
        return;
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(trust->fingerprint + 2 * i, 3, "%02x", digest[i]);
}

bool trust_open(struct trust *trust, const char *directory, const struct crypto *crypto,
                struct failure *failure) {
    char path[PATH_MAX];
    size_t size = 0;
    *trust = (struct trust){.crypto = crypto, .directory = directory};
    if (!files_path(path, sizeof path, directory, "root.cvc") ||
        !files_read(path, trust->root, sizeof trust->root, &size))
        return fail_errno(failure, "cannot read the certificate %s/root.cvc", directory);
    struct bytes chain[] = {bytes_of(trust->root, size)};
    enum certificate_fault fault = certificate_parse(chain[0], &trust->anchor);
    if (fault == CERTIFICATE_OK)
        fault = certificate_verify_chain(chain, 1, trust->anchor.signing_point, 0, crypto,
                                         &trust->anchor);
    if (fault != CERTIFICATE_OK)
        return fail(failure, EXIT_USAGE, "%s: %s", path, certificate_fault_text(fault));
    read_fingerprint(trust);
    trust->slots = calloc(TRUST_SLOTS, sizeof *trust->slots);
    return trust->slots != NULL || fail(failure, EXIT_REFUSED, "out of memory");
}

void trust_close(struct trust *trust) {
    free(trust->slots);
    trust->slots = NULL;
}

// ---- chains ------------------------------------------------------------------------------------

/// Cuts certificates apart. False: they are not three.
static bool split_chain(struct bytes octets, struct bytes chain[TRUST_CHAIN]) {
    for (size_t i = 0; i < TRUST_CHAIN; i++) {
        struct certificate one;
        if (octets.size < 5 || octets.data[0] != 0x7F || octets.data[1] != 0x21)
            return false;
        size_t head = octets.data[2] < 0x80 ? 3 : octets.data[2] == 0x81 ? 4 : 5;
        size_t size = head == 3 ? octets.data[2] : bytes_get_be(octets.data + 3, head - 3);
        if (head + size > octets.size)
            return false;
        chain[i] = bytes_of(octets.data, head + size);
        if (certificate_parse(chain[i], &one) != CERTIFICATE_OK)
            return false;
        octets = bytes_of(octets.data + head + size, octets.size - head - size);
    }
    return octets.size == 0;
}

static enum certificate_fault verify(const struct trust *trust, struct trusted *slot) {
    struct bytes chain[TRUST_CHAIN];
    if (!split_chain(bytes_of(slot->octets, slot->size), chain))
        return CERTIFICATE_MALFORMED;
    return certificate_verify_chain(chain, TRUST_CHAIN, trust->anchor.signing_point, 0,
                                    trust->crypto, &slot->leaf);
}

static size_t slot_of(struct bytes octets) {
    uint32_t hash = 2166136261;
    size_t from = octets.size > ECDSA_SIZE ? octets.size - ECDSA_SIZE : 0;
    for (size_t i = from; i < octets.size; i++)
        hash = (hash ^ octets.data[i]) * 16777619;
    return hash % TRUST_SLOTS;
}

const struct certificate *trust_chain(struct trust *trust, struct bytes chain,
                                      enum certificate_fault *fault) {
    struct trusted *slot = &trust->slots[slot_of(chain)];
    *fault = CERTIFICATE_MALFORMED;
    if (chain.size > sizeof slot->octets)
        return NULL;
    if (!slot->used || !bytes_equal(bytes_of(slot->octets, slot->size), chain)) {
        memcpy(slot->octets, chain.data, chain.size);
        slot->size = chain.size;
        slot->used = true;
        slot->fault = verify(trust, slot);
    }
    *fault = slot->fault;
    return slot->fault == CERTIFICATE_OK ? &slot->leaf : NULL;
}

// ---- certificates that lie in the directory ----------------------------------------------------

struct looking {
    struct trust *trust;
    uint32_t roles;
    struct bytes message;
    const uint8_t *signature;
};

static bool is_signer(const struct looking *looking, const char *directory, const char *name) {
    char path[PATH_MAX];
    uint8_t octets[FILE_MAX];
    size_t size = 0;
    struct certificate own;
    return strlen(name) > 4 && strcmp(name + strlen(name) - 4, ".cvc") == 0 &&
           files_path(path, sizeof path, directory, name) &&
           files_read(path, octets, sizeof octets, &size) &&
           certificate_parse(bytes_of(octets, size), &own) == CERTIFICATE_OK &&
           (own.roles & looking->roles) != 0 && (own.roles & (ROLE_ROOT | ROLE_ISSUING)) == 0 &&
           looking->trust->crypto->ops->ecdsa_verify(looking->trust->crypto, own.signing_point,
                                                     looking->message, looking->signature);
}

static bool look_in(const struct looking *looking, const char *directory) {
    const struct dirent *entry;
    bool found = false;
    DIR *open = opendir(directory);
    if (open == NULL)
        return false;
    while (!found && (entry = readdir(open)) != NULL)
        found = is_signer(looking, directory, entry->d_name);
    closedir(open);
    return found;
}

bool trust_signed(struct trust *trust, uint32_t roles, struct bytes message,
                  const uint8_t signature[ECDSA_SIZE]) {
    char issued[PATH_MAX];
    struct looking looking = {trust, roles, message, signature};
    return look_in(&looking, trust->directory) ||
           (files_path(issued, sizeof issued, trust->directory, "issued") &&
            look_in(&looking, issued));
}
