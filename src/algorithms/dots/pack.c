// SPDX-License-Identifier: Apache-2.0
//
// Pictures in the order in which dot products read them.
#include "algorithms/dots/work.h"

#include "base/checked.h"

#include <string.h>

void fal_clear_dots(fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *c)
{
    const int64_t size = w->task->kernels->size;
    const fal_dots_chunk *like = &w->like;
    bool same = w->cleared && like->depth == c->depth && like->row == c->row &&
                like->rows == c->rows && like->images == c->images && w->like_depth == b->depth;
    if (!same) {
        memset(w->desk.band, 0, (size_t)(w->l.band * size));
        memset(w->desk.grad, 0, (size_t)(w->l.grad * size));
    }
    w->cleared = true;
    w->like = *c;
    w->like_depth = b->depth;
}

void fal_pack_dots_grad(const fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *c)
{
    const fal_view *from = &w->all->weight;
    const int64_t size = w->task->kernels->size;
    const int64_t columns = w->task->problem.axis[2].kernel;
    char *to = w->desk.grad;
    for (int64_t o = 0; o < b->channels; o++)
        for (int64_t n = 0; n < w->l.images; n++, to += w->l.grad_image * size) {
            int64_t at = b->group * from->group + (b->channel + o) * from->outer +
                         (c->image + n) * from->channel + c->depth * from->axis[0] +
                         c->row * from->axis[1];
            const fal_box box = {
                .from = (const char *)from->data + at * w->task->kernels->input_size,
                .to = to,
                .planes = 1,
                .rows = c->rows,
                .columns = columns,
                .from_row = from->axis[1],
                .from_column = from->axis[2],
                .to_row = w->l.grad_pitch,
            };
            if (n < c->images)
                w->task->kernels->copy(&box);
        }
}

// Elements of a phase along an axis: as many as `count` from the input's position `first` on,
// `step` apart; [begin, end) of them are there.
typedef struct range {
    int64_t first, step, begin, end;
} range;

static range find_range(int64_t first, int64_t step, int64_t count, int64_t size)
{
    int64_t begin = first < 0 ? fal_ceil_divide(-first, step) : 0;
    int64_t end = first < size ? fal_ceil_divide(size - first, step) : 0;
    begin = fal_least(begin, count);
    return (range){first, step, begin, fal_most(begin, fal_least(end, count))};
}

// One phase of an image, whose first element of the first row would be at `from`.
static void pack_phase(const fal_dots_work *w, const char *from, const range *rows,
                       const range *columns, char *to)
{
    const fal_view *input = &w->all->input;
    const int64_t size = w->task->kernels->size;
    int64_t row = rows->first + rows->begin * rows->step;
    int64_t column = columns->first + columns->begin * columns->step;
    if (rows->begin == rows->end || columns->begin == columns->end)
        return;
    const fal_box box = {
        .from =
            from + (row * input->axis[1] + column * input->axis[2]) * w->task->kernels->input_size,
        .to = to + (rows->begin * w->l.pitch + columns->begin) * size,
        .planes = 1,
        .rows = rows->end - rows->begin,
        .columns = columns->end - columns->begin,
        .from_row = rows->step * input->axis[1],
        .from_column = columns->step * input->axis[2],
        .to_row = w->l.pitch,
    };
    w->task->kernels->copy(&box);
}

void fal_pack_dots_band(const fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *c,
                        int64_t plane)
{
    const fal_problem *p = &w->task->problem;
    const fal_problem_axis *deep = &p->axis[0], *row = &p->axis[1], *column = &p->axis[2];
    const fal_view *input = &w->all->input;
    const fal_dots_layout *l = &w->l;
    const int64_t size = w->task->kernels->size;
    int64_t depth = c->depth * deep->dilation + (b->depth * deep->stride - deep->padding);
    if (depth < 0 || depth >= deep->input)
        return;
    for (int64_t n = 0; n < c->images; n++) {
        int64_t at = b->group * input->group + (b->plane + plane) * input->outer +
                     (c->image + n) * input->channel + depth * input->axis[0];
        char *to = (char *)w->desk.band + n * l->image * size;
        for (int64_t i = 0; i < l->row.phases; i++)
            for (int64_t j = 0; j < l->column.phases; j++, to += l->phase * size) {
                range rows = find_range(c->row * row->dilation - row->padding + i, l->row.phases,
                                        c->rows + l->row.reach, row->input);
                range columns =
                    find_range(j - column->padding, l->column.phases, l->pitch, column->input);
                pack_phase(w, (const char *)input->data + at * w->task->kernels->input_size, &rows,
                           &columns, to);
            }
    }
}
