// SPDX-License-Identifier: Apache-2.0
#include "host/content/grant.h"

#include "apdu/container/convert_key.h"
#include "base/files.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USED "used\n"

// ---- making ------------------------------------------------------------------------------------

static bool check_parties(const struct grant_terms *terms, struct certificate *converter,
                          struct certificate *seller, struct failure *failure) {
    const struct object *policy = &terms->original->front.policy;
    if (certificate_parse(terms->converter, converter) != CERTIFICATE_OK ||
        (converter->roles & ROLE_CONVERTER) == 0 || converter->kem_point == NULL)
        return fail(failure, EXIT_REFUSED, "this is no converter's certificate");
    if (certificate_parse(terms->seller, seller) != CERTIFICATE_OK ||
        !bytes_equal(seller->enterprise, policy->fields[FIELD_ENTERPRISE]))
        return fail(failure, EXIT_REFUSED, "%s: its policy names another enterprise",
                    terms->original->path);
    return true;
}

bool grant_make(const struct grant_terms *terms, const struct signer *signer,
                const struct crypto *crypto, uint8_t *out, struct bytes *grant,
                struct failure *failure) {
    const struct front *front = &terms->original->front;
    uint8_t original[SHA256_SIZE], wrapped[CONVERT_WRAPPED_MAX];
    size_t size = 0;
    struct certificate converter, seller;
    struct object_writer writer;
    if (!check_parties(terms, &converter, &seller, failure))
        return false;
    struct convert_terms bound = {BYTES_OF(original), seller.enterprise, converter.holder,
                                  front->manifest.fields[FIELD_POLICY_HASH], terms->serial};
    if (!object_digest(&front->manifest, crypto, original) ||
        !convert_key_seal(crypto, &bound, converter.kem_point, terms->key, wrapped, &size))
        return fail(failure, EXIT_REFUSED, "the key cannot be sealed");
    object_begin(&writer, OBJECT_CONVERT_GRANT, out, GRANT_OBJECT_MAX);
    object_copy(&writer, FIELD_POLICY_HASH, &front->manifest);
    object_put_uint(&writer, FIELD_SERIAL, terms->serial);
    object_put_date(&writer, FIELD_DATE, terms->date);
    object_put_date(&writer, FIELD_EXPIRY, terms->expiry);
    object_put(&writer, FIELD_ENTERPRISE, seller.enterprise);
    object_copy(&writer, FIELD_CONTENT, &front->manifest);
    object_put(&writer, FIELD_DESTINATION, converter.holder);
    object_put(&writer, FIELD_WRAPPED_KEY, bytes_of(wrapped, size));
    object_put(&writer, FIELD_ORIGINAL, BYTES_OF(original));
    return object_sign(&writer, signer, grant) ||
           fail(failure, EXIT_REFUSED, "the grant cannot be signed");
}

// ---- files -------------------------------------------------------------------------------------

bool grant_write(const char *path, struct bytes object, const struct pack_party *granter,
                 struct failure *failure) {
    uint8_t octets[GRANT_FILE_MAX];
    struct tlv_writer out = tlv_writer_over(octets, sizeof octets);
    tlv_put_raw(&out, object);
    tlv_put_raw(&out, granter->certificate);
    tlv_put_raw(&out, granter->authority);
    return (tlv_writer_ok(&out) &&
            files_write(path, tlv_writer_bytes(&out), FILES_PUBLIC, FILES_NEW)) ||
           fail_errno(failure, "cannot write the grant %s", path);
}

bool grant_parse(struct grant *grant, size_t size, const char *where, struct failure *failure) {
    struct tlv items[2] = {0};
    bool whole = object_decode(bytes_of(grant->octets, size), &grant->object) &&
                 grant->object.type == OBJECT_CONVERT_GRANT;
    struct bytes rest =
        whole ? bytes_of(grant->octets + grant->object.whole.size, size - grant->object.whole.size)
              : bytes_of(NULL, 0);
    for (size_t i = 0; whole && i < 2; i++)
        whole = tlv_next_strict(&rest, &items[i]) && items[i].tag == CVC_CERTIFICATE;
    grant->granter = (struct pack_party){items[0].whole, items[1].whole};
    return (whole && rest.size == 0) ||
           fail(failure, EXIT_USAGE, "%s is no grant: object, certificate, authority's certificate",
                where);
}

bool grant_read(const char *path, struct grant *grant, struct failure *failure) {
    size_t size = 0;
    if (!files_read(path, grant->octets, sizeof grant->octets, &size))
        return fail_errno(failure, "cannot read the grant %s", path);
    return grant_parse(grant, size, path, failure);
}

// ---- using -------------------------------------------------------------------------------------

bool grant_open(const struct grant *grant, const struct container_file *original,
                const uint8_t scalar[P256_SCALAR_SIZE], const uint8_t point[P256_COMPRESSED_SIZE],
                struct content_key *key, struct failure *failure) {
    const struct object *object = &grant->object;
    struct convert_terms terms = convert_terms_of(object);
    uint8_t digest[SHA256_SIZE];
    if (!object_digest(&original->front.manifest, original->crypto, digest) ||
        !bytes_equal(object->fields[FIELD_ORIGINAL], BYTES_OF(digest)))
        return fail(failure, EXIT_REFUSED, "%s: the grant is for another container",
                    original->path);
    return convert_key_open(original->crypto, &terms, scalar, point,
                            object->fields[FIELD_WRAPPED_KEY], key->octets, &key->size) ||
           fail(failure, EXIT_REFUSED, "the grant is for another converter than this one");
}

/// DIRECTORY/grant-ENTERPRISE-SERIAL: empty while nothing came of it, USED afterwards.
static bool find_mark(const struct grant *grant, const char *directory, char path[PATH_MAX],
                      struct failure *failure) {
    char name[96], enterprise[64], text[32];
    struct bytes id = grant->object.fields[FIELD_ENTERPRISE];
    snprintf(text, sizeof text, "%.*s", (int)id.size, (const char *)id.data);
    if (!files_name(enterprise, sizeof enterprise, text))
        return fail_errno(failure, "%s", text);
    snprintf(name, sizeof name, "grant-%s-%" PRIu64, enterprise,
             object_uint(&grant->object, FIELD_SERIAL));
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return fail_errno(failure, "cannot make the directory %s", directory);
    return files_path(path, PATH_MAX, directory, name) || fail_errno(failure, "%s", directory);
}

bool grant_take(const struct grant *grant, const char *directory, struct grant_claim *claim,
                struct failure *failure) {
    uint8_t mark[8];
    size_t size = 0;
    claim->lock = -1;
    if (!find_mark(grant, directory, claim->path, failure))
        return false;
    claim->lock = files_lock(claim->path, 0);
    if (claim->lock < 0)
        return errno == EWOULDBLOCK
                   ? fail(failure, EXIT_LOCKED, "another conversion by this grant is under way")
                   : fail_errno(failure, "cannot write %s", claim->path);
    // by its name: the one that has the lock may have been replaced
    if (!files_read(claim->path, mark, sizeof mark, &size))
        return fail_errno(failure, "cannot read %s", claim->path);
    return size == 0 ||
           fail(failure, EXIT_REFUSED,
                "this grant has been used here; a seller gives another one for each conversion");
}

bool grant_spend(const struct grant_claim *claim, struct failure *failure) {
    return files_write(claim->path, bytes_of_string(USED), FILES_SECRET, FILES_REPLACE) ||
           fail_errno(failure, "cannot write %s", claim->path);
}

void grant_release(struct grant_claim *claim) {
    if (claim->lock >= 0)
        close(claim->lock);
    claim->lock = -1;
}
