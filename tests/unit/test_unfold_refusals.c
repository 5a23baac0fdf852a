// SPDX-License-Identifier: Apache-2.0
//
// What unfold and fold refuse, and in which words: PyTorch's where PyTorch has them.
#include "support.h"

typedef struct request {
    faltung_conv conv;
    int64_t kernel[3];
    int rank;
    int64_t shape[5];
} request;

static void assert_no_unfold(const request *r, faltung_status status, const char *words)
{
    float one = 1;
    static const int64_t nowhere[5];
    const faltung_tensor x = {&one, FALTUNG_F32, r->rank, r->shape, nowhere};
    const faltung_tensor y = {&one, FALTUNG_F32, 1, (int64_t[]){1}, NULL};
    int64_t shape[3];
    faltung_message m = {""};
    assert_refused(faltung_unfold_shape(&r->conv, r->kernel, &x, shape, &m), status, &m, words,
                   NULL);
    assert_refused(faltung_unfold(&r->conv, r->kernel, &x, &y, &m), status, &m, words, NULL);
}

static void assert_no_fold(const request *r, faltung_status status, const char *words)
{
    float one = 1;
    static const int64_t nowhere[5];
    const faltung_tensor x = {&one, FALTUNG_F32, r->rank, r->shape, nowhere};
    const faltung_tensor y = {&one, FALTUNG_F32, 1, (int64_t[]){1}, NULL};
    int64_t shape[5];
    faltung_message m = {""};
    assert_refused(faltung_fold_shape(&r->conv, r->kernel, &x, shape, &m), status, &m, words, NULL);
    assert_refused(faltung_fold(&r->conv, r->kernel, &x, &y, &m), status, &m, words, NULL);
}

static void unfold_refuses_in_the_words_of_torch(void **state)
{
    (void)state;
    const request good = {FALTUNG_CONV2D, {3, 3}, 4, {2, 3, 5, 6}};
    request r = good;
    r.kernel[1] = 0;
    assert_no_unfold(&r, FALTUNG_ERROR_KERNEL,
                     "kernel size should be greater than zero, but got kernel_height: 3 "
                     "kernel_width: 0");
    r = good;
    r.conv.dilation[1] = -2;
    assert_no_unfold(&r, FALTUNG_ERROR_DILATION,
                     "dilation should be greater than zero, but got dilation_height: 1 "
                     "dilation_width: -2");
    r = good;
    r.conv.padding[1].end = -1;
    assert_no_unfold(&r, FALTUNG_ERROR_PADDING,
                     "padding should be non-negative, but got pad_height: 0 pad_width: -1");
    r = good;
    r.conv.stride[0] = 0;
    assert_no_unfold(&r, FALTUNG_ERROR_STRIDE,
                     "stride should be greater than zero, but got stride_height: 0 stride_width: "
                     "1");
    r = good;
    r.shape[1] = 0;
    assert_no_unfold(&r, FALTUNG_ERROR_EMPTY,
                     "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other "
                     "non-zero dimensions for input, but got: [2, 0, 5, 6]");
    r.rank = 2;
    assert_no_unfold(&r, FALTUNG_ERROR_RANK, "for input, but got: [2, 0]");
    r = good;
    r.conv.dilation[0] = r.conv.dilation[1] = 4;
    r.conv.padding[0] = r.conv.padding[1] = (faltung_padding){1, 1};
    assert_no_unfold(&r, FALTUNG_ERROR_TOO_SMALL,
                     "Given input with spatial size (5, 6), kernel_size=(3, 3), dilation=(4, 4), "
                     "padding=(1, 1), calculated shape of the array of sliding blocks as (-1, 0), "
                     "but its components must be at least one.");
    r = good;
    r.conv.padding_rule = FALTUNG_PADDING_SAME;
    r.conv.stride[0] = 2;
    assert_no_unfold(&r, FALTUNG_ERROR_PADDING, "padding='same' is not supported for strided");
}

static void unfold_refuses_sizes_past_64_bits(void **state)
{
    (void)state;
    const request good = {FALTUNG_CONV2D, {3, 3}, 4, {2, 3, 5, 6}};
    request r = good;
    r.conv.padding[0].begin = INT64_MAX;
    assert_no_unfold(&r, FALTUNG_ERROR_OVERFLOW, "64 bits");
    r.conv.padding[0].begin = INT64_MAX / 2;
    r.conv.padding[1].begin = INT64_MAX / 2;
    assert_no_unfold(&r, FALTUNG_ERROR_OVERFLOW, "64 bits");
    r.conv.padding[1].begin = 0;
    assert_no_unfold(&r, FALTUNG_ERROR_OVERFLOW, "64 bits");
    r = good;
    r.kernel[0] = r.kernel[1] = INT64_MAX;
    assert_no_unfold(&r, FALTUNG_ERROR_TOO_SMALL, "calculated shape");
    r.conv.dilation[0] = 2;
    assert_no_unfold(&r, FALTUNG_ERROR_OVERFLOW, "64 bits");
}

static void unfold_refuses_other_options(void **state)
{
    (void)state;
    const request good = {FALTUNG_CONV2D, {3, 3}, 4, {2, 3, 5, 6}};
    request r = good;
    r.conv.operation = FALTUNG_CONV_TRANSPOSE;
    assert_no_unfold(&r, FALTUNG_ERROR_OPTION, "operation=2");
    r = good;
    r.conv.padding_mode = FALTUNG_PADDING_REFLECT;
    assert_no_unfold(&r, FALTUNG_ERROR_OPTION, "padding_mode='reflect'");
    r = good;
    r.conv.input_dilation[1] = 2;
    assert_no_unfold(&r, FALTUNG_ERROR_DILATION, "input_dilation=2");
    r = good;
    r.conv.axes = 0;
    assert_no_unfold(&r, FALTUNG_ERROR_OPTION, "axes=0");
    r = good;
    r.conv.threads = -1;
    assert_no_unfold(&r, FALTUNG_ERROR_OPTION, "threads=-1");
}

static void fold_refuses_in_the_words_of_torch(void **state)
{
    (void)state;
    request good = {FALTUNG_CONV2D, {3, 3}, 3, {2, 27, 12}};
    good.conv.has_output_size = true;
    good.conv.output_size[0] = 5;
    good.conv.output_size[1] = 6;
    request r = good;
    r.conv.output_size[0] = 6;
    assert_no_fold(&r, FALTUNG_ERROR_SHAPE,
                   "Given output_size=(6, 6), kernel_size=(3, 3), dilation=(1, 1), padding=(0, 0), "
                   "stride=(1, 1), expected size of input's dimension 2 to match the calculated "
                   "number of sliding blocks 4 * 4 = 16, but got input.size(2)=12.");
    r.conv.output_size[0] = 2;
    r.conv.output_size[1] = 2;
    assert_no_fold(&r, FALTUNG_ERROR_SHAPE, "sliding blocks 0 * 0 = 0, but got input.size(2)=12.");
    r.conv.output_size[0] = -1;
    assert_no_fold(&r, FALTUNG_ERROR_OUTPUT_SIZE,
                   "Expected output spatial size to be positive, but got: output_size=(-1, 2).");
    r = good;
    r.kernel[0] = 4;
    assert_no_fold(&r, FALTUNG_ERROR_SHAPE, "but got input.size(1)=27 and kernel_size=(4, 3)");
    r = good;
    r.shape[1] = 26;
    assert_no_fold(&r, FALTUNG_ERROR_SHAPE,
                   "Expected size of input's dimension 1 to be divisible by the product of "
                   "kernel_size, but got input.size(1)=26 and kernel_size=(3, 3).");
    r = good;
    r.shape[2] = 0;
    assert_no_fold(&r, FALTUNG_ERROR_EMPTY,
                   "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
                   "non-zero dimensions for input, but got: [2, 27, 0]");
    r.rank = 1;
    assert_no_fold(&r, FALTUNG_ERROR_RANK, "for input, but got: [2]");
    r = good;
    r.kernel[0] = -1;
    assert_no_fold(&r, FALTUNG_ERROR_KERNEL, "kernel_height: -1 kernel_width: 3");
    r = good;
    r.conv.has_output_size = false;
    assert_no_fold(&r, FALTUNG_ERROR_OUTPUT_SIZE, "fold needs output_size");
    r = good;
    r.conv.output_size[0] = r.conv.output_size[1] = INT64_MAX;
    assert_no_fold(&r, FALTUNG_ERROR_OVERFLOW, "64 bits");
}

static void tensors_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static float numbers[64];
    const int64_t kernel[] = {2, 2}, x_shape[] = {1, 3, 4}, y_shape[] = {4, 6}, bad[] = {4, 5};
    faltung_conv conv = FALTUNG_CONV2D;
    faltung_message m = {""};
    const faltung_tensor x = {numbers, FALTUNG_F32, 3, x_shape, NULL};
    const faltung_tensor y = {numbers + 12, FALTUNG_F32, 2, y_shape, NULL};
    faltung_tensor t = y;
    int64_t shape[5];
    conv.has_output_size = true;
    conv.output_size[0] = 3;
    conv.output_size[1] = 4;
    t.shape = bad;
    assert_refused(faltung_unfold(&conv, kernel, &x, &t, &m), FALTUNG_ERROR_SHAPE, &m,
                   "output has size [4, 5], expected is [4, 6]", NULL);
    t = y;
    t.dtype = FALTUNG_F16;
    assert_refused(faltung_unfold(&conv, kernel, &x, &t, &m), FALTUNG_ERROR_DTYPE, &m,
                   "output has type f16, expected is f32", NULL);
    t = y;
    t.rank = 1;
    assert_refused(faltung_unfold(&conv, kernel, &x, &t, &m), FALTUNG_ERROR_RANK, &m, "output has",
                   NULL);
    t = y;
    t.data = numbers + 11;
    assert_refused(faltung_unfold(&conv, kernel, &x, &t, &m), FALTUNG_ERROR_OVERLAP, &m,
                   "output shares memory with input", NULL);
    assert_refused(faltung_fold(&conv, kernel, &t, &x, &m), FALTUNG_ERROR_OVERLAP, &m,
                   "output shares memory with input", NULL);
    t.data = NULL;
    assert_refused(faltung_unfold(&conv, kernel, &x, &t, &m), FALTUNG_ERROR_NULL, &m,
                   "the data of output", NULL);
    assert_refused(faltung_fold(&conv, kernel, &t, &x, &m), FALTUNG_ERROR_NULL, &m,
                   "the data of input", NULL);
    t = y;
    t.strides = (int64_t[]){1, 1};
    assert_refused(faltung_unfold(&conv, kernel, &x, &t, &m), FALTUNG_ERROR_OVERLAP, &m,
                   "output overlaps itself", NULL);
    assert_refused(faltung_unfold(NULL, kernel, &x, &y, &m), FALTUNG_ERROR_NULL, &m, "conv", NULL);
    assert_refused(faltung_unfold(&conv, NULL, &x, &y, &m), FALTUNG_ERROR_NULL, &m, "kernel", NULL);
    assert_refused(faltung_unfold(&conv, kernel, NULL, &y, &m), FALTUNG_ERROR_NULL, &m, "input",
                   NULL);
    assert_refused(faltung_unfold(&conv, kernel, &x, NULL, &m), FALTUNG_ERROR_NULL, &m, "output",
                   NULL);
    assert_refused(faltung_fold(NULL, kernel, &y, &x, &m), FALTUNG_ERROR_NULL, &m, "conv", NULL);
    assert_refused(faltung_fold(&conv, NULL, &y, &x, &m), FALTUNG_ERROR_NULL, &m, "kernel", NULL);
    assert_refused(faltung_fold(&conv, kernel, NULL, &x, &m), FALTUNG_ERROR_NULL, &m, "columns",
                   NULL);
    assert_refused(faltung_fold(&conv, kernel, &y, NULL, &m), FALTUNG_ERROR_NULL, &m, "output",
                   NULL);
    assert_refused(faltung_unfold_shape(&conv, kernel, &x, NULL, &m), FALTUNG_ERROR_NULL, &m,
                   "shape", NULL);
    assert_refused(faltung_fold_shape(&conv, kernel, &y, NULL, &m), FALTUNG_ERROR_NULL, &m, "shape",
                   NULL);
    assert_int_equal(faltung_fold_shape(&conv, kernel, &y, shape, NULL), FALTUNG_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unfold_refuses_in_the_words_of_torch),
        cmocka_unit_test(unfold_refuses_sizes_past_64_bits),
        cmocka_unit_test(unfold_refuses_other_options),
        cmocka_unit_test(fold_refuses_in_the_words_of_torch),
        cmocka_unit_test(tensors_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
