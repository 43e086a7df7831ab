// SPDX-License-Identifier: Apache-2.0
#include "readers/link/nfc/nfc_target.h"

#include "apdu/octets/codec.h"
#include "readers/link/link_open.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { ABORT_RETRY_MS = 20, ACTIVATION_MAX = 64 };

// ---- the card on the air ----------------------------------------------------------------------

// What a reader sees first: a random UID, ISO/IEC 14443-4, no historical octets.
static nfc_target target_of(void) {
    nfc_target target = {.nm = {NMT_ISO14443A, NBR_UNDEFINED}};
    nfc_iso14443a_info *info = &target.nti.nai;
    static const uint8_t ats[] = {0x75, 0x33, 0x92, 0x03};
    info->abtAtqa[1] = 0x04;
    info->btSak = 0x20;
    info->szUidLen = 4;
    if (getrandom(info->abtUid, 4, 0) != 4)
        memset(info->abtUid, 0x11, 4); // a UID need not be secret
    info->abtUid[0] = 0x08;
    info->szAtsLen = sizeof ats;
    memcpy(info->abtAts, ats, sizeof ats);
    return target;
}

// Runs in the air thread around every call that may wait; false when it shall not wait now.
static bool begin_wait(struct nfc_air *air) {
    air->waiting = true;
    if (!air->leave)
        return true;
    air->waiting = false;
    return false;
}

// One command and its answer; false when the reader let go, or the card lost its power.
static bool serve_command(struct nfc_air *air) {
    uint8_t command[NFC_APDU_MAX + 2], answer[APDU_SHORT_RESPONSE_MAX];
    if (!begin_wait(air))
        return false;
    int got = nfc_target_receive_bytes(air->port.device, command, sizeof command, 0);
    air->waiting = false;
    if (got < 0)
        return false;
    size_t size = air->card.transmit(air->card.context, bytes_of(command, (size_t)got), answer,
                                     sizeof answer);
    air->commands++;
    return size > 0 && nfc_target_send_bytes(air->port.device, answer, size, 0) >= 0;
}

static void serve_tap(struct nfc_air *air) {
    bool on = air->card.power(air->card.context, true);
    air->taps++;
    while (on && serve_command(air)) {
    }
    air->card.power(air->card.context, false);
}

// Waits for a reader. 0 with a card activated, else libnfc's error.
static int await_reader(struct nfc_air *air) {
    uint8_t activation[ACTIVATION_MAX];
    nfc_target target = target_of();
    if (!begin_wait(air))
        return NFC_EOPABORTED;
    int got = nfc_target_init(air->port.device, &target, activation, sizeof activation, 0);
    air->waiting = false;
    return got < 0 ? got : 0;
}

// Outside the field on order: waits until it is put back or the program ends.
static void rest(struct nfc_air *air) {
    pthread_mutex_lock(&air->lock);
    air->leave = false;
    while (!air->inserted && !air->stop)
        pthread_cond_wait(&air->changed, &air->lock);
    pthread_mutex_unlock(&air->lock);
}

static void *live_on_air(void *context) {
    struct nfc_air *air = context;
    int result = 0;
    while (!air->stop && result != NFC_EIO && result != NFC_ENOTSUCHDEV) {
        rest(air);
        if (air->stop)
            break;
        result = await_reader(air);
        if (result == 0)
            serve_tap(air);
    }
    if (!air->stop) {
        fail(&air->failure, EXIT_ABSENT, "the NFC device at %s is gone: %s", air->port.connection,
             nfc_port_error(result));
    }
    close(air->ended[1]);
    return NULL;
}

// libnfc forgets an abort that comes when nothing waits, so it is repeated until the thread is out.
static void call_back(struct nfc_air *air) {
    air->leave = true;
    for (unsigned i = 0; air->leave && i < 100; i++) {
        struct pollfd event = {.fd = air->ended[0], .events = POLLIN};
        if (air->waiting)
            nfc_abort_command(air->port.device);
        pthread_cond_broadcast(&air->changed);
        if (poll(&event, 1, ABORT_RETRY_MS) > 0)
            return;
    }
}

// ---- from outside ----------------------------------------------------------------------------

void nfc_air_insert(struct nfc_air *air) {
    pthread_mutex_lock(&air->lock);
    air->inserted = true;
    pthread_cond_broadcast(&air->changed);
    pthread_mutex_unlock(&air->lock);
}

void nfc_air_remove(struct nfc_air *air) {
    pthread_mutex_lock(&air->lock);
    bool was = air->inserted;
    air->inserted = false;
    pthread_mutex_unlock(&air->lock);
    if (was)
        call_back(air);
}

int nfc_air_gone(const struct nfc_air *air) {
    return air->ended[0];
}

bool nfc_air_open(struct nfc_air *air, const char *connection, const struct nfc_target_card *card,
                  struct failure *failure) {
    struct link_failure why;
    if (strncmp(connection, "nfc:", 4) == 0) // a link's name says the same
        connection += 4;
    air->card = *card;
    air->inserted = true;
    pthread_mutex_init(&air->lock, NULL);
    pthread_cond_init(&air->changed, NULL);
    return nfc_port_open(&air->port, connection, &why) ||
           fail(failure, (enum exit_code)link_exit_code(why.status), "%s", why.text);
}

bool nfc_air_start(struct nfc_air *air, struct failure *failure) {
    return (pipe(air->ended) == 0 && pthread_create(&air->thread, NULL, live_on_air, air) == 0) ||
           fail(failure, EXIT_ABSENT, "cannot start a thread: %s", strerror(errno));
}

bool nfc_air_stop(struct nfc_air *air, struct failure *failure) {
    air->stop = true;
    call_back(air);
    pthread_join(air->thread, NULL);
    *failure = air->failure;
    return failure->code == EXIT_DONE;
}

void nfc_air_close(struct nfc_air *air) {
    nfc_port_close(&air->port);
}
