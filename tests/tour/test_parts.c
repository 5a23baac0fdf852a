// SPDX-License-Identifier: Apache-2.0
//
// The parts of the tour that work on texts: command lines, markup, formulas.
#include "made.h"

#include "tour/arguments.h"
#include "tour/formula.h"
#include "tour/html.h"
#include "tour/markup.h"

#include <stdlib.h>
#include <string.h>

// --------------------------------------------------------------------------------- command lines

// Asserts that a line splits into "faltung" and these words, joined by '|'.
static void assert_split(const char *line, const char *words)
{
    arguments a;
    char joined[MAX_LINE] = "";
    assert_true(arguments_split(&a, line));
    for (int i = 0; i < a.argc; i++) {
        strcat(joined, i ? "|" : "");
        strcat(joined, a.argv[i]);
    }
    assert_string_equal(joined, words);
    assert_null(a.argv[a.argc]);
}

static void lines_split_at_blanks(void **state)
{
    (void)state;
    assert_split("size --input 16", "faltung|size|--input|16");
    assert_split("  size   16  ", "faltung|size|16");
    assert_split("", "faltung");
}

static void quotes_keep_words_together(void **state)
{
    (void)state;
    assert_split("array '1, 2;3, 4' -o a", "faltung|array|1, 2;3, 4|-o|a");
    assert_split("a'b c'd ''", "faltung|ab cd|");
    assert_split("'' x", "faltung||x");
}

static void lines_that_cannot_be_split_are_told(void **state)
{
    (void)state;
    arguments a;
    char line[2 * MAX_LINE];
    assert_false(arguments_split(&a, "array '1,2"));
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    assert_false(arguments_split(&a, line));
    for (int i = 0; i < 2 * MAX_ARGUMENTS; i++)
        line[i] = i % 2 ? ' ' : 'x';
    line[2 * MAX_ARGUMENTS] = '\0';
    assert_false(arguments_split(&a, line));
}

// ------------------------------------------------------------------------------------------ markup

static void markup_is_taken_apart(void **state)
{
    (void)state;
    const char *text = "a `b*` *c* $d$ e*";
    const char *const expected[] = {"a ", "b*", " ", "c", " ", "d", " e", "*"};
    const span_kind kinds[] = {SPAN_PLAIN, SPAN_CODE,    SPAN_PLAIN, SPAN_EMPHASIS,
                               SPAN_PLAIN, SPAN_FORMULA, SPAN_PLAIN, SPAN_PLAIN};
    span s;
    size_t i = 0;
    for (; markup_next(&text, &s); i++) {
        assert_true(i < sizeof kinds / sizeof *kinds);
        assert_int_equal(s.kind, kinds[i]);
        assert_int_equal(s.length, strlen(expected[i]));
        assert_memory_equal(s.text, expected[i], s.length);
    }
    assert_int_equal(i, sizeof kinds / sizeof *kinds);
}

// What html_prose or formula_write makes of a text, to be freed.
static char *set(const char *text, bool prose)
{
    char *made;
    size_t size;
    FILE *file = open_memstream(&made, &size);
    assert_non_null(file);
    if (prose)
        html_prose(file, text);
    else
        formula_write(file, text, strlen(text), true);
    fclose(file);
    return made;
}

static void assert_set(const char *text, bool prose, const char *expected)
{
    char *made = set(text, prose);
    assert_string_equal(made, expected);
    free(made);
}

static void prose_is_set(void **state)
{
    (void)state;
    assert_set("a < b & `c < d`", true, "a &lt; b &amp; <code>c &lt; d</code>");
    assert_set("it's 3 x 3 or a x b", true, "it\u2019s 3\u00a0\u00d7\u00a03 or a x b");
    assert_set("see step 10, steps", true, "see <a href=\"#step-10\">step\u00a010</a>, steps");
    assert_set("*so*", true, "<em>so</em>");
    assert_set("is $P$?", true,
               "is <span class=\"keep\"><math><mrow><mi>P</mi></mrow></math>?</span>");
}

static void formulas_are_set(void **state)
{
    (void)state;
    const char *const begin = "<math display=\"block\"><mrow>", *const end = "</mrow></math>";
    const char *const formulas[][2] = {
        {"W - 2P", "<mi>W</mi><mo>\u2212</mo><mn>2</mn><mi>P</mi>"},
        {"(a + b)/S", "<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow>"
                      "<mrow><mi>S</mi></mrow></mfrac>"},
        {"ceil(W)", "<mrow><mo>\u2308</mo><mi>W</mi><mo>\u2309</mo></mrow>"},
        {"[p_min, 7.5)", "<mo stretchy=\"false\">[</mo><msub><mi>p</mi>"
                         "<mi class=\"word\">min</mi></msub><mo>,</mo><mn>7.5</mn>"
                         "<mo stretchy=\"false\">)</mo>"},
        {"a <= b", "<mi>a</mi><mo>\u2264</mo><mi>b</mi>"},
    };
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
        char expected[512];
        snprintf(expected, sizeof expected, "%s%s%s", begin, formulas[i][1], end);
        assert_set(formulas[i][0], false, expected);
    }
}

static void formulas_are_well_formed_whatever_they_hold(void **state)
{
    (void)state;
    const char *const formulas[] = {
        "",   "(", ")", "a/", "/a", "((a)", "a//b", "floor(", "sum_(i)", "(a)/(b)", "ceil(W/S)/2/3",
        "<&>"};
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
        char *made = set(formulas[i], false);
        assert_well_formed(made);
        free(made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_split_at_blanks),
        cmocka_unit_test(quotes_keep_words_together),
        cmocka_unit_test(lines_that_cannot_be_split_are_told),
        cmocka_unit_test(markup_is_taken_apart),
        cmocka_unit_test(prose_is_set),
        cmocka_unit_test(formulas_are_set),
        cmocka_unit_test(formulas_are_well_formed_whatever_they_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
