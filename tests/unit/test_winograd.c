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
        {"conv2d:1x64x28x28,64x64x3x3,stride=2", "direct", "direct", "direct"}, // too little saved
        {"conv2d:1x64x56x56,64x64x3x3,stride=2,padding=1", "direct", "winograd", "winograd"},
        {"conv2d:1x64x28x28,64x64x4x4,stride=2,padding=1", "direct", "winograd", "winograd"},
        {"conv2d:1x64x56x56,64x64x3x3,stride=2+1,padding=1", "direct", "direct", "direct"},
        {"conv2d:1x64x56x56,64x64x3x3,stride=2,padding=1,padding_mode=reflect", "direct", "direct",
         "direct"},
        {"conv3d:1x64x5x56x56,64x64x1x3x3,stride=2,padding=0+1+1", "direct", "winograd",
         "winograd"},
        {"conv1d:1x128x2000,128x128x3,stride=2", "direct", "winograd", "winograd"},
        {"conv_transpose2d:1x64x14x14,64x64x4x4,stride=2,padding=1", "phases", "winograd",
         "winograd"},
        {"conv_transpose2d:1x32x28x28,32x64x4x4,stride=2,padding=1", "phases", "phases",
         "winograd"},
        {"conv_transpose2d:1x64x14x14,64x64x2x2,stride=2", "phases", "phases", "phases"},
        {"conv_transpose1d:1x64x200,64x64x4,stride=2,padding=1", "phases", "winograd", "winograd"},
        {"conv2d_input:1x64x56x56,64x64x3x3,stride=2,padding=1", "phases", "winograd", "winograd"},
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

// How outputs and the input's elements follow each other.
typedef enum kind { PLAIN, STRIDED, TRANSPOSED } kind; // by 2

typedef struct shape {
    kind kind;
    int64_t kernel; // along each axis, but in one row
    int64_t batch, groups, in, out, rows, columns;
} shape;

static sample tiled_sample(shape v)
{
    sample s = sample_make(v.kind == TRANSPOSED, 2);
    s.batch = v.batch;
    s.groups = v.groups;
    s.channels_in = v.groups * v.in;
    s.channels_out = v.groups * v.out;
    s.axis[1] = (faltung_axis)FALTUNG_AXIS(v.rows, v.rows > 1 ? v.kernel : 1);
    s.axis[2] = (faltung_axis)FALTUNG_AXIS(v.columns, v.kernel);
    for (int i = 1; i < 3; i++) {
        s.axis[i].padding.begin = s.axis[i].padding.end = (s.axis[i].kernel - 1) / 2;
        s.axis[i].transposed = v.kind == TRANSPOSED;
        s.axis[i].stride = v.kind != PLAIN && s.axis[i].kernel > 1 ? 2 : 1;
    }
    assert_true(sample_measure(&s));
    return s;
}

// By transforms, which of small shapes are not chosen for strides.
static faltung_conv tiled_conv(const sample *s, faltung_accuracy accuracy)
{
    faltung_conv conv = sample_conv(s);
    conv.accuracy = accuracy;
    if (s->axis[2].stride > 1)
        conv.algorithm = "winograd";
    return conv;
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
    static const shape shapes[] = {
        {PLAIN, 3, 2, 1, 32, 33, 17, 19},     {PLAIN, 3, 1, 2, 48, 40, 14, 14},
        {PLAIN, 3, 1, 1, 100, 32, 11, 23},    {PLAIN, 3, 2, 1, 64, 32, 4, 4},
        {PLAIN, 3, 2, 1, 40, 36, 1, 77},      {PLAIN, 3, 8, 1, 64, 32, 7, 7},
        {STRIDED, 3, 1, 1, 64, 64, 33, 40},   {STRIDED, 4, 2, 1, 64, 64, 30, 30},
        {STRIDED, 3, 1, 1, 64, 64, 1, 200},   {TRANSPOSED, 3, 1, 1, 64, 64, 17, 20},
        {TRANSPOSED, 4, 1, 2, 48, 64, 16, 8}, {TRANSPOSED, 4, 1, 1, 64, 64, 1, 90},
    };
    (void)state;
    prng random = {70};
    double worst = 0;
    for (size_t i = 0; i < COUNT_OF(shapes) * 2; i++) {
        sample s = tiled_sample(shapes[i / 2]);
        operands o;
        operands_make(&o, &s, FALTUNG_F32);
        operands_fill_reals(&o, &random);
        const faltung_conv conv =
            tiled_conv(&s, i % 2 ? FALTUNG_ACCURACY_FAST : FALTUNG_ACCURACY_BALANCED);
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

// The element of the input that an output meets with an element of the kernel, or -1.
static int64_t find_element(const faltung_axis *axis, int64_t output, int64_t k)
{
    int64_t i = output * axis->stride + k - axis->padding.begin;
    if (axis->transposed) {
        i = output - k + axis->padding.begin;
        i = i % axis->stride ? -1 : i / axis->stride;
    }
    return i >= 0 && i < axis->input ? i : -1;
}

// Where the factors of an output are in a plane of the input and in a kernel.
typedef struct factors {
    int64_t input[16], weight[16];
    int count;
} factors;

static factors find_factors(const sample *s, int64_t row, int64_t column)
{
    const faltung_axis *high = &s->axis[1], *wide = &s->axis[2];
    factors f = {.count = 0};
    for (int64_t k = 0; k < high->kernel * wide->kernel; k++) {
        const int64_t r = find_element(high, row, k / wide->kernel);
        const int64_t q = find_element(wide, column, k % wide->kernel);
        if (r < 0 || q < 0)
            continue;
        f.input[f.count] = r * wide->input + q;
        f.weight[f.count++] = k;
    }
    return f;
}

// The mean square of the errors of what was computed over that of plain sums: one chain of f32 for
// each output that is compared, which are every fifth one, so that they have all places in tiles.
static double compare_errors(const sample *s, const operands *o)
{
    const int64_t taps = s->axis[1].kernel * s->axis[2].kernel;
    const int64_t plane = s->axis[1].input * s->axis[2].input, columns = o->output.shape[3];
    const int64_t outputs = o->output.shape[2] * columns; // of a channel
    const bool transposed = s->axis[2].transposed;
    const float *y = o->output.memory, *input = o->input.memory, *weight = o->weight.memory;
    double ours = 0, plain = 0;
    for (int64_t i = 0; i < o->output.count; i += 5) {
        const factors f = find_factors(s, i % outputs / columns, i % columns);
        const int64_t out = i / outputs;
        double exact = 0;
        float chain = 0;
        for (int64_t c = 0; c < s->channels_in; c++) {
            const float *x = input + c * plane;
            const float *w =
                weight + taps * (transposed ? c * s->channels_out + out : out * s->channels_in + c);
            for (int k = 0; k < f.count; k++) {
                exact += (double)x[f.input[k]] * w[f.weight[k]];
                chain = fmaf(x[f.input[k]], w[f.weight[k]], chain);
            }
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
    const faltung_conv conv = tiled_conv(s, accuracy);
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
            sample s = tiled_sample((shape){PLAIN, 3, 1, 1, channels[i], 32, 14, 14});
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
        const sample small = tiled_sample((shape){PLAIN, 3, 1, 1, channels[i], 64, 2, 32});
        const sample flat = tiled_sample((shape){PLAIN, 3, 1, 1, channels[i], 64, 1, 96});
        const double of_small = find_ratio(&small, FALTUNG_ACCURACY_BALANCED, true);
        const double of_flat = find_ratio(&flat, FALTUNG_ACCURACY_BALANCED, true);
        print_message("%d channels: %.2f by tiles of 2x2, %.2f of 1x4\n", (int)channels[i],
                      of_small, of_flat);
        assert_true(of_small <= 1 && of_flat <= 2);
    }
}

// Plain sums of a transposed convolution are of a quarter of the products, so that it takes more
// channels for errors as large as theirs.
static void errors_of_phases_are_comparable_too(void **state)
{
    static const kind kinds[] = {STRIDED, TRANSPOSED};
    static const int64_t channels[] = {32, 48, 63, 64, 65, 256};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(channels) * 8; i++) {
        const kind k = kinds[i / 2 % 2];
        const bool fast = i % 2;
        const int64_t in = channels[i / 8], kernel = 3 + (int64_t)i / 4 % 2;
        const int64_t edge = k == STRIDED ? 28 : 14;
        const sample square = tiled_sample((shape){k, kernel, 1, 1, in, 32, edge, edge});
        const sample flat = tiled_sample((shape){k, kernel, 1, 1, in, 32, 1, 4 * edge});
        const faltung_accuracy accuracy = fast ? FALTUNG_ACCURACY_FAST : FALTUNG_ACCURACY_BALANCED;
        if (k == TRANSPOSED && !fast && in < 48)
            continue;
        const double of_square = find_ratio(&square, accuracy, true);
        const double of_flat = find_ratio(&flat, accuracy, true);
        print_message("%d channels, kernel %d, %s: %.2f, %.2f in one row\n", (int)in, (int)kernel,
                      k == STRIDED ? "stride 2" : "transposed", of_square, of_flat);
        assert_true(of_square <= (fast ? 2.5 : 2) && of_flat <= 2);
    }
}

// ----------------------------------------------------------------------------------- bits and NaN

static void every_instruction_set_gives_the_same_bits(void **state)
{
    static const shape shapes[] = {
        {PLAIN, 3, 1, 1, 33, 70, 9, 61},      {PLAIN, 3, 3, 2, 35, 33, 15, 15},
        {PLAIN, 3, 9, 1, 64, 32, 7, 7},       {PLAIN, 3, 1, 1, 70, 70, 4, 4},
        {PLAIN, 3, 3, 1, 50, 33, 1, 130},     {PLAIN, 3, 1, 1, 130, 32, 21, 25},
        {STRIDED, 3, 2, 1, 33, 70, 40, 31},   {STRIDED, 4, 1, 2, 70, 64, 33, 29},
        {TRANSPOSED, 3, 2, 1, 33, 70, 12, 9}, {TRANSPOSED, 4, 1, 1, 70, 66, 1, 77},
    };
    (void)state;
    prng random = {72};
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        sample s = tiled_sample(shapes[i]);
        operands o;
        operands_make(&o, &s, FALTUNG_F32);
        operands_fill_reals(&o, &random);
        const faltung_conv conv = tiled_conv(&s, FALTUNG_ACCURACY_BALANCED);
        assert_true(sample_is_computed_by(&s, FALTUNG_F32, &conv, "winograd"));
        sample_has_the_same_bits(&conv, &o);
        operands_free(&o);
    }
}

// An infinity at row 9 and column 10 is in the tiles whose numbers have it: of 6x6 from the 7th row
// and column on, by which the outputs from 8 to 11 are computed; of phases those of every other
// position from the 7th to the 15th, or of 5x5 from the 7th on, of which the outputs before and
// after are those of two phases.
static void an_infinity_reaches_the_outputs_of_its_tiles(void **state)
{
    static const struct {
        shape shape;
        int64_t first, past; // outputs that are reached, along both axes
    } cases[] = {
        {{PLAIN, 3, 1, 1, 32, 32, 20, 20}, 8, 12},
        {{STRIDED, 3, 1, 1, 32, 32, 40, 40}, 4, 8},
        {{TRANSPOSED, 4, 1, 1, 32, 32, 20, 20}, 15, 23},
    };
    (void)state;
    prng random = {73};
    for (size_t n = 0; n < COUNT_OF(cases); n++) {
        sample s = tiled_sample(cases[n].shape);
        operands o;
        operands_make(&o, &s, FALTUNG_F32);
        operands_fill_reals(&o, &random);
        array_set(&o.input, (5 * s.axis[1].input + 9) * s.axis[2].input + 10, INFINITY);
        const faltung_conv conv = tiled_conv(&s, FALTUNG_ACCURACY_BALANCED);
        assert_true(sample_is_computed_by(&s, FALTUNG_F32, &conv, "winograd"));
        compute(&conv, &o);
        for (int64_t i = 0; i < o.output.count; i++) {
            int64_t column = i % o.output.shape[3], row = i / o.output.shape[3] % o.output.shape[2];
            bool reached = row >= cases[n].first && row < cases[n].past &&
                           column >= cases[n].first && column < cases[n].past;
            assert_int_equal(!isfinite(array_get(&o.output, i)), reached);
        }
        operands_free(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_chosen_by_shape_and_accuracy),
        cmocka_unit_test(errors_keep_to_the_derived_bound),
        cmocka_unit_test(errors_are_comparable_to_those_of_plain_sums),
        cmocka_unit_test(smaller_forms_have_smaller_errors),
        cmocka_unit_test(errors_of_phases_are_comparable_too),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(an_infinity_reaches_the_outputs_of_its_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
