// SPDX-License-Identifier: Apache-2.0
//
// Halves are summed as f32: every result has the bits of the f32 result, rounded once, on every
// instruction set that f32 has. Matrix tiles, which it has not, are in tests/kernels/test_tiles.c.
#include "oracle.h"

#include <math.h>
#include <string.h>

static const faltung_dtype halves[] = {FALTUNG_F16, FALTUNG_BF16};

static void copy(const array *from, const array *to)
{
    faltung_message message = {""};
    assert_ok(faltung_tensor_copy(&from->tensor, &to->tensor, &message), &message);
}

// Makes an array of another's numbers in another type.
static void convert(const array *from, faltung_dtype dtype, array *to)
{
    array_make(to, dtype, from->tensor.rank, from->shape);
    copy(from, to);
}

// Fills an array with what halves have at their ends, now and then.
static void fill(array *a, prng *random)
{
    static const double odd[] = {0x1p-24, 0x1p-14, -0x1p-20, 65504, -0.0, 0x1p-133, 3e38};
    array_fill_reals(a, random);
    for (int64_t i = 0; i < a->count; i += random_between(random, 1, 9))
        array_set(a, i, odd[random_between(random, 0, COUNT_OF(odd) - 1)]);
}

static bool same_number(faltung_dtype dtype, const array *a, const array *b, int64_t i)
{
    uint16_t x = ((uint16_t *)a->memory)[i], y = ((uint16_t *)b->memory)[i];
    double value = dtype == FALTUNG_F16 ? half_to_double(x) : brain_to_double(x);
    double other = dtype == FALTUNG_F16 ? half_to_double(y) : brain_to_double(y);
    return isnan(value) ? isnan(other) : x == y;
}

// The best instruction set for f32.
static const char *find_set(void)
{
    const int64_t shape[] = {1, 1, 1};
    const faltung_tensor one = {NULL, FALTUNG_F32, 3, shape, NULL};
    const faltung_conv conv = FALTUNG_CONV1D;
    faltung_explanation e;
    assert_int_equal(faltung_explain(&conv, &one, &one, &e, NULL), FALTUNG_OK);
    return e.instruction_set;
}

// A sample's convolution by that.
static faltung_conv make_conv(const sample *s)
{
    faltung_conv conv = sample_conv(s);
    conv.instruction_set = find_set();
    return conv;
}

// Computes a convolution of halves, and the same of f32.
static void check(const faltung_conv *conv, const array *first, const array *second,
                  const array *bias, const array *residual, array *result)
{
    faltung_message message = {""};
    const faltung_dtype dtype = first->tensor.dtype;
    array x, w, b, r, y, rounded;
    convert(first, FALTUNG_F32, &x);
    convert(second, FALTUNG_F32, &w);
    if (bias)
        convert(bias, FALTUNG_F32, &b);
    if (residual)
        convert(residual, FALTUNG_F32, &r);
    array_make(&y, FALTUNG_F32, result->tensor.rank, result->shape);
    array_fill_bytes(result, 0xff);
    assert_ok(faltung_convolve_residual(
                  conv, &first->tensor, &second->tensor, bias ? &bias->tensor : NULL,
                  residual ? &residual->tensor : NULL, &result->tensor, &message),
              &message);
    assert_ok(faltung_convolve_residual(conv, &x.tensor, &w.tensor, bias ? &b.tensor : NULL,
                                        residual ? &r.tensor : NULL, &y.tensor, &message),
              &message);
    convert(&y, dtype, &rounded);
    for (int64_t i = 0; i < y.count; i++)
        if (!same_number(dtype, result, &rounded, i))
            fail_msg("%s: element %d is %a, rounded it is %a", faltung_dtype_name(dtype), (int)i,
                     array_get(result, i), array_get(&rounded, i));
    array_free(&x);
    array_free(&w);
    array_free(&y);
    array_free(&rounded);
    if (bias)
        array_free(&b);
    if (residual)
        array_free(&r);
}

static sample random_sample(prng *random, int i)
{
    sample s = sample_random(random, i % 2, i / 2 % 3 + 1);
    if (i % 5 == 0) { // more channels than tiles have
        s.channels_in = s.groups * random_between(random, 1, 40);
        s.channels_out = s.groups * random_between(random, 1, 40);
    }
    if (i % 7 == 0) // one channel by itself
        s.channels_in = s.channels_out = s.groups;
    return s;
}

static void convolutions_are_rounded_once(void **state)
{
    (void)state;
    prng random = {90};
    for (int i = 0; i < 420; i++) {
        sample s = random_sample(&random, i);
        operands o;
        operands_make(&o, &s, halves[i / 6 % 2]);
        fill(&o.input, &random);
        fill(&o.weight, &random);
        fill(&o.bias, &random);
        const faltung_conv conv = make_conv(&s);
        check(&conv, &o.input, &o.weight, i / 12 % 2 ? &o.bias : NULL, NULL, &o.output);
        operands_free(&o);
    }
}

static void the_last_step_comes_before_the_rounding(void **state)
{
    (void)state;
    prng random = {91};
    for (int i = 0; i < 420; i++) {
        sample s = random_sample(&random, i);
        operands o;
        array residual;
        operands_make(&o, &s, halves[i / 6 % 2]);
        operands_fill_reals(&o, &random);
        array_make(&residual, o.output.tensor.dtype, o.output.tensor.rank, o.output.shape);
        array_fill_reals(&residual, &random);
        faltung_conv conv = make_conv(&s);
        conv.activation = (faltung_activation)random_between(&random, FALTUNG_ACTIVATION_NONE,
                                                             FALTUNG_ACTIVATION_CLAMP);
        conv.clamp_min = -0.25;
        check(&conv, &o.input, &o.weight, &o.bias, i / 12 % 2 ? &residual : NULL, &o.output);
        array_free(&residual);
        operands_free(&o);
    }
}

// Large enough for transforms to pay.
static void transformed_ones_are_rounded_once(void **state)
{
    (void)state;
    prng random = {94};
    for (int i = 0; i < 12; i++) {
        sample s = sample_make(false, 2);
        s.batch = 2, s.channels_in = 33 + i, s.channels_out = 47 - i;
        *sample_axis(&s, 0) = (faltung_axis){29 + i, 3, 1, 1, {1, i % 2}, false, 0, 1};
        *sample_axis(&s, 1) = (faltung_axis){31 - i, 3, 1, 1, {i % 3, 1}, false, 0, 1};
        assert_true(sample_measure(&s));
        operands o;
        array residual;
        operands_make(&o, &s, halves[i % 2]);
        operands_fill_reals(&o, &random);
        array_make(&residual, o.output.tensor.dtype, 4, o.output.shape);
        array_fill_reals(&residual, &random);
        faltung_conv conv = make_conv(&s);
        faltung_explanation e;
        assert_int_equal(faltung_explain(&conv, &o.input.tensor, &o.weight.tensor, &e, NULL),
                         FALTUNG_OK);
        assert_string_equal(e.algorithm[e.chosen], "winograd");
        conv.threads = i % 3;
        conv.activation = i / 6 ? FALTUNG_ACTIVATION_SILU : FALTUNG_ACTIVATION_NONE;
        conv.padding_mode = i % 4 ? FALTUNG_PADDING_ZEROS : FALTUNG_PADDING_REFLECT;
        check(&conv, &o.input, &o.weight, &o.bias, i / 3 % 2 ? &residual : NULL, &o.output);
        array_free(&residual);
        operands_free(&o);
    }
}

static faltung_operation operation_of(bool transposed, bool of_weight)
{
    if (of_weight)
        return transposed ? FALTUNG_CONV_TRANSPOSE_WEIGHT : FALTUNG_CONV_WEIGHT;
    return transposed ? FALTUNG_CONV_TRANSPOSE_INPUT : FALTUNG_CONV_INPUT;
}

static void gradients_are_rounded_once(void **state)
{
    (void)state;
    prng random = {92};
    for (int i = 0; i < 420; i++) {
        const bool of_weight = i / 12 % 2;
        sample s;
        do // of a dilated input there are none
            s = random_sample(&random, i);
        while (sample_is_dilated(&s));
        operands o;
        array result;
        operands_make(&o, &s, halves[i / 6 % 2]);
        operands_fill_reals(&o, &random);
        array_fill_reals(&o.output, &random);
        faltung_conv conv = make_conv(&s);
        conv.operation = operation_of(s.transposed, of_weight);
        memset(conv.output_padding, 0, sizeof conv.output_padding);
        conv.has_output_size = true;
        for (int a = 0; a < s.axes; a++) {
            const faltung_axis *axis = sample_axis(&s, a);
            conv.output_size[a] = of_weight ? axis->kernel : axis->input;
        }
        const array *like = of_weight ? &o.weight : &o.input;
        array_make(&result, like->tensor.dtype, like->tensor.rank, like->shape);
        check(&conv, of_weight ? &o.input : &o.output, of_weight ? &o.output : &o.weight, NULL,
              NULL, &result);
        array_free(&result);
        operands_free(&o);
    }
}

// Channels last, and every second pixel: other loops read and write these.
static void strides_do_not_change_the_bits(void **state)
{
    (void)state;
    prng random = {93};
    const int64_t last[] = {16 * 18 * 33, 1, 18 * 33, 33}; // of (N, 33, 16, 18)
    const int64_t apart[] = {33 * 16 * 36, 16 * 36, 36, 2};
    const int64_t *strides[] = {last, apart};
    for (int i = 0; i < 8; i++) {
        sample s = sample_make(false, 2);
        s.batch = 1, s.channels_in = 33, s.channels_out = 33;
        s.groups = i / 4 ? 33 : 1;
        *sample_axis(&s, 0) = (faltung_axis){16, 3, 1, 1, {1, 1}, false, 0, 1};
        *sample_axis(&s, 1) = (faltung_axis){18, 3, 1, 1, {1, 1}, false, 0, 1};
        assert_true(sample_measure(&s));
        const faltung_dtype dtype = halves[i % 2];
        operands o;
        array input, output, back;
        faltung_message message = {""};
        const faltung_conv conv = make_conv(&s);
        const int64_t room[] = {1, 33, 16, 36};
        operands_make(&o, &s, dtype);
        operands_fill_reals(&o, &random);
        check(&conv, &o.input, &o.weight, &o.bias, NULL, &o.output);
        array_make(&input, dtype, 4, room);
        array_make(&output, dtype, 4, room);
        array_fill_bytes(&output, 0xff);
        const faltung_tensor x = {input.memory, dtype, 4, o.input.shape, strides[i / 2 % 2]};
        const faltung_tensor y = {output.memory, dtype, 4, o.output.shape, strides[i / 2 % 2]};
        assert_ok(faltung_tensor_copy(&o.input.tensor, &x, &message), &message);
        assert_ok(faltung_convolve(&conv, &x, &o.weight.tensor, &o.bias.tensor, &y, &message),
                  &message);
        array_make(&back, dtype, 4, o.output.shape);
        assert_ok(faltung_tensor_copy(&y, &back.tensor, &message), &message);
        assert_true(array_same_bits(&back, &o.output));
        array_free(&input);
        array_free(&output);
        array_free(&back);
        operands_free(&o);
    }
}

// What f32 holds and halves do not: sums become infinite, or subnormal, and NaN stays NaN.
static void ends_of_the_range_are_right(void **state)
{
    (void)state;
    static const struct {
        faltung_dtype dtype;
        double x, w;
        uint16_t expected;
    } cases[] = {
        {FALTUNG_F16, 256, 256, 0x7c00},        {FALTUNG_F16, -256, 256, 0xfc00},
        {FALTUNG_F16, 256, 255.875, 0x7bff},    {FALTUNG_F16, 0x1p-12, 0x1p-12, 1},
        {FALTUNG_F16, 0x1p-12, 0x1p-13, 0},     {FALTUNG_F16, 0x1.8p-12, 0x1p-13, 1},
        {FALTUNG_F16, 0x1p-24, 1, 1},           {FALTUNG_F16, INFINITY, 1, 0x7c00},
        {FALTUNG_F16, INFINITY, 0, 0x7e00},     {FALTUNG_F16, NAN, 1, 0x7e00},
        {FALTUNG_BF16, 0x1p64, 0x1p64, 0x7f80}, {FALTUNG_BF16, 0x1p-66, 0x1p-67, 1},
        {FALTUNG_BF16, 0x1p-133, 1, 1},         {FALTUNG_BF16, -INFINITY, 1, 0xff80},
        {FALTUNG_BF16, INFINITY, 0, 0x7fc0},    {FALTUNG_BF16, NAN, 1, 0x7fc0},
        {FALTUNG_BF16, 1.5, 0x1.06p0, 0x3fc4},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const int64_t shape[] = {1, 1, 40}, kernel[] = {1, 1, 1};
        faltung_message message = {""};
        const faltung_conv conv = FALTUNG_CONV1D;
        array x, w, y;
        array_make(&x, cases[i].dtype, 3, shape);
        array_make(&w, cases[i].dtype, 3, kernel);
        array_make(&y, cases[i].dtype, 3, shape);
        for (int64_t k = 0; k < 40; k++)
            array_set(&x, k, cases[i].x);
        array_set(&w, 0, cases[i].w);
        assert_ok(faltung_convolve(&conv, &x.tensor, &w.tensor, NULL, &y.tensor, &message),
                  &message);
        for (int64_t k = 0; k < 40; k++) {
            uint16_t found = ((uint16_t *)y.memory)[k];
            if (isnan(array_get(&y, k)))
                found &= 0x7fff; // a NaN's sign is anyone's
            assert_int_equal(found, cases[i].expected);
        }
        array_free(&x);
        array_free(&w);
        array_free(&y);
    }
}

// What is not f32 or f64 is computed by the same ways.
static void the_engine_computes_them(void **state)
{
    (void)state;
    static const struct {
        const char *problem, *algorithm;
    } cases[] = {
        {"conv2d:1x8x9x9,8x8x3x3,dtype=bf16", "direct"},
        {"conv2d:1x8x9x9,8x8x3x3,dtype=f16", "direct"},
        {"conv2d:1x8x9x9,8x8x3x3,dtype=i8", "direct"},
        {"conv2d:1x8x9x9,8x8x3x3,dtype=u8,weight_dtype=i8", "direct"},
        {"conv2d:1x8x9x9,8x1x3x3,groups=8,dtype=bf16", "depthwise"},
        {"conv2d:1x8x9x9,8x1x3x3,groups=8,dtype=i8", "depthwise"},
        {"conv_transpose2d:1x8x9x9,8x8x3x3,stride=2,dtype=bf16", "phases"},
        {"conv_transpose2d:1x8x9x9,8x8x3x3,stride=2,dtype=u8", "phases"},
        {"conv2d_weight:1x8x9x9,8x8x3x3,dtype=f16", "weight_gradient"},
        {"conv2d:1x8x9x9,8x8x3x3,dtype=c64", "complex"},
        {"conv_transpose1d:1x8x9,8x8x3,stride=2,dtype=c128", "complex"},
        {"conv2d_weight:1x8x9x9,8x8x3x3,dtype=c64", "complex"},
        {"conv3d:1x8x5x9x9,8x8x3x3x3,dtype=c64", "reference"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_message message = {""};
        faltung_problem p;
        faltung_call c;
        faltung_explanation e;
        assert_ok(faltung_problem_parse(cases[i].problem, &p, &message), &message);
        assert_ok(faltung_problem_call(&p, &c, &message), &message);
        const faltung_tensor x = {NULL, c.dtype, c.input_rank, c.input_shape, NULL};
        const faltung_tensor w = {NULL, c.weight_dtype, c.weight_rank, c.weight_shape, NULL};
        assert_ok(faltung_explain(&c.conv, &x, &w, &e, &message), &message);
        assert_string_equal(e.algorithm[e.chosen], cases[i].algorithm);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_are_rounded_once),
        cmocka_unit_test(transformed_ones_are_rounded_once),
        cmocka_unit_test(the_last_step_comes_before_the_rounding),
        cmocka_unit_test(gradients_are_rounded_once),
        cmocka_unit_test(strides_do_not_change_the_bits),
        cmocka_unit_test(ends_of_the_range_are_right),
        cmocka_unit_test(the_engine_computes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
