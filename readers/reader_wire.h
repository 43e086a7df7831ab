// SPDX-License-Identifier: Apache-2.0
// What a terminal and its reader process say to each other over a socket of packets
// (SOCK_SEQPACKET), one packet a question and one an answer, so that nothing is ever half said.
// A question is an order and what belongs to it; an answer a status of links and the same.
#ifndef READERS_READER_WIRE_H
#define READERS_READER_WIRE_H

#include "apdu/command/link.h"

enum reader_order {
    READER_OPEN = 'O',     // u32 milliseconds to wait: contactless, command_max, answer_max, name
    READER_TRANSMIT = 'T', // a command: its answer
    READER_RESET = 'R',    // kind of reset: ATR
    READER_CLOSE = 'C',    // lets the card go: nothing
};

enum {
    READER_APDU_MAX = 65544,
    READER_PACKET_MAX = 1 + READER_APDU_MAX,
    READER_OPENED_SIZE = 1 + 4 + 4, // in front of the name
};

#endif
