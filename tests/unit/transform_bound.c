// SPDX-License-Identifier: Apache-2.0
#include "transform_bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EDGE = 6, MOST_ELEMENTS = EDGE * EDGE };

#define A 0.70710678118654752
#define B 1.41421356237309505

// A form's matrices, of absolute values: of the input, of kernels and back, each `count` numbers
// from as many as the name says. Along rows that are not transformed they are 1.
typedef struct matrices {
    int edge, taps, outputs;
    const double *of_input, *of_weight, *of_output;
} matrices;

static const double input_4[] = {
    1, 0,     2.5, 0, 1, 0, 0, 2 * A, 2,  A, 1, 0, 0, 2 * A, 2, A,   1, 0,
    0, B / 2, .5,  B, 1, 0, 0, B / 2, .5, B, 1, 0, 0, 1,     0, 2.5, 0, 1,
};
static const double weight_4[] = {
    1,      0,     0,      2. / 3, 2 * A / 3, 1. / 3, 2. / 3, 2 * A / 3, 1. / 3,
    1. / 6, B / 6, 1. / 3, 1. / 6, B / 6,     1. / 3, 0,      0,         1,
};
static const double output_4[] = {
    1, 1, 1, 1, 1, 0, 0, A, A, B, B, 0, 0, .5, .5, 2, 2, 0, 0, A / 2, A / 2, 2 * B, 2 * B, 1,
};
static const double input_2[] = {1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1};
static const double weight_2[] = {1, 0, 0, .5, .5, .5, .5, .5, .5, 0, 0, 1};
static const double output_2[] = {1, 1, 1, 0, 0, 1, 1, 1};
static const double one[] = {1};

static const matrices by_4 = {6, 3, 4, input_4, weight_4, output_4};
static const matrices by_2 = {4, 3, 2, input_2, weight_2, output_2};
static const matrices by_1 = {1, 1, 1, one, one, one};

// Along rows and along columns.
typedef struct form {
    const matrices *high, *wide;
} form;

// What the library says that it takes.
static form find_form(const operands *o, const faltung_conv *conv)
{
    faltung_explanation e;
    faltung_message message;
    assert_ok(faltung_explain(conv, &o->input.tensor, &o->weight.tensor, &e, &message), &message);
    if (strstr(e.how, "F(2x2, 3x3)"))
        return (form){&by_2, &by_2};
    if (strstr(e.how, "F(1x4, 1x3)"))
        return (form){&by_1, &by_4};
    assert_non_null(strstr(e.how, "F(4x4, 3x3)"));
    return (form){&by_4, &by_4};
}

// A matrix of rows by columns.
typedef struct matrix {
    const double *numbers;
    int rows, columns;
} matrix;

// to = high * from * the transpose of wide.
static void transform(matrix high, matrix wide, const double *from, double *to)
{
    double half[MOST_ELEMENTS] = {0};
    memset(to, 0, (size_t)(high.rows * wide.rows) * sizeof *to);
    for (int r = 0; r < high.rows; r++)
        for (int c = 0; c < wide.columns; c++)
            for (int k = 0; k < high.columns; k++)
                half[r * wide.columns + c] +=
                    high.numbers[r * high.columns + k] * from[k * wide.columns + c];
    for (int r = 0; r < high.rows; r++)
        for (int c = 0; c < wide.rows; c++)
            for (int k = 0; k < wide.columns; k++)
                to[r * wide.rows + c] +=
                    half[r * wide.columns + k] * wide.numbers[c * wide.columns + k];
}

static matrix input_matrix(const matrices *m)
{
    return (matrix){m->of_input, m->edge, m->edge};
}

static matrix weight_matrix(const matrices *m)
{
    return (matrix){m->of_weight, m->edge, m->taps};
}

static matrix output_matrix(const matrices *m)
{
    return (matrix){m->of_output, m->outputs, m->edge};
}

static int elements_of(form f)
{
    return f.high->edge * f.wide->edge;
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
static void transform_kernel(const sample *s, form f, const array *weight, int64_t pair,
                             int64_t slice, double *to)
{
    const int taps = f.high->taps * f.wide->taps;
    const int64_t all = slices_of(s) * taps;
    double kernel[MOST_ELEMENTS];
    for (int k = 0; k < taps; k++) {
        int64_t at = slice * taps + k;
        kernel[k] = fabs(array_get(weight, pair * all + (s->transposed ? all - 1 - at : at)));
    }
    transform(weight_matrix(f.high), weight_matrix(f.wide), kernel, to);
}

// Kernels of all pairs of channels, [output channel of all groups][slice][input channel of its
// group].
static double *transform_weights(const sample *s, form f, const array *weight)
{
    const int64_t ins = inputs_of(s), outs = outputs_of(s);
    double *all = malloc((size_t)(s->channels_out * planes_of(s) * elements_of(f)) * sizeof *all);
    assert_non_null(all);
    for (int64_t o = 0; o < s->channels_out; o++)
        for (int64_t p = 0; p < planes_of(s); p++) {
            int64_t c = p % ins;
            int64_t pair = s->transposed ? (o / outs * ins + c) * outs + o % outs : o * ins + c;
            transform_kernel(s, f, weight, pair, p / ins,
                             all + (o * planes_of(s) + p) * elements_of(f));
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
static void transform_tile(const sample *s, form f, const array *input, int64_t plane, int64_t row,
                           int64_t column, double outside, double *to)
{
    const faltung_axis *down = &s->axis[1], *along = &s->axis[2];
    double tile[MOST_ELEMENTS];
    for (int r = 0; r < f.high->edge; r++)
        for (int c = 0; c < f.wide->edge; c++) {
            int64_t i = row + r * down->dilation - padding_of(down);
            int64_t j = column + c * along->dilation - padding_of(along);
            bool inside = plane >= 0 && i >= 0 && i < down->input && j >= 0 && j < along->input;
            int64_t at = (plane * down->input + i) * along->input + j;
            tile[r * f.wide->edge + c] = inside ? fabs(array_get(input, at)) : outside;
        }
    transform(input_matrix(f.high), input_matrix(f.wide), tile, to);
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
static void bound_tile(const sample *s, form f, const operands *o, const double *weights,
                       int64_t image, int64_t group, int64_t depth, int64_t row, int64_t column,
                       double roundings, double outside, double *bounds)
{
    const double unit = 0x1p-24, subnormal = 0x1p-120;
    const int64_t ins = inputs_of(s), outs = outputs_of(s), planes = planes_of(s);
    const int64_t *size = s->output;
    const int elements = elements_of(f), outputs = f.high->outputs * f.wide->outputs;
    double *tiles = malloc((size_t)(planes * elements) * sizeof *tiles);
    assert_non_null(tiles);
    for (int64_t p = 0; p < planes; p++) {
        const int64_t channel = (image * s->groups + group) * ins + p % ins;
        transform_tile(s, f, &o->input, find_plane(s, channel, depth, p / ins), row, column,
                       outside, tiles + p * elements);
    }
    for (int64_t channel = group * outs; channel < (group + 1) * outs; channel++) {
        double sums[MOST_ELEMENTS] = {0}, out[MOST_ELEMENTS];
        const double *weight = weights + channel * planes * elements;
        for (int64_t i = 0; i < planes * elements; i++)
            sums[i % elements] += tiles[i] * weight[i];
        transform(output_matrix(f.high), output_matrix(f.wide), sums, out);
        for (int i = 0; i < outputs; i++) {
            const int64_t r = row + i / f.wide->outputs * s->axis[1].dilation;
            const int64_t c = column + i % f.wide->outputs * s->axis[2].dilation;
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
static int64_t next_tile(int64_t first, int64_t dilation, const matrices *m)
{
    return (first + 1) % dilation ? first + 1 : first + 1 + (m->outputs - 1) * dilation;
}

double *transform_bounds(const sample *s, const operands *o, const faltung_conv *conv,
                         double outside)
{
    const form f = find_form(o, conv);
    const double roundings = count_roundings(s, conv->accuracy);
    double *weights = transform_weights(s, f, &o->weight);
    double *bounds = malloc((size_t)o->output.count * sizeof *bounds);
    assert_non_null(bounds);
    for (int64_t image = 0; image < (s->batch < 0 ? 1 : s->batch); image++)
        for (int64_t g = 0; g < s->groups; g++)
            for (int64_t d = 0; d < s->output[0]; d++)
                for (int64_t row = 0; row < s->output[1];
                     row = next_tile(row, s->axis[1].dilation, f.high))
                    for (int64_t column = 0; column < s->output[2];
                         column = next_tile(column, s->axis[2].dilation, f.wide))
                        bound_tile(s, f, o, weights, image, g, d, row, column, roundings, outside,
                                   bounds);
    free(weights);
    return bounds;
}
