// SPDX-License-Identifier: Apache-2.0
// What a radio trace says about taps: APDUs put together from T=CL blocks, octets, frames, time on
// the air at every bit rate, time a real card would compute, against the gates of public transport.
#ifndef READERS_TAP_REPORT_H
#define READERS_TAP_REPORT_H

#include "readers/tap/capture.h"
#include "readers/tap/profile.h"

enum {
    TAP_RATES = 4,
    TAP_APDUS_MAX = 4096, // what is beyond is counted, not listed
    TAP_GATE_MS = 200,    // gates of public transport: the best
    TAP_LIMIT_MS = 500,   // and the slowest that riders bear
};

extern const unsigned tap_rates[TAP_RATES]; // kbit/s

/// One APDU pair and the frames that carried it.
struct tap_apdu {
    char title[32];
    uint8_t header[4];
    unsigned sw;            // 0: no answer
    size_t command, answer; // octets
    unsigned frames;
    double down_ms[TAP_RATES], up_ms[TAP_RATES], card_ms;
};

struct tap_report {
    unsigned taps, apdus, frames;
    size_t octets;            // of APDUs, both ways
    size_t radio_octets;      // of frames
    double activation_ms;     // frames before T=CL, always at 106 kbit/s
    double air_ms[TAP_RATES]; // all frames
    double card_ms;
    size_t count; // listed
    struct tap_apdu list[TAP_APDUS_MAX];

    // reassembly of the exchange under way
    struct tap_profile profile;
    bool protocol, chaining_up;
    uint8_t command[2112];
    size_t command_size, answer_size;
    unsigned sw_octets;
    struct tap_apdu open;
};

/// Starts a report; feed it by capture_read with tap_report_take.
void tap_report_init(struct tap_report *report, const struct tap_profile *profile);
void tap_report_take(void *report, const struct capture_frame *frame);
/// After the last frame.
void tap_report_end(struct tap_report *report);

void tap_report_text(const struct tap_report *report, FILE *out);
void tap_report_json(const struct tap_report *report, FILE *out);
/// A waterfall: one row an APDU, time to the right, gates as lines.
void tap_report_svg(const struct tap_report *report, FILE *out);

#endif
