// SPDX-License-Identifier: Apache-2.0
// Playing a container: decoded frames, one after the other, into whatever shows them.
#ifndef HOST_MEDIA_PLAYER_H
#define HOST_MEDIA_PLAYER_H

#include "host/media/media_input.h"

struct player_sink {
    /// What is to come: decoder of the picture and of the sound, either may be NULL.
    bool (*begin)(void *context, const AVCodecContext *picture, const AVCodecContext *sound,
                  struct failure *failure);
    /// seconds: when it is due, from the beginning; below 0: not known. False: playing ends, with a
    /// failure or, if its text is empty, because somebody wanted so.
    bool (*picture)(void *context, const AVFrame *frame, double seconds, struct failure *failure);
    bool (*sound)(void *context, const AVFrame *frame, double seconds, struct failure *failure);
    void *context;
};

struct player_count {
    uint64_t pictures, sounds; // frames
};

/// Plays from the beginning to the end.
bool player_run(struct container_file *file, const struct player_sink *sink,
                struct player_count *count, struct failure *failure);

#endif
