// SPDX-License-Identifier: Apache-2.0
// Chaining and GET RESPONSE are the caller's (apdu/command/exchange.h); lengths are checked here
// before libnfc sees them. Opening and locking the port: nfc_port.c.
#include "readers/link/nfc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "readers/link/nfc_port.h"

enum {
    SAK_PROTOCOL = 0x20,
    UID_RANDOM = 0x08, // first octet of a random UID (ISO/IEC 14443-3 6.5.4)
    FIELD_OFF_MS = 10, // longer than the 5.1 ms that reset any card (ISO/IEC 14443-3 5.4)
    RETRY_MS = 20,
    OPTION_MAX = 3600000, // an hour
    ATR_MAX = 33,
};

struct nfc_link {
    struct link link;
    struct nfc_port port;
    unsigned wait_ms, tap_ms; // tap_ms 0: no deadline over the tap
    unsigned wrong_ms;        // before a card of no use is told; 0: when the wait is over
    int64_t tap_start;
    bool active;      // a card is selected and in order
    bool device_lost; // the port must be opened again
    bool known;       // card holds the first card's UID
    nfc_target card;
    char connection[NFC_CONNECTION_MAX];
};

static const nfc_modulation type_a = {NMT_ISO14443A, NBR_106};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(unsigned ms) {
    struct timespec time = {0, (long)ms * 1000000};
    nanosleep(&time, NULL);
}

static void uid_text(const nfc_target *card, char text[32]) {
    const nfc_iso14443a_info *info = &card->nti.nai;
    text[0] = '\0';
    for (size_t i = 0; i < info->szUidLen; i++)
        snprintf(text + 2 * i, 32 - 2 * i, "%02X", info->abtUid[i]);
}

// ---- finding the card -----------------------------------------------------------------------

static bool set(struct nfc_link *nfc, nfc_property property, bool value) {
    return nfc_device_set_property_bool(nfc->port.device, property, value) >= 0;
}

static bool open_reader(struct nfc_link *nfc, struct link_failure *failure) {
    nfc_port_close(&nfc->port);
    if (!nfc_port_open(&nfc->port, nfc->connection, failure))
        return false;
    if (nfc_initiator_init(nfc->port.device) >= 0 && set(nfc, NP_INFINITE_SELECT, false)) {
        nfc->device_lost = false;
        return true;
    }
    nfc->device_lost = true; // it is there; another try may find it awake
    link_fail(failure, LINK_NO_CARD, "the NFC reader at %s cannot read cards: %s", nfc->connection,
              nfc_port_error(nfc_device_get_last_error(nfc->port.device)));
    return false;
}

// A second card stays idle when the first is selected, and answers a wake-up that the first, being
// in T=CL, ignores.
static bool another_answers(struct nfc_link *nfc) {
    static const uint8_t reqa = 0x26;
    uint8_t answer[8];
    if (!set(nfc, NP_EASY_FRAMING, false) || !set(nfc, NP_HANDLE_CRC, false))
        return false;
    int bits = nfc_initiator_transceive_bits(nfc->port.device, &reqa, 7, NULL, answer,
                                             sizeof answer, NULL);
    set(nfc, NP_HANDLE_CRC, true);
    set(nfc, NP_EASY_FRAMING, true);
    return bits > 0;
}

static bool same_card(const nfc_target *a, const nfc_target *b) {
    const nfc_iso14443a_info *x = &a->nti.nai, *y = &b->nti.nai;
    bool random = x->szUidLen == 4 && y->szUidLen == 4 && x->abtUid[0] == UID_RANDOM &&
                  y->abtUid[0] == UID_RANDOM;
    return random || (x->szUidLen == y->szUidLen && memcmp(x->abtUid, y->abtUid, x->szUidLen) == 0);
}

// What was selected must be one card, of our kind, and the one we had.
static enum link_status examine(struct nfc_link *nfc, const nfc_target *found) {
    char uid[32], expected[32];
    uid_text(found, uid);
    if ((found->nti.nai.btSak & SAK_PROTOCOL) == 0)
        return link_error(&nfc->link, LINK_FOREIGN,
                          "the card on %s (UID %s, SAK %02X) does not speak ISO/IEC 14443-4; show "
                          "another one",
                          nfc->connection, uid, found->nti.nai.btSak);
    if (another_answers(nfc))
        return link_error(&nfc->link, LINK_TWO_CARDS, "two cards on %s; show only one",
                          nfc->connection);
    if (nfc->known && !same_card(&nfc->card, found)) {
        uid_text(&nfc->card, expected);
        return link_error(&nfc->link, LINK_NO_CARD,
                          "another card came back to %s: UID %s, not %s; show the first one",
                          nfc->connection, uid, expected);
    }
    return LINK_OK;
}

// One look: a card, nothing, or a reader that is gone.
static enum link_status select_once(struct nfc_link *nfc) {
    nfc_target found;
    int count = nfc_initiator_select_passive_target(nfc->port.device, type_a, NULL, 0, &found);
    if (count < 0 && count != NFC_ETIMEOUT && count != NFC_ERFTRANS)
        nfc->device_lost = true;
    if (count <= 0)
        return link_error(&nfc->link, LINK_NO_CARD, "no card on %s: %s", nfc->connection,
                          count == 0 ? "show one" : nfc_port_error(count));
    enum link_status status = examine(nfc, &found);
    if (status != LINK_OK)
        return status;
    nfc->card = found;
    nfc->known = nfc->active = true;
    nfc->tap_start = now_ms();
    return LINK_OK;
}

// Off and on: every card starts anew, halted ones too.
static bool field_cycle(struct nfc_link *nfc) {
    if (!set(nfc, NP_ACTIVATE_FIELD, false))
        return false;
    pause_ms(FIELD_OFF_MS);
    return set(nfc, NP_ACTIVATE_FIELD, true);
}

static enum link_status reopen(struct nfc_link *nfc) {
    struct link_failure failure = {LINK_OK, ""};
    if (open_reader(nfc, &failure))
        return LINK_OK;
    nfc->device_lost = true;
    return link_error(&nfc->link, failure.status, "%.200s", failure.text);
}

// Has what cannot be used been there for as long as one may wait for it to go? Cards that pass by
// each other are no reason to speak.
static bool is_wrong(const struct nfc_link *nfc, enum link_status status, int64_t *since) {
    if (nfc->wrong_ms == 0 || (status != LINK_FOREIGN && status != LINK_TWO_CARDS)) {
        *since = INT64_MAX;
        return false;
    }
    int64_t now = now_ms();
    if (*since > now)
        *since = now;
    return now - *since >= nfc->wrong_ms;
}

// Looks until the waiting time is over, opening a reader that was pulled and came back.
static enum link_status find_card(struct nfc_link *nfc) {
    int64_t deadline = now_ms() + nfc->wait_ms, wrong_since = INT64_MAX;
    enum link_status status;
    nfc->active = false;
    for (;;) {
        status = nfc->device_lost ? reopen(nfc) : LINK_OK;
        if (status == LINK_OK && !field_cycle(nfc))
            nfc->device_lost = true;
        if (status == LINK_OK && !nfc->device_lost)
            status = select_once(nfc);
        if (status == LINK_OK && nfc->active)
            return LINK_OK;
        if (is_wrong(nfc, status, &wrong_since))
            return status;
        if (now_ms() >= deadline)
            return status != LINK_OK ? status
                                     : link_error(&nfc->link, LINK_NO_CARD,
                                                  "the NFC reader at %s is gone", nfc->connection);
        pause_ms(RETRY_MS);
    }
}

// ---- one APDU -------------------------------------------------------------------------------

static int patience_ms(const struct nfc_link *nfc) {
    int64_t left = nfc->tap_start + (int64_t)nfc->tap_ms - now_ms();
    if (nfc->tap_ms == 0 || left > NFC_COMMAND_MS)
        return NFC_COMMAND_MS;
    return left > 0 ? (int)left : 0;
}

// Why an exchange failed: the presence check tells a card that left from a disturbed one.
static enum link_status failed(struct nfc_link *nfc, int code) {
    const char *more = "";
    nfc->active = false;
    if (code == NFC_EIO || code == NFC_ENOTSUCHDEV)
        nfc->device_lost = true;
    else if (code == NFC_ERFTRANS)
        more = nfc_initiator_target_is_present(nfc->port.device, NULL) == 0
                   ? " (the card is still there)"
                   : " (the card left the field)";
    return link_error(&nfc->link, LINK_BROKEN, "%s: %s%s; outcome open, tap again", nfc->connection,
                      nfc_port_error(code), more);
}

static enum link_status nfc_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                     size_t capacity, size_t *answer_size) {
    struct nfc_link *nfc = (struct nfc_link *)link;
    uint8_t octets[NFC_APDU_MAX + 2];
    if (command.size > NFC_APDU_MAX)
        return link_error(link, LINK_TOO_LONG, "%s: a command of %zu octets; %d at most, chain it",
                          nfc->connection, command.size, NFC_APDU_MAX);
    if (!nfc->active)
        return link_error(link, LINK_BROKEN, "%s: the card is gone; tap again", nfc->connection);
    int patience = patience_ms(nfc);
    if (patience == 0) {
        nfc->active = false;
        return link_error(link, LINK_BROKEN, "%s: the tap took longer than %u ms; tap again",
                          nfc->connection, nfc->tap_ms);
    }
    int size = nfc_initiator_transceive_bytes(nfc->port.device, command.data, command.size, octets,
                                              sizeof octets, patience);
    if (size < 0)
        return failed(nfc, size);
    if ((size_t)size > capacity || size > NFC_APDU_MAX) {
        nfc->active = false;
        return link_error(link, LINK_BROKEN, "%s: an answer of %d octets; the buffer has %zu",
                          nfc->connection, size, capacity);
    }
    memcpy(answer, octets, (size_t)size);
    *answer_size = (size_t)size;
    return LINK_OK;
}

// ---- reset, close, open ---------------------------------------------------------------------

// PC/SC part 3, 3.1.3.2.3.1: the ATR that stands for an ATS, from its historical octets.
static size_t substitute_atr(const nfc_target *card, uint8_t atr[ATR_MAX]) {
    const nfc_iso14443a_info *info = &card->nti.nai;
    size_t at = 1, size = 4;
    if (info->szAtsLen > 0)
        for (unsigned bit = 0x10; bit <= 0x40; bit <<= 1)
            at += (info->abtAts[0] & bit) != 0;
    size_t historical = info->szAtsLen > at ? info->szAtsLen - at : 0;
    if (historical > 15)
        historical = 15;
    atr[0] = 0x3B;
    atr[1] = (uint8_t)(0x80 | historical);
    atr[2] = 0x80;
    atr[3] = 0x01;
    memcpy(atr + size, info->abtAts + at, historical);
    size += historical;
    atr[size] = 0;
    for (size_t i = 1; i < size; i++)
        atr[size] ^= atr[i];
    return size + 1;
}

static enum link_status nfc_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                  size_t capacity, size_t *atr_size) {
    struct nfc_link *nfc = (struct nfc_link *)link;
    uint8_t octets[ATR_MAX];
    (void)kind; // a contactless card has no reset line: its field goes off either way
    enum link_status status = find_card(nfc);
    if (status != LINK_OK || atr == NULL)
        return status;
    size_t size = substitute_atr(&nfc->card, octets);
    if (size > capacity)
        return link_error(link, LINK_TOO_LONG, "the ATR has %zu octets, the buffer %zu", size,
                          capacity);
    memcpy(atr, octets, size);
    *atr_size = size;
    return LINK_OK;
}

static void nfc_link_close(struct link *link) {
    struct nfc_link *nfc = (struct nfc_link *)link;
    nfc_port_close(&nfc->port);
    free(nfc);
}

static const struct link_ops nfc_ops = {nfc_transmit, nfc_reset, nfc_link_close};

// NAME=N, where N is at least 1.
static bool read_option(struct nfc_link *nfc, const char *option) {
    static const char *const names[] = {"tap-ms=", "wait-ms="};
    unsigned *const places[] = {&nfc->tap_ms, &nfc->wait_ms};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *end = NULL;
        size_t size = strlen(names[i]);
        if (strncmp(option, names[i], size) != 0)
            continue;
        unsigned long value = strtoul(option + size, &end, 10);
        if (end == option + size || *end != '\0' || value == 0 || value > OPTION_MAX)
            return false;
        *places[i] = (unsigned)value;
        return true;
    }
    return false;
}

// CONNECTION[,tap-ms=N][,wait-ms=N], the options in any order.
static bool parse(struct nfc_link *nfc, const char *rest, struct link_failure *failure) {
    size_t size = strlen(rest);
    if (size >= sizeof nfc->connection) {
        link_fail(failure, LINK_BAD_INPUT, "a connection string of %zu characters", size);
        return false;
    }
    memcpy(nfc->connection, rest, size + 1);
    for (char *option; (option = strrchr(nfc->connection, ',')) != NULL; *option = '\0')
        if (!read_option(nfc, option + 1)) {
            link_fail(failure, LINK_BAD_INPUT,
                      "\"%s\" after the connection string; write ,tap-ms=500 or ,wait-ms=1000",
                      option);
            return false;
        }
    return true;
}

struct link *nfc_link_open(const char *rest, const struct link_options *options,
                           struct link_failure *failure) {
    struct nfc_link *nfc = calloc(1, sizeof *nfc);
    if (nfc == NULL)
        return link_fail(failure, LINK_NO_CARD, "out of memory");
    nfc->port.lock = -1;
    nfc->wait_ms = options->wait_ms > 0 ? options->wait_ms : LINK_WAIT_MS;
    nfc->wrong_ms = options->wrong_ms;
    nfc->link = (struct link){.ops = &nfc_ops,
                              .contactless = true,
                              .command_max = NFC_APDU_MAX,
                              .answer_max = NFC_APDU_MAX};
    if (!parse(nfc, rest, failure) || (!open_reader(nfc, failure) && !nfc->device_lost))
        goto failed;
    enum link_status status = find_card(nfc);
    if (status == LINK_OK)
        return &nfc->link;
    link_fail(failure, status, "%s", nfc->link.error);
failed:
    nfc_link_close(&nfc->link);
    return NULL;
}
