// SPDX-License-Identifier: Apache-2.0
// From frames to figures. Times on the air are computed from the frames, not taken from the trace:
// the same trace tells what any bit rate would give.
#include "readers/tap/report.h"

#include <string.h>

#include "readers/iso14443/rf.h"

const unsigned tap_rates[TAP_RATES] = {106, 212, 424, 848};

enum { CRC_AND_PCB = 3, CHAINING = 0x10, RATS = 0xE0, RATS_SIZE = 4 };

void tap_report_init(struct tap_report *report, const struct tap_profile *profile) {
    memset(report, 0, sizeof *report);
    report->profile = *profile;
}

double tap_one_ms(const struct tap_one *tap, unsigned rate) {
    return tap->air_ms[rate] + tap->card_ms;
}

// ---- time -----------------------------------------------------------------------------------

static double frame_ms(size_t octets, unsigned rate) {
    return (double)(rf_air_octets_ns(octets, rate) + RF_DELAY_NS) / 1e6;
}

// A frame of T=CL, at every rate.
static void add_air(struct tap_report *report, size_t octets, double *part) {
    for (unsigned i = 0; i < TAP_RATES; i++) {
        double ms = frame_ms(octets, tap_rates[i]);
        report->now.air_ms[i] += ms;
        part[i] += ms;
    }
}

// ---- searches and taps -----------------------------------------------------------------------

static void forget_search(struct tap_report *report) {
    report->search_frames = 0;
    report->search_octets = 0;
    report->search_ms = 0;
    report->selected = false;
}

// Activation runs at 106 kbit/s whatever comes later.
static void begin_tap(struct tap_report *report) {
    report->now = (struct tap_one){.first = report->count, .activation_ms = report->search_ms};
    for (unsigned i = 0; i < TAP_RATES; i++)
        report->now.air_ms[i] = report->search_ms;
    report->frames += report->search_frames;
    report->radio_octets += report->search_octets;
    forget_search(report);
    report->protocol = true;
    report->taps++;
}

static void keep_tap(struct tap_report *report) {
    struct tap_one *now = &report->now;
    now->count = report->count - now->first;
    for (unsigned i = 0; i < TAP_RATES; i++) {
        double ms = tap_one_ms(now, i);
        report->air_ms[i] += now->air_ms[i];
        report->worst_ms[i] = ms > report->worst_ms[i] ? ms : report->worst_ms[i];
    }
    report->card_ms += now->card_ms;
    report->torn += now->torn;
    if (report->tap_count < TAP_TAPS_MAX)
        report->each[report->tap_count++] = *now;
}

// ---- APDUs ----------------------------------------------------------------------------------

// The exchange that is open ends here, with an answer or without.
static void close_apdu(struct tap_report *report) {
    struct tap_apdu *open = &report->open;
    struct bytes command = bytes_of(report->command, report->command_size);
    if (report->command_size == 0)
        return;
    open->command = report->command_size;
    open->answer = report->answer_size;
    open->torn = report->answer_size < 2 || report->more;
    memcpy(open->header, report->command, report->command_size < 4 ? report->command_size : 4);
    snprintf(open->title, sizeof open->title, "%s", tap_command_title(command));
    if (report->answer_size > 0)
        open->card_ms = tap_profile_time(&report->profile, command, report->answer_size);
    report->now.card_ms += open->card_ms;
    report->now.octets += open->command + open->answer;
    report->now.apdus++;
    report->octets += open->command + open->answer;
    report->apdus++;
    if (report->count < TAP_APDUS_MAX)
        report->list[report->count++] = *open;
    memset(open, 0, sizeof *open);
    report->command_size = report->answer_size = 0;
    report->more = false;
}

static void take_command(struct tap_report *report, struct bytes block) {
    bool begins = report->answer_size > 0 || report->command_size == 0;
    struct bytes piece = bytes_of(block.data + 1, block.size - CRC_AND_PCB);
    if (begins)
        close_apdu(report);
    if (report->command_size + piece.size > sizeof report->command)
        return;
    memcpy(report->command + report->command_size, piece.data, piece.size);
    report->command_size += piece.size;
}

static void take_answer(struct tap_report *report, struct bytes block) {
    struct bytes piece = bytes_of(block.data + 1, block.size - CRC_AND_PCB);
    for (size_t i = 0; i < piece.size; i++)
        report->open.sw = (report->open.sw << 8 | piece.data[i]) & 0xFFFF;
    report->answer_size += piece.size;
    report->more = (block.data[0] & CHAINING) != 0;
}

static bool is_information(struct bytes block) {
    return block.size > CRC_AND_PCB && (block.data[0] & 0xE2) == 0x02;
}

// ---- frames ---------------------------------------------------------------------------------

static void take_block(struct tap_report *report, struct bytes octets, bool down) {
    report->frames++;
    report->radio_octets += octets.size;
    if (down && is_information(octets))
        take_command(report, octets);
    add_air(report, octets.size, down ? report->open.down_ms : report->open.up_ms);
    report->open.frames++;
    if (!down && is_information(octets))
        take_answer(report, octets);
}

// Before T=CL; the answer to RATS still belongs to it.
static void take_search(struct tap_report *report, struct bytes octets, bool down) {
    report->search_frames++;
    report->search_octets += octets.size;
    report->search_ms += frame_ms(octets.size, tap_rates[0]);
    if (down && octets.size == RATS_SIZE && octets.data[0] == RATS)
        report->selected = true;
    else if (report->selected && !down)
        begin_tap(report);
}

// Everything that ends T=CL: field off, or a new search. Amid an exchange the card was torn off.
static void leave_protocol(struct tap_report *report) {
    bool torn = report->command_size > 0 && (report->answer_size < 2 || report->more);
    if (!report->protocol) {
        report->polls += report->search_frames > 0;
        forget_search(report);
        return;
    }
    close_apdu(report);
    report->now.torn = torn;
    keep_tap(report);
    memset(&report->open, 0, sizeof report->open);
    report->protocol = false;
    forget_search(report);
}

/// Does a frame end the tap under way? REQA and WUPA (seven bits) do where a card answers them: one
/// that speaks T=CL does not, and readers ask amid a tap whether there is another card.
static bool ends_tap(struct tap_report *report, const struct capture_frame *frame) {
    bool down = frame->event == CAPTURE_TO_CARD, asked = report->asked;
    report->asked = down && frame->octets.size == 1;
    return report->protocol ? asked && !down : report->asked;
}

void tap_report_take(void *context, const struct capture_frame *frame) {
    struct tap_report *report = context;
    bool field = frame->event == CAPTURE_FIELD_ON || frame->event == CAPTURE_FIELD_OFF;
    bool down = frame->event == CAPTURE_TO_CARD;
    if (field || ends_tap(report, frame))
        leave_protocol(report);
    if (field || frame->octets.size == 0)
        return;
    if (report->protocol)
        take_block(report, frame->octets, down);
    else
        take_search(report, frame->octets, down);
}

void tap_report_end(struct tap_report *report) {
    leave_protocol(report);
}
