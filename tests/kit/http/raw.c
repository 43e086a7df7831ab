// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/http/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int raw_connect(int listening) {
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    struct timeval limit = {.tv_sec = RAW_SECONDS};
    if (getsockname(listening, (struct sockaddr *)&at, &size) != 0)
        return -1;
    int made = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made >= 0 && setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        connect(made, (struct sockaddr *)&at, size) == 0)
        return made;
    if (made >= 0)
        close(made);
    return -1;
}

bool raw_send(int socket, struct bytes octets) {
    while (octets.size > 0) {
        ssize_t sent = send(socket, octets.data, octets.size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        octets.data += sent;
        octets.size -= (size_t)sent;
    }
    return true;
}

bool raw_say(int socket, const char *text) {
    return raw_send(socket, bytes_of_string(text));
}

size_t raw_read_all(int socket, char *out, size_t capacity) {
    size_t used = 0;
    ssize_t got = 0;
    while (used + 1 < capacity && (got = recv(socket, out + used, capacity - used - 1, 0)) > 0)
        used += (size_t)got;
    out[used] = '\0';
    return used;
}

/// Where the body ends, once the head is there; 0: not yet.
static size_t whole_size(const char *text) {
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strcasestr(text, "\r\nContent-Length: ");
    if (end == NULL)
        return 0;
    return (size_t)(end - text) + 4 +
           (length != NULL && length < end ? strtoul(length + 18, NULL, 10) : 0);
}

bool raw_read_answer(int socket, char *out, size_t capacity) {
    size_t used = 0;
    out[0] = '\0';
    while (used + 1 < capacity) {
        size_t whole = whole_size(out);
        if (whole != 0 && used >= whole)
            return true;
        // one octet at a time: what belongs to the next answer stays where it is
        ssize_t got = recv(socket, out + used, whole != 0 ? whole - used : 1, 0);
        if (got <= 0)
            return false;
        used += (size_t)got;
        out[used] = '\0';
    }
    return false;
}

unsigned raw_status(const char *text) {
    unsigned status = 0;
    return sscanf(text, "HTTP/1.%*1[01] %3u", &status) == 1 ? status : 0;
}
