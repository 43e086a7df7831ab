// SPDX-License-Identifier: Apache-2.0
// The figures of a report as text and as JSON.
#include "readers/tap/report.h"

static const char *verdict(double ms) {
    return ms <= TAP_GATE_MS ? "within 200 ms" : ms <= TAP_LIMIT_MS ? "within 500 ms" : "too slow";
}

// ---- text -----------------------------------------------------------------------------------

static void print_apdu(const struct tap_apdu *apdu, FILE *out) {
    char word[8] = "torn";
    if (!apdu->torn)
        snprintf(word, sizeof word, "%04X", apdu->sw & 0xFFFF);
    fprintf(out, "%-28s %6u %7zu %7zu %7.1f ms %5.1f ms  %s\n", apdu->title, apdu->frames,
            apdu->command, apdu->answer, apdu->down_ms[0] + apdu->up_ms[0], apdu->card_ms, word);
}

static void print_tap(const struct tap_report *report, size_t number, FILE *out) {
    const struct tap_one *tap = &report->each[number];
    if (report->taps > 1)
        fprintf(out, "%stap %zu: %u APDUs, %zu octets, %.1f ms at 106 kbit/s%s\n",
                number > 0 ? "\n" : "", number + 1, tap->apdus, tap->octets, tap_one_ms(tap, 0),
                tap->torn ? ", torn" : "");
    for (size_t i = 0; i < tap->count; i++)
        print_apdu(&report->list[tap->first + i], out);
}

void tap_report_text(const struct tap_report *report, FILE *out) {
    fprintf(out, "%-28s %6s %7s %7s %10s %8s  %s\n", "command", "frames", "octets", "answer",
            "106 kbit/s", "card", "SW");
    for (size_t i = 0; i < report->tap_count; i++)
        print_tap(report, i, out);
    fprintf(out,
            "\ntaps %u, of these torn %u, empty polls %u, APDUs %u, octets %zu, frames %u with %zu "
            "octets\n",
            report->taps, report->torn, report->polls, report->apdus, report->octets,
            report->frames, report->radio_octets);
    for (unsigned i = 0; i < TAP_RATES; i++)
        fprintf(out, "%u kbit/s: air %.1f ms, card %.1f ms, the slowest tap %.1f ms: %s\n",
                tap_rates[i], report->air_ms[i], report->card_ms, report->worst_ms[i],
                verdict(report->worst_ms[i]));
}

// ---- JSON -----------------------------------------------------------------------------------

static void json_rates(const char *name, const double ms[TAP_RATES], double card, FILE *out) {
    fprintf(out, "\"%s\":{", name);
    for (unsigned i = 0; i < TAP_RATES; i++)
        fprintf(out, "%s\"%u\":%.2f", i > 0 ? "," : "", tap_rates[i], ms[i] + card);
    fputs("},", out);
}

static void json_apdu(const struct tap_apdu *apdu, FILE *out) {
    double air[TAP_RATES];
    for (unsigned i = 0; i < TAP_RATES; i++)
        air[i] = apdu->down_ms[i] + apdu->up_ms[i];
    fprintf(out, "{\"title\":\"%s\",\"header\":\"%02X%02X%02X%02X\",", apdu->title, apdu->header[0],
            apdu->header[1], apdu->header[2], apdu->header[3]);
    if (!apdu->torn)
        fprintf(out, "\"sw\":\"%04X\",", apdu->sw & 0xFFFF);
    fprintf(out, "\"torn\":%s,\"frames\":%u,\"bytes\":%zu,", apdu->torn ? "true" : "false",
            apdu->frames, apdu->command + apdu->answer);
    json_rates("air_ms", air, 0, out);
    fprintf(out, "\"card_ms\":%.2f}", apdu->card_ms);
}

static void json_tap(const struct tap_one *tap, FILE *out) {
    fprintf(out, "{\"apdus\":%u,\"bytes\":%zu,\"torn\":%s,\"activation_ms\":%.2f,", tap->apdus,
            tap->octets, tap->torn ? "true" : "false", tap->activation_ms);
    json_rates("air_ms", tap->air_ms, 0, out);
    json_rates("total_ms", tap->air_ms, tap->card_ms, out);
    fprintf(out, "\"card_ms\":%.2f}", tap->card_ms);
}

void tap_report_json(const struct tap_report *report, FILE *out) {
    fprintf(out,
            "{\"taps\":%u,\"torn\":%u,\"polls\":%u,\"apdus\":%u,\"bytes\":%zu,\"frames\":%u,"
            "\"radio_bytes\":%zu,",
            report->taps, report->torn, report->polls, report->apdus, report->octets,
            report->frames, report->radio_octets);
    json_rates("air_ms", report->air_ms, 0, out);
    json_rates("total_ms", report->air_ms, report->card_ms, out);
    json_rates("worst_ms", report->worst_ms, 0, out);
    fprintf(out, "\"card_ms\":%.2f,\"gates\":{", report->card_ms);
    for (unsigned i = 0; i < TAP_RATES; i++)
        fprintf(out, "%s\"%u\":\"%s\"", i > 0 ? "," : "", tap_rates[i],
                verdict(report->worst_ms[i]));
    fputs("},\"each\":[", out);
    for (size_t i = 0; i < report->tap_count; i++) {
        fputs(i > 0 ? "," : "", out);
        json_tap(&report->each[i], out);
    }
    fputs("],\"commands\":[", out);
    for (size_t i = 0; i < report->count; i++) {
        fputs(i > 0 ? "," : "", out);
        json_apdu(&report->list[i], out);
    }
    fputs("]}\n", out);
}
