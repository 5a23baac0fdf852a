// SPDX-License-Identifier: Apache-2.0
//
// Gradients of weights by Winograd's transforms: which are computed by them, how large their errors
// are, and that neither threads nor parts nor instruction sets change a bit.
#include "oracle.h"
#include "setting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void it_is_chosen_by_shape_and_accuracy(void **state)
{
    static const struct {
        const char *problem, *exact, *balanced;
    } cases[] = {
        {"conv2d_weight:8x64x56x56,64x64x3x3,padding=1", "weight_gradient", "winograd_gradient"},
        {"conv2d_weight:1x32x18x18,32x32x3x3", "weight_gradient", "winograd_gradient"},
        {"conv2d_weight:8x256x7x7,256x256x3x3,padding=1", "weight_gradient", "winograd_gradient"},
        {"conv2d_weight:2x64x28x28,64x32x3x3,groups=2", "weight_gradient", "winograd_gradient"},
        {"conv3d_weight:2x32x6x14x14,32x32x3x3x3,padding=1,stride=2+1+1", "weight_gradient",
         "winograd_gradient"},
        {"conv_transpose2d_weight:2x64x14x14,64x64x3x3", "weight_gradient", "winograd_gradient"},
        {"conv2d_weight:2x64x28x28,64x64x3x3,dtype=bf16", "weight_gradient", "winograd_gradient"},
        {"conv2d_weight:2x64x28x28,64x64x3x3,dtype=f64", "weight_gradient", "weight_gradient"},
        {"conv2d_weight:2x64x28x28,64x64x3x3,stride=2", "weight_gradient", "weight_gradient"},
        {"conv2d_weight:2x64x28x28,64x64x3x3,dilation=2", "weight_gradient", "weight_gradient"},
        {"conv2d_weight:2x64x28x28,64x64x5x5", "weight_gradient", "weight_gradient"},
        {"conv2d_weight:1x64x14x14,64x64x3x3", "weight_gradient", "weight_gradient"}, // few tiles
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        print_message("%s\n", cases[i].problem);
        assert_string_equal(setting_algorithm(cases[i].problem, FALTUNG_ACCURACY_EXACT),
                            cases[i].exact);
        assert_string_equal(setting_algorithm(cases[i].problem, FALTUNG_ACCURACY_BALANCED),
                            cases[i].balanced);
    }
}

// -------------------------------------------------------------------------------------- the bound

enum { EDGE = 6, OUTPUTS = 4, KERNEL = 3, ELEMENTS = EDGE * EDGE };

#define A 0.70710678118654752
#define B 1.41421356237309505

// The absolute values of the matrices' elements.
static const double of_planes[EDGE * EDGE] = {
    1, 0,     2.5, 0, 1, 0, 0, 2 * A, 2,  A, 1, 0, 0, 2 * A, 2, A,   1, 0,
    0, B / 2, .5,  B, 1, 0, 0, B / 2, .5, B, 1, 0, 0, 1,     0, 2.5, 0, 1,
};
static const double of_tiles[EDGE * OUTPUTS] = {
    1, 0, 0, 0, 1, A, .5, A / 2, 1, A, .5, A / 2, 1, B, 2, 2 * B, 1, B, 2, 2 * B, 0, 0, 0, 1,
};
static const double of_sums[KERNEL * EDGE] = {
    1,     2. / 3, 2. / 3, 1. / 6, 1. / 6, 0,      0,      2 * A / 3, 2 * A / 3,
    B / 6, B / 6,  0,      0,      1. / 3, 1. / 3, 1. / 3, 1. / 3,    1,
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

// One of the two pictures that a gradient is of: of what is tiled, and of what the tiles meet.
typedef struct picture {
    const array *numbers;
    int64_t channels;
    int64_t size[3];
} picture;

// The absolute values of `edge` by `edge` numbers; zeros outside.
static void take(const picture *p, int64_t image, int64_t channel, int64_t depth, int64_t row,
                 int64_t column, int edge, double *to)
{
    for (int i = 0; i < edge * edge; i++) {
        const int64_t r = row + i / edge, c = column + i % edge;
        const bool inside = depth >= 0 && depth < p->size[0] && r >= 0 && r < p->size[1] &&
                            c >= 0 && c < p->size[2];
        const int64_t plane = (image * p->channels + channel) * p->size[0] + depth;
        to[i] = inside ? fabs(array_get(p->numbers, (plane * p->size[1] + r) * p->size[2] + c)) : 0;
    }
}

typedef struct gradient {
    sample s;
    operands o;
    faltung_conv conv;
    array result;
    picture tiled, other;
} gradient;

static int64_t count_tiles(const gradient *g)
{
    return g->s.batch * g->tiled.size[0] * ((g->tiled.size[1] + 3) / 4) *
           ((g->tiled.size[2] + 3) / 4);
}

// What all tiles come to for one pair of channels at one depth of the kernel.
static void sum_tiles(const gradient *g, int64_t first, int64_t second, int64_t slice, double *sums)
{
    const faltung_axis *axis = g->s.axis;
    const int64_t *size = g->tiled.size;
    memset(sums, 0, ELEMENTS * sizeof *sums);
    for (int64_t n = 0; n < g->s.batch; n++)
        for (int64_t d = 0; d < size[0]; d++)
            for (int64_t row = 0; row < size[1]; row += OUTPUTS)
                for (int64_t column = 0; column < size[2]; column += OUTPUTS) {
                    double tile[OUTPUTS * OUTPUTS], x[EDGE * EDGE], y[ELEMENTS], z[ELEMENTS];
                    take(&g->tiled, n, first, d, row, column, OUTPUTS, tile);
                    take(&g->other, n, second,
                         d * axis[0].stride + slice * axis[0].dilation - axis[0].padding.begin,
                         row - axis[1].padding.begin, column - axis[2].padding.begin, EDGE, x);
                    transform(of_tiles, EDGE, OUTPUTS, tile, y);
                    transform(of_planes, EDGE, EDGE, x, z);
                    for (int e = 0; e < ELEMENTS; e++)
                        sums[e] += y[e] * z[e];
                }
}

// Roundings of a sum: of a chain and of the chunks that are added up, and of transforms.
static double count_roundings(const gradient *g)
{
    const double transforms = 16, others = 3, chunk = 32, least = 17;
    const double tiles = (double)count_tiles(g);
    return transforms + others + (tiles < chunk ? tiles : chunk) + ceil(tiles / least);
}

// Fails unless every element of the gradient is as near to the exact one as derived. Returns the
// largest share of that.
static double check_errors(const gradient *g)
{
    oracle_sum *exact = oracle_gradient(&g->s, &g->o, true);
    const int64_t seconds = g->other.channels / g->s.groups, slices = g->s.axis[0].kernel;
    const double unit = 0x1p-24, subnormal = 0x1p-120, roundings = count_roundings(g);
    double worst = 0;
    for (int64_t i = 0; i < g->result.count / (KERNEL * KERNEL); i++) {
        const int64_t first = i / slices / seconds, q = i / slices % seconds;
        const int64_t group = first / (g->tiled.channels / g->s.groups);
        double sums[ELEMENTS], magnitude[KERNEL * KERNEL];
        sum_tiles(g, first, group * seconds + q, i % slices, sums);
        transform(of_sums, KERNEL, EDGE, sums, magnitude);
        for (int k = 0; k < KERNEL * KERNEL; k++) {
            const int64_t at = i * KERNEL * KERNEL + k;
            const double bound = roundings * unit * magnitude[k] + subnormal;
            const double error = fabs((double)(array_get(&g->result, at) - exact[at].value));
            assert_true(error <= bound);
            worst = error / bound > worst ? error / bound : worst;
        }
    }
    free(exact);
    return worst;
}

// ------------------------------------------------------------------------------------- the samples

static faltung_axis make_axis(prng *random, bool transposed, bool is_deep)
{
    faltung_axis axis = FALTUNG_AXIS(random_between(random, 1, is_deep ? 4 : 40), KERNEL);
    axis.transposed = transposed;
    axis.padding.begin = random_between(random, 0, 2);
    axis.padding.end = random_between(random, 0, 2);
    if (is_deep) {
        axis.kernel = random_between(random, 1, 3);
        axis.dilation = random_between(random, 1, 2);
        axis.stride = random_between(random, 1, 2);
    }
    return axis;
}

static void gradient_make(gradient *g, prng *random)
{
    const bool transposed = random_between(random, 0, 2) == 0;
    const int axes = random_between(random, 0, 2) ? 2 : 3;
    sample *s = &g->s;
    *s = sample_make(transposed, axes);
    s->batch = random_between(random, 1, 3);
    s->groups = random_between(random, 1, 2);
    s->channels_in = s->groups * random_between(random, 1, 30);
    s->channels_out = s->groups * random_between(random, 1, random_between(random, 0, 3) ? 30 : 90);
    do
        for (int i = 3 - axes; i < 3; i++)
            s->axis[i] = make_axis(random, transposed, i == 0);
    while (!sample_measure(s));
    operands_make(&g->o, s, FALTUNG_F32);
    operands_fill_reals(&g->o, random);
    array_fill_reals(&g->o.output, random);
    g->conv = sample_conv(s);
    g->conv.operation = transposed ? FALTUNG_CONV_TRANSPOSE_WEIGHT : FALTUNG_CONV_WEIGHT;
    g->conv.algorithm = "winograd_gradient";
    memset(g->conv.output_padding, 0, sizeof g->conv.output_padding);
    g->conv.has_output_size = true;
    picture input = {&g->o.input, s->channels_in, {0}},
            output = {&g->o.output, s->channels_out, {0}};
    for (int i = 0; i < 3; i++) {
        if (i >= 3 - axes)
            g->conv.output_size[i - (3 - axes)] = s->axis[i].kernel;
        input.size[i] = s->axis[i].input;
        output.size[i] = s->output[i];
    }
    g->tiled = transposed ? input : output;
    g->other = transposed ? output : input;
    array_make(&g->result, FALTUNG_F32, g->o.weight.tensor.rank, g->o.weight.shape);
}

static void gradient_free(gradient *g)
{
    array_free(&g->result);
    operands_free(&g->o);
}

static void compute(const gradient *g, const array *to)
{
    faltung_message message;
    assert_ok(faltung_convolve(&g->conv, &g->o.input.tensor, &g->o.output.tensor, NULL, &to->tensor,
                               &message),
              &message);
}

static void errors_keep_to_the_derived_bound(void **state)
{
    (void)state;
    prng random = {80};
    double worst = 0;
    for (int i = 0; i < 60; i += TRY_EVERY) {
        gradient g;
        gradient_make(&g, &random);
        array_fill_bytes(&g.result, 0xff);
        compute(&g, &g.result);
        const double share = check_errors(&g);
        worst = share > worst ? share : worst;
        gradient_free(&g);
    }
    print_message("largest error %.3f of the bound\n", worst);
}

// On every instruction set, by one thread or several, and part by part.
static void nothing_changes_a_bit(void **state)
{
    static const char *const sets[] = {"scalar", "avx2", "avx512", "neon"};
    (void)state;
    prng random = {81};
    for (int i = 0; i < 30; i += TRY_EVERY) {
        gradient g;
        gradient_make(&g, &random);
        compute(&g, &g.result);
        array other;
        array_make(&other, FALTUNG_F32, g.result.tensor.rank, g.result.shape);
        for (size_t k = 0; k < COUNT_OF(sets); k++) {
            if (!has_instruction_set(sets[k]))
                continue;
            array_fill_bytes(&other, 0xff);
            g.conv.instruction_set = sets[k];
            g.conv.threads = (int)random_between(&random, 1, 4);
            compute(&g, &other);
            assert_true(array_same_bits(&g.result, &other));
        }
        array_free(&other);
        gradient_free(&g);
    }
}

// ---------------------------------------------------------------------------------- beside a chain

// The mean square of the errors over that of plain sums: one chain of f32 for each element.
static double compare_errors(const setting *s)
{
    const int64_t *x = s->input.shape, *y = s->weight.shape, *w = s->output.shape;
    const float *in = s->input.memory, *grad = s->weight.memory, *found = s->output.memory;
    double ours = 0, plain = 0;
    for (int64_t i = 0; i < s->output.count; i++) {
        const int64_t o = i / 9 / w[1], c = i / 9 % w[1], u = i % 9 / 3, v = i % 3;
        double exact = 0;
        float chain = 0;
        for (int64_t n = 0; n < x[0]; n++)
            for (int64_t k = 0; k < y[2] * y[3]; k++) {
                const int64_t row = k / y[3] + u, column = k % y[3] + v;
                const float p = in[((n * x[1] + c) * x[2] + row) * x[3] + column];
                const float q = grad[(n * y[1] + o) * y[2] * y[3] + k];
                exact += (double)p * q;
                chain = fmaf(p, q, chain);
            }
        ours += (found[i] - exact) * (found[i] - exact);
        plain += (chain - exact) * (chain - exact);
    }
    return ours / plain;
}

static void errors_are_comparable_to_those_of_plain_sums(void **state)
{
    static const char *const problems[] = {
        "conv2d_weight:1x16x18x18,16x16x3x3", "conv2d_weight:2x16x14x14,16x16x3x3",
        "conv2d_weight:1x16x30x30,16x16x3x3", "conv2d_weight:4x16x30x30,16x16x3x3",
        "conv2d_weight:2x16x58x58,16x16x3x3", "conv2d_weight:8x16x9x9,16x16x3x3",
    };
    (void)state;
    prng random = {82};
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        setting s;
        setting_make(&s, problems[i]);
        s.call.conv.algorithm = "winograd_gradient";
        array_fill_normal(&s.input, &random);
        array_fill_normal(&s.weight, &random);
        setting_compute(&s);
        const double ratio = sqrt(compare_errors(&s));
        print_message("%s: %.2f\n", problems[i], ratio);
        assert_true(ratio <= 2);
        setting_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_chosen_by_shape_and_accuracy),
        cmocka_unit_test(errors_keep_to_the_derived_bound),
        cmocka_unit_test(nothing_changes_a_bit),
        cmocka_unit_test(errors_are_comparable_to_those_of_plain_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
