// SPDX-License-Identifier: Apache-2.0
//
// unfold and fold of files, worked out by hand.
#include "program.h"

static void a_picture_becomes_its_blocks(void **state)
{
    (void)state;
    succeed("faltung array '1,2,3;4,5,6' --shape 1x1x2x3 -o x.npy");
    succeed("faltung array '0,1,2;1,2,3;0,4,5;4,5,6' --shape 1x4x3 -o expected.npy");
    succeed("faltung unfold x.npy -o c.npy --kernel 2 --padding 0,1:0");
    succeed("faltung compare c.npy expected.npy --rtol 0 --atol 0");
    succeed("faltung unfold x.npy -o - --kernel 2,2 --padding 0,1:0 --threads 2 | "
            "faltung compare - expected.npy --rtol 0 --atol 0");
    succeed("faltung array '2,4,3;8,10,6' --shape 1x1x2x3 -o expected.npy --force");
    succeed("faltung fold c.npy -o y.npy --kernel 2 --padding 0,1:0 --output-size 2,3");
    succeed("faltung compare y.npy expected.npy --rtol 0 --atol 0");
}

static void there_may_be_one_axis_or_three(void **state)
{
    (void)state;
    succeed("faltung array '1,2,3,4' --shape 1x4 -o x.npy");
    succeed("faltung array '1,3;2,4' -o expected.npy");
    succeed("faltung unfold x.npy -o c.npy --axes 1 --kernel 2 --stride 2");
    succeed("faltung compare c.npy expected.npy --rtol 0 --atol 0");
    succeed("faltung fold c.npy -o y.npy --axes 1 --kernel 2 --stride 2 --output-size 4");
    succeed("faltung compare y.npy x.npy --rtol 0 --atol 0");
    succeed("faltung array '1,2,3,4,5,6,7,8' --shape 1x2x2x2 -o x.npy --force");
    succeed("faltung unfold x.npy -o c.npy --kernel 2,1,2 --force");
    assert_prints("faltung info c.npy", "f32 (4, 2)\n");
    succeed("faltung fold c.npy -o y.npy --kernel 2,1,2 --output-size 2 --force");
    succeed("faltung compare y.npy x.npy --rtol 0 --atol 0");
}

static void what_cannot_be_unfolded_is_refused(void **state)
{
    (void)state;
    succeed("faltung array '1,2,3;4,5,6' --shape 1x1x2x3 -o x.npy");
    succeed("faltung array '1,2,3;4,5,6' --shape 1x2x3 -o c.npy");
    static const struct {
        int status;
        const char *line, *words;
    } cases[] = {
        {USAGE, "faltung unfold x.npy --kernel 2", "-o is needed"},
        {USAGE, "faltung unfold x.npy -o y.npy", "--kernel is needed"},
        {USAGE, "faltung fold c.npy -o y.npy --kernel 1", "--output-size is needed"},
        {USAGE, "faltung unfold x.npy c.npy -o y.npy --kernel 1", "one operand too many"},
        {REFUSED, "faltung unfold x.npy -o y.npy --kernel 1,1,1,1", "1 to 3 axes, not 4"},
        {REFUSED, "faltung unfold x.npy -o y.npy --kernel 1 --axes 2147483647", "1 to 3 axes"},
        {REFUSED, "faltung unfold x.npy -o y.npy --kernel 1,1 --axes 1",
         "expected kernel to be a single integer value or a list of 1 values"},
        {REFUSED, "faltung unfold x.npy -o y.npy --kernel 3",
         "calculated shape of the array of sliding blocks as (0, 1)"},
        {REFUSED, "faltung fold c.npy -o y.npy --kernel 1 --output-size 2,3",
         "sliding blocks 2 * 3 = 6, but got input.size(2)=3."},
        {REFUSED, "faltung fold c.npy -o y.npy --kernel 3 --output-size 2,3",
         "divisible by the product of kernel_size"},
        {USAGE, "faltung unfold x.npy -o y.png --kernel 2", ".png"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_refuses(cases[i].status, cases[i].line, cases[i].words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(a_picture_becomes_its_blocks),
        program_test(there_may_be_one_axis_or_three),
        program_test(what_cannot_be_unfolded_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
