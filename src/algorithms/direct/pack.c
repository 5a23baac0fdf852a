// SPDX-License-Identifier: Apache-2.0
//
// Weights and biases, once for a plan.
#include "algorithms/direct/pack.h"

#include "algorithms/numbers.h"
#include "base/checked.h"
#include "base/memory.h"

#include <string.h>

static size_t head_bytes(void)
{
    return fal_align(sizeof(fal_packed));
}

static fal_packed make_head(const fal_task *task)
{
    const int64_t line = FAL_ALIGNMENT / task->kernels->size;
    bool is_long = fal_prefers_long(task);
    fal_packed p = {.layout = fal_lay_out(task, is_long)};
    if (fal_is_pointwise(&task->problem)) {
        const fal_task flat = fal_flatten_task(task, is_long);
        p.flat = fal_lay_out(&flat, is_long);
    }
    p.weights = fal_round_up(p.layout.width * p.layout.products, line);
    p.biases = fal_round_up(p.layout.width + FAL_SLACK, line);
    return p;
}

size_t fal_direct_packed_bytes(const fal_task *task)
{
    fal_packed p = make_head(task);
    size_t group = (size_t)((p.weights + p.biases) * task->kernels->size);
    return head_bytes() + (size_t)task->problem.groups * group;
}

const char *fal_packed_group(const fal_packed *packed, int64_t group, int64_t size)
{
    return (const char *)packed + head_bytes() + group * (packed->weights + packed->biases) * size;
}

// The kernel of an input and an output channel, which begins at an element of the weight: its taps
// go to `to`, `distance` bytes apart.
static void pack_kernel(const fal_problem *p, const fal_view *weight, int64_t first, bool paired,
                        int64_t distance, char *to)
{
    for (int64_t kw = 0; kw < p->axis[2].kernel; kw++)
        for (int64_t kd = 0; kd < p->axis[0].kernel; kd++)
            for (int64_t kh = 0; kh < p->axis[1].kernel; kh++, to += distance) {
                int64_t at = kd * weight->axis[0] + kh * weight->axis[1] + kw * weight->axis[2];
                *(int32_t *)to = fal_take_bytes(p, weight, first + at, paired);
            }
}

// A chunk of `inputs` channels, from `channel` on, for a tile of output channels, `outputs` of
// `width`, that begins at an element of the weight.
typedef struct chunk {
    int64_t element, channel, inputs, outputs, width;
} chunk;

// Bytes, one by one. A lane without a channel computes what nobody reads.
static void pack_bytes(const fal_task *task, const fal_view *weight, const chunk *k, int64_t taps,
                       char *to)
{
    const fal_problem *p = &task->problem;
    const int64_t size = task->kernels->size, distance = k->inputs * k->width * size;
    for (int64_t c = 0; c < k->inputs; c++)
        for (int64_t o = 0; o < k->width; o++) {
            int64_t at = k->element + (k->channel + c) * weight->channel + o * weight->outer;
            char *first = to + (c * k->width + o) * size;
            if (o < k->outputs)
                pack_kernel(p, weight, at, fal_is_paired(p, k->channel + c), distance, first);
            else
                for (int64_t tap = 0; tap < taps; tap++)
                    memset(first + tap * distance, 0, (size_t)size);
        }
}

// The rows of a box are turned in registers if they lie one behind the other: those are the input
// channels of each tap, or else the columns of each channel's kernel.
static void pack_numbers(const fal_task *task, const fal_view *weight, const chunk *k, int64_t taps,
                         char *to)
{
    const fal_problem_axis *deep = &task->problem.axis[0], *high = deep + 1, *wide = deep + 2;
    const int64_t size = task->kernels->size, tap = k->inputs * k->width;
    const int64_t first = k->element + k->channel * weight->channel;
    const int64_t of_column = deep->kernel * high->kernel * tap;
    const bool by_channels = weight->channel == 1 || weight->outer == 1 || wide->kernel == 1;
    fal_box box = {
        .planes = high->kernel,
        .columns = k->outputs,
        .rows = by_channels ? k->inputs : wide->kernel,
        .from_plane = weight->axis[1],
        .from_row = by_channels ? weight->channel : weight->axis[2],
        .from_column = weight->outer,
        .to_plane = tap,
        .to_row = by_channels ? k->width : of_column,
    };
    if (k->outputs < k->width)
        memset(to, 0, (size_t)(taps * tap * size));
    for (int64_t i = 0; i < (by_channels ? wide->kernel : k->inputs); i++)
        for (int64_t kd = 0; kd < deep->kernel; kd++) {
            const int64_t from = i * (by_channels ? weight->axis[2] : weight->channel);
            const int64_t at = i * (by_channels ? of_column : k->width);
            box.to = to + (at + kd * high->kernel * tap) * size;
            fal_take_weights(task, weight, first + from + kd * weight->axis[0], &box);
        }
}

// The tile of output channels of a group that begins with `first`.
static void pack_tile(const fal_task *task, const fal_layout *l, const fal_view *weight,
                      int64_t group, int64_t first, char *to)
{
    const fal_problem *p = &task->problem;
    chunk k = {.element = group * weight->group + first * weight->outer};
    k.width = fal_tile_channels(task, &l->lanes, first);
    k.outputs = fal_least(p->output_channels - first, k.width);
    for (; k.channel < p->input_channels; k.channel += k.inputs) {
        k.inputs = fal_least(p->input_channels - k.channel, l->chunk_channels);
        if (fal_is_integer(p->weight_dtype))
            pack_bytes(task, weight, &k, l->taps, to);
        else
            pack_numbers(task, weight, &k, l->taps, to);
        to += k.inputs * l->taps * k.width * task->kernels->size;
    }
}

void fal_direct_pack(const fal_task *task, const fal_operands *all, void *packed)
{
    const fal_kernels *kernels = task->kernels;
    const int64_t channels = task->problem.output_channels;
    fal_packed p = make_head(task);
    const fal_layout *l = &p.layout;
    p.skips_border = task->problem.border == FALTUNG_PADDING_ZEROS;
    for (int64_t g = 0; g < task->problem.groups; g++) {
        char *to = (char *)packed + head_bytes() + g * (p.weights + p.biases) * kernels->size;
        for (int64_t first = 0; first < channels;
             first += fal_tile_channels(task, &l->lanes, first))
            pack_tile(task, l, &all->weight, g, first, to + first * l->products * kernels->size);
        p.skips_border = p.skips_border && kernels->are_finite(to, l->width * l->products);
        to += p.weights * kernels->size;
        memset(to, 0, (size_t)(p.biases * kernels->size));
        fal_pack_biases(task, all, g * channels, channels, to);
    }
    *(fal_packed *)packed = p;
}
