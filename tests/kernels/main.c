// SPDX-License-Identifier: Apache-2.0
//
// Checks the kernels of every instruction set that this processor has, or times them: --bench.
#include "tests.h"

#include "support.h"

#include <string.h>

int main(int argc, char **argv)
{
    const struct CMUnitTest strips[] = {
        cmocka_unit_test(a_strip_fits_into_the_sums_that_are_set_aside),
        cmocka_unit_test(any_number_of_products_gives_the_bits_of_the_twin),
        cmocka_unit_test(any_number_of_tiles_gives_the_bits_of_the_twin),
    };
    const struct CMUnitTest emissions[] = {
        cmocka_unit_test(any_channels_are_written_as_by_the_twin),
        cmocka_unit_test(any_number_of_tiles_is_written_as_by_the_twin),
    };
    if (argc == 2 && strcmp(argv[1], "--bench") == 0) {
        bench_kernels();
        return 0;
    }
    int failed = cmocka_run_group_tests(strips, make_strip_arenas, free_strip_arenas);
    return failed + cmocka_run_group_tests(emissions, make_emission_arenas, free_emission_arenas);
}
