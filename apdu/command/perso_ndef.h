// SPDX-License-Identifier: Apache-2.0
// Personalization of the NDEF tag application by STORE DATA.
#ifndef APDU_COMMAND_PERSO_NDEF_H
#define APDU_COMMAND_PERSO_NDEF_H

enum {
    PERSO_NDEF_DGI_MESSAGE = 0x0201, // a whole NDEF message, such as one URI record
    PERSO_NDEF_MAX = 240,            // its longest form, octets
};

#endif
