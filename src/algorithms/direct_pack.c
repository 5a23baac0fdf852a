// SPDX-License-Identifier: Apache-2.0
//
// Weights, biases and bands in the order in which the kernels read them.
#include "algorithms/direct.h"

#include <string.h>

size_t fal_direct_packed_bytes(const fal_task *task)
{
    fal_direct_layout l = fal_direct_lay_out(task);
    int64_t floats = task->problem.groups * (fal_direct_weights(&l) + fal_direct_biases(&l));
    return (size_t)floats * sizeof(float);
}

// One channel's weights, `width` floats apart: input channel by input channel, tap by tap.
static void pack_channel(const fal_problem *p, const fal_view *weight, const float *from,
                         int64_t width, float *to)
{
    for (int64_t i = 0; i < p->input_channels; i++)
        for (int64_t kd = 0; kd < p->axis[0].kernel; kd++)
            for (int64_t kh = 0; kh < p->axis[1].kernel; kh++) {
                const float *row =
                    from + i * weight->channel + kd * weight->axis[0] + kh * weight->axis[1];
                for (int64_t kw = 0; kw < p->axis[2].kernel; kw++, to += width)
                    *to = row[kw * weight->axis[2]];
            }
}

// Whether a channel's weights lie one behind the other, in the order of its products.
static bool is_dense(const fal_problem *p, const fal_view *weight)
{
    int64_t size = 1;
    for (int i = FALTUNG_MAX_AXES - 1; i >= 0; i--) {
        if (p->axis[i].kernel > 1 && weight->axis[i] != size)
            return false;
        size *= p->axis[i].kernel;
    }
    return p->input_channels == 1 || weight->channel == size;
}

// Dense weights of `channels` channels, a few products of all at a time, so that the lines which
// are read and written stay near.
static void pack_dense(const float *from, int64_t distance, int64_t channels, int64_t products,
                       int64_t width, float *to)
{
    enum { NEAR = 16 };
    for (int64_t first = 0; first < products; first += NEAR) {
        int64_t past = first + NEAR < products ? first + NEAR : products;
        for (int64_t c = 0; c < channels; c++)
            for (int64_t k = first; k < past; k++)
                to[k * width + c] = from[c * distance + k];
    }
}

// The tile of output channels that begins with `first`.
static void pack_tile(const fal_task *task, const fal_direct_layout *l, const fal_view *weight,
                      int64_t group, int64_t first, float *to)
{
    const fal_problem *p = &task->problem;
    int64_t width = fal_direct_tile(task, l, first)->channels, left = p->output_channels - first;
    int64_t channels = left < width ? left : width;
    const float *from = (const float *)weight->data + group * weight->group + first * weight->outer;
    if (is_dense(p, weight))
        pack_dense(from, weight->outer, channels, l->products, width, to);
    else
        for (int64_t c = 0; c < channels; c++)
            pack_channel(p, weight, from + c * weight->outer, width, to + c);
    // A lane without a channel computes what nobody reads.
    for (int64_t k = 0; channels < width && k < l->products; k++)
        memset(to + k * width + channels, 0, (size_t)(width - channels) * sizeof *to);
}

void fal_direct_pack(const fal_task *task, const fal_operands *all, void *packed)
{
    const fal_problem *p = &task->problem;
    fal_direct_layout l = fal_direct_lay_out(task);
    float *to = packed;
    for (int64_t g = 0; g < p->groups; g++) {
        for (int64_t first = 0; first < p->output_channels;
             first += fal_direct_tile(task, &l, first)->channels)
            pack_tile(task, &l, &all->weight, g, first, to + first * l.products);
        to += fal_direct_weights(&l);
        memset(to, 0, (size_t)fal_direct_biases(&l) * sizeof *to);
        for (int64_t c = 0; all->bias && c < p->output_channels; c++)
            to[c] = ((const float *)all->bias)[(g * p->output_channels + c) * all->bias_stride];
        to += fal_direct_biases(&l);
    }
}

// A row of a view: element i is from[i * stride], for i below size; zero around it.
typedef struct source {
    const float *from;
    int64_t stride, size;
} source;

// Every `step`-th element.
static void gather(const float *from, int64_t step, int64_t count, float *restrict to)
{
    if (step == 2)
        for (int64_t i = 0; i < count; i++)
            to[i] = from[2 * i];
    else
        for (int64_t i = 0; i < count; i++)
            to[i] = from[step * i];
}

// Copies `count` elements from the `first` on, which may lie before the row; with `bordered` those
// that lie outside are zero already.
static void pack_row(source row, int64_t first, int64_t count, bool bordered, float *to)
{
    int64_t begin = first < 0 ? -first : 0, end = row.size - first;
    end = end < 0 ? 0 : end < count ? end : count;
    begin = begin < end ? begin : end;
    if (begin > 0 && !bordered)
        memset(to, 0, (size_t)begin * sizeof *to);
    if (begin < end && row.stride == 1) // else the row may be anywhere
        memcpy(to + begin, row.from + (first + begin), (size_t)(end - begin) * sizeof *to);
    else if (begin < end)
        gather(row.from + (first + begin) * row.stride, row.stride, end - begin, to + begin);
    if (end < count && !bordered)
        memset(to + end, 0, (size_t)(count - end) * sizeof *to);
}

// Deals out a row: every `phases`-th element from `first` on goes to the first phase, and so on.
static void pack_phases(source row, int64_t first, int64_t phases, int64_t count, float *to)
{
    for (int64_t i = 0; i < phases; i++, first++, to += count) {
        int64_t begin = first < 0 ? (-first + phases - 1) / phases : 0;
        int64_t end = row.size > first ? (row.size - first + phases - 1) / phases : 0;
        end = end < count ? end : count;
        begin = begin < end ? begin : end;
        for (int64_t k = 0; k < begin; k++)
            to[k] = 0;
        gather(row.from + (first + begin * phases) * row.stride, phases * row.stride, end - begin,
               to + begin);
        for (int64_t k = end; k < count; k++)
            to[k] = 0;
    }
}

// One plane of a band: `rows` rows of the input from `first` on, any of which may lie outside.
static void pack_plane(const fal_direct_layout *l, const fal_problem *p, source corner,
                       int64_t row_stride, const int64_t *first, int64_t rows, bool bordered,
                       float *to)
{
    int64_t height = p->axis[1].input;
    bool inside = first[0] >= 0 && first[0] + rows <= height;
    if (inside && first[1] == 0 && corner.stride == 1 && l->phases == 1 &&
        l->pitch == corner.size && row_stride == corner.size) {
        memcpy(to, corner.from + first[0] * row_stride, (size_t)(rows * l->pitch) * sizeof *to);
        return;
    }
    for (int64_t r = first[0]; r < first[0] + rows; r++, to += l->pitch) {
        if (r < 0 || r >= height) {
            if (!bordered)
                memset(to, 0, (size_t)l->pitch * sizeof *to);
            continue;
        }
        const source row = {corner.from + r * row_stride, corner.stride, corner.size};
        if (l->phases == 1)
            pack_row(row, first[1], l->pitch, bordered, to);
        else
            pack_phases(row, first[1], l->phases, l->phase_pitch, to);
    }
}

void fal_direct_pack_band(const fal_task *task, const fal_direct_layout *l, const fal_view *input,
                          const fal_band *band, bool bordered, float *to)
{
    const fal_problem *p = &task->problem;
    const fal_problem_axis *deep = &p->axis[0], *row = &p->axis[1], *column = &p->axis[2];
    const float *image =
        (const float *)input->data + band->image * input->outer + band->group * input->group;
    const int64_t first[] = {band->row * row->stride - row->padding,
                             band->column * column->stride - column->padding};
    int64_t rows = (band->rows - 1) * row->stride + row->dilation * (row->kernel - 1) + 1;
    for (int64_t c = 0; c < p->input_channels; c++)
        for (int64_t kd = 0; kd < l->planes; kd++, to += l->band_rows * l->pitch) {
            int64_t d = band->depth * deep->stride + (kd * deep->dilation - deep->padding);
            if (d < 0 || d >= deep->input) {
                memset(to, 0, (size_t)(rows * l->pitch) * sizeof *to);
                continue;
            }
            const source corner = {image + c * input->channel + d * input->axis[0], input->axis[2],
                                   column->input};
            pack_plane(l, p, corner, input->axis[1], first, rows, bordered, to);
        }
    if (!bordered)
        memset(to, 0, (size_t)l->slack * sizeof *to);
}
