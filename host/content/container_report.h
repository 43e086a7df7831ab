// SPDX-License-Identifier: Apache-2.0
// What stands in a container's front, for people and programs. Nothing here says that it is true:
// container_open does.
#ifndef HOST_CONTENT_CONTAINER_REPORT_H
#define HOST_CONTENT_CONTAINER_REPORT_H

#include "services/wire/media/container_file.h"

#include <stdio.h>

/// Lines of name and value, or one JSON object: file, content, sealer, size, chunks, root, etag,
/// policy, the signed objects with every field, and verified as it is given.
void container_report(FILE *out, const struct container_file *file, bool verified, bool json);

#endif
