// SPDX-License-Identifier: Apache-2.0
//
// Output sizes and padding rules against a model in 128-bit integers, which cannot overflow here.
#include "size_model.h"
#include "support.h"

#include <inttypes.h>

static const faltung_padding_rule rules[] = {
    FALTUNG_PADDING_EXPLICIT,   FALTUNG_PADDING_VALID,      FALTUNG_PADDING_SAME,
    FALTUNG_PADDING_SAME_UPPER, FALTUNG_PADDING_SAME_LOWER, FALTUNG_PADDING_SAME_SYMMETRIC,
};

// Fails, naming the axis, unless the status is one of those that the model allows.
static bool agrees(const faltung_axis *axis, const char *what, faltung_status status,
                   unsigned allowed, const char *message)
{
    if (!(allowed & 1u << status))
        fail_msg("%s of W %" PRId64 " K %" PRId64 " S %" PRId64 " D %" PRId64 " padding %" PRId64
                 ":%" PRId64 " output_padding %" PRId64 "%s: status %s (%s), allowed: %x",
                 what, axis->input, axis->kernel, axis->stride, axis->dilation, axis->padding.begin,
                 axis->padding.end, axis->output_padding, axis->transposed ? " transposed" : "",
                 faltung_status_name(status), message, allowed);
    assert_true((status == FALTUNG_OK) == (message[0] == '\0'));
    return status == FALTUNG_OK;
}

static void check_output_size(const faltung_axis *axis)
{
    faltung_message message = {""};
    int64_t size = -1;
    faltung_status status = faltung_output_size(axis, &size, &message);
    wide expected = 0;
    unsigned allowed = model_output_size(axis, &expected);
    if (agrees(axis, "output size", status, allowed, message.text))
        assert_true(size == expected);
}

static void check_set_padding(const faltung_axis *axis, faltung_padding_rule rule)
{
    faltung_message message = {""};
    faltung_axis changed = *axis;
    faltung_status status = faltung_axis_set_padding(&changed, rule, &message);
    model_padding expected = {0};
    unsigned allowed = model_set_padding(axis, rule, &expected);
    if (!agrees(axis, faltung_padding_rule_name(rule), status, allowed, message.text)) {
        assert_memory_equal(&changed, axis, sizeof changed);
        return;
    }
    assert_true(changed.padding.begin == expected.begin);
    assert_true(changed.padding.end == expected.end);
    assert_true(changed.output_padding == expected.output_padding);
    assert_true(changed.input == axis->input && changed.kernel == axis->kernel);
    assert_true(changed.stride == axis->stride && changed.dilation == axis->dilation);
    assert_true(changed.transposed == axis->transposed);
}

static void check_interval(const faltung_axis *axis)
{
    faltung_message message = {""};
    faltung_padding_interval interval = {0};
    faltung_status status = faltung_find_padding_interval(axis, &interval, &message);
    model_interval expected = {0};
    unsigned allowed = model_find_interval(axis, &expected);
    if (!agrees(axis, "interval", status, allowed, message.text))
        return;
    assert_true(interval.output == expected.output);
    assert_true(interval.twice_min == expected.twice_min);
    assert_true(interval.twice_max == expected.twice_max);
    assert_true(interval.exists == expected.exists);
    assert_true(interval.lowest == expected.lowest);
}

static void check_limits(const faltung_axis *axis)
{
    faltung_message message = {""};
    faltung_padding_limits limits = {-1, -1};
    faltung_status status = faltung_find_padding_limits(axis, &limits, &message);
    wide low = 0;
    wide high = 0;
    unsigned allowed = model_find_limits(axis, &low, &high);
    if (agrees(axis, "limits", status, allowed, message.text))
        assert_true(limits.low == low && limits.high == high);
}

static void check_all(const faltung_axis *axis)
{
    check_output_size(axis);
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        check_set_padding(axis, rules[i]);
    check_interval(axis);
    check_limits(axis);
}

// ------------------------------------------------------------------------------ small and random

// The i-th axis of the exhaustive domain, whose ranges are walked like the digits of a number.
static faltung_axis small_axis(int i)
{
    faltung_axis axis = FALTUNG_AXIS(0, 0);
    axis.transposed = i % 2, i /= 2;
    axis.output_padding = i % 5 - 1, i /= 5;
    axis.padding.begin = i % 6 - 1, i /= 6;
    axis.padding.end = i % 6 - 1, i /= 6;
    axis.dilation = i % 4, i /= 4;
    axis.stride = i % 5, i /= 5;
    axis.kernel = i % 7, i /= 7;
    axis.input = i - 1;
    return axis;
}

static void small_axes_agree_with_the_model(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * 5 * 6 * 6 * 4 * 5 * 7 * 22; i++) {
        faltung_axis axis = small_axis(i);
        check_output_size(&axis);
        // The rules do not look at the padding that is there, and so need not meet every one.
        if (axis.padding.begin == axis.padding.end)
            check_all(&axis);
    }
}

// A number of any length in bits: mostly small, near a power of two, or near the ends of int64_t.
static int64_t extreme(prng *random)
{
    int64_t power = INT64_C(1) << random_between(random, 0, 62);
    switch (random_between(random, 0, 15)) {
    case 0:
        return INT64_MAX - random_between(random, 0, 3);
    case 1:
        return random_between(random, INT64_MIN, INT64_MIN + 3);
    case 2:
        return -random_between(random, 0, power);
    case 3:
    case 4:
        return power + random_between(random, -2, 2);
    case 5:
    case 6:
        return power - 1 + power; // all ones
    case 7:
    case 8:
    case 9:
        return random_between(random, 1, power);
    default:
        return random_between(random, 0, 4);
    }
}

static faltung_axis extreme_axis(prng *random)
{
    faltung_axis axis = FALTUNG_AXIS(0, 0);
    axis.input = extreme(random);
    axis.kernel = extreme(random);
    axis.stride = extreme(random);
    axis.dilation = extreme(random);
    if (random_between(random, 0, 1))
        axis.padding = (faltung_padding){extreme(random), extreme(random)};
    axis.transposed = random_between(random, 0, 1);
    if (axis.transposed && random_between(random, 0, 1))
        axis.output_padding = extreme(random);
    if (random_between(random, 0, 3) == 0)
        axis.input_dilation = extreme(random);
    return axis;
}

static void extreme_axes_agree_with_the_model(void **state)
{
    (void)state;
    prng random = {1};
    for (int i = 0; i < 300000; i++) {
        faltung_axis axis = extreme_axis(&random);
        check_all(&axis);
    }
}

// Axes of which a named quantity passes the end of int64_t as `step` goes from -3 to 3.
static void check_edges(int64_t step)
{
    const int64_t most = INT64_MAX - 3 + step;
    const int64_t half = INT64_MAX / 2 + step; // 2^62 - 1 + step
    const faltung_axis axes[] = {
        {half, 1, 1, 1, {INT64_MAX / 2, 1}, false, 0, 1}, // W + begin + end
        {INT64_MAX - 4, 1, 1, 1, {4 + step, 0}, false, 0, 1},
        {most, 5, most, 1, {0, 0}, false, 0, 1},
        {2, 1, 1, 1, {0, 0}, false, 0, most}, // (W - 1)*L
        {3, 1, 1, 1, {-5, 3}, false, 0, half},
        {most, 1, 1, 1, {-half, 3}, false, 0, 1}, // cropped
        {most, 1, 1, 1, {-7, -half}, false, 0, 1},
        {1, 2, 1, most, {0, 0}, false, 0, 1}, // K_eff
        {1, half, 1, 2, {0, 0}, false, 0, 1},
        {2, 1, most, 1, {0, 0}, true, 0, 1}, // (W - 1)*S
        {half, 3, 2, 1, {0, 0}, true, 0, 1},
        {half, 3, 2, 1, {1, 0}, true, 1, 1},
        {3, half, 2, 2, {0, 0}, true, 0, 1},
        {most, 2, 2, 1, {1, 1}, true, 0, 1},
        {INT64_MAX - 4, 1, 1, 1, {-2 - step, 9}, true, 0, 1}, // extended
        {half, 1, 2, 1, {-1, -half}, true, 0, 1},
    };
    for (size_t i = 0; i < COUNT_OF(axes); i++)
        check_all(&axes[i]);
}

static void sizes_at_the_edge_are_exact(void **state)
{
    (void)state;
    for (int64_t step = -3; step <= 3; step++)
        check_edges(step);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_axes_agree_with_the_model),
        cmocka_unit_test(extreme_axes_agree_with_the_model),
        cmocka_unit_test(sizes_at_the_edge_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
