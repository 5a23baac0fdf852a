// SPDX-License-Identifier: Apache-2.0
//
// The tour itself: everything in it is as stated, and both of its forms are whole.
#define _XOPEN_SOURCE 700 // for setenv and POSIX

#include "made.h"

#include "tour/steps.h"
#include "tour/walk.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int make_all(scratch *t, const char *path)
{
    return make(t, tour_steps, tour_step_count, path, false);
}

static void everything_is_as_stated(void **state)
{
    scratch *t = *state;
    const int status = make_all(t, NULL);
    if (status)
        fail_msg("%s", t->said);
    assert_contains(written(t), "11 steps");
    assert_contains(written(t), "all are as stated");
    assert_int_equal(count_files(), 0);
}

static void the_text_has_every_step_and_is_plain(void **state)
{
    scratch *t = *state;
    assert_int_equal(make_all(t, NULL), EXIT_DONE);
    const char *text = written(t);
    for (int i = 0; i < 11; i++) {
        char number[8];
        snprintf(number, sizeof number, "\n\n%d. ", i + 1);
        assert_int_equal(count_words(text, number), 1);
    }
    for (const char *c = text; *c; c++)
        assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
}

// Prose, as opposed to what commands print, begins at the margin.
static void prose_keeps_to_the_columns(void **state)
{
    scratch *t = *state;
    t->session.columns = 60;
    assert_int_equal(make_all(t, NULL), EXIT_DONE);
    for (const char *line = written(t); *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (*line != ' ')
            assert_in_range(strcspn(line, "\n"), 0, 60);
}

static void the_page_is_well_formed_and_loads_nothing(void **state)
{
    scratch *t = *state;
    const char doctype[] = "<!DOCTYPE html>\n";
    assert_int_equal(make_all(t, "tour"), EXIT_DONE);
    char *page = read_text("tour/index.html");
    assert_int_equal(strncmp(page, doctype, strlen(doctype)), 0);
    assert_well_formed(page + strlen(doctype));
    assert_int_equal(count_words(page, "<section id=\"step-"), 11);
    assert_int_equal(count_words(page, "<figure "), count_words(page, "<figcaption>"));
    assert_int_equal(count_words(page, "<svg "), count_words(page, "<figure "));
    assert_int_equal(count_words(page, "//"), count_words(page, "=\"http://www.w3.org/"));
    assert_lacks(page, "<script");
    assert_lacks(page, "<img");
    assert_lacks(page, "@import");
    free(page);
    remove_folder("tour");
}

// Every file that the page links to is there, and the figures in their other form.
static void the_files_lie_beside_the_page(void **state)
{
    scratch *t = *state;
    assert_int_equal(make_all(t, "tour"), EXIT_DONE);
    char *page = read_text("tour/index.html");
    int links = 0;
    for (const char *at = page; (at = strstr(at, "<a href=\"")); links++) {
        char name[128];
        at += strlen("<a href=\"");
        snprintf(name, sizeof name, "tour/%.*s", (int)strcspn(at, "\""), at);
        if (*at != '#' && access(name, F_OK) != 0)
            fail_msg("%s is not there", name);
    }
    assert_true(links > 11);
    assert_contains(page, ".npy\"");
    assert_contains(page, ".png\"");
    assert_int_equal(access("tour/refused.npy", F_OK), -1);
    free(page);
    remove_folder("tour");
}

// ---------------------------------------------------------------------------------- wrong results

static void never_true(session *s, const claim_domain *d, finding *found)
{
    (void)s;
    (void)d;
    claim_case(found, false, "seven is not eight");
}

// Asserts that a step of one block is refused with these words, and leaves what is there.
static void assert_wrong(scratch *t, block wrong, const char *words)
{
    const block blocks[] = {wrong, {0}};
    const step steps[] = {{"A step", blocks}};
    assert_refusal(t, make(t, steps, 1, "tour", false), EXIT_REFUSED, words);
    assert_contains(written(t), "1 not as stated");
    assert_int_equal(count_files(), 0);
}

static void a_wrong_result_is_named_and_leaves_no_folder(void **state)
{
    scratch *t = *state;
    assert_wrong(t, (block)COMMAND("size --input 16 --kernel 3", "15\n"),
                 "1 of 1 results are not as stated; step 1: faltung size --input 16 --kernel 3: "
                 "'14\\n', stated is '15\\n'");
    assert_wrong(t, (block)COMMAND("size --input 1 --kernel 3", "1\n"), "exit status 1");
    assert_wrong(t, (block)COMMAND_PART("size --input 16 --kernel 3", "15"), "stated is '15'");
    assert_wrong(t, (block)REFUSED("size --input 1 --kernel 3", "no such words"), "no such words");
    assert_wrong(t, (block)REFUSED("size --input 16 --kernel 3", "too small"), "exit status 0");
    assert_wrong(t, (block)CLAIM(never_true, "Seven is eight", "cases", 0), "seven is not eight");
    assert_wrong(t, (block)COMMAND("size 'unclosed", ""), "cannot be split");
    assert_wrong(
        t, (block)FIGURE(FIGURE_DRAWING, "draw --input 5 --kernel 3", "f", "no such words", "F"),
        "'no such words' is not in the picture");
    assert_wrong(t, (block)CLAIM(input_is_pytorchs, "It is there", "numbers", 0),
                 "x.npy cannot be read");
}

static void of_many_wrong_results_the_first_are_named(void **state)
{
    scratch *t = *state;
    const block wrong = COMMAND("size --input 1 --kernel 3", "1\n");
    const block blocks[] = {wrong, wrong, wrong, wrong, wrong, {0}};
    const step steps[] = {{"A step", blocks}};
    assert_refusal(t, make(t, steps, 1, NULL, false), EXIT_REFUSED,
                   "actual input size; and 2 more\n");
    assert_contains(written(t), "5 not as stated");
}

static void without_gnuplot_nothing_is_begun(void **state)
{
    scratch *t = *state;
    char *path = strdup(getenv("PATH"));
    assert_non_null(path);
    setenv("PATH", t->folder, 1);
    assert_refusal(t, make_tour(&t->session, tour_steps, tour_step_count, "tour", false),
                   EXIT_REFUSED, "gnuplot is not installed");
    setenv("PATH", path, 1);
    free(path);
    assert_string_equal(written(t), "");
    assert_int_equal(count_files(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(everything_is_as_stated),
        scratch_test(the_text_has_every_step_and_is_plain),
        scratch_test(prose_keeps_to_the_columns),
        scratch_test(the_page_is_well_formed_and_loads_nothing),
        scratch_test(the_files_lie_beside_the_page),
        scratch_test(a_wrong_result_is_named_and_leaves_no_folder),
        scratch_test(of_many_wrong_results_the_first_are_named),
        scratch_test(without_gnuplot_nothing_is_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
