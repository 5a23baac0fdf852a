// SPDX-License-Identifier: Apache-2.0
//
// The lowest symmetric padding against brute force, the worked values of docs/semantics.md, and
// what a refused axis says.
#include "support.h"

#include <string.h>

static int64_t brute_force_lowest(const faltung_axis *axis)
{
    int64_t wanted = (axis->input + axis->stride - 1) / axis->stride;
    int64_t extent = axis->dilation * (axis->kernel - 1) + 1;
    for (int64_t p = 0; p <= extent; p++) {
        int64_t room = axis->input + 2 * p - extent;
        if (room >= 0 && room / axis->stride + 1 == wanted)
            return p;
    }
    return -1;
}

// Returns whether a lowest padding exists, and counts it if same_upper begins elsewhere.
static bool check_lowest(const faltung_axis *axis, int *shifted)
{
    faltung_message message = {""};
    int64_t lowest = brute_force_lowest(axis);
    faltung_padding_interval interval;
    assert_ok(faltung_find_padding_interval(axis, &interval, &message), &message);
    assert_int_equal(interval.exists, lowest >= 0);
    faltung_axis symmetric = *axis;
    faltung_status status =
        faltung_axis_set_padding(&symmetric, FALTUNG_PADDING_SAME_SYMMETRIC, &message);
    if (lowest < 0) {
        assert_int_equal(status, FALTUNG_ERROR_NO_PADDING);
        return false;
    }
    assert_ok(status, &message);
    assert_int_equal(interval.lowest, lowest);
    assert_int_equal(symmetric.padding.begin, lowest);
    assert_int_equal(symmetric.padding.end, lowest);
    faltung_axis upper = *axis;
    assert_ok(faltung_axis_set_padding(&upper, FALTUNG_PADDING_SAME_UPPER, &message), &message);
    *shifted += upper.padding.begin != lowest;
    return true;
}

static void lowest_padding_agrees_with_brute_force(void **state)
{
    (void)state;
    int cases = 0;
    int solvable = 0;
    int shifted = 0;
    for (int i = 0; i < 8 * 11 * 3 * 64; i++) {
        faltung_axis axis = FALTUNG_AXIS(i % 64 + 1, i / 64 % 11 + 1);
        axis.stride = i / (64 * 11) % 8 + 1;
        axis.dilation = i / (64 * 11 * 8) + 1;
        cases++;
        solvable += check_lowest(&axis, &shifted);
    }
    assert_int_equal(cases, 16896);
    assert_int_equal(solvable, 16256);
    assert_int_equal(shifted, 5959);
}

static void limits_are_attained_over_all_widths(void **state)
{
    (void)state;
    for (int i = 0; i < 8 * 11 * 3; i++) {
        faltung_axis axis = FALTUNG_AXIS(1, i % 11 + 1);
        axis.stride = i / 11 % 8 + 1;
        axis.dilation = i / (11 * 8) + 1;
        int64_t low = INT64_MAX;
        int64_t high = -1;
        for (axis.input = 1; axis.input <= 64; axis.input++) {
            int64_t lowest = brute_force_lowest(&axis);
            low = lowest < low ? lowest : low;
            high = lowest > high ? lowest : high;
        }
        faltung_padding_limits limits;
        faltung_status status = faltung_find_padding_limits(&axis, &limits, NULL);
        assert_int_equal(status, low < 0 ? FALTUNG_ERROR_NO_PADDING : FALTUNG_OK);
        if (low >= 0)
            assert_true(limits.low == low && limits.high == high);
    }
}

static void assert_lowest(int64_t input, int64_t kernel, int64_t stride, int64_t expected)
{
    faltung_axis axis = FALTUNG_AXIS(input, kernel);
    axis.stride = stride;
    faltung_padding_interval interval;
    assert_int_equal(faltung_find_padding_interval(&axis, &interval, NULL), FALTUNG_OK);
    assert_true(interval.exists);
    assert_int_equal(interval.lowest, expected);
}

static void worked_values_hold(void **state)
{
    (void)state;
    assert_lowest(90, 15, 10, 3);
    assert_lowest(90, 16, 10, 3);
    assert_lowest(91, 16, 10, 8);
    for (int64_t width = 200; width < 300; width++) {
        assert_lowest(width, 5, 2, 2);
        assert_lowest(width, 3, 1, 1);
    }
    // For widths that the stride divides, and get_padding's default width of 256.
    for (int64_t out = 1; out < 20; out++)
        assert_lowest(10 * out, 16, 10, 3);
    assert_lowest(256, 7, 2, 3);
    assert_lowest(256, 4, 4, 0);
}

// ------------------------------------------------------------------------------------- messages

static void refusals_name_the_argument_and_its_value(void **state)
{
    (void)state;
    static const struct {
        faltung_axis axis;
        faltung_status status;
        const char *words;
        const char *name;
        const char *value;
    } cases[] = {
        {{8, 3, 0, 1, {0, 0}, false, 0, 1},
         FALTUNG_ERROR_STRIDE,
         "non-positive stride is not supported",
         "stride",
         "0"},
        {{8, 3, -7, 1, {0, 0}, false, 0, 1},
         FALTUNG_ERROR_STRIDE,
         "non-positive stride is not supported",
         "stride",
         "-7"},
        {{8, 3, 1, 0, {0, 0}, false, 0, 1},
         FALTUNG_ERROR_DILATION,
         "dilation should be greater than zero",
         "dilation",
         "0"},
        {{8, 3, 1, 1, {-INT64_MAX / 2 - 1, 0}, false, 0, 1},
         FALTUNG_ERROR_PADDING,
         "expected padding to be at least -4611686018427387903",
         "padding",
         "-4611686018427387904"},
        {{8, 3, 1, 1, {0, INT64_MAX / 2 + 1}, false, 0, 1},
         FALTUNG_ERROR_PADDING,
         "expected padding to be at most 4611686018427387903",
         "padding",
         "4611686018427387904"},
        {{8, 3, 1, 1, {0, 0}, false, 0, 0},
         FALTUNG_ERROR_DILATION,
         "input dilation should be greater than zero",
         "input_dilation",
         "0"},
        {{8, 3, 1, 1, {0, 0}, true, 0, 2},
         FALTUNG_ERROR_DILATION,
         "input_dilation is for convolutions",
         "input_dilation",
         "2"},
        {{2, 1, 1, 1, {-1, -1}, false, 0, 1},
         FALTUNG_ERROR_TOO_SMALL,
         "Kernel size can't be greater than actual input size",
         "1",
         "0"},
        {{8, 0, 1, 1, {0, 0}, false, 0, 1},
         FALTUNG_ERROR_KERNEL,
         "kernel size should be greater than zero",
         "kernel",
         "0"},
        {{8, 3, 1, 1, {0, 0}, true, -1, 1},
         FALTUNG_ERROR_OUTPUT_PADDING,
         "negative output_padding is not supported",
         "output_padding",
         "-1"},
        {{8, 3, 2, 2, {0, 0}, true, 2, 1},
         FALTUNG_ERROR_OUTPUT_PADDING,
         "output padding must be smaller than either stride or dilation",
         "output_padding",
         "2"},
        {{2, 5, 1, 1, {0, 0}, false, 0, 1},
         FALTUNG_ERROR_TOO_SMALL,
         "Kernel size can't be greater than actual input size",
         "5",
         "2"},
        {{1, 1, 1, 1, {1, 1}, true, 0, 1},
         FALTUNG_ERROR_TOO_SMALL,
         "Output size is too small",
         "-1",
         "1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_message message = {""};
        int64_t size;
        faltung_status status = faltung_output_size(&cases[i].axis, &size, &message);
        assert_non_null(strstr(message.text, cases[i].name));
        assert_non_null(strstr(message.text, cases[i].value));
        assert_refused(status, cases[i].status, &message, cases[i].words, NULL);
    }
}

static void same_with_a_stride_is_refused_in_pytorchs_words(void **state)
{
    (void)state;
    faltung_message message = {""};
    faltung_axis axis = FALTUNG_AXIS(16, 3);
    axis.stride = 2;
    assert_refused(faltung_axis_set_padding(&axis, FALTUNG_PADDING_SAME, &message),
                   FALTUNG_ERROR_PADDING, &message,
                   "padding='same' is not supported for strided convolutions", "2");
}

static void no_symmetric_padding_is_explained(void **state)
{
    (void)state;
    faltung_message message = {""};
    faltung_axis axis = FALTUNG_AXIS(5, 4);
    faltung_status status =
        faltung_axis_set_padding(&axis, FALTUNG_PADDING_SAME_SYMMETRIC, &message);
    // The two one-sided answers are offered.
    assert_non_null(strstr(message.text, "1:2"));
    assert_non_null(strstr(message.text, "2:1"));
    assert_refused(status, FALTUNG_ERROR_NO_PADDING, &message, "no symmetric padding", NULL);
    faltung_padding_limits limits;
    assert_int_equal(faltung_find_padding_limits(&axis, &limits, NULL), FALTUNG_ERROR_NO_PADDING);
}

// ONNX's output_shape, by its specification.
static void transposed_outputs_are_cropped_to_any_size(void **state)
{
    (void)state;
    prng random = {90};
    for (int i = 0; i < 20000; i++) {
        faltung_message m = {""};
        faltung_axis axis =
            FALTUNG_AXIS(random_between(&random, 1, 9), random_between(&random, 1, 5));
        axis.stride = random_between(&random, 1, 4);
        axis.dilation = random_between(&random, 1, 3);
        axis.transposed = true;
        axis.output_padding = random_between(&random, 0, axis.stride - 1);
        const bool upper = random_between(&random, 0, 1);
        const int64_t wanted = random_between(&random, 1, 60), kept = axis.output_padding;
        int64_t total = axis.stride * (axis.input - 1) + axis.output_padding +
                        (axis.kernel - 1) * axis.dilation + 1 - wanted;
        int64_t size = 0, half = total / 2;
        assert_ok(
            faltung_axis_set_output_size(
                &axis, upper ? FALTUNG_PADDING_SAME_UPPER : FALTUNG_PADDING_SAME_LOWER, wanted, &m),
            &m);
        assert_ok(faltung_output_size(&axis, &size, &m), &m);
        assert_true(size == wanted && axis.output_padding == kept);
        if (total < 0)
            assert_true(axis.padding.begin == 0 && axis.padding.end == total);
        else
            assert_true(axis.padding.begin == (upper ? half : total - half) &&
                        axis.padding.end == total - axis.padding.begin);
    }
}

static void output_sizes_that_cannot_be_had_are_refused(void **state)
{
    (void)state;
    faltung_message m = {""};
    faltung_axis axis = FALTUNG_AXIS(8, 3);
    assert_refused(faltung_axis_set_output_size(NULL, FALTUNG_PADDING_VALID, 8, &m),
                   FALTUNG_ERROR_NULL, &m, "axis", NULL);
    assert_refused(faltung_axis_set_output_size(&axis, FALTUNG_PADDING_SAME_UPPER, 8, &m),
                   FALTUNG_ERROR_OUTPUT_SIZE, &m, "transposed convolution only: size=8", NULL);
    axis.transposed = true;
    axis.stride = 2;
    assert_refused(faltung_axis_set_output_size(&axis, FALTUNG_PADDING_SAME_LOWER, 0, &m),
                   FALTUNG_ERROR_OUTPUT_SIZE, &m,
                   "output_size=[0], allowed is 1 or more with padding='same_lower'", NULL);
    assert_refused(faltung_axis_set_output_size(&axis, FALTUNG_PADDING_VALID, 19, &m),
                   FALTUNG_ERROR_OUTPUT_SIZE, &m, "requested an output size of (19)",
                   "from [17] to [18]");
    assert_refused(faltung_axis_set_output_size(&axis, FALTUNG_PADDING_SAME_SYMMETRIC, 16, &m),
                   FALTUNG_ERROR_PADDING, &m, "padding='same_symmetric' is not supported", NULL);
    assert_refused(faltung_axis_set_output_size(&axis, (faltung_padding_rule)9, 16, &m),
                   FALTUNG_ERROR_OPTION, &m, "rule=9", NULL);
    assert_int_equal(axis.output_padding, 0);
    assert_ok(faltung_axis_set_output_size(&axis, FALTUNG_PADDING_EXPLICIT, 18, &m), &m);
    assert_int_equal(axis.output_padding, 1);
    axis.input = INT64_MAX / 2;
    assert_refused(faltung_axis_set_output_size(&axis, FALTUNG_PADDING_SAME_UPPER, 1, &m),
                   FALTUNG_ERROR_OVERFLOW, &m, "64 bits", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lowest_padding_agrees_with_brute_force),
        cmocka_unit_test(limits_are_attained_over_all_widths),
        cmocka_unit_test(worked_values_hold),
        cmocka_unit_test(refusals_name_the_argument_and_its_value),
        cmocka_unit_test(same_with_a_stride_is_refused_in_pytorchs_words),
        cmocka_unit_test(no_symmetric_padding_is_explained),
        cmocka_unit_test(transposed_outputs_are_cropped_to_any_size),
        cmocka_unit_test(output_sizes_that_cannot_be_had_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
