// SPDX-License-Identifier: Apache-2.0
//
// Gradients of files, and the refusals of those that cannot be.
#include "arrays.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(gradients_are_computed_from_files),
        program_test(gradients_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
