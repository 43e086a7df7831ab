// SPDX-License-Identifier: Apache-2.0
// A content request, as its chart in docs/flows.md: the encrypted content of an id comes from a
// content service, or off a medium, into a library. A break anywhere costs nothing but the piece
// that was under way; a second run goes on.
#ifndef HOST_FLOWS_CONTENT_CONTENT_REQUEST_H
#define HOST_FLOWS_CONTENT_CONTENT_REQUEST_H

#include "base/progress.h"
#include "host/home/library.h"
#include "host/home/source.h"

struct content_request {
    const struct library *library;
    const struct content_source *source;
    const char *id;
    struct failure *failure;
    struct progress *progress; // begun; tells how much has come
    struct content_entry entry;
    struct library_part part;
    struct buffer piece;
    uint64_t resumed; // octets that an earlier run brought
    bool before;      // it was here already
};

/// Runs the chart; library, source, id, failure and progress are set. False: failure tells.
bool content_request_run(struct content_request *request);
/// What home fetch prints.
void content_request_report(const struct content_request *request, FILE *out, bool json);

#endif
