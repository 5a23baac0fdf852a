// SPDX-License-Identifier: Apache-2.0
//
// Drawings of a convolution: cells and windows are counted, words are read.
#include "markup.h"

#include "drawing/drawing.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

// input, kernel, stride, dilation, padding, transposed, output_padding
static const faltung_axis axis_90 = {90, 15, 10, 1, {3, 3}, false, 0, 1};
static const faltung_axis axis_5 = {5, 3, 2, 1, {1, 1}, false, 0, 1};
static const faltung_axis axis_uneven = {13, 4, 3, 1, {0, 2}, false, 0, 1};
static const faltung_axis axis_dilated = {20, 3, 2, 3, {2, 2}, false, 0, 1};
static const faltung_axis axis_skipping = {16, 2, 4, 1, {0, 3}, false, 0, 1};
static const faltung_axis axis_200 = {200, 5, 2, 1, {2, 2}, false, 0, 1};
static const faltung_axis axis_up = {8, 3, 2, 1, {1, 1}, true, 1, 1};
static const faltung_axis axis_sparse = {3, 2, 3, 1, {0, 0}, true, 2, 1};
static const faltung_axis axis_cropped = {6, 2, 2, 2, {4, 3}, true, 0, 1};

static const faltung_axis *const all_axes[] = {
    &axis_90,  &axis_5,  &axis_uneven, &axis_dilated, &axis_skipping,
    &axis_200, &axis_up, &axis_sparse, &axis_cropped,
};

static drawing make(int axes, const faltung_axis *first, const faltung_axis *second)
{
    drawing d = {.axes = axes, .axis = {*first, *second}};
    for (int i = 0; i < axes; i++)
        assert_int_equal(faltung_output_size(&d.axis[i], &d.output[i], NULL), FALTUNG_OK);
    return d;
}

static drawing strip(const faltung_axis *axis)
{
    return make(1, axis, axis);
}

static drawing square(const faltung_axis *axis)
{
    return make(2, axis, axis);
}

// Draws into memory, to be freed; columns 0 is SVG.
static char *draw_any(const drawing *d, bool animate, int columns)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    const faltung_status status =
        columns ? draw_text(file, d, columns, NULL) : draw_svg(file, d, animate, NULL);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(status, FALTUNG_OK);
    return text;
}

static char *svg_of(drawing d)
{
    return draw_any(&d, false, 0);
}

static char *text_of(drawing d, int columns)
{
    return draw_any(&d, false, columns);
}

// Shapes of a class on the picture itself, that is without the sample in its legend.
static int count_shapes(const char *svg, const char *name)
{
    char attribute[64];
    snprintf(attribute, sizeof attribute, "class=\"%s\"", name);
    const int count = count_words(svg, attribute);
    return count ? count - 1 : 0;
}

// ------------------------------------------------------------------------------------ strips

static void a_strip_shows_every_cell_and_every_window(void **state)
{
    (void)state;
    char *svg = svg_of(strip(&axis_90));
    assert_int_equal(count_shapes(svg, "fal-input"), 90);
    assert_int_equal(count_shapes(svg, "fal-padding"), 6);
    assert_int_equal(count_shapes(svg, "fal-bar"), 9);
    assert_int_equal(count_shapes(svg, "fal-cross"), 1);
    free(svg);
}

static void a_strip_says_how_the_size_follows_and_what_is_left_over(void **state)
{
    (void)state;
    char *svg = svg_of(strip(&axis_90));
    assert_contains(svg, ">output = floor((90 + 3 + 3 \u2212 15)/10) + 1 = 9<");
    assert_contains(svg, ">left over: 1<");
    assert_contains(svg, "Left over: 1 cell at the end, of padding,");
    free(svg);
}

static void what_is_left_over_may_be_input_and_padding(void **state)
{
    (void)state;
    const faltung_axis both = {9, 2, 5, 1, {0, 1}, false, 0, 1};
    const faltung_axis input = {10, 2, 5, 1, {0, 0}, false, 0, 1};
    char *text = text_of(strip(&both), 200);
    assert_contains(text, "Left over: 3 cells at the end, 2 of the input and 1 of padding,");
    free(text);
    text = text_of(strip(&input), 200);
    assert_contains(text, "Left over: 3 cells at the end, of the input,");
    free(text);
    text = text_of(strip(&axis_5), 200);
    assert_lacks(text, "Left over");
    free(text);
}

static void the_extent_of_a_dilated_kernel_is_explained(void **state)
{
    (void)state;
    char *text = text_of(strip(&axis_dilated), 200);
    assert_contains(text, "output = floor((20 + 2 + 2 - 7)/2) + 1 = 9\n");
    assert_contains(text, "extent = dilation*(kernel - 1) + 1 = 3*(3 - 1) + 1 = 7\n");
    free(text);
}

// Counts the cells of an axis that no window reads, by the definition.
static int count_unread(const faltung_axis *a, int64_t output)
{
    bool read[64] = {false};
    for (int64_t j = 0; j < output; j++) {
        for (int64_t k = 0; k < a->kernel; k++)
            read[j * a->stride + k * a->dilation] = true;
    }
    int unread = 0;
    for (int64_t i = 0; i < a->padding.begin + a->input + a->padding.end; i++)
        unread += !read[i];
    return unread;
}

// Counts the cells of a transposed axis's output, and of what is cropped from it, that no input
// element is added to.
static int count_unwritten(const faltung_axis *a, int64_t output)
{
    bool written[64] = {false};
    const int64_t kept = a->padding.begin + output;
    int64_t cells = (a->input - 1) * a->stride + a->dilation * (a->kernel - 1) + 1;
    cells = cells < kept ? kept : cells;
    for (int64_t i = 0; i < a->input; i++) {
        for (int64_t k = 0; k < a->kernel; k++)
            written[i * a->stride + k * a->dilation] = true;
    }
    int unwritten = 0;
    for (int64_t i = 0; i < cells; i++)
        unwritten += !written[i];
    return unwritten;
}

static void exactly_the_cells_that_nothing_reaches_are_crossed_out(void **state)
{
    (void)state;
    for (int code = 0; code < 5 * 4 * 4 * 3 * 4; code++) {
        const faltung_axis a = {
            .input = 1 + 2 * (code % 5),
            .kernel = 1 + code / 5 % 4,
            .stride = 1 + code / 20 % 4,
            .dilation = 1 + code / 80 % 3,
            .padding = {code % 2, code % 3},
            .transposed = code / 240 > 1,
            .output_padding = code / 240 == 3 ? code / 20 % 4 : 0,
        };
        drawing d = {.axes = 1, .axis = {a}};
        if (faltung_output_size(&a, &d.output[0], NULL) != FALTUNG_OK)
            continue;
        char *svg = svg_of(d);
        assert_int_equal(count_shapes(svg, "fal-cross"), a.transposed
                                                             ? count_unwritten(&a, d.output[0])
                                                             : count_unread(&a, d.output[0]));
        free(svg);
    }
}

static void a_transposed_strip_shows_what_is_cropped_and_what_is_added(void **state)
{
    (void)state;
    char *svg = svg_of(strip(&axis_up));
    assert_int_equal(count_shapes(svg, "fal-output"), 15);
    assert_int_equal(count_shapes(svg, "fal-added"), 1);
    assert_int_equal(count_shapes(svg, "fal-cropped"), 1);
    assert_int_equal(count_shapes(svg, "fal-bar"), 8);
    free(svg);
}

// ------------------------------------------------------------------------------------- grids

static void grids_show_input_padding_kernel_and_output(void **state)
{
    (void)state;
    char *svg = svg_of(square(&axis_5));
    assert_int_equal(count_shapes(svg, "fal-input"), 25);
    assert_int_equal(count_shapes(svg, "fal-padding"), 24);
    assert_int_equal(count_shapes(svg, "fal-output"), 9);
    assert_int_equal(count_words(svg, "class=\"fal-tap\""), 9 + 1);
    assert_contains(svg, ">rows, columns = floor((5 + 1 + 1 \u2212 3)/2) + 1 = 3<");
    free(svg);
}

static void axes_that_differ_are_explained_apart(void **state)
{
    (void)state;
    const drawing d = make(2, &axis_5, &axis_skipping);
    char *text = text_of(d, 200);
    assert_contains(text, "Convolution: input 5 x 16, kernel 3 x 2, stride 2,4, padding 1,0:3\n");
    assert_contains(text, "rows = floor((5 + 1 + 1 - 3)/2) + 1 = 3\n");
    assert_contains(text, "columns = floor((16 + 0 + 3 - 2)/4) + 1 = 5\n");
    assert_contains(text, "Left over: 1 column at the end, of padding,");
    assert_contains(text, "Skipped: 8 columns that no window reads.");
    free(text);
}

static void a_transposed_grid_shows_the_zeros_and_what_output_padding_adds(void **state)
{
    (void)state;
    char *svg = svg_of(square(&axis_up));
    assert_int_equal(count_shapes(svg, "fal-input"), 8 * 8);
    assert_int_equal(count_shapes(svg, "fal-zero"), 15 * 15 - 8 * 8);
    assert_int_equal(count_shapes(svg, "fal-padding"), 18 * 18 - 15 * 15);
    assert_int_equal(count_shapes(svg, "fal-output"), 15 * 15);
    assert_int_equal(count_shapes(svg, "fal-added"), 15 + 16);
    free(svg);
}

static void the_kernel_positions_that_reach_what_is_added_are_named(void **state)
{
    (void)state;
    char *text = text_of(square(&axis_up), 200);
    assert_contains(text, "row and column 15, reached by kernel position 2.\n");
    free(text);
    text = text_of(make(2, &axis_up, &axis_sparse), 200);
    assert_contains(text, "row 15, reached by kernel row 2.\n");
    assert_contains(text, "column 8, reached by no kernel column; "
                          "column 9, reached by no kernel column.\n");
    assert_contains(text, "Empty: 4 output columns that no kernel column reaches");
    free(text);
}

static void a_padding_beyond_the_kernel_leaves_input_unread(void **state)
{
    (void)state;
    char *text = text_of(square(&axis_cropped), 200);
    assert_contains(text, "Left over: 1 row and column at the end, of the input,");
    assert_contains(text, "Skipped: 2 rows and columns that no window reads.");
    free(text);
}

// -------------------------------------------------------------------------------- all of SVG

static void every_svg_is_well_formed_and_keeps_to_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * 2 * COUNT(all_axes); i++) {
        const int axes = 1 + (int)(i & 1);
        const faltung_axis *axis = all_axes[i / 4];
        if (axes == 2 && axis->input > 60)
            continue;
        const drawing d = make(axes, axis, axis);
        char *svg = draw_any(&d, i & 2, 0);
        assert_well_formed(svg);
        assert_contains(svg, "role=\"img\"");
        assert_contains(svg, "prefers-color-scheme:dark");
        assert_lacks(svg, "var("); // which not every viewer knows
        assert_lacks(svg, " id=");
        assert_int_equal(count_words(svg, "class=\""), count_words(svg, "class=\"fal-"));
        free(svg);
    }
}

static void an_animation_visits_every_position(void **state)
{
    (void)state;
    const drawing grids = square(&axis_5), bars = strip(&axis_90);
    char *svg = draw_any(&grids, true, 0);
    assert_int_equal(count_words(svg, "<animateTransform"), 2);
    assert_contains(svg, "values=\"0,0;68,0;136,0;0,68;68,68;136,68;0,136;68,136;136,136\"");
    assert_contains(svg, "prefers-reduced-motion:reduce");
    assert_contains(svg, "class=\"fal-still\"");
    free(svg);
    svg = draw_any(&bars, true, 0);
    assert_contains(svg, "values=\"0,0;55,0;110,0;165,0;220,0;275,0;330,0;385,0;440,0\"");
    free(svg);
    svg = svg_of(grids);
    assert_lacks(svg, "<animate");
    free(svg);
}

// -------------------------------------------------------------------------------- characters

static void a_strip_of_characters_shows_each_window(void **state)
{
    (void)state;
    char *text = text_of(strip(&axis_5), 80);
    assert_contains(text, "\n"
                          "               0   1   2   3   4\n"
                          "input      .   o   o   o   o   o   .\n"
                          "output 0   #---#---#\n"
                          "output 1           #---#---#\n"
                          "output 2                   #---#---#\n"
                          "\n");
    free(text);
}

static void many_windows_share_lines(void **state)
{
    (void)state;
    char *text = text_of(strip(&axis_200), 60);
    assert_contains(text, "input      ..oooooooooooooooooooo ... oooooooooooooooooooo.x\n"
                          "           ##0## ##3## ##6## ##9# ... 0## #93## #96## #99##\n");
    free(text);
}

static void a_grid_of_characters_marks_the_kernel(void **state)
{
    (void)state;
    char *text = text_of(square(&axis_5), 80);
    assert_contains(text, "     input                        output\n"
                          "        0  1  2  3  4             0  1  2\n"
                          "    [.][.][.] .  .  .  .       0 [o] o  o\n"
                          "  0 [.][o][o] o  o  o  .       1  o  o  o\n"
                          "  1 [.][o][o] o  o  o  .       2  o  o  o\n"
                          "  2  .  o  o  o  o  o  .\n");
    free(text);
}

static void characters_fit_any_number_of_columns(void **state)
{
    (void)state;
    static const int columns[] = {32, 33, 40, 59, 80, 81, 132, 1000};
    for (size_t i = 0; i < COUNT(columns) * COUNT(all_axes) * 2; i++) {
        const faltung_axis *axis = all_axes[i / 2 % COUNT(all_axes)];
        const int axes = 1 + (int)(i % 2), most = columns[i / 2 / COUNT(all_axes)];
        if (axes == 2 && axis->input > 60)
            continue;
        char *text = text_of(make(axes, axis, axis), most);
        assert_fits(text, most);
        free(text);
    }
    char *text = text_of(strip(&axis_90), -1);
    assert_fits(text, 32);
    free(text);
}

// ------------------------------------------------------------------------------------ limits

static void assert_too_large(scratch *t, const drawing *d, bool animate, const char *words)
{
    faltung_message message = {""};
    assert_int_equal(draw_svg(t->session.out, d, animate, &message), FALTUNG_ERROR_OPTION);
    assert_non_null(strstr(message.text, words));
    message.text[0] = '\0';
    if (!animate) {
        assert_int_equal(draw_text(t->session.out, d, 80, &message), FALTUNG_ERROR_OPTION);
        assert_non_null(strstr(message.text, words));
    }
    fflush(t->session.out);
    assert_int_equal(t->out_length, 0);
}

static void what_is_too_large_is_refused_whatever_makes_it_so(void **state)
{
    const int64_t huge = INT64_MAX / 4;
    const faltung_axis large[] = {
        {513, 1, 1, 1, {0, 0}, false, 0, 1},        {1, 1, 1, 1, {512, 0}, false, 0, 1},
        {1, 1, 1, 1, {0, huge}, false, 0, 1},       {huge, 1, huge, 1, {0, 0}, false, 0, 1},
        {2, 2, 1, huge, {huge, huge}, false, 0, 1}, {2, 1, huge, 1, {0, 0}, true, 0, 1},
        {1, 2, 1, huge, {0, 0}, true, 0, 1},        {1, 1, huge, 1, {0, 0}, true, huge - 1, 1},
        {huge, 1, 1, 1, {0, 0}, true, 0, 1},
    };
    for (size_t i = 0; i < COUNT(large); i++) {
        const drawing d = strip(&large[i]), grids = make(2, &axis_5, &large[i]);
        assert_too_large(*state, &d, false, "a strip shows at most 512 cells");
        assert_too_large(*state, &grids, false, "a grid is at most 64 cells wide");
    }
    const faltung_axis high = {65, 1, 1, 1, {0, 0}, false, 0, 1};
    const drawing grids = make(2, &high, &axis_5);
    assert_too_large(*state, &grids, false, "a grid is at most 64 cells high");
}

static void a_large_stride_or_dilation_alone_is_drawn(void **state)
{
    (void)state;
    const faltung_axis one = {5, 1, INT64_MAX, INT64_MAX, {0, 0}, false, 0, 1};
    char *svg = svg_of(strip(&one));
    assert_well_formed(svg);
    assert_int_equal(count_shapes(svg, "fal-cross"), 4);
    free(svg);
}

static void the_largest_strip_is_drawn(void **state)
{
    (void)state;
    const faltung_axis most = {512, 256, 1, 1, {0, 0}, false, 0, 1};
    char *svg = svg_of(strip(&most));
    assert_int_equal(count_shapes(svg, "fal-bar"), 257);
    free(svg);
}

static void an_animation_that_is_too_long_is_refused(void **state)
{
    const faltung_axis axis = {23, 1, 1, 1, {0, 0}, false, 0, 1};
    const drawing d = square(&axis);
    assert_too_large(*state, &d, true, "the kernel has 529 positions, at most 512 are shown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(a_strip_shows_every_cell_and_every_window),
        scratch_test(a_strip_says_how_the_size_follows_and_what_is_left_over),
        scratch_test(what_is_left_over_may_be_input_and_padding),
        scratch_test(the_extent_of_a_dilated_kernel_is_explained),
        scratch_test(exactly_the_cells_that_nothing_reaches_are_crossed_out),
        scratch_test(a_transposed_strip_shows_what_is_cropped_and_what_is_added),
        scratch_test(grids_show_input_padding_kernel_and_output),
        scratch_test(axes_that_differ_are_explained_apart),
        scratch_test(a_transposed_grid_shows_the_zeros_and_what_output_padding_adds),
        scratch_test(the_kernel_positions_that_reach_what_is_added_are_named),
        scratch_test(a_padding_beyond_the_kernel_leaves_input_unread),
        scratch_test(every_svg_is_well_formed_and_keeps_to_itself),
        scratch_test(an_animation_visits_every_position),
        scratch_test(a_strip_of_characters_shows_each_window),
        scratch_test(many_windows_share_lines),
        scratch_test(a_grid_of_characters_marks_the_kernel),
        scratch_test(characters_fit_any_number_of_columns),
        scratch_test(what_is_too_large_is_refused_whatever_makes_it_so),
        scratch_test(a_large_stride_or_dilation_alone_is_drawn),
        scratch_test(the_largest_strip_is_drawn),
        scratch_test(an_animation_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
