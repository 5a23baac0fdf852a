// SPDX-License-Identifier: Apache-2.0
#include "drawing/lane.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t kernel_extent(const faltung_axis *axis)
{
    return axis->dilation * (axis->kernel - 1) + 1;
}

int64_t lane_extent(const lane *l)
{
    return l->dilation * (l->taps - 1) + 1;
}

static lane plain_lane(const faltung_axis *axis, int64_t output)
{
    const faltung_padding *padding = &axis->padding;
    return (lane){
        .cells = padding->begin + axis->input + padding->end,
        .from = padding->begin,
        .to = padding->begin + axis->input,
        .gap = 1,
        .element = CELL_INPUT,
        .border = CELL_PADDING,
        .windows = output,
        .stride = axis->stride,
        .taps = axis->kernel,
        .dilation = axis->dilation,
    };
}

lane lane_gather(const faltung_axis *axis, int64_t output)
{
    if (!axis->transposed)
        return plain_lane(axis, output);
    // A padding beyond the kernel's reach makes a border negative: then windows begin within the
    // input, whose first or last cells are never read.
    const int64_t reach = kernel_extent(axis) - 1;
    const int64_t begin = reach - axis->padding.begin;
    const int64_t end = reach - axis->padding.end + axis->output_padding;
    const int64_t stretched = (axis->input - 1) * axis->stride + 1;
    return (lane){
        .cells = most(begin, 0) + stretched + most(end, 0),
        .from = most(begin, 0),
        .to = most(begin, 0) + stretched,
        .gap = axis->stride,
        .element = CELL_INPUT,
        .border = CELL_PADDING,
        .origin = most(-begin, 0),
        .windows = output,
        .stride = 1,
        .taps = axis->kernel,
        .dilation = axis->dilation,
    };
}

lane lane_scatter(const faltung_axis *axis, int64_t output)
{
    if (!axis->transposed)
        return plain_lane(axis, output);
    const int64_t written = (axis->input - 1) * axis->stride + kernel_extent(axis);
    const int64_t to = axis->padding.begin + output;
    return (lane){
        .cells = most(written, to),
        .from = axis->padding.begin,
        .to = to,
        .gap = 1,
        .added = least(axis->output_padding, output),
        .element = CELL_OUTPUT,
        .border = CELL_CROPPED,
        .windows = axis->input,
        .stride = axis->stride,
        .taps = axis->kernel,
        .dilation = axis->dilation,
    };
}

lane lane_output(const faltung_axis *axis, int64_t output)
{
    lane l = lane_scatter(axis, output);
    if (axis->transposed) {
        l.origin = -l.from;
    } else {
        l.added = 0;
        l.element = CELL_OUTPUT;
        l.windows = output;
        l.stride = l.taps = l.dilation = 1;
    }
    l.from = 0;
    l.cells = l.to = output;
    return l;
}

cell lane_cell(const lane *l, int64_t index)
{
    if (index < l->from || index >= l->to)
        return l->border;
    if (index >= l->to - l->added)
        return CELL_ADDED;
    return (index - l->from) % l->gap == 0 ? l->element : CELL_ZERO;
}

int64_t lane_element(const lane *l, int64_t index)
{
    const cell kind = lane_cell(l, index);
    return kind == l->element || kind == CELL_ADDED ? (index - l->from) / l->gap : -1;
}

bool lane_reached_by(const lane *l, int64_t index, int64_t tap, int64_t *window)
{
    const int64_t distance = index - l->origin - tap * l->dilation;
    *window = distance / l->stride;
    return distance >= 0 && distance % l->stride == 0 && *window < l->windows;
}

bool lane_reached(const lane *l, int64_t index)
{
    int64_t window;
    for (int64_t tap = 0; tap < l->taps; tap++) {
        if (lane_reached_by(l, index, tap, &window))
            return true;
    }
    return false;
}

int64_t lane_window(const lane *l, int64_t window)
{
    return l->origin + window * l->stride;
}

int64_t lane_left_over(const lane *l)
{
    return most(l->cells - lane_window(l, l->windows - 1) - lane_extent(l), 0);
}

int64_t lane_skipped(const lane *l)
{
    int64_t skipped = 0;
    for (int64_t i = 0; i < l->cells - lane_left_over(l); i++)
        skipped += !lane_reached(l, i);
    return skipped;
}

// The border wins, then an addition, then a zero between elements.
cell grid_cell(const lane *rows, int64_t row, const lane *columns, int64_t column)
{
    const cell a = lane_cell(rows, row), b = lane_cell(columns, column);
    if (a == rows->border || b == columns->border)
        return rows->border;
    if (a == CELL_ADDED || b == CELL_ADDED)
        return CELL_ADDED;
    return a == CELL_ZERO ? a : b;
}

static bool has_border(const lane *l)
{
    return l->from > 0 || l->to < l->cells;
}

static bool has_zeros(const lane *l)
{
    return l->gap > 1 && l->to - l->from > 1;
}

static bool all_reached(const lane *l)
{
    return lane_left_over(l) == 0 && lane_skipped(l) == 0;
}

bool grid_has_border(const lane *rows, const lane *columns)
{
    return has_border(rows) || has_border(columns);
}

bool grid_has_zeros(const lane *rows, const lane *columns)
{
    return has_zeros(rows) || has_zeros(columns);
}

bool grid_all_reached(const lane *rows, const lane *columns)
{
    return all_reached(rows) && all_reached(columns);
}
