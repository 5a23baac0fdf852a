// SPDX-License-Identifier: Apache-2.0
//
// Sizes and paddings on the command line.
#include "json_text.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct figure {
    const char *line;
    const char *printed;
} figure;

static void assert_figures(const figure *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_prints(cases[i].line, cases[i].printed);
}

static void sizes_follow_the_formula(void **state)
{
    (void)state;
    static const figure cases[] = {
        {"faltung size --input 16 --kernel 3", "14\n"},
        {"faltung size --input 16 --kernel 3 --stride 2", "7\n"},
        {"faltung size --input 16 --kernel 3 --stride 2 --padding 1", "8\n"},
        {"faltung size --input 16 --kernel 3 --padding 0:1", "15\n"},
        {"faltung size --input 16 --kernel 3 --dilation 2", "12\n"},
        {"faltung size --input 16 --kernel 3 --padding same", "16\n"},
        {"faltung size --input 16 --kernel 4 --padding same", "16\n"},
        {"faltung size --input 16 --kernel 3 --padding valid", "14\n"},
        {"faltung size --input 16 --kernel 3 --stride 2 --padding same_upper", "8\n"},
        {"faltung size --input 17 --kernel 3 --stride 2 --padding same_lower", "9\n"},
        {"faltung size --input 90 --kernel 15 --stride 10 --padding same_symmetric", "9\n"},
        {"faltung size --input 5 --kernel 5", "1\n"},
        {"faltung size --input 5 --kernel 5 --stride 9223372036854775807", "1\n"},
    };
    assert_figures(cases, COUNT(cases));
}

static void transposed_sizes_follow_the_formula(void **state)
{
    (void)state;
    static const figure cases[] = {
        {"faltung size --input 8 --kernel 3 --stride 2 --padding 1 --transposed", "15\n"},
        {"faltung size --input 8 --kernel 3 --stride 2 --padding 1 --transposed "
         "--output-padding 1",
         "16\n"},
        {"faltung size --input 8 --kernel 3 --stride 2 --padding 0:1 --transposed", "16\n"},
        {"faltung size --input 8 --kernel 3 --dilation 2 --transposed", "12\n"},
        {"faltung size --input 8 --kernel 3 --stride 3 --transposed --padding same_upper", "24\n"},
        {"faltung size --input 8 --kernel 4 --stride 3 --transposed --padding same_lower", "24\n"},
        {"faltung size --input 8 --kernel 1 --stride 3 --transposed --padding same_upper", "24\n"},
        {"faltung size --input 8 --kernel 3 --stride 2 --transposed --padding valid", "17\n"},
        {"faltung size --input 1 --kernel 1 --transposed", "1\n"},
    };
    assert_figures(cases, COUNT(cases));
}

static void each_axis_has_its_size(void **state)
{
    (void)state;
    static const figure cases[] = {
        {"faltung size --input 90,64 --kernel 3", "88,62\n"},
        {"faltung size --input 90,64 --kernel 3,5 --stride 2,1 --padding 1,0:2", "45,62\n"},
        {"faltung size --input 9,8,7 --kernel 3,2,1 --dilation 1,2,3", "7,6,7\n"},
        {"faltung size --input 9,8 --kernel 3 --stride 2,1 --padding same_upper", "5,8\n"},
        {"faltung padding --input 90,91 --kernel 16 --stride 10", "3,8\n"},
        {"faltung padding --input 16,17 --kernel 3,4 --stride 2 --rule same_upper", "0:1,1:2\n"},
    };
    assert_figures(cases, COUNT(cases));
    assert_refuses(USAGE, "faltung size --input 1,2,3,4 --kernel 1", "1 to 3 axes");
    assert_refuses(REFUSED, "faltung size --input 8,8 --kernel 3 --stride 1,1,1",
                   "expected stride to be a single integer value or a list of 2 values to match "
                   "the convolution dimensions, but got stride=[1, 1, 1]");
    assert_refuses(REFUSED, "faltung size --input 8,8 --kernel 3 --padding 1,1:2,1",
                   "but got padding=[1, 1:2, 1]");
}

static void the_lowest_symmetric_padding_is_found(void **state)
{
    (void)state;
    static const figure cases[] = {
        {"faltung padding --input 90 --kernel 15 --stride 10", "3\n"},
        {"faltung padding --input 90 --kernel 16 --stride 10", "3\n"},
        {"faltung padding --input 91 --kernel 16 --stride 10", "8\n"},
        {"faltung padding --input 256 --kernel 7 --stride 2", "3\n"},
        {"faltung padding --input 256 --kernel 1 --stride 2", "0\n"},
        {"faltung padding --input 5 --kernel 3", "1\n"},
        {"faltung padding --input 5 --kernel 2 --dilation 2", "1\n"},
        {"faltung padding --input 1 --kernel 1 --stride 9223372036854775807", "0\n"},
        {"faltung padding --input 9223372036854775807 --kernel 1", "0\n"},
    };
    assert_figures(cases, COUNT(cases));
}

static void other_rules_give_their_sides(void **state)
{
    (void)state;
    static const figure cases[] = {
        {"faltung padding --input 16 --kernel 3 --stride 2 --rule same_upper", "0:1\n"},
        {"faltung padding --input 16 --kernel 3 --stride 2 --rule same_lower", "1:0\n"},
        {"faltung padding --input 90 --kernel 15 --stride 10 --rule same_upper", "2:3\n"},
        {"faltung padding --input 16 --kernel 4 --rule same", "1:2\n"},
        {"faltung padding --input 16 --kernel 4 --rule same_lower", "2:1\n"},
        {"faltung padding --input 16 --kernel 4 --rule valid", "0\n"},
        {"faltung padding --input 16 --kernel 3 --stride 2 --rule same_symmetric", "1\n"},
    };
    assert_figures(cases, COUNT(cases));
    assert_refuses(REFUSED, "faltung padding --input 16 --kernel 3 --stride 2 --rule same",
                   "padding='same' is not supported for strided convolutions");
}

static void transposed_outputs_have_a_padding_too(void **state)
{
    (void)state;
    static const figure figures[] = {
        {"faltung padding --input 8 --kernel 4 --stride 2 --transposed --rule same_upper", "1\n"},
        {"faltung padding --input 8 --kernel 3 --stride 2 --transposed --rule same_lower", "1:0\n"},
        {"faltung padding --input 3,3 --kernel 3 --stride 3,2 --transposed --rule same_upper "
         "--output-size 10,8",
         "0:-1,0:-1\n"},
        {"faltung padding --input 3,3 --kernel 3 --stride 3,2 --transposed --rule same_upper "
         "--output-size 10,8 --output-padding 1",
         "0,0\n"},
        {"faltung padding --input 3 --kernel 3 --stride 3 --transposed --rule same_lower "
         "--output-size 8",
         "1:0\n"},
        {"faltung padding --input 3 --kernel 3 --stride 3 --transposed --rule valid "
         "--output-size 11",
         "0\n"},
    };
    assert_figures(figures, COUNT(figures));
    assert_refuses(REFUSED, "faltung padding --input 3 --kernel 3 --transposed --output-size 8",
                   "padding='same_symmetric' is not supported");
    assert_refuses(USAGE,
                   "faltung padding --input 3:9 --kernel 3 --transposed --rule same_upper "
                   "--output-size 8",
                   "not with a range");
    assert_refuses(USAGE,
                   "faltung padding --input 3 --kernel 3 --transposed --rule same_upper --explain",
                   "not with --transposed");
}

static void no_symmetric_padding_is_refused_with_the_other_answers(void **state)
{
    (void)state;
    assert_refuses(REFUSED, "faltung padding --input 5 --kernel 4 --stride 1", "1:2");
    assert_non_null(strstr(ran.err, "2:1"));
    assert_non_null(strstr(ran.err, "no symmetric padding"));
    assert_refuses(REFUSED, "faltung size --input 5 --kernel 4 --padding same_symmetric", "2:1");
    assert_refuses(REFUSED, "faltung padding --input 5:9 --kernel 2 --dilation 3", "1:2");
}

static void a_range_prints_a_line_per_width(void **state)
{
    (void)state;
    static const figure cases[] = {
        {"faltung padding --input 90:93 --kernel 16 --stride 10", "90 3\n91 8\n92 7\n"},
        {"faltung padding --input 3:4 --kernel 3", "3 1\n"},
        {"faltung padding --input 15:17 --kernel 3 --stride 2 --rule same_upper", "15 1\n16 0:1\n"},
        {"faltung size --input 16:19 --kernel 3 --stride 2", "16 7\n17 8\n18 8\n"},
        {"faltung size --input 9223372036854775805:9223372036854775807 --kernel 1",
         "9223372036854775805 9223372036854775805\n9223372036854775806 9223372036854775806\n"},
    };
    assert_figures(cases, COUNT(cases));
    assert_prints("faltung padding --input 200:300 --kernel 5 --stride 2 | wc -l", "100\n");
}

static void unique_prints_each_padding_once_in_rising_order(void **state)
{
    (void)state;
    static const figure cases[] = {
        {"faltung padding --input 200:300 --kernel 5 --stride 2 --unique", "2\n"},
        {"faltung padding --input 200:300 --kernel 3 --stride 1 --unique", "1\n"},
        {"faltung padding --input 200:300 --kernel 16 --stride 10 --unique", "3\n4\n5\n6\n7\n8\n"},
        {"faltung padding --input 95:103 --kernel 16 --stride 10 --unique", "3\n4\n5\n6\n7\n8\n"},
        {"faltung padding --input 99:102 --kernel 16 --stride 10 --unique", "3\n4\n8\n"},
        {"faltung padding --input 92:94 --kernel 16 --stride 10 --unique", "7\n"},
        {"faltung padding --input 200:300 --kernel 3 --stride 5 --unique", "0\n1\n"},
        {"faltung padding --input 203:205 --kernel 3 --stride 5 --unique", "0\n"},
        {"faltung padding --input 1:9 --kernel 4 --stride 2 --rule same_upper --unique",
         "1\n1:2\n"},
        {"faltung padding --input 1:9 --kernel 4 --stride 2 --rule same_lower --unique",
         "1\n2:1\n"},
        {"faltung padding --input 4:9 --kernel 4 --stride 2 --rule valid --unique", "0\n"},
        {"faltung padding --input 90 --kernel 15 --stride 10 --unique", "3\n"},
    };
    assert_figures(cases, COUNT(cases));
}

static void unique_agrees_with_the_lines_of_the_range(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        static const char *const rules[] = {"same_symmetric", "same_upper", "same_lower"};
        int begin = 1 + i * 7 % 23, width = 1 + i * 5 % 19, kernel = 1 + i % 11, stride = 2 + i % 7;
        succeed("faltung padding --input %d:%d --kernel %d --stride %d --rule %s >all\n"
                "cut -d ' ' -f 2 all | sed 's/^[0-9]*$/&:&/' | sort -t : -n -k 1,1 -k 2,2 -u "
                ">expected\n"
                "faltung padding --input %d:%d --kernel %d --stride %d --rule %s --unique | sed "
                "'s/^[0-9]*$/&:&/' >unique\n"
                "cmp expected unique",
                begin, begin + width, kernel, stride, rules[i % 3], begin, begin + width, kernel,
                stride, rules[i % 3]);
    }
}

static void unique_ends_soon_for_any_range_and_stride(void **state)
{
    (void)state;
    static const figure cases[] = {
        {"faltung padding --input 1:9223372036854775807 --kernel 3 --stride 9000000000000000000 "
         "--unique",
         "0\n1\n"},
        {"faltung padding --input 4:9223372036854775807 --kernel 3 --stride 9223372036854775807 "
         "--unique",
         "0\n"},
        {"faltung padding --input 1:9223372036854775800 --kernel 5 --stride 2 --unique", "2\n"},
        {"faltung padding --input 1:2000001 --kernel 1000001 --stride 1000000 --unique | wc -l",
         "500000\n"},
    };
    assert_figures(cases, COUNT(cases));
}

static void figures_can_be_had_as_json(void **state)
{
    (void)state;
    static const figure cases[] = {
        {"faltung size --input 16,8 --kernel 3 --padding 0:1 --json",
         "\"input\": [16, 8], \"padding\": [[0, 1], [0, 1]], \"output\": [15, 7]"},
        {"faltung size --input 16:18 --kernel 3 --json", "\"input\": [17]"},
        {"faltung padding --input 90 --kernel 15 --stride 10 --json",
         "\"padding\": [[3, 3]], \"output\": [9]"},
        {"faltung padding --input 90:92 --kernel 16 --stride 10 --json", "\"padding\": [[8, 8]]"},
        {"faltung padding --input 200:300 --kernel 3 --stride 5 --json --unique",
         "\"unique\": [[0, 0], [1, 1]]"},
        {"faltung padding --input 90 --kernel 15 --stride 10 --json --explain",
         "\"twice_min\": 5, \"twice_max\": 15, \"lowest\": 3"},
        {"faltung padding --input 90 --kernel 15 --stride 10 --json --explain",
         "\"low\": 3, \"high\": 7"},
        {"faltung padding --input 90 --kernel 15 --stride 10 --json --explain",
         "\"shift_same_upper\": 1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_json(cases[i].line, cases[i].printed);
}

static void an_explanation_has_interval_size_and_shifts(void **state)
{
    (void)state;
    static const char *const words[] = {
        "3\n",      "2.5 <= P < 7.5",   "the lowest is 3",
        "output 9", "same_upper (2:3)", "shifted by 1 input pixel",
    };
    for (size_t i = 0; i < COUNT(words); i++)
        assert_says("faltung padding --input 90 --kernel 15 --stride 10 --explain", words[i]);
    assert_says("faltung padding --input 5 --kernel 4 --rule same --explain",
                "no symmetric padding exists");
    assert_says("faltung padding --input 90,91 --kernel 16 --stride 10 --explain", "input 91");
    assert_refuses(USAGE, "faltung padding --input 5:9 --kernel 3 --explain", "--explain");
    assert_refuses(USAGE, "faltung padding --input 5 --kernel 3 --explain --unique", "--unique");
}

static void what_cannot_be_is_refused_before_a_line_is_printed(void **state)
{
    (void)state;
    static const figure cases[] = {
        {"faltung size --input 1:5 --kernel 3", "Kernel size can't be greater than actual input"},
        {"faltung size --input 0:5 --kernel 1", "0"},
        {"faltung size --input -2:5 --kernel 1", "-2"},
        {"faltung size --input 5:5 --kernel 1", "--input 5:5 is empty"},
        {"faltung padding --input 300:200 --kernel 5", "--input 300:200 is empty"},
        {"faltung padding --input 0:5 --kernel 3 --unique", "0"},
        {"faltung size --input 9223372036854775800:9223372036854775807 --kernel 1 --padding 3",
         "92233720368547758"},
        {"faltung padding --input 9223372036854775807 --kernel 3 --stride 9223372036854775807 "
         "--dilation 9223372036854775807",
         "9223372036854775807"},
        {"faltung size --input 9 --kernel 9223372036854775807 --dilation 2", "9223372036854775807"},
        {"faltung size --input 9 --kernel 3 --stride -9223372036854775808",
         "non-positive stride is not supported"},
        {"faltung size --input 4611686018427387904 --kernel 3 --stride 4 --transposed",
         "4611686018427387904"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_refuses(REFUSED, cases[i].line, cases[i].printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(sizes_follow_the_formula),
        program_test(transposed_sizes_follow_the_formula),
        program_test(each_axis_has_its_size),
        program_test(the_lowest_symmetric_padding_is_found),
        program_test(other_rules_give_their_sides),
        program_test(transposed_outputs_have_a_padding_too),
        program_test(no_symmetric_padding_is_refused_with_the_other_answers),
        program_test(a_range_prints_a_line_per_width),
        program_test(unique_prints_each_padding_once_in_rising_order),
        program_test(unique_agrees_with_the_lines_of_the_range),
        program_test(unique_ends_soon_for_any_range_and_stride),
        program_test(figures_can_be_had_as_json),
        program_test(an_explanation_has_interval_size_and_shifts),
        program_test(what_cannot_be_is_refused_before_a_line_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
