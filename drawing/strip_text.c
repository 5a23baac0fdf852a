// SPDX-License-Identifier: Apache-2.0
//
// One axis as characters: a line of cells, and below it the windows.
#include "drawing/shared.h"

#include <inttypes.h>

#define HEAD_LINES 2  // indices and cells
#define OWN_LINES  20 // the most windows that get a line each

typedef struct strip {
    canvas c;
    const lane *l;
    int margin;                     // columns for labels
    int64_t pitch;                  // columns from a cell to the next
    int64_t rows;                   // lines of windows
    int64_t index_step, last_index; // the elements that are numbered
} strip;

static int64_t cell_x(const strip *t, int64_t index)
{
    return t->margin + index * t->pitch;
}

static void put_cells(strip *t)
{
    const lane *l = t->l;
    for (int64_t i = 0; i < l->cells; i++) {
        const char character = lane_reached(l, i) ? cell_character(lane_cell(l, i)) : 'x';
        canvas_put(&t->c, cell_x(t, i), 1, character);
    }
}

// Numbers as many elements as have room for it.
static void put_indices(strip *t)
{
    char text[24];
    for (int64_t i = 0; i <= t->last_index; i += t->index_step) {
        snprintf(text, sizeof text, "%" PRId64, i);
        canvas_print(&t->c, cell_x(t, t->l->from + i), 0, text);
    }
}

// A window: its taps, and a line between them.
static void put_window(strip *t, int64_t window)
{
    const lane *l = t->l;
    const int64_t y = HEAD_LINES + window % t->rows;
    const int64_t begin = cell_x(t, lane_window(l, window));
    const int64_t length = (lane_extent(l) - 1) * t->pitch + 1;
    for (int64_t x = 0; x < length; x++)
        canvas_put(&t->c, begin + x, y, x % (l->dilation * t->pitch) == 0 ? '#' : '-');

    char text[32];
    const int digits = snprintf(text, sizeof text, "%" PRId64, window);
    if (t->rows < l->windows && digits + 2 <= length)
        canvas_print(&t->c, begin + (length - digits) / 2, y, text);
    if (t->rows == l->windows) {
        snprintf(text, sizeof text, "%s %" PRId64, l->element == CELL_OUTPUT ? "input" : "output",
                 window);
        canvas_print(&t->c, 0, y, text);
    }
}

static int count_digits(int64_t number)
{
    return snprintf(NULL, 0, "%" PRId64, number);
}

static strip lay_out(const lane *l, int columns)
{
    strip t = {.l = l, .margin = 11, .pitch = 4};
    while (t.pitch > 1 && cell_x(&t, l->cells) > columns)
        t.pitch /= 2;
    // Two windows in one line have a blank between.
    const int64_t apart = lane_extent(l) / l->stride + 1;
    t.rows = l->windows <= OWN_LINES || apart > l->windows ? l->windows : apart;

    const int64_t last = l->to - l->from - 1;
    t.index_step = label_step((double)t.pitch, count_digits(last) + 1);
    t.last_index = last - last % t.index_step;
    return t;
}

// Columns up to the last cell, or to its number if that is longer.
static int64_t strip_width(const strip *t)
{
    const int64_t cells = cell_x(t, t->l->cells - 1) + 1;
    const int64_t indices = cell_x(t, t->l->from + t->last_index) + count_digits(t->last_index);
    return cells > indices ? cells : indices;
}

static void write_legend(const page *p, const lane *l)
{
    const bool scatter = l->element == CELL_OUTPUT;
    char text[240];
    int length = snprintf(text, sizeof text, "o %s", scatter ? "output" : "input");
    if (l->from > 0 || l->to < l->cells)
        length += snprintf(text + length, sizeof text - (size_t)length, "   . %s",
                           scatter ? "cropped by the padding" : "padding");
    if (l->added)
        length +=
            snprintf(text + length, sizeof text - (size_t)length, "   + added by output_padding");
    if (lane_left_over(l) || lane_skipped(l))
        length += snprintf(text + length, sizeof text - (size_t)length, "   x %s",
                           scatter ? "reached by nothing" : "read by no window");
    snprintf(text + length, sizeof text - (size_t)length, "   # %s",
             scatter ? "what an input reaches" : "what a window reads");
    page_paragraph(p, text);
}

bool write_strip(const page *p, const drawing *d)
{
    const lane l = lane_scatter(&d->axis[0], d->output[0]);
    strip t = lay_out(&l, p->columns);
    if (!canvas_make(&t.c, strip_width(&t), HEAD_LINES + t.rows))
        return false;
    canvas_print(&t.c, 0, 1, l.element == CELL_OUTPUT ? "output" : "input");
    put_indices(&t);
    put_cells(&t);
    for (int64_t i = 0; i < l.windows; i++)
        put_window(&t, i);
    page_canvas(p, &t.c, t.margin);
    canvas_free(&t.c);
    fputc('\n', p->file);
    write_legend(p, &l);
    return true;
}
