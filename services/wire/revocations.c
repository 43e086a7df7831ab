// SPDX-License-Identifier: Apache-2.0
#include "services/wire/revocations.h"

#include "apdu/object/object.h"
#include "base/files.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHAIN = 3 }; // root, issuing authority, center

static bool map_file(struct revocations *list, const char *path, struct failure *failure) {
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail_errno(failure, "cannot read the hotlist %s", path);
    void *map = MAP_FAILED;
    if (fstat(file, &status) == 0 && status.st_size > 0)
        map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (map == MAP_FAILED)
        return fail(failure, EXIT_REFUSED, "%s is no hotlist", path);
    list->map = map;
    list->size = (size_t)status.st_size;
    return true;
}

/// The certificate at the front of rest, which moves on.
static bool next_certificate(struct bytes *rest, struct bytes *out) {
    struct tlv item;
    if (!tlv_next(rest, &item) || item.tag != CVC_CERTIFICATE)
        return false;
    *out = item.whole;
    return true;
}

static bool check_chain(const struct revocations *list, const struct bytes *chain, uint32_t today,
                        const char *path, struct certificate *center, struct failure *failure) {
    struct certificate root;
    enum certificate_fault fault = certificate_parse(chain[0], &root);
    if (fault == CERTIFICATE_OK)
        fault =
            certificate_verify_chain(chain, CHAIN, root.signing_point, today, list->crypto, center);
    if (fault != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED, "%s: the center that signed it is refused: %s", path,
                    certificate_fault_text(fault));
    return (center->roles & ROLE_CENTER) != 0 ||
           fail(failure, EXIT_REFUSED, "%s: signed by %.*s, who is no center", path,
                (int)center->holder.size, (const char *)center->holder.data);
}

/// Are the marks what the object announces?
static bool marks_fit(const struct revocations *list, const struct object *object) {
    uint8_t digest[SHA256_SIZE];
    return list->marks.size == object_uint(object, FIELD_MARKS) * MARK_SIZE &&
           marks_rise(list->marks) && marks_digest(list->crypto, list->marks, digest) &&
           bytes_equal(object->fields[FIELD_LIST_HASH], BYTES_OF(digest));
}

static bool check_list(struct revocations *list, struct bytes rest,
                       const struct certificate *center, const char *path,
                       struct failure *failure) {
    struct object object;
    if (!object_decode(rest, &object) || object.type != OBJECT_HOTLIST ||
        !bytes_equal(object.fields[FIELD_CENTER], center->holder))
        return fail(failure, EXIT_REFUSED, "%s is no hotlist of %.*s", path,
                    (int)center->holder.size, (const char *)center->holder.data);
    if (bytes_get_be(object.fields[FIELD_ROLES].data, 2) != 0)
        return fail(failure, EXIT_REFUSED,
                    "%s is a list for cards, not the whole one; tessera ca hotlist --for hosts",
                    path);
    snprintf(list->center, sizeof list->center, "%.*s", (int)center->holder.size,
             (const char *)center->holder.data);
    size_t head = object.whole.size;
    list->marks = bytes_of(rest.data + head, rest.size - head);
    list->version = (uint32_t)object_uint(&object, FIELD_VERSION);
    list->date = object_date(&object, FIELD_DATE);
    if (object_verify(&object, list->crypto, center->signing_point) && marks_fit(list, &object))
        return true;
    return fail(failure, EXIT_REFUSED, "%s is damaged or was changed: bad-signature", path);
}

static bool verify(struct revocations *list, const char *path, struct bytes root, uint32_t today,
                   struct failure *failure) {
    struct bytes rest = bytes_of(list->map, list->size), chain[CHAIN] = {root};
    struct certificate center;
    for (size_t i = 1; i < CHAIN; i++)
        if (!next_certificate(&rest, &chain[i]))
            return fail(failure, EXIT_REFUSED, "%s is no hotlist for a program", path);
    return check_chain(list, chain, today, path, &center, failure) &&
           check_list(list, rest, &center, path, failure);
}

bool revocations_open(struct revocations *list, const char *path, const char *root,
                      const struct crypto *crypto, uint32_t today, struct failure *failure) {
    uint8_t octets[CERTIFICATE_MAX];
    size_t size = 0;
    *list = (struct revocations){.crypto = crypto};
    if (!files_read(root, octets, sizeof octets, &size))
        return fail_errno(failure, "cannot read the root certificate %s", root);
    if (map_file(list, path, failure) && verify(list, path, bytes_of(octets, size), today, failure))
        return true;
    revocations_close(list);
    return false;
}

/// Is the list signed by the center whose certificate is the file at own?
static bool check_center(const struct revocations *list, const char *path, const char *own,
                         struct failure *failure) {
    uint8_t octets[CERTIFICATE_MAX];
    size_t size = 0;
    struct certificate center;
    if (!files_read(own, octets, sizeof octets, &size))
        return fail_errno(
            failure, "cannot read %s, the certificate of the center whose hotlists count", own);
    if (certificate_parse(bytes_of(octets, size), &center) != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED, "%s is no certificate", own);
    return revocations_are_of(list, center.holder) ||
           fail(failure, EXIT_REFUSED, "%s: wrong-center: signed by %s, and %s is of %.*s", path,
                list->center, own, (int)center.holder.size, (const char *)center.holder.data);
}

bool revocations_open_in(struct revocations *list, const char *path, const char *directory,
                         const struct crypto *crypto, uint32_t today, struct failure *failure) {
    char root[PATH_MAX], center[PATH_MAX];
    *list = (struct revocations){.crypto = crypto};
    if (!files_path(root, sizeof root, directory, "root.cvc") ||
        !files_path(center, sizeof center, directory, "center.cvc"))
        return fail_errno(failure, "%s", directory);
    if (!revocations_open(list, path, root, crypto, today, failure))
        return false;
    if (check_center(list, path, center, failure))
        return true;
    revocations_close(list);
    return false;
}

bool revocations_are_of(const struct revocations *list, struct bytes center) {
    return bytes_equal(bytes_of_string(list->center), center);
}

void revocations_close(struct revocations *list) {
    if (list->map != NULL)
        munmap((void *)(uintptr_t)list->map, list->size);
    *list = (struct revocations){0};
}

bool revocations_have(const struct revocations *list, const uint8_t *digest) {
    return marks_have(list->marks, digest);
}

bool revocations_have_holder(const struct revocations *list, struct bytes issuer,
                             struct bytes holder) {
    uint8_t mark[MARK_SIZE];
    return !mark_of_holder(list->crypto, issuer, holder, mark) || marks_have(list->marks, mark);
}

bool revocations_have_certificate(const struct revocations *list, struct bytes certificate) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    struct certificate fields;
    return certificate_parse(certificate, &fields) != CERTIFICATE_OK ||
           !certificate_digest(list->crypto, certificate, digest) ||
           revocations_have(list, digest) ||
           revocations_have_holder(list, fields.issuer, fields.holder);
}
