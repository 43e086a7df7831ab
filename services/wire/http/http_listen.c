// SPDX-License-Identifier: Apache-2.0
#include "services/wire/http/http_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_INHERITED = 3, ADDRESS_MAX = 256 };

/// Splits at the last colon; brackets around an address of version 6 go away.
static bool split(const char *address, char *host, const char **port) {
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address || colon[1] == '\0' ||
        (size_t)(colon - address) >= ADDRESS_MAX)
        return false;
    size_t size = (size_t)(colon - address);
    bool bracketed = address[0] == '[' && address[size - 1] == ']';
    if (bracketed) {
        address++;
        size -= 2;
    }
    memcpy(host, address, size);
    host[size] = '\0';
    *port = colon + 1;
    return bracketed || strchr(host, ':') == NULL;
}

/// Digits alone, at most 65535: what getaddrinfo takes beyond them it cuts down to another port.
static bool is_port(const char *text) {
    enum { DIGITS_MAX = 5, PORT_MAX = 65535 };
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= DIGITS_MAX && text[digits] == '\0' &&
           strtoul(text, NULL, 10) <= PORT_MAX;
}

static int listen_on(const struct addrinfo *where) {
    int on = 1;
    int made = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0)
        return -1;
    if (setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(made, where->ai_addr, where->ai_addrlen) == 0 && listen(made, SOMAXCONN) == 0)
        return made;
    int why = errno;
    close(made);
    errno = why;
    return -1;
}

/// The parts of an address that may be listened on.
static bool take(const char *address, char *host, const char **port, struct failure *failure) {
    if (!split(address, host, port))
        return fail(failure, EXIT_USAGE, "'%s' is no ADDRESS:PORT", address);
    return is_port(*port) ||
           fail(failure, EXIT_USAGE, "'%s': %s is no port from 0 to 65535", address, *port);
}

bool http_listen_check(const char *address, struct failure *failure) {
    char host[ADDRESS_MAX];
    const char *port = NULL;
    return take(address, host, &port, failure);
}

int http_listen(const char *address, struct failure *failure) {
    char host[ADDRESS_MAX];
    const char *port = NULL;
    struct addrinfo *found = NULL;
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    if (!take(address, host, &port, failure))
        return -1;
    int code = getaddrinfo(host, port, &wanted, &found);
    if (code != 0) {
        failure_set(failure, EXIT_USAGE, "there is no address '%s' here: %s", address,
                    gai_strerror(code));
        return -1;
    }
    int made = listen_on(found);
    int why = errno;
    freeaddrinfo(found);
    if (made < 0 && why == EADDRINUSE)
        failure_set(failure, EXIT_REFUSED,
                    "%s is in use by another program; name another port, or 0 for any", address);
    else if (made < 0) {
        errno = why;
        failure_set_errno(failure, "cannot listen on %s", address);
    }
    return made;
}

static bool number_is(const char *text, long value) {
    char expected[32];
    snprintf(expected, sizeof expected, "%ld", value);
    return text != NULL && strcmp(text, expected) == 0;
}

int http_listen_inherited(size_t n) {
    const char *count = getenv("LISTEN_FDS");
    if (count == NULL || !number_is(getenv("LISTEN_PID"), (long)getpid()) ||
        n >= strtoul(count, NULL, 10))
        return -1;
    int handed = FIRST_INHERITED + (int)n;
    int flags = fcntl(handed, F_GETFL);
    if (flags < 0 || fcntl(handed, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(handed, F_SETFD, FD_CLOEXEC) != 0)
        return -1;
    return handed;
}

bool http_listen_name(int socket, char *out, size_t capacity) {
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    char host[ADDRESS_MAX], port[16];
    if (getsockname(socket, (struct sockaddr *)&at, &size) != 0 ||
        getnameinfo((const struct sockaddr *)&at, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    int used = snprintf(out, capacity, at.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return used > 0 && (size_t)used < capacity;
}
