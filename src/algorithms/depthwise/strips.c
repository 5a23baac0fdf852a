// SPDX-License-Identifier: Apache-2.0
//
// Strips of rows: where they read and write.
#include "algorithms/depthwise/work.h"

#include "base/checked.h"

#include <string.h>

static const char *input_plane(const fal_depthwise_work *w, const fal_strip_place *at)
{
    const fal_view *input = &w->all->input;
    int64_t depth = at->depth * w->task->problem.axis[0].stride;
    int64_t plane = at->image * input->outer + at->channel * input->group + depth * input->axis[0];
    return (const char *)input->data + plane * w->task->kernels->size;
}

// Copies what a strip needs, with zeros for what is not there.
static void copy_rows(const fal_depthwise_work *w, const fal_strip_place *at, const fal_segment *s)
{
    const fal_problem *p = &w->task->problem;
    const fal_problem_axis *row = &p->axis[1], *column = &p->axis[2];
    const fal_view *input = &w->all->input;
    const int64_t size = w->task->kernels->size;
    const char *plane = input_plane(w, at);
    int64_t first = s->column * column->stride - column->padding;
    int64_t count = fal_extent(column, s->past - s->column);
    int64_t rows = (at->rows - 1) * w->rows.stride + row->kernel;
    int64_t from = fal_least(fal_most(first, 0), column->input);
    int64_t past = fal_most(fal_least(first + count, column->input), from);
    memset(w->band, 0, (size_t)(rows * w->band_pitch * size));
    for (int64_t i = 0; i < rows; i++) {
        int64_t r = at->row * row->stride - row->padding + i * w->rows.pitch;
        if (r < 0 || r >= row->input || from == past)
            continue;
        const fal_box box = {
            .from = plane + (r * input->axis[1] + from * input->axis[2]) * size,
            .to = w->band + (i * w->band_pitch + from - first) * size,
            .planes = 1,
            .rows = 1,
            .columns = past - from,
            .from_column = input->axis[2],
        };
        w->task->kernels->copy(&box);
    }
}

// Where a strip reads: the rows that are there, and its first pixel's first product in the first of
// them.
static void find_input(const fal_depthwise_work *w, const fal_strip_place *at, const fal_segment *s,
                       fal_plane_strip *strip)
{
    const fal_problem_axis *row = &w->task->problem.axis[1], *column = &w->task->problem.axis[2];
    const int64_t size = w->task->kernels->size;
    int64_t rows = (at->rows - 1) * w->rows.stride + row->kernel;
    if (w->copies) {
        copy_rows(w, at, s);
        strip->input = w->band;
        strip->pitch = w->band_pitch;
        strip->past_row = rows;
        return;
    }
    const fal_view *input = &w->all->input;
    int64_t r = at->row * row->stride - row->padding, pitch = w->rows.pitch;
    int64_t first = r < 0 ? fal_ceil_divide(-r, pitch) : 0;
    int64_t past = r < row->input ? fal_ceil_divide(row->input - r, pitch) : 0;
    strip->first_row = fal_least(first, rows);
    strip->past_row = fal_most(fal_least(past, rows), strip->first_row);
    strip->pitch = pitch * input->axis[1];
    strip->input = input_plane(w, at);
    if (strip->first_row == strip->past_row)
        return;
    int64_t corner = (r + strip->first_row * pitch) * input->axis[1] + s->column * column->stride -
                     column->padding;
    strip->input = (const char *)strip->input + corner * size;
}

// Writes the collected pixels of a strip to where they belong.
static void write_strip(const fal_depthwise_work *w, const fal_plane_strip *strip, int64_t pixels,
                        char *to, int64_t pitch)
{
    const fal_rows rows = {
        .from = strip->output,
        .to = to,
        .rows = strip->output_rows,
        .columns = pixels,
        .from_row = strip->output_pitch,
        .from_column = 1,
        .to_row = pitch,
        .to_column = w->all->output.axis[2],
        .finish = w->clamps ? NULL : w->finish,
    };
    w->task->kernels->write_rows(&rows);
}

static void run_strip(const fal_depthwise_work *w, const fal_strip_place *at, const fal_segment *s)
{
    const fal_problem *p = &w->task->problem;
    const fal_view *output = &w->all->output;
    const int64_t size = w->task->kernels->size, channel = fal_channel_numbers(p) * size;
    const char *weight = w->packed + at->channel * channel;
    int64_t corner = at->image * output->outer + at->channel * output->group +
                     at->depth * output->axis[0] + at->row * output->axis[1] +
                     s->column * output->axis[2];
    char *to = (char *)output->data + corner * size;
    const int64_t pitch = w->rows.apart * output->axis[1];
    fal_plane_strip strip = {
        .offset = w->offset,
        .lanes = s->lanes,
        .rows = p->axis[1].kernel,
        .columns = p->axis[2].kernel,
        .weight = weight,
        .bias = weight + channel - size,
        .output = w->collects ? w->output : to,
        .output_pitch = w->collects ? FAL_PLANE_WIDTH * w->task->kernels->lanes : pitch,
        .output_rows = at->rows,
        .output_lanes = s->output_lanes,
        .finish = w->clamps ? w->finish : NULL,
    };
    find_input(w, at, s, &strip);
    s->kernel->multiply(&strip);
    if (w->collects)
        write_strip(w, &strip, s->past - s->column, to, pitch);
}

// The rows [at->row, past) of a segment; those that share rows of the input are `apart`.
static void run_segment(const fal_depthwise_work *w, const fal_strip_place *at, int64_t past,
                        const fal_segment *s)
{
    fal_strip_place strip = *at;
    for (; strip.row < fal_least(at->row + w->rows.apart, past); strip.row++) {
        strip.rows = fal_ceil_divide(past - strip.row, w->rows.apart);
        run_strip(w, &strip, s);
    }
}

// A block of rows at a time over a whole stripe.
void fal_run_stripe(const fal_depthwise_work *w, fal_strip_place at, int64_t past)
{
    for (; at.row < past; at.row += w->block)
        for (int i = 0; i < w->segments; i++)
            run_segment(w, &at, fal_least(at.row + w->block, past), &w->segment[i]);
}
