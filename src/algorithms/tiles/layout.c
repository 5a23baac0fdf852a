// SPDX-License-Identifier: Apache-2.0
#include "algorithms/tiles/layout.h"

#include "algorithms/chunks.h"
#include "base/checked.h"

static int64_t reach(const fal_problem_axis *axis)
{
    return axis->dilation * (axis->kernel - 1);
}

// Rows or columns of a phase, for so many outputs.
static int64_t in_phase(const fal_problem_axis *axis, int64_t outputs)
{
    return outputs + reach(axis) / axis->stride;
}

static int64_t count_phases(const fal_problem_axis *axis)
{
    return fal_least(axis->stride, reach(axis) + 1);
}

// Bands are small enough for the second-level cache, or of one row and a few strips.
static void choose_band(const fal_task *task, fal_tiles_layout *l)
{
    const fal_problem_axis *axis = task->problem.axis;
    const int64_t few = 4 * FAL_TILE_STRIP;
    const int64_t most = task->tuning.band_bytes / (int64_t)sizeof(uint32_t);
    const int64_t numbers = task->channels_last ? l->pixel : l->numbers;
    const int64_t deep = numbers * axis[0].kernel * l->row_phases * l->column_phases;
    const int64_t room = most / fal_most(1, deep); // numbers of a phase
    int64_t wide = room / in_phase(&axis[1], 1) - reach(&axis[2]) / axis[2].stride;
    l->columns = fal_least(axis[2].output, fal_most(few, wide / few * few));
    l->pitch = in_phase(&axis[2], l->columns);
    int64_t high = room / l->pitch - reach(&axis[1]) / axis[1].stride;
    l->rows = fal_least(axis[1].output, fal_most(high, fal_ceil_divide(few, l->columns)));
    // Equal bands, rather than a small last one.
    l->rows = fal_ceil_divide(axis[1].output, fal_ceil_divide(axis[1].output, l->rows));
    l->phase_rows = in_phase(&axis[1], l->rows);
}

fal_tiles_layout fal_tiles_lay_out(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    fal_tiles_layout l = {
        .parts = 2, // of halves, or pairs of bytes
        .taps = p->axis[0].kernel * p->axis[1].kernel * p->axis[2].kernel,
        .blocks = fal_ceil_divide(p->output_channels, FAL_TILE),
        .row_phases = count_phases(&p->axis[1]),
        .column_phases = count_phases(&p->axis[2]),
        .bias_tile = FAL_TILE * FAL_TILE * (int64_t)sizeof(float),
    };
    l.numbers = fal_ceil_divide(p->input_channels, l.parts);
    l.chunks = fal_ceil_divide(l.numbers, FAL_TILE);
    l.chunk = fal_ceil_divide(l.numbers, l.chunks);
    l.pixel = task->channels_last ? fal_round_to_odd_lines(l.chunks * l.chunk, sizeof(float)) : 1;
    choose_band(task, &l);
    l.slice = l.row_phases * l.column_phases * l.phase_rows * l.pitch;
    // A strip may begin at the last pixel.
    const int64_t pixels = p->axis[0].kernel * l.slice + FAL_TILE_STRIP;
    l.plane = task->channels_last ? 1 : fal_round_to_odd_lines(pixels, sizeof(float));
    l.band = task->channels_last ? pixels * l.pixel : l.chunks * l.chunk * l.plane;
    l.weight_tile = l.chunks * l.taps * FAL_TILE * FAL_TILE * (int64_t)sizeof(uint32_t);
    return l;
}

void fal_tiles_fill_offsets(const fal_problem *p, const fal_tiles_layout *l, int32_t *to)
{
    const fal_problem_axis *deep = &p->axis[0], *row = &p->axis[1], *column = &p->axis[2];
    const int64_t phase = l->phase_rows * l->pitch;
    for (int64_t kd = 0; kd < deep->kernel; kd++)
        for (int64_t kh = 0; kh < row->kernel; kh++)
            for (int64_t kw = 0; kw < column->kernel; kw++) {
                const int64_t y = kh * row->dilation, x = kw * column->dilation;
                int64_t at = kd * l->slice;
                at += (y % row->stride * l->column_phases + x % column->stride) * phase;
                at += y / row->stride * l->pitch + x / column->stride;
                *to++ = (int32_t)(at * l->pixel);
            }
}
