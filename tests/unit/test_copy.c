// SPDX-License-Identifier: Apache-2.0
//
// Copies between strided views, and which of them share memory.
#include "support.h"

static const int64_t shape_2x3[] = {2, 3};

static void transposed_views_copy_by_index(void **state)
{
    (void)state;
    array from, to;
    array_make(&from, FALTUNG_F32, 2, shape_2x3);
    array_make(&to, FALTUNG_F64, 2, shape_2x3);
    for (int64_t i = 0; i < 6; i++)
        array_set(&from, i, (double)i);
    to.strides[0] = 1;
    to.strides[1] = 2;
    to.tensor.strides = to.strides;
    assert_int_equal(faltung_tensor_copy(&from.tensor, &to.tensor, NULL), FALTUNG_OK);
    for (int64_t i = 0; i < 6; i++)
        assert_true(array_get(&to, i % 3 * 2 + i / 3) == (double)i);
    array_free(&from);
    array_free(&to);
}

static void reversed_and_broadcast_views_copy_by_index(void **state)
{
    (void)state;
    const int64_t row[] = {3};
    array from, to;
    array_make(&from, FALTUNG_F16, 1, row);
    array_make(&to, FALTUNG_F32, 2, shape_2x3);
    for (int64_t i = 0; i < 3; i++)
        array_set(&from, i, (double)(i + 1));
    const int64_t strides[] = {0, -1};
    faltung_tensor reversed = {(uint16_t *)from.memory + 2, FALTUNG_F16, 2, shape_2x3, strides};
    assert_int_equal(faltung_tensor_copy(&reversed, &to.tensor, NULL), FALTUNG_OK);
    for (int64_t i = 0; i < 6; i++)
        assert_true(array_get(&to, i) == (double)(3 - i % 3));
    array_free(&from);
    array_free(&to);
}

static void a_spaced_destination_keeps_what_lies_between(void **state)
{
    (void)state;
    const int64_t seven = 7;
    const int64_t four = 4;
    const int64_t two = 2;
    array from, to;
    array_make(&from, FALTUNG_F64, 1, &four);
    array_make(&to, FALTUNG_F64, 1, &seven);
    for (int64_t i = 0; i < 7; i++)
        array_set(&to, i, -1);
    faltung_tensor spaced = {to.memory, FALTUNG_F64, 1, &four, &two};
    assert_int_equal(faltung_tensor_copy(&from.tensor, &spaced, NULL), FALTUNG_OK);
    for (int64_t i = 0; i < 7; i++)
        assert_true(array_get(&to, i) == (i % 2 ? -1 : 0));
    array_free(&from);
    array_free(&to);
}

// Random views of rank 0 to 5 with permuted axes, against arithmetic on indices.
static void random_permutations_copy_by_index(void **state)
{
    (void)state;
    prng random = {10};
    for (int i = 0; i < 500; i++) {
        int rank = (int)random_between(&random, 0, 5);
        int64_t shape[5], from_strides[5], to_strides[5];
        for (int a = 0; a < rank; a++)
            shape[a] = random_between(&random, 1, 4);
        array from, to;
        array_make(&from, FALTUNG_F32, rank, shape);
        array_make(&to, FALTUNG_F32, rank, shape);
        for (int64_t j = 0; j < from.count; j++)
            array_set(&from, j, (double)j);
        // The destination's axes lie in memory in the opposite order.
        int64_t step = 1;
        for (int a = 0; a < rank; a++) {
            from_strides[a] = from.strides[a];
            to_strides[a] = step;
            step *= shape[a];
        }
        from.tensor.strides = from_strides;
        to.tensor.strides = to_strides;
        assert_int_equal(faltung_tensor_copy(&from.tensor, &to.tensor, NULL), FALTUNG_OK);
        for (int64_t j = 0; j < from.count; j++) {
            int64_t there = 0;
            for (int a = 0; a < rank; a++)
                there += j / from.strides[a] % shape[a] * to_strides[a];
            assert_true(array_get(&to, there) == (double)j);
        }
        array_free(&from);
        array_free(&to);
    }
}

static void empty_tensors_copy_without_data(void **state)
{
    (void)state;
    const int64_t shape[] = {3, 0};
    faltung_tensor from = {NULL, FALTUNG_F32, 2, shape, NULL};
    faltung_tensor to = {NULL, FALTUNG_F64, 2, shape, NULL};
    assert_int_equal(faltung_tensor_copy(&from, &to, NULL), FALTUNG_OK);
}

static void unequal_shapes_are_refused(void **state)
{
    (void)state;
    faltung_message message = {""};
    const int64_t shape_3x2[] = {3, 2};
    array from, to;
    array_make(&from, FALTUNG_F32, 2, shape_2x3);
    array_make(&to, FALTUNG_F32, 2, shape_3x2);
    assert_refused(faltung_tensor_copy(&from.tensor, &to.tensor, &message), FALTUNG_ERROR_SHAPE,
                   &message, "[", NULL);
    array_free(&to);
    array_make(&to, FALTUNG_F32, 1, shape_2x3);
    assert_refused(faltung_tensor_copy(&from.tensor, &to.tensor, &message), FALTUNG_ERROR_SHAPE,
                   &message, "[", NULL);
    array_free(&from);
    array_free(&to);
}

// Views into one block of 16 floats: where each begins, its shape and strides.
static const struct {
    int64_t from, from_shape[2], from_strides[2];
    int64_t to, to_shape[2], to_strides[2];
    faltung_status status;
} overlaps[] = {
    {0, {2, 3}, {3, 1}, 6, {2, 3}, {3, 1}, FALTUNG_OK},              // side by side
    {0, {2, 3}, {3, 1}, 5, {2, 3}, {3, 1}, FALTUNG_ERROR_OVERLAP},   // one element shared
    {5, {2, 3}, {3, 1}, 0, {2, 3}, {3, 1}, FALTUNG_ERROR_OVERLAP},   // the other way round
    {0, {2, 3}, {3, 1}, 0, {2, 3}, {3, 1}, FALTUNG_ERROR_OVERLAP},   // the same
    {5, {2, 3}, {-3, -1}, 5, {2, 3}, {3, 1}, FALTUNG_ERROR_OVERLAP}, // reversed onto its end
    {0, {2, 3}, {3, 1}, 8, {2, 3}, {0, 1}, FALTUNG_ERROR_OVERLAP},   // broadcast destination
    {0, {2, 3}, {3, 1}, 8, {2, 3}, {2, 1}, FALTUNG_ERROR_OVERLAP},   // rows that run together
    {0, {2, 3}, {3, 1}, 8, {2, 3}, {1, 2}, FALTUNG_OK},              // rows that interleave
    {0, {2, 3}, {3, 1}, 8, {2, 3}, {-1, 2}, FALTUNG_OK},
    {0, {2, 3}, {0, 0}, 8, {2, 3}, {3, 1}, FALTUNG_OK},            // broadcast source
    {0, {2, 3}, {6, 2}, 1, {2, 3}, {6, 2}, FALTUNG_ERROR_OVERLAP}, // every second element each
    {0, {2, 3}, {3, 1}, 8, {2, 3}, {3, 2}, FALTUNG_ERROR_OVERLAP}, // rows that cross
    {0, {1, 3}, {0, 1}, 8, {1, 3}, {0, 1}, FALTUNG_OK},            // a stride that is not walked
};

static void shared_memory_is_refused(void **state)
{
    (void)state;
    const int64_t sixteen = 16;
    array block;
    array_make(&block, FALTUNG_F32, 1, &sixteen);
    float *data = block.memory;
    for (size_t i = 0; i < COUNT_OF(overlaps); i++) {
        faltung_message message = {""};
        faltung_tensor from = {data + overlaps[i].from, FALTUNG_F32, 2, overlaps[i].from_shape,
                               overlaps[i].from_strides};
        faltung_tensor to = {data + overlaps[i].to, FALTUNG_F32, 2, overlaps[i].to_shape,
                             overlaps[i].to_strides};
        faltung_status status = faltung_tensor_copy(&from, &to, &message);
        if (status != overlaps[i].status)
            print_error("overlap %zu\n", i);
        assert_int_equal(status, overlaps[i].status);
        assert_true((status == FALTUNG_OK) == (message.text[0] == '\0'));
    }
    array_free(&block);
}

static void copies_refuse_null(void **state)
{
    (void)state;
    faltung_message message = {""};
    array a, b;
    int64_t count;
    array_make(&a, FALTUNG_F32, 2, shape_2x3);
    array_make(&b, FALTUNG_F32, 2, shape_2x3);
    faltung_tensor no_data = b.tensor;
    no_data.data = NULL;
    assert_refused(faltung_tensor_copy(NULL, &b.tensor, &message), FALTUNG_ERROR_NULL, &message,
                   "source", NULL);
    assert_refused(faltung_tensor_copy(&a.tensor, NULL, &message), FALTUNG_ERROR_NULL, &message,
                   "destination", NULL);
    assert_refused(faltung_tensor_copy(&a.tensor, &no_data, &message), FALTUNG_ERROR_NULL, &message,
                   "destination", NULL);
    assert_refused(faltung_tensor_copy(&no_data, &b.tensor, &message), FALTUNG_ERROR_NULL, &message,
                   "source", NULL);
    assert_refused(faltung_tensor_count(NULL, &count, &message), FALTUNG_ERROR_NULL, &message,
                   "tensor", NULL);
    assert_refused(faltung_tensor_count(&a.tensor, NULL, &message), FALTUNG_ERROR_NULL, &message,
                   "count", NULL);
    // Without room for a message, all the same.
    assert_int_equal(faltung_tensor_copy(NULL, NULL, NULL), FALTUNG_ERROR_NULL);
    array_free(&a);
    array_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transposed_views_copy_by_index),
        cmocka_unit_test(reversed_and_broadcast_views_copy_by_index),
        cmocka_unit_test(a_spaced_destination_keeps_what_lies_between),
        cmocka_unit_test(random_permutations_copy_by_index),
        cmocka_unit_test(empty_tensors_copy_without_data),
        cmocka_unit_test(unequal_shapes_are_refused),
        cmocka_unit_test(shared_memory_is_refused),
        cmocka_unit_test(copies_refuse_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
