// SPDX-License-Identifier: Apache-2.0
//
// Weights and biases, transformed and in the order of products.
#include "algorithms/winograd/work.h"

#include "algorithms/numbers.h"
#include "base/checked.h"

#include <string.h>

// Weights of a group, those of all phases of the output.
static int64_t group_weights(const fal_winograd_layout *l)
{
    return l->weights * l->phases.outputs;
}

// Those and biases, and a number that is not 0 if slices that meet the border may be left out:
// where all weights are finite.
static size_t group_numbers(const fal_winograd_layout *l)
{
    return (size_t)(group_weights(l) + l->channels + FAL_WINOGRAD_LINE);
}

size_t fal_winograd_packed_bytes(const fal_task *task)
{
    const fal_winograd_layout l = fal_winograd_lay_out(task);
    return (size_t)task->problem.groups * group_numbers(&l) * sizeof(float);
}

fal_winograd_group fal_winograd_find_group(const fal_winograd_layout *l, const float *packed,
                                           int64_t group)
{
    const float *weight = packed + (size_t)group * group_numbers(l);
    const float *bias = weight + group_weights(l);
    return (fal_winograd_group){weight, bias, bias[l->channels] != 0};
}

int64_t fal_winograd_block_weights(const fal_task *task, const fal_winograd_layout *l)
{
    return l->form->elements * l->planes * task->kernels->winograd->channels;
}

// Of a kernel; of output channels that are computed at once; and of planes that are taken at once.
enum { MOST_ELEMENTS = 9, MOST_CHANNELS = 32, MOST_PLANES = 16 };

// Some planes of the input, and some output channels, of which the kernels are taken: the first one
// begins at an element of the weight.
typedef struct some_kernels {
    const fal_winograd_phase *phase;
    int64_t element, planes, channels;
} some_kernels;

// What a phase has of these kernels, as numbers: [plane][element][channel]. Zeros where a form's
// kernels are larger, and where there is no channel.
static void take_kernels(const fal_task *task, const fal_winograd_form *form,
                         const some_kernels *some, const fal_view *weight, float *to)
{
    const fal_winograd_phase_axis *high = &some->phase->axis[1], *wide = &some->phase->axis[2];
    const int64_t rows = form->high > 1 ? form->kernel : 1, columns = form->kernel;
    const int64_t width = task->kernels->winograd->channels, plane = rows * columns * width;
    const int64_t taps_high = fal_least(rows, high->taps),
                  taps_wide = fal_least(columns, wide->taps);
    const int64_t first = some->element + high->tap * weight->axis[1] + wide->tap * weight->axis[2];
    const bool by_planes = weight->channel == 1; // else one after the other
    fal_box box = {
        .planes = taps_high,
        .rows = by_planes ? some->planes : taps_wide,
        .columns = some->channels,
        .from_plane = high->every * weight->axis[1],
        .from_row = by_planes ? 1 : wide->every * weight->axis[2],
        .from_column = weight->outer,
        .to_plane = columns * width,
        .to_row = by_planes ? plane : width,
    };
    if (some->channels < width || taps_high < rows || taps_wide < columns)
        memset(to, 0, (size_t)(some->planes * plane) * sizeof *to);
    for (int64_t i = 0; i < (by_planes ? taps_wide : some->planes); i++) {
        box.to = to + i * (by_planes ? width : plane);
        fal_take_weights(task, weight,
                         first + i * (by_planes ? wide->every * weight->axis[2] : weight->channel),
                         &box);
    }
}

// The same, transformed.
static void pack_kernels(const fal_task *task, const fal_winograd_layout *l,
                         const some_kernels *some, const fal_view *weight, float *to)
{
    const fal_winograd_form *form = l->form;
    const int64_t width = task->kernels->winograd->channels;
    const int64_t elements = form->high > 1 ? form->kernel * form->kernel : form->kernel;
    float taken[MOST_PLANES * MOST_ELEMENTS * MOST_CHANNELS];
    take_kernels(task, form, some, weight, taken);
    for (int64_t i = 0; i < some->planes; i++) {
        const fal_winograd_weight kernels = {
            .from = taken + i * elements * width,
            .to = to + i * width,
            .element = l->planes * width,
        };
        form->weight(&kernels);
    }
}

// One group's: [phase of the output][channels computed at once][element][slice][phase of the
// input][input channel][channel].
static void pack_group(const fal_task *task, const fal_winograd_layout *l, const fal_view *weight,
                       int64_t at, float *to)
{
    const fal_problem *p = &task->problem;
    const int64_t width = task->kernels->winograd->channels, inputs = p->input_channels;
    some_kernels some;
    for (int i = 0; i < l->phases.outputs; i++)
        for (int64_t o = 0; o < p->output_channels;
             o += width, to += fal_winograd_block_weights(task, l))
            for (int64_t plane = 0; plane < l->planes; plane += some.planes) {
                const int64_t c = plane % inputs, slice = plane / (inputs * l->phases.inputs);
                some.phase = &l->phases.phase[i + plane / inputs % l->phases.inputs];
                some.element =
                    at + o * weight->outer + c * weight->channel + slice * weight->axis[0];
                some.planes = fal_least(MOST_PLANES, inputs - c);
                some.channels = fal_least(width, p->output_channels - o);
                pack_kernels(task, l, &some, weight, to + plane * width);
            }
}

void fal_winograd_pack(const fal_task *task, const fal_operands *all, void *packed)
{
    const fal_winograd_layout l = fal_winograd_lay_out(task);
    const int64_t channels = task->problem.output_channels;
    for (int64_t g = 0; g < task->problem.groups; g++) {
        float *to = (float *)packed + (size_t)g * group_numbers(&l), *bias = to + group_weights(&l);
        pack_group(task, &l, &all->weight, g * all->weight.group, to);
        fal_pack_biases(task, all, g * channels, channels, bias);
        for (int64_t o = channels; o < l.channels; o++)
            bias[o] = 0;
        bias[l.channels] =
            !task->problem.border_counts || task->kernels->are_finite(to, group_weights(&l));
    }
}
