// SPDX-License-Identifier: Apache-2.0
#include "algorithms/winograd/layout.h"

#include "base/checked.h"

int64_t fal_count_tiles(int64_t outputs)
{
    return fal_ceil_divide(outputs, FAL_WINOGRAD_TILE);
}

// Shorter chains have smaller errors, but each chunk's sums are written and read once more. Those
// of few channels are all that errors can be kept down by.
static int64_t chunk_size(const fal_problem *p)
{
    const int64_t few = 64, planes = fal_count_planes(p);
    int64_t most = planes < few ? 16 : 32;
    if (p->accuracy == FALTUNG_ACCURACY_FAST)
        most = 64;
    return fal_ceil_divide(planes, fal_ceil_divide(planes, most));
}

static int64_t numbers_in_cache(const fal_task *task)
{
    return task->tuning.band_bytes / (int64_t)sizeof(float);
}

// Weights of many channels come from far away. Where memory is short, fewer have to do.
static int64_t least_tiles(const fal_task *task)
{
    const int64_t near = 8 << 20, of_tile = 512; // bytes; numbers
    int64_t weights = FAL_WINOGRAD_ELEMENTS * fal_count_planes(&task->problem) *
                      task->problem.output_channels * (int64_t)sizeof(float);
    int64_t wanted = weights > near ? FAL_WINOGRAD_MOST : 14;
    return fal_least(wanted, fal_most(1, numbers_in_cache(task) / of_tile));
}

// As many tiles as have their transforms and sums in half of the second-level cache.
static int64_t most_tiles(const fal_task *task, int64_t least)
{
    int64_t planes = fal_count_planes(&task->problem) + task->kernels->winograd->channels;
    int64_t fit = numbers_in_cache(task) / (FAL_WINOGRAD_ELEMENTS * planes);
    return fal_most(least, fal_most(fal_least(2 * least, 28), fal_least(fit, FAL_WINOGRAD_MOST)));
}

fal_winograd_layout fal_winograd_lay_out(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const int64_t in_l1 = 4096; // numbers
    fal_winograd_layout l = {
        .chunk = chunk_size(p),
        .channels = fal_round_up(p->output_channels, task->kernels->winograd->channels),
        .planes = fal_count_planes(p),
        .least = least_tiles(task),
    };
    l.most = most_tiles(task, l.least);
    l.weights = FAL_WINOGRAD_ELEMENTS * l.channels * l.planes;
    fal_winograd_block b;
    fal_size_block(&l, p->batch, fal_count_tiles(p->axis[1].output),
                   fal_count_tiles(p->axis[2].output), &b);
    fal_divide_block(task, &b);
    l.batch = fal_least(p->input_channels, fal_most(1, in_l1 / (6 * b.line)));
    return l;
}

// One row, if it is long enough, is copied but once.
void fal_size_block(const fal_winograd_layout *l, int64_t images, int64_t rows, int64_t columns,
                    fal_winograd_block *b)
{
    b->columns = fal_ceil_divide(columns, fal_ceil_divide(columns, l->most));
    int64_t fit = b->columns < l->least ? l->most / b->columns : 1;
    b->rows = fal_ceil_divide(rows, fal_ceil_divide(rows, fit));
    b->images = 1;
    if (b->rows == rows && b->columns == columns)
        b->images = fal_least(images, fal_most(1, l->most / (rows * columns)));
    b->tiles = b->images * b->rows * b->columns;
}

void fal_divide_block(const fal_task *task, fal_winograd_block *b)
{
    const fal_winograd_kernels *kernels = task->kernels->winograd;
    const int64_t lanes = task->kernels->lanes;
    b->tiles = b->images * b->rows * b->columns;
    b->in_row = b->images * b->rows == 1;
    b->panels = fal_ceil_divide(b->tiles, kernels->panel);
    b->panel = fal_round_up(fal_ceil_divide(b->tiles, b->panels), kernels->unit);
    b->panel = fal_least(b->tiles, b->panel);
    b->panels = fal_ceil_divide(b->tiles, b->panel);
    b->pitch = b->panel <= lanes / 2 ? lanes / 2 : fal_round_up(b->panel, lanes);
    b->element = fal_round_up(fal_count_planes(&task->problem) * b->pitch, FAL_WINOGRAD_LINE) +
                 FAL_WINOGRAD_LINE;
    b->sums = b->tiles * kernels->channels + FAL_WINOGRAD_LINE;
    b->line = FAL_WINOGRAD_TILE * (b->tiles + 1) + lanes;
    if (!b->in_row)
        b->line *= 2;
}

int64_t fal_tiles_of_panel(const fal_winograd_block *b, int64_t panel)
{
    return fal_least(b->panel, b->tiles - panel * b->panel);
}

fal_segments fal_find_segments(int64_t first, int64_t tiles)
{
    fal_segments s;
    for (int64_t i = 0; i < FAL_WINOGRAD_SEGMENTS; i++) {
        s.first[i] = first;
        s.tiles[i] = (tiles - i + FAL_WINOGRAD_SEGMENTS - 1) / FAL_WINOGRAD_SEGMENTS;
        first += s.tiles[i];
    }
    return s;
}
