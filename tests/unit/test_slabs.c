// SPDX-License-Identifier: Apache-2.0
//
// Parts of an output from no more of the input than they need: the bits of the whole.
#include "boxes.h"
#include "slabs.h"

#include <stdlib.h>

// What is shown at a border is elsewhere in the input; and images, channels and elements that
// nobody needs are not there.
static const char *const bordered[] = {
    "conv1d:2x3x50,5x3x4,stride=2,padding=7:5,padding_mode=circular",
    "conv2d:2x33x13x61,37x33x3x3,padding=3:2+2:9,padding_mode=reflect",
    "conv2d:2x33x13x61,37x33x3x3,padding=3:13+2:9,padding_mode=circular",
    "conv2d:1x3x19x21,9x3x4x3,padding=17,padding_mode=replicate,stride=2",
    "conv2d:2x18x30x31,18x1x5x5,padding=2,padding_mode=circular,groups=18",
    "conv2d:1x6x14x9,4x3x3x3,padding=-2:5+3:-3,padding_mode=circular,groups=2",
    "conv2d:1x6x14x9,4x3x3x3,padding=-2:5+3:-3,padding_mode=reflect,groups=2",
    "conv2d:1x6x14x9,4x6x1x1,padding=4",
    "conv2d:1x33x41x47,18x33x9x9,padding=6:2+1:6,padding_mode=circular",
    "conv2d:2x2x90x100,3x2x21x21,padding=12,padding_mode=reflect",
    "conv1d:1x16x900,18x16x60,padding=30",
    "conv3d:2x5x6x9x11,20x5x3x3x3,padding=2,padding_mode=circular,stride=1+2+1",
    "conv2d_input:1x9x22x24,20x9x4x4,stride=2,padding=1",
    "conv2d:2x3x9x9,4x3x3x3,padding=1,dtype=c64",
    "conv2d:1x5x3,26x1x1x1,stride=2+1,padding=0+0:-1,padding_mode=circular",
    ("conv_transpose2d:58x12x18,58x21x2x2,stride=2+3,padding=-1:3+2:-1,dilation=2+1,"
     "output_padding=0+2,groups=2,dtype=f64,layout=nhwc"),
    "conv2d:21x24x3x1,6x24x1x1,stride=3+1",
    "conv2d_input:19x33x1x1,40x33x1x1",
    "conv2d:19x5x9x8,37x5x4x3,dilation=2,stride=9",
    "conv1d:19x5x9,3x5x9,padding_mode=circular",
    // By matrix tiles, where there are any.
    "conv2d:2x36x29x25,18x36x3x5,stride=3+2,padding=2:1+1,dtype=bf16,layout=nhwc",
    "conv2d:2x36x29x25,18x36x3x5,stride=3+2,padding=2:1+1,dtype=bf16",
    "conv2d:1x70x31x40,33x70x3x3,padding=3:-2+1,padding_mode=replicate,dtype=i8,layout=nhwc",
    "conv2d:1x70x31x40,33x70x3x3,padding=3:-2+1,padding_mode=reflect,dtype=i8",
    // Slabs that need no padding any more.
    "conv2d:32x4x1,10x32x1x1,padding=-1:1+1,padding_mode=circular,dtype=f16",
    "conv2d:4x5x6,10x4x1x1,padding=1,padding_mode=circular",
    "conv2d:8x4x1,10x8x1x1,padding=-1:1+1,padding_mode=circular",
    "conv2d:4x5x6,10x4x1x1,padding=1,padding_mode=circular,layout=nhwc",
};

typedef struct slab_context {
    const setting *s;
    const faltung_plan *plan;
    void *workspace;
    edge at;
} slab_context;

static void run_part_of_slab(void *context, const faltung_part *part)
{
    const slab_context *c = context;
    run_slab(c->plan, c->s->call.conv.axes, &c->s->input.tensor, NULL, &c->s->output.tensor, part,
             c->workspace, c->at);
}

static void check_slabs(prng *random, const char *problem)
{
    setting s;
    print_message("%s\n", problem);
    setting_make(&s, problem);
    setting_compute(&s);
    void *once = copy_output(&s);
    faltung_plan *plan = setting_plan(&s);
    for (int depth = 0; depth < 7; depth++) {
        slab_context c = {&s, plan, NULL, depth % 2 ? AT_BEGIN : AT_END};
        array_fill_bytes(&s.output, 0xff);
        cut(random, whole(&s), depth, run_part_of_slab, &c);
        assert_true(same_bytes(&s, once));
    }
    free(once);
    faltung_plan_destroy(plan);
    setting_free(&s);
}

static void parts_need_no_more_of_the_input_than_is_said(void **state)
{
    (void)state;
    prng random = {53};
    slabs_begin(16 << 20);
    blame_begin();
    for (size_t i = 0; i < cut_problem_count; i++)
        check_slabs(&random, cut_problems[i]);
    for (size_t i = 0; i < COUNT_OF(bordered); i++)
        check_slabs(&random, bordered[i]);
    blame_end();
    slabs_end();
}

// What is needed, from the definition: rows under the kernel, and those that are mirrored.
static void what_a_part_needs_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *problem;
        int64_t outputs[2], needed[2]; // rows
    } cases[] = {
        {"conv2d:1x1x20x9,1x1x3x3", {4, 6}, {4, 8}},
        {"conv2d:1x1x20x9,1x1x3x3,padding=1", {0, 2}, {0, 3}},
        {"conv2d:1x1x20x9,1x1x3x3,padding=1", {18, 20}, {17, 20}},
        {"conv2d:1x1x20x9,1x1x3x3,padding=5,padding_mode=reflect", {0, 1}, {0, 6}},
        {"conv2d:1x1x20x9,1x1x3x3,padding=5,padding_mode=replicate", {0, 1}, {0, 1}},
        {"conv2d:1x1x20x9,1x1x3x3,padding=5,padding_mode=circular", {0, 1}, {-5, -2}},
        {"conv2d:1x1x20x9,1x1x3x3,padding=5,padding_mode=circular", {27, 28}, {22, 25}},
        {"conv2d:1x1x20x9,1x1x3x3,padding=5", {0, 1}, {0, 0}},
        {"conv2d:1x1x20x9,1x1x1x1,stride=3", {2, 4}, {6, 10}},
        {"conv2d:1x1x20x9,1x1x3x3,stride=4", {1, 3}, {4, 11}},
        {"conv_transpose2d:1x1x20x9,1x1x3x3,stride=2", {4, 5}, {1, 3}},
        {"conv2d:1x64x20x20,64x64x3x3,padding=1", {5, 6}, {3, 9}}, // Winograd's tile: rows 4 to 7
        {"conv2d:1x64x20x20,64x64x3x3,padding=1", {3, 5}, {0, 9}},
    };
    faltung_message message;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        setting s;
        setting_make(&s, cases[i].problem);
        faltung_plan *plan = setting_plan(&s);
        faltung_part part = whole(&s).part, needed;
        part.begin[2] = cases[i].outputs[0];
        part.end[2] = cases[i].outputs[1];
        print_message("%s\n", cases[i].problem);
        assert_ok(faltung_plan_needed_input(plan, &part, &needed, &message), &message);
        assert_int_equal(needed.begin[2], cases[i].needed[0]);
        assert_int_equal(needed.end[2], cases[i].needed[1]);
        faltung_plan_destroy(plan);
        setting_free(&s);
    }
}

static void slabs_that_are_not_the_parts_are_refused(void **state)
{
    (void)state;
    faltung_message message;
    setting s;
    setting_make(&s, "conv2d:1x2x20x9,3x2x3x3,padding=1,padding_mode=circular");
    faltung_plan *plan = setting_plan(&s);
    faltung_part part = whole(&s).part, needed;
    int64_t element;
    part.begin[2] = 18;
    const faltung_tensor *x = &s.input.tensor, *y = &s.output.tensor;
    assert_refused(faltung_plan_run_slab(plan, x, NULL, y, &part, NULL, &message),
                   FALTUNG_ERROR_SHAPE, &message, "input has size [1, 2, 20, 9]", "[1, 2, 4, 11]");
    assert_refused(faltung_plan_needed_input(plan, NULL, &needed, &message), FALTUNG_ERROR_NULL,
                   &message, "part is NULL", NULL);
    assert_refused(faltung_plan_needed_input(plan, &part, NULL, &message), FALTUNG_ERROR_NULL,
                   &message, "needed is NULL", NULL);
    assert_refused(faltung_plan_find_input(plan, 2, 0, &element, &message), FALTUNG_ERROR_OPTION,
                   &message, "axis=2", "0 to 1");
    assert_refused(faltung_plan_find_input(plan, 0, 40, &element, &message), FALTUNG_ERROR_SHAPE,
                   &message, "position=40", "-20 to 39");
    part.end[2] = 21;
    assert_refused(faltung_plan_needed_input(plan, &part, &needed, &message), FALTUNG_ERROR_SHAPE,
                   &message, "along axis 2", NULL);
    faltung_plan_destroy(plan);
    setting_free(&s);
}

// Positions that no circular padding of this input shows are none that a caller may read by.
static void positions_are_those_that_are_shown(void **state)
{
    (void)state;
    static const struct {
        const char *problem;
        int64_t least, most; // of rows
    } cases[] = {
        {"conv2d:1x1x10x9,1x1x3x3", 0, 9},
        {"conv2d:1x1x10x9,1x1x3x3,padding=2,padding_mode=reflect", 0, 9},
        {"conv2d:1x1x10x9,1x1x3x3,padding=2,padding_mode=circular", -10, 19},
        {"conv2d:1x1x10x9,1x1x3x3,padding=-6:3+0,padding_mode=circular", 2, 13},
        {"conv2d:1x1x10x9,1x1x3x3,padding=3:-6+0,padding_mode=circular", -4, 7},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        setting s;
        int64_t element;
        setting_make(&s, cases[i].problem);
        faltung_plan *plan = setting_plan(&s);
        for (int64_t p = -30; p < 40; p++) {
            const bool shown = p >= cases[i].least && p <= cases[i].most;
            faltung_status status = faltung_plan_find_input(plan, 0, p, &element, NULL);
            assert_int_equal(status, shown ? FALTUNG_OK : FALTUNG_ERROR_SHAPE);
            assert_true(!shown || (element >= 0 && element < 10));
        }
        faltung_plan_destroy(plan);
        setting_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_need_no_more_of_the_input_than_is_said),
        cmocka_unit_test(what_a_part_needs_is_known),
        cmocka_unit_test(positions_are_those_that_are_shown),
        cmocka_unit_test(slabs_that_are_not_the_parts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
