// SPDX-License-Identifier: Apache-2.0
// Numbers of tickets as people copy them by hand. A plain number is anything printable. A coded one
// is EEEE-SSSSSS-CC: enterprise, serial and two check signs over 32 signs, digits and letters
// without I, L, O and U. One wrong sign is found and located, two swapped neighbours are told as
// such; nothing is ever put right in silence. Freestanding.
#ifndef APDU_OBJECT_TICKET_NUMBER_H
#define APDU_OBJECT_TICKET_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

enum {
    TICKET_NUMBER_MAX = 16,
    TICKET_NUMBER_CODED = 14, // EEEE-SSSSSS-CC
    TICKET_NUMBER_SIGNS = 12, // of a coded one, without the dashes
    TICKET_NUMBER_DATA = 10,  // of these not check signs
};

enum ticket_number_fault {
    TICKET_NUMBER_GOOD = 0, // plain, or coded and right
    TICKET_NUMBER_WRONG,    // one sign looks wrong: at
    TICKET_NUMBER_SWAPPED,  // two neighbours look swapped
    TICKET_NUMBER_SPOILT,   // more than that
    TICKET_NUMBER_NONE,     // empty, too long, or not printable
};

struct ticket_number {
    char text[TICKET_NUMBER_MAX + 1]; // a coded one in capitals, O read as 0, I and L as 1
    enum ticket_number_fault fault;
    size_t at; // in text, from 0: of TICKET_NUMBER_WRONG
};

/// Reads a number as it was typed.
struct ticket_number ticket_number_read(const char *typed);

/// Makes a coded number of four signs of an enterprise and six of a serial. False: not of these
/// signs, or not so many.
bool ticket_number_make(const char *enterprise, const char *serial,
                        char number[TICKET_NUMBER_CODED + 1]);

#endif
