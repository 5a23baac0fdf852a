// SPDX-License-Identifier: Apache-2.0
#include "fft_bound.h"

#include <math.h>
#include <stdlib.h>

// Channels of a group.
static int64_t inputs_of(const sample *s)
{
    return s->channels_in / s->groups;
}

static int64_t outputs_of(const sample *s)
{
    return s->channels_out / s->groups;
}

static double square(double x)
{
    return x * x;
}

// No transform is longer than what an output and its kernel reach over, rounded up to a power of 2,
// or than 256.
static double longest_transform(const sample *s, int axis)
{
    const faltung_axis *a = &s->axis[axis];
    const int64_t all = s->output[axis] + a->dilation * (a->kernel - 1);
    double length = 8;
    while (length < (double)all && length < 256)
        length *= 2;
    return a->kernel == 1 ? 1 : length;
}

static double numbers_of_transform(const sample *s)
{
    return longest_transform(s, 1) * longest_transform(s, 2);
}

// The norm of two tiles of a channel of an image: neighbours, which may both hold all of it.
static double norm_of_input(const sample *s, const operands *o, int64_t image, int64_t channel,
                            double outside)
{
    const int64_t plane = s->axis[0].input * s->axis[1].input * s->axis[2].input;
    double sum = 0;
    if (outside > 0)
        return outside * sqrt(2 * numbers_of_transform(s) * (double)s->axis[0].kernel);
    for (int64_t i = 0; i < plane; i++)
        sum += square(array_get(&o->input, (image * s->channels_in + channel) * plane + i));
    return sqrt(2 * sum);
}

// The norm of the kernel of an output channel and an input channel of its group.
static double norm_of_weight(const sample *s, const operands *o, int64_t out, int64_t in)
{
    const int64_t ins = inputs_of(s), outs = outputs_of(s);
    const int64_t pair =
        s->transposed ? (out / outs * ins + in) * outs + out % outs : out * ins + in;
    const int64_t taps = s->axis[0].kernel * s->axis[1].kernel * s->axis[2].kernel;
    double sum = 0;
    for (int64_t i = 0; i < taps; i++)
        sum += square(array_get(&o->weight, pair * taps + i));
    return sqrt(sum);
}

// Each halving of a transform rounds a sum and a turn, of four roundings at most, and so do turns
// themselves: of the input, the weight and back. Products are summed over the channels of every
// slice of the kernel.
static double count_roundings(const sample *s)
{
    const double of_step = 6, others = 8, planes = (double)(inputs_of(s) * s->axis[0].kernel);
    return 3 * of_step * log2(numbers_of_transform(s)) + 2 * planes + others;
}

double *fft_bounds(const sample *s, const operands *o, double outside)
{
    const double unit = o->input.tensor.dtype == FALTUNG_F64 ? 0x1p-53 : 0x1p-24;
    const double subnormal = unit * 0x1p-90, roundings = count_roundings(s);
    const int64_t pixels = s->output[0] * s->output[1] * s->output[2];
    double *bounds = malloc((size_t)o->output.count * sizeof *bounds);
    assert_non_null(bounds);
    for (int64_t i = 0; i < o->output.count / pixels; i++) {
        const int64_t image = i / s->channels_out, out = i % s->channels_out;
        const int64_t first = out / outputs_of(s) * inputs_of(s);
        double magnitude = 0;
        for (int64_t c = 0; c < inputs_of(s); c++)
            magnitude +=
                norm_of_input(s, o, image, first + c, outside) * norm_of_weight(s, o, out, c);
        magnitude += fabs(array_get(&o->bias, out)) + 16; // and what may be added to it
        for (int64_t k = 0; k < pixels; k++)
            bounds[i * pixels + k] = roundings * unit * magnitude + subnormal;
    }
    return bounds;
}
