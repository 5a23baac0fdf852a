// SPDX-License-Identifier: Apache-2.0
//
// Kernels on their way to spectra, once for a plan.
#include "algorithms/fft/work.h"

#include "algorithms/numbers.h"
#include "algorithms/workspace.h"
#include "base/checked.h"

#include <string.h>

size_t fal_fft_picture_bytes(const fal_task *task, const fal_fft_layout *l)
{
    const int64_t behind = task->kernels->lanes; // a row may be read past its end
    return 2 * (size_t)((l->size[0] * l->pitch + behind) * task->kernels->lanes) *
           (size_t)task->kernels->size;
}

size_t fal_fft_planes_bytes(const fal_task *task, const fal_fft_layout *l)
{
    return (size_t)(task->kernels->lanes * l->plane) * (size_t)task->kernels->size;
}

int64_t fal_fft_spectra_numbers(const fal_fft_layout *l)
{
    return l->vectors * l->frequencies * l->weights;
}

int64_t fal_fft_place_of_biases(const fal_fft_layout *l)
{
    return fal_round_up(fal_fft_spectra_numbers(l), FAL_FFT_LINE);
}

static int64_t place_of_skips(const fal_task *task, const fal_fft_layout *l)
{
    const int64_t biases = fal_round_up(task->problem.output_channels, task->kernels->lanes);
    return fal_fft_place_of_biases(l) + fal_round_up(biases, FAL_FFT_LINE);
}

bool fal_fft_skips_border(const fal_task *task, const fal_fft_layout *l, const char *group)
{
    return group[place_of_skips(task, l) * task->kernels->size];
}

int64_t fal_fft_group_numbers(const fal_task *task, const fal_fft_layout *l)
{
    return place_of_skips(task, l) + FAL_FFT_LINE;
}

size_t fal_fft_find_packed(const fal_task *task, const fal_fft_layout *l, char *memory,
                           fal_fft_packed *p)
{
    const size_t number = (size_t)task->kernels->size;
    const size_t bytes[] = {
        fal_fft_table_bytes(l, number),
        (size_t)(task->problem.groups * fal_fft_group_numbers(task, l)) * number,
        fal_fft_planes_bytes(task, l),
        fal_fft_picture_bytes(task, l),
    };
    enum { PLACES = sizeof bytes / sizeof *bytes };
    void *place[PLACES];
    size_t total = fal_divide_workspace(memory, PLACES, bytes, place);
    *p = (fal_fft_packed){place[0], place[1], place[2], place[3]};
    return total;
}

size_t fal_fft_packed_bytes(const fal_task *task)
{
    const fal_fft_layout l = fal_fft_lay_out(task);
    fal_fft_packed p;
    return fal_fft_find_packed(task, &l, NULL, &p);
}

// One row of the kernels of some output channels, one in each lane, from an element of the weight
// on, to a row of planes.
static void take_row(const fal_fft_work *w, int64_t at, int64_t channels, int64_t row)
{
    const fal_kernels *kernels = w->task->kernels;
    const fal_fft_layout *l = &w->layout;
    const fal_problem_axis *wide = &w->task->problem.axis[2];
    const fal_view *weight = &w->all->weight;
    const bool together = wide->dilation == 1;
    fal_box box = {
        .planes = channels,
        .rows = 1,
        .columns = together ? wide->kernel : 1,
        .from_plane = weight->outer,
        .from_column = weight->axis[2],
        .to_plane = l->plane,
    };
    for (int64_t i = 0; i < wide->kernel; i += box.columns) {
        box.from = (const char *)weight->data + (at + i * weight->axis[2]) * kernels->input_size;
        box.to = w->desk.planes + (row * l->row + i * wide->dilation) * kernels->size;
        kernels->copy(&box);
    }
}

// The rows that fall on rows [row, row + l->rows) of a tile.
static void take_kernels(const fal_fft_work *w, int64_t at, int64_t channels, int64_t row)
{
    const fal_problem_axis *high = &w->task->problem.axis[1];
    memset(w->desk.planes, 0, fal_fft_planes_bytes(w->task, &w->layout));
    for (int64_t k = fal_ceil_divide(row, high->dilation); k < high->kernel; k++) {
        const int64_t r = k * high->dilation - row;
        if (r >= w->layout.rows)
            return;
        take_row(w, at + k * w->all->weight.axis[1], channels, r);
    }
}

// Spectra of kernels, one in each lane, in the picture; false if not all of them are finite.
static bool transform_kernels(const fal_fft_work *w, int64_t at, int64_t channels)
{
    const fal_problem_axis *high = &w->task->problem.axis[1];
    const fal_fft_layout *l = &w->layout;
    const fal_kernels *kernels = w->task->kernels;
    const int64_t rows = high->dilation * (high->kernel - 1) + 1;
    const int64_t line = 2 * l->pitch * kernels->lanes * kernels->size;
    bool are_finite = true;
    memset(w->desk.picture + rows * line, 0, (size_t)((l->size[0] - rows) * line));
    for (int64_t row = 0; row < rows; row += l->rows) {
        const fal_fft_planes planes = {
            .numbers = w->desk.planes,
            .plane = l->plane,
            .row = l->row,
            .rows = fal_least(l->rows, rows - row),
            .columns = l->size[1],
            .picture = w->desk.picture + row * line,
            .pitch = l->pitch,
            .alone = true,
        };
        take_kernels(w, at, channels, row);
        are_finite = are_finite && kernels->are_finite(w->desk.planes, kernels->lanes * l->plane);
        kernels->fft->take(&planes);
    }
    fal_fft_forward(w, rows, true);
    return are_finite;
}

// From the picture to [frequency][plane][real, imaginary][lane].
static void weigh_vector(const fal_fft_work *w, int64_t plane, char *to)
{
    const fal_fft_layout *l = &w->layout;
    const fal_kernels *kernels = w->task->kernels;
    const fal_fft_spectrum s = {
        .picture = w->desk.picture,
        .at = w->tables.at,
        .count = l->frequencies,
        .spectrum = to + 2 * plane * kernels->lanes * kernels->size,
        .element = l->weights,
        .imaginary = kernels->lanes,
    };
    kernels->fft->weigh(&s, 1 / ((double)l->size[0] * l->size[1]));
}

// From the picture, by way of its begin, to [frequency][output channel][real, imaginary][plane]:
// some output channels from `first` on.
static void weigh_channels(const fal_fft_work *w, int64_t plane, int64_t first, int64_t channels,
                           char *to)
{
    const fal_fft_layout *l = &w->layout;
    const fal_kernels *kernels = w->task->kernels;
    const int64_t lanes = kernels->lanes, size = kernels->size;
    const fal_fft_spectrum s = {
        .picture = w->desk.picture,
        .at = w->tables.at, // never before the frequency's own number
        .count = l->frequencies,
        .spectrum = w->desk.picture,
        .element = 2 * lanes,
        .imaginary = lanes,
    };
    kernels->fft->weigh(&s, 1 / ((double)l->size[0] * l->size[1]));
    for (int64_t f = 0; f < l->frequencies; f++)
        for (int64_t o = 0; o < channels; o++)
            for (int64_t i = 0; i < 2; i++)
                memcpy(to + (f * l->weights + (2 * (first + o) + i) * l->line + plane) * size,
                       w->desk.picture + ((2 * f + i) * lanes + o) * size, (size_t)size);
}

// Returns whether all of its weights are finite.
static bool pack_group(const fal_fft_work *w, int64_t group, char *to)
{
    const fal_problem *p = &w->task->problem;
    const fal_fft_layout *l = &w->layout;
    const fal_view *weight = &w->all->weight;
    const int64_t lanes = w->task->kernels->lanes;
    bool are_finite = true;
    for (int64_t o = 0; o < p->output_channels; o += lanes)
        for (int64_t plane = 0; plane < l->inputs; plane++) {
            const int64_t slice = plane / p->input_channels, c = plane % p->input_channels;
            const int64_t channels = fal_least(lanes, p->output_channels - o);
            const int64_t at = group * weight->group + o * weight->outer + c * weight->channel +
                               slice * weight->axis[0];
            are_finite = transform_kernels(w, at, channels) && are_finite;
            if (l->pixels)
                weigh_channels(w, plane, o, channels, to);
            else
                weigh_vector(w, plane,
                             to + o / lanes * l->frequencies * l->weights * w->task->kernels->size);
        }
    return are_finite;
}

void fal_fft_pack(const fal_task *task, const fal_operands *all, void *memory)
{
    fal_fft_work w = {.task = task, .all = all, .layout = fal_fft_lay_out(task)};
    const size_t size = (size_t)task->kernels->size;
    const int64_t channels = task->problem.output_channels;
    fal_fft_packed p;
    fal_fft_find_packed(task, &w.layout, memory, &p);
    w.desk = (fal_fft_desk){.planes = p.planes, .picture = p.picture};
    w.tables = fal_fft_find_tables(&w.layout, size, p.tables);
    fal_fft_fill_tables(&w.layout, size, &w.tables);
    for (int64_t g = 0; g < task->problem.groups; g++) {
        char *to = p.groups + (size_t)(g * fal_fft_group_numbers(task, &w.layout)) * size;
        char *bias = to + (size_t)fal_fft_place_of_biases(&w.layout) * size;
        const int64_t all_biases = fal_round_up(channels, task->kernels->lanes);
        const bool are_finite = pack_group(&w, g, to);
        to[(size_t)place_of_skips(task, &w.layout) * size] =
            are_finite || !task->problem.border_counts;
        fal_pack_biases(task, all, g * channels, channels, bias);
        memset(bias + (size_t)channels * size, 0, (size_t)(all_biases - channels) * size);
    }
}
