// SPDX-License-Identifier: Apache-2.0
#include "host/media/media_input.h"

#include <libavutil/error.h>
#include <stdio.h>
#include <string.h>

enum { BUFFER_SIZE = 1 << 16 };

bool media_failed(const struct media_input *input, int code, const char *what,
                  struct failure *failure) {
    char words[AV_ERROR_MAX_STRING_SIZE];
    if (input->failure.text[0] != '\0')
        return fail(failure, input->failure.code, "%s", input->failure.text);
    av_strerror(code, words, sizeof words);
    return fail(failure, EXIT_REFUSED, "%s: %s: %s", input->file->path, what, words);
}

// ---- what FFmpeg calls -------------------------------------------------------------------------

static int read_packet(void *context, uint8_t *out, int size) {
    struct media_input *input = context;
    size_t got = 0;
    if (!container_read(input->file, input->at, out, (size_t)size, &got, &input->failure))
        return AVERROR(EIO);
    input->at += got;
    return got > 0 ? (int)got : AVERROR_EOF;
}

static int64_t seek(void *context, int64_t offset, int whence) {
    struct media_input *input = context;
    int64_t size = (int64_t)input->file->form.size;
    if (whence == AVSEEK_SIZE)
        return size;
    if ((whence & ~AVSEEK_FORCE) == SEEK_CUR)
        offset += (int64_t)input->at;
    else if ((whence & ~AVSEEK_FORCE) == SEEK_END)
        offset += size;
    if (offset < 0)
        return AVERROR(EINVAL);
    input->at = (uint64_t)offset;
    return offset;
}

/// Lists and the like would have files or addresses opened; content names nothing outside itself.
static int refuse_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags,
                       AVDictionary **options) {
    (void)format, (void)url, (void)flags, (void)options;
    *io = NULL;
    return AVERROR(EACCES);
}

// ---- opening -----------------------------------------------------------------------------------

static bool open_io(struct media_input *input) {
    uint8_t *buffer = av_malloc(BUFFER_SIZE);
    if (buffer == NULL)
        return false;
    input->io = avio_alloc_context(buffer, BUFFER_SIZE, 0, input, read_packet, NULL, seek);
    if (input->io == NULL)
        av_free(buffer);
    return input->io != NULL;
}

bool media_input_open(struct media_input *input, struct container_file *file,
                      struct failure *failure) {
    *input = (struct media_input){.file = file};
    av_log_set_level(AV_LOG_QUIET); // its lines go past our sentences
    input->format = avformat_alloc_context();
    if (input->format == NULL || !open_io(input))
        return fail(failure, EXIT_REFUSED, "out of memory");
    input->format->pb = input->io;
    input->format->io_open = refuse_open;
    int code = avformat_open_input(&input->format, NULL, NULL, NULL);
    if (code < 0)
        return media_failed(input, code, "this is no film or sound that FFmpeg knows", failure);
    code = avformat_find_stream_info(input->format, NULL);
    return code >= 0 || media_failed(input, code, "its streams cannot be found", failure);
}

void media_input_close(struct media_input *input) {
    for (size_t i = 0; i < MEDIA_STREAMS_MAX; i++)
        avcodec_free_context(&input->decoders[i]);
    avformat_close_input(&input->format);
    if (input->io != NULL) {
        bytes_erase(input->io->buffer, (size_t)input->io->buffer_size);
        av_freep(&input->io->buffer);
    }
    avio_context_free(&input->io);
}

bool media_input_decode(struct media_input *input, enum AVMediaType type, int *stream,
                        struct failure *failure) {
    const AVCodec *codec = NULL;
    *stream = av_find_best_stream(input->format, type, -1, -1, &codec, 0);
    if (*stream == AVERROR_STREAM_NOT_FOUND || *stream >= MEDIA_STREAMS_MAX) {
        *stream = -1;
        return true;
    }
    if (*stream < 0 || codec == NULL)
        return fail(failure, EXIT_REFUSED, "%s: FFmpeg has no decoder for its %s",
                    input->file->path, av_get_media_type_string(type));
    AVCodecContext *decoder = avcodec_alloc_context3(codec);
    if (decoder == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    input->decoders[*stream] = decoder;
    int code = avcodec_parameters_to_context(decoder, input->format->streams[*stream]->codecpar);
    decoder->pkt_timebase = input->format->streams[*stream]->time_base;
    decoder->thread_count = 0;
    if (code >= 0)
        code = avcodec_open2(decoder, codec, NULL);
    return code >= 0 || media_failed(input, code, codec->name, failure);
}

int media_input_next(struct media_input *input, AVPacket *packet, struct failure *failure) {
    int code = av_read_frame(input->format, packet);
    // a demuxer may take an unread chunk for the end
    if (input->failure.text[0] != '\0' || (code < 0 && code != AVERROR_EOF)) {
        media_failed(input, code, "it breaks off", failure);
        return -1;
    }
    return code >= 0;
}
