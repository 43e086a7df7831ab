// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/files/hotlist_file.h"

#include "base/files.h"

#include <stdlib.h>
#include <string.h>

bool ca_list_write(const struct ca *ca, enum ca_audience audience, const struct ca_list *list,
                   const char *path, struct failure *failure) {
    struct bytes issuing = member_certificate(&ca->hierarchy, MEMBER_CLEARING);
    struct bytes center = member_certificate(&ca->hierarchy, MEMBER_CENTER);
    size_t front = audience == CA_LIST_HOSTS ? issuing.size + center.size : 0;
    uint8_t *whole = malloc(front + list->size);
    if (whole == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    if (front > 0) {
        memcpy(whole, issuing.data, issuing.size);
        memcpy(whole + issuing.size, center.data, center.size);
    }
    memcpy(whole + front, list->octets, list->size);
    bool written =
        files_write(path, bytes_of(whole, front + list->size), FILES_PUBLIC, FILES_REPLACE) ||
        fail_errno(failure, "cannot write %s", path);
    free(whole);
    return written;
}
