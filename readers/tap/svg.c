// SPDX-License-Identifier: Apache-2.0
// The waterfall: rows from top to bottom as the APDUs went, each with its time on the way to the
// card, in the card, and back, at 106 kbit/s. Two lines show the gates.
#include "readers/tap/report.h"

enum { LEFT = 190, RIGHT = 700, TOP = 74, ROW = 22, BAR = 14, WIDTH = 880, ROWS_MAX = 200 };

static const char down_color[] = "#2563a8", card_color[] = "#e0a030", up_color[] = "#3a9a5c",
                  before_color[] = "#9aa4b0";

static double total_of(const struct tap_report *report) {
    return report->air_ms[0] + report->card_ms;
}

// The axis ends at a round number behind everything, and behind the first gate.
static double axis_end(const struct tap_report *report) {
    static const double ends[] = {250, 500, 600, 1000, 2000, 5000, 10000, 60000};
    double total = total_of(report);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (total * 1.02 < ends[i])
            return ends[i];
    return total * 1.1;
}

struct canvas {
    FILE *out;
    double end;
    int bottom;
};

static double x_of(const struct canvas *canvas, double ms) {
    return LEFT + ms / canvas->end * (RIGHT - LEFT);
}

static void bar(const struct canvas *canvas, int y, double from, double ms, const char *color) {
    double x = x_of(canvas, from), width = x_of(canvas, from + ms) - x;
    fprintf(canvas->out,
            "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"><title>%.1f "
            "ms</title></rect>\n",
            x, y, width < 0.5 ? 0.5 : width, BAR, color, ms);
}

static void gate(const struct canvas *canvas, double ms, const char *color) {
    double x = x_of(canvas, ms);
    if (ms > canvas->end)
        return;
    fprintf(canvas->out,
            "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\" "
            "stroke-dasharray=\"5 3\" stroke-width=\"1.5\"/>\n"
            "<text x=\"%.1f\" y=\"%d\" fill=\"%s\" text-anchor=\"middle\">%.0f ms</text>\n",
            x, TOP - 8, x, canvas->bottom, color, x, TOP - 12, color, ms);
}

static void scale(const struct canvas *canvas) {
    double step = canvas->end <= 600 ? 50 : canvas->end / 10;
    int last = (int)((canvas->end + 0.1) / step);
    for (int i = 0; i <= last; i++) {
        double ms = i * step;
        fprintf(canvas->out,
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#e3e7ec\"/>\n"
                "<text x=\"%.1f\" y=\"%d\" fill=\"#667\" text-anchor=\"middle\">%.0f</text>\n",
                x_of(canvas, ms), TOP, x_of(canvas, ms), canvas->bottom, x_of(canvas, ms),
                canvas->bottom + 14, ms);
    }
}

static void legend(const struct canvas *canvas) {
    static const struct {
        const char *color, *text;
    } entries[] = {{before_color, "activation"},
                   {down_color, "to the card"},
                   {card_color, "card computes"},
                   {up_color, "from the card"}};
    for (int i = 0; i < 4; i++)
        fprintf(canvas->out,
                "<rect x=\"%d\" y=\"34\" width=\"12\" height=\"12\" fill=\"%s\"/>"
                "<text x=\"%d\" y=\"44\">%s</text>\n",
                LEFT + i * 125, entries[i].color, LEFT + i * 125 + 17, entries[i].text);
}

static void row(const struct canvas *canvas, int y, const struct tap_apdu *apdu, double *at) {
    double whole = apdu->down_ms[0] + apdu->card_ms + apdu->up_ms[0];
    fprintf(canvas->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", LEFT - 8,
            y + 11, apdu->title);
    bar(canvas, y, *at, apdu->down_ms[0], down_color);
    bar(canvas, y, *at + apdu->down_ms[0], apdu->card_ms, card_color);
    bar(canvas, y, *at + apdu->down_ms[0] + apdu->card_ms, apdu->up_ms[0], up_color);
    fprintf(canvas->out, "<text x=\"%d\" y=\"%d\" fill=\"#445\">%.1f ms, %zu octets, %04X</text>\n",
            RIGHT + 10, y + 11, whole, apdu->command + apdu->answer, apdu->sw);
    *at += whole;
}

void tap_report_svg(const struct tap_report *report, FILE *out) {
    size_t rows = report->count < ROWS_MAX ? report->count : ROWS_MAX;
    struct canvas canvas = {out, axis_end(report), TOP + ((int)rows + 1) * ROW};
    double at = report->activation_ms;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
            "<text x=\"12\" y=\"20\" font-size=\"14\" font-weight=\"bold\">%u APDUs, %zu octets, "
            "%u frames: %.0f ms at 106 kbit/s (air %.0f, card %.0f)</text>\n",
            WIDTH, canvas.bottom + 26, WIDTH, canvas.bottom + 26, report->apdus, report->octets,
            report->frames, total_of(report), report->air_ms[0], report->card_ms);
    legend(&canvas);
    scale(&canvas);
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">activation</text>\n", LEFT - 8,
            TOP + 14);
    bar(&canvas, TOP + 3, 0, report->activation_ms, before_color);
    for (size_t i = 0; i < rows; i++)
        row(&canvas, TOP + 3 + ((int)i + 1) * ROW, &report->list[i], &at);
    gate(&canvas, TAP_GATE_MS, "#1a7f37");
    gate(&canvas, TAP_LIMIT_MS, "#c62828");
    fputs("</svg>\n", out);
}
