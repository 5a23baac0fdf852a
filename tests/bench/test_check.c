// SPDX-License-Identifier: Apache-2.0
//
// The check of what was timed: it takes what the library computes, and no result that is wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/check.h"

#include <math.h>
#include <string.h>

static session quiet(void)
{
    return (session){.out = stdout, .err = stderr, .command = "bench"};
}

// Small enough for every result to be compared.
static const char *const problems[] = {
    "conv1d:2x4x9,6x4x3,stride=2,padding=1",
    "conv1d:4x9,6x4x3",
    "conv2d:2x4x7x8,6x2x3x2,padding=0:2+1:0,dilation=2+1,groups=2",
    "conv2d:1x3x8x8,4x3x3x3,stride=2,padding=same_lower",
    "conv2d:1x4x6x6,4x1x3x3,padding=1,groups=4,dtype=f64",
    "conv2d:1x4x6x6,4x4x3x3,dtype=f16",
    "conv2d:1x4x6x6,4x4x3x3,dtype=bf16",
    "conv2d:1x4x6x6,4x4x3x3,padding=1,dtype=i8,input_zero_point=-3,weight_zero_point=5",
    "conv2d:1x4x6x6,4x4x3x3,padding=1,dtype=u8,weight_dtype=i8,input_zero_point=130",
    "conv2d:1x4x6x6,4x2x3x3,padding=1,groups=2,dtype=c64",
    "conv_transpose2d:1x4x6x6,4x2x3x3,stride=2,dtype=c128",
    "conv2d_input:1x4x6x6,4x2x3x3,padding=1,groups=2,dtype=c64",
    "conv2d_weight:2x4x6x6,4x2x3x3,padding=1,groups=2,dtype=c64",
    "conv_transpose2d_weight:2x4x6x6,4x2x3x3,padding=1,stride=2,dtype=c128",
    "conv3d:1x2x4x5x6,3x2x2x3x2,padding=1+0+1,stride=1+2+1",
    "conv_transpose1d:2x4x5,4x3x3,stride=3,dilation=2,output_padding=1",
    "conv_transpose2d:1x4x5x4,4x3x3x2,stride=2+1,padding=1+0,groups=2,dtype=f64",
    "conv_transpose2d:2x2x5x5,2x3x3x3,stride=2,padding=same_upper",
    "conv_transpose3d:1x2x3x4x3,2x3x2x3x2,stride=2,padding=0+1+0",
};

enum { PROBLEMS = sizeof problems / sizeof *problems };

static void make_and_run(subject *u, const char *text)
{
    faltung_problem problem;
    faltung_message message;
    assert_int_equal(faltung_problem_parse(text, &problem, &message), FALTUNG_OK);
    if (!subject_make(u, &problem, &message) || !subject_run(u, &message))
        fail_msg("%s: %s", text, message.text);
}

static double of_bound(const subject *u)
{
    session s = quiet();
    verdict v;
    assert_int_equal(check_subject(&s, u, &v), EXIT_DONE);
    assert_true(v.compared > 0);
    return v.of_bound;
}

static int64_t results(const subject *u)
{
    int64_t count;
    assert_int_equal(faltung_tensor_count(&u->output, &count, NULL), FALTUNG_OK);
    return count;
}

static void what_the_library_computes_is_within_the_bound(void **state)
{
    (void)state;
    for (int i = 0; i < PROBLEMS; i++) {
        subject u;
        make_and_run(&u, problems[i]);
        if (!(of_bound(&u) <= 1))
            fail_msg("%s: %g of the bound", problems[i], of_bound(&u));
        subject_free(&u);
    }
}

// Exchanges a result with another one.
static void exchange(const subject *u, int64_t i, int64_t j)
{
    size_t size = faltung_dtype_size(u->output.dtype);
    char kept[2 * sizeof(double)], *data = u->output.data;
    memcpy(kept, data + (size_t)i * size, size);
    memcpy(data + (size_t)i * size, data + (size_t)j * size, size);
    memcpy(data + (size_t)j * size, kept, size);
}

static void a_single_wrong_result_is_found(void **state)
{
    (void)state;
    for (int i = 0; i < PROBLEMS; i++) {
        subject u;
        make_and_run(&u, problems[i]);
        int64_t count = results(&u);
        for (int64_t at = 0; at < count; at++) {
            int64_t other = (at + 1) % count;
            exchange(&u, at, other);
            if (!(of_bound(&u) > 1))
                fail_msg("%s: results %d and %d may be exchanged", problems[i], (int)at,
                         (int)other);
            exchange(&u, at, other);
        }
        subject_free(&u);
    }
}

static void a_result_that_was_not_written_is_found(void **state)
{
    (void)state;
    subject u;
    make_and_run(&u, problems[0]);
    float *result = u.output.data;
    result[results(&u) - 1] = NAN;
    assert_true(isinf(of_bound(&u)));
    subject_free(&u);
}

static void of_many_results_both_ends_and_some_between_are_compared(void **state)
{
    (void)state;
    subject u;
    make_and_run(&u, "conv2d:1x2x80x80,3x2x3x3");
    int64_t count = results(&u), compared = 0;
    float *result = u.output.data;
    const int64_t wrong[] = {0, count - 1};
    for (int i = 0; i < 2; i++) {
        float right = result[wrong[i]];
        result[wrong[i]] = right + 1;
        assert_true(of_bound(&u) > 1);
        result[wrong[i]] = right;
    }
    // Every stretch of the output has some that count.
    for (int64_t begin = 0; begin < count; begin += count / 16, compared++) {
        subject one;
        make_and_run(&one, "conv2d:1x2x80x80,3x2x3x3");
        float *stretch = one.output.data;
        for (int64_t i = begin; i < begin + count / 16 && i < count; i++)
            stretch[i] += 1;
        assert_true(of_bound(&one) > 1);
        subject_free(&one);
    }
    assert_true(compared >= 16);
    subject_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_library_computes_is_within_the_bound),
        cmocka_unit_test(a_single_wrong_result_is_found),
        cmocka_unit_test(a_result_that_was_not_written_is_found),
        cmocka_unit_test(of_many_results_both_ends_and_some_between_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
