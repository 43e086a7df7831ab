// SPDX-License-Identifier: Apache-2.0
// A software PN532 as a struct, and the ports through which it meets the world around it. One chip
// is one struct; nothing of it stands elsewhere. What it does: chip.h.
#ifndef READERS_PN532_CHIP_STATE_H
#define READERS_PN532_CHIP_STATE_H

#include "readers/iso14443/picc.h"
#include "readers/pn532/frame.h"

enum {
    PN532_DATA_MAX = 262,    // octets behind the status of one answer
    PN532_POLL_NS = 5000000, // between two searches for a card
    PN532_TRIES_FOREVER = 0xFF,
    PN532_REGISTER_FIRST = 0x6000, // others read as 00
    PN532_REGISTERS = 0x400,
};

/// Status octets of answers (UM0701-02 table 15).
enum pn532_status {
    PN532_OK = 0x00,
    PN532_TIMEOUT = 0x01,
    PN532_CRC_ERROR = 0x02,
    PN532_BIT_COLLISION = 0x06,
    PN532_BUFFER_TOO_SMALL = 0x07,
    PN532_PROTOCOL_ERROR = 0x0B,
    PN532_INVALID_PARAMETER = 0x10,
    PN532_AUTHENTICATION = 0x14,
    PN532_WRONG_CONTEXT = 0x27,
    PN532_RELEASED = 0x29,
    PN532_MORE = 0x40, // bit: further octets follow
};

/// What a chip asks of the world around it. All calls return at once; what they bring comes back
/// through pn532_radio, pn532_timer and the notifications of chip->picc.
struct pn532_ports {
    void *context;
    void (*to_host)(void *context, struct bytes wire, bool acknowledge);
    void (*field)(void *context, bool on); // its own field
    void (*send)(void *context, const struct rf_frame *frame, uint64_t waiting_ns);
    void (*cancel)(void *context); // forget the exchange and the timer under way
    void (*timer)(void *context, uint64_t delay_ns);
    void (*listen)(void *context, bool on); // target mode: chip->picc may be powered by others
    void (*answer)(void *context, const struct rf_frame *frame); // chip->picc's later answer
    uint8_t (*exchange)(void *context); // a status to answer instead of asking the card, or 0
};

struct pn532;
typedef void pn532_step(struct pn532 *chip, enum rf_outcome outcome, const struct rf_frame *frame);

/// A search for a card: 4A and 60 share it.
struct pn532_search {
    uint8_t tries;     // left; PN532_TRIES_FOREVER never ends
    uint64_t pause_ns; // between two tries
    bool auto_poll;
    uint8_t wanted[12]; // UID with cascade tags, or none
    size_t wanted_size;
    unsigned level;   // cascade level
    uint8_t known[5]; // UID bits of this level
    size_t known_bits;
};

/// The card in use as initiator.
struct pn532_card {
    bool present, protocol; // protocol: T=CL is active
    bool aborted;           // the host gave an exchange up: the late answer must be drained
    uint8_t atqa[2], sak;
    uint8_t uid[PICC_UID_MAX];
    size_t uid_size;
    uint8_t ats[PICC_ATS_MAX];
    size_t ats_size;
};

struct pn532 {
    struct pn532_ports ports;

    // knobs, not touched by power cycles
    bool wake_halted; // search by WUPA: finds halted cards too
    unsigned rate;    // kbit/s to ask for by PPS after activation; 106 asks nothing

    struct pn532_parser parser;
    uint8_t code; // command code last taken
    bool running; // its answer is still due
    uint8_t last[PN532_FRAME_MAX];
    size_t last_size;                   // answer last sent, for NACK
    uint8_t registers[PN532_REGISTERS]; // from PN532_REGISTER_FIRST on
    uint8_t no_register;
    uint8_t parameters, tries_passive, timeout_code;
    bool field_on;
    unsigned rate_now, psl_divisor;

    pn532_step *next; // what the next outcome or timer continues
    struct pn532_search search;
    struct pn532_card card;
    struct isodep_pcd pcd;
    uint8_t gathered[ISODEP_APDU_MAX]; // command octets sent by the host with "more" set
    size_t gathered_size;
    size_t answer_at; // octets of pcd.answer the host has fetched

    struct picc picc; // target mode
    bool listening, engaged, released;
    bool fetched; // the host has the command that the picc holds
    size_t fetch_at;
    uint8_t raw[RF_FRAME_MAX];
    size_t raw_size;
};

#endif
