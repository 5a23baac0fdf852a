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

enum { MOST_ELEMENTS = 9, MOST_CHANNELS = 64 }; // of a kernel; that are computed at once

// What a phase has of the kernels of an input channel and some output channels, from an element of
// the weight on, as numbers: [element][channel]. Zeros where a form's kernels are larger, and where
// there is no channel.
static void take_kernels(const fal_task *task, const fal_winograd_form *form,
                         const fal_winograd_phase *phase, const fal_view *weight, int64_t at,
                         int64_t channels, float *to)
{
    const fal_winograd_phase_axis *high = &phase->axis[1], *wide = &phase->axis[2];
    const int64_t rows = form->high > 1 ? form->kernel : 1, width = task->kernels->winograd->channels;
    const fal_box box = {
        .to = to,
        .planes = fal_least(rows, high->taps),
        .rows = fal_least(form->kernel, wide->taps),
        .columns = channels,
        .from_plane = high->every * weight->axis[1],
        .from_row = wide->every * weight->axis[2],
        .from_column = weight->outer,
        .to_plane = form->kernel * width,
        .to_row = width,
    };
    if (channels < width || box.planes < rows || box.rows < form->kernel)
        memset(to, 0, (size_t)(rows * form->kernel * width) * sizeof *to);
    fal_take_weights(task, weight, at + high->tap * weight->axis[1] + wide->tap * weight->axis[2],
                     &box);
}

// The kernels of some output channels, the first of which begin at an element of the weight, and of
// a plane of the input.
static void pack_kernels(const fal_task *task, const fal_winograd_layout *l,
                         const fal_winograd_phase *phase, const fal_view *weight, int64_t at,
                         int64_t plane, int64_t channels, float *to)
{
    const fal_problem *p = &task->problem;
    const int64_t width = task->kernels->winograd->channels;
    const int64_t slice = plane / (p->input_channels * l->phases.inputs);
    float taken[MOST_ELEMENTS * MOST_CHANNELS];
    at += plane % p->input_channels * weight->channel + slice * weight->axis[0];
    take_kernels(task, l->form, phase, weight, at, channels, taken);
    const fal_winograd_weight kernels = {
        .from = taken,
        .to = to + plane * width,
        .element = l->planes * width,
    };
    l->form->weight(&kernels);
}

// One group's: [phase of the output][channels computed at once][element][slice][phase of the
// input][input channel][channel].
static void pack_group(const fal_task *task, const fal_winograd_layout *l, const fal_view *weight,
                       int64_t at, float *to)
{
    const fal_problem *p = &task->problem;
    const int64_t width = task->kernels->winograd->channels;
    for (int i = 0; i < l->phases.outputs; i++)
        for (int64_t o = 0; o < p->output_channels;
             o += width, to += fal_winograd_block_weights(task, l))
            for (int64_t plane = 0; plane < l->planes; plane++) {
                const int64_t input = plane / p->input_channels % l->phases.inputs;
                pack_kernels(task, l, &l->phases.phase[i + input], weight, at + o * weight->outer,
                             plane, fal_least(width, p->output_channels - o), to);
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
