// SPDX-License-Identifier: Apache-2.0
//
// Charts: what gnuplot makes of them, and what happens when it is missing or fails.
#include "markup.h"

#include "charts/chart.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WIDTHS 100

// A chart of the widths from 200, in room that lasts until the next one.
static padding_chart make(int64_t kernel, int64_t stride, int64_t dilation)
{
    static int64_t width[WIDTHS], padding[WIDTHS];
    faltung_axis axis = {1, kernel, stride, dilation, {0, 0}, false, 0, 1};
    padding_chart c = {kernel, stride, dilation, {0, 0}, WIDTHS, width, padding};
    assert_int_equal(faltung_find_padding_limits(&axis, &c.limits, NULL), FALTUNG_OK);
    for (int i = 0; i < WIDTHS; i++) {
        faltung_padding_interval interval;
        axis.input = width[i] = 200 + i;
        assert_int_equal(faltung_find_padding_interval(&axis, &interval, NULL), FALTUNG_OK);
        padding[i] = interval.lowest;
    }
    return c;
}

static int write_chart(scratch *t, const padding_chart *c, chart_format format, int columns,
                       char **text, size_t *size)
{
    FILE *file = open_memstream(text, size);
    assert_non_null(file);
    const int status = chart_write(&t->session, file, c, format, columns);
    assert_int_equal(fclose(file), 0);
    return status;
}

// Draws a chart, to be freed; skips the test if there is no gnuplot.
static char *draw(scratch *t, const padding_chart *c, chart_format format, int columns,
                  size_t *size)
{
    char *text;
    const int status = write_chart(t, c, format, columns, &text, size);
    fflush(t->session.err);
    if (status == EXIT_REFUSED && strstr(t->said, "gnuplot is not installed")) {
        free(text);
        skip();
    }
    assert_int_equal(status, EXIT_DONE);
    return text;
}

static void an_svg_shows_the_limits_and_why_the_width_matters(void **state)
{
    size_t size;
    const padding_chart c = make(16, 10, 1);
    char *svg = draw(*state, &c, CHART_SVG, 0, &size);
    assert_well_formed(svg);
    assert_contains(svg, "at most 8 = ceil((16 - 1)/2)");
    assert_contains(svg, "at least 3 = ceil((16 - 10)/2)");
    assert_contains(svg, "from 3 to 8, depending on W");
    assert_contains(svg, ">W mod 10<");
    free(svg);
}

static void a_padding_that_ignores_the_width_needs_one_panel(void **state)
{
    size_t size;
    const padding_chart c = make(5, 2, 1);
    char *svg = draw(*state, &c, CHART_SVG, 0, &size);
    assert_well_formed(svg);
    assert_contains(svg, "always 2, whatever W is");
    assert_lacks(svg, "W mod");
    free(svg);
}

static void an_svg_can_be_recoloured(void **state)
{
    static const char *const colours[] = {
        "fill=\"rgb(27,36,48)\"",      "fill=\"rgb(181,60,12)\"",     "stroke='rgb( 27,  36,  48)'",
        "stroke='rgb(168, 196, 226)'", "stroke='rgb(217,  72,  15)'", "color='rgb( 47, 104, 168)'",
    };
    size_t size;
    const padding_chart c = make(16, 10, 1);
    char *svg = draw(*state, &c, CHART_SVG, 0, &size);
    assert_contains(svg, "class=\"fal-chart\"");
    assert_contains(svg, "prefers-color-scheme:dark");
    assert_lacks(svg, "var("); // which not every viewer knows
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
        assert_contains(svg, colours[i]);
    free(svg);
}

static void charts_of_one_page_have_names_of_their_own(void **state)
{
    size_t size;
    const padding_chart first = make(16, 10, 1);
    char *a = draw(*state, &first, CHART_SVG, 0, &size);
    const padding_chart second = make(16, 10, 2);
    char *b = draw(*state, &second, CHART_SVG, 0, &size);
    assert_contains(a, "id=\"fal_chart_k16_s10_d1_w200_plot_1");
    assert_contains(b, "id=\"fal_chart_k16_s10_d2_w200_plot_1");
    free(a);
    free(b);
}

static void a_png_is_a_png(void **state)
{
    size_t size;
    const padding_chart c = make(16, 10, 1);
    char *png = draw(*state, &c, CHART_PNG, 0, &size);
    assert_true(size > 1000);
    assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
    assert_memory_equal(png + size - 8, "IEND", 4);
    free(png);
}

static void a_chart_of_characters_fits_its_columns(void **state)
{
    static const int columns[] = {40, 61, 80, 200};
    for (int i = 0; i < 4; i++) {
        size_t size;
        const padding_chart c = make(7, 32, 3);
        char *text = draw(*state, &c, CHART_TEXT, columns[i], &size);
        assert_fits(text, columns[i]);
        assert_contains(text, "at least 0, as 19 < 32");
        assert_true(text[0] != '\n' && text[size - 2] != '\n');
        free(text);
    }
}

// ----------------------------------------------------------------------------------- refusals

static void assert_no_chart(scratch *t, const padding_chart *c, const char *words)
{
    char *text;
    size_t size;
    assert_refusal(t, write_chart(t, c, CHART_SVG, 0, &text, &size), EXIT_REFUSED, words);
    assert_int_equal(size, 0);
    free(text);
}

// Puts a program named gnuplot, or none if it is NULL, in the place of the real one.
static void assert_no_chart_from(scratch *t, const char *program, const char *words)
{
    char *path = strdup(getenv("PATH"));
    assert_non_null(path);
    if (program) {
        write_file("gnuplot", program, strlen(program));
        assert_int_equal(chmod("gnuplot", 0700), 0);
    }
    const padding_chart c = make(16, 10, 1);
    assert_int_equal(setenv("PATH", t->folder, 1), 0);
    assert_no_chart(t, &c, words);
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
}

static void a_missing_gnuplot_is_told_with_how_to_get_it(void **state)
{
    assert_no_chart_from(*state, NULL, "apt-get install gnuplot-nox");
}

static void the_first_words_of_a_failing_gnuplot_are_passed_on(void **state)
{
    assert_no_chart_from(*state, "#!/bin/sh\necho 'line 7: no such terminal' >&2\nexit 1\n",
                         "gnuplot failed: line 7: no such terminal");
}

static void a_gnuplot_that_dies_or_draws_nothing_is_told(void **state)
{
    assert_no_chart_from(*state, "#!/bin/sh\nkill -9 $$\n", "it did not say why");
    assert_no_chart_from(*state, "#!/bin/sh\nexit 0\n", "no SVG");
}

static void charts_that_are_too_large_are_refused(void **state)
{
    padding_chart c = make(16, 10, 1);
    c.count = CHART_MAX_WIDTHS + 1;
    assert_no_chart(*state, &c, "too many widths for a chart: 10001, at most 10000");
    c = make(16, 10, 1);
    c.stride = INT64_MAX;
    assert_no_chart(*state, &c, "too large for a chart: 9223372036854775807");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(an_svg_shows_the_limits_and_why_the_width_matters),
        scratch_test(a_padding_that_ignores_the_width_needs_one_panel),
        scratch_test(an_svg_can_be_recoloured),
        scratch_test(charts_of_one_page_have_names_of_their_own),
        scratch_test(a_png_is_a_png),
        scratch_test(a_chart_of_characters_fits_its_columns),
        scratch_test(a_missing_gnuplot_is_told_with_how_to_get_it),
        scratch_test(the_first_words_of_a_failing_gnuplot_are_passed_on),
        scratch_test(a_gnuplot_that_dies_or_draws_nothing_is_told),
        scratch_test(charts_that_are_too_large_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
