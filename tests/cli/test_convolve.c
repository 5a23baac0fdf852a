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

// Worked out by hand.
static void gradients_are_computed_from_files(void **state)
{
    (void)state;
    succeed("faltung array '1,2,3,4;5,6,7,8;9,10,11,12' --shape 1x1x3x4 -o x.npy");
    succeed("faltung array '1,-2;3,4' --shape 1x1x2x2 -o w.npy");
    succeed("faltung array '1,0,2;-1,1,0' --shape 1x1x2x3 -o dy.npy");
    succeed("faltung conv2d_input dy.npy w.npy -o dx.npy --input-size 1x1x3x4");
    succeed("faltung array '1,-2,2,-4;2,7,4,8;-3,-1,4,0' --shape 1x1x3x4 -o expected.npy");
    succeed("faltung compare dx.npy expected.npy --rtol 0 --atol 0");
    succeed("faltung conv2d_weight x.npy dy.npy -o dw.npy --weight-size 1x1x2x2");
    succeed("faltung array '8,11;20,23' --shape 1x1x2x2 -o expected.npy --force");
    succeed("faltung compare dw.npy expected.npy --rtol 0 --atol 0");
    succeed("faltung array '1,0,2,-1,1,0;3,4,-5,6,7,8' --shape 2x1x2x3 -o dz.npy");
    succeed("faltung array 26 -o expected.npy --force && faltung conv2d_bias dz.npy -o db.npy");
    succeed("faltung compare db.npy expected.npy --rtol 0 --atol 0");
    succeed("faltung array '3;23' --shape 2 -o expected.npy --force");
    succeed(
        "faltung conv_transpose3d_bias dz.npy --threads 2 -o - | faltung compare - expected.npy");
    succeed("faltung conv_transpose2d_input x.npy w.npy -o dz.npy --force");
    succeed("faltung conv2d x.npy w.npy -o expected.npy --force");
    succeed("faltung compare dz.npy expected.npy --rtol 0 --atol 0");
}

static void gradients_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    succeed("faltung array '1,2,3,4;5,6,7,8;9,10,11,12' --shape 1x1x3x4 -o x.npy");
    succeed("faltung array '1,0,2;-1,1,0' --shape 1x1x2x3 -o dy.npy");
    static const struct {
        int status;
        const char *line, *words;
    } cases[] = {
        {USAGE, "faltung conv2d_weight x.npy dy.npy -o dw.npy", "--weight-size is needed"},
        {USAGE, "faltung conv2d_weight x.npy dy.npy -o dw.npy --weight-size 2x", "--weight-size"},
        {USAGE, "faltung conv2d_weight x.npy dy.npy x.npy -o dw.npy", "x.npy"},
        {REFUSED, "faltung conv2d_weight x.npy dy.npy -o dw.npy --weight-size 2x2",
         "--weight-size has 2 sizes, expected are 4"},
        {REFUSED, "faltung conv2d_weight x.npy dy.npy -o dw.npy --weight-size 2x1x2x2",
         "--weight-size is (2, 1, 2, 2), the gradient of these operands has the shape (1, 1, 2, "
         "2)"},
        {REFUSED, "faltung conv2d_weight x.npy dy.npy -o dw.npy --weight-size 1x1x3x3",
         "grad_output has size [1, 1, 2, 3], expected is [1, 1, 1, 2]"},
        {USAGE, "faltung conv2d_bias dy.npy", "-o is needed"},
        {REFUSED, "faltung conv1d_bias dy.npy -o db.npy", "grad_output of size [1, 1, 2, 3]"},
        {REFUSED, "faltung conv3d_bias x.npy -o db.pgm", "db.pgm"},
        {REFUSED, "faltung conv2d_input dy.npy x.npy -o dx.npy --input-size 1x1x9x9",
         "requested an output size"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_refuses(cases[i].status, cases[i].line, cases[i].words);
    assert_folder("dy.npy x.npy");
}

// Worked out by hand, of 1 2 3 4 and a kernel that adds the left neighbour.
static void borders_take_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *options, *expected;
    } cases[] = {
        {"--padding 1:0", "1,3,5,7"},
        {"--padding 1:0 --padding-mode zeros", "1,3,5,7"},
        {"--padding 1:0 --padding-mode reflect", "3,3,5,7"},
        {"--padding 1:0 --padding-mode replicate", "2,3,5,7"},
        {"--padding 1:0 --padding-mode circular", "5,3,5,7"},
        {"--padding same --padding-mode circular", "3,5,7,5"},
        {"--padding -1:1", "5,7,4"},
        {"--padding -1:-1", "5"},
        {"--padding -1:1 --padding-mode circular", "5,7,6"},
        {"--input-dilation 2", "1,2,2,3,3,4"},
        {"--input-dilation 3 --stride 2 --padding -1:2", "0,2,3,0,4"},
    };
    succeed("faltung array '1,2,3,4' --shape 1x1x4 -o x.npy");
    succeed("faltung array '1,1' --shape 1x1x2 -o w.npy");
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t size = 1;
        for (const char *c = cases[i].expected; *c; c++)
            size += *c == ',';
        succeed("faltung array '%s' --shape 1x1x%d -o expected.npy --force", cases[i].expected,
                (int)size);
        succeed("faltung conv x.npy w.npy -o y.npy --force %s", cases[i].options);
        succeed("faltung compare y.npy expected.npy --rtol 0 --atol 0");
        succeed("faltung conv1d x.npy w.npy -o y.npy --force %s", cases[i].options);
        succeed("faltung compare y.npy expected.npy --rtol 0 --atol 0");
    }
}

static void borders_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *line, *words;
    } cases[] = {
        {REFUSED, "faltung conv x.npy x.npy -o y.npy --padding -1",
         "negative padding is not supported: padding=[-1], allowed is 0 or more, or begin:end"},
        {USAGE, "faltung conv x.npy x.npy -o y.npy --padding-mode mirror",
         "'mirror': allowed is zeros, reflect, replicate or circular"},
        {REFUSED, "faltung conv x.npy x.npy -o y.npy --padding 4 --padding-mode reflect",
         "Padding size should be less than the corresponding input dimension"},
        {REFUSED, "faltung conv x.npy x.npy -o y.npy --input-dilation 0",
         "input dilation should be greater than zero"},
        {REFUSED, "faltung conv x.npy flat.npy -o y.npy", "the weight has 1 dimensions"},
        {USAGE, "faltung conv_transpose1d x.npy x.npy -o y.npy --input-dilation 2",
         "--input-dilation"},
    };
    succeed("faltung array '1,2,3,4' --shape 1x1x4 -o x.npy");
    succeed("faltung array '1,2,3,4' -o flat.npy");
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_refuses(cases[i].status, cases[i].line, cases[i].words);
    assert_folder("flat.npy x.npy");
}

// Worked out by hand: the sums are 1, -2, 3 and -4, the residual is 1.
static void results_are_added_to_and_activated(void **state)
{
    (void)state;
    static const struct {
        const char *options, *expected;
    } cases[] = {
        {"--activation relu", "1,0,3,0"},
        {"--activation leaky_relu", "1,-0.02,3,-0.04"},
        {"--activation leaky_relu:0.5", "1,-1,3,-2"},
        {"--activation clamp:-3:2", "1,-2,2,-3"},
        {"--activation clamp:-inf:2", "1,-2,2,-4"},
        {"--activation hardswish", "0.666667,-0.333333,3,0"},
        {"--residual r.npy", "2,-1,4,-3"},
        {"--residual r.npy --activation relu", "2,0,4,0"},
        {"--residual r.npy --activation none", "2,-1,4,-3"},
    };
    succeed("faltung array '1,-2,3,-4' --shape 1x1x4 -o x.npy");
    succeed("faltung array 1 --shape 1x1x1 -o w.npy");
    succeed("faltung array '1,1,1,1' --shape 1x1x4 -o r.npy");
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int transposed = 0; transposed < 2; transposed++) {
            succeed("faltung array '%s' --shape 1x1x4 -o expected.npy --force", cases[i].expected);
            succeed("faltung %s x.npy w.npy -o y.npy --force %s",
                    transposed ? "conv_transpose1d" : "conv1d", cases[i].options);
            succeed("faltung compare y.npy expected.npy --atol 1e-6");
        }
}

static void results_that_cannot_be_finished_are_refused(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *line, *words;
    } cases[] = {
        {USAGE, "faltung conv1d x.npy x.npy -o y.npy --activation tanhh", "'tanhh': allowed is"},
        {USAGE, "faltung conv1d x.npy x.npy -o y.npy --activation clamp:1", "clamp:min:max"},
        {USAGE, "faltung conv1d x.npy x.npy -o y.npy --activation relu:1", "'relu:1'"},
        {USAGE, "faltung conv1d_input x.npy x.npy -o y.npy --activation relu", "--activation"},
        {REFUSED, "faltung conv1d x.npy x.npy -o y.npy --residual x.npy",
         "residual has size [1, 1, 4], expected is [1, 1, 1]"},
        {REFUSED, "faltung conv1d x.npy x.npy -o y.npy --residual none.npy", "none.npy"},
        {USAGE, "faltung conv1d - x.npy -o y.npy --residual -", "one operand only"},
    };
    succeed("faltung array '1,-2,3,-4' --shape 1x1x4 -o x.npy");
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_refuses(cases[i].status, cases[i].line, cases[i].words);
    assert_folder("x.npy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(convolutions_take_every_form_of_their_options),
        program_test(rules_choose_the_padding),
        program_test(transposed_convolutions_take_every_form_of_their_options),
        program_test(inputs_need_no_batch),
        program_test(the_result_does_not_depend_on_threads_or_accuracy),
        program_test(borders_take_every_form),
        program_test(borders_that_cannot_be_are_refused),
        program_test(results_are_added_to_and_activated),
        program_test(results_that_cannot_be_finished_are_refused),
        program_test(gradients_are_computed_from_files),
        program_test(gradients_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
