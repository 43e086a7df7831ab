// SPDX-License-Identifier: Apache-2.0
// Searching for a type A card: REQA, anticollision over all cascade levels, SELECT, RATS, PPS
// (ISO/IEC 14443-3 6.5, 14443-4 5), for InListPassiveTarget and InAutoPoll. One step a frame.
#include "readers/pn532/command.h"

#include "readers/pn532/handler.h"

#include <string.h>

enum {
    REQA = 0x26,
    WUPA = 0x52,
    SEL_LEVEL1 = 0x93,
    NVB_ALL = 0x70,
    CASCADE_TAG = 0x88,
    SAK_CASCADE = 0x04,
    SAK_PROTOCOL = 0x20,
    AUTO_RATS = 0x10,
    LEVEL_OCTETS = 5,
    MODULATION_106A = 0x00,
    TYPE_MIFARE = 0x10,
    TYPE_4A = 0x20,
    POLL_PERIOD_MS = 150,
    ACTIVATION_NS = 5000000, // generous: activation answers come within 5 ms (FWT of ATS is 4.8 ms)
};

static void try_once(struct pn532 *chip);
static void ask_bits(struct pn532 *chip);

static void retry_step(struct pn532 *chip, enum rf_outcome outcome, const struct rf_frame *frame) {
    (void)outcome;
    (void)frame;
    try_once(chip);
}

// This try found nothing that could be activated.
static void try_failed(struct pn532 *chip) {
    struct pn532_search *search = &chip->search;
    if (search->tries == 0) {
        pn532_respond_status(chip, 0); // NbTg 0
        return;
    }
    if (search->tries != PN532_TRIES_FOREVER)
        search->tries--;
    chip->next = retry_step;
    chip->ports.timer(chip->ports.context, search->pause_ns);
}

// ---- the answer -----------------------------------------------------------------------------

// Tg ATQA (most significant octet first) SAK UIDlen UID [ATS].
static size_t target_data(const struct pn532_card *card, uint8_t *out) {
    size_t at = 0;
    out[at++] = 0x01;
    out[at++] = card->atqa[1];
    out[at++] = card->atqa[0];
    out[at++] = card->sak;
    out[at++] = (uint8_t)card->uid_size;
    memcpy(out + at, card->uid, card->uid_size);
    at += card->uid_size;
    memcpy(out + at, card->ats, card->ats_size);
    return at + card->ats_size;
}

static void found(struct pn532 *chip) {
    uint8_t out[3 + 5 + PICC_UID_MAX + PICC_ATS_MAX] = {0x01};
    chip->card.present = true;
    chip->card.aborted = false;
    if (!chip->search.auto_poll) {
        size_t size = target_data(&chip->card, out + 1);
        pn532_respond(chip, bytes_of(out, size + 1));
        return;
    }
    size_t size = target_data(&chip->card, out + 3);
    out[1] = (chip->card.sak & SAK_PROTOCOL) != 0 ? TYPE_4A : TYPE_MIFARE;
    out[2] = (uint8_t)size;
    pn532_respond(chip, bytes_of(out, size + 3));
}

// ---- ISO/IEC 14443-4 activation --------------------------------------------------------------

static void pps_answered(struct pn532 *chip, enum rf_outcome outcome,
                         const struct rf_frame *frame) {
    bool taken = outcome == RF_RECEIVED && rf_frame_crc_ok(frame) && frame->data[0] == 0xD0;
    chip->rate_now = taken ? chip->rate : 106;
    found(chip);
}

// Divisors: 1 is 212, 2 is 424, 3 is 848 kbit/s, and bit n - 1 of TA(1) says that the card can.
static unsigned divisor_of(unsigned rate) {
    return rate == 848 ? 3 : rate == 424 ? 2 : rate == 212 ? 1 : 0;
}

static bool card_can(const struct pn532_card *card, unsigned divisor) {
    bool has_ta = card->ats_size >= 3 && (card->ats[1] & 0x10) != 0;
    return divisor > 0 && has_ta && (card->ats[2] & (1U << (divisor - 1))) != 0;
}

static void ats_received(struct pn532 *chip, enum rf_outcome outcome,
                         const struct rf_frame *frame) {
    struct pn532_card *card = &chip->card;
    if (outcome != RF_RECEIVED || !rf_frame_crc_ok(frame) ||
        frame->data[0] != frame->size - RF_CRC_SIZE || frame->data[0] > PICC_ATS_MAX) {
        pn532_set_field(chip, false); // a card that answered RATS hears no request any more
        try_failed(chip);
        return;
    }
    card->ats_size = frame->data[0];
    memcpy(card->ats, frame->data, card->ats_size);
    card->protocol = true;
    isodep_pcd_start(&chip->pcd, bytes_of(card->ats, card->ats_size));
    unsigned divisor = divisor_of(chip->rate);
    if (!card_can(card, divisor)) {
        found(chip);
        return;
    }
    const uint8_t pps[] = {0xD0, 0x11, (uint8_t)(divisor << 2 | divisor)};
    struct rf_frame out;
    rf_frame_set(&out, BYTES_OF(pps), true);
    pn532_send(chip, &out, ACTIVATION_NS, pps_answered);
}

static void activate(struct pn532 *chip) {
    static const uint8_t rats[] = {0xE0, 0x80}; // FSDI 8, no CID
    struct rf_frame out;
    if ((chip->card.sak & SAK_PROTOCOL) == 0 || (chip->parameters & AUTO_RATS) == 0) {
        found(chip);
        return;
    }
    rf_frame_set(&out, BYTES_OF(rats), true);
    pn532_send(chip, &out, ACTIVATION_NS, ats_received);
}

// ---- anticollision --------------------------------------------------------------------------

static void begin_level(struct pn532 *chip) {
    struct pn532_search *search = &chip->search;
    size_t at = (size_t)4 * search->level;
    memset(search->known, 0, sizeof search->known);
    search->known_bits = 0;
    if (search->wanted_size >= at + 4) { // the host named the card
        memcpy(search->known, search->wanted + at, 4);
        for (unsigned i = 0; i < 4; i++)
            search->known[4] ^= search->known[i];
        search->known_bits = (size_t)LEVEL_OCTETS * 8;
    }
    ask_bits(chip);
}

static void selected(struct pn532 *chip, enum rf_outcome outcome, const struct rf_frame *frame) {
    struct pn532_card *card = &chip->card;
    const uint8_t *known = chip->search.known;
    if (outcome != RF_RECEIVED || !rf_frame_crc_ok(frame) || chip->search.level > 2) {
        try_failed(chip);
        return;
    }
    card->sak = frame->data[0];
    bool cascade = (card->sak & SAK_CASCADE) != 0; // the tag alone may be an octet of the UID
    if (card->uid_size + 4 > PICC_UID_MAX && !(cascade && card->uid_size + 3 <= PICC_UID_MAX)) {
        try_failed(chip);
        return;
    }
    memcpy(card->uid + card->uid_size, known + (cascade ? 1 : 0), cascade ? 3 : 4);
    card->uid_size += cascade ? 3 : 4;
    if (!cascade) {
        activate(chip);
        return;
    }
    chip->search.level++;
    begin_level(chip);
}

// Bits of the answer stand where the question stopped, inside the same octet.
static void take_bits(struct pn532_search *search, const struct rf_frame *frame, bool collision) {
    size_t whole = search->known_bits / 8;
    for (size_t i = 0; i < frame->size && whole + i < LEVEL_OCTETS; i++)
        search->known[whole + i] |= frame->data[i];
    search->known_bits = whole * 8 + rf_frame_bits(frame);
    if (collision && search->known_bits < (size_t)LEVEL_OCTETS * 8) { // take the cards with 1 there
        search->known[search->known_bits / 8] |= (uint8_t)(1U << (search->known_bits % 8));
        search->known_bits++;
    }
}

static void bits_received(struct pn532 *chip, enum rf_outcome outcome,
                          const struct rf_frame *frame) {
    struct pn532_search *search = &chip->search;
    size_t before = search->known_bits;
    if (outcome != RF_SILENCE)
        take_bits(search, frame, outcome == RF_COLLISION);
    if (search->known_bits <= before || search->known_bits > (size_t)LEVEL_OCTETS * 8 ||
        (outcome == RF_RECEIVED && search->known_bits != (size_t)LEVEL_OCTETS * 8))
        try_failed(chip);
    else
        ask_bits(chip);
}

// SEL with the bits known so far; all forty of them select.
static void ask_bits(struct pn532 *chip) {
    struct pn532_search *search = &chip->search;
    size_t bits = search->known_bits, whole = bits / 8, rest = bits % 8;
    bool all = bits == (size_t)LEVEL_OCTETS * 8;
    uint8_t octets[2 + LEVEL_OCTETS] = {(uint8_t)(SEL_LEVEL1 + 2 * search->level)};
    struct rf_frame out;
    octets[1] = all ? NVB_ALL : (uint8_t)((2 + whole) << 4 | rest);
    memcpy(octets + 2, search->known, LEVEL_OCTETS);
    rf_frame_set(&out, bytes_of(octets, 2 + whole + (rest != 0 ? 1U : 0U)), all);
    out.last_bits = (uint8_t)rest;
    pn532_send(chip, &out, ACTIVATION_NS, all ? selected : bits_received);
}

static void atqa_received(struct pn532 *chip, enum rf_outcome outcome,
                          const struct rf_frame *frame) {
    if (outcome == RF_SILENCE) {
        try_failed(chip);
        return;
    }
    // Cards with different ATQA collide here already; the UID then tells them apart.
    chip->card.atqa[0] = frame->size > 0 ? frame->data[0] : 0;
    chip->card.atqa[1] = frame->size > 1 ? frame->data[1] : 0;
    begin_level(chip);
}

static void try_once(struct pn532 *chip) {
    struct rf_frame out;
    const uint8_t wake = chip->wake_halted ? WUPA : REQA;
    pn532_set_field(chip, true);
    memset(&chip->card, 0, sizeof chip->card);
    chip->search.level = 0;
    chip->rate_now = 106;
    rf_frame_set(&out, bytes_of(&wake, 1), false);
    out.last_bits = 7;
    pn532_send(chip, &out, ACTIVATION_NS, atqa_received);
}

// ---- commands -------------------------------------------------------------------------------

void pn532_list_passive(struct pn532 *chip, struct bytes in) {
    struct pn532_search *search = &chip->search;
    struct bytes wanted = bytes_of(in.data + 2, in.size - 2);
    memset(search, 0, sizeof *search);
    if (in.data[1] != MODULATION_106A || wanted.size > sizeof search->wanted) {
        pn532_set_field(chip, true);
        pn532_respond_status(chip, 0); // no cards of these kinds fly here
        return;
    }
    pn532_target_stop(chip);
    if (wanted.size > 0)
        memcpy(search->wanted, wanted.data, wanted.size);
    search->wanted_size = wanted.size;
    search->tries = chip->tries_passive;
    search->pause_ns = PN532_POLL_NS;
    try_once(chip);
}

static bool polls_type_a(struct bytes types) {
    for (size_t i = 0; i < types.size; i++)
        if (types.data[i] == MODULATION_106A || types.data[i] == TYPE_MIFARE ||
            types.data[i] == TYPE_4A)
            return true;
    return false;
}

void pn532_auto_poll(struct pn532 *chip, struct bytes in) {
    struct pn532_search *search = &chip->search;
    struct bytes types = bytes_of(in.data + 2, in.size - 2);
    memset(search, 0, sizeof *search);
    pn532_target_stop(chip);
    search->auto_poll = true;
    search->tries = in.data[0] == 0 ? 0 : in.data[0];
    search->pause_ns = (uint64_t)POLL_PERIOD_MS * 1000000U * in.data[1] * types.size;
    if (polls_type_a(types)) {
        try_once(chip);
        return;
    }
    pn532_set_field(chip, true);
    pn532_respond_status(chip, 0);
}
