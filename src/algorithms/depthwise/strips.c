// SPDX-License-Identifier: Apache-2.0
//
// Strips of rows: where they read and write.
#include "algorithms/depthwise/work.h"

#include "algorithms/numbers.h"
#include "base/checked.h"

#include <string.h>

static const char *input_plane(const fal_depthwise_work *w, const fal_strip_place *at)
{
    const fal_view *input = &w->all->input;
    int64_t depth = at->depth * w->task->problem.axis[0].stride;
    int64_t plane = at->image * input->outer + at->channel * input->group + depth * input->axis[0];
    return (const char *)input->data + plane * w->task->kernels->input_size;
}

// A strip's input on its way to the band: `count` columns from the position `first` on, of which
// [inside, past) are inside the input.
typedef struct strip_copy {
    const fal_depthwise_work *w;
    const char *plane;
    int64_t first, count;
    int64_t inside, past;
} strip_copy;

static strip_copy find_columns(const fal_depthwise_work *w, const fal_strip_place *at,
                               const fal_segment *s)
{
    const fal_problem_axis *axis = &w->task->problem.axis[2];
    strip_copy c = {.w = w,
                    .plane = input_plane(w, at),
                    .first = s->column * axis->stride - axis->padding,
                    .count = fal_extent(axis, s->past - s->column)};
    c.inside = fal_least(fal_most(c.first, 0), axis->input);
    c.past = fal_most(fal_least(c.first + c.count, axis->input), c.inside);
    return c;
}

// The elements [element, element + columns) of some rows from `row` on, to where a position of the
// band's i-th row is.
static void copy_columns(const strip_copy *c, int64_t i, int64_t row, int64_t rows, int64_t element,
                         int64_t columns, int64_t position)
{
    const fal_depthwise_work *w = c->w;
    const fal_view *input = &w->all->input;
    const fal_kernels *k = w->task->kernels;
    const fal_problem *p = &w->task->problem;
    const fal_box box = {
        .from = c->plane + (row * input->axis[1] + element * input->axis[2]) * k->input_size,
        .to = w->band + (i * w->band_pitch + position - c->first) * k->size,
        .planes = 1,
        .rows = rows,
        .columns = columns,
        .from_row = w->rows.pitch * input->axis[1],
        .from_column = input->axis[2],
        .to_row = w->band_pitch,
        .pairing = fal_find_pairing(p, input, 0),
    };
    k->copy(&box);
}

// Rows of the input, with what a border shows of them.
static void copy_input_rows(const strip_copy *c, int64_t i, int64_t row, int64_t rows)
{
    const fal_problem *p = &c->w->task->problem;
    const int64_t past = c->first + c->count;
    if (c->inside < c->past)
        copy_columns(c, i, row, rows, c->inside, c->past - c->inside, c->inside);
    for (int64_t position = c->first; p->border && position < past; position++) {
        if (position == c->inside)
            position = c->past;
        int64_t element = fal_find_element(p->border, position, p->axis[2].input);
        if (element >= 0 && position < past)
            copy_columns(c, i, row, rows, element, 1, position);
    }
}

// Copies what a strip needs, with its border: rows that are inside all at once.
static void copy_rows(const fal_depthwise_work *w, const fal_strip_place *at, const fal_segment *s)
{
    const fal_problem *p = &w->task->problem;
    const fal_problem_axis *axis = &p->axis[1];
    const strip_copy c = find_columns(w, at, s);
    int64_t rows = (at->rows - 1) * w->rows.stride + axis->kernel;
    int64_t first = at->row * axis->stride - axis->padding;
    memset(w->band, 0, (size_t)(rows * w->band_pitch * w->task->kernels->size));
    for (int64_t i = 0, count; i < rows; i += count) {
        int64_t row = first + i * w->rows.pitch;
        bool inside = row >= 0 && row < axis->input;
        count = inside ? fal_least(rows - i, fal_ceil_divide(axis->input - row, w->rows.pitch)) : 1;
        int64_t element = fal_find_element(p->border, row, axis->input);
        if (element >= 0)
            copy_input_rows(&c, i, element, count);
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

static const char *next(const void *place, int64_t bytes)
{
    return (const char *)place + bytes;
}

// One strip of each channel from `at` on, of which the first one's is found already.
static void run_channels(const fal_depthwise_work *w, fal_strip_place *at, const fal_segment *s,
                         fal_plane_strip *strip, char *to)
{
    const fal_kernels *k = w->task->kernels;
    const int64_t weights = fal_channel_numbers(&w->task->problem) * k->size;
    const int64_t from_next = w->copies ? 0 : w->all->input.group * k->input_size;
    const int64_t to_next = w->all->output.group * k->output_size;
    const int64_t past = at->channel + at->channels;
    if (w->looks_ahead) {
        strip->ahead_input = from_next;
        strip->ahead_output = to_next;
    }
    for (;;) {
        if (w->copies)
            copy_rows(w, at, s);
        if (!w->collects)
            strip->output = to;
        s->kernel->multiply(strip);
        if (w->collects)
            write_strip(w, strip, s->past - s->column, to, w->rows.apart * w->all->output.axis[1]);
        if (++at->channel == past)
            return;
        strip->input = next(strip->input, from_next);
        strip->weight = next(strip->weight, weights);
        strip->bias = next(strip->bias, weights);
        to += to_next;
    }
}

static void run_strips(const fal_depthwise_work *w, fal_strip_place at, const fal_segment *s)
{
    const fal_problem *p = &w->task->problem;
    const fal_view *output = &w->all->output;
    const int64_t size = w->task->kernels->size, channel = fal_channel_numbers(p) * size;
    const char *weight = w->packed + at.channel * channel;
    int64_t corner = at.image * output->outer + at.channel * output->group +
                     at.depth * output->axis[0] + at.row * output->axis[1] +
                     s->column * output->axis[2];
    fal_plane_strip strip = {
        .offset = w->offset,
        .lanes = s->lanes,
        .rows = p->axis[1].kernel,
        .columns = p->axis[2].kernel,
        .weight = weight,
        .bias = weight + channel - size,
        .output = w->output,
        .output_pitch = w->collects ? FAL_PLANE_WIDTH * w->task->kernels->lanes
                                    : w->rows.apart * output->axis[1],
        .output_rows = at.rows,
        .output_lanes = s->output_lanes,
        .finish = w->clamps ? w->finish : NULL,
    };
    find_input(w, &at, s, &strip);
    run_channels(w, &at, s, &strip, (char *)output->data + corner * w->task->kernels->output_size);
}

// The rows [at->row, past) of a segment; those that share rows of the input are `apart`.
static void run_segment(const fal_depthwise_work *w, const fal_strip_place *at, int64_t past,
                        const fal_segment *s)
{
    fal_strip_place strip = *at;
    for (; strip.row < fal_least(at->row + w->rows.apart, past); strip.row++) {
        strip.rows = fal_ceil_divide(past - strip.row, w->rows.apart);
        run_strips(w, strip, s);
    }
}

// A block of rows at a time over a whole stripe.
void fal_run_stripe(const fal_depthwise_work *w, fal_strip_place at, int64_t past)
{
    for (; at.row < past; at.row += w->block)
        for (int i = 0; i < w->segments; i++)
            run_segment(w, &at, fal_least(at.row + w->block, past), &w->segment[i]);
}
