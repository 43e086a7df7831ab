// SPDX-License-Identifier: Apache-2.0
// How a card itself is put together at the factory: INSTALL and STORE DATA of the security
// domain (GlobalPlatform Card Specification 2.3, 11.5 and 11.11). Without a secure channel they are
// taken only over the internal interface and only in life cycle OP_READY. docs/card-os.md.
#ifndef APDU_COMMAND_PERSO_CARD_H
#define APDU_COMMAND_PERSO_CARD_H

#define AID_ISD                                                                                    \
    { 0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00 }
enum { AID_ISD_SIZE = 8 };

/// P1 of INSTALL. Data: length and value of load file AID (empty), applet AID, instance AID,
/// privileges, parameters (C9 { install parameters of the applet }), token (empty). For
/// personalization only the instance AID is not empty.
enum perso_install {
    INSTALL_AND_MAKE_SELECTABLE = 0x0C,
    INSTALL_FOR_PERSONALIZATION = 0x20, // the STORE DATA that follow go to this instance
};

/// P1 of STORE DATA; P2 counts the blocks from 0. Data: data groupings, each DGI (2 octets), length
/// (1 octet, or FF and 2 octets) and value. The groupings of one block take effect together.
enum perso_store {
    STORE_DATA_ANSWERS = 0x01, // a case 4 command: the grouping answers something
    STORE_DATA_DGI = 0x08,
    STORE_DATA_LAST = 0x80, // ends the sequence and the personalization of the instance
};

/// Data groupings for the security domain itself: STORE DATA without INSTALL for personalization.
enum perso_card_dgi {
    /// Life cycle of the card, 1 octet, only upwards: 07 INITIALIZED, 0F SECURED. From then on the
    /// factory is closed.
    PERSO_CARD_LIFE_CYCLE = 0x0001,
    /// Parameter i of SCP03, 1 octet, before the card is secured: 00, 10, 20, 30, 60 or 70, with 01
    /// added for S16 mode. A fresh card has 70.
    PERSO_CARD_SCP_OPTION = 0x0002,
};

#endif
