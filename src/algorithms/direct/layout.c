// SPDX-License-Identifier: Apache-2.0
#include "algorithms/direct/layout.h"

#include "algorithms/chunks.h"
#include "base/checked.h"
#include "tensor/element.h"

// The input that `count` outputs need along an axis.
static int64_t extent(const fal_problem_axis *axis, int64_t count)
{
    return (count - 1) * axis->stride + axis->dilation * (axis->kernel - 1) + 1;
}

// Outputs along an axis whose input is no more than `room`.
static int64_t fitting(const fal_problem_axis *axis, int64_t room)
{
    return (room - extent(axis, 1)) / axis->stride + 1;
}

// Whole vectors or tiles of columns of a band of one row of so many numbers.
static int64_t fitting_columns(const fal_problem *p, const fal_layout *l, int64_t numbers)
{
    int64_t deep = p->input_channels * p->axis[0].kernel * extent(&p->axis[1], 1);
    int64_t whole = l->lanes.is_long ? 64 : 4 * l->lanes.wide->pixels;
    int64_t fit = fitting(&p->axis[2], numbers / fal_most(1, deep)) / whole;
    return fal_least(p->axis[2].output, fal_most(1, fit) * whole);
}

static int64_t fitting_rows(const fal_problem *p, const fal_layout *l, int64_t numbers)
{
    int64_t deep = p->input_channels * p->axis[0].kernel * l->pitch;
    int64_t fit = fitting(&p->axis[1], numbers / fal_most(1, deep));
    return fal_least(p->axis[1].output, fal_most(1, fit));
}

// Of a cache for a band, what is left to it where the channels of an output lie together and are
// more than the input's: all tiles of them write to the same pages, which had better be near, too.
// Bands whose rows are read again for the next one lose more.
static int64_t leave_outputs(const fal_problem *p, const fal_layout *l, int64_t numbers)
{
    const double input = (double)p->input_channels, output = (double)p->output_channels;
    if (l->taps > 1 || !l->channels_last || output <= input)
        return numbers;
    return (int64_t)((double)numbers * input / (input + output));
}

// Bands are read again for every tile of output channels, so that small ones, which stay in the
// cache whatever else passes through it, are best; but large enough that weights are used often
// once they are there, and that few rows are packed twice. Pixels in the lanes that need no
// neighbours have none that are read twice, and may have the next band beside them (keep.c).
static void choose_band(const fal_task *task, fal_layout *l)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *row = &p->axis[1], *column = &p->axis[2];
    const int64_t often = 128, twice = 4; // pixels; rows for each that is packed twice
    int64_t most = task->tuning.band_bytes / task->kernels->size;
    int64_t small = leave_outputs(p, l, most * 3 / 8);
    l->columns = fitting_columns(p, l, small);
    if (l->columns < often) {
        l->columns = fitting_columns(p, l, most);
        if (l->taps == 1 && l->lanes.is_long)
            l->columns = fal_least(l->columns, often);
    }
    int64_t reach = column->dilation * (column->kernel - 1);
    l->phase_pitch =
        l->phases == 1 ? extent(column, l->columns) : l->columns + reach / column->stride;
    l->pitch = l->phases * l->phase_pitch;
    if (l->taps == 1 && l->lanes.is_long) // then channels are that far apart
        l->pitch = fal_round_to_odd_lines(l->pitch, task->kernels->size);
    int64_t wanted = fal_most(fal_ceil_divide(often, l->columns),
                              twice * row->dilation * (row->kernel - 1) / row->stride);
    l->rows = fal_least(fal_most(fitting_rows(p, l, small), wanted), fitting_rows(p, l, most));
    // Equal bands, rather than a small last one.
    l->rows = fal_ceil_divide(row->output, fal_ceil_divide(row->output, l->rows));
}

// From one pixel to the next where its channels lie together: few of them follow those of the one
// before.
static int64_t size_of_pixel(const fal_task *task)
{
    const int64_t channels = task->problem.input_channels, line = 64 / task->kernels->size;
    return channels < line ? channels : fal_round_to_odd_lines(channels, task->kernels->size);
}

// Channel by channel, plane by plane of the kernel's depth, row by row; but the channels of a pixel
// lie together if they do in the input, and where a product needs one pixel only, those of a row.
static void place_band(const fal_task *task, fal_layout *l)
{
    const fal_problem *p = &task->problem;
    int64_t rows = extent(&p->axis[1], l->rows), planes = p->axis[0].kernel;
    if (l->channels_last) {
        l->pixel = size_of_pixel(task);
        l->step *= l->pixel;
        l->channel = 1;
        l->row = l->pitch * l->pixel;
        l->plane = rows * l->row;
        l->band = planes * l->plane;
        return;
    }
    if (l->taps == 1) {
        l->channel = l->pitch;
        l->row = p->input_channels * l->pitch;
        l->plane = rows * l->row;
        // Or, where they are kept (keep.c), all rows of a channel together.
        const int64_t kept = rows * l->pitch + task->kernels->lanes;
        l->band = p->input_channels * fal_round_to_odd_lines(kept, task->kernels->size);
        return;
    }
    l->row = l->pitch;
    l->plane = rows * l->row;
    l->channel = fal_round_to_odd_lines(planes * l->plane, task->kernels->size);
    l->band = p->input_channels * l->channel;
}

// What lies behind the last pixel of a row or band may be read by the tile that it is in.
static void count_units(const fal_task *task, fal_layout *l)
{
    const fal_problem *p = &task->problem;
    int64_t lanes = task->kernels->lanes;
    if (!l->lanes.is_long) {
        l->units =
            l->rows * fal_ceil_divide(l->columns, l->lanes.wide->run) + l->lanes.wide->pixels;
        l->slack = l->lanes.wide->pixels * l->step;
        return;
    }
    const int64_t most_vectors = 8;
    l->images = fal_images_together(p, l->lanes.step);
    // Vectors that go on in the next row, or whose halves lie in two, are no more than if each lay
    // in one.
    l->units = l->images * l->rows * fal_ceil_divide(l->columns, lanes) + most_vectors;
    l->slack = lanes;
}

// Whether the channels of a pixel may lie together in a band as they do in the input: with other
// borders than zeros they are shown again one by one, and integers come in pairs.
static bool are_copied_together(const fal_problem *p)
{
    return fal_is_pointwise(p) || (p->border == FALTUNG_PADDING_ZEROS && !fal_is_integer(p->dtype));
}

fal_layout fal_lay_out(const fal_task *task, bool is_long)
{
    const fal_problem *p = &task->problem;
    int64_t stride = p->axis[2].stride;
    fal_layout l = {
        .lanes = fal_choose_lanes(task, is_long),
        .taps = p->axis[0].kernel * p->axis[1].kernel * p->axis[2].kernel,
        .images = 1,
        .phases = 1,
        .pixel = 1,
        .step = stride,
        .channels_last = task->channels_last && !is_long && are_copied_together(p),
    };
    if (is_long) {
        l.step = l.lanes.step;
        l.phases = stride / l.step;
    }
    l.width = fal_all_channels(task, &l.lanes);
    l.products = p->input_channels * l.taps;
    l.chunk_channels = fal_chunk_size(p->input_channels, l.taps);
    choose_band(task, &l);
    place_band(task, &l);
    count_units(task, &l);
    return l;
}

bool fal_is_same_layout(const fal_layout *a, const fal_layout *b)
{
    return a->lanes.is_long == b->lanes.is_long && a->lanes.wide == b->lanes.wide &&
           a->lanes.pieces == b->lanes.pieces && a->taps == b->taps &&
           a->chunk_channels == b->chunk_channels && a->channels_last == b->channels_last &&
           a->phases == b->phases && a->phase_pitch == b->phase_pitch && a->pixel == b->pixel &&
           a->step == b->step && a->channel == b->channel && a->plane == b->plane &&
           a->row == b->row && a->band == b->band && a->units == b->units;
}
