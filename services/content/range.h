// SPDX-License-Identifier: Apache-2.0
// One range of a representation (RFC 9110, 14): what a client that goes on with a download asks
// for. Several ranges at once are answered with the whole, as the RFC allows.
#ifndef SERVICES_CONTENT_RANGE_H
#define SERVICES_CONTENT_RANGE_H

#include <stdbool.h>
#include <stdint.h>

enum range_kind {
    RANGE_WHOLE, // none was asked for, or nothing that we know
    RANGE_PART,
    RANGE_BEYOND, // nothing of it is there
};

struct range {
    uint64_t from, size;
};

/// header: Range's value, NULL without one. size: of the whole. RANGE_WHOLE fills in the whole.
enum range_kind range_of(const char *header, uint64_t size, struct range *range);

/// Is this entity tag in a list as If-None-Match has it? "*" is every tag. etag with its quotes.
bool range_lists_tag(const char *list, const char *etag);

#endif
