// SPDX-License-Identifier: Apache-2.0
//
// Output sizes and padding rules against a model in 128-bit integers, which cannot overflow here.
#include "size_checks.h"
#include "support.h"

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
        size_check_output(&axis);
        // The rules do not look at the padding that is there, and so need not meet every one.
        if (axis.padding.begin == axis.padding.end)
            size_check_all(&axis);
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
        size_check_all(&axis);
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
        size_check_all(&axes[i]);
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
