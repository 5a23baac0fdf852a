// SPDX-License-Identifier: Apache-2.0
//
// Drawings and charts by the command line: which file or text they become, and what is refused.
// What they show is tested in tests/pictures.
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRAW "faltung draw --input 8 --kernel 3 --stride 2 --padding 1 "
#define PLOT "faltung plot padding --input 200:300 --kernel 16 --stride 10 "

static void skip_without_gnuplot(void)
{
    if (!has_program("gnuplot"))
        skip();
}

// In characters, not bytes: those that go on in UTF-8 are not counted.
static void assert_fits_terminal(const char *line)
{
    int column = 0;
    succeed("%s", line);
    assert_true(ran.out_length > 100);
    for (const char *c = ran.out; *c; c++) {
        column = *c == '\n' ? 0 : column + ((*c & 0xc0) != 0x80);
        if (column > 80)
            fail_msg("%s: wider than 80 columns: %s", line, ran.out);
        if (*c == '\033')
            fail_msg("%s: colours or movement off a terminal", line);
    }
}

static void assert_svg(const char *path)
{
    size_t count;
    char *text = read_bytes(path, &count);
    assert_non_null(strstr(text, "<svg "));
    assert_non_null(strstr(text, "</svg>"));
    // Nothing is loaded from anywhere.
    assert_null(strstr(text, "href=\"http"));
    assert_null(strstr(text, "<script"));
    free(text);
}

static void drawings_become_svg_files(void **state)
{
    (void)state;
    static const char *const options[] = {
        "",
        "--animate",
        "--transposed --output-padding 1",
        "--dilation 2",
    };
    for (size_t i = 0; i < COUNT(options); i++) {
        succeed(DRAW "%s -o strip.svg --force", options[i]);
        assert_svg("strip.svg");
        succeed("faltung draw --input 8,7 --kernel 3 --stride 2 --padding 1 %s -o grid.SVG --force",
                options[i]);
        assert_svg("grid.SVG");
    }
    assert_folder("grid.SVG strip.svg");
    succeed(DRAW "-o - | cmp - strip.svg || " DRAW "-o - >standard");
    assert_svg("standard");
}

static void drawings_in_the_terminal_fit(void **state)
{
    (void)state;
    static const char *const lines[] = {
        DRAW,
        "faltung draw --input 90 --kernel 15 --stride 10 --padding 3",
        "faltung draw --input 500 --kernel 15 --stride 10",
        "faltung draw --input 5,5 --kernel 3 --stride 2 --padding 1",
        ("faltung draw --input 8,8 --kernel 3 --stride 2 --padding 1 --transposed "
         "--output-padding 1"),
        "faltung draw --input 30,60 --kernel 3",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_fits_terminal(lines[i]);
    assert_folder("");
}

static void charts_become_files_by_their_name(void **state)
{
    (void)state;
    skip_without_gnuplot();
    succeed(PLOT "-o p.svg; " PLOT "-o q.png; " PLOT "-o - >standard");
    assert_folder("p.svg q.png standard");
    assert_svg("p.svg");
    assert_svg("standard");
    size_t count;
    char *png = read_bytes("q.png", &count);
    assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
    assert_memory_equal(png + count - 8, "IEND", 4);
    free(png);
}

static void charts_in_the_terminal_fit(void **state)
{
    (void)state;
    skip_without_gnuplot();
    assert_fits_terminal(PLOT);
    assert_fits_terminal("faltung plot padding --input 200:300 --kernel 5 --stride 2");
    assert_fits_terminal("faltung plot padding --input 200:300 --kernel 3");
    assert_fits_terminal("faltung plot padding --input 90 --kernel 15 --stride 10");
    assert_folder("");
}

static void existing_pictures_are_replaced_by_force_only(void **state)
{
    (void)state;
    write_text("old.svg", "old");
    assert_refuses(REFUSED, DRAW "-o old.svg", "'old.svg' exists; --force replaces it");
    if (has_program("gnuplot")) {
        assert_refuses(REFUSED, PLOT "-o old.svg", "'old.svg' exists; --force replaces it");
        succeed(PLOT "-o old.svg --force");
        assert_svg("old.svg");
    }
    succeed(DRAW "-o old.svg --force");
    assert_svg("old.svg");
    assert_folder("old.svg");
}

static void other_kinds_of_files_are_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        DRAW "-o a.png", DRAW "-o a", DRAW "-o a.svgz", DRAW "-o svg", DRAW "-o ''",
        PLOT "-o a.gif", PLOT "-o a", PLOT "-o png",    PLOT "-o ''",
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_refuses(USAGE, lines[i], "a name that ends in .svg");
    assert_refuses(USAGE, DRAW "--animate", "--animate needs -o");
    assert_refuses(USAGE, "faltung draw --input 3:9 --kernel 3", "--input is a range");
}

static void what_cannot_be_drawn_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"faltung draw --input 1000000 --kernel 3 -o a.svg", "too large to draw"},
        {"faltung draw --input 9000000000000000000 --kernel 3", "too large to draw"},
        {"faltung draw --input 8 --kernel 3 --padding 4000000000000000000 -o a.svg", "too large"},
        {"faltung draw --input 8 --kernel 3 --transposed --stride 9000000000 -o a.svg",
         "too large"},
        {"faltung draw --input 1000,1000 --kernel 3 -o a.svg --animate", "too large to draw"},
        {"faltung draw --input 8,8,8 --kernel 3", "one or two axes can be drawn"},
        {"faltung draw --input 8 --kernel 9", "Kernel size can't be greater"},
        {"faltung draw --input 8 --kernel 3 --padding same --stride 2 -o a.svg",
         "padding='same' is not supported for strided convolutions"},
        {"faltung draw --input 8 --kernel 4 --padding same_symmetric", "2:1"},
        {"faltung plot padding --input 1:9223372036854775807 --kernel 3 --stride 2", "at most"},
        {"faltung plot padding --input 200:300 --kernel 4 -o a.svg", "no symmetric padding"},
        {"faltung plot padding --input 300:200 --kernel 3 -o a.svg", "300:200 is empty"},
        {"faltung plot padding --input 8,8 --kernel 3", "2 values"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = strstr(cases[i].words, "values") ? USAGE : REFUSED;
        assert_refuses(status, cases[i].line, cases[i].words);
    }
}

static void without_gnuplot_charts_are_refused_by_its_name(void **state)
{
    (void)state;
    static const char options[] = "plot padding --input 200:300 --kernel 5 --stride 2";
    char line[256];
    snprintf(line, sizeof line, "PATH=/nonexistent \"$FALTUNG\" %s", options);
    assert_refuses(REFUSED, line, "gnuplot is not installed");
    snprintf(line, sizeof line, "PATH= \"$FALTUNG\" %s -o p.svg", options);
    assert_refuses(REFUSED, line, "gnuplot is not installed");
    write_text("gnuplot", "#!/bin/sh\ncat >/dev/null\necho noise >&2\nexit 3\n");
    write_text("p.svg", "old");
    snprintf(line, sizeof line,
             "chmod +x gnuplot; PATH=\"$PWD:$PATH\" \"$FALTUNG\" %s -o p.svg "
             "--force",
             options);
    succeed("chmod +x gnuplot");
    assert_refuses(REFUSED, line, "gnuplot");
    write_text("gnuplot", "#!/bin/sh\nexit 0\n");
    assert_refuses(REFUSED, line, "gnuplot");
    write_text("gnuplot", "#!/bin/sh\nkill -9 $$\n");
    assert_refuses(REFUSED, line, "gnuplot");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(drawings_become_svg_files),
        program_test(drawings_in_the_terminal_fit),
        program_test(charts_become_files_by_their_name),
        program_test(charts_in_the_terminal_fit),
        program_test(existing_pictures_are_replaced_by_force_only),
        program_test(other_kinds_of_files_are_refused),
        program_test(what_cannot_be_drawn_is_refused),
        program_test(without_gnuplot_charts_are_refused_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
