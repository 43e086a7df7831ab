// SPDX-License-Identifier: Apache-2.0
// The few registers of the chip's contactless interface unit that have a meaning here; all others
// are memory that gives back what was written (UM0701-02 8.6.21).
#ifndef READERS_PN532_REGISTERS_H
#define READERS_PN532_REGISTERS_H

enum {
    REG_TX_MODE = 0x6302,
    REG_RX_MODE = 0x6303,
    REG_CONTROL = 0x633C,
    REG_BIT_FRAMING = 0x633D,
    MODE_CRC = 0x80,
    MODE_FRAMING = 0x03, // 0: type A
    LAST_BITS = 0x07,
};

#endif
