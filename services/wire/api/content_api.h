// SPDX-License-Identifier: Apache-2.0
// The content service as its clients see it: pages of what there is, containers by id, uploads of
// providers, keys on their way to the licence service (docs/content.md, The service).
#ifndef SERVICES_WIRE_API_CONTENT_API_H
#define SERVICES_WIRE_API_CONTENT_API_H

#include "services/wire/form/endpoint.h"

enum { CONTENT_PIECE_MAX = 4 << 20 }; // octets of one PUT of an upload

extern const struct api content_api;
extern const struct endpoint content_list, content_page, content_read, content_container;
extern const struct endpoint content_upload, content_upload_read, content_upload_put,
    content_upload_end;
extern const struct endpoint content_offer, content_key;

extern const struct problem_word content_unknown, content_taken, content_offset, content_refused,
    content_range, content_enterprise, content_key_taken;

#endif
