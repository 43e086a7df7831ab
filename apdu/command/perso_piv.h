// SPDX-License-Identifier: Apache-2.0
// Personalization of the PIV application by STORE DATA: data grouping identifiers that the card and
// the personalization tool agree on. Certificates and data objects follow afterwards by PUT DATA
// under the management key, as SP 800-73-4 has it.
#ifndef APDU_COMMAND_PERSO_PIV_H
#define APDU_COMMAND_PERSO_PIV_H

enum {
    PERSO_PIV_DGI_PIN = 0x8010,            // 6..8 digits, unpadded (number as in EMV CPS)
    PERSO_PIV_DGI_PUK = 0x8011,            // 8 octets
    PERSO_PIV_DGI_MANAGEMENT_KEY = 0x8012, // algorithm octet, key: 03 3DES, 08 0A 0C AES
    PERSO_PIV_PIN_TRIES = 3,
    PERSO_PIV_PUK_TRIES = 3,
};

#endif
