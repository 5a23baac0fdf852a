// SPDX-License-Identifier: Apache-2.0
//
// Two axes as SVG: the input with all that surrounds it, and the output; one window, and the output
// cell that it gives.
#include "drawing/shared.h"

#include <inttypes.h>

#define CELL_MOST  34.0
#define CELL_SIDE  11.0 // the least for which the grids stand side by side
#define INDEX_ROOM 24.0 // left of a grid
#define BETWEEN    44.0 // between the grids

// A grid on the sheet, in cells of one size.
typedef struct grid {
    svg *sheet;
    double x, y, side; // the first cell's corner; the size of all
    lane rows, columns;
} grid;

typedef struct grids {
    grid input, output;
    int64_t row, column; // the output cell whose window is shown
    bool beside;         // the output stands to the right of the input, not below
} grids;

static double grid_x(const grid *g, int64_t column)
{
    return g->x + (double)column * g->side;
}

static double grid_y(const grid *g, int64_t row)
{
    return g->y + (double)row * g->side;
}

// ----------------------------------------------------------------------------------------- cells

static void draw_cells(const grid *g)
{
    for (int64_t r = 0; r < g->rows.cells; r++) {
        for (int64_t c = 0; c < g->columns.cells; c++) {
            const cell kind = grid_cell(&g->rows, r, &g->columns, c);
            const double x = grid_x(g, c), y = grid_y(g, r);
            svg_rect(g->sheet, cell_class(kind), x, y, g->side, g->side);
            if (!lane_reached(&g->rows, r) || !lane_reached(&g->columns, c))
                draw_cross(g->sheet, x, y, g->side, g->side);
        }
    }
}

// Numbers the elements, rows at the left and columns on top.
static void draw_indices(const grid *g)
{
    const lane *l = &g->rows;
    int64_t step = label_step(g->side * (double)l->gap, INDEX_SIZE + 1);
    for (int64_t i = l->from; i < l->to; i += step * l->gap)
        svg_text(g->sheet, "fal-index fal-end", g->x - 5, grid_y(g, i) + g->side / 2 + 4,
                 "%" PRId64, lane_element(l, i));
    l = &g->columns;
    step = label_step(g->side * (double)l->gap,
                      svg_number_width(INDEX_SIZE, lane_element(l, l->to - 1)) + 5);
    for (int64_t i = l->from; i < l->to; i += step * l->gap)
        svg_text(g->sheet, "fal-index fal-middle", grid_x(g, i) + g->side / 2, g->y - 5, "%" PRId64,
                 lane_element(l, i));
}

// ---------------------------------------------------------------------------------------- windows

static void draw_frame(const grid *g, const char *classes, int64_t row, int64_t column)
{
    svg_rect(g->sheet, classes, grid_x(g, lane_window(&g->columns, column)),
             grid_y(g, lane_window(&g->rows, row)), g->side * (double)lane_extent(&g->columns),
             g->side * (double)lane_extent(&g->rows));
}

// Whether a cell has room for a position in the kernel.
static bool has_labels(const grid *g)
{
    const double row = svg_number_width(SMALL_SIZE, g->rows.taps - 1);
    return row + svg_number_width(SMALL_SIZE, g->columns.taps - 1) + 9 <= g->side;
}

// A window's taps, each with its position in the kernel where there is room: a transposed
// convolution counts them backwards.
static void draw_taps(const grid *g, bool turned, int64_t row, int64_t column)
{
    const lane *rows = &g->rows, *columns = &g->columns;
    const bool labelled = has_labels(g);
    for (int64_t i = 0; i < rows->taps; i++) {
        for (int64_t j = 0; j < columns->taps; j++) {
            const double x = grid_x(g, lane_window(columns, column) + j * columns->dilation);
            const double y = grid_y(g, lane_window(rows, row) + i * rows->dilation);
            svg_rect(g->sheet, "fal-tap", x, y, g->side, g->side);
            if (labelled)
                svg_text(g->sheet, "fal-small", x + 3, y + 10, "%" PRId64 ",%" PRId64,
                         turned ? rows->taps - 1 - i : i, turned ? columns->taps - 1 - j : j);
        }
    }
    draw_frame(g, "fal-frame", row, column);
}

static void draw_chosen_output(const grid *g, int64_t row, int64_t column)
{
    svg_rect(g->sheet, "fal-tap", grid_x(g, column), grid_y(g, row), g->side, g->side);
    svg_rect(g->sheet, "fal-frame", grid_x(g, column), grid_y(g, row), g->side, g->side);
}

// Two lines from the window's right side to the output cell's left one.
static void draw_rays(const grids *p)
{
    const grid *in = &p->input, *out = &p->output;
    const double x = grid_x(in, lane_window(&in->columns, p->column) + lane_extent(&in->columns));
    const double top = grid_y(in, lane_window(&in->rows, p->row));
    const double bottom = top + in->side * (double)lane_extent(&in->rows);
    svg_print(in->sheet,
              "<path class=\"fal-ray\" d=\"M%.5g %.5gL%.5g %.5gM%.5g %.5gL%.5g %.5g\"/>\n", x, top,
              grid_x(out, p->column), grid_y(out, p->row), x, bottom, grid_x(out, p->column),
              grid_y(out, p->row + 1));
}

static bool has_next(const grids *p)
{
    return p->column + 1 < p->output.columns.cells;
}

static void draw_still(const grids *p, bool turned)
{
    draw_taps(&p->input, turned, p->row, p->column);
    draw_chosen_output(&p->output, p->row, p->column);
    if (p->beside)
        draw_rays(p);
}

// ----------------------------------------------------------------------------------------- motion

static void draw_steps(const grid *g, int64_t rows, int64_t columns, double down, double right)
{
    svg_open_motion(g->sheet);
    for (int64_t i = 0; i < rows * columns; i++)
        svg_print(g->sheet, i ? ";%.5g,%.5g" : "%.5g,%.5g", (double)(i % columns) * right,
                  (double)(i / columns) * down);
    svg_close_motion(g->sheet, rows * columns);
}

static void draw_motion(const grids *p, bool turned)
{
    const grid *in = &p->input, *out = &p->output;
    const int64_t rows = out->rows.cells, columns = out->columns.cells;
    svg *sheet = in->sheet;
    svg_print(sheet, "<g class=\"fal-moving\"><g>\n");
    draw_taps(in, turned, 0, 0);
    draw_steps(in, rows, columns, in->side * (double)in->rows.stride,
               in->side * (double)in->columns.stride);
    svg_print(sheet, "</g><g>\n");
    draw_chosen_output(out, 0, 0);
    draw_steps(out, rows, columns, out->side, out->side);
    svg_print(sheet, "</g></g>\n<g class=\"fal-still\">\n");
    draw_still(p, turned);
    svg_print(sheet, "</g>\n");
}

// -------------------------------------------------------------------------------------- all of it

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static grids lay_out(svg *sheet, const drawing *d)
{
    grids p = {.row = shown_output(d, 0), .column = shown_output(d, 1)};
    p.input = (grid){.sheet = sheet,
                     .rows = lane_gather(&d->axis[0], d->output[0]),
                     .columns = lane_gather(&d->axis[1], d->output[1])};
    p.output = (grid){.sheet = sheet,
                      .rows = lane_output(&d->axis[0], d->output[0]),
                      .columns = lane_output(&d->axis[1], d->output[1])};

    const double in = (double)p.input.columns.cells, out = (double)p.output.columns.cells;
    double side = smaller(CELL_MOST, (SVG_CONTENT - 2 * INDEX_ROOM - BETWEEN) / (in + out));
    p.beside = side >= CELL_SIDE;
    if (!p.beside)
        side = smaller(CELL_MOST, (SVG_CONTENT - INDEX_ROOM) / larger(in, out));
    p.input.side = p.output.side = side;
    p.input.x = p.output.x = SVG_MARGIN + INDEX_ROOM;
    p.input.y = p.output.y = sheet->y + 44;

    const double input_bottom = grid_y(&p.input, p.input.rows.cells);
    if (p.beside)
        p.output.x += larger(in * side, 110) + BETWEEN + INDEX_ROOM;
    else
        p.output.y = input_bottom + 54;
    sheet->y = larger(input_bottom, grid_y(&p.output, p.output.rows.cells)) + 12;
    return p;
}

static void draw_legend(const grids *p, bool transposed, bool animate)
{
    const lane *rows = &p->input.rows, *columns = &p->input.columns;
    svg *sheet = p->input.sheet;
    double x = 0;
    svg_legend(sheet, &x, "fal-input", "input");
    if (grid_has_border(rows, columns))
        svg_legend(sheet, &x, "fal-padding", transposed ? "border, zeros" : "padding, zeros");
    if (grid_has_zeros(rows, columns))
        svg_legend(sheet, &x, "fal-zero", "zeros put in");
    svg_legend(sheet, &x, "fal-tap fal-sample", transposed ? "the kernel, turned" : "the kernel");
    if (has_next(p) && !animate)
        svg_legend(sheet, &x, "fal-next", "its next position");
    svg_legend(sheet, &x, "fal-output", "output");
    if (p->output.rows.added || p->output.columns.added)
        svg_legend(sheet, &x, "fal-added", "added by output_padding");
    if (!grid_all_reached(rows, columns) || !grid_all_reached(&p->output.rows, &p->output.columns))
        svg_legend(sheet, &x, "fal-cross", transposed ? "reached by nothing" : "read by no window");
    svg_end_legend(sheet, &x);
}

// Names a grid above it; a long name of a narrow one at the sheet's edge begins further left.
static void draw_name(const grid *g, const char *name, int64_t rows, int64_t columns)
{
    char text[64];
    snprintf(text, sizeof text, "%s %" PRId64 " x %" PRId64, name, rows, columns);
    const double last = SVG_WIDTH - SVG_MARGIN - svg_text_width(TEXT_SIZE, text);
    svg_text(g->sheet, "fal-part", smaller(g->x, last), g->y - 24, "%s", text);
}

void draw_grids(svg *sheet, const drawing *d, bool animate)
{
    grids p = lay_out(sheet, d);
    const bool transposed = d->axis[0].transposed;
    draw_name(&p.input, "input", d->axis[0].input, d->axis[1].input);
    draw_name(&p.output, "output", d->output[0], d->output[1]);
    draw_cells(&p.input);
    draw_indices(&p.input);
    draw_cells(&p.output);
    draw_indices(&p.output);
    if (!animate && has_next(&p))
        draw_frame(&p.input, "fal-next", p.row, p.column + 1);
    (animate ? draw_motion : draw_still)(&p, transposed);
    draw_legend(&p, transposed, animate);
}
