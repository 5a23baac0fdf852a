// SPDX-License-Identifier: Apache-2.0
//
// Checks the kernels of every instruction set that this processor has, or times them: --bench.
#include "tests.h"

#include "support.h"

#include <string.h>

static const struct CMUnitTest tables[] = {
    cmocka_unit_test(every_list_ends_within_its_room),
    cmocka_unit_test(the_best_kernels_are_found_by_their_name),
    cmocka_unit_test(wide_strips_fit_into_the_room_that_is_set_aside),
    cmocka_unit_test(wide_kernels_stand_in_falling_order_of_channels),
    cmocka_unit_test(long_strips_fit_into_the_room_that_is_set_aside),
    cmocka_unit_test(long_kernels_go_down_to_one_channel),
    cmocka_unit_test(plane_kernels_go_down_to_one_vector),
};

static const struct CMUnitTest wide[] = {
    cmocka_unit_test(any_number_of_products_is_summed_in_wide_tiles),
    cmocka_unit_test(any_number_of_wide_tiles_is_computed),
    cmocka_unit_test(wide_tiles_leave_out_products_and_pixels),
    cmocka_unit_test(a_wide_tile_without_products_adds_zero),
};

static const struct CMUnitTest emissions[] = {
    cmocka_unit_test(any_channels_of_wide_sums_are_written),
    cmocka_unit_test(any_number_of_wide_tiles_is_written),
};

static const struct CMUnitTest longs[] = {
    cmocka_unit_test(any_number_of_products_is_summed_in_long_tiles),
    cmocka_unit_test(long_tiles_walk_through_products),
    cmocka_unit_test(any_number_of_long_tiles_is_computed_and_written),
    cmocka_unit_test(long_tiles_leave_out_products),
    cmocka_unit_test(any_channels_of_long_sums_are_written),
};

static const struct CMUnitTest planes[] = {
    cmocka_unit_test(planes_of_any_size_are_computed),
    cmocka_unit_test(planes_are_cut_off_at_any_row),
    cmocka_unit_test(any_lanes_of_planes_are_read_and_written),
};

static const struct CMUnitTest across[] = {
    cmocka_unit_test(any_channels_of_any_pixels_are_summed),
};

static const struct CMUnitTest slides[] = {
    cmocka_unit_test(rows_of_any_channels_and_pixels_are_summed_at_once),
};

static const struct CMUnitTest dots[] = {
    cmocka_unit_test(any_number_of_dots_is_summed),
    cmocka_unit_test(dots_are_summed_across),
};

static const struct CMUnitTest fft[] = {
    cmocka_unit_test(spectra_of_any_rows_are_multiplied),
    cmocka_unit_test(lines_are_transformed_and_come_back),
    cmocka_unit_test(planes_become_pictures_and_come_back),
    cmocka_unit_test(spectra_hold_every_number_once),
};

static const struct CMUnitTest winograd_products[] = {
    cmocka_unit_test(any_tiles_are_multiplied),
    cmocka_unit_test(lines_are_fetched_in_order),
};

static const struct CMUnitTest winograd[] = {
    cmocka_unit_test(input_is_transformed),
    cmocka_unit_test(sums_are_transformed_back),
    cmocka_unit_test(outputs_take_turns),
    cmocka_unit_test(weights_are_transformed_and_rounded_once),
};

static const struct CMUnitTest winograd_gradient[] = {
    cmocka_unit_test(turned_tiles_are_transformed),
    cmocka_unit_test(sums_become_gradients),
};

static const struct CMUnitTest others[] = {
    cmocka_unit_test(boxes_of_any_shape_are_copied),
    cmocka_unit_test(rows_of_sums_are_finished_and_written),
    cmocka_unit_test(what_is_not_finite_is_found_anywhere),
};

static const struct CMUnitTest elements[] = {
    cmocka_unit_test(every_half_becomes_its_number),
    cmocka_unit_test(elements_become_numbers_in_boxes_of_any_shape),
    cmocka_unit_test(numbers_become_the_nearest_halves),
    cmocka_unit_test(sums_become_halves_wherever_they_go),
};

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--bench") == 0) {
        bench_kernels();
        return 0;
    }
    int failed = cmocka_run_group_tests(tables, NULL, NULL);
    failed += cmocka_run_group_tests(wide, make_wide_arenas, free_wide_arenas);
    failed += cmocka_run_group_tests(emissions, make_emission_arenas, free_emission_arenas);
    failed += cmocka_run_group_tests(longs, make_long_arenas, free_long_arenas);
    failed += cmocka_run_group_tests(planes, make_plane_arenas, free_plane_arenas);
    failed += cmocka_run_group_tests(across, make_across_arenas, free_across_arenas);
    failed += cmocka_run_group_tests(slides, make_slide_arenas, free_slide_arenas);
    failed += cmocka_run_group_tests(dots, make_dots_arenas, free_dots_arenas);
    failed += cmocka_run_group_tests(winograd_products, make_winograd_product_arenas,
                                     free_winograd_product_arenas);
    failed += cmocka_run_group_tests(winograd, make_winograd_arenas, free_winograd_arenas);
    failed += cmocka_run_group_tests(winograd_gradient, make_winograd_gradient_arenas,
                                     free_winograd_gradient_arenas);
    failed += cmocka_run_group_tests(fft, make_fft_arenas, free_fft_arenas);
    failed += cmocka_run_group_tests(others, make_copy_arenas, free_copy_arenas);
    failed += cmocka_run_group_tests(elements, make_element_arenas, free_element_arenas);
    return failed;
}
