// SPDX-License-Identifier: Apache-2.0
// A container's content as FFmpeg reads it: decrypted chunk by chunk while it is asked for, never
// on a disk. What goes wrong below FFmpeg keeps its own sentence.
#ifndef HOST_MEDIA_MEDIA_INPUT_H
#define HOST_MEDIA_MEDIA_INPUT_H

#include "services/wire/media/container_file.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

enum { MEDIA_STREAMS_MAX = 16 };

struct media_input {
    struct container_file *file; // the caller's; unlocked
    uint64_t at;
    struct failure failure; // of reading; text "" where FFmpeg itself refused
    AVIOContext *io;
    AVFormatContext *format;
    AVCodecContext *decoders[MEDIA_STREAMS_MAX]; // of streams that are decoded; else NULL
};

/// Finds out what the content is. False: no form that FFmpeg knows, or its chunks are not good.
bool media_input_open(struct media_input *input, struct container_file *file,
                      struct failure *failure);
void media_input_close(struct media_input *input);

/// The best stream of a type, its decoder open; -1: there is none. False: a codec that is unknown.
bool media_input_decode(struct media_input *input, enum AVMediaType type, int *stream,
                        struct failure *failure);

/// The next packet. 0 at the end, -1 with a failure.
int media_input_next(struct media_input *input, AVPacket *packet, struct failure *failure);

/// FFmpeg's own words for a code, behind the file's name.
bool media_failed(const struct media_input *input, int code, const char *what,
                  struct failure *failure);

#endif
