// SPDX-License-Identifier: Apache-2.0
//
// Residuals and activations, on the command line.
#include "arrays.h"

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
        program_test(results_are_added_to_and_activated),
        program_test(results_that_cannot_be_finished_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
