// SPDX-License-Identifier: Apache-2.0
//
// faltung bench: what it prints and what it refuses. How long anything takes is not looked at.
#include "json_text.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUICK "faltung bench --seconds 0.001 "

// A member's number in the last line that was run.
static double number(const char *member)
{
    char name[64];
    snprintf(name, sizeof name, "\"%s\": ", member);
    const char *found = strstr(ran.out, name);
    if (!found)
        fail_msg("no %s in %s", name, ran.out);
    return strtod(found + strlen(name), NULL);
}

static void assert_close(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * fabs(b)))
        fail_msg("%.17g is not %.17g", a, b);
}

static void json_has_every_figure(void **state)
{
    (void)state;
    static const char *const members[] = {
        "best_s",    "median_s",   "gflops_best", "gflops_median",    "ceiling_gflops",
        "share",     "share_best", "bytes_per_s", "copy_bytes_per_s", "copy_share",
        "algorithm", "accuracy",   "isa",         "threads",          "workspace_bytes",
        "calls",
    };
    assert_json(QUICK "--json conv2d:1x4x8x8,4x4x3x3",
                "{\"problem\": \"conv2d:1x4x8x8,4x4x3x3\", ");
    for (size_t i = 0; i < COUNT(members); i++)
        number(members[i]);
    assert_true(number("best_s") > 0);
    assert_true(number("median_s") >= number("best_s"));
    assert_true(number("ceiling_gflops") > 0);
    assert_true(number("copy_bytes_per_s") > 0);
    assert_true(number("calls") >= 1);
    assert_true(number("threads") == 1);
}

// Operations and bytes counted by hand.
static void assert_counts(const char *problem, double multiply_adds, double bytes)
{
    succeed(QUICK "--json %s", problem);
    assert_close(number("gflops_best") * number("best_s"), 2e-9 * multiply_adds);
    assert_close(number("gflops_median") * number("median_s"), 2e-9 * multiply_adds);
    assert_close(number("bytes_per_s") * number("best_s"), bytes);
    assert_close(number("share_best") * number("ceiling_gflops"), number("gflops_best"));
    assert_close(number("copy_share") * number("copy_bytes_per_s"), number("bytes_per_s"));
}

static void a_multiply_add_counts_as_two_operations(void **state)
{
    (void)state;
    // 4 x 6 x 6 outputs of 4 x 9 products; padding's zeros count as if they were there.
    assert_counts("conv2d:1x4x8x8,4x4x3x3", 144 * 36, 4 * (256 + 144 + 144));
    assert_counts("conv2d:1x4x8x8,4x4x3x3,padding=1", 256 * 36, 4 * (256 + 144 + 256));
    assert_counts("conv1d:2x4x8,6x2x3,groups=2,dtype=f64", 72 * 6, 8 * (64 + 36 + 72));
    // 2 x 5 inputs that go to 3 x 4 outputs each; the output has 3 x 8.
    assert_counts("conv_transpose1d:1x2x5,2x3x4", 10 * 12, 4 * (10 + 24 + 24));
}

static void problems_come_in_the_order_given(void **state)
{
    (void)state;
    assert_json(QUICK "--json conv1d:1x1x9,1x1x3 conv1d:1x1x7,1x1x2 conv1d:1x1x8,1x1x3", "}\n{");
    const char *first = strstr(ran.out, "conv1d:1x1x9"), *second = strstr(ran.out, "conv1d:1x1x7");
    const char *third = strstr(ran.out, "conv1d:1x1x8");
    assert_true(first && first < second && second < third);
}

static void text_has_a_line_per_problem_and_the_ceilings(void **state)
{
    (void)state;
    assert_says(QUICK "conv1d:1x1x9,1x1x3 conv1d:1x1x7,1x1x2", "ceilings of 1 thread in GFLOP/s");
    assert_non_null(strstr(ran.out, "\n-> "));
    assert_non_null(strstr(ran.out, " scalar "));
    assert_non_null(strstr(ran.out, " conv1d:1x1x9,1x1x3\n"));
    assert_non_null(strstr(ran.out, " conv1d:1x1x7,1x1x2\n"));
}

static void problems_are_read_from_a_file(void **state)
{
    (void)state;
    write_text("list", "# what we need\n\n  conv1d:1x1x9,1x1x3\r\nconv1d:1x1x7,1x1x2");
    assert_json(QUICK "--json --file list", "{\"problem\": \"conv1d:1x1x9,1x1x3\", ");
    assert_non_null(strstr(ran.out, "\n{\"problem\": \"conv1d:1x1x7,1x1x2\", "));
    assert_json(QUICK "--json --file - <list", "{\"problem\": \"conv1d:1x1x9,1x1x3\", ");
}

static void a_list_names_problems_and_times_nothing(void **state)
{
    (void)state;
    assert_says("faltung bench --list conv1d:1x1x9,1x1x3 conv1d:1x1x7,1x1x2",
                "conv1d:1x1x9,1x1x3\nconv1d:1x1x7,1x1x2\n");
    assert_says("faltung bench --table --list", "\nseed s2              conv2d:16x3x16x16,");
    assert_json("faltung bench --table --list --json",
                "{\"name\": \"seed\", \"problem\": \"conv2d:16x3x16x16,10x3x3x3\", \"target\": ");
    assert_null(strstr(ran.out, "best_s"));
}

static void what_was_computed_is_checked(void **state)
{
    (void)state;
    write_text("list", "conv2d:2x4x7x8,6x2x3x2,padding=0:2+1:0,dilation=2+1,groups=2\n"
                       "conv2d:1x3x40x40,20x3x5x5,stride=2,padding=2\n"
                       "conv1d:4x9,6x4x3,dtype=f16\n"
                       "conv2d:4x9x8,6x4x3x2,dtype=bf16\n"
                       "conv2d:4x9x8,6x4x3x2,padding=1,dtype=u8,weight_dtype=i8,"
                       "input_zero_point=9\n"
                       "conv2d_input:4x9x8,6x4x3x2,padding=1,stride=2,dtype=c64\n"
                       "conv3d:1x2x4x5x6,3x2x2x3x2,padding=1+0+1,dtype=f64\n"
                       "conv_transpose2d:1x4x5x4,4x3x3x2,stride=2+1,padding=1+0,groups=2\n");
    assert_json(QUICK "--json --check --file list", "\"max_err\": ");
    assert_true(number("max_err_of_bound") > 0 && number("max_err_of_bound") <= 1);
    assert_null(strstr(ran.out, "\"correct\": false"));
    int correct = 0;
    for (const char *at = ran.out; (at = strstr(at, "\"correct\": true")); at++)
        correct++;
    assert_int_equal(correct, 8);
    assert_says(QUICK "--check --file list", "\nchecked: no result differs");
    // One of its results is a subnormal half.
    assert_says(QUICK "--check conv_transpose2d:1x2x8x70,2x1x3x3,stride=3+2,groups=2,dtype=f16",
                "\nchecked: no result differs");
    assert_refuses(REFUSED, QUICK "--check conv1d:1x1x9,1x1x3,activation=relu",
                   "--check knows no activation, padding mode or dilated input");
}

static void an_algorithm_is_asked_for(void **state)
{
    (void)state;
    assert_json(QUICK "--json --algorithm reference conv1d:1x1x9,1x1x3",
                "\"algorithm\": \"reference\"");
    assert_json(QUICK "--json --check --algorithm fft conv2d:1x2x20x20,3x2x5x5",
                "\"algorithm\": \"fft\"");
    assert_refuses(REFUSED, QUICK "--algorithm winograd conv1d:1x1x9,1x1x4",
                   "algorithm='winograd' cannot compute this");
    assert_refuses(REFUSED, QUICK "--algorithm fast conv1d:1x1x9,1x1x3",
                   "algorithm='fast' is none of tiles");
}

static void threads_accuracy_and_instruction_set_are_those_asked_for(void **state)
{
    (void)state;
    succeed(QUICK "--json --threads 2 --accuracy exact conv1d:1x1x9,1x1x3");
    assert_true(number("threads") == 2);
    assert_non_null(strstr(ran.out, "\"accuracy\": \"exact\""));
    assert_says("FALTUNG_ISA=scalar " QUICK "--json conv1d:1x1x9,1x1x3", "\"isa\": \"scalar\"");
    assert_refuses(USAGE, "FALTUNG_ISA=mmx " QUICK "conv1d:1x1x9,1x1x3",
                   "FALTUNG_ISA 'mmx': allowed on this processor is");
}

static void an_empty_batch_takes_no_time_and_no_operations(void **state)
{
    (void)state;
    assert_json(QUICK "--json --check conv1d:0x1x9,1x1x3", "\"gflops_best\": 0, ");
}

static void problems_come_from_one_place(void **state)
{
    (void)state;
    write_text("list", "conv1d:1x1x9,1x1x3\n");
    assert_refuses(USAGE, "faltung bench", "problems, --table or --file");
    assert_refuses(USAGE, "faltung bench --table conv1d:1x1x9,1x1x3", "only one of these");
    assert_refuses(USAGE, "faltung bench --table --file list", "only one of these");
    assert_refuses(USAGE, "faltung bench --file list conv1d:1x1x9,1x1x3", "only one of these");
}

static void what_is_no_problem_is_refused_by_its_name(void **state)
{
    (void)state;
    assert_refuses(USAGE, QUICK "conv1d:1x1x9,1x1x3 conv9d:1x1,1x1", "'conv9d:1x1,1x1': problem");
    assert_refuses(USAGE, QUICK "conv2d:1x1x9x9,1x1x3x3,strid=2", "'strid=2' is no option");
    write_text("list", "conv1d:1x1x9,1x1x3\n\nconv1d:nonsense\n");
    assert_refuses(BAD_FILE, QUICK "--file list", "list: line 3: 'conv1d:nonsense'");
    write_text("empty", "# nothing yet\n");
    assert_refuses(BAD_FILE, QUICK "--file empty", "empty: there is no problem in it");
    assert_refuses(REFUSED, QUICK "--file none", "cannot open 'none'");
    assert_refuses(REFUSED, QUICK "--file .", "it is a folder");
}

static void what_cannot_be_computed_is_refused_before_anything_is_timed(void **state)
{
    (void)state;
    assert_refuses(REFUSED, QUICK "conv1d:1x1x9,1x1x3 conv1d:1x1x2,1x1x3",
                   "'conv1d:1x1x2,1x1x3': ");
    skip_if_sanitized();
    assert_refuses(REFUSED, QUICK "conv2d:1x64x1000000x1000000,1x64x1x1", "out of memory");
}

static void seconds_are_finite_and_over_0(void **state)
{
    (void)state;
    static const char *const bad[] = {"0", "-1", "nan", "inf", "1s", ""};
    for (size_t i = 0; i < COUNT(bad); i++) {
        char line[128], words[64];
        snprintf(line, sizeof line, "faltung bench conv1d:1x1x9,1x1x3 --seconds '%s'", bad[i]);
        snprintf(words, sizeof words, "--seconds '%s': allowed is a finite number over 0", bad[i]);
        assert_refuses(USAGE, line, words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(json_has_every_figure),
        program_test(a_multiply_add_counts_as_two_operations),
        program_test(problems_come_in_the_order_given),
        program_test(text_has_a_line_per_problem_and_the_ceilings),
        program_test(problems_are_read_from_a_file),
        program_test(a_list_names_problems_and_times_nothing),
        program_test(what_was_computed_is_checked),
        program_test(an_algorithm_is_asked_for),
        program_test(threads_accuracy_and_instruction_set_are_those_asked_for),
        program_test(an_empty_batch_takes_no_time_and_no_operations),
        program_test(problems_come_from_one_place),
        program_test(what_is_no_problem_is_refused_by_its_name),
        program_test(what_cannot_be_computed_is_refused_before_anything_is_timed),
        program_test(seconds_are_finite_and_over_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
