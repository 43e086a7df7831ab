// SPDX-License-Identifier: Apache-2.0
#include "host/media/player.h"

#include <libavutil/frame.h>
#include <stdlib.h>

struct playing {
    struct media_input input;
    const struct player_sink *sink;
    struct player_count *count;
    int picture, sound; // streams; -1: none
    AVPacket *packet;
    AVFrame *frame;
};

static double due(const struct playing *playing, int stream) {
    const AVStream *about = playing->input.format->streams[stream];
    int64_t pts = playing->frame->best_effort_timestamp;
    if (pts == AV_NOPTS_VALUE)
        return -1;
    if (about->start_time != AV_NOPTS_VALUE)
        pts -= about->start_time;
    return (double)pts * av_q2d(about->time_base);
}

static bool show(struct playing *playing, int stream, struct failure *failure) {
    const struct player_sink *sink = playing->sink;
    bool is_picture = stream == playing->picture;
    ++*(is_picture ? &playing->count->pictures : &playing->count->sounds);
    return (is_picture ? sink->picture : sink->sound)(sink->context, playing->frame,
                                                      due(playing, stream), failure);
}

/// A packet, or NULL at the end, and every frame that comes of it. A packet that does not decode is
/// passed over, as every player does.
static bool decode(struct playing *playing, int stream, const AVPacket *packet,
                   struct failure *failure) {
    AVCodecContext *decoder = playing->input.decoders[stream];
    if (avcodec_send_packet(decoder, packet) < 0)
        return true;
    while (avcodec_receive_frame(decoder, playing->frame) >= 0) {
        bool goes_on = show(playing, stream, failure);
        av_frame_unref(playing->frame);
        if (!goes_on)
            return false;
    }
    return true;
}

static bool play_packets(struct playing *playing, struct failure *failure) {
    int got;
    while ((got = media_input_next(&playing->input, playing->packet, failure)) > 0) {
        int stream = playing->packet->stream_index;
        bool goes_on = (stream != playing->picture && stream != playing->sound) ||
                       decode(playing, stream, playing->packet, failure);
        av_packet_unref(playing->packet);
        if (!goes_on)
            return false;
    }
    return got == 0 && (playing->picture < 0 || decode(playing, playing->picture, NULL, failure)) &&
           (playing->sound < 0 || decode(playing, playing->sound, NULL, failure));
}

static bool open_streams(struct playing *playing, struct failure *failure) {
    struct media_input *input = &playing->input;
    if (!media_input_decode(input, AVMEDIA_TYPE_VIDEO, &playing->picture, failure) ||
        !media_input_decode(input, AVMEDIA_TYPE_AUDIO, &playing->sound, failure))
        return false;
    if (playing->picture < 0 && playing->sound < 0)
        return fail(failure, EXIT_REFUSED, "%s: neither picture nor sound is in it",
                    input->file->path);
    return playing->sink->begin(
        playing->sink->context, playing->picture >= 0 ? input->decoders[playing->picture] : NULL,
        playing->sound >= 0 ? input->decoders[playing->sound] : NULL, failure);
}

bool player_run(struct container_file *file, const struct player_sink *sink,
                struct player_count *count, struct failure *failure) {
    struct playing playing = {.sink = sink,
                              .count = count,
                              .picture = -1,
                              .sound = -1,
                              .packet = av_packet_alloc(),
                              .frame = av_frame_alloc()};
    *count = (struct player_count){0};
    bool done = playing.packet != NULL && playing.frame != NULL;
    if (!done)
        fail(failure, EXIT_REFUSED, "out of memory");
    failure->text[0] = '\0';
    done = done && media_input_open(&playing.input, file, failure) &&
           open_streams(&playing, failure) &&
           (play_packets(&playing, failure) || failure->text[0] == '\0');
    media_input_close(&playing.input);
    av_packet_free(&playing.packet);
    av_frame_free(&playing.frame);
    return done;
}
