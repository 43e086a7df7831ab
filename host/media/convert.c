// SPDX-License-Identifier: Apache-2.0
#include "host/media/convert.h"

#include <libavutil/opt.h>
#include <stdlib.h>

enum { BUFFER_SIZE = 1 << 16 };

struct converting {
    struct media_input input;
    const struct convert_options *options;
    struct spool *spool;
    struct failure *failure;
    int picture, sound; // streams of the input; sound -1: none
    AVFormatContext *out;
    AVIOContext *io;
    AVCodecContext *encoder;
    AVPacket *packet, *encoded;
    AVFrame *frame;
};

static bool failed(struct converting *converting, int code, const char *what) {
    if (converting->failure->text[0] != '\0')
        return false; // the spool has said why
    return media_failed(&converting->input, code, what, converting->failure);
}

// ---- output ------------------------------------------------------------------------------------

static int write_packet(void *context, uint8_t *octets, int size) {
    struct converting *converting = context;
    return spool_write(converting->spool, bytes_of(octets, (size_t)size), converting->failure)
               ? size
               : AVERROR(EIO);
}

static bool open_output(struct converting *converting) {
    uint8_t *buffer = av_malloc(BUFFER_SIZE);
    int code = avformat_alloc_output_context2(&converting->out, NULL, "mp4", NULL);
    if (buffer != NULL)
        converting->io =
            avio_alloc_context(buffer, BUFFER_SIZE, 1, converting, NULL, write_packet, NULL);
    if (code < 0 || converting->io == NULL) {
        if (converting->io == NULL)
            av_free(buffer);
        return failed(converting, code, "MP4 cannot be written");
    }
    converting->out->pb = converting->io;
    converting->out->flags |= AVFMT_FLAG_BITEXACT;
    return true;
}

static bool open_encoder(struct converting *converting) {
    const AVCodecContext *decoder = converting->input.decoders[converting->picture];
    AVStream *from = converting->input.format->streams[converting->picture];
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    AVStream *to = avformat_new_stream(converting->out, NULL);
    AVCodecContext *encoder = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
    if (to == NULL || encoder == NULL)
        return failed(converting, AVERROR_ENCODER_NOT_FOUND, "MPEG-4");
    converting->encoder = encoder;
    AVRational rate = av_guess_frame_rate(converting->input.format, from, NULL);
    encoder->width = decoder->width;
    encoder->height = decoder->height;
    encoder->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder->sample_aspect_ratio = decoder->sample_aspect_ratio;
    encoder->framerate = rate;
    encoder->time_base = av_inv_q(rate);
    encoder->gop_size = CONVERT_GROUP;
    encoder->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_GLOBAL_HEADER;
    encoder->global_quality = FF_QP2LAMBDA * converting->options->quality;
    encoder->thread_count = 1; // one thread makes the same film everywhere
    int code = rate.num > 0 ? avcodec_open2(encoder, codec, NULL) : AVERROR_INVALIDDATA;
    if (code >= 0)
        code = avcodec_parameters_from_context(to->codecpar, encoder);
    to->time_base = encoder->time_base;
    return code >= 0 || failed(converting, code, "its picture cannot be encoded");
}

static bool copy_sound(struct converting *converting) {
    AVStream *from, *to;
    converting->sound =
        av_find_best_stream(converting->input.format, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    if (converting->sound < 0)
        return true;
    from = converting->input.format->streams[converting->sound];
    if (avformat_query_codec(converting->out->oformat, from->codecpar->codec_id,
                             FF_COMPLIANCE_NORMAL) != 1)
        return failed(converting, AVERROR_PATCHWELCOME, "MP4 has no place for its sound");
    to = avformat_new_stream(converting->out, NULL);
    if (to == NULL || avcodec_parameters_copy(to->codecpar, from->codecpar) < 0)
        return failed(converting, AVERROR(ENOMEM), "its sound");
    to->codecpar->codec_tag = 0;
    to->time_base = from->time_base;
    return true;
}

static bool begin(struct converting *converting) {
    if (!media_input_decode(&converting->input, AVMEDIA_TYPE_VIDEO, &converting->picture,
                            converting->failure))
        return false;
    if (converting->picture < 0)
        return failed(converting, AVERROR_STREAM_NOT_FOUND, "there is no picture to convert");
    if (!open_output(converting) || !open_encoder(converting) || !copy_sound(converting))
        return false;
    AVDictionary *how = NULL;
    av_dict_set(&how, "movflags", "frag_keyframe+empty_moov+default_base_moof", 0);
    int code = avformat_write_header(converting->out, &how);
    av_dict_free(&how);
    return code >= 0 || failed(converting, code, "MP4 cannot be written");
}

// ---- frames ------------------------------------------------------------------------------------

/// A frame, or NULL at the end, and every packet that comes of it.
static bool encode(struct converting *converting, const AVFrame *frame) {
    int code = avcodec_send_frame(converting->encoder, frame);
    while (code >= 0 && avcodec_receive_packet(converting->encoder, converting->encoded) >= 0) {
        AVPacket *packet = converting->encoded;
        packet->stream_index = 0;
        if (packet->duration == 0)
            packet->duration = 1;
        av_packet_rescale_ts(packet, converting->encoder->time_base,
                             converting->out->streams[0]->time_base);
        code = av_interleaved_write_frame(converting->out, packet);
    }
    return code >= 0 || failed(converting, code, "the picture cannot be encoded");
}

static void tell(const struct converting *converting, int64_t pts) {
    const AVFormatContext *format = converting->input.format;
    const AVStream *stream = format->streams[converting->picture];
    if (converting->options->progress == NULL || pts == AV_NOPTS_VALUE)
        return;
    if (stream->start_time != AV_NOPTS_VALUE)
        pts -= stream->start_time;
    converting->options->progress(
        converting->options->context, (double)pts * av_q2d(stream->time_base),
        format->duration != AV_NOPTS_VALUE ? (double)format->duration / AV_TIME_BASE : 0);
}

/// When the picture is shown, on the encoder's clock; a film that begins late begins at once.
static int64_t place(const struct converting *converting, int64_t pts) {
    const AVStream *stream = converting->input.format->streams[converting->picture];
    if (pts == AV_NOPTS_VALUE)
        return AV_NOPTS_VALUE;
    if (stream->start_time != AV_NOPTS_VALUE)
        pts -= stream->start_time;
    return av_rescale_q(pts, stream->time_base, converting->encoder->time_base);
}

static bool decode(struct converting *converting, const AVPacket *packet) {
    AVCodecContext *decoder = converting->input.decoders[converting->picture];
    if (avcodec_send_packet(decoder, packet) < 0)
        return true; // what does not decode is not in the film
    while (avcodec_receive_frame(decoder, converting->frame) >= 0) {
        AVFrame *frame = converting->frame;
        tell(converting, frame->best_effort_timestamp);
        frame->pts = place(converting, frame->best_effort_timestamp);
        frame->quality = converting->encoder->global_quality;
        frame->pict_type = AV_PICTURE_TYPE_NONE;
        bool done =
            (frame->format == AV_PIX_FMT_YUV420P && frame->width == converting->encoder->width &&
             frame->height == converting->encoder->height) ||
            failed(converting, AVERROR_PATCHWELCOME, "its pictures change their form");
        done = done && encode(converting, frame);
        av_frame_unref(frame);
        if (!done)
            return false;
    }
    return true;
}

static bool pass_sound(struct converting *converting, AVPacket *packet) {
    const AVStream *from = converting->input.format->streams[converting->sound];
    const AVStream *to = converting->out->streams[1];
    int64_t first = from->start_time != AV_NOPTS_VALUE ? from->start_time : 0;
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts -= first;
    if (packet->dts != AV_NOPTS_VALUE)
        packet->dts -= first;
    av_packet_rescale_ts(packet, from->time_base, to->time_base);
    packet->stream_index = 1;
    packet->pos = -1;
    int code = av_interleaved_write_frame(converting->out, packet);
    return code >= 0 || failed(converting, code, "the sound cannot be written");
}

static bool convert_all(struct converting *converting) {
    AVPacket *packet = converting->packet;
    int got;
    while ((got = media_input_next(&converting->input, packet, converting->failure)) > 0) {
        bool done = packet->stream_index == converting->picture ? decode(converting, packet)
                    : packet->stream_index == converting->sound ? pass_sound(converting, packet)
                                                                : true;
        av_packet_unref(packet);
        if (!done)
            return false;
    }
    if (got < 0 || !decode(converting, NULL) || !encode(converting, NULL))
        return false;
    int code = av_write_trailer(converting->out);
    return code >= 0 || failed(converting, code, "MP4 cannot be written");
}

static void end(struct converting *converting) {
    media_input_close(&converting->input);
    avcodec_free_context(&converting->encoder);
    avformat_free_context(converting->out);
    if (converting->io != NULL)
        av_freep(&converting->io->buffer);
    avio_context_free(&converting->io);
    av_packet_free(&converting->packet);
    av_packet_free(&converting->encoded);
    av_frame_free(&converting->frame);
}

bool convert_run(struct container_file *file, const struct convert_options *options,
                 struct spool *spool, struct failure *failure) {
    struct converting converting = {.options = options,
                                    .spool = spool,
                                    .failure = failure,
                                    .picture = -1,
                                    .sound = -1,
                                    .packet = av_packet_alloc(),
                                    .encoded = av_packet_alloc(),
                                    .frame = av_frame_alloc()};
    failure->text[0] = '\0';
    bool done =
        (converting.packet != NULL && converting.encoded != NULL && converting.frame != NULL) ||
        fail(failure, EXIT_REFUSED, "out of memory");
    done = done && media_input_open(&converting.input, file, failure) && begin(&converting) &&
           convert_all(&converting);
    end(&converting);
    return done;
}
