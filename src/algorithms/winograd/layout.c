// SPDX-License-Identifier: Apache-2.0
#include "algorithms/winograd/layout.h"

#include "base/checked.h"

int64_t fal_count_tile_rows(const fal_winograd_form *form, int64_t rows)
{
    return fal_ceil_divide(rows, form->rows);
}

int64_t fal_count_tile_columns(const fal_winograd_form *form, int64_t columns)
{
    return fal_ceil_divide(columns, form->columns);
}

// -------------------------------------------------------------------------------------------- form

bool fal_winograd_has_form(const fal_problem *p)
{
    const fal_problem_axis *row = &p->axis[1], *column = &p->axis[2];
    for (int i = 0; i < FALTUNG_MAX_AXES; i++)
        if (p->axis[i].input_dilation != 1)
            return false;
    return column->kernel == 3 && column->stride == 1 && column->dilation == 1 &&
           row->stride == 1 && (row->kernel == 1 || (row->kernel == 3 && row->dilation == 1));
}

// Transforms, and products for each weight, which has to be read for them: if weights are too many
// for the caches, products may have to wait for that.
double fal_winograd_count_work(const fal_problem *p, const fal_winograd_form *form)
{
    const double of_input = 8, of_output = 10, read = 3, far = 17, near = 1 << 23;
    const double in = (double)fal_count_planes(p);
    const double out = (double)fal_round_up(p->output_channels, FAL_WINOGRAD_LINE);
    const double tiles = (double)p->batch * (double)p->axis[0].output *
                         (double)fal_count_tile_rows(form, p->axis[1].output) *
                         (double)fal_count_tile_columns(form, p->axis[2].output);
    const double weights = form->elements * in * out;
    const double transforms = form->elements * (of_input * in + of_output * out);
    const double least = weights < near ? 0 : far;
    return (double)p->groups *
           (tiles * transforms + weights * (tiles + read > least ? tiles + read : least));
}

const fal_winograd_form *fal_winograd_find_form(const fal_task *task)
{
    const fal_winograd_form *form = task->kernels->winograd->form;
    const fal_problem *p = &task->problem;
    if (task->form)
        return task->form;
    if (p->axis[1].kernel == 1)
        return &form[FAL_WINOGRAD_1X4];
    const double large = fal_winograd_count_work(p, &form[FAL_WINOGRAD_4X4]);
    const double small = fal_winograd_count_work(p, &form[FAL_WINOGRAD_2X2]);
    return &form[small < large ? FAL_WINOGRAD_2X2 : FAL_WINOGRAD_4X4];
}

// ---------------------------------------------------------------------------------- chunks, blocks

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
static int64_t least_tiles(const fal_task *task, const fal_winograd_form *form)
{
    const int64_t near = 8 << 20, of_tile = 512; // bytes; numbers
    int64_t weights = form->elements * fal_count_planes(&task->problem) *
                      task->problem.output_channels * (int64_t)sizeof(float);
    int64_t wanted = weights > near ? FAL_WINOGRAD_MOST : 14;
    return fal_least(wanted, fal_most(1, numbers_in_cache(task) / of_tile));
}

// As many tiles as have their transforms and sums in half of the second-level cache.
static int64_t most_tiles(const fal_task *task, const fal_winograd_form *form, int64_t least)
{
    int64_t planes = fal_count_planes(&task->problem) + task->kernels->winograd->channels;
    int64_t fit = numbers_in_cache(task) / (form->elements * planes);
    return fal_most(least, fal_most(fal_least(2 * least, 28), fal_least(fit, FAL_WINOGRAD_MOST)));
}

fal_winograd_layout fal_winograd_lay_out(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const int64_t in_l1 = 4096; // numbers
    const fal_winograd_form *form = fal_winograd_find_form(task);
    fal_winograd_layout l = {
        .form = form,
        .chunk = chunk_size(p),
        .channels = fal_round_up(p->output_channels, task->kernels->winograd->channels),
        .planes = fal_count_planes(p),
        .least = least_tiles(task, form),
    };
    l.most = most_tiles(task, form, l.least);
    l.weights = form->elements * l.channels * l.planes;
    fal_winograd_block b;
    fal_size_block(&l, p->batch, fal_count_tile_rows(form, p->axis[1].output),
                   fal_count_tile_columns(form, p->axis[2].output), &b);
    fal_divide_block(task, &l, &b);
    const int64_t least =
        task->channels_last ? task->kernels->lanes : 1; // which are turned at once
    l.batch = fal_least(p->input_channels, fal_most(least, in_l1 / (form->high * b.line)));
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

void fal_divide_block(const fal_task *task, const fal_winograd_layout *l, fal_winograd_block *b)
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
    b->element = fal_round_up(l->planes * b->pitch, FAL_WINOGRAD_LINE) + FAL_WINOGRAD_LINE;
    b->sums = b->tiles * kernels->channels + FAL_WINOGRAD_LINE;
    b->line = l->form->columns * (b->tiles + 1) + lanes;
    if (!b->in_row)
        b->line *= 2;
}

int64_t fal_tiles_of_panel(const fal_winograd_block *b, int64_t panel)
{
    return fal_least(b->panel, b->tiles - panel * b->panel);
}

fal_segments fal_find_segments(const fal_winograd_form *form, int64_t first, int64_t tiles)
{
    fal_segments s;
    for (int64_t i = 0; i < form->columns; i++) {
        s.first[i] = first;
        s.tiles[i] = (tiles - i + form->columns - 1) / form->columns;
        first += s.tiles[i];
    }
    return s;
}
