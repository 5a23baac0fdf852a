// SPDX-License-Identifier: Apache-2.0
//
// The parts of the program that checks and times the kernels.
#ifndef FALTUNG_TESTS_KERNELS_TESTS_H
#define FALTUNG_TESTS_KERNELS_TESTS_H

// multiply.c
int make_strip_arenas(void **state);
int free_strip_arenas(void **state);
void a_strip_fits_into_the_sums_that_are_set_aside(void **state);
void any_number_of_products_gives_the_bits_of_the_twin(void **state);
void any_number_of_tiles_gives_the_bits_of_the_twin(void **state);

// emit.c
int make_emission_arenas(void **state);
int free_emission_arenas(void **state);
void any_channels_are_written_as_by_the_twin(void **state);
void any_number_of_tiles_is_written_as_by_the_twin(void **state);

// bench.c: times every kernel, and says what it found on standard output.
void bench_kernels(void);

#endif
