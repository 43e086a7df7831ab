// SPDX-License-Identifier: Apache-2.0
#include "host/gateway/tunnel.h"

#include "services/wire/http/tls_peer.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SILENCE_MS = 60000, HANDSHAKE_MS = 10000, REQUEST_MAX = 2048, CHUNK = 16384 };

struct tunnel {
    const struct tunnel_house *house;
    struct tls *tls;
    gnutls_session_t session;
    int client, server; // server -1: not connected
    const char *number;
    uint64_t sent, received; // octets that are not counted yet
};

// ---- octets ------------------------------------------------------------------------------------

/// Octets of the phone; 0 at its end, -1 for a broken session.
static ssize_t read_phone(struct tunnel *tunnel, char *out, size_t capacity) {
    ssize_t got;
    do
        got = gnutls_record_recv(tunnel->session, out, capacity);
    while (got == GNUTLS_E_INTERRUPTED);
    return got < 0 ? -1 : got;
}

static bool write_phone(struct tunnel *tunnel, const char *octets, size_t size) {
    while (size > 0) {
        ssize_t put = gnutls_record_send(tunnel->session, octets, size);
        if (put == GNUTLS_E_INTERRUPTED)
            continue;
        if (put <= 0)
            return false;
        octets += put;
        size -= (size_t)put;
    }
    return true;
}

static bool write_server(const struct tunnel *tunnel, const char *octets, size_t size) {
    while (size > 0) {
        ssize_t put = send(tunnel->server, octets, size, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        octets += put;
        size -= (size_t)put;
    }
    return true;
}

// ---- counting ----------------------------------------------------------------------------------

/// A packet that was begun counts whole.
static uint64_t packets(uint64_t octets) {
    return (octets + PACKET_SIZE - 1) / PACKET_SIZE;
}

static bool count(struct tunnel *tunnel) {
    if (tunnel->sent == 0 && tunnel->received == 0)
        return true;
    bool done = tunnel->house->count(tunnel->house->context, tunnel->number, packets(tunnel->sent),
                                     packets(tunnel->received));
    tunnel->sent = tunnel->received = 0;
    return done;
}

static bool count_some(struct tunnel *tunnel) {
    return tunnel->sent + tunnel->received < TUNNEL_REPORT_SIZE || count(tunnel);
}

// ---- who and whither ---------------------------------------------------------------------------

static bool open_session(struct tunnel *tunnel) {
    static const struct timeval silence = {SILENCE_MS / 1000, 0};
    setsockopt(tunnel->client, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    setsockopt(tunnel->client, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
    if (gnutls_init(&tunnel->session, GNUTLS_SERVER) < 0) {
        tunnel->session = NULL;
        return false;
    }
    gnutls_priority_set_direct(tunnel->session, TLS_PRIORITIES, NULL);
    gnutls_credentials_set(tunnel->session, GNUTLS_CRD_CERTIFICATE, tunnel->tls->credentials);
    gnutls_certificate_server_set_request(tunnel->session, GNUTLS_CERT_REQUIRE);
    gnutls_handshake_set_timeout(tunnel->session, HANDSHAKE_MS);
    gnutls_transport_set_int(tunnel->session, tunnel->client);
    int code;
    do
        code = gnutls_handshake(tunnel->session);
    while (code < 0 && !gnutls_error_is_fatal(code));
    return code >= 0;
}

/// The phone's number, by its certificate.
static bool know_phone(struct tunnel *tunnel) {
    struct tls_peer shown;
    const struct tunnel_house *house = tunnel->house;
    tls_peer_look(&shown, tunnel->session, tunnel->tls);
    struct peer peer = tls_peer_judge(&shown, tunnel->tls, clock_now_ms(house->clock));
    if (peer.fault == NULL && (peer.roles & ROLE_WALLET) != 0)
        tunnel->number = house->number(house->context, peer.id);
    return tunnel->number != NULL;
}

/// The addressee of a request for a tunnel, whole with its headers. 0, or the status to refuse
/// with.
static int read_request(struct tunnel *tunnel, char addressee[TUNNEL_NAME_MAX]) {
    char text[REQUEST_MAX + 1], version[16];
    size_t size = 0;
    text[0] = '\0';
    while (strstr(text, "\r\n\r\n") == NULL) {
        ssize_t got = size < REQUEST_MAX ? read_phone(tunnel, text + size, REQUEST_MAX - size) : 0;
        if (got <= 0)
            return size < REQUEST_MAX ? -1 : 431;
        size += (size_t)got;
        text[size] = '\0';
        if (strlen(text) != size)
            return 400;
    }
    // nothing may stand behind the headers before the tunnel is there
    if (strstr(text, "\r\n\r\n")[4] != '\0')
        return 400;
    _Static_assert(TUNNEL_NAME_MAX == 160, "as the format below");
    return sscanf(text, "CONNECT %159s HTTP/1.%1[01]", addressee, version) == 2 ? 0 : 405;
}

static bool answer(struct tunnel *tunnel, int status) {
    static const struct {
        int status;
        const char *words;
    } known[] = {{200, "Connected"},
                 {400, "Bad Request"},
                 {403, "Forbidden"},
                 {405, "Method Not Allowed"},
                 {431, "Request Header Fields Too Large"},
                 {502, "Bad Gateway"}};
    char text[64];
    size_t i = 0;
    while (known[i].status != status)
        i++;
    int size = snprintf(text, sizeof text, "HTTP/1.1 %d %s\r\n\r\n", status, known[i].words);
    return write_phone(tunnel, text, (size_t)size) && status == 200;
}

static bool connect_server(struct tunnel *tunnel) {
    static const struct timeval silence = {SILENCE_MS / 1000, 0};
    char addressee[TUNNEL_NAME_MAX];
    int status = know_phone(tunnel) ? 0 : 403, asked = read_request(tunnel, addressee);
    if (asked != 0)
        status = asked;
    if (status == 0)
        tunnel->server = tunnel->house->connect(tunnel->house->context, addressee, &status);
    if (tunnel->server < 0)
        return status > 0 && answer(tunnel, status);
    setsockopt(tunnel->server, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
    return answer(tunnel, 200);
}

// ---- through -----------------------------------------------------------------------------------

/// True: goes on.
static bool from_phone(struct tunnel *tunnel) {
    char octets[CHUNK];
    ssize_t got = read_phone(tunnel, octets, sizeof octets);
    if (got <= 0 || !write_server(tunnel, octets, (size_t)got))
        return false;
    tunnel->sent += (uint64_t)got;
    return count_some(tunnel);
}

static bool from_server(struct tunnel *tunnel) {
    char octets[CHUNK];
    ssize_t got = recv(tunnel->server, octets, sizeof octets, 0);
    if (got <= 0 || !write_phone(tunnel, octets, (size_t)got))
        return false;
    tunnel->received += (uint64_t)got;
    return count_some(tunnel);
}

static bool pass(struct tunnel *tunnel) {
    struct pollfd ends[] = {{tunnel->client, POLLIN, 0}, {tunnel->server, POLLIN, 0}};
    bool waiting = gnutls_record_check_pending(tunnel->session) > 0;
    if (poll(ends, 2, waiting ? 0 : SILENCE_MS) < 0 ||
        (!waiting && ends[0].revents == 0 && ends[1].revents == 0))
        return false;
    return ((!waiting && ends[0].revents == 0) || from_phone(tunnel)) &&
           (ends[1].revents == 0 || from_server(tunnel));
}

void tunnel_run(const struct tunnel_house *house, int client) {
    struct tunnel tunnel = {
        .house = house, .tls = tls_source_now(house->tls), .client = client, .server = -1};
    if (open_session(&tunnel) && connect_server(&tunnel))
        while (pass(&tunnel))
            continue;
    if (tunnel.server >= 0)
        count(&tunnel);
    if (tunnel.session != NULL) {
        gnutls_bye(tunnel.session, GNUTLS_SHUT_WR);
        gnutls_deinit(tunnel.session);
    }
    if (tunnel.server >= 0)
        close(tunnel.server);
    tls_release(tunnel.tls);
}
