// SPDX-License-Identifier: Apache-2.0
// From frames to figures. Times on the air are computed from the frames, not taken from the trace:
// the same trace tells what any bit rate would give. svg.c draws.
#include "readers/tap/report.h"

#include <string.h>

#include "readers/field/rf.h"

const unsigned tap_rates[TAP_RATES] = {106, 212, 424, 848};

enum { CRC_AND_PCB = 3, CHAINING = 0x10 };

void tap_report_init(struct tap_report *report, const struct tap_profile *profile) {
    memset(report, 0, sizeof *report);
    report->profile = *profile;
}

// ---- time -----------------------------------------------------------------------------------

static double frame_ms(size_t octets, unsigned rate) {
    return (double)(rf_air_octets_ns(octets, rate) + RF_DELAY_NS) / 1e6;
}

// Activation runs at 106 kbit/s whatever comes later.
static void add_air(struct tap_report *report, size_t octets, double *part) {
    for (unsigned i = 0; i < TAP_RATES; i++) {
        double ms = frame_ms(octets, report->protocol ? tap_rates[i] : tap_rates[0]);
        report->air_ms[i] += ms;
        if (part != NULL)
            part[i] += ms;
    }
    if (!report->protocol)
        report->activation_ms += frame_ms(octets, tap_rates[0]);
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
    memcpy(open->header, report->command, report->command_size < 4 ? report->command_size : 4);
    snprintf(open->title, sizeof open->title, "%s", tap_command_title(command));
    open->card_ms = tap_profile_time(&report->profile, command, report->answer_size);
    report->card_ms += open->card_ms;
    report->octets += open->command + open->answer;
    report->apdus++;
    if (report->count < TAP_APDUS_MAX)
        report->list[report->count++] = *open;
    memset(open, 0, sizeof *open);
    report->command_size = report->answer_size = 0;
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
}

static bool is_information(struct bytes block) {
    return block.size > CRC_AND_PCB && (block.data[0] & 0xE2) == 0x02;
}

// ---- frames ---------------------------------------------------------------------------------

static void take_frame(struct tap_report *report, const struct capture_frame *frame) {
    bool down = frame->event == CAPTURE_TO_CARD;
    struct bytes octets = frame->octets;
    report->frames++;
    report->radio_octets += octets.size;
    if (report->protocol && down && is_information(octets))
        take_command(report, octets);
    add_air(report, octets.size,
            !report->protocol ? NULL
            : down            ? report->open.down_ms
                              : report->open.up_ms);
    if (report->protocol)
        report->open.frames++;
    if (report->protocol && !down && is_information(octets))
        take_answer(report, octets);
    if (!report->protocol && down && octets.size == 4 && octets.data[0] == 0xE0)
        report->chaining_up = true; // RATS: its answer still belongs to the activation
    else if (report->chaining_up && !down) {
        report->chaining_up = false;
        report->protocol = true;
        report->taps++;
    }
}

// Everything that ends T=CL: field off, or a new search.
static void leave_protocol(struct tap_report *report) {
    close_apdu(report);
    memset(&report->open, 0, sizeof report->open);
    report->protocol = report->chaining_up = false;
}

void tap_report_take(void *context, const struct capture_frame *frame) {
    struct tap_report *report = context;
    bool field = frame->event == CAPTURE_FIELD_ON || frame->event == CAPTURE_FIELD_OFF;
    if (field || (frame->octets.size == 1 && frame->event == CAPTURE_TO_CARD && report->taps == 0))
        leave_protocol(report);
    if (!field && frame->octets.size > 0)
        take_frame(report, frame);
}

void tap_report_end(struct tap_report *report) {
    leave_protocol(report);
}

// ---- text and JSON ----------------------------------------------------------------------------

static const char *verdict(double ms) {
    return ms <= TAP_GATE_MS ? "within 200 ms" : ms <= TAP_LIMIT_MS ? "within 500 ms" : "too slow";
}

void tap_report_text(const struct tap_report *report, FILE *out) {
    double taps = report->taps > 0 ? report->taps : 1;
    fprintf(out, "%-28s %6s %7s %7s %10s %8s  %s\n", "command", "frames", "octets", "answer",
            "106 kbit/s", "card", "SW");
    for (size_t i = 0; i < report->count; i++) {
        const struct tap_apdu *apdu = &report->list[i];
        fprintf(out, "%-28s %6u %7zu %7zu %7.1f ms %5.1f ms  %04X\n", apdu->title, apdu->frames,
                apdu->command, apdu->answer, apdu->down_ms[0] + apdu->up_ms[0], apdu->card_ms,
                apdu->sw);
    }
    fprintf(out, "\ntaps %u, APDUs %u, octets %zu, frames %u with %zu octets, activation %.1f ms\n",
            report->taps, report->apdus, report->octets, report->frames, report->radio_octets,
            report->activation_ms);
    for (unsigned i = 0; i < TAP_RATES; i++) {
        double whole = (report->air_ms[i] + report->card_ms) / taps;
        fprintf(out, "%u kbit/s: air %.1f ms, card %.1f ms, %.1f ms a tap: %s\n", tap_rates[i],
                report->air_ms[i], report->card_ms, whole, verdict(whole));
    }
}

static void json_rates(const double ms[TAP_RATES], FILE *out) {
    for (unsigned i = 0; i < TAP_RATES; i++)
        fprintf(out, "%s\"%u\":%.2f", i > 0 ? "," : "", tap_rates[i], ms[i]);
}

void tap_report_json(const struct tap_report *report, FILE *out) {
    double taps = report->taps > 0 ? report->taps : 1;
    fprintf(out, "{\"taps\":%u,\"apdus\":%u,\"bytes\":%zu,\"frames\":%u,\"radio_bytes\":%zu,",
            report->taps, report->apdus, report->octets, report->frames, report->radio_octets);
    fprintf(out, "\"air_ms\":{");
    json_rates(report->air_ms, out);
    fprintf(out, "},\"card_ms\":%.2f,\"total_ms\":{", report->card_ms);
    for (unsigned i = 0; i < TAP_RATES; i++)
        fprintf(out, "%s\"%u\":%.2f", i > 0 ? "," : "", tap_rates[i],
                report->air_ms[i] + report->card_ms);
    fprintf(out, "},\"gates\":{");
    for (unsigned i = 0; i < TAP_RATES; i++)
        fprintf(out, "%s\"%u\":\"%s\"", i > 0 ? "," : "", tap_rates[i],
                verdict((report->air_ms[i] + report->card_ms) / taps));
    fprintf(out, "},\"commands\":[");
    for (size_t i = 0; i < report->count; i++) {
        const struct tap_apdu *apdu = &report->list[i];
        fprintf(out,
                "%s{\"title\":\"%s\",\"header\":\"%02X%02X%02X%02X\",\"sw\":\"%04X\",\"frames\":%u,"
                "\"bytes\":%zu,\"air_ms\":{",
                i > 0 ? "," : "", apdu->title, apdu->header[0], apdu->header[1], apdu->header[2],
                apdu->header[3], apdu->sw, apdu->frames, apdu->command + apdu->answer);
        for (unsigned r = 0; r < TAP_RATES; r++)
            fprintf(out, "%s\"%u\":%.2f", r > 0 ? "," : "", tap_rates[r],
                    apdu->down_ms[r] + apdu->up_ms[r]);
        fprintf(out, "},\"card_ms\":%.2f}", apdu->card_ms);
    }
    fputs("]}\n", out);
}
