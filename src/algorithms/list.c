// SPDX-License-Identifier: Apache-2.0
#include "algorithms/algorithm.h"

const fal_algorithm *const fal_algorithms[] = {
    &fal_tiles,
    &fal_winograd,
    &fal_lattice,
    &fal_fft,
    &fal_depthwise,
    &fal_direct,
    &fal_phases,
    &fal_dot_products,
    &fal_winograd_gradient,
    &fal_weight_gradient,
    &fal_complex,
    &fal_reference,
};

const int fal_algorithm_count = sizeof fal_algorithms / sizeof *fal_algorithms;
