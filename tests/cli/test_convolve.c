// SPDX-License-Identifier: Apache-2.0
//
// Convolutions of files, compared number by number with the definition on small whole numbers.
#include "arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct problem {
    const char *operation;
    const char *input, *weight; // shapes
    const char *options;
    geometry how;
} problem;

#define NONE                                                                                       \
    {                                                                                              \
        0, 0, 0                                                                                    \
    }
#define ONES                                                                                       \
    {                                                                                              \
        1, 1, 1                                                                                    \
    }

// Computes a problem by the program, with a bias and without, and by the definition.
static void assert_problem(const problem *p)
{
    grid x = given_npy("x.npy", p->input, 1), w = given_npy("w.npy", p->weight, 2);
    int64_t outputs = p->how.transposed ? w.size[1] * p->how.groups : w.size[0];
    char shape[32];
    snprintf(shape, sizeof shape, "%lld", (long long)outputs);
    grid b = given_npy("b.npy", shape, 3);
    for (int with_bias = 0; with_bias < 2; with_bias++) {
        grid y = convolve(&p->how, &x, &w, with_bias ? &b : NULL);
        succeed("faltung %s x.npy w.npy %s %s -o y.npy --force", p->operation,
                with_bias ? "b.npy" : "", p->options);
        assert_int_equal(ran.out_length, 0);
        assert_npy("y.npy", "<f4", &y);
        grid_free(&y);
    }
    assert_folder("b.npy w.npy x.npy y.npy");
    grid_free(&x);
    grid_free(&w);
    grid_free(&b);
}

static void assert_problems(const problem *problems, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_problem(&problems[i]);
}

static void convolutions_take_every_form_of_their_options(void **state)
{
    (void)state;
    static const problem problems[] = {
        {"conv1d", "2x3x9", "4x3x3", "", {1, ONES, NONE, NONE, ONES, NONE, 1, false}},
        {"conv2d", "2x3x8x7", "5x3x3x2", "", {2, ONES, NONE, NONE, ONES, NONE, 1, false}},
        {"conv3d", "1x2x5x6x7", "3x2x2x3x1", "", {3, ONES, NONE, NONE, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--stride 2",
         {2, {2, 2}, NONE, NONE, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--stride=3,1",
         {2, {3, 1}, NONE, NONE, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--padding 1",
         {2, ONES, {1, 1}, {1, 1}, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--padding 1,2",
         {2, ONES, {1, 2}, {1, 2}, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--padding 0:1",
         {2, ONES, {0, 0}, {1, 1}, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--padding 0:1,4:2",
         {2, ONES, {0, 4}, {1, 2}, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--padding 1,4:2",
         {2, ONES, {1, 4}, {1, 2}, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--dilation 2",
         {2, ONES, NONE, NONE, {2, 2}, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--dilation 1,3",
         {2, ONES, NONE, NONE, {1, 3}, NONE, 1, false}},
        {"conv2d", "2x6x5x4", "4x3x2x3", "--groups 2", {2, ONES, NONE, NONE, ONES, NONE, 2, false}},
        {"conv2d",
         "1x6x5x4",
         "6x1x3x3",
         "--groups 6 --padding 1",
         {2, ONES, {1, 1}, {1, 1}, ONES, NONE, 6, false}},
        {"conv1d", "1x1x3", "1x1x1", "--padding 5", {1, ONES, {5}, {5}, ONES, NONE, 1, false}},
    };
    assert_problems(problems, COUNT(problems));
}

static void rules_choose_the_padding(void **state)
{
    (void)state;
    static const problem problems[] = {
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--padding valid",
         {2, ONES, NONE, NONE, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x4x3",
         "--padding same",
         {2, ONES, {1, 1}, {2, 1}, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x4x2",
         "--padding same --dilation 1,3",
         {2, ONES, {1, 1}, {2, 2}, {1, 3}, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--padding same_upper --stride 2",
         {2, {2, 2}, {0, 1}, {1, 1}, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--padding same_lower --stride 2",
         {2, {2, 2}, {1, 1}, {0, 1}, ONES, NONE, 1, false}},
        {"conv2d",
         "1x2x8x7",
         "3x2x3x3",
         "--padding same_symmetric --stride 2",
         {2, {2, 2}, {1, 1}, {1, 1}, ONES, NONE, 1, false}},
        {"conv1d",
         "1x1x90",
         "1x1x15",
         "--padding same_symmetric --stride 10",
         {1, {10}, {3}, {3}, ONES, NONE, 1, false}},
        {"conv_transpose2d",
         "1x2x4x3",
         "2x3x4x3",
         "--padding same_upper --stride 2",
         {2, {2, 2}, {1, 0}, {1, 1}, ONES, NONE, 1, true}},
        {"conv_transpose2d",
         "1x2x4x3",
         "2x3x4x3",
         "--padding same_lower --stride 2",
         {2, {2, 2}, {1, 1}, {1, 0}, ONES, NONE, 1, true}},
        {"conv_transpose2d", // output_shape of ONNX: 5 and 4 of 10 and 7 are cropped
         "1x2x4x3",
         "2x3x4x3",
         "--padding same_lower --stride 2 --output-size 5,3",
         {2, {2, 2}, {3, 2}, {2, 2}, ONES, NONE, 1, true}},
        {"conv_transpose2d", // 1 row is cropped, 3 columns are missing
         "1x2x4x3",
         "2x3x4x3",
         "--padding same_upper --stride 2 --output-size 9,10",
         {2, {2, 2}, {0, 0}, {1, 0}, ONES, {0, 3}, 1, true}},
        {"conv_transpose2d", // with output_padding 6 and 4 are cropped
         "1x2x4x3",
         "2x3x4x3",
         "--padding same_upper --stride 2 --output-size 5,4 --output-padding 1",
         {2, {2, 2}, {3, 2}, {3, 2}, ONES, {1, 1}, 1, true}},
    };
    assert_problems(problems, COUNT(problems));
}

static void transposed_convolutions_take_every_form_of_their_options(void **state)
{
    (void)state;
    static const problem problems[] = {
        {"conv_transpose1d", "2x3x9", "3x4x3", "", {1, ONES, NONE, NONE, ONES, NONE, 1, true}},
        {"conv_transpose2d", "2x3x4x5", "3x2x3x2", "", {2, ONES, NONE, NONE, ONES, NONE, 1, true}},
        {"conv_transpose3d",
         "1x2x3x2x3",
         "2x3x2x3x1",
         "--stride 2",
         {3, {2, 2, 2}, NONE, NONE, ONES, NONE, 1, true}},
        {"conv_transpose2d",
         "1x2x4x5",
         "2x3x3x3",
         "--stride 2,3 --padding 1,0",
         {2, {2, 3}, {1, 0}, {1, 0}, ONES, NONE, 1, true}},
        {"conv_transpose2d",
         "1x2x4x5",
         "2x3x3x3",
         "--stride 2 --padding 0:1,2:0",
         {2, {2, 2}, {0, 2}, {1, 0}, ONES, NONE, 1, true}},
        {"conv_transpose2d",
         "1x2x4x5",
         "2x3x3x3",
         "--dilation 2,1",
         {2, ONES, NONE, NONE, {2, 1}, NONE, 1, true}},
        {"conv_transpose2d",
         "1x4x4x5",
         "4x3x3x3",
         "--groups 2 --stride 2",
         {2, {2, 2}, NONE, NONE, ONES, NONE, 2, true}},
        {"conv_transpose2d",
         "1x2x8x8",
         "2x3x3x3",
         "--stride 2 --padding 1 --output-padding 1",
         {2, {2, 2}, {1, 1}, {1, 1}, ONES, {1, 1}, 1, true}},
        {"conv_transpose2d",
         "1x2x4x5",
         "2x3x3x3",
         "--stride 3 --output-padding 2,0",
         {2, {3, 3}, NONE, NONE, ONES, {2, 0}, 1, true}},
        {"conv_transpose2d",
         "1x2x4x5",
         "2x3x3x3",
         "--stride 2 --padding 1 --output-size 8,9",
         {2, {2, 2}, {1, 1}, {1, 1}, ONES, {1, 0}, 1, true}},
        {"conv_transpose2d",
         "1x2x4x5",
         "2x3x3x3",
         "--stride 2 --padding 1 --output-size 1,3,8,9",
         {2, {2, 2}, {1, 1}, {1, 1}, ONES, {1, 0}, 1, true}},
    };
    assert_problems(problems, COUNT(problems));
}

static void inputs_need_no_batch(void **state)
{
    (void)state;
    static const problem problems[] = {
        {"conv1d", "3x9", "4x3x3", "--stride 2", {1, {2}, NONE, NONE, ONES, NONE, 1, false}},
        {"conv2d",
         "3x8x7",
         "5x3x3x2",
         "--padding 1",
         {2, ONES, {1, 1}, {1, 1}, ONES, NONE, 1, false}},
        {"conv3d", "2x5x6x7", "3x2x2x3x1", "", {3, ONES, NONE, NONE, ONES, NONE, 1, false}},
        {"conv_transpose2d",
         "2x4x5",
         "2x3x3x3",
         "--stride 2",
         {2, {2, 2}, NONE, NONE, ONES, NONE, 1, true}},
        {"conv2d", "0x3x8x7", "5x3x3x2", "", {2, ONES, NONE, NONE, ONES, NONE, 1, false}},
    };
    assert_problems(problems, COUNT(problems));
}

static void the_result_does_not_depend_on_threads_or_accuracy(void **state)
{
    (void)state;
    static const char *const options[] = {"--threads 1",
                                          "--threads 3",
                                          "--workspace-limit 1",
                                          "--workspace-limit 100000 --threads 2",
                                          "--threads 1000",
                                          "--threads 2147483647",
                                          "--accuracy exact",
                                          "--accuracy balanced",
                                          "--accuracy fast --threads 2"};
    const geometry how = geometry_make(2);
    grid x = given_npy("x.npy", "2x3x12x11", 1), w = given_npy("w.npy", "4x3x3x3", 2);
    grid y = convolve(&how, &x, &w, NULL);
    for (size_t i = 0; i < COUNT(options); i++) {
        succeed("faltung conv2d x.npy w.npy -o y.npy --force %s", options[i]);
        assert_npy("y.npy", "<f4", &y);
    }
    grid_free(&x);
    grid_free(&w);
    grid_free(&y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(convolutions_take_every_form_of_their_options),
        program_test(rules_choose_the_padding),
        program_test(transposed_convolutions_take_every_form_of_their_options),
        program_test(inputs_need_no_batch),
        program_test(the_result_does_not_depend_on_threads_or_accuracy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
