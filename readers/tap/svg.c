// SPDX-License-Identifier: Apache-2.0
// The waterfall: a framed block a tap, all on one scale; in it rows from top to bottom as the APDUs
// went, each with its time on the way to the card, in the card, and back, at 106 kbit/s. Two lines
// show the gates. Where the card was torn off its row ends in a red edge.
#include "readers/tap/report.h"

enum {
    WIDTH = 1000,
    LEFT = 190,  // of the axis
    RIGHT = 740, // of the axis
    EDGE = 12,   // of frames
    TOP = 84,    // of the first block
    HEAD = 46,   // of a block, above its rows: title, then the gates' names
    FOOT = 34,   // below them: ticks and their numbers
    GAP = 16,    // between blocks
    ROW = 24,
    BAR = 16,
    TICK = 6,
    TAPS_MAX = 40, // drawn
};

static const char down_color[] = "#2563a8", card_color[] = "#e0a030", up_color[] = "#3a9a5c",
                  before_color[] = "#9aa4b0", torn_color[] = "#c62828";

struct canvas {
    FILE *out;
    double end, step; // of the axis, and from tick to tick
};

// The axis ends at a round number behind the slowest tap, and behind the first gate.
static struct canvas canvas_for(const struct tap_report *report, FILE *out) {
    static const double ends[][2] = {{250, 50},     {500, 100},    {600, 100},
                                     {1000, 200},   {2000, 500},   {5000, 1000},
                                     {10000, 2000}, {20000, 5000}, {60000, 10000}};
    size_t last = sizeof ends / sizeof ends[0] - 1, at = 0;
    while (at < last && report->worst_ms[0] * 1.02 >= ends[at][0])
        at++;
    double end = ends[at][0], step = ends[at][1];
    for (; report->worst_ms[0] * 1.02 >= end; step *= 2)
        end *= 2;
    return (struct canvas){out, end, step};
}

static double x_of(const struct canvas *canvas, double ms) {
    return LEFT + ms / canvas->end * (RIGHT - LEFT);
}

static void bar(const struct canvas *canvas, int y, double from, double ms, const char *color) {
    double x = x_of(canvas, from), width = x_of(canvas, from + ms) - x;
    if (ms <= 0)
        return;
    fprintf(canvas->out,
            "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"><title>%.1f "
            "ms</title></rect>\n",
            x, y, width < 0.5 ? 0.5 : width, BAR, color, ms);
}

static void gate(const struct canvas *canvas, int top, int bottom, double ms, const char *color) {
    double x = x_of(canvas, ms);
    if (ms > canvas->end)
        return;
    fprintf(canvas->out,
            "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\" "
            "stroke-dasharray=\"6 4\" stroke-width=\"1.5\"/>\n"
            "<text x=\"%.1f\" y=\"%d\" fill=\"%s\" text-anchor=\"middle\">%.0f ms</text>\n",
            x, top, x, bottom, color, x, top - 5, color, ms);
}

static void scale(const struct canvas *canvas, int top, int bottom) {
    int last = (int)(canvas->end / canvas->step + 0.01);
    fprintf(canvas->out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#556\"/>\n", LEFT,
            bottom, RIGHT, bottom);
    for (int i = 0; i <= last; i++) {
        double x = x_of(canvas, i * canvas->step);
        fprintf(canvas->out,
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#e3e7ec\"/>\n"
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#556\"/>\n"
                "<text x=\"%.1f\" y=\"%d\" fill=\"#445\" text-anchor=\"middle\">%.0f%s</text>\n",
                x, top, x, bottom, x, bottom, x, bottom + TICK, x, bottom + TICK + 14,
                i * canvas->step, i == last ? " ms" : "");
    }
}

static void legend(const struct canvas *canvas) {
    static const struct {
        const char *color, *text;
    } entries[] = {{before_color, "activation"},
                   {down_color, "to the card"},
                   {card_color, "card computes"},
                   {up_color, "from the card"},
                   {torn_color, "torn off"}};
    for (int i = 0; i < 5; i++)
        fprintf(canvas->out,
                "<rect x=\"%d\" y=\"46\" width=\"14\" height=\"14\" fill=\"%s\"/>"
                "<text x=\"%d\" y=\"58\">%s</text>\n",
                LEFT + i * 128, entries[i].color, LEFT + i * 128 + 20, entries[i].text);
}

// The edge where the card went.
static void torn(const struct canvas *canvas, int y, double at) {
    double x = x_of(canvas, at);
    fprintf(canvas->out,
            "<path d=\"M%.1f %d l5 4 l-5 4 l5 4 l-5 4 l5 4\" fill=\"none\" stroke=\"%s\" "
            "stroke-width=\"2.5\"/>\n",
            x, y - 2, torn_color);
}

static void row(const struct canvas *canvas, int y, const struct tap_apdu *apdu, double *at) {
    double whole = apdu->down_ms[0] + apdu->card_ms + apdu->up_ms[0];
    fprintf(canvas->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", LEFT - 8,
            y + 13, apdu->title);
    bar(canvas, y, *at, apdu->down_ms[0], down_color);
    bar(canvas, y, *at + apdu->down_ms[0], apdu->card_ms, card_color);
    bar(canvas, y, *at + apdu->down_ms[0] + apdu->card_ms, apdu->up_ms[0], up_color);
    *at += whole;
    if (apdu->torn)
        torn(canvas, y, *at);
    fprintf(canvas->out, "<text x=\"%d\" y=\"%d\" fill=\"%s\">%.1f ms, %zu octets, ", RIGHT + 24,
            y + 13, apdu->torn ? torn_color : "#334", whole, apdu->command + apdu->answer);
    if (apdu->torn)
        fputs("torn</text>\n", canvas->out);
    else
        fprintf(canvas->out, "%04X</text>\n", apdu->sw & 0xFFFF);
}

static int block_height(const struct tap_one *tap) {
    return HEAD + ((int)tap->count + 1) * ROW + FOOT;
}

// One tap from y on.
static void block(const struct canvas *canvas, const struct tap_report *report, size_t number,
                  int y) {
    const struct tap_one *tap = &report->each[number];
    int top = y + HEAD, bottom = top + ((int)tap->count + 1) * ROW;
    double at = tap->activation_ms;
    fprintf(canvas->out,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"%s\" "
            "rx=\"4\"/>\n"
            "<text x=\"%d\" y=\"%d\" font-weight=\"bold\" fill=\"%s\">tap %zu: %u APDUs, %zu "
            "octets, %.0f ms%s</text>\n",
            EDGE, y, WIDTH - 2 * EDGE, block_height(tap), tap->torn ? torn_color : "#aab2bc",
            EDGE + 10, y + 19, tap->torn ? torn_color : "#111", number + 1, tap->apdus, tap->octets,
            tap_one_ms(tap, 0), tap->torn ? ", torn off" : "");
    scale(canvas, top, bottom);
    fprintf(canvas->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">activation</text>\n",
            LEFT - 8, top + 17);
    bar(canvas, top + 4, 0, tap->activation_ms, before_color);
    for (size_t i = 0; i < tap->count; i++)
        row(canvas, top + 4 + ((int)i + 1) * ROW, &report->list[tap->first + i], &at);
    gate(canvas, top - 4, bottom, TAP_GATE_MS, "#1a7f37");
    gate(canvas, top - 4, bottom, TAP_LIMIT_MS, torn_color);
}

void tap_report_svg(const struct tap_report *report, FILE *out) {
    struct canvas canvas = canvas_for(report, out);
    size_t drawn = report->tap_count < TAPS_MAX ? report->tap_count : TAPS_MAX;
    int y = TOP, height = TOP;
    for (size_t i = 0; i < drawn; i++)
        height += block_height(&report->each[i]) + GAP;
    height += report->taps > drawn ? 2 * GAP : 0;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" font-family=\"sans-serif\" font-size=\"13\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
            "<text x=\"%d\" y=\"26\" font-size=\"17\" font-weight=\"bold\">%u tap%s at 106 kbit/s, "
            "the slowest %.0f ms; torn off %u, empty polls %u</text>\n",
            WIDTH, height, WIDTH, height, EDGE, report->taps, report->taps == 1 ? "" : "s",
            report->worst_ms[0], report->torn, report->polls);
    legend(&canvas);
    for (size_t i = 0; i < drawn; i++) {
        block(&canvas, report, i, y);
        y += block_height(&report->each[i]) + GAP;
    }
    if (report->taps > drawn)
        fprintf(out, "<text x=\"%d\" y=\"%d\">and %zu taps more</text>\n", EDGE, y + GAP,
                report->taps - drawn);
    fputs("</svg>\n", out);
}
