// SPDX-License-Identifier: Apache-2.0
//
// What tells convolutions by Fourier transforms from plain sums: which ones are computed so, how
// large their errors are, and how far an infinity reaches.
#include "fft_bound.h"
#include "setting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------------- the choice

static void it_is_chosen_by_shape_and_accuracy(void **state)
{
    static const struct {
        const char *problem;
        const char *exact, *balanced;
    } cases[] = {
        {"conv2d:1x64x28x28,64x64x5x5,padding=2", "direct", "fft"},
        {"conv2d:1x16x256x256,16x16x15x15,padding=7", "direct", "fft"},
        {"conv2d:1x3x300x300,3x3x31x31", "direct", "fft"},
        {"conv2d:1x64x28x28,64x64x5x5,padding=2,padding_mode=reflect", "direct", "fft"},
        {"conv2d:1x32x40x40,32x32x7x7,dilation=2", "direct", "fft"},
        {"conv2d:1x64x40x40,64x32x7x7,groups=2,dtype=f64", "direct", "fft"},
        {"conv2d:1x64x28x28,64x64x5x5,dtype=f16", "direct", "fft"},
        {"conv1d:1x16x1000,16x16x31", "direct", "fft"},
        {"conv3d:1x16x4x50x50,16x16x1x9x9", "direct", "fft"},
        {"conv_transpose2d:1x16x40x40,16x16x7x7", "phases", "fft"},
        {"conv2d_input:1x16x40x40,16x16x7x7,padding=3", "phases", "fft"},
        {"conv2d:1x1x600x600,1x1x31x31", "depthwise", "fft"}, // a picture and a filter
        {"conv2d:1x64x56x56,64x1x5x5,groups=64", "depthwise", "depthwise"},
        {"conv2d:1x64x28x28,64x64x3x3,padding=1", "direct", "winograd"},
        {"conv2d:1x64x56x56,64x64x3x3,padding=1,dtype=f64", "direct", "fft"},
        {"conv2d:1x24x112x112,24x24x3x3,padding=1", "direct", "fft"},
        {"conv2d:16x3x16x16,10x3x3x3", "direct", "direct"},
        {"conv2d:1x64x28x28,64x64x5x5,stride=2", "direct", "direct"},
        {"conv_transpose2d:1x16x40x40,16x16x7x7,stride=2", "phases", "phases"},
        {"conv3d:1x16x9x50x50,16x16x5x5x5", "direct", "fft"},
        {"conv2d:1x16x90x90,16x16x31x1", "direct", "direct"}, // a kernel of one column
        {"conv1d:1x16x1000,16x16x257", "direct", "direct"},   // a longer one than transforms
        {"conv2d:1x3x9x9,4x3x5x5", "direct", "direct"},       // few products
        {"conv2d:1x64x28x28,64x64x5x5,dtype=c64", "complex", "complex"},
        {"conv2d_weight:1x64x28x28,64x64x5x5", "weight_gradient", "weight_gradient"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        print_message("%s\n", cases[i].problem);
        assert_string_equal(setting_algorithm(cases[i].problem, FALTUNG_ACCURACY_EXACT),
                            cases[i].exact);
        assert_string_equal(setting_algorithm(cases[i].problem, FALTUNG_ACCURACY_BALANCED),
                            cases[i].balanced);
    }
    // Of integers: direct or, where there are any, matrix tiles.
    assert_string_not_equal(
        setting_algorithm("conv2d:1x64x28x28,64x64x5x5,dtype=i8", FALTUNG_ACCURACY_BALANCED),
        "fft");
}

// ----------------------------------------------------------------------------------------- errors

static sample plane_sample(int64_t in, int64_t out, int64_t size, int64_t kernel, int64_t padding)
{
    sample s = sample_make(false, 2);
    s.channels_in = in;
    s.channels_out = out;
    for (int i = 0; i < 2; i++) {
        faltung_axis *axis = sample_axis(&s, i);
        *axis = (faltung_axis)FALTUNG_AXIS(size, kernel);
        axis->padding = (faltung_padding){padding, padding};
    }
    assert_true(sample_measure(&s));
    return s;
}

static faltung_conv conv_by_fft(const sample *s)
{
    faltung_conv conv = sample_conv(s);
    conv.algorithm = "fft";
    return conv;
}

static void compute(const faltung_conv *conv, const operands *o)
{
    faltung_message message;
    assert_ok(faltung_convolve(conv, &o->input.tensor, &o->weight.tensor, &o->bias.tensor,
                               &o->output.tensor, &message),
              &message);
}

// One chain of f32 for each sum, as far as the kernel is inside.
static double chain(const sample *s, const operands *o, int64_t output)
{
    const float *x = o->input.memory, *w = o->weight.memory;
    const int64_t columns = s->output[2], pixels = s->output[1] * columns, size = s->axis[2].input;
    const int64_t kernel = s->axis[2].kernel,
                  row = output % pixels / columns - s->axis[1].padding.begin;
    const int64_t column = output % columns - s->axis[2].padding.begin;
    float sum = ((const float *)o->bias.memory)[output / pixels];
    for (int64_t i = 0; i < s->channels_in * kernel * kernel; i++) {
        const int64_t c = i / kernel / kernel, r = row + i / kernel % kernel,
                      q = column + i % kernel;
        if (r >= 0 && r < size && q >= 0 && q < size)
            sum = fmaf(x[(c * size + r) * size + q],
                       w[output / pixels * s->channels_in * kernel * kernel + i], sum);
    }
    return sum;
}

// The root mean square of errors over that of plain sums.
static void errors_are_below_those_of_plain_sums(void **state)
{
    static const int64_t shapes[][5] = {
        {32, 32, 16, 5, 2}, {16, 16, 20, 7, 3}, {3, 3, 40, 21, 0}, {64, 8, 16, 5, 0}};
    (void)state;
    prng random = {80};
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        const int64_t *v = shapes[i];
        sample s = plane_sample(v[0], v[1], v[2], v[3], v[4]);
        operands o;
        double ours = 0, plain = 0;
        operands_make(&o, &s, FALTUNG_F32);
        array_fill_normal(&o.input, &random);
        array_fill_normal(&o.weight, &random);
        const faltung_conv conv = conv_by_fft(&s);
        compute(&conv, &o);
        oracle_sum *sums = oracle_convolve(&s, &o, true);
        for (int64_t k = 0; k < o.output.count; k++) {
            const double exact = (double)sums[k].value;
            ours += pow(array_get(&o.output, k) - exact, 2);
            plain += pow(chain(&s, &o, k) - exact, 2);
        }
        print_message("%d channels, kernel %d: %.2f\n", (int)v[0], (int)v[3], sqrt(ours / plain));
        assert_true(ours <= plain);
        free(sums);
        operands_free(&o);
    }
}

static void errors_keep_to_the_derived_bound(void **state)
{
    static const faltung_dtype types[] = {FALTUNG_F32, FALTUNG_F64};
    (void)state;
    prng random = {81};
    double worst = 0;
    for (int i = 0; i < 22; i++) {
        const int64_t kernel = i < 20 ? i + 2 : 50 * i - 950;
        const int64_t channels = i < 20 ? 1 + i % 3 : 1;
        sample s = plane_sample(channels, 3 * channels - 2, kernel + 10, kernel, i % 3);
        operands o;
        operands_make(&o, &s, types[i % 2]);
        operands_fill_reals(&o, &random);
        const faltung_conv conv = conv_by_fft(&s);
        compute(&conv, &o);
        oracle_sum *sums = oracle_convolve(&s, &o, true);
        double *bounds = fft_bounds(&s, &o, 0);
        for (int64_t k = 0; k < o.output.count; k++) {
            double error = fabs((double)(array_get(&o.output, k) - sums[k].value));
            assert_true(error <= bounds[k]);
            worst = error / bounds[k] > worst ? error / bounds[k] : worst;
        }
        free(bounds);
        free(sums);
        operands_free(&o);
    }
    print_message("largest error %.3f of the bound\n", worst);
}

// ----------------------------------------------------------------------------------- bits and NaN

static void every_instruction_set_gives_the_same_bits(void **state)
{
    static const int64_t shapes[][5] = {
        {33, 20, 31, 5, 2}, {2, 3, 70, 21, 9}, {1, 1, 90, 65, 3}, {18, 40, 20, 3, 1}};
    (void)state;
    prng random = {82};
    for (size_t i = 0; i < COUNT_OF(shapes) * 2; i++) {
        const int64_t *v = shapes[i / 2];
        const faltung_dtype dtype = i % 2 ? FALTUNG_F64 : FALTUNG_F32;
        sample s = plane_sample(v[0], v[1], v[2], v[3], v[4]);
        operands o;
        operands_make(&o, &s, dtype);
        operands_fill_reals(&o, &random);
        const faltung_conv conv = conv_by_fft(&s);
        sample_has_the_same_bits(&conv, &o);
        operands_free(&o);
    }
}

// Batches do not matter to an image, nor channels of the output to each other.
static void an_infinity_stays_in_its_image(void **state)
{
    (void)state;
    prng random = {83};
    sample s = plane_sample(4, 5, 40, 9, 4);
    s.batch = 3;
    operands o;
    operands_make(&o, &s, FALTUNG_F32);
    operands_fill_reals(&o, &random);
    array_set(&o.input, ((1 * 4 + 2) * 40 + 20) * 40 + 20, INFINITY);
    const faltung_conv conv = conv_by_fft(&s);
    compute(&conv, &o);
    const int64_t image = o.output.count / 3;
    for (int64_t i = 0; i < o.output.count; i++) {
        const int64_t row = i / 40 % 40, column = i % 40;
        const bool finite = isfinite(array_get(&o.output, i));
        const bool meets = i / image == 1 && llabs(row - 20) <= 4 && llabs(column - 20) <= 4;
        assert_false(meets && finite);
        assert_true(i / image == 1 || finite);
    }
    operands_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_chosen_by_shape_and_accuracy),
        cmocka_unit_test(errors_are_below_those_of_plain_sums),
        cmocka_unit_test(errors_keep_to_the_derived_bound),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(an_infinity_stays_in_its_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
