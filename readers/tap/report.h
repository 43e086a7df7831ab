// SPDX-License-Identifier: Apache-2.0
// What a radio trace says about taps: APDUs put together from T=CL blocks, octets, frames, time on
// the air at every bit rate, time a real card would compute, against the gates of public transport.
// A tap begins with the search that finds a card and ends when the field goes, or the next search
// begins. Searches that find nobody are polls: they are counted, and belong to no tap. svg.c draws,
// report_text.c tells.
#ifndef READERS_TAP_REPORT_H
#define READERS_TAP_REPORT_H

#include "readers/tap/capture.h"
#include "readers/tap/profile.h"

enum {
    TAP_RATES = 4,
    TAP_APDUS_MAX = 4096, // what is beyond is counted, not listed
    TAP_TAPS_MAX = 512,   // likewise
    TAP_GATE_MS = 200,    // gates of public transport: the best
    TAP_LIMIT_MS = 500,   // and the slowest that riders bear
};

extern const unsigned tap_rates[TAP_RATES]; // kbit/s

/// One APDU pair and the frames that carried it.
struct tap_apdu {
    char title[32];
    uint8_t header[4];
    unsigned sw;            // of a whole answer
    bool torn;              // the card went before its answer was whole
    size_t command, answer; // octets
    unsigned frames;
    double down_ms[TAP_RATES], up_ms[TAP_RATES], card_ms; // card_ms: 0 where no answer came
};

/// One tap: its figures, and which APDUs of the list are its own.
struct tap_one {
    size_t first, count;      // of the list
    unsigned apdus;           // all, listed or not
    size_t octets;            // of APDUs
    double activation_ms;     // always at 106 kbit/s
    double air_ms[TAP_RATES]; // all frames, the activation's too
    double card_ms;
    bool torn; // it ended amid an exchange
};

struct tap_report {
    unsigned taps, apdus, frames; // frames of taps
    unsigned polls;               // searches that found nobody
    unsigned torn;                // taps
    size_t octets;                // of APDUs, both ways
    size_t radio_octets;          // of frames
    double air_ms[TAP_RATES], card_ms;
    double worst_ms[TAP_RATES]; // of one tap, air and card
    size_t count, tap_count;    // listed
    struct tap_apdu list[TAP_APDUS_MAX];
    struct tap_one each[TAP_TAPS_MAX];

    // reassembly of the exchange under way
    struct tap_profile profile;
    bool protocol, selected; // T=CL runs; RATS was sent
    bool asked;              // REQA or WUPA was the last frame
    bool more;               // a block with the chaining bit came last from the card
    unsigned search_frames;  // since the last search began
    size_t search_octets;
    double search_ms;
    uint8_t command[2112];
    size_t command_size, answer_size;
    struct tap_apdu open;
    struct tap_one now;
};

/// Starts a report; feed it by capture_read with tap_report_take.
void tap_report_init(struct tap_report *report, const struct tap_profile *profile);
/// One frame of the capture, in the order of their times; report is a struct tap_report.
void tap_report_take(void *report, const struct capture_frame *frame);
/// After the last frame.
void tap_report_end(struct tap_report *report);

/// Milliseconds of a tap at one of the rates: air and card.
double tap_one_ms(const struct tap_one *tap, unsigned rate);

/// The figures in lines for people.
void tap_report_text(const struct tap_report *report, FILE *out);
/// The figures as one JSON object.
void tap_report_json(const struct tap_report *report, FILE *out);
/// A waterfall: a block a tap, in it a row an APDU, time to the right with its ticks, gates as
/// lines.
void tap_report_svg(const struct tap_report *report, FILE *out);

#endif
