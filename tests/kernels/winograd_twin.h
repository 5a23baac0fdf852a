// SPDX-License-Identifier: Apache-2.0
#ifndef FALTUNG_TESTS_WINOGRAD_TWIN_H
#define FALTUNG_TESTS_WINOGRAD_TWIN_H

// One row or column of a tile of 6x6 of the input, number by number, as F(4x4, 3x3) has it, and so
// the gradient of a kernel: from numbers that are `step` apart to some that are `apart`.
void twin_transform_input(const float *d, int step, float *out, int apart);

#endif
