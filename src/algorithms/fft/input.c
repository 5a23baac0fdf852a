// SPDX-License-Identifier: Apache-2.0
//
// The input of a block on its way to spectra: two neighbouring tiles are the real and the imaginary
// parts of one picture, of which every lane has one of its own: a channel, or a pair.
#include "algorithms/fft/work.h"

#include "algorithms/patch.h"
#include "base/checked.h"

#include <string.h>

fal_fft_pair fal_fft_find_pair(const fal_fft_work *w, const fal_fft_block *b, int64_t pair)
{
    const fal_fft_layout *l = &w->layout;
    const int64_t n = b->first + pair, of_image = b->rows * b->columns;
    const int64_t row = b->row + n % of_image / b->columns, column = b->column + n % b->columns;
    fal_fft_pair p = {.image = b->image + n / of_image};
    for (int i = 0; i < 2; i++) {
        p.row[i] = row * fal_fft_pair_outputs(l, 0);
        p.column[i] = column * fal_fft_pair_outputs(l, 1);
    }
    if (l->pair_axis == 0)
        p.row[1] += l->outputs[0];
    else
        p.column[1] += l->outputs[1];
    return p;
}

// ------------------------------------------------------------------------------------------ planes

// The rows of a run from `row` of its tile on.
static void copy_run(const fal_fft_work *w, const fal_fft_block *b, const fal_fft_run *r,
                     int64_t row)
{
    const fal_task *task = w->task;
    const fal_fft_layout *l = &w->layout;
    const fal_problem *p = &task->problem;
    const fal_view *input = &w->all->input;
    const int64_t at = b->group * input->group + r->channel * input->channel +
                       r->depth * input->axis[0] + r->pair.image * input->outer;
    const fal_patch patch = {
        .from = (const char *)input->data + at * task->kernels->input_size,
        .to = w->desk.planes + r->lane * l->plane * task->kernels->size,
        .channels = r->channels,
        .row = r->pair.row[r->half] + row - p->axis[1].padding,
        .column = r->pair.column[r->half] - p->axis[2].padding,
        .rows = fal_least(l->rows, l->size[0] - row),
        .columns = l->size[1],
        .to_plane = l->plane,
        .to_row = l->row,
    };
    fal_copy_patch(task, input, &patch);
}

// A plane of all pairs.
static void copy_pairs(const fal_fft_work *w, const fal_fft_block *b, fal_fft_run r, int64_t row)
{
    for (r.channels = 1; r.lane < b->pairs; r.lane++) {
        r.pair = fal_fft_find_pair(w, b, r.lane);
        copy_run(w, b, &r, row);
    }
}

// One half of what is in the lanes: planes of one pair from `plane` on, of which those of a slice
// are channels of one depth, or all pairs of one plane.
static void copy_planes(const fal_fft_work *w, const fal_fft_block *b, int64_t pair, int64_t plane,
                        int half, int64_t row)
{
    const fal_problem *p = &w->task->problem;
    const int64_t lanes = w->task->kernels->lanes, channels = p->input_channels;
    const int64_t past = w->layout.pixels ? plane + 1 : fal_least(plane + lanes, w->layout.inputs);
    fal_fft_run r = {.half = half, .pair = fal_fft_find_pair(w, b, pair)};
    memset(w->desk.planes, 0, (size_t)(lanes * w->layout.plane) * (size_t)w->task->kernels->size);
    for (; plane < past; plane += r.channels, r.lane += r.channels) {
        r.channel = plane % channels;
        r.channels = fal_least(past - plane, channels - r.channel);
        r.depth = fal_find_depth(p, b->depth, plane / channels);
        if (r.depth >= 0 && w->layout.pixels)
            copy_pairs(w, b, r, row);
        else if (r.depth >= 0)
            copy_run(w, b, &r, row);
    }
}

static void take_planes(const fal_fft_work *w, int half, int64_t row)
{
    const fal_fft_layout *l = &w->layout;
    const int64_t complex = 2 * w->task->kernels->lanes, part = half * w->task->kernels->lanes;
    const fal_fft_planes planes = {
        .numbers = w->desk.planes,
        .plane = l->plane,
        .row = l->row,
        .rows = fal_least(l->rows, l->size[0] - row),
        .columns = l->size[1],
        .picture = w->desk.picture + (row * l->pitch * complex + part) * w->task->kernels->size,
        .pitch = l->pitch,
    };
    w->task->kernels->fft->take(&planes);
}

// ---------------------------------------------------------------------------------------- spectra

static void transform_rows(const fal_fft_work *w, int64_t rows,
                           void (*transform)(const fal_fft_lines *lines))
{
    const fal_fft_layout *l = &w->layout;
    const fal_fft_lines lines = {
        .picture = w->desk.picture,
        .lines = rows,
        .line = l->pitch,
        .step = 1,
        .length = l->size[1],
        .turns = w->tables.turns[1],
    };
    transform(&lines);
}

static void transform_columns(const fal_fft_work *w, int64_t columns,
                              void (*transform)(const fal_fft_lines *lines))
{
    const fal_fft_layout *l = &w->layout;
    const fal_fft_lines lines = {
        .picture = w->desk.picture,
        .lines = columns,
        .line = 1,
        .step = l->pitch,
        .length = l->size[0],
        .turns = w->tables.turns[0],
    };
    if (l->size[0] > 1)
        transform(&lines);
}

// The last quarter of a long line holds the frequencies that are 3 modulo 4, which are mirrored in
// those that are 1.
void fal_fft_forward(const fal_fft_work *w, int64_t rows, bool real)
{
    const int64_t columns = w->layout.size[1],
                  most = real && columns > 8 ? columns / 4 * 3 : columns;
    transform_rows(w, rows, w->task->kernels->fft->forward);
    transform_columns(w, most, w->task->kernels->fft->forward);
}

void fal_fft_back(const fal_fft_work *w, int64_t rows)
{
    transform_columns(w, w->layout.size[1], w->task->kernels->fft->back);
    transform_rows(w, rows, w->task->kernels->fft->back);
}

static void spread_spectrum(const fal_fft_work *w, int64_t pair, int64_t plane)
{
    const fal_fft_layout *l = &w->layout;
    const int64_t lanes = w->task->kernels->lanes;
    fal_fft_spectrum s = {
        .picture = w->desk.picture,
        .at = w->tables.at,
        .count = l->frequencies,
        .element = l->spectra,
    };
    int64_t first;
    if (l->pixels) {
        s.imaginary = lanes;
        s.half = 2 * l->inputs * lanes;
        first = 2 * plane * lanes;
    } else {
        s.imaginary = l->line;
        s.half = 2 * l->line;
        first = 4 * pair * l->line + plane;
    }
    s.spectrum = w->desk.spectra + first * w->task->kernels->size;
    w->task->kernels->fft->spread(&s);
}

static void transform_lanes(const fal_fft_work *w, const fal_fft_block *b, int64_t pair,
                            int64_t plane)
{
    const fal_fft_layout *l = &w->layout;
    for (int64_t row = 0; row < l->size[0]; row += l->rows)
        for (int half = 0; half < 2; half++) {
            copy_planes(w, b, pair, plane, half, row);
            take_planes(w, half, row);
        }
    fal_fft_forward(w, l->size[0], false);
    spread_spectrum(w, pair, plane);
}

void fal_fft_transform(const fal_fft_work *w, const fal_fft_block *b)
{
    const int64_t at_once = w->layout.pixels ? 1 : w->task->kernels->lanes;
    const int64_t first = b->slices.first_plane / at_once * at_once;
    for (int64_t pair = 0; pair < (w->layout.pixels ? 1 : b->pairs); pair++)
        for (int64_t plane = first; plane < b->slices.past_plane; plane += at_once)
            transform_lanes(w, b, pair, plane);
}
