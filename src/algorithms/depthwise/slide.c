// SPDX-License-Identifier: Apache-2.0
//
// A few rows of the output at once, with channels in the lanes: those that lie next to each other
// share most of what they read.
#include "algorithms/depthwise/across_work.h"

#include "base/checked.h"

const fal_slide_kernel *fal_find_slide(const fal_task *task)
{
    const fal_problem_axis *row = &task->problem.axis[1], *column = &task->problem.axis[2];
    if (row->stride != column->stride || row->dilation != 1 || column->dilation != 1)
        return NULL;
    for (int i = 0; task->kernels->slides[i]; i++) {
        const fal_slide_kernel *slide = task->kernels->slides[i];
        if (row->kernel == slide->size && column->kernel == slide->size &&
            row->stride == slide->stride)
            return slide;
    }
    return NULL;
}

// Rows of the input that those of the output read.
static int64_t count_rows(const fal_slide_kernel *slide)
{
    return (slide->rows - 1) * slide->stride + slide->size;
}

bool fal_can_slide(const fal_across_work *w, const fal_across_strip *s)
{
    const fal_problem *p = &w->task->problem;
    const int64_t step = w->all->input.axis[2];
    const bool is_inside = s->first >= 0 && s->first + count_rows(w->slide) <= p->axis[1].input;
    return is_inside || p->border != FALTUNG_PADDING_ZEROS || (step >= 0 && step <= p->groups);
}

// Pixels next to each other of all rows, and the columns of the kernel that these have.
typedef struct pixels {
    int64_t column, count;
    int64_t first, past;
} pixels;

// Where the rows of the input are that the rows of the output meet, or that they are zeros.
static void find_rows(const fal_across_work *w, const fal_across_strip *s, const pixels *chosen,
                      const void **row, bool *is_zero)
{
    const fal_problem *p = &w->task->problem;
    const fal_view *input = &w->all->input;
    const int64_t x = chosen->column * p->axis[2].stride - p->axis[2].padding + chosen->first;
    for (int64_t i = 0; i < count_rows(w->slide); i++) {
        const int64_t y = fal_find_element(p->border, s->first + i, p->axis[1].input);
        const int64_t at = y * input->axis[1] + x * input->axis[2];
        row[i] = y < 0 ? w->zeros : s->plane + at * w->task->kernels->size;
        is_zero[i] = y < 0;
    }
}

static void slide_pixels(const fal_across_work *w, const fal_across_strip *s, const pixels *chosen,
                         int64_t done)
{
    const fal_kernels *k = w->task->kernels;
    const fal_view *input = &w->all->input, *output = &w->all->output;
    const void *row[FAL_SLIDE_READ];
    bool is_zero[FAL_SLIDE_READ];
    char *to = s->output + chosen->column * output->axis[2] * k->output_size;
    const int64_t buffered = (int64_t)FAL_ACROSS_BUFFERED * FAL_ACROSS_BLOCK;
    const int64_t tap = chosen->first * w->slide->size, rows = w->slide->rows;
    find_rows(w, s, chosen, row, is_zero);
    const fal_slide slide = {
        .row = row,
        .column_step = input->axis[2],
        .is_zero = is_zero,
        .columns = chosen->past - chosen->first,
        .pixels = chosen->count,
        .channels = s->channels,
        .weight = w->weights + (tap * w->weight_step + s->channel) * k->size,
        .weight_step = w->weight_step,
        .bias = w->biases + s->channel * k->size,
        .output = w->is_direct ? to : w->buffer,
        .output_row = w->is_direct ? output->axis[1] : buffered,
        .output_step = w->is_direct ? output->axis[2] : FAL_ACROSS_BLOCK,
        .finish = w->clamps ? w->finish : NULL,
        .ahead_input =
            w->looks_ahead ? rows * w->slide->stride * input->axis[1] * k->input_size : 0,
        .ahead_output = w->is_direct ? rows * output->axis[1] * k->output_size : 0,
    };
    w->slide->sum(&slide);
    for (int64_t r = done; r < w->slide->rows && !w->is_direct; r++)
        fal_finish_across(w, s, w->buffer + r * buffered * k->size,
                          to + r * output->axis[1] * k->output_size, chosen->count);
}

void fal_slide_inside(const fal_across_work *w, const fal_across_strip *s, int64_t done)
{
    const int64_t most = w->is_direct ? s->beyond - s->inside : FAL_ACROSS_BUFFERED;
    for (int64_t column = s->inside; column < s->beyond; column += most) {
        const pixels some = {column, fal_least(most, s->beyond - column), 0, w->slide->size};
        slide_pixels(w, s, &some, done);
    }
}

void fal_slide_border(const fal_across_work *w, const fal_across_strip *s, int64_t done)
{
    const fal_problem_axis *axis = &w->task->problem.axis[2];
    for (int64_t column = s->begin; column < s->past; column++) {
        if (column == s->inside)
            column = s->beyond;
        if (column == s->past)
            break;
        const int64_t x = column * axis->stride - axis->padding;
        pixels one = {column, 1, fal_most(0, -x), fal_least(axis->kernel, axis->input - x)};
        if (one.first >= one.past) // it meets nothing but the border
            one.first = one.past = fal_most(0, fal_least(-x, axis->kernel));
        slide_pixels(w, s, &one, done);
    }
}
