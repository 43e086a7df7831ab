// SPDX-License-Identifier: Apache-2.0
#include "readers/trace/gsmtap.h"

#include "base/program.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    GSMTAP_VERSION = 2,
    GSMTAP_HEADER_WORDS = 4,
    GSMTAP_TYPE_SIM = 4,
    GSMTAP_SIM_APDU = 0,
    PACKET_MAX = 65000,
};

static int connect_any(const struct addrinfo *addresses) {
    for (const struct addrinfo *at = addresses; at != NULL; at = at->ai_next) {
        int found = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (found >= 0 && connect(found, at->ai_addr, at->ai_addrlen) == 0)
            return found;
        if (found >= 0)
            close(found);
    }
    return -1;
}

bool gsmtap_open(struct gsmtap *tap, const char *address) {
    char host[256];
    const char *colon = strrchr(address, ':');
    struct addrinfo wanted = {.ai_socktype = SOCK_DGRAM}, *addresses = NULL;
    *tap = (struct gsmtap){.socket = -1};
    size_t size = colon != NULL ? (size_t)(colon - address) : 0;
    if (size == 0 || size >= sizeof host || !program_port(colon + 1)) {
        errno = EINVAL;
        return false;
    }
    memcpy(host, address, size);
    host[size] = 0;
    if (getaddrinfo(host, colon + 1, &wanted, &addresses) != 0) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    tap->socket = connect_any(addresses);
    freeaddrinfo(addresses);
    return tap->socket >= 0;
}

void gsmtap_exchange(struct gsmtap *tap, size_t card, struct bytes command, struct bytes answer) {
    static uint8_t packet[PACKET_MAX];
    uint8_t header[GSMTAP_HEADER_WORDS * 4] = {GSMTAP_VERSION, GSMTAP_HEADER_WORDS, GSMTAP_TYPE_SIM,
                                               (uint8_t)card};
    header[12] = GSMTAP_SIM_APDU;
    size_t size = sizeof header + command.size + answer.size;
    if (size > sizeof packet) {
        tap->failed = true;
        return;
    }
    memcpy(packet, header, sizeof header);
    memcpy(packet + sizeof header, command.data, command.size);
    if (answer.size > 0)
        memcpy(packet + sizeof header + command.size, answer.data, answer.size);
    // Nobody needs to listen. That nobody took the packet before is what send tells now, instead of
    // sending this one: a passive capture would miss every second exchange.
    ssize_t sent = send(tap->socket, packet, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == ECONNREFUSED)
        sent = send(tap->socket, packet, size, MSG_NOSIGNAL);
    if (sent < 0 && errno != ECONNREFUSED)
        tap->failed = true;
}

void gsmtap_close(struct gsmtap *tap) {
    if (tap->socket >= 0)
        close(tap->socket);
    tap->socket = -1;
}
