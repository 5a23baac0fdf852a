// SPDX-License-Identifier: Apache-2.0
#include "bench/check.h"

#include "files/array.h"
#include "rounding.h"

#include <math.h>
#include <string.h>

enum { MOST_COMPARED = 1000 };

// The problem over three axes: those that it has not are of size 1 at the front.
typedef struct geometry {
    bool transposed;
    int64_t images;                    // that a weight's gradient sums over
    int64_t groups, channels, outputs; // channels of the input and of the output, in all groups
    int64_t in[FALTUNG_MAX_AXES], out[FALTUNG_MAX_AXES], kernel[FALTUNG_MAX_AXES];
    int64_t stride[FALTUNG_MAX_AXES], dilation[FALTUNG_MAX_AXES], begin[FALTUNG_MAX_AXES];
} geometry;

static geometry describe(const subject *u)
{
    const faltung_conv *conv = &u->problem.conv;
    int axes = conv->axes;
    const int64_t *in = u->input.shape + u->input.rank - axes;
    const int64_t *out = u->output.shape + u->output.rank - axes;
    // An input's gradient is a convolution of the other kind.
    geometry g = {.transposed = conv->operation == FALTUNG_CONV_TRANSPOSE ||
                                conv->operation == FALTUNG_CONV_INPUT,
                  .groups = conv->groups,
                  .channels = in[-1],
                  .outputs = out[-1]};
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        int a = i - (FALTUNG_MAX_AXES - axes);
        bool there = a >= 0;
        g.in[i] = there ? in[a] : 1;
        g.out[i] = there ? out[a] : 1;
        g.kernel[i] = there ? u->weight.shape[2 + a] : 1;
        g.stride[i] = there ? conv->stride[a] : 1;
        g.dilation[i] = there ? conv->dilation[a] : 1;
        g.begin[i] = there ? u->explanation.padding[a].begin : 0;
    }
    return g;
}

// A weight's gradient: the picture whose elements lie a stride apart is the kernel.
static geometry describe_of_weight(const subject *u, const faltung_tensor *big,
                                   const faltung_tensor *small)
{
    const faltung_conv *conv = &u->problem.conv;
    int axes = conv->axes, first = big->rank - axes;
    geometry g = {.images = first > 1 ? big->shape[0] : 1,
                  .groups = conv->groups,
                  .channels = big->shape[first - 1],
                  .outputs = small->shape[first - 1]};
    for (int i = 0; i < FALTUNG_MAX_AXES; i++) {
        int a = i - (FALTUNG_MAX_AXES - axes);
        bool there = a >= 0;
        g.in[i] = there ? big->shape[first + a] : 1;
        g.kernel[i] = there ? small->shape[first + a] : 1;
        g.out[i] = there ? u->output.shape[2 + a] : 1;
        g.stride[i] = there ? conv->dilation[a] : 1;
        g.dilation[i] = there ? conv->stride[a] : 1;
        g.begin[i] = there ? u->explanation.padding[a].begin : 0;
    }
    return g;
}

// Which input element the kernel's element k brings to output o along an axis; negative: none.
static int64_t source(const geometry *g, int axis, int64_t o, int64_t k)
{
    int64_t at, stride = g->stride[axis];
    if (g->transposed) {
        at = o + g->begin[axis] - k * g->dilation[axis];
        if (at % stride)
            return -1;
        at /= stride;
    } else {
        at = o * stride - g->begin[axis] + k * g->dilation[axis];
    }
    return at < g->in[axis] ? at : -1;
}

// Every number is a complex one here.
typedef struct number {
    double re, im;
} number;

typedef struct sum {
    long double re, im, magnitude; // of the terms, and of their absolute values
    int64_t terms;
} sum;

static void add_term(sum *total, number x, number w)
{
    total->re += (long double)x.re * w.re - (long double)x.im * w.im;
    total->im += (long double)x.re * w.im + (long double)x.im * w.re;
    total->magnitude += (fabsl((long double)x.re) + fabsl((long double)x.im)) *
                        (fabsl((long double)w.re) + fabsl((long double)w.im));
    total->terms++;
}

// Adds the terms of one pair of channels: planes of the input and of the weight.
static void add_planes(const geometry *g, const number *x, const number *w, const int64_t *o,
                       sum *total)
{
    for (int64_t a = 0; a < g->kernel[0]; a++)
        for (int64_t b = 0; b < g->kernel[1]; b++)
            for (int64_t c = 0; c < g->kernel[2]; c++, w++) {
                int64_t i = source(g, 0, o[0], a), j = source(g, 1, o[1], b);
                int64_t k = source(g, 2, o[2], c);
                if (i < 0 || j < 0 || k < 0)
                    continue;
                add_term(total, x[(i * g->in[1] + j) * g->in[2] + k], *w);
            }
}

static int64_t volume(const int64_t *size)
{
    return size[0] * size[1] * size[2];
}

// The result at one index of the output, counted in row-major order.
static sum sum_at(const geometry *g, const number *x, const number *w, int64_t at)
{
    int64_t o[FALTUNG_MAX_AXES];
    for (int i = FALTUNG_MAX_AXES - 1; i >= 0; at /= g->out[i--])
        o[i] = at % g->out[i];
    int64_t output = at % g->outputs, image = at / g->outputs;
    int64_t inputs = g->channels / g->groups, outputs = g->outputs / g->groups;
    int64_t group = output / outputs, taps = volume(g->kernel);
    sum total = {0};
    for (int64_t c = 0; c < inputs; c++) {
        int64_t channel = group * inputs + c;
        // (O, I/groups, ...), transposed (I, O/groups, ...)
        int64_t pair = g->transposed ? channel * outputs + output % outputs : output * inputs + c;
        add_planes(g, x + (image * g->channels + channel) * volume(g->in), w + pair * taps, o,
                   &total);
    }
    return total;
}

static sum sum_of_weight_at(const geometry *g, const number *big, const number *small, int64_t at)
{
    int64_t o[FALTUNG_MAX_AXES], shared = g->channels / g->groups;
    for (int i = FALTUNG_MAX_AXES - 1; i >= 0; at /= g->out[i--])
        o[i] = at % g->out[i];
    int64_t first = at / shared, group = first / (g->outputs / g->groups);
    int64_t second = group * shared + at % shared;
    sum total = {0};
    for (int64_t n = 0; n < g->images; n++)
        add_planes(g, big + (n * g->channels + second) * volume(g->in),
                   small + (n * g->outputs + first) * volume(g->kernel), o, &total);
    return total;
}

// A complex term is two of each part.
static void compare(verdict *v, number result, const sum *expected, faltung_dtype dtype)
{
    double error = (double)hypotl(result.re - expected->re, result.im - expected->im);
    double terms = (double)expected->terms * (is_complex(dtype) ? 2 : 1);
    const rounding r = rounding_of(dtype);
    double bound = 2 * terms * r.summed * (double)expected->magnitude +
                   fmax(r.stored * (double)hypotl(expected->re, expected->im), r.least);
    v->compared++;
    if (error == 0)
        return;
    v->error = fmax(v->error, isfinite(error) ? error : INFINITY);
    v->of_bound = fmax(v->of_bound, isfinite(error) && bound > 0 ? error / bound : INFINITY);
}

// Index `i` of `chosen` that lie spread over `count`: at both ends, and else somewhere in parts of
// equal size, so that no column or channel of the output is preferred.
static int64_t choose(int64_t i, int64_t chosen, int64_t count)
{
    int64_t part = count / chosen;
    if (part == 1)
        return i;
    if (i == 0 || i == chosen - 1)
        return i ? count - 1 : 0;
    uint32_t scattered = (uint32_t)i * 2654435761u; // Knuth's multiplicative hash
    return i * part + (int64_t)((uint64_t)scattered * (uint64_t)part >> 32);
}

// By transforms an output is as exact as the largest near it.
static bool is_transformed(const subject *u)
{
    static const char *const transforms[] = {"winograd", "lattice", "fft"};
    const char *name = u->explanation.algorithm[u->explanation.chosen];
    for (size_t i = 0; i < sizeof transforms / sizeof *transforms; i++)
        if (strcmp(name, transforms[i]) == 0)
            return true;
    return false;
}

static void share_magnitude(sum *sums, int64_t count)
{
    long double most = 0;
    int64_t terms = 0;
    for (int64_t i = 0; i < count; i++) {
        most = fmaxl(most, sums[i].magnitude);
        terms = sums[i].terms > terms ? sums[i].terms : terms;
    }
    for (int64_t i = 0; i < count; i++) {
        sums[i].magnitude = most;
        sums[i].terms = terms;
    }
}

static void compare_all(const subject *u, const number *x, const number *w, const number *y,
                        verdict *v)
{
    sum expected[2 * MOST_COMPARED];
    const faltung_operation operation = u->problem.conv.operation;
    const bool of_weight = operation == FALTUNG_CONV_WEIGHT;
    const bool turned = operation == FALTUNG_CONV_TRANSPOSE_WEIGHT;
    const geometry g = turned      ? describe_of_weight(u, &u->weight, &u->input)
                       : of_weight ? describe_of_weight(u, &u->input, &u->weight)
                                   : describe(u);
    int64_t count;
    faltung_tensor_count(&u->output, &count, NULL);
    int64_t chosen = count < 2 * MOST_COMPARED ? count : MOST_COMPARED;
    *v = (verdict){0};
    for (int64_t i = 0; i < chosen; i++) {
        int64_t at = choose(i, chosen, count);
        expected[i] = turned      ? sum_of_weight_at(&g, w, x, at)
                      : of_weight ? sum_of_weight_at(&g, x, w, at)
                                  : sum_at(&g, x, w, at);
    }
    if (is_transformed(u))
        share_magnitude(expected, chosen);
    for (int64_t i = 0; i < chosen; i++)
        compare(v, y[choose(i, chosen, count)], &expected[i], u->output.dtype);
}

// Lets numbers be what is multiplied: without the zero point, or conjugated.
static void prepare(const array *numbers, int zero_point, bool conjugate)
{
    int64_t count;
    number *x = numbers->tensor.data;
    faltung_tensor_count(&numbers->tensor, &count, NULL);
    for (int64_t i = 0; i < count; i++)
        x[i] = (number){x[i].re - zero_point, conjugate ? -x[i].im : x[i].im};
}

// A gradient depends on the conjugate of the operand that is not grad_output.
static void prepare_operands(const subject *u, const array *x, const array *w)
{
    const faltung_conv *conv = &u->problem.conv;
    const faltung_operation operation = conv->operation;
    bool of_weight = operation == FALTUNG_CONV_WEIGHT || operation == FALTUNG_CONV_TRANSPOSE_WEIGHT;
    bool of_input = operation > FALTUNG_CONV_TRANSPOSE && !of_weight;
    prepare(x, conv->input_zero_point, of_weight);
    prepare(w, conv->weight_zero_point, of_input);
}

int check_subject(session *s, const subject *u, verdict *v)
{
    const faltung_tensor *const tensor[] = {&u->input, &u->weight, &u->output};
    enum { TENSORS = sizeof tensor / sizeof *tensor };
    array numbers[TENSORS];
    int status = EXIT_DONE, made = 0;
    for (; made < TENSORS; made++)
        if ((status = array_copy(s, &numbers[made], tensor[made], FALTUNG_C128)))
            break;
    if (!status) {
        prepare_operands(u, &numbers[0], &numbers[1]);
        compare_all(u, numbers[0].tensor.data, numbers[1].tensor.data, numbers[2].tensor.data, v);
    }
    while (made > 0)
        array_free(&numbers[--made]);
    return status;
}
