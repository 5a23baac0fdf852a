// SPDX-License-Identifier: Apache-2.0
//
// Weights, biases and bands in the order in which the kernels read them.
#include "algorithms/direct.h"

#include <string.h>

size_t fal_direct_packed_bytes(const fal_task *task)
{
    fal_direct_layout l = fal_direct_lay_out(task);
    int64_t blocks = task->problem.groups * l.blocks;
    return (size_t)(blocks * fal_direct_block(&l, task)) * sizeof(float);
}

// The weights of one block: [product][channel], the products channel by channel, tap by tap.
static void pack_block(const fal_task *task, const fal_direct_layout *l, const fal_view *weight,
                       int64_t base, int64_t channels, float *to)
{
    const fal_problem *p = &task->problem;
    int64_t width = task->kernels->channels;
    const float *from = (const float *)weight->data + base;
    for (int64_t c = 0; c < channels; c++) {
        float *out = to + c;
        for (int64_t i = 0; i < p->input_channels; i++)
            for (int64_t kd = 0; kd < p->axis[0].kernel; kd++)
                for (int64_t kh = 0; kh < p->axis[1].kernel; kh++) {
                    const float *row = from + c * weight->outer + i * weight->channel +
                                       kd * weight->axis[0] + kh * weight->axis[1];
                    for (int64_t kw = 0; kw < p->axis[2].kernel; kw++, out += width)
                        *out = row[kw * weight->axis[2]];
                }
    }
    // Lanes without a channel compute what nobody reads.
    for (int64_t c = channels; c < width; c++)
        for (int64_t k = 0; k < l->products; k++)
            to[k * width + c] = 0;
}

static void pack_bias(const fal_task *task, const fal_operands *all, int64_t first,
                      int64_t channels, float *to)
{
    memset(to, 0, (size_t)(FAL_TILE_CHANNELS + task->kernels->channels) * sizeof *to);
    if (all->bias)
        for (int64_t c = 0; c < channels; c++)
            to[c] = ((const float *)all->bias)[(first + c) * all->bias_stride];
}

void fal_direct_pack(const fal_task *task, const fal_operands *all, void *packed)
{
    const fal_problem *p = &task->problem;
    fal_direct_layout l = fal_direct_lay_out(task);
    int64_t width = task->kernels->channels;
    float *to = packed;
    for (int64_t g = 0; g < p->groups; g++)
        for (int64_t b = 0; b < l.blocks; b++, to += fal_direct_block(&l, task)) {
            int64_t first = b * width;
            int64_t channels =
                p->output_channels - first < width ? p->output_channels - first : width;
            pack_block(task, &l, &all->weight, g * all->weight.group + first * all->weight.outer,
                       channels, to);
            pack_bias(task, all, g * p->output_channels + first, channels, to + l.products * width);
        }
}

// A row of the band from a row of the input, of which element `first` comes first.
static void pack_row(const float *from, int64_t stride, int64_t size, int64_t first, int64_t count,
                     float *to)
{
    int64_t begin = first < 0 ? -first : 0;
    int64_t end = size - first < count ? size - first : count;
    if (begin > count)
        begin = count;
    if (end < begin)
        end = begin;
    memset(to, 0, (size_t)begin * sizeof *to);
    if (stride == 1)
        memcpy(to + begin, from + first + begin, (size_t)(end - begin) * sizeof *to);
    else
        for (int64_t i = begin; i < end; i++)
            to[i] = from[(first + i) * stride];
    memset(to + end, 0, (size_t)(count - end) * sizeof *to);
}

void fal_direct_pack_band(const fal_task *task, const fal_direct_layout *l, const fal_view *input,
                          const fal_band *band, float *to)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *deep = &p->axis[0], *row = &p->axis[1], *column = &p->axis[2];
    const float *image =
        (const float *)input->data + band->image * input->outer + band->group * input->group;
    int64_t first_row = band->row * row->stride - row->padding;
    int64_t first_column = band->column * column->stride - column->padding;
    int64_t rows = (band->rows - 1) * row->stride + row->dilation * (row->kernel - 1) + 1;
    for (int64_t c = 0; c < p->input_channels; c++)
        for (int64_t kd = 0; kd < l->planes; kd++, to += l->band_rows * l->pitch) {
            int64_t d = band->depth * deep->stride + (kd * deep->dilation - deep->padding);
            for (int64_t r = 0; r < rows; r++) {
                int64_t h = first_row + r;
                bool inside = d >= 0 && d < deep->input && h >= 0 && h < row->input;
                if (inside)
                    pack_row(image + c * input->channel + d * input->axis[0] + h * input->axis[1],
                             input->axis[2], column->input, first_column, l->pitch,
                             to + r * l->pitch);
                else
                    memset(to + r * l->pitch, 0, (size_t)l->pitch * sizeof *to);
            }
        }
    memset(to, 0, (size_t)(l->tile->run * column->stride) * sizeof *to);
}
