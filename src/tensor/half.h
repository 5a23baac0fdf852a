// SPDX-License-Identifier: Apache-2.0
//
// Numbers of 16 bits without help from the compiler or the processor, which not all of them give:
// IEEE binary16, and bfloat16, the upper half of a binary32.
#ifndef FAL_TENSOR_HALF_H
#define FAL_TENSOR_HALF_H

#include <stdint.h>

// Exact. A NaN stays one.
double fal_from_float16(uint16_t half);
double fal_from_bfloat16(uint16_t half);

// One rounding, to nearest even, from any double; too large becomes infinity. A NaN stays one.
uint16_t fal_to_float16(double value);
uint16_t fal_to_bfloat16(double value);

#endif
