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
static const double input_short[] = {
    2 * A, 2, A, 1, 0, 2 * A, 2, A, 1, 0, B / 2, .5, B, 1, 0, B / 2, .5, B, 1, 0, 1, 0, 2.5, 0, 1,
};
static const double weight_short[] = {
    1 / (3 * A), 1. / 3, 1 / (3 * A), 1. / 3, 1 / (3 * B), 1. / 3, 1 / (3 * B), 1. / 3, 0, 1,
};
static const double output_short[] = {
    1, 1, 1, 1, 0, A, A, B, B, 0, .5, .5, 2, 2, 0, A / 2, A / 2, 2 * B, 2 * B, 1,
};
static const double one[] = {1};

static const matrices by_4 = {6, 3, 4, input_4, weight_4, output_4};
static const matrices by_2 = {4, 3, 2, input_2, weight_2, output_2};
static const matrices by_short = {5, 2, 4, input_short, weight_short, output_short};
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
    if (strstr(e.how, "F(4x4, 2x2)"))
        return (form){&by_short, &by_short};
    if (strstr(e.how, "F(1x4, 1x2)"))
        return (form){&by_1, &by_short};
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

// ----------------------------------------------------------------------------------------- phases

// The padding of the axis as one of a correlation, and what it has between the input's elements and
// between positions of the output.
static int64_t padding_of(const faltung_axis *axis)
{
    const int64_t reach = axis->dilation * (axis->kernel - 1);
    return axis->transposed ? reach - axis->padding.begin : axis->padding.begin;
}

static int64_t zeros_of(const faltung_axis *axis)
{
    return axis->transposed ? axis->stride : axis->input_dilation;
}

static int64_t stride_of(const faltung_axis *axis)
{
    return axis->transposed ? 1 : axis->stride;
}

// A plain convolution that an axis has been taken apart into. Tile t has outputs q from
// t * outputs - lead on, which are at output + q * apart; its element j is at
// position + (q + j) * step of the input; and its kernel has `taps` elements from `tap` on.
typedef struct phase {
    int64_t tap, every;
    int taps;
    int64_t position, step, output, apart, lead;
} phase;

// How many the output is dealt out to: by zeros between the input's elements, or by a dilation; and
// how many the input is, over which outputs sum.
static int64_t count_outputs(const faltung_axis *axis)
{
    return zeros_of(axis) > 1 ? zeros_of(axis) : axis->dilation;
}

static int64_t count_inputs(const faltung_axis *axis)
{
    return stride_of(axis);
}

static phase find_scattered(const faltung_axis *axis, int64_t output)
{
    const int64_t from = output - padding_of(axis), odd = from % 2 != 0;
    const int64_t first = -padding_of(axis), shift = (from + odd) / 2;
    const int64_t lead = shift - (first + (first % 2 != 0)) / 2;
    return (phase){odd, 2, (int)(axis->kernel - odd + 1) / 2, shift, 1, output, 2, lead};
}

static phase find_phase(const faltung_axis *axis, int64_t output, int64_t input)
{
    if (zeros_of(axis) == 2)
        return find_scattered(axis, output);
    if (stride_of(axis) == 2)
        return (phase){
            input, 2, (int)(axis->kernel - input + 1) / 2, input - padding_of(axis), 2, 0, 1, 0};
    return (phase){
        0, 1, (int)axis->kernel, output - padding_of(axis), axis->dilation, output, axis->dilation,
        0};
}

// The phase of rows and that of columns.
typedef struct phases {
    phase row, column;
} phases;

static phases find_phases(const sample *s, int64_t output, int64_t input)
{
    const faltung_axis *down = &s->axis[1], *along = &s->axis[2];
    const int64_t outputs = count_outputs(along), inputs = count_inputs(along);
    return (phases){find_phase(down, output / outputs, input / inputs),
                    find_phase(along, output % outputs, input % inputs)};
}

static int64_t inputs_phases(const sample *s)
{
    return count_inputs(&s->axis[1]) * count_inputs(&s->axis[2]);
}

static int64_t planes_of(const sample *s)
{
    return slices_of(s) * inputs_of(s) * inputs_phases(s);
}

// A plane of those that an output sums over: of a channel of a group, in a slice and a phase.
typedef struct plane {
    int64_t slice, phase, channel;
} plane;

static plane find_plane(const sample *s, int64_t index)
{
    const int64_t ins = inputs_of(s), all = inputs_phases(s);
    return (plane){index / ins / all, index / ins % all, index % ins};
}

// ----------------------------------------------------------------------------------------- weights

// What a phase has of a slice of the kernel of a pair of channels; a transposed convolution has the
// kernel turned around.
static void transform_kernel(const sample *s, form f, phases p, const array *weight, int64_t pair,
                             int64_t slice, double *to)
{
    const int64_t rows = s->axis[1].kernel, columns = s->axis[2].kernel;
    const int64_t all = slices_of(s) * rows * columns;
    double kernel[MOST_ELEMENTS] = {0};
    for (int r = 0; r < p.row.taps; r++)
        for (int c = 0; c < p.column.taps; c++) {
            int64_t row = p.row.tap + r * p.row.every, column = p.column.tap + c * p.column.every;
            int64_t at = (slice * rows + row) * columns + column;
            at = pair * all + (s->transposed ? all - 1 - at : at);
            kernel[r * f.wide->taps + c] = fabs(array_get(weight, at));
        }
    transform(weight_matrix(f.high), weight_matrix(f.wide), kernel, to);
}

// Kernels of all pairs of channels for a phase of the output, [output channel of all
// groups][plane].
static double *transform_weights(const sample *s, form f, int64_t output, const array *weight)
{
    const int64_t ins = inputs_of(s), outs = outputs_of(s);
    double *all = malloc((size_t)(s->channels_out * planes_of(s) * elements_of(f)) * sizeof *all);
    assert_non_null(all);
    for (int64_t o = 0; o < s->channels_out; o++)
        for (int64_t i = 0; i < planes_of(s); i++) {
            const plane p = find_plane(s, i);
            const int64_t pair = s->transposed ? (o / outs * ins + p.channel) * outs + o % outs
                                               : o * ins + p.channel;
            transform_kernel(s, f, find_phases(s, output, p.phase), weight, pair, p.slice,
                             all + (o * planes_of(s) + i) * elements_of(f));
        }
    return all;
}

// ------------------------------------------------------------------------------------------- tiles

// What is the same for all tiles of a phase of the output.
typedef struct work {
    const sample *s;
    const operands *o;
    form f;
    int64_t output;        // the phase
    const double *weights; // of it
    double roundings, outside;
} work;

// A tile of a group at a depth: its first output, of those of its phase.
typedef struct place {
    int64_t image, group, depth, row, column;
} place;

// The tile of a plane of the input; -1: of the border.
static void transform_tile(const work *w, phases p, int64_t of_plane, const place *at, double *to)
{
    const int64_t rows = w->s->axis[1].input, columns = w->s->axis[2].input;
    const int wide = w->f.wide->edge;
    double tile[MOST_ELEMENTS];
    for (int r = 0; r < w->f.high->edge; r++)
        for (int c = 0; c < wide; c++) {
            int64_t i = p.row.position + (at->row + r) * p.row.step;
            int64_t j = p.column.position + (at->column + c) * p.column.step;
            bool inside = of_plane >= 0 && i >= 0 && i < rows && j >= 0 && j < columns;
            int64_t element = (of_plane * rows + i) * columns + j;
            tile[r * wide + c] = inside ? fabs(array_get(&w->o->input, element)) : w->outside;
        }
    transform(input_matrix(w->f.high), input_matrix(w->f.wide), tile, to);
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
static int64_t find_depth(const sample *s, int64_t channel, int64_t depth, int64_t tap)
{
    const faltung_axis *deep = &s->axis[0];
    const int64_t i = depth * stride_of(deep) + tap * deep->dilation - padding_of(deep);
    return i >= 0 && i < deep->input ? channel * deep->input + i : -1;
}

// The outputs of a tile in one channel of all groups, whose sums are transformed.
static void bound_outputs(const work *w, const place *at, int64_t channel, const double *out,
                          double *bounds)
{
    const double unit = 0x1p-24, subnormal = 0x1p-120;
    const phases p = find_phases(w->s, w->output, 0);
    const int64_t *size = w->s->output;
    const int64_t deep = (at->image * w->s->channels_out + channel) * size[0] + at->depth;
    for (int i = 0; i < w->f.high->outputs * w->f.wide->outputs; i++) {
        const int64_t row = at->row + i / w->f.wide->outputs;
        const int64_t column = at->column + i % w->f.wide->outputs;
        const int64_t r = p.row.output + row * p.row.apart;
        const int64_t c = p.column.output + column * p.column.apart;
        const double magnitude = out[i] + fabs(array_get(&w->o->bias, channel));
        if (row >= 0 && column >= 0 && r < size[1] && c < size[2])
            bounds[(deep * size[1] + r) * size[2] + c] =
                w->roundings * unit * magnitude + subnormal;
    }
}

// The tile of all output channels of a group.
static void bound_tile(const work *w, const place *at, double *bounds)
{
    const sample *s = w->s;
    const int64_t ins = inputs_of(s), outs = outputs_of(s), planes = planes_of(s);
    const int elements = elements_of(w->f);
    double *tiles = malloc((size_t)(planes * elements) * sizeof *tiles);
    assert_non_null(tiles);
    for (int64_t i = 0; i < planes; i++) {
        const plane p = find_plane(s, i);
        const int64_t channel = (at->image * s->groups + at->group) * ins + p.channel;
        transform_tile(w, find_phases(s, w->output, p.phase),
                       find_depth(s, channel, at->depth, p.slice), at, tiles + i * elements);
    }
    for (int64_t channel = at->group * outs; channel < (at->group + 1) * outs; channel++) {
        double sums[MOST_ELEMENTS] = {0}, out[MOST_ELEMENTS];
        const double *weight = w->weights + channel * planes * elements;
        for (int64_t i = 0; i < planes * elements; i++)
            sums[i % elements] += tiles[i] * weight[i];
        transform(output_matrix(w->f.high), output_matrix(w->f.wide), sums, out);
        bound_outputs(w, at, channel, out, bounds);
    }
    free(tiles);
}

// Whether a phase has outputs from q on.
static bool has_outputs(const phase *p, int64_t q, int64_t size)
{
    return p->output + q * p->apart < size;
}

// All tiles of a phase of the output, of one plane of it.
static void bound_plane(const work *w, place at, double *bounds)
{
    const phases p = find_phases(w->s, w->output, 0);
    const int64_t *size = w->s->output;
    for (at.row = -p.row.lead; has_outputs(&p.row, at.row, size[1]); at.row += w->f.high->outputs)
        for (at.column = -p.column.lead; has_outputs(&p.column, at.column, size[2]);
             at.column += w->f.wide->outputs)
            bound_tile(w, &at, bounds);
}

double *transform_bounds(const sample *s, const operands *o, const faltung_conv *conv,
                         double outside)
{
    work w = {.s = s, .o = o, .f = find_form(o, conv), .outside = outside};
    const int64_t outputs = count_outputs(&s->axis[1]) * count_outputs(&s->axis[2]);
    double *bounds = malloc((size_t)o->output.count * sizeof *bounds);
    assert_non_null(bounds);
    w.roundings = count_roundings(s, conv->accuracy);
    for (w.output = 0; w.output < outputs; w.output++) {
        double *weights = transform_weights(s, w.f, w.output, &o->weight);
        w.weights = weights;
        for (int64_t image = 0; image < (s->batch < 0 ? 1 : s->batch); image++)
            for (int64_t g = 0; g < s->groups; g++)
                for (int64_t d = 0; d < s->output[0]; d++)
                    bound_plane(&w, (place){image, g, d, 0, 0}, bounds);
        free(weights);
    }
    return bounds;
}
