// SPDX-License-Identifier: Apache-2.0
// A libpcsclite without a daemon: the same programs, unchanged, reach cards inside their own
// process when LD_LIBRARY_PATH points here. TESSERA_FAKE_CARDS lists the images, separated by
// colons (",internal" behind one: commands come from inside); readers have the names that a lab
// gives them. One connection a card. Where TESSERA_CONTROL_n is set, a thread takes the order
// power-cut there while card n is connected.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winscard.h>

#include "card/applets.h"
#include "card/port/chip.h"
#include "readers/control.h"

enum { CARDS_MAX = 16, NAME_MAX_SIZE = 32, PATH_MAX_SIZE = 1024 };

struct fake_card {
    char reader[NAME_MAX_SIZE];
    char image[PATH_MAX_SIZE];
    enum card_interface interface;
    struct chip chip;
    bool connected;
    SCARDCONTEXT context; // whose connection it is
    struct control control;
    pthread_t orders;
    bool ordered; // the thread runs
    int wake[2];  // closing [1] ends it
};

static struct fake_card cards[CARDS_MAX];
static size_t card_count;
static SCARDCONTEXT last_context;

const SCARD_IO_REQUEST g_rgSCardT0Pci = {SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardT1Pci = {SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardRawPci = {SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST)};

static void read_environment(void) {
    const char *list = getenv("TESSERA_FAKE_CARDS");
    card_count = 0;
    while (list != NULL && *list != '\0' && card_count < CARDS_MAX) {
        struct fake_card *card = &cards[card_count];
        size_t size = strcspn(list, ":");
        snprintf(card->image, sizeof card->image, "%.*s", (int)size, list);
        char *internal = strstr(card->image, ",internal");
        card->interface = internal != NULL ? CARD_INTERNAL : CARD_CONTACT;
        if (internal != NULL)
            *internal = '\0';
        if (card_count < 2)
            snprintf(card->reader, sizeof card->reader, "Tessera 00 %02zX", card_count);
        else
            snprintf(card->reader, sizeof card->reader, "Tessera %02zX 00 %02zX", card_count / 2,
                     card_count % 2);
        card_count++;
        list += size + (list[size] == ':');
    }
}

static struct fake_card *find(const char *reader) {
    for (size_t i = 0; i < card_count; i++)
        if (strcmp(cards[i].reader, reader) == 0)
            return &cards[i];
    return NULL;
}

/// A handle is the card's number plus one.
static struct fake_card *connected(SCARDHANDLE handle) {
    bool known = handle >= 1 && (size_t)handle <= card_count;
    return known && cards[handle - 1].connected ? &cards[handle - 1] : NULL;
}

LONG SCardEstablishContext(DWORD scope, LPCVOID unused1, LPCVOID unused2, LPSCARDCONTEXT context) {
    (void)scope, (void)unused1, (void)unused2;
    read_environment();
    *context = ++last_context;
    return SCARD_S_SUCCESS;
}

// ---- orders ------------------------------------------------------------------------------------
/// The client waits for the reply, so that nothing else uses the card meanwhile.
static void order_power_cut(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct fake_card *card = context;
    if (argc < 3) {
        snprintf(reply, size, "error write: power-cut after N");
        return;
    }
    nvm_cut_arm(&card->chip.cut, strtoull(argv[2], NULL, 10), 0);
    snprintf(reply, size, "ok");
}

static const struct control_verb orders[] = {
    {"power-cut", "power-cut after N", order_power_cut},
};

static void *take_orders(void *context) {
    struct fake_card *card = context;
    struct pollfd events[1 + CONTROL_FDS_MAX];
    for (;;) {
        events[0] = (struct pollfd){.fd = card->wake[0], .events = POLLIN};
        size_t count = control_poll(&card->control, events + 1);
        if (poll(events, 1 + count, -1) > 0 && events[0].revents != 0)
            return NULL;
        control_serve(&card->control, events + 1, count);
    }
}

static void listen_orders(struct fake_card *card) {
    char name[48], error[256];
    snprintf(name, sizeof name, "TESSERA_CONTROL_%zu", (size_t)(card - cards) + 1);
    const char *path = getenv(name);
    if (path == NULL || !control_listen(&card->control, path, orders, 1, card, error, sizeof error))
        return;
    card->ordered =
        pipe(card->wake) == 0 && pthread_create(&card->orders, NULL, take_orders, card) == 0;
}

static void end_orders(struct fake_card *card) {
    if (!card->ordered)
        return;
    close(card->wake[1]);
    pthread_join(card->orders, NULL);
    close(card->wake[0]);
    control_close(&card->control);
    card->ordered = false;
}

// ---- the library -------------------------------------------------------------------------------
static void hang_up(struct fake_card *card) {
    end_orders(card);
    if (card->connected)
        chip_close(&card->chip);
    card->connected = false;
}

LONG SCardReleaseContext(SCARDCONTEXT context) {
    for (size_t i = 0; i < card_count; i++)
        if (cards[i].context == context)
            hang_up(&cards[i]);
    return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD size) {
    char list[CARDS_MAX * NAME_MAX_SIZE + 1];
    size_t used = 0;
    (void)context, (void)groups;
    for (size_t i = 0; i < card_count; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s", cards[i].reader) + 1;
    list[used++] = '\0';
    if (card_count == 0)
        return SCARD_E_NO_READERS_AVAILABLE;
    if (readers != NULL && *size < used)
        return SCARD_E_INSUFFICIENT_BUFFER;
    if (readers != NULL)
        memcpy(readers, list, used);
    *size = used;
    return SCARD_S_SUCCESS;
}

static LONG result_of(enum file_status status) {
    if (status == FILE_MISSING)
        return SCARD_E_NO_SMARTCARD;
    return status == FILE_LOCKED ? SCARD_E_SHARING_VIOLATION : SCARD_W_UNRESPONSIVE_CARD;
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD mode, DWORD protocols,
                  LPSCARDHANDLE handle, LPDWORD protocol) {
    struct fake_card *card = find(reader);
    (void)mode;
    if (card == NULL)
        return SCARD_E_UNKNOWN_READER;
    if (card->connected)
        return SCARD_E_SHARING_VIOLATION;
    if ((protocols & SCARD_PROTOCOL_T1) == 0)
        return SCARD_E_PROTO_MISMATCH;
    struct chip_options options = {.interface = card->interface};
    enum file_status status = chip_open(&card->chip, card->image, &standard_rom, &options);
    if (status != FILE_OK)
        return result_of(status);
    card->connected = true;
    card->context = context;
    *handle = (SCARDHANDLE)(card - cards) + 1;
    *protocol = SCARD_PROTOCOL_T1;
    listen_orders(card);
    return chip_power_on(&card->chip) ? SCARD_S_SUCCESS : SCARD_W_UNRESPONSIVE_CARD;
}

LONG SCardReconnect(SCARDHANDLE handle, DWORD mode, DWORD protocols, DWORD how, LPDWORD protocol) {
    struct fake_card *card = connected(handle);
    (void)mode, (void)protocols;
    if (card == NULL)
        return SCARD_E_INVALID_HANDLE;
    if (how == SCARD_RESET_CARD)
        chip_reset(&card->chip);
    if (how == SCARD_UNPOWER_CARD && !chip_power_on(&card->chip))
        return SCARD_W_UNRESPONSIVE_CARD;
    *protocol = SCARD_PROTOCOL_T1;
    return SCARD_S_SUCCESS;
}

LONG SCardDisconnect(SCARDHANDLE handle, DWORD disposition) {
    struct fake_card *card = connected(handle);
    (void)disposition;
    if (card == NULL)
        return SCARD_E_INVALID_HANDLE;
    hang_up(card);
    return SCARD_S_SUCCESS;
}

LONG SCardStatus(SCARDHANDLE handle, LPSTR reader, LPDWORD reader_size, LPDWORD state,
                 LPDWORD protocol, LPBYTE atr, LPDWORD atr_size) {
    const struct fake_card *card = connected(handle);
    if (card == NULL)
        return SCARD_E_INVALID_HANDLE;
    if (reader != NULL && reader_size != NULL)
        snprintf(reader, *reader_size, "%s", card->reader);
    if (state != NULL)
        *state = SCARD_PRESENT | SCARD_POWERED | SCARD_SPECIFIC;
    if (protocol != NULL)
        *protocol = SCARD_PROTOCOL_T1;
    if (atr != NULL && atr_size != NULL && *atr_size >= CARD_ATR_MAX)
        *atr_size = card_atr(card->chip.interface, atr);
    return SCARD_S_SUCCESS;
}

LONG SCardTransmit(SCARDHANDLE handle, const SCARD_IO_REQUEST *send, LPCBYTE command, DWORD size,
                   SCARD_IO_REQUEST *receive, LPBYTE answer, LPDWORD answer_size) {
    struct fake_card *card = connected(handle);
    uint8_t buffer[CARD_ANSWER_MAX + 2];
    (void)send, (void)receive;
    if (card == NULL)
        return SCARD_E_INVALID_HANDLE;
    size_t got = chip_transmit(&card->chip, bytes_of(command, size), buffer, sizeof buffer);
    if (got == 0)
        return SCARD_E_NOT_TRANSACTED;
    if (got > *answer_size)
        return SCARD_E_INSUFFICIENT_BUFFER;
    memcpy(answer, buffer, got);
    *answer_size = got;
    return SCARD_S_SUCCESS;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states,
                          DWORD count) {
    bool changed = false;
    (void)context, (void)timeout;
    for (DWORD i = 0; i < count; i++) {
        const struct fake_card *card = find(states[i].szReader);
        struct stat info;
        DWORD state = card == NULL                    ? SCARD_STATE_UNKNOWN
                      : stat(card->image, &info) == 0 ? SCARD_STATE_PRESENT
                                                      : SCARD_STATE_EMPTY;
        bool differs = state != (states[i].dwCurrentState & ~(DWORD)SCARD_STATE_CHANGED);
        states[i].dwEventState = state | (differs ? SCARD_STATE_CHANGED : 0);
        changed = changed || differs;
    }
    return changed ? SCARD_S_SUCCESS : SCARD_E_TIMEOUT; // nothing ever changes by itself
}

LONG SCardBeginTransaction(SCARDHANDLE handle) {
    return connected(handle) != NULL ? SCARD_S_SUCCESS : SCARD_E_INVALID_HANDLE;
}

LONG SCardEndTransaction(SCARDHANDLE handle, DWORD disposition) {
    (void)disposition;
    return SCardBeginTransaction(handle);
}

LONG SCardCancel(SCARDCONTEXT context) {
    (void)context;
    return SCARD_S_SUCCESS;
}

const char *pcsc_stringify_error(const LONG code) {
    static char text[32];
    snprintf(text, sizeof text, "PC/SC result %08lX", (unsigned long)code);
    return text;
}
