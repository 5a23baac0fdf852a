// SPDX-License-Identifier: Apache-2.0
#include "algorithms/weight_gradient/layout.h"

#include "algorithms/chunks.h"
#include "base/checked.h"

static fal_tiling tile_by(const fal_wide_kernel *kernel, bool along_columns, int64_t rows,
                          int64_t columns, int64_t planes)
{
    fal_tiling t = {.kernel = kernel, .along_columns = along_columns};
    if (along_columns) {
        t.column = 1;
        t.row = fal_round_up(columns, kernel->run);
        t.plane = rows * t.row;
        t.computed = planes * t.plane;
    } else {
        t.plane = 1;
        t.column = fal_round_up(planes, kernel->run);
        t.row = columns * t.column;
        t.computed = rows * t.row;
    }
    t.computed = fal_round_up(t.computed, kernel->pixels);
    return t;
}

// The better of what was found and what kernels of a list have.
static fal_tiling find_better(fal_tiling best, const fal_wide_kernel *const *next, int64_t channels,
                              int64_t rows, int64_t columns, int64_t planes)
{
    for (; *next; next++)
        for (int along = 0; along < 2 && (*next)->channels == channels; along++) {
            const fal_tiling t = tile_by(*next, along, rows, columns, planes);
            if (!best.kernel || t.computed < best.computed)
                best = t;
        }
    return best;
}

fal_tiling fal_find_tiling(const fal_kernels *kernels, int64_t channels, int64_t rows,
                           int64_t columns, int64_t planes)
{
    fal_tiling best = {0}; // there is one, since `channels` is a kernel's
    best = find_better(best, kernels->wide, channels, rows, columns, planes);
    // Tiles that are smaller take more loads for each product: few more sums are better.
    const fal_tiling apart =
        find_better((fal_tiling){0}, kernels->apart, channels, rows, columns, planes);
    return apart.kernel && apart.computed * 16 < best.computed * 15 ? apart : best;
}

// What `outputs` of the result and `count` elements of the kernel reach over along an axis.
static int64_t extent(const fal_problem_axis *axis, int64_t count)
{
    return (count - 1) * axis->dilation + (axis->output - 1) * axis->stride + 1;
}

// Tiles of channels whose sums of the fewest planes take no more than the cache that bands have.
static int64_t find_tiles(const fal_task *task, const fal_cut *c, int64_t pixels)
{
    const fal_problem *p = &task->problem;
    int64_t sums = p->axis[1].output * p->axis[2].output * pixels * c->channels;
    return task->tuning.band_bytes / (sums * task->kernels->size);
}

// Planes whose sums, or whose part of the band, take no more than half of the cache that bands
// have.
static int64_t find_planes(const fal_task *task, const fal_cut *c, int64_t pixels)
{
    const fal_problem *p = &task->problem;
    int64_t most = task->tuning.band_bytes / task->kernels->size;
    int64_t sums = p->axis[1].output * p->axis[2].output * c->tiles * c->channels;
    int64_t fit = most / fal_most(sums, c->plane) / pixels * pixels;
    return fal_least(p->batch, fal_most(fit, pixels));
}

// Of the narrowest tile for all channels; the widest, if there are more.
static int64_t find_channels(const fal_kernels *kernels, int64_t channels)
{
    int64_t best = kernels->wide[0]->channels;
    for (const fal_wide_kernel *const *next = kernels->wide; *next; next++)
        if ((*next)->channels >= channels && (*next)->channels < best)
            best = (*next)->channels;
    return best;
}

fal_cut fal_find_cut(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const fal_kernels *kernels = task->kernels;
    const fal_problem_axis *row = &p->axis[1], *column = &p->axis[2];
    const int64_t pixels = kernels->wide[0]->pixels, size = kernels->size;
    const int64_t near = 1 << 16; // numbers of an image's pixels
    // The more there are, the fewer times pixels are packed; but sums of several elements take
    // room.
    const int64_t most_tiles = row->output * column->output == 1 ? 16 : 4;
    fal_cut c = {.channels = find_channels(kernels, p->output_channels)};
    c.columns = fal_chunk_size(column->kernel, 1);
    c.rows = c.columns < column->kernel ? 1 : fal_chunk_size(row->kernel, column->kernel);
    c.band_columns = extent(column, c.columns);
    c.band_rows = extent(row, c.rows);
    c.image = c.band_rows * c.band_columns;
    c.images =
        c.rows < row->kernel ? 1 : fal_chunk_size(p->input_channels, row->kernel * column->kernel);
    c.images = fal_most(1, fal_least(c.images, near / c.image));
    c.products = c.images * c.rows * c.columns;
    c.plane = fal_round_to_odd_lines(c.images * c.image, size);
    c.tiles = fal_least(fal_ceil_divide(p->output_channels, c.channels),
                        fal_most(1, fal_least(most_tiles, find_tiles(task, &c, pixels))));
    c.planes = find_planes(task, &c, pixels);
    // Whatever the kernel, no more than a tile is filled up, and no more than a run of each
    // element.
    const int64_t elements = row->output * column->output;
    c.sums = (elements * (c.planes + pixels) + pixels) * c.tiles * c.channels;
    c.band = (c.planes + pixels) * c.plane;
    return c;
}
