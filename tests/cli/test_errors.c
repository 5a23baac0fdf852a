// SPDX-License-Identifier: Apache-2.0
//
// faltung errors: a row for each kind of numbers and each algorithm.
#include "arrays.h"

#include <stdlib.h>
#include <string.h>

static void rows_name_what_was_computed(void **state)
{
    (void)state;
    succeed("faltung errors conv2d:1x4x6x6,3x4x3x3");
    assert_non_null(strstr(ran.out, "max"));
    for (const char *const *kind =
             (const char *const[]){"normal", "uniform", "one huge", "alternating", NULL};
         *kind; kind++)
        assert_non_null(strstr(ran.out, *kind));
    assert_null(strstr(ran.out, "winograd")); // of few channels there is one algorithm
    succeed("faltung errors conv2d:1x64x12x12,64x64x3x3");
    assert_non_null(strstr(ran.out, "winograd"));
    assert_null(strstr(ran.out, "nan"));
}

// 36 products in one chain, and the rounding of the result: no more than 37 halves of a last place.
static void exact_sums_keep_to_their_bound(void **state)
{
    (void)state;
    succeed("faltung errors conv2d:1x4x6x6,3x4x3x3 --json");
    int rows = 0;
    for (const char *at = ran.out; (at = strstr(at, "\"max\": ")); rows++) {
        at += strlen("\"max\": ");
        double most = strtod(at, NULL);
        assert_true(most > 0 && most <= 37);
    }
    assert_int_equal(rows, 4);
}

static void what_has_no_errors_is_refused(void **state)
{
    (void)state;
    assert_refuses(REFUSED, "faltung errors conv2d:1x1x4x4,1x1x3x3,dtype=i8", "allowed are f32");
    assert_refuses(USAGE, "faltung errors conv9d:1", "conv9d");
    assert_refuses(REFUSED, "faltung errors conv2d:1x1x2x2,1x1x3x3", "Kernel size");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        program_test(rows_name_what_was_computed),
        program_test(exact_sums_keep_to_their_bound),
        program_test(what_has_no_errors_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
