// SPDX-License-Identifier: Apache-2.0
//
// Inputs that crashed, hung or silently corrupted other libraries, numbered as they were collected.
// Each is answered by a clear refusal or by the right result. Rows 16 to 20 are in test_large.c,
// row 22 is test_views.c and row 25 test_null.c.
#include "oracle.h"
#include "request.h"

#include <stdlib.h>

static request conv1d(int64_t input, int64_t kernel)
{
    return request_make((faltung_conv)FALTUNG_CONV1D, DIMS(1, 1, input), DIMS(1, 1, kernel));
}

static request conv2d(dims input, dims weight)
{
    return request_make((faltung_conv)FALTUNG_CONV2D, input, weight);
}

static request transposed1d(int64_t input, int64_t kernel)
{
    return request_make((faltung_conv)FALTUNG_CONV_TRANSPOSE1D, DIMS(1, 1, input),
                        DIMS(1, 1, kernel));
}

// ---------------------------------------------------------------------------- options out of range

static void row_01_stride_0(void **state)
{
    (void)state;
    request r = conv2d(DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 3));
    r.conv.stride[0] = 0;
    for (int rule = 0; rule < 6; rule++) {
        r.conv.padding_rule = (faltung_padding_rule)rule;
        request_refused(&r, FALTUNG_ERROR_STRIDE, "non-positive stride is not supported",
                        "stride=[0, 1]");
    }
}

static void row_02_groups_0(void **state)
{
    (void)state;
    request r = conv2d(DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 3));
    r.conv.groups = 0;
    request_refused(&r, FALTUNG_ERROR_GROUPS, "non-positive groups is not supported", "groups=0");
}

static void row_03_groups_int64_min(void **state)
{
    (void)state;
    request r = conv2d(DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 3));
    r.conv.groups = INT64_MIN;
    request_refused(&r, FALTUNG_ERROR_GROUPS, "non-positive groups is not supported",
                    "-9223372036854775808");
    r.conv.groups = INT64_MAX;
    request_refused(&r, FALTUNG_ERROR_SHAPE,
                    "Given groups=9223372036854775807, expected weight to be at least "
                    "9223372036854775807 at dimension 0",
                    "[1, 1, 3, 3]");
}

static void row_04_stride_2_to_31_transposed(void **state)
{
    (void)state;
    request r = transposed1d(1, 3);
    r.conv.stride[0] = INT64_C(1) << 31;
    request_has_shape(&r, DIMS(1, 1, 3));
    request_gives(&r, 1);
    r = transposed1d(2, 3);
    r.conv.stride[0] = INT64_C(1) << 31;
    request_has_shape(&r, DIMS(1, 1, (INT64_C(1) << 31) + 3));
    r = transposed1d(5, 3);
    r.conv.stride[0] = INT64_C(1) << 61;
    request_refused(&r, FALTUNG_ERROR_OVERFLOW, "", NULL);
}

static void row_05_dilation_2_to_31_with_same(void **state)
{
    (void)state;
    request r = conv1d(5, 3);
    r.conv.padding_rule = FALTUNG_PADDING_SAME;
    r.conv.dilation[0] = INT64_C(1) << 31;
    request_has_shape(&r, DIMS(1, 1, 5));
    request_gives(&r, 1); // the middle tap alone meets the input
    r.conv.dilation[0] = INT64_C(1) << 62;
    request_refused(&r, FALTUNG_ERROR_OVERFLOW, "", "4611686018427387904");
}

static void row_06_padding_near_int64_max(void **state)
{
    (void)state;
    // Both sides together, or the bytes of so many outputs, are beyond 64 bits.
    for (int64_t padding = INT64_MAX; padding > INT64_MAX / 8; padding = padding / 2 - 1) {
        request r = conv1d(8, 3);
        r.conv.padding[0] = (faltung_padding){padding, padding};
        bool huge = padding > INT64_MAX / 2;
        request_refused(&r, huge ? FALTUNG_ERROR_PADDING : FALTUNG_ERROR_OVERFLOW,
                        huge ? "expected padding to be at most 4611686018427387903" : "", NULL);
    }
    request r = transposed1d(8, 3);
    r.conv.padding[0] = (faltung_padding){INT64_MAX, INT64_MAX};
    request_refused(&r, FALTUNG_ERROR_PADDING, "expected padding to be at most", NULL);
}

static void row_07_padding_2_to_55(void **state)
{
    (void)state;
    request r = conv2d(DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 3));
    for (int i = 0; i < 2; i++)
        r.conv.padding[i] = (faltung_padding){INT64_C(1) << 55, INT64_C(1) << 55};
    request_refused(&r, FALTUNG_ERROR_OVERFLOW, "output", "72057594037927942");
}

static void row_08_kernel_size_0(void **state)
{
    (void)state;
    for (int transposed = 0; transposed < 2; transposed++) {
        request r = conv2d(DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 0));
        r.conv.operation = transposed ? FALTUNG_CONV_TRANSPOSE : FALTUNG_CONV;
        request_refused(&r, FALTUNG_ERROR_KERNEL,
                        "kernel size should be greater than zero, but got kernel_height: 3 "
                        "kernel_width: 0",
                        NULL);
    }
    request r = conv2d(DIMS(1, 0, 8, 8), DIMS(0, 0, 0, 0));
    request_refused(&r, FALTUNG_ERROR_SHAPE,
                    "Given groups=1, expected weight to be at least 1 at dimension 0", NULL);
}

static void row_09_empty_input(void **state)
{
    (void)state;
    for (int rule = 0; rule < 6; rule++) {
        request r = conv2d(DIMS(1, 1, 8, 0), DIMS(1, 1, 3, 3));
        r.conv.padding_rule = (faltung_padding_rule)rule;
        request_refused(&r, FALTUNG_ERROR_EMPTY,
                        "Only zero batch or zero channel inputs are supported", "[1, 1, 8, 0]");
    }
    // No batch and no channels are computed: test_numbers.c.
    request r = conv2d(DIMS(0, 1, 8, 8), DIMS(1, 1, 3, 3));
    request_has_shape(&r, DIMS(0, 1, 6, 6));
    r = conv2d(DIMS(2, 0, 8, 8), DIMS(4, 0, 3, 3));
    request_has_shape(&r, DIMS(2, 4, 6, 6));
}

static void row_10_no_output_channels(void **state)
{
    (void)state;
    request r = conv2d(DIMS(1, 3, 8, 8), DIMS(0, 3, 3, 3));
    request_refused(&r, FALTUNG_ERROR_SHAPE,
                    "Given groups=1, expected weight to be at least 1 at dimension 0, but got "
                    "weight of size [0, 3, 3, 3] instead",
                    NULL);
    r = conv2d(DIMS(1, 3, 8, 8), DIMS(3, 0, 3, 3));
    r.conv.operation = FALTUNG_CONV_TRANSPOSE;
    request_refused(&r, FALTUNG_ERROR_EMPTY, "weight", "[3, 0, 3, 3]");
}

static void row_11_seven_axes_and_huge_parameters(void **state)
{
    (void)state;
    request r = conv2d(DIMS(1, 2, 0, 3, 4, 5, 6), DIMS(1, 1, 3, 3));
    r.conv.operation = FALTUNG_CONV_TRANSPOSE;
    r.conv.stride[0] = r.conv.stride[1] = INT64_MAX;
    r.conv.padding[0].begin = INT64_MAX / 2;
    request_refused(&r, FALTUNG_ERROR_RANK,
                    "Expected 3D (unbatched) or 4D (batched) input to conv_transpose2d, but got "
                    "input of size: [1, 2, 0, 3, 4, 5, 6]",
                    NULL);
}

// A parameter list has a fixed length here; what can be wrong is the number of axes.
static void row_12_wrong_number_of_axes(void **state)
{
    (void)state;
    static const int axes[] = {-1, 0, 4, 1 << 30};
    for (size_t i = 0; i < COUNT_OF(axes); i++) {
        request r = conv2d(DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 3));
        r.conv.axes = axes[i];
        request_refused(&r, FALTUNG_ERROR_OPTION, "axes", NULL);
    }
}

static void options_out_of_range(void **state)
{
    (void)state;
    request r = conv2d(DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 3));
    r.conv.operation = (faltung_operation)0;
    request_refused(&r, FALTUNG_ERROR_OPTION, "operation", "0");
    r.conv.operation = FALTUNG_CONV;
    r.conv.threads = -1;
    request_refused(&r, FALTUNG_ERROR_OPTION, "threads", "-1");
    r.conv.threads = 0;
    r.conv.accuracy = (faltung_accuracy)3;
    request_refused(&r, FALTUNG_ERROR_OPTION, "accuracy", "3");
    r.conv.accuracy = FALTUNG_ACCURACY_BALANCED;
    r.conv.padding_rule = (faltung_padding_rule)-1;
    request_refused(&r, FALTUNG_ERROR_OPTION, "padding_rule", "-1");
}

// ------------------------------------------------------------------------- operands that do not
// fit

static void row_15_weight_smaller_than_declared(void **state)
{
    (void)state;
    request r = conv2d(DIMS(1, 3, 8, 8), DIMS(4, 3, 3));
    request_refused(&r, FALTUNG_ERROR_RANK, "weight", "[4, 3, 3]");
    r.weight = DIMS(4, 2, 3, 3);
    request_refused(&r, FALTUNG_ERROR_SHAPE, "weight of size [4, 2, 3, 3]", "3 channels");
    r.weight = DIMS(2, 3, 3, 3);
    r.conv.groups = 4;
    request_refused(&r, FALTUNG_ERROR_SHAPE, "groups=4", "[2, 3, 3, 3]");
}

static void an_output_of_the_wrong_shape(void **state)
{
    (void)state;
    static const int64_t strides[5];
    const dims wrong[] = {DIMS(1, 1, 6, 5), DIMS(1, 2, 6, 6),    DIMS(2, 1, 6, 6),
                          DIMS(1, 6, 6),    DIMS(1, 1, 1, 6, 6), DIMS(1, 1, 7, 6)};
    float one = 1;
    const dims input_dims = DIMS(1, 1, 8, 8);
    const dims weight_dims = DIMS(1, 1, 3, 3);
    faltung_tensor input = {&one, FALTUNG_F32, 4, input_dims.size, strides};
    faltung_tensor weight = {&one, FALTUNG_F32, 4, weight_dims.size, strides};
    const faltung_conv conv = FALTUNG_CONV2D;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        faltung_message message = {""};
        array output;
        array_make(&output, FALTUNG_F32, wrong[i].rank, wrong[i].size);
        faltung_status status =
            faltung_convolve(&conv, &input, &weight, NULL, &output.tensor, &message);
        assert_true(status == FALTUNG_ERROR_SHAPE ||
                    (status == FALTUNG_ERROR_RANK && wrong[i].rank != 4));
        assert_refused(status, status, &message, "output", "[1, 1, 6, 6]");
        array_free(&output);
    }
    faltung_message message = {""};
    array output;
    array_make(&output, FALTUNG_F64, 4, DIMS(1, 1, 6, 6).size);
    assert_refused(faltung_convolve(&conv, &input, &weight, NULL, &output.tensor, &message),
                   FALTUNG_ERROR_DTYPE, &message, "output", "f64");
    array_free(&output);
}

// --------------------------------------------------------------------------- results, not refusals

static void row_21_output_padding(void **state)
{
    (void)state;
    request r = transposed1d(4, 3);
    r.conv.output_padding[0] = -1;
    request_refused(&r, FALTUNG_ERROR_OUTPUT_PADDING, "negative output_padding is not supported",
                    "output_padding=[-1]");
    r.conv.output_padding[0] = INT64_MAX;
    request_refused(&r, FALTUNG_ERROR_OUTPUT_PADDING,
                    "output padding must be smaller than either stride or dilation",
                    "9223372036854775807");
    // Below the dilation, not the stride: allowed.
    r.conv.output_padding[0] = 1;
    r.conv.dilation[0] = 2;
    request_has_shape(&r, DIMS(1, 1, 9));
}

// Compares the library with the oracle on small integers.
static void assert_right(const sample *s)
{
    prng random = {17};
    faltung_message message = {""};
    operands o;
    operands_make(&o, s, FALTUNG_F32);
    operands_fill_integers(&o, &random, 9);
    const faltung_conv conv = sample_conv(s);
    assert_ok(faltung_convolve(&conv, &o.input.tensor, &o.weight.tensor, &o.bias.tensor,
                               &o.output.tensor, &message),
              &message);
    oracle_sum *expected = oracle_convolve(s, &o, true);
    for (int64_t i = 0; i < o.output.count; i++)
        assert_true(array_get(&o.output, i) == (double)expected[i].value);
    free(expected);
    operands_free(&o);
}

// A rule never gives a negative padding, which would crop: it is none.
static void row_23_stride_over_kernel_with_same(void **state)
{
    (void)state;
    static const faltung_padding_rule rules[] = {
        FALTUNG_PADDING_SAME_UPPER, FALTUNG_PADDING_SAME_LOWER, FALTUNG_PADDING_SAME_SYMMETRIC};
    for (int64_t width = 1; width <= 12; width++)
        for (size_t i = 0; i < COUNT_OF(rules); i++) {
            sample s = sample_make(false, 1);
            faltung_axis *axis = sample_axis(&s, 0);
            axis->input = width, axis->kernel = 2, axis->stride = 5;
            assert_int_equal(faltung_axis_set_padding(axis, rules[i], NULL), FALTUNG_OK);
            assert_true(axis->padding.begin >= 0 && axis->padding.end >= 0);
            assert_true(sample_measure(&s) && s.output[2] == (width + 4) / 5);
            assert_right(&s);
        }
}

static void row_26_padding_over_kernel_and_kernel_over_16(void **state)
{
    (void)state;
    for (int64_t kernel = 1; kernel <= 40; kernel += 3)
        for (int64_t padding = kernel; padding <= kernel + 2; padding++) {
            sample s = sample_make(false, 1);
            *sample_axis(&s, 0) =
                (faltung_axis){20, kernel, 1, 1, {padding, padding + 1}, false, 0, 1};
            assert_true(sample_measure(&s));
            assert_right(&s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_01_stride_0),
        cmocka_unit_test(row_02_groups_0),
        cmocka_unit_test(row_03_groups_int64_min),
        cmocka_unit_test(row_04_stride_2_to_31_transposed),
        cmocka_unit_test(row_05_dilation_2_to_31_with_same),
        cmocka_unit_test(row_06_padding_near_int64_max),
        cmocka_unit_test(row_07_padding_2_to_55),
        cmocka_unit_test(row_08_kernel_size_0),
        cmocka_unit_test(row_09_empty_input),
        cmocka_unit_test(row_10_no_output_channels),
        cmocka_unit_test(row_11_seven_axes_and_huge_parameters),
        cmocka_unit_test(row_12_wrong_number_of_axes),
        cmocka_unit_test(options_out_of_range),
        cmocka_unit_test(row_15_weight_smaller_than_declared),
        cmocka_unit_test(an_output_of_the_wrong_shape),
        cmocka_unit_test(row_21_output_padding),
        cmocka_unit_test(row_23_stride_over_kernel_with_same),
        cmocka_unit_test(row_26_padding_over_kernel_and_kernel_over_16),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
