// SPDX-License-Identifier: Apache-2.0
//
// What matrix tiles do, once more, one number at a time: on any processor.
#ifndef FALTUNG_TESTS_KERNELS_TILE_TWIN_H
#define FALTUNG_TESTS_KERNELS_TILE_TWIN_H

#include "kernels/kernels.h"

// For elements of BF16, I8 or U8.
const fal_tile_kernels *tile_twin_of(faltung_dtype dtype);

#endif
