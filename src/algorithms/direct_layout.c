// SPDX-License-Identifier: Apache-2.0
//
// Sizes of bands, strips and chunks. Chunks depend on the problem alone, since bits do; all else
// may depend on the machine.
#include "algorithms/direct.h"

// A chain of this many products keeps errors of long sums down, and its weights in the first-level
// cache while a strip's tiles use them one after the other.
enum { CHUNK_PRODUCTS = 256 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

// The input that `count` outputs need along an axis.
static int64_t extent(const fal_problem_axis *axis, int64_t count)
{
    return (count - 1) * axis->stride + axis->dilation * (axis->kernel - 1) + 1;
}

static int64_t round_up(int64_t n, int64_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

// The tile that computes the fewest pixels for a row that nobody asked for; the first among equals.
static const fal_tile_kernel *choose_tile(const fal_kernels *kernels, int64_t columns)
{
    const fal_tile_kernel *best = &kernels->tile[0];
    for (int i = 1; i < FAL_TILE_KERNELS; i++)
        if (round_up(columns, kernels->tile[i].run) < round_up(columns, best->run))
            best = &kernels->tile[i];
    return best;
}

// As many columns, then rows, as keep the band in the cache.
static void choose_band(const fal_task *task, fal_direct_layout *l)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *row = &p->axis[1], *column = &p->axis[2];
    int64_t budget = (int64_t)(task->kernels->band_bytes / sizeof(float));
    int64_t deep = p->input_channels * p->axis[0].kernel;
    int64_t room = budget / most(1, deep * extent(row, 1)); // columns of input
    int64_t fit = (room - extent(column, 1)) / column->stride + 1;
    int64_t unit = 4 * l->tile->pixels;
    l->columns = least(column->output, most(unit, fit / unit * unit));
    l->pitch = extent(column, l->columns);
    room = budget / most(1, deep * l->pitch); // rows of input
    fit = (room - extent(row, 1)) / row->stride + 1;
    l->rows = least(row->output, most(1, fit));
    // Equal bands, rather than a small last one.
    int64_t bands = (row->output + l->rows - 1) / l->rows;
    l->rows = (row->output + bands - 1) / bands;
    l->band_rows = extent(row, l->rows);
}

fal_direct_layout fal_direct_lay_out(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const fal_kernels *kernels = task->kernels;
    fal_direct_layout l = {
        .tile = choose_tile(kernels, p->axis[2].output),
        .taps = p->axis[0].kernel * p->axis[1].kernel * p->axis[2].kernel,
        .blocks = (p->output_channels + kernels->channels - 1) / kernels->channels,
        .planes = p->axis[0].kernel,
        .strip_tiles = kernels->strip_tiles,
    };
    l.products = p->input_channels * l.taps;
    l.chunk_channels = least(p->input_channels, most(1, CHUNK_PRODUCTS / l.taps));
    choose_band(task, &l);
    int64_t run = l.tile->run, stride = p->axis[2].stride;
    int64_t tile_runs = l.tile->pixels / run;
    l.row_runs = (l.columns + run - 1) / run;
    l.runs = round_up(l.rows * l.row_runs, tile_runs);
    // The last run of a row may go beyond it.
    l.band = p->input_channels * l.planes * l.band_rows * l.pitch + run * stride;
    return l;
}
