// SPDX-License-Identifier: Apache-2.0
//
// A few rows of the output at once, with channels in the lanes: those that lie next to each other
// share most of what they read.
#include "algorithms/depthwise/across_work.h"

#include "base/checked.h"

const fal_slide_kernel *fal_find_slide(const fal_task *task)
{
    const fal_problem_axis *row = &task->problem.axis[1], *column = &task->problem.axis[2];
    if (row->stride != 1 || column->stride != 1 || row->dilation != 1 || column->dilation != 1)
        return NULL;
    for (int i = 0; task->kernels->slides[i]; i++) {
        const int64_t size = task->kernels->slides[i]->size;
        if (row->kernel == size && column->kernel == size)
            return task->kernels->slides[i];
    }
    return NULL;
}

// Where the rows of the input are that the rows of the output meet from a column on; zeros, of a
// border, do not go on from pixel to pixel.
static void find_rows(const fal_across_work *w, const fal_across_strip *s, int64_t column,
                      const void **row, int64_t *step)
{
    const fal_problem *p = &w->task->problem;
    const fal_view *input = &w->all->input;
    const int64_t read = w->slide->rows + w->slide->size - 1;
    for (int64_t i = 0; i < read; i++) {
        const int64_t y = fal_find_element(p->border, s->first + i, p->axis[1].input);
        const int64_t at = y * input->axis[1] + (column - p->axis[2].padding) * input->axis[2];
        row[i] = y < 0 ? w->zeros : s->plane + at * w->task->kernels->size;
        step[i] = y < 0 ? 0 : input->axis[2];
    }
}

static void slide_pixels(const fal_across_work *w, const fal_across_strip *s, int64_t column,
                         int64_t pixels, int64_t done)
{
    const fal_kernels *k = w->task->kernels;
    const fal_view *output = &w->all->output;
    const void *row[FAL_SLIDE_READ];
    int64_t step[FAL_SLIDE_READ];
    char *to = s->output + column * output->axis[2] * k->output_size;
    const int64_t buffered = (int64_t)FAL_ACROSS_BUFFERED * FAL_ACROSS_BLOCK;
    find_rows(w, s, column, row, step);
    const fal_slide slide = {
        .row = row,
        .step = step,
        .pixels = pixels,
        .channels = s->channels,
        .weight = w->weights + s->channel * k->size,
        .weight_step = w->weight_step,
        .bias = w->biases + s->channel * k->size,
        .output = w->is_direct ? to : w->buffer,
        .output_row = w->is_direct ? output->axis[1] : buffered,
        .output_step = w->is_direct ? output->axis[2] : FAL_ACROSS_BLOCK,
    };
    w->slide->sum(&slide);
    for (int64_t r = done; r < w->slide->rows && !w->is_direct; r++)
        fal_finish_across(w, s, w->buffer + r * buffered * k->size,
                          to + r * output->axis[1] * k->output_size, pixels);
}

// As few pixels at a time as can be, so that the lines of one vector of channels are still near for
// the next, but so many that what is summed before the first of them costs no more than an eighth.
void fal_slide_rows(const fal_across_work *w, const fal_across_strip *s, int64_t done)
{
    const int64_t near = 8 * (w->slide->size - 1);
    const int64_t most = w->is_direct ? near : FAL_ACROSS_BUFFERED;
    const int64_t all = s->beyond - s->inside, tiles = fal_ceil_divide(all, most);
    for (int64_t i = 0, column = s->inside, past; i < tiles; i++, column = past) {
        past = s->inside + all * (i + 1) / tiles;
        slide_pixels(w, s, column, past - column, done);
    }
}
