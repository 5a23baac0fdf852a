// SPDX-License-Identifier: Apache-2.0
//
// Many convolutions, on every instruction set, exactly, and none of them reads or writes a byte
// outside what it was given. `test_sweep SECONDS [SEED]` tries random ones for that long.
#include "problems.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static prng numbers;

static void try_pairs(const int *combination)
{
    trial t = trial_of_pairs(combination);
    trial_check(&t, &numbers);
}

static void try_triples(const int *combination)
{
    trial t = trial_of_triples(combination);
    trial_check(&t, &numbers);
}

static void any_two_values_give_the_exact_result(void **state)
{
    (void)state;
    covering c = all_pairs();
    numbers = (prng){1};
    trials_begin();
    print_message("%d problems\n", covering_visit(&c, try_pairs));
    trials_end();
}

static void any_three_special_values_give_the_exact_result(void **state)
{
    (void)state;
    covering c = special_triples();
    numbers = (prng){2};
    trials_begin();
    print_message("%d problems\n", covering_visit(&c, try_triples));
    trials_end();
}

static void random_problems_give_the_exact_result(void **state)
{
    (void)state;
    prng random = {3};
    trials_begin();
    for (int i = 0; i < 200; i += TRY_EVERY) {
        trial t = trial_by_chance(&random);
        trial_check(&t, &random);
    }
    trials_end();
}

static void tiles_of_any_width_give_nearly_the_exact_result(void **state)
{
    (void)state;
    prng random = {4};
    trials_begin();
    for (int64_t width = 1; width <= 60; width += TRY_EVERY) {
        trial t = trial_of_tiles(&random, width);
        trial_check(&t, &random);
    }
    trials_end();
}

static void phases_of_any_width_give_nearly_the_exact_result(void **state)
{
    (void)state;
    prng random = {7};
    trials_begin();
    for (int64_t width = 1; width <= 60; width += TRY_EVERY) {
        trial t = trial_of_phases(&random, width);
        trial_check(&t, &random);
    }
    trials_end();
}

// Whatever there are spectra of.
static void try_transforms(const int *combination)
{
    trial t = trial_of_pairs(combination);
    t.algorithm = "fft";
    t.once = true;
    trial_check(&t, &numbers);
}

static void any_two_values_give_nearly_the_exact_result_by_spectra(void **state)
{
    (void)state;
    covering c = all_pairs();
    numbers = (prng){5};
    trials_begin();
    covering_visit(&c, try_transforms);
    trials_end();
}

static void spectra_of_kernels_of_any_size_give_nearly_the_exact_result(void **state)
{
    (void)state;
    prng random = {6};
    trials_begin();
    for (int64_t kernel = 2; kernel <= 60; kernel += TRY_EVERY + kernel / 10) {
        trial t = trial_of_spectra(&random, kernel);
        trial_check(&t, &random);
    }
    trials_end();
}

static double sweep_seconds;
static uint64_t sweep_seed;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void random_problems_give_the_exact_result_for_long(void **state)
{
    (void)state;
    prng random = {sweep_seed};
    double begin = now();
    int64_t count = 0;
    print_message("seed %" PRIu64 "\n", sweep_seed);
    trials_begin();
    for (; now() - begin < sweep_seconds; count++) {
        trial t = trial_by_chance(&random);
        trial_check(&t, &random);
    }
    trials_end();
    print_message("counted: %" PRId64 " random convolutions beside an oracle\n", count);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_two_values_give_the_exact_result),
        cmocka_unit_test(any_three_special_values_give_the_exact_result),
        cmocka_unit_test(random_problems_give_the_exact_result),
        cmocka_unit_test(tiles_of_any_width_give_nearly_the_exact_result),
        cmocka_unit_test(phases_of_any_width_give_nearly_the_exact_result),
        cmocka_unit_test(any_two_values_give_nearly_the_exact_result_by_spectra),
        cmocka_unit_test(spectra_of_kernels_of_any_size_give_nearly_the_exact_result),
    };
    const struct CMUnitTest sweep[] = {
        cmocka_unit_test(random_problems_give_the_exact_result_for_long),
    };
    if (argc == 1)
        return cmocka_run_group_tests(tests, NULL, NULL);
    char *end;
    sweep_seconds = strtod(argv[1], &end);
    if (argc > 3 || end == argv[1] || *end || !(sweep_seconds > 0)) {
        fprintf(stderr, "usage: test_sweep [SECONDS [SEED]]\n");
        return 2;
    }
    sweep_seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL);
    return cmocka_run_group_tests(sweep, NULL, NULL);
}
