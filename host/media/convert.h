// SPDX-License-Identifier: Apache-2.0
// MPEG-2 in, MPEG-4 out, both encrypted: the picture is encoded anew, the sound goes along as it
// is. Nothing of it lies on a disk in the clear.
#ifndef HOST_MEDIA_CONVERT_H
#define HOST_MEDIA_CONVERT_H

#include "host/media/media_input.h"
#include "host/media/spool.h"

enum {
    CONVERT_QUALITY = 3, // of the encoder's quantizer, 1 best to 31; of whoever does not choose
    CONVERT_GROUP = 12,  // pictures from one that stands by itself to the next
};

struct convert_options {
    int quality;
    /// How far it is, in seconds of the film; total 0: not known. NULL: nobody looks.
    void (*progress)(void *context, double done, double total);
    void *context;
};

/// Converts the whole film into an MP4 file in fragments, written to the spool. Refused: no
/// picture, or sound that MP4 does not hold.
bool convert_run(struct container_file *file, const struct convert_options *options,
                 struct spool *spool, struct failure *failure);

#endif
