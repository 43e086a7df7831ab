// SPDX-License-Identifier: Apache-2.0
// Endpoint rows as pages: the API page for people (Markdown) and OpenAPI 3.0 for programs. Nothing
// is said here that the rows do not say.
#ifndef SERVICES_CORE_DOCUMENT_H
#define SERVICES_CORE_DOCUMENT_H

#include "services/wire/form/endpoint.h"

/// Appends a section "## NAME" with a table of the endpoints and one paragraph set for each.
void document_markdown(const struct api *api, struct buffer *out);

/// New reference: the whole document for these services. NULL out of memory.
json_t *document_openapi(const struct api *const *apis, size_t count, const char *version);

/// Prints that document on standard output. False: no memory.
bool document_print_openapi(const struct api *const *apis, size_t count, const char *version);

#endif
