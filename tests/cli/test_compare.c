// SPDX-License-Identifier: Apache-2.0
//
// Arrays compared, and problems explained.
#include "arrays.h"
#include "json_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void write_doubles(const char *path, double a, double b)
{
    const double numbers[] = {a, b};
    write_raw_npy(path, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", numbers,
                  sizeof numbers);
}

// Asserts what comparing a.npy with b.npy exits with, and that the report begins so.
static void assert_compares(const char *options, int status, const char *report)
{
    run("faltung compare a.npy b.npy %s", options);
    assert_string_equal(ran.err, "");
    if (ran.status != status || strncmp(ran.out, report, strlen(report)) != 0)
        fail_msg("compare %s: status %d, not %d; printed \"%s\"", options, ran.status, status,
                 ran.out);
}

static void equal_arrays_are_equal(void **state)
{
    (void)state;
    write_doubles("a.npy", 1, -2);
    write_doubles("b.npy", 1, -2);
    assert_compares("", DONE, "equal: all 2 elements\n");
    assert_compares("--rtol 0 --atol 0", DONE, "equal: all 2 elements\n");
    succeed("faltung randn 0x3 -o a.npy --force; faltung randn 0x3 -o b.npy --force");
    assert_compares("", DONE, "equal: all 0 elements\n");
}

static void the_tolerance_is_that_of_allclose(void **state)
{
    (void)state;
    write_doubles("a.npy", 100.5, 1);
    write_doubles("b.npy", 100, 1);
    assert_compares("", REFUSED, "different: 1 of 2 elements are beyond the tolerance\n");
    assert_compares("--atol 0.5 --rtol 0", DONE, "equal within the tolerance");
    assert_compares("--atol 0.4999 --rtol 0", REFUSED, "different: 1 of 2");
    assert_compares("--rtol 0.005 --atol 0", DONE, "equal within the tolerance");
    assert_compares("--rtol 0.00499 --atol 0", REFUSED, "different: 1 of 2");
    assert_compares("--rtol 0.0025 --atol 0.25", DONE, "equal within the tolerance");
    assert_compares("--rtol 0", REFUSED,
                    "different: 1 of 2 elements are beyond the tolerance\n"
                    "largest difference 0.5 at [0]: 100.5 and 100; largest relative difference "
                    "0.005\n");
}

static void nan_and_infinity_are_compared_as_allclose_does(void **state)
{
    (void)state;
    static const struct {
        double a, b;
        const char *options;
        int status;
    } cases[] = {
        {NAN, NAN, "", REFUSED},
        {NAN, NAN, "--equal-nan", DONE},
        {NAN, 1, "--equal-nan", REFUSED},
        {1, NAN, "--atol 1e300", REFUSED},
        {INFINITY, INFINITY, "", DONE},
        {INFINITY, -INFINITY, "--rtol 1", REFUSED},
        {INFINITY, 1, "--rtol 1e300", REFUSED},
        {1, INFINITY, "--rtol 1", REFUSED},
        {1, -INFINITY, "--rtol 0 --atol 1e308", REFUSED},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_doubles("a.npy", cases[i].a, 0);
        write_doubles("b.npy", cases[i].b, 0);
        assert_compares(cases[i].options, cases[i].status,
                        cases[i].status ? "different: 1 of 2" : "equal: all 2 elements");
    }
}

static void types_and_orders_may_differ_and_shapes_may_not(void **state)
{
    (void)state;
    grid g = grid_make("3x4", 1);
    write_npy("a.npy", &g, "<f2", false);
    write_npy("b.npy", &g, ">f8", true);
    assert_compares("--rtol 0 --atol 0", DONE, "equal: all 12 elements\n");
    succeed("faltung randn 4x3 -o c.npy; faltung randn 12 -o d.npy");
    assert_refuses(REFUSED, "faltung compare a.npy c.npy",
                   "the shapes differ: (3, 4) of 'a.npy' and (4, 3) of 'c.npy'");
    assert_refuses(REFUSED, "faltung compare a.npy d.npy --json", "(12,) of 'd.npy'");
    succeed("cat b.npy | faltung compare a.npy - >report; faltung compare - a.npy <b.npy >report");
    grid_free(&g);
}

static void a_comparison_can_be_had_as_json(void **state)
{
    (void)state;
    write_doubles("a.npy", 100.5, 1);
    write_doubles("b.npy", 100, 1);
    assert_json("faltung compare a.npy b.npy --json || test $? -eq 1",
                "{\"equal\": false, \"shape\": [2], \"elements\": 2, \"beyond\": 1, "
                "\"largest_difference\": 0.5, ");
    assert_json("faltung compare a.npy a.npy --json", "{\"equal\": true, ");
    write_doubles("b.npy", NAN, INFINITY);
    assert_json("faltung compare a.npy b.npy --json || test $? -eq 1",
                "\"largest_difference\": \"nan\"");
}

static void a_problem_is_explained(void **state)
{
    (void)state;
    static const char line[] =
        "faltung explain "
        "conv2d:16x3x16x16,10x3x3x3,dtype=f32,padding=1+1,stride=2+2,groups=1";
    static const char *const words[] = {
        "conv2d:16x3x16x16,10x3x3x3,stride=2,padding=1\n",
        "output         (16, 10, 8, 8)\n",
        "padding        1,1\n",
        "multiply-adds  276480\n",
        "operands       91192 bytes ",
        "\nmoved          ",
        "\npacked         ",
        "\nblock          (",
        "\ndirect         pixels in the lanes, ",
        "\n-> ",
        " reference: ",
    };
    for (size_t i = 0; i < COUNT(words); i++)
        assert_says(line, words[i]);
    assert_says("faltung explain conv2d:1x3x17x16,10x3x3x3,stride=2,padding=same_upper",
                "padding        1,0:1\n");
    assert_says("faltung explain conv_transpose2d:1x3x8x8,3x10x3x3,stride=2,padding=1,"
                "output_size=15+16",
                "output padding 0,1\n");
    assert_says("faltung explain conv1d:1x8,1x1x3 --accuracy exact --threads 3", "output");
    assert_says("faltung explain conv2d:1x64x28x28,64x64x3x3 --workspace-limit 1",
                " without the limit)");
    assert_says("faltung explain conv2d:1x64x28x28,64x64x3x3 --workspace-limit 1",
                "   direct: its workspace would be over the limit (about the time of ");
    assert_says("faltung explain conv2d:1x256x56x56,64x256x1x1,layout=nhwc",
                "direct         channels in the lanes");
}

static void an_explanation_can_be_had_as_json(void **state)
{
    (void)state;
    static const char *const words[] = {
        "\"problem\": \"conv2d:16x3x16x16,10x3x3x3,stride=2,padding=1\"",
        "\"output\": [16, 10, 8, 8]",
        "\"work\": [",
        "\"padding\": [[1, 1], [1, 1]]",
        "\"multiply_adds\": 276480",
        "\"block\": [",
        "\"how\": \"",
        "\"packed_bytes\": ",
        "\"bytes_moved\": ",
        "\"chosen\": \"",
    };
    for (size_t i = 0; i < COUNT(words); i++)
        assert_json("faltung explain conv2d:16x3x16x16,10x3x3x3,stride=2,padding=1 --json",
                    words[i]);
}

static void what_is_no_problem_is_refused(void **state)
{
    (void)state;
    static const char *const usage[] = {
        "conv4d:1x1,1x1",
        "conv2d:1x1x8x8",
        "conv2d:1x1x8x8,1x1x3x3,stride",
        "conv2d",
        "conv2d:1x1x8x8,1x1x3x3,bogus=1",
        "''",
        "conv2d:1x1x8x8,1x1x3x3,stride=1.5",
        "conv2d:1x1x8x8,1x1x3x3,stride=1,stride=1",
        "conv2d:1x1x8x8,1x1x3x3,padding=samee",
    };
    for (size_t i = 0; i < COUNT(usage); i++) {
        char line[256];
        snprintf(line, sizeof line, "faltung explain %s", usage[i]);
        assert_refuses(USAGE, line, "faltung explain: ");
    }
    assert_refuses(REFUSED, "faltung explain conv2d:1x1x8x8,1x1x9x9",
                   "Kernel size can't be greater than actual input size");
    assert_refuses(REFUSED, "faltung explain conv2d:1x3x8x8,1x1x3x3 --json",
                   "expected input[1, 3, 8, 8] to have 1 channels, but got 3 channels instead");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(equal_arrays_are_equal),
        program_test(the_tolerance_is_that_of_allclose),
        program_test(nan_and_infinity_are_compared_as_allclose_does),
        program_test(types_and_orders_may_differ_and_shapes_may_not),
        program_test(a_comparison_can_be_had_as_json),
        program_test(a_problem_is_explained),
        program_test(an_explanation_can_be_had_as_json),
        program_test(what_is_no_problem_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
