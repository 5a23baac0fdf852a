// SPDX-License-Identifier: Apache-2.0
//
// How words become options and operands, and which are refused: a word that does not parse is
// wrong usage (2), a well-formed value whose problem cannot be is a refusal (1).
#include "program.h"

#include <stdio.h>
#include <stdlib.h>

// Lines that are wrong usage, and what must be said about them.
typedef struct refusal {
    const char *line;
    const char *words;
} refusal;

static void assert_usage(const refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_refuses(USAGE, cases[i].line, cases[i].words);
}

static void words_that_are_no_integer_are_refused(void **state)
{
    static const char *const options[] = {"kernel",   "stride",         "padding",
                                          "dilation", "output-padding", "input"};
    static const char *const words[] = {
        "1.5",
        "0x1",
        "+1",
        "' 1'",
        "'1 '",
        "1a",
        "1e3",
        "''",
        "-",
        "--1",
        "abc",
        ",",
        "1,",
        ",1",
        "1,,2",
        "'1;2'",
        "1:2x",
        "1:",
        ":1",
        "1:2:3",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999",
        "'1\n'",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(options); i++)
        for (size_t k = 0; k < COUNT(words); k++) {
            char line[256], expected[64];
            snprintf(line, sizeof line, "faltung size --transposed --%s=%s --input 8 --kernel 3",
                     options[i], words[k]);
            snprintf(expected, sizeof expected, "faltung size: --%s '", options[i]);
            assert_refuses(USAGE, line, expected);
        }
    assert_refuses(USAGE, "faltung conv2d x w -o y --groups 1.5", "--groups '1.5': allowed is");
    assert_refuses(USAGE, "faltung conv2d x w -o y --groups 1,2", "--groups '1,2'");
    assert_refuses(USAGE, "faltung size --input 8 --kernel 1:2", "--kernel '1:2'");
    assert_refuses(USAGE, "faltung conv_transpose1d x w -o y --output-size 8x8", "'8x8'");
}

static void names_that_are_not_known_are_refused(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"faltung size --input 8 --kernel 3 --padding samee", "--padding 'samee': allowed is"},
        {"faltung size --input 8 --kernel 3 --padding Same", "same_symmetric"},
        {"faltung size --input 8 --kernel 3 --padding same,1", "--padding 'same,1'"},
        {"faltung padding --input 8 --kernel 3 --rule foo", "--rule 'foo': allowed is"},
        {"faltung padding --input 8 --kernel 3 --rule 1", "--rule '1'"},
        {"faltung conv2d x w -o y --accuracy best", "'best': allowed is exact, balanced or fast"},
        {"faltung randn 4 -o y --dtype f99", "--dtype 'f99': allowed is f32, f64, f16"},
        {"faltung completion fish", "'fish'"},
        {"faltung plot size --input 8 --kernel 3", "'size'"},
    };
    assert_usage(cases, COUNT(cases));
}

static void values_outside_their_option_are_refused(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"faltung conv2d x w -o y --threads 0", "--threads '0': allowed is 1"},
        {"faltung conv2d x w -o y --threads -1", "--threads '-1'"},
        {"faltung conv2d x w -o y --threads 2147483648", "--threads '2147483648'"},
        {"faltung conv2d x w -o y --threads 1.5", "--threads '1.5'"},
        {"faltung compare a b --rtol -1", "--rtol '-1': allowed is a finite number of 0 or more"},
        {"faltung compare a b --atol nan", "--atol 'nan'"},
        {"faltung compare a b --atol inf", "--atol 'inf'"},
        {"faltung compare a b --atol 1e999", "--atol '1e999'"},
        {"faltung compare a b --rtol 0x1p3", "--rtol '0x1p3'"},
        {"faltung compare a b --rtol ' 1'", "--rtol ' 1'"},
        {"faltung compare a b --rtol 1e", "--rtol '1e'"},
        {"faltung compare a b --rtol ''", "--rtol ''"},
        {"faltung randn 4 -o y --seed 18446744073709551616", "--seed '18446744073709551616'"},
        {"faltung randn 4 -o y --seed -9223372036854775809", "--seed '-9223372036854775809'"},
        {"faltung randn 4 -o y --seed 1.5", "--seed '1.5'"},
        {"faltung randn 4 -o y --seed ''", "--seed ''"},
        {"faltung randn 4xx4 -o y", "'4xx4'"},
        {"faltung randn 4x -o y", "'4x'"},
        {"faltung randn -4 -o y", "'-4'"},
        {"faltung randn 4,4 -o y", "'4,4': allowed is sizes of 0 or more joined by x"},
        {"faltung array 1 -o y --shape 1x-1", "--shape '1x-1'"},
        {"faltung array 1,2,x -o y", "'1,2,x'"},
        {"faltung array '1,2;3' -o y", "same number of values"},
        {"faltung array nan -o y", "'nan'"},
        {"faltung array 1e999 -o y", "'1e999'"},
        {"faltung array '' -o y", "''"},
        {"faltung array '1;' -o y", "'1;'"},
    };
    assert_usage(cases, COUNT(cases));
}

static void unknown_commands_and_options_are_refused(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"faltung", "a command is needed"},
        {"faltung conv4d", "'conv4d' is no command"},
        {"faltung ''", "'' is no command"},
        {"faltung --bogus", "'--bogus'"},
        {"faltung help conv4d", "'conv4d' is no command"},
        {"faltung size --bogus", "--bogus"},
        {"faltung size --bogus=1", "--bogus"},
        {"faltung size --groups 1 --input 8 --kernel 3", "--groups"},
        {"faltung size -x", "-x is no option"},
        {"faltung size -xyz", "-x"},
        {"faltung conv2d x w -z -o y", "-z is no option"},
        {"faltung size -o y --input 8 --kernel 3", "-o is no option"},
        {"faltung conv_transpose2d x w --out 1", "--out"},
    };
    assert_usage(cases, COUNT(cases));
}

static void an_option_given_twice_is_refused(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"faltung size --input 8 --kernel 3 --kernel 3", "--kernel is given twice"},
        {"faltung size --input 8 --kernel 3 --kern=3", "--kernel is given twice"},
        {"faltung size --input 8 --kernel 3 --json --json", "--json is given twice"},
        {"faltung conv2d x w -o y -o z", "--output is given twice"},
        {"faltung conv2d x w -o y --output=z", "--output is given twice"},
        {"faltung randn 4 4 -o y -o y", "-o y is given twice"},
    };
    assert_usage(cases, COUNT(cases));
}

static void missing_words_are_refused(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"faltung conv2d x w", "-o is needed"},
        {"faltung array 1,2", "-o is needed"},
        {"faltung randn 4", "-o is needed"},
        {"faltung randn 4 5 -o y", "shapes are 2, -o are 1"},
        {"faltung randn 4 -o y -o z", "shapes are 1, -o are 2"},
        {"faltung conv2d x w -o", "-o needs a value"},
        {"faltung size --input 8 --kernel", "--kernel needs a value"},
        {"faltung size --input 8", "--kernel is needed"},
        {"faltung size --kernel 3", "--input is needed"},
        {"faltung padding --kernel 3", "--input is needed"},
        {"faltung conv2d x -o y", "an operand is missing: faltung conv2d INPUT WEIGHT"},
        {"faltung conv2d x w b extra -o y", "'extra'"},
        {"faltung size 8 --input 8 --kernel 3", "'8' is not expected"},
        {"faltung size --input 8 --kernel 3 --json=1", "--json takes no value"},
        {"faltung compare a", "A B"},
        {"faltung show", "FILE"},
        {"faltung explain", "PROBLEM"},
        {"faltung plot", "an operand is missing: faltung plot padding"},
    };
    assert_usage(cases, COUNT(cases));
}

static void standard_input_is_one_operand_only(void **state)
{
    (void)state;
    assert_refuses(USAGE, "faltung conv2d - - -o y", "standard input (-)");
    assert_refuses(USAGE, "faltung compare - -", "standard input (-)");
}

static void options_may_be_written_in_several_ways(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "faltung size --input 16 --kernel 3 --stride 2 --padding 1",
        "faltung size --input=16 --kernel=3 --stride=2 --padding=1",
        "faltung size --padding 1 --stride=2 --kernel 3 --input=16",
        "faltung size --input 16 --ker=3 --str 2 --pad 1",
        "faltung size --input 16 --kernel 3 --stride 2 --padding 1 --",
        "POSIXLY_CORRECT=1 faltung size --input 16 --kernel 3 --stride 2 --padding 1",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_prints(lines[i], "8\n");
}

static void options_may_stand_anywhere(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "faltung array 1,2 -o y --force",
        "faltung array -o y --force 1,2",
        "faltung array --force -oy 1,2",
        "faltung array --output=y --force -- 1,2",
        "faltung array --output y 1,2 --force --",
        "POSIXLY_CORRECT=1 faltung array 1,2 -o y --force",
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_prints(lines[i], "");
        assert_prints("faltung show y", "f32 (2,)\n[1. 2.]\n");
    }
    assert_folder("y");
}

static void a_value_may_begin_with_a_dash(void **state)
{
    (void)state;
    assert_prints("faltung array -1,-.5 -o y", "");
    assert_prints("faltung show y --json",
                  "{\"dtype\": \"f32\", \"shape\": [2], \"values\": [-1, -0.5]}\n");
    assert_prints("faltung array -o z -- -2", "");
    assert_prints("faltung show z", "f32 (1,)\n[-2.]\n");
    assert_refuses(REFUSED, "faltung size --input 8 --kernel 3 --padding -1",
                   "negative padding is not supported");
    assert_refuses(REFUSED, "faltung size --input -8 --kernel 3", "-8");
    assert_refuses(USAGE, "faltung size --input --kernel 3", "--input '--kernel'");
}

static void behind_two_dashes_all_words_are_operands(void **state)
{
    (void)state;
    assert_prints("faltung array 1 -o ./-o", "");
    assert_prints("faltung info -- -o", "f32 (1,)\n");
    assert_refuses(USAGE, "faltung size --input 8 -- --kernel 3", "'--kernel' is not expected");
}

static void well_formed_values_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const refusal cases[] = {
        {"faltung size --input 8 --kernel 3 --stride 0", "non-positive stride is not supported"},
        {"faltung size --input 8 --kernel 0", "kernel"},
        {"faltung size --input 8 --kernel 9", "Kernel size can't be greater than actual input"},
        {"faltung size --input 8 --kernel 3 --dilation 0", "dilation should be greater than zero"},
        {"faltung size --input 8 --kernel 3,3", "expected kernel to be"},
        {"faltung size --input 9223372036854775807 --kernel 1 --padding 1", "9223372036854775807"},
        {"faltung size --input -9223372036854775808 --kernel 1", "-9223372036854775808"},
        {"faltung size --input 9:9 --kernel 1", "9:9 is empty"},
        {"faltung padding --input 9:3 --kernel 1", "9:3 is empty"},
        {"faltung array 1,2,3 -o y --shape 2x2", "--shape (2, 2)"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_refuses(REFUSED, cases[i].line, cases[i].words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(words_that_are_no_integer_are_refused),
        program_test(names_that_are_not_known_are_refused),
        program_test(values_outside_their_option_are_refused),
        program_test(unknown_commands_and_options_are_refused),
        program_test(an_option_given_twice_is_refused),
        program_test(missing_words_are_refused),
        program_test(standard_input_is_one_operand_only),
        program_test(options_may_be_written_in_several_ways),
        program_test(options_may_stand_anywhere),
        program_test(a_value_may_begin_with_a_dash),
        program_test(behind_two_dashes_all_words_are_operands),
        program_test(well_formed_values_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
