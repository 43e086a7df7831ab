// SPDX-License-Identifier: Apache-2.0
#include "readers/link/pcsc_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIST_MAX = PCSC_READERS_MAX * PCSC_READER_NAME_MAX };

struct readers {
    char list[LIST_MAX]; // names, each ended by 0, as PC/SC gives them
    const char *names[PCSC_READERS_MAX];
    size_t count;
};

static LONG readers_list(SCARDCONTEXT context, struct readers *readers) {
    DWORD size = sizeof readers->list - 1;
    readers->count = 0;
    memset(readers->list, 0, sizeof readers->list);
    LONG code = SCardListReaders(context, NULL, readers->list, &size);
    if (code == SCARD_E_NO_READERS_AVAILABLE)
        return SCARD_S_SUCCESS;
    if (code != SCARD_S_SUCCESS)
        return code;
    for (const char *name = readers->list; *name != '\0' && readers->count < PCSC_READERS_MAX;
         name += strlen(name) + 1)
        readers->names[readers->count++] = name;
    return SCARD_S_SUCCESS;
}

static bool is_number(const char *text) {
    return text[0] != '\0' && strspn(text, "0123456789") == strlen(text) && strlen(text) < 4;
}

/// How many readers fit; the first of them in *chosen. A full name fits alone.
static size_t matches(const struct readers *readers, const char *which, size_t *chosen) {
    size_t found = 0;
    if (is_number(which)) {
        *chosen = strtoul(which, NULL, 10);
        return *chosen < readers->count ? 1 : 0;
    }
    for (size_t i = readers->count; i-- > 0;) {
        if (strcmp(readers->names[i], which) == 0) {
            *chosen = i;
            return 1;
        }
        if (strstr(readers->names[i], which) != NULL) {
            *chosen = i;
            found++;
        }
    }
    return found;
}

static void describe(const struct readers *readers, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < readers->count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu \"%s\"", i > 0 ? ", " : "", i,
                                 readers->names[i]);
}

bool pcsc_reader_choose(SCARDCONTEXT context, const char *which, char name[PCSC_READER_NAME_MAX],
                        struct link_failure *failure) {
    struct readers readers;
    char known[320];
    size_t chosen = 0;
    LONG code = readers_list(context, &readers);
    if (code != SCARD_S_SUCCESS)
        return link_fail(failure, LINK_NO_CARD, "cannot list readers: %s",
                         pcsc_stringify_error(code)) != NULL;
    if (readers.count == 0)
        return link_fail(failure, LINK_NO_CARD,
                         "no such reader \"%s\": pcscd knows no reader at all", which) != NULL;
    size_t found = matches(&readers, which, &chosen);
    describe(&readers, known, sizeof known);
    if (found != 1) {
        link_fail(failure, found == 0 ? LINK_NO_CARD : LINK_BAD_INPUT,
                  "%s reader \"%s\"; there are: %s", found == 0 ? "no such" : "more than one",
                  which, known);
        return false;
    }
    snprintf(name, PCSC_READER_NAME_MAX, "%s", readers.names[chosen]);
    return true;
}

int64_t pcsc_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

LONG pcsc_wait_present(SCARDCONTEXT context, const char *reader, int64_t deadline_ms) {
    SCARD_READERSTATE state = {.szReader = reader, .dwCurrentState = SCARD_STATE_UNAWARE};
    for (;;) {
        int64_t left = deadline_ms - pcsc_now_ms();
        LONG code = SCardGetStatusChange(context, left > 0 ? (DWORD)left : 0, &state, 1);
        if (code == SCARD_E_TIMEOUT)
            return SCARD_E_NO_SMARTCARD;
        if (code != SCARD_S_SUCCESS)
            return code;
        if ((state.dwEventState & SCARD_STATE_UNKNOWN) != 0)
            return SCARD_E_UNKNOWN_READER;
        if ((state.dwEventState & SCARD_STATE_PRESENT) != 0)
            return SCARD_S_SUCCESS;
        if (left <= 0)
            return SCARD_E_NO_SMARTCARD;
        state.dwCurrentState = state.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    }
}

void pcsc_wait_event(SCARDCONTEXT context, const char *reader, unsigned at_most_ms) {
    SCARD_READERSTATE state = {.szReader = reader, .dwCurrentState = SCARD_STATE_UNAWARE};
    if (SCardGetStatusChange(context, 0, &state, 1) != SCARD_S_SUCCESS)
        return;
    state.dwCurrentState = state.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    SCardGetStatusChange(context, at_most_ms, &state, 1);
}
