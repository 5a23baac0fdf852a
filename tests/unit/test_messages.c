// SPDX-License-Identifier: Apache-2.0
//
// PyTorch's messages, word for word, each followed by the argument and its value where the words do
// not hold them already.
#include "request.h"

static void parameters_are_refused_in_pytorchs_words(void **state)
{
    (void)state;
    static const struct {
        faltung_padding padding;
        int64_t stride, dilation, groups;
        faltung_status status;
        const char *words, *detail;
    } cases[] = {
        {{0, 0},
         0,
         1,
         1,
         FALTUNG_ERROR_STRIDE,
         "non-positive stride is not supported",
         "stride=[1, 0]"},
        {{0, 0},
         -3,
         1,
         1,
         FALTUNG_ERROR_STRIDE,
         "non-positive stride is not supported",
         "stride=[1, -3]"},
        {{0, 0},
         1,
         0,
         1,
         FALTUNG_ERROR_DILATION,
         "dilation should be greater than zero",
         "dilation=[1, 0]"},
        {{0, 0},
         1,
         -2,
         1,
         FALTUNG_ERROR_DILATION,
         "dilation should be greater than zero",
         "dilation=[1, -2]"},
        {{0, INT64_MIN},
         1,
         1,
         1,
         FALTUNG_ERROR_PADDING,
         "expected padding to be at least",
         "padding=[0, 0:-9223372036854775808]"},
        {{0, 0}, 1, 1, 0, FALTUNG_ERROR_GROUPS, "non-positive groups is not supported", "groups=0"},
        {{0, 0},
         1,
         1,
         -4,
         FALTUNG_ERROR_GROUPS,
         "non-positive groups is not supported",
         "groups=-4"},
    };
    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        faltung_conv conv = FALTUNG_CONV2D;
        conv.operation = i % 2 ? FALTUNG_CONV_TRANSPOSE : FALTUNG_CONV;
        conv.stride[1] = cases[i / 2].stride;
        conv.dilation[1] = cases[i / 2].dilation;
        conv.padding[1] = cases[i / 2].padding;
        conv.groups = cases[i / 2].groups;
        request r = request_make(conv, DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 3));
        request_refused(&r, cases[i / 2].status, cases[i / 2].words, cases[i / 2].detail);
    }
}

static void a_huge_padding_is_refused(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV2D;
    conv.padding[0] = (faltung_padding){INT64_C(4611686018427387904), INT64_C(4611686018427387904)};
    request r = request_make(conv, DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 3));
    request_refused(&r, FALTUNG_ERROR_PADDING,
                    "Given padding=4611686018427387904 at dimension 0 , expected padding to be at "
                    "most 4611686018427387903",
                    NULL);
}

static void same_with_a_stride_is_refused(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV2D;
    conv.padding_rule = FALTUNG_PADDING_SAME;
    conv.stride[1] = 2;
    request r = request_make(conv, DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 3));
    request_refused(&r, FALTUNG_ERROR_PADDING,
                    "padding='same' is not supported for strided convolutions", "stride=[1, 2]");
}

// ----------------------------------------------------------------------------- ranks and channels

static void inputs_of_wrong_rank_are_refused(void **state)
{
    (void)state;
    request r = request_make((faltung_conv)FALTUNG_CONV2D, DIMS(8, 8), DIMS(1, 1, 3, 3));
    request_refused(&r, FALTUNG_ERROR_RANK,
                    "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of "
                    "size: [8, 8]",
                    NULL);
    r.input = DIMS(1, 1, 1, 8, 8);
    request_refused(&r, FALTUNG_ERROR_RANK,
                    "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of "
                    "size: [1, 1, 1, 8, 8]",
                    NULL);
    r = request_make((faltung_conv)FALTUNG_CONV1D, DIMS(1, 1, 8, 8), DIMS(1, 1, 3));
    request_refused(&r, FALTUNG_ERROR_RANK,
                    "Expected 2D (unbatched) or 3D (batched) input to conv1d, but got input of "
                    "size: [1, 1, 8, 8]",
                    NULL);
    r = request_make((faltung_conv)FALTUNG_CONV_TRANSPOSE3D, DIMS(8), DIMS(1, 1, 3, 3, 3));
    request_refused(&r, FALTUNG_ERROR_RANK,
                    "Expected 4D (unbatched) or 5D (batched) input to conv_transpose3d, but got "
                    "input of size: [8]",
                    NULL);
}

static void weights_of_wrong_shape_are_refused(void **state)
{
    (void)state;
    for (int transposed = 0; transposed < 2; transposed++) {
        faltung_conv conv = FALTUNG_CONV2D;
        conv.operation = transposed ? FALTUNG_CONV_TRANSPOSE : FALTUNG_CONV;
        conv.groups = 4;
        request r = request_make(conv, DIMS(1, 8, 8, 8), DIMS(3, 2, 3, 3));
        request_refused(&r, FALTUNG_ERROR_SHAPE,
                        "Given groups=4, expected weight to be at least 4 at dimension 0, but got "
                        "weight of size [3, 2, 3, 3] instead",
                        NULL);
        r.weight = DIMS(6, 2, 3, 3);
        request_refused(&r, FALTUNG_ERROR_GROUPS,
                        "Given groups=4, expected weight to be divisible by 4 at dimension 0, but "
                        "got weight of size [6, 2, 3, 3] instead",
                        NULL);
        r.weight = DIMS(8, 2, 3);
        request_refused(&r, FALTUNG_ERROR_RANK, "weight", "[8, 2, 3]");
    }
}

static void inputs_of_wrong_channels_are_refused(void **state)
{
    (void)state;
    request r = request_make((faltung_conv)FALTUNG_CONV2D, DIMS(2, 5, 8, 8), DIMS(4, 3, 3, 3));
    request_refused(&r, FALTUNG_ERROR_SHAPE,
                    "Given groups=1, weight of size [4, 3, 3, 3], expected input[2, 5, 8, 8] to "
                    "have 3 channels, but got 5 channels instead",
                    NULL);
    r.input = DIMS(5, 8, 8);
    request_refused(&r, FALTUNG_ERROR_SHAPE,
                    "Given groups=1, weight of size [4, 3, 3, 3], expected input[1, 5, 8, 8] to "
                    "have 3 channels, but got 5 channels instead",
                    NULL);
    r.conv.groups = 2;
    request_refused(&r, FALTUNG_ERROR_SHAPE,
                    "Given groups=2, weight of size [4, 3, 3, 3], expected input[1, 5, 8, 8] to "
                    "have 6 channels, but got 5 channels instead",
                    NULL);
    r = request_make((faltung_conv)FALTUNG_CONV_TRANSPOSE2D, DIMS(2, 5, 8, 8), DIMS(4, 3, 3, 3));
    request_refused(&r, FALTUNG_ERROR_SHAPE,
                    "Given transposed=1, weight of size [4, 3, 3, 3], expected input[2, 5, 8, 8] "
                    "to have 4 channels, but got 5 channels instead",
                    NULL);
}

static void biases_of_wrong_shape_are_refused(void **state)
{
    (void)state;
    request r = request_make((faltung_conv)FALTUNG_CONV2D, DIMS(1, 3, 8, 8), DIMS(4, 3, 3, 3));
    r.bias = DIMS(3);
    request_refused(&r, FALTUNG_ERROR_SHAPE,
                    "Given weight of size [4, 3, 3, 3], expected bias to be 1-dimensional with 4 "
                    "elements, but got bias of size [3] instead",
                    NULL);
    r.bias = DIMS(1, 4);
    request_refused(&r, FALTUNG_ERROR_SHAPE,
                    "Given weight of size [4, 3, 3, 3], expected bias to be 1-dimensional with 4 "
                    "elements, but got bias of size [1, 4] instead",
                    NULL);
    r.conv = (faltung_conv)FALTUNG_CONV_TRANSPOSE2D;
    r.weight = DIMS(3, 4, 3, 3);
    r.bias = DIMS(3);
    request_refused(&r, FALTUNG_ERROR_SHAPE,
                    "Given transposed=1, weight of size [3, 4, 3, 3], expected bias to be "
                    "1-dimensional with 4 elements, but got bias of size [3] instead",
                    NULL);
}

static void types_that_differ_are_refused(void **state)
{
    (void)state;
    request r = request_make((faltung_conv)FALTUNG_CONV2D, DIMS(1, 3, 8, 8), DIMS(4, 3, 3, 3));
    r.weight_dtype = FALTUNG_F64;
    request_refused(&r, FALTUNG_ERROR_DTYPE,
                    "Input type (float) and weight type (double) should be the same", NULL);
    r.weight_dtype = FALTUNG_F32;
    r.bias = DIMS(4);
    r.bias_dtype = FALTUNG_F64;
    request_refused(&r, FALTUNG_ERROR_DTYPE,
                    "Input type (float) and bias type (double) should be the same", NULL);
}

// ------------------------------------------------------------------------------------------ sizes

static void kernels_larger_than_the_input_are_refused(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV2D;
    request r = request_make(conv, DIMS(1, 1, 1, 1), DIMS(1, 1, 10, 10));
    request_refused(&r, FALTUNG_ERROR_TOO_SMALL,
                    "Calculated padded input size per channel: (1 x 1). Kernel size: (10 x 10). "
                    "Kernel size can't be greater than actual input size",
                    NULL);
    // The kernel's size is that with its holes, the input's that with its padding.
    r.conv.dilation[1] = 2;
    r.conv.padding[0] = (faltung_padding){1, 2};
    request_refused(&r, FALTUNG_ERROR_TOO_SMALL,
                    "Calculated padded input size per channel: (4 x 1). Kernel size: (10 x 19). "
                    "Kernel size can't be greater than actual input size",
                    NULL);
}

static void transposed_outputs_below_one_are_refused(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV_TRANSPOSE2D;
    conv.padding[0] = conv.padding[1] = (faltung_padding){1, 1};
    request r = request_make(conv, DIMS(1, 1, 1, 1), DIMS(1, 1, 1, 1));
    request_refused(&r, FALTUNG_ERROR_TOO_SMALL,
                    "Given input size per channel: (1 x 1). Calculated output size per channel: "
                    "(-1 x -1). Output size is too small",
                    NULL);
}

static void empty_kernels_and_inputs_are_refused(void **state)
{
    (void)state;
    request r = request_make((faltung_conv)FALTUNG_CONV2D, DIMS(1, 1, 8, 8), DIMS(1, 1, 0, 3));
    request_refused(&r, FALTUNG_ERROR_KERNEL,
                    "kernel size should be greater than zero, but got kernel_height: 0 "
                    "kernel_width: 3",
                    NULL);
    r = request_make((faltung_conv)FALTUNG_CONV2D, DIMS(1, 4, 0, 8), DIMS(1, 4, 3, 3));
    request_refused(&r, FALTUNG_ERROR_EMPTY,
                    "Only zero batch or zero channel inputs are supported, but got input shape: "
                    "[1, 4, 0, 8]",
                    NULL);
}

static void output_paddings_are_refused(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV_TRANSPOSE2D;
    conv.output_padding[0] = conv.output_padding[1] = 1;
    request r = request_make(conv, DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 3));
    request_refused(&r, FALTUNG_ERROR_OUTPUT_PADDING,
                    "output padding must be smaller than either stride or dilation, but got "
                    "output_padding_height: 1 output_padding_width: 1 stride_height: 1 "
                    "stride_width: 1 dilation_height: 1 dilation_width: 1",
                    NULL);
    r.conv.output_padding[1] = -1;
    request_refused(&r, FALTUNG_ERROR_OUTPUT_PADDING, "negative output_padding is not supported",
                    "output_padding=[1, -1]");
}

static void output_sizes_are_refused(void **state)
{
    (void)state;
    faltung_conv conv = FALTUNG_CONV_TRANSPOSE2D;
    conv.stride[0] = conv.stride[1] = 2;
    conv.has_output_size = true;
    conv.output_size[0] = conv.output_size[1] = 30;
    request r = request_make(conv, DIMS(1, 1, 8, 8), DIMS(1, 1, 3, 3));
    request_refused(&r, FALTUNG_ERROR_OUTPUT_SIZE,
                    "requested an output size of (30, 30), but valid sizes range from [17, 17] to "
                    "[18, 18] (for an input of [8, 8])",
                    NULL);
    for (int64_t size = 17; size <= 18; size++) {
        r.conv.output_size[0] = size;
        r.conv.output_size[1] = 35 - size;
        request_has_shape(&r, DIMS(1, 1, size, 35 - size));
    }
    r.conv.output_size[0] = 16;
    request_refused(&r, FALTUNG_ERROR_OUTPUT_SIZE, "requested an output size of (16, ", NULL);
    r.conv.output_size[0] = 18;
    r.conv.output_padding[1] = 1;
    request_refused(&r, FALTUNG_ERROR_OUTPUT_PADDING, "output_padding=[0, 1]", "output_size");
    r.conv.operation = FALTUNG_CONV;
    r.conv.output_padding[1] = 0;
    request_refused(&r, FALTUNG_ERROR_OUTPUT_SIZE, "output_size", "18");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_refused_in_pytorchs_words),
        cmocka_unit_test(a_huge_padding_is_refused),
        cmocka_unit_test(same_with_a_stride_is_refused),
        cmocka_unit_test(inputs_of_wrong_rank_are_refused),
        cmocka_unit_test(weights_of_wrong_shape_are_refused),
        cmocka_unit_test(inputs_of_wrong_channels_are_refused),
        cmocka_unit_test(biases_of_wrong_shape_are_refused),
        cmocka_unit_test(types_that_differ_are_refused),
        cmocka_unit_test(kernels_larger_than_the_input_are_refused),
        cmocka_unit_test(transposed_outputs_below_one_are_refused),
        cmocka_unit_test(empty_kernels_and_inputs_are_refused),
        cmocka_unit_test(output_paddings_are_refused),
        cmocka_unit_test(output_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
