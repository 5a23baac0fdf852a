// SPDX-License-Identifier: Apache-2.0
//
// Sizes of bands, strips and chunks. Chunks depend on the problem alone, since bits do; all else
// may depend on the machine.
#include "algorithms/direct.h"

#include "base/checked.h"

// A chain of this many products keeps errors of long sums down, and its weights in the first-level
// cache while a strip's tiles use them one after the other.
enum { CHUNK_PRODUCTS = 256 };

// The input that `count` outputs need along an axis.
static int64_t extent(const fal_problem_axis *axis, int64_t count)
{
    return (count - 1) * axis->stride + axis->dilation * (axis->kernel - 1) + 1;
}

// The shape that computes the fewest pixels for a row that nobody asked for; the first among
// equals.
static const fal_tile_kernel *choose_wide(const fal_kernels *kernels, int64_t columns)
{
    const fal_tile_kernel *best = &kernels->wide[0];
    for (int i = 1; i < FAL_WIDE_SHAPES && kernels->wide[i].multiply; i++)
        if (fal_round_up(columns, kernels->wide[i].run) < fal_round_up(columns, best->run))
            best = &kernels->wide[i];
    return best;
}

// Compares the lanes that would be busy, those of pixels at LONG_RATE of the speed: their kernels
// load more, and cross lines.
static bool prefers_long(const fal_kernels *kernels, const fal_tile_kernel *wide, int64_t channels,
                         int64_t columns)
{
    const double long_rate = 0.75;
    double as_wide =
        (double)fal_round_up(channels, wide->channels) * (double)fal_round_up(columns, wide->run);
    double as_long = (double)channels * (double)fal_round_up(columns, kernels->lanes) / long_rate;
    return as_long < as_wide;
}

// Rows of the input can be shared where each output channel sees one input channel, and
// neighbouring rows of the output see neighbouring rows.
static bool prefers_rows(const fal_problem *p)
{
    return p->input_channels == 1 && p->output_channels == 1 && p->axis[0].kernel == 1 &&
           p->axis[1].kernel > 1 && p->axis[1].stride == 1 && p->axis[1].dilation == 1;
}

// The shape that computes the fewest pixels for a row that nobody asked for; the first among
// equals.
static const fal_tile_kernel *choose_rows(const fal_kernels *kernels, int64_t columns)
{
    int64_t wide = kernels->rows[0].pixels / FAL_TILE_ROWS;
    int64_t narrow = kernels->rows[1].pixels / FAL_TILE_ROWS;
    return &kernels->rows[fal_round_up(columns, narrow) < fal_round_up(columns, wide)];
}

const fal_tile_kernel *fal_direct_tile(const fal_task *task, const fal_direct_layout *l,
                                       int64_t first)
{
    if (!l->is_long || l->is_rows)
        return l->tile;
    const fal_tile_kernel *tile = task->kernels->longs;
    while (tile->channels > task->problem.output_channels - first)
        tile++; // ends: the last shape is of one channel
    return tile;
}

// As many columns, then rows, as keep the band in the cache.
static void choose_band(const fal_task *task, fal_direct_layout *l)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *row = &p->axis[1], *column = &p->axis[2];
    int64_t budget = (int64_t)(task->kernels->band_bytes / sizeof(float));
    if (l->taps == 1)
        budget /= 2; // every element is read for one product only: what counts is to have it near
    int64_t deep = p->input_channels * p->axis[0].kernel;
    int64_t room = budget / fal_most(1, deep * extent(row, 1)); // columns of input
    int64_t fit = (room - extent(column, 1)) / column->stride + 1;
    l->columns = fal_least(column->output, fal_most(64, fit / 64 * 64));
    int64_t reach = column->dilation * (column->kernel - 1);
    l->phase_pitch =
        l->phases == 1 ? extent(column, l->columns) : l->columns + reach / column->stride;
    l->pitch = l->phases * l->phase_pitch;
    room = budget / fal_most(1, deep * l->pitch); // rows of input
    fit = (room - extent(row, 1)) / row->stride + 1;
    l->rows = fal_least(row->output, fal_most(1, fit));
    // Equal bands, rather than a small last one.
    int64_t bands = (row->output + l->rows - 1) / l->rows;
    l->rows = (row->output + bands - 1) / bands;
    l->band_rows = extent(row, l->rows);
}

fal_direct_layout fal_direct_lay_out(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const fal_kernels *kernels = task->kernels;
    int64_t stride = p->axis[2].stride;
    fal_direct_layout l = {
        .tile = choose_wide(kernels, p->axis[2].output),
        .taps = p->axis[0].kernel * p->axis[1].kernel * p->axis[2].kernel,
        .planes = p->axis[0].kernel,
    };
    l.is_long = prefers_long(kernels, l.tile, p->output_channels, p->axis[2].output);
    if (l.is_long)
        l.tile = &kernels->longs[0];
    l.is_rows = l.is_long && prefers_rows(p);
    if (l.is_rows)
        l.tile = choose_rows(kernels, p->axis[2].output);
    l.width = l.is_long ? p->output_channels : fal_round_up(p->output_channels, l.tile->channels);
    l.phases = l.is_long ? stride : 1;
    l.step = l.is_long ? 1 : stride;
    l.products = p->input_channels * l.taps;
    l.chunk_channels = fal_least(p->input_channels, fal_most(1, CHUNK_PRODUCTS / l.taps));
    choose_band(task, &l);
    // No tile has over 16 runs. The last run of a row may go beyond it, the last tile of a band
    // too.
    int64_t row_runs = (l.columns + l.tile->run - 1) / l.tile->run;
    l.runs = (l.rows + FAL_TILE_ROWS) * (row_runs + 4) + 16;
    l.slack = l.tile->pixels * l.step + (l.is_rows ? FAL_TILE_ROWS * l.pitch : 0);
    l.band = p->input_channels * l.planes * l.band_rows * l.pitch + l.slack;
    return l;
}
