// SPDX-License-Identifier: Apache-2.0
// Choosing a PC/SC reader and waiting for the card in it. Waiting is always for an event of the
// PC/SC service with a deadline, never a sleep.
#ifndef READERS_LINK_PCSC_READER_H
#define READERS_LINK_PCSC_READER_H

#include <winscard.h>

#include "readers/link/link_kind.h"

enum { PCSC_READER_NAME_MAX = 128, PCSC_READERS_MAX = 16 };

/// Writes the full name of the reader that which (number, name or part of one) names. False, with
/// the failure naming every reader there is, when none or more than one fits.
bool pcsc_reader_choose(SCARDCONTEXT context, const char *which, char name[PCSC_READER_NAME_MAX],
                        struct link_failure *failure);

/// Milliseconds of a clock that only rises.
int64_t pcsc_now_ms(void);

/// Waits until a card is present. SCARD_E_NO_SMARTCARD when none came before the deadline.
LONG pcsc_wait_present(SCARDCONTEXT context, const char *reader, int64_t deadline_ms);

/// Waits for the reader's next event, at most so long.
void pcsc_wait_event(SCARDCONTEXT context, const char *reader, unsigned at_most_ms);

#endif
