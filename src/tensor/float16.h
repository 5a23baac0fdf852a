// SPDX-License-Identifier: Apache-2.0
//
// IEEE binary16 without help from the compiler or the processor, which not all of them give.
#ifndef FAL_TENSOR_FLOAT16_H
#define FAL_TENSOR_FLOAT16_H

#include <stdint.h>

// Exact. A NaN stays one.
double fal_from_float16(uint16_t half);

// One rounding, to nearest even, from any double; too large becomes infinity. A NaN stays one.
uint16_t fal_to_float16(double value);

#endif
