// SPDX-License-Identifier: Apache-2.0
//
// Inputs that crashed, hung or silently corrupted other libraries, as the command line can express
// them. What each of them broke elsewhere stands in the comments: project and issue.
#include "arrays.h"

#include <stdio.h>
#include <string.h>

#define HUGE_NUMBER "9223372036854775807"

static void given(const char *path, const char *shape)
{
    grid g = given_npy(path, shape, 1);
    grid_free(&g);
}

// x.npy and w.npy of these shapes, and a command with these options that is refused.
static void assert_refused(const char *input, const char *weight, const char *command,
                           const char *words)
{
    char line[512];
    const char *options = strchr(command, ' ');
    given("x.npy", input);
    given("w.npy", weight);
    snprintf(line, sizeof line, "faltung %.*s x.npy w.npy -o y.npy%s", (int)(options - command),
             command, options);
    assert_refuses(REFUSED, line, words);
}

// pytorch #27598, #73193; CVE-2021-29588, -29585: division by zero
static void stride_0(void **state)
{
    (void)state;
    static const char words[] = "non-positive stride is not supported";
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --stride 0", words);
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --stride 1,0", words);
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --stride 0 --padding same_upper", words);
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --stride 0 --padding same_symmetric", words);
    assert_refused("1x1x8x8", "1x1x3x3", "conv_transpose2d --stride 0", words);
    assert_refuses(REFUSED, "faltung padding --input 8 --kernel 3 --stride 0", words);
    assert_refuses(REFUSED, "faltung padding --input 8:12 --kernel 3 --stride 0 --unique", words);
    assert_refuses(REFUSED, "faltung plot padding --input 8:12 --kernel 3 --stride 0", words);
    assert_refuses(REFUSED, "faltung draw --input 8 --kernel 3 --stride 0", words);
    assert_refuses(REFUSED, "faltung explain conv2d:1x1x8x8,1x1x3x3,stride=0", words);
}

// pytorch #71080, #85111: division by zero
static void groups_0(void **state)
{
    (void)state;
    static const char words[] = "non-positive groups is not supported";
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --groups 0", words);
    assert_refused("1x1x8x8", "1x1x3x3", "conv_transpose2d --groups 0", words);
    assert_refuses(REFUSED, "faltung explain conv1d:1x8,1x1x3,groups=0", words);
}

// pytorch #49523: division overflow
static void groups_int64_min(void **state)
{
    (void)state;
    static const char words[] = "non-positive groups is not supported";
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --groups -9223372036854775808", words);
    assert_refused("1x1x8x8", "1x1x3x3", "conv_transpose2d --groups -9223372036854775808", words);
    assert_refused("1x1x8x8", "1x1x3x3", "conv_transpose2d --groups " HUGE_NUMBER, "groups=");
}

// pytorch #148275: division by zero
static void stride_2_to_31_transposed(void **state)
{
    (void)state;
    assert_refused("1x1x8x8", "1x1x3x3", "conv_transpose2d --stride 9223372036854775807",
                   HUGE_NUMBER);
    given("x.npy", "1x1x1x1");
    given("w.npy", "1x1x2x2");
    succeed("faltung conv_transpose2d x.npy w.npy -o y.npy --stride 2147483648");
    assert_prints("faltung info y.npy", "f32 (1, 1, 2, 2)\n");
    assert_prints("faltung size --input 8 --kernel 3 --transposed --stride 2147483648",
                  "15032385539\n");
}

// pytorch #143480: segmentation fault
static void dilation_2_to_31_with_same(void **state)
{
    (void)state;
    given("x.npy", "1x1x8");
    given("w.npy", "1x1x2");
    succeed("faltung conv1d x.npy w.npy -o y.npy --padding same --dilation 2147483648");
    assert_prints("faltung info y.npy", "f32 (1, 1, 8)\n");
    assert_refuses(REFUSED,
                   "faltung conv1d x.npy w.npy -o z.npy --padding same --dilation " HUGE_NUMBER,
                   "64 bits");
}

// pytorch #161877, #161875: heap corruption
static void padding_near_int64_max(void **state)
{
    (void)state;
    static const char words[] = "expected padding to be at most 4611686018427387903";
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --padding " HUGE_NUMBER, words);
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --padding 1,9223372036854775800", words);
    assert_refused("1x1x8x8", "1x1x3x3", "conv_transpose2d --padding " HUGE_NUMBER, words);
    assert_refuses(REFUSED, "faltung size --input 8 --kernel 3 --padding " HUGE_NUMBER, words);
    assert_refuses(REFUSED, "faltung size --input 8 --kernel 3 --padding 0:" HUGE_NUMBER, words);
    assert_refuses(REFUSED, "faltung draw --input 8 --kernel 3 --padding " HUGE_NUMBER, words);
}

// pytorch #165976: the count of the output's elements overflows
static void padding_2_to_55(void **state)
{
    (void)state;
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --padding 36028797018963968",
                   "output of size [1, 1, 72057594037927942, 72057594037927942] is too large");
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --padding 1152921504606846976", "too large");
}

// CVE-2021-41209: division by zero
static void kernel_size_0(void **state)
{
    (void)state;
    static const char words[] = "kernel size should be greater than zero";
    assert_refused("1x1x8x8", "1x1x0x3", "conv2d --padding same_upper", words);
    assert_refused("1x1x8x8", "1x1x3x0", "conv_transpose2d --stride 2", words);
    assert_refuses(REFUSED, "faltung size --input 8 --kernel 0", words);
    assert_refuses(REFUSED, "faltung padding --input 8 --kernel 0", words);
    assert_refuses(REFUSED, "faltung draw --input 8,8 --kernel 0", words);
}

// CVE-2022-35996, CVE-2021-29602: crash
static void empty_input_and_zero_channels(void **state)
{
    (void)state;
    assert_refused("1x1x0x8", "1x1x1x1", "conv2d --stride 1",
                   "Only zero batch or zero channel inputs are supported");
    given("x.npy", "2x0x4x4");
    given("w.npy", "3x0x3x3");
    succeed("faltung array 1,2,3 -o b.npy; faltung conv2d x.npy w.npy b.npy -o y.npy");
    assert_prints("faltung info y.npy", "f32 (2, 3, 2, 2)\n");
    // The sum over no channels is nothing but the bias.
    succeed("faltung array '1,1,1,1,2,2,2,2,3,3,3,3,1,1,1,1,2,2,2,2,3,3,3,3' --shape 2x3x2x2 "
            "-o expected.npy; faltung compare y.npy expected.npy --rtol 0 --atol 0 >report");
    given("x.npy", "0x3x4x4");
    given("w.npy", "3x3x3x3");
    succeed("faltung conv2d x.npy w.npy -o y.npy --force");
    assert_prints("faltung info y.npy", "f32 (0, 3, 2, 2)\n");
}

// pytorch #171591: division by zero
static void out_channels_0(void **state)
{
    (void)state;
    assert_refused("1x3x8x8", "0x3x3x3", "conv2d --stride 1", "dimension 0");
    assert_refused("1x3x8x8", "3x0x3x3", "conv_transpose2d --stride 1", "no output channels");
}

// pytorch #142209: segmentation fault
static void too_many_axes_with_a_zero(void **state)
{
    (void)state;
    static const char header[] =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 0, 1, 1, 1, 1), }";
    write_raw_npy("x.npy", header, "", 0);
    given("w.npy", "1x1x3x3x3");
    assert_refuses(REFUSED,
                   "faltung conv_transpose3d x.npy w.npy -o y.npy --stride " HUGE_NUMBER
                   " --padding 4611686018427387903",
                   "Expected 4D (unbatched) or 5D (batched) input");
}

// pytorch #121188, #85214: segmentation fault
static void a_list_of_the_wrong_length(void **state)
{
    (void)state;
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --stride 1,1,1", "a list of 2 values");
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --padding 0:0,1,1", "a list of 2 values");
    assert_refused("1x1x8x8", "1x1x3x3", "conv2d --dilation 1,1,1,1,1", "a list of 2 values");
    assert_refuses(USAGE, "faltung conv2d x.npy w.npy -o y.npy --stride 1,1,1,1,1,1,1,1,1,1",
                   "--stride");
}

// XNNPACK #11118: read beyond the end
static void fewer_weights_than_declared(void **state)
{
    (void)state;
    static const float numbers[8];
    given("x.npy", "1x1x8x8");
    write_raw_npy("w.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 3, 3), }",
                  numbers, sizeof numbers);
    assert_refuses(BAD_FILE, "faltung conv2d x.npy w.npy -o y.npy", "w.npy: truncated");
    assert_refuses(BAD_FILE, "cat w.npy | faltung conv2d x.npy - -o y.npy", "truncated");
}

// XNNPACK PR #10709: kernel height times width wraps 32 bits; PR #10985: a product wraps size_t
static void products_of_sizes_that_wrap(void **state)
{
    (void)state;
    assert_refuses(REFUSED, "faltung explain conv2d:1x1x8x8,1x1x65536x65536",
                   "Kernel size can't be greater than actual input size");
    assert_says("faltung explain conv2d:1x1x65536x65536,1x1x65536x65536",
                "multiply-adds  4294967296");
    assert_refuses(REFUSED, "faltung explain conv2d:4294967296x4294967296x1x1,1x4294967296x1x1",
                   "too large");
    write_raw_npy(
        "x.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 1), }",
        "", 0);
    assert_refuses(BAD_FILE, "faltung info x.npy", "x.npy: ");
}

// pytorch #9404, #32866: an index over INT_MAX; #87354, #44109: more than 2^31 elements
static void over_2_to_31_elements(void **state)
{
    (void)state;
    assert_says("faltung explain conv2d:1x3x65536x65536,8x3x3x3,padding=1",
                "output         (1, 8, 65536, 65536)");
    assert_says("faltung explain conv2d:1x3x65536x65536,8x3x3x3,padding=1",
                "multiply-adds  927712935936");
    assert_prints("faltung size --input 4294967296 --kernel 3", "4294967294\n");
}

// pytorch #964, #5112: segmentation fault
static void output_padding_below_0_or_too_large(void **state)
{
    (void)state;
    assert_refused("1x1x8x8", "1x1x3x3", "conv_transpose2d --output-padding -1",
                   "negative output_padding is not supported");
    assert_refused("1x1x8x8", "1x1x3x3", "conv_transpose2d --dilation 2 --output-padding 2",
                   "output padding must be smaller than either stride or dilation");
    assert_refused("1x1x8x8", "1x1x3x3", "conv_transpose2d --output-padding " HUGE_NUMBER,
                   "output padding must be smaller than either stride or dilation");
}

// tensorflow #11092: a negative padding
static void same_with_a_stride_beyond_the_kernel(void **state)
{
    (void)state;
    assert_prints("faltung padding --input 9 --kernel 1 --stride 4 --rule same_upper", "0\n");
    given("x.npy", "1x1x9");
    given("w.npy", "1x1x1");
    succeed("faltung conv1d x.npy w.npy -o y.npy --stride 4 --padding same_upper");
    assert_prints("faltung info y.npy", "f32 (1, 1, 3)\n");
}

// NNPACK #103; pytorch #90142: refused or wrong
static void padding_beyond_the_kernel(void **state)
{
    (void)state;
    const geometry how = {
        .axes = 1, .stride = {1}, .begin = {9}, .end = {9}, .dilation = {1}, .groups = 1};
    grid x = given_npy("x.npy", "1x2x20", 1), w = given_npy("w.npy", "2x2x3", 2);
    grid y = convolve(&how, &x, &w, NULL);
    succeed("faltung conv1d x.npy w.npy -o y.npy --padding 9");
    assert_npy("y.npy", "<f4", &y);
    grid_free(&x);
    grid_free(&w);
    grid_free(&y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(stride_0),
        program_test(groups_0),
        program_test(groups_int64_min),
        program_test(stride_2_to_31_transposed),
        program_test(dilation_2_to_31_with_same),
        program_test(padding_near_int64_max),
        program_test(padding_2_to_55),
        program_test(kernel_size_0),
        program_test(empty_input_and_zero_channels),
        program_test(out_channels_0),
        program_test(too_many_axes_with_a_zero),
        program_test(a_list_of_the_wrong_length),
        program_test(fewer_weights_than_declared),
        program_test(products_of_sizes_that_wrap),
        program_test(over_2_to_31_elements),
        program_test(output_padding_below_0_or_too_large),
        program_test(same_with_a_stride_beyond_the_kernel),
        program_test(padding_beyond_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
