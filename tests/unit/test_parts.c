// SPDX-License-Identifier: Apache-2.0
//
// Parts of an output: together the bits of the whole, each by itself and on whatever threads.
#include "boxes.h"

#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

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

static void parts_together_are_the_whole(void **state)
{
    (void)state;
    prng random = {50};
    for (size_t i = 0; i < cut_problem_count; i++) {
        print_message("%s\n", cut_problems[i]);
        setting s;
        setting_make(&s, cut_problems[i]);
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

// Phases of a transposed convolution read the same band, but only those without an infinite weight
// leave out its border.
static void phases_that_share_a_band_have_their_own_border(void **state)
{
    (void)state;
    setting s;
    setting_make(&s, "conv_transpose2d:1x8x6x6,8x40x4x4,stride=2");
    s.call.conv.algorithm = "phases";
    for (int64_t tap = 0; tap < 16; tap++) {
        const int64_t element = 34 * 16 + tap;
        const double finite = array_get(&s.weight, element);
        array_set(&s.weight, element, (double)INFINITY);
        setting_compute(&s);
        void *once = copy_output(&s);
        faltung_plan *plan = setting_plan(&s);
        run_context c = {&s, plan, NULL};
        box b = whole(&s);
        array_fill_bytes(&s.output, 0xff);
        const int64_t columns = b.part.end[3];
        for (int64_t column = 0; column < columns; column++) {
            b.part.begin[3] = column;
            b.part.end[3] = column + 1;
            run_part(&c, &b.part);
        }
        assert_true(same_bytes(&s, once));
        array_set(&s.weight, element, finite);
        free(once);
        faltung_plan_destroy(plan);
    }
    setting_free(&s);
}

static void a_part_writes_nothing_else(void **state)
{
    (void)state;
    prng random = {51};
    for (size_t i = 0; i < cut_problem_count; i++) {
        print_message("%s\n", cut_problems[i]);
        setting s;
        setting_make(&s, cut_problems[i]);
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
    setting_make(&s, cut_problems[2]);
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
    "conv2d:1x40x30x61,40x40x5x5,padding=2",
    "conv_transpose2d:2x64x20x20,64x48x4x4,stride=2,padding=1",
    "conv_transpose2d:1x64x28x28,64x64x4x4,stride=2,padding=1",
    "conv2d:1x32x190x190,32x32x3x3,padding=1", // whose lines are fetched ahead
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
    setting_make(&s, cut_problems[0]);
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
        cmocka_unit_test(phases_that_share_a_band_have_their_own_border),
        cmocka_unit_test(a_part_writes_nothing_else),
        cmocka_unit_test(parts_beyond_the_output_are_refused),
        cmocka_unit_test(threads_may_be_the_callers),
        cmocka_unit_test(a_plan_keeps_the_callers_threads),
        cmocka_unit_test(threads_that_cannot_run_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
