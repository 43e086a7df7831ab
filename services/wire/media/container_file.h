// SPDX-License-Identifier: Apache-2.0
// A container as a file to read: its front is judged before anything else, every chunk is held
// against the signed list before it is decrypted, and any place of the content can be read. What a
// container is: apdu/container/.
#ifndef SERVICES_WIRE_MEDIA_CONTAINER_FILE_H
#define SERVICES_WIRE_MEDIA_CONTAINER_FILE_H

#include "apdu/container/front.h"
#include "base/failure.h"

#include <limits.h>

/// How much of the file must be there.
enum container_extent {
    CONTAINER_WHOLE, // to the last octet, and nothing after it
    CONTAINER_PART,  // front and list; chunks may be missing: a fetch goes on
};

struct container_file {
    char path[PATH_MAX];
    const struct crypto *crypto;
    int descriptor;
    uint64_t there; // octets of the file
    struct container_form form;
    struct front front;
    uint8_t front_octets[FRONT_MAX];
    uint8_t *rows;   // the list
    uint8_t *framed; // room for a chunk after its frame
    uint64_t loaded; // chunk whose content stands there, decrypted; form.count: none
    uint8_t cek[CONTAINER_CEK_SIZE];
};

/// Opens a file, judges its front, holds the list against it and measures the file. A trust without
/// a root judges no signature: for looking only. NULL: a sentence with the path; EXIT_REFUSED
/// for what is no good container.
struct container_file *container_open(const char *path, const struct front_trust *trust,
                                      enum container_extent extent, struct failure *failure);
/// Erases keys and content; NULL is nothing.
void container_close(struct container_file *file);

/// Takes the ticket's key octets and tries them on the first chunk.
bool container_unlock(struct container_file *file, struct bytes key, struct failure *failure);

/// Reads chunk i and holds it against the list.
bool container_check(struct container_file *file, uint64_t i, struct failure *failure);

/// Reads up to size octets of content from a place; fewer only at the end. Unlocked before.
bool container_read(struct container_file *file, uint64_t at, uint8_t *out, size_t size,
                    size_t *got, struct failure *failure);

/// Where a fetch goes on: the end of the leading chunks that are whole and right.
uint64_t container_resume_at(struct container_file *file);

#endif
