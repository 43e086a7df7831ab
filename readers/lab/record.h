// SPDX-License-Identifier: Apache-2.0
// What any PC/SC program says to a card of the lab, and what comes back: a process between the card
// and its reader that passes frames on (readers/vpcd.h) and writes each exchange down as a row of a
// dump (apdu/script/tools/dump.h).
#ifndef READERS_LAB_RECORD_H
#define READERS_LAB_RECORD_H

#include "readers/lab/lab.h"

/// Opens the file of --record for its owner alone; several cards write into one. False: lab->error.
bool record_open(struct lab *lab);
/// Starts the recorder of one card and puts the port at which the card finds it into *port. False:
/// lab->error says why.
bool record_start(struct lab *lab, size_t number, unsigned *port);

#endif
