// SPDX-License-Identifier: Apache-2.0
//
// Parts of an output: together the bits of the whole, each by itself and on whatever threads.
#include "setting.h"
#include "slabs.h"

#include <fenv.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// For each way that there is to compute: channels and pixels in the lanes, packed and in place,
// flattened planes and rows, several images at once, transforms, depthwise and phases.
static const char *const problems[] = {
    "conv1d:2x3x50,5x3x4,stride=2,padding=1",
    "conv1d:7x40,5x7x4,padding=same",
    "conv2d:3x7x19x21,37x7x3x3,padding=1",
    "conv2d:16x3x16x16,10x3x3x3",
    "conv2d:5x64x7x7,48x64x3x3,padding=1",
    "conv2d:2x33x13x61,37x33x3x3,padding=1",
    "conv2d:5x32x9x14,70x32x3x3,padding=1:2+0:3",
    "conv_transpose2d:2x64x11x18,64x32x3x3,padding=1,groups=2",
    "conv2d:2x40x13x17,70x40x1x1",
    "conv2d:5x40x7x7,3x40x1x1",
    "conv2d:2x24x15x15,40x24x1x1,stride=2",
    "conv2d:2x18x30x61,18x1x3x3,padding=1,groups=18",
    "conv2d:2x18x30x31,18x1x5x5,padding=2,stride=2,groups=18",
    "conv2d:1x24x20x20,24x4x3x3,padding=1,groups=6",
    "conv2d:1x300x14x40,50x300x3x3,padding=1,dilation=2",
    "conv3d:2x5x6x9x11,20x5x3x3x3,padding=1,stride=1+2+1",
    "conv_transpose2d:2x9x11x12,9x20x4x4,stride=2,padding=1",
    "conv_transpose2d:1x12x9x9,12x2x3x3,stride=3,groups=4,output_padding=1",
    "conv2d:2x7x19x21,37x7x3x3,padding=1,dtype=f64",
    "conv2d:2x3x9x9,4x3x3x3,padding=1,dtype=f16",
};

// A box of elements of an output.
typedef struct box {
    int rank;
    const int64_t *shape;
    faltung_part part;
} box;

// Whether the i-th element of the whole is in the box.
static bool is_within(const box *b, int64_t i)
{
    for (int a = b->rank - 1; a >= 0; a--) {
        int64_t at = i % b->shape[a];
        i /= b->shape[a];
        if (at < b->part.begin[a] || at >= b->part.end[a])
            return false;
    }
    return true;
}

// Cuts a box at random into boxes that nobody cuts, and hands out those.
static void cut(prng *random, box b, int depth, void (*each)(void *, const faltung_part *),
                void *context)
{
    int axis = (int)random_between(random, 0, b.rank - 1);
    int64_t begin = b.part.begin[axis], end = b.part.end[axis];
    if (depth == 0) {
        each(context, &b.part);
        return;
    }
    int64_t at = random_between(random, begin, end); // one of the two may be empty
    box after = b;
    b.part.end[axis] = after.part.begin[axis] = at;
    bool first = random_between(random, 0, 1);
    cut(random, first ? b : after, depth - 1, each, context);
    cut(random, first ? after : b, depth - 1, each, context);
}

static box whole(const setting *s)
{
    box b = {.rank = s->output.tensor.rank, .shape = s->output.shape};
    memcpy(b.part.end, s->output.shape, (size_t)b.rank * sizeof *b.shape);
    return b;
}

typedef struct run_context {
    const setting *s;
    const faltung_plan *plan;
    void *workspace;
} run_context;

static void run_part(void *context, const faltung_part *part)
{
    faltung_message message;
    const run_context *c = context;
    assert_ok(faltung_plan_run_part(c->plan, &c->s->input.tensor, &c->s->output.tensor, part,
                                    c->workspace, &message),
              &message);
}

static bool same_bytes(const setting *s, const void *expected)
{
    size_t bytes = (size_t)s->output.count * faltung_dtype_size(s->problem.dtype);
    return memcmp(s->output.memory, expected, bytes) == 0;
}

static void *copy_output(const setting *s)
{
    size_t bytes = (size_t)s->output.count * faltung_dtype_size(s->problem.dtype);
    void *copy = malloc(bytes);
    assert_non_null(copy);
    return memcpy(copy, s->output.memory, bytes);
}

static void parts_together_are_the_whole(void **state)
{
    (void)state;
    prng random = {50};
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        print_message("%s\n", problems[i]);
        setting s;
        setting_make(&s, problems[i]);
        setting_compute(&s);
        void *once = copy_output(&s);
        faltung_plan *plan = setting_plan(&s);
        void *workspace = NULL; // the same for all parts, whatever is left in it
        assert_int_equal(posix_memalign(&workspace, 64, faltung_plan_workspace(plan) + 64), 0);
        for (int depth = 1; depth < 7; depth++) {
            run_context c = {&s, plan, depth % 2 ? workspace : NULL};
            array_fill_bytes(&s.output, 0xff);
            cut(&random, whole(&s), depth, run_part, &c);
            assert_true(same_bytes(&s, once));
        }
        free(workspace);
        free(once);
        faltung_plan_destroy(plan);
        setting_free(&s);
    }
}

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
    "conv3d:2x5x6x9x11,20x5x3x3x3,padding=2,padding_mode=circular,stride=1+2+1",
    "conv2d_input:1x9x22x24,20x9x4x4,stride=2,padding=1",
    "conv2d:2x3x9x9,4x3x3x3,padding=1,dtype=c64",
    "conv2d:1x5x3,26x1x1x1,stride=2+1,padding=0+0:-1,padding_mode=circular",
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
    for (size_t i = 0; i < COUNT_OF(problems); i++)
        check_slabs(&random, problems[i]);
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

static void a_part_writes_nothing_else(void **state)
{
    (void)state;
    prng random = {51};
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        print_message("%s\n", problems[i]);
        setting s;
        setting_make(&s, problems[i]);
        setting_compute(&s);
        size_t size = faltung_dtype_size(s.problem.dtype);
        char *once = copy_output(&s);
        const char *found = s.output.memory;
        faltung_plan *plan = setting_plan(&s);
        for (int time = 0; time < 8; time++) {
            box b = whole(&s);
            for (int a = 0; a < b.rank; a++) {
                b.part.begin[a] = random_between(&random, 0, b.shape[a] - 1);
                b.part.end[a] = random_between(&random, b.part.begin[a] + 1, b.shape[a]);
            }
            array_fill_bytes(&s.output, 0xff);
            run_context c = {&s, plan, NULL};
            run_part(&c, &b.part);
            for (int64_t e = 0; e < s.output.count; e++) {
                static const char untouched[] = "\377\377\377\377\377\377\377\377";
                const char *expected = is_within(&b, e) ? once + (size_t)e * size : untouched;
                assert_memory_equal(found + (size_t)e * size, expected, size);
            }
        }
        free(once);
        faltung_plan_destroy(plan);
        setting_free(&s);
    }
}

static void parts_beyond_the_output_are_refused(void **state)
{
    (void)state;
    static const struct {
        int axis;
        int64_t begin, end;
        const char *words;
    } wrong[] = {
        {0, -1, 2, "from -1 to 2 along axis 0"},
        {1, 0, 38, "from 0 to 38 along axis 1 of the output, allowed is from 0 to 37"},
        {2, 5, 4, "from 5 to 4 along axis 2"},
        {3, INT64_MIN, INT64_MAX, "along axis 3"},
    };
    faltung_message message;
    setting s;
    setting_make(&s, problems[2]);
    faltung_plan *plan = setting_plan(&s);
    const faltung_tensor *x = &s.input.tensor, *y = &s.output.tensor;
    array_fill_bytes(&s.output, 0xff);
    void *before = copy_output(&s);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        faltung_part part = whole(&s).part;
        part.begin[wrong[i].axis] = wrong[i].begin;
        part.end[wrong[i].axis] = wrong[i].end;
        assert_refused(faltung_plan_run_part(plan, x, y, &part, NULL, &message),
                       FALTUNG_ERROR_SHAPE, &message, "part goes", wrong[i].words);
    }
    const faltung_part part = whole(&s).part;
    assert_refused(faltung_plan_run_part(plan, x, y, NULL, NULL, &message), FALTUNG_ERROR_NULL,
                   &message, "part is NULL", NULL);
    assert_refused(faltung_plan_run_part(NULL, x, y, &part, NULL, &message), FALTUNG_ERROR_NULL,
                   &message, "plan is NULL", NULL);
    assert_refused(faltung_plan_run_part(plan, NULL, y, &part, NULL, &message), FALTUNG_ERROR_NULL,
                   &message, "input is NULL", NULL);
    assert_true(same_bytes(&s, before));
    free(before);
    faltung_plan_destroy(plan);
    setting_free(&s);
}

// ----------------------------------------------------------------------------- the caller's
// threads

// Large enough for threads to pay.
static const char *const large[] = {
    "conv2d:1x64x33x35,72x64x3x3,padding=1",
    "conv2d:2x160x56x56,160x1x5x5,padding=2,groups=160",
    "conv_transpose2d:2x64x20x20,64x48x4x4,stride=2,padding=1",
};

typedef struct call {
    void (*task)(void *argument, int index);
    void *argument;
    int index;
} call;

static void *make_call(void *context)
{
    const call *c = context;
    c->task(c->argument, c->index);
    return NULL;
}

static void in_order(void *context, int count, void (*task)(void *, int), void *argument)
{
    *(int *)context = count;
    for (int i = 0; i < count; i++)
        task(argument, i);
}

static void backwards(void *context, int count, void (*task)(void *, int), void *argument)
{
    *(int *)context = count;
    while (count-- > 0)
        task(argument, count);
}

// On threads of which one rounds upwards: bits must not depend on it.
static void at_once(void *context, int count, void (*task)(void *, int), void *argument)
{
    pthread_t threads[8];
    call calls[8];
    *(int *)context = count;
    assert_in_range(count, 2, 8);
    for (int i = 0; i < count; i++) {
        calls[i] = (call){task, argument, i};
        fesetround(i ? FE_TONEAREST : FE_UPWARD); // a thread begins with its creator's
        assert_int_equal(pthread_create(&threads[i], NULL, make_call, &calls[i]), 0);
    }
    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void threads_may_be_the_callers(void **state)
{
    (void)state;
    void (*const runs[])(void *, int, void (*)(void *, int), void *) = {in_order, backwards,
                                                                        at_once};
    for (size_t i = 0; i < COUNT_OF(large); i++) {
        setting s;
        setting_make(&s, large[i]);
        uint64_t once = setting_compute(&s);
        for (size_t r = 0; r < COUNT_OF(runs); r++) {
            int count = 0;
            const faltung_parallel parallel = {runs[r], &count};
            s.call.conv.parallel = &parallel;
            s.call.conv.threads = 5;
            assert_true(setting_compute(&s) == once);
            assert_in_range(count, 2, 5);
        }
        setting_free(&s);
    }
}

static void a_plan_keeps_the_callers_threads(void **state)
{
    (void)state;
    setting s;
    setting_make(&s, large[0]);
    setting_compute(&s);
    void *once = copy_output(&s);
    int count = 0;
    faltung_parallel parallel = {in_order, &count};
    s.call.conv.parallel = &parallel;
    s.call.conv.threads = 3;
    faltung_plan *plan = setting_plan(&s);
    memset(&parallel, 0x55, sizeof parallel); // a plan refers to nothing of the caller's
    run_context c = {&s, plan, NULL};
    prng random = {52};
    array_fill_bytes(&s.output, 0xff);
    cut(&random, whole(&s), 1, run_part, &c);
    assert_true(same_bytes(&s, once));
    assert_in_range(count, 2, 3);
    free(once);
    faltung_plan_destroy(plan);
    setting_free(&s);
}

static void threads_that_cannot_run_are_refused(void **state)
{
    (void)state;
    faltung_message message;
    const faltung_parallel parallel = {NULL, NULL};
    setting s;
    setting_make(&s, problems[0]);
    s.call.conv.parallel = &parallel;
    assert_refused(faltung_convolve(&s.call.conv, &s.input.tensor, &s.weight.tensor, NULL,
                                    &s.output.tensor, &message),
                   FALTUNG_ERROR_NULL, &message, "parallel->run is NULL", NULL);
    setting_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_together_are_the_whole),
        cmocka_unit_test(parts_need_no_more_of_the_input_than_is_said),
        cmocka_unit_test(what_a_part_needs_is_known),
        cmocka_unit_test(slabs_that_are_not_the_parts_are_refused),
        cmocka_unit_test(a_part_writes_nothing_else),
        cmocka_unit_test(parts_beyond_the_output_are_refused),
        cmocka_unit_test(threads_may_be_the_callers),
        cmocka_unit_test(a_plan_keeps_the_callers_threads),
        cmocka_unit_test(threads_that_cannot_run_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
