// SPDX-License-Identifier: Apache-2.0
//
// The parts of the program that checks and times the kernels.
#ifndef FALTUNG_TESTS_KERNELS_TESTS_H
#define FALTUNG_TESTS_KERNELS_TESTS_H

// tables.c
void every_list_ends_within_its_room(void **state);
void the_best_kernels_are_found_by_their_name(void **state);
void wide_strips_fit_into_the_room_that_is_set_aside(void **state);
void wide_kernels_stand_in_falling_order_of_channels(void **state);
void long_strips_fit_into_the_room_that_is_set_aside(void **state);
void long_kernels_go_down_to_one_channel(void **state);
void plane_kernels_go_down_to_one_vector(void **state);

// wide.c
int make_wide_arenas(void **state);
int free_wide_arenas(void **state);
void any_number_of_products_is_summed_in_wide_tiles(void **state);
void any_number_of_wide_tiles_is_computed(void **state);
void wide_tiles_leave_out_products_and_pixels(void **state);
void a_wide_tile_without_products_adds_zero(void **state);

// emit.c
int make_emission_arenas(void **state);
int free_emission_arenas(void **state);
void any_channels_of_wide_sums_are_written(void **state);
void any_number_of_wide_tiles_is_written(void **state);

// long.c
int make_long_arenas(void **state);
int free_long_arenas(void **state);
void any_number_of_products_is_summed_in_long_tiles(void **state);
void long_tiles_walk_through_products(void **state);
void any_number_of_long_tiles_is_computed_and_written(void **state);
void long_tiles_leave_out_products(void **state);
void any_channels_of_long_sums_are_written(void **state);

// plane.c
int make_plane_arenas(void **state);
int free_plane_arenas(void **state);
void planes_of_any_size_are_computed(void **state);
void planes_are_cut_off_at_any_row(void **state);
void any_lanes_of_planes_are_read_and_written(void **state);

// across.c
int make_across_arenas(void **state);
int free_across_arenas(void **state);
void any_channels_of_any_pixels_are_summed(void **state);

// slide.c
int make_slide_arenas(void **state);
int free_slide_arenas(void **state);
void rows_of_any_channels_and_pixels_are_summed_at_once(void **state);

// dots.c
int make_dots_arenas(void **state);
int free_dots_arenas(void **state);
void any_number_of_dots_is_summed(void **state);
void dots_are_summed_across(void **state);

// winograd.c
int make_winograd_arenas(void **state);
int free_winograd_arenas(void **state);
void input_is_transformed(void **state);
void sums_are_transformed_back(void **state);
void outputs_take_turns(void **state);
void weights_are_transformed_and_rounded_once(void **state);

// winograd_products.c
int make_winograd_product_arenas(void **state);
int free_winograd_product_arenas(void **state);
void any_tiles_are_multiplied(void **state);
void lines_are_fetched_in_order(void **state);

// winograd_gradient.c
int make_winograd_gradient_arenas(void **state);
int free_winograd_gradient_arenas(void **state);
void turned_tiles_are_transformed(void **state);
void sums_become_gradients(void **state);

// fft.c
int make_fft_arenas(void **state);
int free_fft_arenas(void **state);
void spectra_of_any_rows_are_multiplied(void **state);
void lines_are_transformed_and_come_back(void **state);
void planes_become_pictures_and_come_back(void **state);
void spectra_hold_every_number_once(void **state);

// copy.c
int make_copy_arenas(void **state);
int free_copy_arenas(void **state);
void boxes_of_any_shape_are_copied(void **state);
void rows_of_sums_are_finished_and_written(void **state);
void what_is_not_finite_is_found_anywhere(void **state);

// bench.c: times every kernel, and says what it found on standard output.
void bench_kernels(void);

void every_half_becomes_its_number(void **state);
void elements_become_numbers_in_boxes_of_any_shape(void **state);
void numbers_become_the_nearest_halves(void **state);
void sums_become_halves_wherever_they_go(void **state);
int make_element_arenas(void **state);
int free_element_arenas(void **state);

#endif
