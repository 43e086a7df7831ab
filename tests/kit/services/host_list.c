// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/host_list.h"

#include "apdu/object/object.h"
#include "base/files.h"
#include "base/must.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 160 };

void host_authority_make(struct host_authority *authority, const struct crypto *crypto,
                         const char *center) {
    struct sample_party *root = &authority->root, *centers = &authority->centers;
    must(sample_certify(root, crypto, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL) == CERTIFICATE_OK &&
             sample_certify(centers, crypto, "CENTERS", ROLE_ISSUING | ROLE_CENTER, root) ==
                 CERTIFICATE_OK &&
             sample_certify(&authority->center, crypto, center, ROLE_CENTER, centers) ==
                 CERTIFICATE_OK,
         "an authority for hotlists");
}

static struct bytes sign_head(const struct host_authority *authority, const struct crypto *crypto,
                              struct bytes marks, uint16_t roles, uint8_t out[HEAD_MAX]) {
    uint8_t digest[SHA256_SIZE], mask[2];
    struct object_writer writer;
    struct bytes object = {NULL, 0};
    must(marks_digest(crypto, marks, digest), "digest of a hotlist");
    bytes_put_be(mask, sizeof mask, roles);
    object_begin(&writer, OBJECT_HOTLIST, out, HEAD_MAX);
    object_put(&writer, FIELD_CENTER, bytes_of_string(authority->center.holder));
    object_put_date(&writer, FIELD_DATE, SAMPLE_TODAY);
    object_put_uint(&writer, FIELD_VERSION, 7);
    object_put_uint(&writer, FIELD_MARKS, marks.size / MARK_SIZE);
    object_put(&writer, FIELD_LIST_HASH, BYTES_OF(digest));
    object_put(&writer, FIELD_ROLES, BYTES_OF(mask));
    must(object_sign(&writer, &authority->center.signer, &object), "signature of a hotlist");
    return object;
}

void host_list_write(const struct host_authority *authority, const struct crypto *crypto,
                     struct bytes marks, uint16_t roles, const char *path, const char *root) {
    uint8_t head[HEAD_MAX];
    const struct bytes parts[] = {authority->centers.certificate, authority->center.certificate,
                                  sign_head(authority, crypto, marks, roles, head), marks};
    size_t size = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        size += parts[i].size;
    uint8_t *whole = malloc(size), *at = whole;
    must(whole != NULL, "memory for a hotlist");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; at += parts[i++].size)
        if (parts[i].size > 0)
            memcpy(at, parts[i].data, parts[i].size);
    must(files_write(path, bytes_of(whole, size), FILES_PUBLIC, FILES_REPLACE) &&
             files_write(root, authority->root.certificate, FILES_PUBLIC, FILES_REPLACE),
         "files of a hotlist");
    free(whole);
}
