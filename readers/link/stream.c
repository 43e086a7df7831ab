// SPDX-License-Identifier: Apache-2.0
// One connection at a time over TCP on this machine or a private network; whoever carries the
// octets may lose or delay them, never change what signed objects say.
#include "readers/link/stream.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "readers/vpcd.h"

enum { CONTROL_ATR = 4, LENGTH_SIZE = 2, LOOK_MS = 20 };

struct stream_link {
    struct link link;
    int listener, socket; // -1: none
    unsigned wait_ms;
    const struct stream_side *side; // while it is waited for; NULL: nobody is asked
    char address[256];
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool readable(int fd, int64_t deadline) {
    struct pollfd event = {.fd = fd, .events = POLLIN};
    int64_t left = deadline - now_ms();
    return poll(&event, 1, left > 0 ? (int)left : 0) == 1;
}

static void hang_up(struct stream_link *stream) {
    if (stream->socket >= 0)
        close(stream->socket);
    stream->socket = -1;
}

// ---- frames ---------------------------------------------------------------------------------

static bool send_frame(struct stream_link *stream, struct bytes payload) {
    uint8_t frame[LENGTH_SIZE + STREAM_APDU_MAX];
    bytes_put_be(frame, LENGTH_SIZE, payload.size);
    memcpy(frame + LENGTH_SIZE, payload.data, payload.size);
    ssize_t size = (ssize_t)(LENGTH_SIZE + payload.size);
    return send(stream->socket, frame, (size_t)size, MSG_NOSIGNAL) == size;
}

static bool receive(struct stream_link *stream, uint8_t *data, size_t size, int64_t deadline) {
    static const int yes = 1;
    while (size > 0) {
        if (!readable(stream->socket, deadline))
            return false;
        ssize_t got = recv(stream->socket, data, size, 0);
        if (got <= 0)
            return false;
        setsockopt(stream->socket, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
        data += got;
        size -= (size_t)got;
    }
    return true;
}

// Sends a payload and receives the answer's. False: the stream is of no more use.
static bool ask(struct stream_link *stream, struct bytes payload, uint8_t *answer, size_t capacity,
                size_t *size) {
    uint8_t length[LENGTH_SIZE];
    int64_t deadline = now_ms() + STREAM_COMMAND_MS;
    if (!send_frame(stream, payload) || !receive(stream, length, sizeof length, deadline))
        return false;
    *size = (size_t)bytes_get_be(length, sizeof length);
    return *size <= capacity && receive(stream, answer, *size, deadline);
}

static bool order(struct stream_link *stream, uint8_t control) {
    return send_frame(stream, bytes_of(&control, 1));
}

// ---- connection -----------------------------------------------------------------------------

/// Somebody connects before the time is over or it is known that nobody will.
static bool is_coming(const struct stream_link *stream) {
    int64_t deadline = now_ms() + stream->wait_ms;
    while (now_ms() < deadline) {
        int64_t look = now_ms() + LOOK_MS;
        if (readable(stream->listener, look < deadline ? look : deadline))
            return true;
        if (stream->side != NULL && !stream->side->comes(stream->side->context))
            return false;
    }
    return false;
}

static bool admit(struct stream_link *stream) {
    static const int yes = 1;
    hang_up(stream);
    if (!is_coming(stream))
        return false;
    stream->socket = accept4(stream->listener, NULL, NULL, SOCK_CLOEXEC);
    if (stream->socket < 0)
        return false;
    setsockopt(stream->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return order(stream, VPCD_POWER_ON);
}

static bool listen_at(struct stream_link *stream, const char *host, const char *port,
                      struct link_failure *failure) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    static const int yes = 1;
    int code = getaddrinfo(host, port, &hints, &found);
    if (code != 0) {
        link_fail(failure, LINK_BAD_INPUT, "stream %s: %s", stream->address, gai_strerror(code));
        return false;
    }
    stream->listener = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(stream->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bool bound = stream->listener >= 0 &&
                 bind(stream->listener, found->ai_addr, found->ai_addrlen) == 0 &&
                 listen(stream->listener, 1) == 0;
    int reason = errno;
    freeaddrinfo(found);
    if (!bound)
        link_fail(failure, reason == EADDRINUSE || reason == EACCES ? LINK_LOCKED : LINK_NO_CARD,
                  "cannot listen at %s: %s", stream->address, strerror(reason));
    return bound;
}

// ---- the link -------------------------------------------------------------------------------

static enum link_status broken(struct stream_link *stream) {
    hang_up(stream);
    return link_error(&stream->link, LINK_BROKEN,
                      "stream %s: the other side is gone or silent; outcome open, connect again",
                      stream->address);
}

static enum link_status stream_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                        size_t capacity, size_t *answer_size) {
    struct stream_link *stream = (struct stream_link *)link;
    if (command.size > STREAM_APDU_MAX)
        return link_error(link, LINK_TOO_LONG, "stream %s: a command of %zu octets; %d at most",
                          stream->address, command.size, STREAM_APDU_MAX);
    if (command.size < 2) // one octet is a control octet
        return link_error(link, LINK_UNSUPPORTED, "stream %s carries no command of %zu octets",
                          stream->address, command.size);
    if (stream->socket < 0 || !ask(stream, command, answer, capacity, answer_size))
        return broken(stream);
    return LINK_OK;
}

static enum link_status stream_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                     size_t capacity, size_t *atr_size) {
    static const uint8_t ask_atr = CONTROL_ATR;
    struct stream_link *stream = (struct stream_link *)link;
    uint8_t octets[VPCD_ATR_MAX];
    size_t size = 0;
    if (stream->socket < 0 && !admit(stream))
        return link_error(link, LINK_NO_CARD, "nobody connected to stream %s", stream->address);
    bool sent = kind == LINK_RESET_WARM
                    ? order(stream, VPCD_RESET)
                    : order(stream, VPCD_POWER_OFF) && order(stream, VPCD_POWER_ON);
    if (!sent || !ask(stream, bytes_of(&ask_atr, 1), octets, sizeof octets, &size))
        return broken(stream);
    if (atr == NULL)
        return LINK_OK;
    if (size > capacity)
        return link_error(link, LINK_TOO_LONG, "the ATR has %zu octets, the buffer %zu", size,
                          capacity);
    memcpy(atr, octets, size);
    *atr_size = size;
    return LINK_OK;
}

void stream_link_leave(struct link *link) {
    struct stream_link *stream = (struct stream_link *)link;
    hang_up(stream);
    if (stream->listener >= 0)
        close(stream->listener);
    free(stream);
}

static void stream_close(struct link *link) {
    struct stream_link *stream = (struct stream_link *)link;
    if (stream->socket >= 0)
        order(stream, VPCD_POWER_OFF); // no selection, no PIN for the next program
    stream_link_leave(link);
}

static const struct link_ops stream_ops = {stream_transmit, stream_reset, stream_close};

static unsigned port_of(const struct stream_link *stream) {
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getsockname(stream->listener, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return address.ss_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)&address)->sin6_port)
                                         : ntohs(((const struct sockaddr_in *)&address)->sin_port);
}

struct link *stream_link_open_with(const char *address, const struct link_options *options,
                                   const struct stream_side *side, struct link_failure *failure) {
    char host[256], port[8];
    struct stream_link *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return link_fail(failure, LINK_NO_CARD, "out of memory");
    stream->listener = stream->socket = -1;
    stream->wait_ms = options->wait_ms > 0 ? options->wait_ms : LINK_WAIT_MS;
    stream->link = (struct link){.ops = &stream_ops,
                                 .contactless = true,
                                 .command_max = STREAM_APDU_MAX,
                                 .answer_max = STREAM_APDU_MAX};
    snprintf(stream->address, sizeof stream->address, "%s", address);
    snprintf(host, sizeof host, "127.0.0.1");
    snprintf(port, sizeof port, "0");
    if (side == NULL && !vpcd_address(address, host, sizeof host, port, sizeof port))
        link_fail(failure, LINK_BAD_INPUT, "\"stream:%s\" is not stream:HOST:PORT", address);
    else if (listen_at(stream, host, port, failure) &&
             (side == NULL || side->listening(side->context, port_of(stream), failure))) {
        stream->side = side;
        bool admitted = admit(stream);
        stream->side = NULL;
        if (admitted)
            return &stream->link;
        link_fail(failure, LINK_NO_CARD,
                  "nobody connected to stream %s within %u ms; start the card's side: tessera card "
                  "run IMAGE --reader vpcd:%s",
                  address, stream->wait_ms, address);
    }
    stream_close(&stream->link);
    return NULL;
}

struct link *stream_link_open(const char *address, const struct link_options *options,
                              struct link_failure *failure) {
    return stream_link_open_with(address, options, NULL, failure);
}
