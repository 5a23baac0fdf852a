// SPDX-License-Identifier: Apache-2.0
//
// Sizes, counts and indices beyond 32 bits and beyond 64: rows 16 to 20 of what others broke on.
#include "request.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static request conv1d(int64_t input, int64_t kernel)
{
    return request_make((faltung_conv)FALTUNG_CONV1D, DIMS(1, 1, input), DIMS(1, 1, kernel));
}

static request conv2d(dims input, dims weight)
{
    return request_make((faltung_conv)FALTUNG_CONV2D, input, weight);
}

static void row_16_kernel_area_wraps_32_bits(void **state)
{
    (void)state;
    request r = conv2d(DIMS(1, 1, 65536, 65536), DIMS(1, 1, 65536, 65536));
    request_has_shape(&r, DIMS(1, 1, 1, 1));
    faltung_tensor input = {NULL, FALTUNG_F32, 4, r.input.size, NULL};
    faltung_tensor weight = {NULL, FALTUNG_F32, 4, r.weight.size, NULL};
    faltung_explanation explanation;
    assert_int_equal(faltung_explain(&r.conv, &input, &weight, &explanation, NULL), FALTUNG_OK);
    assert_true(explanation.multiply_adds == 0x1p32);
    r.input = DIMS(1, 1, 8, 8);
    request_refused(&r, FALTUNG_ERROR_TOO_SMALL, "Kernel size: (65536 x 65536)", NULL);
}

static void row_17_element_count_wraps(void **state)
{
    (void)state;
    const int64_t huge = INT64_C(1) << 32;
    const dims weight_dims = DIMS(1, 1, 3, 3);
    const faltung_conv conv = FALTUNG_CONV2D;
    const dims wraps[] = {DIMS(huge, 1, huge, 8), DIMS(1, 1, huge, huge), DIMS(INT64_MAX, 1, 8, 8)};
    for (size_t i = 0; i < COUNT_OF(wraps); i++) {
        faltung_message message = {""};
        int64_t shape[FALTUNG_MAX_AXES + 2];
        faltung_tensor input = {NULL, FALTUNG_F32, 4, wraps[i].size, NULL};
        faltung_tensor weight = {NULL, FALTUNG_F32, 4, weight_dims.size, NULL};
        assert_refused(faltung_output_shape(&conv, &input, &weight, shape, &message),
                       FALTUNG_ERROR_OVERFLOW, &message, "input", NULL);
    }
    request r = conv2d(DIMS(1, 1, 8, 8), DIMS(1, INT64_MAX, 3, 3));
    r.conv.groups = 1;
    request_refused(&r, FALTUNG_ERROR_OVERFLOW, "weight", NULL);
}

// f16 zeros by the gigabyte, of which the machine keeps none but the pages that are written. NULL
// where there is no such address space.
static uint16_t *map_zeros(size_t bytes)
{
    int zeros = open("/dev/zero", O_RDWR);
    assert_true(zeros >= 0);
    void *memory = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, zeros, 0);
    close(zeros);
    return memory == MAP_FAILED ? NULL : memory;
}

// Makes the page of an element writable and writes 1 to it.
static void put_one(uint16_t *memory, int64_t index)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *place = (char *)(memory + index);
    char *begin = place - (uintptr_t)place % page;
    assert_int_equal(mprotect(begin, page, PROT_READ | PROT_WRITE), 0);
    memory[index] = 0x3c00;
}

// Reads the last element of 2^31 + 10, in one axis and in the last of many rows.
static void row_18_index_over_int_max(void **state)
{
    (void)state;
    const int64_t count = (INT64_C(1) << 31) + 10;
    const size_t bytes = (size_t)count * sizeof(uint16_t);
    uint16_t *memory = map_zeros(bytes);
    if (!memory)
        skip();
    put_one(memory, count - 1);
    const dims flat = DIMS(1, 1, count);
    uint16_t one = 0x3c00;
    uint16_t results[3] = {7, 7, 7};
    faltung_conv conv = FALTUNG_CONV1D;
    conv.dilation[0] = count - 3;
    faltung_tensor input = {memory, FALTUNG_F16, 3, flat.size, NULL};
    const int64_t no_strides[3] = {0, 0, 0};
    faltung_tensor weight = {&one, FALTUNG_F16, 3, DIMS(1, 1, 2).size, no_strides};
    faltung_tensor output = {results, FALTUNG_F16, 3, DIMS(1, 1, 3).size, NULL};
    faltung_message message = {""};
    assert_ok(faltung_convolve(&conv, &input, &weight, NULL, &output, &message), &message);
    assert_true(results[0] == 0 && results[1] == 0 && results[2] == 0x3c00);

    // Two channels that lie so far apart: the last element again, by way of a stride.
    const int64_t far[] = {0, count - 2, 1};
    conv.dilation[0] = 1;
    input.shape = DIMS(1, 2, 2).size;
    input.strides = far;
    weight.shape = DIMS(1, 2, 2).size;
    output.shape = DIMS(1, 1, 1).size;
    assert_ok(faltung_convolve(&conv, &input, &weight, NULL, &output, &message), &message);
    assert_true(results[0] == 0x3c00);
    munmap(memory, bytes);
}

static void row_19_more_than_2_to_31_elements(void **state)
{
    (void)state;
    const int64_t many = (INT64_C(1) << 31) + 10;
    request r = conv1d(many, 1);
    request_has_shape(&r, DIMS(1, 1, many));
    r.conv.stride[0] = INT64_C(1) << 30;
    request_has_shape(&r, DIMS(1, 1, 3));
    request_gives(&r, 1);
    // With a border on both sides of so many, and a kernel that reaches across all of them.
    r = conv1d(many, 2);
    r.conv.dilation[0] = many;
    r.conv.padding[0] = (faltung_padding){1, 1};
    request_has_shape(&r, DIMS(1, 1, 2));
    request_gives(&r, 1);
    r = request_make((faltung_conv)FALTUNG_CONV1D, DIMS(many, many, many), DIMS(1, 1, 1));
    request_refused(&r, FALTUNG_ERROR_OVERFLOW, "input", NULL);
}

static void row_20_huge_size_and_padding(void **state)
{
    (void)state;
    request r = conv1d(INT64_C(1) << 60, 3);
    r.conv.padding[0] = (faltung_padding){INT64_MAX / 2, INT64_MAX / 2};
    request_refused(&r, FALTUNG_ERROR_OVERFLOW, "", "4611686018427387903");
    r.conv = (faltung_conv)FALTUNG_CONV_TRANSPOSE1D;
    r.conv.stride[0] = 8;
    request_refused(&r, FALTUNG_ERROR_OVERFLOW, "", NULL);
}

// No second output is there for the stride to lead to.
static void a_stride_far_beyond_the_input(void **state)
{
    (void)state;
    const int64_t strides[] = {INT64_C(1) << 30, INT64_C(1) << 45, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(strides); i++) {
        request r = conv2d(DIMS(1, 2, 6, 6), DIMS(3, 2, 3, 3));
        r.conv.stride[0] = r.conv.stride[1] = strides[i];
        request_has_shape(&r, DIMS(1, 3, 1, 1));
        request_gives(&r, 18);
        r.conv.padding[0] = r.conv.padding[1] = (faltung_padding){1, 1};
        request_gives(&r, 8);
        r = conv1d(6, 1);
        r.conv.stride[0] = INT64_MAX;
        r.conv.padding[0].begin = INT64_MAX / 2;
        request_gives(&r, 0);
    }
}

// Three rows that all miss the input, of so many products that threads share them.
static void a_stride_from_far_before_the_input_to_far_behind(void **state)
{
    (void)state;
    const int64_t far = INT64_C(1) << 61;
    request r = conv2d(DIMS(1, 512, 4, 16), DIMS(512, 512, 1, 1));
    r.conv.stride[0] = far;
    r.conv.padding[0] = (faltung_padding){far + 8, far};
    r.conv.threads = 2;
    request_has_shape(&r, DIMS(1, 512, 3, 16));
    request_gives(&r, 0);
}

// Contiguous, so that rows are copied in one piece where there is anything to copy.
static void a_window_far_from_the_input(void **state)
{
    (void)state;
    const dims six = DIMS(1, 1, 6), one = DIMS(1, 1, 1);
    float x[] = {1, 2, 3, 4, 5, 6}, w = 1, y = 7;
    const faltung_tensor input = {x, FALTUNG_F32, 3, six.size, NULL};
    const faltung_tensor weight = {&w, FALTUNG_F32, 3, one.size, NULL};
    const faltung_tensor output = {&y, FALTUNG_F32, 3, one.size, NULL};
    faltung_conv conv = FALTUNG_CONV1D;
    conv.stride[0] = INT64_MAX;
    conv.padding[0].begin = INT64_MAX / 2;
    faltung_message message = {""};
    assert_ok(faltung_convolve(&conv, &input, &weight, NULL, &output, &message), &message);
    assert_true(y == 0);
}

// An empty batch by a weight of so many groups that it could not be packed.
static void a_weight_beyond_all_memory(void **state)
{
    (void)state;
    const dims input_dims = DIMS(0, (INT64_C(1) << 58) + 1, 1);
    const dims weight_dims = DIMS((INT64_C(1) << 58) + 1, 1, 1);
    const int64_t strides[3] = {0};
    float one = 1;
    const faltung_tensor empty = {&one, FALTUNG_F32, 3, input_dims.size, NULL};
    const faltung_tensor weight = {&one, FALTUNG_F32, 3, weight_dims.size, strides};
    faltung_conv conv = FALTUNG_CONV1D;
    conv.groups = weight_dims.size[0];
    faltung_message message = {""};
    assert_ok(faltung_convolve(&conv, &empty, &weight, NULL, &empty, &message), &message);
    faltung_plan *plan;
    assert_refused(faltung_plan_create(&conv, &empty, &weight, NULL, &plan, &message),
                   FALTUNG_ERROR_MEMORY, &message, "out of memory", NULL);
    assert_null(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_16_kernel_area_wraps_32_bits),
        cmocka_unit_test(row_17_element_count_wraps),
        cmocka_unit_test(row_18_index_over_int_max),
        cmocka_unit_test(row_19_more_than_2_to_31_elements),
        cmocka_unit_test(row_20_huge_size_and_padding),
        cmocka_unit_test(a_stride_far_beyond_the_input),
        cmocka_unit_test(a_stride_from_far_before_the_input_to_far_behind),
        cmocka_unit_test(a_window_far_from_the_input),
        cmocka_unit_test(a_weight_beyond_all_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
