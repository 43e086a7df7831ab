// SPDX-License-Identifier: Apache-2.0
#include "readers/link/pcsc/pcsc_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winscard.h>

enum { NAMES_MAX = 4096, WAIT_MS = 1000 };

/// For more readers of any kind: the name that PC/SC gives the arrival of one.
static const char arrival[] = "\\\\?PnP?\\Notification";

static bool tell(LONG code, struct link_failure *failure) {
    const char *socket = getenv("PCSCLITE_CSOCK_NAME");
    bool no_service = code == SCARD_E_NO_SERVICE || code == SCARD_E_SERVICE_STOPPED;
    link_fail(failure, LINK_NO_CARD, "PC/SC (%s): %s", socket != NULL ? socket : "of the system",
              no_service ? "no PC/SC service answers; start pcscd or use tessera lab"
              : code == SCARD_E_NO_READERS_AVAILABLE ? "no reader is connected"
                                                     : pcsc_stringify_error(code));
    return false;
}

static enum pcsc_state state_of(DWORD event) {
    return (event & SCARD_STATE_MUTE) != 0                              ? PCSC_MUTE
           : (event & SCARD_STATE_PRESENT) == 0                         ? PCSC_EMPTY
           : (event & (SCARD_STATE_EXCLUSIVE | SCARD_STATE_INUSE)) != 0 ? PCSC_IN_USE
                                                                        : PCSC_CARD;
}

/// Names one behind the other into states of the same order.
static size_t take_names(SCARDCONTEXT context, char *names, SCARD_READERSTATE *states, LONG *code) {
    DWORD size = NAMES_MAX;
    size_t count = 0;
    *code = SCardListReaders(context, NULL, names, &size);
    if (*code != SCARD_S_SUCCESS)
        return 0;
    for (const char *name = names; *name != '\0' && count < PCSC_LIST_MAX; name += strlen(name) + 1)
        states[count++] = (SCARD_READERSTATE){.szReader = name};
    return count;
}

static bool look(const SCARD_READERSTATE *states, size_t count, struct pcsc_listed *readers) {
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        struct pcsc_listed *reader = &readers[i];
        *reader = (struct pcsc_listed){.state = state_of(states[i].dwEventState)};
        snprintf(reader->name, sizeof reader->name, "%s", states[i].szReader);
        reader->atr_size =
            states[i].cbAtr < PCSC_LIST_ATR_MAX ? states[i].cbAtr : PCSC_LIST_ATR_MAX;
        memcpy(reader->atr, states[i].rgbAtr, reader->atr_size);
        any |= reader->state != PCSC_EMPTY;
    }
    return any;
}

/// One look; *any: a card is somewhere. Waits for what comes next where none is.
static LONG list_once(SCARDCONTEXT context, struct pcsc_listed *readers, size_t *count, bool wait,
                      bool *any) {
    char names[NAMES_MAX];
    SCARD_READERSTATE states[PCSC_LIST_MAX + 1];
    LONG code;
    *count = take_names(context, names, states, &code);
    if (*count > 0)
        code = SCardGetStatusChange(context, 0, states, (DWORD)*count);
    if (code == SCARD_E_TIMEOUT)
        code = SCARD_S_SUCCESS;
    *any = *count > 0 && look(states, *count, readers);
    bool none = code == SCARD_E_NO_READERS_AVAILABLE;
    if (!wait || *any || (code != SCARD_S_SUCCESS && !none))
        return code;
    for (size_t i = 0; i < *count; i++)
        states[i].dwCurrentState = states[i].dwEventState;
    states[*count] = (SCARD_READERSTATE){.szReader = arrival};
    (void)SCardGetStatusChange(context, WAIT_MS, states, (DWORD)*count + 1);
    return SCARD_S_SUCCESS;
}

bool pcsc_list(struct pcsc_listed readers[PCSC_LIST_MAX], size_t *count, bool wait,
               struct link_failure *failure) {
    SCARDCONTEXT context;
    bool any = false;
    *count = 0;
    LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
    if (code != SCARD_S_SUCCESS)
        return tell(code, failure);
    do
        code = list_once(context, readers, count, wait, &any);
    while (wait && !any && code == SCARD_S_SUCCESS);
    SCardReleaseContext(context);
    return code == SCARD_S_SUCCESS || tell(code, failure);
}
