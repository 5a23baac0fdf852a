// SPDX-License-Identifier: Apache-2.0
//
// Pictures in the order in which dot products read them.
#include "algorithms/dots/work.h"

#include "algorithms/far.h"
#include "base/checked.h"

#include <string.h>

// Whether all rows of the input that a chunk meets are there.
static bool are_inside(const fal_dots_work *w, const fal_dots_chunk *c)
{
    const fal_problem_axis *axis = &w->task->problem.axis[1];
    const int64_t first = c->row * axis->dilation - axis->padding;
    return first >= 0 && first + (w->l.rows + w->l.row.reach) * w->l.row.phases <= axis->input;
}

void fal_clear_dots(fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *c)
{
    const int64_t size = w->task->kernels->size;
    const fal_dots_chunk *like = &w->like;
    bool same = w->cleared && like->depth == c->depth && like->rows == c->rows &&
                like->images == c->images && w->like_depth == b->depth &&
                (like->row == c->row || are_inside(w, c)); // all rows are written then
    if (!same) {
        memset(w->desk.band, 0, (size_t)(w->l.band * size));
        memset(w->desk.grad, 0, (size_t)(w->l.grad * size));
    }
    w->cleared = true;
    w->like = *c;
    w->like_depth = b->depth;
}

// Where a chunk begins, of a block's first channel and plane: its first image in grad, and in the
// input, in a depth of that.
static int64_t find_grad(const fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *c)
{
    const fal_view *from = &w->all->weight;
    return b->group * from->group + b->channel * from->outer + c->image * from->channel +
           c->depth * from->axis[0] + c->row * from->axis[1];
}

static int64_t find_depth(const fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *c)
{
    const fal_problem_axis *deep = &w->task->problem.axis[0];
    return c->depth * deep->dilation + (b->depth * deep->stride - deep->padding);
}

static int64_t find_input(const fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *c,
                          int64_t depth)
{
    const fal_view *from = &w->all->input;
    return b->group * from->group + b->plane * from->outer + c->image * from->channel +
           depth * from->axis[0];
}

void fal_pack_dots_grad(const fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *c)
{
    const fal_view *from = &w->all->weight;
    const int64_t size = w->task->kernels->size;
    const int64_t columns = w->task->problem.axis[2].kernel;
    char *to = w->desk.grad;
    for (int64_t o = 0; o < b->channels; o++, to += w->l.images * w->l.grad_image * size) {
        const int64_t at = find_grad(w, b, c) + o * from->outer;
        const fal_box box = {
            .from = (const char *)from->data + at * w->task->kernels->input_size,
            .to = to,
            .planes = c->images,
            .rows = c->rows,
            .columns = columns,
            .from_plane = from->channel,
            .from_row = from->axis[1],
            .from_column = from->axis[2],
            .to_plane = w->l.grad_image,
            .to_row = w->l.grad_pitch,
        };
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

// One phase of some images, of whose first the first element of the first row would be at `from`.
static void pack_phase(const fal_dots_work *w, int64_t images, const char *from, const range *rows,
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
        .planes = images,
        .rows = rows->end - rows->begin,
        .columns = columns->end - columns->begin,
        .from_plane = input->channel,
        .from_row = rows->step * input->axis[1],
        .from_column = columns->step * input->axis[2],
        .to_plane = w->l.image,
        .to_row = w->l.pitch,
    };
    w->task->kernels->copy(&box);
}

// Both of two phases of columns at once, whose elements lie side by side in the input.
static void pack_both_phases(const fal_dots_work *w, int64_t images, const char *from,
                             const range *rows, char *to)
{
    const fal_view *input = &w->all->input;
    const fal_problem_axis *axis = &w->task->problem.axis[2];
    const fal_dots_layout *l = &w->l;
    const int64_t column = fal_most(0, -axis->padding), at = column + axis->padding;
    const int64_t past = fal_least(axis->input, 2 * l->pitch - axis->padding);
    const int64_t row = rows->first + rows->begin * rows->step;
    const int64_t first = at % 2 * l->phase + at / 2;
    if (rows->begin == rows->end || column >= past)
        return;
    const fal_box box = {
        .from = from + (row * input->axis[1] + column) * w->task->kernels->input_size,
        .to = to + (rows->begin * l->pitch + first) * w->task->kernels->size,
        .planes = images,
        .rows = rows->end - rows->begin,
        .columns = past - column,
        .from_plane = input->channel,
        .from_row = rows->step * input->axis[1],
        .from_column = 1,
        .to_plane = l->image,
        .to_row = l->pitch,
        .to_odd = (at + 1) % 2 * l->phase + (at + 1) / 2 - first,
    };
    w->task->kernels->copy(&box);
}

void fal_pack_dots_band(const fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *c,
                        int64_t plane)
{
    const fal_problem *p = &w->task->problem;
    const fal_problem_axis *row = &p->axis[1], *column = &p->axis[2];
    const fal_view *input = &w->all->input;
    const fal_dots_layout *l = &w->l;
    const int64_t size = w->task->kernels->size;
    const int64_t depth = find_depth(w, b, c);
    if (depth < 0 || depth >= p->axis[0].input)
        return;
    const bool both = l->column.phases == 2 && input->axis[2] == 1;
    const int64_t at = find_input(w, b, c, depth) + plane * input->outer;
    const char *from = (const char *)input->data + at * w->task->kernels->input_size;
    char *to = w->desk.band;
    for (int64_t i = 0; i < l->row.phases; i++) {
        const range rows = find_range(c->row * row->dilation - row->padding + i, l->row.phases,
                                      c->rows + l->row.reach, row->input);
        if (both)
            pack_both_phases(w, c->images, from, &rows, to);
        for (int64_t j = 0; j < l->column.phases; j++, to += l->phase * size) {
            if (both)
                continue;
            const range columns =
                find_range(j - column->padding, l->column.phases, l->pitch, column->input);
            pack_phase(w, c->images, from, &rows, &columns, to);
        }
    }
}

// ---------------------------------------------------------------------------------- looking ahead

// Behind the last images come the first ones of the next group.
void fal_look_ahead_dots(const fal_dots_work *w, const fal_dots_block *b, const fal_dots_chunk *c,
                         fal_dots *dots)
{
    const fal_problem *p = &w->task->problem;
    const fal_view *input = &w->all->input, *grad = &w->all->weight;
    const int64_t size = w->task->kernels->input_size;
    const bool lines = input->axis[2] == 1 && grad->axis[2] == 1; // of its own
    fal_dots_block block = *b;
    fal_dots_chunk next = *c;
    next.image += c->images;
    if (b->planes > 1 || b->channels > 1 || w->l.rows < p->axis[1].kernel || !lines ||
        p->input_channels == 1 || !fal_are_far(w->task))
        return;
    if (next.image >= p->input_channels) {
        next.image = 0;
        block.group++;
    }
    if (block.group * p->output_channels >= w->part->end[FAL_CHANNEL])
        return;
    const int64_t at = find_input(w, &block, &next, find_depth(w, &block, &next));
    dots->next_input = (uintptr_t)input->data + (uintptr_t)(at * size);
    dots->next_grad = (uintptr_t)grad->data + (uintptr_t)(find_grad(w, &block, &next) * size);
    dots->next_input_image = input->channel * size;
    dots->next_grad_image = grad->channel * size;
}
