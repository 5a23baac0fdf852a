// SPDX-License-Identifier: Apache-2.0
#include "transform_bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EDGE = 6, TAPS = 3, OUTPUTS = 4, ELEMENTS = EDGE * EDGE };

#define A 0.70710678118654752
#define B 1.41421356237309505

// The absolute values of the matrices' elements.
static const double of_input[EDGE * EDGE] = {
    1, 0,     2.5, 0, 1, 0, 0, 2 * A, 2,  A, 1, 0, 0, 2 * A, 2, A,   1, 0,
    0, B / 2, .5,  B, 1, 0, 0, B / 2, .5, B, 1, 0, 0, 1,     0, 2.5, 0, 1,
};
static const double of_weight[EDGE * TAPS] = {
    1,      0,     0,      2. / 3, 2 * A / 3, 1. / 3, 2. / 3, 2 * A / 3, 1. / 3,
    1. / 6, B / 6, 1. / 3, 1. / 6, B / 6,     1. / 3, 0,      0,         1,
};
static const double of_output[OUTPUTS * EDGE] = {
    1, 1, 1, 1, 1, 0, 0, A, A, B, B, 0, 0, .5, .5, 2, 2, 0, 0, A / 2, A / 2, 2 * B, 2 * B, 1,
};

// to = matrix * from * its transpose, from a square.
static void transform(const double *matrix, int rows, int columns, const double *from, double *to)
{
    double half[EDGE * EDGE] = {0};
    memset(to, 0, (size_t)(rows * rows) * sizeof *to);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            for (int k = 0; k < columns; k++)
                half[r * columns + c] += matrix[r * columns + k] * from[k * columns + c];
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < rows; c++)
            for (int k = 0; k < columns; k++)
                to[r * rows + c] += half[r * columns + k] * matrix[c * columns + k];
}

// Channels of a group.
static int64_t inputs_of(const sample *s)
{
    return s->channels_in / s->groups;
}

static int64_t outputs_of(const sample *s)
{
    return s->channels_out / s->groups;
}

// Slices of a kernel, each of which has as many planes of the input as there are channels.
static int64_t slices_of(const sample *s)
{
    return s->axis[0].kernel;
}

static int64_t planes_of(const sample *s)
{
    return slices_of(s) * inputs_of(s);
}

// A slice of the kernel of a pair of channels; a transposed convolution has it turned around.
static void transform_kernel(const sample *s, const array *weight, int64_t pair, int64_t slice,
                             double *to)
{
    const int64_t all = slices_of(s) * TAPS * TAPS;
    double kernel[TAPS * TAPS];
    for (int k = 0; k < TAPS * TAPS; k++) {
        int64_t at = slice * TAPS * TAPS + k;
        kernel[k] = fabs(array_get(weight, pair * all + (s->transposed ? all - 1 - at : at)));
    }
    transform(of_weight, EDGE, TAPS, kernel, to);
}

// Kernels of all pairs of channels, [output channel of all groups][slice][input channel of its
// group].
static double *transform_weights(const sample *s, const array *weight)
{
    const int64_t ins = inputs_of(s), outs = outputs_of(s);
    double *all = malloc((size_t)(s->channels_out * planes_of(s)) * ELEMENTS * sizeof *all);
    assert_non_null(all);
    for (int64_t o = 0; o < s->channels_out; o++)
        for (int64_t p = 0; p < planes_of(s); p++) {
            int64_t c = p % ins;
            int64_t pair = s->transposed ? (o / outs * ins + c) * outs + o % outs : o * ins + c;
            transform_kernel(s, weight, pair, p / ins, all + (o * planes_of(s) + p) * ELEMENTS);
        }
    return all;
}

static int64_t padding_of(const faltung_axis *axis)
{
    const int64_t reach = axis->dilation * (axis->kernel - 1);
    return axis->transposed ? reach - axis->padding.begin : axis->padding.begin;
}

// The tile of a plane of the input that begins under a pixel of the output; with a dilation its
// numbers lie that far apart. A plane of -1 is one of the border.
static void transform_tile(const sample *s, const array *input, int64_t plane, int64_t row,
                           int64_t column, double outside, double *to)
{
    const faltung_axis *down = &s->axis[1], *along = &s->axis[2];
    double tile[ELEMENTS];
    for (int r = 0; r < EDGE; r++)
        for (int c = 0; c < EDGE; c++) {
            int64_t i = row + r * down->dilation - padding_of(down);
            int64_t j = column + c * along->dilation - padding_of(along);
            bool inside = plane >= 0 && i >= 0 && i < down->input && j >= 0 && j < along->input;
            int64_t at = (plane * down->input + i) * along->input + j;
            tile[r * EDGE + c] = inside ? fabs(array_get(input, at)) : outside;
        }
    transform(of_input, EDGE, EDGE, tile, to);
}

// Roundings of a sum: of a chain and of the chunks that are added up, of both transforms, of a
// weight, and of bias and residual.
static double count_roundings(const sample *s, faltung_accuracy accuracy)
{
    const double transforms = 16, others = 3;
    int64_t ins = planes_of(s), most = accuracy == FALTUNG_ACCURACY_FAST ? 64 : ins < 64 ? 16 : 32;
    return transforms + others + (double)(most < ins ? most : ins) + (double)(ins / most + 1);
}

// The plane of the input that a tap of depth meets in a channel of all groups; -1: the border.
static int64_t find_plane(const sample *s, int64_t channel, int64_t depth, int64_t tap)
{
    const faltung_axis *deep = &s->axis[0];
    const int64_t stride = s->transposed ? 1 : deep->stride;
    const int64_t i = depth * stride + tap * deep->dilation - padding_of(deep);
    return i >= 0 && i < deep->input ? channel * deep->input + i : -1;
}

// The tile of all output channels of a group at a depth.
static void bound_tile(const sample *s, const operands *o, const double *weights, int64_t image,
                       int64_t group, int64_t depth, int64_t row, int64_t column, double roundings,
                       double outside, double *bounds)
{
    const double unit = 0x1p-24, subnormal = 0x1p-120;
    const int64_t ins = inputs_of(s), outs = outputs_of(s), planes = planes_of(s);
    const int64_t *size = s->output;
    double *tiles = malloc((size_t)planes * ELEMENTS * sizeof *tiles);
    assert_non_null(tiles);
    for (int64_t p = 0; p < planes; p++) {
        const int64_t channel = (image * s->groups + group) * ins + p % ins;
        transform_tile(s, &o->input, find_plane(s, channel, depth, p / ins), row, column, outside,
                       tiles + p * ELEMENTS);
    }
    for (int64_t channel = group * outs; channel < (group + 1) * outs; channel++) {
        double sums[ELEMENTS] = {0}, out[OUTPUTS * OUTPUTS];
        const double *weight = weights + channel * planes * ELEMENTS;
        for (int64_t i = 0; i < planes * ELEMENTS; i++)
            sums[i % ELEMENTS] += tiles[i] * weight[i];
        transform(of_output, OUTPUTS, EDGE, sums, out);
        for (int i = 0; i < OUTPUTS * OUTPUTS; i++) {
            const int64_t r = row + i / OUTPUTS * s->axis[1].dilation;
            const int64_t c = column + i % OUTPUTS * s->axis[2].dilation;
            const double magnitude = out[i] + fabs(array_get(&o->bias, channel));
            const int64_t plane = (image * s->channels_out + channel) * size[0] + depth;
            if (r < size[1] && c < size[2])
                bounds[(plane * size[1] + r) * size[2] + c] =
                    roundings * unit * magnitude + subnormal;
        }
    }
    free(tiles);
}

// Where the next tile begins along an axis: of the next lattice, if the dilation makes several.
static int64_t next_tile(int64_t first, int64_t dilation)
{
    return (first + 1) % dilation ? first + 1 : first + 1 + (OUTPUTS - 1) * dilation;
}

double *transform_bounds(const sample *s, const operands *o, faltung_accuracy accuracy,
                         double outside)
{
    double *weights = transform_weights(s, &o->weight), roundings = count_roundings(s, accuracy);
    double *bounds = malloc((size_t)o->output.count * sizeof *bounds);
    assert_non_null(bounds);
    for (int64_t image = 0; image < (s->batch < 0 ? 1 : s->batch); image++)
        for (int64_t g = 0; g < s->groups; g++)
            for (int64_t d = 0; d < s->output[0]; d++)
                for (int64_t row = 0; row < s->output[1]; row = next_tile(row, s->axis[1].dilation))
                    for (int64_t column = 0; column < s->output[2];
                         column = next_tile(column, s->axis[2].dilation))
                        bound_tile(s, o, weights, image, g, d, row, column, roundings, outside,
                                   bounds);
    free(weights);
    return bounds;
}
