// SPDX-License-Identifier: Apache-2.0
#include "readers/vpcd.h"

#include "base/program.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 2, CONTROL_ATR = 4, CONNECT_MS = 2000 };

void vpcd_init(struct vpcd *vpcd) {
    vpcd->socket = -1;
    vpcd->have = 0;
}

bool vpcd_address(const char *address, char *host, size_t host_size, char *port, size_t port_size) {
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address || !program_port(colon + 1))
        return false;
    size_t size = (size_t)(colon - address);
    if (size >= host_size || strlen(colon + 1) >= port_size)
        return false;
    memcpy(host, address, size);
    host[size] = '\0';
    snprintf(port, port_size, "%s", colon + 1);
    return true;
}

static void set_option(int socket, int option) {
    int error = errno;
    // fails on a socket that is not TCP (tests), where there is nothing to speed up
    (void)setsockopt(socket, IPPROTO_TCP, option, &(int){1}, sizeof(int));
    errno = error;
}

/// Waits for a connection under way. Leaves errno.
static bool connected(int socket) {
    struct pollfd event = {.fd = socket, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&event, 1, CONNECT_MS) != 1) {
        errno = ETIMEDOUT;
        return false;
    }
    if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return false;
    errno = error;
    return error == 0;
}

static int dial(const struct addrinfo *target) {
    int fd = socket(target->ai_family, target->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, target->ai_addr, target->ai_addrlen) == 0 ||
        (errno == EINPROGRESS && connected(fd)))
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

bool vpcd_connect(struct vpcd *vpcd, const char *host, const char *port) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        errno = EHOSTUNREACH;
        return false;
    }
    int fd = -1, error = 0;
    for (const struct addrinfo *target = found; target != NULL && fd < 0; target = target->ai_next)
        fd = dial(target);
    error = errno;
    freeaddrinfo(found);
    errno = error;
    if (fd < 0)
        return false;
    vpcd_attach(vpcd, fd);
    return true;
}

void vpcd_attach(struct vpcd *vpcd, int socket) {
    vpcd_close(vpcd);
    vpcd->socket = socket;
    set_option(socket, TCP_NODELAY);
    set_option(socket, TCP_QUICKACK);
}

/// One frame in as few writes as the socket allows: one, unless its buffer is full.
static bool send_frame(struct vpcd *vpcd, size_t size) {
    bytes_put_be(vpcd->out, HEADER, size);
    for (size_t sent = 0; sent < HEADER + size;) {
        ssize_t n = send(vpcd->socket, vpcd->out + sent, HEADER + size - sent, MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = vpcd->socket, .events = POLLOUT}, 1, CONNECT_MS);
        else if (n == 0 || errno != EINTR)
            return false;
    }
    return true;
}

/// The driver's own orders; any other single octet is a command, too short to be one.
static bool is_control(uint8_t octet) {
    return octet <= VPCD_RESET || octet == CONTROL_ATR;
}

static enum vpcd_result handle_control(struct vpcd *vpcd, const struct vpcd_card *card,
                                       uint8_t control) {
    if (control <= VPCD_RESET)
        card->power(card->context, (enum vpcd_power)control);
    if (control != CONTROL_ATR)
        return VPCD_SERVED;
    size_t size = card->atr(card->context, vpcd->out + HEADER);
    if (size == 0)
        return VPCD_SILENT;
    return send_frame(vpcd, size) ? VPCD_SERVED : VPCD_CLOSED;
}

static enum vpcd_result handle(struct vpcd *vpcd, const struct vpcd_card *card,
                               struct bytes payload) {
    if (payload.size == 0)
        return VPCD_SERVED;
    if (payload.size == 1 && is_control(payload.data[0]))
        return handle_control(vpcd, card, payload.data[0]);
    size_t size = card->transmit(card->context, payload, vpcd->out + HEADER, VPCD_PAYLOAD_MAX);
    if (size == 0)
        return VPCD_SILENT;
    return send_frame(vpcd, size) ? VPCD_SERVED : VPCD_CLOSED;
}

/// Handles what is complete and keeps the rest for the next receive.
static enum vpcd_result handle_frames(struct vpcd *vpcd, const struct vpcd_card *card) {
    enum vpcd_result result = VPCD_SERVED;
    size_t at = 0;
    while (result == VPCD_SERVED && vpcd->have - at >= HEADER) {
        size_t size = (size_t)bytes_get_be(vpcd->in + at, HEADER);
        if (vpcd->have - at < HEADER + size)
            break;
        result = handle(vpcd, card, bytes_of(vpcd->in + at + HEADER, size));
        at += HEADER + size;
    }
    vpcd->have -= at;
    if (at > 0 && vpcd->have > 0)
        memmove(vpcd->in, vpcd->in + at, vpcd->have);
    return result;
}

enum vpcd_result vpcd_serve(struct vpcd *vpcd, const struct vpcd_card *card) {
    ssize_t n =
        recv(vpcd->socket, vpcd->in + vpcd->have, sizeof vpcd->in - vpcd->have, MSG_DONTWAIT);
    set_option(vpcd->socket, TCP_QUICKACK); // the kernel drops it with every receive
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return VPCD_SERVED;
    if (n <= 0)
        return VPCD_CLOSED;
    vpcd->have += (size_t)n;
    return handle_frames(vpcd, card);
}

void vpcd_close(struct vpcd *vpcd) {
    if (vpcd->socket >= 0)
        close(vpcd->socket);
    vpcd_init(vpcd);
}
