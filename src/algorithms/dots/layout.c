// SPDX-License-Identifier: Apache-2.0
#include "algorithms/dots/layout.h"

#include "algorithms/chunks.h"
#include "base/checked.h"

// Neighbours in grad are `dilation` apart in the input, taps `stride`.
static fal_dots_axis lay_out_axis(const fal_problem_axis *axis)
{
    int64_t phases = axis->kernel > 1 ? axis->dilation : 1;
    return (fal_dots_axis){phases, (axis->output - 1) * axis->stride / phases};
}

// Vectors of an image of so many rows: where a row does not fill whole ones, it may be better to
// let all of them lie as in the input, with zeros in between.
static void choose_strips(const fal_problem *p, fal_dots_layout *l)
{
    const int64_t columns = p->axis[2].kernel;
    int64_t of_row = fal_ceil_divide(columns, l->lanes);
    int64_t of_all = fal_ceil_divide(l->rows * l->pitch, l->lanes);
    l->flat = of_all < l->rows * of_row;
    l->grad_pitch = l->flat ? l->pitch : of_row * l->lanes;
}

static void lay_out_strips(fal_dots_layout *l)
{
    l->strips = l->flat ? 1 : l->rows;
    l->vectors = l->flat ? fal_ceil_divide(l->rows * l->pitch, l->lanes) : l->grad_pitch / l->lanes;
    l->grad_image = l->strips * l->vectors * l->lanes;
    l->phase = (l->rows + l->row.reach) * l->pitch;
    l->image = l->row.phases * l->column.phases * l->phase;
}

static void count_numbers(const fal_problem *p, fal_dots_layout *l)
{
    l->band = l->images * l->image + l->lanes * (l->vectors + 1);
    l->grad = p->output_channels * l->images * l->grad_image;
}

fal_dots_layout fal_lay_out_dots(const fal_task *task)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *row = &p->axis[1], *column = &p->axis[2];
    const int64_t near = 1 << 14; // numbers of sums
    fal_dots_layout l = {.row = lay_out_axis(row), .column = lay_out_axis(column)};
    l.lanes = 64 / task->kernels->size;
    l.pitch = column->kernel + l.column.reach;
    l.rows = fal_chunk_size(row->kernel, fal_ceil_divide(l.pitch, l.lanes));
    choose_strips(p, &l);
    lay_out_strips(&l);
    l.images = l.rows < row->kernel ? 1 : fal_chunk_size(p->input_channels, l.strips * l.vectors);
    int64_t of_plane = row->output * column->output * p->output_channels * l.lanes;
    l.planes = fal_least(p->batch, fal_most(1, near / of_plane));
    count_numbers(p, &l);
    l.sums = l.planes * of_plane;
    return l;
}

int64_t fal_find_tap(const fal_problem *p, const fal_dots_layout *l, int64_t row, int64_t column)
{
    int64_t down = row * p->axis[1].stride, along = column * p->axis[2].stride;
    int64_t phase = down % l->row.phases * l->column.phases + along % l->column.phases;
    return phase * l->phase + down / l->row.phases * l->pitch + along / l->column.phases;
}
