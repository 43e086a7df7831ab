// SPDX-License-Identifier: Apache-2.0
#include "host/content/container_pack.h"

#include "apdu/crypto/hpke.h"
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SALT_SIZE = 32 };

/// One sealing under way.
struct packing {
    const char *path;
    const struct pack_plan *plan;
    const struct crypto *crypto;
    char aside[PATH_MAX];
    int descriptor;
    struct container_form form;
    uint8_t salt[SALT_SIZE];
    uint8_t cek[CONTAINER_CEK_SIZE];
    uint8_t wrapped[CONTAINER_CEK_SIZE + HPKE_OVERHEAD];
    uint8_t *rows, *framed;
    uint8_t front[FRONT_MAX];
};

static bool cannot(struct packing *packing, struct failure *failure) {
    return fail_errno(failure, "cannot write %s", packing->path);
}

// ---- front -----------------------------------------------------------------------------------

static struct bytes sealer_id(const struct pack_plan *plan) {
    struct certificate sealer;
    return certificate_parse(plan->sealer.certificate, &sealer) == CERTIFICATE_OK
               ? sealer.holder
               : bytes_of(NULL, 0);
}

static void put_text(struct object_writer *writer, enum field field, const char *text) {
    if (text != NULL)
        object_put(writer, field, bytes_of_string(text));
}

static bool put_manifest(struct packing *packing, const uint8_t *root, struct tlv_writer *out,
                         uint8_t *digest) {
    const struct pack_plan *plan = packing->plan;
    uint8_t buffer[FRONT_MAX], policy_hash[SHA256_SIZE];
    struct object policy, manifest;
    struct object_writer writer;
    struct bytes whole;
    uint8_t algorithm = (uint8_t)plan->algorithm, log2 = (uint8_t)plan->log2;
    if (!object_decode_as(OBJECT_POLICY, plan->policy, &policy) ||
        !object_digest(&policy, packing->crypto, policy_hash))
        return false;
    object_begin(&writer, OBJECT_CONTAINER, buffer, sizeof buffer);
    object_put(&writer, FIELD_POLICY_HASH, BYTES_OF(policy_hash));
    object_put_date(&writer, FIELD_DATE, plan->date);
    put_text(&writer, FIELD_CONTENT, plan->content);
    put_text(&writer, FIELD_KEY_ID, plan->key_id);
    if (plan->original.size > 0)
        object_put(&writer, FIELD_ORIGINAL, plan->original);
    object_put(&writer, FIELD_SEALER, sealer_id(plan));
    object_put(&writer, FIELD_ALGORITHM, bytes_of(&algorithm, 1));
    object_put(&writer, FIELD_SALT, BYTES_OF(packing->salt));
    object_put(&writer, FIELD_CHUNK, bytes_of(&log2, 1));
    object_put_uint(&writer, FIELD_SIZE, packing->form.size);
    object_put(&writer, FIELD_ROOT, bytes_of(root, SHA256_SIZE));
    put_text(&writer, FIELD_MEDIA, plan->media);
    size_t wrapped = container_wrapped_size(plan->algorithm);
    if (wrapped > 0)
        object_put(&writer, FIELD_WRAPPED_CEK, bytes_of(packing->wrapped, wrapped));
    if (!object_sign(&writer, plan->signer, &whole) ||
        !object_decode_as(OBJECT_CONTAINER, whole, &manifest) ||
        !object_digest(&manifest, packing->crypto, digest))
        return false;
    tlv_put_raw(out, whole);
    return true;
}

/// Signers in the order of their objects, then their authorities, none twice.
static void put_certificates(const struct pack_plan *plan, struct tlv_writer *out) {
    const struct pack_party *parties[] = {&plan->provider, &plan->sealer, &plan->granter};
    size_t count = plan->grant.size > 0 ? 3 : 2;
    for (size_t i = 0; i < count; i++)
        tlv_put_raw(out, parties[i]->certificate);
    for (size_t i = 0; i < count; i++) {
        size_t before = 0;
        while (before < i && !bytes_equal(parties[before]->authority, parties[i]->authority))
            before++;
        if (before == i)
            tlv_put_raw(out, parties[i]->authority);
    }
}

static bool put_front(struct packing *packing, const uint8_t *root, size_t *size,
                      uint8_t digest[SHA256_SIZE], struct failure *failure) {
    struct tlv_writer out = tlv_writer_over(packing->front, sizeof packing->front);
    tlv_put_raw(&out, packing->plan->policy);
    bool done = put_manifest(packing, root, &out, digest);
    tlv_put_raw(&out, packing->plan->grant);
    put_certificates(packing->plan, &out);
    *size = out.size;
    return (done && tlv_writer_ok(&out)) ||
           fail(failure, EXIT_USAGE,
                "%s cannot be sealed: content and key id have 1 to 16 printable octets, a media "
                "type 1 to 32",
                packing->path);
}

// ---- chunks ----------------------------------------------------------------------------------

static bool write_at(struct packing *packing, uint64_t at, struct bytes octets,
                     struct failure *failure) {
    while (octets.size > 0) {
        ssize_t put = pwrite(packing->descriptor, octets.data, octets.size, (off_t)at);
        if (put < 0 && errno != EINTR)
            return cannot(packing, failure);
        size_t done = put > 0 ? (size_t)put : 0;
        at += done;
        octets = bytes_of(octets.data + done, octets.size - done);
    }
    return true;
}

static bool put_chunk(struct packing *packing, const struct pack_source *source, uint64_t i,
                      struct failure *failure) {
    uint8_t *octets = packing->framed + CONTAINER_FRAME;
    size_t content = container_chunk_content(&packing->form, i);
    if (!source->read(source->context, octets, content, failure))
        return false;
    if (!container_seal_chunk(packing->crypto, packing->cek, &packing->form, i, octets, octets) ||
        !container_row(packing->crypto, i, packing->framed, content + GCM_TAG_SIZE,
                       packing->rows + i * CONTAINER_ROW_SIZE))
        return fail(failure, EXIT_REFUSED, "%s: the cryptography failed", packing->path);
    return write_at(packing, container_chunk_at(&packing->form, i),
                    bytes_of(octets, content + GCM_TAG_SIZE), failure);
}

/// Chunks, then the list and the front that could only then be known; their sizes were.
static bool put_all(struct packing *packing, const struct pack_source *source, uint8_t *digest,
                    struct failure *failure) {
    uint8_t head[CONTAINER_HEAD_SIZE], root[SHA256_SIZE];
    size_t size = 0;
    for (uint64_t i = 0; i < packing->form.count; i++)
        if (!put_chunk(packing, source, i, failure))
            return false;
    struct bytes rows = bytes_of(packing->rows, (size_t)(packing->form.count * CONTAINER_ROW_SIZE));
    if (!packing->crypto->ops->sha256(packing->crypto, rows, root) ||
        !put_front(packing, root, &size, digest, failure))
        return false;
    container_put_head(head, packing->form.front);
    return write_at(packing, 0, BYTES_OF(head), failure) &&
           write_at(packing, sizeof head, bytes_of(packing->front, size), failure) &&
           write_at(packing, container_list_at(&packing->form), rows, failure);
}

// ---- the file --------------------------------------------------------------------------------

static bool prepare(struct packing *packing, uint64_t size, struct failure *failure) {
    static const uint8_t none[SHA256_SIZE];
    const struct pack_plan *plan = packing->plan;
    uint8_t digest[SHA256_SIZE];
    struct container_terms terms = {.content = bytes_of_string(plan->content),
                                    .sealer = sealer_id(plan),
                                    .salt = BYTES_OF(packing->salt),
                                    .derived = plan->original.size > 0,
                                    .log2 = plan->log2,
                                    .size = size,
                                    .algorithm = plan->algorithm};
    size_t front = 0;
    if (!container_form(&packing->form, size, plan->log2, 0))
        return fail(failure, EXIT_USAGE, "%s: chunks of 2^%u octets do not fit %llu octets",
                    packing->path, plan->log2, (unsigned long long)size);
    if (!packing->crypto->ops->random(packing->crypto, packing->salt, SALT_SIZE) ||
        !container_cek_make(packing->crypto, &terms, plan->key, packing->cek, packing->wrapped))
        return fail(failure, EXIT_USAGE, "%s: a key has 1 to %d octets, not %zu", packing->path,
                    CONTAINER_KEY_MAX, plan->key.size);
    packing->rows = calloc((size_t)packing->form.count, CONTAINER_ROW_SIZE);
    packing->framed = malloc(CONTAINER_FRAME + ((size_t)1 << plan->log2) + GCM_TAG_SIZE);
    if (packing->rows == NULL || packing->framed == NULL)
        return fail(failure, EXIT_REFUSED, "%s: out of memory", packing->path);
    // the size of a front does not depend on what is signed
    bool done = put_front(packing, none, &front, digest, failure);
    packing->form.front = (uint32_t)front;
    return done;
}

static bool make_aside(struct packing *packing, struct failure *failure) {
    struct stat there;
    if (lstat(packing->path, &there) == 0)
        return fail(failure, EXIT_REFUSED, "%s exists already; name a new file", packing->path);
    int size = snprintf(packing->aside, sizeof packing->aside, "%s.XXXXXX", packing->path);
    if (size < 0 || (size_t)size >= sizeof packing->aside)
        return fail(failure, EXIT_USAGE, "the path %.40s... is too long", packing->path);
    packing->descriptor = mkostemp(packing->aside, O_CLOEXEC);
    return packing->descriptor >= 0 || cannot(packing, failure);
}

static bool put_in_place(struct packing *packing, struct failure *failure) {
    if (fchmod(packing->descriptor, FILES_PUBLIC) != 0 || fsync(packing->descriptor) != 0 ||
        link(packing->aside, packing->path) != 0 || !files_sync_directory(packing->path))
        return cannot(packing, failure);
    return true;
}

static void end(struct packing *packing) {
    if (packing->descriptor >= 0) {
        close(packing->descriptor);
        unlink(packing->aside);
    }
    if (packing->framed != NULL)
        bytes_erase(packing->framed,
                    CONTAINER_FRAME + ((size_t)1 << packing->plan->log2) + GCM_TAG_SIZE);
    free(packing->framed);
    free(packing->rows);
    bytes_erase(packing, sizeof *packing);
    free(packing);
}

bool container_pack(const char *path, const struct pack_plan *plan,
                    const struct pack_source *source, const struct crypto *crypto,
                    uint8_t manifest_digest[SHA256_SIZE], struct failure *failure) {
    uint8_t digest[SHA256_SIZE];
    struct packing *packing = calloc(1, sizeof *packing);
    if (packing == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    packing->path = path;
    packing->plan = plan;
    packing->crypto = crypto;
    packing->descriptor = -1;
    bool done = prepare(packing, source->size, failure) && make_aside(packing, failure) &&
                put_all(packing, source, digest, failure) && put_in_place(packing, failure);
    end(packing);
    if (done && manifest_digest != NULL)
        memcpy(manifest_digest, digest, sizeof digest);
    return done;
}

// ---- a file as a source ------------------------------------------------------------------------

static bool read_input(void *context, uint8_t *out, size_t size, struct failure *failure) {
    struct pack_file *input = context;
    if (fread(out, 1, size, input->file) == size)
        return true;
    if (ferror(input->file))
        return fail_errno(failure, "cannot read %s", input->path);
    return fail(failure, EXIT_REFUSED, "%s became shorter while it was read", input->path);
}

bool pack_file_open(struct pack_file *input, const char *path, struct failure *failure) {
    struct stat about;
    *input = (struct pack_file){.path = path, .file = fopen(path, "rb")};
    if (input->file == NULL || fstat(fileno(input->file), &about) != 0)
        return fail_errno(failure, "cannot open %s", path);
    input->size = (uint64_t)about.st_size;
    return S_ISREG(about.st_mode) ||
           fail(failure, EXIT_USAGE, "%s is no file; its size must be known beforehand", path);
}

struct pack_source pack_file_source(struct pack_file *input) {
    return (struct pack_source){input->size, read_input, input};
}

void pack_file_close(struct pack_file *input) {
    if (input->file != NULL)
        fclose(input->file);
}
