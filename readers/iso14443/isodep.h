// SPDX-License-Identifier: Apache-2.0
// The half-duplex block protocol T=CL (ISO/IEC 14443-4 clause 7), reader's side and card's side:
// block numbers, chaining, acknowledgements, waiting time extension, error recovery. Pure.
// Activation (RATS, PPS) stands in picc.c and in the chip; the application is the caller's.
#ifndef READERS_ISO14443_ISODEP_H
#define READERS_ISO14443_ISODEP_H

#include "readers/iso14443/rf.h"

enum {
    ISODEP_APDU_MAX = 2112, // longest APDU either side gathers from a chain
    ISODEP_RETRIES = 2,     // R(NAK) after an invalid block or silence
    ISODEP_FSD = 256,       // what the reader announces in RATS (FSDI 8)
    ISODEP_CRC_AND_PCB = 3, // octets of a block that are not information
};

/// Frame size of a four-bit FSCI/FSDI code (ISO/IEC 14443-4 table 1); codes above 8 count as 8.
size_t isodep_frame_size(unsigned code);

/// Frame waiting time of a four-bit FWI in nanoseconds (ISO/IEC 14443-4 7.2).
uint64_t isodep_waiting_ns(unsigned fwi);

/// What the caller does next.
enum isodep_step {
    ISODEP_SEND, // put the frame on the air
    ISODEP_WAIT, // nothing to send now
    ISODEP_DONE, // the whole APDU is there
    ISODEP_LOST, // reader: retries used up, the card is gone
    ISODEP_FAIL, // reader: the card broke the protocol
};

/// Reader's side.
struct isodep_pcd {
    uint8_t block;        // current block number
    size_t fsc;           // longest frame the card takes
    uint64_t waiting_ns;  // frame waiting time from the ATS
    uint64_t extended_ns; // for the frame just made: waiting_ns, or longer after a WTX request
    unsigned retries;
    size_t sent;    // octets of the command on their way or acknowledged
    size_t piece;   // octets in the I-block last sent
    bool gathering; // the card's answer is a chain that has begun
    bool draining;  // the answer is not wanted
    size_t size;    // octets of command, later of answer
    size_t answer_size;
    uint8_t command[ISODEP_APDU_MAX];
    uint8_t answer[ISODEP_APDU_MAX];
};

/// After activation: block number 0, sizes from the ATS (TL first, may be empty).
void isodep_pcd_start(struct isodep_pcd *pcd, struct bytes ats);

/// Takes the command; frame is its first block. False when it is longer than ISODEP_APDU_MAX.
bool isodep_pcd_command(struct isodep_pcd *pcd, struct bytes command, struct rf_frame *frame);

/// After an exchange that was given up: frame asks the card to repeat its last block, so that both
/// agree on the block number again. Go on with isodep_pcd_outcome; the answer is to be dropped.
void isodep_pcd_drain(struct isodep_pcd *pcd, struct rf_frame *frame);

/// What the exchange of the last frame brought; frame is the next block after ISODEP_SEND.
/// After ISODEP_DONE the answer stands in pcd->answer.
enum isodep_step isodep_pcd_outcome(struct isodep_pcd *pcd, enum rf_outcome outcome,
                                    const struct rf_frame *received, struct rf_frame *frame);

/// S(DESELECT).
void isodep_deselect(struct rf_frame *frame);

/// Card's side.
struct isodep_picc {
    uint8_t block;
    size_t fsd;     // longest frame the reader takes
    bool busy;      // a command is with the application
    bool extending; // an S(WTX) request is out
    size_t command_size;
    size_t answer_size, sent, piece;
    struct rf_frame last; // repeated on request
    bool held;            // the answer came while an S(WTX) was out
    uint8_t command[ISODEP_APDU_MAX];
    uint8_t answer[ISODEP_APDU_MAX];
};

/// The card was activated: nothing is under way. fsd: longest frame the reader takes, CRC included.
void isodep_picc_start(struct isodep_picc *picc, size_t fsd);

/// A frame with good CRC arrived. ISODEP_SEND: frame answers it. ISODEP_DONE: picc->command is
/// complete, give the answer with isodep_picc_answer. ISODEP_WAIT: not for us, stay silent.
/// *deselected tells that the answer is the one to S(DESELECT).
enum isodep_step isodep_picc_receive(struct isodep_picc *picc, const struct rf_frame *received,
                                     struct rf_frame *frame, bool *deselected);

/// The application's answer, at most ISODEP_APDU_MAX. True: frame goes on the air now. False: it is
/// kept until the reader has answered the waiting time extension, or nobody waits for it.
bool isodep_picc_answer(struct isodep_picc *picc, struct bytes answer, struct rf_frame *frame);

/// Asks for more time; false when no command is under way or a request is out already.
bool isodep_picc_extend(struct isodep_picc *picc, struct rf_frame *frame);

/// Have all octets of the last answer been taken by the reader as far as the card can know?
bool isodep_picc_sent(const struct isodep_picc *picc);

#endif
