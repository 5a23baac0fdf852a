// SPDX-License-Identifier: Apache-2.0
//
// One axis of a picture: a row of cells, and the windows that are laid over it.
#ifndef DRAWING_LANE_H
#define DRAWING_LANE_H

#include <faltung.h>

// What a cell is.
typedef enum cell {
    CELL_INPUT,   // an element of the input
    CELL_PADDING, // a zero around it
    CELL_ZERO,    // a zero between two elements, put there by a transposed convolution
    CELL_OUTPUT,  // an element of the output
    CELL_ADDED,   // the same, there only because of output_padding
    CELL_CROPPED, // computed, but cropped from the output by a transposed convolution's padding
} cell;

typedef struct lane {
    int64_t cells;    // how many there are
    int64_t from, to; // those within are elements, those outside are border
    int64_t gap;      // an element every so many cells, zeros between
    int64_t added;    // so many of the last elements are CELL_ADDED
    cell element;     // CELL_INPUT or CELL_OUTPUT
    cell border;      // CELL_PADDING or CELL_CROPPED
    int64_t origin;   // the cell at which the first window begins; may be negative
    int64_t windows;  // how many there are
    int64_t stride;   // cells from one to the next
    int64_t taps;     // the kernel's size
    int64_t dilation; // cells from one tap to the next
} lane;

// The lanes of an axis whose sizes are valid and whose lane has at most a few thousand cells. A
// convolution has one: windows, one per output, over the padded input. A transposed one has two:
// lane_gather is the convolution it amounts to, over an input with zeros put in; lane_scatter has a
// window per input element, over the output and what is cropped from it. lane_output is the output
// alone: a cell of it is reached if a kernel's tap ever meets an element there.
lane lane_gather(const faltung_axis *axis, int64_t output);
lane lane_scatter(const faltung_axis *axis, int64_t output);
lane lane_output(const faltung_axis *axis, int64_t output);

// Cells from a kernel's first tap to its last.
int64_t kernel_extent(const faltung_axis *axis);
int64_t lane_extent(const lane *l);

// What the cell at `index` is; the number of the element there, -1 if none is.
cell lane_cell(const lane *l, int64_t index);
int64_t lane_element(const lane *l, int64_t index);

// Whether a tap of any window lies on the cell.
bool lane_reached(const lane *l, int64_t index);

// Whether tap number `tap` of any window lies on the cell, and of which window.
bool lane_reached_by(const lane *l, int64_t index, int64_t tap, int64_t *window);

// The cell at which a window begins.
int64_t lane_window(const lane *l, int64_t window);

// The cells behind the last window, 0 if there are none; the cells before those that nothing
// reaches.
int64_t lane_left_over(const lane *l);
int64_t lane_skipped(const lane *l);

// Two lanes make a grid: what a cell of it is, whether it has border or zeros put in, and whether
// every cell is reached.
cell grid_cell(const lane *rows, int64_t row, const lane *columns, int64_t column);
bool grid_has_border(const lane *rows, const lane *columns);
bool grid_has_zeros(const lane *rows, const lane *columns);
bool grid_all_reached(const lane *rows, const lane *columns);

#endif
