// SPDX-License-Identifier: Apache-2.0
//
// Convolutions of integers with zero points, as ONNX's ConvInteger defines them, against sums over
// the numbers without them.
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

// A convolution of bytes, and the same of doubles from which the zero points are subtracted.
typedef struct trial {
    sample s;
    faltung_conv conv;
    array input, weight, bias, output;
    oracle_sum *sums;
} trial;

static int zero_point(prng *random, faltung_dtype dtype)
{
    int64_t low = dtype == FALTUNG_I8 ? -128 : 0, high = dtype == FALTUNG_I8 ? 127 : 255;
    int64_t which = random_between(random, 0, 5);
    return (int)(which == 0 ? low : which == 1 ? high : random_between(random, low, high));
}

static void fill(array *bytes, array *numbers, faltung_dtype dtype, int zero, prng *random)
{
    array_make(bytes, dtype, numbers->tensor.rank, numbers->shape);
    int64_t low = dtype == FALTUNG_I8 ? -128 : 0;
    array_fill_integers(bytes, random, low, low + 255);
    for (int64_t i = 0; i < bytes->count; i++)
        array_set(numbers, i, array_get(bytes, i) - zero);
}

static void set_up(trial *t, const sample *s, faltung_dtype of_input, faltung_dtype of_weight,
                   prng *random)
{
    operands o;
    t->s = *s;
    t->conv = sample_conv(s);
    t->conv.input_zero_point = zero_point(random, of_input);
    t->conv.weight_zero_point = zero_point(random, of_weight);
    operands_make(&o, s, FALTUNG_F64);
    fill(&t->input, &o.input, of_input, t->conv.input_zero_point, random);
    fill(&t->weight, &o.weight, of_weight, t->conv.weight_zero_point, random);
    array_make(&t->bias, FALTUNG_I32, 1, o.bias.shape);
    array_fill_integers(&t->bias, random, -1000000, 1000000);
    for (int64_t i = 0; i < o.bias.count; i++)
        array_set(&o.bias, i, array_get(&t->bias, i));
    array_make(&t->output, FALTUNG_I32, o.output.tensor.rank, o.output.shape);
    array_fill_bytes(&t->output, 0x55);
    t->sums = oracle_convolve(s, &o, true);
    operands_free(&o);
}

static void tear_down(trial *t)
{
    array_free(&t->input);
    array_free(&t->weight);
    array_free(&t->bias);
    array_free(&t->output);
    free(t->sums);
}

static void assert_sums(const trial *t)
{
    for (int64_t i = 0; i < t->output.count; i++)
        if (array_get(&t->output, i) != (double)t->sums[i].value)
            fail_msg("output %d is %.0f, not %.0Lf", (int)i, array_get(&t->output, i),
                     t->sums[i].value);
}

static void convolve(trial *t)
{
    faltung_message message = {""};
    assert_ok(faltung_convolve(&t->conv, &t->input.tensor, &t->weight.tensor, &t->bias.tensor,
                               &t->output.tensor, &message),
              &message);
}

static const faltung_dtype bytes[] = {FALTUNG_I8, FALTUNG_U8};

static void sums_are_exact_with_any_zero_point(void **state)
{
    (void)state;
    prng random = {70};
    for (int i = 0; i < 600; i++) {
        trial t;
        sample s = sample_random(&random, i % 2, i / 2 % 3 + 1);
        if (i % 5 == 0) { // more channels than tiles have
            s.channels_in = s.groups * random_between(&random, 1, 40);
            s.channels_out = s.groups * random_between(&random, 1, 40);
        }
        set_up(&t, &s, bytes[i / 6 % 2], bytes[i / 12 % 2], &random);
        convolve(&t);
        assert_sums(&t);
        tear_down(&t);
    }
}

static void one_channel_by_itself_is_exact(void **state)
{
    (void)state;
    prng random = {71};
    for (int i = 0; i < 60; i++) {
        trial t;
        sample s = sample_random(&random, false, 2);
        s.channels_in = s.channels_out = s.groups = random_between(&random, 1, 4);
        set_up(&t, &s, bytes[i % 2], bytes[i / 2 % 2], &random);
        convolve(&t);
        assert_sums(&t);
        tear_down(&t);
    }
}

static void plans_give_the_same_sums(void **state)
{
    (void)state;
    prng random = {72};
    for (int i = 0; i < 120; i++) {
        trial t;
        faltung_message message = {""};
        faltung_plan *plan = NULL;
        sample s = sample_random(&random, i % 2, i / 2 % 3 + 1);
        set_up(&t, &s, bytes[i / 6 % 2], FALTUNG_I8, &random);
        t.conv.threads = i % 3 + 1;
        assert_ok(faltung_plan_create(&t.conv, &t.input.tensor, &t.weight.tensor, &t.bias.tensor,
                                      &plan, &message),
                  &message);
        for (int run = 0; run < 2; run++) {
            array_fill_bytes(&t.output, 0x55);
            assert_ok(faltung_plan_run(plan, &t.input.tensor, &t.output.tensor, NULL, &message),
                      &message);
            assert_sums(&t);
        }
        faltung_plan_destroy(plan);
        tear_down(&t);
    }
}

// Channels last, which other loops read and write.
static void strides_do_not_matter(void **state)
{
    (void)state;
    prng random = {73};
    const int64_t last[] = {5 * 6 * 7, 1, 6 * 7, 7}; // of (N, 7, 5, 6)
    sample s = sample_make(false, 2);
    s.batch = 2, s.channels_in = 7, s.channels_out = 7;
    *sample_axis(&s, 0) = (faltung_axis){5, 3, 1, 1, {1, 1}, false, 0, 1};
    *sample_axis(&s, 1) = (faltung_axis){6, 3, 1, 1, {1, 1}, false, 0, 1};
    assert_true(sample_measure(&s));
    trial t;
    set_up(&t, &s, FALTUNG_U8, FALTUNG_I8, &random);
    array input, output;
    array_make(&input, FALTUNG_U8, 4, t.input.shape);
    array_make(&output, FALTUNG_I32, 4, t.output.shape);
    input.tensor.strides = output.tensor.strides = last;
    faltung_message message = {""};
    assert_ok(faltung_tensor_copy(&t.input.tensor, &input.tensor, &message), &message);
    assert_ok(faltung_convolve(&t.conv, &input.tensor, &t.weight.tensor, &t.bias.tensor,
                               &output.tensor, &message),
              &message);
    assert_ok(faltung_tensor_copy(&output.tensor, &t.output.tensor, &message), &message);
    assert_sums(&t);
    array_free(&input);
    array_free(&output);
    tear_down(&t);
}

// 40000 products of 255 * 255 are more than 31 bits hold.
static void sums_wrap_as_int32_does(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV1D;
    faltung_message message = {""};
    const int64_t channels = 40000, one[] = {1, channels, 1}, nowhere[] = {0, 0, 0};
    const int64_t result[] = {1, 1, 1};
    uint8_t byte = 255;
    int32_t sum = 0, bias = -7;
    const faltung_tensor x = {&byte, FALTUNG_U8, 3, one, nowhere};
    const faltung_tensor y = {&sum, FALTUNG_I32, 3, result, NULL};
    const faltung_tensor b = {&bias, FALTUNG_I32, 1, result, NULL};
    assert_ok(faltung_convolve(&conv, &x, &x, &b, &y, &message), &message);
    assert_int_equal(sum, (int32_t)(uint32_t)(INT64_C(255) * 255 * 40000 - 7));
}

static void types_that_do_not_go_together_are_refused(void **state)
{
    (void)state;
    static const struct {
        faltung_dtype input, weight, bias, output;
        const char *words, *detail;
    } cases[] = {
        {FALTUNG_I8, FALTUNG_F32, FALTUNG_I32, FALTUNG_I32, "signed char", "i8 or u8"},
        {FALTUNG_U8, FALTUNG_I32, FALTUNG_I32, FALTUNG_I32, "unsigned char", "i8 or u8"},
        {FALTUNG_F32, FALTUNG_I8, FALTUNG_F32, FALTUNG_F32, "Input type (float)", "signed char"},
        {FALTUNG_I32, FALTUNG_I32, FALTUNG_I32, FALTUNG_I32, "input has type i32", "f32"},
        {FALTUNG_I8, FALTUNG_I8, FALTUNG_I8, FALTUNG_I32, "bias type (signed char)", "i32"},
        {FALTUNG_I8, FALTUNG_I8, FALTUNG_F32, FALTUNG_I32, "bias type (float)", "i32"},
        {FALTUNG_I8, FALTUNG_U8, FALTUNG_I32, FALTUNG_I8, "output has type i8", "i32"},
        {FALTUNG_C64, FALTUNG_F32, FALTUNG_C64, FALTUNG_C64, "complex<float>", "float"},
        {FALTUNG_BF16, FALTUNG_F16, FALTUNG_BF16, FALTUNG_BF16, "BFloat16", "Half"},
    };
    const int64_t shape[] = {1, 1, 1};
    double room[4][2] = {{0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_message message = {""};
        faltung_conv conv = FALTUNG_CONV1D;
        const faltung_tensor x = {room[0], cases[i].input, 3, shape, NULL};
        const faltung_tensor w = {room[1], cases[i].weight, 3, shape, NULL};
        const faltung_tensor b = {room[2], cases[i].bias, 1, shape, NULL};
        const faltung_tensor y = {room[3], cases[i].output, 3, shape, NULL};
        assert_refused(faltung_convolve(&conv, &x, &w, &b, &y, &message), FALTUNG_ERROR_DTYPE,
                       &message, cases[i].words, cases[i].detail);
    }
}

static void zero_points_outside_the_type_are_refused(void **state)
{
    (void)state;
    static const struct {
        faltung_dtype dtype;
        int input, weight;
        const char *words;
    } cases[] = {
        {FALTUNG_I8, 128, 0, "input_zero_point=128, allowed for i8 is -128 to 127"},
        {FALTUNG_I8, -129, 0, "input_zero_point=-129"},
        {FALTUNG_U8, -1, 0, "input_zero_point=-1, allowed for u8 is 0 to 255"},
        {FALTUNG_U8, 0, 256, "weight_zero_point=256"},
        {FALTUNG_F32, 1, 0, "input_zero_point=1, allowed for f32 is 0 to 0"},
        {FALTUNG_C64, 0, 1, "weight_zero_point=1, allowed for c64 is 0 to 0"},
    };
    const int64_t shape[] = {1, 1, 1};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_message message = {""};
        faltung_conv conv = FALTUNG_CONV1D;
        int64_t size[5];
        conv.input_zero_point = cases[i].input;
        conv.weight_zero_point = cases[i].weight;
        const faltung_tensor x = {NULL, cases[i].dtype, 3, shape, NULL};
        assert_refused(faltung_output_shape(&conv, &x, &x, size, &message), FALTUNG_ERROR_OPTION,
                       &message, cases[i].words, NULL);
    }
}

static void integers_have_no_gradients(void **state)
{
    (void)state;
    const int64_t shape[] = {1, 1, 1};
    const faltung_tensor x = {NULL, FALTUNG_I8, 3, shape, NULL};
    for (int operation = FALTUNG_CONV_INPUT; operation <= FALTUNG_CONV_TRANSPOSE_WEIGHT;
         operation++) {
        faltung_message message = {""};
        faltung_conv conv = FALTUNG_DEFAULTS((faltung_operation)operation, 1);
        int64_t size[5];
        conv.has_output_size = true;
        conv.output_size[0] = 1;
        assert_refused(faltung_output_shape(&conv, &x, &x, size, &message), FALTUNG_ERROR_DTYPE,
                       &message, "gradients", "i8");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_exact_with_any_zero_point),
        cmocka_unit_test(one_channel_by_itself_is_exact),
        cmocka_unit_test(plans_give_the_same_sums),
        cmocka_unit_test(strides_do_not_matter),
        cmocka_unit_test(sums_wrap_as_int32_does),
        cmocka_unit_test(types_that_do_not_go_together_are_refused),
        cmocka_unit_test(zero_points_outside_the_type_are_refused),
        cmocka_unit_test(integers_have_no_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
