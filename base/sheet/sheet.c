// SPDX-License-Identifier: Apache-2.0
#include "base/sheet/sheet.h"

#include "base/bytes.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>

#define MILLIMETRE (72.0 / 25.4)

static const double width = 210 * MILLIMETRE, height = 297 * MILLIMETRE;
static const double margin = 20 * MILLIMETRE;

static void free_data(struct sheet_pdf *pdf) {
    if (pdf->data != NULL)
        bytes_erase(pdf->data, pdf->size);
    free(pdf->data);
}

static cairo_status_t take(void *context, const unsigned char *data, unsigned size) {
    struct sheet_pdf *pdf = context;
    if (size > pdf->capacity - pdf->size) {
        size_t capacity = 2 * pdf->capacity + size + 65536;
        unsigned char *more = malloc(capacity);
        if (more == NULL)
            return CAIRO_STATUS_WRITE_ERROR;
        if (pdf->size > 0)
            memcpy(more, pdf->data, pdf->size);
        free_data(pdf);
        pdf->data = more;
        pdf->capacity = capacity;
    }
    memcpy(pdf->data + pdf->size, data, size);
    pdf->size += size;
    return CAIRO_STATUS_SUCCESS;
}

/// Line by line, on as many sheets as it needs.
static void draw(cairo_t *cairo, PangoLayout *layout) {
    PangoLayoutIter *at = pango_layout_get_iter(layout);
    double above = 0; // of the layout, on earlier sheets
    do {
        PangoRectangle line;
        pango_layout_iter_get_line_extents(at, NULL, &line);
        double top = (double)line.y / PANGO_SCALE;
        if (top + (double)line.height / PANGO_SCALE - above > height - 2 * margin) {
            cairo_show_page(cairo);
            above = top;
        }
        cairo_move_to(cairo, margin + (double)line.x / PANGO_SCALE,
                      margin + (double)pango_layout_iter_get_baseline(at) / PANGO_SCALE - above);
        pango_cairo_show_layout_line(cairo, pango_layout_iter_get_line_readonly(at));
    } while (pango_layout_iter_next_line(at));
    pango_layout_iter_free(at);
    cairo_show_page(cairo);
}

static void set_tabs(PangoLayout *layout, const struct sheet_style *style) {
    if (style->tab == 0)
        return;
    PangoTabArray *tabs = pango_tab_array_new(style->end != 0 ? 2 : 1, FALSE);
    pango_tab_array_set_tab(tabs, 0, PANGO_TAB_LEFT, (int)(style->tab * MILLIMETRE * PANGO_SCALE));
    if (style->end != 0)
        pango_tab_array_set_tab(tabs, 1, PANGO_TAB_RIGHT,
                                (int)(style->end * MILLIMETRE * PANGO_SCALE));
    pango_layout_set_tabs(layout, tabs);
    pango_tab_array_free(tabs);
}

/// What stands between two form feeds. Returns how many signs no font has.
static int print_part(cairo_t *cairo, const char *text, size_t size,
                      const struct sheet_style *style) {
    PangoFontMap *fonts = pango_cairo_font_map_get_default();
    PangoContext *context = pango_font_map_create_context(fonts);
    PangoLayout *layout = pango_layout_new(context);
    PangoFontDescription *description = pango_font_description_from_string(style->font);
    pango_layout_set_font_description(layout, description);
    pango_layout_set_width(layout, (int)((width - 2 * margin) * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    set_tabs(layout, style);
    pango_layout_set_text(layout, text, (int)size);
    int missing = pango_layout_get_unknown_glyphs_count(layout);
    if (missing == 0)
        draw(cairo, layout);
    pango_font_description_free(description);
    g_object_unref(layout);
    g_object_unref(context);
    return missing;
}

static int print_all(cairo_t *cairo, const char *text, const struct sheet_style *style) {
    int missing = 0;
    const char *at = text;
    for (size_t size = 0; missing == 0; at += size + 1) {
        size = strcspn(at, "\f");
        missing = print_part(cairo, at, size, style);
        if (at[size] == '\0')
            break;
    }
    return missing;
}

bool sheet_print(const char *text, const struct sheet_style *style, struct sheet_pdf *pdf,
                 struct failure *failure) {
    *pdf = (struct sheet_pdf){0};
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(take, pdf, width, height);
    cairo_t *cairo = cairo_create(surface);
    int missing = print_all(cairo, text, style);
    cairo_status_t status = cairo_status(cairo);
    cairo_destroy(cairo);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (missing == 0 && status == CAIRO_STATUS_SUCCESS)
        return true;
    sheet_free(pdf);
    return missing > 0
               ? fail(failure, EXIT_ABSENT,
                      "no font of this machine has %d sign%s of the letter; install one that does, "
                      "such as fonts-noto-cjk for Chinese, Japanese and Korean",
                      missing, missing == 1 ? "" : "s")
               : fail(failure, EXIT_REFUSED, "no PDF: %s", cairo_status_to_string(status));
}

void sheet_free(struct sheet_pdf *pdf) {
    free_data(pdf);
    *pdf = (struct sheet_pdf){0};
}
