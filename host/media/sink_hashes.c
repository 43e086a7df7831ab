// SPDX-License-Identifier: Apache-2.0
#include "host/media/sink_hashes.h"

#include <libavutil/imgutils.h>
#include <libavutil/samplefmt.h>
#include <stdlib.h>
#include <string.h>

static bool begin(void *context, const AVCodecContext *picture, const AVCodecContext *sound,
                  struct failure *failure) {
    (void)context, (void)picture, (void)sound, (void)failure;
    return true;
}

/// One line; the octets are erased and given back.
static bool tell(const struct sink_hashes *hashes, const char *what, uint8_t *octets, int size,
                 struct failure *failure) {
    uint8_t digest[SHA256_SIZE];
    if (octets == NULL || size < 0)
        return fail(failure, EXIT_REFUSED, "a frame cannot be copied");
    bool done = hashes->crypto->ops->sha256(hashes->crypto, bytes_of(octets, (size_t)size), digest);
    bytes_erase(octets, (size_t)size);
    free(octets);
    if (!done)
        return fail(failure, EXIT_REFUSED, "SHA-256 failed");
    fprintf(hashes->out, "%s %d ", what, size);
    for (size_t i = 0; i < sizeof digest; i++)
        fprintf(hashes->out, "%02x", digest[i]);
    fputc('\n', hashes->out);
    return true;
}

static bool picture(void *context, const AVFrame *frame, double seconds, struct failure *failure) {
    const struct sink_hashes *hashes = context;
    (void)seconds;
    if (hashes->out == NULL)
        return true;
    enum AVPixelFormat form = (enum AVPixelFormat)frame->format;
    int size = av_image_get_buffer_size(form, frame->width, frame->height, 1);
    uint8_t *octets = size > 0 ? malloc((size_t)size) : NULL;
    if (octets != NULL &&
        av_image_copy_to_buffer(octets, size, (const uint8_t *const *)frame->data, frame->linesize,
                                form, frame->width, frame->height, 1) < 0)
        memset(octets, 0, (size_t)size);
    return tell(hashes, "video", octets, size, failure);
}

static bool sound(void *context, const AVFrame *frame, double seconds, struct failure *failure) {
    const struct sink_hashes *hashes = context;
    enum AVSampleFormat form = (enum AVSampleFormat)frame->format;
    int channels = frame->ch_layout.nb_channels,
        planes = av_sample_fmt_is_planar(form) ? channels : 1;
    int plane = av_get_bytes_per_sample(form) * frame->nb_samples * (channels / planes);
    (void)seconds;
    if (hashes->out == NULL)
        return true;
    uint8_t *octets = plane > 0 ? malloc((size_t)plane * (size_t)planes) : NULL;
    for (int i = 0; octets != NULL && i < planes; i++)
        memcpy(octets + (size_t)i * (size_t)plane, frame->extended_data[i], (size_t)plane);
    return tell(hashes, "audio", octets, plane * planes, failure);
}

struct player_sink sink_to_hashes(struct sink_hashes *hashes) {
    return (struct player_sink){begin, picture, sound, hashes};
}
