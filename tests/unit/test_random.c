// SPDX-License-Identifier: Apache-2.0
//
// The generator and the normal numbers, against PyTorch's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <faltung.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

typedef struct recorded {
    bool seeded;   // whether the stream begins anew, else it goes on from the row before
    uint64_t seed; // for torch.manual_seed
    faltung_dtype dtype;
    int64_t count;
    uint64_t hash;     // FNV-1a of the elements' bytes, low bytes first; 0 where no promise is made
    double samples[4]; // elements 0, count / 3, 2 * count / 3, count - 1
} recorded;

static const recorded table[] = {
#include "../vectors/randn.inc"
};

static faltung_generator seeded(uint64_t seed)
{
    faltung_generator generator;
    assert_int_equal(faltung_manual_seed(&generator, seed, NULL), FALTUNG_OK);
    return generator;
}

// Field by field: the struct may have bytes between them.
static void assert_same_stream(const faltung_generator *a, const faltung_generator *b)
{
    assert_memory_equal(a->state, b->state, sizeof a->state);
    assert_int_equal(a->next, b->next);
    assert_int_equal(a->has_spare, b->has_spare);
    assert_true(a->spare == b->spare);
}

// A contiguous tensor of one axis, drawn; the caller frees it.
static void *draw(faltung_generator *generator, faltung_dtype dtype, int64_t count)
{
    void *data = malloc((size_t)count * faltung_dtype_size(dtype) + 1);
    assert_non_null(data);
    faltung_tensor tensor = {data, dtype, 1, &count, NULL};
    faltung_message message;
    if (faltung_randn(generator, &tensor, &message))
        fail_msg("%s", message.text);
    return data;
}

static uint64_t hash_floats(const float *values, int64_t count)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (int shift = 0; shift < 32; shift += 8)
            hash = (hash ^ (bits >> shift & 0xff)) * 0x100000001b3u;
    }
    return hash;
}

// Where the bits depend on the C library, a few units in the last place are allowed.
static void check_samples(const recorded *row, const void *data)
{
    const int64_t places[4] = {0, row->count / 3, row->count * 2 / 3, row->count - 1};
    bool single = row->dtype == FALTUNG_F32;
    double allowed = row->hash ? 0 : 4 * (single ? (double)FLT_EPSILON : DBL_EPSILON);
    for (int i = 0; i < 4; i++) {
        int64_t j = places[i];
        double value = single ? (double)((const float *)data)[j] : ((const double *)data)[j];
        if (!(fabs(value - row->samples[i]) <= allowed * fabs(row->samples[i])))
            fail_msg("row %d of randn.inc, element %lld: %a, recorded was %a", (int)(row - table),
                     (long long)j, value, row->samples[i]);
    }
}

static void numbers_are_pytorchs(void **state)
{
    (void)state;
    faltung_generator generator;
    for (size_t i = 0; i < LENGTH(table); i++) {
        const recorded *row = &table[i];
        if (row->seeded)
            generator = seeded(row->seed);
        void *data = draw(&generator, row->dtype, row->count);
        check_samples(row, data);
        if (row->hash)
            assert_true(hash_floats(data, row->count) == row->hash);
        free(data);
    }
}

static void only_the_low_half_of_a_seed_counts(void **state)
{
    (void)state;
    faltung_generator a = seeded(14), b = seeded(14 + (UINT64_C(7) << 32)), c = seeded(15);
    assert_memory_equal(a.state, b.state, sizeof a.state);
    assert_memory_not_equal(a.state, c.state, sizeof a.state);
}

static void seeding_again_begins_the_stream_anew(void **state)
{
    (void)state;
    faltung_generator generator = seeded(3);
    float *first = draw(&generator, FALTUNG_F32, 1); // leaves a spare
    assert_int_equal(faltung_manual_seed(&generator, 3, NULL), FALTUNG_OK);
    float *second = draw(&generator, FALTUNG_F32, 1);
    assert_memory_equal(first, second, sizeof *first);
    free(first);
    free(second);
}

static void a_copied_generator_gives_the_same_numbers(void **state)
{
    (void)state;
    faltung_generator generator = seeded(6);
    free(draw(&generator, FALTUNG_F64, 701)); // past the first 624 words, with a spare to come
    free(draw(&generator, FALTUNG_F32, 1));
    faltung_generator copy = generator;
    float *first = draw(&generator, FALTUNG_F32, 15), *second = draw(&copy, FALTUNG_F32, 15);
    assert_memory_equal(first, second, 15 * sizeof *first);
    free(first);
    free(second);
}

// Draws a 3 x 4 x 5 tensor with these strides into a buffer, in which the element (0, 0, 0) is at
// `start`, and compares it with the contiguous one.
static void check_strides(faltung_dtype dtype, int64_t start, const int64_t strides[3])
{
    const int64_t shape[3] = {3, 4, 5};
    size_t size = faltung_dtype_size(dtype);
    double buffer[256];
    faltung_tensor tensor = {(char *)buffer + (size_t)start * size, dtype, 3, shape, strides};
    faltung_generator generator = seeded(8);
    assert_int_equal(faltung_randn(&generator, &tensor, NULL), FALTUNG_OK);
    generator = seeded(8);
    char *expected = draw(&generator, dtype, 60);
    for (int64_t i = 0; i < 60; i++) {
        int64_t at = i / 20 * strides[0] + i / 5 % 4 * strides[1] + i % 5 * strides[2];
        assert_memory_equal((char *)tensor.data + at * (int64_t)size, expected + i * (int64_t)size,
                            size);
    }
    free(expected);
}

static void strides_do_not_change_the_numbers(void **state)
{
    (void)state;
    const faltung_dtype dtypes[] = {FALTUNG_F32, FALTUNG_F64};
    for (size_t i = 0; i < LENGTH(dtypes); i++) {
        check_strides(dtypes[i], 0, (const int64_t[]){20, 5, 1});
        check_strides(dtypes[i], 0, (const int64_t[]){4, 1, 12});     // the axes exchanged
        check_strides(dtypes[i], 3, (const int64_t[]){80, 16, 3});    // with gaps
        check_strides(dtypes[i], 59, (const int64_t[]){-20, -5, -1}); // reversed
    }
}

// Of 60 elements the last 16 are drawn again, over a border between blocks; here they must not
// touch the elements that lie between those of the tensor.
static void only_the_elements_are_written(void **state)
{
    (void)state;
    float buffer[120];
    memset(buffer, 0x55, sizeof buffer);
    faltung_generator generator = seeded(8);
    faltung_tensor tensor = {buffer, FALTUNG_F32, 1, (const int64_t[]){60}, (const int64_t[]){2}};
    assert_int_equal(faltung_randn(&generator, &tensor, NULL), FALTUNG_OK);
    for (int i = 1; i < 120; i += 2) {
        const unsigned char untouched[] = {0x55, 0x55, 0x55, 0x55};
        assert_memory_equal(&buffer[i], untouched, sizeof untouched);
    }
}

static void a_tensor_without_axes_is_one_number(void **state)
{
    (void)state;
    faltung_generator generator = seeded(9), other = seeded(9);
    double number;
    faltung_tensor tensor = {&number, FALTUNG_F64, 0, NULL, NULL};
    assert_int_equal(faltung_randn(&generator, &tensor, NULL), FALTUNG_OK);
    double *expected = draw(&other, FALTUNG_F64, 1);
    assert_memory_equal(&number, expected, sizeof number);
    free(expected);
}

static void an_empty_tensor_draws_nothing(void **state)
{
    (void)state;
    faltung_generator generator = seeded(9), before = generator;
    faltung_tensor tensor = {NULL, FALTUNG_F32, 2, (const int64_t[]){0, 1000}, NULL};
    assert_int_equal(faltung_randn(&generator, &tensor, NULL), FALTUNG_OK);
    assert_same_stream(&generator, &before);
}

// A state of zeros gives uniform zeros only, hence a radius of -0.
static void zero_has_no_sign(void **state)
{
    (void)state;
    const int64_t counts[] = {15, 40};
    const faltung_dtype dtypes[] = {FALTUNG_F32, FALTUNG_F64};
    for (int i = 0; i < 4; i++) {
        faltung_generator zeros = {{0}, 0, false, 0};
        int64_t count = counts[i % 2];
        faltung_dtype dtype = dtypes[i / 2];
        unsigned char *bytes = draw(&zeros, dtype, count);
        for (size_t j = 0; j < (size_t)count * faltung_dtype_size(dtype); j++)
            assert_int_equal(bytes[j], 0);
        free(bytes);
    }
}

// Refused with this status and a message that has these words, and nothing drawn.
static void check_refused(const faltung_tensor *tensor, faltung_status status, const char *words)
{
    faltung_generator generator = seeded(1), before = generator;
    faltung_message message = {""};
    assert_int_equal(faltung_randn(&generator, tensor, &message), status);
    assert_non_null(strstr(message.text, words));
    assert_same_stream(&generator, &before);
}

static void unusable_tensors_are_refused(void **state)
{
    (void)state;
    double data[32];
    const int64_t shape[2] = {4, 8}, negative[2] = {4, -8}, huge[2] = {INT64_MAX, 2};
    const int64_t overlapping[2] = {4, 1};
    check_refused(NULL, FALTUNG_ERROR_NULL, "tensor is NULL");
    check_refused(&(faltung_tensor){NULL, FALTUNG_F32, 2, shape, NULL}, FALTUNG_ERROR_NULL, "data");
    check_refused(&(faltung_tensor){data, FALTUNG_F16, 2, shape, NULL}, FALTUNG_ERROR_DTYPE, "f16");
    check_refused(&(faltung_tensor){data, FALTUNG_F64, 2, negative, NULL}, FALTUNG_ERROR_SHAPE,
                  "-8");
    check_refused(&(faltung_tensor){data, FALTUNG_F64, 33, shape, NULL}, FALTUNG_ERROR_RANK, "33");
    check_refused(&(faltung_tensor){data, FALTUNG_F64, 2, huge, NULL}, FALTUNG_ERROR_OVERFLOW,
                  "9223372036854775807");
    check_refused(&(faltung_tensor){data, FALTUNG_F64, 2, shape, overlapping},
                  FALTUNG_ERROR_OVERLAP, "overlap");
}

static void unusable_generators_are_refused(void **state)
{
    (void)state;
    float data[1];
    const faltung_tensor tensor = {data, FALTUNG_F32, 0, NULL, NULL};
    faltung_generator generator = seeded(1);
    const int wrong[] = {-1, 625, INT32_MAX, INT32_MIN};
    assert_int_equal(faltung_manual_seed(NULL, 1, NULL), FALTUNG_ERROR_NULL);
    assert_int_equal(faltung_randn(NULL, &tensor, NULL), FALTUNG_ERROR_NULL);
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        generator.next = wrong[i];
        assert_int_equal(faltung_randn(&generator, &tensor, NULL), FALTUNG_ERROR_OPTION);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_pytorchs),
        cmocka_unit_test(only_the_low_half_of_a_seed_counts),
        cmocka_unit_test(seeding_again_begins_the_stream_anew),
        cmocka_unit_test(a_copied_generator_gives_the_same_numbers),
        cmocka_unit_test(strides_do_not_change_the_numbers),
        cmocka_unit_test(only_the_elements_are_written),
        cmocka_unit_test(a_tensor_without_axes_is_one_number),
        cmocka_unit_test(an_empty_tensor_draws_nothing),
        cmocka_unit_test(zero_has_no_sign),
        cmocka_unit_test(unusable_tensors_are_refused),
        cmocka_unit_test(unusable_generators_are_refused),
    };
    return cmocka_run_group_tests_name("random numbers", tests, NULL, NULL);
}
