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
    const int64_t past = fal_ceil_divide(s->past, fal_count_phases(axis)); // in lanes
    strip_copy c = {.w = w,
                    .plane = input_plane(w, at),
                    .first = s->lane * axis->stride + w->first_column,
                    .count = fal_extent(axis, past - s->lane)};
    c.inside = fal_least(fal_most(fal_first_needed(axis, s->column), 0), axis->input);
    c.past = fal_most(fal_least(fal_past_needed(axis, s->past), axis->input), c.inside);
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
static void find_input(const fal_depthwise_work *w, const fal_strip_place *at, fal_segment *s)
{
    fal_plane_strip *strip = &s->strip;
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
    int64_t corner = (r + strip->first_row * pitch) * input->axis[1] + s->lane * column->stride +
                     w->first_column;
    strip->input = (const char *)strip->input + corner * size;
}

// Writes the collected pixels of a strip to where they belong.
static void write_strip(const fal_depthwise_work *w, const fal_segment *s)
{
    const int64_t others = s->column - s->lane * fal_count_phases(&w->task->problem.axis[2]);
    const fal_rows rows = {
        .from = (const char *)s->strip.output + others * w->task->kernels->size,
        .to = s->to,
        .rows = s->strip.output_rows,
        .columns = s->past - s->column,
        .from_row = s->strip.output_pitch,
        .from_column = 1,
        .to_row = w->rows.apart * w->all->output.axis[1],
        .to_column = w->all->output.axis[2],
        .finish = w->clamps ? NULL : w->finish,
    };
    w->task->kernels->write_rows(&rows);
}

// A segment's strip of the channel of a place.
static void find_strip(const fal_depthwise_work *w, const fal_strip_place *at, fal_segment *s)
{
    const fal_problem *p = &w->task->problem;
    const fal_kernels *k = w->task->kernels;
    const fal_view *output = &w->all->output;
    const int64_t channel = fal_channel_numbers(p) * k->size;
    const char *weight = w->packed + at->channel * channel;
    int64_t corner = at->image * output->outer + at->channel * output->group +
                     at->depth * output->axis[0] + at->row * output->axis[1] +
                     s->column * output->axis[2];
    s->to = (char *)output->data + corner * k->output_size;
    s->strip = (fal_plane_strip){
        .offset = w->offset,
        .lanes = s->lanes,
        .rows = p->axis[1].kernel,
        .past_column = {w->past_column[0], w->past_column[1]},
        .weight = weight,
        .bias = weight + channel - k->size,
        .output = w->collects ? w->output : s->to,
        .output_pitch = w->collects ? FAL_PLANE_WIDTH * k->lanes : w->rows.apart * output->axis[1],
        .output_rows = at->rows,
        .output_lanes = s->output_lanes,
        .finish = w->clamps ? w->finish : NULL,
        .ahead_input = w->looks_ahead ? w->all->input.group * k->input_size : 0,
        .ahead_output = w->looks_ahead ? output->group * k->output_size : 0,
    };
    find_input(w, at, s);
}

// From a channel to the next one, in bytes; 0 where a buffer takes its place.
typedef struct channel_steps {
    int64_t input, weight, output, to;
} channel_steps;

static channel_steps find_steps(const fal_depthwise_work *w)
{
    const fal_kernels *k = w->task->kernels;
    const int64_t to = w->all->output.group * k->output_size;
    return (channel_steps){
        .input = w->copies ? 0 : w->all->input.group * k->input_size,
        .weight = fal_channel_numbers(&w->task->problem) * k->size,
        .output = w->collects ? 0 : to,
        .to = to,
    };
}

static void take_steps(const channel_steps *steps, fal_segment *s)
{
    fal_plane_strip *strip = &s->strip;
    strip->input = (const char *)strip->input + steps->input;
    strip->weight = (const char *)strip->weight + steps->weight;
    strip->bias = (const char *)strip->bias + steps->weight;
    strip->output = (char *)strip->output + steps->output;
    s->to += steps->to;
}

// The strips of all segments, of one channel after the other; they are found once.
static void run_strips(const fal_depthwise_work *w, fal_strip_place at)
{
    const int64_t past = at.channel + at.channels;
    const channel_steps steps = find_steps(w);
    for (int i = 0; i < w->segments; i++)
        find_strip(w, &at, &w->segment[i]);
    for (; at.channel < past; at.channel++)
        for (int i = 0; i < w->segments; i++) {
            fal_segment *s = &w->segment[i];
            if (w->copies)
                copy_rows(w, &at, s);
            s->kernel->multiply(&s->strip);
            if (w->collects)
                write_strip(w, s);
            take_steps(&steps, s);
        }
}

// A block of rows at a time over a whole stripe; those that share rows of the input are `apart`.
void fal_run_stripe(const fal_depthwise_work *w, fal_strip_place at, int64_t past)
{
    for (; at.row < past; at.row += w->block) {
        const int64_t end = fal_least(at.row + w->block, past);
        fal_strip_place some = at;
        for (; some.row < fal_least(at.row + w->rows.apart, end); some.row++) {
            some.rows = fal_ceil_divide(end - some.row, w->rows.apart);
            run_strips(w, some);
        }
    }
}
