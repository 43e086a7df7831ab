// SPDX-License-Identifier: Apache-2.0
// Streams of server-sent events (HTML 9.2): each event is the whole state, so a client that comes
// again needs nothing of what it missed. A stream with nothing new is suspended in the library.
#include "services/wire/http/http_server_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAMS_MAX = 8, BLOCK_OCTETS = 4096, SILENCE_MS = 15000 };

struct http_stream {
    struct http_stream *next;
    struct http_server *server;
    struct MHD_Connection *connection;
    struct buffer text; // what is being sent
    size_t sent;
    uint64_t version, wakes; // what it has seen
    bool any;                // a version was sent
    unsigned silent_ms;      // of the lock, as the next two
    bool suspended, ended;
};

// ---- what is new -------------------------------------------------------------------------------

static bool write_event(struct http_stream *stream, uint64_t version) {
    const struct http_events *events = stream->server->options.events;
    char head[48];
    snprintf(head, sizeof head, "id: %" PRIu64 "\ndata: ", version);
    buffer_clear(&stream->text);
    buffer_text(&stream->text, head);
    bool done = events->write(events->context, &stream->text);
    buffer_text(&stream->text, "\n\n");
    stream->version = version;
    stream->any = true;
    stream->sent = 0;
    return done && !stream->text.failed;
}

/// Suspends the stream unless somebody woke it meanwhile. True: it sleeps.
static bool sleep_until_woken(struct http_stream *stream) {
    struct http_server *server = stream->server;
    pthread_mutex_lock(&server->lock);
    bool sleeps = stream->wakes == server->wakes && !stream->ended && !server->draining;
    if (sleeps) {
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
    }
    pthread_mutex_unlock(&server->lock);
    return sleeps;
}

enum news { NEWS_NONE, NEWS_SOME, NEWS_END };

static enum news look(struct http_stream *stream) {
    struct http_server *server = stream->server;
    const struct http_events *events = server->options.events;
    pthread_mutex_lock(&server->lock);
    stream->wakes = server->wakes;
    bool ended = stream->ended || server->draining;
    bool silent = stream->silent_ms >= SILENCE_MS;
    stream->silent_ms = 0;
    pthread_mutex_unlock(&server->lock);
    if (ended)
        return NEWS_END;
    uint64_t version = events->version(events->context);
    if (!stream->any || version != stream->version)
        return write_event(stream, version) ? NEWS_SOME : NEWS_END;
    if (!silent)
        return NEWS_NONE;
    buffer_clear(&stream->text);
    buffer_text(&stream->text, ":\n\n");
    stream->sent = 0;
    return NEWS_SOME;
}

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t capacity) {
    struct http_stream *stream = context;
    (void)position;
    while (stream->sent == stream->text.size) {
        enum news news = look(stream);
        if (news == NEWS_END)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (news == NEWS_NONE && sleep_until_woken(stream))
            return 0;
    }
    size_t size = stream->text.size - stream->sent;
    if (size > capacity)
        size = capacity;
    memcpy(out, stream->text.data + stream->sent, size);
    stream->sent += size;
    return (ssize_t)size;
}

// ---- streams -----------------------------------------------------------------------------------

/// Of the lock.
static void wake(struct http_stream *stream) {
    if (!stream->suspended)
        return;
    stream->suspended = false;
    MHD_resume_connection(stream->connection);
}

/// Of the lock. Somebody who opens one page after the other sees the youngest.
static void end_oldest(struct http_server *server) {
    struct http_stream *oldest = NULL;
    size_t going = 0;
    for (struct http_stream *at = server->streams; at != NULL; at = at->next)
        if (!at->ended) {
            going++;
            oldest = at;
        }
    if (going <= STREAMS_MAX)
        return;
    oldest->ended = true;
    wake(oldest);
}

static void close_stream(void *context) {
    struct http_stream *stream = context;
    struct http_server *server = stream->server;
    pthread_mutex_lock(&server->lock);
    struct http_stream **at = &server->streams;
    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    pthread_mutex_unlock(&server->lock);
    buffer_free(&stream->text);
    free(stream);
}

struct MHD_Response *http_stream_open(struct http_server *server,
                                      struct MHD_Connection *connection) {
    struct http_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->server = server;
    stream->connection = connection;
    buffer_init(&stream->text, server->options.memory);
    struct MHD_Response *made = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_OCTETS, read_stream, stream, close_stream);
    if (made == NULL) {
        free(stream);
        return NULL;
    }
    pthread_mutex_lock(&server->lock);
    stream->next = server->streams;
    server->streams = stream;
    end_oldest(server);
    pthread_mutex_unlock(&server->lock);
    return made;
}

void http_server_wake(struct http_server *server) {
    pthread_mutex_lock(&server->lock);
    server->wakes++;
    for (struct http_stream *at = server->streams; at != NULL; at = at->next)
        wake(at);
    pthread_mutex_unlock(&server->lock);
}

void http_streams_tick(void *context) {
    struct http_server *server = context;
    pthread_mutex_lock(&server->lock);
    for (struct http_stream *at = server->streams; at != NULL; at = at->next) {
        at->silent_ms += server->deadlines.period_ms;
        if (at->silent_ms >= SILENCE_MS)
            wake(at);
    }
    pthread_mutex_unlock(&server->lock);
}
