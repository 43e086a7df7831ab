// SPDX-License-Identifier: Apache-2.0
// What PC/SC's result codes mean for a caller stands in one table, explain[]: card gone (nothing
// was sent), pipe broken (outcome open), or held by someone else. Choosing the reader:
// pcsc_reader.c.
#include "readers/link/pcsc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winscard.h>

#include "readers/link/pcsc_reader.h"

struct pcsc_link {
    struct link link;
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
    unsigned wait_ms;
    bool connected;
    bool shared; // somebody else is connected too
    char reader[PCSC_READER_NAME_MAX];
};

static const DWORD PROTOCOLS = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1;

static const struct {
    LONG code;
    enum link_status status;
    const char *text;
} explain[] = {
    {SCARD_E_NO_SERVICE, LINK_NO_CARD, "no PC/SC service answers; start pcscd or use tessera lab"},
    {SCARD_E_SERVICE_STOPPED, LINK_NO_CARD, "the PC/SC service stopped"},
    {SCARD_E_NO_READERS_AVAILABLE, LINK_NO_CARD, "no reader is connected"},
    {SCARD_E_UNKNOWN_READER, LINK_NO_CARD, "the reader is gone"},
    {SCARD_E_READER_UNAVAILABLE, LINK_NO_CARD, "the reader is gone"},
    {SCARD_E_NO_SMARTCARD, LINK_NO_CARD, "no card in the reader"},
    {SCARD_W_REMOVED_CARD, LINK_NO_CARD, "the card was taken out"},
    {SCARD_W_UNPOWERED_CARD, LINK_NO_CARD, "the card has no power"},
    {SCARD_W_UNRESPONSIVE_CARD, LINK_NO_CARD, "the card does not answer; insert it again"},
    {SCARD_E_SHARING_VIOLATION, LINK_LOCKED, "another program holds the card; try again later"},
    {SCARD_W_SECURITY_VIOLATION, LINK_LOCKED, "no permission to use PC/SC cards here"},
    {SCARD_W_RESET_CARD, LINK_BROKEN, "another program reset the card in between"},
    {SCARD_E_NOT_TRANSACTED, LINK_BROKEN, "the card did not answer; outcome open"},
    {SCARD_F_COMM_ERROR, LINK_BROKEN, "communication with the reader failed; outcome open"},
    {SCARD_E_INSUFFICIENT_BUFFER, LINK_BROKEN, "the answer is longer than its buffer"},
};

static const char *explanation(LONG code, enum link_status *status) {
    for (size_t i = 0; i < sizeof explain / sizeof explain[0]; i++)
        if (explain[i].code == code) {
            *status = explain[i].status;
            return explain[i].text;
        }
    *status = LINK_BROKEN;
    return pcsc_stringify_error(code);
}

static enum link_status report(struct pcsc_link *pcsc, LONG code) {
    enum link_status status;
    const char *text = explanation(code, &status);
    return link_error(&pcsc->link, status, "reader \"%s\": %s (%s)", pcsc->reader, text,
                      pcsc_stringify_error(code));
}

/// Alone if nobody else is connected; otherwise beside the others.
static LONG connect_card(struct pcsc_link *pcsc) {
    LONG code = SCardConnect(pcsc->context, pcsc->reader, SCARD_SHARE_EXCLUSIVE, PROTOCOLS,
                             &pcsc->card, &pcsc->protocol);
    pcsc->shared = code == SCARD_E_SHARING_VIOLATION;
    if (pcsc->shared)
        code = SCardConnect(pcsc->context, pcsc->reader, SCARD_SHARE_SHARED, PROTOCOLS, &pcsc->card,
                            &pcsc->protocol);
    pcsc->connected = code == SCARD_S_SUCCESS;
    return code;
}

/// May the same call succeed a moment later?
static bool may_pass(LONG code) {
    static const LONG passing[] = {SCARD_E_SHARING_VIOLATION, SCARD_W_REMOVED_CARD,
                                   SCARD_E_NO_SMARTCARD, SCARD_W_UNRESPONSIVE_CARD,
                                   SCARD_W_UNPOWERED_CARD};
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (passing[i] == code)
            return true;
    return false;
}

/// Another program may be about to finish, and a card just plugged may not be up: tries until the
/// waiting time is over, each time after the reader's next event or a tenth of a second.
static LONG connect_patiently(struct pcsc_link *pcsc) {
    LONG code = SCARD_E_NO_SMARTCARD;
    int64_t deadline = pcsc_now_ms() + pcsc->wait_ms;
    do {
        code = pcsc_wait_present(pcsc->context, pcsc->reader, deadline);
        if (code == SCARD_S_SUCCESS)
            code = connect_card(pcsc);
        if (!may_pass(code))
            return code;
        pcsc_wait_event(pcsc->context, pcsc->reader, 100);
    } while (pcsc_now_ms() < deadline);
    return code;
}

static enum link_status pcsc_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                      size_t capacity, size_t *answer_size) {
    struct pcsc_link *pcsc = (struct pcsc_link *)link;
    DWORD size = capacity;
    if (command.size > PCSC_COMMAND_MAX)
        return link_error(link, LINK_TOO_LONG, "reader \"%s\": a command of %zu octets; %d at most",
                          pcsc->reader, command.size, PCSC_COMMAND_MAX);
    if (command.size < 2) // one octet would be taken for a control octet by a virtual reader
        return link_error(link, LINK_UNSUPPORTED,
                          "reader \"%s\": PC/SC carries no command of %zu octets", pcsc->reader,
                          command.size);
    LONG code =
        SCardTransmit(pcsc->card, pcsc->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1,
                      command.data, command.size, NULL, answer, &size);
    if (code == SCARD_S_SUCCESS && size < 2)
        code = SCARD_E_NOT_TRANSACTED; // a virtual reader's way to say that the card went silent
    if (code != SCARD_S_SUCCESS)
        return report(pcsc, code);
    *answer_size = size;
    return LINK_OK;
}

/// In the way it is connected: asking for more would wait for the others without an end.
static LONG reconnect(struct pcsc_link *pcsc, enum link_reset kind) {
    if (!pcsc->connected)
        return SCARD_E_NO_SMARTCARD;
    return SCardReconnect(
        pcsc->card, pcsc->shared ? SCARD_SHARE_SHARED : SCARD_SHARE_EXCLUSIVE, PROTOCOLS,
        kind == LINK_RESET_COLD ? SCARD_UNPOWER_CARD : SCARD_RESET_CARD, &pcsc->protocol);
}

struct atr {
    uint8_t octets[MAX_ATR_SIZE];
    DWORD size;
};

/// One try. A card that is not there any more, or not yet again, shows in any of the steps.
static LONG try_reset(struct pcsc_link *pcsc, enum link_reset kind, struct atr *atr) {
    atr->size = sizeof atr->octets;
    LONG code = reconnect(pcsc, kind);
    if (code == SCARD_S_SUCCESS)
        code = SCardStatus(pcsc->card, NULL, NULL, NULL, NULL, atr->octets, &atr->size);
    return code;
}

/// A card that was torn off comes back as a new one, and the service may notice late that it was
/// gone: the old connection is given up, until a fresh one can be reset.
static LONG reset_patiently(struct pcsc_link *pcsc, enum link_reset kind, struct atr *atr) {
    int64_t deadline = pcsc_now_ms() + pcsc->wait_ms;
    LONG code = try_reset(pcsc, kind, atr);
    while (code != SCARD_S_SUCCESS && pcsc_now_ms() < deadline) {
        if (pcsc->connected)
            SCardDisconnect(pcsc->card, SCARD_UNPOWER_CARD);
        pcsc->connected = false;
        code = connect_patiently(pcsc);
        if (code != SCARD_S_SUCCESS)
            return code;
        code = try_reset(pcsc, kind, atr);
    }
    return code;
}

static enum link_status pcsc_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                   size_t capacity, size_t *atr_size) {
    struct pcsc_link *pcsc = (struct pcsc_link *)link;
    struct atr given;
    LONG code = reset_patiently(pcsc, kind, &given);
    if (code != SCARD_S_SUCCESS)
        return report(pcsc, code);
    if (atr == NULL)
        return LINK_OK;
    if (given.size > capacity)
        return link_error(link, LINK_TOO_LONG, "the ATR has %lu octets, the buffer %zu",
                          (unsigned long)given.size, capacity);
    memcpy(atr, given.octets, given.size);
    *atr_size = given.size;
    return LINK_OK;
}

static void pcsc_close(struct link *link) {
    struct pcsc_link *pcsc = (struct pcsc_link *)link;
    if (pcsc->connected)
        SCardDisconnect(pcsc->card, SCARD_RESET_CARD); // no selection, no PIN for the next program
    SCardReleaseContext(pcsc->context);
    free(pcsc);
}

static const struct link_ops pcsc_ops = {pcsc_transmit, pcsc_reset, pcsc_close};

static struct link *fail(struct pcsc_link *pcsc, LONG code, struct link_failure *failure) {
    enum link_status status;
    const char *text = explanation(code, &status);
    const char *socket = getenv("PCSCLITE_CSOCK_NAME");
    if (status == LINK_BROKEN) // nothing was sent yet
        status = LINK_NO_CARD;
    if (pcsc->reader[0] != '\0')
        link_fail(failure, status, "reader \"%s\": %s", pcsc->reader, text);
    else
        link_fail(failure, status, "PC/SC (%s): %s", socket != NULL ? socket : "of the system",
                  text);
    if (pcsc->context != 0)
        SCardReleaseContext(pcsc->context);
    free(pcsc);
    return NULL;
}

struct link *pcsc_link_open(const char *which, const struct link_options *options,
                            struct link_failure *failure) {
    struct pcsc_link *pcsc = calloc(1, sizeof *pcsc);
    struct atr atr;
    if (pcsc == NULL)
        return link_fail(failure, LINK_NO_CARD, "out of memory");
    pcsc->link.ops = &pcsc_ops;
    pcsc->link.command_max = PCSC_COMMAND_MAX;
    pcsc->link.answer_max = PCSC_COMMAND_MAX;
    pcsc->wait_ms = options->wait_ms > 0 ? options->wait_ms : LINK_WAIT_MS;
    LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &pcsc->context);
    if (code != SCARD_S_SUCCESS)
        return fail(pcsc, code, failure);
    if (!pcsc_reader_choose(pcsc->context, which, pcsc->reader, failure)) {
        SCardReleaseContext(pcsc->context);
        free(pcsc);
        return NULL;
    }
    code = connect_patiently(pcsc);
    if (code == SCARD_S_SUCCESS && !pcsc->shared) // proves that what is connected is still there
        code = reset_patiently(pcsc, LINK_RESET_WARM, &atr);
    return code == SCARD_S_SUCCESS ? &pcsc->link : fail(pcsc, code, failure);
}
