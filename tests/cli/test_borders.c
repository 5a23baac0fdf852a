// SPDX-License-Identifier: Apache-2.0
//
// Padding modes, paddings below zero and input dilation, on the command line.
#include "arrays.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(borders_take_every_form),
        program_test(borders_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
