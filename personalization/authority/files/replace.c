// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/files/replace.h"

#include "apdu/object/object.h"
#include "apdu/octets/tlv.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { HEAD_MAX = 4096, TAG_CERTIFICATE = 0x7F21 };

/// Certificates in front, as a program has them, then the signed object.
static bool begins_hotlist(struct bytes head) {
    struct tlv front;
    struct object object;
    struct bytes rest = head;
    while (tlv_next(&rest, &front) && front.tag == TAG_CERTIFICATE)
        head = rest;
    return object_decode(head, &object) && object.type == OBJECT_HOTLIST;
}

static bool begins_crl(struct bytes head) {
    static const char first[] = "-----BEGIN X509 CRL-----\n";
    return head.size >= sizeof first - 1 && memcmp(head.data, first, sizeof first - 1) == 0;
}

bool ca_may_replace(const char *path, enum ca_list_kind kind, struct failure *failure) {
    uint8_t head[HEAD_MAX];
    struct stat there;
    if (stat(path, &there) != 0 || (!S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode)))
        return true; // what cannot be written says so when it is
    if (S_ISDIR(there.st_mode))
        return fail(failure, EXIT_USAGE, "%s is a directory; name a file", path);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail_errno(failure, "cannot read %s", path);
    struct bytes read = bytes_of(head, fread(head, 1, sizeof head, file));
    fclose(file);
    return (kind == CA_KIND_CRL ? begins_crl(read) : begins_hotlist(read)) ||
           fail(failure, EXIT_USAGE, "%s is no %s; name another file", path,
                kind == CA_KIND_CRL ? "list of revoked certificates" : "hotlist");
}
