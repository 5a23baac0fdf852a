// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

sample sample_make(bool transposed, int axes)
{
    sample s = {transposed, axes, 1, 1, 1, 1, {{0}}, {1, 1, 1}};
    for (int i = 0; i < 3; i++)
        s.axis[i] = (faltung_axis){1, 1, 1, 1, {0, 0}, transposed, 0, 1};
    return s;
}

faltung_axis *sample_axis(sample *s, int i)
{
    return &s->axis[3 - s->axes + i];
}

bool sample_measure(sample *s)
{
    for (int i = 0; i < 3; i++) {
        const faltung_axis *a = &s->axis[i];
        int64_t extent = a->dilation * (a->kernel - 1) + 1;
        int64_t padding = a->padding.begin + a->padding.end;
        int64_t spread = (a->input - 1) * a->input_dilation + 1;
        if (a->transposed)
            s->output[i] = (a->input - 1) * a->stride - padding + extent + a->output_padding;
        else if (spread + padding < extent)
            return false;
        else
            s->output[i] = (spread + padding - extent) / a->stride + 1;
        if (s->output[i] < 1)
            return false;
    }
    return true;
}

static faltung_axis random_axis(prng *random, bool transposed, int64_t longest)
{
    faltung_axis axis = FALTUNG_AXIS(0, 0);
    axis.input = random_between(random, 1, longest);
    axis.kernel = random_between(random, 1, 4);
    axis.stride = random_between(random, 1, 3);
    axis.dilation = random_between(random, 1, 3);
    axis.padding.begin = random_between(random, -1, 3);
    axis.padding.end = random_between(random, -1, 3);
    axis.transposed = transposed;
    if (!transposed && random_between(random, 0, 3) == 0)
        axis.input_dilation = random_between(random, 2, 4);
    int64_t most = axis.stride > axis.dilation ? axis.stride : axis.dilation;
    axis.output_padding = transposed ? random_between(random, 0, most - 1) : 0;
    return axis;
}

sample sample_random(prng *random, bool transposed, int axes)
{
    static const int64_t longest[] = {12, 8, 5};
    sample s = sample_make(transposed, axes);
    s.batch = random_between(random, -1, 3);
    s.groups = random_between(random, 1, 3);
    s.channels_in = s.groups * random_between(random, 1, 3);
    s.channels_out = s.groups * random_between(random, 1, 3);
    do
        for (int i = 0; i < axes; i++)
            *sample_axis(&s, i) = random_axis(random, transposed, longest[axes - 1]);
    while (!sample_measure(&s));
    return s;
}

bool sample_is_dilated(const sample *s)
{
    return s->axis[0].input_dilation > 1 || s->axis[1].input_dilation > 1 ||
           s->axis[2].input_dilation > 1;
}

bool sample_is_cropped(const sample *s)
{
    for (int i = 0; i < 3; i++)
        if (s->axis[i].padding.begin < 0 || s->axis[i].padding.end < 0)
            return true;
    return false;
}

faltung_conv sample_conv(const sample *s)
{
    faltung_operation operation = s->transposed ? FALTUNG_CONV_TRANSPOSE : FALTUNG_CONV;
    faltung_conv conv = FALTUNG_DEFAULTS(operation, s->axes);
    for (int i = 0; i < s->axes; i++) {
        const faltung_axis *axis = &s->axis[3 - s->axes + i];
        conv.stride[i] = axis->stride;
        conv.dilation[i] = axis->dilation;
        conv.padding[i] = axis->padding;
        conv.output_padding[i] = axis->output_padding;
        conv.input_dilation[i] = axis->input_dilation;
    }
    conv.groups = s->groups;
    return conv;
}

// An array of (batch, channels, the spatial sizes).
static void make_batched(array *a, const sample *s, faltung_dtype dtype, int64_t channels,
                         const int64_t *size)
{
    int64_t shape[5] = {s->batch, channels};
    for (int i = 0; i < s->axes; i++)
        shape[2 + i] = size[3 - s->axes + i];
    if (s->batch < 0)
        array_make(a, dtype, s->axes + 1, shape + 1);
    else
        array_make(a, dtype, s->axes + 2, shape);
}

void operands_make(operands *o, const sample *s, faltung_dtype dtype)
{
    int64_t input[3];
    int64_t weight[5] = {s->channels_out, s->channels_in / s->groups};
    if (s->transposed) {
        weight[0] = s->channels_in;
        weight[1] = s->channels_out / s->groups;
    }
    for (int i = 0; i < 3; i++)
        input[i] = s->axis[i].input;
    for (int i = 0; i < s->axes; i++)
        weight[2 + i] = s->axis[3 - s->axes + i].kernel;
    make_batched(&o->input, s, dtype, s->channels_in, input);
    array_make(&o->weight, dtype, s->axes + 2, weight);
    const faltung_dtype result = faltung_result_dtype(dtype);
    array_make(&o->bias, result, 1, &s->channels_out);
    make_batched(&o->output, s, result, s->channels_out, s->output);
    array_fill_bytes(&o->output, 0xff);
}

void operands_free(operands *o)
{
    array_free(&o->input);
    array_free(&o->weight);
    array_free(&o->bias);
    array_free(&o->output);
}

bool sample_is_computed_by(const sample *s, faltung_dtype dtype, const faltung_conv *conv,
                           const char *algorithm)
{
    operands o;
    faltung_message message;
    faltung_explanation e;
    operands_make(&o, s, dtype);
    faltung_status status = faltung_explain(conv, &o.input.tensor, &o.weight.tensor, &e, &message);
    operands_free(&o);
    if (conv->algorithm && status == FALTUNG_ERROR_OPTION)
        return false;
    assert_ok(status, &message);
    return strcmp(e.algorithm[e.chosen], algorithm) == 0;
}

void operands_fill_integers(operands *o, prng *random, int64_t limit)
{
    array_fill_integers(&o->input, random, -limit, limit);
    array_fill_integers(&o->weight, random, -limit, limit);
    array_fill_integers(&o->bias, random, -limit, limit);
}

void operands_fill_reals(operands *o, prng *random)
{
    array_fill_reals(&o->input, random);
    array_fill_reals(&o->weight, random);
    array_fill_reals(&o->bias, random);
}

// The index along each of `rank` axes of the flat-th element.
static void unflatten(int64_t flat, int rank, const int64_t *shape, int64_t *index)
{
    for (int i = rank - 1; i >= 0; i--) {
        index[i] = flat % shape[i];
        flat /= shape[i];
    }
}

// Where along one axis the input at `position` meets the kernel's element `tap`; false if nowhere.
static bool meet(const faltung_axis *axis, int64_t position, int64_t tap, int64_t output,
                 int64_t *target)
{
    if (axis->transposed) {
        *target = position * axis->stride + tap * axis->dilation - axis->padding.begin;
    } else {
        int64_t moved =
            position * axis->input_dilation + axis->padding.begin - tap * axis->dilation;
        if (moved < 0 || moved % axis->stride)
            return false;
        *target = moved / axis->stride;
    }
    return *target >= 0 && *target < output;
}

// The flat spatial index of the output that an input position and a tap meet in; -1 if none.
static int64_t target_of(const sample *s, const int64_t *position, const int64_t *tap)
{
    int64_t flat = 0;
    for (int i = 0; i < 3; i++) {
        int64_t target = 0;
        if (!meet(&s->axis[i], position[i], tap[i], s->output[i], &target))
            return -1;
        flat = flat * s->output[i] + target;
    }
    return flat;
}

static void add_term(oracle_sum *sum, long double term)
{
    sum->value += term;
    sum->magnitude += fabsl(term);
    sum->terms++;
}

// Where each input position meets a tap, as target_of says; to be freed.
static int64_t *find_targets(const sample *s, const int64_t *tap)
{
    int64_t size[3] = {s->axis[0].input, s->axis[1].input, s->axis[2].input};
    int64_t inputs = size[0] * size[1] * size[2];
    int64_t *targets = calloc((size_t)inputs + 1, sizeof *targets);
    assert_non_null(targets);
    for (int64_t p = 0; p < inputs; p++) {
        int64_t position[3];
        unflatten(p, 3, size, position);
        targets[p] = target_of(s, position, tap);
    }
    return targets;
}

// What the products of two operands are added to: the third.
typedef enum sums_of { OF_OUTPUT, OF_INPUT, OF_WEIGHT } sums_of;

// Adds every product with one element of the weight, which joins two channels.
static void scatter(const sample *s, const operands *o, int64_t flat, int64_t from, int64_t to,
                    const int64_t *targets, sums_of which, oracle_sum *sums)
{
    int64_t inputs = s->axis[0].input * s->axis[1].input * s->axis[2].input;
    int64_t outputs = s->output[0] * s->output[1] * s->output[2];
    int64_t batch = s->batch < 0 ? 1 : s->batch;
    long double weight = array_get(&o->weight, flat);
    for (int64_t n = 0; n < batch; n++)
        for (int64_t p = 0; p < inputs; p++) {
            int64_t in = (n * s->channels_in + from) * inputs + p;
            int64_t out = (n * s->channels_out + to) * outputs + targets[p];
            if (targets[p] < 0)
                continue;
            if (which == OF_OUTPUT)
                add_term(&sums[out], weight * array_get(&o->input, in));
            else if (which == OF_INPUT)
                add_term(&sums[in], weight * array_get(&o->output, out));
            else
                add_term(&sums[flat],
                         (long double)array_get(&o->input, in) * array_get(&o->output, out));
        }
}

static void add_products(const sample *s, const operands *o, sums_of which, oracle_sum *sums)
{
    int64_t per_group_in = s->channels_in / s->groups;
    int64_t per_group_out = s->channels_out / s->groups;
    int64_t kernel[3] = {s->axis[0].kernel, s->axis[1].kernel, s->axis[2].kernel};
    int64_t taps = kernel[0] * kernel[1] * kernel[2];
    for (int64_t tap = 0; tap < taps; tap++) {
        int64_t index[3];
        unflatten(tap, 3, kernel, index);
        int64_t *targets = find_targets(s, index);
        for (int64_t i = tap; i < o->weight.count; i += taps) {
            int64_t outer = i / taps / o->weight.shape[1], inner = i / taps % o->weight.shape[1];
            int64_t group = outer / (s->transposed ? per_group_in : per_group_out);
            int64_t from = s->transposed ? outer : group * per_group_in + inner;
            int64_t to = s->transposed ? group * per_group_out + inner : outer;
            scatter(s, o, i, from, to, targets, which, sums);
        }
        free(targets);
    }
}

static oracle_sum *make_sums(const array *result)
{
    oracle_sum *sums = calloc((size_t)result->count + 1, sizeof *sums);
    assert_non_null(sums);
    return sums;
}

oracle_sum *oracle_convolve(const sample *s, const operands *o, bool with_bias)
{
    oracle_sum *sums = make_sums(&o->output);
    int64_t outputs = s->output[0] * s->output[1] * s->output[2];
    for (int64_t i = 0; with_bias && i < o->output.count; i++)
        add_term(&sums[i], array_get(&o->bias, i / outputs % s->channels_out));
    add_products(s, o, OF_OUTPUT, sums);
    return sums;
}

oracle_sum *oracle_gradient(const sample *s, const operands *o, bool of_weight)
{
    oracle_sum *sums = make_sums(of_weight ? &o->weight : &o->input);
    add_products(s, o, of_weight ? OF_WEIGHT : OF_INPUT, sums);
    return sums;
}

void sample_has_the_same_bits(const faltung_conv *conv, const operands *o)
{
    static const char *const instruction_sets[] = {"scalar", "avx2", "avx512", "neon"};
    const faltung_dtype dtype = o->output.tensor.dtype;
    array first;
    faltung_conv by = *conv;
    array_make(&first, dtype, o->output.tensor.rank, o->output.shape);
    for (size_t i = 0; i < COUNT_OF(instruction_sets); i++) {
        const faltung_tensor *output = i ? &o->output.tensor : &first.tensor;
        faltung_message message;
        by.instruction_set = instruction_sets[i];
        faltung_status status = faltung_convolve(&by, &o->input.tensor, &o->weight.tensor,
                                                 &o->bias.tensor, output, &message);
        if (i && status == FALTUNG_ERROR_OPTION)
            continue; // the processor has it not
        assert_ok(status, &message);
        assert_true(i == 0 || array_same_bits(&first, &o->output));
    }
    array_free(&first);
}
