// SPDX-License-Identifier: Apache-2.0
// What a machine without a network hands to a phone whose owner pays by the telephone bill, and
// what the phone brings back: an application of the phone's own, beside those of its card. The slip
// is the till's signed request over goods with its certificate and a text for the bill; the answer
// is what the telephone company has signed about it, with its certificates.
//
//     SELECT AID_SLIP          9000; 6A82: this phone has no telephone bill
//     80 DA 00 00 slip         9000: it is kept, and will be brought to the telephone company;
//                              6982: its owner said no; silence: he is being asked
//     80 CA offset (P1 P2)      up to SLIP_PIECE octets of the answer to this slip; 6985: not yet
#ifndef APDU_COMMAND_SLIP_H
#define APDU_COMMAND_SLIP_H

#include "apdu/command/purse.h"

#define AID_SLIP AID_TESSERA(0x10)

enum { SLIP_CLA = 0x80, SLIP_PUT = 0xDA, SLIP_GET = 0xCA };
enum { SLIP_MAX = 640, SLIP_ANSWER_MAX = 800, SLIP_PIECE = 200, SLIP_TEXT_MAX = 64 };

/// Of the slip.
enum slip_tag { SLIP_REQUEST = 0xC1, SLIP_TILL = 0xC2, SLIP_TEXT = 0xC3 };
/// Of the answer: the object, the certificates of the authority and of who signed, a word.
enum slip_answer_tag {
    SLIP_ANSWER = 0xC1,
    SLIP_AUTHORITY = 0xC2,
    SLIP_SIGNER = 0xC3,
    SLIP_OUTCOME = 0xC4,
};

#endif
