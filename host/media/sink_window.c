// SPDX-License-Identifier: Apache-2.0
#include "host/media/sink_window.h"

#include <SDL2/SDL.h>
#include <libavutil/pixfmt.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
#include <stdlib.h>

enum { STEP_MS = 10, AHEAD_S = 2 };

struct sink_window {
    const char *title;
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    SDL_AudioDeviceID device;
    struct SwsContext *scaler;
    struct SwrContext *resampler;
    int rate;
    uint64_t began_ms; // when the first frame was shown; 0: not yet
    bool failed;       // ended without its last sound
};

static bool failed(const char *what, struct failure *failure) {
    return fail(failure, EXIT_REFUSED, "%s: %s", what, SDL_GetError());
}

// ---- begin -------------------------------------------------------------------------------------

static bool begin_picture(struct sink_window *window, const AVCodecContext *picture,
                          struct failure *failure) {
    window->window =
        SDL_CreateWindow(window->title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                         picture->width, picture->height, SDL_WINDOW_RESIZABLE);
    if (window->window != NULL)
        window->renderer = SDL_CreateRenderer(window->window, -1, 0);
    if (window->renderer == NULL)
        return failed("the window cannot be opened", failure);
    SDL_RenderSetLogicalSize(window->renderer, picture->width, picture->height);
    window->texture =
        SDL_CreateTexture(window->renderer, SDL_PIXELFORMAT_IYUV, SDL_TEXTUREACCESS_STREAMING,
                          picture->width, picture->height);
    window->scaler =
        sws_getContext(picture->width, picture->height, picture->pix_fmt, picture->width,
                       picture->height, AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL, NULL);
    return (window->texture != NULL && window->scaler != NULL) ||
           failed("the picture cannot be drawn", failure);
}

static bool begin_sound(struct sink_window *window, const AVCodecContext *sound,
                        struct failure *failure) {
    AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO, own = {0};
    const SDL_AudioSpec wanted = {
        .freq = sound->sample_rate, .format = AUDIO_S16SYS, .channels = 2, .samples = 4096};
    window->rate = sound->sample_rate;
    window->device = SDL_OpenAudioDevice(NULL, 0, &wanted, NULL, 0);
    if (window->device == 0)
        return true; // a picture without loudspeakers is a picture
    if (av_channel_layout_copy(&own, &sound->ch_layout) < 0)
        return fail(failure, EXIT_REFUSED, "out of memory");
    int code =
        swr_alloc_set_opts2(&window->resampler, &stereo, AV_SAMPLE_FMT_S16, sound->sample_rate,
                            &own, sound->sample_fmt, sound->sample_rate, 0, NULL);
    av_channel_layout_uninit(&own);
    if (code < 0 || swr_init(window->resampler) < 0)
        return fail(failure, EXIT_REFUSED, "the sound cannot be brought into form");
    SDL_PauseAudioDevice(window->device, 0);
    return true;
}

static bool begin(void *context, const AVCodecContext *picture, const AVCodecContext *sound,
                  struct failure *failure) {
    struct sink_window *window = context;
    return (picture == NULL || begin_picture(window, picture, failure)) &&
           (sound == NULL || begin_sound(window, sound, failure));
}

// ---- frames ------------------------------------------------------------------------------------

/// False: somebody closed the window.
static bool is_wanted(struct sink_window *window) {
    SDL_Event event;
    while (SDL_PollEvent(&event) != 0)
        if (event.type == SDL_QUIT ||
            (event.type == SDL_KEYDOWN &&
             (event.key.keysym.sym == SDLK_ESCAPE || event.key.keysym.sym == SDLK_q)))
            window->failed = true;
    return !window->failed;
}

/// Sleeps until a frame is due.
static bool await(struct sink_window *window, double seconds) {
    uint64_t now = SDL_GetTicks64();
    if (window->began_ms == 0)
        window->began_ms = now;
    uint64_t due = window->began_ms + (seconds > 0 ? (uint64_t)(seconds * 1000) : 0);
    while (is_wanted(window) && (now = SDL_GetTicks64()) < due)
        SDL_Delay((uint32_t)(due - now < STEP_MS ? due - now : STEP_MS));
    return !window->failed;
}

static bool picture(void *context, const AVFrame *frame, double seconds, struct failure *failure) {
    struct sink_window *window = context;
    uint8_t *planes[4] = {0};
    int pitch = 0, lines[4] = {0};
    if (!await(window, seconds))
        return false;
    if (SDL_LockTexture(window->texture, NULL, (void **)&planes[0], &pitch) != 0)
        return failed("the picture cannot be drawn", failure);
    lines[0] = pitch;
    lines[1] = lines[2] = (pitch + 1) / 2;
    planes[1] = planes[0] + (size_t)pitch * (size_t)frame->height;
    planes[2] = planes[1] + (size_t)lines[1] * (size_t)((frame->height + 1) / 2);
    sws_scale(window->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
              frame->height, planes, lines);
    SDL_UnlockTexture(window->texture);
    SDL_RenderClear(window->renderer);
    SDL_RenderCopy(window->renderer, window->texture, NULL, NULL);
    SDL_RenderPresent(window->renderer);
    return true;
}

static bool sound(void *context, const AVFrame *frame, double seconds, struct failure *failure) {
    struct sink_window *window = context;
    (void)seconds;
    if (window->device == 0)
        return is_wanted(window);
    int16_t *samples = calloc((size_t)frame->nb_samples, 2 * sizeof *samples);
    uint8_t *out = (uint8_t *)samples;
    if (samples == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    int got = swr_convert(window->resampler, &out, frame->nb_samples,
                          (const uint8_t **)(uintptr_t)frame->extended_data, frame->nb_samples);
    if (got > 0)
        SDL_QueueAudio(window->device, samples, (uint32_t)got * 2 * sizeof *samples);
    free(samples);
    // no more than this is decoded before it is heard
    while (is_wanted(window) && SDL_GetQueuedAudioSize(window->device) >
                                    (uint32_t)window->rate * AHEAD_S * 2 * sizeof *samples)
        SDL_Delay(STEP_MS);
    return !window->failed;
}

// ---- open and close ----------------------------------------------------------------------------

struct sink_window *sink_window_open(const char *title, struct failure *failure) {
    struct sink_window *window = calloc(1, sizeof *window);
    if (window == NULL) {
        fail(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    window->title = title;
    if (SDL_Init(SDL_INIT_VIDEO | SDL_INIT_AUDIO) == 0 || SDL_Init(SDL_INIT_VIDEO) == 0)
        return window;
    fail(failure, EXIT_ABSENT, "there is no screen (%s); --headless plays without one",
         SDL_GetError());
    free(window);
    return NULL;
}

struct player_sink sink_to_window(struct sink_window *window) {
    return (struct player_sink){begin, picture, sound, window};
}

void sink_window_close(struct sink_window *window) {
    while (window->device != 0 && is_wanted(window) && SDL_GetQueuedAudioSize(window->device) > 0)
        SDL_Delay(STEP_MS);
    if (window->device != 0)
        SDL_CloseAudioDevice(window->device);
    swr_free(&window->resampler);
    sws_freeContext(window->scaler);
    if (window->texture != NULL)
        SDL_DestroyTexture(window->texture);
    if (window->renderer != NULL)
        SDL_DestroyRenderer(window->renderer);
    if (window->window != NULL)
        SDL_DestroyWindow(window->window);
    SDL_Quit();
    free(window);
}
