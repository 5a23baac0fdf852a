// SPDX-License-Identifier: Apache-2.0
//
// What measurements are made of: samples, threads at work at once, the loops of the ceilings, and
// copying.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/ceiling.h"
#include "bench/copying.h"
#include "bench/samples.h"
#include "bench/team.h"

#include <limits.h>
#include <math.h>
#include <stdatomic.h>

static void samples_know_their_least_middle_and_greatest(void **state)
{
    (void)state;
    samples s = {0};
    // 7 i modulo 101: every number from 1 to 100, out of order.
    for (int i = 1; i <= 100; i++)
        assert_true(samples_add(&s, 7 * i % 101));
    assert_true(samples_least(&s) == 1);
    assert_true(samples_greatest(&s) == 100);
    assert_true(samples_median(&s) == 50.5);
    assert_true(samples_add(&s, 1000));
    assert_true(samples_median(&s) == 51);
    assert_true(samples_greatest(&s) == 1000);
    samples_free(&s);
    assert_int_equal(s.count, 0);
}

// Counts who works: 1 for each member in its turn of a time.
static atomic_int timed[8], warmed[8];

static double count_member(const void *context, int index, int threads, double seconds)
{
    assert_ptr_equal(context, timed);
    assert_int_equal(threads, 3);
    atomic_fetch_add(seconds > 0 ? &timed[index] : &warmed[index], 1);
    return 1;
}

static void a_team_has_each_of_its_members_at_work_once(void **state)
{
    (void)state;
    assert_true(team_rate(3, count_member, timed, 1) > 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(timed[i], i < 3);
        assert_int_equal(warmed[i], i < 3);
    }
}

static void a_team_is_no_larger_than_asked_for_and_never_empty(void **state)
{
    (void)state;
    assert_int_equal(team_size(1), 1);
    assert_true(team_size(2) >= 1 && team_size(2) <= 2);
    assert_true(team_size(INT_MAX) >= team_size(2));
}

static void every_loop_that_this_processor_has_runs(void **state)
{
    (void)state;
    for (int i = 0; i < instruction_set_count; i++) {
        const instruction_set *isa = &instruction_sets[i];
        if (!is_there(isa))
            continue;
        const fma_loop *const loops[] = {isa->f32, isa->f64};
        for (int j = 0; j < 2; j++) {
            assert_int_equal(loops[j]->bits, isa->f32->bits);
            assert_int_equal(loops[j]->multiply_adds % (loops[j]->bits / (j ? 64 : 32)), 0);
            // Neither growing without end nor towards denormals, which would be slow.
            double end = loops[j]->run(100000);
            assert_true(isfinite(end) && end > 1);
            assert_true(ceiling_rate(loops[j], 1, 1e-6) > 0);
        }
    }
    assert_true(is_there(&instruction_sets[instruction_set_count - 1]));
}

static void copying_takes_any_number_of_bytes(void **state)
{
    (void)state;
    const double sizes[] = {0, 1, 128, 1000, 1e6};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        copying c;
        assert_true(copying_make(&c, sizes[i]));
        assert_true(copying_rate(&c, sizes[i], team_size(2), 1e-6) > 0);
        assert_true(copying_rate(&c, 0, 3, 1e-6) > 0); // less than there is room for
        copying_free(&c);
    }
    copying c;
    assert_false(copying_make(&c, 1e30));
    copying_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_know_their_least_middle_and_greatest),
        cmocka_unit_test(a_team_has_each_of_its_members_at_work_once),
        cmocka_unit_test(a_team_is_no_larger_than_asked_for_and_never_empty),
        cmocka_unit_test(every_loop_that_this_processor_has_runs),
        cmocka_unit_test(copying_takes_any_number_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
