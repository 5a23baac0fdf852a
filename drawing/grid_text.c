// SPDX-License-Identifier: Apache-2.0
//
// Two axes as characters: the input with all that surrounds it, and the output; one window, and the
// output cell that it gives.
#include "drawing/shared.h"

#include <inttypes.h>

#define MARGIN     4 // columns for the numbers of rows
#define HEAD_LINES 2 // a name and the numbers of columns
#define CELL       3 // columns of a cell: " o ", or "[o]" if it is marked
#define BETWEEN    4

// Cells to be marked: these rows by these columns.
typedef struct marks {
    int64_t first, step, count;
} marks;

typedef struct grid {
    const char *name;
    lane rows, columns;
    marks mark_rows, mark_columns;
} grid;

static int64_t cell_x(int64_t left, int64_t column)
{
    return left + MARGIN + column * CELL;
}

static int64_t grid_width(const grid *g)
{
    return cell_x(0, g->columns.cells);
}

static void put_cells(canvas *c, int64_t left, const grid *g)
{
    for (int64_t i = 0; i < g->rows.cells; i++) {
        for (int64_t j = 0; j < g->columns.cells; j++) {
            const cell kind = grid_cell(&g->rows, i, &g->columns, j);
            const bool reached = lane_reached(&g->rows, i) && lane_reached(&g->columns, j);
            canvas_put(c, cell_x(left, j) + 1, HEAD_LINES + i,
                       reached ? cell_character(kind) : 'x');
        }
    }
}

static void put_indices(canvas *c, int64_t left, const grid *g)
{
    char text[24];
    for (int64_t i = g->rows.from; i < g->rows.to; i += g->rows.gap) {
        snprintf(text, sizeof text, "%3" PRId64, lane_element(&g->rows, i));
        canvas_print(c, left, HEAD_LINES + i, text);
    }
    for (int64_t j = g->columns.from; j < g->columns.to; j += g->columns.gap) {
        snprintf(text, sizeof text, "%2" PRId64, lane_element(&g->columns, j));
        canvas_print(c, cell_x(left, j), 1, text);
    }
}

static void put_marks(canvas *c, int64_t left, const grid *g)
{
    for (int64_t i = 0; i < g->mark_rows.count; i++) {
        const int64_t y = HEAD_LINES + g->mark_rows.first + i * g->mark_rows.step;
        for (int64_t j = 0; j < g->mark_columns.count; j++) {
            const int64_t x = cell_x(left, g->mark_columns.first + j * g->mark_columns.step);
            canvas_put(c, x, y, '[');
            canvas_put(c, x + 2, y, ']');
        }
    }
}

static void put_grid(canvas *c, int64_t left, const grid *g)
{
    canvas_print(c, cell_x(left, 0) + 1, 0, g->name);
    put_indices(c, left, g);
    put_cells(c, left, g);
    put_marks(c, left, g);
}

// Writes one grid, or two beside each other, as one block of lines.
static bool write_block(const page *p, const grid *first, const grid *second)
{
    int64_t width = grid_width(first), height = HEAD_LINES + first->rows.cells;
    if (second) {
        width += BETWEEN + grid_width(second);
        if (height < HEAD_LINES + second->rows.cells)
            height = HEAD_LINES + second->rows.cells;
    }
    canvas c;
    if (!canvas_make(&c, width, height))
        return false;
    put_grid(&c, 0, first);
    if (second)
        put_grid(&c, grid_width(first) + BETWEEN, second);
    page_canvas(p, &c, MARGIN);
    canvas_free(&c);
    return true;
}

static void write_legend(const page *p, const grid *input, const grid *output)
{
    char text[240];
    snprintf(text, sizeof text, "o element%s%s%s%s   [ ] the kernel, and the output that it gives",
             grid_has_border(&input->rows, &input->columns) ? "   . padding" : "",
             grid_has_zeros(&input->rows, &input->columns) ? "   : zero put in" : "",
             output->rows.added || output->columns.added ? "   + added by output_padding" : "",
             grid_all_reached(&input->rows, &input->columns) &&
                     grid_all_reached(&output->rows, &output->columns)
                 ? ""
                 : "   x reached by nothing");
    page_paragraph(p, text);
}

static marks window_marks(const lane *l, int64_t window)
{
    return (marks){lane_window(l, window), l->dilation, l->taps};
}

bool write_grids(const page *p, const drawing *d)
{
    const int64_t row = shown_output(d, 0), column = shown_output(d, 1);
    grid input = {.name = "input",
                  .rows = lane_gather(&d->axis[0], d->output[0]),
                  .columns = lane_gather(&d->axis[1], d->output[1])};
    input.mark_rows = window_marks(&input.rows, row);
    input.mark_columns = window_marks(&input.columns, column);
    const grid output = {.name = "output",
                         .rows = lane_output(&d->axis[0], d->output[0]),
                         .columns = lane_output(&d->axis[1], d->output[1]),
                         .mark_rows = {row, 1, 1},
                         .mark_columns = {column, 1, 1}};

    bool written;
    if (grid_width(&input) + BETWEEN + grid_width(&output) <= p->columns) {
        written = write_block(p, &input, &output);
    } else if ((written = write_block(p, &input, NULL))) {
        fputc('\n', p->file);
        written = write_block(p, &output, NULL);
    }
    if (!written)
        return false;
    fputc('\n', p->file);
    write_legend(p, &input, &output);
    return true;
}
