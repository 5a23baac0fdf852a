// SPDX-License-Identifier: Apache-2.0
#include "algorithms/winograd/ahead.h"

#include "base/checked.h"
#include "base/memory.h"

bool fal_winograd_looks_ahead(const fal_winograd_work *w)
{
    const fal_kernels *k = w->task->kernels;
    const fal_problem_axis *axis = w->task->problem.axis;
    const int64_t large = 128 << 10; // bytes
    const bool are_plain = w->layout.phases.inputs == 1 && w->layout.phases.outputs == 1 &&
                           k->input_size == k->size && k->output_size == k->size &&
                           w->all->input.axis[2] == 1 && w->all->output.axis[2] == 1;
    const bool is_flat = axis[0].kernel == 1 && axis[0].input == 1 && axis[0].output == 1;
    return are_plain && is_flat && axis[1].kernel > 1 &&
           (double)axis[1].input * (double)axis[2].input * (double)k->size > (double)large;
}

// Positions [begin, end) along an axis.
typedef struct range {
    int64_t begin, end;
} range;

static range clip(int64_t begin, int64_t count, int64_t past)
{
    const int64_t first = fal_most(begin, 0);
    return (range){first, fal_most(first, fal_least(begin + count, past))};
}

// The lines of rows and columns of some planes, the first of which begins at an element of a
// tensor, in equal shares.
static fal_winograd_share share_lines(const fal_winograd_work *w, const fal_view *view, int64_t at,
                                      int64_t planes, range rows, range columns, int64_t shares)
{
    const int64_t size = w->task->kernels->size;
    const bool is_empty = rows.begin == rows.end || columns.begin == columns.end;
    at += rows.begin * view->axis[1] + columns.begin;
    const char *from = is_empty ? NULL : (const char *)view->data + at * size;
    const fal_lines lines = {
        .plane = from,
        .row = from,
        .planes = is_empty ? 0 : planes,
        .rows = rows.end - rows.begin,
        .lines = fal_ceil_divide((columns.end - columns.begin) * size, FAL_ALIGNMENT) + 1,
        .from_plane = view->channel * size,
        .from_row = view->axis[1] * size,
    };
    const int64_t count = lines.planes * lines.rows * lines.lines;
    return (fal_winograd_share){lines, fal_ceil_divide(count, shares)};
}

int64_t fal_winograd_count_calls(const fal_winograd_layout *l,
                                 const fal_winograd_schedule *schedule)
{
    return l->form->elements * fal_ceil_divide(l->planes, l->chunk) * schedule->list[0][0].count;
}

// What borders show again is near.
void fal_winograd_look_at_input(const fal_winograd_work *w, const fal_winograd_block *b,
                                int64_t channels, fal_winograd_ahead *ahead)
{
    const fal_view *input = &w->all->input;
    const fal_problem_axis *axis = w->task->problem.axis;
    const fal_winograd_form *form = w->layout.form;
    const int64_t times = fal_ceil_divide(channels, w->task->kernels->winograd->channels);
    if (!w->looks_ahead)
        return;
    const int64_t at = b->image * input->outer + b->group * input->group;
    const range rows = clip(b->row * form->rows - axis[1].padding,
                            (b->rows - 1) * form->rows + form->high, axis[1].input);
    const range columns = clip(b->column * form->columns - axis[2].padding,
                               (b->columns - 1) * form->columns + form->wide, axis[2].input);
    ahead->input = share_lines(w, input, at, w->task->problem.input_channels, rows, columns,
                               ahead->calls * times);
}

void fal_winograd_look_at_output(const fal_winograd_work *w, const fal_winograd_block *b,
                                 int64_t begin, int64_t end, fal_winograd_ahead *ahead)
{
    const fal_view *output = &w->all->output;
    const fal_problem_axis *axis = w->task->problem.axis;
    const fal_winograd_form *form = w->layout.form;
    if (!w->looks_ahead)
        return;
    const int64_t at =
        b->image * output->outer + b->group * output->group + begin * output->channel;
    const range rows = clip(b->row * form->rows, b->rows * form->rows, axis[1].output);
    const range columns =
        clip(b->column * form->columns, b->columns * form->columns, axis[2].output);
    ahead->output = share_lines(w, output, at, end - begin, rows, columns, ahead->calls);
}
