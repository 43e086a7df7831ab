// SPDX-License-Identifier: Apache-2.0
// The NFC half of a lab: one radio field (tessera field) with its readers, its cards, and the ways
// in which programs are told about it.
#ifndef READERS_LAB_AIR_H
#define READERS_LAB_AIR_H

#include "readers/lab/lab.h"

/// Starts the field when the lab has NFC readers; sets LIBNFC_DEVICE (one reader) or
/// LIBNFC_DEFAULT_DEVICE (several), and TESSERA_NFC_NAME for each, as written and in capitals.
bool air_up(struct lab *lab);

/// Waits until the field takes orders, at most LAB_UP_SECONDS. For the process that waits for
/// cards. 0 or 1 after a message on standard error.
int air_await(const struct lab *lab);

/// In the command's process, with two readers or more: lets libnfc find all of them by a
/// configuration file, through an own view of /etc/nfc. Where the system refuses that, nothing
/// changes: the variables are enough for programs that need one device.
void air_configure(const struct lab *lab);

/// lab tap IMAGE@NAME: passes the order to the field of the lab that runs. Exit code.
int air_tap(const char *what);
/// lab untap NAME, in the same way.
int air_untap(const char *name);

#endif
