// SPDX-License-Identifier: Apache-2.0
//
// Counting, checking, copying and converting tensors.
#include "support.h"

#include <math.h>
#include <string.h>

// ------------------------------------------------------------------------------------- counting

static faltung_tensor view(faltung_dtype dtype, int rank, const int64_t *shape,
                           const int64_t *strides)
{
    return (faltung_tensor){NULL, dtype, rank, shape, strides};
}

static void counts_are_products(void **state)
{
    (void)state;
    const int64_t shape[] = {3, 0, 4, 5};
    const int64_t big[] = {INT64_C(1) << 30, INT64_C(1) << 30};
    int64_t count = -1;
    faltung_tensor tensor = view(FALTUNG_F32, 2, shape + 2, NULL);
    assert_ok(faltung_tensor_count(&tensor, &count, NULL), &(faltung_message){""});
    assert_true(count == 20);
    tensor = view(FALTUNG_F16, 4, shape, NULL);
    assert_int_equal(faltung_tensor_count(&tensor, &count, NULL), FALTUNG_OK);
    assert_true(count == 0);
    tensor = view(FALTUNG_F64, 0, NULL, NULL);
    assert_int_equal(faltung_tensor_count(&tensor, &count, NULL), FALTUNG_OK);
    assert_true(count == 1);
    tensor = view(FALTUNG_F32, 2, big, NULL);
    assert_int_equal(faltung_tensor_count(&tensor, &count, NULL), FALTUNG_OK);
    assert_true(count == INT64_C(1) << 60);
}

static void bad_tensors_are_refused(void **state)
{
    (void)state;
    static const int64_t ones[FALTUNG_MAX_RANK + 1];
    static const int64_t negative[] = {2, -3};
    static const int64_t wraps[] = {INT64_C(1) << 32, INT64_C(1) << 32};
    static const int64_t bytes[] = {INT64_C(1) << 61, 1};
    static const int64_t two[] = {2, 2};
    static const int64_t far[] = {INT64_MAX / 2, INT64_MAX / 2};
    static const int64_t least[] = {INT64_MIN, 1};
    static const struct {
        faltung_tensor tensor;
        faltung_status status;
        const char *words;
    } cases[] = {
        {{NULL, (faltung_dtype)0, 2, two, NULL}, FALTUNG_ERROR_DTYPE, "0"},
        {{NULL, (faltung_dtype)99, 2, two, NULL}, FALTUNG_ERROR_DTYPE, "99"},
        {{NULL, FALTUNG_F32, -1, two, NULL}, FALTUNG_ERROR_RANK, "-1"},
        {{NULL, FALTUNG_F32, FALTUNG_MAX_RANK + 1, ones, NULL}, FALTUNG_ERROR_RANK, "33"},
        {{NULL, FALTUNG_F32, 2, NULL, NULL}, FALTUNG_ERROR_NULL, "shape"},
        {{NULL, FALTUNG_F32, 2, negative, NULL}, FALTUNG_ERROR_SHAPE, "-3"},
        {{NULL, FALTUNG_F32, 2, wraps, NULL}, FALTUNG_ERROR_OVERFLOW, "4294967296"},
        {{NULL, FALTUNG_F64, 2, bytes, NULL}, FALTUNG_ERROR_OVERFLOW, "2305843009213693952"},
        {{NULL, FALTUNG_F32, 2, two, far}, FALTUNG_ERROR_OVERFLOW, ""},
        {{NULL, FALTUNG_F32, 2, two, least}, FALTUNG_ERROR_OVERFLOW, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        faltung_message message = {""};
        int64_t count;
        assert_refused(faltung_tensor_count(&cases[i].tensor, &count, &message), cases[i].status,
                       &message, cases[i].words, NULL);
    }
}

static void an_empty_tensor_has_no_far_element(void **state)
{
    (void)state;
    const int64_t shape[] = {0, INT64_MAX};
    const int64_t strides[] = {INT64_MAX, INT64_MAX};
    int64_t count = -1;
    faltung_tensor tensor = view(FALTUNG_F64, 2, shape, strides);
    assert_int_equal(faltung_tensor_count(&tensor, &count, NULL), FALTUNG_OK);
    assert_true(count == 0);
}

static void names_and_sizes_of_types(void **state)
{
    (void)state;
    assert_true(faltung_dtype_size(FALTUNG_F16) == 2);
    assert_true(faltung_dtype_size(FALTUNG_F32) == 4);
    assert_true(faltung_dtype_size(FALTUNG_F64) == 8);
    assert_true(faltung_dtype_size((faltung_dtype)0) == 0);
    assert_true(faltung_dtype_size((faltung_dtype)-1) == 0);
    assert_string_equal(faltung_dtype_name(FALTUNG_F16), "f16");
    assert_string_equal(faltung_dtype_name(FALTUNG_F32), "f32");
    assert_string_equal(faltung_dtype_name(FALTUNG_F64), "f64");
    assert_string_equal(faltung_dtype_name(FALTUNG_BF16), "bf16");
    assert_string_equal(faltung_dtype_name(FALTUNG_I8), "i8");
    assert_string_equal(faltung_dtype_name(FALTUNG_U8), "u8");
    assert_string_equal(faltung_dtype_name(FALTUNG_I32), "i32");
    assert_string_equal(faltung_dtype_name(FALTUNG_C64), "c64");
    assert_string_equal(faltung_dtype_name(FALTUNG_C128), "c128");
    assert_true(faltung_dtype_size(FALTUNG_BF16) == 2 && faltung_dtype_size(FALTUNG_I8) == 1);
    assert_true(faltung_dtype_size(FALTUNG_U8) == 1 && faltung_dtype_size(FALTUNG_I32) == 4);
    assert_true(faltung_dtype_size(FALTUNG_C64) == 8 && faltung_dtype_size(FALTUNG_C128) == 16);
    assert_string_equal(faltung_dtype_name((faltung_dtype)(FALTUNG_C128 + 1)), "unknown");
    assert_string_equal(faltung_dtype_name((faltung_dtype)-4), "unknown");
}

static void results_of_bytes_are_wider(void **state)
{
    (void)state;
    for (int dtype = FALTUNG_F32; dtype <= FALTUNG_C128; dtype++) {
        faltung_dtype expected = (faltung_dtype)dtype;
        if (dtype == FALTUNG_I8 || dtype == FALTUNG_U8)
            expected = FALTUNG_I32;
        if (dtype == FALTUNG_I32)
            expected = (faltung_dtype)0;
        assert_int_equal(faltung_result_dtype((faltung_dtype)dtype), expected);
    }
    assert_int_equal(faltung_result_dtype((faltung_dtype)0), 0);
    assert_int_equal(faltung_result_dtype((faltung_dtype)99), 0);
}

// ------------------------------------------------------------------------------------ converting

static void copy(const array *from, const array *to)
{
    faltung_message message = {""};
    assert_ok(faltung_tensor_copy(&from->tensor, &to->tensor, &message), &message);
}

static void check_halves_survive(faltung_dtype type, double (*value_of)(uint16_t))
{
    const int64_t count = 65536;
    array half, wide, back;
    array_make(&half, type, 1, &count);
    array_make(&back, type, 1, &count);
    for (int64_t i = 0; i < count; i++)
        ((uint16_t *)half.memory)[i] = (uint16_t)i;
    for (int to = FALTUNG_F32; to <= FALTUNG_F64; to++) {
        array_make(&wide, (faltung_dtype)to, 1, &count);
        copy(&half, &wide);
        array_fill_bytes(&back, 0);
        copy(&wide, &back);
        for (int64_t i = 0; i < count; i++) {
            double expected = value_of((uint16_t)i), found = array_get(&wide, i);
            uint16_t bits = ((uint16_t *)back.memory)[i];
            assert_true(isnan(expected) ? isnan(found) : found == expected);
            assert_true(!signbit(found) == !(i >> 15));
            // A NaN stays one, with its sign; any other number comes back with every bit.
            assert_true(isnan(expected) ? isnan(value_of(bits)) && bits >> 15 == i >> 15
                                        : bits == i);
        }
        array_free(&wide);
    }
    array_free(&half);
    array_free(&back);
}

static void every_half_survives_wider_types(void **state)
{
    (void)state;
    check_halves_survive(FALTUNG_F16, half_to_double);
    check_halves_survive(FALTUNG_BF16, brain_to_double);
}

// Converts one number and returns the bits of the result as a double, or as a half.
static array converted(double value, faltung_dtype from, faltung_dtype to)
{
    const int64_t one = 1;
    array source, result;
    array_make(&source, from, 1, &one);
    array_make(&result, to, 1, &one);
    array_set(&source, 0, value);
    copy(&source, &result);
    array_free(&source);
    return result;
}

static void assert_bits(double value, faltung_dtype from, faltung_dtype to, uint16_t expected)
{
    array result = converted(value, from, to);
    assert_int_equal(*(uint16_t *)result.memory, expected);
    array_free(&result);
}

static void assert_half(double value, faltung_dtype from, uint16_t expected)
{
    assert_bits(value, from, FALTUNG_F16, expected);
}

static void brains_round_to_nearest_even(void **state)
{
    (void)state;
    for (uint16_t bits = 0; bits < 0x7f80; bits++) {
        double low = brain_to_double(bits);
        double high = bits == 0x7f7f ? 0x1p128 : brain_to_double((uint16_t)(bits + 1));
        double middle = (low + high) / 2;
        uint16_t even = (uint16_t)(bits + (bits & 1));
        assert_bits(middle, FALTUNG_F64, FALTUNG_BF16, even);
        assert_bits(nextafter(middle, 0), FALTUNG_F64, FALTUNG_BF16, bits);
        assert_bits(nextafter(middle, INFINITY), FALTUNG_F64, FALTUNG_BF16, (uint16_t)(bits + 1));
        assert_bits(-middle, FALTUNG_F32, FALTUNG_BF16, (uint16_t)(0x8000 | even));
    }
    assert_bits(1e300, FALTUNG_F64, FALTUNG_BF16, 0x7f80);
    assert_bits(-INFINITY, FALTUNG_F32, FALTUNG_BF16, 0xff80);
    assert_bits(-1e-300, FALTUNG_F64, FALTUNG_BF16, 0x8000);
}

static void assert_whole(double value, faltung_dtype to, double expected)
{
    array result = converted(value, FALTUNG_F64, to);
    assert_true(array_get(&result, 0) == expected);
    array_free(&result);
}

static void integers_take_the_nearest_that_they_have(void **state)
{
    (void)state;
    static const struct {
        faltung_dtype dtype;
        double low, high;
    } types[] = {
        {FALTUNG_I8, -128, 127}, {FALTUNG_U8, 0, 255}, {FALTUNG_I32, -2147483648.0, 2147483647}};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        const faltung_dtype to = types[i].dtype;
        assert_whole(2.5, to, 2);
        assert_whole(3.5, to, 4);
        assert_whole(-0.25, to, 0);
        assert_whole(types[i].low, to, types[i].low);
        assert_whole(types[i].low - 1, to, types[i].low);
        assert_whole(types[i].high, to, types[i].high);
        assert_whole(types[i].high + 0.75, to, types[i].high);
        assert_whole(INFINITY, to, types[i].high);
        assert_whole(-1e300, to, types[i].low);
        assert_whole(NAN, to, 0);
    }
}

static void complex_numbers_keep_their_parts(void **state)
{
    (void)state;
    faltung_message message = {""};
    const int64_t two = 2;
    array single, pair, real;
    array_make(&single, FALTUNG_C64, 1, &two);
    array_make(&pair, FALTUNG_C128, 1, &two);
    array_make(&real, FALTUNG_F32, 1, &two);
    for (int i = 0; i < 4; i++)
        array_set(&single, i, i + 0.5);
    copy(&single, &pair);
    for (int i = 0; i < 4; i++)
        assert_true(array_get(&pair, i) == i + 0.5);
    assert_refused(faltung_tensor_copy(&pair.tensor, &real.tensor, &message), FALTUNG_ERROR_DTYPE,
                   &message, "c128", "imaginary");
    array_set(&real, 1, 7);
    copy(&real, &single);
    assert_true(array_get(&single, 0) == 0 && array_get(&single, 1) == 0);
    assert_true(array_get(&single, 2) == 7 && array_get(&single, 3) == 0);
    array_free(&single);
    array_free(&pair);
    array_free(&real);
}

static void halves_round_to_nearest_even(void **state)
{
    (void)state;
    // Every midpoint between two neighbours, and the doubles beside it: to the even one, or to the
    // nearer one. The last midpoint, 65520, is where infinity begins.
    for (uint16_t bits = 0; bits < 0x7c00; bits++) {
        double low = half_to_double(bits);
        double high = bits == 0x7bff ? 65536 : half_to_double((uint16_t)(bits + 1));
        double middle = (low + high) / 2;
        uint16_t even = (uint16_t)(bits + (bits & 1));
        assert_half(middle, FALTUNG_F64, even);
        assert_half(nextafter(middle, 0), FALTUNG_F64, bits);
        assert_half(nextafter(middle, INFINITY), FALTUNG_F64, (uint16_t)(bits + 1));
        assert_half(-middle, FALTUNG_F32, (uint16_t)(0x8000 | even));
        assert_half(nextafterf((float)middle, 0), FALTUNG_F32, bits);
        assert_half(nextafterf((float)middle, INFINITY), FALTUNG_F32, (uint16_t)(bits + 1));
    }
}

static void numbers_beyond_a_half_become_its_ends(void **state)
{
    (void)state;
    assert_half(1e300, FALTUNG_F64, 0x7c00);
    assert_half(-1e300, FALTUNG_F64, 0xfc00);
    assert_half(INFINITY, FALTUNG_F32, 0x7c00);
    assert_half(-INFINITY, FALTUNG_F64, 0xfc00);
    assert_half(1e-300, FALTUNG_F64, 0);
    assert_half(-1e-300, FALTUNG_F64, 0x8000);
    assert_half(0x1p-1074, FALTUNG_F64, 0);
    assert_half(0x1p-25, FALTUNG_F64, 0);
    assert_half(-0.0, FALTUNG_F32, 0x8000);
}

// A double is rounded once: by way of f32, which lies on the midpoint, it would go the wrong way.
static void a_double_becomes_a_half_in_one_rounding(void **state)
{
    (void)state;
    assert_half(1 + 0x1p-11 + 0x1p-40, FALTUNG_F64, 0x3c01);
    assert_half(1 + 0x3p-11 - 0x1p-40, FALTUNG_F64, 0x3c01);
    assert_half(0x1p-25 + 0x1p-60, FALTUNG_F64, 1);
    assert_half(65520 - 0x1p-30, FALTUNG_F64, 0x7bff);
}

static void doubles_round_to_floats(void **state)
{
    (void)state;
    static const struct {
        double value;
        float expected;
    } cases[] = {
        {1 + 0x1p-24, 1},
        {1 + 0x1p-24 + 0x1p-52, 1 + 0x1p-23f},
        {1 + 0x3p-24, 1 + 0x1p-22f},
        {0x1p-150, 0},
        {0x1p-150 + 0x1p-200, 0x1p-149f},
        {0x3p-150, 0x1p-148f},
        {0x1.ffffffp127, INFINITY},
        {0x1.fffffefffffffp127, 0x1.fffffep127f},
        {-1e300, -INFINITY},
        {INFINITY, INFINITY},
        {0x1p-1074, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        array result = converted(cases[i].value, FALTUNG_F64, FALTUNG_F32);
        assert_memory_equal(result.memory, &cases[i].expected, sizeof(float));
        array_free(&result);
    }
}

static void random_numbers_convert_by_one_rounding(void **state)
{
    (void)state;
    prng random = {9};
    const int64_t count = 20000;
    array from, half, single;
    array_make(&from, FALTUNG_F64, 1, &count);
    array_make(&half, FALTUNG_F16, 1, &count);
    array_make(&single, FALTUNG_F32, 1, &count);
    for (int64_t i = 0; i < count; i++)
        array_set(&from, i, ldexp(random_real(&random), (int)random_between(&random, -30, 18)));
    copy(&from, &half);
    copy(&from, &single);
    for (int64_t i = 0; i < count; i++) {
        double value = array_get(&from, i);
        assert_int_equal(((uint16_t *)half.memory)[i], half_from_double(value));
        assert_true(((float *)single.memory)[i] == (float)value);
    }
    array_free(&from);
    array_free(&half);
    array_free(&single);
}

static void nan_stays_nan(void **state)
{
    (void)state;
    for (int from = FALTUNG_F32; from <= FALTUNG_BF16; from++)
        for (int to = FALTUNG_F32; to <= FALTUNG_BF16; to++) {
            array result = converted(NAN, (faltung_dtype)from, (faltung_dtype)to);
            assert_true(isnan(array_get(&result, 0)));
            array_free(&result);
        }
    // All of whose fraction lies below a half's, or a float's, last place.
    const int64_t one = 1;
    const uint64_t low_fraction = UINT64_C(0x7ff0000000000001);
    array source, single, half;
    array_make(&source, FALTUNG_F64, 1, &one);
    array_make(&single, FALTUNG_F32, 1, &one);
    array_make(&half, FALTUNG_F16, 1, &one);
    memcpy(source.memory, &low_fraction, sizeof low_fraction);
    copy(&source, &single);
    copy(&source, &half);
    assert_true(isnan(array_get(&single, 0)));
    assert_true(isnan(array_get(&half, 0)));
    array_free(&source);
    array_free(&single);
    array_free(&half);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_products),
        cmocka_unit_test(bad_tensors_are_refused),
        cmocka_unit_test(an_empty_tensor_has_no_far_element),
        cmocka_unit_test(names_and_sizes_of_types),
        cmocka_unit_test(results_of_bytes_are_wider),
        cmocka_unit_test(every_half_survives_wider_types),
        cmocka_unit_test(halves_round_to_nearest_even),
        cmocka_unit_test(brains_round_to_nearest_even),
        cmocka_unit_test(integers_take_the_nearest_that_they_have),
        cmocka_unit_test(complex_numbers_keep_their_parts),
        cmocka_unit_test(numbers_beyond_a_half_become_its_ends),
        cmocka_unit_test(a_double_becomes_a_half_in_one_rounding),
        cmocka_unit_test(doubles_round_to_floats),
        cmocka_unit_test(random_numbers_convert_by_one_rounding),
        cmocka_unit_test(nan_stays_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
