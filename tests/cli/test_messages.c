// SPDX-License-Identifier: Apache-2.0
//
// PyTorch's messages, word for word, where PyTorch would raise: users search for them.
#include "arrays.h"

#include <stdio.h>

typedef struct message {
    const char *command;
    const char *input, *weight, *bias; // shapes; bias may be NULL
    const char *options;
    const char *words;
} message;

static void given(const char *path, const char *shape)
{
    grid g = given_npy(path, shape, 1);
    grid_free(&g);
}

static void assert_message(const message *m)
{
    char line[512];
    given("x.npy", m->input);
    given("w.npy", m->weight);
    if (m->bias)
        given("b.npy", m->bias);
    snprintf(line, sizeof line, "faltung %s x.npy w.npy %s -o y.npy %s", m->command,
             m->bias ? "b.npy" : "", m->options);
    assert_refuses(REFUSED, line, m->words);
}

static void assert_messages(const message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_message(&messages[i]);
}

static void options_out_of_range(void **state)
{
    (void)state;
    static const message messages[] = {
        {"conv2d", "1x1x8x8", "1x1x3x3", NULL, "--padding -1", "negative padding is not supported"},
        {"conv2d", "1x1x8x8", "1x1x3x3", NULL, "--padding 0,-1",
         "negative padding is not supported"},
        {"conv_transpose2d", "1x1x8x8", "1x1x3x3", NULL, "--padding -1",
         "negative padding is not supported"},
        {"conv_transpose2d", "1x1x8x8", "1x1x3x3", NULL, "--output-padding -1",
         "negative output_padding is not supported"},
        {"conv2d", "1x1x8x8", "1x1x3x3", NULL, "--stride 0",
         "non-positive stride is not supported"},
        {"conv2d", "1x1x8x8", "1x1x3x3", NULL, "--stride 1,-1",
         "non-positive stride is not supported"},
        {"conv_transpose2d", "1x1x8x8", "1x1x3x3", NULL, "--stride 0",
         "non-positive stride is not supported"},
        {"conv2d", "1x1x8x8", "1x1x3x3", NULL, "--dilation 0",
         "dilation should be greater than zero"},
        {"conv_transpose1d", "1x1x8", "1x1x3", NULL, "--dilation -2",
         "dilation should be greater than zero"},
        {"conv2d", "1x1x8x8", "1x1x3x3", NULL, "--groups 0",
         "non-positive groups is not supported"},
        {"conv2d", "1x1x8x8", "1x1x3x3", NULL, "--groups -9223372036854775808",
         "non-positive groups is not supported"},
        {"conv2d", "1x1x8x8", "1x1x3x3", NULL, "--padding same --stride 2",
         "padding='same' is not supported for strided convolutions"},
        {"conv2d", "1x1x8x8", "1x1x0x3", NULL, "",
         "kernel size should be greater than zero, but got kernel_height: 0 kernel_width: 3"},
        {"conv2d", "1x1x8x8", "1x1x3x3", NULL, "--padding 9223372036854775807",
         "at dimension 0 , expected padding to be at most 4611686018427387903"},
    };
    assert_messages(messages, COUNT(messages));
}

static void lists_of_the_wrong_length(void **state)
{
    (void)state;
    static const message messages[] = {
        {"conv2d", "1x1x8x8", "1x1x3x3", NULL, "--stride 1,1,1",
         "expected stride to be a single integer value or a list of 2 values to match the "
         "convolution dimensions, but got stride=[1, 1, 1]"},
        {"conv2d", "1x1x8x8", "1x1x3x3", NULL, "--padding 1,2,3",
         "expected padding to be a single integer value or a list of 2 values to match the "
         "convolution dimensions, but got padding=[1, 2, 3]"},
        {"conv3d", "1x1x8x8x8", "1x1x3x3x3", NULL, "--dilation 1,2",
         "expected dilation to be a single integer value or a list of 3 values to match the "
         "convolution dimensions, but got dilation=[1, 2]"},
        {"conv_transpose2d", "1x1x8x8", "1x1x3x3", NULL, "--output-padding 0,0,0",
         "expected output_padding to be a single integer value or a list of 2 values to match the "
         "convolution dimensions, but got output_padding=[0, 0, 0]"},
        {"conv1d", "1x1x8", "1x1x3", NULL, "--stride 1,1", "a list of 1 values"},
    };
    assert_messages(messages, COUNT(messages));
}

static void shapes_that_do_not_fit(void **state)
{
    (void)state;
    static const message messages[] = {
        {"conv2d", "8x8", "1x1x3x3", NULL, "",
         "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [8, 8]"},
        {"conv1d", "1x1x8x8", "1x1x3", NULL, "",
         "Expected 2D (unbatched) or 3D (batched) input to conv1d, but got input of size: [1, 1, "
         "8, 8]"},
        {"conv_transpose2d", "8x8", "1x1x3x3", NULL, "",
         "Expected 3D (unbatched) or 4D (batched) input to conv_transpose2d, but got input of "
         "size: [8, 8]"},
        {"conv2d", "1x4x8x8", "1x2x3x3", NULL, "--groups 2",
         "Given groups=2, expected weight to be at least 2 at dimension 0, but got weight of size "
         "[1, 2, 3, 3] instead"},
        {"conv2d", "1x4x8x8", "3x2x3x3", NULL, "--groups 2",
         "Given groups=2, expected weight to be divisible by 2 at dimension 0, but got weight of "
         "size [3, 2, 3, 3] instead"},
        {"conv2d", "1x3x8x8", "5x4x3x3", NULL, "",
         "Given groups=1, weight of size [5, 4, 3, 3], expected input[1, 3, 8, 8] to have 4 "
         "channels, but got 3 channels instead"},
        {"conv2d", "3x8x8", "5x4x3x3", NULL, "",
         "expected input[1, 3, 8, 8] to have 4 channels, but got 3 channels instead"},
        {"conv_transpose2d", "1x3x8x8", "4x5x3x3", NULL, "",
         "Given transposed=1, weight of size [4, 5, 3, 3], expected input[1, 3, 8, 8] to have 4 "
         "channels, but got 3 channels instead"},
        {"conv2d", "1x1x8x8", "5x1x3x3", "4", "",
         "Given weight of size [5, 1, 3, 3], expected bias to be 1-dimensional with 5 elements, "
         "but got bias of size [4] instead"},
        {"conv2d", "1x1x8x8", "5x1x3x3", "5x1", "", "but got bias of size [5, 1] instead"},
        {"conv_transpose2d", "1x1x8x8", "1x5x3x3", "4", "",
         "Given transposed=1, weight of size [1, 5, 3, 3], expected bias to be 1-dimensional with "
         "5 elements, but got bias of size [4] instead"},
        {"conv2d", "1x4x0x8", "1x4x3x3", NULL, "",
         "Only zero batch or zero channel inputs are supported, but got input shape: [1, 4, 0, 8]"},
        {"conv2d", "1x1x8x8", "1x3x3", NULL, "",
         "weight should have 4 dimensions, but got weight of size: [1, 3, 3]"},
    };
    assert_messages(messages, COUNT(messages));
}

static void outputs_that_cannot_be(void **state)
{
    (void)state;
    static const message messages[] = {
        {"conv2d", "1x1x1x1", "1x1x10x10", NULL, "",
         "Calculated padded input size per channel: (1 x 1). Kernel size: (10 x 10). Kernel size "
         "can't be greater than actual input size"},
        {"conv2d", "1x1x4x9", "1x1x3x3", NULL, "--dilation 2",
         "Calculated padded input size per channel: (4 x 9). Kernel size: (5 x 5). Kernel size "
         "can't be greater than actual input size"},
        {"conv1d", "1x1x2", "1x1x5", NULL, "--padding 1",
         "Calculated padded input size per channel: (4). Kernel size: (5). Kernel size can't be "
         "greater"},
        {"conv_transpose2d", "1x1x1x1", "1x1x1x1", NULL, "--padding 1",
         "Given input size per channel: (1 x 1). Calculated output size per channel: (-1 x -1). "
         "Output size is too small"},
        {"conv_transpose2d", "1x1x8x8", "1x1x3x3", NULL, "--output-padding 1",
         "output padding must be smaller than either stride or dilation, but got "
         "output_padding_height: 1 output_padding_width: 1 stride_height: 1 stride_width: 1 "
         "dilation_height: 1 dilation_width: 1"},
        {"conv_transpose2d", "1x1x8x8", "1x1x3x3", NULL, "--stride 2 --output-size 30",
         "ConvTranspose2D: for 4D input, output_size must have 2 or 4 elements (got 1)"},
        {"conv_transpose2d", "1x1x8x8", "1x1x3x3", NULL, "--stride 2 --output-size 30,30",
         "requested an output size of (30, 30), but valid sizes range from [17, 17] to [18, 18] "
         "(for an input of [8, 8])"},
        {"conv_transpose1d", "1x8", "1x1x3", NULL, "--stride 2 --output-size 16",
         "requested an output size of (16), but valid sizes range from [17] to [18]"},
    };
    assert_messages(messages, COUNT(messages));
}

static void types_that_differ(void **state)
{
    (void)state;
    grid x = grid_make("1x1x4x4", 1), w = grid_make("2x1x3x3", 2), b = grid_make("2", 3);
    write_npy("x.npy", &x, "<f4", false);
    write_npy("w.npy", &w, "<f4", false);
    write_npy("b.npy", &b, "<f8", false);
    assert_refuses(REFUSED, "faltung conv2d x.npy w.npy b.npy -o y.npy",
                   "Input type (float) and bias type (double) should be the same");
    write_npy("w.npy", &w, "<f2", false);
    assert_refuses(REFUSED, "faltung conv2d x.npy w.npy -o y.npy",
                   "Input type (float) and weight type (c10::Half) should be the same");
    grid_free(&x);
    grid_free(&w);
    grid_free(&b);
}

static void two_answers_to_one_question(void **state)
{
    (void)state;
    given("x.npy", "1x1x8x8");
    given("w.npy", "1x1x3x3");
    assert_refuses(USAGE,
                   "faltung conv_transpose2d x.npy w.npy -o y.npy --stride 2 --output-size 18,18 "
                   "--output-padding 1",
                   "--output-padding");
    assert_refuses(REFUSED,
                   "faltung conv_transpose2d x.npy w.npy -o y.npy --stride 2 --output-padding 1 "
                   "--padding same_upper",
                   "output_padding");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(options_out_of_range),   program_test(lists_of_the_wrong_length),
        program_test(shapes_that_do_not_fit), program_test(outputs_that_cannot_be),
        program_test(types_that_differ),      program_test(two_answers_to_one_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
