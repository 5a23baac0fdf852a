// SPDX-License-Identifier: Apache-2.0
//
// What tells Winograd's transforms from a plain sum: which convolutions are computed by them, how
// large their errors are, and how far an infinity reaches.
#include "oracle.h"
#include "setting.h"
#include "transform_bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------------- the choice

static void it_is_chosen_by_shape_and_accuracy(void **state)
{
    static const struct {
        const char *problem;
        const char *exact, *balanced, *fast;
    } cases[] = {
        {"conv2d:1x64x14x14,64x64x3x3,padding=1", "direct", "winograd", "winograd"},
        {"conv2d:2x32x9x9,32x32x3x3,padding=1", "direct", "winograd", "winograd"},
        {"conv2d:1x70x13x13,80x35x3x3,padding=same,groups=2", "direct", "winograd", "winograd"},
        {"conv2d_input:1x64x14x14,64x64x3x3,padding=1", "phases", "winograd", "winograd"},
        {"conv_transpose2d:1x32x14x14,32x64x3x3,padding=1", "phases", "winograd", "winograd"},
        {"conv3d:1x32x5x12x12,32x32x1x3x3,padding=0+1+1", "direct", "winograd", "winograd"},
        {"conv2d:1x64x14x14,64x64x3x3,padding=1,padding_mode=circular", "direct", "winograd",
         "winograd"},
        {"conv2d:1x16x14x14,16x16x3x3,padding=1", "direct", "direct", "winograd"},
        {"conv2d:16x3x16x16,10x3x3x3", "direct", "direct", "direct"}, // few channels
        {"conv2d:1x64x7x7,64x64x3x3,padding=1", "direct", "winograd", "winograd"},
        {"conv2d:1x64x5x5,64x64x3x3,padding=1", "direct", "direct", "direct"}, // few tiles
        {"conv1d:2x32x200,40x32x3", "direct", "winograd", "winograd"},
        {"conv2d:1x64x30x30,64x64x1x3,padding=0+1", "direct", "winograd", "winograd"},
        {"conv2d:1x64x30x30,64x64x3x1", "direct", "direct", "direct"},
        {"conv_transpose1d:2x40x200,40x32x3", "phases", "winograd", "winograd"},
        {"conv2d:1x64x64x3,64x64x3x3", "direct", "direct", "direct"}, // hardly filled ones
        {"conv2d:1x64x28x28,64x64x3x3,stride=2", "direct", "direct", "direct"},
        {"conv2d:1x64x28x28,64x64x3x3,dilation=2", "direct", "lattice", "lattice"},
        {"conv2d:1x64x28x28,64x64x3x3,dilation=9", "direct", "direct", "direct"},
        {"conv2d:1x64x28x28,64x64x5x5,stride=2", "direct", "direct", "direct"},
        {"conv2d:1x64x28x28,64x64x3x3,dtype=f64", "direct", "fft", "fft"},
        {"conv2d:1x64x28x28,64x1x3x3,groups=64", "depthwise", "depthwise", "depthwise"},
        {"conv2d:1x64x28x28,64x8x3x3,groups=8", "direct", "direct", "direct"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        print_message("%s\n", cases[i].problem);
        assert_string_equal(setting_algorithm(cases[i].problem, FALTUNG_ACCURACY_EXACT),
                            cases[i].exact);
        assert_string_equal(setting_algorithm(cases[i].problem, FALTUNG_ACCURACY_BALANCED),
                            cases[i].balanced);
        assert_string_equal(setting_algorithm(cases[i].problem, FALTUNG_ACCURACY_FAST),
                            cases[i].fast);
    }
}

// ----------------------------------------------------------------------------------------- errors

// By kernels of 3x3, or of 1x3 where there is one row.
static sample tiled_sample(int64_t batch, int64_t groups, int64_t in, int64_t out, int64_t rows,
                           int64_t columns)
{
    sample s = sample_make(false, 2);
    s.batch = batch;
    s.groups = groups;
    s.channels_in = groups * in;
    s.channels_out = groups * out;
    s.axis[1] = (faltung_axis)FALTUNG_AXIS(rows, rows > 1 ? 3 : 1);
    s.axis[2] = (faltung_axis)FALTUNG_AXIS(columns, 3);
    for (int i = 1; i < 3; i++)
        s.axis[i].padding.begin = s.axis[i].padding.end = s.axis[i].kernel / 2;
    assert_true(sample_measure(&s));
    return s;
}

static void compute(const faltung_conv *conv, const operands *o)
{
    faltung_message message;
    assert_ok(faltung_convolve(conv, &o->input.tensor, &o->weight.tensor, &o->bias.tensor,
                               &o->output.tensor, &message),
              &message);
}

static void errors_keep_to_the_derived_bound(void **state)
{
    static const int64_t shapes[][6] = {{2, 1, 32, 33, 17, 19},  {1, 2, 48, 40, 14, 14},
                                        {1, 1, 100, 32, 11, 23}, {2, 1, 64, 32, 4, 4},
                                        {2, 1, 40, 36, 1, 77},   {8, 1, 64, 32, 7, 7}};
    (void)state;
    prng random = {70};
    double worst = 0;
    for (size_t i = 0; i < COUNT_OF(shapes) * 2; i++) {
        const int64_t *v = shapes[i / 2];
        sample s = tiled_sample(v[0], v[1], v[2], v[3], v[4], v[5]);
        operands o;
        operands_make(&o, &s, FALTUNG_F32);
        operands_fill_reals(&o, &random);
        faltung_conv conv = sample_conv(&s);
        conv.accuracy = i % 2 ? FALTUNG_ACCURACY_FAST : FALTUNG_ACCURACY_BALANCED;
        assert_true(sample_is_computed_by(&s, FALTUNG_F32, &conv, "winograd"));
        compute(&conv, &o);
        oracle_sum *sums = oracle_convolve(&s, &o, true);
        double *bounds = transform_bounds(&s, &o, &conv, 0);
        for (int64_t k = 0; k < o.output.count; k++) {
            double error = fabs(array_get(&o.output, k) - (double)sums[k].value);
            assert_true(error <= bounds[k]);
            worst = error / bounds[k] > worst ? error / bounds[k] : worst;
        }
        free(bounds);
        free(sums);
        operands_free(&o);
    }
    print_message("largest error %.3f of the bound\n", worst);
}

// The mean square of the errors of what was computed over that of plain sums: one chain of f32 for
// each output.
static double compare_errors(const sample *s, const operands *o)
{
    const int64_t rows = s->axis[1].input, columns = s->axis[2].input;
    const int taps = 3 * (int)s->axis[1].kernel, middle = (int)s->axis[1].kernel / 2;
    const float *x = o->input.memory, *w = o->weight.memory, *y = o->output.memory;
    double ours = 0, plain = 0;
    for (int64_t i = 0; i < o->output.count; i++) {
        int64_t column = i % columns, row = i / columns % rows, out = i / columns / rows;
        double exact = 0;
        float chain = 0;
        for (int64_t c = 0; c < s->channels_in; c++)
            for (int k = 0; k < taps; k++) {
                int64_t r = row + k / 3 - middle, q = column + k % 3 - 1;
                if (r < 0 || r >= rows || q < 0 || q >= columns)
                    continue;
                float a = x[(c * rows + r) * columns + q],
                      b = w[(out * s->channels_in + c) * taps + k];
                exact += (double)a * b;
                chain = fmaf(a, b, chain);
            }
        ours += (y[i] - exact) * (y[i] - exact);
        plain += (chain - exact) * (chain - exact);
    }
    return ours / plain;
}

// The same, over numbers of a normal distribution, of what is computed for a sample.
static double find_ratio(const sample *s, faltung_accuracy accuracy, bool by_transforms)
{
    prng random = {71};
    operands o;
    operands_make(&o, s, FALTUNG_F32);
    array_fill_normal(&o.input, &random);
    array_fill_normal(&o.weight, &random);
    faltung_conv conv = sample_conv(s);
    conv.accuracy = accuracy;
    assert_int_equal(sample_is_computed_by(s, FALTUNG_F32, &conv, "winograd"), by_transforms);
    compute(&conv, &o);
    const double ratio = sqrt(compare_errors(s, &o));
    operands_free(&o);
    return ratio;
}

static void errors_are_comparable_to_those_of_plain_sums(void **state)
{
    static const struct {
        faltung_accuracy accuracy;
        double most;
    } accuracies[] = {{FALTUNG_ACCURACY_BALANCED, 2}, {FALTUNG_ACCURACY_FAST, 2.5}};
    static const int64_t channels[] = {16, 31, 32, 48, 63, 64, 96, 128, 256, 512};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(channels); i++)
        for (size_t k = 0; k < COUNT_OF(accuracies); k++) {
            const faltung_accuracy accuracy = accuracies[k].accuracy;
            const bool all = accuracy == FALTUNG_ACCURACY_FAST || channels[i] >= 32;
            sample s = tiled_sample(1, 1, channels[i], 32, 14, 14);
            const double ratio = find_ratio(&s, accuracy, all);
            print_message("%d channels: %.2f\n", (int)channels[i], ratio);
            assert_true(ratio <= accuracies[k].most);
        }
}

static void smaller_forms_have_smaller_errors(void **state)
{
    static const int64_t channels[] = {32, 64, 128, 256};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(channels); i++) {
        const sample small = tiled_sample(1, 1, channels[i], 64, 2, 32);
        const sample flat = tiled_sample(1, 1, channels[i], 64, 1, 96);
        const double of_small = find_ratio(&small, FALTUNG_ACCURACY_BALANCED, true);
        const double of_flat = find_ratio(&flat, FALTUNG_ACCURACY_BALANCED, true);
        print_message("%d channels: %.2f by tiles of 2x2, %.2f of 1x4\n", (int)channels[i],
                      of_small, of_flat);
        assert_true(of_small <= 1 && of_flat <= 2);
    }
}

// ----------------------------------------------------------------------------------- bits and NaN

static void every_instruction_set_gives_the_same_bits(void **state)
{
    static const int64_t shapes[][6] = {{1, 1, 33, 70, 9, 61},  {3, 2, 35, 33, 15, 15},
                                        {9, 1, 64, 32, 7, 7},   {1, 1, 70, 70, 4, 4},
                                        {3, 1, 50, 33, 1, 130}, {1, 1, 130, 32, 21, 25}};
    (void)state;
    prng random = {72};
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        const int64_t *v = shapes[i];
        sample s = tiled_sample(v[0], v[1], v[2], v[3], v[4], v[5]);
        operands o;
        operands_make(&o, &s, FALTUNG_F32);
        operands_fill_reals(&o, &random);
        const faltung_conv conv = sample_conv(&s);
        assert_true(sample_is_computed_by(&s, FALTUNG_F32, &conv, "winograd"));
        sample_has_the_same_bits(&conv, &o);
        operands_free(&o);
    }
}

// An infinity at row and column 9 is in the tiles whose 6x6 numbers have it: those of the outputs
// from 8 to 11.
static void an_infinity_reaches_the_outputs_of_its_tiles(void **state)
{
    (void)state;
    prng random = {73};
    sample s = tiled_sample(1, 1, 32, 32, 20, 20);
    operands o;
    operands_make(&o, &s, FALTUNG_F32);
    operands_fill_reals(&o, &random);
    array_set(&o.input, (5 * 20 + 9) * 20 + 10, INFINITY);
    faltung_conv conv = sample_conv(&s);
    assert_true(sample_is_computed_by(&s, FALTUNG_F32, &conv, "winograd"));
    compute(&conv, &o);
    for (int64_t i = 0; i < o.output.count; i++) {
        int64_t column = i % 20, row = i / 20 % 20;
        bool reached = row >= 8 && row < 12 && column >= 8 && column < 12;
        assert_int_equal(!isfinite(array_get(&o.output, i)), reached);
    }
    operands_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_chosen_by_shape_and_accuracy),
        cmocka_unit_test(errors_keep_to_the_derived_bound),
        cmocka_unit_test(errors_are_comparable_to_those_of_plain_sums),
        cmocka_unit_test(smaller_forms_have_smaller_errors),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(an_infinity_reaches_the_outputs_of_its_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
