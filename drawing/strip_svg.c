// SPDX-License-Identifier: Apache-2.0
//
// One axis as SVG: a strip of cells, and a bar for each window below it.
#include "drawing/shared.h"

#include <inttypes.h>

#define BARS_HIGH 360.0 // what the bars together take at most, where they can
#define BAR_MOST  22.0  // and one of them, with the space to the next

typedef struct strip {
    svg *sheet;
    const lane *l;
    double x, y, width, height; // the first cell's corner; the size of each
    double bars;                // where the bars begin
    double pitch;               // from one row of bars to the next
    int64_t rows;               // of bars
    bool numbered;              // there is room for a number in every bar
} strip;

static double cell_x(const strip *t, int64_t index)
{
    return t->x + (double)index * t->width;
}

// ------------------------------------------------------------------------------------- the cells

static void draw_brace(const strip *t, const char *classes, double y, int64_t from, int64_t to)
{
    const double inset = t->width > 4 ? 1 : 0;
    svg_print(t->sheet, "<path class=\"%s\" d=\"M%.5g %.5gv4H%.5gv-4\"/>\n", classes,
              cell_x(t, from) + inset, y, cell_x(t, to) - inset);
}

// Names a part of the strip above it. A name wider than its part sticks out of the strip, or if the
// sheet ends there, into the middle part, whose name is left out if it is not well apart.
static void draw_part(const strip *t, const char *name, int64_t from, int64_t to)
{
    if (from == to)
        return;
    char text[48];
    snprintf(text, sizeof text, "%s %" PRId64, name, to - from);
    const double left = cell_x(t, from), right = cell_x(t, to), y = t->y - 12;
    svg_print(t->sheet, "<path class=\"fal-brace\" d=\"M%.5g %.5gv-4H%.5gv4\"/>\n", left + 0.5,
              y + 8, right - 0.5);

    const bool first = from == 0, last = to == t->l->cells;
    const double room = svg_text_width(TEXT_SIZE, text), out = room - (right - left);
    if (out <= 0 || (first && last)) {
        const double apart = first || last || t->x > SVG_MARGIN + room ? 0 : 2 * room;
        if (out + apart <= 0 || (first && last))
            svg_text(t->sheet, "fal-part fal-middle", (left + right) / 2, y, "%s", text);
    } else if (first) {
        const bool outward = left - out >= SVG_MARGIN;
        svg_text(t->sheet, outward ? "fal-part fal-end" : "fal-part", outward ? right : left, y,
                 "%s", text);
    } else if (last) {
        const bool outward = right + out <= SVG_WIDTH - SVG_MARGIN;
        svg_text(t->sheet, outward ? "fal-part" : "fal-part fal-end", outward ? left : right, y,
                 "%s", text);
    }
}

static void draw_parts(strip *t)
{
    const lane *l = t->l;
    const bool scatter = l->element == CELL_OUTPUT;
    const char *border = scatter ? "cropped" : "padding";
    t->y += 20;
    draw_part(t, border, 0, l->from);
    draw_part(t, scatter ? "output" : "input", l->from, l->to);
    draw_part(t, border, l->to, l->cells);
}

static void draw_cells(const strip *t)
{
    for (int64_t i = 0; i < t->l->cells; i++) {
        const double x = cell_x(t, i);
        svg_rect(t->sheet, cell_class(lane_cell(t->l, i)), x, t->y, t->width, t->height);
        if (!lane_reached(t->l, i))
            draw_cross(t->sheet, x, t->y, t->width, t->height);
    }
}

// Numbers the elements: within the cells if all fit, else every so many below.
static void draw_indices(strip *t)
{
    const lane *l = t->l;
    const int64_t last = l->to - l->from - 1;
    const int64_t step = label_step(t->width, svg_number_width(INDEX_SIZE, last) + 5);
    const double y = step == 1 ? t->y + t->height / 2 + 4 : t->y + t->height + 13;
    for (int64_t i = 0; i <= last; i += step)
        svg_text(t->sheet, "fal-index fal-middle", cell_x(t, l->from + i) + t->width / 2, y,
                 "%" PRId64, i);
    t->bars = t->y + t->height + (step == 1 ? 6 : 20);
}

static void draw_left_over(strip *t)
{
    const lane *l = t->l;
    const int64_t left = lane_left_over(l);
    if (left == 0)
        return;
    const char *what = l->element == CELL_OUTPUT ? "reached by nothing" : "left over";
    draw_brace(t, "fal-warn-brace", t->bars, l->cells - left, l->cells);
    svg_text(t->sheet, "fal-warn fal-end", cell_x(t, l->cells), t->bars + 17, "%s: %" PRId64, what,
             left);
    t->bars += 24;
}

// -------------------------------------------------------------------------------------- the bars

static double bar_y(const strip *t, int64_t window)
{
    return t->bars + (double)(window % t->rows) * t->pitch;
}

// Whether the taps of a window leave no cell between them.
static bool is_solid(const lane *l)
{
    return l->dilation == 1 || l->taps == 1;
}

static void draw_solid_bar(const strip *t, int64_t window)
{
    const double x = cell_x(t, lane_window(t->l, window)), y = bar_y(t, window);
    const double width = t->width * (double)lane_extent(t->l);
    const double gap = t->width > 6 ? 1.5 : t->width / 5, height = t->pitch * 0.8;
    svg_rect(t->sheet, "fal-bar", x + gap, y, width - 2 * gap, height);
    if (t->numbered)
        svg_text(t->sheet, "fal-index fal-middle", x + width / 2, y + height / 2 + 4, "%" PRId64,
                 window);
}

// A dilated kernel: a line, with a block for each tap.
static void draw_tapped_bar(const strip *t, int64_t window)
{
    const lane *l = t->l;
    const double x = cell_x(t, lane_window(l, window)), y = bar_y(t, window);
    const double gap = t->width > 6 ? 1.5 : t->width / 5, height = t->pitch * 0.8;
    svg_print(t->sheet, "<path class=\"fal-span\" d=\"M%.5g %.5gh%.5g\"/>\n", x + gap,
              y + height / 2, t->width * (double)lane_extent(l) - 2 * gap);
    svg_print(t->sheet, "<path class=\"fal-bar\" d=\"");
    for (int64_t tap = 0; tap < l->taps; tap++)
        svg_print(t->sheet, "M%.5g %.5gh%.5gv%.5gh-%.5gz",
                  x + gap + t->width * (double)(tap * l->dilation), y, t->width - 2 * gap, height,
                  t->width - 2 * gap);
    svg_print(t->sheet, "\"/>\n");
}

// Numbers the bars below their stack.
static void draw_bar_axis(strip *t, const char *name)
{
    const lane *l = t->l;
    const double half = t->width * (double)lane_extent(l) / 2;
    const double room = svg_number_width(INDEX_SIZE, l->windows - 1) + 8;
    const int64_t step = label_step(t->width * (double)l->stride, room);
    const double y = t->sheet->y + 12;
    for (int64_t i = 0; i < l->windows; i += step)
        svg_text(t->sheet, "fal-index fal-middle", cell_x(t, lane_window(l, i)) + half, y,
                 "%" PRId64, i);
    svg_text(t->sheet, "fal-index fal-middle", SVG_WIDTH / 2, y + 16, "%s", name);
    t->sheet->y += 34;
}

static void draw_bars(strip *t)
{
    const lane *l = t->l;
    const bool solid = is_solid(l);
    for (int64_t i = 0; i < l->windows; i++)
        (solid ? draw_solid_bar : draw_tapped_bar)(t, i);
    t->sheet->y = t->bars + t->pitch * (double)t->rows;
    if (!t->numbered)
        draw_bar_axis(t, l->element == CELL_OUTPUT ? "input element" : "output element");
}

// ------------------------------------------------------------------------------------ the motion

static void draw_taps(const strip *t)
{
    const lane *l = t->l;
    for (int64_t tap = 0; tap < l->taps; tap++)
        svg_rect(t->sheet, "fal-tap", cell_x(t, l->origin + tap * l->dilation), t->y, t->width,
                 t->height);
    svg_rect(t->sheet, "fal-frame", cell_x(t, l->origin), t->y, t->width * (double)lane_extent(l),
             t->height);
}

// The kernel over the cells, and a frame around the bar that belongs to it, window after window.
static void draw_motion(const strip *t)
{
    const lane *l = t->l;
    svg *sheet = t->sheet;
    svg_print(sheet, "<g class=\"fal-moving\"><g>\n");
    draw_taps(t);
    svg_open_motion(t->sheet);
    for (int64_t i = 0; i < l->windows; i++)
        svg_print(sheet, i ? ";%.5g,0" : "%.5g,0", (double)(i * l->stride) * t->width);
    svg_close_motion(t->sheet, l->windows);
    svg_print(sheet, "</g><g>\n");
    svg_rect(t->sheet, "fal-frame", cell_x(t, l->origin), t->bars,
             t->width * (double)lane_extent(l), t->pitch * 0.8);
    svg_open_motion(t->sheet);
    for (int64_t i = 0; i < l->windows; i++)
        svg_print(sheet, i ? ";%.5g,%.5g" : "%.5g,%.5g", (double)(i * l->stride) * t->width,
                  bar_y(t, i) - t->bars);
    svg_close_motion(t->sheet, l->windows);
    svg_print(sheet, "</g></g>\n<g class=\"fal-still\">\n");
    draw_taps(t);
    svg_print(sheet, "</g>\n");
}

// ------------------------------------------------------------------------------------ all of it

static void draw_legend(svg *sheet, const lane *l, bool animate)
{
    const bool scatter = l->element == CELL_OUTPUT;
    double x = 0;
    sheet->y += 6;
    svg_legend(sheet, &x, cell_class(l->element), scatter ? "output" : "input");
    if (l->from > 0 || l->to < l->cells)
        svg_legend(sheet, &x, cell_class(l->border),
                   scatter ? "cropped by the padding" : "padding, zeros");
    if (l->added)
        svg_legend(sheet, &x, "fal-added", "added by output_padding");
    svg_legend(sheet, &x, "fal-bar",
               scatter ? "what one input reaches" : "a window, for one output");
    if (lane_left_over(l) || lane_skipped(l))
        svg_legend(sheet, &x, "fal-cross", scatter ? "reached by nothing" : "read by no window");
    if (animate)
        svg_legend(sheet, &x, "fal-frame", "the kernel");
    svg_end_legend(sheet, &x);
}

static strip lay_out(svg *sheet, const lane *l)
{
    strip t = {.sheet = sheet, .l = l};
    t.width = SVG_CONTENT / (double)l->cells;
    if (t.width > 44)
        t.width = 44;
    t.height = t.width < 20 ? 20 : t.width > 34 ? 34 : t.width;
    t.x = (SVG_WIDTH - t.width * (double)l->cells) / 2;
    t.y = sheet->y + 8;
    t.rows = (lane_extent(l) - 1) / l->stride + 1;
    if (t.rows > l->windows)
        t.rows = l->windows;
    t.pitch = BARS_HIGH / (double)t.rows;
    if (t.pitch > BAR_MOST)
        t.pitch = BAR_MOST;
    t.numbered = is_solid(l) && t.pitch * 0.8 >= INDEX_SIZE + 2 &&
                 t.width * (double)l->taps >= svg_number_width(INDEX_SIZE, l->windows - 1) + 4;
    return t;
}

void draw_strip(svg *sheet, const drawing *d, bool animate)
{
    const lane l = lane_scatter(&d->axis[0], d->output[0]);
    strip t = lay_out(sheet, &l);
    draw_parts(&t);
    draw_cells(&t);
    draw_indices(&t);
    draw_left_over(&t);
    draw_bars(&t);
    if (animate)
        draw_motion(&t);
    draw_legend(sheet, &l, animate);
}
